// Builtin: the rows of builtin.def. Signatures are text; the checker parses them once.
#pragma once

#include "builtins/runtime_fn.h"

#include <string_view>

namespace tn {

enum class BuiltinId : std::uint16_t {
#define BUILTIN(id, owner, name, signature, how, doc) id,
#include "builtins/builtin.def"
};
#define BUILTIN(id, owner, name, signature, how, doc) +1
inline constexpr unsigned builtin_count = 0
#include "builtins/builtin.def"
    ;

enum class BuiltinHow : std::uint8_t { Rt, Op, Special };

struct BuiltinInfo {
    std::string_view id, owner, name, signature;
    BuiltinHow how;
    std::string_view target; // the RuntimeFn row or the ir op of Rt(...) and Op(...)
    std::string_view doc;
};
const BuiltinInfo& builtin_info(BuiltinId id);

} // namespace tn
