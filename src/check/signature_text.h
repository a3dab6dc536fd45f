// Signatures written as text: the language's own (builtin.def) and the host's.
//
// In: `fn[T: Show](mut List[T], i64) -> T?`. Out: types. It refuses to know a script's own types: a
// signature names only types of the language.
#pragma once

#include "check/builtin_table.h"

#include <optional>
#include <string>
#include <string_view>

namespace tn::check {

// Nullopt, and the reason, when the text is no signature. With `has_self`, `Self` is its first type
// parameter.
std::optional<BuiltinSignature> parse_signature(std::string_view text, bool has_self, TypeTable& types,
                                                std::string& reason);

// What the language's own types are called. `List`, `Option` and so on take arguments: their count.
struct BuiltinType {
    std::string_view name;
    TypeKind kind;
    unsigned arg_count;
    NominalId nominal; // Option, Result, Verdict
};
std::optional<BuiltinType> find_builtin_type(const TypeTable& types, std::string_view name);
std::vector<std::string_view> builtin_type_names();
// The type itself, from its arguments.
TypeId make_builtin_type(TypeTable& types, const BuiltinType& type, std::span<const TypeId> args);

} // namespace tn::check
