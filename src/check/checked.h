// Checked: side tables over the trees that leave lowering no decision to make.
//
// In: filled by check(). Out: a type for every expression and pattern, what every name stands for, who every
// call calls, literal values in their type, locals by body, globals in order. It refuses to know the IR.
//
// How to read it: walk a body's tree. For each expression first look at info.form, then at the node. With
// Form::Plain the node means what it says. Children that info.form makes meaningless (the callee of a
// call, the type in `Point.origin()`) have no valid type and must not be visited.
#pragma once

#include "builtins/builtin.h"
#include "builtins/core_trait.h"
#include "builtins/format_spec.h"
#include "check/host_decls.h"
#include "syntax/ast.h"
#include "types/type_table.h"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tn::check {

using syntax::ExprId;
using syntax::ItemId;
using syntax::PatternId;

struct ModuleId : Id<ModuleId> {
    using Id::Id;
};
struct FnId : Id<FnId> {
    using Id::Id;
};
struct GlobalId : Id<GlobalId> {
    using Id::Id;
};
struct TestId : Id<TestId> {
    using Id::Id;
};
struct LocalId : Id<LocalId> {
    using Id::Id;
}; // within one Body
struct CallId : Id<CallId> {
    using Id::Id;
}; // within one Module
struct ClosureId : Id<ClosureId> {
    using Id::Id;
}; // within one Module
struct TraitId : Id<TraitId> {
    using Id::Id;
};
struct ImplId : Id<ImplId> {
    using Id::Id;
};

// ---- Expressions -------------------------------------------------------------------------------------

enum class Form : std::uint8_t {
    Plain,    // as the node says; `detail` by kind of node, see ExprInfo
    Constant, // Int, Float, Bool, Char, `-` before a literal, `i64.MAX`: Module::constants[detail]
    Local,    // Name: LocalId(detail)
    Global,   // Name (later also Field, for a module's): GlobalId(detail), a const or a var
    Field,    // Field, TupleField: field number `detail` of the record or tuple that is the node's base
    Element,  // Index: base[arg]; the base's type says of what: List, String, Bytes (-> u8), Slice, or
              // Map: Module::map_elements[detail]
    Slice,    // Index: base[range]; the one argument is a RangeExpr whose own info is empty; an
              // inclusive end traps when it is the largest i64
    Operator, // Unary, Binary, Assign with an operator: built in for the operands' types
    Call,     // Call, Pipe, and Name or Field (`None`): Module::calls[detail].
              // An operator with a user's method is a Call on a Unary, Binary or Assign node: Ne negates the
              // answer of Eq, and < <= > >= compare the answer of `cmp` with 0. So is `x[i]` with Index.
    FnValue,  // Name, Field or Index: a function as a value. Module::calls[detail] says which; no arguments
    Closure,  // Closure: Module::closures[ClosureId(detail)]
    TypeConstant, // Field: a constant of the number type that a type parameter of the prelude stands for,
                  // `T.MAX`: Module::type_constants[detail]
    IndexSet, // Assign to `x[i]` of a type with Index: Module::index_sets[detail]
};

struct ExprInfo {
    TypeId type; // of the value; Never if control does not come out. Invalid: not an expression to visit
    Form form = Form::Plain;
    // By form, see there. With Plain:
    //   FString           piece i formats by Module::format_specs[detail + i]
    //   Record            Module::record_inits[detail]
    //   Map, Set          Module::collections[detail]
    //   For               Module::for_loops[detail]
    //   Break, Continue   ExprId(detail): the While, Loop or For that is meant
    std::uint32_t detail = 0;
};

// A scalar: integers, bool and char in `bits`, sign- or zero-extended to 64 bits by their type; a float of
// either width as a double in `number` (an f32 rounded to its precision).
struct Constant {
    std::int64_t bits = 0;
    double number = 0;
};

// `T.MAX`: the constant of this name (builtins/constant.h) of the type that `owner` becomes.
struct TypeConstant {
    TypeId owner;
    std::string name;
};

// How an f-string piece is put into the text.
struct PieceFormat {
    bool has_spec = false; // no: the shown form as it is
    FormatClass format_class = FormatClass::Text;
    FormatSpec spec;
};

// Of a RecordExpr. Values are evaluated in written order, the base last; `fields[i]` is the field number that
// the i-th FieldInit gives.
struct RecordInit {
    std::uint32_t variant = 0; // of the enum when the type is one
    std::vector<std::uint32_t> fields;
};

enum class Callee : std::uint8_t {
    Fn,        // FnId(target)
    HostFn,    // HostDecls::fns[target]
    Builtin,   // BuiltinId(target); type_args are its signature's type parameters, Self first where the
               // owner is a class (`int`, `float`, `number`)
    Construct, // the enum's constructor number `target`; the enum is the expression's type
    Trait,     // the trait's method as it is declared, FnId(target); type_args are that declaration's. Which
               // code it is, find_impl() (check/impls.h) says once the types are concrete; when there is no
               // `impl`, it is a core trait's method and has its built-in meaning for the type
    Value,     // args[0] is a function value, the others are its arguments
    Extern,    // a C function, FnId(target) with Fn::foreign; arguments beyond its parameters are variadic. A
               // parameter that is a `Slice` may get a `List`: its elements, for the call
};

enum class ArgMode : std::uint8_t {
    Value,
    MutPlace,     // a Local, a var, or Field / Element of one: copied in, and out after the call
    MutTemporary, // a `mut` receiver that is no place: changed and dropped
};

struct CallArg {
    ExprId expr;
    ArgMode mode = ArgMode::Value;
};

// Arguments stand in parameter order, the receiver first, and are evaluated in this order.
struct Call {
    Callee callee = Callee::Fn;
    std::uint32_t target = 0;
    std::vector<TypeId> type_args;
    std::vector<CallArg> args;
};

struct Param;

// A closure. It shares the table of locals with the body around it: `captures` are the locals of that body
// (or of the closure around it) whose values are copied when the closure is made; inside, the same LocalId is
// the closure's own copy, new in every call.
struct Closure {
    std::vector<Param> params;
    TypeId result;
    std::vector<LocalId> captures;
    ExprId root; // the body
};

// `m[k]`: with `slot(m, k) -> i64` the number of the entry (it traps when the key is missing), whose value is
// then `m.entries[slot].Some.0.1`; `m[k] = v` is `insert(mut m, k, v)`.
struct MapElement {
    FnId slot, insert;
    std::vector<TypeId> type_args; // of both
};

// A Map or Set literal: `create()`, then `insert(mut c, k, v)` or `insert(mut c, k)` for each entry in order.
struct Collection {
    FnId create, insert;
    std::vector<TypeId> type_args; // of both
};

// `x[i] = v` and `x[i] op= v` with a user's Index. The calls' arguments are x, i (and v): each is evaluated
// once.
struct IndexSet {
    CallId get; // index(x, i); invalid without an operator
    CallId set; // set_index(mut x, i, v)
    CallId op;  // of a user's operator, without arguments; invalid: built in
};

// A `for`: over a List or an integer Range when `next` is invalid.
struct ForLoop {
    CallId iter; // what makes the iterator of the iterable; invalid: the iterable itself is it
    CallId next; // next(mut iterator) -> T?; its argument list is empty
};

// ---- Patterns ----------------------------------------------------------------------------------------

enum class PatternForm : std::uint8_t {
    Wildcard,
    Bind,     // LocalId(detail) = the value; Binding::inner, when valid, must match too
    Constant, // Module::constants[detail]: integers, bool, char
    String,   // the literal's text; the node is a Literal of a String
    Bytes,
    Range,     // Module::pattern_ranges[detail]; the node's start and end are not to be visited
    Tuple,     // elements by position
    Construct, // variant number `detail`: of a Binding (`None`), Constructor (elements by position) or
               // Record node (fields by pattern_fields)
    Record,    // fields by pattern_fields
    Or,        // alternatives; the same name has the same LocalId in each
};

struct PatternInfo {
    TypeId type;
    PatternForm form = PatternForm::Wildcard;
    std::uint32_t detail = 0;
    std::uint32_t fields =
        0; // Record node: field number of its i-th field = Module::pattern_fields[fields + i]
};

struct PatternRange { // both ends inclusive, in the pattern's type, as Constant::bits
    std::int64_t first = 0;
    std::int64_t last = 0;
};

// ---- Bodies ------------------------------------------------------------------------------------------

struct Local {
    std::string name;
    TypeId type;
    Span span; // of the name where it is bound
    bool is_param = false;
    bool is_mut = false;      // an in-out parameter
    bool is_assigned = false; // assigned, or given as `mut`, after it was bound
    bool is_captured = false; // by a closure
};

// One piece of code with its variables.
struct Body {
    ModuleId module;
    ExprId root;
    IdVec<LocalId, Local> locals;
};

struct Param {
    std::string name; // empty when the pattern is not a plain name
    TypeId type;
    bool is_mut = false;
    LocalId local; // the variable it is; invalid: destructured by `pattern`
    PatternId pattern;
};

// Where a function of an `extern` block is.
struct Foreign {
    std::string library; // as it is written: "libm.so.6"
    bool is_variadic = false;
};

struct Fn {
    std::string name; // as stack traces show it: `main`, `Point.length`
    ItemId item;
    Span span;                       // of the name
    std::vector<TypeId> type_params; // empty: not generic
    std::vector<Param> params;
    TypeId result;
    bool is_method = false;   // params[0] is the receiver
    bool is_exported = false; // a top-level function of the root module, not generic
    std::string doc;
    std::optional<Foreign> foreign; // a C function: it has no body
    Body body;
};

struct Trait {
    std::string name;
    Span span;
    TypeId self;                // `Self`, a Param
    std::vector<TypeId> params; // its type parameters, Param types; a core trait's Out last
    // In declared order. Their type_params are Self, the trait's, then their own. One without a body
    // (Fn::body.root is invalid) is required.
    std::vector<FnId> methods;
    std::vector<TraitId> supers;
};

struct Impl {
    TraitId trait;
    Span span;
    std::vector<TypeId> type_params;
    TypeId self;
    std::vector<TypeId> trait_args; // as many as Trait::params
    // By the trait's methods; their type_params are the impl's, then their own. Invalid: the trait's default,
    // which is called with the trait's type parameters.
    std::vector<FnId> methods;
};

struct Global {
    std::string name;
    Span span;
    TypeId type;
    bool is_const = false;
    bool is_exported = false; // of the root module
    bool is_context = false;  // the host's to set: an option, None until it does
    std::string doc;
    Body init;
};

struct Test {
    std::string title;
    Span span;
    Body body; // of type ()
};

struct Module {
    std::string path; // "" for the root
    const syntax::Ast* ast = nullptr;
    // Of the prelude: its code has no source positions (traces begin with its caller), and its names may
    // begin with `__`. The side tables of one that nobody uses are empty.
    bool is_prelude = false;
    bool is_glue = false; // of the host: its code has no positions either
    IdVec<ExprId, ExprInfo> exprs;
    IdVec<PatternId, PatternInfo> patterns;
    IdVec<CallId, Call> calls;
    std::vector<Constant> constants;
    std::vector<TypeConstant> type_constants;
    std::vector<PieceFormat> format_specs;
    std::vector<RecordInit> record_inits;
    IdVec<ClosureId, Closure> closures;
    std::vector<MapElement> map_elements;
    std::vector<Collection> collections;
    std::vector<IndexSet> index_sets;
    std::vector<ForLoop> for_loops;
    std::vector<PatternRange> pattern_ranges;
    std::vector<std::uint32_t> pattern_fields;

    bool has_positions() const { return !is_prelude && !is_glue; }
    const ExprInfo& info(ExprId id) const { return exprs[id]; }
    const PatternInfo& info(PatternId id) const { return patterns[id]; }
    const Constant& constant(const ExprInfo& i) const { return constants[i.detail]; }
    const Constant& constant(const PatternInfo& i) const { return constants[i.detail]; }
    const Call& call(const ExprInfo& i) const { return calls[CallId(i.detail)]; }
};

struct Checked {
    IdVec<ModuleId, Module> modules; // 0 is the root
    IdVec<FnId, Fn> fns;             // of the prelude only those that are used
    IdVec<TraitId, Trait> traits;
    IdVec<ImplId, Impl> impls;
    std::array<TraitId, core_trait_count> core_traits;
    IdVec<GlobalId, Global> globals;
    IdVec<TestId, Test> tests;
    // The order of initialization: constants after those they depend on, then variables in source order.
    std::vector<GlobalId> init_order;
};

} // namespace tn::check
