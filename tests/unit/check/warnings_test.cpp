// Variables that nobody reads, and changes that nobody sees.
#include "checking.h"

#include <gtest/gtest.h>

namespace tn::check {
namespace {

// The names of which UnusedName or LostChange tells, in order of position.
std::string warned(std::string text) {
    Checking c(std::move(text));
    EXPECT_TRUE(c.checked) << c.rendered();
    std::string names;
    for (const diag::Diagnostic& d : c.sink.sorted()) {
        if (d.diag == diag::Diag::UnusedName) names += d.message.substr(0, d.message.find(" is never"));
        if (d.diag == diag::Diag::LostChange) names += d.message.substr(d.message.find('`'), 3) + "!";
    }
    return names;
}

TEST(Unused, Locals) {
    EXPECT_EQ(warned("fn f() { let a = 1; let b = 2; print(b); let _c = 3; let _ = 4; }"), "`a`");
    EXPECT_EQ(warned("fn f() { let a = 1; a = 2; let b = 1; b += 2; }"), "`a``b`");
    EXPECT_EQ(
        warned("fn f() { let (a, b) = (1, 2); for i in 0..2 {} if let Some(v) = Some(1) {} print(b); }"),
        "`a``i``v`");
    EXPECT_EQ(warned("fn f(o: i64?) -> i64 { match o { Some(n) => 1, None => 2 } }"), "`n`");
    EXPECT_EQ(warned("record P { x: i64 }\nimpl P { fn a(self, b: i64) { let c = |(d, e): (i64, i64)| 1; "
                     "c((1, 2)); } }"),
              "");
    EXPECT_EQ(warned("fn f() { let xs = [1]; xs[0] = 2; xs.push(3); let g = |x: i64| 1; g(2); }"), "");
}

TEST(Unused, NothingIsSaidOfABodyWithErrors) {
    EXPECT_EQ(rendered("fn f() { let a = 1; foo(a); let b = 2; }").find("UnusedName"), std::string::npos);
}

TEST(LostChange, OfCapturedVariables) {
    EXPECT_EQ(warned("fn f() { let s = 0; let g = |x: i64| s += x; g(1); print(s); }"), "`s`!");
    EXPECT_EQ(warned("fn f() { let s = [0]; let g = |x: i64| { s.push(x); s[0] = 2; }; g(1); print(s); }"),
              "`s`!");
    EXPECT_EQ(warned("fn f() { let s = [0]; let g = |x: i64| { s.push(x); s.len() }; g(1); }"), "");
    EXPECT_EQ(warned("fn f() { let s = 0; let g = |x: i64| { s += x; s }; g(1); }"), "");
    EXPECT_EQ(warned("fn f() { let g = |x: i64| { let s = 0; for y in 0..x { s += y; } s }; g(1); }"), "");
}

} // namespace
} // namespace tn::check
