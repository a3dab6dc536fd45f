// The rows of core_trait.def.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tn {

enum class CoreTrait : std::uint8_t {
#define CORE_TRAIT(id, method, inputs, out, op) id,
#include "builtins/core_trait.def"
};
#define CORE_TRAIT(id, method, inputs, out, op) +1
inline constexpr unsigned core_trait_count = 0
#include "builtins/core_trait.def"
    ;

enum class CoreTraitUse : std::uint8_t { None, Derived, Operator };

struct CoreTraitInfo {
    std::string_view name, method;
    unsigned inputs;
    bool has_out;
    CoreTraitUse use;
    std::string_view op; // with use Operator: the name of the row of ast.def
};
const CoreTraitInfo& core_trait_info(CoreTrait id);
std::optional<CoreTrait> find_core_trait(std::string_view name);

} // namespace tn
