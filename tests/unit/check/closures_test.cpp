// Closures, function types and function values: types, captures, and what the tables say of them.
#include "checking.h"

#include <gtest/gtest.h>

namespace tn::check {
namespace {

// The names of a closure's captures, in order.
std::string captures_of(const Checking& c, std::string_view fn, std::size_t closure) {
    std::string names;
    for (LocalId local : c.checked->modules[ModuleId(0)].closures[ClosureId(closure)].captures) {
        if (!names.empty()) names += ' ';
        names += c.fn(fn).body.locals[local].name;
    }
    return names;
}

TEST(Closures, TypesFromUseAndFromWhatIsExpected) {
    Checking c("fn apply(f: fn(i64) -> String, x: i64) -> String { f(x) }\n"
               "fn f() { let add = |x| x + 1; let n = add(2); let s = apply(|v| f\"{v}\", n);\n"
               "let pair = |(a, b), _| a + b + 1; let three = pair((1, 2), true);\n"
               "let late = |x: i64| -> i64 { x };  let nested = |a| |b| a + b + n; let m = nested(1)(2); }");
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.local_type("f", "add"), "fn(i64) -> i64");
    EXPECT_EQ(c.local_type("f", "s"), "String");
    EXPECT_EQ(c.local_type("f", "pair"), "fn((i64, i64), bool) -> i64");
    EXPECT_EQ(c.local_type("f", "nested"), "fn(i64) -> fn(i64) -> i64");
    EXPECT_EQ(c.local_type("f", "m"), "i64");
}

TEST(Closures, CaptureByEveryClosureBetween) {
    Checking c("fn f(a: i64, b: i64) { let g = |x: i64| { let h = |y: i64| x + y + a; h(b) }; g(1); }");
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(captures_of(c, "f", 0), "x a"); // the inner one is finished first
    EXPECT_EQ(captures_of(c, "f", 1), "a b");
    for (const Local& local : c.fn("f").body.locals) {
        bool captured = local.name == "a" || local.name == "b" || local.name == "x";
        EXPECT_EQ(local.is_captured, captured) << local.name;
    }
}

TEST(Closures, ReturnBelongsToTheClosure) {
    EXPECT_EQ(names_of("fn f() -> String { let g = |x: i64| { if x > 1 { return 2; } x }; g(1); \"a\" }"),
              "");
    EXPECT_EQ(names_of("fn f() { let g = |x: i64| { if x > 1 { return \"a\"; } x }; }"), "TypeMismatch@1");
    EXPECT_EQ(names_of("fn f() { loop { let g = || { break; }; } }"), "BreakOutsideLoop@1");
    EXPECT_EQ(names_of("fn f() { let g = || panic(\"no\"); g(); let h: fn() -> i64 = || panic(\"no\"); }"),
              "");
}

TEST(Closures, Mistakes) {
    EXPECT_EQ(names_of("fn f() { let g = |x| x; }"), "CannotInfer@1");
    EXPECT_EQ(names_of("fn f() { let g = |x| x.len(); }"), "CannotInfer@1");
    EXPECT_EQ(names_of("fn a(g: fn(i64) -> i64) {}\nfn f() { a(|x, y| x); a(|| 1); }"),
              "ClosureParameters@2 ClosureParameters@2");
    EXPECT_EQ(names_of("fn a(g: fn(i64) -> i64) {}\nfn f() { a(|x: String| 1); a(|x| \"a\"); }"),
              "TypeMismatch@2 TypeMismatch@2");
    EXPECT_EQ(names_of("fn f() { let g = |mut x: i64| x; let h: fn(mut i64) = g; }"),
              "UnexpectedMut@1 UnexpectedMut@1");
    EXPECT_EQ(names_of("fn f() { let g = |Some(x)| x; g(Some(1)); }"), "RefutablePattern@1");
}

TEST(FnValues, AllKinds) {
    Checking c(
        "record P { x: i64, f: fn(i64) -> i64, hs: List[fn(i64) -> i64] }\n"
        "enum Shape { Circle(f64), Pair(i64, String) }\n"
        "impl P { fn get(self) -> i64 { self.hs[0](1) + (self.f)(2) } fn zero() -> i64 { 0 } }\n"
        "fn g(p: P) { let a = g; let b = P.get; let c = P.zero; let d = Shape.Pair; let e = String.len;\n"
        "let s: fn(i64) -> i64? = Some; let i = i64.count_ones; let n = net.look; let p = print[bool]; }",
        {{"net.look", "fn(String) -> i64"}});
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.local_type("g", "a"), "fn(P)");
    EXPECT_EQ(c.local_type("g", "b"), "fn(P) -> i64");
    EXPECT_EQ(c.local_type("g", "c"), "fn() -> i64");
    EXPECT_EQ(c.local_type("g", "d"), "fn(i64, String) -> Shape");
    EXPECT_EQ(c.local_type("g", "e"), "fn(String) -> i64");
    EXPECT_EQ(c.local_type("g", "i"), "fn(i64) -> i64");
    EXPECT_EQ(c.local_type("g", "n"), "fn(String) -> i64");
}

TEST(FnValues, Mistakes) {
    EXPECT_EQ(names_of("fn m(mut a: i64) {}\nfn f() { let g = m; }"), "NotAValue@2");
    EXPECT_EQ(names_of("enum E { A { x: i64 } }\nfn f() { let g = E.A; }"), "NotAValue@2");
    EXPECT_EQ(names_of("fn f(g: fn(i64)) { g(); g(1, 2); g(\"a\"); 3(4); }"),
              "ArgumentCount@1 ArgumentCount@1 TypeMismatch@1 NotCallable@1");
    EXPECT_NE(rendered("record P { f: fn() }\nfn f(p: P) { p.f(); }").find("`(x.f)(…)`"), std::string::npos);
    EXPECT_EQ(names_of("fn f(g: fn()) { g == g; show(g); }"), "BadOperands@1 BoundNotMet@1");
}

} // namespace
} // namespace tn::check
