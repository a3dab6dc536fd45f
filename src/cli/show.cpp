// The shown form of a value, by walking it through the C API.
//
// The walk goes as deep as the value's type, which the compiler limits.
#include "cli/show.h"

#include "cli/handles.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace tn::cli {

namespace {

// As Python's repr: the shortest digits that read back, with an exponent below 1e-4 and from 1e16 on.
template <typename Float> std::string show_float(Float number) {
    if (std::isnan(number)) return "nan";
    if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
    char buffer[64];
    auto scientific = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific);
    std::string_view text(buffer, static_cast<std::size_t>(scientific.ptr - buffer));
    std::size_t mark = text.find('e');
    int exponent = 0;
    const char* digits = text.data() + mark + 1;
    std::from_chars(*digits == '+' ? digits + 1 : digits, text.data() + text.size(), exponent);
    if (exponent < -4 || exponent >= 16) return std::string(text);
    auto fixed = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed);
    std::string result(buffer, fixed.ptr);
    if (result.find('.') == std::string::npos) result += ".0";
    return result;
}

void append_utf8(std::string& text, std::uint32_t scalar) {
    if (scalar < 0x80) {
        text += static_cast<char>(scalar);
    } else if (scalar < 0x800) {
        text += static_cast<char>(0xc0 | scalar >> 6);
        text += static_cast<char>(0x80 | (scalar & 63));
    } else if (scalar < 0x10000) {
        text += static_cast<char>(0xe0 | scalar >> 12);
        text += static_cast<char>(0x80 | (scalar >> 6 & 63));
        text += static_cast<char>(0x80 | (scalar & 63));
    } else {
        text += static_cast<char>(0xf0 | scalar >> 18);
        text += static_cast<char>(0x80 | (scalar >> 12 & 63));
        text += static_cast<char>(0x80 | (scalar >> 6 & 63));
        text += static_cast<char>(0x80 | (scalar & 63));
    }
}

void append_quoted(std::string& text, std::string_view content, char quote) {
    text += quote;
    for (char c : content) {
        switch (c) {
        case '\0': text += "\\0"; continue;
        case '\t': text += "\\t"; continue;
        case '\n': text += "\\n"; continue;
        case '\r': text += "\\r"; continue;
        case '\\': text += "\\\\"; continue;
        }
        if (c == quote) {
            text += '\\';
            text += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(c));
            text += escape;
        } else {
            text += c;
        }
    }
    text += quote;
}

void append_bytes(std::string& text, std::string_view content) {
    text += "b\"";
    for (char c : content) {
        unsigned char byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            text += '\\';
            text += c;
        } else if (byte < 0x20 || byte >= 0x7f) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\x%02x", byte);
            text += escape;
        } else {
            text += c;
        }
    }
    text += '"';
}

class Shower {
public:
    std::string text;

    void show(const tn_value& value, const tn_type* type, bool nested) {
        std::size_t length = 0;
        switch (value.tag) {
        case TN_TAG_UNIT: text += "()"; break;
        case TN_TAG_BOOL: text += value.as.u ? "true" : "false"; break;
        case TN_TAG_I8:
        case TN_TAG_I16:
        case TN_TAG_I32:
        case TN_TAG_I64: text += std::to_string(value.as.i); break;
        case TN_TAG_U8:
        case TN_TAG_U16:
        case TN_TAG_U32:
        case TN_TAG_U64: text += std::to_string(value.as.u); break;
        case TN_TAG_F32: text += show_float(static_cast<float>(value.as.f)); break;
        case TN_TAG_F64: text += show_float(value.as.f); break;
        case TN_TAG_CHAR: show_char(static_cast<std::uint32_t>(value.as.u), nested); break;
        case TN_TAG_STRING: {
            const char* data = tn_string_data(&value, &length);
            std::string_view content(data ? data : "", length);
            if (nested) append_quoted(text, content, '"');
            else text += content;
            break;
        }
        case TN_TAG_BYTES: {
            const void* data = tn_bytes_data(&value, &length);
            append_bytes(text, {static_cast<const char*>(data), data ? length : 0});
            break;
        }
        case TN_TAG_LIST: show_list(value, type); break;
        case TN_TAG_TUPLE: show_tuple(value, type); break;
        case TN_TAG_RECORD: show_record(value, type); break;
        case TN_TAG_OPTION: show_option(value, type); break;
        case TN_TAG_ENUM: show_enum(value, type); break;
        case TN_TAG_MAP:
        case TN_TAG_SET: show_map(value, type); break;
        default:
            text += '<';
            append_name(tn_type_name(type, &length), length);
            text += '>';
            break;
        }
    }

private:
    void show_char(std::uint32_t scalar, bool nested) {
        std::string content;
        append_utf8(content, scalar);
        if (nested) append_quoted(text, content, '\'');
        else text += content;
    }

    void show_list(const tn_value& value, const tn_type* type) {
        const tn_type* element = tn_type_child(type, 0);
        std::size_t count = 0;
        tn_list_len(&value, &count);
        text += '[';
        for (std::size_t i = 0; i < count; ++i) {
            if (i != 0) text += ", ";
            Value item;
            tn_list_get(&value, i, item.get());
            show(*item, element, true);
        }
        text += ']';
    }

    void show_field(const tn_value& value, const tn_type* type, std::size_t i) {
        Value field;
        tn_record_get(&value, i, field.get());
        show(*field, tn_type_child(type, i), true);
    }

    void show_tuple(const tn_value& value, const tn_type* type) {
        std::size_t count = tn_type_child_count(type);
        text += '(';
        for (std::size_t i = 0; i < count; ++i) {
            if (i != 0) text += ", ";
            show_field(value, type, i);
        }
        text += count == 1 ? ",)" : ")";
    }

    void append_name(const char* name, std::size_t length) { text.append(name ? name : "", length); }

    void show_range(const tn_value& value, const tn_type* type) {
        Value is_inclusive;
        tn_record_get(&value, 2, is_inclusive.get());
        show_field(value, type, 0);
        text += is_inclusive->as.u ? "..=" : "..";
        show_field(value, type, 1);
    }

    void show_enum(const tn_value& value, const tn_type* type) {
        std::uint32_t variant = 0;
        std::size_t length = 0, first = 0, count = 0;
        tn_enum_variant(&value, &variant, nullptr);
        const char* name = tn_type_variant_name(type, variant, &length);
        append_name(name, length);
        const bool is_named = tn_type_variant_fields(type, variant, &first, &count);
        if (count == 0) return;
        text += is_named ? " { " : "(";
        for (std::size_t i = 0; i < count; ++i) {
            if (i != 0) text += ", ";
            if (is_named) {
                const char* field = tn_type_child_name(type, first + i, &length);
                append_name(field, length);
                text += ": ";
            }
            Value part;
            tn_enum_payload(&value, i, part.get());
            show(*part, tn_type_child(type, first + i), true);
        }
        text += is_named ? " }" : ")";
    }

    void show_map(const tn_value& value, const tn_type* type) {
        const bool is_map = value.tag == TN_TAG_MAP;
        text += is_map ? "Map{" : "Set{";
        tn_iter* iter = nullptr;
        tn_map_iter(&value, &iter);
        for (bool is_first = true;; is_first = false) {
            Value key, content;
            if (tn_iter_next(iter, key.get(), is_map ? content.get() : nullptr) != TN_OK) break;
            if (!is_first) text += ", ";
            show(*key, tn_type_child(type, 0), true);
            if (!is_map) continue;
            text += ": ";
            show(*content, tn_type_child(type, 1), true);
        }
        tn_iter_free(iter);
        text += '}';
    }

    void show_record(const tn_value& value, const tn_type* type) {
        std::size_t length = 0;
        const char* name = tn_type_name(type, &length);
        if (std::string_view(name ? name : "", length).starts_with("Range[")) return show_range(value, type);
        append_name(name, length);
        std::size_t count = tn_type_child_count(type);
        if (count == 0) return;
        text += " { ";
        for (std::size_t i = 0; i < count; ++i) {
            if (i != 0) text += ", ";
            const char* field = tn_type_child_name(type, i, &length);
            text.append(field ? field : "", length);
            text += ": ";
            show_field(value, type, i);
        }
        text += " }";
    }

    void show_option(const tn_value& value, const tn_type* type) {
        std::int32_t is_some = 0;
        Value content;
        tn_option_get(&value, &is_some, content.get());
        if (!is_some) {
            text += "None";
            return;
        }
        text += "Some(";
        show(*content, tn_type_child(type, 0), true);
        text += ')';
    }
};

} // namespace

std::string show_value(const tn_value& value, const tn_type* type) {
    Shower shower;
    shower.show(value, type, false);
    return std::move(shower.text);
}

} // namespace tn::cli
