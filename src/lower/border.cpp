// What a host needs beside the functions it calls: the script's own equality and hash of the keys in the maps
// and sets that cross the border.
#include "lower/module_lowering.h"

#include <set>

namespace tn::lower {

void ModuleLowering::add_key_impls() {
    const check::Checked& checked = input_.checked;
    module_.own_keys = {types().map_id, types().set_id};
    for (std::size_t i = 0; i < checked.impls.size(); ++i) {
        const check::Impl& impl = checked.impls[check::ImplId(i)];
        for (CoreTrait trait : {CoreTrait::Eq, CoreTrait::Hash}) {
            if (impl.trait == checked.core_traits[static_cast<std::size_t>(trait)] &&
                types().is_nominal(impl.self))
                module_.own_keys.push_back(types().nominal_id(impl.self));
        }
    }

    struct Seen {
        TypeId type;
        bool is_key;
    };
    std::vector<Seen> work;
    std::set<std::pair<std::uint32_t, bool>> seen;
    const auto add = [&](TypeId type, bool is_key) {
        if (seen.insert({type.value, is_key}).second) work.push_back({type, is_key});
    };
    for (const ir::Export& e : module_.exports) {
        for (TypeId param : e.params) add(param, false);
        add(e.result, false);
    }
    for (const ir::GlobalVar& var : module_.globals) add(var.type, false);
    for (const ir::HostFn& fn : module_.host_fns) {
        for (TypeId param : fn.params) add(param, false);
        add(fn.result, false);
    }
    while (!work.empty()) {
        const auto [type, is_key] = work.back();
        work.pop_back();
        if (is_key && types().is_nominal(type)) {
            ir::KeyImpl key{type, {}, {}};
            if (const auto hash = core_impl(CoreTrait::Hash, type)) key.hash = fn_instance(*hash);
            if (const auto equal = core_impl(CoreTrait::Eq, type)) key.equal = fn_instance(*equal);
            if (key.hash.is_valid() || key.equal.is_valid()) module_.key_impls.push_back(key);
        }
        const bool is_table = types().kind(type) == TypeKind::Map || types().kind(type) == TypeKind::Set;
        const std::vector<TypeId> args(types().args(type).begin(), types().args(type).end());
        for (std::size_t i = 0; i < args.size(); ++i) add(args[i], is_key || (is_table && i == 0));
        if (is_table || !types().is_nominal(type)) continue;
        // Copies: field_type() may add types.
        const Nominal nominal = types().nominal(type);
        for (const Field& field : nominal.fields) add(types().field_type(type, field), is_key);
        for (const Variant& variant : nominal.variants) {
            for (const Field& field : variant.fields) add(types().field_type(type, field), is_key);
        }
    }
}

} // namespace tn::lower
