#include "codegen/magic.h"

#include <algorithm>
#include <bit>

namespace tn::codegen {

SignedMagic signed_magic(std::int64_t divisor) {
    using U = std::uint64_t;
    const U two63 = U(1) << 63;
    const U ad = divisor < 0 ? U(0) - U(divisor) : U(divisor);
    const U t = two63 + (U(divisor) >> 63);
    const U anc = t - 1 - t % ad;
    unsigned p = 63;
    U q1 = two63 / anc, r1 = two63 - q1 * anc, q2 = two63 / ad, r2 = two63 - q2 * ad, delta;
    do {
        ++p;
        q1 *= 2;
        r1 *= 2;
        if (r1 >= anc) {
            ++q1;
            r1 -= anc;
        }
        q2 *= 2;
        r2 *= 2;
        if (r2 >= ad) {
            ++q2;
            r2 -= ad;
        }
        delta = ad - r2;
    } while (q1 < delta || (q1 == delta && r1 == 0));
    const U m = q2 + 1;
    return {static_cast<std::int64_t>(divisor < 0 ? U(0) - m : m), p - 64};
}

UnsignedMagic unsigned_magic(std::uint64_t divisor) {
    const unsigned floor_log = 63 - static_cast<unsigned>(std::countl_zero(divisor));
    const unsigned __int128 numerator = static_cast<unsigned __int128>(std::uint64_t(1) << floor_log) << 64;
    auto m = static_cast<std::uint64_t>(numerator / divisor);
    const auto rem = static_cast<std::uint64_t>(numerator % divisor);
    UnsignedMagic out;
    out.shift = floor_log;
    if (divisor - rem >= (std::uint64_t(1) << floor_log)) { // 64 bits are not enough
        m += m;
        const std::uint64_t twice = rem + rem;
        if (twice >= divisor || twice < rem) ++m;
        out.add = true;
    }
    out.multiplier = m + 1;
    return out;
}

UnsignedMagic even_magic(std::uint64_t divisor) {
    const int twos = std::countr_zero(divisor);
    const std::uint64_t odd = divisor >> twos;
    // 2^(64 + shift) / odd, rounded up: what it is too large by, less than 2^(shift + twos), times a dividend below
    // 2^(64 - twos) stays below 2^(64 + shift).
    const int shift = std::max(static_cast<int>(std::bit_width(odd)) - twos, 0);
    const unsigned __int128 numerator = static_cast<unsigned __int128>(1) << (64 + shift);
    return {static_cast<std::uint64_t>((numerator + odd - 1) / odd), static_cast<unsigned>(shift), false};
}

bool find_reciprocal(const MachineFunction& mf, const ir::Inst& inst, std::int64_t& divisor) {
    if (!mf.find_int(mf.fn->operands_of(inst)[1], divisor)) return false;
    if (is_signed(inst.type)) return divisor > 1 || divisor < -1;
    return static_cast<std::uint64_t>(divisor) > 1;
}

std::uint64_t magnitude(Scalar type, std::int64_t divisor) {
    return is_signed(type) && divisor < 0 ? std::uint64_t(0) - static_cast<std::uint64_t>(divisor)
                                          : static_cast<std::uint64_t>(divisor);
}

} // namespace tn::codegen
