// Comparisons and selections. A comparison with one user becomes flags right before
// it; float comparisons are ordered so that NaN falls out of the carry flag, but for equality.
#include "codegen/x64/x64.h"

#include <algorithm>

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
// The 64-bit value of which a comparison reads the lower half, the one of the other sign, or the value itself.
ir::ValueId whole_of(const MachineFunction& mf, const Selection& sel, ir::ValueId value) {
    const ir::Inst* def = sel.folded(value);
    return def && (def->op == Op::Convert || def->op == Op::Bitcast) ? mf.fn->operands_of(*def)[0] : value;
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
        if (const BitTest test = find_bit_test(mf_, *bits); test.bits.is_valid()) {
            out_.use(test.bits);
            out_.use(test.place);
            return;
        }
        out_.use(arg(*bits, 0));
        if (!sel_.is_imm32(arg(*bits, 1))) out_.use(arg(*bits, 1));
        return;
    }
    const ir::ValueId a = whole_of(mf_, sel_, c.a);
    if (sel_.is_imm32(c.b) && !mf_.is_constant(c.a)) {
        rm(a);
    } else {
        out_.use(a);
        rm(whole_of(mf_, sel_, c.b));
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
        if (find_bit_test(*mf_, *bits).bits.is_valid()) {
            const bool wide = is_wide(bits->type);
            a_->bt(gp_of(a, wide), gp_of(reg(), wide));
            return {c.cond == ir::Cond::Eq ? CondCode::kNC : CondCode::kC, Condition::Ignore};
        }
        const ir::ValueId mask = mf_->fn->operands_of(*bits)[1];
        if (sel.find_imm32(mask, imm)) {
            a_->test(gp_of(a, size == 8 && imm < 0), asmjit::imm(imm));
        } else {
            a_->test(gp_of(a, size == 8), gp_of(reg(), size == 8));
        }
        return {cc, Condition::Ignore};
    }
    if (sel.find_imm32(c.b, imm) && !mf_->is_constant(c.a)) {
        Rm a = rm(whole_of(*mf_, sel, c.a));
        if (a.kind == Rm::Mem) {
            const unsigned width = std::min(a.mem.size(), std::max(size, 4u)); // of a whole value its lower half
            a.mem.setSize(width);
            if (width == 1) imm = static_cast<std::int8_t>(imm);
            if (width == 2) imm = static_cast<std::int16_t>(imm);
            a_->cmp(a.mem, asmjit::imm(imm));
        } else if (imm == 0) {
            if (!flags_tell(a.reg, size == 8, c.cond)) a_->test(gp_of(a.reg, size == 8), gp_of(a.reg, size == 8));
        } else {
            a_->cmp(gp_of(a.reg, size == 8), asmjit::imm(imm));
        }
        return {cc, Condition::Ignore};
    }
    const unsigned a = reg();
    Rm b = rm(whole_of(*mf_, sel, c.b));
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

// The flags as 0 or 1. `set` alone would wait for what the register held, which may be of the round before; a move
// leaves the flags alone.
void FunctionEmitter::make_bool(const Condition& c, unsigned dst) {
    a_->mov(gp32(dst), 0);
    a_->set(c.cc, gp8(dst));
    if (c.parity == Condition::Ignore) return;
    const bool ordered = c.parity == Condition::AndOrdered;
    a_->mov(gp32(scratch_register), 0);
    ordered ? a_->setnp(gp8(scratch_register)) : a_->setp(gp8(scratch_register));
    ordered ? a_->and_(gp32(dst), gp32(scratch_register)) : a_->or_(gp32(dst), gp32(scratch_register));
}

void FunctionEmitter::op(OpTag<Op::ICmp>, const ir::Inst& inst) {
    Condition c = comparison(inst);
    make_bool(c, reg());
}
void FunctionEmitter::op(OpTag<Op::FCmp>, const ir::Inst& inst) {
    Condition c = comparison(inst);
    make_bool(c, reg());
}

// --- selection ---

Selection::FloatChoice Selection::float_choice(const ir::Inst& select, const CpuFeatures& cpu) const {
    const auto operands = mf_.fn->operands_of(select);
    const ir::Inst* compare = folded(operands[0]);
    if (!cpu.avx || !is_float(select.type) || !compare || compare->op != Op::FCmp) return {};
    const ir::ValueId a = mf_.fn->operands_of(*compare)[0], b = mf_.fn->operands_of(*compare)[1];
    if (mf_.type_of(a) != select.type) return {};
    const auto cond = static_cast<ir::Cond>(compare->aux);
    if (cond == ir::Cond::Lt || cond == ir::Cond::Gt) {
        const bool less = cond == ir::Cond::Lt;
        if (operands[1] == a && operands[2] == b) return {compare, less ? FloatChoice::Min : FloatChoice::Max, a, b};
        if (operands[1] == b && operands[2] == a) return {compare, less ? FloatChoice::Max : FloatChoice::Min, b, a};
    }
    // What is read from memory comes second.
    if (is_folded_load(a)) return {compare, FloatChoice::Mask, b, a, ir::swapped(cond)};
    return {compare, FloatChoice::Mask, a, b, cond};
}

namespace {
bool is_zero(const MachineFunction& mf, ir::ValueId value) {
    const ir::Inst* def = mf.def_inst(value);
    return def && def->op == Op::ConstFloat && def->imm == 0;
}
} // namespace

void Describe::op(OpTag<Op::Select>, const ir::Inst& inst) {
    if (const auto choice = sel_.float_choice(inst, cpu_); choice.compare) {
        out_.use(choice.a);
        rm(choice.b);
        if (choice.kind == Selection::FloatChoice::Mask) {
            for (unsigned i = 1; i <= 2; ++i)
                if (!is_zero(mf_, arg(inst, i))) out_.use(arg(inst, i));
        }
        out_.def(inst.first_result);
        return;
    }
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
    if (const auto choice = Selection(*mf_).float_choice(inst, cpu_); choice.compare) {
        select_float(inst, choice);
        return;
    }
    Condition c;
    if (repeats_comparison(inst)) {
        // What the comparison asks for has been described; the selection's own operands follow.
        const MachineInst& m = mf_->insts[inst_];
        operand_ = m.first_operand + m.operand_count - (mf_->is_constant(operands[2]) ? 2u : 3u);
        c = compared_.condition;
    } else {
        c = condition(operands[0]);
    }
    keep_flags_ = true;
    select(inst, c);
    keep_flags_ = false;
    const ir::Inst* compare = Selection(*mf_).folded(operands[0]);
    const bool leaves_flags = compare && compare->op == Op::ICmp && class_of(inst.type) != RegClass::Float;
    compared_ = {leaves_flags ? compare : nullptr, c, block_, a_->offset()};
}

// The selection right in front has asked the same, and selecting has left the flags as they were.
bool FunctionEmitter::repeats_comparison(const ir::Inst& select) const {
    const ir::Inst* compare = Selection(*mf_).folded(mf_->fn->operands_of(select)[0]);
    if (!compare || !compared_.compare || compared_.block != block_ || compared_.end != a_->offset() || compare->op != Op::ICmp ||
        compare->aux != compared_.compare->aux || class_of(select.type) == RegClass::Float)
        return false;
    return std::ranges::equal(mf_->fn->operands_of(*compare), mf_->fn->operands_of(*compared_.compare));
}

void FunctionEmitter::select_float(const ir::Inst& inst, const Selection::FloatChoice& choice) {
    using Choice = Selection::FloatChoice;
    const bool wide = inst.type == Scalar::F64;
    const unsigned first = reg();
    const Rm second = rm(choice.b);
    if (choice.kind != Choice::Mask) {
        const bool min = choice.kind == Choice::Min;
        float_op(0, min ? (wide ? Inst::kIdVminsd : Inst::kIdVminss) : (wide ? Inst::kIdVmaxsd : Inst::kIdVmaxss), reg(),
                 first, second);
        return;
    }
    const auto operands = mf_->fn->operands_of(inst);
    const bool no_yes = is_zero(*mf_, operands[1]), no_no = is_zero(*mf_, operands[2]);
    const unsigned yes = no_yes ? 0u : reg(), no = no_no ? 0u : reg();
    const x86::Xmm dst = xmm_of(reg()), mask = xmm_of(Xmm15);
    static constexpr unsigned predicates[] = {0x00, 0x04, 0x11, 0x12, 0x1e, 0x1d}; // Eq Ne Lt Le Gt Ge: with NaN only Ne
    const auto predicate = asmjit::imm(predicates[static_cast<unsigned>(choice.cond)]);
    const asmjit::InstId compare = wide ? Inst::kIdVcmpsd : Inst::kIdVcmpss;
    second.kind == Rm::Mem ? a_->emit(compare, mask, xmm_of(first), second.mem, predicate)
                           : a_->emit(compare, mask, xmm_of(first), xmm_of(second.reg), predicate);
    if (no_yes && no_no) {
        a_->vxorps(dst, dst, dst);
    } else if (no_no) {
        a_->vandps(dst, mask, xmm_of(yes));
    } else if (no_yes) {
        a_->vandnps(dst, mask, xmm_of(no));
    } else {
        wide ? a_->vblendvpd(dst, xmm_of(no), xmm_of(yes), mask) : a_->vblendvps(dst, xmm_of(no), xmm_of(yes), mask);
    }
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

} // namespace tn::codegen::x64
