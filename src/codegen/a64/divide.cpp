// Division and remainder, by a variable with checks in front (the instruction itself never faults), and by
// constants.
#include "codegen/a64/a64.h"
#include "codegen/magic.h"

#include <bit>

namespace tn::codegen::a64 {

void Describe::divide(const ir::Inst& inst) {
    std::int64_t divisor;
    if (find_reciprocal(mf_, inst, divisor)) {
        out_.late_use(arg(inst, 0));
        out_.def(inst.first_result);
        return;
    }
    out_.use(arg(inst, 0));
    out_.use(arg(inst, 1));
    out_.def(inst.first_result);
    checked_site(inst);
}
void Describe::op(OpTag<Op::Div>, const ir::Inst& inst) { divide(inst); }
void Describe::op(OpTag<Op::Rem>, const ir::Inst& inst) { divide(inst); }

// Leaves the dividend alone until the end: the quotient is made in the result's register, or for a remainder
// in x17.
bool FunctionEmitter::divide_by_constant(const ir::Inst& inst, bool remainder) {
    std::int64_t divisor;
    if (!find_reciprocal(*mf_, inst, divisor)) return false;
    const bool wide = is_wide(inst.type), is_negative = is_signed(inst.type) && divisor < 0;
    const std::uint64_t abs = magnitude(inst.type, divisor);
    const unsigned a = reg(), dst = reg();
    const unsigned quotient = remainder ? scratch_register : dst;
    const unsigned bits = wide ? 64 : 32;
    const jit::Gp n = gp_of(a, wide), to = gp_of(dst, wide), q = gp_of(quotient, wide),
                  t = gp_of(address_register, wide);

    if (std::has_single_bit(abs)) {
        const auto k = static_cast<unsigned>(std::countr_zero(abs));
        const std::uint64_t mask = abs - 1;
        if (!is_signed(inst.type)) {
            remainder ? a_.and_(to, n, mask) : a_.lsr(to, n, k);
            return true;
        }
        // A negative dividend is rounded towards zero by adding divisor - 1 first.
        if (k == 1) {
            a_.add(t, n, n, asmjit::arm::lsr(bits - 1));
        } else {
            a_.asr(t, n, bits - 1);
            a_.add(t, n, t, asmjit::arm::lsr(bits - k));
        }
        if (remainder) {
            a_.and_(t, t, ~mask & (wide ? ~0ull : 0xffffffffull));
            a_.sub(to, n, t);
        } else if (is_negative) {
            a_.neg(to, t, asmjit::arm::asr(k));
        } else {
            a_.asr(to, t, k);
        }
        return true;
    }

    if (!wide) { // exact with a 64-bit reciprocal
        a_.load_imm(address_register, static_cast<std::int64_t>(~std::uint64_t(0) / abs + 1), true);
        if (is_signed(inst.type)) {
            a_.sxtw(x(quotient), w(a));
            a_.smulh(x(quotient), x(quotient), x(address_register));
            a_.sub(w(quotient), w(quotient), w(a), asmjit::arm::asr(31));
        } else {
            a_.umulh(x(quotient), x(a), x(address_register));
        }
        if (is_negative) a_.neg(w(quotient), w(quotient));
    } else if (is_signed(inst.type)) {
        const SignedMagic magic = signed_magic(divisor);
        a_.load_imm(address_register, magic.multiplier, true);
        a_.smulh(q, n, t);
        if (divisor > 0 && magic.multiplier < 0) a_.add(q, q, n);
        if (divisor < 0 && magic.multiplier > 0) a_.sub(q, q, n);
        if (magic.shift) a_.asr(q, q, magic.shift);
        a_.add(q, q, q, asmjit::arm::lsr(63));
    } else {
        const UnsignedMagic magic = unsigned_magic(abs);
        a_.load_imm(address_register, static_cast<std::int64_t>(magic.multiplier), true);
        a_.umulh(q, n, t);
        if (magic.add) {
            a_.sub(t, n, q);
            a_.add(q, q, t, asmjit::arm::lsr(1));
        }
        if (magic.shift) a_.lsr(q, q, magic.shift);
    }
    if (remainder) {
        a_.load_imm(address_register, divisor, wide);
        a_.msub(to, q, t, n);
    }
    return true;
}

void FunctionEmitter::divide(const ir::Inst& inst, bool remainder) {
    if (divide_by_constant(inst, remainder)) return;
    const ir::ValueId by = mf_->fn->operands_of(inst)[1];
    const bool wide = is_wide(inst.type), check = !(inst.flags & ir::NoTrap),
               narrow = scalar_size(inst.type) < 4;
    const unsigned first = reg(), second = reg(), dst = reg();
    const jit::Gp a = gp_of(first, wide), b = gp_of(second, wide), to = gp_of(dst, wide);
    std::int64_t divisor = 0;
    const bool known = mf_->find_int(by, divisor);
    if (check && (!known || divisor == 0))
        a_.branch_zero(second, wide, true, trap(TrapCode::DivisionByZero, inst.loc));
    if (remainder) {
        const jit::Gp q = gp_of(address_register, wide);
        is_signed(inst.type) ? a_.sdiv(q, a, b) : a_.udiv(q, a, b);
        a_.msub(to, q, b, a); // of MIN and -1: 0
        return;
    }
    if (!is_signed(inst.type)) {
        a_.udiv(to, a, b);
        return;
    }
    if (check && !narrow && (!known || divisor == -1)) { // MIN / -1: the dividend less one overflows, too
        a_.cmn(b, 1);
        a_.ccmp(a, 1, 0, CondCode::kEQ);
        a_.branch_if(CondCode::kVS, trap(TrapCode::IntegerOverflow, inst.loc));
    }
    a_.sdiv(to, a, b);
    if (!narrow) return;
    if (check) {
        check_narrow(inst, dst);
    } else {
        a_.extend(dst, dst, inst.type);
    }
}
void FunctionEmitter::op(OpTag<Op::Div>, const ir::Inst& inst) { divide(inst, false); }
void FunctionEmitter::op(OpTag<Op::Rem>, const ir::Inst& inst) { divide(inst, true); }

} // namespace tn::codegen::a64
