// Integer arithmetic: checked and wrapping operations. Narrow integers are kept extended to 32 bits, so
// their arithmetic is 32-bit with a check or a fresh extension behind it.
#include "codegen/x64/x64.h"

#include <bit>

namespace tn::codegen::x64 {

namespace Inst = x86::Inst;

namespace {
unsigned bits_of(Scalar type) { return type == Scalar::Bool ? 1 : 8 * scalar_size(type); }
bool is_checked(const ir::Inst& inst) { return (inst.flags & ir::NoTrap) == 0; }
} // namespace

// --- operands ---

void Describe::binary(const ir::Inst& inst) {
    if (const Selection::Combined c = sel_.combined(inst); c.part) {
        out_.use(c.inner);
        c.part->op == Op::Not || sel_.is_imm32(c.other) ? rm(c.other) : out_.use(c.other);
        out_.def(inst.first_result);
        return;
    }
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

// --- helpers ---

void FunctionEmitter::alu(asmjit::InstId id, unsigned dst, const Rm& src, bool wide) {
    switch (src.kind) {
    case Rm::Reg: a_->emit(id, gp_of(dst, wide), gp_of(src.reg, wide)); return;
    case Rm::Mem: a_->emit(id, gp_of(dst, wide), src.mem); return;
    case Rm::Imm: a_->emit(id, gp_of(dst, wide), asmjit::imm(src.imm)); return;
    }
}

namespace {
// Proven to fit its type: the result is extended as its operands are.
bool is_exact(const ir::Inst& inst) {
    return (inst.op == Op::Add || inst.op == Op::Sub || inst.op == Op::Mul) && (inst.flags & ir::NoTrap);
}
} // namespace

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
    if (scalar_size(inst.type) >= 4)
        flags_ = {a_->offset(), block_, dst, wide, id == Inst::kIdAnd || id == Inst::kIdOr || id == Inst::kIdXor};
}

bool FunctionEmitter::flags_tell(unsigned reg, bool wide, ir::Cond cond) const {
    return flags_.offset == a_->offset() && flags_.block == block_ && flags_.reg == reg && flags_.wide == wide &&
           (flags_.tells_sign || cond == ir::Cond::Eq || cond == ir::Cond::Ne);
}

void FunctionEmitter::add_sub(asmjit::InstId id, const ir::Inst& inst, bool check) {
    const bool wide = is_wide(inst.type), add = id == Inst::kIdAdd;
    const unsigned saved = operand_;
    const unsigned dst_operand = mf_->insts[inst_].first_operand + mf_->insts[inst_].operand_count - 1u;
    const unsigned dst = mf_->operands[dst_operand].location.index;
    if (!check && scalar_size(inst.type) >= 4) { // three-address forms
        if (add && combined(inst)) return;
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
        if (scalar_size(inst.type) >= 4) flags_.offset = a_->offset(); // a jump leaves them as they are
    } else if (scalar_size(inst.type) < 4 && !is_exact(inst)) {
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
        const bool twice = check && factor == 2 && !by_upper_half; // a sum overflows where the product does
        const bool by_lea = !check && a.is_register() && (factor == 3 || factor == 5 || factor == 9);
        if (power) {
            if (!(a == Location::reg(dst))) move(a, Location::reg(dst), inst.type);
            if (factor > 1) a_->shl(gp_of(dst, wide), std::countr_zero(static_cast<unsigned>(factor)));
        } else if (twice) {
            if (!(a == Location::reg(dst))) move(a, Location::reg(dst), inst.type);
            a_->add(gp_of(dst, wide), gp_of(dst, wide));
        } else if (by_lea) {
            a_->lea(gp_of(dst, wide), x86::ptr(gp64(a.index), gp64(a.index),
                                               factor == 3   ? 1
                                               : factor == 5 ? 2
                                                             : 3));
        } else if (a.is_register()) {
            a_->imul(gp_of(dst, wide), gp_of(a.index, wide), asmjit::imm(factor));
        } else {
            a_->imul(gp_of(dst, wide), memory(a, wide ? 8 : 4), asmjit::imm(factor));
        }
        if (!check && scalar_size(inst.type) < 4 && !is_exact(inst)) extend(dst, dst, inst.type);
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
        if (!check && scalar_size(inst.type) < 4 && !is_exact(inst)) extend(dst, dst, inst.type);
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

void FunctionEmitter::op(OpTag<Op::Add>, const ir::Inst& inst) {
    add_sub(Inst::kIdAdd, inst, is_checked(inst));
}
void FunctionEmitter::op(OpTag<Op::Sub>, const ir::Inst& inst) {
    add_sub(Inst::kIdSub, inst, is_checked(inst));
}
void FunctionEmitter::op(OpTag<Op::Mul>, const ir::Inst& inst) { multiply(inst, is_checked(inst)); }
void FunctionEmitter::op(OpTag<Op::WrapAdd>, const ir::Inst& inst) { add_sub(Inst::kIdAdd, inst, false); }
void FunctionEmitter::op(OpTag<Op::WrapSub>, const ir::Inst& inst) { add_sub(Inst::kIdSub, inst, false); }
void FunctionEmitter::op(OpTag<Op::WrapMul>, const ir::Inst& inst) { multiply(inst, false); }
void FunctionEmitter::op(OpTag<Op::And>, const ir::Inst& inst) {
    if (!combined(inst)) two_address(Inst::kIdAnd, inst);
}
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

} // namespace tn::codegen::x64
