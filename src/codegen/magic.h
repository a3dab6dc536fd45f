// Division by a constant as a multiplication: the numbers behind it (Hacker's Delight, libdivide).
#pragma once

#include "codegen/machine.h"

#include <cstdint>

namespace tn::codegen {

struct SignedMagic {
    std::int64_t multiplier = 0;
    unsigned shift = 0;
};
SignedMagic signed_magic(std::int64_t divisor); // |divisor| >= 2, 64 bits

struct UnsignedMagic {
    std::uint64_t multiplier = 0;
    unsigned shift = 0;
    bool add = false; // the multiplier has a 65th bit
};
UnsignedMagic unsigned_magic(std::uint64_t divisor); // not a power of two, 64 bits
// For a dividend that was shifted right by the number of twos in an even divisor: never needs a 65th bit.
UnsignedMagic even_magic(std::uint64_t divisor);

// Div or Rem by a constant that is worth one: neither 0 nor 1 nor -1.
bool find_reciprocal(const MachineFunction& mf, const ir::Inst& inst, std::int64_t& divisor);
std::uint64_t magnitude(Scalar type, std::int64_t divisor);

} // namespace tn::codegen
