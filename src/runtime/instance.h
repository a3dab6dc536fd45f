// One instance of a module: its heap, limits, output, stack, last trap, and the Context with the image
// that scripts see. One allocation; the image lies right behind the Context.
//
// Threads: used by one thread at a time, between enter() and leave(). fire(), release_from_any_thread()
// and the const figures may be used by any thread; fire() in a signal handler too.
#pragma once

#include "runtime/context.h"
#include "runtime/heap.h"
#include "runtime/program.h"
#include "runtime/runtime_shared.h"
#include "runtime/suspension.h"
#include "runtime/trap_record.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace tn::rt {

// A packed entry thunk: arguments in, results out in the same row, the answer is the trap code.
using PackedThunk = std::uint32_t (*)(Context*, Slot* io);

// Receives each printed line with its line end, in one piece when it is short, else in several. A
// non-zero answer makes the print a HostError trap.
using OutputFn = std::int32_t (*)(void* user_data, const char* bytes, std::size_t length);
// Called at a poll after PollRequested was fired; a non-zero answer cancels the call.
using PollFn = std::int32_t (*)(void* user_data);

struct HostObject; // host_type.h

enum class EnterResult : std::uint8_t { Entered, Busy, NoStack };

struct HostMemory; // wrapped_list.h

struct Instance {
    static constexpr std::size_t default_stack_size = std::size_t(1) << 20;

    // Makes an instance whose data hold empty objects and zeroes; the module's `init` function, if it has
    // one, is the caller's to run. Throws std::bad_alloc.
    static std::shared_ptr<Instance> create(std::shared_ptr<const Program> program,
                                            std::shared_ptr<RuntimeShared> shared);
    static Instance& of(Context* context) { return *context->instance; }

    // --- calls ---
    // Takes the instance for this thread, releases what other threads gave back, drops interrupts that
    // were fired while nothing ran, and prepares `fiber_stack` and `stack_limit`. Then any number of
    // calls may follow. A host function that the script called may call in again without entering: the
    // new frames go below those of the fiber.
    //
    // A thread that comes again and again gets the instance's bias: it then marks that it is inside by a plain
    // store, not by an atomic exchange. Any other thread first takes the bias away, with a
    // barrier on all threads of the process between that and its look at the mark (instance_bias.cpp).
    EnterResult enter() noexcept { return enter_at_once() ? EnterResult::Entered : enter_slowly(); }
    // The short way in, for the thread with the bias, when all is as its last call left it. Interrupts and changes of
    // the stack show in the limits: after an interrupt `stack_limit` is raised, without a stack there is no real one.
    bool enter_at_once() noexcept {
        const std::uintptr_t me = thread_token();
        static_assert(idle == 0); // one test for both
        if (bias_.load(std::memory_order_relaxed) != me ||
            (inside_.load(std::memory_order_relaxed) | busy_.load(std::memory_order_relaxed)) != 0) [[unlikely]] {
            return false;
        }
        inside_.store(me, std::memory_order_relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst); // the barrier is the other thread's to make
        if (bias_.load(std::memory_order_relaxed) != me ||
            context.stack_limit.load(std::memory_order_relaxed) != real_stack_limit_) [[unlikely]] {
            inside_.store(0, std::memory_order_release);
            return false;
        }
        context.trap_code = TrapCode::None;
        return true;
    }
    void leave() noexcept {
        if (needs_care_) [[unlikely]]
            take_care();
        if (busy_.load(std::memory_order_relaxed) != idle) [[unlikely]]
            leave_slowly();
        else
            inside_.store(0, std::memory_order_release);
        // What other threads gave back meanwhile; if a thread is faster, it does the work itself.
        if (deferred_.load(std::memory_order_acquire) != nullptr) [[unlikely]]
            release_from_any_thread(nullptr);
    }
    // After enter_at_once(), when there is nothing to care for.
    void leave_at_once() noexcept {
        inside_.store(0, std::memory_order_release);
        if (deferred_.load(std::memory_order_acquire) != nullptr) [[unlikely]]
            release_from_any_thread(nullptr);
    }
    bool needs_care() const { return needs_care_; }
    bool is_entered() const {
        return inside_.load(std::memory_order_acquire) != 0 || (busy_.load(std::memory_order_acquire) & entered);
    }
    // By the calling thread.
    bool is_inside() const {
        const std::uintptr_t me = thread_token();
        return inside_.load(std::memory_order_relaxed) == me ||
               busy_.load(std::memory_order_relaxed) == (me | entered);
    }
    // Names the calling thread: the address of its thread control block.
    static std::uintptr_t thread_token() { return reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer()); }
    // One call of a thunk. On a trap the references were released and last_trap() tells about it.
    TrapCode invoke(PackedThunk thunk, Slot* io) noexcept {
        const std::uint32_t code = thunk(&context, io);
        if (code != 0) [[unlikely]]
            context.trap_code = TrapCode::None;
        return static_cast<TrapCode>(code);
    }
    // Forgets the interrupts of an earlier call, keeping the instance entered: for a host that makes
    // independent calls between one enter() and leave(). Not from inside a host function.
    void begin_call() noexcept {
        if (context.stack_limit.load(std::memory_order_relaxed) == real_stack_limit_ &&
            context.interrupt.load(std::memory_order_relaxed) == 0) [[likely]] {
            return;
        }
        // The limit first: a fire() in between is then either seen by the next poll or dropped whole.
        context.stack_limit.store(real_stack_limit_, std::memory_order_seq_cst);
        context.interrupt.store(0, std::memory_order_seq_cst);
    }

    // --- interrupts ---
    // Asks the running call to stop (or to run the poll function). Async-signal-safe, any thread. What is
    // fired while no call runs is dropped by the next enter(). CancelRequested and DeadlinePassed stay
    // until the outermost call has ended, so a host function cannot swallow them.
    void fire(std::uint32_t interrupt_bits) noexcept {
        context.interrupt.fetch_or(interrupt_bits, std::memory_order_seq_cst);
        context.stack_limit.store(~std::uint64_t(0), std::memory_order_seq_cst);
    }

    // --- fuel ---
    // Metered code takes its fuel in portions, and polls after each: a large budget does not hide an interrupt.
    void set_fuel(std::int64_t units) noexcept {
        context.fuel = 0;
        fuel_reserve_ = units;
        take_fuel();
    }
    std::int64_t fuel() const noexcept { return std::max<std::int64_t>(context.fuel, 0) + fuel_reserve_; }
    // Moves a portion into Context::fuel, and what it is below 0. Only when it is used up.
    void take_fuel() noexcept {
        const std::int64_t portion = std::min(fuel_reserve_, fuel_portion - context.fuel);
        fuel_reserve_ -= portion;
        context.fuel += portion;
    }

    // --- suspended calls ---
    // A thunk between begin_slice() and end_slice() may answer `call_suspended`: at a poll, when SuspendRequested
    // was fired or metered code has used `units`, or in a host function. `*stop` is why SuspendRequested may
    // mean a cancellation.
    void begin_slice(std::uint64_t units, const std::atomic<bool>* stop) noexcept;
    void end_slice() noexcept;
    // Whether what runs can be suspended: not a script that a host function has called.
    bool can_suspend() const noexcept;
    bool is_stopped() const noexcept { return stop_slice_ && stop_slice_->load(std::memory_order_seq_cst); }
    // For polls, when the fuel of the slice is used: more of what the call has left.
    bool has_fuel_aside() const noexcept { return fuel_aside_ > 0; }
    bool take_fuel_aside() noexcept;
    // After `call_suspended`: where the call stands.
    void suspend_here(Suspension& call) noexcept;
    // In place of leave(): the instance stays entered, by nobody, until enter_held() or end_held(). A call that
    // stopped at a poll needs that: its code relies on what it has read.
    void leave_held() noexcept;
    void enter_held() noexcept;
    bool is_held() const noexcept { return busy_.load(std::memory_order_relaxed) == held; }
    // A call that stopped in a host function takes its stack along, and others may run.
    void detach(Suspension& call) noexcept;
    void attach(Suspension& call) noexcept;
    // The call goes on, with a trap unless `code` is None. Answers what a thunk does.
    std::uint32_t resume(Suspension& call, TrapCode code) noexcept;
    // The end of a suspended call: its frames release what they own, and it is deleted. The second is for detached
    // ones, on any thread: at once when nobody uses the instance, else at the next enter() or leave().
    void end_held(Suspension* call) noexcept;
    void end_from_any_thread(Suspension* call) noexcept;

    // --- traps ---
    // Ends a trap: moves code, numbers and text out of the Context into the record (the stack was noted
    // with trap_record()), and releases the text. Leaves context.trap_code set for the thunk to answer.
    void finish_trap() noexcept;
    // For whoever unwinds: the cleared record to add frames to. Null when there is no memory for one.
    TrapRecord* begin_trap_record() noexcept;
    // The next trap is the last one going on in an outer script: its record keeps what it has, and gets the
    // outer frames.
    void continue_trap() noexcept { continues_trap_ = true; }
    // The last trap, or null if there was none. Overwritten by the next one.
    const TrapRecord* last_trap() const { return trap_record_.get(); }

    // --- references ---
    // Gives back an owned reference, on any thread: at once when nobody uses the instance, else at the
    // next enter() or leave(). Without memory to queue it, it is freed with the instance.
    void release_from_any_thread(Object* object) noexcept;
    // Releases what is queued. Only while entered.
    void drain_releases() noexcept {
        if (deferred_.load(std::memory_order_relaxed) != nullptr) [[unlikely]]
            drain_slow();
    }

    // --- values of the host ---
    // While another thread gives a reference back, it holds the instance; finalizers wait until it does not any more.
    // False: run it now.
    bool defer_finalizer(const HostType& type, void* pointer) noexcept;
    // --- memory of the host in lists (wrapped_list.h) ---
    HostMemory* host_memory = nullptr; // what lists still use
    // While a thread holds the instance only to give a reference back, finalizers wait until it does not any more.
    // False: they may run now.
    bool defer_host_memory(HostMemory* memory) noexcept;

    // --- the image ---
    Object* literal(std::uint32_t id) {
        return reinterpret_cast<Object*>(at(program->image().literal_offset(id)));
    }
    Object* empty(std::uint32_t desc) {
        return reinterpret_cast<Object*>(at(program->image().empty_offset(desc)));
    }
    std::uint8_t* data() { return at(program->image().data_offset); }
    std::uint8_t* at(std::uint32_t offset) { return reinterpret_cast<std::uint8_t*>(&context) + offset; }

    // --- settings; only while the caller may enter ---
    void set_stack_size(std::size_t bytes) {
        stack_size_ = StackPool::usable_size(bytes);
        real_stack_limit_ = no_stack;
    }
    std::size_t stack_size() const { return stack_size_; }
    // The limit of the stack in use, without interrupts.
    std::uint64_t real_stack_limit() const { return real_stack_limit_; }

    std::shared_ptr<const Program> program;
    std::shared_ptr<RuntimeShared> shared;
    Heap heap{&needs_care_};
    OutputFn output = nullptr; // null: what is printed is dropped
    void* output_user_data = nullptr;
    PollFn poll = nullptr;
    void* poll_user_data = nullptr;
    void* user_pointer = nullptr;     // the host's, or the C API's
    std::uint32_t foreign_depth = 0;  // C functions of `extern` blocks whose callbacks are running
    CodeMode mode = CodeMode::Polled; // which code calls use; chosen by whoever calls
    HostObject* host_objects = nullptr; // those that are not closed

    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

private:
    struct DeferredFinalizer {
        const HostType* type;
        void* pointer;
        DeferredFinalizer* next;
    };

    // busy_: nobody, or a thread's token with what it does (or tries to do): entered, or for the moment of a release.
    // Held: entered by a suspended call.
    static constexpr std::uintptr_t idle = 0, entered = 1, releasing = 2, held = 4 | entered;
    // No limit of a stack.
    static constexpr std::uint64_t no_stack = 1;
    // Even at 100 ns a unit less than 2 ms between two polls; at 1 ns the poll costs a thousandth.
    static constexpr std::int64_t fuel_portion = 1 << 14;

    Instance(std::shared_ptr<const Program> program, std::shared_ptr<RuntimeShared> shared);
    static void destroy(Instance* instance) noexcept;
    EnterResult enter_slowly() noexcept;
    bool take_stack() noexcept;
    void take_care() noexcept;
    void leave_slowly() noexcept;
    bool wait_for_release() noexcept;
    // This thread gives a reference back. Others that only try to do not count.
    bool is_releasing() const {
        return busy_.load(std::memory_order_relaxed) == (thread_token() | releasing);
    }
    // For who has `busy_`: false when the thread with the bias is inside.
    bool take_from_bias() noexcept;
    // For a thread that has entered: gives it the bias when it keeps coming.
    void note_thread() noexcept;
    void prepare() noexcept {
        context.fiber_stack = stack_->top; // and stays it, as every thunk puts back what it found
        context.trap_code = TrapCode::None;
        begin_call();
        drain_releases();
    }
    void give_stack_back() noexcept;
    void drain_slow() noexcept;
    void defer(DeferredRelease* node) noexcept;
    void end(Suspension* call) noexcept;
    bool begin_release() noexcept;
    void end_release() noexcept;

    std::atomic<std::uintptr_t> busy_{idle};
    std::atomic<std::uintptr_t> inside_{0}; // the token of the thread with the bias while it is inside through that
    std::atomic<std::uintptr_t> bias_{0};   // a thread_token(); changed only by who has `busy_`
    std::uintptr_t last_thread_ = 0;        // that entered by an exchange, and how often in a row
    std::uint32_t times_in_a_row_ = 0;
    std::uint32_t times_taken_ = 0;         // the bias, from a thread
    bool stack_was_deep_ = false;
    bool continues_trap_ = false;
    bool needs_care_ = false;               // when leaving: the stack goes back or is trimmed, or the heap has kept blocks
    std::atomic<DeferredRelease*> deferred_{nullptr};
    DeferredFinalizer* finalizers_ = nullptr; // only while `releasing`
    HostMemory* ended_memory_ = nullptr; // only while `releasing`
    FiberStack* stack_ = nullptr;
    std::uint64_t real_stack_limit_ = no_stack; // or the stack is of another size than it should be
    std::size_t stack_size_ = default_stack_size;
    std::int64_t fuel_reserve_ = 0; // beyond Context::fuel
    std::int64_t fuel_aside_ = 0;   // not for this slice
    const std::atomic<bool>* stop_slice_ = nullptr;
    bool in_slice = false;
    std::unique_ptr<TrapRecord> trap_record_;

public:
    // Last, because the image follows it.
    alignas(64) Context context;
};

} // namespace tn::rt
