// Rows of runtime_fn.def between strings and other things: case, and parsing of numbers.
#include "runtime/runtime_fns.h"
#include "runtime/seq.h"
#include "runtime/utf8.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace tn::rt {

namespace {

using Mapping = char32_t (*)(char32_t);

bool is_ascii(std::string_view text) {
    unsigned char all = 0;
    for (char c : text) all |= static_cast<unsigned char>(c);
    return all < 0x80;
}

// ASCII only: the letters from `first` on change their case.
Object* map_ascii(Context* context, Object* object, char first) {
    const std::string_view text = view(object);
    const auto is_mapped = [first](char c) { return static_cast<unsigned char>(c - first) < 26; };
    if (std::none_of(text.begin(), text.end(), is_mapped)) return share(object);
    Seq* out = new_text(context, static_cast<std::int64_t>(text.size()));
    if (!out) return nullptr;
    std::transform(text.begin(), text.end(), out->data,
                   [&](char c) { return static_cast<std::uint8_t>(is_mapped(c) ? c ^ 0x20 : c); });
    return out;
}

// Character by character, by the simple mapping. Bytes that stay are copied in runs.
Object* map_chars(Context* context, Object* object, Mapping map) {
    const std::string_view text = view(object);
    Object* out = nullptr;
    std::size_t done = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Decoded d = decode_char(text.substr(at));
        const char32_t mapped = map(d.c);
        if (mapped != d.c) {
            if (!out) {
                Seq* fresh = new_seq(context, *object->desc, static_cast<std::int64_t>(text.size()));
                if (!fresh) return nullptr;
                out = fresh;
            }
            char bytes[short_buffer];
            out = append(context, out, text.substr(done, at - done));
            if (out) out = append(context, out, {bytes, encode_char(mapped, bytes)});
            if (!out) return nullptr;
            done = at + d.size;
        }
        at += d.size;
        if (at % 4096 == 0 && interrupted(context)) {
            rt_release(context, out);
            return nullptr;
        }
    }
    if (!out) return share(object);
    return append(context, out, text.substr(done));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) {
    while (at < text.size() && is_digit(text[at])) ++at;
    return at;
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((text[i] | 0x20) != lower[i]) return false;
    }
    return true;
}

// An unsigned number `digits [. digits] [e sign digits]` with a digit before or after the point. False if
// the text is anything else.
bool is_float_text(std::string_view text) {
    std::size_t at = skip_digits(text, 0);
    std::size_t digits = at;
    if (at < text.size() && text[at] == '.') {
        const std::size_t end = skip_digits(text, at + 1);
        digits += end - at - 1;
        at = end;
    }
    if (digits == 0) return false;
    if (at < text.size() && (text[at] | 0x20) == 'e') {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        const std::size_t end = skip_digits(text, at);
        if (end == at) return false;
        at = end;
    }
    return at == text.size();
}

// Of a number beyond the range of f64: too large, or too small? Compares the position of its first
// non-zero digit with its exponent.
bool is_huge(std::string_view text) {
    const std::size_t mark = text.find_first_of("eE");
    const std::string_view mantissa = text.substr(0, mark);
    std::size_t point = mantissa.find('.');
    if (point == std::string_view::npos) point = mantissa.size();
    const std::size_t first = mantissa.find_first_of("123456789");
    if (first == std::string_view::npos) return false;
    auto magnitude = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    if (mark != std::string_view::npos) {
        const bool negative = text[mark + 1] == '-';
        std::int64_t exponent = 0;
        for (char c : text.substr(mark + 1)) {
            if (is_digit(c) && exponent < (std::int64_t(1) << 50)) exponent = exponent * 10 + (c - '0');
        }
        magnitude += negative ? -exponent : exponent;
    }
    return magnitude > 0;
}

bool parse_f64(std::string_view text, double& out) {
    bool negative = false;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
        negative = text[0] == '-';
        text.remove_prefix(1);
    }
    double value;
    if (equal_ignoring_case(text, "inf") || equal_ignoring_case(text, "infinity")) {
        value = HUGE_VAL;
    } else if (equal_ignoring_case(text, "nan")) {
        value = std::nan("");
    } else if (is_float_text(text)) {
        const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
        if (result.ec == std::errc::result_out_of_range)
            value = is_huge(text) ? HUGE_VAL : 0.0;
        else if (result.ec != std::errc())
            return false;
    } else {
        return false;
    }
    out = negative ? -value : value;
    return true;
}

} // namespace

extern "C" {

Object* rt_string_to_upper(Context* context, Object* text) noexcept {
    return is_ascii(view(text)) ? map_ascii(context, text, 'a') : map_chars(context, text, &simple_upper);
}
Object* rt_string_to_lower(Context* context, Object* text) noexcept {
    return is_ascii(view(text)) ? map_ascii(context, text, 'A') : map_chars(context, text, &simple_lower);
}

// [+-] digits, ASCII, nothing else; None beyond i64.
void rt_string_parse_int(Context* context, Object* object) noexcept {
    std::string_view text = view(object);
    if (text.size() > 1 && text[0] == '+' && is_digit(text[1])) text.remove_prefix(1);
    std::int64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value, 10);
    const bool ok = result.ec == std::errc() && result.ptr == text.data() + text.size();
    context->results[0].u = ok;
    context->results[1].i = ok ? value : 0;
}

// [+-] and a decimal number, or `inf`, `infinity`, `nan` in any case. Too large is infinite, as in Python.
void rt_string_parse_float(Context* context, Object* object) noexcept {
    double value = 0;
    const bool ok = parse_f64(view(object), value);
    context->results[0].u = ok;
    context->results[1].f64 = ok ? value : 0;
}

} // extern "C"

} // namespace tn::rt
