// Traits, impls, bounds, and the prelude that is declared when it is asked for.
#include "checking.h"
#include "check/impls.h"

#include <gtest/gtest.h>

namespace tn::check {
namespace {

// The core traits as src/prelude/traits.tn has them, and a few members.
const char* const prelude_text = R"(
trait Add[Rhs, Out] { fn add(self, rhs: Rhs) -> Out; }
trait Mul[Rhs, Out] { fn mul(self, rhs: Rhs) -> Out; }
trait Neg[Out] { fn neg(self) -> Out; }
trait Index[I, Out] { fn index(self, i: I) -> Out; fn set_index(mut self, i: I, v: Out) { panic("none"); } }
trait Eq { fn eq(self, o: Self) -> bool; }
trait Ord: Eq { fn cmp(self, o: Self) -> i64; }
trait Hash: Eq { fn hash(self) -> u64; }
trait Show { fn show(self) -> String; }
trait Iterate[T] { fn next(mut self) -> T?; }

impl[T] List[T] {
    fn second(self) -> T? { self.get(1) }
    fn __hidden(self) -> i64 { 1 }
}
impl[T: Eq] List[T] { fn contains(self, x: T) -> bool { __find(self, x) >= 0 } }
impl[T: Ord] List[T] { fn top(self) -> T { let m = self[0]; for x in self { if x > m { m = x; } } m } }
fn __find[T: Eq](xs: List[T], x: T) -> i64 { let i = 0; for y in xs { if y == x { return i; } i += 1; } -1 }
impl[T: __Int] T {
    fn half(self) -> T { if self == T.MAX { return T.MIN; } (self + 1) / 2 }
    fn bits(self) -> i64 { T.BITS - (self as i64) }
}
impl[T: __Number] T { fn twice(self) -> T { self + self } }
record __Count { at: i64, end: i64 }
impl Iterate[i64] for __Count { fn next(mut self) -> i64? { if self.at >= self.end { return None; } self.at += 1; Some(self.at) } }
fn count_to(n: i64) -> __Count { __Count { at: 0, end: n } }
)";

Checking with_prelude(std::string text) { return Checking(std::move(text), {}, prelude_text); }
std::string names(std::string text) { return with_prelude(std::move(text)).names(); }
std::string all(std::string text) { return with_prelude(std::move(text)).rendered(); }

TEST(Prelude, IsDeclaredWhenItIsUsed) {
    Checking none("fn f(x: i64) -> i64 { x + 1 }", {}, prelude_text);
    ASSERT_TRUE(none.checked) << none.rendered();
    EXPECT_EQ(none.checked->fns.size(), 1u);
    EXPECT_TRUE(none.checked->traits.empty());
    EXPECT_EQ(none.checked->modules.size(), 2u);
    EXPECT_TRUE(none.checked->modules[ModuleId(1)].exprs.empty());

    Checking c("fn f(xs: List[u8]) -> bool { let s = xs.second(); let t = xs.top(); xs.contains(t) }", {}, prelude_text);
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.local_type("f", "s"), "u8?");
    EXPECT_EQ(c.local_type("f", "t"), "u8");
    // Each body that is used stands in a module of its own.
    EXPECT_TRUE(c.checked->modules[ModuleId(1)].exprs.empty());
    EXPECT_GT(c.checked->modules.size(), 2u);
    EXPECT_FALSE(c.checked->modules[ModuleId(2)].exprs.empty());
    EXPECT_EQ(c.fn("__find").type_params.size(), 1u);
}

TEST(Prelude, ClassesOfNumbers) {
    Checking c("fn f(x: u16) -> u16 { let y = 7.half(); let z = 1.5.twice(); x.twice().half() }", {}, prelude_text);
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.local_type("f", "y"), "i64");
    EXPECT_EQ(c.local_type("f", "z"), "f64");
    EXPECT_EQ(names("fn f(x: f64) { x.half(); }"), "UnknownMethod@1");
    EXPECT_EQ(names("fn f(x: i64) -> i64 { x.bits() }"), "");
}

TEST(Prelude, HiddenNames) {
    EXPECT_EQ(names("fn f() { __find([1], 1); }"), "UnknownName@1");
    EXPECT_EQ(names("fn f() { [1].__hidden(); }"), "UnknownMethod@1");
    EXPECT_EQ(names("fn f(x: __Count) {}"), "UnknownType@1");
    EXPECT_EQ(names("fn f[T: __Int](x: T) {}"), "UnknownTrait@1");
    EXPECT_EQ(names("fn f() { let c = count_to(3); let n = c.next(); }"), "");
}

TEST(Traits, RequiredDefaultAndStatic) {
    Checking c = with_prelude("trait Area { fn area(self) -> f64; fn twice(self) -> f64 { self.area() * 2.0 } fn unit() -> Self; }\n"
                              "record Sq { a: f64 }\n"
                              "impl Area for Sq { fn area(self) -> f64 { self.a * self.a } fn unit() -> Sq { Sq { a: 1.0 } } }\n"
                              "fn total[T: Area](xs: List[T]) -> f64 { let t = T.unit().area(); for x in xs { t += x.twice(); } t }\n"
                              "fn f() -> f64 { let s = Sq.unit(); s.area() + s.twice() + total([s]) + Area.area(s) }");
    EXPECT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.checked->impls.size(), 1u);
    EXPECT_FALSE(c.checked->impls[ImplId(0)].methods[1].is_valid());
}

TEST(Traits, BoundsAreNeeded) {
    std::string area = "trait Area { fn area(self) -> f64; }\n";
    EXPECT_EQ(names(area + "fn f[T](x: T) -> f64 { x.area() }"), "UnknownMethod@2");
    EXPECT_NE(all(area + "fn f[T](x: T) -> f64 { x.area() }").find("add the bound `T: Area`"), std::string::npos);
    EXPECT_EQ(names(area + "fn f[T: Area](x: T) {}\nfn g() { f(1); }"), "BoundNotMet@3");
    EXPECT_EQ(names(area + "fn f[T: Area](x: T) {}\nfn g[U](x: U) { f(x); }"), "BoundNotMet@3");
    EXPECT_EQ(names("fn f[T](x: T) -> String { f\"{x}\" }"), "BoundNotMet@1");
    EXPECT_EQ(names("fn f[T](x: T) -> bool { x == x }"), "BadOperands@1");
    EXPECT_EQ(names("fn f[T: Ord](x: T) -> bool { x == x && x < x }"), "");
    EXPECT_EQ(names("fn f[T: Hash](x: T) -> bool { x == x && x < x }"), "BadOperands@1");
    EXPECT_EQ(names("fn f[T](x: T) -> T { x + x }"), "BadOperands@1");
    EXPECT_EQ(names("fn f[T: Add](x: T) -> T { x + x }\nfn g() { f(1); f(\"a\"); f([1.0]); f(true); }"), "BoundNotMet@2");
    EXPECT_EQ(names("fn f[T: Mul[f64]](x: T) -> T { x * 2.0 }\nfn g() { f(1.5); f(1); }"), "BoundNotMet@2");
}

TEST(Traits, SupertraitsAndGenericTraits) {
    EXPECT_EQ(names("trait A { fn a(self) -> i64; }\ntrait B: A { fn b(self) -> i64 { self.a() } }\n"
                    "fn f[T: B](x: T) -> i64 { x.a() + x.b() }\n"
                    "impl B for i64 {}"),
              "BoundNotMet@4");
    EXPECT_EQ(names("trait Into[T] { fn into(self) -> T; }\n"
                    "impl Into[String] for i64 { fn into(self) -> String { \"\" } }\n"
                    "impl Into[f64] for i64 { fn into(self) -> f64 { 1.0 } }\n"
                    "fn g() { let s: String = 1.into(); let x: f64 = 2.into(); }\n"
                    "fn h[T: Into[bool]](x: T) -> bool { x.into() }"),
              "");
    EXPECT_EQ(names("fn sum[I: Iterate[T], T: Add](mut it: I, start: T) -> T {\n"
                    "    let t = start; while let Some(x) = it.next() { t = t + x; } t\n}\n"
                    "record Up { n: i64 }\n"
                    "impl Iterate[i64] for Up { fn next(mut self) -> i64? { self.n += 1; Some(self.n) } }\n"
                    "fn g() -> i64 { let u = Up { n: 0 }; sum(mut u, 0) }"),
              "");
}

TEST(Traits, ImplsAreHeldAgainstTheirTrait) {
    std::string t = "trait A { fn a(self, x: i64) -> bool; fn b() {} }\nrecord R {}\n";
    EXPECT_EQ(names(t + "impl A for R {}"), "MissingTraitMethod@3");
    EXPECT_EQ(names(t + "impl A for R { fn a(self, x: i64) -> bool { true } fn c(self) {} }"), "NotATraitMethod@3");
    EXPECT_EQ(names(t + "impl A for R { fn a(self, x: u8) -> bool { true } }"), "TraitMethodMismatch@3");
    EXPECT_EQ(names(t + "impl A for R { fn a(x: i64) -> bool { true } }"), "TraitMethodMismatch@3");
    EXPECT_EQ(names(t + "impl A for R { fn a(mut self, x: i64) -> bool { true } }"), "TraitMethodMismatch@3");
    EXPECT_EQ(names(t + "impl B for R {}"), "UnknownTrait@3");
    EXPECT_EQ(names(t + "impl R for R {}"), "UnknownTrait@3");
    std::string ok = " { fn a(self, x: i64) -> bool { true } }\n";
    EXPECT_EQ(names(t + "impl A for R" + ok + "impl A for R" + ok), "OverlappingImpl@4");
    EXPECT_EQ(names(t + "impl[T] A for List[T]" + ok + "impl A for List[i64]" + ok), "OverlappingImpl@4");
    EXPECT_EQ(names(t + "impl A for List[u8]" + ok + "impl A for List[i64]" + ok), "");
    EXPECT_EQ(names("impl Neg for String { fn neg(self) -> String { self } }"), "ForeignImpl@1");
    EXPECT_EQ(names(t + "impl[T] A for R" + ok), "CannotInfer@3");
    EXPECT_EQ(names("impl Show for i64 { fn show(self) -> String { \"\" } }"), "OverlappingImpl@1");
    EXPECT_EQ(names("impl i64 { fn show(self) -> String { \"\" } }"), "NotAllowedHere@1");
    EXPECT_EQ(names("trait C { fn c[T: Show](self, x: T); }\nimpl C for i64 { fn c[U: Ord](self, x: U) {} }"),
              "TraitMethodMismatch@2");
    EXPECT_EQ(names("trait C { fn c[T: Show](self, x: T); }\nimpl C for i64 { fn c[U](self, x: U) {} }"), "");
}

TEST(Traits, OneNameInTwoTraits) {
    std::string text = "trait A { fn go(self) -> i64 { 1 } }\ntrait B { fn go(self) -> i64 { 2 } }\n"
                       "impl A for i64 {}\nimpl B for i64 {}\n";
    EXPECT_EQ(names(text + "fn f() -> i64 { 1.go() }"), "AmbiguousMethod@5");
    EXPECT_EQ(names(text + "fn f() -> i64 { A.go(1) + B.go(2) }"), "");
    EXPECT_EQ(names(text + "fn f() -> i64 { A.come(1) }"), "UnknownMember@5");
    EXPECT_EQ(names(text + "fn f[T: A](x: T) -> i64 { x.go() }"), "");
}

TEST(Traits, Operators) {
    std::string point = "record P { x: f64 }\n"
                        "impl Add for P { fn add(self, o: P) -> P { P { x: self.x + o.x } } }\n"
                        "impl Mul[f64] for P { fn mul(self, k: f64) -> P { P { x: self.x * k } } }\n"
                        "impl Mul[P] for f64 { fn mul(self, p: P) -> P { p * self } }\n"
                        "impl Mul for P { fn mul(self, p: P) -> f64 { p.x * self.x } }\n"
                        "impl Neg for P { fn neg(self) -> P { P { x: -self.x } } }\n";
    Checking c = with_prelude(point + "fn f(p: P) { let a = 2.0 * p; let b = p * p; let d = -p; let e = p * 3.0; d += a; let s = p + -p; }");
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.local_type("f", "a"), "P");
    EXPECT_EQ(c.local_type("f", "b"), "f64");
    EXPECT_EQ(c.local_type("f", "e"), "P");
    EXPECT_EQ(names(point + "fn f(p: P) { p * 2; p + 1.0; p - p; 2.0 * 3.0; }"),
              "BadOperands@7 BadOperands@7 BadOperands@7");
}

TEST(Traits, ComparisonsOfAUsersTypes) {
    std::string v = "record V { a: i64, b: i64 }\nimpl Eq for V { fn eq(self, o: V) -> bool { self.a == o.a } }\n";
    Checking c = with_prelude(v + "fn f(x: V, y: V) -> bool { x == y && x < y && [x] == [y] && x != y }");
    ASSERT_TRUE(c.checked) << c.rendered();
    int calls = 0;
    for (const ExprInfo& info : c.checked->modules[ModuleId(0)].exprs) calls += info.form == Form::Call;
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(names("record H { f: fn() }\nfn g(a: H) { a == a; a < a; show(a); }"), "BadOperands@2 BadOperands@2 BoundNotMet@2");
    EXPECT_EQ(names("record H { f: fn() }\nimpl Show for H { fn show(self) -> String { \"\" } }\nfn g(a: H) { show([a]); print(a); a.show(); }"), "");
    EXPECT_EQ(names("fn h[T: Hash](x: T) -> u64 { x.hash() }\nfn g() { h(1); h((1, \"a\")); h(1.5); h([2.0]); }"),
              "BoundNotMet@2 BoundNotMet@2");
    EXPECT_EQ(names("fn g(a: String) -> i64 { a.cmp(\"b\") + 1.cmp(2) }"), "");
}

TEST(Traits, Indexing) {
    std::string grid = "record G { cells: List[f64] }\n"
                       "impl Index[i64] for G { fn index(self, i: i64) -> f64 { self.cells[i] } fn set_index(mut self, i: i64, v: f64) { self.cells[i] = v; } }\n"
                       "record R { }\nimpl Index[String] for R { fn index(self, i: String) -> i64 { i.len() } }\n";
    Checking c = with_prelude(grid + "fn f(g: G, r: R) -> f64 { g[0] = 1.5; g[1] += 2.0; let n = r[\"a\"]; g[0] }");
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.local_type("f", "n"), "i64");
    EXPECT_EQ(c.checked->modules[ModuleId(0)].index_sets.size(), 2u);
    EXPECT_EQ(names(grid + "fn f(g: G, r: R) { g[\"a\"]; r[\"b\"] = 1; }"), "TypeMismatch@5 NotAssignable@5");
    EXPECT_EQ(names(grid + "fn inc(mut x: f64) { x += 1.0; }\nfn f(g: G) { inc(mut g[0]); }"), "NotAssignable@6");
    EXPECT_EQ(names(grid + "fn f[T: Index[i64, U], U: Show](x: T) -> String { show(x[0]) }\nfn h(g: G) { f(g); f([1]); }"),
              "BoundNotMet@6");
}

TEST(Traits, BoundsOfTypes) {
    std::string t = "trait A {}\nimpl A for i64 {}\nrecord R[T: A] { x: T }\n";
    EXPECT_EQ(names(t + "fn f(r: R[i64]) {}"), "");
    EXPECT_EQ(names(t + "fn f(r: R[u8]) {}"), "BoundNotMet@4");
    EXPECT_EQ(names(t + "fn f[T](r: R[T]) {}"), "BoundNotMet@4");
    EXPECT_EQ(names(t + "fn f() { let r = R { x: true }; }"), "BoundNotMet@4");
    EXPECT_EQ(names("fn f(m: Map[f64, i64]) {}"), "BoundNotMet@1");
}

TEST(Traits, FindImpl) {
    Checking c = with_prelude("trait A[T] { fn a(self) -> T; }\n"
                              "impl[T] A[T] for List[T] { fn a(self) -> T { self[0] } }\n"
                              "impl A[bool] for List[i64] { fn a(self) -> bool { true } }\n"
                              "impl[K, V] A[K] for (K, V) { fn a(self) -> K { self.0 } }");
    ASSERT_TRUE(c.checked) << c.rendered();
    TypeId i64 = c.types.simple(TypeKind::I64), boolean = c.types.simple(TypeKind::Bool);
    TypeId list = c.types.list(i64);
    auto found = find_impl(*c.checked, c.types, TraitId(0), list, std::vector<TypeId>{i64});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->impl, ImplId(0));
    EXPECT_EQ(found->type_args, std::vector<TypeId>{i64});
    found = find_impl(*c.checked, c.types, TraitId(0), list, std::vector<TypeId>{boolean});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->impl, ImplId(1));
    TypeId pair_args[] = {boolean, i64};
    found = find_impl(*c.checked, c.types, TraitId(0), c.types.tuple(pair_args), std::vector<TypeId>{boolean});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->type_args, (std::vector<TypeId>{boolean, i64}));
    EXPECT_FALSE(find_impl(*c.checked, c.types, TraitId(0), i64, std::vector<TypeId>{i64}));
}

TEST(Traits, HostileBoundsEnd) {
    EXPECT_EQ(names("trait A {}\ntrait B {}\nimpl[T: B] A for T {}\nimpl[T: A] B for T {}\nfn f[T: A](x: T) {}\nfn g() { f(1); }"),
              "BoundNotMet@6");
    EXPECT_EQ(names("trait A {}\nimpl[T: A + A] A for List[T] {}\nimpl[T] A for T? where {}"), "ExpectedToken@3");
    EXPECT_EQ(names("trait A: B {}\ntrait B: A {}\nfn f[T: A](x: T) { g(x); }\nfn g[T: B](x: T) {}"), "");
}

} // namespace
} // namespace tn::check
