// `for`: what it may run over, and the calls that give its elements.
#include "check/body.h"
#include "check/calm.h"

#include <algorithm>

namespace tn::check {

TypeId BodyChecker::visit(ExprId id, const syntax::ForExpr& node, const Expect&) {
    mark_lazy_calls(node.iterable);
    TypeId iterable = settle(check(node.iterable), span_of(node.iterable), "what `for` runs over");
    auto index = static_cast<std::uint32_t>(module_.for_loops.size());
    module_.for_loops.emplace_back();
    info(id).detail = index;
    TypeId element = element_of(iterable, node.iterable, index);
    std::size_t mark = open_scope();
    check_pattern(node.pattern, element);
    matches_.push_back({ExprId(), node.pattern, element, tree().patterns[node.pattern].span});
    loops_.push_back({id, node.label.symbol, false, false, Expect::any(), TypeId()});
    check(node.body, Expect{simple(TypeKind::Unit), Span{}});
    loops_.pop_back();
    close_scope(mark);
    return is_never(iterable) ? iterable : simple(TypeKind::Unit);
}

// What the loop's variable is; fills Module::for_loops[index].
TypeId BodyChecker::element_of(TypeId iterable, ExprId source, std::uint32_t index) {
    TypeKind iterable_kind = types_.kind(iterable);
    if (iterable_kind == TypeKind::Error || iterable_kind == TypeKind::Never) return error();
    if (iterable_kind == TypeKind::List || iterable_kind == TypeKind::Range ||
        iterable_kind == TypeKind::Slice)
        return types_.arg(iterable, 0);
    TypeId iterator = iterable;
    if (auto iter = prelude_member(iterable, "__iter", span_of(source))) {
        Call made;
        made.callee = iter->callee;
        made.target = iter->target;
        made.type_args = iter->type_args;
        made.args = {{source, ArgMode::Value}};
        iterator = infer_.shallow(iter->result);
        module_.for_loops[index].iter = add_call(std::move(made));
    }
    if (auto next = core_trait_target(CoreTrait::Iterate, iterator, span_of(source))) {
        Call made;
        made.callee = next->callee;
        made.target = next->target;
        made.type_args = next->type_args;
        TypeId found = infer_.shallow(next->result);
        module_.for_loops[index].next = add_call(std::move(made));
        return types_.is_option(found) ? types_.arg(found, 0) : error();
    }
    not_iterable(iterable, source);
    return error();
}

void BodyChecker::not_iterable(TypeId iterable, ExprId source_expr) {
    constexpr std::size_t max_quoted = 30;
    diag::DiagnosticBuilder builder = report(Diag::NotIterable, span_of(source_expr), print(iterable));
    std::string source = spell_place(source_expr);
    if (source.size() > max_quoted || source.find('\n') != source.npos) source = "…";
    TypeKind iterable_kind = types_.kind(iterable);
    if (types_.is_integer(iterable) || infer_.is_var(iterable, VarKind::Int)) {
        builder.hint("count with a range: `0.." + source + "`");
    } else if (iterable_kind == TypeKind::String) {
        builder.hint("run over its characters, bytes or lines: `" + source +
                     ".chars()`, `.bytes()`, `.lines()`");
    } else if (iterable_kind == TypeKind::Bytes) {
        builder.hint("run over the positions: `for i in 0.." + source + ".len()`");
    } else if (types_.is_option(iterable)) {
        builder.hint("take the value out with `if let Some(x) = " + source + "`");
    } else if (is_enum(iterable, types_.result_id)) {
        builder.hint("take the value out with `?` or `match`");
    } else if (types_.is_nominal(iterable)) {
        builder.hint("implement `Iterate[T]` for it: `fn next(mut self) -> T?`");
    }
}

// Whether a lazy value has such a method: `__lazy_map`.
bool BodyChecker::has_lazy_method(std::string_view prefix, SymbolId method) {
    const Prelude* prelude = program_.input.prelude;
    Interner& names = program_.interner;
    return prelude && prelude->find_member(names.intern("__Lazy"), names.intern(std::string(prefix) + std::string(text(method))));
}

// The function to call instead of the method or static function `name` of `owner` when the call is the
// iterable of a `for`, or makes it, or is the last of a chain of such calls.
std::optional<BodyChecker::Target> BodyChecker::lazy_target(ExprId id, TypeId owner,
                                                            const syntax::Name& name) {
    if (!lazy_calls_.contains(id)) return {};
    const std::string written(text(name.symbol));
    auto target = prelude_member(owner, "__lazy_" + written, name.span);
    if (!target) target = prelude_member(owner, "__drawn_" + written, name.span);
    if (target) target->name = written; // for messages
    return target;
}

// The call that an expression is, if it is one of a method.
const syntax::FieldExpr* BodyChecker::method_call(ExprId id) const {
    const auto* call = expr(id).as<syntax::CallExpr>();
    const auto* method = call ? expr(call->callee).as<syntax::FieldExpr>() : nullptr;
    return method && method->name.is_valid() ? method : nullptr;
}

// `for x in xs.map(f)` makes no list where the prelude has a method `__lazy_map`: the call is replaced by
// that one. Its receiver may be lazy, too, when the lazy value has `__lazy_map` itself.
void BodyChecker::mark_lazy_calls(ExprId iterable) {
    bool may_be_lazy = true;
    for (ExprId id = without_parens(iterable); may_be_lazy;) {
        const syntax::FieldExpr* method = method_call(id);
        if (!method) return;
        lazy_calls_.insert(id);
        may_be_lazy = has_lazy_method("__lazy_", method->name.symbol);
        id = without_parens(method->base);
    }
}

// Whether the call, `xs.map(f).fold(0, g)`, may draw the elements one by one: f is asked for the second one when g has seen the first.
bool BodyChecker::may_draw(const syntax::FieldExpr& callee, std::span<const WrittenArg> args) {
    ExprId id = without_parens(callee.base);
    if (!method_call(id) || !callee.name.is_valid() || !has_lazy_method("__drawn_", callee.name.symbol)) return false;
    // Of those that take a function it must be seen what that does.
    const auto has_calm_args = [&](SymbolId method, const auto& written) {
        const std::string_view name = text(method);
        const bool takes_function = name == "map" || name == "filter" || name == "fold" || name == "count";
        if (takes_function && (written.empty() || !expr(without_parens(written.back().expr)).template as<syntax::ClosureExpr>())) return false;
        return std::ranges::all_of(written, [&](const auto& arg) { return !arg.is_mut && is_calm(program_, tree(), arg.expr); });
    };
    if (!has_calm_args(callee.name.symbol, args)) return false;
    for (const syntax::FieldExpr* method = method_call(id); method; method = method_call(id)) {
        if (!has_calm_args(method->name.symbol, view(expr(id).as<syntax::CallExpr>()->args))) return false;
        if (!has_lazy_method("__lazy_", method->name.symbol)) return true;
        id = without_parens(method->base);
    }
    return true;
}

} // namespace tn::check
