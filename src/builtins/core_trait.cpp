#include "builtins/core_trait.h"

namespace tn {

namespace {

constexpr CoreTraitUse use_of(std::string_view op) {
    if (op == "None") return CoreTraitUse::None;
    return op == "Derived" ? CoreTraitUse::Derived : CoreTraitUse::Operator;
}

constexpr CoreTraitInfo rows[] = {
#define CORE_TRAIT(id, method, inputs, out, op) {#id, method, inputs, out != 0, use_of(#op), #op},
#include "builtins/core_trait.def"
};

} // namespace

const CoreTraitInfo& core_trait_info(CoreTrait id) { return rows[static_cast<unsigned>(id)]; }

std::optional<CoreTrait> find_core_trait(std::string_view name) {
    for (unsigned i = 0; i < core_trait_count; ++i) {
        if (rows[i].name == name) return static_cast<CoreTrait>(i);
    }
    return {};
}

} // namespace tn
