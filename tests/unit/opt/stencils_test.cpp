// Windows over a grid: lists of weights, clamped and wrapped indexes, nests of a few rounds.
#include "pass.h"

using namespace tn;
using namespace tn::opt::test;

namespace {

// A list of two, and a load at INDEX.
const std::string weights = R"(fn @f(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = const.i64 2
    v13 = seq_data.ptr v0
    v3 = list_new.ref v2, desc2
    v4 = seq_data.ptr v3
    v5 = const.i64 7
    store.i64 elem v4 + 0, v5
    v6 = const.i64 9
    store.i64 elem v4 + 8, v6
    v7 = seq_set_len.ref v3, v2
    v8 = const.i64 1
    jump b1(v8)
b1(v9: i64):
    v10 = load.i64 elem v4 + 0 + v8 * 8
    store.i64 elem v13 + 0, v9
    poll
    v11 = wrap_add.i64 v9, v10
    v12 = icmp.lt v11, v1
    branch v12, b1(v11), b2
b2:
    release v7
    return v11
}
)";

// Chooses the smaller one of two.
const std::string smaller = R"(fn @f(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    v2 = icmp.lt v0, v1
    branch v2, b1(v0), b1(v1)
b1(v3: i64):
    return v3
}
)";

// A sum that cannot overflow, and one more constant.
const std::string sums = R"(fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 5
    v2 = const.i64 3
    v3 = add.i64 v0, v1 notrap
    v4 = sub.i64 v3, v2
    return v4
}
)";

// Adds up x[INDEX] for a counter v7 that goes from v1 to v2; v3 is what stays the same.
std::string indexed_loop(const std::string& index) {
    return R"(fn @f(v0: ref, v1: i64, v2: i64, v3: i64) -> i64 {
b0(v0: ref, v1: i64, v2: i64, v3: i64):
    v4 = const.i64 0
    v5 = const.i64 1
    v6 = seq_len.i64 v0
    v16 = seq_data.ptr v0
    jump b1(v4, v5)
b1(v7: i64, v8: i64):
)" + index + R"(    bounds v9, v6
    v10 = load.i64 elem v16 + 0 + v9 * 8
    v11 = wrap_add.i64 v8, v10
    poll
    v12 = add.i64 v7, v5
    v13 = icmp.lt v12, v2
    branch v13, b1(v12, v11), b2
b2:
    return v11
}
)";
}
bool is_versioned(const std::string& text) { return count(text, "load.i64") == 2 && count(text, "bounds") == 1; }

// Two loops of four and of ROUNDS rounds, one in the other; what the inner one computes does not ask for its counter.
std::string nest(const std::string& rounds) {
    return R"(fn @f(v0: ptr, v1: i64) -> i64 {
b0(v0: ptr, v1: i64):
    v2 = const.i64 0
    v3 = const.i64 1
    v4 = const.i64 4
    v5 = const.i64 )" + rounds + R"(
    jump b1(v2, v2)
b1(v6: i64, v7: i64):
    jump b2(v2, v7)
b2(v8: i64, v9: i64):
    v10 = load.i64 elem v0 + 0 + v8 * 8
    v11 = wrap_mul.i64 v10, v6
    v12 = wrap_add.i64 v9, v11
    v13 = wrap_add.i64 v8, v3
    v14 = icmp.lt v13, v5
    branch v14, b2(v13, v12), b3
b3:
    poll
    v15 = wrap_add.i64 v6, v3
    v16 = icmp.lt v15, v4
    branch v16, b1(v15, v12), b4
b4:
    return v12
}
)";
}

} // namespace

TEST(Gvn, ElementsOfAListOfConstantsAreKnown) {
    EXPECT_COUNT(0, run(weights, {opt::gvn}), "load.i64"); // though the loop writes elements of its kind
    const auto expect_load = [](const std::string& from, const std::string& to) {
        EXPECT_COUNT(1, run(with(weights, from, to), {opt::gvn}), "load.i64");
    };
    expect_load("elem v4 + 8, v6", "elem v4 + 0 + v1 * 8, v6");    // one may have been written over
    expect_load("elem v4 + 8, v6", "elem v4 + 0, v6");             // one has
    expect_load("elem v13 + 0, v9", "elem v4 + 8, v9");             // in the loop
    expect_load("elem v13 + 0, v9", "elem v4 + 0 + v9 * 8, v9");
    expect_load("v4 + 0 + v8 * 8", "v4 + 0 + v9 * 8");             // which one is not known
    expect_load("v4 + 0 + v8 * 8", "v4 + 16");                     // nothing is there
}

TEST(Simplify, TheSmallerOneIsSelected) {
    const auto text = run(smaller, {opt::simplify});
    EXPECT_COUNT(1, text, "select.i64");
    EXPECT_COUNT(0, text, "branch");
    EXPECT_COUNT(0, run(with(smaller, "icmp.lt", "icmp.eq"), {opt::simplify}), "select");
    EXPECT_COUNT(0, run(with(smaller, "icmp.lt v0, v1", "icmp.lt v0, v0"), {opt::simplify}), "select");
    EXPECT_COUNT(0, run(with(smaller, "b1(v1)\n", "b1(v1) likely\n"), {opt::simplify}), "select");
}

TEST(Simplify, ConstantsOfProvenSumsMeet) {
    const auto text = run(sums, {opt::simplify, opt::dce});
    EXPECT_COUNT(1, text, "add.i64");
    EXPECT_COUNT(0, text, "sub.i64");
    EXPECT_COUNT(0, text, "notrap"); // the second one may overflow as before
    EXPECT_COUNT(1, run(with(sums, "const.i64 3", "const.i64 8"), {opt::simplify, opt::dce}), "sub.i64");
    EXPECT_COUNT(0, run(with(sums, "const.i64 3", "const.i64 5"), {opt::simplify, opt::dce}), ".i64 v0");
    EXPECT_COUNT(1, run(with(sums, " notrap", ""), {opt::simplify, opt::dce}), "sub.i64"); // the first one may trap
}

TEST(Versions, ClampedAndWrappedIndexes) {
    const std::string least = "    v14 = sub.i64 v7, v5\n    v17 = icmp.gt v14, v3\n    v18 = select.i64 v17, v3, v14\n";
    const std::string clamped = least + "    v19 = icmp.lt v18, v4\n    v9 = select.i64 v19, v4, v18\n";
    EXPECT_TRUE(is_versioned(run(indexed_loop(clamped), {opt::versions})));
    EXPECT_TRUE(is_versioned(run(indexed_loop("    v9 = mul.i64 v7, v3\n"), {opt::versions}))); // a column
    EXPECT_COUNT(1, run(indexed_loop("    v14 = mul.i64 v7, v3\n    v9 = add.i64 v14, v7\n"), {opt::versions}), "load.i64");
    EXPECT_TRUE(is_versioned(run(indexed_loop("    v14 = add.i64 v7, v5\n    v9 = rem.i64 v14, v3\n"), {opt::versions})));
    // Without a lower bound; with an upper one that changes; the other one of the two.
    for (const std::string& index : {with(least, "v18", "v9"), with(clamped, "v17, v3, v14", "v17, v14, v3"),
                                     with(clamped, "icmp.gt v14, v3", "icmp.gt v14, v8")})
        EXPECT_COUNT(1, run(indexed_loop(index), {opt::versions}), "load.i64") << index;
}

TEST(Bases, WhatStaysTheSameIsAddedInFront) {
    const std::string row = "    v14 = wrap_add.i64 v3, v7\n    v9 = wrap_add.i64 v14, v5\n";
    const auto expect = [](unsigned bases, unsigned sums, const std::string& text) {
        EXPECT_COUNT(bases, text, "elem_addr.ptr v");
        EXPECT_COUNT(sums, text, "wrap_add.i64");
    };
    const auto without_test = [](const std::string& index) { return with(indexed_loop(index), "    bounds v9, v6\n", ""); };
    const auto text = run(without_test(row), {opt::bases, opt::dce});
    expect(1, 1, text);
    EXPECT_COUNT(1, text, " + 8 + v");
    expect(0, 3, run(indexed_loop(row), {opt::bases, opt::dce}));                                      // tested
    expect(0, 1, run(without_test(with(with(row, "wrap_", ""), "wrap_", "")), {opt::bases, opt::dce})); // may overflow
    expect(0, 2, run(without_test("    v9 = wrap_add.i64 v7, v8\n"), {opt::bases, opt::dce}));         // changes
}

TEST(Unroll, NestsAreMeasuredByWhatRoundsDoNotShare) {
    EXPECT_COUNT(16, run(nest("4"), {opt::unroll, opt::simplify}), "load.i64");
    EXPECT_COUNT(0, run(nest("4"), {opt::unroll, opt::simplify}), "branch");
    EXPECT_COUNT(1, run(nest("9"), {opt::unroll, opt::simplify}), "load.i64");
}

TEST(Sums, SeveralBytesAreTestedOnce) {
    const std::string bytes = R"(fn @f(v0: ptr, v1: u8, v2: u8) -> u8 {
b0(v0: ptr, v1: u8, v2: u8):
    v3 = load.u8 elem v0 + 0
    v4 = add.u8 v3, v1
    v5 = load.u8 elem v0 + 1
    v6 = add.u8 v4, v5
    v7 = add.u8 v6, v2
    return v7
}
)";
    const auto text = run(bytes, {opt::sums});
    EXPECT_COUNT(3, text, "wrap_add.u32");
    EXPECT_COUNT(0, text, "add.u8");
    EXPECT_COUNT(1, text, "trap_if IntegerOverflow");
    const auto expect_none = [&](const std::string& from, const std::string& to) {
        EXPECT_COUNT(0, run(with(bytes, from, to), {opt::sums}), "trap_if");
    };
    expect_none("    v5 = load", "    store.u8 elem v0 + 0, v4\n    v5 = load");    // is asked for in between
    expect_none("    v5 = load", "    store.u8 elem v0 + 0, v1\n    v5 = load");    // can be seen
    expect_none("    v5 = load", "    poll\n    v5 = load");
    expect_none("return v7", "v8 = xor.u8 v7, v6\n    return v8");                  // is asked for behind
    expect_none("    v7 = add.u8 v6, v2", "    v7 = xor.u8 v6, v2");                // too few
}
