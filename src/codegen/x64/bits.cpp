// Bit operations: shifts, rotations, counts.
#include "codegen/x64/x64.h"

namespace tn::codegen::x64 {

namespace Inst = x86::Inst;

namespace {
unsigned bits_of(Scalar type) { return type == Scalar::Bool ? 1 : 8 * scalar_size(type); }
} // namespace

// --- operands ---

void Describe::shift(const ir::Inst& inst, bool rotate) {
    std::int64_t amount;
    std::uint32_t first = out_.any(arg(inst, 0));
    if (!mf_.find_int(arg(inst, 1), amount)) {
        const ir::ValueId by = rotate ? arg(inst, 1) : shift_amount(mf_, inst);
        if (cpu_.bmi2 && !rotate) {
            out_.use(by);
        } else {
            out_.any(by, Rcx);
            out_.clobber(mask_of(Rcx));
        }
    }
    out_.def(inst.first_result, first);
    if (!rotate && !(inst.flags & ir::NoTrap)) out_.site();
}
void Describe::op(OpTag<Op::Shl>, const ir::Inst& inst) { shift(inst, false); }
void Describe::op(OpTag<Op::Shr>, const ir::Inst& inst) { shift(inst, false); }
void Describe::op(OpTag<Op::RotateLeft>, const ir::Inst& inst) { shift(inst, true); }
void Describe::op(OpTag<Op::RotateRight>, const ir::Inst& inst) { shift(inst, true); }
void Describe::op(OpTag<Op::PopCount>, const ir::Inst& inst) { unary(inst, !cpu_.popcnt); }
void Describe::op(OpTag<Op::LeadingZeros>, const ir::Inst& inst) { unary(inst); }
void Describe::op(OpTag<Op::TrailingZeros>, const ir::Inst& inst) { unary(inst); }

// --- code ---

void FunctionEmitter::shift(const ir::Inst& inst, bool left) {
    auto operands = mf_->fn->operands_of(inst);
    const bool wide = is_wide(inst.type), check = (inst.flags & ir::NoTrap) == 0;
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
        if (left && amount == 1 && bits >= 32 && a.is_register() && a.index != dst) {
            a_->lea(gp_of(dst, wide), x86::ptr(gp64(a.index), gp64(a.index)));
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
    Location count = any(shift_amount(*mf_, inst));
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
        const unsigned bits = bits_of(inst.type), by = static_cast<std::uint64_t>(amount) % bits;
        if (cpu_.bmi2 && bits >= 32 && by != 0 && a.kind != Location::Constant && !(a == Location::reg(dst))) {
            const bool wide = is_wide(inst.type);
            const auto right = asmjit::imm(left ? bits - by : by);
            if (a.is_register()) a_->rorx(gp_of(dst, wide), gp_of(a.index, wide), right);
            else a_->rorx(gp_of(dst, wide), memory(a, wide ? 8 : 4), right);
            return;
        }
        if (!(a == Location::reg(dst))) move(a, Location::reg(dst), inst.type);
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
    if (bits < 32 && is_signed(inst.type))
        extend(scratch_register, scratch_register, bits == 8 ? Scalar::U8 : Scalar::U16);
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
