#include "syntax/unicode.h"

#include "diag/text_width.h"

#include <utf8proc.h>

#include <cstdlib>
#include <cstring>

namespace tn::syntax {

std::size_t find_invalid_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        // Eight ASCII bytes at a time: nearly every source is nothing else.
        std::uint64_t word;
        if (at + sizeof word <= text.size()) {
            std::memcpy(&word, text.data() + at, sizeof word);
            if ((word & 0x8080808080808080ull) == 0) {
                at += sizeof word;
                continue;
            }
        }
        diag::DecodedScalar decoded = diag::decode_scalar(text, at);
        if (!decoded.is_valid) return at;
        at += decoded.size;
    }
    return std::string_view::npos;
}

bool is_name_start(char32_t scalar) {
    if (scalar < 0x80)
        return (scalar >= 'a' && scalar <= 'z') || (scalar >= 'A' && scalar <= 'Z') || scalar == '_';
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(scalar))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL: return true;
    default: return false;
    }
}

bool is_name_continue(char32_t scalar) {
    if (scalar >= '0' && scalar <= '9') return true;
    if (is_name_start(scalar)) return true;
    if (scalar < 0x80) return false;
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(scalar))) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_PC: return true;
    default: return false;
    }
}

bool is_capitalized(std::string_view name) {
    if (name.empty()) return false;
    char32_t first = diag::decode_scalar(name, 0).scalar;
    if (first < 0x80) return first >= 'A' && first <= 'Z';
    utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(first));
    return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT;
}

std::string normalize_name(std::string_view name) {
    utf8proc_uint8_t* result = nullptr;
    utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(name.data()),
                                         static_cast<utf8proc_ssize_t>(name.size()), &result,
                                         static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    if (size < 0) return std::string(name);
    std::string normal(reinterpret_cast<const char*>(result), static_cast<std::size_t>(size));
    std::free(result);
    return normal;
}

} // namespace tn::syntax
