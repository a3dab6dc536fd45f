// Division by a constant as a multiplication: the numbers behind it (Hacker's Delight, libdivide).
#pragma once

#include <cstdint>

namespace tn::codegen::x64 {

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

} // namespace tn::codegen::x64
