// Floating-point arithmetic: exact IEEE, one rounding per operation, never contracted.
#include "codegen/x64/x64.h"

namespace tn::codegen::x64 {

namespace Inst = x86::Inst;

void Describe::float_binary(const ir::Inst& inst) {
    Selection::Pair p = sel_.pair(inst);
    const bool commutes = (ir::op_info(inst.op).effects & ir::Commutes) != 0;
    if (cpu_.avx) { // three operands: nothing is gained by the result in an operand's register
        out_.use(p.a);
        rm(p.b);
        out_.def(inst.first_result);
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

// --- arithmetic ---

// dst = first op second, in the two- or three-operand form.
void FunctionEmitter::float_op(asmjit::InstId sse, asmjit::InstId avx, unsigned dst, unsigned first,
                               const Rm& second) {
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
    const asmjit::InstId sse = inst.type == Scalar::F32 ? sse32 : sse64,
                         avx = inst.type == Scalar::F32 ? avx32 : avx64;
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

} // namespace tn::codegen::x64
