// Loops that run a few rounds, or over indexes that versions understands; what is known of counters and shifts.
#include "pass.h"

using namespace tn;
using namespace tn::opt::test;

namespace {

// Adds up x[from], x[from + step], ... while the counter is less than 4.
const std::string short_loop = R"(fn @f(v0: ptr) -> i64 {
b0(v0: ptr):
    v1 = const.i64 0
    v2 = const.i64 1
    v3 = const.i64 4
    jump b1(v1, v1)
b1(v4: i64, v5: i64):
    v6 = load.i64 elem v0 + 0 + v4 * 8
    v7 = add.i64 v5, v6
    poll
    v8 = wrap_add.i64 v4, v2
    v9 = icmp.lt v8, v3
    branch v9, b1(v8, v7), b2
b2:
    return v7
}
)";

// Adds up x[INDEX] for a counter v7 that goes from v1 to v2.
std::string indexed_loop(const std::string& index) {
    return R"(fn @f(v0: ref, v1: i64, v2: i64, v3: i64, v4: i64) -> i64 {
b0(v0: ref, v1: i64, v2: i64, v3: i64, v4: i64):
    v5 = const.i64 1
    v6 = seq_len.i64 v0
    v16 = seq_data.ptr v0
    v17 = const.i64 15
    jump b1(v1, v5)
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

// One test of bounds in one of two loops: the other copy makes none.
bool is_versioned(const std::string& text) { return count(text, "load.i64") == 2 && count(text, "bounds") == 1; }

// Counts the ones of a list, up from where a parameter says.
const std::string counter = R"(fn @f(v0: ptr, v1: i64, v2: i64) -> i64 {
b0(v0: ptr, v1: i64, v2: i64):
    v3 = const.i64 0
    v4 = const.i64 1
    jump b1(v3, v3)
b1(v5: i64, v6: i64):
    v7 = load.i64 elem v0 + 0 + v5 * 8
    v8 = icmp.eq v7, v4
    branch v8, b2, b3(v6)
b2:
    v9 = add.i64 v6, v4
    jump b3(v9)
b3(v10: i64):
    poll
    v11 = wrap_add.i64 v5, v4
    v12 = icmp.lt v11, v1
    branch v12, b1(v11, v10), b4
b4:
    return v10
}
)";

TEST(Masks, AreTakenOnce) {
    const std::string f = R"(fn @f(v0: u32, v1: u32, v2: u32) -> u32 {
b0(v0: u32, v1: u32, v2: u32):
    v3 = and.u32 v0, v1
    v4 = and.u32 v0, v2
    v5 = xor.u32 v3, v4
    v6 = and.u32 v1, v2
    v7 = xor.u32 v5, v6
    return v7
}
)";
    const auto majority = run(f, {opt::masks, opt::dce});
    EXPECT_COUNT(2, majority, "and.u32");
    EXPECT_COUNT(2, majority, "xor.u32");
    EXPECT_COUNT(1, majority, "xor.u32 v1, v2");
    EXPECT_COUNT(1, run(with(f, "v5 = xor", "v5 = or"), {opt::masks, opt::dce}), "or.u32 v1, v2");
    // Another user of a part, or another operation: it stays as it is.
    const auto expect_same = [](const std::string& g) { EXPECT_EQ(run(g, {opt::masks}), run(g, {})); };
    expect_same(with(with(f, "v6 = and.u32 v1, v2", "v6 = wrap_add.u32 v3, v4"), "v5, v6", "v5, v2"));
    expect_same(with(f, "v5 = xor", "v5 = wrap_add"));
    expect_same(with(f, "and.u32 v0, v2", "or.u32 v0, v2"));
}

TEST(Masks, AChoiceOfBits) {
    const std::string f = R"(fn @f(v0: u32, v1: u32, v2: u32) -> u32 {
b0(v0: u32, v1: u32, v2: u32):
    v3 = and.u32 v0, v1
    v4 = not.u32 v0
    v5 = and.u32 v4, v2
    v6 = or.u32 v3, v5
    return v6
}
)";
    const auto text = run(f, {opt::masks, opt::dce});
    EXPECT_COUNT(0, text, "not.u32");
    EXPECT_COUNT(1, text, "and.u32");
    EXPECT_COUNT(2, text, "xor.u32");
    EXPECT_COUNT(1, run(with(f, "not.u32 v0", "not.u32 v1"), {opt::masks, opt::dce}), "and.u32 v1"); // the other one chooses
    EXPECT_EQ(run(with(f, "not.u32 v0", "not.u32 v2"), {opt::masks}), run(with(f, "not.u32 v0", "not.u32 v2"), {}));
}

// The iterator has stepped before the body reads the element.
const std::string stepping_loop = R"(fn @f(v0: ptr, v1: i64) -> i64 {
b0(v0: ptr, v1: i64):
    v2 = const.i64 0
    v3 = const.i64 1
    jump b1(v2, v2)
b1(v4: i64, v5: i64):
    v6 = wrap_add.i64 v4, v3
    v7 = icmp.lt v6, v1
    v8 = load.i64 elem v0 + 0 + v4 * 8
    v9 = wrap_add.i64 v5, v8
    branch v7, b1(v6, v9), b2
b2:
    return v9
}
)";

TEST(Steps, StandBehindTheLastUseOfTheCounter) {
    const auto text = run(stepping_loop, {opt::steps});
    EXPECT_LT(text.find("load.i64"), text.find("wrap_add.i64 v4")) << text;
    EXPECT_LT(text.find("wrap_add.i64 v4"), text.find("icmp.lt")) << text;
    EXPECT_COUNT(1, run(with(stepping_loop, "wrap_add.i64 v4, v3", "add.i64 v4, v3 notrap"), {opt::steps}), "icmp.lt v8, v1\n    branch");
}

TEST(Steps, StayWhereBothValuesAreNeeded) {
    const auto expect_same = [](const std::string& g) { EXPECT_EQ(run(g, {opt::steps}), run(g, {})); };
    expect_same(with(stepping_loop, "v0 + 0 + v4 * 8", "v0 + 0 + v6 * 8")); // the body asks for the next one
    expect_same(with(stepping_loop, "return v9", "return v4"));            // the old one lives on
    expect_same(with(stepping_loop, "wrap_add.i64 v4, v3", "add.i64 v4, v3")); // a trap stays where it is
    expect_same(with(stepping_loop, "wrap_add.i64 v4, v3", "wrap_add.i64 v4, v1"));
}

} // namespace

TEST(Unroll, AFewRoundsStandOneAfterTheOther) {
    const auto text = run(short_loop, {opt::unroll, opt::simplify, opt::dce});
    EXPECT_COUNT(4, text, "load.i64");
    EXPECT_COUNT(0, text, "branch");
    EXPECT_COUNT(4, text, "poll inlined"); // metered code pays as before
    EXPECT_COUNT(4, text, "poll");
    EXPECT_COUNT(2, run(with(short_loop, "const.i64 1", "const.i64 2"), {opt::unroll}), "load.i64");
    EXPECT_COUNT(1, run(with(short_loop, "const.i64 4", "const.i64 -7"), {opt::unroll, opt::simplify}), "load.i64");
}

TEST(Unroll, LoopsOfOtherLengthsStay) {
    const auto expect_none = [](const std::string& from, const std::string& to) {
        const auto text = run(with(short_loop, from, to), {opt::unroll});
        EXPECT_COUNT(1, text, "load.i64");
        EXPECT_COUNT(0, text, "inlined");
    };
    expect_none("v3 = const.i64 4", "v3 = const.i64 9");            // many rounds
    expect_none("icmp.lt v8, v3", "icmp.lt v8, v7");                // not known how many
    expect_none("wrap_add.i64 v4, v2", "wrap_add.i64 v4, v1");      // stands still
    expect_none("    poll\n", "    v10 = call @f v0\n    poll\n");  // gains nothing by it
}

// A row that some rounds change is demanded to be nobody else's; one that each round changes is made so in front.
TEST(Versions, RowsThatSomeRoundsChange) {
    const std::string loop = R"(fn @f(v0: owned ref, v1: i64, v2: i64, v3: i64) -> ref {
b0(v0: owned ref, v1: i64, v2: i64, v3: i64):
    v4 = const.i64 0
    v5 = const.i64 1
    v6 = seq_len.i64 v0
    bounds v1, v6
    v7 = seq_data.ptr v0
    v8 = elem_addr.ptr v7, v1 * 8
    jump b1(v4)
b1(v9: i64):
    v10 = load.ref elem v8 + 0
    v11 = seq_len.i64 v10
    bounds v9, v11
    v12 = seq_data.ptr v10
    v13 = load.i64 elem v12 + 0 + v9 * 8
    v14 = icmp.lt v13, v3
    branch v14, b2, b3
b2:
    v15 = unique_at.ref v8, desc2
    v16 = seq_data.ptr v15
    store.i64 elem v16 + 0 + v9 * 8, v3
    jump b3
b3:
    poll
    v17 = add.i64 v9, v5
    v18 = icmp.lt v17, v2
    branch v18, b1(v17), b4
b4:
    return v0
}
)";
    const auto text = run(loop, {opt::versions});
    EXPECT_COUNT(1, text, "owners.i64");
    EXPECT_COUNT(1, text, "unique_at");
    EXPECT_COUNT(2, text, "load.ref"); // in front, and in the loop as it was
    const auto always = run(with(loop, "branch v14, b2, b3", "jump b2"), {opt::versions});
    EXPECT_COUNT(0, always, "owners.i64");
    EXPECT_COUNT(2, always, "unique_at");
}

TEST(Versions, IndexesOfSeveralTermsAndFactors) {
    for (const char* index : {"    v9 = add.i64 v7, v3\n",
                              "    v14 = sub.i64 v7, v3\n    v9 = add.i64 v14, v4\n",
                              "    v14 = mul.i64 v3, v4\n    v9 = add.i64 v14, v7\n",
                              "    v14 = add.i64 v3, v5\n    v15 = mul.i64 v14, v4\n    v9 = add.i64 v15, v7\n",
                              "    v14 = shl.i64 v7, v5\n    v9 = add.i64 v14, v3\n",
                              "    v9 = sub.i64 v3, v7\n",
                              "    v9 = and.i64 v7, v17\n"}) {
        const auto text = run(indexed_loop(index), {opt::versions});
        EXPECT_TRUE(is_versioned(text)) << text;
    }
    // A square, a sum without the counter, a number of which nothing is known.
    for (const char* index : {"    v9 = mul.i64 v7, v7\n", "    v14 = sub.i64 v7, v3\n    v9 = sub.i64 v14, v7\n", "    v9 = wrap_add.i64 v8, v3\n"})
        EXPECT_COUNT(1, run(indexed_loop(index), {opt::versions}), "load.i64");
}

TEST(Versions, ArithmeticInFrontAsksWhetherItCanOverflow) {
    const auto text = run(indexed_loop("    v14 = mul.i64 v3, v4\n    v9 = add.i64 v14, v7\n"), {opt::versions});
    EXPECT_COUNT(1, text, "wrap_mul.i64");
    EXPECT_COUNT(2, text, "bitcast.u64"); // each factor is near
    EXPECT_COUNT(1, text, " = mul.i64");  // of the loop that tests
    EXPECT_COUNT(2, text, "notrap");      // of the sums in the other
}

TEST(Versions, CountDown) {
    const auto down = with(with(indexed_loop("    v9 = add.i64 v7, v3\n"), "v12 = add.i64", "v12 = sub.i64"), "icmp.lt", "icmp.gt");
    EXPECT_TRUE(is_versioned(run(down, {opt::versions})));
    EXPECT_FALSE(is_versioned(run(with(down, "v12 = sub.i64", "v12 = add.i64"), {opt::versions}))); // away from the end
}

TEST(Ranges, NoMachineCountsFarEnoughToOverflow) {
    EXPECT_COUNT(1, run(counter, {opt::ranges}), "add.i64 v6, v4 notrap");
    EXPECT_COUNT(0, run(with(counter, "b1(v3, v3)", "b1(v3, v2)"), {opt::ranges}), "notrap"); // from anywhere
    EXPECT_COUNT(0, run(with(counter, "add.i64 v6, v4", "add.i64 v6, v1"), {opt::ranges}), "notrap"); // by anything
    EXPECT_COUNT(0, run(with(counter, "add.i64 v6, v4", "add.i64 v6, v6"), {opt::ranges}), "notrap");
}

TEST(Ranges, AShiftKnowsItsAmount) {
    const std::string f = R"(fn @f(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    v2 = shr.i64 v0, v1
    v3 = const.i64 1
    v4 = shl.i64 v3, v1
    v5 = or.i64 v2, v4
    return v5
}
)";
    EXPECT_COUNT(1, run(f, {opt::ranges}), "shl.i64 v3, v1 notrap");
    EXPECT_COUNT(1, run(f, {opt::ranges}), "notrap");
    EXPECT_COUNT(0, run(with(f, "v2 = shr.i64 v0, v1", "v2 = shr.i64 notrap v0, v1"), {opt::ranges}), "shl.i64 v3, v1 notrap");
}

TEST(Gvn, AConditionDecidesItsOpposite) {
    const std::string f = R"(fn @f(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    v2 = icmp.lt v0, v1
    branch v2, b1, b2
b1:
    v3 = icmp.ge v0, v1
    branch v3, b3(v0), b3(v1)
b2:
    v4 = icmp.ge v0, v1
    branch v4, b3(v0), b3(v1)
b3(v5: i64):
    return v5
}
)";
    EXPECT_COUNT(1, run(f, {opt::gvn}), "branch");
    EXPECT_COUNT(2, run(with(f, "v3 = icmp.ge", "v3 = icmp.le"), {opt::gvn}), "branch");
}

TEST(Licm, AComparisonStaysBeforeItsBranch) {
    const std::string f = with(with(counter, "icmp.eq v7, v4", "icmp.eq v2, v4"), "v10\n}", "v10\n}");
    EXPECT_EQ(run(f, {opt::licm}).find("icmp.eq") > run(f, {opt::licm}).find("b1("), true);
    const auto twice = run(with(f, "b4:\n    return v10", "b4:\n    branch v8, b5, b6\nb5:\n    return v2\nb6:\n    return v10"), {opt::licm});
    EXPECT_LT(twice.find("icmp.eq"), twice.find("\nb1(")) << twice;
}

// An index that is the same in every round, behind a sum that may trap.
const std::string behind_a_sum = R"(fn @f(v0: ref, v1: i64, v2: i64) -> i64 {
b0(v0: ref, v1: i64, v2: i64):
    v3 = seq_data.ptr v0
    v4 = seq_len.i64 v0
    v5 = const.i64 0
    v6 = const.i64 1
    jump b1(v5, v5)
b1(v7: i64, v8: i64):
    v9 = add.i64 v8, v1
    v10 = load.i64 elem v3 + 0 + v2 * 8
    v11 = xor.i64 v9, v10
    v12 = wrap_add.i64 v7, v6
    v13 = icmp.lt v12, v4
    branch v13, b1(v12, v11), b2
b2:
    return v11
}
)";

TEST(Licm, ALoadOfAnElementLeavesArithmeticBehind) {
    const auto loads_early = [](const std::string& f) {
        const auto text = run(f, {opt::licm});
        return text.find("load.i64") < text.find("\nb1(");
    };
    EXPECT_TRUE(loads_early(behind_a_sum));
    // A test may be what says that the element is there; and what is written may be what is read.
    EXPECT_FALSE(loads_early(with(behind_a_sum, "    v10 = load", "    bounds v7, v4\n    v10 = load")));
    EXPECT_FALSE(loads_early(with(behind_a_sum, "    v12 = wrap", "    store.i64 elem v3 + 0 + v7 * 8, v11\n    v12 = wrap")));
    EXPECT_FALSE(loads_early(with(behind_a_sum, "load.i64 elem v3", "load.i64 box v3")));
}

// A product that is the same in every round, where two short ways meet.
const std::string behind_a_choice = R"(fn @f(v0: i64, v1: i64, v2: i64) -> i64 {
b0(v0: i64, v1: i64, v2: i64):
    v3 = const.i64 0
    v4 = const.i64 1
    jump b1(v3, v3)
b1(v5: i64, v6: i64):
    v7 = icmp.lt v6, v2
    branch v7, b2, b3(v4)
b2:
    v8 = xor.i64 v6, v4
    jump b3(v8)
b3(v9: i64):
    v10 = mul.i64 v0, v1
    v11 = xor.i64 v10, v9
    v12 = wrap_add.i64 v5, v4
    v13 = icmp.lt v12, v2
    branch v13, b1(v12, v11), b4
b4:
    return v2
}
)";

TEST(Licm, ATestLeavesTheMeetingOfShortWays) {
    const auto multiplies_early = [](const std::string& f) {
        const auto text = run(f, {opt::licm});
        return text.find("mul.i64") < text.find("\nb1(");
    };
    EXPECT_TRUE(multiplies_early(behind_a_choice));
    EXPECT_FALSE(multiplies_early(with(behind_a_choice, "v8 = xor.i64", "v8 = add.i64")));          // may trap before
    EXPECT_FALSE(multiplies_early(with(behind_a_choice, "    v7 = icmp", "    bounds v5, v2\n    v7 = icmp"))); // so may this
    EXPECT_FALSE(multiplies_early(with(behind_a_choice, "b3(v4)\nb2", "b4\nb2")));                 // some rounds do not come there
}

TEST(Reassociate, WhatIsReadyLastComesLast) {
    // v4 is what the round before made; v8 is loaded by the counter.
    const std::string f = R"(fn @f(v0: ptr, v1: u32, v2: i64) -> u32 {
b0(v0: ptr, v1: u32, v2: i64):
    v3 = const.i64 1
    jump b1(v3, v1)
b1(v5: i64, v4: u32):
    v6 = const.u32 5
    v7 = rotl.u32 v4, v6
    v8 = load.u32 elem v0 + 0 + v5 * 4
    v9 = wrap_add.u32 v7, v1
    v10 = wrap_add.u32 v9, v8
    v11 = wrap_add.u32 v10, v6
    v12 = wrap_add.i64 v5, v3
    v13 = icmp.lt v12, v2
    branch v13, b1(v12, v11), b2
b2:
    return v11
}
)";
    const auto text = run(f, {opt::reassociate});
    EXPECT_COUNT(3, text, "wrap_add.u32");
    EXPECT_COUNT(1, text, "v11 = wrap_add.u32 v10, v7"); // the rotated one
    // Where a link has another use, or where two only are put together, the order stays.
    const auto expect_same = [](const std::string& g) { EXPECT_EQ(run(g, {opt::reassociate}), run(g, {})); };
    expect_same(with(f, "return v11", "return v10"));
    expect_same(with(f, "v10 = wrap_add.u32", "v10 = wrap_sub.u32"));
}

// x[r + i], x[(i + 1) * n + c] and x[i * 3 + c].
const std::string table_loop = R"(fn @f(v0: ref, v1: i64, v2: i64, v3: i64) -> i64 {
b0(v0: ref, v1: i64, v2: i64, v3: i64):
    v4 = seq_data.ptr v0
    v5 = const.i64 0
    v6 = const.i64 1
    v7 = const.i64 3
    jump b1(v5, v5)
b1(v8: i64, v9: i64):
    v10 = add.i64 v1, v8 notrap
    v11 = load.i64 elem v4 + 0 + v10 * 8
    v12 = mul.i64 v8, v2 notrap
    v13 = add.i64 v12, v3 notrap
    v14 = load.i64 elem v4 + 0 + v13 * 8
    v15 = add.i64 v8, v6 notrap
    v16 = mul.i64 v15, v7 notrap
    v17 = add.i64 v16, v3 notrap
    v18 = load.i64 elem v4 + 0 + v17 * 8
    v19 = xor.i64 v11, v14
    v20 = xor.i64 v19, v18
    v21 = xor.i64 v20, v9
    v22 = wrap_add.i64 v8, v6
    v23 = icmp.lt v22, v2
    branch v23, b1(v22, v21), b2
b2:
    return v21
}
)";

TEST(Pointers, StandInRowsAndWalkDownColumns) {
    const auto loop_of = [](const std::string& f) {
        const auto text = run(f, {opt::pointers, opt::dce});
        const auto from = text.find("\nb1(");
        return text.substr(from, text.find("\nb2:") - from);
    };
    const auto text = loop_of(table_loop);
    EXPECT_COUNT(0, text, "mul.i64");
    EXPECT_COUNT(2, text, ": ptr");
    EXPECT_COUNT(1, text, " * 24");        // three elements a round
    EXPECT_COUNT(1, text, " * 8\n"); // in the row
    EXPECT_COUNT(0, text, " add.i64");
    // Sums that may trap stay, and so does what uses them.
    const auto checked = loop_of(with(table_loop, "v12, v3 notrap", "v12, v3"));
    EXPECT_COUNT(1, checked, "mul.i64");
    EXPECT_COUNT(1, checked, " add.i64");
    EXPECT_COUNT(1, checked, ": ptr");
    EXPECT_COUNT(1, loop_of(with(table_loop, "v1, v8 notrap", "v1, v8")), " add.i64");
    // A counter by no constant step is none.
    EXPECT_COUNT(0, loop_of(with(table_loop, "wrap_add.i64 v8, v6", "wrap_add.i64 v8, v3")), ": ptr");
}

TEST(Selects, WhatDecidesComesLast) {
    const std::string f = R"(fn @f(v0: i64, v1: i64, v2: i64, v3: i64) -> i64 {
b0(v0: i64, v1: i64, v2: i64, v3: i64):
    v4 = icmp.lt v0, v1
    branch v4, b1(v0, v2), b1(v1, v3)
b1(v5: i64, v6: i64):
    v7 = xor.i64 v5, v6
    return v7
}
)";
    const auto text = run(f, {opt::selects});
    EXPECT_LT(text.find("v2, v3\n"), text.find("v0, v1\n    jump")) << text;
}

// x[r + i] = x[r + i - 1] + i
const std::string row_loop = R"(fn @f(v0: ref, v1: i64, v2: i64) -> i64 {
b0(v0: ref, v1: i64, v2: i64):
    v3 = seq_data.ptr v0
    v4 = const.i64 1
    jump b1(v4)
b1(v5: i64):
    v6 = add.i64 v1, v5 notrap
    v7 = sub.i64 v6, v4 notrap
    v8 = load.i64 elem v3 + 0 + v7 * 8
    v9 = wrap_add.i64 v8, v5
    store.i64 elem v3 + 0 + v6 * 8, v9
    v10 = wrap_add.i64 v5, v4
    v11 = icmp.lt v10, v2
    branch v11, b1(v10), b2
b2:
    return v2
}
)";

TEST(Carried, ARowOfATableToo) {
    const auto loads_early = [](const std::string& f) {
        const auto text = run(f, {opt::carried});
        return text.find("load.i64") < text.find("\nb1(");
    };
    EXPECT_TRUE(loads_early(row_loop));
    EXPECT_FALSE(loads_early(with(row_loop, "v7 = sub.i64 v6, v4", "v12 = add.i64 v2, v5 notrap\n    v7 = sub.i64 v12, v4"))); // another row
    EXPECT_FALSE(loads_early(with(row_loop, "v1, v5 notrap", "v1, v5")));
}

// The index y * w + x of a table of h * w, with y below h and x below w.
const std::string grid_index = R"(fn @f(v0: ref, v1: i64, v2: i64, v3: i64, v4: i64) -> i64 {
b0(v0: ref, v1: i64, v2: i64, v3: i64, v4: i64):
    v5 = mul.i64 v1, v2
    v6 = const.i64 0
    v7 = icmp.ge v3, v6
    branch v7, b1, b6
b1:
    v8 = icmp.lt v3, v1
    branch v8, b2, b6
b2:
    v9 = icmp.ge v4, v6
    branch v9, b3, b6
b3:
    v10 = icmp.lt v4, v2
    branch v10, b4, b6
b4:
    v11 = mul.i64 v3, v2
    v12 = add.i64 v11, v4
    bounds v12, v5
    return v12
b6:
    return v6
}
)";

TEST(Ranges, AnIndexOfATableIsExact) {
    const auto text = run(grid_index, {opt::ranges});
    EXPECT_COUNT(0, text, "bounds");
    EXPECT_COUNT(2, text, "notrap");
    const auto shorter = run(with(grid_index, "icmp.lt v4, v2", "icmp.le v4, v2"), {opt::ranges});
    EXPECT_COUNT(1, shorter, "bounds");
    EXPECT_COUNT(0, shorter, "notrap");
    // What is added is made behind the product, and may trap there.
    EXPECT_COUNT(1, run(with(grid_index, "v12 = add.i64 v11, v4", "v13 = add.i64 v4, v6\n    v12 = add.i64 v11, v13"), {opt::ranges}), "mul.i64 v3, v2\n");
}

// Adds up x[(i + 1) * n + c].
const std::string stride_loop = R"(fn @f(v0: ref, v1: i64, v2: i64) -> i64 {
b0(v0: ref, v1: i64, v2: i64):
    v3 = seq_data.ptr v0
    v4 = seq_len.i64 v0
    v5 = const.i64 0
    v6 = const.i64 1
    jump b1(v5, v5)
b1(v7: i64, v8: i64):
    v9 = add.i64 v7, v6
    v10 = mul.i64 v9, v1
    v11 = add.i64 v10, v2
    bounds v11, v4
    v12 = load.i64 elem v3 + 0 + v11 * 8
    v13 = wrap_add.i64 v8, v12
    poll
    v14 = wrap_add.i64 v7, v6
    v15 = icmp.lt v14, v1
    branch v15, b1(v14, v13), b2
b2:
    return v13
}
)";

TEST(Versions, ACounterTimesWhatStaysTheSame) {
    const auto text = run(stride_loop, {opt::versions});
    EXPECT_COUNT(1, text, "bounds");
    EXPECT_COUNT(3, text, "notrap");
    EXPECT_COUNT(0, run(with(stride_loop, "v10 = mul.i64 v9, v1", "v10 = mul.i64 v9, v7"), {opt::versions}), "notrap"); // a square
    EXPECT_COUNT(0, run(with(stride_loop, "v11 = add.i64 v10, v2", "v11 = add.i64 v10, v7"), {opt::versions}), "notrap"); // a diagonal
}
