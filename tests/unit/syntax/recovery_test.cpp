// Mistakes: every one of a file is reported, in its place, once, with a hint where a habit is known.
#include "parsed.h"
#include "syntax/foreign_word.h"

#include <gtest/gtest.h>

namespace tn::syntax {
namespace {

using Places = std::vector<std::string>;

void expect_places(const char* text, const Places& places) {
    Parsed parsed(text);
    EXPECT_EQ(parsed.places(), places) << text << "\n" << parsed.errors();
}

// The mistake stands inside a function and is the only one; the hint holds `hint`.
void expect_one(const std::string& body, std::string_view name, std::string_view hint = "") {
    Parsed parsed("fn before() { 1 }\nfn f() { let a = 1; " + body +
                  "\n    let b = 2;\n}\nfn behind() { 2 }\n");
    ASSERT_EQ(parsed.sink.recorded().size(), 1u) << body << "\n" << parsed.errors();
    EXPECT_EQ(diag::name_of(parsed.sink.recorded()[0].diag), name) << body;
    EXPECT_NE(parsed.hints().find(hint), std::string::npos) << body << "\n" << parsed.errors();
    EXPECT_EQ(parsed.ast.root.count, 3u) << body;
    std::string tree = dump_tree_of(parsed.ast, parsed.interner, "f");
    EXPECT_NE(tree.find("Binding b"), std::string::npos) << body << "\n" << tree;
}

TEST(Recovery, OneMistakeIsOneReport) {
    expect_one("let x = 1", "MissingToken");
    expect_one("foo(1, 2;", "ExpectedToken");
    expect_one("foo(1 2);", "ExpectedToken");
    expect_one("let x = ;", "ExpectedExpr");
    expect_one("let x = 1 + ;", "ExpectedExpr");
    expect_one("let = 1;", "ExpectedPattern");
    expect_one("let x: = 1;", "ExpectedType");
    expect_one("let x;", "ExpectedToken", "begins with a value");
    expect_one("x y z;", "MissingToken");
    expect_one("foo(1));", "UnmatchedDelimiter");
    expect_one("let x = [1, 2;", "ExpectedToken");
    expect_one("let x = P { a: 1 b: 2 };", "ExpectedToken");
    expect_one("let x = P { a = 1 };", "ExpectedToken", "name: value");
    expect_one("if x { foo( } else { 1 }", "ExpectedExpr");
    expect_one("match x { 1 => , 2 => 3 }", "ExpectedExpr");
    expect_one("match x { 1 => 2 3 => 4 }", "ExpectedToken");
    expect_one("match x { A => 1 _ => 4 }", "MissingToken");
    expect_one("match x { [a] => 1, _ => 4 }", "ExpectedPattern", "lists");
    expect_one("match x { 1.5 => 1, _ => 4 }", "FloatPattern");
    expect_one("let x = f\"{a b} {c}\";", "ExpectedToken");
    expect_one("let x = f\"{}\";", "EmptyInterpolation");
    expect_one("let x = f\"{a!r}\";", "ExpectedToken", "shown the same way");
    expect_one("let x = f\"{a=}\";", "ExpectedExpr");
    expect_one("let x = \"abc;", "UnterminatedString");
    expect_one("let x = foo(\"abc);", "UnterminatedString");
    expect_one("let x = f\"{abc\";", "UnclosedDelimiter", "`}` is missing");
    expect_one("let x = a.;", "ExpectedToken");
    expect_one("let x = xs[];", "ExpectedExpr");
    expect_one("a < b < c;", "ChainedComparison", "&&");
    expect_one("if a = 1 {}", "AssignInCondition", "==");
    expect_one("if p == P { x: 1 } {}", "RecordInCondition", "parentheses");
    expect_one("for x in Set{1} {}", "RecordInCondition");
    expect_one("fn inner() { 1 }", "ItemInBlock", "closure");
    expect_one("const X: i64 = 1;", "ItemInBlock", "let");
    expect_one("'a: 1;", "ExpectedToken");
    expect_one("let x = a..=;", "ExpectedExpr");
    expect_one("return 1 2;", "MissingToken");
}

TEST(Recovery, HabitsGetHints) {
    expect_one("let mut x = 1;", "UnexpectedMut", "remove `mut`");
    expect_one("let x = a and b;", "ForeignSyntax", "&&");
    expect_one("let x = a or b;", "ForeignSyntax", "||");
    expect_one("if not a {}", "ForeignSyntax", "`!`");
    expect_one("if a {} elif b {} else {}", "ForeignSyntax", "else if");
    expect_one("let x = A::b();", "ForeignSyntax", "`.`");
    expect_one("println!(\"x\");", "ForeignSyntax", "macros");
    expect_one("assert!(a == b);", "ForeignSyntax", "assert cond");
    expect_one("a++;", "ForeignSyntax", "+= 1");
    expect_one("a--;", "ForeignSyntax", "-= 1");
    expect_one("let x = a ** b;", "ForeignSyntax", "pow");
    expect_one("let x = a === b;", "ForeignSyntax", "==");
    expect_one("let x = &a;", "ForeignSyntax", "references");
    expect_one("foo(&mut a);", "ForeignSyntax", "mut place");
    expect_one("let x = 1 in xs;", "ForeignSyntax", "contains");
    expect_one("let x := 1;", "ForeignSyntax", "`=`");
    expect_one("let x = a ? b : c;", "MissingToken", "if c { a }");
    expect_one("let x = a if b else c;", "MissingToken", "if c { a }");
    expect_one("let x: List<i64> = y;", "ForeignSyntax", "brackets");
    expect_one("let x = |y| => y;", "ExpectedExpr");
    expect_one("for i = 0; i < 10; i++ { foo(); }", "ExpectedToken", "0..n");
    expect_one("for x : xs { foo(); }", "ExpectedToken", "for x in xs");
    expect_one("if a: foo();", "ExpectedToken", "without `:`");
    expect_one("if (a) foo();", "ExpectedToken", "braces");
    expect_one("let Some(x) = y else { return };", "ForeignSyntax", "match");
    expect_one("let f = fn(x) { x };", "ExpectedExpr", "closure");
    expect_one("let x = [0; 10];", "ExpectedToken", "List.filled");
    expect_one("foo(x: 1);", "ForeignSyntax", "position");
    expect_one("let c = 'hello';", "CharTooLong", "double quotes");
    expect_one("let x = .5;", "ExpectedExpr", "0.5");
    expect_one("let f = move |x| x;", "ForeignSyntax", "copies");
    expect_one("/* a comment */", "ForeignSyntax", "//");
    expect_one("if a && let Some(b) = c {}", "ExpectedExpr", "nest them");
    expect_one("let type = 1;", "ExpectedPattern");
}

TEST(Recovery, ItemsGoOn) {
    expect_places(
        "struct P { x: f64 }\ndef f() { 1 }\nfunction g() { 2 }\nclass Q {}\ninterface T { fn a(self); }\n",
        {"1:1 ForeignSyntax", "2:1 ForeignSyntax", "3:1 ForeignSyntax", "4:1 ForeignSyntax",
         "5:1 ForeignSyntax"});
    expect_places("fn f() -> { 1 }\nfn g(x) { x }\nfn h<T>(x: T) {}\nfn (x: i64) {}\nfn ok() {}\n",
                  {"1:11 ExpectedType", "2:7 MissingType", "3:5 ExpectedToken", "4:4 ExpectedToken"});
    expect_places("print(1);\nprint(2);\nlet x = 1;\nfn f() {}\nprint(3);\n",
                  {"1:1 ExpectedItem", "5:1 ExpectedItem"});
    expect_places("fn f() {}\n}\nfn g() {}\n", {"2:1 UnmatchedDelimiter"});
    expect_places("record P { x: f64; y f64, z: f64 w: f64 }\nrecord Q(f64);\nrecord R;\n",
                  {"1:18 ExpectedToken", "1:22 ExpectedToken", "1:33 MissingToken", "2:9 ExpectedToken",
                   "3:9 ExpectedToken"});
    expect_places("enum E { A = 1, B, C(i64, }\nfn f() {}\n", {"1:12 ExpectedToken", "1:27 ExpectedType"});
    expect_places("enum E { A = 1, B, C(i64 i64), D }\nfn f() {}\n",
                  {"1:12 ExpectedToken", "1:26 ExpectedToken"});
    expect_places("impl P { fn a(self) { 1 + } const X: i64 = 1; fn b(&self) {} fn c(x: i64, self) {} }\nfn "
                  "f() { + }\n",
                  {"1:27 ExpectedExpr", "1:29 ExpectedItem", "1:52 ForeignSyntax", "1:75 NotAllowedHere",
                   "2:10 ForeignSyntax", "2:12 ExpectedExpr"});
    expect_places("const X = 1;\nconst Y: i64;\nvar z: = 2;\nimport a.*;\nimport \"a\";\nimport a as "
                  "b;\nimport std::io;\nfn f() {}\n",
                  {"1:8 MissingType", "2:13 ExpectedToken", "3:8 ExpectedType", "4:10 ExpectedToken",
                   "5:8 ExpectedToken", "6:10 ExpectedToken", "7:11 ForeignSyntax"});
    expect_places("extern \"c\" { fn f(x: i64) -> i64 { 1 } let x; fn g(); }\nnative fn f();\ntest \"x\" { "
                  "foo( }\ntest x { }\n",
                  {"1:34 NotAllowedHere", "1:40 ExpectedItem", "2:8 ExpectedToken", "3:17 ExpectedExpr",
                   "4:1 ExpectedItem"});
}

TEST(Recovery, MissingBraces) {
    // The next item at the left margin ends what was left open.
    expect_places("fn f() {\n    if a {\n        foo();\n}\n\nfn g() {\n    1 + ;\n}\n",
                  {"1:8 UnclosedDelimiter", "7:9 ExpectedExpr"});
    expect_places("impl P {\n    fn a(self) {\n    }\n\nfn g() {}\nrecord R {\n    x: f64,\n\nfn h() {}\n",
                  {"1:8 UnclosedDelimiter", "6:10 UnclosedDelimiter"});
    expect_places("fn f() {\n    foo(1,\n\nfn g() {}\n", {"1:8 UnclosedDelimiter", "4:1 ExpectedExpr"});
    expect_places("fn f() { if a { match b { 1 => [(2", {"1:33 UnclosedDelimiter"});
    expect_places("fn f() { foo(", {"1:13 UnclosedDelimiter"});
    expect_places("fn f() {", {"1:8 UnclosedDelimiter"});
    expect_places("fn f(", {"1:5 UnclosedDelimiter"});
    expect_places("fn", {"1:3 ExpectedToken"});
    expect_places("const X: i64 = 1", {"1:17 MissingToken"});
    expect_places("", {});
}

TEST(Recovery, ParsedPartsStay) {
    Parsed parsed("fn f(a: i64, b) -> i64 { let x = 1\n let y = ;\n match y { 1 => ), 2 => 3, } }");
    EXPECT_EQ(parsed.tree(), R"(Fn f
  param a
    type: Named i64
  param b
    type: Error
  result: Named i64
  body: Block
    Let
      pattern: Binding x
      init: Int 1
    Let
      pattern: Binding y
      init: Error
    tail: Match
      scrutinee: Name y
      arm
        pattern: Literal
          Int 1
        body: Error
      arm
        pattern: Literal
          Int 2
        body: Int 3
)") << parsed.errors();
    EXPECT_EQ(parsed.places(),
              (Places{"1:15 MissingType", "1:35 MissingToken", "2:10 ExpectedExpr", "3:17 ExpectedExpr"}));
}

TEST(Recovery, BadFormatSpecs) {
    for (const char* spec : {"zz", "5.", "10s", ",", "99999999999", ".99999999999", "d5", "{w}"}) {
        Parsed parsed("fn f() { f\"{x:" + std::string(spec) + "}\" }");
        ASSERT_TRUE(parsed.sink.has_errors()) << spec;
        EXPECT_EQ(parsed.sink.sorted()[0].diag, diag::Diag::BadFormatSpec) << spec;
    }
}

TEST(Recovery, RefusedFilesGiveOneReport) {
    Parsed bad("fn f() { \"\xff\" }");
    EXPECT_EQ(bad.places(), Places{"1:11 InvalidUtf8"});
    EXPECT_EQ(bad.ast.root.count, 0u);
    Parsed large(std::string(max_source_bytes + 1, ' '));
    EXPECT_EQ(large.places(), Places{"1:1 SourceTooLarge"});
    Parsed type("\xff", parse_type_text);
    EXPECT_EQ(type.places(), Places{"1:1 InvalidUtf8"});
}

TEST(Recovery, ForeignNames) {
    EXPECT_NE(find_foreign_name_hint("null").find("None"), std::string_view::npos);
    EXPECT_NE(find_foreign_name_hint("int").find("i64"), std::string_view::npos);
    EXPECT_TRUE(find_foreign_name_hint("point").empty());
    EXPECT_EQ(find_foreign_item("struct"), TokenKind::Record);
    EXPECT_FALSE(find_foreign_item("record"));
}

} // namespace
} // namespace tn::syntax
