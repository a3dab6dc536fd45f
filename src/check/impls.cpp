// Matching concrete types with the impls of a trait.
#include "check/impls.h"

namespace tn::check {

namespace {

// `pattern` with its parameters bound is `type`; binds those that are not yet.
bool match(const TypeTable& types, TypeId pattern, TypeId type, std::span<const TypeId> params,
           std::vector<TypeId>& bound) {
    for (std::size_t i = 0; i < params.size(); ++i) {
        if (pattern != params[i]) continue;
        if (!bound[i].is_valid()) bound[i] = type;
        return bound[i] == type;
    }
    if (pattern == type) return true;
    const Type &a = types[pattern], &b = types[type];
    if (a.kind != b.kind || a.payload != b.payload || a.args.count != b.args.count) return false;
    for (unsigned i = 0; i < a.args.count; ++i) {
        if (!match(types, types.arg(pattern, i), types.arg(type, i), params, bound)) return false;
    }
    return true;
}

} // namespace

std::optional<ImplMatch> find_impl(const Checked& checked, const TypeTable& types, TraitId trait, TypeId self,
                                   std::span<const TypeId> trait_args) {
    for (std::size_t i = 0; i < checked.impls.size(); ++i) {
        const Impl& impl = checked.impls[ImplId(i)];
        if (impl.trait != trait) continue;
        std::vector<TypeId> bound(impl.type_params.size());
        if (!match(types, impl.self, self, impl.type_params, bound)) continue;
        bool fits = true;
        for (std::size_t a = 0; fits && a < trait_args.size() && a < impl.trait_args.size(); ++a)
            fits = match(types, impl.trait_args[a], trait_args[a], impl.type_params, bound);
        if (fits) return ImplMatch{ImplId(i), std::move(bound)};
    }
    return std::nullopt;
}

} // namespace tn::check
