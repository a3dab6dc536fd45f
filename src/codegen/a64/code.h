// The assembler for AArch64 with what it leaves to its user: immediates and addresses that do not fit an
// instruction, and conditional branches that may reach across a large function. x16 is free for addresses and
// immediates inside every one of these, x17 for nobody but the caller.
#pragma once

#include "codegen/location.h"

#include <asmjit/arm.h>
#include <asmjit/arm/a64assembler.h>
#include <asmjit/arm/a64utils.h>

namespace tn::codegen::a64 {

using asmjit::Label;
namespace jit = asmjit::a64;
using asmjit::arm::CondCode;

enum RegisterNumber : std::uint8_t {
    X0 = 0,
    X1,
    X2,
    X8 = 8,
    X15 = 15,
    X16,
    X17,
    X19 = 19,
    X26 = 26,
    X27,
    X28,
    X29,
    X30,
    Sp,
    V0 = first_float_register,
    V16 = V0 + 16,
    V30 = V0 + 30,
    V31,
};
inline constexpr unsigned context_register = X28, fuel_register = X27, frame_register = X29;
inline constexpr unsigned scratch_register = X17, address_register = X16;

inline jit::GpX x(unsigned reg) { return jit::GpX(reg); } // 31 is the stack pointer
inline jit::GpW w(unsigned reg) { return jit::GpW(reg); }
inline jit::Gp gp_of(unsigned reg, bool wide) { return wide ? jit::Gp(x(reg)) : jit::Gp(w(reg)); }
inline jit::Gp zero_of(bool wide) { return wide ? jit::Gp(jit::xzr) : jit::Gp(jit::wzr); }
inline jit::VecD d(unsigned reg) { return jit::VecD(reg - first_float_register); }
inline jit::VecS s(unsigned reg) { return jit::VecS(reg - first_float_register); }
inline jit::VecV v(unsigned reg) { return jit::VecV(reg - first_float_register); }
inline jit::Vec fp_of(unsigned reg, Scalar type) {
    return type == Scalar::F32 ? jit::Vec(s(reg)) : jit::Vec(d(reg));
}
inline bool is_wide(Scalar type) { return scalar_size(type) == 8; }
constexpr CondCode negated(CondCode cc) { return asmjit::arm::negateCond(cc); }

// Immediates of add, sub and cmp: 12 bits, or 12 bits above 12 zeroes; `fits_arith` takes them with either
// sign.
bool fits_arith(std::int64_t value);
// Immediates of and, orr, eor and tst.
bool fits_logic(std::int64_t value, bool wide);

// base + (index << shift) + disp
struct Place {
    unsigned base = Sp;
    std::int64_t disp = 0;
    unsigned index = no_register, shift = 0;
};

class Code : public jit::Assembler {
public:
    // Conditional branches go as far as `b` does. For functions whose blocks may be further apart than a
    // megabyte; set before anything of the function is emitted.
    bool far = false;

    void load_imm(unsigned reg, std::int64_t value, bool wide);
    // dst = src + value. Keeps the flags. Neither register is x16 unless the value fits.
    void add_imm(unsigned dst, unsigned src, std::int64_t value, bool wide = true);
    // With flags; the value fits.
    void adds_imm(const jit::Gp& dst, const jit::Gp& src, std::int64_t value);
    void subs_imm(const jit::Gp& dst, const jit::Gp& src, std::int64_t value);
    void cmp_imm(unsigned reg, std::int64_t value, bool wide); // any value

    // The operand of a load or store of `size` bytes there.
    jit::Mem mem(const Place& place, unsigned size);
    void load(Scalar type, unsigned reg, const Place& place);
    void store(Scalar type, unsigned reg, const Place& place);
    // All bits of a register, as a slot of a frame keeps them.
    void load64(unsigned reg, const Place& place);
    void store64(unsigned reg, const Place& place);
    void store_zero(Scalar type, const Place& place);
    void move64(unsigned to, unsigned from);

    // The form in which registers hold a narrow integer, from its low bits.
    void extend(unsigned dst, unsigned src, Scalar type);

    void branch_if(CondCode cc, Label target);
    void branch_zero(unsigned reg, bool wide, bool if_zero, Label target);
};

} // namespace tn::codegen::a64
