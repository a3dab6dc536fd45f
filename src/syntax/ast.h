// The tree of one file: flat tables of nodes, typed ids between them, child lists in side pools.
//
// In: what the parser saw, every name with its own span. Out: the tree as data. It refuses to know what a
// name refers to, what a type is, and how the tree is walked.
#pragma once

#include "support/id.h"
#include "support/interner.h"
#include "support/span.h"
#include "syntax/token.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace tn::syntax {

struct ExprId : Id<ExprId> {
    using Id::Id;
};
struct StmtId : Id<StmtId> {
    using Id::Id;
};
struct PatternId : Id<PatternId> {
    using Id::Id;
};
struct TypeExprId : Id<TypeExprId> {
    using Id::Id;
};
struct ItemId : Id<ItemId> {
    using Id::Id;
};

// A run of T in the Ast's pool of T; Ast::view gives its elements.
template <typename T> struct ListOf : Range32 {
    bool empty() const { return count == 0; }
};

enum class UnaryOp : std::uint8_t {
#define UNARY_OP(name, text, token) name,
#include "syntax/ast.def"
};
enum class BinaryOp : std::uint8_t {
#define BINARY_OP(name, text, token, precedence, assign_token) name,
#include "syntax/ast.def"
};
std::string_view text_of(UnaryOp op);
std::string_view text_of(BinaryOp op);

// ---- Parts of nodes ----------------------------------------------------------------------------------

struct Name {
    SymbolId symbol; // invalid where the name is missing
    Span span;
    bool is_valid() const { return symbol.is_valid(); }
};

// `'outer`; the symbol has no quote.
using Label = Name;

// Python's format mini-language, split but not yet held against a type.
struct FormatSpec {
    enum class Align : std::uint8_t { Default, Left, Right, Center, AfterSign };
    enum class Sign : std::uint8_t { Default, Plus, Minus, Space };
    char32_t fill = U' ';
    Align align = Align::Default;
    Sign sign = Sign::Default;
    bool alternate = false; // `#`
    bool zero = false;      // `0` before the width
    std::optional<std::uint32_t> width;
    std::optional<std::uint32_t> precision;
    char type = 0; // one of d x X o b e f g, or 0
    Span span;     // the text after the `:`
};

// Either literal text or `{expr:spec}`.
struct FStringPiece {
    Span span;
    SymbolId text; // valid: literal text
    ExprId expr;   // valid: an interpolation
    std::optional<FormatSpec> spec;
};

struct Arg { // of a call
    ExprId expr;
    bool is_mut = false; // `mut place`
    Span span;           // `mut` included
};

// Between the brackets of `a[...]`. What can be read both ways has both ids valid (`xs[i]`, `parse[T](s)`).
struct BracketArg {
    ExprId expr;
    TypeExprId type;
};

struct MapEntry {
    ExprId key;
    ExprId value;
};

struct FieldInit { // `x: 1.0`, or `x` for `x: x`
    Name name;
    ExprId value; // for the short form a Name expression
    bool is_short = false;
};

struct MatchArm {
    Span span;
    PatternId pattern;
    ExprId guard; // invalid: none
    ExprId body;
};

struct FieldPattern { // `x: p`, or `x`
    Name name;
    PatternId pattern; // for the short form a Binding
    bool is_short = false;
};

struct FnTypeParam {
    TypeExprId type;
    bool is_mut = false;
};

struct GenericParam { // `T: Ord + Show`
    Name name;
    ListOf<TypeExprId> bounds;
};

// Of a function or a closure. The receiver of a method is its first parameter: is_self, no type.
struct Param {
    Span span;
    PatternId pattern;
    Name name;       // valid: the pattern is just this name (`self` included)
    TypeExprId type; // invalid: `self`, or a closure's parameter without a type
    bool is_mut = false;
    bool is_self = false;
};

struct FieldDecl {
    Name name;
    TypeExprId type;
    SymbolId doc; // invalid: none
};

enum class VariantForm : std::uint8_t { Unit, Tuple, Record };

struct VariantDecl {
    Name name;
    VariantForm form = VariantForm::Unit;
    ListOf<TypeExprId> types; // Tuple
    ListOf<FieldDecl> fields; // Record
    SymbolId doc;
};

// ---- Expressions -------------------------------------------------------------------------------------
// A line per node, to be read as a table.
// clang-format off
//
// An ExprId is valid unless a comment says otherwise; what could not be parsed is an Error expression.

struct ErrorExpr {};
struct IntExpr { std::uint64_t magnitude; bool overflow; SymbolId suffix; };
struct FloatExpr { double value; SymbolId digits; SymbolId suffix; };
struct BoolExpr { bool value; };
struct CharExpr { char32_t value; };
struct StringExpr { SymbolId text; };          // decoded
struct BytesExpr { SymbolId bytes; };          // decoded
struct FStringExpr { ListOf<FStringPiece> pieces; };
struct NameExpr { SymbolId name; };            // also `self` and `Self`
struct ParenExpr { ExprId inner; };            // `(p.f)(x)` differs from `p.f(x)`
struct TupleExpr { ListOf<ExprId> elements; }; // `()` is the empty one
struct ListExpr { ListOf<ExprId> elements; };
struct MapExpr { ListOf<MapEntry> entries; };
struct SetExpr { ListOf<ExprId> elements; };
// `Point { x: 1.0, ..p }`; the path is a Name, Field or Index expression (`m.Point`, `Stack[i64]`,
// `Shape.Rect`).
struct RecordExpr { ExprId path; ListOf<FieldInit> fields; ExprId base; /* invalid: no `..base` */ };
// `a.b`: a field, a method about to be called, a module's or type's member.
struct FieldExpr { ExprId base; Name name; };
struct TupleFieldExpr { ExprId base; std::uint32_t index; Span index_span; };
// `a[b]`: indexing, slicing (the argument is a Range), or type arguments.
struct IndexExpr { ExprId base; ListOf<BracketArg> args; };
// A callee that is a Field expression makes it a method or static call.
struct CallExpr { ExprId callee; ListOf<Arg> args; };
struct TryExpr { ExprId operand; };            // `x?`
struct UnaryExpr { UnaryOp op; ExprId operand; Span op_span; };
struct BinaryExpr { BinaryOp op; ExprId lhs; ExprId rhs; Span op_span; };
struct CastExpr { ExprId operand; TypeExprId type; };
struct RangeExpr { ExprId start; ExprId end; bool inclusive; /* start, end invalid: left out */ };
struct PipeExpr { ExprId value; ExprId target; Span op_span; }; // `x |> f(y)`, `x |> f`
struct AssignExpr { std::optional<BinaryOp> op; ExprId place; ExprId value; Span op_span; };
struct BlockExpr { ListOf<StmtId> stmts; ExprId tail; /* invalid: no value */ };
// `if cond`, or `if let pattern = cond` when the pattern is valid. The else is a Block or an If, or invalid.
struct IfExpr { PatternId pattern; ExprId condition; ExprId then_block; ExprId else_expr; };
struct MatchExpr { ExprId scrutinee; ListOf<MatchArm> arms; };
struct WhileExpr { Label label; PatternId pattern; ExprId condition; ExprId body; };
struct LoopExpr { Label label; ExprId body; };
struct ForExpr { Label label; PatternId pattern; ExprId iterable; ExprId body; };
struct BreakExpr { Label label; ExprId value; /* invalid: none */ };
struct ContinueExpr { Label label; };
struct ReturnExpr { ExprId value; /* invalid: none */ };
struct AcceptExpr { ExprId value; /* invalid: none */ };
struct RejectExpr { ExprId value; /* invalid: none */ };
struct AssertExpr { ExprId condition; ExprId message; /* invalid: none */ };
struct ClosureExpr { ListOf<Param> params; TypeExprId ret; /* invalid: inferred */ ExprId body; };

// ---- Statements --------------------------------------------------------------------------------------

struct LetStmt { PatternId pattern; TypeExprId type; /* invalid: inferred */ ExprId init; };
struct ExprStmt { ExprId expr; bool has_semicolon; };

// ---- Patterns ----------------------------------------------------------------------------------------

struct ErrorPattern {};
struct WildcardPattern {};
struct BindingPattern { Name name; PatternId inner; /* `name @ inner`; invalid: none */ };
// A literal expression: Int, Char, Bool, String, Bytes, or Unary(Neg) of Int.
struct LiteralPattern { ExprId literal; };
struct RangePattern { ExprId start; ExprId end; bool inclusive; /* both literals as above */ };
struct TuplePattern { ListOf<PatternId> elements; };
// `Circle(r)`, `Shape.Circle(r)`, `Empty`.
struct ConstructorPattern { ListOf<Name> path; ListOf<PatternId> elements; bool has_parens; };
// `Point { x, y: 0, .. }`; without a path the value's own type.
struct RecordPattern { ListOf<Name> path; ListOf<FieldPattern> fields; bool has_rest; };
struct OrPattern { ListOf<PatternId> alternatives; };

// ---- Types -------------------------------------------------------------------------------------------

struct ErrorTypeExpr {};
struct NamedTypeExpr { ListOf<Name> path; ListOf<TypeExprId> args; }; // also `Self`
struct OptionalTypeExpr { TypeExprId inner; };             // `T?`
struct TupleTypeExpr { ListOf<TypeExprId> elements; };     // `()` is the empty one
struct FnTypeExpr { ListOf<FnTypeParam> params; TypeExprId ret; /* invalid: () */ };
struct NeverTypeExpr {};                                   // `!`
struct MutTypeExpr { TypeExprId inner; };                  // `mut Slice[T]`
struct InferTypeExpr {};                                   // `_`

// ---- Items -------------------------------------------------------------------------------------------

struct ErrorItem {};
// `import a.b.name;` has names empty; `import a.{x, y};` has them. Item::name is invalid.
struct ImportItem { ListOf<Name> path; ListOf<Name> names; bool has_braces; };
struct ConstItem { TypeExprId type; ExprId init; };        // type invalid: missing (reported by the parser)
struct VarItem { TypeExprId type; ExprId init; };
struct AliasItem { ListOf<GenericParam> generics; TypeExprId type; };
struct RecordItem { ListOf<GenericParam> generics; ListOf<FieldDecl> fields; };
struct EnumItem { ListOf<GenericParam> generics; ListOf<VariantDecl> variants; };
// Its members are Fn items. The trait is invalid for `impl Point { ... }`.
struct ImplItem { ListOf<GenericParam> generics; TypeExprId trait; TypeExprId type; ListOf<ItemId> members; };
struct TraitItem { ListOf<GenericParam> generics; ListOf<TypeExprId> supertraits; ListOf<ItemId> members; };
struct FnItem {
    ListOf<GenericParam> generics;
    ListOf<Param> params;
    TypeExprId ret;            // invalid: ()
    ExprId body;               // a Block; invalid: a trait's required method, a native or an extern function
    SymbolId native_name;      // valid: `native("...") fn`
    bool has_self = false;     // params[0] is the receiver
    bool is_variadic = false;  // `...` in an extern block
};
struct TestItem { SymbolId title; Span title_span; ExprId body; };
struct NativeTypeItem {};
struct ExternItem { SymbolId library; Span library_span; ListOf<ItemId> members; }; // Fn items

// clang-format on

// ---- Tables ------------------------------------------------------------------------------------------

enum class ExprKind : std::uint8_t {
#define EXPR(name) name,
#include "syntax/ast.def"
};
enum class StmtKind : std::uint8_t {
#define STMT(name) name,
#include "syntax/ast.def"
};
enum class PatternKind : std::uint8_t {
#define PATTERN(name) name,
#include "syntax/ast.def"
};
enum class TypeExprKind : std::uint8_t {
#define TYPE_EXPR(name) name,
#include "syntax/ast.def"
};
enum class ItemKind : std::uint8_t {
#define ITEM(name) name,
#include "syntax/ast.def"
};

std::string_view name_of(ExprKind kind);
std::string_view name_of(StmtKind kind);
std::string_view name_of(PatternKind kind);
std::string_view name_of(TypeExprKind kind);
std::string_view name_of(ItemKind kind);

namespace detail {
struct Nil {};
// Drops the Nil that ends a macro-made list of alternatives.
template <typename... Ts> struct VariantOf;
template <typename... Ts, std::size_t... Is>
auto variant_without_last(std::index_sequence<Is...>)
    -> std::variant<std::tuple_element_t<Is, std::tuple<Ts...>>...>;
template <typename... Ts> struct VariantOf {
    using type = decltype(variant_without_last<Ts...>(std::make_index_sequence<sizeof...(Ts) - 1>()));
};
} // namespace detail

// The alternatives stand in the order of the kinds.
using ExprNode = detail::VariantOf<
#define EXPR(name) name##Expr,
#include "syntax/ast.def"
    detail::Nil>::type;
using StmtNode = detail::VariantOf<
#define STMT(name) name##Stmt,
#include "syntax/ast.def"
    detail::Nil>::type;
using PatternNode = detail::VariantOf<
#define PATTERN(name) name##Pattern,
#include "syntax/ast.def"
    detail::Nil>::type;
using TypeExprNode = detail::VariantOf<
#define TYPE_EXPR(name) name##TypeExpr,
#include "syntax/ast.def"
    detail::Nil>::type;
using ItemNode = detail::VariantOf<
#define ITEM(name) name##Item,
#include "syntax/ast.def"
    detail::Nil>::type;

struct Expr {
    Span span;
    ExprNode node;
    ExprKind kind() const { return static_cast<ExprKind>(node.index()); }
    template <typename T> const T* as() const { return std::get_if<T>(&node); }
};
struct Stmt {
    Span span;
    StmtNode node;
    StmtKind kind() const { return static_cast<StmtKind>(node.index()); }
    template <typename T> const T* as() const { return std::get_if<T>(&node); }
};
struct Pattern {
    Span span;
    PatternNode node;
    PatternKind kind() const { return static_cast<PatternKind>(node.index()); }
    template <typename T> const T* as() const { return std::get_if<T>(&node); }
};
struct TypeExpr {
    Span span;
    TypeExprNode node;
    TypeExprKind kind() const { return static_cast<TypeExprKind>(node.index()); }
    template <typename T> const T* as() const { return std::get_if<T>(&node); }
};
struct Item {
    Span span;
    Name name;    // invalid for imports, impls, tests, extern blocks
    SymbolId doc; // the `///` lines before it, joined by line breaks; invalid: none
    bool is_pub = false;
    ItemNode node;
    ItemKind kind() const { return static_cast<ItemKind>(node.index()); }
    template <typename T> const T* as() const { return std::get_if<T>(&node); }
};

struct Ast {
    FileId file;
    IdVec<ExprId, Expr> exprs;
    IdVec<StmtId, Stmt> stmts;
    IdVec<PatternId, Pattern> patterns;
    IdVec<TypeExprId, TypeExpr> types;
    IdVec<ItemId, Item> items; // every item, members of impls and traits included

    ListOf<ItemId> root; // the items of the file, in order
    // What the entry points for a part of a file give.
    TypeExprId root_type;
    ListOf<GenericParam> root_generics;
    ExprId root_expr;

    TokenBuffer tokens;

    template <typename T> std::span<const T> view(ListOf<T> list) const {
        const std::vector<T>& pool = std::get<std::vector<T>>(pools);
        return {pool.data() + list.first, list.count};
    }
    // Appends a child list; used by the parser, and by whoever builds trees.
    template <typename T> ListOf<T> add_list(std::span<const T> elements) {
        std::vector<T>& pool = std::get<std::vector<T>>(pools);
        ListOf<T> list;
        list.first = static_cast<std::uint32_t>(pool.size());
        list.count = static_cast<std::uint32_t>(elements.size());
        pool.insert(pool.end(), elements.begin(), elements.end());
        return list;
    }

    std::tuple<std::vector<ExprId>, std::vector<StmtId>, std::vector<PatternId>, std::vector<TypeExprId>,
               std::vector<ItemId>, std::vector<Name>, std::vector<Arg>, std::vector<BracketArg>,
               std::vector<MapEntry>, std::vector<FieldInit>, std::vector<MatchArm>,
               std::vector<FStringPiece>, std::vector<FieldPattern>, std::vector<FnTypeParam>,
               std::vector<GenericParam>, std::vector<Param>, std::vector<FieldDecl>,
               std::vector<VariantDecl>>
        pools;
};

} // namespace tn::syntax
