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

TEST(Views, TellTheirLengthAndBytes) {
    const auto text = run(with(appended, "    v5 = call_rt StringAppend v1, v4\n    release v4", "    v6 = seq_len.i64 v4\n    v7 = seq_data.ptr v4\n    v8 = load.u8 elem v7 + 0\n    v5 = call_rt ShowInt v1, v6\n    release v4"), {opt::views, opt::simplify, opt::dce});
    EXPECT_COUNT(0, text, "view");
    EXPECT_COUNT(0, text, "StringSlice");
}

} // namespace
