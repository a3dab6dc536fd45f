// Floats as text, by Python's rules (Objects/floatobject.c, Python/pystrtod.c): digits come from
// std::to_chars, the layout is made here.
#include "runtime/float_text.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace tn::rt {

namespace {

// d.ddd * 10^exponent, as to_chars writes it in scientific form; the digits stay where they are.
struct Digits {
    char* text; // without the point
    std::size_t count;
    int exponent;
};

// Takes "d.ddde+xx" apart in place.
Digits take_apart(char* text, char* end) {
    char* mark = end;
    while (*--mark != 'e') {}
    int exponent = 0;
    const char* number = mark + 1;
    if (*number == '+') ++number;
    std::from_chars(number, end, exponent);
    std::size_t count = 1;
    if (mark > text + 1) {
        count = static_cast<std::size_t>(mark - text) - 1;
        std::memmove(text + 1, text + 2, count - 1);
    }
    return {text, count, exponent};
}

char* put_exponent(char* out, int exponent) {
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    if (exponent < 0) exponent = -exponent;
    if (exponent < 10) *out++ = '0';
    return std::to_chars(out, out + 8, exponent).ptr;
}

struct Style {
    bool use_exponent = false;
    bool point_zero = false; // `1` is written `1.0`, unless it has an exponent
    bool keep_point = false; // `1` is written `1.`
};

// `digits` must not overlap `out`.
std::size_t lay_out(const Digits& digits, Style style, char* out) {
    char* const start = out;
    const auto put = [&](const char* from, std::size_t count) {
        std::memcpy(out, from, count);
        out += count;
    };
    const auto zeros = [&](std::size_t count) {
        std::memset(out, '0', count);
        out += count;
    };
    if (style.use_exponent) {
        put(digits.text, 1);
        if (digits.count > 1 || style.keep_point) *out++ = '.';
        put(digits.text + 1, digits.count - 1);
        out = put_exponent(out, digits.exponent);
        return static_cast<std::size_t>(out - start);
    }
    if (digits.exponent < 0) {
        put("0.", 2);
        zeros(static_cast<std::size_t>(-digits.exponent - 1));
        put(digits.text, digits.count);
        return static_cast<std::size_t>(out - start);
    }
    const std::size_t whole = static_cast<std::size_t>(digits.exponent) + 1;
    if (digits.count > whole) {
        put(digits.text, whole);
        *out++ = '.';
        put(digits.text + whole, digits.count - whole);
        return static_cast<std::size_t>(out - start);
    }
    put(digits.text, digits.count);
    zeros(whole - digits.count);
    if (style.keep_point || style.point_zero) *out++ = '.';
    if (style.point_zero) *out++ = '0';
    return static_cast<std::size_t>(out - start);
}

template <typename Float> std::size_t write_shortest(Float magnitude, bool keep_point, char* out) {
    char buffer[short_float_size];
    const auto end =
        std::to_chars(buffer, buffer + sizeof buffer, magnitude, std::chars_format::scientific).ptr;
    const Digits digits = take_apart(buffer, end);
    Style style;
    style.use_exponent = digits.exponent < -4 || digits.exponent >= 16;
    style.point_zero = true;
    style.keep_point = keep_point;
    return lay_out(digits, style, out);
}

std::size_t put_text(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return text.size();
}

template <typename Float> std::size_t repr(Float value, char* out) {
    if (std::isnan(value)) return put_text(out, "nan");
    std::size_t sign = 0;
    if (std::signbit(value)) out[sign++] = '-';
    if (std::isinf(value)) return sign + put_text(out + sign, "inf");
    return sign + write_shortest(std::fabs(value), false, out + sign);
}

} // namespace

std::size_t write_repr(double value, char* out) { return repr(value, out); }
std::size_t write_repr(float value, char* out) { return repr(value, out); }

std::size_t float_room(const FormatSpec& spec) {
    // 309 digits before the point, the precision, point and exponent; twice for `g`, which lays out anew.
    return 2 * (400 + static_cast<std::size_t>(spec.precision < 0 ? 6 : spec.precision));
}

std::size_t write_float(double value, bool narrow, const FormatSpec& spec, char* out) {
    if (std::isnan(value)) return put_text(out, "nan");
    if (std::isinf(value)) return put_text(out, "inf");
    const double magnitude = std::fabs(value);
    if (spec.type == 0 && spec.precision < 0) {
        return narrow ? write_shortest(static_cast<float>(magnitude), spec.alternate, out)
                      : write_shortest(magnitude, spec.alternate, out);
    }
    const std::size_t room = float_room(spec);
    int precision = spec.precision < 0 ? 6 : spec.precision;
    if (spec.type == 'f') {
        char* end = std::to_chars(out, out + room, magnitude, std::chars_format::fixed, precision).ptr;
        if (precision == 0 && spec.alternate) *end++ = '.';
        return static_cast<std::size_t>(end - out);
    }
    char* half = out + room / 2; // the digits; laid out at the front
    if (spec.type == 'e') {
        char* end = std::to_chars(half, out + room, magnitude, std::chars_format::scientific, precision).ptr;
        Style style;
        style.use_exponent = true;
        style.keep_point = spec.alternate;
        return lay_out(take_apart(half, end), style, out);
    }
    // `g`, and no type with a precision, which differs in keeping a digit after the point.
    const bool is_plain = spec.type == 0;
    if (precision == 0) precision = 1;
    char* end = std::to_chars(half, out + room, magnitude, std::chars_format::scientific, precision - 1).ptr;
    Digits digits = take_apart(half, end);
    if (!spec.alternate) {
        while (digits.count > 1 && digits.text[digits.count - 1] == '0') --digits.count;
    }
    Style style;
    style.use_exponent = digits.exponent < -4 || digits.exponent >= precision - (is_plain ? 1 : 0);
    style.point_zero = is_plain;
    style.keep_point = spec.alternate;
    return lay_out(digits, style, out);
}

} // namespace tn::rt
