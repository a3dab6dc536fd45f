// Places: what may be assigned or given as `mut`, and which of them overlap.
#include "check/body.h"

#include <algorithm>
#include <tuple>

namespace tn::check {

// A place is a local or a var, with fields and elements after it. All parts have been checked. The walk is a
// loop: a place is a chain.
bool BodyChecker::is_place(ExprId id, std::string& why_not) {
    for (;;) {
        id = without_parens(id);
        const ExprInfo& what = info(id);
        const syntax::Expr& node = expr(id);
        switch (what.form) {
        case Form::Local: return true;
        case Form::Global: {
            const Global& global = program_.out.globals[GlobalId(what.detail)];
            if (global.is_const) why_not = "`" + global.name + "` is a constant";
            return !global.is_const;
        }
        case Form::Field:
            if (const auto* field = node.as<syntax::FieldExpr>()) {
                id = field->base;
            } else if (const auto* tuple = node.as<syntax::TupleFieldExpr>()) {
                id = tuple->base;
            } else {
                return false;
            }
            continue;
        case Form::Element: {
            const auto* element = node.as<syntax::IndexExpr>();
            if (!element) return false;
            TypeId base_type = infer_.shallow(info(element->base).type);
            TypeKind base = types_.kind(base_type);
            if (base == TypeKind::Slice) { // memory of the host
                if (types_[base_type].payload == 1) return true;
                why_not = "a `Slice` is read-only; a parameter whose elements change is a `mut Slice`";
                return false;
            }
            if (base != TypeKind::List && base != TypeKind::Map) {
                why_not = base == TypeKind::String ? "a `String` does not change in place"
                                                   : "this does not change in place";
                return false;
            }
            id = element->base;
            continue;
        }
        case Form::Slice: why_not = "a slice is a copy"; return false;
        case Form::Plain:
        case Form::Constant:
        case Form::TypeConstant:
        case Form::Operator: return false;
        case Form::Call:
            if (node.as<syntax::IndexExpr>()) why_not = "what `index` gives is a copy";
            return false;
        case Form::FnValue:
        case Form::Closure:
        case Form::IndexSet: return false;
        }
    }
}

ExprId BodyChecker::root_of_place(ExprId id) const {
    for (;;) {
        id = without_parens(id);
        const syntax::Expr& node = expr(id);
        if (const auto* field = node.as<syntax::FieldExpr>()) {
            id = field->base;
        } else if (const auto* tuple = node.as<syntax::TupleFieldExpr>()) {
            id = tuple->base;
        } else if (const auto* element = node.as<syntax::IndexExpr>()) {
            id = element->base;
        } else {
            return id;
        }
    }
}

void BodyChecker::mark_assigned(ExprId id) {
    ExprId root = root_of_place(id);
    if (info(root).form == Form::Local) body_.locals[LocalId(info(root).detail)].is_assigned = true;
}

std::string BodyChecker::spell_place(ExprId id) {
    return std::string(program_.input.sources.text(span_of(id)));
}

namespace {

// The root of a place and its steps from there; every element is one and the same step.
struct PlacePath {
    Form root = Form::Plain;
    std::uint32_t number = 0;
    std::vector<std::uint32_t> steps;
    static constexpr std::uint32_t element = 0xffffffffu;
};

} // namespace

// Two `mut` places of a call must not be parts of one another: sorted by root and steps, the one that
// contains another stands right before it.
void BodyChecker::check_overlap(const Call& call) {
    std::vector<std::pair<PlacePath, std::size_t>> places;
    for (std::size_t i = 0; i < call.args.size(); ++i) {
        if (call.args[i].mode != ArgMode::MutPlace) continue;
        PlacePath path;
        ExprId id = call.args[i].expr;
        bool is_chain = true;
        while (is_chain) {
            id = without_parens(id);
            const ExprInfo& what = info(id);
            const syntax::Expr& node = expr(id);
            if (what.form == Form::Local || what.form == Form::Global) {
                path.root = what.form;
                path.number = what.detail;
                break;
            }
            if (const auto* field = node.as<syntax::FieldExpr>()) {
                path.steps.push_back(what.detail);
                id = field->base;
            } else if (const auto* tuple = node.as<syntax::TupleFieldExpr>()) {
                path.steps.push_back(what.detail);
                id = tuple->base;
            } else if (const auto* element = node.as<syntax::IndexExpr>()) {
                path.steps.push_back(PlacePath::element);
                id = element->base;
            } else {
                is_chain = false; // no place: reported
            }
        }
        if (!is_chain) continue;
        path.steps = std::vector<std::uint32_t>(path.steps.rbegin(), path.steps.rend());
        places.emplace_back(std::move(path), i);
    }
    if (places.size() < 2) return;
    auto key = [](const PlacePath& p) { return std::tie(p.root, p.number, p.steps); };
    std::ranges::stable_sort(places,
                             [&](const auto& a, const auto& b) { return key(a.first) < key(b.first); });
    for (std::size_t i = 1; i < places.size(); ++i) {
        const PlacePath& a = places[i - 1].first;
        const PlacePath& b = places[i].first;
        bool overlaps = a.root == b.root && a.number == b.number && a.steps.size() <= b.steps.size() &&
                        std::equal(a.steps.begin(), a.steps.end(), b.steps.begin());
        if (!overlaps) continue;
        std::size_t first = std::min(places[i - 1].second, places[i].second);
        std::size_t second = std::max(places[i - 1].second, places[i].second);
        ExprId first_expr = call.args[first].expr;
        ExprId second_expr = call.args[second].expr;
        report(Diag::OverlappingMut, span_of(second_expr), spell_place(first_expr), spell_place(second_expr))
            .label(span_of(first_expr), "the other place")
            .hint("copy one of them into a variable first");
    }
}

TypeId BodyChecker::visit(ExprId id, const syntax::AssignExpr& node, const Expect&) {
    TypeId place_type = check(node.place);
    ExprId target = without_parens(node.place);
    if (expr(target).as<syntax::IndexExpr>() && info(target).form == Form::Call)
        return assign_by_trait(id, node, target, place_type);
    std::string why_not;
    if (!is_error(place_type) && !is_place(node.place, why_not)) {
        diag::DiagnosticBuilder builder = report(Diag::NotAssignable, span_of(node.place));
        builder.primary(why_not.empty() ? "not a variable, a field or an element" : why_not);
        if (expr(node.place).as<syntax::TupleExpr>()) {
            builder.hint("take it apart with `let (a, b) = …;` and assign the parts one by one");
        }
        check(node.value);
        return simple(TypeKind::Unit);
    }
    mark_assigned(node.place);
    note_write(node.place);
    if (!node.op) {
        Expect expect{place_type, Span{}};
        const ExprInfo& what = info(without_parens(node.place));
        if (what.form == Form::Local) {
            expect.reason = body_.locals[LocalId(what.detail)].span;
            expect.text = "because of this variable";
        } else {
            expect.reason = span_of(node.place);
        }
        check(node.value, expect);
        return simple(TypeKind::Unit);
    }
    TypeId value = check(node.value);
    Pending op;
    op.id = id;
    op.binary_op = *node.op;
    op.op_span = node.op_span;
    op.lhs = place_type;
    op.rhs = value;
    op.lhs_expr = node.place;
    op.rhs_expr = node.value;
    TypeId result = apply(op);
    if (!is_never(result) && !infer_.unify(place_type, result)) {
        report(Diag::TypeMismatch, span_of(id), print(place_type), print(result));
    }
    return simple(TypeKind::Unit);
}

} // namespace tn::check
