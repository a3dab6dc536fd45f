// Integer arithmetic: checked and wrapping operations, bit operations, shifts. Narrow integers are kept
// extended to 32 bits, so their arithmetic is 32-bit with a check or a fresh extension behind it.
#include "codegen/x64/x64.h"

#include "codegen/x64/divide.h"

#include <bit>

namespace tn::codegen::x64 {

namespace Inst = x86::Inst;

namespace {
unsigned bits_of(Scalar type) { return type == Scalar::Bool ? 1 : 8 * scalar_size(type); }
bool is_checked(const ir::Inst& inst) { return (inst.flags & ir::NoTrap) == 0; }
} // namespace

// --- operands ---

void Describe::binary(const ir::Inst& inst) {
    Selection::Pair p = sel_.pair(inst);
    const bool commutes = (ir::op_info(inst.op).effects & ir::Commutes) != 0;
    std::uint32_t first = out_.any(p.a);
    rm(p.b, !commutes || sel_.is_folded_load(p.b));
    out_.def(inst.first_result, first);
}
void Describe::checked(const ir::Inst& inst) {
    binary(inst);
    if (is_checked(inst)) out_.site();
}
void Describe::unary(const ir::Inst& inst, bool temp) {
    std::uint32_t first = out_.any(arg(inst, 0));
    if (temp) out_.temp(RegClass::Int);
    out_.def(inst.first_result, first);
}

void Describe::op(OpTag<Op::Add>, const ir::Inst& inst) { checked(inst); }
void Describe::op(OpTag<Op::Sub>, const ir::Inst& inst) { checked(inst); }
void Describe::op(OpTag<Op::WrapAdd>, const ir::Inst& inst) { binary(inst); }
void Describe::op(OpTag<Op::WrapSub>, const ir::Inst& inst) { binary(inst); }
void Describe::op(OpTag<Op::WrapMul>, const ir::Inst& inst) { binary(inst); }
void Describe::op(OpTag<Op::And>, const ir::Inst& inst) { binary(inst); }
void Describe::op(OpTag<Op::Or>, const ir::Inst& inst) { binary(inst); }
void Describe::op(OpTag<Op::Xor>, const ir::Inst& inst) { binary(inst); }
void Describe::op(OpTag<Op::Not>, const ir::Inst& inst) { unary(inst); }
void Describe::op(OpTag<Op::Neg>, const ir::Inst& inst) {
    unary(inst);
    if (is_checked(inst)) out_.site();
}

void Describe::op(OpTag<Op::Mul>, const ir::Inst& inst) {
    if (is_checked(inst) && inst.type == Scalar::U64) { // mul: rdx:rax
        Selection::Pair p = sel_.pair(inst);
        out_.any(p.a, Rax);
        out_.late_any(p.b);
        out_.clobber(mask_of(Rax) | mask_of(Rdx));
        out_.def(inst.first_result, no_operand, Rax);
        out_.site();
        return;
    }
    checked(inst);
}

void Describe::shift(const ir::Inst& inst, bool rotate) {
    std::int64_t amount;
    std::uint32_t first = out_.any(arg(inst, 0));
    if (!mf_.find_int(arg(inst, 1), amount)) {
        if (cpu_.bmi2 && !rotate) {
            out_.use(arg(inst, 1));
        } else {
            out_.any(arg(inst, 1), Rcx);
            out_.clobber(mask_of(Rcx));
        }
    }
    out_.def(inst.first_result, first);
    if (!rotate && is_checked(inst)) out_.site();
}
void Describe::op(OpTag<Op::Shl>, const ir::Inst& inst) { shift(inst, false); }
void Describe::op(OpTag<Op::Shr>, const ir::Inst& inst) { shift(inst, false); }
void Describe::op(OpTag<Op::RotateLeft>, const ir::Inst& inst) { shift(inst, true); }
void Describe::op(OpTag<Op::RotateRight>, const ir::Inst& inst) { shift(inst, true); }
void Describe::op(OpTag<Op::PopCount>, const ir::Inst& inst) { unary(inst, !cpu_.popcnt); }
void Describe::op(OpTag<Op::LeadingZeros>, const ir::Inst& inst) { unary(inst); }
void Describe::op(OpTag<Op::TrailingZeros>, const ir::Inst& inst) { unary(inst); }

// --- helpers ---

void FunctionEmitter::alu(asmjit::InstId id, unsigned dst, const Rm& src, bool wide) {
    switch (src.kind) {
    case Rm::Reg: a_->emit(id, gp_of(dst, wide), gp_of(src.reg, wide)); return;
    case Rm::Mem: a_->emit(id, gp_of(dst, wide), src.mem); return;
    case Rm::Imm: a_->emit(id, gp_of(dst, wide), asmjit::imm(src.imm)); return;
    }
}

// Makes the 32-bit extended form of a narrow integer out of its low bits.
void FunctionEmitter::extend(unsigned dst, unsigned src, Scalar type) {
    switch (scalar_size(type)) {
    case 1:
        if (is_signed(type)) {
            a_->movsx(gp32(dst), gp8(src));
        } else {
            a_->movzx(gp32(dst), gp8(src));
        }
        return;
    case 2:
        if (is_signed(type)) {
            a_->movsx(gp32(dst), x86::gpw(src));
        } else {
            a_->movzx(gp32(dst), x86::gpw(src));
        }
        return;
    default:
        if (dst != src) a_->mov(gp_of(dst, is_wide(type)), gp_of(src, is_wide(type)));
    }
}

// Behind an operation whose flags are still there.
void FunctionEmitter::check_overflow(const ir::Inst& inst, unsigned dst, bool carry) {
    Label trapped = trap(TrapCode::IntegerOverflow, inst.loc);
    if (scalar_size(inst.type) >= 4) {
        is_signed(inst.type) || !carry ? a_->jo(trapped) : a_->jc(trapped);
    } else if (is_signed(inst.type)) {
        extend(scratch_register, dst, inst.type);
        a_->cmp(gp32(scratch_register), gp32(dst));
        a_->jne(trapped);
    } else { // a borrow leaves a large unsigned number
        a_->cmp(gp32(dst), asmjit::imm((1u << bits_of(inst.type)) - 1));
        a_->ja(trapped);
    }
}

void FunctionEmitter::two_address(asmjit::InstId id, const ir::Inst& inst) {
    Selection::Pair p = Selection(*mf_).pair(inst);
    const bool wide = is_wide(inst.type);
    Location first = any(p.a);
    Rm second = rm(p.b);
    const unsigned dst = reg();
    if (second.kind == Rm::Reg && second.reg == dst && !(first == Location::reg(dst))) {
        // Only commutative operations let their second operand share the result's register.
        if (first.is_register()) {
            second.reg = first.index;
        } else if (first.kind == Location::Constant) {
            move(first, Location::reg(scratch_register), inst.type);
            second.reg = scratch_register;
        } else {
            second = {Rm::Mem, 0, memory(first, wide ? 8 : 4), 0};
        }
    } else {
        if (!(first == Location::reg(dst))) move(first, Location::reg(dst), inst.type);
    }
    alu(id, dst, second, wide);
}

void FunctionEmitter::add_sub(asmjit::InstId id, const ir::Inst& inst, bool check) {
    const bool wide = is_wide(inst.type), add = id == Inst::kIdAdd;
    const unsigned saved = operand_;
    const unsigned dst_operand = mf_->insts[inst_].first_operand + mf_->insts[inst_].operand_count - 1u;
    const unsigned dst = mf_->operands[dst_operand].location.index;
    if (!check && scalar_size(inst.type) >= 4) { // three-address forms
        Selection::Pair p = Selection(*mf_).pair(inst);
        Location first = any(p.a);
        if (first.is_register() && first.index != dst && !Selection(*mf_).is_folded_load(p.b)) {
            Rm second = rm(p.b);
            if (second.kind == Rm::Imm && second.imm != INT32_MIN) {
                reg();
                a_->lea(gp_of(dst, wide), x86::ptr(gp64(first.index), add ? second.imm : -second.imm));
                return;
            }
            if (second.kind == Rm::Reg && add) {
                reg();
                a_->lea(gp_of(dst, wide), x86::ptr(gp64(first.index), gp64(second.reg)));
                return;
            }
        }
        operand_ = saved;
    }
    two_address(id, inst);
    if (check) {
        check_overflow(inst, dst, true);
    } else if (scalar_size(inst.type) < 4) {
        extend(dst, dst, inst.type);
    }
}

void FunctionEmitter::multiply(const ir::Inst& inst, bool check) {
    Selection sel(*mf_);
    Selection::Pair p = sel.pair(inst);
    bool wide = is_wide(inst.type);
    if (check && inst.type == Scalar::U64) {
        Location a = any(p.a), b = any(p.b);
        const unsigned dst = reg();
        moves_.add(a, Location::reg(Rax), inst.type);
        flush_moves();
        if (b.kind == Location::Constant) {
            move(b, Location::reg(scratch_register), inst.type);
            b = Location::reg(scratch_register);
        }
        b.is_register() ? a_->mul(gp64(b.index)) : a_->mul(memory(b, 8));
        a_->jo(trap(TrapCode::IntegerOverflow, inst.loc));
        move_gp(dst, Rax, inst.type);
        return;
    }
    // Both factors are zero-extended: the whole product fits in 64 bits.
    const bool by_upper_half = check && inst.type == Scalar::U32;
    wide = wide || by_upper_half;
    std::int32_t factor;
    if (sel.find_imm32(p.b, factor) && !(by_upper_half && factor < 0)) {
        Location a = any(p.a);
        if (a.kind == Location::Constant) {
            move(a, Location::reg(scratch_register), inst.type);
            a = Location::reg(scratch_register);
        }
        const unsigned dst = reg();
        const bool power = !check && factor > 0 && std::has_single_bit(static_cast<unsigned>(factor));
        const bool by_lea = !check && a.is_register() && (factor == 3 || factor == 5 || factor == 9);
        if (power) {
            if (!(a == Location::reg(dst))) move(a, Location::reg(dst), inst.type);
            if (factor > 1) a_->shl(gp_of(dst, wide), std::countr_zero(static_cast<unsigned>(factor)));
        } else if (by_lea) {
            a_->lea(gp_of(dst, wide), x86::ptr(gp64(a.index), gp64(a.index), factor == 3 ? 1 : factor == 5 ? 2 : 3));
        } else if (a.is_register()) {
            a_->imul(gp_of(dst, wide), gp_of(a.index, wide), asmjit::imm(factor));
        } else {
            a_->imul(gp_of(dst, wide), memory(a, wide ? 8 : 4), asmjit::imm(factor));
        }
        if (!check && scalar_size(inst.type) < 4) extend(dst, dst, inst.type);
    } else {
        Location a = any(p.a);
        Rm b;
        if (by_upper_half && mf_->is_constant(p.b)) {
            move(Location::constant(p.b), Location::reg(scratch_register), inst.type);
            b.reg = scratch_register;
        } else {
            b = rm(p.b);
        }
        const unsigned dst = reg();
        if (b.kind == Rm::Mem && wide) b.mem.setSize(8);
        if (b.kind == Rm::Reg && b.reg == dst && !(a == Location::reg(dst))) {
            if (a.is_register()) {
                b.reg = a.index;
            } else if (a.is_memory()) {
                b = {Rm::Mem, 0, memory(a, wide ? 8 : 4), 0};
            } else {
                move(a, Location::reg(scratch_register), inst.type);
                b.reg = scratch_register;
            }
        } else if (!(a == Location::reg(dst))) {
            move(a, Location::reg(dst), inst.type);
        }
        alu(Inst::kIdImul, dst, b, wide);
        if (!check && scalar_size(inst.type) < 4) extend(dst, dst, inst.type);
    }
    if (!check) return;
    const unsigned dst = mf_->operands[operand_ - 1].location.index;
    if (by_upper_half) {
        a_->mov(gp64(scratch_register), gp64(dst));
        a_->shr(gp64(scratch_register), 32);
        a_->jnz(trap(TrapCode::IntegerOverflow, inst.loc));
    } else {
        check_overflow(inst, dst, false);
    }
}

// --- the operations ---

void FunctionEmitter::op(OpTag<Op::Add>, const ir::Inst& inst) { add_sub(Inst::kIdAdd, inst, is_checked(inst)); }
void FunctionEmitter::op(OpTag<Op::Sub>, const ir::Inst& inst) { add_sub(Inst::kIdSub, inst, is_checked(inst)); }
void FunctionEmitter::op(OpTag<Op::Mul>, const ir::Inst& inst) { multiply(inst, is_checked(inst)); }
void FunctionEmitter::op(OpTag<Op::WrapAdd>, const ir::Inst& inst) { add_sub(Inst::kIdAdd, inst, false); }
void FunctionEmitter::op(OpTag<Op::WrapSub>, const ir::Inst& inst) { add_sub(Inst::kIdSub, inst, false); }
void FunctionEmitter::op(OpTag<Op::WrapMul>, const ir::Inst& inst) { multiply(inst, false); }
void FunctionEmitter::op(OpTag<Op::And>, const ir::Inst& inst) { two_address(Inst::kIdAnd, inst); }
void FunctionEmitter::op(OpTag<Op::Or>, const ir::Inst& inst) { two_address(Inst::kIdOr, inst); }
void FunctionEmitter::op(OpTag<Op::Xor>, const ir::Inst& inst) { two_address(Inst::kIdXor, inst); }

void FunctionEmitter::op(OpTag<Op::Not>, const ir::Inst& inst) {
    Location a = any(mf_->fn->operands_of(inst)[0]);
    const unsigned dst = reg();
    if (!(a == Location::reg(dst))) move(a, Location::reg(dst), inst.type);
    if (inst.type == Scalar::Bool) {
        a_->xor_(gp32(dst), 1);
        return;
    }
    a_->not_(gp_of(dst, is_wide(inst.type)));
    if (scalar_size(inst.type) < 4) extend(dst, dst, inst.type);
}

void FunctionEmitter::op(OpTag<Op::Neg>, const ir::Inst& inst) {
    Location a = any(mf_->fn->operands_of(inst)[0]);
    const unsigned dst = reg();
    if (!(a == Location::reg(dst))) move(a, Location::reg(dst), inst.type);
    a_->neg(gp_of(dst, is_wide(inst.type)));
    if (is_checked(inst)) {
        check_overflow(inst, dst, false);
    } else if (scalar_size(inst.type) < 4) {
        extend(dst, dst, inst.type);
    }
}

void FunctionEmitter::shift(const ir::Inst& inst, bool left) {
    auto operands = mf_->fn->operands_of(inst);
    const bool wide = is_wide(inst.type), check = is_checked(inst);
    const unsigned bits = bits_of(inst.type);
    const bool arithmetic = is_signed(inst.type);
    Location a = any(operands[0]);
    std::int64_t amount;
    if (mf_->find_int(operands[1], amount)) {
        const unsigned dst = reg();
        if (static_cast<std::uint64_t>(amount) >= bits) {
            if (check) a_->jmp(trap(TrapCode::InvalidShift, inst.loc));
            return;
        }
        if (!(a == Location::reg(dst))) move(a, Location::reg(dst), inst.type);
        x86::Gp d = gp_of(dst, wide);
        if (amount != 0) left ? a_->shl(d, amount) : arithmetic ? a_->sar(d, amount) : a_->shr(d, amount);
        if (left && scalar_size(inst.type) < 4) extend(dst, dst, inst.type);
        return;
    }
    const bool wide_amount = is_wide(mf_->type_of(operands[1]));
    if (cpu_.bmi2) {
        const unsigned count = reg(), dst = reg();
        if (check) {
            a_->cmp(gp_of(count, wide_amount), bits);
            a_->jae(trap(TrapCode::InvalidShift, inst.loc));
        }
        if (a.kind == Location::Constant) {
            move(a, Location::reg(scratch_register), inst.type);
            a = Location::reg(scratch_register);
        }
        const asmjit::InstId id = left ? Inst::kIdShlx : arithmetic ? Inst::kIdSarx : Inst::kIdShrx;
        if (a.is_register()) {
            a_->emit(id, gp_of(dst, wide), gp_of(a.index, wide), gp_of(count, wide));
        } else {
            a_->emit(id, gp_of(dst, wide), memory(a, wide ? 8 : 4), gp_of(count, wide));
        }
        if (left && scalar_size(inst.type) < 4) extend(dst, dst, inst.type);
        return;
    }
    Location count = any(operands[1]);
    const unsigned dst = reg();
    if (check) {
        if (count.is_register()) {
            a_->cmp(gp_of(count.index, wide_amount), bits);
        } else {
            a_->cmp(memory(count, wide_amount ? 8 : 4), bits);
        }
        a_->jae(trap(TrapCode::InvalidShift, inst.loc));
    }
    move(a, Location::reg(scratch_register), inst.type);
    if (!(count == Location::reg(Rcx))) move(count, Location::reg(Rcx), Scalar::U32);
    x86::Gp d = gp_of(scratch_register, wide);
    left ? a_->shl(d, x86::cl) : arithmetic ? a_->sar(d, x86::cl) : a_->shr(d, x86::cl);
    extend(dst, scratch_register, left ? inst.type : wide ? Scalar::I64 : Scalar::I32);
}
void FunctionEmitter::op(OpTag<Op::Shl>, const ir::Inst& inst) { shift(inst, true); }
void FunctionEmitter::op(OpTag<Op::Shr>, const ir::Inst& inst) { shift(inst, false); }

void FunctionEmitter::rotate(const ir::Inst& inst, bool left) {
    auto operands = mf_->fn->operands_of(inst);
    auto sized = [&](unsigned reg) {
        switch (scalar_size(inst.type)) {
        case 1: return gp8(reg);
        case 2: return x86::Gp(x86::gpw(reg));
        case 4: return gp32(reg);
        default: return gp64(reg);
        }
    };
    Location a = any(operands[0]);
    std::int64_t amount;
    if (mf_->find_int(operands[1], amount)) {
        const unsigned dst = reg();
        if (!(a == Location::reg(dst))) move(a, Location::reg(dst), inst.type);
        const unsigned by = static_cast<std::uint64_t>(amount) % bits_of(inst.type);
        if (by != 0) left ? a_->rol(sized(dst), by) : a_->ror(sized(dst), by);
        if (scalar_size(inst.type) < 4) extend(dst, dst, inst.type);
        return;
    }
    Location count = any(operands[1]);
    const unsigned dst = reg();
    move(a, Location::reg(scratch_register), inst.type);
    if (!(count == Location::reg(Rcx))) move(count, Location::reg(Rcx), Scalar::U32);
    left ? a_->rol(sized(scratch_register), x86::cl) : a_->ror(sized(scratch_register), x86::cl);
    extend(dst, scratch_register, inst.type);
}
void FunctionEmitter::op(OpTag<Op::RotateLeft>, const ir::Inst& inst) { rotate(inst, true); }
void FunctionEmitter::op(OpTag<Op::RotateRight>, const ir::Inst& inst) { rotate(inst, false); }

void FunctionEmitter::op(OpTag<Op::PopCount>, const ir::Inst& inst) {
    Location a = any(mf_->fn->operands_of(inst)[0]);
    const bool wide = is_wide(inst.type);
    const bool narrow_signed = scalar_size(inst.type) < 4 && is_signed(inst.type);
    if (cpu_.popcnt && a.is_register() && !narrow_signed) {
        a_->popcnt(gp_of(reg(), wide), gp_of(a.index, wide));
        return;
    }
    move(a, Location::reg(scratch_register), inst.type);
    const Scalar as_unsigned = scalar_size(inst.type) == 1 ? Scalar::U8 : Scalar::U16;
    if (narrow_signed) extend(scratch_register, scratch_register, as_unsigned);
    if (cpu_.popcnt) {
        a_->popcnt(gp_of(reg(), wide), gp_of(scratch_register, wide));
        return;
    }
    // Sums of bits in pairs, fours and bytes; the bytes are added by a multiplication.
    const unsigned temp = reg(), dst = reg();
    x86::Gp s = gp64(scratch_register), t = gp64(temp), d = gp64(dst);
    auto masked = [&](std::uint64_t mask) {
        a_->mov(d, asmjit::imm(mask));
        a_->and_(t, d);
    };
    a_->mov(t, s);
    a_->shr(t, 1);
    masked(0x5555555555555555ull);
    a_->sub(s, t);
    a_->mov(t, s);
    masked(0x3333333333333333ull);
    a_->shr(s, 2);
    a_->and_(s, d);
    a_->add(s, t);
    a_->mov(t, s);
    a_->shr(t, 4);
    a_->add(t, s);
    masked(0x0f0f0f0f0f0f0f0full);
    a_->mov(d, asmjit::imm(0x0101010101010101ull));
    a_->imul(d, t);
    a_->shr(d, 56);
}

void FunctionEmitter::op(OpTag<Op::LeadingZeros>, const ir::Inst& inst) {
    Location a = any(mf_->fn->operands_of(inst)[0]);
    const unsigned dst = reg(), bits = bits_of(inst.type);
    const bool wide = is_wide(inst.type);
    move(a, Location::reg(scratch_register), inst.type);
    if (bits < 32 && is_signed(inst.type)) extend(scratch_register, scratch_register, bits == 8 ? Scalar::U8 : Scalar::U16);
    if (cpu_.lzcnt) {
        a_->lzcnt(gp_of(dst, wide), gp_of(scratch_register, wide));
        if (bits < 32) a_->sub(gp32(dst), 32 - bits);
        return;
    }
    Label zero = a_->newLabel();
    load_imm(dst, 2 * bits - 1, false);
    a_->bsr(gp_of(scratch_register, wide), gp_of(scratch_register, wide));
    a_->jz(zero);
    a_->mov(gp32(dst), gp32(scratch_register));
    a_->bind(zero);
    if (bits >= 32) {
        a_->xor_(gp32(dst), bits - 1); // 2 * bits - 1 becomes bits
    } else {
        a_->neg(gp32(dst));
        a_->add(gp32(dst), bits - 1);
        Label done = a_->newLabel();
        a_->jns(done);
        load_imm(dst, bits, false);
        a_->bind(done);
    }
}

void FunctionEmitter::op(OpTag<Op::TrailingZeros>, const ir::Inst& inst) {
    Location a = any(mf_->fn->operands_of(inst)[0]);
    const unsigned dst = reg(), bits = bits_of(inst.type);
    const bool wide = is_wide(inst.type);
    move(a, Location::reg(scratch_register), inst.type);
    if (bits < 32) a_->or_(gp32(scratch_register), 1u << bits);
    if (cpu_.bmi1) {
        a_->tzcnt(gp_of(dst, wide), gp_of(scratch_register, wide));
        return;
    }
    Label done = a_->newLabel();
    a_->bsf(gp_of(dst, wide), gp_of(scratch_register, wide));
    a_->jnz(done);
    load_imm(dst, bits, false);
    a_->bind(done);
}

} // namespace tn::codegen::x64
