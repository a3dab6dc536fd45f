// Hostile input: garbage, cut-off programs, very deep and very large files. Nothing crashes, nothing hangs,
// the tree stays within its promised height, and time grows with the size.
#include "parsed.h"

#include <gtest/gtest.h>

#include <ctime>
#include <random>

namespace tn::syntax {
namespace {

std::string repeat(std::string_view text, std::size_t count) {
    std::string out;
    out.reserve(text.size() * count);
    for (std::size_t i = 0; i < count; i++) out += text;
    return out;
}

double seconds_to_parse(const std::string& text) {
    diag::SourceMap sources;
    Interner interner;
    diag::DiagnosticSink sink;
    FileId file = sources.add("big.tn", text);
    std::clock_t start = std::clock(); // of this process: the machine may be busy
    parse(sources, file, interner, sink);
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

struct Deep {
    const char* name;
    std::string text;
};

std::vector<Deep> deep_texts(std::size_t n) {
    auto in_fn = [](const std::string& body) {
        return "fn deep() { let x = " + body + "; }\nfn behind() { 1 + }\n";
    };
    return {
        {"parens", in_fn(repeat("(", n) + "1" + repeat(")", n))},
        {"open parens", in_fn(repeat("(", n))},
        {"lists", in_fn(repeat("[", n) + repeat("]", n))},
        {"blocks", in_fn(repeat("{", n) + repeat("}", n))},
        {"unary", in_fn(repeat("-", n) + "1")},
        {"not", in_fn(repeat("!", n) + "true")},
        {"sum", in_fn("1" + repeat(" + 1", n))},
        {"mixed operators", in_fn("1" + repeat(" + 1 * 2 - 3 && a", n))},
        {"fields", in_fn("a" + repeat(".b", n))},
        {"calls", in_fn("f" + repeat("()", n))},
        {"nested calls", in_fn(repeat("f(", n) + "1" + repeat(")", n))},
        {"method chain", in_fn("a" + repeat(".b(1)", n))},
        {"indexes", in_fn("a" + repeat("[0]", n))},
        {"nested indexes", in_fn(repeat("a[", n) + "0" + repeat("]", n))},
        {"tries", in_fn("a" + repeat("?", n))},
        {"casts", in_fn("a" + repeat(" as i64", n))},
        {"pipes", in_fn("a" + repeat(" |> f", n))},
        {"assignments", in_fn(repeat("a = ", n) + "1")},
        {"closures", in_fn(repeat("|x| ", n) + "1")},
        {"else if", in_fn("if a {}" + repeat(" else if a {}", n))},
        {"nested if", in_fn(repeat("if a { ", n) + repeat("}", n))},
        {"if conditions", in_fn(repeat("if ", n) + "a" + repeat(" {}", n))},
        {"nested match", in_fn(repeat("match a { _ => ", n) + "1" + repeat(" }", n))},
        {"returns", in_fn(repeat("return ", n) + "1")},
        {"asserts", in_fn(repeat("assert ", n) + "1")},
        {"ranges", in_fn(repeat("..", n) + "1")},
        {"records", in_fn(repeat("P { x: ", n) + "1" + repeat(" }", n))},
        {"maps", in_fn(repeat("Map{ 1: ", n) + "1" + repeat(" }", n))},
        {"f-strings", in_fn(repeat("f\"{", n) + "1" + repeat("}\"", n))},
        {"labels", in_fn(repeat("'a: ", n) + "1")},
        {"types",
         "fn deep(x: " + repeat("List[", n) + "i64" + repeat("]", n) + ") {}\nfn behind() { 1 + }\n"},
        {"options", "fn deep(x: i64" + repeat("?", n) + ") {}\nfn behind() { 1 + }\n"},
        {"tuple types", "fn deep(x: " + repeat("(", n) + repeat(",)", n) + ") {}\nfn behind() { 1 + }\n"},
        {"fn types", "fn deep(x: " + repeat("fn() -> ", n) + "i64) {}\nfn behind() { 1 + }\n"},
        {"mut types", "fn deep(x: " + repeat("mut ", n) + "i64) {}\nfn behind() { 1 + }\n"},
        {"type arguments", in_fn("f[" + repeat("A[", n) + "B" + repeat("]", n) + "]()")},
        {"patterns", in_fn("match a { " + repeat("(", n) + "b" + repeat(",)", n) + " => 1 }")},
        {"constructor patterns", in_fn("match a { " + repeat("Some(", n) + "b" + repeat(")", n) + " => 1 }")},
        {"at patterns", in_fn("match a { " + repeat("a @ ", n) + "b => 1 }")},
    };
}

// Heights as a later stage would meet them: every child has a smaller id than its parent.
std::uint32_t tree_height(const Ast& ast) {
    std::vector<std::uint32_t> heights(ast.exprs.size(), 1);
    std::uint32_t highest = 0;
    auto of = [&](ExprId id) { return id.is_valid() ? heights[id.index()] : 0; };
    for (std::uint32_t i = 0; i < ast.exprs.size(); i++) {
        const Expr& expr = ast.exprs[ExprId(i)];
        std::uint32_t child = 0;
        if (const auto* e = expr.as<BinaryExpr>()) child = std::max(of(e->lhs), of(e->rhs));
        if (const auto* e = expr.as<UnaryExpr>()) child = of(e->operand);
        if (const auto* e = expr.as<ParenExpr>()) child = of(e->inner);
        if (const auto* e = expr.as<FieldExpr>()) child = of(e->base);
        if (const auto* e = expr.as<TryExpr>()) child = of(e->operand);
        if (const auto* e = expr.as<CastExpr>()) child = of(e->operand);
        if (const auto* e = expr.as<PipeExpr>()) child = std::max(of(e->value), of(e->target));
        if (const auto* e = expr.as<IfExpr>()) child = std::max(of(e->then_block), of(e->else_expr));
        if (const auto* e = expr.as<ClosureExpr>()) child = of(e->body);
        if (const auto* e = expr.as<CallExpr>()) {
            child = of(e->callee);
            for (const Arg& arg : ast.view(e->args)) child = std::max(child, of(arg.expr));
        }
        if (const auto* e = expr.as<IndexExpr>()) {
            child = of(e->base);
            for (const BracketArg& arg : ast.view(e->args)) child = std::max(child, of(arg.expr));
        }
        heights[i] = child + 1;
        highest = std::max(highest, heights[i]);
    }
    return highest;
}

TEST(Hostile, DeepNestingIsOneReportAndTheNextItemIsParsed) {
    for (const Deep& deep : deep_texts(100000)) {
        SCOPED_TRACE(deep.name);
        Parsed parsed(deep.text);
        std::vector<std::string> places = parsed.places();
        std::size_t reports = 0;
        for (const std::string& place : places) reports += place.ends_with(" NestingTooDeep");
        bool is_flat = std::string_view(deep.name) == "ranges" || std::string_view(deep.name) == "labels";
        EXPECT_EQ(reports, is_flat ? 0u : 1u);
        // What stands behind is still looked at.
        EXPECT_TRUE(places.back().ends_with("ExpectedExpr")) << places.back();
        EXPECT_LE(places.size(), 3u);
        EXPECT_LE(tree_height(parsed.ast), max_tree_height);
        EXPECT_LT(parsed.tree().size(), 10u << 20);
    }
}

TEST(Hostile, WhatIsWithinTheLimitsIsFine) {
    for (const Deep& deep : deep_texts(60)) {
        SCOPED_TRACE(deep.name);
        Parsed parsed(deep.text);
        for (const std::string& place : parsed.places())
            EXPECT_FALSE(place.ends_with(" NestingTooDeep")) << place;
    }
    Parsed sum("fn f() { 1" + repeat(" + 1", 990) + " }");
    EXPECT_TRUE(sum.places().empty()) << sum.errors();
    Parsed chain("fn f() { if a {}" + repeat(" else if a {}", 900) + " }");
    EXPECT_TRUE(chain.places().empty()) << chain.errors();
}

TEST(Hostile, ChainsInsideChainsStayLow) {
    // Every level of parentheses starts with a long chain: the product of both limits must not appear.
    std::string text = "1";
    for (int i = 0; i < 150; i++) text = "(" + text + ")" + repeat(" + 1", 500);
    Parsed parsed("fn f() { " + text + " }");
    EXPECT_EQ(parsed.places().size(), 1u);
    EXPECT_LE(tree_height(parsed.ast), max_tree_height);
}

TEST(Hostile, TimeGrowsWithSize) {
    const std::vector<std::pair<const char*, std::string>> units = {
        {"functions", "fn f(a: i64, b: List[i64]) -> i64 { let x = a * 2 + b[0]; if x > 3 { x } else { "
                      "f\"{x:>3}\".len() } }\n"},
        {"one line", "fn f() { g('a', '\\n', \"s\", 1.5) } "},
        {"errors", "fn f( { let = ; } } ) impl { fn g } match\n"},
        {"lexical errors", "\"abc\n 'x \xe2\x82\xac '' f\"{a /* \n"},
        {"stray closers", "} ) ] "},
        {"open braces", "fn f() { "},
        {"quotes", "'"},
        {"record starts", "P {"},
        {"brackets", "a[(b,"},
        {"fn in parens", "a[(a, a, a, a, a, a, a, a"},
        {"comments", "/// doc\n# line\n"},
        {"statements", "x = 1; "},
        {"list", "1, "},
    };
    for (const auto& [name, unit] : units) {
        SCOPED_TRACE(name);
        constexpr std::size_t size = 1u << 18;
        std::string before = std::string_view(name) == "statements" ? "fn f() { "
                             : std::string_view(name) == "list"     ? "const X: T = ["
                                                                    : "";
        double small = seconds_to_parse(before + repeat(unit, size / 8 / unit.size()));
        double large = seconds_to_parse(before + repeat(unit, size / unit.size()));
        // Eight times the size; a quadratic pass would take 64 times as long.
        EXPECT_LT(large, 24 * small + 0.2) << small << " s, then " << large << " s";
    }
}

TEST(Hostile, TenMegabytesParse) {
    std::string unit = "fn f(a: i64) -> i64 { let x = a * 2 + 1; if x > 3 { x } else { g(x, [1, 2]) } }\n";
    std::string text = repeat(unit, (10u << 20) / unit.size());
    EXPECT_LT(seconds_to_parse(text), 20);
}

TEST(Hostile, EveryPrefixOfAProgram) {
    const std::string program = R"(import a.{b, c};
/// Doc.
pub record Point[T: Show] { x: f64, y: List[(i64, fn(mut A) -> B?)] }
enum E { A(i64), B { x: i64 }, C }
impl Add for Point { fn add(mut self, k: f64) -> Self { self.x *= k; Self { x: 1.0, ..self } } }
native("x") fn n(x: i64); extern "c" { fn p(f: String, ...) -> i32; }
test "t" { assert 1 == 2, f"{x:>{3}}"; }
fn main() {
    let (a, Point { x, y: 0, .. }) = f"a{x + f"{y}":>10.2f}{{" |> f(1)[0]?;
    'o: for (i, x) in xs.enumerate() { if let Some(n @ 1..=9) = x { break 'o; } else if x {} else { continue } }
    match c { 'a'..'f' | -1 if x => { return }, E.A(r) => Map{"a": Set{1}}, _ => |x: i64, _| -> i64 { x } }
    parse[i64?](s)[..=1] = """
        text \u{41}
    """ as u8;
}
)";
    Parsed whole(program);
    for (std::size_t size = 0; size <= program.size(); size++) {
        Parsed prefix(program.substr(0, size));
        prefix.tree();
        Parsed rest(program.substr(size));
        rest.tree();
        // One character less in the middle.
        if (size < program.size()) Parsed cut(program.substr(0, size) + program.substr(size + 1));
    }
}

TEST(Hostile, RandomTokensAndBytes) {
    std::vector<std::string> words = {"x",    "Point", "1",   "2.5", "'a'", "'lab", "\"s\"",
                                      "f\"{", "}\"",   "f\"", "\"",  "\n",  "\\",   "///d\n"};
#define KEYWORD(name, text) words.push_back(text);
#define PUNCTUATION(name, text) words.push_back(text);
#include "syntax/token.def"
    std::mt19937 random(20240607);
    for (int round = 0; round < 600; round++) {
        std::string text = round % 2 ? "fn f() { " : "";
        std::size_t length = random() % 60;
        for (std::size_t i = 0; i < length; i++)
            text += words[random() % words.size()] + (random() % 4 ? " " : "");
        for (auto entry : {parse, parse_block_text, parse_type_text, parse_signature_text}) {
            Parsed parsed(text, entry);
            parsed.tree();
            parsed.tokens();
            parsed.errors();
        }
    }
    for (int round = 0; round < 600; round++) {
        std::string text;
        std::size_t length = random() % 80;
        for (std::size_t i = 0; i < length; i++)
            text += static_cast<char>(round % 2 ? random() % 256 : random() % 128);
        Parsed parsed(text);
        parsed.tree();
        parsed.errors();
    }
}

} // namespace
} // namespace tn::syntax
