// The ends of blocks, traps and polls.
#include "codegen/a64/a64.h"

namespace tn::codegen::a64 {

// --- the ends of blocks ---

void Describe::op(OpTag<Op::Jump>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::Jump>, const ir::Inst&) {
    const Edge& edge = mf_->edges[mf_->blocks[block_].first_succ];
    if (edge.place == EdgePlace::PredEnd) emit_edge(edge);
    go_along(edge);
}

void Describe::op(OpTag<Op::Branch>, const ir::Inst& inst) { condition(arg(inst, 0)); }
void FunctionEmitter::op(OpTag<Op::Branch>, const ir::Inst& inst) {
    start_branch();
    const Condition c = condition(mf_->fn->operands_of(inst)[0]);
    branch([&](bool value, Label target) { jump_if(c, value, target); });
}

void Describe::op(OpTag<Op::Switch>, const ir::Inst& inst) {
    if (inst.target_count > 1) out_.use(arg(inst, 0));
}

void FunctionEmitter::op(OpTag<Op::Switch>, const ir::Inst& inst) {
    const MachineBlock& block = mf_->blocks[block_];
    const Edge* edges = &mf_->edges[block.first_succ];
    if (inst.target_count == 1) {
        if (edges[0].place == EdgePlace::PredEnd) emit_edge(edges[0]);
        jump_to(edges[0].to);
        return;
    }
    const std::uint32_t cases = inst.target_count - 1u;
    const Edge& otherwise = edges[cases];
    const bool wide = is_wide(mf_->type_of(mf_->fn->operands_of(inst)[0]));
    const unsigned value = reg();
    if (inst.target_count > 5) {
        std::vector<Label> targets;
        for (std::uint32_t i = 0; i < cases; ++i) targets.push_back(edge_label(edges[i]));
        const jit::GpX base = x(address_register), offset = x(scratch_register);
        Label table = a_.newLabel();
        a_.cmp_imm(value, cases, wide);
        a_.branch_if(CondCode::kHS, edge_label(otherwise));
        a_.adr(base, table);
        a_.ldrsw(offset, jit::ptr(base, x(value), asmjit::arm::lsl(2)));
        a_.add(base, base, offset);
        a_.br(base);
        // Here, where it is near whatever the size of the function.
        a_.bind(table);
        for (Label target : targets) a_.embedLabelDelta(target, table, 4);
        return;
    }
    for (std::uint32_t i = 0; i < cases; ++i) {
        if (i == 0) {
            a_.branch_zero(value, wide, true, edge_label(edges[i]));
        } else {
            a_.cmp_imm(value, i, wide);
            a_.branch_if(CondCode::kEQ, edge_label(edges[i]));
        }
    }
    if (otherwise.place == EdgePlace::OwnBlock) emit_edge(otherwise);
    jump_to(otherwise.to);
}

void Describe::op(OpTag<Op::Return>, const ir::Inst& inst) {
    CallPlan plan;
    plan.make(script_convention(), {}, mf_.fn->sig.results, true);
    for (unsigned i = 0; i < inst.operands.count; ++i) {
        Location l = plan.results[i];
        out_.any(arg(inst, i), l.is_register() ? static_cast<std::uint8_t>(l.index) : no_register);
    }
}
void FunctionEmitter::op(OpTag<Op::Return>, const ir::Inst& inst) { return_values(inst); }

void Describe::op(OpTag<Op::TrapIf>, const ir::Inst& inst) {
    if (inst.flags & ir::NoTrap) return;
    condition(arg(inst, 0));
    for (unsigned i = 1; i < inst.operands.count; ++i) out_.any(arg(inst, i));
    out_.site();
}

void FunctionEmitter::op(OpTag<Op::TrapIf>, const ir::Inst& inst) {
    if (inst.flags & ir::NoTrap) return;
    auto operands = mf_->fn->operands_of(inst);
    const Condition c = condition(operands[0]);
    Payload payloads[2];
    for (unsigned i = 1; i < operands.size() && i <= 2; ++i) payloads[i - 1] = payload(any(operands[i]));
    jump_if(c, true, trap(static_cast<TrapCode>(inst.imm), inst.loc, payloads[0], payloads[1]));
}

void Describe::op(OpTag<Op::Trap>, const ir::Inst& inst) {
    if (inst.operands.count > 0) out_.use(arg(inst, 0));
    out_.site();
}

void FunctionEmitter::op(OpTag<Op::Trap>, const ir::Inst& inst) {
    if (inst.operands.count > 0) a_.store64(reg(), context_place(offsetof(rt::Context, trap_text)));
    a_.bl(module_.trap_stub(static_cast<TrapCode>(inst.imm)));
    site(inst_, inst.loc);
}

void Describe::op(OpTag<Op::Unreachable>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::Unreachable>, const ir::Inst&) { a_.udf(0); }

// --- polls ---

namespace {
bool counts_by_one(const MachineFunction& mf, const ir::Inst& poll) {
    std::int64_t step = 0;
    return mf.find_int(mf.fn->operands_of(poll)[2], step) && step == 1;
}
} // namespace

// The fuel for all rounds of a loop at once.
void FunctionEmitter::spend_fuel_of_rounds(const ir::Inst& inst) {
    const bool wide = is_wide(mf_->type_of(mf_->fn->operands_of(inst)[0]));
    const unsigned from = reg(), to = reg();
    const jit::Gp rounds = gp_of(scratch_register, wide);
    a_.sub(rounds, gp_of(to, wide), gp_of(from, wide));
    if (!counts_by_one(*mf_, inst)) a_.udiv(rounds, rounds, gp_of(reg(), wide));
    const jit::GpX all = x(scratch_register), fuel = x(fuel_register);
    if (inst.imm == 1) {
        a_.subs(fuel, fuel, all);
    } else {
        a_.load_imm(address_register, inst.imm, true);
        a_.mul(all, all, x(address_register));
        a_.subs(fuel, fuel, all);
    }
    poll_without_fuel(inst.loc);
}

void Describe::op(OpTag<Op::Poll>, const ir::Inst& inst) {
    if (options_.mode == rt::CodeMode::Metered) {
        if (inst.aux == 2) return;
        if (inst.operands.count > 0) {
            out_.use(arg(inst, 0));
            out_.use(arg(inst, 1));
            if (!counts_by_one(mf_, inst)) out_.use(arg(inst, 2));
        }
    } else if (inst.aux == 1) {
        return;
    }
    out_.site();
}

void FunctionEmitter::op(OpTag<Op::Poll>, const ir::Inst& inst) {
    if (inst.aux == (module_.metered() ? 2 : 1)) return;
    if (module_.metered()) {
        if (inst.operands.count > 0) {
            spend_fuel_of_rounds(inst);
        } else {
            a_.subs(x(fuel_register), x(fuel_register), 1);
            poll_without_fuel(inst.loc);
        }
        return;
    }
    Label resume = a_.newLabel();
    a_.load(Scalar::U32, address_register, context_place(offsetof(rt::Context, interrupt)));
    a_.branch_zero(address_register, false, false, poll(resume, inst.loc));
    a_.bind(resume);
}

} // namespace tn::codegen::a64
