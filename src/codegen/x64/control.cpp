// Comparisons, selections and the ends of blocks. A comparison with one user becomes flags right before
// it; float comparisons are ordered so that NaN falls out of the carry flag, but for equality.
#include "codegen/x64/x64.h"

namespace tn::codegen::x64 {

namespace Inst = x86::Inst;
using x86::CondCode;

namespace {
CondCode cond_code(ir::Cond cond, bool is_signed) {
    switch (cond) {
    case ir::Cond::Eq: return CondCode::kEqual;
    case ir::Cond::Ne: return CondCode::kNotEqual;
    case ir::Cond::Lt: return is_signed ? CondCode::kSignedLT : CondCode::kUnsignedLT;
    case ir::Cond::Le: return is_signed ? CondCode::kSignedLE : CondCode::kUnsignedLE;
    case ir::Cond::Gt: return is_signed ? CondCode::kSignedGT : CondCode::kUnsignedGT;
    case ir::Cond::Ge: return is_signed ? CondCode::kSignedGE : CondCode::kUnsignedGE;
    }
    return CondCode::kEqual;
}
CondCode negated(CondCode cc) { return static_cast<CondCode>(static_cast<unsigned>(cc) ^ 1u); }

// The order in which an integer comparison takes its operands: an immediate last, a memory place last
// but before an immediate.
struct Compared {
    ir::ValueId a, b;
    ir::Cond cond;
};
Compared order(const MachineFunction& mf, const Selection& sel, const ir::Inst& inst) {
    auto operands = mf.fn->operands_of(inst);
    Compared c{operands[0], operands[1], static_cast<ir::Cond>(inst.aux)};
    if (sel.is_imm32(c.b)) return c;
    if (sel.is_imm32(c.a) || sel.is_folded_load(c.a)) {
        std::swap(c.a, c.b);
        c.cond = ir::swapped(c.cond);
    }
    return c;
}
// The processor's "above" is false for NaN, its "below" is true: less-than is asked the other way round.
bool reads_swapped(const ir::Inst& fcmp) {
    auto cond = static_cast<ir::Cond>(fcmp.aux);
    return cond == ir::Cond::Lt || cond == ir::Cond::Le;
}
} // namespace

void Describe::comparison(const ir::Inst& compare) {
    if (compare.op == Op::FCmp) {
        const bool swap = reads_swapped(compare);
        out_.use(arg(compare, swap ? 1 : 0));
        rm(arg(compare, swap ? 0 : 1));
        return;
    }
    if (const ShiftedCompare* shifted = sel_.shifted(compare)) {
        rm(shifted->sum);
        return;
    }
    Compared c = order(mf_, sel_, compare);
    if (const ir::Inst* bits = sel_.folded(c.a); bits && bits->op == Op::And) {
        out_.use(arg(*bits, 0));
        if (!sel_.is_imm32(arg(*bits, 1))) out_.use(arg(*bits, 1));
        return;
    }
    if (sel_.is_imm32(c.b) && !mf_.is_constant(c.a)) {
        rm(c.a);
    } else {
        out_.use(c.a);
        rm(c.b);
    }
}

void Describe::condition(ir::ValueId value) {
    const ir::Inst* def = sel_.folded(value);
    if (def && (def->op == Op::ICmp || def->op == Op::FCmp)) {
        comparison(*def);
    } else if (mf_.is_constant(value)) {
        out_.use(value);
    } else {
        rm(value);
    }
}

// Emits the test; the condition holds until the next instruction that changes the flags.
Condition FunctionEmitter::comparison(const ir::Inst& compare) {
    auto operands = mf_->fn->operands_of(compare);
    const Scalar type = mf_->type_of(operands[0]);
    if (compare.op == Op::FCmp) {
        const bool swap = reads_swapped(compare), single = type == Scalar::F32;
        const unsigned first = reg();
        Rm second = rm(operands[swap ? 0 : 1]);
        const asmjit::InstId id = cpu_.avx ? (single ? Inst::kIdVucomiss : Inst::kIdVucomisd)
                                           : (single ? Inst::kIdUcomiss : Inst::kIdUcomisd);
        if (second.kind == Rm::Mem) {
            a_->emit(id, xmm_of(first), second.mem);
        } else {
            a_->emit(id, xmm_of(first), xmm_of(second.reg));
        }
        switch (static_cast<ir::Cond>(compare.aux)) {
        case ir::Cond::Eq: return {CondCode::kEqual, Condition::AndOrdered};
        case ir::Cond::Ne: return {CondCode::kNotEqual, Condition::OrUnordered};
        case ir::Cond::Lt:
        case ir::Cond::Gt: return {CondCode::kUnsignedGT, Condition::Ignore};
        case ir::Cond::Le:
        case ir::Cond::Ge: return {CondCode::kUnsignedGE, Condition::Ignore};
        }
    }
    Selection sel(*mf_);
    const unsigned size = scalar_size(type);
    if (const ShiftedCompare* shifted = sel.shifted(compare)) {
        Rm a = rm(shifted->sum);
        if (a.kind == Rm::Mem) {
            a_->cmp(a.mem, asmjit::imm(shifted->constant));
        } else {
            alu(Inst::kIdCmp, a.reg, {Rm::Imm, 0, {}, shifted->constant}, size == 8);
        }
        return {cond_code(static_cast<ir::Cond>(compare.aux), is_signed(type)), Condition::Ignore};
    }
    Compared c = order(*mf_, sel, compare);
    const CondCode cc = cond_code(c.cond, is_signed(type));
    std::int32_t imm;
    if (const ir::Inst* bits = sel.folded(c.a); bits && bits->op == Op::And) {
        const unsigned a = reg();
        const ir::ValueId mask = mf_->fn->operands_of(*bits)[1];
        if (sel.find_imm32(mask, imm)) {
            a_->test(gp_of(a, size == 8 && imm < 0), asmjit::imm(imm));
        } else {
            a_->test(gp_of(a, size == 8), gp_of(reg(), size == 8));
        }
        return {cc, Condition::Ignore};
    }
    if (sel.find_imm32(c.b, imm) && !mf_->is_constant(c.a)) {
        Rm a = rm(c.a);
        if (a.kind == Rm::Mem) {
            const unsigned width = a.mem.size();
            if (width == 1) imm = static_cast<std::int8_t>(imm);
            if (width == 2) imm = static_cast<std::int16_t>(imm);
            a_->cmp(a.mem, asmjit::imm(imm));
        } else if (imm == 0) {
            a_->test(gp_of(a.reg, size == 8), gp_of(a.reg, size == 8));
        } else {
            a_->cmp(gp_of(a.reg, size == 8), asmjit::imm(imm));
        }
        return {cc, Condition::Ignore};
    }
    const unsigned a = reg();
    Rm b = rm(c.b);
    if (b.kind == Rm::Mem && b.mem.size() < 4) { // folded: compared at its own width
        b.mem.size() == 1 ? a_->cmp(gp8(a), b.mem) : a_->cmp(x86::gpw(a), b.mem);
    } else {
        alu(Inst::kIdCmp, a, b, size == 8);
    }
    return {cc, Condition::Ignore};
}

Condition FunctionEmitter::condition(ir::ValueId value) {
    const ir::Inst* def = Selection(*mf_).folded(value);
    if (def && (def->op == Op::ICmp || def->op == Op::FCmp)) return comparison(*def);
    if (mf_->is_constant(value)) {
        const unsigned r = reg();
        a_->test(gp32(r), gp32(r));
        return {};
    }
    Rm r = rm(value);
    if (r.kind == Rm::Mem) {
        a_->cmp(r.mem, 0);
    } else {
        a_->test(gp32(r.reg), gp32(r.reg));
    }
    return {};
}

void FunctionEmitter::jump_if(const Condition& c, bool value, Label target) {
    switch (c.parity) {
    case Condition::Ignore: a_->j(value ? c.cc : negated(c.cc), target); return;
    case Condition::AndOrdered: // true: equal and ordered
        if (value) {
            Label skip = a_->newLabel();
            a_->short_().jp(skip);
            a_->je(target);
            a_->bind(skip);
        } else {
            a_->jp(target);
            a_->jne(target);
        }
        return;
    case Condition::OrUnordered: // true: not equal or unordered
        if (value) {
            a_->jp(target);
            a_->jne(target);
        } else {
            Label skip = a_->newLabel();
            a_->short_().jp(skip);
            a_->je(target);
            a_->bind(skip);
        }
        return;
    }
}

// --- comparisons as values ---

void Describe::op(OpTag<Op::ICmp>, const ir::Inst& inst) {
    comparison(inst);
    out_.def(inst.first_result);
}
void Describe::op(OpTag<Op::FCmp>, const ir::Inst& inst) {
    comparison(inst);
    out_.def(inst.first_result);
}

void FunctionEmitter::op(OpTag<Op::ICmp>, const ir::Inst& inst) {
    Condition c = comparison(inst);
    const unsigned dst = reg();
    a_->set(c.cc, gp8(dst));
    a_->movzx(gp32(dst), gp8(dst));
}
void FunctionEmitter::op(OpTag<Op::FCmp>, const ir::Inst& inst) {
    Condition c = comparison(inst);
    const unsigned dst = reg();
    a_->set(c.cc, gp8(dst));
    if (c.parity == Condition::AndOrdered) {
        a_->setnp(gp8(scratch_register));
        a_->and_(gp8(dst), gp8(scratch_register));
    } else if (c.parity == Condition::OrUnordered) {
        a_->setp(gp8(scratch_register));
        a_->or_(gp8(dst), gp8(scratch_register));
    }
    a_->movzx(gp32(dst), gp8(dst));
}

// --- selection ---

void Describe::op(OpTag<Op::Select>, const ir::Inst& inst) {
    condition(arg(inst, 0));
    if (class_of(inst.type) == RegClass::Float) {
        std::uint32_t first = out_.any(arg(inst, 1));
        out_.late_any(arg(inst, 2));
        out_.def(inst.first_result, first);
    } else {
        std::uint32_t first = out_.any(arg(inst, 2));
        if (mf_.is_constant(arg(inst, 1))) {
            out_.use(arg(inst, 1)); // a temporary
        } else {
            out_.late_any(arg(inst, 1));
        }
        out_.def(inst.first_result, first);
    }
}

void FunctionEmitter::op(OpTag<Op::Select>, const ir::Inst& inst) {
    auto operands = mf_->fn->operands_of(inst);
    Condition c = condition(operands[0]);
    keep_flags_ = true;
    select(inst, c);
    keep_flags_ = false;
}

void FunctionEmitter::select(const ir::Inst& inst, const Condition& c) {
    auto operands = mf_->fn->operands_of(inst);
    if (class_of(inst.type) == RegClass::Float) {
        Location yes = any(operands[1]), no = any(operands[2]);
        const unsigned dst = reg();
        Label done = a_->newLabel();
        if (!(yes == Location::reg(dst))) move(yes, Location::reg(dst), inst.type);
        jump_if(c, true, done);
        move(no, Location::reg(dst), inst.type);
        a_->bind(done);
        return;
    }
    Location no = any(operands[2]);
    Location yes = mf_->is_constant(operands[1]) ? Location::reg(reg()) : any(operands[1]);
    const unsigned dst = reg();
    const bool wide = is_wide(inst.type);
    auto cmov = [&](CondCode cc) {
        if (yes.is_register()) {
            a_->cmov(cc, gp_of(dst, wide), gp_of(yes.index, wide));
        } else {
            a_->cmov(cc, gp_of(dst, wide), memory(yes, wide ? 8 : 4));
        }
    };
    if (c.parity == Condition::AndOrdered) { // two conditions to hold: by way of a jump
        Label done = a_->newLabel();
        if (!(no == Location::reg(dst))) move(no, Location::reg(dst), inst.type);
        jump_if(c, false, done);
        move(yes, Location::reg(dst), inst.type);
        a_->bind(done);
        return;
    }
    if (!(no == Location::reg(dst))) move(no, Location::reg(dst), inst.type);
    cmov(c.cc);
    if (c.parity == Condition::OrUnordered) cmov(CondCode::kParityEven);
}

// --- the ends of blocks ---

Label FunctionEmitter::label_of(std::uint32_t block) const {
    return frameless_ && block == mf_->frameless ? frame_label_ : block_labels_[block];
}

void FunctionEmitter::jump_to(std::uint32_t block) {
    const std::uint32_t here = place_[block_];
    if (here + 1 < layout_.size() && layout_[here + 1] == threaded_[block]) return;
    a_->jmp(label_of(block));
}

// Before there is a frame, a block behind it can only be one that returns; it is emitted along the edge.
bool FunctionEmitter::returns_at_once(const Edge& edge) const {
    return frameless_ && edge.to > mf_->frameless && mf_->returns_only(edge.to);
}

void FunctionEmitter::return_along(const Edge& edge) {
    if (edge.place == EdgePlace::SuccStart || edge.place == EdgePlace::OwnBlock) emit_edge(edge);
    const std::uint32_t inst = inst_, operand = operand_;
    const std::size_t next_moves = next_moves_;
    inst_ = mf_->blocks[edge.to].end_inst - 1;
    operand_ = mf_->insts[inst_].first_operand;
    for (const MovesBefore& m : mf_->moves_before) {
        if (m.inst != inst_) continue;
        add_moves(mf_->inst_moves, m.first_move, m.move_count);
        flush_moves();
    }
    op(OpTag<Op::Return>{}, mf_->fn->insts[mf_->insts[inst_].inst]);
    inst_ = inst;
    operand_ = operand;
    next_moves_ = next_moves;
}

// Goes on along an edge, falling through where that leads there.
void FunctionEmitter::go_along(const Edge& edge) {
    const std::uint32_t here = place_[block_];
    const bool falls_through = here + 1 < layout_.size() && layout_[here + 1] == threaded_[edge.to];
    const bool single_return = edge.place == EdgePlace::None && !falls_through && mf_->returns_only(edge.to) &&
                               !mf_->blocks[block_].cold && frame_->saved.size() <= 2 && mf_->moves_before.size() < 1000;
    if (returns_at_once(edge) || (single_return && !frameless_)) {
        return_along(edge);
        return;
    }
    if (edge.place == EdgePlace::OwnBlock) emit_edge(edge);
    jump_to(edge.to);
}

void Describe::op(OpTag<Op::Jump>, const ir::Inst&) {}
void FunctionEmitter::op(OpTag<Op::Jump>, const ir::Inst&) {
    const Edge& edge = mf_->edges[mf_->blocks[block_].first_succ];
    if (edge.place == EdgePlace::PredEnd) emit_edge(edge);
    go_along(edge);
}

void Describe::op(OpTag<Op::Branch>, const ir::Inst& inst) { condition(arg(inst, 0)); }
void FunctionEmitter::op(OpTag<Op::Branch>, const ir::Inst& inst) {
    const MachineBlock& block = mf_->blocks[block_];
    const Edge &yes = mf_->edges[block.first_succ], &no = mf_->edges[block.first_succ + 1];
    if (yes.place == EdgePlace::PredEnd) emit_edge(yes);
    if (no.place == EdgePlace::PredEnd) emit_edge(no);
    Condition c = condition(mf_->fn->operands_of(inst)[0]);
    if (returns_at_once(yes) || returns_at_once(no)) {
        const bool through_no = returns_at_once(no);
        const Edge &through = through_no ? no : yes, &away = through_no ? yes : no;
        Label other = returns_at_once(away) ? a_->newLabel() : edge_label(away);
        jump_if(c, through_no, other);
        return_along(through);
        if (returns_at_once(away)) {
            a_->bind(other);
            return_along(away);
        }
        return;
    }
    const std::uint32_t here = place_[block_];
    const std::uint32_t next = here + 1 < layout_.size() ? layout_[here + 1] : no_index;
    auto own = [](const Edge& e) { return e.place == EdgePlace::OwnBlock; };
    auto weight = [&](const Edge& e) { return mf_->blocks[e.to].weight; };
    // The edge that goes on right here; the other one is a jump on its condition.
    bool through_no = true;
    if (own(yes) != own(no)) {
        const Edge &with = own(yes) ? yes : no, &without = own(yes) ? no : yes;
        bool moves_here = !mf_->blocks[with.to].cold &&
                          (threaded_[with.to] == next || threaded_[without.to] != next || weight(with) >= weight(without));
        through_no = moves_here == own(no);
    } else if (own(yes)) {
        through_no = weight(no) >= weight(yes);
    } else if (threaded_[yes.to] == next) {
        through_no = false;
    }
    const Edge &through = through_no ? no : yes, &away = through_no ? yes : no;
    jump_if(c, through_no, edge_label(away));
    go_along(through);
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

void FunctionEmitter::op(OpTag<Op::Return>, const ir::Inst& inst) {
    plan_.make(script_convention(), {}, mf_->fn->sig.results, true);
    auto operands = mf_->fn->operands_of(inst);
    for (unsigned i = 0; i < operands.size(); ++i) {
        Location from = any(operands[i]);
        moves_.add(from, plan_.results[i], mf_->type_of(operands[i]));
    }
    flush_moves();
    epilogue();
}

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

void Describe::op(OpTag<Op::Poll>, const ir::Inst& inst) {
    if (inst.aux == 1 && options_.mode != rt::CodeMode::Metered) return;
    for (unsigned i = 0; i < inst.operands.count; ++i) out_.any(arg(inst, i));
    out_.site();
}

void FunctionEmitter::op(OpTag<Op::Poll>, const ir::Inst& inst) {
    if (inst.aux == 1 && !module_.metered()) return;
    // Kept for the unwinder alone.
    for (ir::ValueId kept : mf_->fn->operands_of(inst)) any(kept);
    if (module_.metered()) {
        spend_fuel(inst.loc);
        return;
    }
    Label resume = a_->newLabel();
    a_->cmp(context_mem(offsetof(rt::Context, interrupt), 4), 0);
    a_->jne(cold(resume, inst.loc, [this, loc = inst.loc] {
        a_->mov(gp64(scratch_register), x86::rsp);
        a_->call(module_.poll_stub());
        site(inst_, loc);
    }));
    a_->bind(resume);
}

} // namespace tn::codegen::x64
