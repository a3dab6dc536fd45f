// Rows of runtime_fn.def that add the shown form of a value to an owned text.
#include "runtime/float_text.h"
#include "runtime/runtime_fns.h"
#include "runtime/seq.h"
#include "runtime/utf8.h"

#include <charconv>
#include <cstring>

namespace tn::rt {

namespace {

template <typename Int> Object* show_integer(Context* context, Object* text, Int value) {
    char digits[24];
    char* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    return append(context, text, {digits, static_cast<std::size_t>(end - digits)});
}

constexpr std::string_view hex_digits = "0123456789abcdef";

// The escape of a character within `quote`, into a short_buffer; empty if it is shown as itself.
std::string_view escape_of(char32_t c, char quote, char* out) {
    const char* simple = nullptr;
    switch (c) {
    case 0: simple = "\\0"; break;
    case '\t': simple = "\\t"; break;
    case '\n': simple = "\\n"; break;
    case '\r': simple = "\\r"; break;
    case '\\': simple = "\\\\"; break;
    case '"': simple = "\\\""; break;
    case '\'': simple = "\\'"; break;
    }
    if (simple) {
        const bool other_quote = (c == '"' || c == '\'') && c != static_cast<char32_t>(quote);
        return other_quote ? std::string_view() : std::string_view(simple, 2);
    }
    if (is_printable(c)) return {};
    if (c < 0x80) {
        std::memcpy(out, "\\x", 2);
        out[2] = hex_digits[c >> 4];
        out[3] = hex_digits[c & 15];
        return {out, 4};
    }
    std::memcpy(out, "\\u{", 3);
    char* end = std::to_chars(out + 3, out + 11, static_cast<std::uint32_t>(c), 16).ptr;
    *end++ = '}';
    return {out, static_cast<std::size_t>(end - out)};
}

} // namespace

extern "C" {

Object* rt_show_int(Context* context, Object* text, std::int64_t value) noexcept {
    return show_integer(context, text, value);
}
Object* rt_show_uint(Context* context, Object* text, std::uint64_t value) noexcept {
    return show_integer(context, text, value);
}
Object* rt_show_f64(Context* context, Object* text, double value) noexcept {
    char buffer[short_float_size];
    return append(context, text, {buffer, write_repr(value, buffer)});
}
Object* rt_show_f32(Context* context, Object* text, float value) noexcept {
    char buffer[short_float_size];
    return append(context, text, {buffer, write_repr(value, buffer)});
}
Object* rt_show_bool(Context* context, Object* text, bool value) noexcept {
    return append(context, text, value ? "true" : "false");
}

Object* rt_show_quoted(Context* context, Object* text, Object* object) noexcept {
    const std::string_view source = view(object);
    char buffer[short_buffer];
    text = append(context, text, "\"");
    std::size_t done = 0;
    for (std::size_t at = 0; text && at < source.size();) {
        const Decoded d = decode_char(source.substr(at));
        const std::string_view escape = escape_of(d.c, '"', buffer);
        if (!escape.empty()) {
            text = append(context, text, source.substr(done, at - done));
            if (text) text = append(context, text, escape);
            done = at + d.size;
        }
        at += d.size;
    }
    if (text) text = append(context, text, source.substr(done));
    return text ? append(context, text, "\"") : nullptr;
}

Object* rt_show_quoted_char(Context* context, Object* text, std::uint32_t c) noexcept {
    char buffer[short_buffer], plain[short_buffer];
    std::string_view shown = escape_of(c, '\'', buffer);
    if (shown.empty()) shown = {plain, encode_char(c, plain)};
    text = append(context, text, "'");
    if (text) text = append(context, text, shown);
    return text ? append(context, text, "'") : nullptr;
}

Object* rt_show_bytes(Context* context, Object* text, Object* object) noexcept {
    text = append(context, text, "b\"");
    for (const char byte : view(object)) {
        if (!text) return nullptr;
        const auto value = static_cast<unsigned char>(byte);
        char buffer[short_buffer];
        std::string_view shown(&byte, 1);
        if (value == 0 || value >= 0x7f) { // \0 would swallow digits that follow in other languages
            std::memcpy(buffer, "\\x", 2);
            buffer[2] = hex_digits[value >> 4];
            buffer[3] = hex_digits[value & 15];
            shown = {buffer, 4};
        } else if (const std::string_view escape = escape_of(value, '"', buffer); !escape.empty()) {
            shown = escape;
        }
        text = append(context, text, shown);
    }
    return text ? append(context, text, "\"") : nullptr;
}

} // extern "C"

} // namespace tn::rt
