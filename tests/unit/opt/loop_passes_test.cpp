// The passes that give a counting loop another shape: strips, lanes; and recursion, which does so to
// functions.
#include "pass.h"

using namespace tn;
using namespace tn::opt::test;

namespace {

// Adds up 0..end, polling in every round.
std::string counting_loop(const std::string& end) {
    return "fn @f(v0: i64) -> i64 {\nb0(v0: i64):\n    v1 = const.i64 0\n    v2 = const.i64 1\n    v3 = " +
           end + R"(
    jump b1(v1, v1)
b1(v4: i64, v5: i64):
    v6 = add.i64 v5, v4
    poll
    v7 = add.i64 v4, v2
    v8 = icmp.lt v7, v3
    branch v8, b1(v7, v6), b2
b2:
    return v6
}
)";
}

// x[i] = x[i] + y[i] for 0..n, without bounds.
const std::string element_loop = R"(fn @f(v0: ref, v1: ref, v2: i64) {
b0(v0: ref, v1: ref, v2: i64):
    v3 = seq_data.ptr v0
    v4 = seq_data.ptr v1
    v5 = const.i64 0
    v6 = const.i64 1
    jump b1(v5)
b1(v7: i64):
    v8 = load.f64 elem v3 + 0 + v7 * 8
    v9 = load.f64 elem v4 + 0 + v7 * 8
    v10 = fadd.f64 v8, v9
    store.f64 elem v3 + 0 + v7 * 8, v10
    v11 = wrap_add.i64 v7, v6
    v12 = icmp.lt v11, v2
    branch v12, b1(v11), b2
b2:
    return
}
)";


} // namespace

TEST(Strips, PollsBehindAStripOfRounds) {
    const auto text = run(counting_loop("wrap_add.i64 v0, v2"), {opt::strips, opt::simplify, opt::dce});
    EXPECT_COUNT(1, text, "poll v");         // between two strips
    EXPECT_COUNT(1, text, "poll inlined v"); // behind the last one
    EXPECT_COUNT(2, text, "poll");
    EXPECT_COUNT(1, text, "select.i64"); // the strip's limit
    EXPECT_COUNT(2, text, "branch");
}

TEST(Strips, ShortLoopsNeedNoStrip) {
    const auto text = run(counting_loop("const.i64 300"), {opt::strips, opt::simplify, opt::dce});
    EXPECT_COUNT(1, text, "poll inlined v");
    EXPECT_COUNT(1, text, "poll");
    EXPECT_COUNT(0, text, "select.i64");
    EXPECT_COUNT(1, text, "branch");
}

TEST(Strips, CountDownToo) {
    const std::string down = with(with(counting_loop("wrap_add.i64 v0, v2"), "v7 = add.i64", "v7 = sub.i64"), "icmp.lt", "icmp.gt");
    const auto text = run(down, {opt::strips, opt::simplify, opt::dce});
    EXPECT_COUNT(1, text, "poll v7, v");     // rounds are counted from the lower end
    EXPECT_COUNT(1, text, "poll inlined v");
    EXPECT_COUNT(2, text, "poll");
    EXPECT_COUNT(1, text, "select.i64");
    EXPECT_COUNT(0, run(with(down, "sub.i64 v4, v2", "wrap_sub.i64 v4, v0"), {opt::strips}), "poll v"); // may wrap
    EXPECT_COUNT(0, run(with(down, "sub.i64", "add.i64"), {opt::strips}), "poll v");      // away from the end
}

TEST(Strips, OfLoopsThatAskFurtherAhead) {
    const std::string ahead = with(with(counting_loop("const.i64 100000"), "v3 = const", "v10 = const.i64 5\n    v3 = const"),
                                   "v8 = icmp.lt v7, v3", "v9 = add.i64 v7, v10 notrap\n    v8 = icmp.lt v9, v3");
    const auto text = run(ahead, {opt::strips, opt::simplify, opt::dce});
    EXPECT_COUNT(2, text, "poll");
    EXPECT_COUNT(0, text, "add.i64 v7"); // not in every round
    EXPECT_COUNT(0, run(with(ahead, " notrap", ""), {opt::strips}), "poll v"); // which may overflow
    EXPECT_COUNT(0, run(with(ahead, "v3 = const.i64 100000", "v3 = wrap_add.i64 v0, v2"), {opt::strips}), "poll v"); // the end as well
}

TEST(Strips, CountersOfFewBitsHaveFewRounds) {
    const auto text = run(R"(fn @f(v0: u8) -> i64 {
b0(v0: u8):
    v1 = const.u8 0
    v2 = const.u8 1
    v3 = const.i64 0
    v10 = const.i64 1
    v4 = icmp.gt v0, v1
    branch v4, b1(v1, v3), b2(v3)
b1(v5: u8, v6: i64):
    v7 = wrap_add.i64 v6, v10
    poll
    v8 = wrap_add.u8 v5, v2
    v9 = icmp.lt v8, v0
    branch v9, b1(v8, v7), b2(v7)
b2(v11: i64):
    return v11
}
)",
                          {opt::strips, opt::simplify, opt::dce});
    EXPECT_COUNT(1, text, "poll");
    EXPECT_COUNT(1, text, "poll inlined v");
}

// Looks for v1 in v0 from element `start` on.
std::string search_loop(const std::string& start) {
    return R"(fn @f(v0: ref, v1: u8, v20: i64) -> i64 {
b0(v0: ref, v1: u8, v20: i64):
    v2 = seq_len.i64 v0
    v3 = seq_data.ptr v0
    v4 = )" +
           start + R"(
    v5 = const.i64 1
    jump b1(v4)
b1(v6: i64):
    poll
    bounds v6, v2
    v7 = load.u8 elem v3 + 0 + v6 * 1
    v8 = wrap_add.i64 v6, v5
    v9 = icmp.ne v7, v1
    branch v9, b1(v8), b2
b2:
    return v6
}
)";
}

TEST(Limits, PollWhereTheCounterIsTested) {
    const auto text = run(search_loop("const.i64 0"), {opt::limits, opt::simplify, opt::dce});
    EXPECT_COUNT(1, text, "poll inlined"); // every round's fuel
    EXPECT_COUNT(1, text, "poll unpaid");  // where the limit is reached
    EXPECT_COUNT(2, text, "poll");
    EXPECT_COUNT(1, text, "bounds");
    EXPECT_COUNT(2, text, "select.i64");
}

TEST(Limits, FewRoundsNeedNone) {
    const auto text = run(with(search_loop("const.i64 0"), "seq_len.i64 v0", "const.i64 256"), {opt::limits, opt::simplify, opt::dce});
    EXPECT_COUNT(1, text, "poll");
    EXPECT_COUNT(1, text, "poll inlined");
    EXPECT_COUNT(1, text, "bounds");
}

TEST(Limits, LeaveOtherLoops) {
    const auto expect_none = [](const std::string& text) {
        EXPECT_COUNT(1, text, "fn @f");
        EXPECT_COUNT(0, text, "poll inlined");
        EXPECT_COUNT(1, text, "poll");
    };
    expect_none(run(search_loop("wrap_add.i64 v20, v20"), {opt::limits})); // may begin in front of the list
    expect_none(run(with(search_loop("const.i64 0"), "wrap_add.i64 v6, v5", "wrap_add.i64 v6, v20"), {opt::limits})); // may stand still
    expect_none(run(with(search_loop("const.i64 0"), "bounds v6, v2", "bounds v20, v2"), {opt::limits})); // asks nothing of the counter
}

TEST(Strips, LeavesOtherLoops) {
    const auto expect_none = [](const std::string& from, const std::string& to) {
        const auto text = run(with(counting_loop("wrap_add.i64 v0, v2"), from, to), {opt::strips});
        EXPECT_COUNT(1, text, "fn @f");
        EXPECT_COUNT(0, text, "poll v");
    };
    expect_none("add.i64 v4, v2", "wrap_add.i64 v4, v0"); // may wrap
    expect_none("add.i64 v4, v2", "add.i64 v4, v0");      // may stand still
    expect_none("icmp.lt v7", "icmp.ne v7");
    expect_none("    poll\n", "    v9 = call @f v4\n    poll\n");
    expect_none("    poll\n",
                "    v9 = icmp.gt v6, v0\n    branch v9, b2, b3\nb3:\n    poll\n"); // leaves early
}

TEST(Strips, OthersAskAboutTheNextRound) {
    const std::string calling = with(with(counting_loop("wrap_add.i64 v0, v2"), "    poll\n", "    v9 = call @f v4\n    poll\n"), "icmp.lt v7, v3", "icmp.lt v4, v3");
    const auto loop = with(calling, "v7 = add.i64", "v7 = wrap_add.i64");
    EXPECT_COUNT(1, run(with(loop, "    poll\n", "    bounds v4, v3\n    poll\n"), {opt::strips, opt::simplify, opt::dce}), "icmp.le");
    EXPECT_COUNT(0, run(with(loop, "jump b1(v1, v1)", "jump b1(v0, v1)"), {opt::strips}), "icmp.le"); // the last one of all numbers has no next one
    EXPECT_COUNT(0, run(with(with(loop, "    poll\n", "    bounds v4, v3\n    poll\n"), "v7 = wrap_add.i64 v4, v2", "v7 = wrap_add.i64 v4, v0"), {opt::strips}), "icmp.le");
}

TEST(Lanes, StandBeforeElementWiseLoops) {
    const auto text = run(element_loop, {opt::lanes});
    EXPECT_COUNT(1, text, "= lanes");
    EXPECT_COUNT(1, text, "fadd.f64"); // the loop stays
    EXPECT_COUNT(1, run(element_loop, {opt::lanes, opt::lanes}), "= lanes");
}

TEST(Lanes, ElementsBesideTheCounters) {
    const auto beside = with(element_loop, "    v9 = load.f64 elem v4 + 0 + v7 * 8", "    v13 = sub.i64 v7, v6 notrap\n    v9 = load.f64 elem v4 + 0 + v13 * 8");
    const auto text = run(beside, {opt::lanes});
    EXPECT_COUNT(1, text, "= lanes");
    EXPECT_COUNT(1, text, "+ -8 + v");
    EXPECT_COUNT(0, text, "sub.i64");
    EXPECT_COUNT(0, run(with(beside, "sub.i64 v7, v6 notrap", "sub.i64 v7, v6"), {opt::lanes}), "lanes");
    EXPECT_COUNT(0, run(with(beside, "sub.i64 v7, v6 notrap", "wrap_sub.i64 v6, v7"), {opt::lanes}), "lanes");
}

TEST(Lanes, LeaveWhatReadsTheLastRounds) {
    // x[i] = x[i - 1] + y[i]; 16 elements before there is no such haste.
    const auto own = [](const std::string& distance) {
        auto text = with(element_loop, "    v9 = load.f64 elem v4 + 0 + v7 * 8", "    v9 = load.f64 elem v3 + -" + distance + " + v7 * 8");
        return run(text, {opt::lanes});
    };
    EXPECT_COUNT(0, own("8"), "= lanes");
    EXPECT_COUNT(1, own("128"), "= lanes");
}

TEST(Lanes, LeaveWhatIsNotElementWise) {
    const auto expect_none = [](const std::string& from, const std::string& to) {
        const auto text = run(with(element_loop, from, to), {opt::lanes});
        EXPECT_COUNT(1, text, "fn @f");
        EXPECT_COUNT(0, text, "lanes");
    };
    expect_none("fadd.f64 v8, v9", "fadd.f64 v8, v9\n    poll");
    expect_none("v4 + 0 + v7", "v4 + 0 + v2");
    expect_none("icmp.lt v11", "icmp.ne v11");
    expect_none("const.i64 1", "const.i64 2");
}

// Adds up, or folds otherwise, x[0..n].
const std::string fold_loop = R"(fn @f(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = seq_data.ptr v0
    v3 = const.i64 0
    v4 = const.i64 1
    jump b1(v3, v3)
b1(v5: i64, v6: i64):
    v7 = load.i64 elem v2 + 0 + v5 * 8
    v8 = add.i64 v6, v7
    v9 = wrap_add.i64 v5, v4
    v10 = icmp.lt v9, v1
    branch v10, b1(v9, v8), b2
b2:
    return v8
}
)";

TEST(Lanes, FoldWhatARoundCombinesWithOneValue) {
    EXPECT_COUNT(1, run(fold_loop, {opt::lanes}), "= lanes v3, v3 to v1, v2");
    for (const char* folds : {"sub.i64 v6, v7", "wrap_add.i64 v7, v6", "xor.i64 v6, v7", "and.i64 v7, v6"})
        EXPECT_COUNT(1, run(with(fold_loop, "add.i64 v6, v7", folds), {opt::lanes}), "= lanes");
    const auto best = [](const std::string& choice) {
        return run(with(fold_loop, "v8 = add.i64 v6, v7", "v11 = icmp." + choice), {opt::lanes});
    };
    EXPECT_COUNT(1, best("lt v7, v6\n    v8 = select.i64 v11, v7, v6"), "= lanes");
    EXPECT_COUNT(1, best("lt v7, v6\n    v8 = select.i64 v11, v6, v7"), "= lanes"); // the largest
    EXPECT_COUNT(0, best("eq v7, v6\n    v8 = select.i64 v11, v7, v6"), "= lanes");
    EXPECT_COUNT(0, best("lt v7, v4\n    v8 = select.i64 v11, v7, v6"), "= lanes"); // the last that is small
}

TEST(Lanes, LeaveWhatOneRoundTellsTheNext) {
    const auto expect_none = [](const std::string& from, const std::string& to) {
        EXPECT_COUNT(0, run(with(fold_loop, from, to), {opt::lanes}), "lanes");
    };
    expect_none("add.i64 v6, v7", "sub.i64 v7, v6");
    expect_none("add.i64 v6, v7", "mul.i64 v6, v7");
    expect_none("v8 = add.i64 v6, v7", "v11 = add.i64 v6, v6\n    v8 = add.i64 v11, v7");
    expect_none("v9 = wrap_add", "v11 = mul.i64 v6, v6\n    v9 = wrap_add"); // a trap that nobody needs
    expect_none("v9 = wrap_add", "store.i64 elem v2 + 0 + v5 * 8, v8\n    v9 = wrap_add"); // a prefix sum
    // What is known of a counter because a sum of it does not trap is known for the rounds before it alone.
    expect_none("v8 = add.i64 v6, v7", "v11 = add.i64 v5, v1\n    v8 = xor.i64 v6, v11");
}

// Tests at the top; two counters that are one.
const std::string top_loop = R"(fn @f(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = seq_data.ptr v0
    v3 = const.i64 0
    v4 = const.i64 1
    jump b1(v3, v3, v3)
b1(v5: i64, v6: i64, v7: i64):
    poll inlined
    v8 = icmp.ge v5, v1
    branch v8, b2, b3
b2:
    return v7
b3:
    v9 = load.i64 elem v2 + 0 + v6 * 8
    v10 = add.i64 v7, v9
    v11 = wrap_add.i64 v5, v4
    v12 = wrap_add.i64 v6, v4
    poll
    jump b1(v11, v12, v10)
}
)";

TEST(Rotate, TestsAtTheBottom) {
    const auto text = run(top_loop, {opt::rotate});
    EXPECT_COUNT(1, text, "icmp.ge");
    EXPECT_COUNT(1, text, "icmp.lt"); // the one at the bottom goes on where it holds
    EXPECT_COUNT(2, text, "poll inlined");
    EXPECT_COUNT(1, run(top_loop, {opt::rotate, opt::dce, opt::strips, opt::lanes}), "= lanes");
    EXPECT_COUNT(2, run(top_loop, {opt::rotate, opt::rotate}), "icmp."); // once
}

TEST(Rotate, MergesCountersThatStepAlike) {
    EXPECT_COUNT(1, run(top_loop, {opt::rotate, opt::dce}), "wrap_add.i64");
    EXPECT_COUNT(2, run(with(top_loop, "wrap_add.i64 v6, v4", "wrap_add.i64 v6, v1"), {opt::rotate, opt::dce}), "wrap_add.i64");
    EXPECT_COUNT(2, run(with(top_loop, "b1(v3, v3, v3)", "b1(v3, v4, v3)"), {opt::rotate, opt::dce}), "wrap_add.i64");
}

TEST(Rotate, LeavesHeadersThatWriteOrCall) {
    for (const char* more : {"store.i64 elem v2 + 0, v5", "v20 = call @f v0, v5"}) {
        const auto text = run(with(top_loop, "    poll inlined\n", "    poll inlined\n    " + std::string(more) + "\n"), {opt::rotate});
        EXPECT_COUNT(1, text, "icmp.");
    }
}

// Adds up a field of records of 40 bytes.
const std::string record_loop = R"(fn @f(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = seq_data.ptr v0
    v3 = const.i64 0
    v4 = const.i64 1
    jump b1(v3, v3)
b1(v5: i64, v6: i64):
    v7 = elem_addr.ptr v2, v5 * 40
    v8 = load.i64 elem v7 + 16
    v9 = add.i64 v6, v8
    v10 = wrap_add.i64 v5, v4
    v11 = icmp.lt v10, v1
    branch v11, b1(v10, v9), b2
b2:
    return v9
}
)";

TEST(Pointers, WalkThroughRecords) {
    const auto text = run(record_loop, {opt::pointers});
    EXPECT_COUNT(1, text, "elem_addr.ptr"); // the step: it begins at the first one
    EXPECT_COUNT(1, text, ": ptr");
    EXPECT_COUNT(2, run(with(record_loop, "jump b1(v3", "jump b1(v4"), {opt::pointers}), "elem_addr.ptr"); // or the second
    EXPECT_COUNT(1, run(with(record_loop, "* 40", "* 8"), {opt::pointers}), "elem_addr.ptr");
    EXPECT_COUNT(1, run(with(record_loop, "wrap_add.i64 v5, v4", "wrap_add.i64 v5, v1"), {opt::pointers}), "elem_addr.ptr");
}

TEST(Recursion, InlinesThreeLevelsOfASmallFunction) {
    const std::string fib = R"(fn @f(v0: i64) -> i64 {
b0(v0: i64):
    v1 = const.i64 2
    v2 = icmp.lt v0, v1
    branch v2, b1, b2
b1:
    return v0
b2:
    v3 = const.i64 1
    v4 = sub.i64 v0, v3
    v5 = call @f v4
    v6 = sub.i64 v0, v1
    v7 = call @f v6
    v8 = add.i64 v5, v7
    return v8
}
)";
    const auto text = run(fib, {opt::recursion});
    EXPECT_COUNT(16, text, "call @f");
    EXPECT_COUNT(14, text, "poll inlined");
}

TEST(Ranges, RootsAreBoundedBySquares) {
    const auto text = run(R"(fn @f(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = seq_len.i64 v0
    v3 = mul.i64 v1, v1
    v4 = icmp.lt v3, v2
    v5 = const.i64 0
    v6 = icmp.ge v1, v5
    branch v4, b1, b3
b1:
    branch v6, b2, b3
b2:
    bounds v1, v2
    v7 = seq_data.ptr v0
    v8 = load.i64 elem v7 + 0 + v1 * 8
    return v8
b3:
    return v5
}
)",
                          {opt::ranges});
    EXPECT_COUNT(0, text, "bounds");
}

namespace {

// Pushes 0..n; the list comes from `origin`.
std::string filling_loop(const std::string& origin) {
    return "fn @f(v0: i64, v1: owned ref) -> i64 {\nb0(v0: i64, v1: owned ref):\n    v2 = const.i64 0\n    v3 = const.i64 1\n" +
           origin + R"(
    jump b1(v2, v4)
b1(v5: i64, v6: owned ref):
    v7 = list_grow.ref v6, desc2
    v8 = seq_len.i64 v7
    v9 = seq_data.ptr v7
    store.i64 elem v9 + 0 + v8 * 8, v5
    v10 = wrap_add.i64 v8, v3
    v11 = seq_set_len.ref v7, v10
    v12 = wrap_add.i64 v5, v3
    v13 = icmp.lt v12, v0
    branch v13, b1(v12, v11), b2
b2:
    v14 = seq_len.i64 v11
    release v11
    return v14
}
)";
}

} // namespace

TEST(Lengths, OfAListThatALoopFillsAreParameters) {
    const auto fresh = run(filling_loop("    release v1\n    v4 = list_new.ref v2, desc2"), {opt::uniqueness, opt::lengths});
    EXPECT_COUNT(1, fresh, "seq_len"); // behind the loop
    EXPECT_COUNT(1, fresh, "unshared");
    EXPECT_COUNT(1, fresh, "b1(v6: i64, v7: owned ref, v8: i64):");
    // A list from elsewhere brings its length along, and may have other owners.
    const auto given = run(with(filling_loop(""), "jump b1(v2, v4)", "jump b1(v2, v1)"), {opt::lengths});
    EXPECT_COUNT(1, given, "seq_len.i64 v1\n");
    EXPECT_COUNT(2, given, "seq_len");
    EXPECT_COUNT(0, given, "unshared");
}

TEST(Lengths, ThatNoLoopChangesStay) {
    const auto text = run(with(with(filling_loop("    release v1\n    v4 = list_new.ref v2, desc2"), "wrap_add.i64 v8, v3", "wrap_add.i64 v2, v3"),
                               "v11 = seq_set_len.ref v7, v10", "v11 = unique.ref v7, desc2"),
                          {opt::lengths});
    EXPECT_COUNT(2, text, "seq_len");
}

// ---- rooms ----

namespace {
// The loop of `filling_loop` with a list of this many elements' room, entered when `guard` holds.
std::string fresh_loop(const std::string& room, const std::string& guard = "icmp.gt v0, v2") {
    const auto text = filling_loop("    release v1\n    v4 = list_new.ref " + room + ", desc2\n    v15 = " + guard);
    return with(with(text, "jump b1(v2, v4)", "branch v15, b1(v2, v4), b3"), "return v14\n", "return v14\nb3:\n    release v4\n    return v2\n");
}

} // namespace

TEST(Rooms, AListMadeForAllRoundsIsFilledLikeAnArray) {
    const auto text = run(fresh_loop("v0"), {opt::uniqueness, opt::rooms});
    EXPECT_COUNT(0, text, "list_grow");
    EXPECT_COUNT(1, text, "seq_data");
    EXPECT_COUNT(1, text, "wrap_add"); // the length is the counter
    EXPECT_COUNT(1, text, "seq_set_len");
    EXPECT_COUNT(1, text, "b1(v6: i64):\n    store.i64 elem v9 + 0 + v6 * 8, v6\n"); // and stays out of the loop
}

TEST(Rooms, ThatAreNotProvenAreAskedFor) {
    const auto expect_asked = [](const std::string& text) {
        const auto after = run(text, {opt::uniqueness, opt::rooms});
        EXPECT_COUNT(1, after, "fn @f");
        EXPECT_COUNT(1, after, "list_grow");
        EXPECT_COUNT(1, after, "seq_set_len.ref");
    };
    expect_asked(fresh_loop("v3"));                       // for one
    expect_asked(fresh_loop("v0", "icmp.lt v0, v2"));     // the first round may be one too many
    expect_asked(with(fresh_loop("v0"), "icmp.lt v12, v0", "icmp.le v12, v0")); // the last one is
    expect_asked(filling_loop("    v4 = unique.ref v1, desc2")); // who knows for how many
}

TEST(Rooms, WhoCountsTwiceOrReadsTheListIsLeftAlone) {
    // Two elements a round: the length is not the counter.
    const auto twice = run(with(fresh_loop("v0"), "v10 = wrap_add.i64 v8, v3", "v16 = const.i64 2\n    v10 = wrap_add.i64 v8, v16"),
                           {opt::uniqueness, opt::rooms});
    EXPECT_COUNT(1, twice, "list_grow");
    EXPECT_COUNT(2, twice, "seq_len");
    // Whoever asks for the list in the loop sees its length.
    const auto seen = run(with(fresh_loop("v0"), "v12 = wrap_add", "v16 = icmp.eq v11, v11\n    v12 = wrap_add"), {opt::uniqueness, opt::rooms});
    EXPECT_COUNT(0, seen, "list_grow");
    EXPECT_COUNT(1, seen, "owned ref):\n    store");
}

TEST(Rooms, StartWithWhatStandsInTheList) {
    // One element before the loop: the length is one ahead of the counter.
    const auto text = run(with(with(fresh_loop("v20"), "    v4 = list_new", "    v20 = add.i64 v0, v3\n    v21 = list_new"),
                               "    v15 =", "    v22 = list_grow.ref v21, desc2 unshared\n    v4 = seq_set_len.ref v22, v3\n    v15 ="),
                          {opt::uniqueness, opt::rooms});
    EXPECT_COUNT(1, text, "list_grow");
    EXPECT_COUNT(1, text, "seq_data");
}

// ---- accumulators ----

namespace {
// Adds y[i] to one field of the record v3 of x, for what is behind it.
const std::string adding_loop = R"(fn @f(v0: ref, v1: ref, v2: i64, v3: i64) {
b0(v0: ref, v1: ref, v2: i64, v3: i64):
    v4 = const.i64 1
    v5 = seq_data.ptr v0
    v6 = elem_addr.ptr v5, v3 * 24
    v7 = add.i64 v3, v4
    v8 = icmp.lt v7, v2
    branch v8, b1(v7), b2
b1(v9: i64):
    v10 = elem_addr.ptr v5, v9 * 24
    v11 = load.f64 elem v10 + 8
    v12 = load.f64 elem v6 + 8
    v13 = fadd.f64 v12, v11
    store.f64 elem v6 + 8, v13
    v14 = wrap_add.i64 v9, v4
    v15 = icmp.lt v14, v2
    branch v15, b1(v14), b2
b2:
    return
}
)";
// Loads and stores in the loop of one block.
int accesses(const std::string& text) {
    const auto after = run(text, {opt::accumulators});
    const auto from = after.find("elem_addr", after.find("elem_addr") + 1);
    const auto loop = after.substr(from, after.find("branch", from) - from);
    return count(loop, "load.") + count(loop, "store.");
}
} // namespace

TEST(Accumulators, StayInRegisters) {
    EXPECT_EQ(1, accesses(adding_loop));
    const auto text = run(adding_loop, {opt::accumulators});
    EXPECT_COUNT(2, text, "load.");
    EXPECT_COUNT(1, text, "b1(v9: i64, v10: f64):");
    EXPECT_COUNT(1, text, "    store.f64 elem v6 + 8, v13\n    jump b2\n");
    // Read twice and written twice: what counts is the last one.
    EXPECT_EQ(1, accesses(with(adding_loop, "    v14 =", "    v16 = load.f64 elem v6 + 8\n    v17 = fmul.f64 v16, v11\n    store.f64 elem v6 + 8, v17\n    v14 =")));
    // Written only: nothing is read in front of the loop.
    const auto written = run(with(adding_loop, "fadd.f64 v12, v11", "fadd.f64 v11, v11"), {opt::dce, opt::accumulators});
    EXPECT_COUNT(1, written, "load.");
    EXPECT_COUNT(1, written, "store.");
    // Another field of the same record, and one of any record.
    EXPECT_EQ(2, accesses(with(adding_loop, "    v14 =", "    store.f64 elem v10 + 16, v13\n    v14 =")));
}

TEST(Accumulators, MustNotBeFoundInMemoryMeanwhile) {
    // The first element that is read may be the one that is changed.
    EXPECT_EQ(3, accesses(with(adding_loop, "branch v8, b1(v7), b2", "branch v8, b1(v3), b2")));
    EXPECT_EQ(3, accesses(with(adding_loop, "elem v10 + 8", "elem v10 + 32"))); // of the record behind
    EXPECT_EQ(3, accesses(with(adding_loop, "v10 = elem_addr.ptr v5, v9", "v16 = seq_data.ptr v1\n    v10 = elem_addr.ptr v16, v9")));
    // A trap or a call in the loop.
    EXPECT_EQ(3, accesses(with(adding_loop, "    v14 =", "    poll\n    v14 =")));
    EXPECT_EQ(3, accesses(with(adding_loop, "    v14 =", "    v16 = add.i64 v9, v9\n    v14 =")));
    EXPECT_EQ(3, accesses(with(adding_loop, "    v14 =", "    call @f v0, v1, v9, v9\n    v14 =")));
    // Where the record is changes.
    EXPECT_EQ(3, accesses(with(with(adding_loop, "load.f64 elem v6 + 8", "load.f64 elem v10 + 16"), "store.f64 elem v6 + 8", "store.f64 elem v10 + 16")));
}

// ---- strides ----

TEST(Strides, ShowTheFactorsThatLoopsKeep) {
    const auto text = run(adding_loop, {opt::strides}); // 24 is three times eight
    EXPECT_COUNT(0, text, "wrap_mul");
    std::string large = adding_loop;
    for (int i = 0; i < 2; ++i) large = with(large, "* 24", "* 56");
    const auto shown = run(large, {opt::strides});
    EXPECT_COUNT(1, shown, "wrap_mul"); // not in front of the loop
    EXPECT_COUNT(1, shown, "* 1\n");
    EXPECT_COUNT(1, shown, "* 56\n");
}

// ---- uniqueness ----

TEST(Uniqueness, AnEmptyListHasNothingToShare) {
    const auto text = run(filling_loop("    release v1\n    v15 = empty.ref desc2\n    v4 = retain.ref v15"), {opt::uniqueness});
    EXPECT_COUNT(1, text, "unshared");
}

// ---- preheaders ----

// A loop that is entered by a branch; `line` stands in it.
std::string entered_by_branch(const std::string& line) {
    return R"(fn @f(v0: i64, v1: i64, v2: bool) -> i64 {
b0(v0: i64, v1: i64, v2: bool):
    branch v2, b1(v0), b2(v0)
b1(v3: i64):
)" + line + R"(
    v5 = wrap_add.i64 v3, v4
    poll
    v6 = icmp.lt v5, v1
    branch v6, b1(v5), b2(v5)
b2(v7: i64):
    return v7
}
)";
}

TEST(Preheaders, StayWhereSomethingMovesInThere) {
    const auto text = run(entered_by_branch("    v4 = wrap_mul.i64 v0, v1"), {opt::licm});
    EXPECT_COUNT(1, text, "jump b1(");
}

TEST(Preheaders, GoAgainWhereNothingDoes) {
    const auto loop = entered_by_branch("    v4 = wrap_mul.i64 v3, v1");
    EXPECT_EQ(run(loop, {}), run(loop, {opt::licm}));
    ir::ParseError error;
    auto module = ir::parse(tables + loop, error);
    ASSERT_TRUE(module);
    EXPECT_FALSE(opt::licm(*module, module->functions[ir::FuncId(0)]));
}

// ---- threading ----

TEST(Threading, TakesApartAnOptionThatIsMadeAndMatched) {
    const auto text = run(R"(fn @f(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    v2 = const.u8 0
    v3 = const.u8 1
    v4 = icmp.lt v0, v1
    branch v4, b1(), b2()
b1():
    v5 = add.i64 v0, v1
    jump b3(v3, v5)
b2():
    jump b3(v2, v0)
b3(v6: u8, v7: i64):
    v8 = const.u8 1
    v9 = icmp.eq v6, v8
    v10 = xor.i64 v7, v1
    branch v9, b4(), b5()
b4():
    v11 = mul.i64 v10, v7
    jump b6(v11)
b5():
    jump b6(v1)
b6(v12: i64):
    v13 = xor.i64 v12, v10
    return v13
}
)", {opt::threading, opt::simplify, opt::dce});
    EXPECT_COUNT(1, text, "branch");
    EXPECT_COUNT(0, text, "icmp.eq");
    EXPECT_COUNT(1, text, "mul");
}

TEST(Threading, KeepsABranchThatOneWayLeavesOpen) {
    const auto text = run(R"(fn @f(v0: i64, v1: bool) -> i64 {
b0(v0: i64, v1: bool):
    v2 = const.bool 1
    branch v1, b1(), b2()
b1():
    jump b3(v2)
b2():
    v3 = icmp.lt v0, v0
    v4 = icmp.ne v0, v0
    v5 = and.bool v3, v4
    jump b3(v5)
b3(v6: bool):
    branch v6, b4(), b5()
b4():
    return v0
b5():
    v7 = const.i64 0
    return v7
}
)", {opt::threading});
    EXPECT_COUNT(2, text, "branch");
    EXPECT_COUNT(0, text, "b3(v");
}

// m = i; if l < n && c { m = l }; if l + 1 < n { ... }; if m == i { ... }
TEST(Threading, AsksNoMoreWhatTheWayHasAnswered) {
    const std::string f = R"(fn @f(v0: i64, v1: i64, v2: bool) -> i64 {
b0(v0: i64, v1: i64, v2: bool):
    v3 = const.i64 1
    v4 = const.i64 2
    v5 = add.i64 v0, v3
    v6 = add.i64 v0, v4
    v7 = icmp.lt v5, v1
    branch v7, b1, b3(v0)
b1:
    branch v2, b2, b3(v0)
b2:
    jump b3(v5)
b3(v8: i64):
    v9 = icmp.lt v6, v1
    branch v9, b4, b5
b4:
    v10 = mul.i64 v8, v8
    return v10
b5:
    v11 = icmp.eq v8, v0
    branch v11, b6, b7
b6:
    return v3
b7:
    return v8
}
)";
    const std::string decided = "    jump b5\n"; // to `return v3`
    EXPECT_COUNT(1, run(f, {opt::threading}), decided);
    for (const char* other : {"icmp.ge v6, v1", "icmp.gt v6, v1", "icmp.le v6, v1"}) {
        const bool goes_on = std::string_view(other).substr(5, 2) != "le"; // now the other way round
        EXPECT_COUNT(goes_on ? 0 : 1, run(with(f, "icmp.lt v6, v1", other), {opt::threading}), decided) << other;
    }
    EXPECT_COUNT(1, run(with(f, "v6 = add.i64 v0, v4", "v6 = add.i64 v0, v3"), {opt::threading}), decided);
    // The other way says nothing, nor do sums that may wrap, smaller ones, other ends and unsigned numbers.
    EXPECT_COUNT(0, run(with(f, "branch v7, b1, b3(v0)", "branch v7, b3(v0), b1"), {opt::threading}), decided);
    EXPECT_COUNT(0, run(with(f, "v6 = add", "v6 = wrap_add"), {opt::threading}), decided);
    EXPECT_COUNT(0, run(with(f, "v6 = add.i64 v0, v4", "v12 = const.i64 -1\n    v6 = add.i64 v0, v12"), {opt::threading}), decided);
    EXPECT_COUNT(0, run(with(f, "icmp.lt v6, v1", "icmp.lt v6, v4"), {opt::threading}), decided);
}

// if a && x { ... } else if a && y { ... }
TEST(Threading, AsksNoMoreWhatABranchBeforeTheWayHasAsked) {
    const std::string f = R"(fn @f(v0: i64, v1: i64, v2: bool, v3: bool) -> i64 {
b0(v0: i64, v1: i64, v2: bool, v3: bool):
    v4 = icmp.lt v0, v1
    branch v4, b1, b3
b1:
    branch v2, b2, b3
b2:
    return v0
b3:
    branch v4, b4, b5
b4:
    branch v3, b6, b5
b5:
    return v1
b6:
    v5 = xor.i64 v0, v1
    return v5
}
)";
    EXPECT_COUNT(1, run(f, {opt::threading}), "branch v4");
    // Where it is another question, or one of two ways to the same place, it is asked.
    EXPECT_COUNT(1, run(with(f, "branch v4, b4, b5", "branch v3, b4, b5"), {opt::threading}), "branch v4");
    EXPECT_COUNT(2, run(with(with(f, "branch v4, b1, b3", "branch v4, b1, b1"), "branch v2, b2, b3", "branch v2, b2, b3"), {opt::threading}),
                 "branch v4");
}

TEST(Threading, MergesTheLoopOfAnIteratorWithTheOneAroundIt) {
    const auto text = run(R"(fn @f(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    v2 = const.i64 0
    v3 = const.i64 1
    jump b1(v2, v2)
b1(v4: i64, v5: i64):
    poll inlined
    jump b2(v4)
b2(v6: i64):
    v7 = icmp.lt v6, v0
    branch v7, b3(), b6()
b3():
    v8 = wrap_add.i64 v6, v3
    v9 = icmp.lt v6, v1
    branch v9, b4(), b5()
b4():
    poll
    jump b2(v8)
b5():
    v10 = wrap_add.i64 v5, v6
    poll
    jump b1(v8, v10)
b6():
    return v5
}
)", {opt::threading, opt::simplify});
    EXPECT_COUNT(2, text, "poll inlined");
    EXPECT_COUNT(2, text, "branch v"); // the test of the end, and the one within
    EXPECT_COUNT(3, text, "jump b1(v"); // one loop, two ways back
}

// ---- what is there already ----

TEST(Gvn, StoresNothingThatIsThereAlready) {
    const auto text = run(R"(fn @f(v0: ptr, v1: i64) -> i64 {
b0(v0: ptr, v1: i64):
    v2 = load.i64 elem v0 + 8
    v3 = load.i64 elem v0 + 16
    store.i64 elem v0 + 8, v2
    store.i64 elem v0 + 24, v1
    store.i64 elem v0 + 16, v3
    return v3
}
)", {opt::gvn});
    EXPECT_COUNT(0, text, "store.i64 elem v0 + 8");
    EXPECT_COUNT(1, text, "store.i64 elem v0 + 24");
    EXPECT_COUNT(1, text, "store.i64 elem v0 + 16"); // the one between may be the same place
}

TEST(Simplify, TestsARemainderByItsBits) {
    const auto text = run(R"(fn @f(v0: i64) -> bool {
b0(v0: i64):
    v1 = const.i64 8
    v2 = rem.i64 v0, v1
    v3 = const.i64 0
    v4 = icmp.eq v2, v3
    return v4
}
)", {opt::simplify, opt::dce});
    EXPECT_COUNT(1, text, "and.i64");
    EXPECT_COUNT(0, text, "shr");
}
