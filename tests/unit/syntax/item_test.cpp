// Items, types and the entry points for a part of a file.
#include "parsed.h"

#include <gtest/gtest.h>

namespace tn::syntax {
namespace {

void expect_tree(const char* text, const char* tree) {
    Parsed parsed(text);
    EXPECT_TRUE(parsed.sink.recorded().empty()) << text << "\n" << parsed.errors();
    EXPECT_EQ(parsed.tree(), tree) << text;
}

TEST(Item, Imports) {
    expect_tree("import a.b.c; pub import a.{x, y,};", R"(Import
  path a.b.c
Import pub
  path a
  name x
  name y
)");
}

TEST(Item, ConstantsVariablesAndAliases) {
    expect_tree("pub const LIMIT: i64 = 10 * 60; var hits: u64 = 0; type Pair[T] = (T, T);",
                R"(Const LIMIT pub
  type: Named i64
  init: Binary *
    Int 10
    Int 60
Var hits
  type: Named u64
  init: Int 0
Alias Pair
  generic T
  type: Tuple
    Named T
    Named T
)");
}

TEST(Item, RecordsAndEnumsWithDocs) {
    expect_tree(R"(/// A point.
/// In the plane.
pub record Point {
    /// From the left.
    x: f64,
    y: f64
}
enum Shape { Circle(f64), /// A box.
    Rect { w: f64, h: f64 },
    /// Nothing.
    Empty }
record Unit {}
)",
                R"(Record Point pub
  doc "A point.\nIn the plane."
  field x
    doc "From the left."
    type: Named f64
  field y
    type: Named f64
Enum Shape
  variant Circle
    Named f64
  variant Rect
    field w
      type: Named f64
    field h
      type: Named f64
  variant Empty
    doc "Nothing."
Record Unit
)");
}

TEST(Item, ImplsAndTraits) {
    expect_tree(R"(impl[T: Ord + Show] m.Area[T] for List[T] {
    /// Documented.
    pub fn area(self) -> f64 { 0.0 }
    fn scale(mut self, k: f64,) {}
    fn origin() -> Self { Self {} }
}
trait Area: Show { fn area(self) -> f64; fn twice(self) -> f64 { self.area() } }
)",
                R"(Impl
  generic T
    bound: Named Ord
    bound: Named Show
  trait: Named m.Area
    Named T
  type: Named List
    Named T
  Fn area pub
    doc "Documented."
    param self
    result: Named f64
    body: Block
      tail: Float 0.0
  Fn scale
    param mut self
    param k
      type: Named f64
    body: Block
  Fn origin
    result: Named Self
    body: Block
      tail: Record
        path: Name Self
Trait Area
  supertrait: Named Show
  Fn area
    param self
    result: Named f64
  Fn twice
    param self
    result: Named f64
    body: Block
      tail: Call
        callee: Field area
          Name self
)");
}

TEST(Item, TestsNativeAndExtern) {
    expect_tree(R"(test "adds" { assert 1 == 1; }
native("N.dvec") fn dvec(xs: List[f64]) -> DVector;
pub native type DVector;
extern "libc.so.6" { fn printf(format: String, ...) -> i32; fn read(mut into: Slice[u8], n: mut Slice[u8]); }
)",
                R"(Test
  title "adds"
  body: Block
    Expr ;
      Assert
        condition: Binary ==
          Int 1
          Int 1
Fn dvec
  native "N.dvec"
  param xs
    type: Named List
      Named f64
  result: Named DVector
NativeType DVector pub
Extern
  library "libc.so.6"
  Fn printf
    param format
      type: Named String
    variadic
    result: Named i32
  Fn read
    param mut into
      type: Named Slice
        Named u8
    param n
      type: Mut
        Named Slice
          Named u8
)");
}

TEST(Item, DumpOfOneFunction) {
    Parsed parsed("fn a() {} fn b() {} impl Point { fn length(self) {} }");
    EXPECT_EQ(dump_tree_of(parsed.ast, parsed.interner, "b"), "Fn b\n  body: Block\n");
    EXPECT_EQ(dump_tree_of(parsed.ast, parsed.interner, "Point.length"),
              "Fn length\n  param self\n  body: Block\n");
    EXPECT_EQ(dump_tree_of(parsed.ast, parsed.interner, "c"), "");
}

TEST(Item, NamesKeepTheirSpans) {
    Parsed parsed("fn outer(inner: i64) -> m.T { a.field }");
    const Item& item = parsed.ast.items[parsed.ast.view(parsed.ast.root)[0]];
    const auto& fn = std::get<FnItem>(item.node);
    EXPECT_EQ(parsed.sources.text(item.name.span), "outer");
    EXPECT_EQ(parsed.sources.text(item.span), "fn outer(inner: i64) -> m.T { a.field }");
    EXPECT_EQ(parsed.sources.text(parsed.ast.view(fn.params)[0].span), "inner: i64");
    const auto& type = std::get<NamedTypeExpr>(parsed.ast.types[fn.ret].node);
    EXPECT_EQ(parsed.sources.text(parsed.ast.view(type.path)[1].span), "T");
    const auto& body = std::get<BlockExpr>(parsed.ast.exprs[fn.body].node);
    const auto& field = std::get<FieldExpr>(parsed.ast.exprs[body.tail].node);
    EXPECT_EQ(parsed.sources.text(field.name.span), "field");
    EXPECT_EQ(parsed.sources.text(parsed.ast.exprs[body.tail].span), "a.field");
}

TEST(Type, Forms) {
    auto tree = [](const char* text) {
        Parsed parsed(text, parse_type_text);
        EXPECT_TRUE(parsed.sink.recorded().empty()) << text << "\n" << parsed.errors();
        return parsed.tree();
    };
    EXPECT_EQ(tree("i64"), "Named i64\n");
    EXPECT_EQ(tree("m.T"), "Named m.T\n");
    EXPECT_EQ(tree("Map[String, List[T?]]"),
              "Named Map\n  Named String\n  Named List\n    Optional\n      Named T\n");
    EXPECT_EQ(tree("i64??"), "Optional\n  Optional\n    Named i64\n");
    EXPECT_EQ(tree("()"), "Tuple\n");
    EXPECT_EQ(tree("(A,)"), "Tuple\n  Named A\n");
    EXPECT_EQ(tree("(A)"), "Named A\n");
    EXPECT_EQ(tree("fn(mut A, B) -> C?"),
              "Fn\n  mut param: Named A\n  param: Named B\n  result: Optional\n    Named C\n");
    EXPECT_EQ(tree("(fn() -> A)?"), "Optional\n  Fn\n    result: Named A\n");
    EXPECT_EQ(tree("!"), "Never\n");
    EXPECT_EQ(tree("mut Slice[u8]"), "Mut\n  Named Slice\n    Named u8\n");
    EXPECT_EQ(tree("Self"), "Named Self\n");
}

TEST(Type, SignatureText) {
    Parsed parsed("fn[T: Show, E](mut List[T], String) -> Result[T, E]", parse_signature_text);
    EXPECT_TRUE(parsed.sink.recorded().empty()) << parsed.errors();
    EXPECT_EQ(parsed.tree(), R"(generic T
  bound: Named Show
generic E
Fn
  mut param: Named List
    Named T
  param: Named String
  result: Named Result
    Named T
    Named E
)");
    EXPECT_EQ(parsed.sources.text(parsed.ast.types[parsed.ast.root_type].span),
              parsed.sources.text(FileId(0)));
    for (const char* bad : {"", "fn", "fn(", "fn() -> ", "i64", "fn() x", "fn[T(T)", "fn(x: i64)"}) {
        Parsed broken(bad, parse_signature_text);
        EXPECT_TRUE(broken.sink.has_errors()) << bad;
        EXPECT_TRUE(broken.ast.root_type.is_valid()) << bad;
    }
    for (const char* bad : {"", "List[", "i64 i64", "[i64]", "List<i64>", "&str"}) {
        Parsed broken(bad, parse_type_text);
        EXPECT_EQ(broken.sink.error_count(), 1u) << bad << "\n" << broken.errors();
    }
}

TEST(Dump, Tokens) {
    Parsed parsed("fn f() {\n  let \u00e9 = 10u8 + 'a'; f\"x{y:>3}\" }");
    EXPECT_EQ(parsed.tokens(),
              "1:1 Fn\n1:4 Identifier f\n1:5 LeftParen\n1:6 RightParen\n1:8 LeftBrace\n2:3 Let\n"
              "2:7 Identifier \u00e9\n2:9 Equal\n2:11 Integer 10 u8\n2:16 Plus\n2:18 Char 'a'\n"
              "2:21 Semicolon\n2:23 FStringStart\n2:25 FStringText \"x\"\n2:26 FStringOpen\n"
              "2:27 Identifier y\n2:29 FStringSpec \">3\"\n2:31 FStringClose\n2:32 FStringEnd\n"
              "2:34 RightBrace\n2:35 EndOfFile\n");
}

} // namespace
} // namespace tn::syntax
