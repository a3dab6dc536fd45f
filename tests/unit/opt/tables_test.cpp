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

} // namespace
