// The ends of blocks, traps and polls: what comes next, fallen through to where the layout allows.
#include "codegen/x64/x64.h"

namespace tn::codegen::x64 {

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
    Condition c = condition(mf_->fn->operands_of(inst)[0]);
    branch([&](bool value, Label target) { jump_if(c, value, target); });
}

void Describe::op(OpTag<Op::Switch>, const ir::Inst& inst) {
    if (inst.target_count == 1) return;
    if (inst.target_count > 5) {
        out_.use(arg(inst, 0));
        out_.temp(RegClass::Int);
    } else {
        out_.use(arg(inst, 0));
    }
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
        const unsigned temp = reg();
        std::vector<Label> targets;
        for (std::uint32_t i = 0; i < cases; ++i) targets.push_back(edge_label(edges[i]));
        Label table = a_->newLabel();
        a_->cmp(gp_of(value, wide), asmjit::imm(cases));
        a_->jae(edge_label(otherwise));
        a_->lea(gp64(scratch_register), x86::ptr(table));
        a_->movsxd(gp64(temp), x86::dword_ptr(gp64(scratch_register), gp64(value), 2));
        a_->add(gp64(temp), gp64(scratch_register));
        a_->jmp(gp64(temp));
        module_.add_table(table, std::move(targets));
        return;
    }
    for (std::uint32_t i = 0; i < cases; ++i) {
        if (i == 0) {
            a_->test(gp_of(value, wide), gp_of(value, wide));
        } else {
            a_->cmp(gp_of(value, wide), asmjit::imm(i));
        }
        a_->je(edge_label(edges[i]));
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
    Condition c = condition(operands[0]);
    Payload payloads[2];
    for (unsigned i = 1; i < operands.size() && i <= 2; ++i) payloads[i - 1] = payload(any(operands[i]));
    jump_if(c, true, trap(static_cast<TrapCode>(inst.imm), inst.loc, payloads[0], payloads[1]));
}

void Describe::op(OpTag<Op::Trap>, const ir::Inst& inst) {
    if (inst.operands.count > 0) out_.use(arg(inst, 0));
    out_.site();
}

void FunctionEmitter::op(OpTag<Op::Trap>, const ir::Inst& inst) {
    if (inst.operands.count > 0) a_->mov(context_mem(offsetof(rt::Context, trap_text), 8), gp64(reg()));
    a_->call(module_.trap_stub(static_cast<TrapCode>(inst.imm)));
    site(inst_, inst.loc);
}

void Describe::op(OpTag<Op::Unreachable>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::Unreachable>, const ir::Inst&) { a_->ud2(); }

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
    x86::Gp rounds = gp64(scratch_register);
    a_->mov(gp_of(scratch_register, wide), gp_of(to, wide));
    a_->sub(gp_of(scratch_register, wide), gp_of(from, wide));
    if (!counts_by_one(*mf_, inst)) {
        const unsigned step = reg();
        a_->mov(gp64(Rax), rounds);
        a_->xor_(gp32(Rdx), gp32(Rdx));
        a_->div(gp_of(step, wide));
        rounds = gp64(Rax);
    }
    if (inst.imm != 1) a_->imul(rounds, rounds, asmjit::imm(inst.imm));
    a_->sub(gp64(fuel_register), rounds);
    poll_without_fuel(inst.loc);
}

void Describe::op(OpTag<Op::Poll>, const ir::Inst& inst) {
    if (options_.mode == rt::CodeMode::Metered) {
        if (inst.aux == 2) return;
        if (inst.operands.count > 0) {
            out_.use(arg(inst, 0));
            out_.use(arg(inst, 1));
            if (!counts_by_one(mf_, inst)) {
                out_.late_use(arg(inst, 2));
                out_.clobber(mask_of(Rax) | mask_of(Rdx));
            }
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
            spend_fuel(inst.loc);
        }
        return;
    }
    // An interrupt raises the limit above every frame. This comparison and its jump are one operation of the machine,
    // as one of memory with a constant is not; the entry has found that the frame is not below the true limit.
    Label resume = a_->newLabel();
    a_->cmp(x86::rbp, context_mem(offsetof(rt::Context, stack_limit), 8));
    a_->jb(poll(resume, inst.loc));
    a_->bind(resume);
}

} // namespace tn::codegen::x64
