// Parts of texts that are only read have a header in the frame: `views`.
#include "pass.h"

using namespace tn;
using namespace tn::opt::test;

namespace {

const std::string appended = R"(fn @f(v0: ref, v1: owned ref, v2: i64, v3: i64) -> ref {
b0(v0: ref, v1: owned ref, v2: i64, v3: i64):
    v4 = call_rt StringSlice v0, v2, v3
    v5 = call_rt StringAppend v1, v4
    release v4
    return v5
}
)";

TEST(Views, AppendPartsInPlace) {
    const auto text = run(appended, {opt::views});
    EXPECT_COUNT(1, text, "= view.ref");
    EXPECT_COUNT(0, text, "StringSlice");
    EXPECT_COUNT(0, text, "retain"); // the caller keeps the text
    EXPECT_COUNT(0, text, "release");
    EXPECT_COUNT(5, text, "trap_if InvalidSlice"); // three of the range, two of characters
}

TEST(Views, KeepATextThatTheFunctionOwns) {
    const auto text = run(with(with(with(appended, "@f(v0: ref", "@f(v0: owned ref"), "b0(v0: ref", "b0(v0: owned ref"),
                               "    release v4\n", "    release v4\n    release v0\n"), {opt::views});
    EXPECT_COUNT(1, text, "= view.ref");
    EXPECT_COUNT(1, text, "retain");
    EXPECT_COUNT(2, text, "release");
}

TEST(Views, NeedNoTestOfTheBeginningOrTheEnd) {
    const auto text = run(with(appended, "    v4 = call_rt StringSlice v0, v2, v3",
                               "    v6 = const.i64 0\n    v7 = seq_len.i64 v0\n    v4 = call_rt StringSlice v0, v6, v7"),
                          {opt::views, opt::simplify});
    EXPECT_COUNT(1, text, "= view.ref");
    EXPECT_COUNT(0, text, "load.u8");
}

TEST(Views, AreNotKeptOrAnswered) {
    EXPECT_COUNT(1, run(with(appended, "    v5 = call_rt StringAppend v1, v4\n    release v4\n    return v5", "    release v1\n    return v4"), {opt::views}), "StringSlice");
    EXPECT_COUNT(1, run(with(appended, "StringAppend v1, v4\n    release v4", "StringAppend v4, v1\n    release v1"), {opt::views}), "StringSlice");
    EXPECT_COUNT(1, run(with(appended, "    v5 = call_rt StringAppend v1, v4", "    v5 = call_rt StringTrim v4\n    release v1"), {opt::views}), "StringSlice");
    EXPECT_COUNT(1, run(with(appended, "    release v4\n    return v5", "    v6 = retain.ref v4\n    release v6\n    release v4\n    return v5"), {opt::views}), "StringSlice");
}

TEST(Views, AreCopiedWhereSomeWaysKeepThem) {
    const std::string some = R"(fn @keep(v0: ref) -> ref {
b0(v0: ref):
    v1 = retain.ref v0
    return v1
}
fn @f(v0: ref, v1: owned ref, v2: i64, v3: i64) -> ref {
b0(v0: ref, v1: owned ref, v2: i64, v3: i64):
    v4 = call_rt StringSlice v0, v2, v3
    v5 = seq_len.i64 v4
    v6 = icmp.lt v5, v2
    branch v6, b1, b2(v1)
b1:
    v7 = KEEPS v4
    release v7
    jump b2(v1)
b2(v8: owned ref):
    v9 = call_rt StringAppend v8, v4
    release v4
    return v9
}
)";
    for (const char* keeps : {"call @keep", "retain.ref"}) {
        const auto text = run(with(some, "KEEPS", keeps), {opt::views});
        EXPECT_COUNT(1, text, "= view.ref");
        EXPECT_COUNT(1, text, "call_rt StringCopy");
        EXPECT_COUNT(0, text, "call_rt StringSlice");
    }
    // Every way keeps it.
    EXPECT_COUNT(0, run(with(with(some, "KEEPS", "call @keep"), "branch v6, b1, b2(v1)", "jump b1"), {opt::views}), "= view.ref");
}

TEST(Views, TellTheirLengthAndBytes) {
    const auto text = run(with(appended, "    v5 = call_rt StringAppend v1, v4\n    release v4", "    v6 = seq_len.i64 v4\n    v7 = seq_data.ptr v4\n    v8 = load.u8 elem v7 + 0\n    v5 = call_rt ShowInt v1, v6\n    release v4"), {opt::views, opt::simplify, opt::dce});
    EXPECT_COUNT(0, text, "view");
    EXPECT_COUNT(0, text, "StringSlice");
}

const std::string meeting = R"(fn @f(v0: ref, v1: i64, v2: i64) -> i64 {
b0(v0: ref, v1: i64, v2: i64):
    v3 = icmp.lt v1, v2
    branch v3, b1, b2
b1:
    v4 = call_rt StringSlice v0, v1, v2
    jump b3(v4, v1)
b2:
    v5 = call_rt StringSlice v0, v2, v1
    jump b3(v5, v2)
b3(v6: owned ref, v7: i64):
    v8 = call_rt StringCharCount v6
    release v6
    return v8
}
)";

TEST(Views, MeetInOneParameter) {
    const auto text = run(meeting, {opt::views});
    EXPECT_COUNT(2, text, "= view.ref");
    EXPECT_COUNT(2, text, "retain"); // the parameter keeps the text
    EXPECT_COUNT(1, text, "release");
    EXPECT_COUNT(1, text, ": owned ref, ");
    EXPECT_COUNT(1, text, ": i64, v46: ref)");
}

TEST(Views, GoNotAroundALoop) {
    const auto text = run(R"(fn @f(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    v2 = const.i64 0
    v3 = call_rt StringSlice v0, v2, v1
    jump b1(v3, v2)
b1(v4: owned ref, v5: i64):
    v6 = const.i64 1
    v7 = add.i64 v5, v6
    v8 = call_rt StringSlice v0, v5, v7
    v9 = call_rt StringEq v4, v8
    release v4
    branch v9, b1(v8, v7), b2
b2:
    release v8
    return v7
}
)",
                          {opt::views});
    EXPECT_COUNT(0, text, "view.ref");
}

} // namespace
