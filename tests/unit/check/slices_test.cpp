// `Slice[T]`: a type of parameters, and of nothing else.
#include "checking.h"

#include <gtest/gtest.h>

namespace tn::check {
namespace {

TEST(Slices, AreReadChangedAndPassedOn) {
    EXPECT_EQ(
        names_of("fn sum(xs: Slice[f64]) -> f64 { let t = xs[0]; for x in xs { t += x; } t }\n"
                 "fn fill(xs: mut Slice[f64], v: f64) -> f64 { xs[0] = v; xs[1] += v; sum(xs) }\n"
                 "fn both(xs: mut Slice[f64], ys: Slice[f64]) -> f64 { fill(xs, (ys)[0]) + sum((ys)) }"),
        "");
}

TEST(Slices, StandNowhereElse) {
    EXPECT_EQ(names_of("record R { s: Slice[i64] }\nvar g: Slice[i64] = [];\nfn f() -> Slice[i64] { f() }"),
              "SliceMisuse@1 SliceMisuse@2 SliceMisuse@3");
    EXPECT_EQ(names_of("fn f(xs: Slice[f64]) {\nlet y = xs;\nlet t = (xs, 1);\nlet o = Some(xs);\n[xs];\n"
                       "let c = || xs[0];\nshow(xs);\n}"),
              "SliceMisuse@2 SliceMisuse@3 SliceMisuse@4 SliceMisuse@5 SliceMisuse@6 SliceMisuse@7");
    EXPECT_EQ(names_of("fn f(xs: List[Slice[f64]], g: fn() -> Slice[f64]) {}"), "SliceMisuse@1 SliceMisuse@1");
    // A function may take one and be a value.
    EXPECT_EQ(names_of("fn f(xs: Slice[f64]) -> f64 { xs[0] }\nfn g(h: fn(Slice[f64]) -> f64) { g(f); }"), "");
}

TEST(Slices, Mistakes) {
    EXPECT_EQ(names_of("fn f(xs: Slice[f64]) { xs[0] = 1.0; }"), "NotAssignable@1");
    EXPECT_EQ(names_of("fn f(mut xs: Slice[f64]) {}\nfn g(xs: Slice[String]) {}\nfn h(xs: Slice[i8, i8]) {}"),
              "UnexpectedMut@1 NotAllowedHere@2 TypeArgumentCount@3");
    EXPECT_EQ(
        names_of("fn m(xs: mut Slice[f64]) {}\nfn f(xs: Slice[f64], ys: List[f64]) {\nm(xs);\nm(ys);\n}"),
        "TypeMismatch@3 TypeMismatch@4");
}

} // namespace
} // namespace tn::check
