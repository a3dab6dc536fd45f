// Calls that run in slices, and what a host function answers later.
//
// A task is claimed by who works on it: one thread resumes it or ends it. A call that stopped at a poll holds
// its instance until it goes on; one that waits for a host function leaves it to others.
#pragma once

#include "capi/core.h"
#include "capi/marshal.h"
#include "runtime/suspension.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace tn::capi {

struct Waker {
    tn_wake_fn wake;
    host::UserData data;
};

// Whom to tell that a task can go on; of the task and its completions.
class Signal {
public:
    void set(std::shared_ptr<Waker> waker) noexcept;
    // From now on somebody is to be told, or not any more: once.
    void arm() noexcept { armed_.store(true, std::memory_order_seq_cst); }
    void disarm() noexcept { armed_.store(false, std::memory_order_seq_cst); }
    void tell() noexcept;

private:
    std::atomic<bool> armed_{false};
    std::mutex mutex_;
    std::shared_ptr<Waker> waker_;
};

// What a host function will have answered. Whoever takes it from Open to Filling fills it.
struct CompletionObject : Counted<CompletionObject> {
    enum State : std::uint32_t { Open, Filling, Value, Text, Error, Dropped };

    ~CompletionObject();
    bool claim() noexcept {
        State open = Open;
        return state.compare_exchange_strong(open, Filling, std::memory_order_acq_rel);
    }
    void finish(State how) noexcept {
        state.store(how, std::memory_order_seq_cst);
        signal->tell();
    }
    bool is_done() const { return state.load(std::memory_order_seq_cst) > Filling; }
    // One user of its handle less.
    void drop(std::uint64_t user) noexcept {
        if (!life::is_over(cell->life.fetch_sub(user, std::memory_order_acq_rel) - user)) return;
        retire_handle(cell);
        release();
    }

    std::atomic<State> state{Open};
    Cell* cell = nullptr;
    std::atomic<bool> is_forgotten{false}; // nobody waits for it any more
    std::shared_ptr<Signal> signal;
    tn_value value;
    std::string text;
    tn_error* error = nullptr;
};

struct TaskObject {
    enum State : std::uint32_t {
        Fresh,   // not begun
        Between, // stopped at a poll
        Waiting, // in a host function
        Claimed, // a thread resumes or ends it
        Ended,
        Stopped, // cancelled, or its instance was closed
    };

    // The bits of Cell::life that are a task's: its state, tn_task_cancel, and
    static constexpr unsigned state_shift = 1;
    static constexpr std::uint64_t state_bits = 7 << state_shift;
    static constexpr std::uint64_t stopped = rt::Instance::stop_bit;
    static constexpr std::uint64_t has_more = 32; // to be given back before another task is made of it
    static constexpr std::uint64_t is_out = 64;   // its instance does not keep it: it is deleted with its end
    static State state_in(std::uint64_t life) { return static_cast<State>((life & state_bits) >> state_shift); }
    static std::uint64_t with_state(std::uint64_t life, State state) {
        return (life & ~state_bits) | std::uint64_t{state} << state_shift;
    }
    // Whether another task may be made of it, by who is inside its instance, which keeps it.
    bool is_spare() const { return (cell->life.load(std::memory_order_acquire) & (life::owned | life::users | has_more)) == 0; }

    // A new handle: of the last task of the instance, if that is over, or of a new one. Throws.
    static TaskObject* make(InstanceCore& core, tn_task*& handle);
    // Its instance, entered by the caller, does not keep it any more.
    void put_out() noexcept;
    // One user less, or the owner.
    void drop(std::uint64_t user_or_owner) noexcept {
        const std::uint64_t life = cell->life.fetch_sub(user_or_owner, std::memory_order_acq_rel) - user_or_owner;
        if (life::is_over(life) && (life & (has_more | is_out))) [[unlikely]]
            end(life);
    }
    State state() const { return state_in(cell->life.load(std::memory_order_seq_cst)); }
    // Takes it, in the state that it was in; false if that is Claimed or over.
    bool claim(std::uint64_t& was) noexcept;
    // Gives it back as `now`. True: it was cancelled meanwhile, and has ended.
    bool give_back(State now) noexcept;
    void end_claimed(State was) noexcept;
    void cancel() noexcept;
    Signal& get_signal(); // throws std::bad_alloc
    tn_status resume(std::uint64_t fuel, tn_value* ret, tn_error** err);
    tn_status resume_claimed(State was, std::uint64_t fuel, tn_value* ret, tn_error** err);
    // The rest of a slice that is not done with its first step: `code` is what that answered. Inside the instance.
    TrapCode go_on(TrapCode code);
    // Behind the slice: leaves the instance, and gives the task back or ends it.
    tn_status conclude(TrapCode code, tn_value* ret, tn_error** err) noexcept;
    // The completion of a host function that is running, for the callee and for the task. Throws.
    CompletionObject* offer();

    Cell* cell = nullptr;
    Ref<InstanceCore> core; // also while it is over
    FunctionPlan* plan = nullptr;
    rt::Slot* row = nullptr; // one of the next two
    static constexpr std::size_t short_size = 8;
    rt::Slot short_row[short_size];
    std::unique_ptr<rt::Slot[]> long_row;
    std::vector<rt::Object*> owned; // arguments
    std::unique_ptr<rt::Suspension> call;
    rt::CodeMode mode = rt::CodeMode::Polled;
    std::shared_ptr<Signal> signal;

    // The host function that answers later: what its result becomes, and where.
    Ref<CompletionObject> offered, awaited;
    const host::Registration* callee = nullptr;
    const TypeInfo* type = nullptr;
    rt::Slot* io = nullptr;

    static tn_status report_unclaimed(std::uint64_t life, tn_error** err) noexcept;

private:
    tn_status leave(State now, tn_error** err) noexcept;
    TrapCode run_slice(State was, std::uint64_t fuel);
    tn_status finish(TrapCode code, tn_value* ret, tn_error** err);
    void release_owned(bool is_inside) noexcept;
    // Claimed by the caller.
    void set_state(State now) noexcept {
        cell->life.fetch_sub((std::uint64_t{Claimed} - now) << state_shift, std::memory_order_seq_cst);
    }
    void end(std::uint64_t life) noexcept;
};

// A slice, by who is inside the instance.
struct Slice {
    TaskObject& task;
    SliceTimer::Turns* turns;
    Slice(TaskObject& task_arg, std::uint64_t units) : task(task_arg), turns(task.core->turns.get()) {
        InstanceCore& core = *task.core;
        core.task = &task;
        core.rt->begin_slice(units, &task.cell->life);
        if (turns) core.module->runtime->slices->begin(*turns);
    }
    ~Slice() {
        if (turns) SliceTimer::end(*turns);
        task.core->rt->end_slice();
        task.core->task = nullptr;
    }
    Slice(const Slice&) = delete;
    Slice& operator=(const Slice&) = delete;
};

// A handle that another thread may free at the same time: the object stays until this ends.
template <typename Object, HandleKind kind> class Kept {
public:
    explicit Kept(const void* handle) {
        Cell* cell = life::find(handle, kind);
        std::uint64_t word;
        if (cell && life::change(*cell, handle, word, [](std::uint64_t now) { return now + life::user; })) cell_ = cell;
    }
    enum Taken { taken };
    Kept(Cell* cell, Taken) : cell_(cell) {} // a user already
    ~Kept() {
        if (cell_) (*this)->drop(life::user);
    }
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
    explicit operator bool() const { return cell_ != nullptr; }
    Object* operator->() const { return static_cast<Object*>(cell_->object); }
    Object& operator*() const { return *operator->(); }
    // The owner's part: once.
    void give_up() { cell_->life.fetch_and(~life::owned, std::memory_order_acq_rel); }

private:
    Cell* cell_ = nullptr;
};
using KeptTask = Kept<TaskObject, HandleKind::Task>;

// The long way of tn_task_start.
tn_status start_slowly(tn_instance* inst, tn_function* f, const tn_value* args, std::size_t nargs, tn_task** out,
                       tn_error** err) noexcept;
// The arguments of a function of scalars; false if one is not what it takes.
inline bool fill_flat(const FunctionPlan& plan, const tn_value* args, rt::Slot* row) {
    for (std::size_t i = 0; i < plan.param_count; ++i) {
        if (args[i].tag != plan.tags[i] || !scalar_to_slot(plan.tags[i], args[i].as, row[i])) return false;
    }
    return true;
}

// Of a task whose completion is done: its result where the script looks for it. Answers a trap code. In dispatch.cpp.
std::uint32_t settle(TaskObject& task) noexcept;

} // namespace tn::capi
