// TrapCode: the rows of trap.def. The value of a code is its tn_status.
#pragma once

#include <cstdint>
#include <string_view>

namespace tn {

enum class TrapCode : std::uint32_t {
    None = 0,
#define TRAP(name, status, text) name = status,
#include "builtins/trap.def"
};

// The row's name (`IndexOutOfBounds`) and message pattern; empty for None.
std::string_view trap_name(TrapCode code);
std::string_view trap_text(TrapCode code);

} // namespace tn
