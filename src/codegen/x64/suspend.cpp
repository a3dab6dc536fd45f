// Leaving a script in the middle and going on with it: runtime/suspension.h says how the frames wait.
#include "codegen/x64/x64.h"

#include "runtime/suspension.h"

#include <iterator>

namespace tn::codegen::x64 {

void X64Module::emit_suspension() {
    constexpr std::int64_t host_stack_offset = offsetof(rt::Context, host_stack);
    constexpr std::int64_t trap_code_offset = offsetof(rt::Context, trap_code);
    constexpr std::int64_t fuel_offset = offsetof(rt::Context, fuel);
    constexpr std::size_t count = std::size(saved_by_host);
    static_assert(saved_by_host[count - 1] == R15, "the Context is no script's to save");
    const auto told = [this](unsigned i) {
        return context_mem(static_cast<std::int64_t>(offsetof(rt::Context, trap_registers) + 8 * i), 8);
    };
    Label suspend = a_.newLabel(), resume = a_.newLabel(), exit = a_.newLabel();

    // Both are called on the fiber and go on behind the call when the script does, with the trap code in eax; the
    // first only when a host function has answered that the script waits.
    if (is_listing()) comment("suspension");
    a_.bind(await_stub());
    a_.cmp(gp32(Rax), rt::call_suspended);
    a_.je(suspend);
    a_.ret();
    a_.bind(suspend_stub_);
    a_.bind(suspend);
    a_.push(x86::rbp);
    for (std::size_t i = 0; i + 1 < count; ++i) a_.push(gp64(saved_by_host[i]));
    if (metered()) a_.mov(context_mem(fuel_offset, 8), gp64(fuel_register));
    a_.mov(told(rt::SuspendedStack), x86::rsp);
    a_.mov(told(rt::SuspendedFrame), x86::rbp);
    a_.lea(gp64(Rax), x86::ptr(resume));
    a_.mov(told(rt::SuspendedResume), gp64(Rax));
    a_.lea(gp64(Rax), x86::ptr(exit));
    a_.mov(told(rt::SuspendedExit), gp64(Rax));
    a_.mov(x86::rsp, context_mem(host_stack_offset, 8));
    a_.mov(gp32(Rax), rt::call_suspended);
    leave();

    // rt::Suspension::Resume: what it leaves on the host's stack is what an entry thunk does.
    a_.bind(resume);
    push_host_registers();
    a_.mov(gp64(R15), gp64(Rdi));
    enter(packed_trap_exit_);
    for (std::size_t i = count - 1; i-- > 0;) a_.pop(gp64(saved_by_host[i]));
    a_.pop(x86::rbp);
    if (metered()) a_.mov(gp64(fuel_register), context_mem(fuel_offset, 8));
    a_.mov(gp32(Rax), context_mem(trap_code_offset, 4));
    a_.ret();

    // The outermost frame returns to here, with the record of the Suspension as its caller's frame; then to its
    // entry thunk, with the frame of the thunk that it now has.
    a_.bind(exit);
    a_.mov(gp64(scratch_register), x86::ptr(x86::rbp, 8));
    a_.mov(x86::rbp, context_mem(host_stack_offset, 8));
    a_.add(x86::rbp, 8 * (3 + count)); // behind what push_host_registers() and enter() have pushed
    for (std::size_t i = 0; i + 1 < count; ++i) {
        if (metered() && saved_by_host[i] == fuel_register) continue;
        a_.mov(gp64(saved_by_host[i]), x86::Mem(x86::rbp, -8 * static_cast<std::int32_t>(i + 1), 8));
    }
    a_.jmp(gp64(scratch_register));
}

} // namespace tn::codegen::x64
