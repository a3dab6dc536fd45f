// Operators, comparisons and indexing that are a trait's method: of a user's types and of type parameters.
#include "check/body.h"

#include "builtins/core_trait.h"

#include <iterator>

namespace tn::check {

namespace {

// The trait whose row names the operator.
std::optional<CoreTrait> trait_of(std::string_view op) {
    for (unsigned i = 0; i < core_trait_count; ++i) {
        const CoreTraitInfo& row = core_trait_info(static_cast<CoreTrait>(i));
        if (row.use == CoreTraitUse::Operator && row.op == op) return static_cast<CoreTrait>(i);
    }
    return {};
}

constexpr std::string_view binary_names[] = {
#define BINARY_OP(name, text, token, precedence, assign_token) #name,
#include "syntax/ast.def"
};
constexpr std::string_view unary_names[] = {
#define UNARY_OP(name, text, token) #name,
#include "syntax/ast.def"
};

} // namespace

std::optional<CoreTrait> BodyChecker::trait_of_operator(const Pending& op) const {
    return trait_of(op.is_unary ? unary_names[static_cast<unsigned>(op.unary_op)]
                                : binary_names[static_cast<unsigned>(op.binary_op)]);
}

// The operand's type has the operator by a bound or an impl. The operation becomes a call of the trait's method.
BodyChecker::Outcome BodyChecker::try_trait(const Pending& op, bool is_last, TypeId& result) {
    std::optional<CoreTrait> core = trait_of_operator(op);
    if (!core) return Outcome::Failed;
    // Where nothing has named the trait, nobody implements it.
    TraitId trait = program_.out.core_traits[static_cast<unsigned>(*core)];
    if (!trait.is_valid()) return Outcome::Failed;
    result = op.result.is_valid() ? op.result : fresh(op.op_span, "the value of this operator");
    Bound goal{op.lhs, trait, {}, Span{}, core};
    if (!op.is_unary) goal.args.push_back(op.rhs);
    goal.args.push_back(result);
    Solver::Answer answer = solver_.prove(goal, false);
    if (answer == Solver::Answer::Unknown && !is_last) return Outcome::Waits;
    if (answer == Solver::Answer::Unknown) {
        for (TypeId operand : {op.lhs, op.is_unary ? op.lhs : op.rhs}) default_literal(operand);
        answer = solver_.prove(goal, true);
    }
    if (answer != Solver::Answer::Yes) return Outcome::Failed;
    if (solver_.ground() == Solver::Ground::BuiltIn || solver_.ground() == Solver::Ground::Nothing)
        return Outcome::Done;
    Call call;
    call.callee = Callee::Trait;
    FnId method = program_.out.traits[trait].methods[0];
    call.target = method.value;
    call.type_args = {op.lhs};
    call.type_args.insert(call.type_args.end(), goal.args.begin(), goal.args.end());
    if (op.index_set == no_index_set) {
        call.args.push_back({op.lhs_expr, ArgMode::Value});
        if (!op.is_unary) call.args.push_back({op.rhs_expr, ArgMode::Value});
    }
    program_.note_use_of_fn(method);
    CallId id = add_call(std::move(call));
    if (op.index_set == no_index_set)
        set(op.id, Form::Call, id.value);
    else
        module_.index_sets[op.index_set].op = id;
    return Outcome::Done;
}

// What would give the operator to the type of its left operand.
void BodyChecker::suggest_operator(const Pending& op, TypeId lhs, diag::DiagnosticBuilder& builder) {
    std::optional<CoreTrait> core = trait_of_operator(op);
    if (!core) return;
    std::string trait(core_trait_info(*core).name);
    TypeId rhs = op.is_unary ? lhs : infer_.shallow(op.rhs);
    if (rhs != lhs) trait += "[" + print(rhs) + "]";
    TypeKind kind = types_.kind(lhs);
    if (kind == TypeKind::Param) {
        builder.hint("add the bound `" + print(lhs) + ": " + trait + "`");
    } else if ((kind == TypeKind::Record || kind == TypeKind::Enum) &&
               program_.nominal_span(types_.nominal_id(lhs)).file.is_valid()) {
        builder.hint("write `impl " + trait + " for " + print(lhs) + " { … }`");
    }
}

void BodyChecker::default_literal(TypeId type) {
    type = infer_.shallow(type);
    if (infer_.is_var(type, VarKind::Int)) infer_.bind(type, simple(TypeKind::I64));
    if (infer_.is_var(type, VarKind::Float)) infer_.bind(type, simple(TypeKind::F64));
}

CallId BodyChecker::add_call(Call call) {
    CallId id = module_.calls.push_back(std::move(call));
    calls_.push_back(id);
    return id;
}

// A comparison, when the types of its operands are final.
void BodyChecker::finish_comparison(const CompareUse& use) {
    TypeId type = infer_.zonk(use.type);
    if (program_.facts.has_error(type) || infer_.find_unknown(type).is_valid()) return;
    CoreTrait core = use.needs_order ? CoreTrait::Ord : CoreTrait::Eq;
    TraitId trait = program_.out.core_traits[static_cast<unsigned>(core)];
    Bound goal{type, trait, {}, Span{}, core};
    if (solver_.prove(goal, true) == Solver::Answer::No) {
        diag::DiagnosticBuilder builder = report(Diag::BadOperands, use.op_span, use.op, print(type), print(type));
        solver_.explain(goal, builder);
        return;
    }
    if (solver_.ground() != Solver::Ground::Bound && solver_.ground() != Solver::Ground::Impl) return;
    Call call;
    call.callee = Callee::Trait;
    FnId method = program_.out.traits[trait].methods[0];
    call.target = method.value;
    call.type_args = {type};
    call.args = {{use.lhs, ArgMode::Value}, {use.rhs, ArgMode::Value}};
    program_.note_use_of_fn(method);
    set(use.id, Form::Call, add_call(std::move(call)).value);
}

// `x[i]` of a type that is indexed by an impl or a bound; invalid: it is not, and nothing has been reported.
TypeId BodyChecker::index_by_trait(ExprId id, const syntax::IndexExpr& node, TypeId base, ExprId arg) {
    TraitId trait = program_.out.core_traits[static_cast<unsigned>(CoreTrait::Index)];
    if (!trait.is_valid() || infer_.is_var(base)) return TypeId();
    Bound goal{base, trait, {fresh(span_of(arg), "this index"), fresh(span_of(id), "this element")},
               Span{}, CoreTrait::Index};
    if (solver_.prove(goal, false) == Solver::Answer::No) return TypeId();
    TypeId position = check(arg, Expect{goal.args[0], Span{}});
    if (is_never(position)) return position;
    Solver::Answer answer = solver_.prove(goal, false);
    if (answer == Solver::Answer::Unknown) {
        default_literal(goal.args[0]);
        answer = solver_.prove(goal, true);
    }
    if (answer == Solver::Answer::No) {
        if (is_error(goal.args[0])) return error();
        diag::DiagnosticBuilder builder = report(Diag::BoundNotMet, span_of(arg), print(base),
                                                 program_.print_trait(goal, [&](TypeId t) { return print(t); }));
        builder.primary("this index is a `" + print(goal.args[0]) + "`");
        return error();
    }
    Call call;
    call.callee = Callee::Trait;
    FnId method = program_.out.traits[trait].methods[0];
    call.target = method.value;
    call.type_args = {base, goal.args[0], goal.args[1]};
    call.args = {{node.base, ArgMode::Value}, {arg, ArgMode::Value}};
    program_.note_use_of_fn(method);
    set(id, Form::Call, add_call(std::move(call)).value);
    return goal.args[1];
}

// `place[i] = value` and `place[i] op= value`.
TypeId BodyChecker::assign_by_trait(ExprId id, const syntax::AssignExpr& node, ExprId place, TypeId element) {
    if (!node.op) {
        check(node.value, Expect{element, span_of(place)});
        index_set(id, place, node.value, false);
        return simple(TypeKind::Unit);
    }
    Pending op;
    op.id = id;
    op.binary_op = *node.op;
    op.op_span = node.op_span;
    op.lhs = element;
    op.rhs = check(node.value);
    op.lhs_expr = place;
    op.rhs_expr = node.value;
    op.index_set = index_set(id, place, node.value, true);
    TypeId result = apply(op);
    if (!is_never(result) && !infer_.unify(element, result))
        report(Diag::TypeMismatch, span_of(id), print(element), print(result));
    return simple(TypeKind::Unit);
}

// `place[i] = value`, where `place[i]` was found to be a call of `index`. Answers the IndexSet's number.
std::uint32_t BodyChecker::index_set(ExprId id, ExprId place, ExprId value, bool has_op) {
    const auto& node = *expr(place).as<syntax::IndexExpr>();
    const CallId get = CallId(info(place).detail);
    const Call read = module_.calls[get];
    TraitId trait = program_.out.core_traits[static_cast<unsigned>(CoreTrait::Index)];
    FnId method = program_.out.traits[trait].methods[1];
    std::string why_not;
    if (!is_place(node.base, why_not)) {
        report(Diag::NotAssignable, span_of(node.base))
            .primary(why_not.empty() ? "not a variable, a field or an element" : why_not)
            .note("`set_index` changes it");
    } else {
        mark_assigned(node.base);
    }
    Bound goal{read.type_args[0], trait, {read.type_args[1], read.type_args[2]}, Span{}, CoreTrait::Index};
    bool is_impl = solver_.prove(goal, false) == Solver::Answer::Yes && solver_.ground() == Solver::Ground::Impl;
    if (is_impl && !program_.out.impls[solver_.impl()].methods[1].is_valid()) {
        report(Diag::NotAssignable, span_of(place))
            .primary("`" + print(read.type_args[0]) + "` has no `set_index`")
            .hint("add `fn set_index(mut self, i: " + print(read.type_args[1]) + ", v: " +
                  print(read.type_args[2]) + ") { … }` to its `impl` of `Index`");
    }
    Call write = read;
    write.target = method.value;
    write.args = {{node.base, ArgMode::MutPlace}, read.args[1], {value, ArgMode::Value}};
    program_.note_use_of_fn(method);
    IndexSet made;
    if (has_op) made.get = get;
    made.set = add_call(std::move(write));
    auto number = static_cast<std::uint32_t>(module_.index_sets.size());
    module_.index_sets.push_back(made);
    set(id, Form::IndexSet, number);
    return number;
}

} // namespace tn::check
