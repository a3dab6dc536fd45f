// What is refused, how it is said, and that one mistake is reported once.
#include "checking.h"

#include <gtest/gtest.h>

namespace tn::check {
namespace {

TEST(Errors, RenderedAsInTheDesign) {
    EXPECT_EQ(rendered("fn f() {\n    let n: i64 = \"x\";\n}\n"),
              "error: expected `i64`, found `String` [TypeMismatch]\n"
              "  --> test.tn:2:18\n"
              "   |\n"
              " 2 |     let n: i64 = \"x\";\n"
              "   |            ---   ^^^ this is a `String`\n"
              "   |            |\n"
              "   |            because of this type\n");
}

TEST(Errors, AllAtOnceWithoutCascades) {
    EXPECT_EQ(names_of("fn f() -> i64 {\n let a = foo;\n let b = a + 1;\n let c: String = b;\n let d: bool = "
                       "1;\n d.x + nope()\n}\n"
                       "fn g(x: Foo) -> i64 { x.y.z() }\nfn h() -> i64 { \"a\" }"),
              "UnknownName@2 TypeMismatch@5 UnknownField@6 UnknownName@6 UnknownType@8 TypeMismatch@9");
}

TEST(Errors, Names) {
    EXPECT_EQ(names_of("fn f() {}\nfn f() {}"), "DuplicateName@2");
    EXPECT_EQ(names_of("fn f(a: i64, a: i64) {}"), "DuplicateName@1");
    EXPECT_EQ(names_of("record P { x: i64, x: i64 }"), "DuplicateField@1");
    EXPECT_NE(rendered("fn f(count: i64) -> i64 { cuont }").find("did you mean `count`?"), std::string::npos);
    EXPECT_NE(rendered("fn f() { println(1); }").find("did you mean `print`?"), std::string::npos);
    EXPECT_NE(rendered("fn f(s: String) -> i64 { s.length() }").find("did you mean `len`?"),
              std::string::npos);
    EXPECT_NE(rendered("fn f(x: int) {}").find("did you mean `i64`?"), std::string::npos);
    EXPECT_NE(rendered("fn f() { for i in range(3) {} }").find("a range is written `0..n`"), std::string::npos);
    EXPECT_NE(rendered("enum Color { Red, Green }\nfn f() -> Color { Red }").find("write `Color.Red`"),
              std::string::npos);
    EXPECT_NE(
        rendered("record P { width: i64 }\nfn f(p: P) -> i64 { p.widht }").find("did you mean `width`?"),
        std::string::npos);
}

TEST(Errors, Records) {
    std::string p = "record P { x: i64, y: i64 }\n";
    EXPECT_EQ(names_of(p + "fn f() { let a = P { x: 1 }; }"), "MissingField@2");
    EXPECT_EQ(names_of(p + "fn f() { let a = P { x: 1, y: 2, z: 3 }; }"), "UnknownField@2");
    EXPECT_EQ(names_of(p + "fn f() { let a = P { x: 1, x: 2, y: 3 }; }"), "DuplicateField@2");
    EXPECT_EQ(names_of(p + "fn f() { let x = 1; let y = 2; let a = P { x, y }; let b = P { x: 3, ..a }; }"),
              "");
    EXPECT_EQ(names_of(p + "fn f() { P(1, 2); }"), "NotCallable@2");
    EXPECT_EQ(names_of("record A { b: B }\nrecord B { a: (A, i64) }"), "RecursiveRecord@1");
    EXPECT_EQ(names_of("record A { b: List[A], c: A? }"), "");
    std::string large = "record L0 { a: i64, b: i64 }\n";
    for (int i = 1; i < 12; ++i) {
        std::string inner = "L" + std::to_string(i - 1);
        large += "record L" + std::to_string(i) + " { a: " + inner + ", b: " + inner + " }\n";
    }
    EXPECT_EQ(names_of(large), "TypeTooLarge@11 TypeTooLarge@12");
}

TEST(Errors, Calls) {
    EXPECT_EQ(names_of("fn g(a: i64) {}\nfn f() { g(); g(1, 2); g(\"a\"); g(1)(2); }"),
              "ArgumentCount@2 ArgumentCount@2 TypeMismatch@2 NotCallable@2");
    EXPECT_EQ(names_of("fn f(x: i64) { x(); x.foo(); x[0]; }"),
              "NotCallable@1 UnknownMethod@1 NotIndexable@1");
    EXPECT_EQ(names_of("fn f(xs: List[i64]) { xs.push(\"a\"); xs.fush(1); }"),
              "TypeMismatch@1 UnknownMethod@1");
}

TEST(Errors, Mut) {
    std::string g = "fn g(mut x: i64) {}\nfn h(mut a: i64, mut b: i64) {}\nrecord P { x: i64, y: i64 "
                    "}\nconst K: i64 = 1;\n";
    EXPECT_EQ(names_of(g + "fn f() { let a = 1; g(a); }"), "MissingMut@5");
    EXPECT_NE(rendered(g + "fn f() { let a = 1; g(a); }").find("write `mut a`"), std::string::npos);
    EXPECT_EQ(names_of(g + "fn f() { g(mut 1); g(mut K); }"), "NotAssignable@5 NotAssignable@5");
    EXPECT_EQ(names_of(g + "fn f() { let a = 1; print(mut a); }"), "UnexpectedMut@5");
    EXPECT_EQ(names_of(g + "fn f() { let a = 1; h(mut a, mut a); }"), "OverlappingMut@5");
    EXPECT_EQ(names_of(g + "fn f(p: P) { h(mut p.x, mut p.y); h(mut p.x, mut p.x); }"), "OverlappingMut@5");
    EXPECT_EQ(
        names_of(g +
                 "fn f(xs: List[i64], ys: List[i64]) { h(mut xs[0], mut ys[0]); h(mut xs[0], mut xs[1]); }"),
        "OverlappingMut@5");
    EXPECT_EQ(
        names_of("fn g(mut a: List[i64], mut b: i64) {}\nfn f(xs: List[i64]) { g(mut xs, mut xs[0]); }"),
        "OverlappingMut@2");
    EXPECT_EQ(names_of("fn f(xs: (List[i64], List[i64])) { xs.0.push(1); xs.1.pop(); [1, 2].pop(); }"), "");
}

TEST(Errors, Assignment) {
    EXPECT_EQ(names_of("const K: i64 = 1;\nfn f(s: String) { K = 2; s[0] = 1; 1 = 2; f(s) = 3; }"),
              "NotAssignable@2 NotAssignable@2 NotAssignable@2 NotAssignable@2");
    EXPECT_EQ(names_of("fn f() { let a = 1; a = \"x\"; a += \"y\"; }"), "TypeMismatch@1 BadOperands@1");
    EXPECT_EQ(names_of("fn f() { let s = \"a\"; s += \"b\"; s += 'c'; let t = s + 'd' + \"e\"; }"), "");
}

TEST(Errors, Operators) {
    EXPECT_EQ(names_of("fn f(a: u8, b: bool, s: String) { -a; !s; a << 1i64; a & b; b & b; s < s; s - s; }"),
              "BadOperand@1 BadOperand@1 BadOperands@1 BadOperands@1");
    EXPECT_EQ(names_of("fn f(a: u8) { let x = 1; let y = -x; let z: u8 = y; }"), "BadOperand@1");
    EXPECT_EQ(names_of("fn f(a: i64, c: char, s: String) { a as f32; a as char; c as u8; s as i64; 65u8 as "
                       "char; true as i8; 1.5 as u8; a as bool; }"),
              "BadCast@1 BadCast@1 BadCast@1");
    EXPECT_EQ(names_of("fn f(a: i64?, b: (i64, String), c: List[i64]) -> bool { a == None && b < (1, \"a\") "
                       "&& c == [1] }"),
              "");
    EXPECT_EQ(names_of("fn f(a: i64) { a == \"x\"; a && true; }"), "BadOperands@1 TypeMismatch@1");
}

TEST(Errors, Control) {
    EXPECT_EQ(names_of("fn f() { break; continue; }"),
              "BreakOutsideLoop@1 BreakOutsideLoop@1 UnreachableCode@1");
    EXPECT_EQ(names_of("fn f() { while true { break 1; } }"), "BreakWithValue@1");
    EXPECT_EQ(names_of("fn f() { 'a: loop { break 'b; } }"), "UnknownLabel@1");
    EXPECT_EQ(names_of("fn f() -> i64 { }"), "MissingReturn@1");
    EXPECT_NE(rendered("fn f() -> i64 { 1; }").find("remove the `;`"), std::string::npos);
    EXPECT_EQ(names_of("fn f() -> i64 { if true { 1 } }"), "TypeMismatch@1 TypeMismatch@1");
    EXPECT_EQ(names_of("fn f(s: String) { if 1 {} for x in 3 {} for c in s {} }"),
              "TypeMismatch@1 NotIterable@1 NotIterable@1");
    EXPECT_EQ(names_of("fn f() { for i in 0..3.5 {} for i in 1.0..2.0 {} }"),
              "TypeMismatch@1 TypeMismatch@1");
    EXPECT_EQ(names_of("fn f() -> i64 { return; }"), "TypeMismatch@1");
    EXPECT_EQ(names_of("fn f(a: i64?) -> i64 { a? }"), "BadTry@1");
    EXPECT_EQ(names_of("const A: i64 = return 1;"), "ReturnOutsideFunction@1");
    EXPECT_EQ(names_of("fn f() { return; print(1); print(2); }"), "UnreachableCode@1");
}

TEST(Errors, FormatSpecs) {
    EXPECT_EQ(names_of("fn f(s: String, x: f64, n: i64) { f\"{s:>8} {x:8.3f} {n:+05d} {n:#x} {x:e}\"; }"),
              "");
    EXPECT_EQ(names_of("fn f(s: String, x: f64, n: i64) { f\"{s:x}\"; f\"{x:d}\"; f\"{n:.2}\"; f\"{s:+}\"; "
                       "f\"{n:.2d}\"; }"),
              "BadFormatSpec@1 BadFormatSpec@1 BadFormatSpec@1 BadFormatSpec@1 BadFormatSpec@1");
    EXPECT_EQ(names_of("fn f() { let x = 1; f\"{x:04}\"; let y: u8 = x; }"), "");
}

TEST(Errors, NotYet) {
    EXPECT_EQ(names_of("fn f() { let m = Map{\"a\": 1}; m.get(\"a\"); }"), "NotSupported@1");
    EXPECT_EQ(names_of("import geometry.area;\nfn f() { area(1); }"), "UnknownModule@1");
}

} // namespace
} // namespace tn::check
