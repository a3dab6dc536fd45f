// Ways into script code and out of it: prologues, entry thunks for slot rows and for C callers, and the
// shared stubs for traps and polls.
#include "codegen/a64/a64.h"

#include "runtime/code_map.h"
#include "support/ice.h"

namespace tn::codegen::a64 {

namespace {
constexpr std::size_t host_stack_offset = offsetof(rt::Context, host_stack);
constexpr std::size_t fiber_stack_offset = offsetof(rt::Context, fiber_stack);
constexpr std::size_t fuel_offset = offsetof(rt::Context, fuel);
constexpr std::size_t trap_code_offset = offsetof(rt::Context, trap_code);
// Frames up to this size may reach below the stack limit; larger ones are tested with their size.
constexpr std::uint32_t small_frame = 4096;
} // namespace

// --- functions ---

void FunctionEmitter::prologue() {
    const ir::LocId loc = entry_loc();
    const std::int64_t size = frame_->size;
    a_.stp(x(X29), x(X30), jit::ptr_pre(jit::sp, -16));
    a_.mov(x(X29), jit::sp);
    Label resume = a_.newLabel();
    const bool large = frame_->size > small_frame;
    // Where the frame ends, in x16, if that is what the limit is compared with.
    auto low_end = [=, this] {
        a_.mov(x(address_register), jit::sp);
        if (!large) return;
        a_.load_imm(scratch_register, size, true);
        a_.sub(x(address_register), x(address_register), x(scratch_register));
    };
    auto save = [this](bool restore) {
        const auto& saved = frame_->saved;
        for (std::size_t i = 0; i < saved.size(); i += 2) {
            if (i + 1 == saved.size()) {
                const jit::Mem at = jit::ptr(x(X29), frame_->saved_offset(i));
                restore ? a_.ldr(x(saved[i]), at) : a_.str(x(saved[i]), at);
            } else {
                const jit::Mem at = jit::ptr(x(X29), frame_->saved_offset(i + 1));
                restore ? a_.ldp(x(saved[i + 1]), x(saved[i]), at) : a_.stp(x(saved[i + 1]), x(saved[i]), at);
            }
        }
    };
    // The unwinder reads saved registers, so they are saved before the stub is called, and once more
    // after it.
    auto slow = [=, this] {
        low_end();
        const auto room = static_cast<std::uint32_t>((frame_->saved.size() * 8 + 15) & ~std::size_t(15));
        if (room) a_.sub(jit::sp, jit::sp, room);
        save(false);
        a_.bl(module_.poll_stub());
        entry_site(loc);
        if (room) a_.mov(jit::sp, x(X29));
    };
    if (large) {
        low_end();
        a_.load64(scratch_register, context_place(offsetof(rt::Context, stack_limit)));
        a_.cmp(x(address_register), x(scratch_register));
    } else {
        a_.load64(address_register, context_place(offsetof(rt::Context, stack_limit)));
        a_.cmp(jit::sp, x(address_register));
    }
    a_.branch_if(CondCode::kLO, cold(resume, loc, slow));
    a_.bind(resume);
    if (module_.metered()) {
        Label metered = a_.newLabel();
        a_.subs(x(fuel_register), x(fuel_register), 1);
        a_.branch_if(CondCode::kMI, cold(metered, loc, slow));
        a_.bind(metered);
    }
    if (size) a_.add_imm(Sp, Sp, -size);
    save(false);
}

void FunctionEmitter::drop_frame() {
    const auto& saved = frame_->saved;
    for (std::size_t i = 0; i < saved.size(); i += 2) {
        if (i + 1 == saved.size()) {
            a_.ldr(x(saved[i]), jit::ptr(x(X29), frame_->saved_offset(i)));
        } else {
            a_.ldp(x(saved[i + 1]), x(saved[i]), jit::ptr(x(X29), frame_->saved_offset(i + 1)));
        }
    }
    if (frame_->size) a_.mov(jit::sp, x(X29));
    a_.ldp(x(X29), x(X30), jit::ptr_post(jit::sp, 16));
}

void FunctionEmitter::epilogue() {
    if (!frameless_) drop_frame();
    a_.ret(x(X30));
}

// --- entry thunks ---

void A64Module::push_host_registers() {
    a_.stp(x(X29), x(X30), jit::ptr_pre(jit::sp, -16));
    a_.mov(x(X29), jit::sp);
    a_.sub(jit::sp, jit::sp, thunk_size);
    for (unsigned reg = X19; reg < X28; reg += 2)
        a_.stp(x(reg), x(reg + 1), jit::ptr(jit::sp, place_of(reg)));
}

// The stack pointer, kept in the Context and set from there.
void A64Module::switch_stack(std::size_t save_at, std::size_t load_from) {
    a_.mov(x(scratch_register), jit::sp);
    a_.load64(address_register, context_place(load_from));
    a_.store64(scratch_register, context_place(save_at));
    a_.mov(jit::sp, x(address_register));
}

// On the host's stack: its registers, the outer entry's stacks, and how a trap leaves. The Context is in
// its register; the stack pointer moves to the fiber.
void A64Module::enter(Exit exit) {
    a_.load64(address_register, context_place(fiber_stack_offset));
    a_.load64(scratch_register, context_place(host_stack_offset));
    a_.stp(x(address_register), x(scratch_register), jit::ptr(jit::sp, outer_fiber_place));
    if (exit == Exit::Packed) {
        a_.store_zero(Scalar::I64, {Sp, exit_place});
    } else {
        a_.load_imm(address_register, static_cast<int>(exit), true);
        a_.store64(address_register, {Sp, exit_place});
    }
    switch_stack(host_stack_offset, fiber_stack_offset);
    if (metered()) a_.load64(fuel_register, context_place(fuel_offset));
}

// Back to the host after a return: the script has kept the stack and frame pointers and its callee-saved
// registers, so only what the thunk itself changed is put back: `area` bytes of the fiber, and these
// registers. The fiber's end is not read from where enter() put it: the next call would wait for that.
void A64Module::return_to_host(std::int64_t area, bool row) {
    auto kept = [](std::int32_t at) { return Place{X29, at - thunk_size}; };
    if (area) a_.add_imm(Sp, Sp, area);
    a_.mov(x(address_register), jit::sp);
    a_.load64(scratch_register, kept(outer_host_place));
    a_.store64(address_register, context_place(fiber_stack_offset));
    a_.store64(scratch_register, context_place(host_stack_offset));
    if (row) a_.load64(X19, kept(place_of(X19)));
    if (metered()) a_.load64(fuel_register, kept(place_of(fuel_register)));
    a_.load64(context_register, kept(place_of(context_register)));
    a_.mov(jit::sp, x(X29));
    a_.ldp(x(X29), x(X30), jit::ptr_post(jit::sp, 16));
    a_.ret(x(X30));
}

void A64Module::return_success(std::int64_t area) {
    if (metered()) a_.store64(fuel_register, context_place(fuel_offset));
    a_.load_imm(X0, 0, false);
    return_to_host(area, true);
}

// Back to the host after a trap; sp is `host_stack`, and of the registers nothing is known.
void A64Module::leave() {
    a_.ldp(x(address_register), x(scratch_register), jit::ptr(jit::sp, outer_fiber_place));
    a_.store64(address_register, context_place(fiber_stack_offset));
    a_.store64(scratch_register, context_place(host_stack_offset));
    for (unsigned reg = X19; reg < X28; reg += 2)
        a_.ldp(x(reg), x(reg + 1), jit::ptr(jit::sp, place_of(reg)));
    a_.add(jit::sp, jit::sp, thunk_size);
    a_.ldp(x(X29), x(X30), jit::ptr_post(jit::sp, 16));
    a_.ret(x(X30));
}

// Enters the script and calls it with the arguments in a row whose base passes no argument itself. `out` is
// in x19, which is callee-saved in scripts too, from then on. Answers how much of the fiber is in use behind
// it.
std::int64_t A64Module::call_with_row(ir::FuncId func, const CallPlan& plan, Row in, unsigned out) {
    const std::vector<ir::Param>& params = module_.functions[func].sig.params;
    push_host_registers();
    a_.mov(x(context_register), x(X0));
    a_.mov(x(X19), x(out));
    enter(Exit::Packed);
    const std::int64_t area = (plan.stack_count * 8 + 15) & ~15u;
    if (area) a_.add_imm(Sp, Sp, -area);
    for (std::size_t i = 0; i < params.size(); ++i) {
        const Scalar type = params[i].type;
        const Location to = plan.args[i];
        // A slot holds an integer extended to 64 bits, a register to 32.
        const Scalar form = is_float(type) && to.is_register() ? type
                            : is_wide(type)                    ? Scalar::U64
                                                               : Scalar::U32;
        const unsigned reg = to.is_register() ? to.index : scratch_register;
        a_.load(form, reg, slot(in, i));
        if (!to.is_register()) a_.store64(reg, {Sp, 8 * static_cast<std::int64_t>(to.index)});
    }
    a_.bl(checked_entry(func));
    return area;
}

Place A64Module::slot(Row row, std::size_t i) {
    return {row.base, row.first + row.stride * static_cast<std::int64_t>(i)};
}

void A64Module::store_results(ir::FuncId func, const CallPlan& plan, Row out) {
    const std::vector<Scalar>& types = module_.functions[func].sig.results;
    for (std::size_t i = 0; i < types.size(); ++i) {
        const Scalar type = types[i];
        const Location from = plan.results[i];
        unsigned reg = from.index;
        if (!from.is_register()) {
            reg = scratch_register;
            a_.load64(reg, {Sp, 8 * static_cast<std::int64_t>(from.index)});
            if (type == Scalar::F32) a_.mov(w(reg), w(reg));
        } else if (type == Scalar::F32) {
            a_.fmov(w(scratch_register), s(reg));
            reg = scratch_register;
        }
        if (is_signed(type) && !is_wide(type)) {
            a_.sxtw(x(scratch_register), w(reg));
            reg = scratch_register;
        }
        a_.store64(reg, slot(out, i));
    }
}

void A64Module::emit_packed_thunk(ir::FuncId func) {
    a_.align(asmjit::AlignMode::kCode, 16);
    if (is_listing()) comment(("packed entry of " + module_.functions[func].name).c_str());
    packed_offsets_[func.index()] = offset();
    CallPlan plan;
    plan_script(script_convention(), module_.functions[func].sig, plan);
    const Row row{X19, 0, 8};
    const std::int64_t area = call_with_row(func, plan, row, X1);
    store_results(func, plan, row);
    return_success(area);
    check();
    emit_constants(false);
}

void A64Module::emit_value_thunk(ir::FuncId func, const ValueTags& tags) {
    const ir::Signature& sig = module_.functions[func].sig;
    constexpr std::int64_t size = sizeof(rt::HostValue), payload = offsetof(rt::HostValue, slot);
    static_assert(offsetof(rt::HostValue, tag) == 0 && offsetof(rt::HostValue, aux) == 4);
    constexpr unsigned arguments = X15, number = X8; // pass no arguments
    a_.align(asmjit::AlignMode::kCode, 16);
    if (is_listing()) comment(("value entry of " + module_.functions[func].name).c_str());
    value_offsets_[func.index()] = offset();
    Label refuse = a_.newLabel(), done = a_.newLabel();
    if (!tags.params.empty()) a_.branch_zero(X1, true, true, refuse);
    for (std::size_t i = 0; i < tags.params.size(); ++i) {
        const Scalar type = sig.params[i].type;
        a_.load(Scalar::U32, number, slot({X1, 0, size}, i));
        a_.cmp(w(number), tags.params[i]);
        a_.branch_if(CondCode::kNE, refuse);
        auto compare = [&](const auto& how) { // the assembler wants the second operand's name as wide as the first's
            a_.load64(number, slot({X1, payload, size}, i));
            a_.cmp(x(number), x(number), how);
        };
        CondCode unfit = CondCode::kNE;
        switch (type) {
        case Scalar::Bool:
            a_.load64(number, slot({X1, payload, size}, i));
            a_.cmp(x(number), 1);
            unfit = CondCode::kHI;
            break;
        case Scalar::I8: compare(asmjit::arm::sxtb(0)); break;
        case Scalar::I16: compare(asmjit::arm::sxth(0)); break;
        case Scalar::I32: compare(asmjit::arm::sxtw(0)); break;
        case Scalar::U8: compare(asmjit::arm::uxtb(0)); break;
        case Scalar::U16: compare(asmjit::arm::uxth(0)); break;
        case Scalar::U32: compare(asmjit::arm::uxtw(0)); break;
        case Scalar::I64:
        case Scalar::U64:
        case Scalar::F64: continue; // every bit pattern is a value
        case Scalar::Void:
        case Scalar::F32:
        case Scalar::Ref:
        case Scalar::Ptr: TN_ICE("no value of this type has a tag");
        }
        a_.branch_if(unfit, refuse);
    }
    a_.mov(x(arguments), x(X1));
    CallPlan plan;
    plan_script(script_convention(), module_.functions[func].sig, plan);
    const std::int64_t area = call_with_row(func, plan, {arguments, payload, size}, X2);
    const Row row{X19, payload, size};
    a_.branch_zero(X19, true, true, done);
    a_.load_imm(scratch_register, tags.result, false);
    a_.store64(scratch_register, {X19, 0});
    if (sig.results.empty()) a_.store_zero(Scalar::I64, slot(row, 0));
    store_results(func, plan, row);
    a_.bind(done);
    return_success(area);
    a_.bind(refuse);
    a_.load_imm(X0, rt::values_refused, false);
    a_.ret(x(X30));
    check();
    emit_constants(false);
}

bool A64Module::emit_c_thunk(ir::FuncId func) {
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
    push_host_registers();
    a_.load64(context_register, {X0, options_.instance_context_offset});
    enter(Exit::C);
    const std::int64_t area = (plan.stack_count * 8 + 15) & ~15u;
    if (area) a_.add_imm(Sp, Sp, -area);
    auto incoming = [](Location l) { return Place{X29, Frame::incoming_offset(l.index)}; };
    auto outgoing = [](Location l) { return Place{Sp, 8 * static_cast<std::int64_t>(l.index)}; };
    ParallelMove moves(scratch_register, V31);
    for (std::size_t i = 0; i < types.size(); ++i) moves.add(c_plan.args[i + 1], plan.args[i], types[i]);
    for (const Move& m : moves.resolve()) {
        if (m.from.is_register() && m.to.is_register()) {
            a_.move64(m.to.index, m.from.index);
        } else if (m.to.is_register()) {
            a_.load64(m.to.index, incoming(m.from));
        } else if (m.from.is_register()) {
            a_.store64(m.from.index, outgoing(m.to));
        } else {
            a_.load64(scratch_register, incoming(m.from));
            a_.store64(scratch_register, outgoing(m.to));
        }
    }
    auto extend = [this](unsigned reg, Scalar type) { // C leaves the upper bits undefined
        scalar_size(type) < 4 ? a_.extend(reg, reg, type) : void(a_.mov(w(reg), w(reg)));
    };
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (is_float(types[i]) || is_wide(types[i])) continue;
        if (plan.args[i].is_register()) {
            extend(plan.args[i].index, types[i]);
        } else {
            a_.load64(scratch_register, outgoing(plan.args[i]));
            extend(scratch_register, types[i]);
            a_.store64(scratch_register, outgoing(plan.args[i]));
        }
    }
    a_.bl(checked_entry(func));
    if (metered()) a_.store64(fuel_register, context_place(fuel_offset));
    return_to_host(area, false);
    check();
    emit_constants(false);
    return true;
}

// --- stubs, once per module ---

void A64Module::emit_stubs() {
    // Called by a site that has a trap: codes in the stubs' own names, then the common part.
    if (is_listing()) comment("trap stubs");
    for (const auto& [code, label] : trap_stubs_) {
        if (code == TrapCode::None) continue;
        a_.bind(label);
        a_.load_imm(address_register, static_cast<std::int64_t>(code), false);
        a_.store(Scalar::U32, address_register, context_place(trap_code_offset));
        a_.b(trap_common_);
    }
    for (const auto& [code, label] : trap_stubs_) {
        if (code == TrapCode::None) a_.bind(label);
    }
    a_.bind(trap_common_);
    constexpr std::size_t registers = offsetof(rt::Context, trap_registers);
    for (unsigned reg = X0; reg < X30; reg += 2)
        a_.stp(x(reg), x(reg + 1),
               jit::ptr(x(context_register), static_cast<std::int32_t>(registers + 8 * reg)));
    if (metered()) a_.store64(fuel_register, context_place(fuel_offset));
    a_.mov(x(X1), x(X30)); // the site
    a_.mov(x(X0), x(context_register));
    a_.mov(x(X2), x(X29));
    switch_stack(fiber_stack_offset, host_stack_offset);
    load_address(reinterpret_cast<const void*>(&rt::rt_unwind));
    a_.blr(x(address_register));
    a_.load64(address_register, context_place(host_stack_offset));
    a_.mov(jit::sp, x(address_register));
    a_.load(Scalar::U32, X0, context_place(trap_code_offset));
    a_.load64(scratch_register, {Sp, exit_place});
    a_.cbnz(x(scratch_register), c_trap_exit_);
    leave();
    a_.bind(c_trap_exit_);
    a_.store(Scalar::U32, X0, context_place(offsetof(rt::Context, status_word)));
    a_.store_zero(Scalar::U32, context_place(trap_code_offset));
    a_.load_imm(X0, 0, true);
    a_.movi(d(V0), 0);
    leave();

    // Called with the stack pointer in question in x16; keeps every register but x16, x17 and the link.
    if (is_listing()) comment("poll stub");
    a_.bind(poll_stub_);
    constexpr std::int32_t floats = 16 * 8, room = floats + 24 * 8;
    auto keep = [&](bool restore) {
        for (unsigned reg = X0; reg < X15; reg += 2) {
            const jit::Mem at = jit::ptr(jit::sp, static_cast<std::int32_t>(8 * reg));
            restore ? a_.ldp(x(reg), x(reg + 1), at) : a_.stp(x(reg), x(reg + 1), at);
        }
        std::int32_t next = floats;
        for (unsigned reg = 0; reg < 32; reg += 2) {
            if (reg >= 8 && reg < 16) continue; // C keeps these
            const jit::Mem at = jit::ptr(jit::sp, next);
            next += 16;
            restore ? a_.ldp(d(V0 + reg), d(V0 + reg + 1), at) : a_.stp(d(V0 + reg), d(V0 + reg + 1), at);
        }
    };
    a_.stp(x(X29), x(X30), jit::ptr_pre(jit::sp, -16));
    a_.mov(x(X29), jit::sp);
    a_.sub(jit::sp, jit::sp, room);
    keep(false);
    if (metered()) a_.store64(fuel_register, context_place(fuel_offset));
    a_.mov(x(X0), x(context_register));
    a_.mov(x(X1), x(address_register));
    switch_stack(fiber_stack_offset, host_stack_offset);
    load_address(reinterpret_cast<const void*>(&rt::rt_poll));
    a_.blr(x(address_register));
    if (metered()) a_.load64(fuel_register, context_place(fuel_offset));
    a_.sub(jit::sp, x(X29), room);
    Label goes_on = a_.newLabel();
    a_.cbz(w(X0), goes_on);
    a_.bl(made(suspend_stub_));
    a_.bind(goes_on);
    keep(true);
    a_.mov(jit::sp, x(X29));
    a_.ldp(x(X29), x(X30), jit::ptr_post(jit::sp, 16));
    a_.load(Scalar::U32, address_register, context_place(trap_code_offset));
    a_.cbnz(w(address_register), trap_common_);
    a_.ret(x(X30));
    emit_suspension();
    emit_constants(true);
}

} // namespace tn::codegen::a64
