#include "codegen/x64/lane_ops.h"

#include "ir/builder.h"
#include "support/ice.h"

#include <cstring>

namespace tn::codegen::x64 {

namespace Inst = x86::Inst;

const LaneOps::BySize LaneOps::adds = {Inst::kIdVpaddb, Inst::kIdVpaddw, Inst::kIdVpaddd, Inst::kIdVpaddq};
const LaneOps::BySize LaneOps::subs = {Inst::kIdVpsubb, Inst::kIdVpsubw, Inst::kIdVpsubd, Inst::kIdVpsubq};
const LaneOps::BySize LaneOps::equals = {Inst::kIdVpcmpeqb, Inst::kIdVpcmpeqw, Inst::kIdVpcmpeqd, Inst::kIdVpcmpeqq};
const LaneOps::BySize LaneOps::greaters = {Inst::kIdVpcmpgtb, Inst::kIdVpcmpgtw, Inst::kIdVpcmpgtd, Inst::kIdVpcmpgtq};

void LaneOps::spread_int(x86::Ymm to, x86::Gp from) {
    const x86::Xmm x = x86::xmm(to.id());
    size_ == 8 ? a_.vmovq(x, from.r64()) : a_.vmovd(x, from.r32());
    switch (size_) {
    case 1: a_.vpbroadcastb(to, x); return;
    case 2: a_.vpbroadcastw(to, x); return;
    case 4: a_.vpbroadcastd(to, x); return;
    default: a_.vpbroadcastq(to, x); return;
    }
}
void LaneOps::spread_float(x86::Ymm to, x86::Xmm from) {
    size_ == 8 ? a_.vbroadcastsd(to, from) : a_.vbroadcastss(to, from);
}
void LaneOps::spread_bits(x86::Ymm to, std::uint64_t bits) {
    if (bits == 0) {
        set_zero(to);
    } else if (size_ == 8) {
        a_.vbroadcastsd(to, module_.pool64(bits));
    } else {
        const std::uint64_t lane = bits & ((std::uint64_t(1) << (8 * size_)) - 1);
        a_.vbroadcastss(to, module_.pool64(size_ == 4 ? lane : lane * (size_ == 2 ? 0x10001u : 0x1010101u), 4));
    }
}

void LaneOps::load(x86::Ymm to, x86::Mem from, Scalar type) {
    const unsigned size = scalar_size(type);
    from.setSize(vector_bytes / size_ * size);
    if (size == size_) {
        is_float(type) ? (size == 8 ? a_.vmovupd(to, from) : a_.vmovups(to, from)) : a_.vmovdqu(to, from);
    } else {
        static constexpr asmjit::InstId widen[3][3] = { // from bytes, 16, 32 bits; to 16, 32, 64
            {Inst::kIdVpmovzxbw, Inst::kIdVpmovzxbd, Inst::kIdVpmovzxbq},
            {0, Inst::kIdVpmovzxwd, Inst::kIdVpmovzxwq},
            {0, 0, Inst::kIdVpmovzxdq}};
        static constexpr asmjit::InstId widen_signed[3][3] = {
            {Inst::kIdVpmovsxbw, Inst::kIdVpmovsxbd, Inst::kIdVpmovsxbq},
            {0, Inst::kIdVpmovsxwd, Inst::kIdVpmovsxwq},
            {0, 0, Inst::kIdVpmovsxdq}};
        const unsigned row = size == 4 ? 2 : size == 2 ? 1 : 0;
        a_.emit((is_signed(type) ? widen_signed : widen)[row][size_index() - 1], to, from);
    }
    if (type == Scalar::Bool) { // 0 or 1: no or all bits
        set_zero(temp(0));
        subtract(to, temp(0), to);
    }
}

void LaneOps::step(const ir::Inst& inst, x86::Ymm overflow, bool first_check) {
    const auto operands = mf_.fn->operands_of(inst);
    const x86::Ymm a = ymm(operands[0]);
    if (inst.op == Op::TrapIf) {
        if (first_check) {
            a_.vmovdqa(overflow, a);
        } else {
            a_.vpor(overflow, overflow, a);
        }
        return;
    }
    const x86::Ymm to = ymm(inst.first_result);
    const bool wide = size_ == 8;
    auto second = [&] { return ymm(operands[1]); };
    auto amount = [&] {
        std::int64_t constant = 0;
        mf_.find_int(operands[1], constant);
        return static_cast<unsigned>(constant);
    };
    switch (inst.op) {
    case Op::Add:
    case Op::WrapAdd:
    case Op::Sub:
    case Op::WrapSub: {
        const bool adds_up = inst.op == Op::Add || inst.op == Op::WrapAdd;
        const x86::Ymm b = second();
        adds_up ? add(to, a, b) : subtract(to, a, b);
        if (!(ir::effects_of(inst) & ir::Traps)) return;
        // The result's sign differs from the first operand's, and from the other's, or the operands' differ.
        const x86::Ymm t = first_check ? overflow : temp(1);
        a_.vpxor(temp(0), a, to);
        a_.vpxor(t, adds_up ? to : a, b);
        a_.vpand(t, t, temp(0));
        if (!first_check) a_.vpor(overflow, overflow, t);
        return;
    }
    case Op::Mul:
    case Op::WrapMul: multiply(inst.type, to, a, second()); return;
    case Op::Neg:
        set_zero(temp(0));
        subtract(to, temp(0), a);
        return;
    case Op::And: a_.vpand(to, a, second()); return;
    case Op::Or: a_.vpor(to, a, second()); return;
    case Op::Xor: a_.vpxor(to, a, second()); return;
    case Op::Not: invert(to, a); return;
    case Op::Shl: shift_left(to, a, amount()); return;
    case Op::Shr: shift_right(to, a, amount(), is_signed(inst.type)); return;
    case Op::RotateLeft:
    case Op::RotateRight: {
        const unsigned bits = 8 * size_, by = amount() % bits;
        const unsigned left = inst.op == Op::RotateLeft ? by : (bits - by) % bits;
        if (left == 0) {
            a_.vmovdqa(to, a);
            return;
        }
        shift_left(temp(0), a, left);
        shift_right(to, a, bits - left, false);
        a_.vpor(to, to, temp(0));
        return;
    }
    case Op::FAdd:
    case Op::FSub:
    case Op::FMul:
    case Op::FDiv: a_.emit(float_instruction(inst.op, wide), to, a, second()); return;
    case Op::FNeg:
        set_ones(temp(0));
        shift_left(temp(0), temp(0), 8 * size_ - 1);
        a_.vpxor(to, a, temp(0));
        return;
    case Op::FAbs:
        set_ones(temp(0));
        shift_right(temp(0), temp(0), 1, false);
        a_.vpand(to, a, temp(0));
        return;
    case Op::Sqrt: wide ? a_.vsqrtpd(to, a) : a_.vsqrtps(to, a); return;
    case Op::Floor:
    case Op::Ceil:
    case Op::Trunc: {
        const auto how = asmjit::imm(8 | (inst.op == Op::Floor ? 1 : inst.op == Op::Ceil ? 2 : 3));
        wide ? a_.vroundpd(to, a, how) : a_.vroundps(to, a, how);
        return;
    }
    case Op::ICmp:
    case Op::FCmp:
        compare(static_cast<Cond>(inst.aux), mf_.type_of(operands[0]), to, a, second());
        return;
    case Op::Select: choose(inst.type, to, a, second(), ymm(operands[2])); return;
    case Op::Bitcast: a_.vmovdqa(to, a); return;
    case Op::Convert: convert(mf_.type_of(operands[0]), inst.type, to, a); return;
    default: TN_ICE("an operation without lanes");
    }
}

asmjit::InstId LaneOps::float_instruction(Op op, bool wide) {
    switch (op) {
    case Op::FAdd: return wide ? Inst::kIdVaddpd : Inst::kIdVaddps;
    case Op::FSub: return wide ? Inst::kIdVsubpd : Inst::kIdVsubps;
    case Op::FMul: return wide ? Inst::kIdVmulpd : Inst::kIdVmulps;
    default: return wide ? Inst::kIdVdivpd : Inst::kIdVdivps;
    }
}

void LaneOps::invert(x86::Ymm to, x86::Ymm from) {
    set_ones(temp(0));
    a_.vpxor(to, from, temp(0));
}

void LaneOps::compare(Cond cond, Scalar type, x86::Ymm to, x86::Ymm a, x86::Ymm b) {
    if (!is_float(type)) {
        compare_ints(cond, type, to, a, b);
        return;
    }
    static constexpr unsigned predicates[] = {0x00, 0x04, 0x11, 0x12, 0x1e, 0x1d}; // Eq Ne Lt Le Gt Ge, quiet; Ne alone with NaN
    const auto predicate = asmjit::imm(predicates[static_cast<unsigned>(cond)]);
    size_ == 8 ? a_.vcmppd(to, a, b, predicate) : a_.vcmpps(to, a, b, predicate);
}

void LaneOps::compare_ints(Cond cond, Scalar type, x86::Ymm to, x86::Ymm a, x86::Ymm b) {
    if (cond == Cond::Eq || cond == Cond::Ne) {
        by_size(equals, to, a, b);
        if (cond == Cond::Ne) invert(to, to);
        return;
    }
    if (cond == Cond::Lt || cond == Cond::Ge) std::swap(a, b); // now: a > b, or not
    if (!is_signed(type) && scalar_size(type) == size_) {
        // Numbers compare as signed ones with their uppermost bits turned.
        set_ones(temp(0));
        if (size_ == 1) {
            a_.vpsllw(temp(0), temp(0), 15);
            a_.vpacksswb(temp(0), temp(0), temp(0));
        } else {
            shift_left(temp(0), temp(0), 8 * size_ - 1);
        }
        a_.vpxor(temp(1), b, temp(0));
        a_.vpxor(temp(0), a, temp(0));
        by_size(greaters, to, temp(0), temp(1));
    } else {
        by_size(greaters, to, a, b);
    }
    if (cond == Cond::Le || cond == Cond::Ge) invert(to, to);
}

void LaneOps::choose(Scalar type, x86::Ymm to, x86::Ymm mask, x86::Ymm yes, x86::Ymm no) {
    if (!is_float(type)) {
        a_.vpblendvb(to, no, yes, mask);
    } else {
        size_ == 8 ? a_.vblendvpd(to, no, yes, mask) : a_.vblendvps(to, no, yes, mask);
    }
}

void LaneOps::choose_better(bool largest, Scalar type, x86::Ymm best, x86::Ymm with) {
    const bool wide = size_ == 8;
    if (is_float(type)) {
        a_.emit(largest ? (wide ? Inst::kIdVmaxpd : Inst::kIdVmaxps) : (wide ? Inst::kIdVminpd : Inst::kIdVminps), best,
                with, best);
    } else if (!wide) {
        const bool has_sign = is_signed(type);
        a_.emit(largest ? (has_sign ? Inst::kIdVpmaxsd : Inst::kIdVpmaxud) : (has_sign ? Inst::kIdVpminsd : Inst::kIdVpminud),
                best, with, best);
    } else if (wide_lanes_) {
        const bool has_sign = is_signed(type);
        a_.emit(largest ? (has_sign ? Inst::kIdVpmaxsq : Inst::kIdVpmaxuq) : (has_sign ? Inst::kIdVpminsq : Inst::kIdVpminuq),
                best, with, best);
    } else {
        compare(largest ? Cond::Gt : Cond::Lt, type, temp(2), with, best);
        choose(type, best, temp(2), with, best);
    }
}

void LaneOps::signs(x86::Ymm to, x86::Ymm from) { shift_right(to, from, 8 * size_ - 1, true); }

void LaneOps::multiply(Scalar type, x86::Ymm to, x86::Ymm a, x86::Ymm b) {
    if (size_ == 2) {
        a_.vpmullw(to, a, b);
    } else if (size_ == 4) {
        a_.vpmulld(to, a, b);
    } else if (wide_lanes_ && scalar_size(type) == 8) {
        a_.vpmullq(to, a, b);
    } else if (scalar_size(type) < 8) { // the product fits
        is_signed(type) ? a_.vpmuldq(to, a, b) : a_.vpmuludq(to, a, b);
    } else { // by halves
        a_.vpsrlq(temp(0), a, 32);
        a_.vpmuludq(temp(0), temp(0), b);
        a_.vpsrlq(temp(1), b, 32);
        a_.vpmuludq(temp(1), temp(1), a);
        a_.vpaddq(temp(0), temp(0), temp(1));
        a_.vpsllq(temp(0), temp(0), 32);
        a_.vpmuludq(to, a, b);
        a_.vpaddq(to, to, temp(0));
    }
}

void LaneOps::shift_left(x86::Ymm to, x86::Ymm from, unsigned amount) {
    size_ == 8 ? a_.vpsllq(to, from, amount) : size_ == 4 ? a_.vpslld(to, from, amount) : a_.vpsllw(to, from, amount);
}
void LaneOps::shift_right(x86::Ymm to, x86::Ymm from, unsigned amount, bool arithmetic) {
    if (size_ != 8) {
        if (arithmetic) {
            size_ == 4 ? a_.vpsrad(to, from, amount) : a_.vpsraw(to, from, amount);
        } else {
            size_ == 4 ? a_.vpsrld(to, from, amount) : a_.vpsrlw(to, from, amount);
        }
    } else if (!arithmetic) {
        a_.vpsrlq(to, from, amount);
    } else if (wide_lanes_) {
        a_.vpsraq(to, from, amount);
    } else { // the signs above the rest
        set_zero(temp(2));
        a_.vpcmpgtq(temp(2), temp(2), from);
        if (amount == 0) {
            a_.vmovdqa(to, from);
            return;
        }
        a_.vpsllq(temp(2), temp(2), 64 - amount);
        a_.vpsrlq(to, from, amount);
        a_.vpor(to, to, temp(2));
    }
}

void LaneOps::convert(Scalar from, Scalar to, x86::Ymm dst, x86::Ymm source) {
    if (from == Scalar::Bool) {
        if (size_ == 1) {
            a_.vpabsb(dst, source);
        } else {
            shift_right(dst, source, 8 * size_ - 1, false);
        }
    } else if (is_float(to)) {
        if (size_ == 8) {
            ints_to_doubles(dst, source);
        } else {
            a_.vcvtdq2ps(dst, source);
        }
    } else if (!changes_extension(from, to, size_)) {
        a_.vmovdqa(dst, source);
    } else if (!is_signed(to)) {
        spread_bits(temp(0), (std::uint64_t(1) << (8 * scalar_size(to))) - 1);
        a_.vpand(dst, source, temp(0));
    } else if (size_ == 8 && scalar_size(to) == 4) { // the sign of the lower half becomes the upper half
        a_.vpsrad(temp(0), source, 31);
        a_.vpsllq(temp(0), temp(0), 32);
        a_.vpblendd(dst, source, temp(0), 0xaa);
    } else if (size_ == 2) {
        a_.vpsllw(dst, source, 8);
        a_.vpsraw(dst, dst, 8);
    } else {
        const unsigned upper = 8 * (size_ - scalar_size(to));
        shift_left(dst, source, upper);
        shift_right(dst, dst, upper, true);
    }
}

void LaneOps::store(x86::Mem to, x86::Ymm from, Scalar type) {
    const unsigned size = scalar_size(type);
    if (is_float(type)) {
        size == 8 ? a_.vmovupd(to, from) : a_.vmovups(to, from);
        return;
    }
    const x86::Ymm lanes = temp(0);
    if (size < size_) { // the lower bytes of all lanes side by side, in each half
        std::uint8_t bytes[16];
        for (unsigned i = 0; i < 16; ++i)
            bytes[i] = i < 16 / size_ * size ? static_cast<std::uint8_t>(i / size * size_ + i % size) : 0x80;
        std::uint64_t mask[2];
        std::memcpy(mask, bytes, sizeof mask);
        a_.vbroadcasti128(lanes, module_.pool128(mask[0], mask[1]));
        a_.vpshufb(lanes, from, lanes);
        from = lanes;
    }
    if (type == Scalar::Bool) { // no or all bits: 0 or 1
        a_.vpabsb(lanes, from);
        from = lanes;
    }
    if (size == size_) {
        a_.vmovdqu(to, from);
        return;
    }
    const unsigned half = 16 / size_ * size;
    auto store_half = [&](x86::Xmm x) {
        to.setSize(half);
        half == 8 ? a_.vmovq(to, x) : half == 4 ? a_.vmovd(to, x) : a_.vpextrw(to, x, 0);
        to.addOffset(half);
    };
    store_half(x86::xmm(from.id()));
    a_.vextracti128(x86::xmm(from.id()), from, 1);
    store_half(x86::xmm(from.id()));
}

// Both halves become doubles by standing in the mantissa of a power of two, which is taken away again; the one sum rounds.
void LaneOps::ints_to_doubles(x86::Ymm to, x86::Ymm from) {
    if (wide_lanes_) {
        a_.vcvtqq2pd(to, from);
        return;
    }
    spread_bits(temp(0), 0x4330000000000000ull); // 2^52
    a_.vpblendd(temp(0), temp(0), from, 0x55);
    a_.vpsrlq(to, from, 32);
    spread_bits(temp(1), 0x4530000080000000ull); // 2^84 + 2^63
    a_.vpxor(to, to, temp(1));
    spread_bits(temp(1), 0x4530000080100000ull); // 2^84 + 2^63 + 2^52
    a_.vsubpd(to, to, temp(1));
    a_.vaddpd(to, to, temp(0));
}

} // namespace tn::codegen::x64
