// Calls: to functions of the module, to the runtime and to the host, and out-of-line calls of operations.
// C++ always runs on the host's stack; what a site owns goes into the code map.
#include "codegen/a64/a64.h"
#include "codegen/plans.h"

#include "runtime/entry_points.h"
#include "runtime/runtime_fns.h"
#include "support/ice.h"

namespace tn::codegen::a64 {

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
    plan_script(script_convention(),
                mf_.module->functions[ir::FuncId(static_cast<std::size_t>(inst.imm))].sig, plan);
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

void Describe::op(OpTag<Op::ListNew>, const ir::Inst& inst) {
    out_.any(arg(inst, 0), X1);
    out_.def_anywhere(inst.first_result, X0);
    out_.clobber(caller_saved());
    out_.site();
}

// --- sites and out-of-line code ---

Label FunctionEmitter::trap(TrapCode code, ir::LocId loc, Payload a, Payload b) {
    Label label = a_.newLabel();
    traps_.push_back({label, code, inst_, loc, a, b});
    return label;
}

void FunctionEmitter::poll_without_fuel(ir::LocId loc) {
    Label resume = a_.newLabel();
    a_.branch_if(CondCode::kMI, poll(resume, loc));
    a_.bind(resume);
}

Label FunctionEmitter::poll(Label resume, ir::LocId loc) {
    return cold(resume, loc, [this, loc] {
        a_.mov(x(address_register), jit::sp);
        a_.bl(module_.poll_stub());
        site(inst_, loc);
    });
}

Payload FunctionEmitter::payload(Location l) {
    if (l.is_register()) return {Payload::Reg, l.index, 0, {}};
    if (l.is_memory()) return {Payload::Memory, 0, 0, l};
    std::int64_t value = 0;
    mf_->find_int(ir::ValueId(l.index), value);
    return {Payload::Imm, 0, value, {}};
}

void FunctionEmitter::test_trap_code(ir::LocId loc) {
    a_.load(Scalar::U32, address_register, context_place(offsetof(rt::Context, trap_code)));
    a_.branch_zero(address_register, false, false, trap(TrapCode::None, loc));
}

// --- C calls ---

// Whatever C++ calls on there may enter the script again: its frames go below this one.
void FunctionEmitter::enter_host_stack(std::uint32_t stack_args, bool may_enter) {
    if (may_enter) {
        a_.mov(x(scratch_register), jit::sp);
        a_.store64(scratch_register, context_place(offsetof(rt::Context, fiber_stack)));
    }
    if (module_.metered()) a_.store64(fuel_register, context_place(offsetof(rt::Context, fuel)));
    a_.load64(scratch_register, context_place(offsetof(rt::Context, host_stack)));
    if (stack_args > 0)
        a_.add_imm(scratch_register, scratch_register, -std::int64_t((stack_args * 8 + 15) & ~15u));
    a_.mov(jit::sp, x(scratch_register));
    on_host_stack_ = true;
}

void FunctionEmitter::call_address(const void* callee) {
    module_.load_address(callee);
    a_.blr(x(address_register));
}

void FunctionEmitter::leave_host_stack() {
    a_.add_imm(Sp, frame_register, -static_cast<std::int64_t>(frame_->size));
    if (module_.metered()) a_.load64(fuel_register, context_place(offsetof(rt::Context, fuel)));
    on_host_stack_ = false;
}

void FunctionEmitter::call_cold_helper(const void* callee) {
    enter_host_stack(0);
    call_address(callee);
    leave_host_stack();
}

// Caller-saved registers that hold values across out-of-line code, to and from their room in the frame.
void FunctionEmitter::keep_registers(RegMask mask, bool restore) {
    std::uint32_t at = 0;
    for_each_register(mask & caller_saved(), [&](unsigned reg) {
        const Place room = frame_place(frame_->keep_offset(at++));
        restore ? a_.load64(reg, room) : a_.store64(reg, room);
    });
}

// C leaves the upper bits of narrow results undefined.
void FunctionEmitter::extend_result(unsigned reg, Scalar type) {
    if (is_float(type) || is_wide(type)) return;
    if (scalar_size(type) < 4) {
        a_.extend(reg, reg, type);
    } else {
        a_.mov(w(reg), w(reg));
    }
}

void FunctionEmitter::op(OpTag<Op::Call>, const ir::Inst& inst) {
    const ir::FuncId callee(static_cast<std::size_t>(inst.imm));
    plan_script(script_convention(), mf_->module->functions[callee].sig, plan_);
    auto operands = mf_->fn->operands_of(inst);
    for (unsigned i = 0; i < operands.size(); ++i)
        moves_.add(any(operands[i]), plan_.args[i], mf_->type_of(operands[i]));
    flush_moves();
    a_.bl(module_.function_label(callee));
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
    for (unsigned i = 0; i < operands.size(); ++i)
        moves_.add(any(operands[i]), plan_.args[i + 1], mf_->type_of(operands[i]));
    flush_moves();
    a_.mov(x(X0), x(context_register));
    call_address(rt::runtime_fn_address(fn));
    leave_host_stack();
    if (info.is_rare) { // has one result
        if (plan_.results[0] == Location::reg(X0)) extend_result(X0, info.result(0).scalar);
        take_results(plan_.results, inst);
        keep_registers(live_across(inst_), true);
    }
    if (info.effects & ir::Traps) test_trap_code(inst.loc);
    if (info.is_rare) return;
    if (inst.result_count == 1) {
        if (plan_.results[0] == Location::reg(X0)) extend_result(X0, info.result(0).scalar);
        take_results(plan_.results, inst);
        return;
    }
    for (unsigned i = 0; i < inst.result_count; ++i) {
        const Location to = next().location;
        const Place slot = context_place(offsetof(rt::Context, results) + 8 * i);
        const Scalar type = info.result(i).scalar;
        if (to.is_register()) {
            if (is_float(type)) {
                a_.load(type, to.index, slot);
            } else { // the slot holds the extended form
                a_.load(is_wide(type) ? Scalar::U64 : Scalar::U32, to.index, slot);
            }
        } else if (to.is_memory()) {
            a_.load(is_wide(type) ? Scalar::U64 : Scalar::U32, scratch_register, slot);
            a_.store64(scratch_register, place(to));
        }
    }
}

void FunctionEmitter::op(OpTag<Op::ListNew>, const ir::Inst& inst) {
    const Location capacity = any(mf_->fn->operands_of(inst)[0]);
    enter_host_stack(0);
    if (!(capacity == Location::reg(X1))) move(capacity, Location::reg(X1), Scalar::I64);
    a_.load_imm(X2, inst.imm, false);
    a_.mov(x(X0), x(context_register));
    call_address(reinterpret_cast<const void*>(&rt::rt_list_new));
    leave_host_stack();
    test_trap_code(inst.loc);
    take_results({Location::reg(X0)}, inst);
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
    constexpr std::size_t results = offsetof(rt::Context, results);
    if (!host.out_offsets.empty()) { // the result goes to where runtime functions leave theirs
        const Location out = plan_.args.back();
        const unsigned reg = out.is_register() ? out.index : scratch_register;
        a_.store_zero(Scalar::I64, context_place(results)); // a pointer that it does not store is NULL
        a_.add_imm(reg, context_register, results);
        if (!out.is_register()) a_.store64(reg, place(out));
    }
    call_address(target.address);
    leave_host_stack();
    if (host.purity == ir::HostFn::Purity::None) test_trap_code(inst.loc);
    if (host.has_status) {
        Label failed = cold(Label(), inst.loc, [this, &target, loc = inst.loc] {
            a_.mov(w(X2), w(X0));
            a_.load_imm(X1, static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(target.user_data)),
                        true);
            a_.mov(x(X0), x(context_register));
            call_cold_helper(reinterpret_cast<const void*>(module_.options().plain_failure));
            a_.bl(module_.trap_stub(TrapCode::None));
            site(inst_, loc);
        });
        a_.branch_zero(X0, false, false, failed);
        for (unsigned i = 0; i < host.out_offsets.size(); ++i)
            load_result(host.sig.results[i], next().location, context_place(results + host.out_offsets[i]));
        return;
    }
    if (inst.result_count == 0) return;
    if (plan_.results[0] == Location::reg(X0)) extend_result(X0, host.sig.results[0]);
    moves_.add(plan_.results[0], next().location, host.sig.results[0]);
    flush_moves();
}

// A value in memory, as C stores it, to where a result belongs.
void FunctionEmitter::load_result(Scalar type, Location to, const Place& from) {
    if (to.is_register()) {
        a_.load(type, to.index, from);
    } else if (to.is_memory()) {
        a_.load(type == Scalar::F32   ? Scalar::U32
                : type == Scalar::F64 ? Scalar::U64
                                      : type,
                scratch_register, from);
        a_.store64(scratch_register, place(to));
    }
}

void FunctionEmitter::call_generic_host(const ir::Inst& inst, const HostTarget& target) {
    const GenericPlan plan = plan_generic(*mf_->module, ir::HostFnId(static_cast<std::size_t>(inst.imm)), target,
                                          module_.options());
    auto operands = mf_->fn->operands_of(inst);
    for (unsigned i = 0; i < operands.size(); ++i)
        moves_.add(any(operands[i]), plan.arg(i), mf_->type_of(operands[i]));
    flush_moves();
    for (unsigned i = 0; i < operands.size(); ++i) { // a slot holds integers extended to 64 bits
        if (plan.is_by_value) {
            a_.load_imm(scratch_register, plan.tags.params[i], false);
            a_.store64(scratch_register, place(plan.tag(i)));
        }
        const Scalar type = mf_->type_of(operands[i]);
        if (!is_signed(type) || is_wide(type)) continue;
        a_.load(Scalar::U32, scratch_register, place(plan.arg(i)));
        a_.sxtw(x(scratch_register), w(scratch_register));
        a_.store64(scratch_register, place(plan.arg(i)));
    }
    a_.mov(x(X0), x(context_register));
    a_.load_imm(X1, static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(target.user_data)), true);
    a_.mov(x(X2), jit::sp);
    enter_host_stack(0);
    call_address(plan.callee);
    leave_host_stack();
    Label done = a_.newLabel();
    Label failed = cold(Label(), inst.loc, [this, done, loc = inst.loc] {
        a_.bl(module_.await_stub());
        a_.branch_zero(X0, false, true, done);
        a_.store(Scalar::U32, X0, context_place(offsetof(rt::Context, trap_code)));
        a_.bl(module_.trap_stub(TrapCode::None));
        site(inst_, loc);
    });
    a_.branch_zero(X0, false, false, failed);
    a_.bind(done);
    std::vector<Location> row;
    for (unsigned i = 0; i < inst.result_count; ++i) row.push_back(plan.result(i));
    take_results(row, inst);
    // A slot's integers are extended to 64 bits; in a frame's slot only 32 of them count.
    for (unsigned i = 0; i < inst.result_count; ++i) {
        const Operand& def = mf_->operands[operand_ - inst.result_count + i];
        const Scalar type = mf_->type_of(def.value);
        if (is_wide(type) || is_float(type) || !def.location.is_memory()) continue;
        a_.load(Scalar::U32, scratch_register, place(def.location));
        a_.store64(scratch_register, place(def.location));
    }
}

} // namespace tn::codegen::a64
