// Division and remainder, by a variable with the checks that keep idiv from faulting, and by constants.
#include "codegen/magic.h"
#include "codegen/x64/x64.h"

#include <bit>

namespace tn::codegen::x64 {

void Describe::divide(const ir::Inst& inst) {
    std::int64_t divisor;
    const bool remainder = inst.op == Op::Rem;
    if (find_reciprocal(mf_, inst, divisor)) {
        out_.late_use(arg(inst, 0));
        if (!std::has_single_bit(magnitude(inst.type, divisor))) out_.clobber(mask_of(Rax) | mask_of(Rdx));
        out_.def(inst.first_result, no_operand, remainder ? no_register : std::uint8_t(Rdx));
        return;
    }
    out_.any(arg(inst, 0), Rax);
    out_.late_any(arg(inst, 1));
    out_.clobber(mask_of(Rax) | mask_of(Rdx));
    out_.def(inst.first_result, no_operand, remainder ? Rdx : Rax);
    if (!(inst.flags & ir::NoTrap)) out_.site();
}
void Describe::op(OpTag<Op::Div>, const ir::Inst& inst) { divide(inst); }
void Describe::op(OpTag<Op::Rem>, const ir::Inst& inst) { divide(inst); }

bool FunctionEmitter::divide_by_constant(const ir::Inst& inst, bool remainder) {
    std::int64_t divisor;
    if (!find_reciprocal(*mf_, inst, divisor)) return false;
    const bool wide = is_wide(inst.type), is_negative = is_signed(inst.type) && divisor < 0;
    const std::uint64_t abs = magnitude(inst.type, divisor);
    const unsigned a = reg(), dst = reg();
    x86::Gp n = gp_of(a, wide), d = gp_of(dst, wide), s = gp_of(scratch_register, wide);
    const unsigned bits = wide ? 64 : 32;

    if (std::has_single_bit(abs)) {
        const unsigned k = static_cast<unsigned>(std::countr_zero(abs));
        if (!is_signed(inst.type)) {
            a_->mov(d, n);
            if (!remainder) {
                a_->shr(d, k);
            } else if (k < 31) {
                a_->and_(gp32(dst), (1u << k) - 1);
            } else {
                a_->shl(d, bits - k);
                a_->shr(d, bits - k);
            }
            return true;
        }
        // A negative dividend is rounded towards zero by adding divisor - 1 first.
        if (k == 1) {
            a_->mov(s, n);
            a_->shr(s, bits - 1);
        } else {
            a_->mov(s, n);
            a_->sar(s, bits - 1);
            a_->shr(s, bits - k);
        }
        a_->lea(d, x86::ptr(gp64(a), gp64(scratch_register)));
        a_->sar(d, k);
        if (remainder) {
            a_->shl(d, k);
            a_->neg(d);
            a_->add(d, n);
        } else if (is_negative) {
            a_->neg(d);
        }
        return true;
    }

    unsigned quotient = Rdx;
    if (!wide) { // exact with a 64-bit reciprocal
        const std::uint64_t m = ~std::uint64_t(0) / abs + 1;
        a_->mov(gp64(Rax), asmjit::imm(m));
        if (is_signed(inst.type)) {
            a_->movsxd(gp64(Rdx), gp32(a));
            a_->imul(gp64(Rdx));
            a_->mov(gp32(scratch_register), gp32(a));
            a_->sar(gp32(scratch_register), 31);
            a_->sub(gp32(Rdx), gp32(scratch_register));
        } else {
            a_->mul(gp64(a));
        }
        if (is_negative) a_->neg(gp32(Rdx));
    } else if (is_signed(inst.type)) {
        SignedMagic magic = signed_magic(divisor);
        a_->mov(gp64(Rax), asmjit::imm(magic.multiplier));
        a_->imul(gp64(a));
        if (divisor > 0 && magic.multiplier < 0) a_->add(gp64(Rdx), n);
        if (divisor < 0 && magic.multiplier > 0) a_->sub(gp64(Rdx), n);
        if (magic.shift) a_->sar(gp64(Rdx), magic.shift);
        a_->mov(s, gp64(Rdx));
        a_->shr(s, 63);
        a_->add(gp64(Rdx), s);
    } else {
        UnsignedMagic magic = unsigned_magic(abs);
        x86::Gp dividend = n;
        if (const int twos = std::countr_zero(abs); magic.add && twos > 0) {
            magic = even_magic(abs);
            dividend = s;
            a_->mov(s, n);
            a_->shr(s, twos);
        }
        a_->mov(gp64(Rax), asmjit::imm(magic.multiplier));
        a_->mul(dividend);
        if (magic.add) {
            a_->mov(s, n);
            a_->sub(s, gp64(Rdx));
            a_->shr(s, 1);
            a_->add(gp64(Rdx), s);
        }
        if (magic.shift) a_->shr(gp64(Rdx), magic.shift);
    }
    if (!remainder) {
        move_gp(dst, quotient, inst.type);
        return true;
    }
    if (fits_int32(divisor)) {
        a_->imul(s, gp_of(quotient, wide), asmjit::imm(divisor));
    } else if (!wide) {
        a_->imul(s, gp32(quotient), asmjit::imm(static_cast<std::int32_t>(divisor)));
    } else {
        a_->mov(s, asmjit::imm(divisor));
        a_->imul(s, gp64(quotient));
    }
    a_->mov(d, n);
    a_->sub(d, s);
    return true;
}

void FunctionEmitter::divide(const ir::Inst& inst, bool remainder) {
    if (divide_by_constant(inst, remainder)) return;
    auto operands = mf_->fn->operands_of(inst);
    const bool wide = is_wide(inst.type), check = !(inst.flags & ir::NoTrap);
    Location a = any(operands[0]), b = any(operands[1]);
    const unsigned dst = reg();
    std::int64_t divisor = 0;
    const bool known = mf_->find_int(operands[1], divisor);
    moves_.add(a, Location::reg(Rax), inst.type);
    flush_moves();
    if (known) {
        load_imm(scratch_register, divisor, wide);
        b = Location::reg(scratch_register);
    }
    if (check && (!known || divisor == 0)) {
        if (b.is_register()) {
            a_->test(gp_of(b.index, wide), gp_of(b.index, wide));
        } else {
            a_->cmp(memory(b, wide ? 8 : 4), 0);
        }
        a_->jz(trap(TrapCode::DivisionByZero, inst.loc));
    }
    const unsigned result = remainder ? Rdx : Rax;
    if (!is_signed(inst.type)) {
        a_->xor_(gp32(Rdx), gp32(Rdx));
        b.is_register() ? a_->div(gp_of(b.index, wide)) : a_->div(memory(b, wide ? 8 : 4));
    } else {
        // idiv faults on MIN / -1, so that divisor has a path of its own.
        Label resume = a_->newLabel();
        Label by_minus_one = cold(resume, inst.loc, [this, inst = &inst, remainder, check, wide] {
            if (remainder) {
                a_->xor_(gp32(Rdx), gp32(Rdx));
                return;
            }
            a_->neg(gp_of(Rax, wide));
            if (check) check_overflow(*inst, Rax, false);
        });
        if (b.is_register()) {
            a_->cmp(gp_of(b.index, wide), -1);
        } else {
            a_->cmp(memory(b, wide ? 8 : 4), -1);
        }
        a_->je(by_minus_one);
        wide ? a_->cqo() : a_->cdq();
        b.is_register() ? a_->idiv(gp_of(b.index, wide)) : a_->idiv(memory(b, wide ? 8 : 4));
        a_->bind(resume);
    }
    move_gp(dst, result, inst.type);
}
void FunctionEmitter::op(OpTag<Op::Div>, const ir::Inst& inst) { divide(inst, false); }
void FunctionEmitter::op(OpTag<Op::Rem>, const ir::Inst& inst) { divide(inst, true); }

} // namespace tn::codegen::x64
