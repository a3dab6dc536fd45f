// Ways into script code and out of it: prologues, entry thunks for slot rows and for C callers, and the
// shared stubs for traps and polls.
#include "codegen/x64/x64.h"

#include "runtime/code_map.h"
#include "support/ice.h"

namespace tn::codegen::x64 {

namespace {
constexpr std::int64_t host_stack_offset = offsetof(rt::Context, host_stack);
constexpr std::int64_t fiber_stack_offset = offsetof(rt::Context, fiber_stack);
constexpr std::int64_t fuel_offset = offsetof(rt::Context, fuel);
constexpr std::int64_t trap_code_offset = offsetof(rt::Context, trap_code);
constexpr std::int64_t interrupt_offset = offsetof(rt::Context, interrupt);
// Frames up to this size may reach below the stack limit; larger ones are tested with their size.
constexpr std::uint32_t small_frame = 4096;
} // namespace

// --- functions ---

void FunctionEmitter::prologue() {
    const ir::LocId loc = entry_loc();
    a_->push(x86::rbp);
    a_->mov(x86::rbp, x86::rsp);
    Label resume = a_->newLabel();
    const bool large = frame_->size > small_frame;
    auto low_end = [this](unsigned reg) {
        a_->lea(gp64(reg), x86::ptr(x86::rsp, -static_cast<std::int32_t>(frame_->size)));
    };
    auto save = [this] {
        for (std::size_t i = 0; i < frame_->saved.size(); ++i) {
            a_->mov(x86::Mem(x86::rbp, frame_->saved_offset(i), 8), gp64(frame_->saved[i]));
        }
    };
    // The unwinder reads saved registers, so they are saved before the stub is called, and once more
    // after it.
    auto slow = [=, this] {
        if (large) {
            low_end(scratch_register);
        } else {
            a_->mov(gp64(scratch_register), x86::rsp);
        }
        const auto room = static_cast<std::uint32_t>((frame_->saved.size() * 8 + 15) & ~std::size_t(15));
        if (room) a_->sub(x86::rsp, room);
        save();
        a_->call(module_.poll_stub());
        entry_site(loc);
        if (room) a_->mov(x86::rsp, x86::rbp);
    };
    if (large) {
        low_end(scratch_register);
        a_->cmp(gp64(scratch_register), context_mem(offsetof(rt::Context, stack_limit), 8));
    } else {
        a_->cmp(x86::rsp, context_mem(offsetof(rt::Context, stack_limit), 8));
    }
    a_->jb(cold(resume, loc, slow));
    a_->bind(resume);
    if (module_.metered()) {
        Label metered = a_->newLabel();
        a_->sub(gp64(fuel_register), 1);
        a_->js(cold(metered, loc, slow));
        a_->bind(metered);
    }
    if (frame_->size) a_->sub(x86::rsp, frame_->size);
    save();
}

void FunctionEmitter::drop_frame() {
    for (std::size_t i = 0; i < frame_->saved.size(); ++i) {
        a_->mov(gp64(frame_->saved[i]), x86::Mem(x86::rbp, frame_->saved_offset(i), 8));
    }
    if (frame_->size) a_->mov(x86::rsp, x86::rbp);
    a_->pop(x86::rbp);
}

void FunctionEmitter::epilogue() {
    if (!frameless_) drop_frame();
    a_->ret();
}

// --- entry thunks ---

// On the host's stack: its registers, the outer entry's stacks, and where a trap leaves. The Context is in
// its register; the stack pointer moves to the fiber.
void X64Module::enter(Label trap_exit) {
    a_.push(context_mem(host_stack_offset, 8));
    a_.push(context_mem(fiber_stack_offset, 8));
    a_.lea(gp64(Rax), x86::ptr(trap_exit));
    a_.push(gp64(Rax));
    a_.mov(context_mem(host_stack_offset, 8), x86::rsp);
    a_.mov(x86::rsp, context_mem(fiber_stack_offset, 8));
    if (metered()) a_.mov(gp64(fuel_register), context_mem(fuel_offset, 8));
}

// Back to the host after a return: the script has kept rsp, rbp and its callee-saved registers, so only what
// enter() changed is put back, and `area` bytes of the fiber. The fiber's end is not read from where enter()
// put it: the next call would wait for that.
void X64Module::return_to_host(std::uint32_t area) {
    if (area) a_.add(x86::rsp, area);
    a_.mov(context_mem(fiber_stack_offset, 8), x86::rsp);
    auto saved = [](std::size_t i) { return x86::Mem(x86::rbp, -8 * static_cast<std::int32_t>(i + 1), 8); };
    constexpr std::size_t count = std::size(saved_by_host);
    a_.mov(gp64(Rcx), saved(count));
    a_.mov(context_mem(host_stack_offset, 8), gp64(Rcx));
    for (std::size_t i = 0; i < count; ++i) {
        const unsigned reg = saved_by_host[i];
        if (reg == R15 || (metered() && reg == fuel_register)) a_.mov(gp64(reg), saved(i));
    }
    a_.mov(x86::rsp, x86::rbp);
    a_.pop(x86::rbp);
    a_.ret();
}

void X64Module::return_success(std::uint32_t area) {
    if (metered()) a_.mov(context_mem(fuel_offset, 8), gp64(fuel_register));
    a_.xor_(gp32(Rax), gp32(Rax));
    return_to_host(area);
}

// Back to the host after a trap; rsp is `host_stack`, and of the registers nothing is known.
void X64Module::leave() {
    a_.add(x86::rsp, 8);
    a_.pop(context_mem(fiber_stack_offset, 8));
    a_.pop(context_mem(host_stack_offset, 8));
    for (std::size_t i = std::size(saved_by_host); i-- > 0;) a_.pop(gp64(saved_by_host[i]));
    a_.pop(x86::rbp);
    a_.ret();
}

void X64Module::push_host_registers() {
    a_.push(x86::rbp);
    a_.mov(x86::rbp, x86::rsp);
    for (unsigned reg : saved_by_host) a_.push(gp64(reg));
}

x86::Mem X64Module::slot(Row row, std::size_t i, unsigned size) {
    return x86::Mem(gp64(row.base), row.first + row.stride * static_cast<std::int32_t>(i), size);
}

// Enters the script and calls it with the arguments in a row whose base passes no argument itself. `out`
// waits on the fiber, of which this answers how much is in use, and is in the scratch register afterwards: a
// callee-saved register for it would be the host's next thing to wait for.
std::uint32_t X64Module::call_with_row(ir::FuncId func, const CallPlan& plan, Row in, unsigned out) {
    const std::vector<ir::Param>& params = module_.functions[func].sig.params;
    push_host_registers();
    a_.mov(gp64(R15), gp64(Rdi));
    enter(packed_trap_exit_);
    const std::uint32_t passed = (plan.stack_count * 8 + 15) & ~15u;
    const x86::Mem kept(x86::rsp, static_cast<std::int32_t>(passed), 8);
    a_.sub(x86::rsp, passed + 16);
    a_.mov(kept, gp64(out));
    // Those on the stack first, while a register is free to carry them.
    for (std::size_t i = 0; i < params.size(); ++i) {
        const bool wide = is_wide(params[i].type);
        if (plan.args[i].is_register()) continue;
        a_.mov(gp_of(Rax, wide), slot(in, i, wide ? 8 : 4));
        a_.mov(x86::Mem(x86::rsp, static_cast<std::int32_t>(8 * plan.args[i].index), 8), gp64(Rax));
    }
    load_row(func, plan, in);
    a_.call(checked_entry(func));
    a_.mov(gp64(scratch_register), kept);
    return passed + 16;
}

// A function that cannot trap, poll or call runs on the host's stack, unless something waits to stop the script: then
// `full` is where the thunk goes on. `finish` stores the results into the row at `out`, in the scratch register.
void X64Module::call_bare(ir::FuncId func, const CallPlan& plan, Row in, unsigned out, Label full,
                          const std::function<void()>& finish) {
    a_.cmp(x86::Mem(x86::rdi, interrupt_offset, 4), 0);
    a_.jne(full);
    a_.push(gp64(R15));
    a_.push(gp64(out));
    a_.mov(gp64(R15), gp64(Rdi));
    load_row(func, plan, in);
    a_.call(function_label(func));
    a_.pop(gp64(scratch_register));
    finish();
    a_.xor_(gp32(Rax), gp32(Rax));
    a_.pop(gp64(R15));
    a_.ret();
}

// The arguments that registers pass.
void X64Module::load_row(ir::FuncId func, const CallPlan& plan, Row in) {
    const std::vector<ir::Param>& params = module_.functions[func].sig.params;
    for (std::size_t i = 0; i < params.size(); ++i) {
        const Scalar type = params[i].type;
        const Location to = plan.args[i];
        if (!to.is_register()) continue;
        if (type == Scalar::F32) {
            cpu_.avx ? a_.vmovss(xmm_of(to.index), slot(in, i, 4))
                     : a_.movss(xmm_of(to.index), slot(in, i, 4));
        } else if (type == Scalar::F64) {
            cpu_.avx ? a_.vmovsd(xmm_of(to.index), slot(in, i, 8))
                     : a_.movsd(xmm_of(to.index), slot(in, i, 8));
        } else {
            a_.mov(gp_of(to.index, is_wide(type)), slot(in, i, is_wide(type) ? 8 : 4));
        }
    }
}

void X64Module::store_results(ir::FuncId func, const CallPlan& plan, Row out) {
    const std::vector<Scalar>& types = module_.functions[func].sig.results;
    auto store = [&](std::size_t i, unsigned reg) {
        if (is_signed(types[i]) && !is_wide(types[i])) a_.movsxd(gp64(reg), gp32(reg));
        if (types[i] == Scalar::F32) a_.mov(gp32(reg), gp32(reg));
        a_.mov(slot(out, i, 8), gp64(reg));
    };
    for (std::size_t i = 0; i < types.size(); ++i) {
        const Location from = plan.results[i];
        if (!from.is_register()) continue;
        if (types[i] == Scalar::F64) {
            cpu_.avx ? a_.vmovsd(slot(out, i, 8), xmm_of(from.index))
                     : a_.movsd(slot(out, i, 8), xmm_of(from.index));
        } else if (types[i] == Scalar::F32) {
            cpu_.avx ? a_.vmovss(slot(out, i, 4), xmm_of(from.index))
                     : a_.movss(slot(out, i, 4), xmm_of(from.index));
            a_.mov(slot(out, i, 4).cloneAdjusted(4), 0);
        } else {
            store(i, from.index);
        }
    }
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (plan.results[i].is_register()) continue;
        a_.mov(gp64(Rax),
               x86::Mem(x86::rsp, static_cast<std::int32_t>(8 * plan.results[i].index), 8)); // free by now
        store(i, Rax);
    }
}

void X64Module::emit_packed_thunk(ir::FuncId func) {
    a_.align(asmjit::AlignMode::kCode, 16);
    if (is_listing()) comment(("packed entry of " + module_.functions[func].name).c_str());
    packed_offsets_[func.index()] = offset();
    CallPlan plan;
    plan_script(script_convention(), module_.functions[func].sig, plan);
    const Row row{scratch_register, 0, 8};
    a_.mov(gp64(row.base), gp64(Rsi));
    if (is_bare(func)) {
        Label full = a_.newLabel();
        call_bare(func, plan, row, row.base, full, [&] { store_results(func, plan, row); });
        a_.bind(full);
    }
    const std::uint32_t area = call_with_row(func, plan, row, row.base);
    store_results(func, plan, row);
    return_success(area);
    check();
}

void X64Module::emit_value_thunk(ir::FuncId func, const ValueTags& tags) {
    const ir::Signature& sig = module_.functions[func].sig;
    constexpr std::int32_t size = sizeof(rt::HostValue), payload = offsetof(rt::HostValue, slot);
    static_assert(offsetof(rt::HostValue, tag) == 0 && offsetof(rt::HostValue, aux) == 4);
    a_.align(asmjit::AlignMode::kCode, 16);
    if (is_listing()) comment(("value entry of " + module_.functions[func].name).c_str());
    value_offsets_[func.index()] = offset();
    Label refuse = a_.newLabel();
    if (!tags.params.empty()) {
        a_.test(gp64(Rsi), gp64(Rsi));
        a_.jz(refuse);
    }
    const Row given{Rsi, payload, size};
    for (std::size_t i = 0; i < tags.params.size(); ++i) {
        a_.cmp(slot({Rsi, 0, size}, i, 4), tags.params[i]);
        a_.jne(refuse);
        switch (sig.params[i].type) {
        case Scalar::Bool:
            a_.cmp(slot(given, i, 8), 1);
            a_.ja(refuse);
            continue;
        case Scalar::I8: a_.movsx(gp64(Rcx), slot(given, i, 1)); break;
        case Scalar::I16: a_.movsx(gp64(Rcx), slot(given, i, 2)); break;
        case Scalar::I32: a_.movsxd(gp64(Rcx), slot(given, i, 4)); break;
        case Scalar::U8: a_.movzx(gp32(Rcx), slot(given, i, 1)); break;
        case Scalar::U16: a_.movzx(gp32(Rcx), slot(given, i, 2)); break;
        case Scalar::U32: a_.mov(gp32(Rcx), slot(given, i, 4)); break;
        case Scalar::I64:
        case Scalar::U64:
        case Scalar::F64: continue; // every bit pattern is a value
        case Scalar::Void:
        case Scalar::F32:
        case Scalar::Ref:
        case Scalar::Ptr: TN_ICE("no value of this type has a tag");
        }
        a_.cmp(gp64(Rcx), slot(given, i, 8));
        a_.jne(refuse);
    }
    const Row row{scratch_register, payload, size};
    a_.mov(gp64(row.base), gp64(Rsi));
    CallPlan plan;
    plan_script(script_convention(), module_.functions[func].sig, plan);
    const auto finish = [&] {
        Label done = a_.newLabel();
        a_.test(gp64(row.base), gp64(row.base));
        a_.jz(done);
        a_.mov(x86::Mem(gp64(row.base), 0, 8), tags.result);
        if (sig.results.empty()) a_.mov(slot(row, 0, 8), 0);
        store_results(func, plan, row);
        a_.bind(done);
    };
    if (is_bare(func)) {
        Label full = a_.newLabel();
        call_bare(func, plan, row, Rdx, full, finish);
        a_.bind(full);
    }
    const std::uint32_t area = call_with_row(func, plan, row, Rdx);
    finish();
    return_success(area);
    a_.bind(refuse);
    a_.mov(gp32(Rax), rt::values_refused);
    a_.ret();
    check();
}

bool X64Module::emit_c_thunk(ir::FuncId func) {
    const ir::Signature& sig = module_.functions[func].sig;
    if (sig.results.size() > 1) return false;
    std::vector<Scalar> types, c_types{Scalar::Ptr};
    for (const ir::Param& p : sig.params) {
        if (p.type == Scalar::Ref) return false;
        types.push_back(p.type);
        c_types.push_back(p.type);
    }
    for (Scalar type : sig.results) {
        if (type == Scalar::Ref || type == Scalar::Ptr) return false;
    }
    CallPlan plan, c_plan;
    plan.make(script_convention(), types, sig.results);
    c_plan.make(c_convention(), c_types, sig.results, true);
    a_.align(asmjit::AlignMode::kCode, 16);
    if (is_listing()) comment(("C entry of " + module_.functions[func].name).c_str());
    c_offsets_[func.index()] = offset();
    const std::uint32_t area = (plan.stack_count * 8 + 15) & ~15u;
    const auto instance_context = x86::ptr(gp64(Rdi), static_cast<std::int32_t>(options_.instance_context_offset));
    const auto pass = [&] { // the arguments, from where C has put them
        auto incoming = [](Location l) { return x86::Mem(x86::rbp, Frame::incoming_offset(l.index), 8); };
        auto outgoing = [](Location l) { return x86::Mem(x86::rsp, static_cast<std::int32_t>(8 * l.index), 8); };
        ParallelMove moves(scratch_register, Xmm15);
        for (std::size_t i = 0; i < types.size(); ++i) moves.add(c_plan.args[i + 1], plan.args[i], types[i]);
        for (const Move& m : moves.resolve()) {
            const bool from_float = m.from.is_register() && m.from.index >= first_float_register;
            const bool to_float = m.to.is_register() && m.to.index >= first_float_register;
            if (m.from.is_register() && m.to.is_register()) {
                from_float&& to_float ? a_.movaps(xmm_of(m.to.index), xmm_of(m.from.index))
                : from_float          ? a_.movq(gp64(m.to.index), xmm_of(m.from.index))
                : to_float            ? a_.movq(xmm_of(m.to.index), gp64(m.from.index))
                                      : a_.mov(gp64(m.to.index), gp64(m.from.index));
            } else if (m.to.is_register()) {
                to_float ? a_.movsd(xmm_of(m.to.index), incoming(m.from))
                         : a_.mov(gp64(m.to.index), incoming(m.from));
            } else if (m.from.is_register()) {
                from_float ? a_.movsd(outgoing(m.to), xmm_of(m.from.index))
                           : a_.mov(outgoing(m.to), gp64(m.from.index));
            } else {
                a_.mov(gp64(scratch_register), incoming(m.from));
                a_.mov(outgoing(m.to), gp64(scratch_register));
            }
        }
        auto extend = [this](unsigned reg, Scalar type) { // C leaves the upper bits undefined
            switch (scalar_size(type)) {
            case 1: is_signed(type) ? a_.movsx(gp32(reg), gp8(reg)) : a_.movzx(gp32(reg), gp8(reg)); return;
            case 2:
                is_signed(type) ? a_.movsx(gp32(reg), x86::gpw(reg)) : a_.movzx(gp32(reg), x86::gpw(reg));
                return;
            default: a_.mov(gp32(reg), gp32(reg)); return;
            }
        };
        for (std::size_t i = 0; i < types.size(); ++i) {
            if (is_float(types[i]) || is_wide(types[i])) continue;
            if (plan.args[i].is_register()) {
                extend(plan.args[i].index, types[i]);
            } else {
                a_.mov(gp64(scratch_register), outgoing(plan.args[i]));
                extend(scratch_register, types[i]);
                a_.mov(outgoing(plan.args[i]), gp64(scratch_register));
            }
        }
    };
    // rax passes no argument in C.
    if (is_bare(func) && c_plan.stack_count == 0) {
        Label full = a_.newLabel();
        a_.mov(gp64(Rax), instance_context);
        a_.cmp(x86::Mem(x86::rax, interrupt_offset, 4), 0);
        a_.jne(full);
        a_.push(gp64(R15));
        a_.mov(gp64(R15), gp64(Rax));
        pass();
        a_.call(function_label(func));
        a_.pop(gp64(R15));
        a_.ret();
        a_.bind(full);
    }
    push_host_registers();
    a_.mov(gp64(R15), instance_context);
    enter(c_trap_exit_);
    if (area) a_.sub(x86::rsp, area);
    pass();
    a_.call(checked_entry(func));
    if (metered()) a_.mov(context_mem(fuel_offset, 8), gp64(fuel_register));
    return_to_host(area);
    check();
    return true;
}

// --- stubs, once per module ---

void X64Module::emit_stubs() {
    // Called by a site that has a trap: codes in the stubs' own names, then the common part.
    if (is_listing()) comment("trap stubs");
    for (const auto& [code, label] : trap_stubs_) {
        if (code == TrapCode::None) continue;
        a_.bind(label);
        a_.mov(context_mem(trap_code_offset, 4), static_cast<std::uint32_t>(code));
        a_.jmp(trap_common_);
    }
    for (const auto& [code, label] : trap_stubs_) {
        if (code == TrapCode::None) a_.bind(label);
    }
    a_.bind(trap_common_);
    for (unsigned reg = 0; reg < 16; ++reg) {
        a_.mov(context_mem(static_cast<std::int64_t>(offsetof(rt::Context, trap_registers) + 8 * reg), 8),
               gp64(reg));
    }
    if (metered()) a_.mov(context_mem(fuel_offset, 8), gp64(fuel_register));
    a_.pop(gp64(Rsi)); // the site
    a_.mov(gp64(Rdi), gp64(R15));
    a_.mov(gp64(Rdx), x86::rbp);
    a_.mov(context_mem(fiber_stack_offset, 8), x86::rsp);
    a_.mov(x86::rsp, context_mem(host_stack_offset, 8));
    a_.call(pool64(reinterpret_cast<std::uintptr_t>(&rt::rt_unwind)));
    a_.mov(x86::rsp, context_mem(host_stack_offset, 8));
    a_.jmp(x86::ptr(x86::rsp, 0, 8));

    a_.bind(packed_trap_exit_);
    a_.mov(gp32(Rax), context_mem(trap_code_offset, 4));
    leave();
    a_.bind(c_trap_exit_);
    a_.mov(gp32(Rax), context_mem(trap_code_offset, 4));
    a_.mov(context_mem(offsetof(rt::Context, status_word), 4), gp32(Rax));
    a_.xor_(gp32(Rax), gp32(Rax));
    a_.mov(context_mem(trap_code_offset, 4), gp32(Rax));
    a_.xorps(x86::xmm0, x86::xmm0);
    leave();

    // Called with the stack pointer in question in r11; keeps every other register.
    if (is_listing()) comment("poll stub");
    a_.bind(poll_stub_);
    a_.push(x86::rbp);
    a_.mov(x86::rbp, x86::rsp);
    constexpr unsigned kept[] = {Rax, Rcx, Rdx, Rsi, Rdi, R8, R9, R10};
    constexpr std::int32_t room = 8 * 8 + 16 * 16;
    a_.sub(x86::rsp, room);
    auto int_place = [](unsigned i) { return x86::Mem(x86::rbp, -8 * static_cast<std::int32_t>(i + 1), 8); };
    auto float_place = [](unsigned i) {
        return x86::Mem(x86::rbp, -room + 16 * static_cast<std::int32_t>(i), 16);
    };
    for (unsigned i = 0; i < std::size(kept); ++i) a_.mov(int_place(i), gp64(kept[i]));
    for (unsigned i = 0; i < 16; ++i) a_.movups(float_place(i), x86::xmm(i));
    if (metered()) a_.mov(context_mem(fuel_offset, 8), gp64(fuel_register));
    a_.mov(gp64(Rdi), gp64(R15));
    a_.mov(gp64(Rsi), gp64(R11));
    a_.mov(context_mem(fiber_stack_offset, 8), x86::rsp);
    a_.mov(x86::rsp, context_mem(host_stack_offset, 8));
    a_.call(pool64(reinterpret_cast<std::uintptr_t>(&rt::rt_poll)));
    if (metered()) a_.mov(gp64(fuel_register), context_mem(fuel_offset, 8));
    Label goes_on = a_.newLabel();
    a_.lea(x86::rsp, x86::Mem(x86::rbp, -room));
    a_.test(gp32(Rax), gp32(Rax));
    a_.jz(goes_on);
    a_.call(made(suspend_stub_));
    a_.bind(goes_on);
    for (unsigned i = 0; i < std::size(kept); ++i) a_.mov(gp64(kept[i]), int_place(i));
    for (unsigned i = 0; i < 16; ++i) a_.movups(x86::xmm(i), float_place(i));
    a_.mov(x86::rsp, x86::rbp);
    a_.pop(x86::rbp);
    a_.cmp(context_mem(trap_code_offset, 4), 0);
    a_.jne(trap_common_);
    a_.ret();
    emit_suspension();
    emit_pool();
}

} // namespace tn::codegen::x64
