// Conversions with the meaning of `as`: integers are cut or extended, floats become integers saturating, with
// NaN as 0.
#include "codegen/x64/x64.h"

namespace tn::codegen::x64 {

namespace Inst = x86::Inst;

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
    } else if (Selection(mf_).is_folded_load(arg(inst, 0))) {
        rm(arg(inst, 0));
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

// --- code ---

// Whether the upper half of a 64-bit value is known to be clear.
bool FunctionEmitter::is_narrow(ir::ValueId value) const {
    const ir::Inst* def = mf_->def_inst(value);
    std::int64_t amount;
    return def && def->op == Op::Shr && def->type == Scalar::U64 &&
           mf_->find_int(mf_->fn->operands_of(*def)[1], amount) && amount >= 32 && amount < 64;
}

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
    if (!is_float(from) && Selection(*mf_).is_folded_load(value)) {
        const Rm source = rm(value);
        const unsigned dst = reg();
        scalar_size(from) == 4 ? a_->movsxd(gp64(dst), source.mem) : a_->movsx(gp64(dst), source.mem);
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
    const unsigned value_bits = 8 * scalar_size(inst.type) - (is_signed(inst.type) ? 1 : 0);
    const std::int64_t positive = value_bits < 32 ? (std::int64_t(1) << value_bits) - 1 : 0;
    const bool masked = def && def->op == Op::And && mf_->find_int(mf_->fn->operands_of(*def)[1], mask) &&
                        mask >= 0 && mask <= positive;
    const bool narrows =
        scalar_size(inst.type) < 4 && !masked &&
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
    } else if (is_wide(from) && !is_wide(inst.type) && !is_narrow(value)) {
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
                single ? a_->vsubss(t, s, module_.pool64(two63, 4))
                       : a_->vsubsd(t, s, module_.pool64(two63, 8));
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
        case 2:
            is_signed(type) ? a_->movsx(r, x86::gpw(dst)) : a_->movzx(gp32(scratch_register), x86::gpw(dst));
            break;
        default:
            is_signed(type) ? a_->movsxd(r, gp32(dst)) : a_->mov(gp32(scratch_register), gp32(dst));
            break;
        }
        a_->cmp(r, d);
        a_->jne(slow);
        a_->mov(gp32(dst), gp32(dst));
    }
    a_->bind(resume);
}

} // namespace tn::codegen::x64
