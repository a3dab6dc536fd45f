// Whether bytes are text.
#pragma once

#include <cstddef>

namespace tn::rt {

// Offset of the first byte that is not part of well-formed UTF-8, or `length`.
std::size_t find_bad_utf8(const char* text, std::size_t length) noexcept;

} // namespace tn::rt
