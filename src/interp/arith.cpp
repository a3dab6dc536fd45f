// Exact in 128 bits, then cut to the type.
#include "interp/arith.h"

#include <bit>
#include <cmath>

namespace tn::interp {

__int128 number(Scalar type, rt::Slot slot) {
    return is_signed(type) ? static_cast<__int128>(slot.i) : static_cast<__int128>(slot.u);
}

rt::Slot int_slot(Scalar type, std::int64_t value) { return {.i = ir::extend_int(type, value)}; }

rt::Slot float_slot(Scalar type, double value) {
    rt::Slot slot{.u = 0};
    if (type == Scalar::F32)
        slot.f32 = static_cast<float>(value);
    else
        slot.f64 = value;
    return slot;
}

double float_value(Scalar type, rt::Slot slot) {
    return type == Scalar::F32 ? static_cast<double>(slot.f32) : slot.f64;
}

bool fit(Scalar type, __int128 exact, rt::Slot& out) {
    out = int_slot(type, static_cast<std::int64_t>(static_cast<unsigned __int128>(exact)));
    return number(type, out) == exact;
}

namespace {
template <typename T> bool compare(ir::Cond cond, T a, T b) {
    switch (cond) {
    case ir::Cond::Eq: return a == b;
    case ir::Cond::Ne: return a != b;
    case ir::Cond::Lt: return a < b;
    case ir::Cond::Le: return a <= b;
    case ir::Cond::Gt: return a > b;
    case ir::Cond::Ge: return a >= b;
    }
    return false;
}
} // namespace

bool compare_ints(ir::Cond cond, Scalar type, rt::Slot a, rt::Slot b) {
    return compare(cond, number(type, a), number(type, b));
}

bool compare_floats(ir::Cond cond, Scalar type, rt::Slot a, rt::Slot b) {
    return compare(cond, float_value(type, a), float_value(type, b));
}

rt::Slot rotate_left(Scalar type, rt::Slot value, rt::Slot amount) {
    unsigned bits = bit_width(type);
    unsigned by = static_cast<unsigned>(amount.u & (bits - 1));
    std::uint64_t mask = bits == 64 ? ~std::uint64_t(0) : (std::uint64_t(1) << bits) - 1;
    std::uint64_t word = value.u & mask;
    std::uint64_t rotated = by == 0 ? word : (word << by | word >> (bits - by)) & mask;
    return int_slot(type, static_cast<std::int64_t>(rotated));
}

rt::Slot convert(Scalar to, Scalar from, rt::Slot value) {
    if (is_integer(from) && is_integer(to)) return int_slot(to, value.i);
    if (is_integer(from)) {
        rt::Slot slot{.u = 0};
        // Straight from the integer, so that it is rounded once.
        if (to == Scalar::F32)
            slot.f32 = is_signed(from) ? static_cast<float>(value.i) : static_cast<float>(value.u);
        else
            slot.f64 = is_signed(from) ? static_cast<double>(value.i) : static_cast<double>(value.u);
        return slot;
    }
    double real = float_value(from, value);
    if (is_float(to)) return float_slot(to, real);
    if (std::isnan(real)) return {.i = 0};
    // Both bounds are powers of two (or zero), exact as a double.
    unsigned bits = bit_width(to);
    double above = std::ldexp(1.0, static_cast<int>(is_signed(to) ? bits - 1 : bits));
    double lowest = is_signed(to) ? -above : 0.0;
    if (real >= above)
        return int_slot(to,
                        is_signed(to) ? static_cast<std::int64_t>((std::uint64_t(1) << (bits - 1)) - 1) : -1);
    if (real <= lowest)
        return int_slot(to, is_signed(to) ? static_cast<std::int64_t>(std::uint64_t(1) << (bits - 1)) : 0);
    return is_signed(to) ? int_slot(to, static_cast<std::int64_t>(real))
                         : int_slot(to, static_cast<std::int64_t>(static_cast<std::uint64_t>(real)));
}

rt::Slot bitcast(Scalar to, Scalar from, rt::Slot value) {
    std::uint64_t bits = from == Scalar::F32 ? std::bit_cast<std::uint32_t>(value.f32) : value.u;
    if (is_integer(to)) return int_slot(to, static_cast<std::int64_t>(bits));
    if (to == Scalar::F32) bits &= 0xffffffffu;
    return {.u = bits};
}

} // namespace tn::interp
