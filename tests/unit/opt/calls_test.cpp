// Calls that end a function, and references that change hands.
#include "pass.h"

using namespace tn;
using namespace tn::opt::test;

namespace {

const std::string sum = R"(fn @f(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
    v2 = const.i64 0
    v3 = icmp.eq v0, v2
    branch v3, b1, b2
b1:
    jump b3(v1)
b2:
    v4 = const.i64 1
    v5 = sub.i64 v0, v4
    v6 = add.i64 v1, v0
    v7 = call @f v5, v6
    jump b3(v7)
b3(v8: i64):
    return v8
}
)";

TEST(TailCalls, StartOver) {
    const auto text = run(sum, {opt::tail_calls});
    EXPECT_COUNT(0, text, "call @f");
    EXPECT_COUNT(1, text, "poll");
    EXPECT_COUNT(1, text, "StackOverflow"); // of an endless recursion
}

TEST(TailCalls, NotIfAnythingIsLeftToDo) {
    EXPECT_COUNT(1, run(with(sum, "jump b3(v7)", "v9 = add.i64 v7, v4\n    jump b3(v9)"), {opt::tail_calls}), "call @f");
    EXPECT_COUNT(1, run(with(sum, "jump b3(v7)", "jump b3(v6)"), {opt::tail_calls}), "call @f");
    EXPECT_COUNT(1, run(with(sum, "    return v8", "    v9 = add.i64 v8, v0\n    return v9"), {opt::tail_calls}), "call @f");
}

const std::string exchange = R"(fn @f(v0: owned ref, v1: owned ref) -> ref, ref {
b0(v0: owned ref, v1: owned ref):
    v2 = retain.ref v0
    v3 = retain.ref v1
    release v0
    release v1
    return v3, v2
}
)";

TEST(Retains, HandOver) {
    const auto text = run(exchange, {opt::retains});
    EXPECT_COUNT(0, text, "retain");
    EXPECT_COUNT(0, text, "release");
    EXPECT_COUNT(1, text, "return v1, v0");
}

TEST(Retains, NotWhatIsUsedBeforeTheOtherEnds) {
    const std::string used = with(with(exchange, "    release v0\n", "    v4 = unique.ref v2, desc2\n    release v0\n"), "v3, v2", "v3, v4");
    EXPECT_COUNT(1, run(used, {opt::retains}), "retain");
    const std::string lent = with(with(exchange, "owned ref, v1: owned ref) ->", "ref, v1: owned ref) ->"), "b0(v0: owned ref", "b0(v0: ref");
    EXPECT_COUNT(1, run(with(lent, "    release v0\n", ""), {opt::retains}), "retain");
}

} // namespace
