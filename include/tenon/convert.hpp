// How C++ types become the script's and back. convert<T> is specialized per family; nothing decays: a value
// converts completely, or there is a problem with a path to it, such as `argument 2[3].price: expected f64,
// found String`.
#ifndef TENON_CONVERT_HPP
#define TENON_CONVERT_HPP

#include "value.hpp"

#include <cstring>
#include <limits>
#include <string>
#include <string_view>

namespace tenon {

// A conversion under way: what it may know, and why it failed.
struct conversion {
    tn_status status = TN_TYPE;
    std::string path, message;

    // Always false, so that a conversion can end with it.
    bool set(tn_status s, std::string text) {
        status = s;
        message = std::move(text);
        return false;
    }
    bool set(tn_status s, tn_error* taken) { return set(s, error(s, taken).message()); }
    // It failed inside of a part: `step` goes in front of the path.
    bool inside(const std::string& step) {
        path = step + path;
        return false;
    }
    error to_error(const std::string& where) const {
        const std::string text = where + path;
        return error(status, text.empty() ? message : text + ": " + message);
    }
};

namespace detail {

// Where a C++ value goes: an instance, and the type that is expected there.
struct site {
    tn_instance* instance;
    const tn_type* type;
    tn_tag kind;

    site child(std::size_t i) const {
        const tn_type* t = tn_type_child(type, i);
        return {instance, t, tn_type_kind(t)};
    }
    std::string name() const {
        std::size_t len = 0;
        const char* p = tn_type_name(type, &len);
        return p ? std::string(p, len) : std::string("an unknown type");
    }
};

inline const char* tag_name(tn_tag tag) {
    switch (tag) {
    case TN_TAG_UNIT: return "()";
    case TN_TAG_BOOL: return "bool";
    case TN_TAG_I8: return "i8";
    case TN_TAG_I16: return "i16";
    case TN_TAG_I32: return "i32";
    case TN_TAG_I64: return "i64";
    case TN_TAG_U8: return "u8";
    case TN_TAG_U16: return "u16";
    case TN_TAG_U32: return "u32";
    case TN_TAG_U64: return "u64";
    case TN_TAG_F32: return "f32";
    case TN_TAG_F64: return "f64";
    case TN_TAG_CHAR: return "char";
    case TN_TAG_STRING: return "String";
    case TN_TAG_BYTES: return "Bytes";
    case TN_TAG_LIST: return "a List";
    case TN_TAG_RECORD: return "a record";
    case TN_TAG_OPTION: return "an Option";
    case TN_TAG_TUPLE: return "a tuple";
    case TN_TAG_MAP: return "a Map";
    case TN_TAG_SET: return "a Set";
    case TN_TAG_ENUM: return "an enum";
    case TN_TAG_FUNCTION: return "a function";
    default: return "another type";
    }
}

inline bool expected(conversion& p, const std::string& what, const std::string& found) {
    return p.set(TN_TYPE, "expected " + what + ", found " + found);
}

template <class T>
inline constexpr bool is_integer =
    std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char> &&
    !std::is_same_v<T, wchar_t> && !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t>;

// Types that travel in a register, with the same layout in C.
template <class T>
inline constexpr bool is_scalar = is_integer<T> || std::is_same_v<T, bool> || std::is_same_v<T, char32_t> ||
                                  std::is_same_v<T, float> || std::is_same_v<T, double>;

template <class T> constexpr tn_tag scalar_tag() {
    if constexpr (std::is_same_v<T, bool>)
        return TN_TAG_BOOL;
    else if constexpr (std::is_same_v<T, char32_t>)
        return TN_TAG_CHAR;
    else if constexpr (std::is_same_v<T, float>)
        return TN_TAG_F32;
    else if constexpr (std::is_same_v<T, double>)
        return TN_TAG_F64;
    else {
        constexpr tn_tag base = std::is_signed_v<T> ? TN_TAG_I8 : TN_TAG_U8;
        return base + (sizeof(T) == 1 ? 0u : sizeof(T) == 2 ? 1u : sizeof(T) == 4 ? 2u : 3u);
    }
}

inline bool is_signed_tag(tn_tag tag) { return tag >= TN_TAG_I8 && tag <= TN_TAG_I64; }
inline bool is_unsigned_tag(tn_tag tag) { return tag >= TN_TAG_U8 && tag <= TN_TAG_U64; }

// Whether `n` is a number of the integer type `tag`.
template <class T> bool fits(T n, tn_tag tag) {
    const int bits = 8 << (is_signed_tag(tag) ? tag - TN_TAG_I8 : tag - TN_TAG_U8);
    if (is_signed_tag(tag)) {
        if constexpr (std::is_unsigned_v<T>)
            return static_cast<std::uint64_t>(n) <= (std::uint64_t(1) << (bits - 1)) - 1;
        else
            return bits == 64 ||
                   (n >= -(std::int64_t(1) << (bits - 1)) && n < (std::int64_t(1) << (bits - 1)));
    }
    if constexpr (std::is_signed_v<T>)
        if (n < 0) return false;
    return bits == 64 || static_cast<std::uint64_t>(n) >> bits == 0;
}

template <class T> inline constexpr bool always_false = false;

} // namespace detail

// convert<T> has
//     static std::string type()                                                how scripts write T
//     static bool to(const detail::site&, const T&, tn_value*, conversion&)    the caller then owns the value
//     static bool from(const tn_value&, T&, conversion&)                       the value is borrowed
template <class T, class = void> struct convert {
    static_assert(detail::always_false<T>,
                  "Tenon does not know this C++ type: use one that has a conversion, or specialize "
                  "tenon::record or tenon::convert for it");
};

template <class T> struct convert<T, std::enable_if_t<detail::is_integer<T>>> {
    static std::string type() { return detail::tag_name(detail::scalar_tag<T>()); }
    static bool to(const detail::site& at, T n, tn_value* out, conversion& p) {
        if (!detail::is_signed_tag(at.kind) && !detail::is_unsigned_tag(at.kind))
            return detail::expected(p, at.name(), "an integer");
        if (!detail::fits(n, at.kind))
            return p.set(TN_RANGE, std::to_string(n) + " does not fit " + at.name());
        if constexpr (std::is_signed_v<T>)
            TN_SET_INT(out, at.kind, n);
        else
            TN_SET_UINT(out, at.kind, n);
        return true;
    }
    static bool from(const tn_value& v, T& out, conversion& p) {
        if (detail::is_signed_tag(v.tag)) return store(v.as.i, out, p);
        if (detail::is_unsigned_tag(v.tag)) return store(v.as.u, out, p);
        return detail::expected(p, type(), detail::tag_name(v.tag));
    }

private:
    template <class N> static bool store(N n, T& out, conversion& p) {
        if (!detail::fits(n, detail::scalar_tag<T>()))
            return p.set(TN_RANGE, std::to_string(n) + " does not fit " + type());
        out = static_cast<T>(n);
        return true;
    }
};

template <> struct convert<bool> {
    static std::string type() { return "bool"; }
    static bool to(const detail::site& at, bool b, tn_value* out, conversion& p) {
        if (at.kind != TN_TAG_BOOL) return detail::expected(p, at.name(), "bool");
        TN_SET_BOOL(out, b);
        return true;
    }
    static bool from(const tn_value& v, bool& out, conversion& p) {
        if (v.tag != TN_TAG_BOOL) return detail::expected(p, "bool", detail::tag_name(v.tag));
        out = v.as.u != 0;
        return true;
    }
};

template <> struct convert<char32_t> {
    static std::string type() { return "char"; }
    static bool to(const detail::site& at, char32_t c, tn_value* out, conversion& p) {
        if (at.kind != TN_TAG_CHAR) return detail::expected(p, at.name(), "char");
        TN_SET_UINT(out, TN_TAG_CHAR, c);
        return true;
    }
    static bool from(const tn_value& v, char32_t& out, conversion& p) {
        if (v.tag != TN_TAG_CHAR) return detail::expected(p, "char", detail::tag_name(v.tag));
        out = static_cast<char32_t>(v.as.u);
        return true;
    }
};

// float and double: an f32 widens to double; a double becomes an f32 only where nothing is lost.
template <class T>
struct convert<T, std::enable_if_t<std::is_same_v<T, float> || std::is_same_v<T, double>>> {
    static std::string type() { return detail::tag_name(detail::scalar_tag<T>()); }
    static bool to(const detail::site& at, T x, tn_value* out, conversion& p) {
        if (at.kind != TN_TAG_F32 && at.kind != TN_TAG_F64) return detail::expected(p, at.name(), type());
        if (at.kind == TN_TAG_F32 && !is_float(static_cast<double>(x)))
            return p.set(TN_RANGE, std::to_string(x) + " is not exact in f32");
        TN_SET_FLOAT(out, at.kind, static_cast<double>(x));
        return true;
    }
    static bool from(const tn_value& v, T& out, conversion& p) {
        if (v.tag != TN_TAG_F32 && v.tag != TN_TAG_F64)
            return detail::expected(p, type(), detail::tag_name(v.tag));
        if (std::is_same_v<T, float> && !is_float(v.as.f))
            return p.set(TN_RANGE, std::to_string(v.as.f) + " is not exact in f32");
        out = static_cast<T>(v.as.f);
        return true;
    }

private:
    static bool is_float(double x) { return x != x || static_cast<double>(static_cast<float>(x)) == x; }
};

namespace detail {

inline bool text_to(const site& at, std::string_view s, tn_value* out, conversion& p) {
    if (at.kind != TN_TAG_STRING) return expected(p, at.name(), "a text");
    tn_error* err = nullptr;
    const tn_status status = tn_string_new(at.instance, s.data(), s.size(), out, &err);
    return status == TN_OK || p.set(status, err);
}

} // namespace detail

template <> struct convert<std::string_view> {
    static std::string type() { return "String"; }
    static bool to(const detail::site& at, std::string_view s, tn_value* out, conversion& p) {
        return detail::text_to(at, s, out, p);
    }
    // Valid as long as the value: for parameters of callables only.
    static bool from(const tn_value& v, std::string_view& out, conversion& p) {
        std::size_t len = 0;
        const char* text = v.tag == TN_TAG_STRING ? tn_string_data(&v, &len) : nullptr;
        if (!text) return detail::expected(p, "String", detail::tag_name(v.tag));
        out = {text, len};
        return true;
    }
};

template <> struct convert<std::string> {
    static std::string type() { return "String"; }
    static bool to(const detail::site& at, const std::string& s, tn_value* out, conversion& p) {
        return detail::text_to(at, s, out, p);
    }
    static bool from(const tn_value& v, std::string& out, conversion& p) {
        std::string_view view;
        if (!convert<std::string_view>::from(v, view, p)) return false;
        out = view;
        return true;
    }
};

template <> struct convert<const char*> {
    static std::string type() { return "String"; }
    static bool to(const detail::site& at, const char* s, tn_value* out, conversion& p) {
        if (!s) return p.set(TN_ARG, "a null pointer is no text");
        return detail::text_to(at, s, out, p);
    }
};
template <> struct convert<char*> : convert<const char*> {};

// A value as it is: for types that C++ does not know, or passes on unread.
template <> struct convert<value> {
    static bool to(const detail::site&, const value& v, tn_value* out, conversion& p) {
        const tn_status s = tn_value_copy(v.raw(), out);
        return s == TN_OK || p.set(s, "the value cannot be copied");
    }
    static bool from(const tn_value& v, value& out, conversion& p) {
        const tn_status s = tn_value_copy(&v, out.raw());
        return s == TN_OK || p.set(s, "the value cannot be copied");
    }
};

} // namespace tenon
#endif
