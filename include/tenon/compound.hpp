// Conversions of values that contain others: List and vector, Bytes and vector<byte>, Option and optional,
// tuples and std::tuple or std::pair, a script's records and the structs that the host describes with
// tenon::record.
#ifndef TENON_COMPOUND_HPP
#define TENON_COMPOUND_HPP

#include "convert.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace tenon {

// Describes a struct of the host whose fields a script's record has, by name:
//
//     template <> struct tenon::record<Item> {
//         static constexpr auto fields = std::make_tuple(tenon::field("name", &Item::name), ...);
//     };
//
// The struct needs a default constructor.
template <class T> struct record {};

template <class T, class M> struct field_of {
    std::string_view name;
    M T::*member;
};
template <class T, class M> constexpr field_of<T, M> field(std::string_view name, M T::*member) {
    return {name, member};
}

namespace detail {

template <class T, class = void> inline constexpr bool is_record = false;
template <class T> inline constexpr bool is_record<T, std::void_t<decltype(record<T>::fields)>> = true;

// Values under construction: cleared at the end of the scope.
template <std::size_t N> struct parts {
    parts() {
        for (auto& v : all) TN_SET_NONE(&v);
    }
    ~parts() {
        for (auto& v : all)
            if (v.tag >= TN_TAG_STRING) tn_value_clear(&v);
    }
    parts(const parts&) = delete;
    parts& operator=(const parts&) = delete;
    tn_value* data() { return all.data(); }
    std::array<tn_value, N + 1> all; // never empty
};

// What is read out of a part may not point into it.
template <class T> constexpr void no_view() {
    static_assert(!std::is_same_v<T, std::string_view>,
                  "the view would outlive what it looks at: use std::string");
}

inline std::string index_step(std::size_t i) { return "[" + std::to_string(i) + "]"; }

} // namespace detail

template <class T, class A> struct convert<std::vector<T, A>> {
    using list = std::vector<T, A>;

    static std::string type() { return "List[" + convert<T>::type() + "]"; }
    static bool to(const detail::site& at, const list& from, tn_value* out, conversion& p) {
        if (at.kind != TN_TAG_LIST) return detail::expected(p, at.name(), "a list");
        tn_error* err = nullptr;
        const detail::site element = at.child(0);
        tn_value made;
        const tn_status s = tn_list_new(at.instance, element.type, from.size(), &made, &err);
        if (s != TN_OK) return p.set(s, err);
        value owner(made);
        if (!fill(element, from, owner.raw(), p)) return false;
        *out = owner.release();
        return true;
    }
    static bool from(const tn_value& v, list& out, conversion& p) {
        detail::no_view<T>();
        std::size_t count = 0;
        if (v.tag != TN_TAG_LIST || tn_list_len(&v, &count) != TN_OK)
            return detail::expected(p, "a List", detail::tag_name(v.tag));
        if constexpr (detail::is_scalar<T> && !std::is_same_v<T, bool>) {
            tn_tag tag = TN_TAG_NONE;
            const void* data = tn_list_data(&v, &tag, nullptr);
            if (data && tag == detail::scalar_tag<T>()) {
                out.assign(static_cast<const T*>(data), static_cast<const T*>(data) + count);
                return true;
            }
        }
        out.clear();
        out.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            value element;
            T item{};
            const tn_status s = tn_list_get(&v, i, element.raw());
            if (s != TN_OK) return p.set(s, "the list cannot be read");
            if (!convert<T>::from(*element.raw(), item, p)) return p.inside(detail::index_step(i));
            out.push_back(std::move(item));
        }
        return true;
    }

private:
    static bool fill(const detail::site& element, const list& from, tn_value* made, conversion& p) {
        if constexpr (detail::is_scalar<T> && !std::is_same_v<T, bool>) {
            if (element.kind == detail::scalar_tag<T>()) {
                if (from.empty()) return true;
                const tn_status s = tn_list_append(made, element.kind, from.data(), from.size());
                return s == TN_OK || p.set(s, "the list cannot be filled");
            }
        }
        for (std::size_t i = 0; i < from.size(); ++i) {
            detail::parts<1> item;
            if (!convert<T>::to(element, from[i], item.data(), p)) return p.inside(detail::index_step(i));
            const tn_status s = tn_list_push(made, item.data());
            if (s != TN_OK) return p.set(s, "the list cannot be filled");
        }
        return true;
    }
};

template <class A> struct convert<std::vector<std::byte, A>> {
    using bytes = std::vector<std::byte, A>;

    static std::string type() { return "Bytes"; }
    static bool to(const detail::site& at, const bytes& from, tn_value* out, conversion& p) {
        if (at.kind != TN_TAG_BYTES) return detail::expected(p, at.name(), "bytes");
        tn_error* err = nullptr;
        const tn_status s = tn_bytes_new(at.instance, from.data(), from.size(), out, &err);
        return s == TN_OK || p.set(s, err);
    }
    static bool from(const tn_value& v, bytes& out, conversion& p) {
        std::size_t len = 0;
        const void* data = v.tag == TN_TAG_BYTES ? tn_bytes_data(&v, &len) : nullptr;
        if (!data) return detail::expected(p, "Bytes", detail::tag_name(v.tag));
        out.resize(len);
        if (len) std::memcpy(out.data(), data, len);
        return true;
    }
};

template <class T> struct convert<std::optional<T>> {
    static std::string type() { return "Option[" + convert<T>::type() + "]"; }
    static bool to(const detail::site& at, const std::optional<T>& from, tn_value* out, conversion& p) {
        if (at.kind != TN_TAG_OPTION) return detail::expected(p, at.name(), "an optional");
        detail::parts<1> inside;
        if (from && !convert<T>::to(at.child(0), *from, inside.data(), p)) return false;
        tn_error* err = nullptr;
        const tn_status s = tn_option_new(at.instance, at.type, from ? inside.data() : nullptr, out, &err);
        return s == TN_OK || p.set(s, err);
    }
    static bool from(const tn_value& v, std::optional<T>& out, conversion& p) {
        detail::no_view<T>();
        std::int32_t is_some = 0;
        value inside;
        if (v.tag != TN_TAG_OPTION || tn_option_get(&v, &is_some, inside.raw()) != TN_OK)
            return detail::expected(p, "an Option", detail::tag_name(v.tag));
        out.reset();
        if (!is_some) return true;
        T item{};
        if (!convert<T>::from(*inside.raw(), item, p)) return false;
        out = std::move(item);
        return true;
    }
};

template <> struct convert<std::nullopt_t> {
    static bool to(const detail::site& at, std::nullopt_t, tn_value* out, conversion& p) {
        return convert<std::optional<bool>>::to(at, std::nullopt, out, p);
    }
};

namespace detail {

// Tuples, pairs and structs are made of parts in the order of the script's type.
inline bool make_record(const site& at, tn_value* fields, std::size_t n, tn_value* out, conversion& p) {
    tn_error* err = nullptr;
    const tn_status s = tn_record_new(at.instance, at.type, fields, n, out, &err);
    return s == TN_OK || p.set(s, err);
}

template <class T>
bool read_field(const tn_value& v, std::size_t i, T& out, const std::string& step, conversion& p) {
    no_view<T>();
    value part;
    const tn_status s = tn_record_get(&v, i, part.raw());
    if (s != TN_OK) return p.set(s, "it has no part " + std::to_string(i));
    return convert<T>::from(*part.raw(), out, p) || p.inside(step);
}

template <class Tuple, class Indexes = std::make_index_sequence<std::tuple_size_v<Tuple>>>
struct convert_tuple;
template <class Tuple, std::size_t... I> struct convert_tuple<Tuple, std::index_sequence<I...>> {
    static std::string type() {
        std::string text;
        ((text += (I ? ", " : "") + convert<std::tuple_element_t<I, Tuple>>::type()), ...);
        return "(" + text + ")";
    }
    static bool to(const site& at, const Tuple& from, tn_value* out, conversion& p) {
        if (at.kind != TN_TAG_TUPLE || tn_type_child_count(at.type) != sizeof...(I))
            return expected(p, at.name(), "a tuple of " + std::to_string(sizeof...(I)));
        parts<sizeof...(I)> made;
        const bool ok = ((convert<std::tuple_element_t<I, Tuple>>::to(at.child(I), std::get<I>(from),
                                                                      made.data() + I, p) ||
                          p.inside("." + std::to_string(I))) &&
                         ...);
        return ok && make_record(at, made.data(), sizeof...(I), out, p);
    }
    static bool from(const tn_value& v, Tuple& out, conversion& p) {
        if (v.tag != TN_TAG_TUPLE) return expected(p, "a tuple", tag_name(v.tag));
        value extra;
        if (tn_record_get(&v, sizeof...(I), extra.raw()) == TN_OK)
            return expected(p, "a tuple of " + std::to_string(sizeof...(I)), "a longer one");
        return (read_field(v, I, std::get<I>(out), "." + std::to_string(I), p) && ...);
    }
};

} // namespace detail

template <class... T>
struct convert<std::tuple<T...>, std::enable_if_t<(sizeof...(T) > 0)>>
    : detail::convert_tuple<std::tuple<T...>> {};
template <class A, class B> struct convert<std::pair<A, B>> : detail::convert_tuple<std::pair<A, B>> {};

// Structs of the host, by the names of their fields. They have no text: the script declares the record.
template <class T> struct convert<T, std::enable_if_t<detail::is_record<T>>> {
    static constexpr std::size_t count = std::tuple_size_v<std::decay_t<decltype(record<T>::fields)>>;

    static bool to(const detail::site& at, const T& from, tn_value* out, conversion& p) {
        if (at.kind != TN_TAG_RECORD) return detail::expected(p, at.name(), "a struct");
        if (tn_type_child_count(at.type) != count)
            return p.set(TN_TYPE, at.name() + " has " + std::to_string(tn_type_child_count(at.type)) +
                                      " fields, the struct " + std::to_string(count));
        detail::parts<count> made;
        const bool ok = std::apply(
            [&](const auto&... f) { return (put(at, from, f, made.data(), p) && ...); }, record<T>::fields);
        return ok && detail::make_record(at, made.data(), count, out, p);
    }
    static bool from(const tn_value& v, T& out, conversion& p) {
        if (v.tag != TN_TAG_RECORD) return detail::expected(p, "a record", detail::tag_name(v.tag));
        const tn_type* t = tn_value_type(nullptr, &v);
        return std::apply([&](const auto&... f) { return (get(v, t, f, out, p) && ...); }, record<T>::fields);
    }

private:
    // Where the type has a field of this name; `count` if it has none.
    static std::size_t place(const tn_type* t, std::string_view name) {
        for (std::size_t i = 0, n = tn_type_child_count(t); i < n; ++i) {
            std::size_t len = 0;
            const char* text = tn_type_child_name(t, i, &len);
            if (text && std::string_view(text, len) == name) return i;
        }
        return static_cast<std::size_t>(-1);
    }
    template <class F>
    static bool put(const detail::site& at, const T& from, const F& f, tn_value* made, conversion& p) {
        using member = std::decay_t<decltype(from.*f.member)>;
        const std::size_t i = place(at.type, f.name);
        if (i == static_cast<std::size_t>(-1))
            return p.set(TN_TYPE, at.name() + " has no field `" + std::string(f.name) + "`");
        return convert<member>::to(at.child(i), from.*f.member, made + i, p) ||
               p.inside("." + std::string(f.name));
    }
    template <class F>
    static bool get(const tn_value& v, const tn_type* t, const F& f, T& out, conversion& p) {
        const std::size_t i = place(t, f.name);
        if (i == static_cast<std::size_t>(-1))
            return p.set(TN_TYPE, "the record has no field `" + std::string(f.name) + "`");
        return detail::read_field(v, i, out.*f.member, "." + std::string(f.name), p);
    }
};

} // namespace tenon
#endif
