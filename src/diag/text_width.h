// How much room a character takes in a terminal, and which ones must not reach it.
//
// In: UTF-8. Out: scalar values and column widths. It refuses to know about lines, tabs and colours. (A
// table of ranges instead of utf8proc: this layer has no Unicode library, and widths need only these.)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tn::diag {

struct DecodedScalar {
    char32_t scalar = 0;
    std::uint32_t size = 1; // bytes; at least 1, also for a malformed byte
    bool is_valid = false;
};

// Decodes the scalar value at `offset`, which must lie inside the text.
DecodedScalar decode_scalar(std::string_view text, std::size_t offset);
void append_scalar(std::string& out, char32_t scalar);

// 0 for combining marks, 2 for wide East Asian characters and emoji, else 1.
std::uint32_t display_width(char32_t scalar);
// Control characters and those that reorder text: shown as U+FFFD.
bool is_unprintable(char32_t scalar);
// The text with those, and malformed bytes, replaced.
std::string printable(std::string_view text);

} // namespace tn::diag
