// Elements added to a list one after the other: room and length, once.
#include "pass.h"

using namespace tn;
using namespace tn::opt::test;

namespace {

// Two pushes, with `between` between them.
std::string two_pushes(const std::string& between = "", const std::string& second = "list_grow.ref v9, desc2 unshared") {
    return R"(fn @f(v0: i64, v1: owned ref, v2: ref) -> ref {
b0(v0: i64, v1: owned ref, v2: ref):
    v3 = const.i64 1
    v4 = const.i64 2
    v5 = seq_len.i64 v1
    v6 = list_grow.ref v1, desc2
    v7 = seq_data.ptr v6
    store.i64 elem v7 + 0 + v5 * 8, v0
    v8 = wrap_add.i64 v5, v3
    v9 = seq_set_len.ref v6, v8
)" + between + "    v10 = " + second + R"(
    v11 = seq_data.ptr v10
    store.i64 elem v11 + 0 + v8 * 8, v0
    v12 = wrap_add.i64 v5, v4
    v13 = seq_set_len.ref v10, v12
    return v13
}
)";
}

} // namespace

TEST(Pushes, AskForRoomOnceAndSetTheLengthOnce) {
    const auto text = run(two_pushes(), {opt::pushes});
    EXPECT_COUNT(1, text, "list_grow.ref v1, desc2 room 2");
    EXPECT_COUNT(1, text, "list_grow");
    EXPECT_COUNT(1, text, "seq_data");
    EXPECT_COUNT(1, text, "seq_set_len");
    EXPECT_COUNT(1, text, "seq_set_len.ref v6, v9");
    // What may trap in between frees the list, and what is stored elsewhere is freed, too.
    EXPECT_COUNT(1, run(two_pushes("    v14 = add.i64 v0, v3\n"), {opt::pushes}), "list_grow");
}

TEST(Pushes, BetweenWhichTheListIsReadKeepItsLength) {
    const auto text = run(two_pushes("    v14 = seq_len.i64 v9\n"), {opt::pushes});
    EXPECT_COUNT(1, text, "list_grow");
    EXPECT_COUNT(2, text, "seq_set_len");
    EXPECT_COUNT(2, run(two_pushes("    v14 = load.i64 elem v7 + 0 + v5 * 8\n"), {opt::pushes}), "seq_set_len");
}

TEST(Pushes, ThatAreNotOneAfterTheOtherStayApart) {
    const auto expect_two = [](const std::string& text) {
        const auto after = run(text, {opt::pushes});
        EXPECT_COUNT(1, after, "fn @f");
        EXPECT_COUNT(2, after, "list_grow");
        EXPECT_COUNT(0, after, "room");
    };
    expect_two(two_pushes("", "list_grow.ref v9, desc2"));                                 // may have another owner by now
    expect_two(two_pushes("    v14 = retain.ref v2\n    release v14\n")); // may run a finalizer
    // What is seen after a trap: an element of somebody else's list.
    expect_two(two_pushes("    v14 = seq_data.ptr v2\n    store.i64 elem v14 + 0, v0\n"));
    // Nobody knows by how much the list grew.
    expect_two(with(two_pushes(), "v8 = wrap_add.i64 v5, v3", "v8 = wrap_add.i64 v0, v3"));
}
