// The checker of one body: a function's, a test's or an initializer's code.
//
// In: a tree and the Program's declarations. Out: the body's part of the Module's side tables. Two phases: a
// walk that gives every node a type, perhaps with variables in it; then finish(), which settles the
// variables, and with known types does everything that had to wait: operators, literals, casts,
// exhaustiveness.
#pragma once

#include "check/exhaustive.h"
#include "check/program.h"
#include "check/solver.h"

namespace tn::check {

// What the surroundings want of an expression.
struct Expect {
    TypeId type; // invalid: anything
    Span reason; // where that was decided; no file: nowhere in particular
    std::string_view text = "because of this type";

    bool is_any() const { return !type.is_valid(); }
    static Expect any() { return {}; }
};

class BodyChecker {
public:
    // Works on a body of its own: what the program has declared may move while more is declared.
    BodyChecker(Program& program, Body body);
    Body take_body() { return std::move(body_); }

    void check_fn(FnId id);
    void check_global(GlobalId id);
    void check_test();

private:
    // ---- the walk (expr.cpp) ----
    // Checks the expression; answers its type. With an expected type, both have been made one, or the
    // difference reported. The answer may be Never.
    TypeId check(ExprId id, const Expect& expect);
    TypeId check(ExprId id) { return check(id, Expect::any()); }

    // One per kind of node; a missing one does not compile.
    TypeId visit(ExprId, const syntax::ErrorExpr&, const Expect&);
    TypeId visit(ExprId, const syntax::IntExpr&, const Expect&);     // literal.cpp
    TypeId visit(ExprId, const syntax::FloatExpr&, const Expect&);   // literal.cpp
    TypeId visit(ExprId, const syntax::BoolExpr&, const Expect&);    // literal.cpp
    TypeId visit(ExprId, const syntax::CharExpr&, const Expect&);    // literal.cpp
    TypeId visit(ExprId, const syntax::StringExpr&, const Expect&);  // literal.cpp
    TypeId visit(ExprId, const syntax::BytesExpr&, const Expect&);   // literal.cpp
    TypeId visit(ExprId, const syntax::FStringExpr&, const Expect&); // literal.cpp
    TypeId visit(ExprId, const syntax::NameExpr&, const Expect&);    // path.cpp
    TypeId visit(ExprId, const syntax::ParenExpr&, const Expect&);
    TypeId visit(ExprId, const syntax::TupleExpr&, const Expect&);
    TypeId visit(ExprId, const syntax::ListExpr&, const Expect&);
    TypeId visit(ExprId, const syntax::MapExpr&, const Expect&);        // collection.cpp
    TypeId visit(ExprId, const syntax::SetExpr&, const Expect&);        // collection.cpp
    TypeId visit(ExprId, const syntax::RecordExpr&, const Expect&);     // record.cpp
    TypeId visit(ExprId, const syntax::FieldExpr&, const Expect&);      // path.cpp
    TypeId visit(ExprId, const syntax::TupleFieldExpr&, const Expect&); // record.cpp
    TypeId visit(ExprId, const syntax::IndexExpr&, const Expect&);      // conversion.cpp
    TypeId visit(ExprId, const syntax::CallExpr&, const Expect&);       // call.cpp
    TypeId visit(ExprId, const syntax::TryExpr&, const Expect&);        // leave.cpp
    TypeId visit(ExprId, const syntax::UnaryExpr&, const Expect&);      // operator.cpp
    TypeId visit(ExprId, const syntax::BinaryExpr&, const Expect&);     // operator.cpp
    TypeId visit(ExprId, const syntax::CastExpr&, const Expect&);       // conversion.cpp
    TypeId visit(ExprId, const syntax::RangeExpr&, const Expect&);      // conversion.cpp
    TypeId visit(ExprId, const syntax::PipeExpr&, const Expect&);       // call.cpp
    TypeId visit(ExprId, const syntax::AssignExpr&, const Expect&);     // place.cpp
    TypeId visit(ExprId, const syntax::BlockExpr&, const Expect&);      // control.cpp, so all below
    TypeId visit(ExprId, const syntax::IfExpr&, const Expect&);
    TypeId visit(ExprId, const syntax::MatchExpr&, const Expect&);
    TypeId visit(ExprId, const syntax::WhileExpr&, const Expect&);
    TypeId visit(ExprId, const syntax::LoopExpr&, const Expect&);
    TypeId visit(ExprId, const syntax::ForExpr&, const Expect&); // for_loop.cpp
    TypeId visit(ExprId, const syntax::BreakExpr&, const Expect&);
    TypeId visit(ExprId, const syntax::ContinueExpr&, const Expect&);
    TypeId visit(ExprId, const syntax::ReturnExpr&, const Expect&); // leave.cpp
    TypeId visit(ExprId, const syntax::AcceptExpr&, const Expect&); // leave.cpp
    TypeId visit(ExprId, const syntax::RejectExpr&, const Expect&); // leave.cpp
    TypeId visit(ExprId, const syntax::AssertExpr&, const Expect&);
    TypeId visit(ExprId, const syntax::ClosureExpr&, const Expect&); // closure.cpp

    // ---- types ----
    TypeId simple(TypeKind kind) const { return types_.simple(kind); }
    TypeId error() const { return simple(TypeKind::Error); }
    TypeKind kind(TypeId id) { return types_.kind(infer_.shallow(id)); }
    bool is_never(TypeId id) { return types_.kind(id) == TypeKind::Never; }
    bool is_error(TypeId id) { return kind(id) == TypeKind::Error; }
    TypeId fresh(Span origin, std::string what) {
        return infer_.fresh(VarKind::General, origin, std::move(what));
    }
    // The type with its variables followed; when nothing is known of it, waiting operators are tried, and if
    // that does not help, CannotInfer is reported and the answer is Error.
    TypeId settle(TypeId type, Span use, std::string_view what);
    TypeId resolve_type(TypeExprId id, bool is_result = false);
    std::string print(TypeId id) { return infer_.print(id); }
    // False, and reported, unless `found` can stand where `expect` asks.
    bool fit(ExprId id, TypeId found, const Expect& expect);
    void mismatch(ExprId id, TypeId found, const Expect& expect); // mismatch.cpp
    std::string two_of_a_name(TypeId a, TypeId b);
    std::string conversion_hint(ExprId id, TypeId found, TypeId expected);

    // ---- nodes ----
    const syntax::Ast& tree() const { return *module_.ast; }
    const syntax::Expr& expr(ExprId id) const { return tree().exprs[id]; }
    Span span_of(ExprId id) const { return tree().exprs[id].span; }
    template <typename T> std::span<const T> view(syntax::ListOf<T> list) const { return tree().view(list); }
    std::string_view text(SymbolId symbol) const { return program_.text(symbol); }
    ExprInfo& info(ExprId id) { return module_.exprs[id]; }
    PatternInfo& info(PatternId id) { return module_.patterns[id]; }
    ExprId without_parens(ExprId id) const;
    void set(ExprId id, Form form, std::uint32_t detail) {
        info(id).form = form;
        info(id).detail = detail;
    }
    void set_constant(ExprId id, Constant constant);
    template <typename... Args> diag::DiagnosticBuilder report(Diag diag, Span span, const Args&... args) {
        ++error_count_;
        return program_.sink.report(diag, span, args...);
    }
    TypeId not_supported(std::string_view what, Span span) {
        ++error_count_;
        return program_.not_supported(what, span);
    }

    // ---- locals (body.cpp) ----
    LocalId add_local(SymbolId name, TypeId type, Span span);
    void bring_into_scope(SymbolId name, LocalId local);
    std::optional<LocalId> find_local(SymbolId name) const;
    std::size_t open_scope() const { return scope_.size(); }
    void close_scope(std::size_t mark);
    std::vector<std::string_view> local_names() const;

    // ---- paths (path.cpp) ----
    // What stands before a dot or a call when it is no value.
    struct Path {
        enum class Kind : std::uint8_t { Value, Entity, Type } what = Kind::Value;
        Entity entity;
        TypeId type; // Kind::Type; its arguments may be fresh variables
    };
    Path path_of(ExprId id);
    TypeId find_type_param(SymbolId name) const { return generics_ ? generics_->find(name) : TypeId(); }
    // True, and reported, when the path stops at a module that has no such name.
    bool report_missing_member(ExprId id);
    TypeId type_with_args(const Entity& entity, SymbolId name, const syntax::IndexExpr* args, Span span);
    // `type_args` are those written behind the name of a function.
    TypeId use_entity(ExprId id, const Entity& entity, SymbolId name, const syntax::IndexExpr* type_args);
    TypeId use_global(ExprId id, GlobalId global);
    TypeId use_field(ExprId id, TypeId record, std::uint32_t field);
    TypeId constant_of_class(ExprId id, TypeId type, std::string_view name);
    TypeId type_member(ExprId id, TypeId type, const syntax::Name& name, const syntax::IndexExpr* type_args);

    // ---- records (record.cpp) ----
    std::optional<std::uint32_t> find_field(TypeId record, std::string_view name) const;
    void unknown_field(TypeId type, const syntax::Name& name);

    // ---- calls (call.cpp) ----
    struct ParamType {
        TypeId type;
        bool is_mut = false;
        Span declared; // the written type of a user's function
    };
    struct Target { // of a call
        Callee callee = Callee::Fn;
        std::uint32_t target = 0;
        std::string name; // for messages
        std::vector<ParamType> params;
        std::vector<TypeId> type_args;
        TypeId result;
        Span declared;            // of a user's function
        bool is_variadic = false; // a C function that takes more arguments than it has parameters
    };
    struct WrittenArg {
        ExprId expr;
        bool is_mut = false;
        Span span;
    };
    Target fn_target(FnId id, Span use, TypeId owner);
    Target host_target(std::uint32_t index);
    Target builtin_target(BuiltinId id, Span span, TypeId self);
    Target constructor_target(TypeId enum_type, std::uint32_t variant);
    Target fn_entity_target(const Entity& entity, Span span); // Fn, HostFn, BuiltinFn
    std::optional<Target> member_target(TypeId owner, const syntax::Name& name);
    TypeId enum_of_constructor(const Entity& entity, Span span);
    TypeId call(ExprId id, Target target, std::span<const WrittenArg> args, bool has_receiver);
    TypeId call_callee(ExprId id, ExprId callee, std::span<const WrittenArg> args);
    TypeId call_entity(ExprId id, ExprId callee, const Entity& entity, SymbolId name,
                       std::span<const WrittenArg> args, const syntax::IndexExpr* type_args);
    TypeId call_method(ExprId id, ExprId callee_id, const syntax::FieldExpr& callee,
                       std::span<const WrittenArg> args, const syntax::IndexExpr* type_args);
    TypeId call_static(ExprId id, TypeId owner, const syntax::Name& name, std::span<const WrittenArg> args,
                       const syntax::IndexExpr* type_args);
    void give_type_args(Target& target, const syntax::IndexExpr* type_args);
    void unknown_method(TypeId type, const syntax::Name& name);
    void unknown_static(TypeId owner, const syntax::Name& name); // path.cpp
    void check_anyway(std::span<const WrittenArg> args);
    CallArg check_arg(const Target& target, std::size_t number, const WrittenArg& arg);
    // A `Slice` of a C or host function, which also takes a `List`. (extern.cpp)
    CallArg check_foreign_slice(const Target& target, const ParamType& param, const WrittenArg& arg);
    void check_variadics();
    CallArg check_receiver(const Target& target, const WrittenArg& receiver);
    std::string spell_place(ExprId id);

    // ---- function values (fn_value.cpp) ----
    TypeId fn_value(ExprId id, const Target& target);
    TypeId constructor_value(ExprId id, TypeId type, std::uint32_t variant);
    TypeId call_value(ExprId id, ExprId callee, TypeId type, std::span<const WrittenArg> args);

    // ---- traits (obligations.cpp, trait_method.cpp) ----
    // The bound must hold: now, or when more types are known.
    void require(const Bound& goal, Span use);
    void require(CoreTrait core, TypeId type, Span use);
    // Those of a declared type on its arguments.
    void require_bounds_of(TypeId type, Span use);
    bool retry_obligations(bool is_last);
    void check_classes();
    // A method of a trait that the type implements; with `is_static` a function without receiver, too.
    std::optional<FnId> find_trait_method(TypeId type, const syntax::Name& name, bool is_static);
    std::optional<FnId> find_method_of_trait(TraitId trait,
                                             const syntax::Name& name); // reports when it has none
    TypeId call_of_trait(ExprId id, TraitId trait, const syntax::Name& name, std::span<const WrittenArg> args,
                         const syntax::IndexExpr* type_args);
    // The method of a core trait that the language itself calls: none when `self` does not implement it.
    std::optional<Target> core_trait_target(CoreTrait core, TypeId self, Span use);
    bool report_missing_core_trait(TypeId type, const syntax::Name& name);
    void suggest_trait(TypeId type, const syntax::Name& name, diag::DiagnosticBuilder& builder);
    void default_literal(TypeId type);
    CallId add_call(Call call);

    // ---- collections (collection.cpp) ----
    std::optional<Target> prelude_member(TypeId owner, std::string_view name, Span use);
    TypeId made_collection(ExprId id, TypeId type, bool diverges);
    TypeId map_element(ExprId id, TypeId map);
    void finish_collections();

    // ---- for (for_loop.cpp) ----
    TypeId element_of(TypeId iterable, ExprId source, std::uint32_t index);
    void not_iterable(TypeId iterable, ExprId source);
    bool has_lazy_method(std::string_view prefix, SymbolId method);
    const syntax::FieldExpr* method_call(ExprId id) const;
    void mark_lazy_calls(ExprId iterable);
    bool may_draw(const syntax::FieldExpr& callee, std::span<const WrittenArg> args);
    std::optional<Target> lazy_target(ExprId id, TypeId owner, const syntax::Name& name);

    // ---- places (place.cpp) ----
    // True if the checked expression is a variable or a part of one that may change; `why_not` says else.
    bool is_place(ExprId id, std::string& why_not);
    ExprId root_of_place(ExprId place) const; // what stands before all fields and elements
    void mark_assigned(ExprId place);
    void check_overlap(const Call& call);

    // ---- operators (operator.cpp) ----
    struct Pending { // an operator whose operand types are not known yet
        ExprId id;
        bool is_unary = false;
        syntax::UnaryOp unary_op = syntax::UnaryOp::Neg;
        syntax::BinaryOp binary_op = syntax::BinaryOp::Add;
        Span op_span;
        TypeId lhs, rhs, result;
        ExprId lhs_expr, rhs_expr;
        std::uint32_t index_set = no_index_set; // the operator of `x[i] op= v`: its number
    };
    static constexpr std::uint32_t no_index_set = 0xffffffffu;
    enum class Outcome : std::uint8_t { Done, Waits, Failed };
    TypeId apply(Pending op);
    Outcome try_apply(const Pending& op, bool is_last, TypeId& result);
    Outcome try_unary(const Pending& op, bool is_last, TypeId& result);
    void bad_operands(const Pending& op);
    TypeId compare(ExprId id, const syntax::BinaryExpr& node);
    bool retry_pending(bool is_last);
    // conversion.cpp
    // `base` is the type of the node's base, which has been checked.
    TypeId index(ExprId id, const syntax::IndexExpr& node, TypeId base);
    void check_casts();
    void check_negations();
    void check_ranges();
    // trait_operator.cpp
    std::optional<CoreTrait> trait_of_operator(const Pending& op) const;
    Outcome try_trait(const Pending& op, bool is_last, TypeId& result);
    void suggest_operator(const Pending& op, TypeId lhs, diag::DiagnosticBuilder& builder);
    TypeId index_by_trait(ExprId id, const syntax::IndexExpr& node, TypeId base, ExprId arg);
    TypeId assign_by_trait(ExprId id, const syntax::AssignExpr& node, ExprId place, TypeId element);
    std::uint32_t index_set(ExprId id, ExprId place, ExprId value, bool has_op);

    // ---- control (control.cpp) ----
    struct Loop {
        ExprId id;
        SymbolId label;
        bool takes_value = false; // `loop`
        bool has_break = false;
        Expect expect; // of the values
        TypeId type;   // of the values so far
    };
    std::optional<std::size_t> find_loop(const syntax::Label& label, std::string_view word, Span span);
    void check_let(const syntax::LetStmt& node);
    bool check_stmt(StmtId id); // true if control does not come out
    void check_condition(PatternId pattern, ExprId condition, std::string_view word);
    // Arms of one expression: the first that has a value decides.
    struct Arms {
        Expect expect;
        bool all_never = true;
        TypeId type;
    };
    Arms open_arms(const Expect& expect, Span origin);
    void check_arm(Arms& arms, ExprId arm);
    TypeId close_arms(const Arms& arms) { return arms.all_never ? simple(TypeKind::Never) : arms.type; }

    // ---- patterns (pattern.cpp) ----
    struct Bindings {
        std::vector<std::pair<SymbolId, LocalId>> names; // of the pattern so far
        std::unordered_map<SymbolId, LocalId> known;     // those of an alternative to the left
    };
    void check_pattern(PatternId id, TypeId type);
    void bind_pattern(PatternId id, TypeId type, Bindings& bindings);
    void visit_pattern(PatternId, const syntax::ErrorPattern&, TypeId, Bindings&);
    void visit_pattern(PatternId, const syntax::WildcardPattern&, TypeId, Bindings&);
    void visit_pattern(PatternId, const syntax::BindingPattern&, TypeId, Bindings&);
    void visit_pattern(PatternId, const syntax::LiteralPattern&, TypeId, Bindings&);
    void visit_pattern(PatternId, const syntax::RangePattern&, TypeId, Bindings&);
    void visit_pattern(PatternId, const syntax::TuplePattern&, TypeId, Bindings&);
    void visit_pattern(PatternId, const syntax::ConstructorPattern&, TypeId, Bindings&);
    void visit_pattern(PatternId, const syntax::RecordPattern&, TypeId, Bindings&);
    void visit_pattern(PatternId, const syntax::OrPattern&, TypeId, Bindings&);
    void bind_param(Param& param, const syntax::Param& node, Bindings& bindings);
    // ---- closures (closure.cpp) ----
    TypeId closure_param_type(const syntax::Param& node, TypeId wanted, const Expect& expect);
    void finish_closures();

    // ---- what is used (unused.cpp) ----
    struct LocalUses {
        std::uint32_t depth = 0; // how many closures were around where it was bound
        std::uint32_t all = 0;
        std::uint32_t writes = 0; // those that only assign it
        bool is_field = false;    // bound by a field's name alone, as in `P { x, y }`
    };
    struct Capture {
        LocalId local;
        std::uint32_t uses, writes;
        Span first_write;
    };
    struct OpenClosure {
        std::vector<Capture> captures;
    };
    void note_use_of_local(LocalId local);
    void note_write(ExprId place);
    void warn_of_lost_changes(const OpenClosure& closure);
    void warn_of_unused_locals();

    // ---- slices (slice.cpp) ----
    TypeId as_read_only(TypeId type);
    void finish_slices();

    // ---- leaving the function (leave.cpp) ----
    bool is_enum(TypeId type, NominalId id) {
        return types_.kind(type) == TypeKind::Enum && types_.nominal_id(type) == id;
    }
    void bad_try(ExprId id, TypeId operand, TypeId result);
    TypeId leave_with_verdict(ExprId id, ExprId value, std::uint32_t variant);

    struct VariantRef {
        TypeId type;
        std::uint32_t number = 0;
    };
    // The constructor a pattern names; reports when there is none.
    std::optional<VariantRef> find_variant(std::span<const syntax::Name> path, TypeId type, Span span);
    void bind_fields(PatternId id, const syntax::RecordPattern& node, TypeId owner,
                     const std::vector<Field>& fields, Bindings& bindings);
    bool pattern_fits(PatternId id, TypeId pattern_type, TypeId value_type);

    // ---- the second phase (finish.cpp, finish_match.cpp) ----
    struct MatchUse {
        ExprId id; // a match; invalid: a single pattern that must not fail
        PatternId pattern;
        TypeId type;
        Span span;
    };
    void finish();
    void finish_literals();
    void finish_patterns();
    void finish_formats();
    void finish_types();
    void finish_match(const MatchUse& use);
    // The pattern without its syntax; null if something is wrong with it.
    const MatchPattern* plain_pattern(PatternId id, std::deque<MatchPattern>& made);
    void cannot_infer(TypeId var, Span fallback, std::string_view fallback_what);

    Program& program_;
    TypeTable& types_;
    Body body_;
    Module& module_;
    Infer infer_;
    Solver solver_;
    TypeId self_type_;
    const Generics* generics_ = nullptr; // in force; null: none
    TypeId result_;                      // of the enclosing function; invalid: `return` is not allowed
    Span result_span_;
    ExprId returned_; // what the last `return` named
    std::string fn_name_;
    const Expect* expected_here_ = nullptr; // of the expression being visited
    std::size_t error_count_ = 0;
    bool uses_slices_ = false; // a parameter is one

    std::unordered_map<SymbolId, std::vector<LocalId>> visible_;
    std::vector<SymbolId> scope_;
    std::vector<Loop> loops_;
    IdVec<LocalId, LocalUses> local_uses_;
    std::vector<OpenClosure> closures_;     // around the code being checked, outermost first
    std::unordered_set<ExprId> lazy_calls_; // that may be replaced by their lazy twins
    std::vector<ClosureId> made_closures_;
    std::vector<std::uint32_t> made_collections_, made_map_elements_; // indexes in the Module's tables
    std::vector<TypeId> endless_results_; // of closures that never return: () unless a use says else

    std::vector<ExprId> exprs_; // with a type, in order
    std::vector<PatternId> patterns_;
    std::vector<CallId> calls_;
    std::vector<Pending> pending_;
    std::vector<Pending> negations_; // of literals' variables
    struct IntUse {
        ExprId id;
        TypeId type;
        std::uint64_t magnitude;
        bool negative;
        bool overflow;
    };
    struct FloatUse {
        ExprId id;
        TypeId type;
        double value;
        SymbolId digits;
        bool negative;
    };
    std::vector<IntUse> ints_;
    std::vector<FloatUse> floats_;
    struct CastUse {
        ExprId id, operand;
        TypeId from, to;
    };
    std::vector<CastUse> casts_;
    struct CompareUse {
        ExprId id, lhs, rhs;
        TypeId type;
        bool needs_order;
        std::string_view op;
        Span op_span;
    };
    std::vector<CompareUse> compares_;
    void finish_comparison(const CompareUse& use);
    struct NumberUse { // must be an integer
        TypeId type;
        ExprId id;
    };
    std::vector<NumberUse> integers_;
    struct Obligation { // a bound that waits for types
        Bound goal;
        Span use;
    };
    struct TryFromUse { // what `T.try_from` takes must be a number
        TypeId from, to;
        Span span;
    };
    std::vector<TryFromUse> try_froms_;
    void check_try_froms(); // conversion.cpp
    struct VariadicUse {    // what stands in the place of `...`
        TypeId type;
        ExprId id;
    };
    std::vector<VariadicUse> variadics_;
    std::vector<Obligation> obligations_;
    void fail_obligation(const Obligation& use);
    void report_unmet(const Bound& goal, Span use);
    std::unordered_set<std::uint64_t> unmet_; // by line and type: what was said of one is not repeated on it
    void give_up(const Obligation& use);
    struct ClassUse {
        TypeId type;
        NumberClass number_class;
        Span use;
    };
    std::vector<ClassUse> classes_;
    struct FormatUse {
        std::uint32_t index; // in Module::format_specs
        TypeId type;
        syntax::FormatSpec spec;
    };
    std::vector<FormatUse> formats_;
    std::vector<MatchUse> matches_;
};

} // namespace tn::check
