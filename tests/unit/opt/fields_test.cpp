// Fields of which a branch would choose one; conditions that are passed on and asked for elsewhere.
#include "pass.h"

using namespace tn;
using namespace tn::opt::test;

namespace {

// A step down a tree of records of 32 bytes.
const std::string step = R"(fn @f(v0: ref, v1: i64, v2: i64) -> i64 {
b0(v0: ref, v1: i64, v2: i64):
    v3 = seq_data.ptr v0
    v4 = seq_len.i64 v0
    v5 = const.i64 7
    v6 = icmp.lt v2, v5
    branch v6, b1, b2
b1:
    bounds v1, v4
    v7 = elem_addr.ptr v3, v1 * 32
    v8 = load.i64 elem v7 + 8
    jump b3(v8)
b2:
    bounds v1, v4
    v9 = elem_addr.ptr v3, v1 * 32
    v10 = load.i64 elem v9 + 16
    jump b3(v10)
b3(v11: i64):
    return v11
}
)";

TEST(Fields, ABranchBetweenTwoFieldsReadsBoth) {
    const auto text = run(step, {opt::fields, opt::dce});
    EXPECT_COUNT(1, text, "select.i64");
    EXPECT_COUNT(2, text, "bounds"); // on the ways that trap
    EXPECT_COUNT(1, text, "likely");
    EXPECT_COUNT(2, text, " cold:\n    bounds");
}

TEST(Fields, WithoutATestTheBranchGoes) {
    const auto text = run(with(with(step, "b1:\n    bounds v1, v4\n", "b1:\n"), "b2:\n    bounds v1, v4\n", "b2:\n"), {opt::fields, opt::selects, opt::dce});
    EXPECT_COUNT(1, text, "select.i64");
    EXPECT_COUNT(0, text, "branch");
}

TEST(Fields, WhatIsNotOneRecordIsReadOnItsWayOnly) {
    const auto expect_same = [](const std::string& f) { EXPECT_EQ(run(f, {opt::fields}), run(f, {})); };
    expect_same(with(step, "v9 = elem_addr.ptr v3, v1", "v9 = elem_addr.ptr v3, v2"));            // another record
    expect_same(with(step, "b2:\n    bounds v1, v4\n", "b2:\n"));                                // one way tests
    expect_same(with(step, "load.i64 elem v9 + 16", "load.i64 elem v9 + 32"));                   // beyond the record
    expect_same(with(step, "    jump b3(v10)", "    store.i64 elem v9 + 0, v10\n    jump b3(v10)")); // a way that does more
    expect_same(with(step, "branch v6, b1, b2", "branch v6, b1, b2 likely"));
}

TEST(Simplify, AWayKnowsItsCondition) {
    const std::string f = R"(fn @f(v0: i64, v1: bool) -> bool {
b0(v0: i64, v1: bool):
    jump b1(v0, v1)
b1(v2: i64, v3: bool):
    v4 = const.i64 0
    v5 = icmp.lt v2, v4
    v6 = const.i64 1
    v7 = wrap_add.i64 v2, v6
    poll
    branch v5, b2(v3), b1(v7, v5)
b2(v8: bool):
    return v8
}
)";
    EXPECT_COUNT(1, run(f, {opt::simplify}), "const.bool 0");
}

TEST(Simplify, AConditionIsPassedOnWithoutABranch) {
    const std::string f = R"(fn @f(v0: i64, v1: i64) -> i64, bool {
b0(v0: i64, v1: i64):
    v2 = icmp.lt v0, v1
    v3 = const.bool 0
    branch v2, b1, b2(v3, v0)
b1:
    v4 = const.bool 1
    jump b2(v4, v0)
b2(v5: bool, v6: i64):
    return v6, v5
}
)";
    EXPECT_COUNT(0, run(f, {opt::simplify}), "branch");
    EXPECT_COUNT(1, run(with(f, "jump b2(v4, v0)", "jump b2(v4, v1)"), {opt::simplify}), "branch");
    EXPECT_COUNT(1, run(with(f, "v4 = const.bool 1", "v4 = const.bool 0"), {opt::simplify}), "return"); // of a constant
}

TEST(Selects, AComparisonSinksToItsBranch) {
    const std::string f = R"(fn @f(v0: i64, v1: ptr) -> i64 {
b0(v0: i64, v1: ptr):
    jump b1(v0)
b1(v2: i64):
    v3 = const.i64 0
    v4 = icmp.le v2, v3
    v5 = const.i64 -1
    v6 = wrap_add.i64 v2, v5
    v7 = load.i64 elem v1 + 0
    v8 = icmp.eq v7, v2
    branch v8, b3, b2
b2:
    poll
    branch v4, b3, b1(v6)
b3:
    return v2
}
)";
    const auto text = run(f, {opt::selects});
    EXPECT_GT(text.find("icmp.le"), text.find("\nb2:")) << text;
    // Where somebody else asks for it, it stays.
    EXPECT_LT(run(with(f, "branch v8, b3, b2", "branch v4, b3, b2"), {opt::selects}).find("icmp.le"), text.find("\nb2:"));
}

} // namespace
