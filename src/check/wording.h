// Small pieces of messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tn::check {

// "1 argument", "2 arguments".
inline std::string counted(std::size_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

} // namespace tn::check
