// Source positions, the sink's rules, and both forms of output.
#include "diag/diagnostic.h"
#include "diag/render.h"
#include "diag/source_map.h"
#include "diag/text_width.h"

#include <gtest/gtest.h>

namespace tn::diag {
namespace {

Span span_of(const SourceMap& sources, FileId file, std::string_view needle, std::size_t from = 0) {
    std::size_t at = sources.text(file).find(needle, from);
    EXPECT_NE(at, std::string_view::npos) << needle;
    return {file, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + needle.size())};
}

TEST(SourceMap, PositionsCountScalarValues) {
    SourceMap sources;
    FileId file = sources.add("a.tn", "ab\n\u00e9\U0001F600x\r\n\nlast");
    EXPECT_EQ(sources.line_count(file), 4u);
    EXPECT_EQ(sources.position(file, 0).column, 1u);
    EXPECT_EQ(sources.position(file, 2).column, 3u);
    LineColumn x = sources.position(span_of(sources, file, "x"));
    EXPECT_EQ(x.line, 2u);
    EXPECT_EQ(x.column, 3u);
    EXPECT_EQ(sources.line_text(file, 2), "\u00e9\U0001F600x");
    EXPECT_EQ(sources.line_text(file, 3), "");
    EXPECT_EQ(sources.line_text(file, 4), "last");
    EXPECT_EQ(sources.position(file, 10000).line, 4u);
    EXPECT_EQ(sources.position(file, 10000).column, 5u);
    EXPECT_EQ(sources.text(Span{file, 3, 100000}).size(), sources.text(file).size() - 3);
}

TEST(SourceMap, EmptyFileHasOneLine) {
    SourceMap sources;
    FileId file = sources.add("empty", "");
    EXPECT_EQ(sources.line_count(file), 1u);
    EXPECT_EQ(sources.line_text(file, 1), "");
    EXPECT_EQ(sources.position(file, 0).line, 1u);
}

TEST(Sink, EveryRowFormats) {
    for (std::size_t i = 0; i < diag_count(); i++) {
        DiagnosticSink sink;
        Diag diag = static_cast<Diag>(i);
        SCOPED_TRACE(name_of(diag));
        sink.report(diag, Span{FileId(0), 0, 1}, "a", "b", "c", "d");
        ASSERT_EQ(sink.recorded().size(), 1u);
        EXPECT_FALSE(sink.recorded()[0].message.empty());
    }
}

TEST(Sink, ArgumentsAreTextAndIntegers) {
    DiagnosticSink sink;
    sink.report(Diag::ArgumentCount, Span{FileId(0), 0, 1}, std::string("f"), "2 arguments", std::size_t{3});
    EXPECT_EQ(sink.recorded()[0].message, "`f` takes 2 arguments, 3 given");
}

TEST(Sink, SortsAndDropsDuplicates) {
    DiagnosticSink sink;
    sink.report(Diag::UnknownName, Span{FileId(1), 5, 6}, "late");
    sink.report(Diag::UnknownName, Span{FileId(0), 9, 10}, "second");
    sink.report(Diag::UnknownName, Span{FileId(0), 3, 4}, "first");
    sink.report(Diag::UnknownName, Span{FileId(0), 3, 4}, "first");
    sink.report(Diag::UnreachableArm, Span{FileId(0), 3, 4});
    std::vector<Diagnostic> sorted = sink.sorted();
    ASSERT_EQ(sorted.size(), 4u);
    EXPECT_EQ(sorted[0].message, "unknown name `first`");
    EXPECT_EQ(sorted[2].message, "unknown name `second`");
    EXPECT_EQ(sorted[3].message, "unknown name `late`");
    EXPECT_EQ(sink.error_count(), 3u);
    EXPECT_EQ(sink.warning_count(), 1u);
    sink.clear();
    EXPECT_FALSE(sink.has_errors());
    EXPECT_TRUE(sink.sorted().empty());
}

TEST(Sink, StopsRecordingAfterTheCap) {
    DiagnosticSink sink;
    constexpr std::uint32_t many = 5 * DiagnosticSink::max_per_file;
    for (std::uint32_t i = 0; i < many; i++)
        sink.report(Diag::UnknownName, Span{FileId(0), many - i, many + 1 - i}, "x").hint("h").note("n");
    for (std::uint32_t i = 0; i < many; i++) sink.report(Diag::UnreachableArm, Span{FileId(0), i, i + 1});
    sink.report(Diag::UnknownName, Span{FileId(1), 1, 2}, "other");
    EXPECT_EQ(sink.error_count(), many + 1);
    std::vector<Diagnostic> sorted = sink.sorted();
    ASSERT_EQ(sorted.size(), 2 * DiagnosticSink::max_per_file + 2);
    EXPECT_EQ(sorted[sorted.size() - 2].diag, Diag::TooManyErrors);
    EXPECT_EQ(sorted.back().message, "unknown name `other`");
}

TEST(Render, TheFormOfTheManual) {
    SourceMap sources;
    FileId file = sources.add("rules.tn", "fn f() {\n\n    let n: i64 = \"x\";\n}\n");
    DiagnosticSink sink;
    sink.report(Diag::TypeMismatch, span_of(sources, file, "\"x\""), "i64", "String")
        .primary("this is a `String`")
        .label(span_of(sources, file, "i64"), "because of this type");
    EXPECT_EQ(render_text(sources, sink.sorted()), R"(error: expected `i64`, found `String` [TypeMismatch]
  --> rules.tn:3:18
   |
 3 |     let n: i64 = "x";
   |            ---   ^^^ this is a `String`
   |            |
   |            because of this type
)");
}

TEST(Render, LabelsOnOtherLinesAndFilesNotesAndHint) {
    SourceMap sources;
    FileId a = sources.add("a.tn", "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n");
    FileId b = sources.add("b.tn", "fn other() {}\n");
    DiagnosticSink sink;
    sink.report(Diag::DuplicateName, span_of(sources, a, "ten"), "ten")
        .label(span_of(sources, a, "one"), "first here")
        .label(span_of(sources, a, "three"), "and here")
        .label(span_of(sources, b, "other"), "and there")
        .note("a note\nof two lines")
        .hint("rename it");
    EXPECT_EQ(render_text(sources, sink.sorted()), R"(error: `ten` is defined twice [DuplicateName]
   --> a.tn:10:1
    |
  1 | one
    | --- first here
  2 | two
  3 | three
    | ----- and here
...
 10 | ten
    | ^^^
   ::: b.tn:1:4
    |
  1 | fn other() {}
    |    ----- and there
    |
    = note: a note
            of two lines
    = hint: rename it
)");
}

TEST(Render, SeveralLabelsOfOneLineHang) {
    SourceMap sources;
    FileId file = sources.add("a.tn", "aa bb cc dd");
    DiagnosticSink sink;
    sink.report(Diag::NotAssignable, span_of(sources, file, "bb"))
        .primary("P")
        .label(span_of(sources, file, "aa"), "A")
        .label(span_of(sources, file, "dd"), "D")
        .label(span_of(sources, file, "cc"), "");
    EXPECT_EQ(render_text(sources, sink.sorted()), R"(error: this cannot be assigned to [NotAssignable]
  --> a.tn:1:4
   |
 1 | aa bb cc dd
   | -- ^^ -- -- D
   | |  |
   | |  P
   | A
)");
}

TEST(Render, TabsWideAndHostileCharacters) {
    SourceMap sources;
    FileId file = sources.add("a.tn", "\tx\u6f22\u5b57 = e\u0301 + \x1b[31m oops;");
    DiagnosticSink sink;
    sink.report(Diag::UnknownName, span_of(sources, file, "oops"), "oops");
    EXPECT_EQ(render_text(sources, sink.sorted()), "error: unknown name `oops` [UnknownName]\n"
                                                   "  --> a.tn:1:19\n"
                                                   "   |\n"
                                                   " 1 |     x\u6f22\u5b57 = e\u0301 + \ufffd[31m oops;\n"
                                                   "   |                       ^^^^\n");
}

TEST(Render, EmptyAndMultilineSpans) {
    SourceMap sources;
    FileId file = sources.add("a.tn", "let x = 1\nlet y");
    DiagnosticSink sink;
    sink.report(Diag::MissingToken, Span{file, 9, 9}, "`;`");
    sink.report(Diag::NotAssignable, Span{file, 4, 12});
    EXPECT_EQ(render_text(sources, sink.sorted()), R"(error: this cannot be assigned to [NotAssignable]
  --> a.tn:1:5
   |
 1 | let x = 1
   |     ^^^^^

error: expected `;` [MissingToken]
  --> a.tn:1:10
   |
 1 | let x = 1
   |          ^
)");
}

TEST(Render, LongLinesAreCut) {
    SourceMap sources;
    FileId file = sources.add("a.tn", std::string(100000, 'a') + " oops " + std::string(100000, 'b'));
    DiagnosticSink sink;
    sink.report(Diag::UnknownName, span_of(sources, file, "oops"), "oops").label(Span{file, 0, 1}, "start");
    std::string text = render_text(sources, sink.sorted());
    EXPECT_LT(text.size(), 2000u);
    EXPECT_NE(text.find("^^^^"), std::string::npos);
}

TEST(Render, Color) {
    SourceMap sources;
    FileId file = sources.add("a.tn", "oops");
    DiagnosticSink sink;
    sink.report(Diag::UnknownName, Span{file, 0, 4}, "oops");
    std::string text = render_text(sources, sink.sorted(), {.color = true});
    EXPECT_NE(text.find("\x1b[1;31merror\x1b[0m"), std::string::npos);
    EXPECT_NE(text.find("\x1b[1;31m^^^^\x1b[0m"), std::string::npos);
}

TEST(Render, Json) {
    SourceMap sources;
    FileId file = sources.add("a\"b\xff.tn", "let x = \"\t\";");
    DiagnosticSink sink;
    sink.report(Diag::UnknownName, Span{file, 4, 5}, "x\n").label(Span{file, 0, 3}, "l").note("n").hint("h");
    sink.report(Diag::UnreachableArm, Span{});
    std::vector<Diagnostic> sorted = sink.sorted();
    EXPECT_EQ(render_json(sources, sorted),
              R"([{"name":"UnknownName","severity":"error","message":"unknown name `x\n`",)"
              "\"file\":\"a\\\"b\ufffd.tn\","
              R"("line":1,"column":5,"byte_begin":4,"byte_end":5,"label":"",)"
              R"("labels":[{"text":"l",)"
              "\"file\":\"a\\\"b\ufffd.tn\","
              R"("line":1,"column":1,"byte_begin":0,"byte_end":3}],"notes":["n"],"hint":"h"},)"
              R"({"name":"UnreachableArm","severity":"warning","message":"this arm is never reached",)"
              R"("file":null,"line":null,"column":null,"byte_begin":null,"byte_end":null,)"
              R"("label":"","labels":[],"notes":[],"hint":null}])"
              "\n");
    EXPECT_EQ(render_json(sources, {}), "[]\n");
}

TEST(TextWidth, DecodesOnlyValidUtf8) {
    EXPECT_EQ(decode_scalar("\u20ac", 0).scalar, U'\u20ac');
    for (std::string_view bad :
         {"\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"})
        EXPECT_FALSE(decode_scalar(bad, 0).is_valid);
    EXPECT_EQ(display_width(U'a'), 1u);
    EXPECT_EQ(display_width(U'\u6f22'), 2u);
    EXPECT_EQ(display_width(U'\u0301'), 0u);
}

} // namespace
} // namespace tn::diag
