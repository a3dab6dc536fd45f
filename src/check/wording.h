// Small pieces of messages, and what the spelling of a name says.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tn::check {

// "1 argument", "2 arguments".
inline std::string counted(std::size_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

// A binding starts with a small letter or `_`; other scripts than those with case bind too.
inline bool is_capitalized(std::string_view name) { return !name.empty() && name[0] >= 'A' && name[0] <= 'Z'; }

} // namespace tn::check
