// First and last rounds that get a copy of their own.
#include "pass.h"

using namespace tn;
using namespace tn::opt::test;

namespace {

// for i in 0..v1: v3 = i == v2 ? ...
const std::string loop = R"(fn @f(v0: ref, v1: i64, v2: i64) -> i64 {
b0(v0: ref, v1: i64, v2: i64):
    v3 = seq_data.ptr v0
    v4 = const.i64 0
    v5 = const.i64 1
    v6 = sub.i64 v1, v5
    v7 = icmp.lt v4, v1
    branch v7, b1(v4), b5
b1(v8: i64):
    v9 = icmp.eq v8, v4
    branch v9, b2, b3
b2:
    store.i64 elem v3 + 0, v2
    jump b4
b3:
    store.i64 elem v3 + 0 + v8 * 8, v8
    jump b4
b4:
    poll
    v10 = wrap_add.i64 v8, v5
    v11 = icmp.lt v10, v1
    branch v11, b1(v10), b5
b5:
    return v1
}
)";

TEST(Peel, TheFirstRound) {
    const auto text = run(loop, {opt::peel, opt::simplify, opt::gvn, opt::ranges, opt::simplify, opt::dce});
    EXPECT_COUNT(1, text, "store.i64 elem v3 + 0, v2");
    EXPECT_COUNT(1, text, " * 8, "); // the first store is the first round's, this one the loop's
    EXPECT_COUNT(0, text, "icmp.eq");
}

TEST(Peel, TheLastRound) {
    const auto text = run(with(loop, "icmp.eq v8, v4", "icmp.ne v8, v6"), {opt::peel, opt::simplify, opt::gvn, opt::ranges, opt::simplify, opt::dce});
    EXPECT_COUNT(0, text, "icmp.ne");
    EXPECT_COUNT(1, text, "store.i64 elem v3 + 0, v2"); // of all rounds but the last
    const auto next = run(with(loop, "v9 = icmp.eq v8, v4", "v12 = add.i64 v8, v5\n    v9 = icmp.lt v12, v1"), {opt::peel});
    EXPECT_COUNT(2, next, "store.i64 elem v3 + 0, v2");
}

TEST(Peel, NotWithoutGain) {
    EXPECT_COUNT(1, run(with(loop, "icmp.eq v8, v4", "icmp.eq v8, v2"), {opt::peel}), "store.i64 elem v3 + 0, v2"); // some round
    EXPECT_COUNT(1, run(with(loop, "icmp.eq v8, v4", "icmp.lt v8, v4"), {opt::peel}), "store.i64 elem v3 + 0, v2"); // no round
    // The last one only of loops that are known to have one.
    const auto any = with(with(loop, "icmp.eq v8, v4", "icmp.eq v8, v6"), "branch v7, b1(v4), b5", "jump b1(v2)");
    EXPECT_COUNT(1, run(any, {opt::peel}), "store.i64 elem v3 + 0, v2");
}

} // namespace
