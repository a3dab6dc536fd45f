// Closures: their parameters, what they capture, and the function that `return` and `?` inside mean.
//
// A closure shares the table of locals with the body around it. A local knows how many closures were around
// where it was bound; a use with more of them around captures it in each one between.
#include "check/body.h"

#include "check/wording.h"

#include <utility>

namespace tn::check {

// The type of the closure's parameter `node`; `wanted` is what the surroundings say, if they do.
TypeId BodyChecker::closure_param_type(const syntax::Param& node, TypeId wanted, const Expect& expect) {
    if (!node.type.is_valid()) {
        if (wanted.is_valid()) return wanted;
        std::string what = node.name.is_valid()
                               ? "the parameter `" + std::string(text(node.name.symbol)) + "`"
                               : "this parameter";
        return fresh(node.span, std::move(what));
    }
    TypeId type = resolve_type(node.type);
    if (wanted.is_valid() && !infer_.unify(wanted, type)) {
        diag::DiagnosticBuilder builder =
            report(Diag::TypeMismatch, tree().types[node.type].span, print(wanted), print(type));
        if (expect.reason.file.is_valid()) builder.label(expect.reason, expect.text);
        return error();
    }
    return type;
}

TypeId BodyChecker::visit(ExprId id, const syntax::ClosureExpr& node, const Expect& expect) {
    std::span<const syntax::Param> nodes = view(node.params);
    TypeId wanted = expect.is_any() ? TypeId() : infer_.shallow(expect.type);
    bool is_wrong = wanted.is_valid() && is_error(wanted); // reported: nothing more is said of its types
    if (wanted.is_valid() && types_.kind(wanted) != TypeKind::Fn) wanted = TypeId();
    bool wrong_count = wanted.is_valid() && types_.args(wanted).size() != nodes.size() + 1;
    if (wrong_count) {
        std::size_t given = types_.args(wanted).size() - 1;
        diag::DiagnosticBuilder builder =
            report(Diag::ClosureParameters, span_of(id), counted(given, "argument"),
                   counted(nodes.size(), "parameter"));
        builder.note("its type is to be `" + print(wanted) + "`");
        if (expect.reason.file.is_valid()) builder.label(expect.reason, expect.text);
    }

    Closure closure;
    closure.root = node.body;
    closures_.emplace_back();
    std::size_t mark = open_scope();
    Bindings bindings;
    std::vector<TypeId> param_types;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        Param param;
        if (nodes[i].name.is_valid()) param.name = text(nodes[i].name.symbol);
        param.pattern = nodes[i].pattern;
        TypeId from_outside;
        if (wrong_count || is_wrong) {
            from_outside = error();
        } else if (wanted.is_valid()) {
            from_outside = types_.arg(wanted, static_cast<unsigned>(i));
        }
        param.type = closure_param_type(nodes[i], from_outside, expect);
        if (nodes[i].is_mut) report(Diag::UnexpectedMut, nodes[i].span, "a closure has no `mut` parameters");
        param_types.push_back(param.type);
        bind_param(param, nodes[i], bindings);
        closure.params.push_back(std::move(param));
    }
    for (const auto& [name, local] : bindings.names) bring_into_scope(name, local);

    TypeId result;
    if (node.ret.is_valid()) {
        result = resolve_type(node.ret, true);
    } else if (wrong_count || is_wrong) {
        result = error();
    } else if (wanted.is_valid()) {
        result = types_.args(wanted).back();
    } else {
        result = fresh(span_of(node.body), "the result of this closure");
    }

    // `return`, `?` and `break` inside know nothing of the code around.
    std::vector<Loop> outer_loops;
    outer_loops.swap(loops_);
    TypeId outer_result = std::exchange(result_, result);
    Span result_span = node.ret.is_valid() ? tree().types[node.ret].span : Span{};
    Span outer_span = std::exchange(result_span_, result_span);
    Span reason = node.ret.is_valid() ? result_span : expect.reason;
    TypeId type = check(node.body, Expect{result, reason});
    if (is_never(type) && infer_.is_var(infer_.shallow(result), VarKind::General)) {
        endless_results_.push_back(result);
    }
    result_ = outer_result;
    result_span_ = outer_span;
    loops_.swap(outer_loops);
    close_scope(mark);

    closure.result = result;
    for (const Capture& capture : closures_.back().captures) closure.captures.push_back(capture.local);
    warn_of_lost_changes(closures_.back());
    closures_.pop_back();
    ClosureId closure_id = module_.closures.push_back(std::move(closure));
    made_closures_.push_back(closure_id);
    set(id, Form::Closure, closure_id.value);
    return wrong_count ? error() : types_.fn(param_types, result);
}

void BodyChecker::finish_closures() {
    for (ClosureId id : made_closures_) {
        Closure& closure = module_.closures[id];
        for (Param& param : closure.params) param.type = infer_.zonk(param.type);
        closure.result = infer_.zonk(closure.result);
    }
}

} // namespace tn::check
