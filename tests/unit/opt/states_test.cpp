#include "pass.h"

#include <gtest/gtest.h>

using namespace tn;
using namespace tn::opt::test;

namespace {

// Two states by turns: in each, what the round does, and the next.
const std::string machine = R"(fn @f(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    v2 = const.i64 0
    v3 = const.u8 0
    jump b1(v2, v3, v2)
b1(v4: i64, v5: u8, v6: i64):
    poll
    switch v5, b2, b3, b4
b2:
    v7 = const.u8 1
    v8 = wrap_add.i64 v6, v0
    jump b5(v7, v8)
b3:
    v9 = const.u8 0
    v10 = const.u8 2
    v11 = icmp.lt v6, v0
    v12 = select.u8 v11, v9, v10
    jump b5(v12, v6)
b4:
    v13 = xor.i64 v6, v1
    jump b5(v5, v13)
b5(v14: u8, v15: i64):
    v16 = const.i64 1
    v17 = wrap_add.i64 v4, v16
    v18 = icmp.lt v17, v1
    branch v18, b1(v17, v14, v15), b6
b6:
    return v15
}
)";

} // namespace

TEST(States, GoesStraightToTheCodeOfTheNext) {
    const auto text = run(machine, {opt::states, opt::dce, opt::simplify});
    EXPECT_COUNT(0, text, "switch");
    EXPECT_COUNT(0, text, "select");
    EXPECT_COUNT(1, text, "xor");
    EXPECT_COUNT(4, text, "branch"); // at the end of a round in each state, and where the next is chosen
}

TEST(States, AsksForTheStateThatTheLoopIsEnteredIn) {
    const auto text = run(with(machine, "v3 = const.u8 0", "v3 = convert.u8 v0"), {opt::states, opt::dce, opt::simplify});
    EXPECT_COUNT(1, text, "switch");
}

TEST(States, IsLeftAloneWhereItIsComputed) {
    const std::string before = run(machine, {});
    EXPECT_COUNT(1, run(with(machine, "jump b5(v5, v13)", "v19 = wrap_add.u8 v5, v3\n    jump b5(v19, v13)"), {opt::states}), "switch");
    // Nothing asks for it in the loop.
    EXPECT_COUNT(1, run(with(machine, "switch v5, b2, b3, b4", "switch v3, b2, b3, b4"), {opt::states}), "switch");
}
