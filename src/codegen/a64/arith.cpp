// Integer arithmetic: checked and wrapping operations. Narrow integers are kept extended to 32 bits, so their
// arithmetic is 32-bit with a check or a fresh extension behind it.
#include "codegen/a64/a64.h"

#include "support/ice.h"

#include <bit>

namespace tn::codegen::a64 {

using Inst = jit::Inst;

namespace {
bool is_checked(const ir::Inst& inst) { return (inst.flags & ir::NoTrap) == 0; }
bool is_narrow(Scalar type) { return scalar_size(type) < 4; }

// As an immediate of this operation. An unsigned one that is checked asks for the carry, which the other
// instruction with the negated immediate gives the other way round.
bool takes_imm(const Selection& sel, const ir::Inst& inst, ir::ValueId value, std::int64_t& out) {
    if (!sel.find_arith(value, out)) return false;
    const bool carry = is_checked(inst) && !is_signed(inst.type) && !is_narrow(inst.type) &&
                       (inst.op == Op::Add || inst.op == Op::Sub);
    return !carry || out >= 0;
}

// A checked product with 2, 4, 8...: a shift, and one back to see whether anything got lost.
struct Doubling {
    ir::ValueId value;
    unsigned times = 0; // 0: it is none
};
Doubling find_doubling(const MachineFunction& mf, const Selection& sel, const ir::Inst& inst) {
    std::int64_t factor;
    if (inst.op != Op::Mul || !is_checked(inst) || is_narrow(inst.type)) return {};
    const Selection::Pair p = sel.pair(inst);
    if (!mf.find_int(p.b, factor) || mf.is_constant(p.a) || factor < 2 || factor > (1 << 30) ||
        !std::has_single_bit(static_cast<std::uint64_t>(factor)))
        return {};
    return {p.a, static_cast<unsigned>(std::countr_zero(static_cast<std::uint64_t>(factor)))};
}
} // namespace

// --- operands ---

bool Describe::shifted(const ir::Inst& inst) {
    const Selection::Shifted s = sel_.shifted_operand(inst);
    if (!s.shift) return false;
    out_.use(s.other);
    out_.use(arg(*s.shift, 0));
    out_.def(inst.first_result);
    return true;
}
bool Describe::multiplied(const ir::Inst& inst) {
    const Selection::Product p = sel_.product_operand(inst);
    if (!p.product) return false;
    out_.use(p.other);
    registers(*p.product, inst.first_result);
    return true;
}
void Describe::arith(const ir::Inst& inst) {
    if (shifted(inst) || multiplied(inst)) return;
    Selection::Pair p = sel_.pair(inst);
    std::int64_t unused;
    const bool imm = takes_imm(sel_, inst, p.b, unused);
    imm ? static_cast<void>(out_.use(p.a)) : use(p.a);
    if (!imm) use(p.b);
    out_.def(inst.first_result);
}
void Describe::logic(const ir::Inst& inst) {
    if (shifted(inst)) return;
    Selection::Pair p = sel_.pair(inst);
    std::int64_t unused;
    use(p.a);
    if (!sel_.find_logic(p.b, unused)) use(p.b);
    out_.def(inst.first_result);
}
void Describe::registers(const ir::Inst& inst) { registers(inst, inst.first_result); }
void Describe::registers(const ir::Inst& inst, ir::ValueId result) {
    for (unsigned i = 0; i < inst.operands.count; ++i) out_.use(arg(inst, i));
    out_.def(result);
}
void Describe::multiply(const ir::Inst& inst) {
    if (const Doubling d = find_doubling(mf_, sel_, inst); d.times > 0) {
        d.times == 1 ? out_.use(d.value) : out_.late_use(d.value); // looked at again behind the shift
        out_.def(inst.first_result);
        return;
    }
    for (unsigned i = 0; i < 2; ++i) out_.use(arg(inst, i));
    out_.def(inst.first_result);
}

void Describe::op(OpTag<Op::Add>, const ir::Inst& inst) {
    arith(inst);
    checked_site(inst);
}
void Describe::op(OpTag<Op::Sub>, const ir::Inst& inst) {
    arith(inst);
    checked_site(inst);
}
void Describe::op(OpTag<Op::Mul>, const ir::Inst& inst) {
    multiply(inst);
    checked_site(inst);
}
void Describe::op(OpTag<Op::Neg>, const ir::Inst& inst) {
    registers(inst);
    checked_site(inst);
}
void Describe::op(OpTag<Op::WrapAdd>, const ir::Inst& inst) { arith(inst); }
void Describe::op(OpTag<Op::WrapSub>, const ir::Inst& inst) { arith(inst); }
void Describe::op(OpTag<Op::WrapMul>, const ir::Inst& inst) { multiply(inst); }
void Describe::op(OpTag<Op::And>, const ir::Inst& inst) { logic(inst); }
void Describe::op(OpTag<Op::Or>, const ir::Inst& inst) { logic(inst); }
void Describe::op(OpTag<Op::Xor>, const ir::Inst& inst) { logic(inst); }
void Describe::op(OpTag<Op::Not>, const ir::Inst& inst) { registers(inst); }

// --- code ---

// The 32-bit result of an operation on narrow integers is no longer in the form of its type when it
// overflowed.
void FunctionEmitter::check_narrow(const ir::Inst& inst, unsigned dst) {
    const bool byte = scalar_size(inst.type) == 1;
    const auto how = is_signed(inst.type) ? (byte ? asmjit::arm::sxtb(0) : asmjit::arm::sxth(0))
                                          : (byte ? asmjit::arm::uxtb(0) : asmjit::arm::uxth(0));
    a_.cmp(w(dst), w(dst), how);
    a_.branch_if(CondCode::kNE, trap(TrapCode::IntegerOverflow, inst.loc));
}

// As part of another instruction.
asmjit::arm::Shift FunctionEmitter::shift_of(const ir::Inst& shift) const {
    std::int64_t amount = 0;
    mf_->find_int(mf_->fn->operands_of(shift)[1], amount);
    const auto by = static_cast<std::uint32_t>(amount);
    switch (shift.op) {
    case Op::Shl: return asmjit::arm::lsl(by);
    case Op::Shr: return is_signed(shift.type) ? asmjit::arm::asr(by) : asmjit::arm::lsr(by);
    case Op::RotateRight: return asmjit::arm::ror(by);
    case Op::RotateLeft: return asmjit::arm::ror(8 * scalar_size(shift.type) - by);
    default: TN_ICE("no shift");
    }
}

void FunctionEmitter::add_product(bool add, bool wide) {
    const jit::Gp other = gp_of(reg(), wide), a = gp_of(reg(), wide), b = gp_of(reg(), wide), to = gp_of(reg(), wide);
    add ? a_.madd(to, a, b, other) : a_.msub(to, a, b, other);
}

void FunctionEmitter::add_sub(const ir::Inst& inst, bool add, bool check) {
    const Selection sel(*mf_);
    const Selection::Pair p = sel.pair(inst);
    const bool wide = is_wide(inst.type), narrow = is_narrow(inst.type);
    const bool flags = check && !narrow;
    if (sel.product_operand(inst).product) {
        add_product(add, wide);
        return;
    }
    std::int64_t imm;
    unsigned dst;
    if (const Selection::Shifted s = sel.shifted_operand(inst); s.shift) {
        const jit::Gp a = gp_of(reg(), wide), b = gp_of(reg(), wide);
        dst = reg();
        const auto id = add ? (flags ? Inst::kIdAdds : Inst::kIdAdd) : (flags ? Inst::kIdSubs : Inst::kIdSub);
        a_.emit(id, gp_of(dst, wide), a, b, asmjit::Imm(shift_of(*s.shift)));
    } else if (takes_imm(sel, inst, p.b, imm)) {
        const unsigned a = reg();
        dst = reg();
        if (flags) {
            add ? a_.adds_imm(gp_of(dst, wide), gp_of(a, wide), imm)
                : a_.subs_imm(gp_of(dst, wide), gp_of(a, wide), imm);
        } else {
            a_.add_imm(dst, a, add ? imm : -imm, wide);
        }
    } else {
        const jit::Gp a = gp(p.a, wide), b = gp(p.b, wide);
        dst = reg();
        const jit::Gp to = gp_of(dst, wide);
        if (flags) {
            add ? a_.adds(to, a, b) : a_.subs(to, a, b);
        } else {
            add ? a_.add(to, a, b) : a_.sub(to, a, b);
        }
    }
    if (flags) {
        const CondCode overflow = is_signed(inst.type) ? CondCode::kVS : add ? CondCode::kCS : CondCode::kCC;
        a_.branch_if(overflow, trap(TrapCode::IntegerOverflow, inst.loc));
    } else if (check) {
        check_narrow(inst, dst);
    } else if (narrow) {
        a_.extend(dst, dst, inst.type);
    }
}

void FunctionEmitter::multiply(const ir::Inst& inst, bool check) {
    const bool wide = is_wide(inst.type), narrow = is_narrow(inst.type);
    if (const Doubling d = find_doubling(*mf_, Selection(*mf_), inst); d.times > 0) {
        const jit::Gp value = gp_of(reg(), wide), product = gp_of(reg(), wide);
        const bool sign = is_signed(inst.type);
        CondCode lost = CondCode::kNE;
        if (d.times == 1) {
            a_.adds(product, value, value);
            lost = sign ? CondCode::kVS : CondCode::kCS;
        } else {
            a_.lsl(product, value, d.times);
            a_.cmp(value, product, sign ? asmjit::arm::asr(d.times) : asmjit::arm::lsr(d.times));
        }
        a_.branch_if(lost, trap(TrapCode::IntegerOverflow, inst.loc));
        return;
    }
    const unsigned first = reg(), second = reg(), dst = reg();
    const jit::Gp a = gp_of(first, wide), b = gp_of(second, wide), to = gp_of(dst, wide);
    const jit::GpX high = x(address_register);
    auto overflow = [&] { return trap(TrapCode::IntegerOverflow, inst.loc); };
    if (!check || narrow) {
        a_.mul(to, a, b);
        if (check) {
            check_narrow(inst, dst);
        } else if (narrow) {
            a_.extend(dst, dst, inst.type);
        }
    } else if (wide && is_signed(inst.type)) {
        a_.smulh(high, x(first), x(second));
        a_.mul(to, a, b);
        a_.cmp(high, x(dst), asmjit::arm::asr(63));
        a_.branch_if(CondCode::kNE, overflow());
    } else if (wide) {
        a_.umulh(high, x(first), x(second));
        a_.mul(to, a, b);
        a_.branch_zero(address_register, true, false, overflow());
    } else if (is_signed(inst.type)) {
        a_.smull(high, w(first), w(second));
        a_.cmp(high, high, asmjit::arm::sxtw(0)); // reads w16; the assembler wants the name x16
        a_.mov(w(dst), w(address_register));
        a_.branch_if(CondCode::kNE, overflow());
    } else {
        a_.umull(x(dst), w(first), w(second));
        a_.lsr(high, x(dst), 32);
        a_.branch_zero(address_register, true, false, overflow());
    }
}

void FunctionEmitter::logic(asmjit::InstId id, const ir::Inst& inst) {
    const Selection sel(*mf_);
    const Selection::Pair p = sel.pair(inst);
    const bool wide = is_wide(inst.type);
    std::int64_t imm;
    if (const Selection::Shifted s = sel.shifted_operand(inst); s.shift) {
        const jit::Gp a = gp_of(reg(), wide), b = gp_of(reg(), wide);
        a_.emit(id, gp_of(reg(), wide), a, b, asmjit::Imm(shift_of(*s.shift)));
        return;
    }
    const jit::Gp a = gp(p.a, wide);
    if (sel.find_logic(p.b, imm)) {
        const auto bits = wide ? static_cast<std::uint64_t>(imm) : static_cast<std::uint32_t>(imm);
        a_.emit(id, gp_of(reg(), wide), a, asmjit::imm(bits));
    } else {
        const jit::Gp b = gp(p.b, wide);
        a_.emit(id, gp_of(reg(), wide), a, b);
    }
}

void FunctionEmitter::op(OpTag<Op::Add>, const ir::Inst& inst) { add_sub(inst, true, is_checked(inst)); }
void FunctionEmitter::op(OpTag<Op::Sub>, const ir::Inst& inst) { add_sub(inst, false, is_checked(inst)); }
void FunctionEmitter::op(OpTag<Op::Mul>, const ir::Inst& inst) { multiply(inst, is_checked(inst)); }
void FunctionEmitter::op(OpTag<Op::WrapAdd>, const ir::Inst& inst) { add_sub(inst, true, false); }
void FunctionEmitter::op(OpTag<Op::WrapSub>, const ir::Inst& inst) { add_sub(inst, false, false); }
void FunctionEmitter::op(OpTag<Op::WrapMul>, const ir::Inst& inst) { multiply(inst, false); }
void FunctionEmitter::op(OpTag<Op::And>, const ir::Inst& inst) { logic(Inst::kIdAnd, inst); }
void FunctionEmitter::op(OpTag<Op::Or>, const ir::Inst& inst) { logic(Inst::kIdOrr, inst); }
void FunctionEmitter::op(OpTag<Op::Xor>, const ir::Inst& inst) { logic(Inst::kIdEor, inst); }

void FunctionEmitter::op(OpTag<Op::Not>, const ir::Inst& inst) {
    const unsigned a = reg(), dst = reg();
    if (inst.type == Scalar::Bool) {
        a_.eor(w(dst), w(a), 1);
        return;
    }
    const bool wide = is_wide(inst.type);
    a_.mvn(gp_of(dst, wide), gp_of(a, wide));
    if (is_narrow(inst.type) && !is_signed(inst.type)) a_.extend(dst, dst, inst.type);
}

void FunctionEmitter::op(OpTag<Op::Neg>, const ir::Inst& inst) {
    const unsigned a = reg(), dst = reg();
    const bool wide = is_wide(inst.type), narrow = is_narrow(inst.type), check = is_checked(inst);
    if (check && !narrow) {
        a_.negs(gp_of(dst, wide), gp_of(a, wide));
        const CondCode overflow = is_signed(inst.type) ? CondCode::kVS : CondCode::kCC;
        a_.branch_if(overflow, trap(TrapCode::IntegerOverflow, inst.loc));
        return;
    }
    a_.neg(gp_of(dst, wide), gp_of(a, wide));
    if (check) {
        check_narrow(inst, dst);
    } else if (narrow) {
        a_.extend(dst, dst, inst.type);
    }
}

} // namespace tn::codegen::a64
