// Tables of dynamic programming: stores where ways meet, and what one round stores for the next.
#include "pass.h"

using namespace tn;
using namespace tn::opt::test;

namespace {

// Two ways that store at the same place.
const std::string two_ways = R"(fn @f(v0: ref, v1: i64, v2: i64) -> i64 {
b0(v0: ref, v1: i64, v2: i64):
    v3 = seq_data.ptr v0
    v4 = icmp.lt v1, v2
    branch v4, b1, b2
b1:
    v5 = wrap_add.i64 v1, v2
    store.i64 elem v3 + 8, v5
    jump b3
b2:
    store.i64 elem v3 + 8, v2
    jump b3
b3:
    return v1
}
)";

std::string loop_of(const std::string& text) { return text.substr(text.find("\nb1("), text.find("\nb4:") - text.find("\nb1(")); }

TEST(Stores, OnceWhereWaysMeet) {
    const auto text = run(two_ways, {opt::stores});
    EXPECT_COUNT(1, text, "store.i64");
    EXPECT_GT(text.find("store.i64"), text.find("\nb3(")) << text;
    EXPECT_COUNT(1, run(two_ways, {opt::stores, opt::selects}), "select.i64"); // now it need not branch
}

TEST(Stores, NotOfDifferentPlacesOrPastWhoReads) {
    EXPECT_COUNT(2, run(with(two_ways, "v3 + 8, v2", "v3 + 16, v2"), {opt::stores}), "store.i64");
    EXPECT_COUNT(2, run(with(two_ways, "v3 + 8, v2\n", "v3 + 8, v2\n    poll\n"), {opt::stores}), "store.i64");
    const std::string reads = "v3 + 8, v2\n    v6 = load.i64 elem v3 + 0\n    store.i64 elem v3 + 0, v6\n";
    EXPECT_COUNT(3, run(with(two_ways, "v3 + 8, v2\n", reads), {opt::stores}), "store.i64");
}

TEST(Stores, SeveralInTheirOrder) {
    std::string f = with(two_ways, "store.i64 elem v3 + 8, v5", "store.i64 elem v3 + 0, v1\n    store.i64 elem v3 + 8, v5");
    f = with(f, "store.i64 elem v3 + 8, v2", "store.i64 elem v3 + 0, v2\n    store.i64 elem v3 + 8, v2");
    const auto text = run(f, {opt::stores});
    EXPECT_COUNT(2, text, "store.i64");
    EXPECT_LT(text.find("v3 + 0"), text.find("v3 + 8")) << text;
}

// x[i] = c(i) ? x[i - 1] + 1 : i, in every round
const std::string some_rounds = R"(fn @f(v0: ref, v1: i64, v2: i64) -> i64 {
b0(v0: ref, v1: i64, v2: i64):
    v3 = seq_data.ptr v0
    v4 = const.i64 1
    jump b1(v4)
b1(v5: i64):
    v6 = icmp.lt v5, v1
    branch v6, b2, b3(v5)
b2:
    v7 = sub.i64 v5, v4 notrap
    v8 = load.i64 elem v3 + 0 + v7 * 8
    v9 = wrap_add.i64 v8, v4
    jump b3(v9)
b3(v10: i64):
    store.i64 elem v3 + 0 + v5 * 8, v10
    v11 = wrap_add.i64 v5, v4
    v12 = icmp.lt v11, v2
    branch v12, b1(v11), b4
b4:
    return v2
}
)";

TEST(Carried, ToALoadThatSomeRoundsMake) {
    const auto text = run(some_rounds, {opt::carried});
    EXPECT_COUNT(1, text, "load.i64"); // in front of the loop,
    EXPECT_COUNT(1, text, "seq_len.i64"); // if the list has it
    EXPECT_COUNT(0, loop_of(text), "load.i64");
}

TEST(Carried, NotPastAStoreThatSomeRoundsMake) {
    const std::string f = with(with(some_rounds, "branch v6, b2, b3(v5)", "branch v6, b2, b5"), "b4:\n", "b5:\n    v13 = wrap_add.i64 v5, v4\n    v14 = icmp.lt v13, v2\n    branch v14, b1(v13), b4\nb4:\n");
    EXPECT_COUNT(1, loop_of(run(f, {opt::carried})), "load.i64");
    // Nothing says which list it is.
    EXPECT_COUNT(1, loop_of(run(with(some_rounds, "v3 = seq_data.ptr v0", "v13 = seq_data.ptr v0\n    v3 = elem_addr.ptr v13, v1 * 8"), {opt::carried})), "load.i64");
}

// A row that is made unshared, and read.
const std::string row = R"(fn @f(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = seq_data.ptr v0
    v3 = elem_addr.ptr v2, v1 * 8
    v4 = unique_at.ref v3, desc2
    v5 = load.ref elem v3 + 0
    v6 = seq_len.i64 v5
    return v6
}
)";

TEST(Gvn, AnUnsharedRowIsTheOneThatIsThere) {
    EXPECT_COUNT(0, run(row, {opt::gvn}), "load.ref");
    EXPECT_COUNT(1, run(with(row, "v5 = load.ref elem v3 + 0", "v7 = unique_at.ref v2, desc2\n    v5 = load.ref elem v3 + 0"), {opt::gvn}), "load.ref");
    EXPECT_COUNT(1, run(with(row, "v5 = load.ref elem v3 + 0", "v5 = load.ref elem v2 + 0"), {opt::gvn}), "load.ref");
}

// Two lists that change places from round to round.
const std::string exchanged = R"(fn @f(v0: owned ref, v1: owned ref, v2: i64) -> i64 {
b0(v0: owned ref, v1: owned ref, v2: i64):
    v3 = seq_set_len.ref v0, v2
    v4 = seq_set_len.ref v1, v2
    v5 = const.i64 0
    jump b1(v5, v3, v4)
b1(v6: i64, v7: owned ref, v8: owned ref):
    v9 = unique.ref v7, desc2
    v10 = seq_len.i64 v9
    v11 = wrap_add.i64 v6, v10
    poll
    v12 = icmp.lt v11, v2
    branch v12, b1(v11, v8, v9), b2(v8, v9)
b2(v13: owned ref, v14: owned ref):
    v15 = seq_len.i64 v13
    release v13
    release v14
    return v15
}
)";

TEST(Sizes, OfListsThatAreExchanged) {
    const std::string& f = exchanged;
    const auto text = run(f, {opt::sizes});
    EXPECT_COUNT(0, text, "seq_len");
    EXPECT_COUNT(1, text, "wrap_add.i64 v6, v2");
    // One of them has another length, or one that is not known.
    EXPECT_COUNT(2, run(with(f, "v4 = seq_set_len.ref v1, v2", "v16 = const.i64 7\n    v4 = seq_set_len.ref v1, v16"), {opt::sizes}), "seq_len.");
    EXPECT_COUNT(2, run(with(with(f, "    v4 = seq_set_len.ref v1, v2\n", ""), "jump b1(v5, v3, v4)", "jump b1(v5, v3, v1)"), {opt::sizes}), "seq_len.");
    // One grows on the way.
    EXPECT_COUNT(1, run(with(with(f, "b1(v11, v8, v9), b2(v8, v9)", "b1(v11, v16, v9), b2(v16, v9)"), "    poll\n", "    v16 = seq_set_len.ref v8, v11\n    poll\n"), {opt::sizes}), "seq_len.");
}

// A list of constants, [-1, 1], and one that is as long as what is indexed by its elements.
const std::string of_constants = R"(fn @f(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = const.i64 2
    v3 = list_new.ref v2, desc2
    v4 = seq_data.ptr v3
    v5 = const.i64 -1
    v6 = const.i64 1
    store.i64 elem v4 + 0, v5
    store.i64 elem v4 + 8, v6
    v7 = seq_set_len.ref v3, v2
    bounds v1, v2
    v8 = load.i64 elem v4 + 0 + v1 * 8
    v9 = add.i64 v8, v2
    release v7
    return v9
}
)";

TEST(Ranges, OfElementsOfAListOfConstants) {
    EXPECT_COUNT(1, run(of_constants, {opt::ranges}), "add.i64 v8, v2 notrap");
    EXPECT_COUNT(0, run(with(of_constants, "store.i64 elem v4 + 8, v6", "store.i64 elem v4 + 8, v1"), {opt::ranges}), "notrap");
    EXPECT_COUNT(0, run(with(of_constants, "    v9 = add", "    store.i64 elem v4 + 0 + v1 * 8, v1\n    v9 = add"), {opt::ranges}), "notrap");
}

// The index falls from round to round; it is asked once, where the loop is entered.
const std::string falling = R"(fn @f(v0: ref, v1: i64, v2: i64) -> i64 {
b0(v0: ref, v1: i64, v2: i64):
    v3 = const.i64 1
    v4 = const.i64 0
    v5 = seq_len.i64 v0
    v6 = seq_data.ptr v0
    v7 = icmp.gt v1, v4
    branch v7, b1(v1, v4), b2(v4)
b1(v8: i64, v9: i64):
    bounds v8, v5
    v10 = load.i64 elem v6 + 0 + v8 * 8
    v11 = xor.i64 v9, v10
    poll
    v12 = sub.i64 v8, v3
    v13 = icmp.gt v12, v4
    branch v13, b1(v12, v11), b2(v11)
b2(v14: i64):
    return v14
}
)";

TEST(Licm, AFallingIndexIsTestedInFrontOfTheLoop) {
    const auto both = run(falling, {opt::licm});
    EXPECT_COUNT(2, both, "bounds");
    EXPECT_COUNT(1, run(falling, {opt::licm, opt::ranges}), "bounds v1, v5");
    EXPECT_COUNT(1, run(falling, {opt::licm, opt::ranges}), "bounds");
    EXPECT_COUNT(1, run(with(falling, "v12 = sub.i64 v8, v3", "v12 = add.i64 v8, v3"), {opt::licm}), "bounds"); // it rises
    EXPECT_COUNT(1, run(with(falling, "    bounds v8, v5\n", "    store.i64 elem v6 + 0, v9\n    bounds v8, v5\n"), {opt::licm}), "bounds"); // something is seen before
}

// Each round's smallest of three, of which the round before brings one.
const std::string smallest = R"(fn @f(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = seq_data.ptr v0
    v3 = const.i64 1
    jump b1(v3, v3)
b1(v4: i64, v5: i64):
    v6 = load.i64 elem v2 + 0 + v4 * 8
    v7 = wrap_add.i64 v5, v3
    v8 = icmp.lt v6, v7
    v9 = select.i64 v8, v6, v7
    v10 = load.i64 elem v2 + 8 + v4 * 8
    v11 = icmp.lt v9, v10
    v12 = select.i64 v11, v9, v10
    poll
    v13 = wrap_add.i64 v4, v3
    v14 = icmp.lt v13, v1
    branch v14, b1(v13, v12), b2
b2:
    return v12
}
)";

TEST(Reassociate, WhatTheRoundBeforeBringsComesLast) {
    const auto text = run(smallest, {opt::reassociate});
    const auto first = text.find("icmp.lt v6, v7");
    EXPECT_EQ(first, std::string::npos) << text; // not what comes late
    EXPECT_COUNT(2, text, "select.i64");
    EXPECT_COUNT(1, run(with(smallest, "icmp.lt v9, v10", "icmp.gt v9, v10"), {opt::reassociate}), "icmp.lt v6, v7"); // the largest of the smallest
    const auto kept = with(smallest, "return v12", "return v9");
    EXPECT_COUNT(1, run(kept, {opt::reassociate}), "icmp.lt v6, v7"); // somebody else asks for it
    EXPECT_COUNT(1, run(with(smallest, "wrap_add.i64 v5, v3", "wrap_add.i64 v4, v3"), {opt::reassociate}), "icmp.lt v6, v7");
}

} // namespace
