// `Slice[T]`: where it may stand, and that it stays there.
//
// A slice is memory of the host for the time of a call. A parameter holds it; it can be read, changed in
// place and passed on, but never kept.
#include "check/body.h"

namespace tn::check {

// The type of a parameter, which alone may be a slice: `Slice[f64]`, `mut Slice[f64]`.
TypeId Program::resolve_param_type(const TypeScope& scope, TypeExprId id) {
    const syntax::Ast& tree = ast(scope.module);
    Span span = tree.types[id].span;
    const auto* changed = tree.types[id].as<syntax::MutTypeExpr>();
    const auto* named = tree.types[changed ? changed->inner : id].as<syntax::NamedTypeExpr>();
    std::span<const syntax::Name> path = named ? tree.view(named->path) : std::span<const syntax::Name>();
    bool is_slice = path.size() == 1 && path[0].is_valid() && text(path[0].symbol) == "Slice";
    if (is_slice) {
        std::optional<Entity> entity = find_entity(scope.module, path[0].symbol);
        is_slice = entity && entity->kind == EntityKind::BuiltinType;
    }
    if (!is_slice) return resolve_type(scope, id);
    std::span<const TypeExprId> args = tree.view(named->args);
    if (args.size() != 1) {
        sink.report(Diag::TypeArgumentCount, span, "Slice", "1 type argument", args.size());
        return simple(TypeKind::Error);
    }
    TypeId element = resolve_type(scope, args[0]);
    if (types.kind(element) == TypeKind::Error) return element;
    if (type_class(types.kind(element)) != TypeClass::Scalar) {
        sink.report(Diag::NotAllowedHere, tree.types[args[0]].span, "`" + types.print(element) + "`")
            .note("the elements of a slice are numbers, `bool` or `char`; pass others in a `List`");
        return simple(TypeKind::Error);
    }
    return types.make(TypeKind::Slice, {&element, 1}, changed ? 1 : 0);
}

// As a receiver, or where a `Slice[T]` is wanted, a `mut Slice[T]` is as good.
TypeId BodyChecker::as_read_only(TypeId type) {
    type = infer_.shallow(type);
    if (types_.kind(type) != TypeKind::Slice || types_[type].payload == 0) return type;
    TypeId element = types_.arg(type, 0);
    return types_.make(TypeKind::Slice, {&element, 1});
}

void BodyChecker::finish_slices() {
    if (!uses_slices_) return;
    auto misuse = [&](Span span, TypeId type) {
        report(Diag::SliceMisuse, span, print(type))
            .note("it is memory of the host, for the time of this call");
    };
    for (const Local& local : body_.locals) {
        if (types_.kind(local.type) == TypeKind::Slice && !local.is_param) misuse(local.span, local.type);
    }
    // Parts come before what they are part of: the smallest expression is the one to report.
    Span last;
    for (ExprId id : exprs_) {
        TypeId type = info(id).type;
        Span span = span_of(id);
        if (!program_.facts.has_slice(type) || (span.begin <= last.begin && last.end <= span.end)) continue;
        bool is_whole = types_.kind(type) == TypeKind::Slice;
        if (is_whole && info(without_parens(id)).form == Form::Local) continue;
        if (id == body_.root && result_.is_valid() && is_error(result_)) continue; // the signature is wrong
        misuse(span, type);
        last = span;
    }
    for (CallId id : calls_) {
        const Call& call = module_.calls[id];
        for (TypeId arg : call.type_args) {
            if (!program_.facts.has_slice(arg)) continue;
            misuse(call.args.empty() ? span_of(body_.root) : span_of(call.args[0].expr), arg);
            break;
        }
    }
    for (ClosureId id : made_closures_) {
        for (LocalId local : module_.closures[id].captures) {
            if (!program_.facts.has_slice(body_.locals[local].type)) continue;
            report(Diag::SliceMisuse, span_of(module_.closures[id].root), print(body_.locals[local].type))
                .note("a closure cannot capture `" + body_.locals[local].name + "`");
        }
    }
}

} // namespace tn::check
