// Each pass on a function small enough to read: what it claims happens, what it must not do does not.
#include "pass.h"

#include "opt/fold.h"

using namespace tn;
using namespace tn::opt::test;

TEST(Simplify, FoldsConstants) {
    const auto text = run(R"(fn @f() -> i64 {
b0():
    v0 = const.i64 6
    v1 = const.i64 7
    v2 = mul.i64 v0, v1
    return v2
}
)", {opt::simplify, opt::dce});
    EXPECT_COUNT(1, text, "const.i64 42");
    EXPECT_COUNT(0, text, "mul");
}

TEST(Simplify, AskedBitsAreTheBits) {
    const auto after = [](const std::string& compare) {
        return run(R"(fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 1
    v2 = const.i64 0
    v3 = and.i64 v0, v1
    v4 = )" + compare + R"(
    v5 = convert.i64 v4
    return v5
}
)",
                   {opt::simplify, opt::dce});
    };
    EXPECT_COUNT(0, after("icmp.ne v3, v2"), "icmp");
    EXPECT_COUNT(0, after("icmp.eq v3, v1"), "icmp");
    EXPECT_COUNT(1, after("icmp.eq v3, v2"), "icmp");
    EXPECT_COUNT(1, after("icmp.ne v0, v2"), "icmp");
}

TEST(Simplify, LeavesTrapsInPlace) {
    const auto text = run(R"(fn @f() -> i64 {
b0():
    v0 = const.i64 9223372036854775807
    v1 = const.i64 1
    v2 = add.i64 v0, v1
    v3 = const.i64 0
    v4 = div.i64 v1, v3
    return v4
}
)", {opt::simplify, opt::dce});
    EXPECT_COUNT(1, text, "add.i64");
    EXPECT_COUNT(1, text, "div.i64");
}

TEST(Divisions, ByPowersOfTwoShift) {
    const auto text = run(R"(fn @f(v0: i64, v1: u64) -> i64, u64, i64 {
b0(v0: i64, v1: u64):
    v2 = const.i64 8
    v3 = div.i64 v0, v2
    v4 = const.u64 16
    v5 = rem.u64 v1, v4
    v6 = rem.i64 v0, v2
    return v3, v5, v6
}
)", {opt::simplify, opt::divisions, opt::dce});
    EXPECT_COUNT(0, text, "div");
    EXPECT_COUNT(0, text, "rem");
}

TEST(Reciprocals, OfWhatIsSmallAndNotNegative) {
    const std::string f = R"(fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 0
    v2 = const.i64 1
    v3 = const.i64 1000
    v4 = const.i64 7
    jump b1(v1, v1)
b1(v5: i64, v6: i64):
    v7 = rem.i64 v5, v4
    v8 = div.i64 v5, v4
    v9 = wrap_add.i64 v7, v8
    v10 = wrap_add.i64 v6, v9
    v11 = wrap_add.i64 v5, v2
    v12 = icmp.lt v11, v3
    branch v12, b1(v11, v10), b2
b2:
    return v10
}
)";
    const auto text = run(f, {opt::reciprocals});
    EXPECT_COUNT(0, text, "rem.i64") << text;
    EXPECT_COUNT(0, text, "div.i64");
    EXPECT_COUNT(3, text, "wrap_mul.i64");
    EXPECT_COUNT(2, text, "shr.i64");
    // Where it may be negative or large, or the divisor is not known, or is negative.
    for (const auto& [from, to] : {std::pair{"v1 = const.i64 0", "v1 = const.i64 -1"}, {"const.i64 1000", "const.i64 3000000000"},
                                   {"v5, v4", "v5, v0"}, {"const.i64 7", "const.i64 -7"}, {"const.i64 7", "const.i64 8"}})
        EXPECT_COUNT(1, run(with(f, from, to), {opt::reciprocals}), "rem.i64") << to;
}

TEST(Simplify, FoldsBranchesAndMergesBlocks) {
    const auto text = run(R"(fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.bool 1
    branch v1, b1(v0), b2()
b1(v2: i64):
    jump b3(v2)
b2():
    v3 = const.i64 9
    jump b3(v3)
b3(v4: i64):
    return v4
}
)", {opt::simplify, opt::dce});
    EXPECT_COUNT(0, text, "b1");
    EXPECT_COUNT(1, text, "return v0");
}

TEST(Simplify, CancelsRetainAndRelease) {
    const auto text = run(R"(fn @f(v0: ref) {
b0(v0: ref):
    v1 = retain.ref v0
    release v1
    return
}
)", {opt::simplify});
    EXPECT_COUNT(0, text, "retain");
    EXPECT_COUNT(0, text, "release");
}

// A row of variant tags: the first without payload is the one that each instance keeps.
TEST(Simplify, BoxesWithoutPayloadAreShared) {
    const std::string start = R"(enum "" Tree { Node(Tree, Tree), Leaf, Empty }
desc3 box Tree stride 24 refs 8, 16
fn @f() -> ref {
b0():
    v0 = const.u8 )";
    const std::string end = R"(
    v1 = null.ref
    v2 = null.ref
    v3 = box_new.ref desc3 v0, v1, v2
    return v3
}
)";
    const auto leaf = run_with_enum(start + "1" + end, {opt::simplify, opt::dce});
    EXPECT_COUNT(0, leaf, "box_new");
    EXPECT_COUNT(1, leaf, "empty.ref desc3");
    EXPECT_COUNT(1, leaf, "retain");
    const auto other = run_with_enum(start + "2" + end, {opt::simplify, opt::dce});
    EXPECT_COUNT(1, other, "box_new");
}

TEST(Selects, AShortBranchBecomesASelection) {
    const auto text = run(R"(fn @f(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    v2 = icmp.lt v0, v1
    branch v2, b1(v1), b1(v0)
b1(v3: i64):
    return v3
}
)", {opt::selects});
    EXPECT_COUNT(1, text, "select.i64");
    EXPECT_COUNT(0, text, "branch");
}

TEST(Selects, ACheckedSumAddsNothingInstead) {
    const auto text = run(R"(fn @f(v0: bool, v1: i64, v2: i64) -> i64 {
b0(v0: bool, v1: i64, v2: i64):
    branch v0, b2(v1), b1
b1:
    v3 = add.i64 v1, v2
    jump b2(v3)
b2(v4: i64):
    return v4
}
)", {opt::selects, opt::dce});
    EXPECT_COUNT(0, text, "branch");
    EXPECT_COUNT(1, text, "select.i64 v0, ");
    EXPECT_COUNT(1, text, "add.i64 v1, ");
}

TEST(Selects, WhatTrapsOrIsAskedForAgainStays) {
    EXPECT_COUNT(1, run(R"(fn @f(v0: bool, v1: i64, v2: i64) -> i64 {
b0(v0: bool, v1: i64, v2: i64):
    branch v0, b2(v1), b1
b1:
    v3 = mul.i64 v1, v2
    jump b2(v3)
b2(v4: i64):
    return v4
}
)", {opt::selects}), "branch");
    const std::string asks = R"(fn @f(v0: bool, v1: i64, v2: i64) -> i64 {
b0(v0: bool, v1: i64, v2: i64):
    v3 = const.i64 7
    branch v0, b1(v1), b1(OTHER)
b1(v4: i64):
    v5 = const.i64 5
    v6 = icmp.eq v4, v5
    branch v6, b2, b3
b2:
    return v1
b3:
    return v2
}
)";
    EXPECT_COUNT(2, run(with(asks, "OTHER", "v3"), {opt::selects}), "branch"); // who comes with 7 knows the answer
    EXPECT_COUNT(1, run(with(asks, "OTHER", "v2"), {opt::selects}), "branch");
}

TEST(Selects, ARecordThatSaysWhatIsReadNextIsABranch) {
    const std::string scan = R"(fn @f(v0: ptr, v1: i64) -> i64 {
b0(v0: ptr, v1: i64):
    v2 = const.i64 0
    v3 = const.i64 1
    jump b1(v2, v2, v2)
b1(v4: i64, v5: i64, v6: i64):
    v7 = wrap_sub.i64 v4, READS
    v8 = load.i64 elem v0 + 0 + v7 * 8
    v9 = icmp.gt v8, v6
    branch v9, b2(v4, v8), b2(v5, v6)
b2(v10: i64, v11: i64):
    v12 = wrap_add.i64 v4, v3
    v13 = icmp.lt v12, v1
    branch v13, b1(v12, v10, v11), b3
b3:
    v14 = wrap_add.i64 v10, v11
    return v14
}
)";
    EXPECT_COUNT(2, run(with(scan, "READS", "v5"), {opt::selects}), "branch"); // the place of the record
    EXPECT_COUNT(2, run(with(scan, "READS", "v6"), {opt::selects}), "branch"); // the record
    EXPECT_COUNT(1, run(with(scan, "READS", "v1"), {opt::selects}), "branch"); // neither: only kept for the end
}

TEST(RangeTests, BothEndsAtOnce) {
    const std::string start = R"(fn @f(v0: u16, v1: i64) -> i64 {
b0(v0: u16, v1: i64):
    v2 = const.u16 6000
    v3 = icmp.lt v0, v2
    branch v3, b3, b1
b1:
    v4 = const.u16 )";
    const std::string end = R"(
    v5 = icmp.gt v0, v4
    branch v5, b3, b2
b2:
    v6 = const.i64 3
    return v6
b3:
    return v1
}
)";
    const auto text = run(start + "6063" + end, {opt::range_tests, opt::dce});
    EXPECT_COUNT(1, text, "branch");
    EXPECT_COUNT(1, text, "const.u32 63");
    EXPECT_COUNT(1, text, "icmp.le");
    EXPECT_COUNT(2, run(start + "5999" + end, {opt::range_tests}), "branch"); // no value is in it
    // One of them leaves through a block that has nothing left to do.
    const std::string around = with(end, "b3:\n", "b4:\n    jump b3\nb3:\n");
    EXPECT_COUNT(1, run(with(start, "v3, b3, b1", "v3, b4, b1") + "6063" + around, {opt::range_tests}), "branch");
    EXPECT_COUNT(2, run(with(start, "v3, b3, b1", "v3, b4, b1") + "6063" + with(around, "    jump b3", "    poll\n    jump b3"), {opt::range_tests}), "branch");
}

// A text has one hash as long as it has its name; Bytes change under theirs.
TEST(Gvn, TextsAreHashedOnce) {
    auto hashes_left = [](const std::string& function) {
        const std::string hash = " = call_rt " + function + " ";
        return count(run("fn @f(v0: owned ref, v1: ref) -> u64 {\nb0(v0: owned ref, v1: ref):\n    v2 = hash_seed.u64\n"
                         "    v3" + hash + "v1, v2\n    v4 = call_rt StringAppend v0, v1\n"
                         "    v5" + hash + "v1, v2\n    v6" + hash + "v4, v2\n    release v4\n"
                         "    v7 = wrap_add.u64 v3, v5\n    v8 = wrap_add.u64 v7, v6\n    return v8\n}\n",
                         {opt::gvn}),
                     hash);
    };
    EXPECT_EQ(2, hashes_left("StringHash"));
    EXPECT_EQ(3, hashes_left("BytesHash"));
}

TEST(Gvn, ComputesOncePerDominatingPath) {
    const auto text = run(R"(fn @f(v0: i64, v1: i64, v2: bool) -> i64 {
b0(v0: i64, v1: i64, v2: bool):
    v3 = add.i64 v0, v1
    branch v2, b1(), b2()
b1():
    v4 = add.i64 v1, v0
    v5 = mul.i64 v4, v3
    return v5
b2():
    v6 = sub.i64 v0, v1
    return v6
}
)", {opt::gvn});
    EXPECT_COUNT(1, text, "add.i64");
}

TEST(Gvn, LoadsAgainAfterAStore) {
    const auto text = run(R"(fn @f(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = seq_data.ptr v0
    v3 = load.i64 elem v2 + 0
    v4 = load.i64 elem v2 + 0
    store.i64 elem v2 + 8, v1
    v5 = load.i64 elem v2 + 0
    v6 = load.i64 elem v2 + 8
    v7 = wrap_add.i64 v3, v4
    v8 = wrap_add.i64 v7, v5
    v9 = wrap_add.i64 v8, v6
    return v9
}
)", {opt::gvn});
    EXPECT_COUNT(2, text, "load.i64");
}

TEST(Gvn, LoadsOnceAroundBranches) {
    const std::string f = R"(fn @f(v0: ptr, v1: i64, v2: bool) -> i64 {
b0(v0: ptr, v1: i64, v2: bool):
    v3 = load.i64 elem v0 + 0
    branch v2, b1, b2
b1:
    store.u8 elem v0 + 8, v4
    jump b2
b2:
    v5 = load.i64 elem v0 + 0
    v6 = wrap_add.i64 v3, v5
    return v6
}
)";
    const auto of = [&](const std::string& type) {
        return run(with(with(f, "u8", type), "    branch", "    v4 = const." + type + " 1\n    branch"), {opt::gvn});
    };
    EXPECT_COUNT(1, of("u8"), "load.i64");
    EXPECT_COUNT(2, of("i64"), "load.i64");
}

TEST(Gvn, BranchesOnceOnACondition) {
    const std::string f = R"(fn @f(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    v2 = icmp.lt v0, v1
    branch v2, b1, b2
b1:
    v3 = icmp.lt v0, v1
    branch v3, b3(v0), b3(v1)
b2:
    v4 = icmp.lt v0, v1
    branch v4, b3(v0), b3(v1)
b3(v5: i64):
    return v5
}
)";
    EXPECT_COUNT(1, run(f, {opt::gvn}), "branch");
    EXPECT_COUNT(2, run(with(f, "v3 = icmp.lt v0, v1", "v3 = icmp.lt v1, v0"), {opt::gvn}), "branch");
}

TEST(Ranges, AComparisonThatATestHasAnswered) {
    const std::string f = R"(fn @f(v0: i64, v1: ref) -> bool {
b0(v0: i64, v1: ref):
    v2 = seq_len.i64 v1
    bounds v0, v2
    v3 = icmp.lt v0, v2
    return v3
}
)";
    EXPECT_COUNT(0, run(f, {opt::ranges}), "icmp");
    EXPECT_COUNT(1, run(with(f, "icmp.lt v0, v2", "icmp.eq v0, v2"), {opt::ranges}), "const.bool 0");
}

TEST(Ranges, TwoIndexesThatMeetNever) {
    // lo goes up, hi goes down, while lo < hi.
    const std::string f = R"(fn @f(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = const.i64 0
    v3 = const.i64 1
    v4 = icmp.lt v2, v1
    branch v4, b1(v2, v1, v2), b2(v2)
b1(v5: i64, v6: i64, v7: i64):
    v8 = icmp.eq v5, v6
    v9 = convert.i64 v8
    v10 = wrap_add.i64 v7, v9
    v11 = add.i64 v5, v3
    v12 = sub.i64 v6, v3
    v13 = icmp.lt v11, v12
    branch v13, b1(v11, v12, v10), b2(v10)
b2(v14: i64):
    return v14
}
)";
    EXPECT_COUNT(0, run(f, {opt::ranges}), "icmp.eq");
    EXPECT_COUNT(0, run(with(f, "icmp.eq", "icmp.ne"), {opt::ranges}), "icmp.ne");
    EXPECT_COUNT(1, run(with(f, "v13 = icmp.lt v11", "v13 = icmp.le v11"), {opt::ranges}), "icmp.eq");
}

TEST(Simplify, ANumberThatAllWaysAgreeOnIsNoParameter) {
    const std::string f = R"(fn @f(v0: bool, v1: i64) -> i64 {
b0(v0: bool, v1: i64):
    branch v0, b1, b2
b1:
    v2 = const.i64 8
    jump b3(v2)
b2:
    v3 = const.i64 8
    jump b3(v3)
b3(v4: i64):
    v5 = wrap_add.i64 v1, v4
    return v5
}
)";
    EXPECT_COUNT(0, run(f, {opt::simplify}), "b3(");
    EXPECT_COUNT(3, run(with(f, "v3 = const.i64 8", "v3 = const.i64 9"), {opt::simplify}), "b3(v");
    // So it is around a loop.
    const auto text = run(R"(fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 1
    jump b1(v0, v1)
b1(v2: i64, v3: i64):
    v4 = sub.i64 v2, v3
    v5 = const.i64 1
    v6 = icmp.gt v4, v5
    branch v6, b1(v4, v5), b2
b2:
    return v4
}
)", {opt::simplify});
    EXPECT_COUNT(1, text, "b1(v2: i64):");
}

// while i < n && a[i] != 9 { sum += a[i]; i += 1 }
const std::string looking_loop = R"(fn @f(v0: ptr, v1: i64) -> i64 {
b0(v0: ptr, v1: i64):
    v2 = const.i64 0
    v3 = const.i64 1
    v4 = const.i64 9
    v5 = load.i64 elem v0 + 0 + v2 * 8
    v6 = icmp.ne v5, v4
    branch v6, b1(v2, v2), b3(v2)
b1(v7: i64, v8: i64):
    v9 = load.i64 elem v0 + 0 + v7 * 8
    v10 = wrap_add.i64 v8, v9
    v11 = wrap_add.i64 v7, v3
    poll
    v12 = icmp.lt v11, v1
    branch v12, b2, b3(v10)
b2:
    v13 = load.i64 elem v0 + 0 + v11 * 8
    v14 = icmp.ne v13, v4
    branch v14, b1(v11, v10), b3(v10)
b3(v15: i64):
    return v15
}
)";

TEST(Loads, WhatBothTestsOfALoopHaveLookedAt) {
    EXPECT_COUNT(2, run(looking_loop, {opt::loads}), "load.i64");
    // Not where something has been stored since, or another element is looked at.
    EXPECT_COUNT(3, run(with(looking_loop, "    v14 = icmp", "    store.i64 elem v0 + 8, v10\n    v14 = icmp"), {opt::loads}), "load.i64");
    EXPECT_COUNT(3, run(with(looking_loop, "+ 0 + v11", "+ 8 + v11"), {opt::loads}), "load.i64");
    EXPECT_COUNT(3, run(with(looking_loop, "v9 = load.i64", "store.i64 elem v0 + 0, v8\n    v9 = load.i64"), {opt::loads}), "load.i64");
}

// do { if a[i] < a[best] { best = i } i += 1 } while i < n
const std::string least_loop = R"(fn @f(v0: ptr, v1: i64, v2: i64) -> i64 {
b0(v0: ptr, v1: i64, v2: i64):
    v3 = const.i64 1
    jump b1(v3, v2)
b1(v4: i64, v5: i64):
    v6 = load.i64 elem v0 + 0 + v4 * 8
    v7 = load.i64 elem v0 + 0 + v5 * 8
    v8 = icmp.lt v6, v7
    branch v8, b2(v4), b2(v5)
b2(v9: i64):
    v10 = wrap_add.i64 v4, v3
    v11 = icmp.lt v10, v1
    branch v11, b1(v10, v9), b3
b3:
    return v9
}
)";

TEST(Loads, OfWhatALoopHasChosenAmongWhatItHasLoaded) {
    const std::string first = "load.i64 elem v0 + 0 + v2 * 8\n    jump b1(v3, v2, v";
    EXPECT_COUNT(1, run(least_loop, {opt::loads}), first);
    EXPECT_COUNT(2, run(least_loop, {opt::loads}), "load.i64");
    // A way into the loop that has another way to go loads for itself.
    const auto other_way = run(with(with(least_loop, "    jump b1(v3, v2)", "    v12 = icmp.lt v3, v1\n    branch v12, b1(v3, v2), b4"), "b3:\n", "b4:\n    return v2\nb3:\n"), {opt::loads});
    EXPECT_COUNT(1, other_way, first);
    EXPECT_COUNT(1, other_way, "branch v4, b5, b3\n");
    // Not what the first round might not come to, what is stored anew, or what no round has loaded.
    for (const char* before : {"bounds v5, v1", "v13 = add.i64 v4, v4", "store.i64 elem v0 + 0, v5"})
        EXPECT_COUNT(0, run(with(least_loop, "    v7 =", "    " + std::string(before) + "\n    v7 ="), {opt::loads}), first) << before;
    EXPECT_COUNT(0, run(with(least_loop, "    v10 =", "    store.i64 elem v0 + 8, v4\n    v10 ="), {opt::loads}), first);
    EXPECT_COUNT(0, run(with(least_loop, "b2(v4), b2(v5)", "b2(v3), b2(v5)"), {opt::loads}), first);
}

// m = a[l] < a[i] ? l : i; if c { use a[m] }
TEST(Loads, BehindWhereWaysMeet) {
    const std::string f = R"(fn @f(v0: ptr, v1: i64, v2: i64, v3: bool) -> i64 {
b0(v0: ptr, v1: i64, v2: i64, v3: bool):
    v4 = load.i64 elem v0 + 0 + v1 * 8
    v5 = load.i64 elem v0 + 0 + v2 * 8
    v6 = icmp.lt v4, v5
    branch v6, b1(v1), b1(v2)
b1(v7: i64):
    branch v3, b2, b3
b2:
    v8 = load.i64 elem v0 + 0 + v7 * 8
    return v8
b3:
    return v7
}
)";
    EXPECT_COUNT(1, run(f, {opt::loads}), "branch v6, b1(v1, v4), b1(v2, v5)");
    EXPECT_COUNT(3, run(with(with(f, "b1(v1), b1(v2)", "b1(v1), b1(v9)"), "    v6 =", "    v9 = wrap_add.i64 v1, v2\n    v6 ="), {opt::loads}), "load.i64") << "not loaded one way, and not certainly at all";
    EXPECT_COUNT(3, run(with(f, "    branch v3", "    store.i64 elem v0 + 0, v1\n    branch v3"), {opt::loads}), "load.i64");
}

// do { x = a[at] + i; at = (at + 15) & 15; a[at] = x; i += 1 } while i < n
TEST(Loads, WhatTheRoundBeforeHasStored) {
    const std::string f = R"(fn @f(v0: ptr, v1: i64, v2: i64) -> i64 {
b0(v0: ptr, v1: i64, v2: i64):
    v3 = const.i64 1
    v4 = const.i64 15
    jump b1(v3, v2)
b1(v5: i64, v6: i64):
    v7 = load.i64 elem v0 + 0 + v6 * 8
    v8 = wrap_add.i64 v7, v5
    v9 = wrap_add.i64 v6, v4
    v10 = and.i64 v9, v4
    store.i64 elem v0 + 0 + v10 * 8, v8
    poll
    v11 = wrap_add.i64 v5, v3
    v12 = icmp.lt v11, v1
    branch v12, b1(v11, v10), b2
b2:
    return v5
}
)";
    const auto is_handed_over = [](const std::string& text) {
        const std::string after = run(text, {opt::loads});
        return after.find("= load.i64 elem v0 + 0 + v2") != std::string::npos;
    };
    EXPECT_TRUE(is_handed_over(f)) << run(f, {opt::loads});
    EXPECT_COUNT(1, run(f, {opt::loads}), "load.i64");
    // Stores of another type do no harm, nor what a short branch does elsewhere.
    EXPECT_COUNT(1, run(with(f, "    poll", "    v13 = const.u8 3\n    store.u8 elem v0 + 0 + v5 * 1, v13\n    poll"), {opt::loads}), "= load.i64 elem v0 + 0 + v2");
    const std::string branch = "    v13 = icmp.lt v8, v3\n    branch v13, b3, b4\nb3:\n    STORE\n    jump b4\nb4:\n    poll";
    EXPECT_COUNT(1, run(with(f, "    poll", with(branch, "STORE", "v14 = wrap_add.i64 v8, v8")), {opt::loads}), "= load.i64 elem v0 + 0 + v2");
    EXPECT_COUNT(0, run(with(f, "    poll", with(branch, "STORE", "store.i64 elem v0 + 0 + v5 * 8, v8")), {opt::loads}), "= load.i64 elem v0 + 0 + v2");
    // What may be another place, has been written since, or is the same place in all rounds.
    for (const auto& [from, to] : {std::pair{"elem v0 + 0 + v10", "elem v0 + 8 + v10"}, {"elem v0 + 0 + v10", "elem v0 + 0 + v9"},
                                   {"    poll", "    store.i64 elem v0 + 0 + v5 * 8, v5\n    poll"}, {"b1(v11, v10)", "b1(v11, v9)"},
                                   {"b1(v11, v10)", "b1(v11, v6)"}})
        EXPECT_COUNT(0, run(with(f, from, to), {opt::loads}), "= load.i64 elem v0 + 0 + v2") << to;
}

// sum = 0; while sum + a[i] <= most { sum += a[i]; i += 1 }
TEST(Repeats, WhatTheTestOfALoopHasComputed) {
    const std::string f = R"(fn @f(v0: ptr, v1: i64, v2: i64) -> i64 {
b0(v0: ptr, v1: i64, v2: i64):
    v3 = const.i64 0
    v4 = const.i64 1
    v5 = load.i32 elem v0 + 0 + v3 * 4
    v6 = convert.i64 v5
    v7 = icmp.le v6, v1
    branch v7, b1(v3, v3), b2(v3)
b1(v8: i64, v9: i64):
    v10 = load.i32 elem v0 + 0 + v8 * 4
    v11 = convert.i64 v10
    v12 = add.i64 v9, v11
    v13 = add.i64 v8, v4
    poll
    bounds v13, v2
    v14 = load.i32 elem v0 + 0 + v13 * 4
    v15 = convert.i64 v14
    v16 = add.i64 v12, v15
    v17 = icmp.le v16, v1
    branch v17, b1(v13, v12), b2(v12)
b2(v18: i64):
    return v18
}
)";
    const std::string after = run(f, {opt::loads, opt::repeats, opt::dce});
    EXPECT_COUNT(2, after, "load.i32") << after;
    EXPECT_COUNT(2, after, "convert.i64");
    EXPECT_COUNT(2, after, "add.i64") << after; // the index and the next sum
    // The first round has no sum from in front of the loop, or the test asks for another one.
    EXPECT_COUNT(3, run(with(f, "b1(v3, v3)", "b1(v3, v2)"), {opt::loads, opt::repeats, opt::dce}), "add.i64");
    EXPECT_COUNT(3, run(with(f, "v16 = add.i64 v12", "v16 = add.i64 v9"), {opt::loads, opt::repeats, opt::dce}), "add.i64");
    EXPECT_COUNT(2, run(with(f, "v16 = add.i64", "v16 = sub.i64"), {opt::loads, opt::repeats, opt::dce}), "add.i64") << "none of a difference";
}

TEST(Gvn, ForgetsLoadsWhereALoopWrites) {
    const auto text = run(R"(fn @f(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = seq_data.ptr v0
    v3 = load.i64 elem v2 + 0
    jump b1(v3)
b1(v4: i64):
    v5 = load.i64 elem v2 + 0
    v6 = wrap_add.i64 v4, v5
    store.i64 elem v2 + 0, v6
    poll
    v7 = icmp.lt v6, v1
    branch v7, b1(v6), b2()
b2():
    return v6
}
)", {opt::gvn});
    EXPECT_COUNT(2, text, "load.i64");
}

const char* const fill_loop = R"(fn @f(v0: owned ref, v1: i64) -> ref {
b0(v0: owned ref, v1: i64):
    v2 = const.i64 0
    v3 = icmp.lt v2, v1
    branch v3, b1(v0, v2), b2(v0)
b1(v4: owned ref, v5: i64):
    v6 = unique.ref v4, desc2
    v7 = seq_len.i64 v6
    bounds v5, v7
    v8 = seq_data.ptr v6
    store.i64 elem v8 + 0 + v5 * 8, v5
    v9 = const.i64 1
    v10 = add.i64 v5, v9
    poll
    v11 = icmp.lt v10, v1
    branch v11, b1(v6, v10), b2(v6)
b2(v12: owned ref):
    return v12
}
)";

std::string loop_body(const std::string& text) {
    const auto store = text.find("store");
    return text.substr(text.rfind("\nb", store), text.find("branch", store) - text.rfind("\nb", store));
}

TEST(Uniqueness, TestsOnceBeforeTheLoop) {
    const auto text = run(fill_loop, {opt::uniqueness});
    EXPECT_COUNT(1, text, "unique");
    EXPECT_COUNT(0, loop_body(text), "unique");
}

TEST(Uniqueness, KeepsTheTestWhenTheListIsShared) {
    const auto text = run(R"(fn @g(v0: ref) {
b0(v0: ref):
    return
}
fn @f(v0: owned ref, v1: i64) -> ref {
b0(v0: owned ref, v1: i64):
    v2 = const.i64 0
    jump b1(v0, v2)
b1(v4: owned ref, v5: i64):
    v6 = unique.ref v4, desc2
    v8 = seq_data.ptr v6
    store.i64 elem v8 + 0, v5
    call @g v6
    poll
    v11 = icmp.lt v5, v1
    branch v11, b1(v6, v5), b2(v6)
b2(v12: owned ref):
    return v12
}
)", {opt::uniqueness});
    EXPECT_COUNT(1, loop_body(text), "unique");
}

TEST(Ranges, ProvesTheInductionVariable) {
    const auto text = run(fill_loop, {opt::ranges});
    EXPECT_COUNT(1, text, "notrap");
}

TEST(Pipeline, LeavesNoCheckInACountingLoop) {
    // The bound is the list's own length: index and overflow tests go, length and address move out.
    ir::ParseError error;
    auto module = ir::parse(tables + R"(fn @f(v0: owned ref) -> ref {
b0(v0: owned ref):
    v1 = seq_len.i64 v0
    v2 = const.i64 0
    v3 = icmp.lt v2, v1
    branch v3, b1(v0, v2), b2(v0)
b1(v4: owned ref, v5: i64):
    v6 = unique.ref v4, desc2
    v7 = seq_len.i64 v6
    bounds v5, v7
    v8 = seq_data.ptr v6
    store.i64 elem v8 + 0 + v5 * 8, v5
    v9 = const.i64 1
    v10 = add.i64 v5, v9
    poll
    v11 = icmp.lt v10, v1
    branch v11, b1(v6, v10), b2(v6)
b2(v12: owned ref):
    return v12
}
)", error);
    ASSERT_TRUE(module) << error.message;
    opt::Options options;
    options.verify = true;
    opt::optimize(*module, options);
    const auto text = ir::print(*module, module->functions[ir::FuncId(0)]);
    const auto body = loop_body(text);
    EXPECT_COUNT(0, body, "bounds");
    EXPECT_COUNT(0, body, "unique");
    EXPECT_COUNT(0, body, "seq_");
    EXPECT_COUNT(1, body, "notrap");
}

// What holds on the way back is not what holds where the block ends.
TEST(Ranges, TheTestOfALoopWithFactsInsideStays) {
    const auto text = run(R"(fn @f(v0: ref) -> i64 {
b0(v0: ref):
    v1 = const.i64 0
    v2 = const.i64 1000000
    v3 = const.i64 1000
    v4 = seq_len.i64 v0
    v5 = seq_data.ptr v0
    jump b1(v1, v1)
b1(v6: i64, v7: i64):
    bounds v6, v4
    v8 = load.i64 elem v5 + 0 + v6 * 8
    v9 = wrap_add.i64 v7, v8
    v10 = add.i64 v6, v3
    poll
    v11 = icmp.lt v10, v2
    branch v11, b1(v10, v9), b2
b2:
    return v9
}
)", {opt::ranges});
    EXPECT_COUNT(1, text, "icmp.lt");
    EXPECT_COUNT(1, text, "branch");
    EXPECT_COUNT(1, text, "add.i64 v6, v3 notrap");
}

TEST(Ranges, TheElementBeforeOneThatIsThere) {
    const auto text = run(R"(fn @f(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = const.i64 0
    v3 = const.i64 1
    v4 = seq_len.i64 v0
    v5 = seq_data.ptr v0
    v6 = icmp.lt v1, v2
    branch v6, b2, b1
b1:
    v7 = add.i64 v1, v3
    bounds v7, v4
    bounds v1, v4
    v8 = load.i64 elem v5 + 0 + v1 * 8
    return v8
b2:
    bounds v1, v4
    return v2
}
)", {opt::ranges});
    EXPECT_COUNT(1, text, "bounds v7");
    EXPECT_COUNT(1, text, "bounds v1"); // where it is negative
}

TEST(Ranges, HalvesWhatIsNotNegativeByAShift) {
    const std::string f = R"(fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 MASK
    v2 = and.i64 v0, v1
    v3 = const.i64 2
    v4 = div.i64 v2, v3
    return v4
}
)";
    EXPECT_COUNT(1, run(with(f, "MASK", "255"), {opt::simplify, opt::ranges, opt::divisions, opt::dce}), "shr");
    EXPECT_COUNT(2, run(with(f, "MASK", "-2"), {opt::simplify, opt::ranges, opt::divisions, opt::dce}), "shr");
}

TEST(Ranges, HalvesWhatIsEvenByAShift) {
    const std::string f = R"(fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 4
    v2 = rem.i64 v0, v1
    v3 = const.i64 0
    v4 = icmp.eq v2, v3
    branch v4, b1, b2
b1:
    v5 = div.i64 v0, v1
    return v5
b2:
    return v0
}
)";
    EXPECT_COUNT(1, run(f, {opt::simplify, opt::ranges, opt::divisions, opt::dce}), "shr");
    // Not on the other way out, and not by more than what was asked for.
    EXPECT_COUNT(3, run(with(f, "b1, b2", "b2, b1"), {opt::simplify, opt::ranges, opt::divisions, opt::dce}), "shr");
    EXPECT_COUNT(3, run(with(f, "v5 = div.i64 v0, v1", "v6 = const.i64 8\n    v5 = div.i64 v0, v6"),
                        {opt::simplify, opt::ranges, opt::divisions, opt::dce}), "shr");
}

TEST(Ranges, BytesPutTogetherStayBelowTheNextPowerOfTwo) {
    const std::string f = R"(fn @f(v0: u8, v1: u8) -> i64 {
b0(v0: u8, v1: u8):
    v2 = convert.i64 v0
    v3 = const.i64 8
    v4 = shl.i64 v2, v3
    v5 = convert.i64 v1
    v6 = or.i64 v4, v5
    v7 = const.i64 LENGTH
    bounds v6, v7
    return v6
}
)";
    EXPECT_COUNT(0, run(with(f, "LENGTH", "65536"), {opt::ranges}), "bounds");
    EXPECT_COUNT(1, run(with(f, "LENGTH", "65535"), {opt::ranges}), "bounds");
}

TEST(Remainders, DivideOnceForBoth) {
    const std::string f = R"(fn @f(v0: i64) -> i64, i64 {
b0(v0: i64):
    v1 = const.i64 10
    v2 = rem.i64 v0, v1 notrap
    v3 = div.i64 v0, v1 notrap
    return v2, v3
}
)";
    for (const std::string& text : {run(f, {opt::remainders}), run(with(f, "v0, v1 notrap\n    v3 = div", "v0, v1 notrap\n    v9 = const.i64 10\n    v3 = div"), {opt::remainders})}) {
        EXPECT_COUNT(0, text, "rem");
        EXPECT_COUNT(1, text, "div");
        EXPECT_COUNT(1, text, "wrap_mul");
    }
    EXPECT_COUNT(1, run(with(f, "v3 = div.i64 v0, v1", "v9 = const.i64 100\n    v3 = div.i64 v0, v9"), {opt::remainders}), "rem");
}

TEST(Remainders, OfWaysThatDoNotMeetStay) {
    const auto text = run(R"(fn @f(v0: i64, v1: bool) -> i64 {
b0(v0: i64, v1: bool):
    v2 = const.i64 10
    branch v1, b1, b2
b1:
    v3 = rem.i64 v0, v2 notrap
    return v3
b2:
    v4 = div.i64 v0, v2 notrap
    return v4
}
)", {opt::remainders});
    EXPECT_COUNT(1, text, "rem");
}

TEST(Simplify, KnowsHowLongATextIs) {
    const auto text = run_module(R"(tenon_ir 1
desc0 string String stride 1
desc1 bytes Bytes stride 1
literal0 desc0 "four"
fn @f() -> i64 {
b0:
    v0 = literal.ref literal0
    v1 = seq_len.i64 v0
    return v1
}
)", {opt::simplify, opt::dce});
    EXPECT_COUNT(1, text, "const.i64 4");
}

TEST(Ranges, DoesNotBelieveAnEndlessLoop) {
    // Without a bound the counter can overflow, and the index can pass the length.
    const auto text = run(R"(fn @f(v0: ref) {
b0(v0: ref):
    v1 = seq_len.i64 v0
    v2 = const.i64 0
    jump b1(v2)
b1(v5: i64):
    bounds v5, v1
    v9 = const.i64 9223372036854775000
    v10 = add.i64 v5, v9
    poll
    jump b1(v10)
}
)", {opt::ranges});
    EXPECT_COUNT(1, text, "bounds");
    EXPECT_COUNT(0, text, "notrap");
}

TEST(Ranges, KeepsTheBoundWhenTheCounterMayPassIt) {
    const auto text = run(R"(fn @f(v0: ref, v1: i64) {
b0(v0: ref, v1: i64):
    v2 = seq_len.i64 v0
    v3 = const.i64 0
    v4 = icmp.lt v3, v1
    branch v4, b1(v3), b2()
b1(v5: i64):
    bounds v5, v2
    v6 = const.i64 1
    v7 = add.i64 v5, v6
    poll
    v8 = icmp.lt v7, v1
    branch v8, b1(v7), b2()
b2():
    return
}
)", {opt::ranges});
    EXPECT_COUNT(1, text, "bounds");
    EXPECT_COUNT(1, text, "notrap");
}

TEST(Licm, MovesInvariantsOutButNoLateTest) {
    const auto text = run(R"(fn @f(v0: ref, v1: i64, v2: i64) -> i64 {
b0(v0: ref, v1: i64, v2: i64):
    v3 = const.i64 0
    jump b1(v3)
b1(v4: i64):
    v5 = wrap_mul.i64 v1, v2
    v6 = seq_data.ptr v0
    v7 = load.i64 elem v6 + 0
    v8 = add.i64 v4, v7
    v9 = add.i64 v1, v2
    v10 = wrap_add.i64 v5, v9
    poll
    v11 = icmp.lt v8, v10
    branch v11, b1(v8), b2()
b2():
    return v8
}
)", {opt::licm});
    const auto loop = text.substr(text.rfind("\nb", text.find("poll")));
    EXPECT_COUNT(0, loop, "wrap_mul");
    EXPECT_COUNT(0, loop, "load");
    EXPECT_COUNT(2, loop, " add.i64") << "the second one comes after a test and must stay";
}

TEST(Licm, StoresToOtherFieldsOfRecordsLeaveALoadInvariant) {
    const std::string field_loop = R"(fn @f(v0: ref, v1: i64, v2: f64) -> f64 {
b0(v0: ref, v1: i64, v2: f64):
    v3 = const.i64 0
    v4 = const.i64 1
    v5 = seq_data.ptr v0
    v6 = elem_addr.ptr v5, v3 * 24
    jump b1(v3, v2)
b1(v7: i64, v8: f64):
    v9 = elem_addr.ptr v5, v7 * 24
    v10 = load.f64 elem v6 + 8
    v11 = fadd.f64 v8, v10
    store.f64 elem v9 + 16, v11
    v12 = add.i64 v7, v4
    v13 = icmp.lt v12, v1
    branch v13, b1(v12, v11), b2()
b2():
    return v11
}
)";
    const auto loads_in_loop = [](const std::string& text) {
        const auto moved = run(text, {opt::licm});
        return count(moved.substr(moved.find("b1(")), "load.");
    };
    EXPECT_EQ(0, loads_in_loop(field_loop));
    EXPECT_EQ(1, loads_in_loop(with(field_loop, "elem v9 + 16", "elem v9 + 8")));  // the same field
    EXPECT_EQ(1, loads_in_loop(with(field_loop, "elem v9 + 16", "elem v9 + 32"))); // of the next record
    EXPECT_EQ(1, loads_in_loop(with(field_loop, "v7 * 24", "v7 * 16")));             // records of another size
    EXPECT_EQ(1, loads_in_loop(with(field_loop, "elem v9 + 16", "elem v5 + 16 + v7 * 8")));
}

TEST(Inline, KeepsTheFramesOfTheTrace) {
    ir::ParseError error;
    auto module = ir::parse(tables + R"(fn @g(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 1
    v2 = add.i64 v0, v1
    return v2
}
fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = call @g v0
    v2 = call @g v1
    return v2
}
)", error);
    ASSERT_TRUE(module) << error.message;
    opt::inline_calls(*module, module->functions[ir::FuncId(1)]);
    EXPECT_TRUE(ir::verify(*module).empty());
    const auto text = ir::print(*module, module->functions[ir::FuncId(1)]);
    EXPECT_COUNT(0, text, "call");
    EXPECT_COUNT(2, text, "add.i64");
    EXPECT_COUNT(2, text, "poll") << "one unit of fuel a call";
}

// A function of some size comes into a loop that has the only call of it.
TEST(Inline, WhatOnlyALoopCalls) {
    std::string body;
    for (int i = 1; i < 120; ++i) body += "    v" + std::to_string(i) + " = add.i64 v" + std::to_string(i - 1) + ", v0\n";
    const auto calls = [&](const std::string& callee, const std::string& caller, bool once) {
        ir::ParseError error;
        auto module = ir::parse(tables + callee + caller, error);
        EXPECT_TRUE(module) << error.message;
        if (!module) return -1;
        module->functions[ir::FuncId(0)].is_called_once = once;
        opt::inline_calls(*module, module->functions[ir::FuncId(1)]);
        EXPECT_TRUE(ir::verify(*module).empty());
        return count(ir::print(*module, module->functions[ir::FuncId(1)]), "call @g");
    };
    const std::string g = "fn @g(v0: i64) -> i64 {\nb0(v0: i64):\n" + body + "    return v119\n}\n";
    const std::string loop = R"(fn @f(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    jump b1(v0)
b1(v2: i64):
    v3 = call @g v2
    poll
    v4 = icmp.lt v3, v1
    branch v4, b1(v3), b2
b2:
    return v3
}
)";
    EXPECT_EQ(0, calls(g, loop, true));
    EXPECT_EQ(1, calls(g, loop, false));
    EXPECT_EQ(1, calls(g, with(loop, "b1(v3), b2", "b2, b2"), true)) << "no loop";
    EXPECT_EQ(1, calls(with(g, "    return v119", "    jump b1(v119)\nb1(v120: i64):\n    poll\n    v121 = icmp.lt v120, v0\n    branch v121, b1(v120), b2\nb2:\n    return v119"), loop, true)) << "a loop in it";
    // Not in a loop: where it divides by its parameter, and the call knows what that is.
    const std::string by = with(g, "v119 = add.i64 v118, v0", "v119 = rem.i64 v118, v0");
    const std::string known = "fn @f(v0: i64, v1: i64) -> i64 {\nb0(v0: i64, v1: i64):\n    v2 = const.i64 97\n    v3 = call @g v2\n    return v3\n}\n";
    EXPECT_EQ(0, calls(by, known, true));
    EXPECT_EQ(1, calls(by, known, false));
    EXPECT_EQ(1, calls(g, known, true));
    EXPECT_EQ(1, calls(by, with(known, "call @g v2", "call @g v1"), true));
}

// Code of the prelude has no positions: what goes wrong in it goes wrong at the call.
TEST(Inline, CodeWithoutAPositionGetsTheCalls) {
    ir::ParseError error;
    auto module = ir::parse("tenon_ir 1\nfile0 \"main.tn\"\nname0 \"main\"\nname1 \"closure in main\"\n"
                            "loc0 file0:1:2 in name0\nloc1 file0:3:4 in name1\n" R"(
fn @user(v0: i64) -> i64 {
b0(v0: i64):
    v1 = add.i64 v0, v0 @loc1
    return v1 @loc1
}
fn @prelude(v0: i64) -> i64 {
b0(v0: i64):
    v1 = mul.i64 v0, v0
    v2 = call @user v1
    return v2
}
fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = call @prelude v0 @loc0
    return v1 @loc0
}
)", error);
    ASSERT_TRUE(module) << error.message;
    opt::inline_calls(*module, module->functions[ir::FuncId(1)]);
    opt::inline_calls(*module, module->functions[ir::FuncId(2)]);
    EXPECT_TRUE(ir::verify(*module).empty());
    const ir::Function& f = module->functions[ir::FuncId(2)];
    auto positions = [&](ir::Op op) {
        std::string text;
        for (const ir::Inst& inst : f.insts) {
            if (inst.op != op || !inst.block.is_valid()) continue;
            for (ir::LocId at = inst.loc; at.is_valid(); at = module->locs[at].inlined_at)
                text += std::to_string(module->locs[at].line) + " ";
        }
        return text;
    };
    EXPECT_EQ(positions(ir::Op::Mul), "1 ");
    EXPECT_EQ(positions(ir::Op::Add), "3 1 ");
}

TEST(Fold, IntegersTrapOrWrapByTheirType) {
    std::int64_t out = 0;
    EXPECT_FALSE(opt::fold_integer(ir::Op::Add, Scalar::I8, 127, 1, out));
    EXPECT_TRUE(opt::fold_integer(ir::Op::WrapAdd, Scalar::I8, 127, 1, out));
    EXPECT_EQ(-128, out);
    EXPECT_FALSE(opt::fold_integer(ir::Op::Sub, Scalar::U8, 1, 2, out));
    EXPECT_FALSE(opt::fold_integer(ir::Op::Div, Scalar::I64, INT64_MIN, -1, out));
    EXPECT_TRUE(opt::fold_integer(ir::Op::Rem, Scalar::I64, INT64_MIN, -1, out));
    EXPECT_EQ(0, out);
    EXPECT_FALSE(opt::fold_integer(ir::Op::Mul, Scalar::U64, -1, 2, out));
    EXPECT_TRUE(opt::fold_integer(ir::Op::Shr, Scalar::U64, -1, 63, out));
    EXPECT_EQ(1, out);
    EXPECT_FALSE(opt::fold_integer(ir::Op::Shl, Scalar::I32, 1, 32, out));
    EXPECT_TRUE(opt::fold_integer(ir::Op::RotateLeft, Scalar::U8, 0x81, 1, out));
    EXPECT_EQ(3, out);
    EXPECT_TRUE(opt::fold_integer(ir::Op::LeadingZeros, Scalar::I16, 1, 0, out));
    EXPECT_EQ(15, out);
}
