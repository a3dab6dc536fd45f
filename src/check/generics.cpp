// The declaration of type parameters, and of the bounds on them.
#include "check/program.h"

#include "check/solver.h"

namespace tn::check {

void Program::declare_generics(ModuleId module, syntax::ListOf<syntax::GenericParam> list, Generics& into) {
    std::size_t first = into.names.size();
    for (const syntax::GenericParam& node : ast(module).view(list)) {
        TypeId param = types.param(node.name.is_valid() ? std::string(text(node.name.symbol)) : "_");
        into.params.push_back(param);
        if (!node.name.is_valid()) continue; // reported by the parser
        for (std::size_t i = first; i < into.names.size(); ++i) {
            if (into.names[i].first == node.name.symbol)
                sink.report(Diag::DuplicateName, node.name.span, text(node.name.symbol));
        }
        into.names.emplace_back(node.name.symbol, param);
        for (TypeExprId bound : ast(module).view(node.bounds)) {
            NumberClass number_class = class_bound(module, bound);
            if (number_class == NumberClass::None) continue;
            facts.set_class(param, number_class);
            into.classes.emplace_back(param, number_class);
        }
    }
}

// The class that a bound of the prelude names.
NumberClass Program::class_bound(ModuleId module, TypeExprId bound) const {
    const auto* named = ast(module).types[bound].as<syntax::NamedTypeExpr>();
    if (!named || !is_prelude(module)) return NumberClass::None;
    return find_number_class(text(ast(module).view(named->path).back().symbol));
}

void Program::resolve_bounds(const TypeScope& scope, syntax::ListOf<syntax::GenericParam> list,
                             Generics& into) {
    std::span<const syntax::GenericParam> nodes = ast(scope.module).view(list);
    std::size_t first = into.params.size() - nodes.size();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        for (TypeExprId id : ast(scope.module).view(nodes[i].bounds)) {
            if (class_bound(scope.module, id) != NumberClass::None) continue;
            if (auto bound = resolve_trait(scope, id, into.params[first + i], false))
                into.bounds.push_back(std::move(*bound));
        }
    }
}

void Program::resolve_nominal_bounds() {
    for (NominalId id : declared_nominals_) {
        NominalDecl& decl = nominal_decls_.at(id.value);
        TypeScope scope;
        scope.module = decl.module;
        scope.generics = &decl.generics;
        const syntax::Item& item = ast(decl.module).items[decl.item];
        const auto* record = item.as<syntax::RecordItem>();
        resolve_bounds(scope, record ? record->generics : item.as<syntax::EnumItem>()->generics, decl.generics);
    }
}

std::span<const Bound> Program::bounds_of(NominalId id) {
    if (id == types.map_id || id == types.set_id) {
        // Keys of a map and elements of a set.
        std::vector<Bound>& bounds = id == types.map_id ? map_bounds_ : set_bounds_;
        if (bounds.empty()) {
            TypeId key = types.nominal(id).params[0];
            bounds.push_back({key, core_trait(CoreTrait::Hash), {}, Span{}, CoreTrait::Hash});
        }
        return bounds;
    }
    auto it = nominal_decls_.find(id.value);
    if (it == nominal_decls_.end()) return {};
    return it->second.generics.bounds;
}

void Program::note_bounded_types(ModuleId module, std::span<const std::pair<TypeId, Span>> found,
                                 const Generics* generics) {
    if (is_prelude(module)) return;
    for (const auto& [type, span] : found) bounded_types_.push_back({type, span, generics});
}

// Types that items name, when all impls are known.
void Program::check_bounded_types() {
    static const Generics none;
    for (std::size_t i = 0; i < bounded_types_.size(); ++i) {
        BoundedType use = bounded_types_[i];
        const Generics& generics = use.generics ? *use.generics : none;
        Infer infer(types, facts);
        Solver solver(*this, infer, with_supers(generics.bounds));
        std::vector<TypeId> args(types.args(use.type).begin(), types.args(use.type).end());
        for (const Bound& bound : bounds_of(types.nominal_id(use.type))) {
            Bound goal = substitute(bound, types.nominal(use.type).params, args);
            if (solver.prove(goal, true) == Solver::Answer::No) solver.report(goal, use.span);
        }
    }
    bounded_types_.clear();
}

} // namespace tn::check
