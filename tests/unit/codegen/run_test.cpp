// Control flow, calls, entry thunks: the straight path.
#include "jit.h"

namespace tn::codegen::test {
namespace {

const char* basics = R"(
fn @factorial(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 1
    v2 = icmp.le v0, v1
    branch v2, b1, b2
b1:
    return v1
b2:
    v3 = sub.i64 v0, v1
    v4 = call @factorial v3 @loc0
    v5 = mul.i64 v0, v4 @loc1
    return v5
}

fn @fib(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 2
    v2 = icmp.lt v0, v1
    branch v2, b1, b2
b1:
    return v0
b2:
    v9 = const.i64 1
    v3 = sub.i64 v0, v9
    v4 = call @fib v3 @loc0
    v5 = sub.i64 v0, v1
    v6 = call @fib v5 @loc0
    v7 = add.i64 v4, v6 @loc1
    return v7
}

fn @sum(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 0
    jump b1(v1, v1)
b1(v2: i64, v3: i64):
    v4 = icmp.lt v2, v0
    branch v4, b2, b3 likely
b2:
    poll @loc0
    v5 = const.i64 1
    v6 = add.i64 v2, v5
    v7 = add.i64 v3, v6
    jump b1(v6, v7)
b3:
    return v3
}

fn @swap(v0: i64, v1: i64) -> i64, i64 {
b0(v0: i64, v1: i64):
    v2 = const.i64 0
    jump b1(v0, v1, v2)
b1(v3: i64, v4: i64, v5: i64):
    v6 = const.i64 3
    v7 = icmp.eq v5, v6
    branch v7, b2, b3
b2:
    return v3, v4
b3:
    v8 = const.i64 1
    v9 = add.i64 v5, v8
    jump b1(v4, v3, v9)
}

fn @choose(v0: i8) -> i64 {
b0(v0: i8):
    switch v0, b1, b2, b3
b1:
    v1 = const.i64 10
    return v1
b2:
    v2 = const.i64 20
    return v2
b3:
    v3 = const.i64 -1
    return v3
}

fn @table(v0: i64) -> i64 {
b0(v0: i64):
    switch v0, b1, b2, b3, b4, b5, b6, b7
b1:
    v1 = const.i64 10
    return v1
b2:
    v2 = const.i64 11
    return v2
b3:
    v3 = const.i64 12
    return v3
b4:
    v4 = const.i64 13
    return v4
b5:
    v5 = const.i64 14
    return v5
b6:
    v6 = const.i64 15
    return v6
b7:
    v7 = const.i64 -1
    return v7
}
)";

TEST(Run, Factorial) {
    Script s(basics);
    EXPECT_EQ(s.run("factorial", {slot(10)}).i, 3628800);
    EXPECT_EQ(s.trap, TrapCode::None);
    EXPECT_EQ(s.run("fib", {slot(20)}).i, 6765);
    s.run("factorial", {slot(30)});
    EXPECT_EQ(s.trap, TrapCode::IntegerOverflow);
    EXPECT_EQ(s.run("factorial", {slot(5)}).i, 120);
}

TEST(Run, Loops) {
    Script s(basics);
    EXPECT_EQ(s.run("sum", {slot(1000)}).i, 500500);
    EXPECT_EQ(s.run("swap", {slot(1), slot(2)}).i, 2);
    EXPECT_EQ(s.io[1].i, 1);
}

TEST(Run, Switches) {
    Script s(basics);
    EXPECT_EQ(s.run("choose", {slot(0)}).i, 10);
    EXPECT_EQ(s.run("choose", {slot(1)}).i, 20);
    EXPECT_EQ(s.run("choose", {slot(2)}).i, -1);
    EXPECT_EQ(s.run("choose", {slot(-1)}).i, -1);
    for (int i = 0; i < 6; ++i) EXPECT_EQ(s.run("table", {slot(i)}).i, 10 + i);
    EXPECT_EQ(s.run("table", {slot(6)}).i, -1);
    EXPECT_EQ(s.run("table", {slot(INT64_MIN)}).i, -1);
}

TEST(Run, Limits) {
    Script s(basics);
    s.run("fib", {slot(0)});
    s.instance->leave();
    EXPECT_EQ(s.instance->enter(), rt::EnterResult::Entered);
    s.instance->fire(rt::CancelRequested);
    s.run("sum", {slot(1'000'000'000'000)});
    EXPECT_EQ(s.trap, TrapCode::Cancelled);
}

TEST(Run, Metered) {
    GenerateOptions options;
    options.mode = rt::CodeMode::Metered;
    Script s(basics, options);
    s.instance->context.fuel = 1000;
    EXPECT_EQ(s.run("sum", {slot(100)}).i, 5050);
    EXPECT_EQ(s.instance->context.fuel, 1000 - 101);
    s.run("sum", {slot(1000)});
    EXPECT_EQ(s.trap, TrapCode::OutOfFuel);
    EXPECT_EQ(s.instance->context.fuel, 0);
    s.instance->context.fuel = 50;
    s.run("fib", {slot(30)});
    EXPECT_EQ(s.trap, TrapCode::OutOfFuel);
}

TEST(Run, EndlessRecursionStops) {
    Script s(R"(
fn @down(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 1
    v2 = add.i64 v0, v1
    v3 = call @down v2 @loc0
    v4 = add.i64 v3, v1
    return v4
}
)");
    s.run("down", {slot(0)});
    EXPECT_EQ(s.trap, TrapCode::StackOverflow);
    s.run("down", {slot(0)});
    EXPECT_EQ(s.trap, TrapCode::StackOverflow);
}

// Records of many fields: arguments and results far beyond the registers.
TEST(Run, HundredsOfLeaves) {
    constexpr int n = 150;
    std::string params, names, types;
    for (int i = 0; i < n; ++i) {
        const std::string type = i % 3 == 0 ? "f64" : i % 3 == 1 ? "i64" : "i16";
        params += (i ? ", v" : "v") + std::to_string(i) + ": " + type;
        names += (i ? ", v" : "v") + std::to_string(i);
        types += (i ? ", " : "") + type;
    }
    // Every call turns the row around, three by three.
    std::string text = "fn @turn(" + params + ") -> " + types + " {\nb0(" + params + "):\n    return ";
    for (int i = 0; i < n; ++i) text += (i ? ", v" : "v") + std::to_string(n - 3 - i / 3 * 3 + i % 3);
    text += "\n}\nfn @f(" + params + ") -> " + types + " {\nb0(" + params + "):\n    ";
    for (int i = 0; i < n; ++i) text += (i ? ", v" : "v") + std::to_string(2000 + i);
    text += " = call @turn " + names + " @loc0\n    ";
    for (int i = 0; i < n; ++i) text += (i ? ", v" : "v") + std::to_string(3000 + i);
    text += " = call @turn ";
    for (int i = 0; i < n; ++i) text += (i ? ", v" : "v") + std::to_string(2000 + i);
    text += " @loc1\n    return ";
    for (int i = 0; i < n; ++i) text += (i ? ", v" : "v") + std::to_string(3000 + i);
    text += "\n}\n";
    for (unsigned limit : {0u, 8u}) {
        GenerateOptions options;
        options.limit_registers = limit;
        Script s(text, options);
        std::vector<rt::Slot> row;
        for (int i = 0; i < n; ++i) row.push_back(i % 3 == 0 ? slot(i + 0.5) : slot(i % 3 == 1 ? i : -i));
        s.run("turn", row);
        for (int i = 0; i < n; ++i)
            EXPECT_EQ(s.io[static_cast<std::size_t>(i)].u,
                      row[static_cast<std::size_t>(n - 3 - i / 3 * 3 + i % 3)].u)
                << i;
        s.run("f", row);
        for (int i = 0; i < n; ++i)
            EXPECT_EQ(s.io[static_cast<std::size_t>(i)].u, row[static_cast<std::size_t>(i)].u) << i;
    }
}

// A large frame meets the end of the stack before it is made.
TEST(Run, LargeFramesOverflowCleanly) {
    constexpr int n = 1500;
    std::string text = "fn @deep(v0: i64) -> i64 {\nb0(v0: i64):\n    v1 = const.i64 1\n";
    for (int i = 0; i < n; ++i)
        text += "    v" + std::to_string(10 + i) + " = wrap_mul.i64 v0, v" +
                (i ? std::to_string(9 + i) : "0") + "\n";
    text += "    v2 = wrap_add.i64 v0, v1\n    v3 = call @deep v2 @loc0\n";
    std::string sum = "v3";
    for (int i = 0; i < n; ++i) {
        std::string name = "v" + std::to_string(10000 + i);
        text += "    " + name + " = xor.i64 " + sum + ", v" + std::to_string(10 + i) + "\n";
        sum = name;
    }
    text += "    return " + sum + "\n}\n";
    Script s(text);
    for (int i = 0; i < 3; ++i) {
        s.run("deep", {slot(1)});
        EXPECT_EQ(s.trap, TrapCode::StackOverflow);
    }
}

// More code than a conditional branch of every machine reaches across, between a loop's test and its end, and
// constants all over it.
TEST(Run, FunctionsOfMegabytes) {
    constexpr int rounds = 30000;
    std::string body;
    int next = 10, sum = 5;
    std::string real = "v6";
    for (int i = 0; i < rounds; ++i) {
        const std::string n = std::to_string(next), m = std::to_string(next + 1),
                          c = std::to_string(next + 2), f = std::to_string(next + 3);
        body += "    v" + n + " = add.i64 v" + std::to_string(sum) + ", v4\n    v" + m + " = add.i64 v" + n +
                ", v1\n    v" + c + " = fconst.f64 " + std::to_string(i) + ".1\n    v" + f + " = fadd.f64 " +
                real + ", v" + c + "\n";
        sum = next + 1;
        real = "v" + f;
        next += 4;
    }
    const std::string last = std::to_string(next);
    Script s("fn @f(v0: i64, v1: i64) -> i64, f64 {\nb0(v0: i64, v1: i64):\n    v2 = const.i64 0\n    v3 = "
             "fconst.f64 0\n"
             "    jump b1(v0, v2, v3)\nb1(v4: i64, v5: i64, v6: f64):\n    v7 = icmp.gt v4, v2\n    branch "
             "v7, b2, b3\nb2:\n" +
             body + "    v8 = const.i64 1\n    v" + last + " = sub.i64 v4, v8\n    jump b1(v" + last + ", v" +
             std::to_string(sum) + ", " + real + ")\nb3:\n    return v5, v6\n}\n");
    s.run("f", {slot(3), slot(7)});
    EXPECT_EQ(s.trap, TrapCode::None);
    EXPECT_EQ(s.io[0].i, std::int64_t(rounds) * (3 + 2 + 1 + 3 * 7));
    double expected = 0;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < rounds; ++i) expected += std::strtod((std::to_string(i) + ".1").c_str(), nullptr);
    }
    EXPECT_EQ(s.io[1].f64, expected);
    s.run("f", {slot(1), slot(INT64_MAX - 5)});
    EXPECT_EQ(s.trap, TrapCode::IntegerOverflow);
}

} // namespace
} // namespace tn::codegen::test
