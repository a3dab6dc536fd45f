// Leaving a script in the middle and going on with it: runtime/suspension.h says how the frames wait.
#include "codegen/a64/a64.h"

#include "runtime/suspension.h"

namespace tn::codegen::a64 {

void A64Module::emit_suspension() {
    constexpr std::size_t host_stack_offset = offsetof(rt::Context, host_stack);
    constexpr std::int32_t size = 10 * 8; // x19 to x28
    const auto told = [](unsigned i) { return context_place(offsetof(rt::Context, trap_registers) + 8 * i); };
    const auto keep = [this](bool restore) {
        for (unsigned reg = X19; reg < X28; reg += 2) {
            const jit::Mem at = jit::ptr(jit::sp, static_cast<std::int32_t>(8 * (reg - X19)));
            restore ? a_.ldp(x(reg), x(reg + 1), at) : a_.stp(x(reg), x(reg + 1), at);
        }
    };
    Label suspend = a_.newLabel(), resume = a_.newLabel(), exit = a_.newLabel();

    // Both are called on the fiber and go on behind the call when the script does, with the trap code in w0; the
    // first only when a host function has answered that the script waits.
    if (is_listing()) comment("suspension");
    a_.bind(await_stub());
    a_.load_imm(scratch_register, rt::call_suspended, false);
    a_.cmp(w(X0), w(scratch_register));
    a_.b_eq(suspend);
    a_.ret(x(X30));
    a_.bind(suspend_stub_);
    a_.bind(suspend);
    a_.stp(x(X29), x(X30), jit::ptr_pre(jit::sp, -16));
    a_.sub(jit::sp, jit::sp, size);
    keep(false);
    if (metered()) a_.store64(fuel_register, context_place(offsetof(rt::Context, fuel)));
    a_.mov(x(scratch_register), jit::sp);
    a_.store64(scratch_register, told(rt::SuspendedStack));
    a_.store64(X29, told(rt::SuspendedFrame));
    a_.adr(x(scratch_register), resume);
    a_.store64(scratch_register, told(rt::SuspendedResume));
    a_.adr(x(scratch_register), exit);
    a_.store64(scratch_register, told(rt::SuspendedExit));
    a_.load64(scratch_register, context_place(host_stack_offset));
    a_.mov(jit::sp, x(scratch_register));
    a_.load_imm(X0, rt::call_suspended, false);
    leave();

    // rt::Suspension::Resume: what it leaves on the host's stack is what an entry thunk does.
    a_.bind(resume);
    push_host_registers();
    a_.mov(x(context_register), x(X0));
    enter(Exit::Packed);
    keep(true); // the Context's too, which is the same
    a_.add(jit::sp, jit::sp, size);
    a_.ldp(x(X29), x(X30), jit::ptr_post(jit::sp, 16));
    if (metered()) a_.load64(fuel_register, context_place(offsetof(rt::Context, fuel)));
    a_.load(Scalar::U32, X0, context_place(offsetof(rt::Context, trap_code)));
    a_.ret(x(X30));

    // The outermost frame returns to here, with the record of the Suspension as its caller's frame; then to its
    // entry thunk, with the frame of the thunk that it now has. In x19 it has the row, which the thunk wants.
    a_.bind(exit);
    a_.load64(scratch_register, {X29, 8});
    a_.load64(X29, context_place(host_stack_offset));
    a_.add(x(X29), x(X29), thunk_size);
    for (unsigned reg = X19 + 1; reg < context_register; ++reg) {
        if (metered() && reg == fuel_register) continue;
        a_.load64(reg, {X29, place_of(reg) - thunk_size});
    }
    a_.br(x(scratch_register));
}

} // namespace tn::codegen::a64
