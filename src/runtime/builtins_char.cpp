// Rows of runtime_fn.def on characters: classes and case by the Unicode character database.
#include "runtime/runtime_fns.h"
#include "runtime/utf8.h"

#include <utf8proc.h>

namespace tn::rt {

namespace {
utf8proc_int32_t code(std::uint32_t c) { return static_cast<utf8proc_int32_t>(c); }
} // namespace

extern "C" {

// Letters and letter-like numbers (categories L* and Nl).
bool rt_char_is_alphabetic(Context*, std::uint32_t c) noexcept {
    if (c < 0x80) return (c | 0x20) - 'a' < 26;
    const utf8proc_category_t category = utf8proc_category(code(c));
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           category == UTF8PROC_CATEGORY_NL;
}

// Letters and numbers (categories L* and N*).
bool rt_char_is_alphanumeric(Context*, std::uint32_t c) noexcept {
    if (c < 0x80) return (c | 0x20) - 'a' < 26 || c - '0' < 10;
    const utf8proc_category_t category = utf8proc_category(code(c));
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

bool rt_char_is_whitespace(Context*, std::uint32_t c) noexcept { return is_white_space(c); }
bool rt_char_is_upper(Context*, std::uint32_t c) noexcept { return utf8proc_isupper(code(c)) != 0; }
bool rt_char_is_lower(Context*, std::uint32_t c) noexcept { return utf8proc_islower(code(c)) != 0; }

std::uint32_t rt_char_to_upper(Context*, std::uint32_t c) noexcept { return simple_upper(c); }
std::uint32_t rt_char_to_lower(Context*, std::uint32_t c) noexcept { return simple_lower(c); }

} // extern "C"

} // namespace tn::rt
