// Comparisons and selections. A comparison with one user becomes flags right before it, or, for a test for
// zero, nothing at all. Every comparison of floats is one condition, false for NaN but for Ne.
#include "codegen/a64/a64.h"

namespace tn::codegen::a64 {

namespace {
CondCode cond_code(ir::Cond cond, bool is_signed) {
    switch (cond) {
    case ir::Cond::Eq: return CondCode::kEQ;
    case ir::Cond::Ne: return CondCode::kNE;
    case ir::Cond::Lt: return is_signed ? CondCode::kLT : CondCode::kLO;
    case ir::Cond::Le: return is_signed ? CondCode::kLE : CondCode::kLS;
    case ir::Cond::Gt: return is_signed ? CondCode::kGT : CondCode::kHI;
    case ir::Cond::Ge: return is_signed ? CondCode::kGE : CondCode::kHS;
    }
    return CondCode::kEQ;
}
// Unordered leaves carry and overflow set, zero and negative clear.
CondCode float_cond(ir::Cond cond) {
    switch (cond) {
    case ir::Cond::Eq: return CondCode::kEQ;
    case ir::Cond::Ne: return CondCode::kNE;
    case ir::Cond::Lt: return CondCode::kMI;
    case ir::Cond::Le: return CondCode::kLS;
    case ir::Cond::Gt: return CondCode::kGT;
    case ir::Cond::Ge: return CondCode::kGE;
    }
    return CondCode::kEQ;
}
bool is_float_zero(const MachineFunction& mf, ir::ValueId value) { // not -0
    const ir::Inst* def = mf.def_inst(value);
    return def && def->op == Op::ConstFloat && def->imm == 0;
}
} // namespace

void Describe::comparison(const ir::Inst& compare) {
    std::int64_t unused;
    if (compare.op == Op::FCmp) {
        out_.use(arg(compare, 0));
        if (!is_float_zero(mf_, arg(compare, 1))) out_.use(arg(compare, 1));
        return;
    }
    if (const ShiftedCompare* shifted = sel_.shifted(compare)) {
        out_.use(shifted->sum);
        return;
    }
    Selection::Compared c = sel_.compared(compare);
    if (const ir::Inst* bits = sel_.folded(c.a); bits && bits->op == Op::And) {
        out_.use(arg(*bits, 0));
        if (!sel_.find_logic(arg(*bits, 1), unused)) out_.use(arg(*bits, 1));
        return;
    }
    out_.use(c.a);
    if (!sel_.find_arith(c.b, unused)) out_.use(c.b);
}

void Describe::condition(ir::ValueId value) {
    const ir::Inst* def = sel_.folded(value);
    if (def && (def->op == Op::ICmp || def->op == Op::FCmp)) {
        comparison(*def);
    } else {
        out_.use(value);
    }
}

// Emits the test; the condition holds until the next instruction that changes the flags.
Condition FunctionEmitter::comparison(const ir::Inst& compare) {
    auto operands = mf_->fn->operands_of(compare);
    const Scalar type = mf_->type_of(operands[0]);
    const auto cond = static_cast<ir::Cond>(compare.aux);
    if (compare.op == Op::FCmp) {
        const jit::Vec first = fp_of(reg(), type);
        if (is_float_zero(*mf_, operands[1])) {
            a_.fcmp(first, 0.0);
        } else {
            a_.fcmp(first, fp_of(reg(), type));
        }
        return {Condition::Flags, float_cond(cond)};
    }
    const Selection sel(*mf_);
    const bool wide = is_wide(type);
    std::int64_t imm;
    if (const ShiftedCompare* shifted = sel.shifted(compare)) {
        a_.cmp_imm(reg(), shifted->constant, wide);
        return {Condition::Flags, cond_code(cond, is_signed(type))};
    }
    const Selection::Compared c = sel.compared(compare);
    const CondCode cc = cond_code(c.cond, is_signed(type));
    const bool equality = c.cond == ir::Cond::Eq || c.cond == ir::Cond::Ne;
    if (const ir::Inst* bits = sel.folded(c.a); bits && bits->op == Op::And) {
        const jit::Gp a = gp_of(reg(), wide), t = gp_of(address_register, wide);
        const ir::ValueId mask = mf_->fn->operands_of(*bits)[1];
        // tst leaves the carry of no subtraction: an order of unsigned numbers is asked of the result.
        const bool ordered = !equality && !is_signed(type);
        if (sel.find_logic(mask, imm)) {
            const auto pattern = wide ? static_cast<std::uint64_t>(imm) : static_cast<std::uint32_t>(imm);
            ordered ? a_.and_(t, a, pattern) : a_.tst(a, pattern);
        } else {
            const jit::Gp b = gp_of(reg(), wide);
            ordered ? a_.and_(t, a, b) : a_.tst(a, b);
        }
        if (ordered) a_.cmp(t, 0);
        return {Condition::Flags, cc};
    }
    const unsigned a = reg();
    if (!sel.find_arith(c.b, imm)) {
        a_.cmp(gp_of(a, wide), gp_of(reg(), wide));
    } else if (imm == 0 && equality) {
        return {c.cond == ir::Cond::Eq ? Condition::Zero : Condition::NotZero, cc, a, wide};
    } else {
        a_.cmp_imm(a, imm, wide);
    }
    return {Condition::Flags, cc};
}

Condition FunctionEmitter::condition(ir::ValueId value) {
    const ir::Inst* def = Selection(*mf_).folded(value);
    if (def && (def->op == Op::ICmp || def->op == Op::FCmp)) return comparison(*def);
    return {Condition::NotZero, CondCode::kNE, reg(), false};
}

CondCode FunctionEmitter::to_flags(const Condition& c) {
    if (c.kind == Condition::Flags) return c.cc;
    a_.cmp(gp_of(c.reg, c.wide), 0);
    return c.kind == Condition::Zero ? CondCode::kEQ : CondCode::kNE;
}

void FunctionEmitter::jump_if(const Condition& c, bool value, Label target) {
    if (c.kind == Condition::Flags) {
        a_.branch_if(value ? c.cc : negated(c.cc), target);
    } else {
        a_.branch_zero(c.reg, c.wide, (c.kind == Condition::Zero) == value, target);
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
    const CondCode cc = to_flags(comparison(inst));
    a_.cset(w(reg()), cc);
}
void FunctionEmitter::op(OpTag<Op::FCmp>, const ir::Inst& inst) {
    const CondCode cc = to_flags(comparison(inst));
    a_.cset(w(reg()), cc);
}

// --- selection ---

void Describe::op(OpTag<Op::Select>, const ir::Inst& inst) {
    condition(arg(inst, 0));
    for (unsigned i = 1; i < 3; ++i) use(arg(inst, i));
    out_.def(inst.first_result);
}

void FunctionEmitter::op(OpTag<Op::Select>, const ir::Inst& inst) {
    auto operands = mf_->fn->operands_of(inst);
    const CondCode cc = to_flags(condition(operands[0]));
    if (is_float(inst.type)) {
        const jit::Vec yes = fp_of(reg(), inst.type), no = fp_of(reg(), inst.type);
        a_.fcsel(fp_of(reg(), inst.type), yes, no, cc);
        return;
    }
    const bool wide = is_wide(inst.type);
    const jit::Gp yes = gp(operands[1], wide), no = gp(operands[2], wide);
    a_.csel(gp_of(reg(), wide), yes, no, cc);
}

} // namespace tn::codegen::a64
