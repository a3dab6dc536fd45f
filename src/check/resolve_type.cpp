// Type expressions to types.
#include "check/program.h"

#include "check/signature_text.h"
#include "check/suggest.h"
#include "check/wording.h"
#include "syntax/parser.h"

namespace tn::check {

namespace {

// Type expressions within aliases within type expressions; each level is a call.
constexpr unsigned max_type_nesting = 2 * syntax::max_nesting;

} // namespace

TypeId Program::not_supported(std::string_view what, Span span) {
    sink.report(Diag::NotSupported, span, what).note("this version of Tenon does not have it yet");
    return simple(TypeKind::Error);
}

TypeId Program::check_size(TypeId type, Span span) {
    bool too_large = facts.depth(type) > TypeFacts::max_depth;
    if (!too_large && !has_broken_types_ && !facts.has_error(type) && !facts.has_infer(type) &&
        !types.has_param(type)) {
        too_large = layouts.get(type).leaves.size() > max_leaves;
    }
    if (!too_large) return type;
    sink.report(Diag::TypeTooLarge, span, types.print(type))
        .note("a value is at most " + std::to_string(max_leaves) +
              " scalars and references; put parts of it in a `List`");
    return simple(TypeKind::Error);
}

template <> TypeId Program::resolve_node(const TypeScope&, const syntax::ErrorTypeExpr&, Span, bool) {
    return simple(TypeKind::Error);
}
template <>
TypeId Program::resolve_node(const TypeScope& scope, const syntax::InferTypeExpr&, Span span, bool) {
    if (scope.infer) return scope.infer(span);
    sink.report(Diag::NotAllowedHere, span, "`_`").note("a type is inferred inside functions only");
    return simple(TypeKind::Error);
}
template <>
TypeId Program::resolve_node(const TypeScope&, const syntax::NeverTypeExpr&, Span span, bool is_result) {
    if (is_result) return simple(TypeKind::Never);
    sink.report(Diag::NotAllowedHere, span, "`!`")
        .note("`!` is the result of a function that does not return");
    return simple(TypeKind::Error);
}
template <> TypeId Program::resolve_node(const TypeScope&, const syntax::MutTypeExpr&, Span span, bool) {
    sink.report(Diag::SliceMisuse, span, input.sources.text(span));
    return simple(TypeKind::Error);
}
template <> TypeId Program::resolve_node(const TypeScope& scope, const syntax::FnTypeExpr& node, Span, bool) {
    std::vector<TypeId> params;
    for (const syntax::FnTypeParam& param : ast(scope.module).view(node.params)) {
        params.push_back(resolve_param_type(scope, param.type));
        if (!param.is_mut) continue;
        sink.report(Diag::UnexpectedMut, ast(scope.module).types[param.type].span,
                    "a function value has no `mut` parameters");
        params.back() = simple(TypeKind::Error);
    }
    TypeId result = node.ret.is_valid() ? resolve_type(scope, node.ret, true) : simple(TypeKind::Unit);
    return types.fn(params, result);
}
template <>
TypeId Program::resolve_node(const TypeScope& scope, const syntax::OptionalTypeExpr& node, Span, bool) {
    TypeId inner = resolve_type(scope, node.inner);
    return types.kind(inner) == TypeKind::Error ? inner : types.option(inner);
}
template <>
TypeId Program::resolve_node(const TypeScope& scope, const syntax::TupleTypeExpr& node, Span span, bool) {
    std::vector<TypeId> elements;
    for (TypeExprId element : ast(scope.module).view(node.elements))
        elements.push_back(resolve_type(scope, element));
    if (elements.size() == 1) {
        sink.report(Diag::NotAllowedHere, span, "a tuple of one element");
        return simple(TypeKind::Error);
    }
    return types.tuple(elements);
}
template <>
TypeId Program::resolve_node(const TypeScope& scope, const syntax::NamedTypeExpr& node, Span span, bool) {
    return resolve_named(scope, node, span);
}

TypeId Program::resolve_type(const TypeScope& scope, TypeExprId id, bool is_result) {
    const syntax::TypeExpr& expr = ast(scope.module).types[id];
    if (type_nesting_ >= max_type_nesting) {
        sink.report(Diag::NestingTooDeep, expr.span, max_type_nesting);
        return simple(TypeKind::Error);
    }
    ++type_nesting_;
    TypeId type = std::visit(
        [&](const auto& node) { return resolve_node(scope, node, expr.span, is_result); }, expr.node);
    --type_nesting_;
    if (facts.has_error(type)) return simple(TypeKind::Error);
    if (facts.depth(type) > TypeFacts::max_depth) return check_size(type, expr.span);
    return type;
}

TypeId Program::resolve_named(const TypeScope& scope, const syntax::NamedTypeExpr& node, Span span) {
    const syntax::Ast& tree = ast(scope.module);
    std::span<const syntax::Name> path = tree.view(node.path);
    std::vector<TypeId> args;
    for (TypeExprId arg : tree.view(node.args)) args.push_back(resolve_type(scope, arg));
    if (path.empty() || !path[0].is_valid()) return simple(TypeKind::Error);
    if (!path.back().is_valid()) return simple(TypeKind::Error); // reported by the parser
    SymbolId name = path.back().symbol;
    auto takes = [&](std::string_view what, std::size_t count) {
        if (args.size() == count) return true;
        sink.report(Diag::TypeArgumentCount, span, what, counted(count, "type argument"), args.size());
        return false;
    };
    const bool is_single = path.size() == 1;
    if (is_single && scope.generics) {
        if (TypeId param = scope.generics->find(name); param.is_valid())
            return takes(text(name), 0) ? param : simple(TypeKind::Error);
    }
    if (is_single && text(name) == "Self") {
        if (scope.self.is_valid()) return takes("Self", 0) ? scope.self : simple(TypeKind::Error);
        sink.report(Diag::NotAllowedHere, span, "`Self`").note("`Self` is the type of an `impl` or `trait`");
        return simple(TypeKind::Error);
    }
    std::optional<Entity> entity = find_path(scope.module, path);
    if (!entity) {
        if (is_single) unknown_type(scope, path[0]);
        return simple(TypeKind::Error);
    }
    switch (entity->kind) {
    case EntityKind::Unavailable: return simple(TypeKind::Error);
    case EntityKind::Alias:
        return takes(text(name), alias_param_count(entity->index)) ? alias_type(entity->index, args, span)
                                                                   : simple(TypeKind::Error);
    case EntityKind::Nominal: {
        TypeId type = apply_nominal(NominalId(entity->index), args, span);
        if (scope.bounded && !args.empty() && types.kind(type) != TypeKind::Error)
            scope.bounded->emplace_back(type, span);
        return type;
    }
    case EntityKind::BuiltinType: {
        BuiltinType type = *find_builtin_type(types, text(name));
        if (!takes(type.name, type.arg_count)) return simple(TypeKind::Error);
        if (type.kind == TypeKind::Slice) {
            sink.report(Diag::SliceMisuse, span, input.sources.text(span));
            return simple(TypeKind::Error);
        }
        if (type.kind == TypeKind::Range && types.kind(args[0]) != TypeKind::Error &&
            !facts.is_integer(args[0])) {
            sink.report(Diag::NotAllowedHere, span, "`Range[" + types.print(args[0]) + "]`")
                .note("a range has integers at its ends");
            return simple(TypeKind::Error);
        }
        for (TypeId arg : args) {
            if (types.kind(arg) == TypeKind::Error) return arg;
        }
        TypeId made = make_builtin_type(types, type, args);
        bool has_bounds = type.kind == TypeKind::Map || type.kind == TypeKind::Set;
        if (scope.bounded && has_bounds) scope.bounded->emplace_back(made, span);
        return made;
    }
    case EntityKind::Trait:
        sink.report(Diag::NotAType, span, text(name), describe(entity->kind))
            .hint("a type parameter can have it as a bound: `T: " + std::string(text(name)) + "`");
        return simple(TypeKind::Error);
    case EntityKind::Fn:
    case EntityKind::Global:
    case EntityKind::HostVariable:
    case EntityKind::HostFn:
    case EntityKind::HostModule:
    case EntityKind::Module:
    case EntityKind::BuiltinFn:
    case EntityKind::Constructor:
        sink.report(Diag::NotAType, span, text(name), describe(entity->kind));
        return simple(TypeKind::Error);
    }
    return simple(TypeKind::Error);
}

TypeId Program::apply_nominal(NominalId id, std::span<const TypeId> args, Span span) {
    const Nominal& nominal = types.nominal(id);
    if (nominal.params.size() != args.size()) {
        sink.report(Diag::TypeArgumentCount, span, nominal.name,
                    counted(nominal.params.size(), "type argument"), args.size());
        return simple(TypeKind::Error);
    }
    return types.make(nominal.kind, args, id.value);
}

TypeId Program::alias_type(std::uint32_t index, std::span<const TypeId> args, Span use) {
    switch (aliases_[index].state) {
    case Alias::State::Done: break;
    case Alias::State::Active:
        sink.report(Diag::RecursiveAlias, use,
                    text(ast(aliases_[index].module).items[aliases_[index].item].name.symbol));
        return simple(TypeKind::Error);
    case Alias::State::New: {
        aliases_[index].state = Alias::State::Active;
        TypeScope scope;
        scope.module = aliases_[index].module;
        scope.generics = &aliases_[index].generics;
        const auto* node = ast(scope.module).items[aliases_[index].item].as<syntax::AliasItem>();
        TypeId type = resolve_type(scope, node->type);
        aliases_[index].type = type;
        aliases_[index].state = Alias::State::Done;
        break;
    }
    }
    return types.substitute(aliases_[index].type, aliases_[index].generics.params, args);
}

void Program::unknown_type(const TypeScope& scope, const syntax::Name& name) {
    std::string_view spelled = text(name.symbol);
    std::string best(foreign_type(spelled));
    std::string import = best.empty() ? import_hint(scope.module, name.symbol) : "";
    if (best.empty() && import.empty() && may_suggest()) {
        std::vector<std::string_view> candidates = builtin_type_names();
        for (const auto& [symbol, entry] : names_[scope.module]) {
            EntityKind kind = entry.entity.kind;
            if (kind == EntityKind::Nominal || kind == EntityKind::Alias) candidates.push_back(text(symbol));
        }
        best = suggest(spelled, candidates);
    }
    diag::DiagnosticBuilder report = sink.report(Diag::UnknownType, name.span, spelled);
    if (!import.empty())
        report.hint(import);
    else if (!best.empty())
        report.hint("did you mean `" + best + "`?");
}

} // namespace tn::check
