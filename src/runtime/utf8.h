// Internal to the runtime: UTF-8 and the classes of characters. Texts are valid UTF-8 already; damaged
// bytes are still read safely, one byte as one character.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tn::rt {

inline bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }
// True if a text may be cut before this byte.
inline bool is_boundary(std::string_view text, std::size_t at) {
    return at == text.size() || (at < text.size() && !is_continuation(text[at]));
}

struct Decoded {
    char32_t c;
    unsigned size;
};
// The character at the front of a non-empty text.
Decoded decode_char(std::string_view text);
// Writes 1 to 4 bytes; answers how many.
unsigned encode_char(char32_t c, char* out);
std::int64_t count_chars(std::string_view text);

bool is_white_space(char32_t c);
// Unicode's simple case mappings: one character to one.
char32_t simple_upper(char32_t c);
char32_t simple_lower(char32_t c);
bool is_printable(char32_t c); // shown as itself, not as an escape

} // namespace tn::rt
