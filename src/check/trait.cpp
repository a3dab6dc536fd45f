// Traits: their declaration, what a written reference to one means, and what they include.
#include "check/program.h"

#include "support/ice.h"

#include <algorithm>

namespace tn::check {

void Program::declare_trait(ModuleId module, ItemId id) {
    const syntax::Item& item = ast(module).items[id];
    const auto& node = *item.as<syntax::TraitItem>();
    Trait trait;
    trait.name = item.name.is_valid() ? std::string(text(item.name.symbol)) : "";
    trait.span = item.name.is_valid() ? item.name.span : item.span;
    trait.self = types.param("Self");
    TraitDecl decl;
    decl.module = module;
    decl.item = id;
    decl.generics.params.push_back(trait.self);
    declare_generics(module, node.generics, decl.generics);
    trait.params.assign(decl.generics.params.begin() + 1, decl.generics.params.end());
    if (is_prelude(module)) decl.core = find_core_trait(trait.name);
    TraitId trait_id(out.traits.size());
    if (decl.core) {
        const CoreTraitInfo& row = core_trait_info(*decl.core);
        TN_CHECK(trait.params.size() == row.inputs + (row.has_out ? 1 : 0), "core_trait.def: " + trait.name);
        out.core_traits[static_cast<unsigned>(*decl.core)] = trait_id;
    }
    out.traits.push_back(std::move(trait));
    trait_decls_.push_back(std::move(decl));
    add_name(module, item.name, Entity{EntityKind::Trait, trait_id.value});
}

// Its bounds, the traits it includes, and its methods.
void Program::resolve_trait_item(TraitId id) {
    TraitDecl& decl = trait_decls_[id.index()];
    const syntax::Item& item = ast(decl.module).items[decl.item];
    const auto& node = *item.as<syntax::TraitItem>();
    TypeId self = out.traits[id].self;
    decl.generics.bounds.push_back({self, id, out.traits[id].params, out.traits[id].span, decl.core});
    TypeScope scope;
    scope.module = decl.module;
    scope.self = self;
    scope.generics = &decl.generics;
    resolve_bounds(scope, node.generics, decl.generics);
    for (TypeExprId super : ast(decl.module).view(node.supertraits)) {
        std::optional<Bound> bound = resolve_trait(scope, super, self, false);
        if (!bound) continue;
        out.traits[id].supers.push_back(bound->trait);
        decl.supers.push_back(*bound);
    }
    for (ItemId member : ast(decl.module).view(node.members)) {
        const syntax::Item& fn_item = ast(decl.module).items[member];
        const auto* fn_node = fn_item.as<syntax::FnItem>();
        if (!fn_node || !fn_item.name.is_valid()) continue;
        SymbolId name = fn_item.name.symbol;
        FnId fn = declare_fn(decl.module, member, self, decl.generics,
                             out.traits[id].name + "." + std::string(text(name)));
        out.fns[fn].is_method = fn_node->has_self;
        fn_decls_[fn.index()].trait = id;
        for (FnId other : out.traits[id].methods) {
            if (out.fns[other].name != out.fns[fn].name) continue;
            sink.report(Diag::DuplicateName, fn_item.name.span, out.fns[fn].name)
                .label(out.fns[other].span, "first defined here");
        }
        out.traits[id].methods.push_back(fn);
        trait_methods_[name].push_back({id, fn});
    }
    if (!is_prelude(decl.module)) return;
    for (FnId fn : out.traits[id].methods) resolve_signature(fn);
    declare_prelude_impls(id, item.name.symbol);
}

TraitId Program::core_trait(CoreTrait core) {
    TraitId& known = out.core_traits[static_cast<unsigned>(core)];
    if (known.is_valid() || !input.prelude) return known;
    const PreludeItem* item = input.prelude->find_item(interner.intern(core_trait_info(core).name));
    if (!item) return known;
    SymbolId name = ast(prelude_module(item->module)).items[item->item].name.symbol;
    find_prelude_entity(name);
    return known;
}

std::span<const Program::TraitMethod> Program::trait_methods(SymbolId name) {
    // The compiler's own traits become known by the names of their methods, too.
    std::string_view spelled = text(name);
    for (unsigned i = 0; i < core_trait_count; ++i) {
        CoreTrait core = static_cast<CoreTrait>(i);
        bool is_setter = core == CoreTrait::Index && spelled == "set_index";
        if (core_trait_info(core).method == spelled || is_setter) core_trait(core);
    }
    auto it = trait_methods_.find(name);
    if (it == trait_methods_.end()) return {};
    return it->second;
}

// `Mul[f64]` as a bound of `subject`, or as what an `impl` is of. An `impl` leaves out the result of a core
// trait's method: the last argument is then invalid, until the method is known. Nullopt: reported.
std::optional<Bound> Program::resolve_trait(const TypeScope& scope, TypeExprId id, TypeId subject,
                                            bool is_impl) {
    const syntax::TypeExpr& expr = ast(scope.module).types[id];
    const auto* node = expr.as<syntax::NamedTypeExpr>();
    if (!node) {
        if (!expr.as<syntax::ErrorTypeExpr>())
            sink.report(Diag::UnknownTrait, expr.span, input.sources.text(expr.span));
        return {};
    }
    std::span<const syntax::Name> path = ast(scope.module).view(node->path);
    std::vector<TypeId> args;
    bool has_error = false;
    for (TypeExprId arg : ast(scope.module).view(node->args)) {
        args.push_back(resolve_type(scope, arg));
        has_error |= types.kind(args.back()) == TypeKind::Error;
    }
    if (path.empty() || !path[0].is_valid()) return {};
    std::optional<Entity> entity = find_path(scope.module, path);
    if (!entity && path.size() > 1) return {};
    if (!entity || entity->kind != EntityKind::Trait) {
        if (entity && entity->kind == EntityKind::Unavailable) return {};
        std::string spelled(input.sources.text(join(path.front().span, path.back().span)));
        diag::DiagnosticBuilder builder = sink.report(Diag::UnknownTrait, expr.span, spelled);
        if (entity) {
            builder.primary("this is " + std::string(describe(entity->kind)));
        } else {
            std::string import = import_hint(scope.module, path[0].symbol);
            std::vector<std::string_view> candidates;
            for (const Trait& trait : out.traits) candidates.push_back(trait.name);
            for (unsigned i = 0; i < core_trait_count; ++i)
                candidates.push_back(core_trait_info(static_cast<CoreTrait>(i)).name);
            std::string best = import.empty() ? suggest(spelled, candidates) : "";
            if (!import.empty()) builder.hint(import);
            if (!best.empty()) builder.hint("did you mean `" + best + "`?");
        }
        return {};
    }
    TraitId trait(entity->index);
    const TraitDecl& decl = trait_decl(trait);
    const std::string& name = out.traits[trait].name;
    std::size_t count = out.traits[trait].params.size();
    if (decl.core) {
        const CoreTraitInfo& row = core_trait_info(*decl.core);
        bool is_operator = row.use == CoreTraitUse::Operator;
        if (args.empty() && row.inputs == 1 && is_operator) args.push_back(subject);
        if (row.has_out && args.size() == row.inputs) {
            if (is_impl) args.emplace_back();
            else if (is_operator) args.push_back(subject);
        } else if (row.has_out && is_impl && args.size() == row.inputs + 1) {
            sink.report(Diag::TypeArgumentCount, expr.span, name, row.inputs, args.size())
                .note("the result is what the method's declaration says");
            return {};
        }
    }
    if (args.size() != count) {
        sink.report(Diag::TypeArgumentCount, expr.span, name, count, args.size());
        return {};
    }
    if (has_error) return {};
    return Bound{subject, trait, std::move(args), expr.span, decl.core};
}

Bound Program::substitute(const Bound& bound, std::span<const TypeId> params, std::span<const TypeId> args) {
    Bound made = bound;
    made.subject = types.substitute(bound.subject, params, args);
    for (TypeId& arg : made.args) arg = types.substitute(arg, params, args);
    return made;
}

std::vector<Bound> Program::with_supers(std::span<const Bound> bounds) {
    std::vector<Bound> all(bounds.begin(), bounds.end());
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!all[i].trait.is_valid()) continue;
        const TraitDecl& decl = trait_decl(all[i].trait);
        if (decl.supers.empty()) continue;
        std::vector<TypeId> args = {all[i].subject};
        args.insert(args.end(), all[i].args.begin(), all[i].args.end());
        for (const Bound& super : decl.supers) {
            Bound included = substitute(super, decl.generics.params, args);
            bool is_known = std::ranges::any_of(all, [&](const Bound& other) {
                return other.trait == included.trait && other.subject == included.subject &&
                       other.args == included.args;
            });
            // Generic traits may include ever larger instances of each other.
            bool is_deep = std::ranges::any_of(included.args, [&](TypeId arg) { return facts.depth(arg) > 16; });
            if (!is_known && !is_deep) all.push_back(std::move(included));
        }
    }
    return all;
}

std::string Program::print_trait(const Bound& bound, const std::function<std::string(TypeId)>& print) const {
    std::string name = bound.trait.is_valid() ? out.traits[bound.trait].name
                                              : std::string(core_trait_info(*bound.core).name);
    std::size_t shown = bound.args.size();
    if (bound.core) {
        const CoreTraitInfo& row = core_trait_info(*bound.core);
        shown = std::min<std::size_t>(shown, row.inputs);
        if (row.use == CoreTraitUse::Operator && shown == 1 && bound.args[0] == bound.subject) shown = 0;
    }
    std::string args;
    for (std::size_t i = 0; i < shown; ++i) args += (i == 0 ? "" : ", ") + print(bound.args[i]);
    return shown == 0 ? name : name + "[" + args + "]";
}

std::string Program::print_trait(const Bound& bound) const {
    return print_trait(bound, [this](TypeId type) { return types.print(type); });
}

} // namespace tn::check
