// Which function a call of a trait's method runs, once all types are concrete.
#include "lower/module_lowering.h"

#include "check/impls.h"
#include "support/ice.h"

namespace tn::lower {

bool ModuleLowering::is_trait_method(check::FnId fn) {
    const check::Checked& checked = input_.checked;
    if (trait_methods_.empty()) {
        for (std::size_t t = 0; t < checked.traits.size(); ++t) {
            const check::Trait& trait = checked.traits[check::TraitId(t)];
            for (unsigned i = 0; i < trait.methods.size(); ++i) {
                if (trait.methods[i].is_valid())
                    trait_methods_[trait.methods[i].value] = TraitMethod{check::TraitId(t), i};
            }
        }
    }
    return trait_methods_.contains(fn.value);
}

ModuleLowering::TraitMethod ModuleLowering::trait_method(check::FnId method) {
    TN_CHECK(is_trait_method(method), "a trait's method that no trait has");
    return trait_methods_.at(method.value);
}

std::optional<FnTarget> ModuleLowering::resolve(check::FnId method, const std::vector<TypeId>& type_args) {
    const check::Checked& checked = input_.checked;
    TraitMethod place = trait_method(method);
    const check::Trait& trait = checked.traits[place.trait];
    std::size_t own = 1 + trait.params.size();
    std::span<const TypeId> trait_args(type_args.data() + 1, trait.params.size());
    auto match = check::find_impl(checked, types(), place.trait, type_args[0], trait_args);
    bool has_default = checked.fns[method].body.root.is_valid();
    if (!match) {
        if (!has_default) return std::nullopt;
        return FnTarget{method, type_args};
    }
    const check::Impl& impl = checked.impls[match->impl];
    if (place.index >= impl.methods.size() || !impl.methods[place.index].is_valid()) {
        TN_CHECK(has_default, "an impl lacks a method");
        // The hidden result type of an operator is what the impl says.
        FnTarget target{method, type_args};
        for (std::size_t i = 0; i < impl.trait_args.size(); ++i) {
            target.type_args[1 + i] =
                types().substitute(impl.trait_args[i], impl.type_params, match->type_args);
        }
        return target;
    }
    FnTarget target{impl.methods[place.index], std::move(match->type_args)};
    target.type_args.insert(target.type_args.end(), type_args.begin() + static_cast<std::ptrdiff_t>(own),
                            type_args.end());
    return target;
}

CoreTrait ModuleLowering::core_trait_of(check::FnId method) {
    check::TraitId trait = trait_method(method).trait;
    for (std::size_t i = 0; i < core_trait_count; ++i) {
        if (input_.checked.core_traits[i] == trait) return static_cast<CoreTrait>(i);
    }
    TN_ICE("a method without a body and without an impl");
}

const std::optional<FnTarget>& ModuleLowering::core_impl(CoreTrait id, TypeId self) {
    auto [entry, is_new] = core_impls_.try_emplace({id, self.value});
    if (!is_new) return entry->second;
    check::TraitId trait_id = input_.checked.core_traits[static_cast<std::size_t>(id)];
    if (!trait_id.is_valid()) return entry->second;
    const check::Trait& trait = input_.checked.traits[trait_id];
    TN_CHECK(trait.params.empty(), "a core trait with type parameters");
    if (!check::find_impl(input_.checked, types(), trait_id, self, {})) return entry->second;
    for (check::FnId method : trait.methods) {
        const std::string& name = input_.checked.fns[method].name;
        std::string_view wanted = core_trait_info(id).method;
        if (name == wanted || name.ends_with("." + std::string(wanted)))
            return entry->second = resolve(method, {self});
    }
    TN_ICE("a core trait lacks its method");
}

} // namespace tn::lower
