// Floats as text, by Python's rules (Objects/floatobject.c, Python/pystrtod.c): digits come from fmt, the layout is
// made here.
#include "runtime/float_text.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace tn::rt {

namespace {

// d.ddd * 10^exponent; the digits stay where they were written.
struct Digits {
    char* text; // without the point
    std::size_t count;
    int exponent;
};

// Takes "ddd.ddd" or "d.ddde+xx" apart in place.
Digits take_apart(char* text, char* end) {
    int exponent = 0;
    char* const mark = std::find(text, end, 'e');
    if (mark != end) std::from_chars(mark + (mark[1] == '+' ? 2 : 1), end, exponent);
    char* const point = std::find(text, mark, '.');
    exponent += static_cast<int>(point - text) - 1;
    char* const last = point == mark ? mark : std::copy(point + 1, mark, point);
    // Zeros in front, unless it is the one of zero in "0.000e+00".
    while (mark == end && text + 1 < last && *text == '0') ++text, --exponent;
    return {text, static_cast<std::size_t>(last - text), exponent};
}

// No double has more digits, and fmt writes no more; the rest are zeros.
constexpr int max_digits = 767;

// Rounded to `count` digits.
Digits round_to(double magnitude, int count, char* out) {
    Digits digits =
        take_apart(out, fmt::format_to(out, FMT_COMPILE("{:.{}e}"), magnitude, std::min(count, max_digits) - 1));
    const std::size_t wanted = static_cast<std::size_t>(count);
    if (wanted > digits.count) std::memset(digits.text + digits.count, '0', wanted - digits.count);
    digits.count = wanted;
    return digits;
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
    Digits digits = take_apart(buffer, fmt::format_to(buffer, FMT_COMPILE("{}"), magnitude));
    while (digits.count > 1 && digits.text[digits.count - 1] == '0') --digits.count; // those in front of the point
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
    char* half = out + float_room(spec) / 2; // the digits; laid out at the front
    int precision = spec.precision < 0 ? 6 : spec.precision;
    if (spec.type == 'f') {
        if (precision >= max_digits - 309) { // as many may stand in front of the point
            const int exponent = round_to(magnitude, max_digits, half).exponent; // of the exact value
            return lay_out(round_to(magnitude, exponent + 1 + precision, half), {}, out);
        }
        char* end = fmt::format_to(out, FMT_COMPILE("{:.{}f}"), magnitude, precision);
        if (precision == 0 && spec.alternate) *end++ = '.';
        return static_cast<std::size_t>(end - out);
    }
    if (spec.type == 'e') {
        Style style;
        style.use_exponent = true;
        style.keep_point = spec.alternate;
        return lay_out(round_to(magnitude, precision + 1, half), style, out);
    }
    // `g`, and no type with a precision, which differs in keeping a digit after the point.
    const bool is_plain = spec.type == 0;
    if (precision == 0) precision = 1;
    Digits digits = round_to(magnitude, precision, half);
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
