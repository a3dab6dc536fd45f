// Constants, arithmetic, comparisons and conversions. Every result is canonical (arith.h).
#include "interp/arith.h"
#include "interp/run.h"

#include <bit>
#include <cmath>

namespace tn::interp {

using ir::Inst;
using ir::Op;

Run::Step Run::exec(Tag<Op::ConstInt>, const Inst& inst) { return set(inst, {.i = inst.imm}); }
Run::Step Run::exec(Tag<Op::ConstFloat>, const Inst& inst) { return set(inst, {.i = inst.imm}); }

// --- integers: trapping ---

Run::Step Run::checked(const Inst& inst, bool fits, rt::Slot value) {
    if (fits) return set(inst, value);
    check(!(inst.flags & ir::NoTrap), "overflow where the optimizer saw none");
    return trap(TrapCode::IntegerOverflow);
}

Run::Step Run::exec(Tag<Op::Add>, const Inst& inst) {
    rt::Slot out;
    bool fits =
        fit(inst.type, number(inst.type, operand(inst, 0)) + number(inst.type, operand(inst, 1)), out);
    return checked(inst, fits, out);
}

Run::Step Run::exec(Tag<Op::Sub>, const Inst& inst) {
    rt::Slot out;
    bool fits =
        fit(inst.type, number(inst.type, operand(inst, 0)) - number(inst.type, operand(inst, 1)), out);
    return checked(inst, fits, out);
}

Run::Step Run::exec(Tag<Op::Mul>, const Inst& inst) {
    __int128 exact;
    rt::Slot out{};
    bool fits = !__builtin_mul_overflow(number(inst.type, operand(inst, 0)),
                                        number(inst.type, operand(inst, 1)), &exact) &&
                fit(inst.type, exact, out);
    return checked(inst, fits, out);
}

Run::Step Run::exec(Tag<Op::Div>, const Inst& inst) {
    __int128 divisor = number(inst.type, operand(inst, 1));
    if (divisor == 0) {
        check(!(inst.flags & ir::NoTrap), "division by zero where the optimizer saw none");
        return trap(TrapCode::DivisionByZero);
    }
    rt::Slot out;
    bool fits = fit(inst.type, number(inst.type, operand(inst, 0)) / divisor, out);
    return checked(inst, fits, out);
}

Run::Step Run::exec(Tag<Op::Rem>, const Inst& inst) {
    __int128 divisor = number(inst.type, operand(inst, 1));
    if (divisor == 0) {
        check(!(inst.flags & ir::NoTrap), "division by zero where the optimizer saw none");
        return trap(TrapCode::DivisionByZero);
    }
    rt::Slot out;
    fit(inst.type, number(inst.type, operand(inst, 0)) % divisor, out);
    return set(inst, out);
}

Run::Step Run::exec(Tag<Op::Neg>, const Inst& inst) {
    rt::Slot out;
    bool fits = fit(inst.type, -number(inst.type, operand(inst, 0)), out);
    return checked(inst, fits, out);
}

Run::Step Run::shift(const Inst& inst, bool left) {
    __int128 amount = number(operand_type(inst, 1), operand(inst, 1));
    if (amount < 0 || amount >= bit_width(inst.type)) {
        check(!(inst.flags & ir::NoTrap), "shift by too much where the optimizer saw none");
        return trap(TrapCode::InvalidShift);
    }
    rt::Slot value = operand(inst, 0);
    auto by = static_cast<unsigned>(amount);
    if (left) return set(inst, int_slot(inst.type, static_cast<std::int64_t>(value.u << by)));
    return set(inst, is_signed(inst.type) ? rt::Slot{.i = value.i >> by} : rt::Slot{.u = value.u >> by});
}

Run::Step Run::exec(Tag<Op::Shl>, const Inst& inst) { return shift(inst, true); }
Run::Step Run::exec(Tag<Op::Shr>, const Inst& inst) { return shift(inst, false); }

// --- integers: total ---

template <typename F> Run::Step Run::wrapping(const Inst& inst, F f) {
    std::uint64_t b = inst.operands.count > 1 ? operand(inst, 1).u : 0;
    return set(inst, int_slot(inst.type, static_cast<std::int64_t>(f(operand(inst, 0).u, b))));
}

using U = std::uint64_t;
Run::Step Run::exec(Tag<Op::WrapAdd>, const Inst& inst) {
    return wrapping(inst, [](U a, U b) { return a + b; });
}
Run::Step Run::exec(Tag<Op::WrapSub>, const Inst& inst) {
    return wrapping(inst, [](U a, U b) { return a - b; });
}
Run::Step Run::exec(Tag<Op::WrapMul>, const Inst& inst) {
    return wrapping(inst, [](U a, U b) { return a * b; });
}
Run::Step Run::exec(Tag<Op::And>, const Inst& inst) {
    return wrapping(inst, [](U a, U b) { return a & b; });
}
Run::Step Run::exec(Tag<Op::Or>, const Inst& inst) {
    return wrapping(inst, [](U a, U b) { return a | b; });
}
Run::Step Run::exec(Tag<Op::Xor>, const Inst& inst) {
    return wrapping(inst, [](U a, U b) { return a ^ b; });
}
Run::Step Run::exec(Tag<Op::Not>, const Inst& inst) {
    return wrapping(inst, [](U a, U) { return ~a; });
}

Run::Step Run::exec(Tag<Op::RotateLeft>, const Inst& inst) {
    return set(inst, rotate_left(inst.type, operand(inst, 0), operand(inst, 1)));
}
Run::Step Run::exec(Tag<Op::RotateRight>, const Inst& inst) {
    rt::Slot back{.u = U(0) - operand(inst, 1).u};
    return set(inst, rotate_left(inst.type, operand(inst, 0), back));
}

namespace {
U without_extension(Scalar type, U word) {
    return bit_width(type) == 64 ? word : word & ((U(1) << bit_width(type)) - 1);
}
} // namespace

Run::Step Run::exec(Tag<Op::PopCount>, const Inst& inst) {
    return wrapping(inst, [&](U a, U) { return U(std::popcount(without_extension(inst.type, a))); });
}
Run::Step Run::exec(Tag<Op::LeadingZeros>, const Inst& inst) {
    return wrapping(inst, [&](U a, U) {
        return U(std::countl_zero(without_extension(inst.type, a))) - (64 - bit_width(inst.type));
    });
}
Run::Step Run::exec(Tag<Op::TrailingZeros>, const Inst& inst) {
    return wrapping(inst, [&](U a, U) {
        return std::min(U(std::countr_zero(without_extension(inst.type, a))), U(bit_width(inst.type)));
    });
}

// --- floats: each in its own precision ---

template <typename F> Run::Step Run::on_floats(const Inst& inst, F f) {
    rt::Slot a = operand(inst, 0), b = inst.operands.count > 1 ? operand(inst, 1) : rt::Slot{.u = 0};
    rt::Slot out{.u = 0};
    if (inst.type == Scalar::F32)
        out.f32 = f(a.f32, b.f32);
    else
        out.f64 = f(a.f64, b.f64);
    return set(inst, out);
}

Run::Step Run::exec(Tag<Op::FAdd>, const Inst& inst) {
    return on_floats(inst, [](auto a, auto b) { return a + b; });
}
Run::Step Run::exec(Tag<Op::FSub>, const Inst& inst) {
    return on_floats(inst, [](auto a, auto b) { return a - b; });
}
Run::Step Run::exec(Tag<Op::FMul>, const Inst& inst) {
    return on_floats(inst, [](auto a, auto b) { return a * b; });
}
Run::Step Run::exec(Tag<Op::FDiv>, const Inst& inst) {
    return on_floats(inst, [](auto a, auto b) { return a / b; });
}
Run::Step Run::exec(Tag<Op::FNeg>, const Inst& inst) {
    return on_floats(inst, [](auto a, auto) { return -a; });
}
Run::Step Run::exec(Tag<Op::FAbs>, const Inst& inst) {
    return on_floats(inst, [](auto a, auto) { return std::fabs(a); });
}
Run::Step Run::exec(Tag<Op::Sqrt>, const Inst& inst) {
    return on_floats(inst, [](auto a, auto) { return std::sqrt(a); });
}
Run::Step Run::exec(Tag<Op::Floor>, const Inst& inst) {
    return on_floats(inst, [](auto a, auto) { return std::floor(a); });
}
Run::Step Run::exec(Tag<Op::Ceil>, const Inst& inst) {
    return on_floats(inst, [](auto a, auto) { return std::ceil(a); });
}
Run::Step Run::exec(Tag<Op::Trunc>, const Inst& inst) {
    return on_floats(inst, [](auto a, auto) { return std::trunc(a); });
}

// --- both ---

Run::Step Run::exec(Tag<Op::ICmp>, const Inst& inst) {
    auto cond = static_cast<ir::Cond>(inst.aux);
    return set(
        inst, {.u = compare_ints(cond, operand_type(inst, 0), operand(inst, 0), operand(inst, 1)) ? 1u : 0u});
}
Run::Step Run::exec(Tag<Op::FCmp>, const Inst& inst) {
    auto cond = static_cast<ir::Cond>(inst.aux);
    return set(
        inst,
        {.u = compare_floats(cond, operand_type(inst, 0), operand(inst, 0), operand(inst, 1)) ? 1u : 0u});
}
Run::Step Run::exec(Tag<Op::Select>, const Inst& inst) {
    Cell chosen = operand_cell(inst, operand(inst, 0).u != 0 ? 1 : 2);
    define(inst.first_result, chosen);
    return Step::Next;
}
Run::Step Run::exec(Tag<Op::Convert>, const Inst& inst) {
    return set(inst, convert(inst.type, operand_type(inst, 0), operand(inst, 0)));
}
Run::Step Run::exec(Tag<Op::Bitcast>, const Inst& inst) {
    return set(inst, bitcast(inst.type, operand_type(inst, 0), operand(inst, 0)));
}

} // namespace tn::interp
