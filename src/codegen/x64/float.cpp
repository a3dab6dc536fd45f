// Floating-point arithmetic and conversions: exact IEEE, one rounding per operation, never contracted.
// Conversions to integers saturate and take NaN to 0.
#include "codegen/x64/x64.h"

namespace tn::codegen::x64 {

namespace Inst = x86::Inst;

void Describe::float_binary(const ir::Inst& inst) {
    Selection::Pair p = sel_.pair(inst);
    const bool commutes = (ir::op_info(inst.op).effects & ir::Commutes) != 0;
    if (cpu_.avx) {
        std::uint32_t first = out_.use(p.a);
        rm(p.b);
        out_.def(inst.first_result, first);
    } else {
        std::uint32_t first = out_.any(p.a);
        rm(p.b, !commutes || sel_.is_folded_load(p.b));
        out_.def(inst.first_result, first);
    }
}
void Describe::op(OpTag<Op::FAdd>, const ir::Inst& inst) { float_binary(inst); }
void Describe::op(OpTag<Op::FSub>, const ir::Inst& inst) { float_binary(inst); }
void Describe::op(OpTag<Op::FMul>, const ir::Inst& inst) { float_binary(inst); }
void Describe::op(OpTag<Op::FDiv>, const ir::Inst& inst) { float_binary(inst); }

void Describe::float_unary(const ir::Inst& inst) {
    std::uint32_t first = out_.use(arg(inst, 0));
    out_.def(inst.first_result, first);
}
void Describe::op(OpTag<Op::FNeg>, const ir::Inst& inst) { float_unary(inst); }
void Describe::op(OpTag<Op::FAbs>, const ir::Inst& inst) { float_unary(inst); }
void Describe::op(OpTag<Op::Floor>, const ir::Inst& inst) {
    cpu_.sse41 ? float_unary(inst) : (out_.late_use(arg(inst, 0)), out_.def(inst.first_result));
}
void Describe::op(OpTag<Op::Ceil>, const ir::Inst& inst) { op(OpTag<Op::Floor>{}, inst); }
void Describe::op(OpTag<Op::Trunc>, const ir::Inst& inst) { op(OpTag<Op::Floor>{}, inst); }
void Describe::op(OpTag<Op::Sqrt>, const ir::Inst& inst) {
    rm(arg(inst, 0));
    out_.def(inst.first_result);
}

void Describe::op(OpTag<Op::Convert>, const ir::Inst& inst) {
    const Scalar from = mf_.type_of(arg(inst, 0));
    if (is_float(from) && !is_float(inst.type)) {
        out_.use(arg(inst, 0)); // another class of registers: it stays for the slow path
        out_.def(inst.first_result);
    } else if (is_float(from)) {
        out_.any(arg(inst, 0));
        out_.def(inst.first_result);
    } else if (is_float(inst.type)) {
        out_.use(arg(inst, 0));
        out_.def(inst.first_result);
    } else {
        std::uint32_t first = out_.any(arg(inst, 0));
        out_.def(inst.first_result, first);
    }
}
void Describe::op(OpTag<Op::Bitcast>, const ir::Inst& inst) {
    std::uint32_t first = out_.any(arg(inst, 0));
    if (class_of(mf_.type_of(arg(inst, 0))) != class_of(inst.type)) first = no_operand;
    out_.def(inst.first_result, first);
}

// --- arithmetic ---

// dst = first op second, in the two- or three-operand form.
void FunctionEmitter::float_op(asmjit::InstId sse, asmjit::InstId avx, unsigned dst, unsigned first, const Rm& second) {
    if (cpu_.avx) {
        if (second.kind == Rm::Mem) {
            a_->emit(avx, xmm_of(dst), xmm_of(first), second.mem);
        } else {
            a_->emit(avx, xmm_of(dst), xmm_of(first), xmm_of(second.reg));
        }
        return;
    }
    move_xmm(dst, first);
    if (second.kind == Rm::Mem) {
        a_->emit(sse, xmm_of(dst), second.mem);
    } else {
        a_->emit(sse, xmm_of(dst), xmm_of(second.reg));
    }
}

void FunctionEmitter::float_binary(asmjit::InstId sse32, asmjit::InstId sse64, asmjit::InstId avx32,
                                   asmjit::InstId avx64, const ir::Inst& inst) {
    const asmjit::InstId sse = inst.type == Scalar::F32 ? sse32 : sse64, avx = inst.type == Scalar::F32 ? avx32 : avx64;
    Selection::Pair p = Selection(*mf_).pair(inst);
    if (cpu_.avx) {
        const unsigned first = reg();
        Rm second = rm(p.b);
        float_op(sse, avx, reg(), first, second);
        return;
    }
    Location first = any(p.a);
    Rm second = rm(p.b);
    const unsigned dst = reg();
    if (second.kind == Rm::Reg && second.reg == dst && !(first == Location::reg(dst))) { // commutes
        if (first.is_register()) {
            second.reg = first.index;
        } else if (first.is_memory()) {
            second = {Rm::Mem, 0, memory(first, scalar_size(inst.type)), 0};
        } else {
            make_constant(p.a, Xmm15);
            second.reg = Xmm15;
        }
    } else if (!(first == Location::reg(dst))) {
        move(first, Location::reg(dst), inst.type);
    }
    float_op(sse, avx, dst, dst, second);
}
void FunctionEmitter::op(OpTag<Op::FAdd>, const ir::Inst& inst) {
    float_binary(Inst::kIdAddss, Inst::kIdAddsd, Inst::kIdVaddss, Inst::kIdVaddsd, inst);
}
void FunctionEmitter::op(OpTag<Op::FSub>, const ir::Inst& inst) {
    float_binary(Inst::kIdSubss, Inst::kIdSubsd, Inst::kIdVsubss, Inst::kIdVsubsd, inst);
}
void FunctionEmitter::op(OpTag<Op::FMul>, const ir::Inst& inst) {
    float_binary(Inst::kIdMulss, Inst::kIdMulsd, Inst::kIdVmulss, Inst::kIdVmulsd, inst);
}
void FunctionEmitter::op(OpTag<Op::FDiv>, const ir::Inst& inst) {
    float_binary(Inst::kIdDivss, Inst::kIdDivsd, Inst::kIdVdivss, Inst::kIdVdivsd, inst);
}

void FunctionEmitter::float_mask(const ir::Inst& inst, bool negate) {
    const unsigned first = reg(), dst = reg();
    std::uint64_t mask = inst.type == Scalar::F32 ? 0x8000000080000000ull : 0x8000000000000000ull;
    if (!negate) mask = ~mask;
    Rm second{Rm::Mem, 0, module_.pool128(mask, mask), 0};
    negate ? float_op(Inst::kIdXorps, Inst::kIdVxorps, dst, first, second)
           : float_op(Inst::kIdAndps, Inst::kIdVandps, dst, first, second);
}
void FunctionEmitter::op(OpTag<Op::FNeg>, const ir::Inst& inst) { float_mask(inst, true); }
void FunctionEmitter::op(OpTag<Op::FAbs>, const ir::Inst& inst) { float_mask(inst, false); }

void FunctionEmitter::op(OpTag<Op::Sqrt>, const ir::Inst& inst) {
    Rm source = rm(mf_->fn->operands_of(inst)[0]);
    const unsigned dst = reg();
    const bool single = inst.type == Scalar::F32;
    if (cpu_.avx) { // both sources the same: no wait for the destination's old value
        unsigned first = source.kind == Rm::Reg ? source.reg : dst;
        if (source.kind == Rm::Mem) a_->vxorps(xmm_of(dst), xmm_of(dst), xmm_of(dst));
        float_op(0, single ? Inst::kIdVsqrtss : Inst::kIdVsqrtsd, dst, first, source);
    } else if (source.kind == Rm::Mem) {
        a_->emit(single ? Inst::kIdSqrtss : Inst::kIdSqrtsd, xmm_of(dst), source.mem);
    } else {
        a_->emit(single ? Inst::kIdSqrtss : Inst::kIdSqrtsd, xmm_of(dst), xmm_of(source.reg));
    }
}

// mode: 1 down, 2 up, 3 to zero
void FunctionEmitter::round(const ir::Inst& inst, unsigned mode) {
    const unsigned source = reg(), dst = reg();
    const bool single = inst.type == Scalar::F32;
    x86::Xmm s = xmm_of(source), d = xmm_of(dst), t = xmm_of(Xmm15);
    if (cpu_.sse41) {
        const auto how = asmjit::imm(8 | mode);
        if (cpu_.avx) {
            single ? a_->vroundss(d, s, s, how) : a_->vroundsd(d, s, s, how);
        } else {
            single ? a_->roundss(d, s, how) : a_->roundsd(d, s, how);
        }
        return;
    }
    // Through an integer where the number may have a fraction; the sign, also of zero, is put back.
    Label done = a_->newLabel();
    const std::uint64_t sign = single ? 0x8000000080000000ull : 0x8000000000000000ull;
    a_->movaps(d, s);
    a_->movaps(t, s);
    a_->andps(t, module_.pool128(~sign, ~sign));
    if (single) {
        a_->ucomiss(t, module_.pool64(0x4b000000, 4)); // 2^23
    } else {
        a_->ucomisd(t, module_.pool64(0x4330000000000000ull, 8)); // 2^52
    }
    a_->jae(done);
    a_->jp(done);
    const std::uint64_t one = single ? 0x3f800000ull : 0x3ff0000000000000ull;
    if (single) {
        a_->cvttss2si(gp32(scratch_register), s);
        a_->cvtsi2ss(d, gp32(scratch_register));
    } else {
        a_->cvttsd2si(gp64(scratch_register), s);
        a_->cvtsi2sd(d, gp64(scratch_register));
    }
    Label exact = a_->newLabel();
    if (mode == 1) {
        single ? a_->ucomiss(s, d) : a_->ucomisd(s, d);
        a_->jae(exact);
        single ? a_->subss(d, module_.pool64(one, 4)) : a_->subsd(d, module_.pool64(one, 8));
    } else if (mode == 2) {
        single ? a_->ucomiss(d, s) : a_->ucomisd(d, s);
        a_->jae(exact);
        single ? a_->addss(d, module_.pool64(one, 4)) : a_->addsd(d, module_.pool64(one, 8));
    }
    a_->bind(exact);
    a_->movaps(t, s);
    a_->andps(t, module_.pool128(sign, sign));
    a_->andps(d, module_.pool128(~sign, ~sign));
    a_->orps(d, t);
    a_->bind(done);
}
void FunctionEmitter::op(OpTag<Op::Floor>, const ir::Inst& inst) { round(inst, 1); }
void FunctionEmitter::op(OpTag<Op::Ceil>, const ir::Inst& inst) { round(inst, 2); }
void FunctionEmitter::op(OpTag<Op::Trunc>, const ir::Inst& inst) { round(inst, 3); }

// --- conversions ---

void FunctionEmitter::op(OpTag<Op::Convert>, const ir::Inst& inst) {
    const ir::ValueId value = mf_->fn->operands_of(inst)[0];
    const Scalar from = mf_->type_of(value);
    if (is_float(from) && !is_float(inst.type)) {
        float_to_int(inst, from);
        return;
    }
    if (!is_float(from) && is_float(inst.type)) {
        int_to_float(inst, from);
        return;
    }
    Location a = any(value);
    const unsigned dst = reg();
    if (is_float(from)) {
        if (from == inst.type) {
            if (!(a == Location::reg(dst))) move(a, Location::reg(dst), inst.type);
            return;
        }
        if (!a.is_register()) {
            move(a, Location::reg(dst), from);
            a = Location::reg(dst);
        }
        x86::Xmm d = xmm_of(dst), s = xmm_of(a.index);
        if (from == Scalar::F32) {
            cpu_.avx ? a_->vcvtss2sd(d, s, s) : a_->cvtss2sd(d, s);
        } else {
            cpu_.avx ? a_->vcvtsd2ss(d, s, s) : a_->cvtsd2ss(d, s);
        }
        return;
    }
    const bool widens = is_wide(inst.type) && !is_wide(from) && is_signed(from);
    // A mask has often made the value narrow already.
    const ir::Inst* def = mf_->def_inst(value);
    std::int64_t mask = -1;
    const std::int64_t positive = (std::int64_t(1) << (8 * scalar_size(inst.type) - (is_signed(inst.type) ? 1 : 0)) % 64) - 1;
    const bool masked = def && def->op == Op::And && mf_->find_int(mf_->fn->operands_of(*def)[1], mask) && mask >= 0 && mask <= positive;
    const bool narrows = scalar_size(inst.type) < 4 && !masked &&
                         !(scalar_size(from) <= scalar_size(inst.type) && is_signed(from) == is_signed(inst.type)) &&
                         !(scalar_size(from) < scalar_size(inst.type) && !is_signed(from));
    if (widens && a.is_memory()) {
        a_->movsxd(gp64(dst), memory(a, 4));
        return;
    }
    if (!a.is_register()) {
        move(a, Location::reg(dst), widens || is_wide(from) ? Scalar::I64 : Scalar::I32);
        a = Location::reg(dst);
    }
    if (widens) {
        a_->movsxd(gp64(dst), gp32(a.index));
    } else if (narrows) {
        extend(dst, a.index, inst.type);
    } else if (is_wide(from) && !is_wide(inst.type)) {
        a_->mov(gp32(dst), gp32(a.index)); // clears the upper half, also in place
    } else {
        move_gp(dst, a.index, inst.type);
    }
}

void FunctionEmitter::op(OpTag<Op::Bitcast>, const ir::Inst& inst) {
    const ir::ValueId value = mf_->fn->operands_of(inst)[0];
    const Scalar from = mf_->type_of(value);
    Location a = any(value);
    const unsigned dst = reg();
    const bool same_class = is_float(from) == is_float(inst.type);
    if (same_class && scalar_size(inst.type) < 4 && from != inst.type) {
        if (!a.is_register()) {
            move(a, Location::reg(dst), from);
            a = Location::reg(dst);
        }
        extend(dst, a.index, inst.type);
    } else if (same_class) {
        if (!(a == Location::reg(dst))) move(a, Location::reg(dst), inst.type);
    } else if (a.kind == Location::Constant) {
        if (is_float(from)) { // its bits are an integer constant already
            load_imm(dst, mf_->def_inst(value)->imm, is_wide(inst.type));
        } else {
            move(a, Location::reg(scratch_register), from);
            move(Location::reg(scratch_register), Location::reg(dst), Scalar::I64);
        }
    } else if (a.is_memory()) {
        move(a, Location::reg(dst), inst.type);
    } else if (is_float(from) && from == Scalar::F32) {
        cpu_.avx ? a_->vmovd(gp32(dst), xmm_of(a.index)) : a_->movd(gp32(dst), xmm_of(a.index));
    } else {
        move(a, Location::reg(dst), Scalar::I64);
    }
}

void FunctionEmitter::int_to_float(const ir::Inst& inst, Scalar from) {
    const unsigned source = reg(), dst = reg();
    const bool single = inst.type == Scalar::F32;
    x86::Xmm d = xmm_of(dst);
    // The instruction keeps the upper part of its destination: clearing it first avoids the wait.
    cpu_.avx ? a_->vxorps(d, d, d) : a_->xorps(d, d);
    const bool wide = is_wide(from) || from == Scalar::U32;
    auto convert = [&](unsigned reg) {
        x86::Gp s = gp_of(reg, wide);
        if (cpu_.avx) {
            single ? a_->vcvtsi2ss(d, d, s) : a_->vcvtsi2sd(d, d, s);
        } else {
            single ? a_->cvtsi2ss(d, s) : a_->cvtsi2sd(d, s);
        }
    };
    if (from != Scalar::U64) {
        convert(source);
        return;
    }
    Label resume = a_->newLabel();
    a_->test(gp64(source), gp64(source));
    a_->js(cold(resume, inst.loc, [this, source, d, single] {
        // Half of it, with the lost bit kept sticky so that the rounding is right, then doubled.
        Label even = a_->newLabel();
        x86::Gp half = gp64(scratch_register);
        a_->mov(half, gp64(source));
        a_->shr(half, 1);
        a_->jnc(even);
        a_->or_(half, 1);
        a_->bind(even);
        if (cpu_.avx) {
            single ? a_->vcvtsi2ss(d, d, half) : a_->vcvtsi2sd(d, d, half);
            single ? a_->vaddss(d, d, d) : a_->vaddsd(d, d, d);
        } else {
            single ? a_->cvtsi2ss(d, half) : a_->cvtsi2sd(d, half);
            single ? a_->addss(d, d) : a_->addsd(d, d);
        }
    }));
    convert(source);
    a_->bind(resume);
}

void FunctionEmitter::float_to_int(const ir::Inst& inst, Scalar from) {
    const unsigned source = reg(), dst = reg();
    const bool single = from == Scalar::F32;
    const Scalar type = inst.type;
    x86::Xmm s = xmm_of(source), t = xmm_of(Xmm15);
    x86::Gp d = gp64(dst), r = gp64(scratch_register);
    auto truncate = [this, single](x86::Gp to, x86::Xmm x) {
        if (cpu_.avx) {
            single ? a_->vcvttss2si(to, x) : a_->vcvttsd2si(to, x);
        } else {
            single ? a_->cvttss2si(to, x) : a_->cvttsd2si(to, x);
        }
    };
    auto compare_with_zero = [this, single](x86::Xmm x, x86::Xmm zero) {
        if (cpu_.avx) {
            a_->vxorps(zero, zero, zero);
            single ? a_->vucomiss(x, zero) : a_->vucomisd(x, zero);
        } else {
            a_->xorps(zero, zero);
            single ? a_->ucomiss(x, zero) : a_->ucomisd(x, zero);
        }
    };
    truncate(d, s);
    Label resume = a_->newLabel();
    if (type == Scalar::U64) {
        a_->test(d, d);
        a_->js(cold(resume, inst.loc, [=, this] {
            Label zero = a_->newLabel(), done = a_->newLabel();
            compare_with_zero(s, t);
            a_->jp(zero);
            a_->jb(zero);
            const std::uint64_t two63 = single ? 0x5f000000ull : 0x43e0000000000000ull;
            if (cpu_.avx) {
                single ? a_->vsubss(t, s, module_.pool64(two63, 4)) : a_->vsubsd(t, s, module_.pool64(two63, 8));
            } else {
                a_->movaps(t, s);
                single ? a_->subss(t, module_.pool64(two63, 4)) : a_->subsd(t, module_.pool64(two63, 8));
            }
            truncate(d, t);
            load_imm(scratch_register, INT64_MIN, true);
            a_->xor_(d, r); // negative before: at least 2^64
            a_->js(done);
            load_imm(dst, -1, true);
            a_->jmp(done);
            a_->bind(zero);
            load_imm(dst, 0, true);
            a_->bind(done);
        }));
        a_->bind(resume);
        return;
    }
    std::int64_t low = 0, high = 0;
    const unsigned bits = type == Scalar::Bool ? 1 : 8 * scalar_size(type);
    if (is_signed(type)) {
        high = static_cast<std::int64_t>(~std::uint64_t(0) >> (65 - bits));
        low = -high - 1;
    } else {
        high = static_cast<std::int64_t>((std::uint64_t(1) << bits) - 1);
    }
    auto out_of_range = [=, this] {
        Label nan = a_->newLabel(), positive = a_->newLabel(), done = a_->newLabel();
        compare_with_zero(s, t);
        a_->jp(nan);
        a_->ja(positive);
        load_imm(dst, low, is_wide(type));
        a_->jmp(done);
        a_->bind(nan);
        load_imm(dst, 0, true);
        a_->jmp(done);
        a_->bind(positive);
        load_imm(dst, high, is_wide(type));
        a_->bind(done);
    };
    Label slow = cold(resume, inst.loc, out_of_range);
    if (type == Scalar::I64) { // the processor's answer for all of them is the smallest integer
        a_->cmp(d, 1);
        a_->jo(slow);
    } else {
        switch (scalar_size(type)) {
        case 1: is_signed(type) ? a_->movsx(r, gp8(dst)) : a_->movzx(gp32(scratch_register), gp8(dst)); break;
        case 2: is_signed(type) ? a_->movsx(r, x86::gpw(dst)) : a_->movzx(gp32(scratch_register), x86::gpw(dst)); break;
        default: is_signed(type) ? a_->movsxd(r, gp32(dst)) : a_->mov(gp32(scratch_register), gp32(dst)); break;
        }
        a_->cmp(r, d);
        a_->jne(slow);
        a_->mov(gp32(dst), gp32(dst));
    }
    a_->bind(resume);
}

} // namespace tn::codegen::x64
