// Where a value can be: registers by one number for both classes, spill slots, the argument areas of a
// frame. Target independent; a target gives the numbers their names.
#pragma once

#include "ir/inst.h"

#include <bit>
#include <cstdint>

namespace tn::codegen {

enum class RegClass : std::uint8_t { Int, Float };

// Integer registers are 0..31, floating-point registers 32..63.
using RegMask = std::uint64_t;
inline constexpr unsigned register_count = 64;
inline constexpr unsigned first_float_register = 32;
inline constexpr std::uint8_t no_register = 0xff;

constexpr RegMask mask_of(unsigned reg) { return RegMask(1) << reg; }
constexpr RegClass class_of_register(unsigned reg) {
    return reg < first_float_register ? RegClass::Int : RegClass::Float;
}
constexpr RegClass class_of(Scalar type) { return is_float(type) ? RegClass::Float : RegClass::Int; }
inline constexpr RegMask int_registers = 0xffffffffull;
inline constexpr RegMask float_registers = ~int_registers;
constexpr RegMask registers_of(RegClass cls) {
    return cls == RegClass::Int ? int_registers : float_registers;
}

// Calls f(register) for each bit.
template <typename F> void for_each_register(RegMask mask, F&& f) {
    for (; mask != 0; mask &= mask - 1) f(static_cast<unsigned>(std::countr_zero(mask)));
}

struct Location {
    enum Kind : std::uint8_t {
        None,
        Register, // index = number
        Slot,     // index = spill slot of this frame
        Incoming, // index = 8-byte place in the caller's outgoing area
        Outgoing, // index = 8-byte place at the stack pointer
        Constant, // index = ValueId whose instruction is made again where it is needed
    };
    Kind kind = None;
    std::uint32_t index = 0;

    static constexpr Location reg(unsigned number) { return {Register, number}; }
    static constexpr Location slot(std::uint32_t index) { return {Slot, index}; }
    static constexpr Location incoming(std::uint32_t index) { return {Incoming, index}; }
    static constexpr Location outgoing(std::uint32_t index) { return {Outgoing, index}; }
    static constexpr Location constant(ir::ValueId value) { return {Constant, value.index()}; }

    bool is_register() const { return kind == Register; }
    bool is_memory() const { return kind == Slot || kind == Incoming || kind == Outgoing; }
    friend bool operator==(Location a, Location b) { return a.kind == b.kind && a.index == b.index; }
};

// One of several moves that happen at once.
struct Move {
    Location from, to;
    Scalar type = Scalar::I64;
};

} // namespace tn::codegen
