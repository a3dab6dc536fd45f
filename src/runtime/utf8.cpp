// UTF-8 decoding and encoding, white space, printable characters.
#include "runtime/utf8.h"

#include <utf8proc.h>

namespace tn::rt {

Decoded decode_char(std::string_view text) {
    const auto at = [&](unsigned i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
    const char32_t first = at(0);
    if (first < 0x80) return {first, 1};
    const unsigned size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || text.size() < size) return {first, 1};
    char32_t c = first & (0xffu >> (size + 1));
    for (unsigned i = 1; i < size; ++i) {
        if (!is_continuation(text[i])) return {first, 1};
        c = c << 6 | (at(i) & 0x3f);
    }
    return {c, size};
}

unsigned encode_char(char32_t c, char* out) {
    const auto put = [&](unsigned i, char32_t byte) {
        out[i] = static_cast<char>(static_cast<unsigned char>(byte));
    };
    if (c < 0x80) {
        put(0, c);
        return 1;
    }
    if (c < 0x800) {
        put(0, 0xc0 | c >> 6);
        put(1, 0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        put(0, 0xe0 | c >> 12);
        put(1, 0x80 | (c >> 6 & 0x3f));
        put(2, 0x80 | (c & 0x3f));
        return 3;
    }
    put(0, 0xf0 | (c >> 18 & 7));
    put(1, 0x80 | (c >> 12 & 0x3f));
    put(2, 0x80 | (c >> 6 & 0x3f));
    put(3, 0x80 | (c & 0x3f));
    return 4;
}

std::int64_t count_chars(std::string_view text) {
    std::int64_t count = 0;
    for (char byte : text) count += !is_continuation(byte);
    return count;
}

bool is_white_space(char32_t c) {
    return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
           c == 0x3000;
}

char32_t simple_upper(char32_t c) {
    if (c == 0xdf) return c; // sharp s has no simple mapping; utf8proc answers the capital sharp s
    return static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c)));
}

char32_t simple_lower(char32_t c) {
    return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

bool is_printable(char32_t c) {
    if (c < 0x7f) return c >= 0x20;
    const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    const bool is_hidden = category == UTF8PROC_CATEGORY_CN || category == UTF8PROC_CATEGORY_CC ||
                           category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_CS ||
                           category == UTF8PROC_CATEGORY_CO || category == UTF8PROC_CATEGORY_ZL ||
                           category == UTF8PROC_CATEGORY_ZP;
    return !is_hidden;
}

} // namespace tn::rt
