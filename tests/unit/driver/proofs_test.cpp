// Indexes that are certainly in bounds are not tested, as people write them; those that may not be are.
#include "driver/dump.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace tn::driver {

namespace {

// The tests of indexes in what the optimizer leaves of `fn f`.
std::size_t count_tests(const std::string& source) {
    const std::string path = testing::TempDir() + "tenon_proofs.tn";
    std::ofstream(path) << source << "\nfn main() { }\n";
    DumpRequest request;
    request.stage = "opt";
    request.function = "f";
    Options options;
    options.is_program = true;
    const DumpResult result = dump(Engine(), path, request, options);
    EXPECT_EQ(result.error, "") << source;
    for (const diag::Diagnostic& d : result.compile.diagnostics)
        if (d.severity == diag::Severity::Error) ADD_FAILURE() << d.message << "\n" << source;
    EXPECT_NE(result.text.find("return"), std::string::npos);
    std::size_t count = 0;
    for (std::size_t at = 0; (at = result.text.find(" bounds ", at)) != std::string::npos; ++at) ++count;
    return count;
}

std::string over_list(const std::string& body) {
    return "pub fn f(xs: List[i64], k: i64) -> i64 { let n = xs.len(); let s = 0; " + body + " s }";
}

TEST(Proofs, IndexesThatAreInBoundsAreNotTested) {
    const char* const bodies[] = {
        "for i in 0..n { s = s +% xs[n - 1 - i]; }",
        "for i in 0..n { s = s +% xs[n - i - 1]; }",
        "if n != 0 { for i in 0..1000 { s = s +% xs[i % n]; } }",
        "let lo = 0; let hi = n; while lo < hi { let mid = lo + (hi - lo) / 2; if xs[mid] < k { lo = mid + "
        "1; } else { hi = mid; } }",
        "let lo = 0; let hi = n - 1; while lo <= hi { let mid = (lo + hi) / 2; if xs[mid] == k { return mid; "
        "} "
        "if xs[mid] < k { lo = mid + 1; } else { hi = mid - 1; } }",
        "if n > 0 { let i = k & n - 1; for _r in 0..100 { s = s +% xs[i]; i = (i + 1) & n - 1; } }",
        "for i in 0..n { s = s +% xs[(i +% k).min(n - 1).max(0)]; }",
        "if k >= 0 { for i in 0..n - k { s = s +% xs[i + k]; } }",
        "let i = 0; while i < n { let l = 2 * i + 1; if l < n { s = s +% xs[l] +% xs[i]; } i += 1; }",
        "let at = 0; for i in 0..100 { if at != n { s = s +% xs[at]; at += 1; } else { at = 0; } }",
    };
    for (const char* body : bodies) EXPECT_EQ(count_tests(over_list(body)), 0u) << body;
    // Of the first round, which stands in front of the loop: r is 1 or 0 as there are more elements than one.
    EXPECT_EQ(count_tests(over_list("for i in 0..n { let l = if i == 0 { n - 1 } else { i - 1 }; let r = if i == n - 1 { 0 } else { i + 1 }; "
                                    "s = s +% xs[l] +% xs[r]; }")),
              1u);
    EXPECT_EQ(
        count_tests(
            "pub fn f(g: List[i64], w: i64, h: i64) -> i64 { if g.len() != w * h { return 0; } let s = 0; "
            "for y in 0..h { for x in 0..w { s = s +% g[y * w + x]; } } s }"),
        0u);
    EXPECT_EQ(count_tests("pub fn f(g: List[List[i64]]) -> i64 { let s = 0; "
                          "for y in 0..g.len() { for x in 0..g[y].len() { s = s +% g[y][x]; } } s }"),
              0u);
    // A variable that some ways around the loop change and others do not.
    EXPECT_EQ(
        count_tests(
            "pub fn f(steps: List[u8]) -> i64 { let board: List[i64] = List.filled(30 * 20, 0); let x = 3; "
            "let y = 4; "
            "for s in steps { if s == 0 { x = (x + 1) % 30; } else if s == 1 { x = (x + 29) % 30; } else "
            "if s == 2 { y = (y + 1) % 20; } else { y = (y + 19) % 20; } board[y * 30 + x] = 1; } board[7] "
            "}"),
        0u);
}

TEST(Proofs, IndexesThatMayBeOutOfBoundsAreTested) {
    const char* const bodies[] = {
        "for i in 0..n { s = s +% xs[n - i]; }",
        "for i in 0..n { s = s +% xs[i - 1]; }",
        "for i in 0..1000 { s = s +% xs[i & n]; }",
        "let lo = 0; let hi = n; while lo <= hi { let mid = (lo + hi) / 2; if xs[mid] < k { lo = mid + 1; } "
        "else { hi = mid - 1; } }",
        "for i in 0..n { let r = if i == n { 0 } else { i + 1 }; s = s +% xs[r]; }",
        "for i in 0..n { s = s +% xs[(i +% k).min(n).max(0)]; }",
        "for i in 0..n - k { s = s +% xs[i + k]; }",
        "let i = 0; while i < n { let l = 2 * i + 1; if l <= n { s = s +% xs[l]; } i += 1; }",
        "let at = 0; for i in 0..100 { if at != n { s = s +% xs[at]; at += 2; } else { at = 0; } }",
        "let i = k % 8; while i < n { s = s +% xs[i]; i += 1; }", // k may be negative
    };
    for (const char* body : bodies) EXPECT_GT(count_tests(over_list(body)), 0u) << body;
    EXPECT_GT(
        count_tests(
            "pub fn f(g: List[i64], w: i64, h: i64) -> i64 { if g.len() != w * h { return 0; } let s = 0; "
            "for y in 0..h { for x in 0..h { s = s +% g[y * w + x]; } } s }"),
        0u);
}

} // namespace

} // namespace tn::driver
