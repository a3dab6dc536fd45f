// `for`: what it may run over, and the calls that give its elements.
#include "check/body.h"

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

// Whether a lazy value has a lazy method for this one.
bool BodyChecker::has_lazy_twin(SymbolId method) {
    const Prelude* prelude = program_.input.prelude;
    Interner& names = program_.interner;
    return prelude &&
           prelude->find_member(names.intern("__Lazy"), names.intern("__lazy_" + std::string(text(method))));
}

// The function to call instead of the method or static function `name` of `owner` when the call is the
// iterable of a `for`, or makes it.
std::optional<BodyChecker::Target> BodyChecker::lazy_target(ExprId id, TypeId owner,
                                                            const syntax::Name& name) {
    if (!lazy_calls_.contains(id)) return {};
    return prelude_member(owner, "__lazy_" + std::string(text(name.symbol)), name.span);
}

// `for x in xs.map(f)` makes no list where the prelude has a method `__lazy_map`: the call is replaced by
// that one. Its receiver may be lazy, too, when the lazy value has `__lazy_map` itself.
void BodyChecker::mark_lazy_calls(ExprId iterable) {
    bool may_be_lazy = true;
    for (ExprId id = without_parens(iterable); may_be_lazy;) {
        const auto* call = expr(id).as<syntax::CallExpr>();
        const auto* method = call ? expr(call->callee).as<syntax::FieldExpr>() : nullptr;
        if (!method || !method->name.is_valid()) return;
        lazy_calls_.insert(id);
        may_be_lazy = has_lazy_twin(method->name.symbol);
        id = without_parens(method->base);
    }
}

} // namespace tn::check
