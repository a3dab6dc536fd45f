// The walk over expressions: dispatch by kind of node, and the nodes that only have parts.
#include "check/body.h"

#include <utility>

namespace tn::check {

TypeId BodyChecker::check(ExprId id, const Expect& expect) {
    const Expect* outside = std::exchange(expected_here_, &expect);
    TypeId type = std::visit([&](const auto& node) { return visit(id, node, expect); }, expr(id).node);
    expected_here_ = outside;
    // A part that is wrong makes the whole unknown: nothing more is said about it.
    for (unsigned i = 0; i < types_.args(type).size(); ++i) {
        if (!is_error(types_.arg(type, i))) continue;
        type = error();
        break;
    }
    info(id).type = type;
    exprs_.push_back(id);
    if (!expect.is_any() && !is_never(type)) {
        if (!fit(id, type, expect)) info(id).type = type = error();
    }
    return type;
}

bool BodyChecker::fit(ExprId id, TypeId found, const Expect& expect) {
    if (infer_.unify(expect.type, found)) return true;
    mismatch(id, found, expect);
    return false;
}

TypeId BodyChecker::settle(TypeId type, Span use, std::string_view what) {
    type = infer_.shallow(type);
    if (!infer_.is_var(type, VarKind::General)) return type;
    // Few operators wait in any sensible program; many of them would make this quadratic.
    constexpr std::size_t max_retried = 64;
    bool may_retry = pending_.size() <= max_retried && obligations_.size() <= max_retried;
    if (may_retry && (retry_pending(false) | retry_obligations(false))) {
        type = infer_.shallow(type);
        if (!infer_.is_var(type, VarKind::General)) return type;
    }
    cannot_infer(type, use, what);
    return error();
}

void BodyChecker::cannot_infer(TypeId var, Span fallback, std::string_view fallback_what) {
    Span origin = infer_.origin(var);
    std::string what = infer_.what(var);
    bool known = origin.file.is_valid() && !what.empty();
    diag::DiagnosticBuilder builder =
        report(Diag::CannotInfer, known ? origin : fallback, known ? what : std::string(fallback_what));
    if (known && (fallback.begin != origin.begin || fallback.end != origin.end)) {
        builder.label(fallback, "it must be known here");
    }
    builder.hint("write the type where the variable is made, as in `let x: List[i64] = [];`");
    infer_.bind(var, error());
}

TypeId BodyChecker::visit(ExprId, const syntax::ErrorExpr&, const Expect&) {
    ++error_count_; // the parser has reported it
    return error();
}

TypeId BodyChecker::visit(ExprId, const syntax::ParenExpr& node, const Expect& expect) {
    return check(node.inner, expect);
}

TypeId BodyChecker::visit(ExprId id, const syntax::TupleExpr& node, const Expect& expect) {
    std::span<const ExprId> elements = view(node.elements);
    if (elements.empty()) return simple(TypeKind::Unit);
    TypeId wanted = expect.is_any() ? TypeId() : infer_.shallow(expect.type);
    bool is_tuple = wanted.is_valid() && types_.kind(wanted) == TypeKind::Tuple &&
                    types_.args(wanted).size() == elements.size();
    std::vector<TypeId> parts;
    bool diverges = false;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        Expect part = is_tuple
                          ? Expect{types_.arg(wanted, static_cast<unsigned>(i)), expect.reason, expect.text}
                          : Expect::any();
        parts.push_back(check(elements[i], part));
        diverges |= is_never(parts.back());
    }
    if (diverges) return simple(TypeKind::Never);
    if (parts.size() == 1) { // `(x,)`
        report(Diag::NotAllowedHere, span_of(id), "a tuple of one element");
        return error();
    }
    return types_.tuple(parts);
}

TypeId BodyChecker::visit(ExprId id, const syntax::ListExpr& node, const Expect& expect) {
    TypeId element;
    Expect each;
    TypeId wanted = expect.is_any() ? TypeId() : infer_.shallow(expect.type);
    if (wanted.is_valid() && types_.kind(wanted) == TypeKind::List) {
        element = types_.arg(wanted, 0);
        each = Expect{element, expect.reason, expect.text};
    } else {
        element = fresh(span_of(id), "this list's elements");
        each = Expect{element, Span{}};
    }
    for (ExprId item : view(node.elements)) {
        TypeId type = check(item, each);
        // The first element says what the others must be.
        if (!each.reason.file.is_valid() && !is_never(type)) {
            each.reason = span_of(item);
            each.text = "because of this element";
        }
    }
    return is_error(element) ? error() : types_.list(element);
}

} // namespace tn::check
