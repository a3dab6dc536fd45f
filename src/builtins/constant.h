// The values of constant.def.
//
// In: a number type and a name. Out: the constant's type and value. It refuses to know expressions.
#pragma once

#include "types/type_table.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tn {

struct BuiltinConstant {
    TypeKind type = TypeKind::I64;
    std::int64_t bits = 0; // integers, extended to 64 bits by their type
    double number = 0;     // floats
};
// `owner` is the kind of the type before the dot.
std::optional<BuiltinConstant> find_builtin_constant(TypeKind owner, std::string_view name);
// The names that `owner` has, for suggestions and documentation.
std::vector<std::string_view> builtin_constant_names(TypeKind owner);

} // namespace tn
