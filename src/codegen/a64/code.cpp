#include "codegen/a64/code.h"

namespace tn::codegen::a64 {

namespace {
bool is_imm12(std::uint64_t value) { return value < 4096 || ((value & 4095) == 0 && value < (1u << 24)); }
std::uint64_t absolute(std::int64_t value) {
    return value < 0 ? std::uint64_t(0) - static_cast<std::uint64_t>(value)
                     : static_cast<std::uint64_t>(value);
}
bool fits_offset(std::int64_t disp, unsigned size) {
    return (disp >= 0 && disp % size == 0 && disp / size < 4096) || (disp >= -256 && disp < 256);
}
} // namespace

bool fits_arith(std::int64_t value) { return is_imm12(absolute(value)); }

bool fits_logic(std::int64_t value, bool wide) {
    const auto bits = wide ? static_cast<std::uint64_t>(value) : static_cast<std::uint32_t>(value);
    return jit::Utils::isLogicalImm(bits, wide ? 64 : 32);
}

void Code::load_imm(unsigned reg, std::int64_t value, bool wide) {
    if (wide && value != static_cast<std::int64_t>(static_cast<std::uint32_t>(value))) {
        mov(x(reg), asmjit::imm(value));
    } else {
        mov(w(reg), asmjit::imm(static_cast<std::uint32_t>(value)));
    }
}

void Code::add_imm(unsigned dst, unsigned src, std::int64_t value, bool wide) {
    const jit::Gp to = gp_of(dst, wide), from = gp_of(src, wide);
    const std::uint64_t size = absolute(value);
    if (value == 0) {
        if (dst != src) mov(to, from);
    } else if (is_imm12(size)) {
        value < 0 ? sub(to, from, size) : add(to, from, size);
    } else if (size < (1u << 24)) {
        // The stack pointer moves once: whatever lies between may belong to a signal handler.
        const jit::Gp between = dst == Sp ? gp_of(address_register, wide) : to;
        value < 0 ? sub(between, from, size & ~4095ull) : add(between, from, size & ~4095ull);
        value < 0 ? sub(to, between, size & 4095) : add(to, between, size & 4095);
    } else {
        load_imm(address_register, value, wide);
        add(to, from, gp_of(address_register, wide));
    }
}

void Code::adds_imm(const jit::Gp& dst, const jit::Gp& src, std::int64_t value) {
    value < 0 ? subs(dst, src, absolute(value)) : adds(dst, src, value);
}

void Code::subs_imm(const jit::Gp& dst, const jit::Gp& src, std::int64_t value) {
    value < 0 ? adds(dst, src, absolute(value)) : subs(dst, src, value);
}

void Code::cmp_imm(unsigned reg, std::int64_t value, bool wide) {
    if (!wide) value = static_cast<std::int32_t>(value);
    const jit::Gp r = gp_of(reg, wide);
    if (fits_arith(value)) {
        value < 0 ? cmn(r, absolute(value)) : cmp(r, value);
    } else {
        load_imm(address_register, value, wide);
        cmp(r, gp_of(address_register, wide));
    }
}

jit::Mem Code::mem(const Place& place, unsigned size) {
    const jit::GpX base = x(place.base), scratch = x(address_register);
    if (place.index == no_register) {
        if (fits_offset(place.disp, size)) return jit::ptr(base, static_cast<std::int32_t>(place.disp));
        // The upper part in one addition, the rest in the instruction.
        const std::int64_t low = place.disp & 4095, high = place.disp - low;
        if (fits_arith(high) && fits_offset(low, size)) {
            add_imm(address_register, place.base, high);
            return jit::ptr(scratch, static_cast<std::int32_t>(low));
        }
        load_imm(address_register, place.disp, true);
        if (place.base != Sp) return jit::ptr(base, scratch);
        add(scratch, base, scratch);
        return jit::ptr(scratch);
    }
    const jit::GpX index = x(place.index);
    const bool scales = place.shift == 0 || (1u << place.shift) == size;
    if (place.disp == 0 && scales) return jit::ptr(base, index, asmjit::arm::lsl(place.shift));
    if (fits_offset(place.disp, size)) {
        add(scratch, base, index, asmjit::arm::lsl(place.shift));
        return jit::ptr(scratch, static_cast<std::int32_t>(place.disp));
    }
    load_imm(address_register, place.disp, true);
    add(scratch, scratch, base);
    if (scales) return jit::ptr(scratch, index, asmjit::arm::lsl(place.shift));
    add(scratch, scratch, index, asmjit::arm::lsl(place.shift));
    return jit::ptr(scratch);
}

void Code::load(Scalar type, unsigned reg, const Place& place) {
    if (type == Scalar::Void) return;
    const jit::Mem at = mem(place, scalar_size(type));
    switch (type) {
    case Scalar::Void: return;
    case Scalar::Bool:
    case Scalar::U8: ldrb(w(reg), at); return;
    case Scalar::I8: ldrsb(w(reg), at); return;
    case Scalar::U16: ldrh(w(reg), at); return;
    case Scalar::I16: ldrsh(w(reg), at); return;
    case Scalar::I32:
    case Scalar::U32: ldr(w(reg), at); return;
    case Scalar::I64:
    case Scalar::U64:
    case Scalar::Ref:
    case Scalar::Ptr: ldr(x(reg), at); return;
    case Scalar::F32: ldr(s(reg), at); return;
    case Scalar::F64: ldr(d(reg), at); return;
    }
}

void Code::store(Scalar type, unsigned reg, const Place& place) {
    const jit::Mem at = mem(place, scalar_size(type));
    if (reg >= first_float_register) {
        str(fp_of(reg, type), at);
        return;
    }
    switch (scalar_size(type)) {
    case 1: strb(w(reg), at); return;
    case 2: strh(w(reg), at); return;
    case 4: str(w(reg), at); return;
    default: str(x(reg), at); return;
    }
}

void Code::load64(unsigned reg, const Place& place) {
    const jit::Mem at = mem(place, 8);
    reg >= first_float_register ? ldr(d(reg), at) : ldr(x(reg), at);
}

void Code::store64(unsigned reg, const Place& place) {
    const jit::Mem at = mem(place, 8);
    reg >= first_float_register ? str(d(reg), at) : str(x(reg), at);
}

void Code::store_zero(Scalar type, const Place& place) {
    const jit::Mem at = mem(place, scalar_size(type));
    switch (scalar_size(type)) {
    case 1: strb(jit::wzr, at); return;
    case 2: strh(jit::wzr, at); return;
    case 4: str(jit::wzr, at); return;
    default: str(jit::xzr, at); return;
    }
}

void Code::move64(unsigned to, unsigned from) {
    if (to == from) return;
    const bool to_float = to >= first_float_register, from_float = from >= first_float_register;
    if (to_float) {
        from_float ? fmov(d(to), d(from)) : fmov(d(to), x(from));
    } else {
        from_float ? fmov(x(to), d(from)) : mov(x(to), x(from));
    }
}

void Code::extend(unsigned dst, unsigned src, Scalar type) {
    switch (scalar_size(type)) {
    case 1: is_signed(type) ? sxtb(w(dst), w(src)) : uxtb(w(dst), w(src)); return;
    case 2: is_signed(type) ? sxth(w(dst), w(src)) : uxth(w(dst), w(src)); return;
    default:
        if (dst != src) mov(gp_of(dst, is_wide(type)), gp_of(src, is_wide(type)));
    }
}

void Code::branch_if(CondCode cc, Label target) {
    if (!far) {
        b(cc, target);
        return;
    }
    Label skip = newLabel();
    b(negated(cc), skip);
    b(target);
    bind(skip);
}

void Code::branch_zero(unsigned reg, bool wide, bool if_zero, Label target) {
    const jit::Gp r = gp_of(reg, wide);
    if (!far) {
        if_zero ? cbz(r, target) : cbnz(r, target);
        return;
    }
    Label skip = newLabel();
    if_zero ? cbnz(r, skip) : cbz(r, skip);
    b(target);
    bind(skip);
}

} // namespace tn::codegen::a64
