// The language's own functions and methods, with their signatures as types.
//
// In: builtin.def. Out: a row by owner and name, its signature parsed once per compilation and on first use.
// It refuses to know who calls them.
#pragma once

#include "builtins/builtin.h"
#include "check/prelude_index.h"
#include "types/type_table.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tn::check {

struct BuiltinParam {
    TypeId type; // may mention type_params
    bool is_mut = false;
};

struct BuiltinSignature {
    std::vector<TypeId> type_params;              // Param types; the first is Self where the owner is a class
    std::vector<std::vector<std::string>> bounds; // by type parameter: names of traits
    std::vector<BuiltinParam> params;
    TypeId result;
    bool has_self = false; // type_params[0] stands for Self
};

// Static: `List.filled`; Method: `xs.len()`; Free: `print`.
enum class BuiltinRole : std::uint8_t { Free, Method, Static };

// The row of a free function.
std::optional<BuiltinId> find_builtin_fn(std::string_view name);
// The row of a method or static function of values of a type of this kind (and, for enums and records, name).
// Of a type parameter only those of its class.
std::optional<BuiltinId> find_builtin_member(const TypeTable& types, TypeId owner, std::string_view name,
                                             BuiltinRole role, NumberClass number_class = NumberClass::None);
// The same for a literal whose type is not yet known.
std::optional<BuiltinId> find_literal_method(bool is_float, std::string_view name);
// The rows of an owner, for suggestions, without hidden ones.
std::vector<std::string_view> builtin_member_names(const TypeTable& types, TypeId owner, BuiltinRole role);
std::vector<std::string_view> builtin_fn_names();

class BuiltinTable {
public:
    explicit BuiltinTable(TypeTable& types) : types_(types), signatures_(builtin_count) {}
    const BuiltinSignature& get(BuiltinId id);

private:
    TypeTable& types_;
    std::vector<std::optional<BuiltinSignature>> signatures_;
};

} // namespace tn::check
