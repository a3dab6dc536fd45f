// Bit operations: shifts, rotations, counts.
#include "codegen/a64/a64.h"

namespace tn::codegen::a64 {

namespace {
unsigned bits_of(Scalar type) { return type == Scalar::Bool ? 1 : 8 * scalar_size(type); }
Scalar as_unsigned(Scalar type) {
    return scalar_size(type) == 1 ? Scalar::U8 : scalar_size(type) == 2 ? Scalar::U16 : type;
}
} // namespace

// --- operands ---

void Describe::shift(const ir::Inst& inst, bool rotate) {
    std::int64_t amount;
    out_.use(arg(inst, 0));
    if (!mf_.find_int(arg(inst, 1), amount)) out_.use(rotate ? arg(inst, 1) : shift_amount(mf_, inst));
    out_.def(inst.first_result);
    if (!rotate) checked_site(inst);
}
void Describe::op(OpTag<Op::Shl>, const ir::Inst& inst) { shift(inst, false); }
void Describe::op(OpTag<Op::Shr>, const ir::Inst& inst) { shift(inst, false); }
void Describe::op(OpTag<Op::RotateLeft>, const ir::Inst& inst) { shift(inst, true); }
void Describe::op(OpTag<Op::RotateRight>, const ir::Inst& inst) { shift(inst, true); }
void Describe::op(OpTag<Op::PopCount>, const ir::Inst& inst) { registers(inst); }
void Describe::op(OpTag<Op::LeadingZeros>, const ir::Inst& inst) { registers(inst); }
void Describe::op(OpTag<Op::TrailingZeros>, const ir::Inst& inst) { registers(inst); }

// --- code ---

void FunctionEmitter::shift(const ir::Inst& inst, bool left) {
    auto operands = mf_->fn->operands_of(inst);
    const bool wide = is_wide(inst.type), check = (inst.flags & ir::NoTrap) == 0,
               arithmetic = is_signed(inst.type);
    const unsigned bits = bits_of(inst.type), first = reg();
    const jit::Gp a = gp_of(first, wide);
    std::int64_t amount;
    if (mf_->find_int(operands[1], amount)) {
        const unsigned dst = reg();
        const jit::Gp to = gp_of(dst, wide);
        const auto by = static_cast<unsigned>(amount);
        if (static_cast<std::uint64_t>(amount) >= bits) {
            if (check) a_.b(trap(TrapCode::InvalidShift, inst.loc));
        } else if (by == 0) {
            move_gp(dst, first, inst.type);
        } else if (!left) {
            arithmetic ? a_.asr(to, a, by) : a_.lsr(to, a, by);
        } else if (bits >= 32) {
            a_.lsl(to, a, by);
        } else { // with the extension
            arithmetic ? a_.sbfiz(to, a, by, bits - by) : a_.ubfiz(to, a, by, bits - by);
        }
        return;
    }
    const unsigned count = reg(), dst = reg();
    const jit::Gp to = gp_of(dst, wide), by = gp_of(count, wide);
    if (check) {
        a_.cmp_imm(count, bits, is_wide(mf_->type_of(operands[1])));
        a_.branch_if(CondCode::kCS, trap(TrapCode::InvalidShift, inst.loc));
    }
    if (!left) {
        arithmetic ? a_.asr(to, a, by) : a_.lsr(to, a, by);
        return;
    }
    a_.lsl(to, a, by);
    if (bits < 32) a_.extend(dst, dst, inst.type);
}
void FunctionEmitter::op(OpTag<Op::Shl>, const ir::Inst& inst) { shift(inst, true); }
void FunctionEmitter::op(OpTag<Op::Shr>, const ir::Inst& inst) { shift(inst, false); }

void FunctionEmitter::rotate(const ir::Inst& inst, bool left) {
    auto operands = mf_->fn->operands_of(inst);
    const bool wide = is_wide(inst.type);
    const unsigned bits = bits_of(inst.type);
    unsigned from = reg();
    // A narrow one is repeated to fill 32 bits.
    auto fill = [&] {
        if (bits >= 32) return;
        a_.extend(address_register, from, as_unsigned(inst.type));
        from = address_register;
        for (unsigned width = bits; width < 32; width *= 2)
            a_.orr(w(from), w(from), w(from), asmjit::arm::lsl(width));
    };
    std::int64_t amount;
    unsigned dst;
    if (mf_->find_int(operands[1], amount)) {
        dst = reg();
        fill();
        const unsigned by = static_cast<std::uint64_t>(amount) % bits, right = left ? (bits - by) % bits : by;
        if (right == 0) {
            move_gp(dst, from, inst.type);
        } else {
            a_.ror(gp_of(dst, wide), gp_of(from, wide), right);
        }
    } else {
        unsigned count = reg();
        dst = reg();
        if (left) {
            a_.neg(gp_of(scratch_register, wide), gp_of(count, wide));
            count = scratch_register;
        }
        fill();
        a_.ror(gp_of(dst, wide), gp_of(from, wide), gp_of(count, wide));
    }
    if (bits < 32) a_.extend(dst, dst, inst.type);
}
void FunctionEmitter::op(OpTag<Op::RotateLeft>, const ir::Inst& inst) { rotate(inst, true); }
void FunctionEmitter::op(OpTag<Op::RotateRight>, const ir::Inst& inst) { rotate(inst, false); }

void FunctionEmitter::op(OpTag<Op::PopCount>, const ir::Inst& inst) {
    unsigned a = reg();
    const unsigned dst = reg();
    if (bits_of(inst.type) < 32 && is_signed(inst.type)) {
        a_.extend(address_register, a, as_unsigned(inst.type));
        a = address_register;
    }
    is_wide(inst.type) ? a_.fmov(d(V31), x(a)) : a_.fmov(s(V31), w(a));
    a_.cnt(v(V31).b8(), v(V31).b8());
    a_.addv(v(V31).b(), v(V31).b8());
    a_.fmov(w(dst), s(V31));
}

void FunctionEmitter::op(OpTag<Op::LeadingZeros>, const ir::Inst& inst) {
    unsigned a = reg();
    const unsigned dst = reg(), bits = bits_of(inst.type);
    if (bits < 32 && is_signed(inst.type)) {
        a_.extend(address_register, a, as_unsigned(inst.type));
        a = address_register;
    }
    const bool wide = is_wide(inst.type);
    a_.clz(gp_of(dst, wide), gp_of(a, wide));
    if (bits < 32) a_.sub(w(dst), w(dst), 32 - bits);
}

void FunctionEmitter::op(OpTag<Op::TrailingZeros>, const ir::Inst& inst) {
    const unsigned a = reg(), dst = reg(), bits = bits_of(inst.type);
    const bool wide = is_wide(inst.type);
    if (bits < 32) {
        a_.orr(w(dst), w(a), 1u << bits); // where the count ends
        a_.rbit(w(dst), w(dst));
    } else {
        a_.rbit(gp_of(dst, wide), gp_of(a, wide));
    }
    a_.clz(gp_of(dst, wide), gp_of(dst, wide));
}

} // namespace tn::codegen::a64
