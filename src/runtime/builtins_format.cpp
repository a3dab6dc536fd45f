// Rows of runtime_fn.def that add a value to an owned text by a format spec, as Python's format().
#include "runtime/float_text.h"
#include "runtime/runtime_fns.h"
#include "runtime/seq.h"
#include "runtime/utf8.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

namespace tn::rt {

namespace {

// Adds `count` times the fill character.
Object* add_fill(Context* context, Object* text, char32_t fill, std::uint64_t count) {
    if (count == 0) return text;
    char unit[4];
    const unsigned size = encode_char(fill, unit);
    Seq* seq = with_room(context, text, static_cast<std::int64_t>(count * size)); // at most 4 MB
    if (!seq) return nullptr;
    for (std::uint64_t i = 0; i < count; ++i) {
        std::memcpy(seq->data + seq->length, unit, size);
        seq->length += size;
    }
    seq->data[seq->length] = 0;
    return seq;
}

// `prefix` (sign, 0x) and `body` padded to the width; '=' puts the padding between them.
Object* add_padded(Context* context, Object* text, const FormatSpec& spec, char own_align,
                   std::string_view prefix, std::string_view body) {
    const auto chars = static_cast<std::uint64_t>(count_chars(prefix) + count_chars(body));
    const std::uint64_t missing = chars < spec.width ? spec.width - chars : 0;
    const char32_t fill = spec.zero && spec.fill == U' ' ? U'0' : spec.fill;
    const char align = spec.align ? spec.align : own_align;
    std::uint64_t before = 0, between = 0, after = 0;
    if (align == '>')
        before = missing;
    else if (align == '<')
        after = missing;
    else if (align == '=')
        between = missing;
    else
        before = missing / 2, after = missing - missing / 2;
    text = add_fill(context, text, fill, before);
    if (text) text = append(context, text, prefix);
    if (text) text = add_fill(context, text, fill, between);
    if (text) text = append(context, text, body);
    return text ? add_fill(context, text, fill, after) : nullptr;
}

char number_align(const FormatSpec& spec) { return spec.zero ? '=' : '>'; }

std::size_t put_sign(const FormatSpec& spec, bool negative, char* out) {
    if (negative)
        *out = '-';
    else if (spec.sign == '+' || spec.sign == ' ')
        *out = spec.sign;
    else
        return 0;
    return 1;
}

Object* format_float(Context* context, Object* text, double value, bool narrow, const FormatSpec& spec) {
    char sign[1];
    const std::size_t sign_size = put_sign(spec, std::signbit(value) && !std::isnan(value), sign);
    const std::size_t room = float_room(spec);
    char fixed[2048];
    char* buffer = fixed;
    if (room > sizeof fixed) {
        buffer = context->instance->heap.fits(room) ? static_cast<char*>(std::malloc(room)) : nullptr;
        if (!buffer) {
            rt_release(context, text);
            return fail(context, TrapCode::MemoryLimit);
        }
    }
    try {
        const std::size_t size = write_float(value, narrow, spec, buffer);
        text = add_padded(context, text, spec, number_align(spec), {sign, sign_size}, {buffer, size});
    } catch (const std::bad_alloc&) {
        rt_release(context, text);
        text = fail(context, TrapCode::MemoryLimit);
    }
    if (buffer != fixed) std::free(buffer);
    return text;
}

Object* format_integer(Context* context, Object* text, std::uint64_t magnitude, bool negative,
                       const FormatSpec& spec) {
    if (spec.type == 'e' || spec.type == 'f' || spec.type == 'g') {
        const auto value = static_cast<double>(magnitude);
        return format_float(context, text, negative ? -value : value, false, spec);
    }
    char prefix[3];
    std::size_t prefix_size = put_sign(spec, negative, prefix);
    int base = 10;
    if (spec.type == 'x' || spec.type == 'X')
        base = 16;
    else if (spec.type == 'o')
        base = 8;
    else if (spec.type == 'b')
        base = 2;
    if (spec.alternate && base != 10) {
        prefix[prefix_size++] = '0';
        prefix[prefix_size++] = spec.type;
    }
    char digits[64];
    char* end = std::to_chars(digits, digits + sizeof digits, magnitude, base).ptr;
    if (spec.type == 'X') {
        for (char* c = digits; c != end; ++c) {
            if (*c >= 'a') *c = static_cast<char>(*c - 'a' + 'A');
        }
    }
    return add_padded(context, text, spec, number_align(spec), {prefix, prefix_size},
                      {digits, static_cast<std::size_t>(end - digits)});
}

} // namespace

extern "C" {

Object* rt_format_int(Context* context, Object* text, std::int64_t value, std::int64_t a,
                      std::int64_t b) noexcept {
    const auto bits = static_cast<std::uint64_t>(value);
    return format_integer(context, text, value < 0 ? 0 - bits : bits, value < 0, FormatSpec::unpack(a, b));
}

Object* rt_format_uint(Context* context, Object* text, std::uint64_t value, std::int64_t a,
                       std::int64_t b) noexcept {
    return format_integer(context, text, value, false, FormatSpec::unpack(a, b));
}

Object* rt_format_f64(Context* context, Object* text, double value, std::int64_t a, std::int64_t b) noexcept {
    return format_float(context, text, value, false, FormatSpec::unpack(a, b));
}

Object* rt_format_f32(Context* context, Object* text, float value, std::int64_t a, std::int64_t b) noexcept {
    return format_float(context, text, static_cast<double>(value), true, FormatSpec::unpack(a, b));
}

Object* rt_format_text(Context* context, Object* text, Object* object, std::int64_t a,
                       std::int64_t b) noexcept {
    const FormatSpec spec = FormatSpec::unpack(a, b);
    std::string_view shown = view(object);
    if (spec.precision >= 0) { // at most so many characters
        std::size_t at = 0;
        for (std::int32_t i = 0; i < spec.precision && at < shown.size(); ++i)
            at += decode_char(shown.substr(at)).size;
        shown = shown.substr(0, at);
    }
    return add_padded(context, text, spec, '<', {}, shown);
}

} // extern "C"

} // namespace tn::rt
