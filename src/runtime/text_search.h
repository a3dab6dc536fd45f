// Internal to the runtime: finding a text in another one.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace tn::rt {

// Long loops of ours look for an interrupt after so many bytes, as loops of scripts do.
constexpr std::size_t check_interval = 1 << 16;

// As string_view::find, but never quadratic (glibc's two-way search).
inline std::size_t find_from(std::string_view text, std::string_view part, std::size_t from) {
    if (part.size() == 1) return text.find(part[0], from);
    if (part.size() > text.size() - from) return std::string_view::npos;
    const void* hit = memmem(text.data() + from, text.size() - from, part.data(), part.size());
    return hit ? static_cast<std::size_t>(static_cast<const char*>(hit) - text.data())
               : std::string_view::npos;
}

} // namespace tn::rt
