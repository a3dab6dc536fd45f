#include "opt/fold.h"

#include "opt/rewrite.h"

#include <bit>

namespace tn::opt {

using namespace ir;

namespace {
bool fits(Scalar type, __int128 value) { return value >= min_of(type) && value <= max_of(type); }

std::uint64_t bits(Scalar type, std::int64_t value) {
    const unsigned n = bits_of(type);
    return n == 64 ? static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value) & ((1ull << n) - 1);
}
} // namespace

bool fold_integer(Op op, Scalar type, std::int64_t a, std::int64_t b, std::int64_t& out) {
    const __int128 x = number(type, a), y = number(type, b);
    const unsigned width = bits_of(type);
    auto checked = [&](__int128 value) {
        out = static_cast<std::int64_t>(value);
        return fits(type, value);
    };
    auto wrapped = [&](std::uint64_t value) {
        out = extend_int(type, static_cast<std::int64_t>(value));
        return true;
    };
    const std::uint64_t ua = static_cast<std::uint64_t>(a), ub = static_cast<std::uint64_t>(b);
    // Only the named ops are integer arithmetic; all others answer "not folded".
    if (op == Op::Add) return checked(x + y);
    if (op == Op::Sub) return checked(x - y);
    if (op == Op::Mul) {
        __int128 product;
        return !__builtin_mul_overflow(x, y, &product) && checked(product);
    }
    if (op == Op::Div) return y != 0 && checked(x / y);
    if (op == Op::Rem) return y != 0 && checked(y == -1 ? 0 : x % y);
    if (op == Op::Neg) return checked(-x);
    if (op == Op::Shl || op == Op::Shr) {
        if (b < 0 || static_cast<std::uint64_t>(b) >= width) return false;
        if (op == Op::Shl) return wrapped(ua << b);
        return is_signed(type) ? wrapped(static_cast<std::uint64_t>(a >> b)) : wrapped(ua >> b);
    }
    if (op == Op::WrapAdd) return wrapped(ua + ub);
    if (op == Op::WrapSub) return wrapped(ua - ub);
    if (op == Op::WrapMul) return wrapped(ua * ub);
    if (op == Op::And) return wrapped(ua & ub);
    if (op == Op::Or) return wrapped(ua | ub);
    if (op == Op::Xor) return wrapped(ua ^ ub);
    if (op == Op::Not) return wrapped(~ua);
    if (op == Op::RotateLeft || op == Op::RotateRight) {
        const unsigned n = static_cast<unsigned>(ub % width);
        const std::uint64_t v = bits(type, a);
        if (n == 0) return wrapped(v);
        const std::uint64_t left = op == Op::RotateLeft ? n : width - n;
        return wrapped((v << left) | (v >> (width - left)));
    }
    if (op == Op::PopCount) return wrapped(static_cast<std::uint64_t>(std::popcount(bits(type, a))));
    if (op == Op::LeadingZeros)
        return wrapped(static_cast<std::uint64_t>(std::countl_zero(bits(type, a))) - (64 - width));
    if (op == Op::TrailingZeros) {
        const std::uint64_t v = bits(type, a);
        return wrapped(v == 0 ? width : static_cast<std::uint64_t>(std::countr_zero(v)));
    }
    return false;
}

bool fold_compare(Cond cond, Scalar type, std::int64_t a, std::int64_t b) {
    const __int128 x = number(type, a), y = number(type, b);
    switch (cond) {
    case Cond::Eq: return x == y;
    case Cond::Ne: return x != y;
    case Cond::Lt: return x < y;
    case Cond::Le: return x <= y;
    case Cond::Gt: return x > y;
    case Cond::Ge: return x >= y;
    }
    return false;
}

bool fold_compare(Cond cond, double a, double b) {
    switch (cond) {
    case Cond::Eq: return a == b;
    case Cond::Ne: return a != b;
    case Cond::Lt: return a < b;
    case Cond::Le: return a <= b;
    case Cond::Gt: return a > b;
    case Cond::Ge: return a >= b;
    }
    return false;
}

std::int64_t fold_convert(Scalar to, std::int64_t value) { return extend_int(to, value); }

} // namespace tn::opt
