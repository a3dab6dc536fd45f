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

    std::atomic<State> state{Open};
    std::atomic<bool> is_freed{false};     // its handle
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

    // One for a new task, its cell dead: the instance's spare one, or a new one. Throws.
    static TaskObject* take(InstanceCore& core);
    // The end of a task whose handle is dead: it becomes the spare one, or is deleted.
    void recycle() noexcept;
    // Takes it, in the state that it was in; false with that state if it is Claimed or over.
    bool claim(State& was) noexcept;
    // Gives it back as `now`. True: it was cancelled meanwhile, and has ended.
    bool give_back(State now) noexcept;
    void end_claimed(State was) noexcept;
    void cancel() noexcept;
    Signal& get_signal(); // throws std::bad_alloc
    tn_status resume(std::uint64_t fuel, tn_value* ret, tn_error** err);
    // The completion of a host function that is running, for the callee and for the task. Throws.
    CompletionObject* offer();

    Cell* cell = nullptr;
    std::atomic<State> state{Fresh};
    std::atomic<bool> is_stopped{false}; // tn_task_cancel
    std::atomic<bool> is_freed{false};
    Ref<InstanceCore> core;
    FunctionPlan* plan = nullptr;
    rt::Slot* row = nullptr; // one of the next two
    rt::Slot short_row[8];
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

private:
    tn_status report_unclaimed(State was, tn_error** err) noexcept;
    TrapCode run_slice(State was, std::uint64_t fuel);
    tn_status finish(TrapCode code, tn_value* ret, tn_error** err);
    void release_owned(bool is_inside) noexcept;
};

void end_spare(TaskObject* task) noexcept;

// Of a task whose completion is done: its result where the script looks for it. Answers a trap code. In dispatch.cpp.
std::uint32_t settle(TaskObject& task) noexcept;

} // namespace tn::capi
