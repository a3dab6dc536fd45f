// Exhaustiveness, unreachable arms, bindings.
#include "checking.h"

#include <gtest/gtest.h>

namespace tn::check {
namespace {

std::string missing(std::string params, std::string match) {
    Checking c("record P { x: i64, b: bool }\nfn f(" + params + ") {\n " + match + "\n}");
    for (const diag::Diagnostic& d : c.sink.recorded()) {
        if (d.diag == diag::Diag::NonExhaustiveMatch || d.diag == diag::Diag::RefutablePattern)
            return d.message;
    }
    return c.names();
}
const std::string prefix = "not every case is handled: ";

TEST(Match, MissingCases) {
    EXPECT_EQ(missing("x: i64?", "match x { Some(n) => {} }"), prefix + "`None` is missing");
    EXPECT_EQ(missing("x: i64?", "match x { None => {} Some(1) => {} }"),
              prefix + "`Some(-9223372036854775808..=0)` is missing");
    EXPECT_EQ(missing("x: bool", "match x { true => {} }"), prefix + "`false` is missing");
    EXPECT_EQ(missing("x: u8", "match x { 0..=99 => {} 101.. => {} }").substr(0, 8), "Expected");
    EXPECT_EQ(missing("x: u8", "match x { 0..=99 => {} 101..=255 => {} }"), prefix + "`100` is missing");
    EXPECT_EQ(missing("x: u8", "match x { 0..=99 | 100..=255 => {} }"), "");
    EXPECT_EQ(missing("x: i8", "match x { -128..0 => {} 0 => {} 1..=127 => {} }"), "");
    EXPECT_EQ(missing("x: String", "match x { \"a\" => {} \"b\" => {} }"), prefix + "`_` is missing");
    EXPECT_EQ(missing("x: (bool, bool)", "match x { (true, _) => {} (_, true) => {} }"),
              prefix + "`(false, false)` is missing");
    EXPECT_EQ(missing("x: P", "match x { P { b: true, .. } => {} { x: 3, b: false } => {} }"),
              prefix + "`P { x: -9223372036854775808..=2, b: false }` is missing");
    EXPECT_EQ(missing("x: char", "match x { '\\0'..='\\u{D7FF}' => {} '\\u{E000}'..='\\u{10FFFF}' => {} }"),
              "");
    EXPECT_EQ(missing("x: bool??", "match x { Some(Some(true)) => {} None => {} Some(None) => {} }"),
              prefix + "`Some(Some(false))` is missing");
    EXPECT_EQ(missing("x: bool", "match x { true => {} b if b => {} }"), prefix + "`false` is missing");
    EXPECT_EQ(missing("x: i64?", "let Some(y) = x;"), "this pattern can fail: `None` is not handled");
    EXPECT_EQ(missing("x: (i64, P)", "let (a, P { x: q, .. }) = x;"), "");
    EXPECT_EQ(missing("x: ()", "match x { () => {} }"), "");
    EXPECT_EQ(missing("x: f64", "match x { y => {} }"), "");
    EXPECT_EQ(missing("x: f64?", "match x { Some(y) => {} None => {} }"), "");
}

TEST(Match, UnreachableArms) {
    EXPECT_EQ(names_of("fn f(x: i64) {\n match x {\n 1 => {}\n _ => {}\n 2 => {}\n }\n}"),
              "UnreachableArm@5");
    EXPECT_EQ(names_of("fn f(x: u8) {\n match x {\n 0..=9 => {}\n 5 => {}\n 3..=12 => {}\n n if n > 3 => "
                       "{}\n _ => {}\n }\n}"),
              "UnreachableArm@4");
    EXPECT_EQ(names_of("fn f(x: i64?) {\n match x {\n Some(_) => {}\n Some(1) => {}\n None => {}\n }\n}"),
              "UnreachableArm@4");
    EXPECT_EQ(names_of("fn f(x: String) {\n match x {\n \"a\" | \"b\" => {}\n \"b\" => {}\n _ => {}\n }\n}"),
              "UnreachableArm@4");
}

TEST(Match, Bindings) {
    EXPECT_EQ(names_of("fn f(x: (i64, i64)) -> i64 { match x { (0, n) | (n, 0) => n, (a, b) => a + b } }"),
              "");
    EXPECT_EQ(names_of("fn f(x: (i64, i64)) -> i64 { match x { (0, n) | (_, 0) => 1, _ => 2 } }"),
              "PatternBindings@1");
    EXPECT_EQ(
        names_of("fn f(x: (i64, i64)) -> i64 { match x { (0, _) | (_, n) => 1, _ => 2 } }").substr(0, 15),
        "PatternBindings");
    EXPECT_EQ(names_of("fn f(x: (i64, i64)) -> i64 { let (a, a) = x; a }"), "DuplicateName@1");
    EXPECT_EQ(names_of("fn f(x: i64) { match x { Foo => {} _ => {} } }"), "NotAConstructor@1");
    EXPECT_EQ(names_of("fn f(x: i64?) { match x { Sone(y) => {} _ => {} } }"), "UnknownVariant@1");
    EXPECT_EQ(names_of("fn f(x: i64) { match x { \"a\" => {} Some(y) => {} (a, b) => {} _ => {} } }"),
              "PatternMismatch@1 PatternMismatch@1 PatternMismatch@1");
    EXPECT_EQ(names_of("fn f(x: i64) { match x { 5..5 => {} 7..=6 => {} _ => {} } }"),
              "EmptyRange@1 EmptyRange@1");
    EXPECT_EQ(names_of("fn f(x: u8) { match x { 256 => {} _ => {} } }"), "LiteralOutOfRange@1");
    EXPECT_EQ(names_of("fn f(x: i64?) -> i64 { if let Some(y) = x { y } else { y } }"), "UnknownName@1");
}

TEST(Match, Enums) {
    std::string shape =
        "enum Shape { Circle(f64), Rect { w: f64, h: f64 }, Empty }\n"
        "impl Shape { fn area(self) -> f64 { match self { Circle(r) => r * r, Rect { w, h } => w * h, "
        "Empty => 0.0 } } }\n";
    EXPECT_EQ(names_of(shape +
                       "fn f() -> f64 { let s = Shape.Rect { w: 1.0, h: 2.0 }; s = Shape.Circle(1.0); "
                       "s = Shape.Empty; s.area() }"),
              "");
    EXPECT_NE(rendered(shape + "fn f(s: Shape) { match s { Circle(_) => {} Rect { w, .. } => {} } }")
                  .find("`Empty` is missing"),
              std::string::npos);
    EXPECT_NE(
        rendered(shape +
                 "fn f(s: Shape) { match s { Circle(_) | Empty => {} Rect { w, .. } if w > 1.0 => {} } }")
            .find("`Rect { .. }` is missing"),
        std::string::npos);
    EXPECT_EQ(
        names_of(shape +
                 "fn f() { Shape.Circle(); Shape.Rect(1.0, 2.0); Shape.Oval; Shape.Circle { r: 1.0 }; }"),
        "ArgumentCount@3 NotCallable@3 UnknownVariant@3 NotAConstructor@3");
    EXPECT_EQ(
        names_of(shape + "fn f(s: Shape) { match s { Oval => {} Circle => {} Circle(a, b) => {} _ => {} } }"),
        "UnknownVariant@3 ArgumentCount@3 ArgumentCount@3");
    EXPECT_EQ(names_of("enum E { A, A }"), "DuplicateName@1");
    EXPECT_EQ(
        names_of("enum Tree { Leaf, Node(Tree, i64, Tree) }\n"
                 "fn sum(t: Tree) -> i64 { match t { Leaf => 0, Node(l, v, r) => sum(l) + v + sum(r) } }"),
        "");
}

TEST(Match, LongMatchesStayFast) {
    std::string numbers = "fn f(x: i64) { match x {\n";
    for (int i = 0; i < 20000; ++i) numbers += std::to_string(i * 2) + " => {}\n";
    EXPECT_EQ(names_of(numbers + "_ => {} } }"), "");
    std::string texts = "fn f(x: String) { match x {\n";
    for (int i = 0; i < 20000; ++i) texts += "\"a" + std::to_string(i) + "\" => {}\n";
    EXPECT_EQ(names_of(texts + "_ => {} } }"), "");
    // Exponential for the general algorithm: answered or given up, but soon.
    std::string wide = "fn f(x: (bool, bool, bool, bool, bool, bool, bool, bool, bool, bool, bool, bool, "
                       "bool, bool, bool, bool)) { match x {\n";
    for (int i = 0; i < 16; ++i) {
        wide += "(";
        for (int j = 0; j < 16; ++j) wide += i == j ? "true," : "_,";
        wide += ") => {}\n";
    }
    EXPECT_NE(names_of(wide + "} }"), "");
}

} // namespace
} // namespace tn::check
