// The shape of every kind of expression and statement.
#include "parsed.h"

#include <gtest/gtest.h>

namespace tn::syntax {
namespace {

void expect_shape(const char* text, const char* shape) { EXPECT_EQ(shape_of_expr(text), shape) << text; }

TEST(Expr, Literals) {
    expect_shape("10u8", "(Int 10u8)");
    expect_shape("2.5f32", "(Float 2.5f32)");
    expect_shape("true", "(Bool true)");
    expect_shape("'a'", "(Char 'a')");
    expect_shape(R"("a\n")", R"((String "a\n"))");
    expect_shape(R"(b"\x00a")", R"((Bytes "\x00a"))");
    expect_shape("()", "(Tuple)");
    expect_shape("(1, 2,)", "(Tuple (Int 1) (Int 2))");
    expect_shape("(1,)", "(Tuple (Int 1))");
    expect_shape("(1)", "(Paren (Int 1))");
    expect_shape("[1, 2,]", "(List (Int 1) (Int 2))");
    expect_shape("Map{\"a\": 1}", "(Map (key: String \"a\") (value: Int 1))");
    expect_shape("Map{}", "(Map)");
    expect_shape("Set{1, 2}", "(Set (Int 1) (Int 2))");
    expect_shape("Point { x: 1.0, y, ..p }",
                 "(Record (path: Name Point) (x: Float 1.0) (y: Name y) (base: Name p))");
    expect_shape("m.Point {}", "(Record (path: Field Point (Name m)))");
    expect_shape(
        "Stack[i64] { items: [] }",
        "(Record (path: Index (base: Name Stack) (value: Name i64) (type: Named i64)) (items: List))");
}

TEST(Expr, FStrings) {
    expect_shape(R"(f"a{x}{{{y:>+#010.3f}")",
                 "(FString (text \"a\") (value (Name x)) (text \"{\") "
                 "(value [align=> sign='+' alternate zero width=10 precision=3 type=f] (Name y)))");
    expect_shape(R"(f"{x:*^5}{y:=<}{z:<}{w: d}")",
                 "(FString (value [fill='*' align=^ width=5] (Name x)) (value [fill='=' align=<] (Name y)) "
                 "(value [align=<] (Name z)) (value [sign=' ' type=d] (Name w)))");
    expect_shape(R"(f"{P { x: 1 }.x}{m["k"]}")",
                 "(FString (value (Field x (Record (path: Name P) (x: Int 1)))) "
                 "(value (Index (base: Name m) (value: String \"k\"))))");
}

TEST(Expr, Precedence) {
    expect_shape("-a.b()?", "(Unary - (Try (Call (callee: Field b (Name a)))))");
    expect_shape("-1 as u8", "(Cast (Unary - (Int 1)) (type: Named u8))");
    expect_shape("a as i64 as u8 * b",
                 "(Binary * (Cast (Cast (Name a) (type: Named i64)) (type: Named u8)) (Name b))");
    expect_shape("a - b - c", "(Binary - (Binary - (Name a) (Name b)) (Name c))");
    expect_shape("a + b *% c", "(Binary + (Name a) (Binary *% (Name b) (Name c)))");
    expect_shape("a << 1 + 2", "(Binary << (Name a) (Binary + (Int 1) (Int 2)))");
    expect_shape("a & b == c", "(Binary == (Binary & (Name a) (Name b)) (Name c))");
    expect_shape("a | b ^ c & d", "(Binary | (Name a) (Binary ^ (Name b) (Binary & (Name c) (Name d))))");
    expect_shape("a || b && !c == d",
                 "(Binary || (Name a) (Binary && (Name b) (Binary == (Unary ! (Name c)) (Name d))))");
    expect_shape("0..n + 1", "(Range .. (start: Int 0) (end: Binary + (Name n) (Int 1)))");
    expect_shape("xs |> f(1) |> g", "(Pipe (Pipe (Name xs) (Call (callee: Name f) (arg: Int 1))) (Name g))");
    expect_shape("a +%= b = c",
                 "(Assign +%= (place: Name a) (value: Assign = (place: Name b) (value: Name c)))");
    expect_shape("- - -1", "(Unary - (Unary - (Unary - (Int 1))))");
    expect_shape("a--b", "(Binary - (Name a) (Unary - (Name b)))");
}

TEST(Expr, Postfix) {
    expect_shape("t.0.1", "(TupleField 1 (TupleField 0 (Name t)))");
    expect_shape("f(mut xs, y,)", "(Call (callee: Name f) (mut arg: Name xs) (arg: Name y))");
    expect_shape("xs[a..]", "(Index (base: Name xs) (value: Range .. (start: Name a)))");
    expect_shape("xs[..=b]", "(Index (base: Name xs) (value: Range ..= (end: Name b)))");
    expect_shape("xs[..]", "(Index (base: Name xs) (value: Range ..))");
    expect_shape("(p.f)(x)", "(Call (callee: Paren (Field f (Name p))) (arg: Name x))");
    expect_shape("self.x", "(Field x (Name self))");
    expect_shape("Self.new()", "(Call (callee: Field new (Name Self)))");
}

TEST(Expr, BracketsHoldValuesOrTypes) {
    expect_shape("a[b]", "(Index (base: Name a) (value: Name b) (type: Named b))");
    expect_shape("a[b + 1]", "(Index (base: Name a) (value: Binary + (Name b) (Int 1)))");
    expect_shape(
        "parse[i64?](s)",
        "(Call (callee: Index (base: Name parse) (value: Try (Name i64)) (type: Optional (Named i64))) "
        "(arg: Name s))");
    expect_shape("f[Map[String, m.T]]()",
                 "(Call (callee: Index (base: Name f) (value: Index (base: Name Map) (value: Name String) "
                 "(type: Named String) (value: Field T (Name m)) (type: Named m.T)) "
                 "(type: Named Map (Named String) (Named m.T))))");
    expect_shape("f[fn(mut A) -> B, !]()", "(Call (callee: Index (base: Name f) (type: Fn (mut param: Named "
                                           "A) (result: Named B)) (type: Never)))");
    expect_shape("f[(A, ())]",
                 "(Index (base: Name f) (value: Tuple (Name A) (Tuple)) (type: Tuple (Named A) (Tuple)))");
    expect_shape("f[(A, fn())]", "(Index (base: Name f) (type: Tuple (Named A) (Fn)))");
    expect_shape("List[_].new()",
                 "(Call (callee: Field new (Index (base: Name List) (value: Name _) (type: Infer))))");
}

TEST(Expr, Closures) {
    expect_shape("|x| x + 1", "(Closure (param x) (body: Binary + (Name x) (Int 1)))");
    expect_shape("|| 1", "(Closure (body: Int 1))");
    expect_shape("|(a, b), _| a", "(Closure (param (pattern: Tuple (Binding a) (Binding b))) (param "
                                  "(pattern: Wildcard)) (body: Name a))");
    expect_shape("|a: i64, mut b: T| -> i64 { a }",
                 "(Closure (param a (type: Named i64)) (param mut b (type: Named T)) (result: Named i64) "
                 "(body: Block (tail: Name a)))");
    expect_shape("xs.map(|x| |y| x | y)",
                 "(Call (callee: Field map (Name xs)) (arg: Closure (param x) (body: Closure (param y) "
                 "(body: Binary | (Name x) (Name y)))))");
}

TEST(Expr, Control) {
    expect_shape(
        "if a {} else if b { 1 } else { 2 }",
        "(If (condition: Name a) (then: Block) (else: If (condition: Name b) (then: Block (tail: Int 1)) "
        "(else: Block (tail: Int 2))))");
    expect_shape("if let Some(x) = y {}",
                 "(If (pattern: Constructor Some() (Binding x)) (condition: Name y) (then: Block))");
    expect_shape(
        "while let Some(x) = it.next() {}",
        "(While (pattern: Constructor Some() (Binding x)) (condition: Call (callee: Field next (Name it))) "
        "(body: Block))");
    expect_shape("'outer: for (i, x) in xs { break 'outer; }",
                 "(For 'outer (pattern: Tuple (Binding i) (Binding x)) (iterable: Name xs) "
                 "(body: Block (Expr ; (Break 'outer))))");
    expect_shape("loop { break 1 + 2; }",
                 "(Loop (body: Block (Expr ; (Break (value: Binary + (Int 1) (Int 2))))))");
    expect_shape(
        "for i in 0.. { continue }",
        "(For (pattern: Binding i) (iterable: Range .. (start: Int 0)) (body: Block (tail: Continue)))");
    expect_shape("match x { _ => return, }",
                 "(Match (scrutinee: Name x) (arm (pattern: Wildcard) (body: Return)))");
    expect_shape("match x { a if a > 1 => {} _ => if b {1} else {2} (c) => d }",
                 "(Match (scrutinee: Name x) (arm (pattern: Binding a) (guard: Binary > (Name a) (Int 1)) "
                 "(body: Block)) "
                 "(arm (pattern: Wildcard) (body: If (condition: Name b) (then: Block (tail: Int 1)) "
                 "(else: Block (tail: Int 2)))) (arm (pattern: Binding c) (body: Name d)))");
    expect_shape(
        "if (P { x: 1 } == p) {}",
        "(If (condition: Paren (Binary == (Record (path: Name P) (x: Int 1)) (Name p))) (then: Block))");
    expect_shape("if f(P {}) {}",
                 "(If (condition: Call (callee: Name f) (arg: Record (path: Name P))) (then: Block))");
    expect_shape("accept 1", "(Accept (value: Int 1))");
    expect_shape("reject", "(Reject)");
    expect_shape("assert a == b, \"m\"",
                 "(Assert (condition: Binary == (Name a) (Name b)) (message: String \"m\"))");
}

TEST(Stmt, BlocksAndTheirValues) {
    expect_shape("let x = 1; x", "(Block (Let (pattern: Binding x) (init: Int 1)) (tail: Name x))");
    expect_shape("let (a, b): (i64, _) = p;", "(Block (Let (pattern: Tuple (Binding a) (Binding b)) (type: "
                                              "Tuple (Named i64) (Infer)) (init: Name p)))");
    expect_shape("if a {} -1",
                 "(Block (Expr (If (condition: Name a) (then: Block))) (tail: Unary - (Int 1)))");
    expect_shape("match a {}.b(); 1",
                 "(Block (Expr ; (Call (callee: Field b (Match (scrutinee: Name a))))) (tail: Int 1))");
    expect_shape("{ 1 } { 2 };", "(Block (Expr (Block (tail: Int 1))) (Expr ; (Block (tail: Int 2))))");
    expect_shape("a; b;;", "(Block (Expr ; (Name a)) (Expr ; (Name b)))");
    expect_shape("if a {1} else {2}.b + 3", "(Binary + (Field b (If (condition: Name a) (then: Block (tail: "
                                            "Int 1)) (else: Block (tail: Int 2)))) (Int 3))");
}

TEST(Pattern, Forms) {
    auto pattern = [](const std::string& text) {
        std::string shape = shape_of_expr("match v { " + text + " => 0 }");
        constexpr std::string_view before = "(Match (scrutinee: Name v) (arm (pattern: ",
                                   after = ") (body: Int 0)))";
        return shape.substr(before.size(), shape.size() - before.size() - after.size());
    };
    EXPECT_EQ(pattern("-1"), "Literal (Unary - (Int 1))");
    EXPECT_EQ(pattern("1..=9"), "Range ..= (start: Int 1) (end: Int 9)");
    EXPECT_EQ(pattern("'a'..'f'"), "Range .. (start: Char 'a') (end: Char 'f')");
    EXPECT_EQ(pattern("-5..-1"), "Range .. (start: Unary - (Int 5)) (end: Unary - (Int 1))");
    EXPECT_EQ(pattern("\"s\" | true | b\"b\""),
              "Or (Literal (String \"s\")) (Literal (Bool true)) (Literal (Bytes \"b\"))");
    EXPECT_EQ(pattern("| a | b"), "Or (Binding a) (Binding b)");
    EXPECT_EQ(pattern("n @ 1..=9"), "Binding n (at: Range ..= (start: Int 1) (end: Int 9))");
    EXPECT_EQ(pattern("(a, _, ())"), "Tuple (Binding a) (Wildcard) (Tuple)");
    EXPECT_EQ(pattern("(a)"), "Binding a");
    EXPECT_EQ(pattern("None"), "Constructor None");
    EXPECT_EQ(pattern("m.Shape.Circle(r,)"), "Constructor m.Shape.Circle() (Binding r)");
    EXPECT_EQ(pattern("Rect { w, h: 0, .. }"), "Record Rect .. (w: Binding w) (h: Literal (Int 0))");
    EXPECT_EQ(pattern("{ x, y: Some(z) }"), "Record (x: Binding x) (y: Constructor Some() (Binding z))");
    EXPECT_EQ(pattern("Self.A"), "Constructor Self.A");
}

} // namespace
} // namespace tn::syntax
