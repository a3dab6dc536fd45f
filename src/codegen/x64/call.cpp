// Calls: to functions of the module, to the runtime and to the host, and out-of-line calls of operations.
// C++ always runs on the host's stack; what a site owns goes into the code map.
#include "codegen/x64/x64.h"
#include "codegen/plans.h"

#include "runtime/runtime_fns.h"

#include "runtime/entry_points.h"
#include "support/ice.h"

namespace tn::codegen::x64 {

// --- operands ---

void Describe::call(const ir::Inst& inst, const CallPlan& plan, unsigned first_arg) {
    for (unsigned i = 0; i < inst.operands.count; ++i)
        out_.any(arg(inst, i), hint_of(plan.args[i + first_arg]));
    for (unsigned i = 0; i < inst.result_count; ++i) {
        std::uint8_t hint = i < plan.results.size() ? hint_of(plan.results[i]) : no_register;
        out_.def_anywhere(ir::ValueId(inst.first_result.index() + i), hint);
    }
    out_.clobber(caller_saved());
}

void Describe::op(OpTag<Op::Call>, const ir::Inst& inst) {
    CallPlan plan;
    plan_script(script_convention(), mf_.module->functions[ir::FuncId(static_cast<std::size_t>(inst.imm))].sig, plan);
    call(inst, plan, 0);
    out_.outgoing(plan.stack_count);
    out_.site();
}

void Describe::op(OpTag<Op::CallRuntime>, const ir::Inst& inst) {
    const RuntimeFnInfo& info = runtime_fn_info(static_cast<RuntimeFn>(inst.imm));
    CallPlan plan;
    plan_runtime(c_convention(), info, plan);
    if (info.is_rare) {
        for (unsigned i = 0; i < inst.operands.count; ++i) out_.any(arg(inst, i));
        out_.def_anywhere(inst.first_result, no_register);
        out_.cold_call();
    } else {
        call(inst, plan, 1);
    }
    if (info.effects & ir::Traps) out_.site();
}

void Describe::plain_host_call(const ir::Inst& inst) {
    CallPlan plan;
    const ir::HostFn& host = mf_.module->host_fns[ir::HostFnId(static_cast<std::size_t>(inst.imm))];
    plan_plain(c_convention(), host, plan);
    for (unsigned i = 0; i < inst.operands.count; ++i) out_.any(arg(inst, i), hint_of(plan.args[i]));
    for (unsigned i = 0; i < inst.result_count; ++i) {
        const std::uint8_t hint = host.has_status ? no_register : hint_of(plan.results[i]);
        out_.def_anywhere(ir::ValueId(inst.first_result.index() + i), hint);
    }
}

void Describe::op(OpTag<Op::CallHost>, const ir::Inst& inst) {
    const auto index = static_cast<std::size_t>(inst.imm);
    TN_CHECK(index < options_.host_targets.size(), "no target for a host function");
    if (const HostTarget& target = options_.host_targets[index]; target.is_generic) {
        for (unsigned i = 0; i < inst.operands.count; ++i) out_.any(arg(inst, i));
        for (unsigned i = 0; i < inst.result_count; ++i) {
            out_.def_anywhere(ir::ValueId(inst.first_result.index() + i), no_register);
        }
        out_.outgoing(plan_generic(*mf_.module, ir::HostFnId(index), target, options_).places);
    } else {
        plain_host_call(inst);
    }
    out_.clobber(caller_saved());
    out_.site();
}

// --- sites and out-of-line code ---

Label FunctionEmitter::trap(TrapCode code, ir::LocId loc, Payload a, Payload b) {
    Label label = a_->newLabel();
    traps_.push_back({label, code, inst_, loc, a, b});
    return label;
}

void FunctionEmitter::spend_fuel(ir::LocId loc) {
    a_->sub(gp64(fuel_register), 1);
    poll_without_fuel(loc);
}

void FunctionEmitter::poll_without_fuel(ir::LocId loc) {
    Label resume = a_->newLabel();
    a_->js(poll(resume, loc));
    a_->bind(resume);
}

Label FunctionEmitter::poll(Label resume, ir::LocId loc) {
    return cold(resume, loc, [this, loc] {
        a_->mov(gp64(scratch_register), x86::rbp); // which the entry has compared
        a_->call(module_.poll_stub());
        site(inst_, loc);
    });
}

Payload FunctionEmitter::payload(Location l) {
    if (l.is_register()) return {Payload::Reg, l.index, 0, {}};
    if (l.is_memory()) return {Payload::Memory, 0, 0, memory(l, 8)};
    std::int64_t value = 0;
    mf_->find_int(ir::ValueId(l.index), value);
    return {Payload::Imm, 0, value, {}};
}

void FunctionEmitter::test_trap_code(ir::LocId loc) {
    a_->cmp(context_mem(offsetof(rt::Context, trap_code), 4), 0);
    a_->jne(trap(TrapCode::None, loc));
}

// --- C calls ---

// Whatever C++ calls on there may enter the script again: its frames go below this one.
void FunctionEmitter::enter_host_stack(std::uint32_t stack_args, bool may_enter) {
    if (may_enter) a_->mov(context_mem(offsetof(rt::Context, fiber_stack), 8), x86::rsp);
    if (module_.metered()) a_->mov(context_mem(offsetof(rt::Context, fuel), 8), gp64(fuel_register));
    a_->mov(x86::rsp, context_mem(offsetof(rt::Context, host_stack), 8));
    if (stack_args > 0) a_->sub(x86::rsp, (stack_args * 8 + 15) & ~15u);
}

void FunctionEmitter::call_address(const void* callee) {
    a_->call(module_.pool64(reinterpret_cast<std::uintptr_t>(callee)));
}

void FunctionEmitter::leave_host_stack() {
    a_->lea(x86::rsp, x86::ptr(x86::rbp, -static_cast<std::int32_t>(frame_->size)));
    if (module_.metered()) a_->mov(gp64(fuel_register), context_mem(offsetof(rt::Context, fuel), 8));
}

void FunctionEmitter::call_cold_helper(const void* callee) {
    enter_host_stack(0);
    call_address(callee);
    leave_host_stack();
}

// Caller-saved registers that hold values across out-of-line code, to and from their room in the frame.
void FunctionEmitter::keep_registers(RegMask mask, bool restore) {
    std::uint32_t place = 0;
    for_each_register(mask & caller_saved(), [&](unsigned reg) {
        if (place >= frame_->keep_count) module_.fail("no room to keep a register");
        x86::Mem m(x86::rbp, frame_->keep_offset(place++), 8);
        if (reg >= first_float_register) {
            x86::Xmm x = xmm_of(reg);
            if (restore) {
                cpu_.avx ? a_->vmovsd(x, m) : a_->movsd(x, m);
            } else {
                cpu_.avx ? a_->vmovsd(m, x) : a_->movsd(m, x);
            }
        } else if (restore) {
            a_->mov(gp64(reg), m);
        } else {
            a_->mov(m, gp64(reg));
        }
    });
}

// C leaves the upper bits of narrow results undefined.
void FunctionEmitter::extend_result(unsigned reg, Scalar type) {
    if (is_float(type) || is_wide(type)) return;
    if (scalar_size(type) < 4) {
        extend(reg, reg, type);
    } else {
        a_->mov(gp32(reg), gp32(reg));
    }
}

void FunctionEmitter::op(OpTag<Op::Call>, const ir::Inst& inst) {
    const ir::FuncId callee(static_cast<std::size_t>(inst.imm));
    plan_script(script_convention(), mf_->module->functions[callee].sig, plan_);
    auto operands = mf_->fn->operands_of(inst);
    for (unsigned i = 0; i < operands.size(); ++i) {
        moves_.add(any(operands[i]), plan_.args[i], mf_->type_of(operands[i]));
    }
    flush_moves();
    a_->call(module_.function_label(callee));
    site(inst_, inst.loc);
    take_results(plan_.results, inst);
}

void FunctionEmitter::op(OpTag<Op::CallRuntime>, const ir::Inst& inst) {
    const auto fn = static_cast<RuntimeFn>(inst.imm);
    const RuntimeFnInfo& info = runtime_fn_info(fn);
    plan_runtime(c_convention(), info, plan_);
    auto operands = mf_->fn->operands_of(inst);
    if (info.is_rare) keep_registers(live_across(inst_), false);
    enter_host_stack(plan_.stack_count, info.effects != ir::Pure);
    for (unsigned i = 0; i < operands.size(); ++i) {
        moves_.add(any(operands[i]), plan_.args[i + 1], mf_->type_of(operands[i]));
    }
    flush_moves();
    a_->mov(gp64(Rdi), gp64(context_register));
    call_address(rt::runtime_fn_address(fn));
    leave_host_stack();
    if (info.is_rare) { // has one result
        if (plan_.results[0] == Location::reg(Rax)) extend_result(Rax, info.result(0).scalar);
        take_results(plan_.results, inst);
        keep_registers(live_across(inst_), true);
    }
    if (info.effects & ir::Traps) test_trap_code(inst.loc);
    if (info.is_rare) return;
    if (inst.result_count == 1) {
        if (plan_.results[0] == Location::reg(Rax)) extend_result(Rax, info.result(0).scalar);
        take_results(plan_.results, inst);
        return;
    }
    for (unsigned i = 0; i < inst.result_count; ++i) {
        Location to = next().location;
        x86::Mem slot = context_mem(static_cast<std::int64_t>(offsetof(rt::Context, results) + 8 * i), 8);
        const Scalar type = info.result(i).scalar;
        if (to.is_register()) {
            slot.setSize(scalar_size(type) < 4 ? 4 : scalar_size(type)); // the slot holds the extended form
            if (is_float(type)) {
                load(type, to.index, slot);
            } else {
                a_->mov(gp_of(to.index, is_wide(type)), slot);
            }
        } else if (to.is_memory()) {
            slot.setSize(is_wide(type) ? 8 : 4);
            a_->mov(gp_of(scratch_register, is_wide(type)), slot);
            a_->mov(memory(to, 8), gp64(scratch_register));
        }
    }
}

// --- the host ---

void FunctionEmitter::op(OpTag<Op::CallHost>, const ir::Inst& inst) {
    const HostTarget& target = module_.options().host_targets[static_cast<std::size_t>(inst.imm)];
    if (target.is_generic) {
        call_generic_host(inst, target);
    } else {
        call_plain_host(inst, target);
    }
}

void FunctionEmitter::call_plain_host(const ir::Inst& inst, const HostTarget& target) {
    const ir::HostFn& host = mf_->module->host_fns[ir::HostFnId(static_cast<std::size_t>(inst.imm))];
    plan_plain(c_convention(), host, plan_);
    auto operands = mf_->fn->operands_of(inst);
    enter_host_stack(plan_.stack_count, host.purity == ir::HostFn::Purity::None);
    for (unsigned i = 0; i < operands.size(); ++i)
        moves_.add(any(operands[i]), plan_.args[i], mf_->type_of(operands[i]));
    flush_moves();
    if (!host.out_offsets.empty()) { // the result goes to where runtime functions leave theirs
        const Location out = plan_.args.back();
        const unsigned reg = out.is_register() ? out.index : scratch_register;
        a_->mov(context_mem(offsetof(rt::Context, results), 8),
                0); // a pointer that it does not store is NULL
        a_->lea(gp64(reg), context_mem(offsetof(rt::Context, results), 8));
        if (!out.is_register()) a_->mov(memory(out, 8), gp64(reg));
    }
    call_address(target.address);
    leave_host_stack();
    if (host.purity == ir::HostFn::Purity::None) test_trap_code(inst.loc);
    if (host.has_status) {
        Label failed = cold(Label(), inst.loc, [this, &target, loc = inst.loc] {
            a_->mov(gp32(Rdx), gp32(Rax));
            a_->mov(gp64(Rsi), asmjit::imm(reinterpret_cast<std::uintptr_t>(target.user_data)));
            a_->mov(gp64(Rdi), gp64(context_register));
            call_cold_helper(reinterpret_cast<const void*>(module_.options().plain_failure));
            a_->call(module_.trap_stub(TrapCode::None));
            site(inst_, loc);
        });
        a_->test(gp32(Rax), gp32(Rax));
        a_->jnz(failed);
        for (unsigned i = 0; i < host.out_offsets.size(); ++i) {
            const Scalar type = host.sig.results[i];
            const std::size_t place = offsetof(rt::Context, results) + host.out_offsets[i];
            load_result(type, next().location, context_mem(static_cast<std::int64_t>(place), scalar_size(type)));
        }
        return;
    }
    if (inst.result_count == 0) return;
    if (plan_.results[0] == Location::reg(Rax)) extend_result(Rax, host.sig.results[0]);
    moves_.add(plan_.results[0], next().location, host.sig.results[0]);
    flush_moves();
}

// A value in memory, as C stores it, to where a result belongs.
void FunctionEmitter::load_result(Scalar type, Location to, const x86::Mem& from) {
    if (to.is_register()) return load(type, to.index, from);
    if (!to.is_memory()) return;
    const Scalar bits = type == Scalar::F32 ? Scalar::U32 : type == Scalar::F64 ? Scalar::U64 : type;
    load(bits, scratch_register, from);
    a_->mov(memory(to, 8), gp64(scratch_register));
}

void FunctionEmitter::call_generic_host(const ir::Inst& inst, const HostTarget& target) {
    const GenericPlan plan = plan_generic(*mf_->module, ir::HostFnId(static_cast<std::size_t>(inst.imm)), target,
                                          module_.options());
    auto operands = mf_->fn->operands_of(inst);
    for (unsigned i = 0; i < operands.size(); ++i) {
        moves_.add(any(operands[i]), plan.arg(i), mf_->type_of(operands[i]));
    }
    flush_moves();
    for (unsigned i = 0; i < operands.size(); ++i) { // a slot holds integers extended to 64 bits
        if (plan.is_by_value) a_->mov(memory(plan.tag(i), 8), plan.tags.params[i]);
        const Scalar type = mf_->type_of(operands[i]);
        if (!is_signed(type) || is_wide(type)) continue;
        a_->movsxd(gp64(scratch_register), memory(plan.arg(i), 4));
        a_->mov(memory(plan.arg(i), 8), gp64(scratch_register));
    }
    a_->mov(gp64(Rdi), gp64(context_register));
    a_->mov(gp64(Rsi), asmjit::imm(reinterpret_cast<std::uintptr_t>(target.user_data)));
    a_->mov(gp64(Rdx), x86::rsp);
    enter_host_stack(0);
    call_address(plan.callee);
    leave_host_stack();
    Label done = a_->newLabel();
    Label failed = cold(Label(), inst.loc, [this, done, loc = inst.loc] {
        a_->call(module_.await_stub());
        a_->test(gp32(Rax), gp32(Rax));
        a_->jz(done);
        a_->mov(context_mem(offsetof(rt::Context, trap_code), 4), gp32(Rax));
        a_->call(module_.trap_stub(TrapCode::None));
        site(inst_, loc);
    });
    a_->test(gp32(Rax), gp32(Rax));
    a_->jnz(failed);
    a_->bind(done);
    std::vector<Location> row;
    for (unsigned i = 0; i < inst.result_count; ++i) row.push_back(plan.result(i));
    take_results(row, inst);
    // A slot's integers are extended to 64 bits; in a frame's slot or register only 32 of them count.
    for (unsigned i = 0; i < inst.result_count; ++i) {
        const Operand& def = mf_->operands[operand_ - inst.result_count + i];
        const Scalar type = mf_->type_of(def.value);
        if (is_wide(type) || is_float(type) || !def.location.is_memory()) continue;
        a_->mov(gp32(scratch_register), memory(def.location, 4));
        a_->mov(memory(def.location, 8), gp64(scratch_register));
    }
}

} // namespace tn::codegen::x64
