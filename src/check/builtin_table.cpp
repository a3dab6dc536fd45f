// See builtin_table.h.
#include "check/builtin_table.h"

#include "check/signature_text.h"
#include "support/ice.h"

#include <array>
#include <unordered_map>

namespace tn::check {

namespace {

constexpr std::string_view static_prefix = "static ";

struct Index {
    // By "owner.name".
    std::unordered_map<std::string, BuiltinId> members, statics;
    std::unordered_map<std::string_view, BuiltinId> fns;
    Index() {
        for (unsigned i = 0; i < builtin_count; ++i) {
            BuiltinId id = static_cast<BuiltinId>(i);
            const BuiltinInfo& info = builtin_info(id);
            if (info.owner.empty()) {
                fns.emplace(info.name, id);
            } else if (info.owner.starts_with(static_prefix)) {
                statics.emplace(key(info.owner.substr(static_prefix.size()), info.name), id);
            } else {
                members.emplace(key(info.owner, info.name), id);
            }
        }
    }
    static std::string key(std::string_view owner, std::string_view name) {
        return std::string(owner) + "." + std::string(name);
    }
};
const Index& index() {
    static const Index table;
    return table;
}

// The owners under which a type's members stand.
std::array<std::string_view, 3> owners_of(const TypeTable& types, TypeId type, NumberClass number_class) {
    TypeKind kind = types.kind(type);
    switch (number_class) {
    case NumberClass::None: break;
    case NumberClass::Int: return {"int", "number", ""};
    case NumberClass::Float: return {"float", "number", ""};
    case NumberClass::Number: return {"number", "", ""};
    }
    if (types.is_integer(type)) return {type_kind_text(kind), "int", "number"};
    if (types.is_float(type)) return {type_kind_text(kind), "float", "number"};
    if (types.is_nominal(type)) {
        NominalId id = types.nominal_id(type);
        bool is_prelude = id == types.option_id || id == types.result_id || id == types.verdict_id ||
                          id == types.map_id || id == types.set_id;
        return {is_prelude ? std::string_view(types.nominal(id).name) : std::string_view(), "", ""};
    }
    if (type_class(kind) == TypeClass::Special) return {"", "", ""};
    return {type_kind_text(kind), "", ""};
}

bool is_class(std::string_view owner) {
    if (owner.starts_with(static_prefix)) owner.remove_prefix(static_prefix.size());
    return owner == "int" || owner == "float" || owner == "number";
}

template <std::size_t count>
std::optional<BuiltinId> find_in(const std::array<std::string_view, count>& owners, std::string_view name,
                                 BuiltinRole role) {
    const auto& table = role == BuiltinRole::Static ? index().statics : index().members;
    for (std::string_view owner : owners) {
        if (owner.empty()) continue;
        if (auto it = table.find(Index::key(owner, name)); it != table.end()) return it->second;
    }
    return {};
}

} // namespace

std::optional<BuiltinId> find_builtin_fn(std::string_view name) {
    auto it = index().fns.find(name);
    if (it == index().fns.end()) return {};
    return it->second;
}

std::optional<BuiltinId> find_builtin_member(const TypeTable& types, TypeId owner, std::string_view name,
                                             BuiltinRole role, NumberClass number_class) {
    return find_in(owners_of(types, owner, number_class), name, role);
}

std::optional<BuiltinId> find_literal_method(bool is_float, std::string_view name) {
    std::array<std::string_view, 2> owners = {is_float ? "float" : "int", "number"};
    return find_in(owners, name, BuiltinRole::Method);
}

std::vector<std::string_view> builtin_member_names(const TypeTable& types, TypeId owner, BuiltinRole role) {
    std::vector<std::string_view> names;
    for (unsigned i = 0; i < builtin_count; ++i) {
        const BuiltinInfo& info = builtin_info(static_cast<BuiltinId>(i));
        std::string_view owner_text = info.owner;
        bool is_static = owner_text.starts_with(static_prefix);
        if (is_static) owner_text.remove_prefix(static_prefix.size());
        if (is_hidden_name(info.name) || owner_text.empty() || is_static != (role == BuiltinRole::Static)) continue;
        for (std::string_view candidate : owners_of(types, owner, NumberClass::None)) {
            if (candidate == owner_text) names.push_back(info.name);
        }
    }
    return names;
}

std::vector<std::string_view> builtin_fn_names() {
    std::vector<std::string_view> names;
    for (const auto& [name, id] : index().fns) {
        if (!is_hidden_name(name)) names.push_back(name);
    }
    return names;
}

const BuiltinSignature& BuiltinTable::get(BuiltinId id) {
    std::optional<BuiltinSignature>& slot = signatures_[static_cast<std::size_t>(id)];
    if (!slot) {
        const BuiltinInfo& info = builtin_info(id);
        std::string reason;
        slot = parse_signature(info.signature, is_class(info.owner), types_, reason);
        TN_CHECK(slot.has_value(), "builtin.def: " + std::string(info.id) + ": " + reason);
    }
    return *slot;
}

} // namespace tn::check
