// A call that stopped in the middle: its frames wait on their fiber stack until it goes on, perhaps on another
// thread, or ends.
//
// The outermost frame returns to an entry thunk, with the registers of the host that called that. Another
// call may have the frames go on, so its return address and its saved frame pointer are replaced, once:
// the way out then first fetches the registers that the resuming host has left, see emit_suspension().
#pragma once

#include "runtime/context.h"
#include "runtime/stack_pool.h"

namespace tn::rt {

struct DeferredRelease {
    Object* object; // null: it is a Suspension, to be ended
    DeferredRelease* next;
};

// What emitted code tells when a call is suspended, in Context::trap_registers.
enum SuspendedAt : unsigned { SuspendedStack, SuspendedFrame, SuspendedResume, SuspendedExit };

struct Suspension : DeferredRelease {
    using Resume = std::uint32_t (*)(Context*); // with its stack pointer in Context::fiber_stack

    Suspension() : DeferredRelease{nullptr, nullptr} {}
    Suspension(const Suspension&) = delete;
    Suspension& operator=(const Suspension&) = delete;

    // Takes what the emitted code has told about a call on `stack`.
    void take(const Context& context, const FiberStack& stack) noexcept;

    FiberStack* stack = nullptr; // when the instance does not keep it
    void* stack_pointer = nullptr;
    Resume resume = nullptr;
    // The frame record that the outermost frame now has behind it.
    struct {
        const void* outer = nullptr;
        const void* return_address = nullptr;
    } last;
};

} // namespace tn::rt
