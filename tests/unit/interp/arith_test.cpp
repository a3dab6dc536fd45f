// Every operation on numbers, with the edges of the types.
#include "script.h"

#include <cmath>
#include <limits>

namespace tn::interp::test {
namespace {

constexpr std::int64_t i64_min = std::numeric_limits<std::int64_t>::min(),
                       i64_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t u64_max = -1; // as a slot

struct IntCase {
    const char* op;
    const char* type;
    std::int64_t a, b, result;
    TrapCode trap = TrapCode::None;
};
constexpr TrapCode overflow = TrapCode::IntegerOverflow, by_zero = TrapCode::DivisionByZero,
                   bad_shift = TrapCode::InvalidShift;

void run_all(std::span<const IntCase> cases, bool binary) {
    for (const IntCase& c : cases) {
        std::string name = std::string(c.op) + "." + c.type;
        std::vector<std::string> params{c.type};
        if (binary) params.push_back(c.type);
        Script script = one_op(name, c.type, params);
        rt::Slot result = script.run("f", {slot(c.a), slot(c.b)});
        EXPECT_EQ(script.trap, c.trap) << name << " " << c.a << ", " << c.b;
        if (c.trap == TrapCode::None) { EXPECT_EQ(result.i, c.result) << name << " " << c.a << ", " << c.b; }
    }
}

TEST(Arith, CheckedIntegers) {
    const IntCase cases[] = {
        {"add", "i64", 2, 3, 5},
        {"add", "i64", i64_max, 1, 0, overflow},
        {"add", "i64", i64_min, -1, 0, overflow},
        {"add", "i8", 100, 27, 127},
        {"add", "i8", 100, 28, 0, overflow},
        {"add", "u8", 200, 55, 255},
        {"add", "u8", 200, 56, 0, overflow},
        {"add", "u64", u64_max, 1, 0, overflow},
        {"add", "u64", i64_max, 1, i64_min},
        {"add", "u32", 4294967295, 1, 0, overflow},
        {"add", "i16", 32767, 1, 0, overflow},
        {"sub", "i64", 2, 3, -1},
        {"sub", "i64", i64_min, 1, 0, overflow},
        {"sub", "u8", 2, 3, 0, overflow},
        {"sub", "i32", -2147483648, 1, 0, overflow},
        {"sub", "u64", u64_max, u64_max, 0},
        {"mul", "i64", -3, 7, -21},
        {"mul", "i64", i64_min, -1, 0, overflow},
        {"mul", "i64", 4294967296, 4294967296, 0, overflow},
        {"mul", "u64", u64_max, u64_max, 0, overflow},
        {"mul", "u64", 4294967295, 4294967297, u64_max},
        {"mul", "i8", 16, 8, 0, overflow},
        {"mul", "i8", -16, 8, -128},
        {"mul", "u16", 256, 256, 0, overflow},
        {"div", "i64", -7, 2, -3},
        {"div", "i64", 7, -2, -3},
        {"div", "i64", i64_min, -1, 0, overflow},
        {"div", "i64", 1, 0, 0, by_zero},
        {"div", "i8", -128, -1, 0, overflow},
        {"div", "u64", u64_max, 2, i64_max},
        {"div", "u8", 255, 2, 127},
        {"rem", "i64", -7, 2, -1},
        {"rem", "i64", 7, -2, 1},
        {"rem", "i64", i64_min, -1, 0},
        {"rem", "i64", 1, 0, 0, by_zero},
        {"rem", "u64", u64_max, 10, 5},
        {"rem", "i16", -32768, -1, 0},
        {"shl", "i64", 1, 63, i64_min},
        {"shl", "i64", 1, 64, 0, bad_shift},
        {"shl", "i64", 1, -1, 0, bad_shift},
        {"shl", "u8", 255, 1, 254},
        {"shl", "i8", 64, 1, -128},
        {"shl", "i8", 1, 8, 0, bad_shift},
        {"shl", "i32", 3, 0, 3},
        {"shr", "i64", -8, 1, -4},
        {"shr", "u64", u64_max, 63, 1},
        {"shr", "i8", -128, 7, -1},
        {"shr", "u8", 128, 7, 1},
        {"shr", "u32", 1, 32, 0, bad_shift},
    };
    run_all(cases, true);
    const IntCase unary[] = {{"neg", "i64", 5, 0, -5},
                             {"neg", "i64", i64_min, 0, 0, overflow},
                             {"neg", "i8", -128, 0, 0, overflow},
                             {"neg", "i8", 127, 0, -127}};
    run_all(unary, false);
}

TEST(Arith, TotalIntegers) {
    const IntCase cases[] = {
        {"wrap_add", "i64", i64_max, 1, i64_min},
        {"wrap_add", "u8", 255, 1, 0},
        {"wrap_add", "i8", 127, 1, -128},
        {"wrap_sub", "u32", 0, 1, 4294967295},
        {"wrap_mul", "i32", 65536, 65536, 0},
        {"wrap_mul", "i8", 100, 3, 44},
        {"and", "i8", -1, 85, 85},
        {"or", "u16", 1, 2, 3},
        {"xor", "i64", -1, 1, -2},
        {"and", "bool", 1, 0, 0},
        {"rotl", "u8", 129, 1, 3},
        {"rotl", "i8", -127, 1, 3},
        {"rotl", "i64", 1, -1, i64_min},
        {"rotl", "u32", 1, 32, 1},
        {"rotr", "u8", 129, 1, 192},
        {"rotr", "u64", 1, 1, i64_min},
        {"rotr", "i32", 1, 33, -2147483648},
    };
    run_all(cases, true);
    const IntCase unary[] = {
        {"not", "i64", 0, 0, -1},     {"not", "u8", 1, 0, 254},     {"not", "bool", 1, 0, 0},
        {"not", "bool", 0, 0, 1},     {"popcount", "i8", -1, 0, 8}, {"popcount", "u64", u64_max, 0, 64},
        {"popcount", "i32", 0, 0, 0}, {"clz", "i8", 1, 0, 7},       {"clz", "i8", -1, 0, 0},
        {"clz", "u16", 0, 0, 16},     {"clz", "i64", 0, 0, 64},     {"ctz", "i8", 0, 0, 8},
        {"ctz", "i8", -128, 0, 7},    {"ctz", "u64", 0, 0, 64},     {"ctz", "u32", 4, 0, 2},
    };
    run_all(unary, false);
}

TEST(Arith, MixedShiftAmount) {
    Script script = one_op("shl.i64", "i64", {"i64", "u8"});
    EXPECT_EQ(script.run("f", {slot(1), slot(40)}).i, std::int64_t(1) << 40);
    Script narrow = one_op("shr.u8", "u8", {"u8", "u64"});
    narrow.run("f", {slot(1), slot(u64_max)});
    EXPECT_EQ(narrow.trap, bad_shift);
}

TEST(Arith, IntegersCompareBySign) {
    for (auto [type, expected] : {std::pair("i64", 1), {"u64", 0}, {"i8", 1}}) {
        Script script = one_op("icmp.lt", "bool", {type, type});
        EXPECT_EQ(script.run("f", {slot(-1), slot(1)}).i, expected) << type;
    }
    for (auto [op, expected] : {std::pair("eq", 0), {"ne", 1}, {"lt", 1}, {"le", 1}, {"gt", 0}, {"ge", 0}}) {
        Script script = one_op(std::string("icmp.") + op, "bool", {"i32", "i32"});
        EXPECT_EQ(script.run("f", {slot(-5), slot(9)}).i, expected) << op;
    }
}

TEST(Arith, FloatsCompareWithNaN) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (auto [op, expected] : {std::pair("eq", 0), {"ne", 1}, {"lt", 0}, {"le", 0}, {"gt", 0}, {"ge", 0}}) {
        Script script = one_op(std::string("fcmp.") + op, "bool", {"f64", "f64"});
        EXPECT_EQ(script.run("f", {slot(nan), slot(1.0)}).i, expected) << op;
        EXPECT_EQ(script.run("f", {slot(nan), slot(nan)}).i, expected) << op;
    }
    Script zero = one_op("fcmp.eq", "bool", {"f64", "f64"});
    EXPECT_EQ(zero.run("f", {slot(0.0), slot(-0.0)}).i, 1);
}

TEST(Arith, Floats) {
    struct Case {
        const char* op;
        double a, b, result;
    };
    const double inf = std::numeric_limits<double>::infinity();
    for (const Case& c : {Case{"fadd", 0.1, 0.2, 0.1 + 0.2},
                          {"fsub", 1, 3, -2},
                          {"fmul", 1e200, 1e200, inf},
                          {"fdiv", 1, 0, inf},
                          {"fdiv", -1, 0, -inf}}) {
        Script script = one_op(std::string(c.op) + ".f64", "f64", {"f64", "f64"});
        EXPECT_EQ(script.run("f", {slot(c.a), slot(c.b)}).f64, c.result) << c.op;
    }
    for (const Case& c : {Case{"fneg", 0.0, 0, -0.0},
                          {"fabs", -2, 0, 2},
                          {"sqrt", 9, 0, 3},
                          {"floor", -1.5, 0, -2},
                          {"ceil", -1.5, 0, -1},
                          {"trunc", -1.5, 0, -1}}) {
        Script script = one_op(std::string(c.op) + ".f64", "f64", {"f64"});
        rt::Slot result = script.run("f", {slot(c.a)});
        EXPECT_EQ(result.u, std::bit_cast<std::uint64_t>(c.result)) << c.op;
    }
    Script root = one_op("sqrt.f64", "f64", {"f64"});
    EXPECT_TRUE(std::isnan(root.run("f", {slot(-1.0)}).f64));
    // f32 rounds at once.
    Script narrow = one_op("fadd.f32", "f32", {"f32", "f32"});
    rt::Slot a{.u = 0}, b{.u = 0};
    a.f32 = 16777216.0f;
    b.f32 = 1.0f;
    rt::Slot sum = narrow.run("f", {a, b});
    EXPECT_EQ(sum.f32, 16777216.0f);
    EXPECT_EQ(sum.u >> 32, 0u);
}

TEST(Arith, Conversions) {
    struct Case {
        const char* from;
        const char* to;
        std::int64_t in, out;
    };
    auto f64 = [](double value) { return std::bit_cast<std::int64_t>(value); };
    auto f32 = [](float value) { return std::int64_t(std::bit_cast<std::uint32_t>(value)); };
    const double nan = std::numeric_limits<double>::quiet_NaN(),
                 inf = std::numeric_limits<double>::infinity();
    const Case cases[] = {
        {"i64", "u8", 300, 44},
        {"i64", "i8", 200, -56},
        {"i8", "u64", -1, u64_max},
        {"u8", "i64", 255, 255},
        {"i32", "u32", -1, 4294967295},
        {"bool", "i64", 1, 1},
        {"u64", "i32", u64_max, -1},
        {"i64", "f64", i64_max, f64(9223372036854775808.0)},
        {"u64", "f64", u64_max, f64(18446744073709551616.0)},
        {"i64", "f32", 16777217, f32(16777216.0f)},
        {"u64", "f32", u64_max, f32(18446744073709551616.0f)},
        {"bool", "f64", 1, f64(1)},
        // Rounded once, not first to f64.
        {"i64", "f32", 9007199791611905, f32(9007200328482816.0f)},
        {"f64", "i64", f64(1.9), 1},
        {"f64", "i64", f64(-1.9), -1},
        {"f64", "i64", f64(nan), 0},
        {"f64", "i64", f64(inf), i64_max},
        {"f64", "i64", f64(-inf), i64_min},
        {"f64", "i64", f64(9223372036854775808.0), i64_max},
        {"f64", "u64", f64(-1), 0},
        {"f64", "u64", f64(1e30), u64_max},
        {"f64", "u64", f64(9223372036854775808.0), i64_min},
        {"f64", "u8", f64(255.9), 255},
        {"f64", "u8", f64(256), 255},
        {"f64", "i8", f64(-128.9), -128},
        {"f64", "i8", f64(-1000), -128},
        {"f64", "i32", f64(2147483647.5), 2147483647},
        {"f64", "u32", f64(4294967295.5), 4294967295},
        {"f32", "i16", f32(1e9f), 32767},
        {"f32", "f64", f32(0.5f), f64(0.5)},
        {"f64", "f32", f64(1e300), f32(std::numeric_limits<float>::infinity())},
        {"f64", "f32", f64(0.1), f32(0.1f)},
    };
    for (const Case& c : cases) {
        Script script = one_op(std::string("convert.") + c.to, c.to, {c.from});
        EXPECT_EQ(script.run("f", {slot(c.in)}).i, c.out) << c.from << " to " << c.to << " of " << c.in;
    }
    const Case casts[] = {
        {"f64", "u64", f64(1.0), 0x3ff0000000000000},
        {"i64", "f64", 0x3ff0000000000000, f64(1.0)},
        {"f32", "i32", f32(-0.0f), -2147483648},
        {"f32", "u32", f32(-0.0f), 2147483648},
        {"i32", "f32", -2147483648, f32(-0.0f)},
        {"u8", "i8", 200, -56},
        {"i64", "u64", -1, -1},
    };
    for (const Case& c : casts) {
        Script script = one_op(std::string("bitcast.") + c.to, c.to, {c.from});
        EXPECT_EQ(script.run("f", {slot(c.in)}).i, c.out) << c.from << " as bits of " << c.to;
    }
}

TEST(Arith, ConstantsAndSelect) {
    Script script(R"(
fn @f(v0: bool) -> f32, i8 {
b0(v0: bool):
    v1 = fconst.f32 1.5
    v2 = fconst.f32 -2
    v3 = select.f32 v0, v1, v2
    v4 = const.i8 -7
    return v3, v4
}
)");
    EXPECT_EQ(script.run("f", {slot(1)}).f32, 1.5f);
    EXPECT_EQ(script.io[1].i, -7);
    EXPECT_EQ(script.run("f", {slot(0)}).f32, -2.0f);
}

TEST(Arith, ArgumentsAreMadeCanonical) {
    Script script = one_op("wrap_add.u8", "u8", {"u8", "u8"});
    EXPECT_EQ(script.run("f", {slot(-1), slot(0)}).i, 255);
}

// The optimizer's word is checked.
TEST(Arith, WrongNoTrap) {
    Script script(
        "\nfn @f(v0: i64) -> i64 {\nb0(v0: i64):\n    v1 = add.i64 v0, v0 notrap\n    return v1\n}\n");
    EXPECT_EQ(script.run("f", {slot(4)}).i, 8);
    EXPECT_THROW(script.run("f", {slot(i64_max)}), InternalError);
}

} // namespace
} // namespace tn::interp::test
