// Conversions of Map and std::map or std::unordered_map, Set and std::set or std::unordered_set, and of
// enums: a script's enum is a std::variant with an alternative per constructor, in declared order, or an
// `enum class` if no constructor has fields. An alternative is std::monostate for a constructor without
// fields, a tuple or a tenon::record for one with several (by position, by name), the field's own type for
// one with one. Result[T, E] is std::variant<T, E>.
#ifndef TENON_COLLECTION_HPP
#define TENON_COLLECTION_HPP

#include "compound.hpp"

#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <variant>

namespace tenon {
namespace detail {

// An iterator over a Map's entries or a Set's elements.
class entries {
public:
    entries() = default;
    ~entries() { tn_iter_free(iter_); }
    entries(const entries&) = delete;
    entries& operator=(const entries&) = delete;
    bool open(const tn_value& v, conversion& p) {
        const tn_status s = tn_map_iter(&v, &iter_);
        return s == TN_OK || p.set(s, "the collection cannot be read");
    }
    // False after the last one, and after a failure, which sets `failed`.
    bool next(value& k, value* v, bool& failed, conversion& p) {
        k = value();
        if (v) *v = value();
        const tn_status s = tn_iter_next(iter_, k.raw(), v ? v->raw() : nullptr);
        failed = s != TN_OK && s != TN_END;
        if (failed) p.set(s, "the collection cannot be read");
        return s == TN_OK;
    }

private:
    tn_iter* iter_ = nullptr;
};

template <class M> struct convert_map {
    using key = typename M::key_type;
    using mapped = typename M::mapped_type;

    static std::string type() { return "Map[" + convert<key>::type() + ", " + convert<mapped>::type() + "]"; }
    static bool to(const site& at, const M& from, tn_value* out, conversion& p) {
        if (at.kind != TN_TAG_MAP) return expected(p, at.name(), "a map");
        const site key_site = at.child(0), value_site = at.child(1);
        tn_error* err = nullptr;
        value made;
        tn_status s = tn_map_new(at.instance, key_site.type, value_site.type, made.raw(), &err);
        if (s != TN_OK) return p.set(s, err);
        for (const auto& [k, v] : from) {
            parts<2> entry;
            if (!convert<key>::to(key_site, k, entry.data(), p)) return p.inside("{key}");
            if (!convert<mapped>::to(value_site, v, entry.data() + 1, p)) return p.inside(step(k));
            s = tn_map_set(made.raw(), entry.data(), entry.data() + 1);
            if (s != TN_OK) return p.set(s, "the map cannot be filled");
        }
        *out = made.release();
        return true;
    }
    static bool from(const tn_value& v, M& out, conversion& p) {
        no_view<key>();
        no_view<mapped>();
        if (v.tag != TN_TAG_MAP) return expected(p, "a Map", tag_name(v.tag));
        out.clear();
        entries walk;
        if (!walk.open(v, p)) return false;
        value k, m;
        for (bool failed = false; walk.next(k, &m, failed, p) || failed;) {
            if (failed) return false;
            key new_key{};
            mapped new_value{};
            if (!convert<key>::from(*k.raw(), new_key, p)) return p.inside("{key}");
            if (!convert<mapped>::from(*m.raw(), new_value, p)) return p.inside(step(new_key));
            out.emplace(std::move(new_key), std::move(new_value));
        }
        return true;
    }

private:
    static std::string step(const key& k) {
        if constexpr (std::is_convertible_v<key, std::string_view>)
            return "[\"" + std::string(std::string_view(k)) + "\"]";
        else if constexpr (is_integer<key>)
            return "[" + std::to_string(k) + "]";
        else
            return "{value}";
    }
};

template <class S> struct convert_set {
    using element = typename S::key_type;

    static std::string type() { return "Set[" + convert<element>::type() + "]"; }
    static bool to(const site& at, const S& from, tn_value* out, conversion& p) {
        if (at.kind != TN_TAG_SET) return expected(p, at.name(), "a set");
        const site element_site = at.child(0);
        tn_error* err = nullptr;
        value made;
        tn_status s = tn_map_new(at.instance, element_site.type, nullptr, made.raw(), &err);
        if (s != TN_OK) return p.set(s, err);
        for (const auto& e : from) {
            parts<1> item;
            if (!convert<element>::to(element_site, e, item.data(), p)) return p.inside("{element}");
            s = tn_map_set(made.raw(), item.data(), nullptr);
            if (s != TN_OK) return p.set(s, "the set cannot be filled");
        }
        *out = made.release();
        return true;
    }
    static bool from(const tn_value& v, S& out, conversion& p) {
        no_view<element>();
        if (v.tag != TN_TAG_SET) return expected(p, "a Set", tag_name(v.tag));
        out.clear();
        entries walk;
        if (!walk.open(v, p)) return false;
        value item;
        for (bool failed = false; walk.next(item, nullptr, failed, p) || failed;) {
            if (failed) return false;
            element e{};
            if (!convert<element>::from(*item.raw(), e, p)) return p.inside("{element}");
            out.insert(std::move(e));
        }
        return true;
    }
};

// --- enums ---

inline std::string variant_name(const tn_type* t, std::size_t v) {
    std::size_t len = 0;
    const char* p = tn_type_variant_name(t, v, &len);
    return text(p, len);
}

inline bool make_variant(const site& at, std::size_t v, const tn_value* fields, std::size_t n, tn_value* out,
                         conversion& p) {
    tn_error* err = nullptr;
    const tn_status s =
        tn_enum_new(at.instance, at.type, static_cast<std::uint32_t>(v), fields, n, out, &err);
    return s == TN_OK || p.set(s, err);
}

template <class T>
bool read_payload(const tn_value& v, std::size_t i, T& out, const std::string& step, conversion& p) {
    no_view<T>();
    value part;
    const tn_status s = tn_enum_payload(&v, i, part.raw());
    if (s != TN_OK) return p.set(s, "it has no field " + std::to_string(i));
    return convert<T>::from(*part.raw(), out, p) || p.inside(step);
}

// Constructor `v` of the type `t`: its fields are the children [first, first + count) of the type.
struct constructor {
    const tn_type* type;
    std::size_t variant, first = 0, count = 0;
    constructor(const tn_type* t, std::size_t v) : type(t), variant(v) {
        tn_type_variant_fields(t, v, &first, &count);
    }
    std::string name() const { return variant_name(type, variant); }
    // Where it has a field of this name; `count` if it has none.
    std::size_t place(std::string_view field) const {
        std::size_t i = 0;
        for (; i < count; ++i) {
            std::size_t len = 0;
            const char* p = tn_type_child_name(type, first + i, &len);
            if (p && std::string_view(p, len) == field) break;
        }
        return i;
    }
    bool has(std::size_t n, conversion& p) const {
        return n == count ||
               p.set(TN_TYPE, name() + " has " + std::to_string(count) + " fields, not " + std::to_string(n));
    }
};

// The fields of a constructor, by what the alternative is.
template <class A, class = void> struct payload {
    static bool to(const site& at, const constructor& c, const A& from, tn_value* out, conversion& p) {
        parts<1> field;
        return c.has(1, p) &&
               (convert<A>::to(at.child(c.first), from, field.data(), p) || p.inside("." + c.name())) &&
               make_variant(at, c.variant, field.data(), 1, out, p);
    }
    static bool from(const tn_value& v, const constructor& c, A& out, conversion& p) {
        return c.has(1, p) && read_payload(v, 0, out, "." + c.name(), p);
    }
};

template <> struct payload<std::monostate> {
    static bool to(const site& at, const constructor& c, std::monostate, tn_value* out, conversion& p) {
        return c.has(0, p) && make_variant(at, c.variant, nullptr, 0, out, p);
    }
    static bool from(const tn_value&, const constructor& c, std::monostate&, conversion& p) {
        return c.has(0, p);
    }
};

template <class... T> struct payload<std::tuple<T...>> {
    using tuple = std::tuple<T...>;
    static bool to(const site& at, const constructor& c, const tuple& from, tn_value* out, conversion& p) {
        return put(at, c, from, out, p, std::index_sequence_for<T...>());
    }
    static bool from(const tn_value& v, const constructor& c, tuple& out, conversion& p) {
        return get(v, c, out, p, std::index_sequence_for<T...>());
    }

private:
    template <std::size_t... I>
    static bool put(const site& at, const constructor& c, const tuple& from, tn_value* out, conversion& p,
                    std::index_sequence<I...>) {
        parts<sizeof...(I)> fields;
        return c.has(sizeof...(I), p) &&
               ((convert<T>::to(at.child(c.first + I), std::get<I>(from), fields.data() + I, p) ||
                 p.inside("." + c.name() + "." + std::to_string(I))) &&
                ...) &&
               make_variant(at, c.variant, fields.data(), sizeof...(I), out, p);
    }
    template <std::size_t... I>
    static bool get(const tn_value& v, const constructor& c, tuple& out, conversion& p,
                    std::index_sequence<I...>) {
        return c.has(sizeof...(I), p) &&
               (read_payload(v, I, std::get<I>(out), "." + c.name() + "." + std::to_string(I), p) && ...);
    }
};

// By name; a struct that stands for the one field of a constructor without names is that field.
template <class A> struct payload<A, std::enable_if_t<is_record<A>>> {
    static constexpr std::size_t count = std::tuple_size_v<std::decay_t<decltype(record<A>::fields)>>;
    static bool to(const site& at, const constructor& c, const A& from, tn_value* out, conversion& p) {
        if (is_the_field(c)) {
            parts<1> field;
            return (convert<A>::to(at.child(c.first), from, field.data(), p) || p.inside("." + c.name())) &&
                   make_variant(at, c.variant, field.data(), 1, out, p);
        }
        parts<count> fields;
        return c.has(count, p) &&
               std::apply([&](const auto&... f) { return (put(at, c, from, f, fields.data(), p) && ...); },
                          record<A>::fields) &&
               make_variant(at, c.variant, fields.data(), count, out, p);
    }
    static bool from(const tn_value& v, const constructor& c, A& out, conversion& p) {
        if (is_the_field(c)) return read_payload(v, 0, out, "." + c.name(), p);
        return c.has(count, p) &&
               std::apply([&](const auto&... f) { return (get(v, c, f, out, p) && ...); }, record<A>::fields);
    }

private:
    static bool is_the_field(const constructor& c) {
        return c.count == 1 && !tn_type_variant_fields(c.type, c.variant, nullptr, nullptr);
    }
    template <class F> static bool place(const constructor& c, const F& f, std::size_t& i, conversion& p) {
        i = c.place(f.name);
        return i < c.count || p.set(TN_TYPE, c.name() + " has no field `" + std::string(f.name) + "`");
    }
    template <class F>
    static bool put(const site& at, const constructor& c, const A& from, const F& f, tn_value* fields,
                    conversion& p) {
        using member = std::decay_t<decltype(from.*f.member)>;
        std::size_t i = 0;
        return place(c, f, i, p) &&
               (convert<member>::to(at.child(c.first + i), from.*f.member, fields + i, p) ||
                p.inside("." + c.name() + "." + std::string(f.name)));
    }
    template <class F>
    static bool get(const tn_value& v, const constructor& c, const F& f, A& out, conversion& p) {
        std::size_t i = 0;
        return place(c, f, i, p) &&
               read_payload(v, i, out.*f.member, "." + c.name() + "." + std::string(f.name), p);
    }
};

// How many constructors the type has must be how many C++ knows.
inline bool same_count(const tn_type* t, std::size_t known, conversion& p) {
    const std::size_t n = tn_type_variant_count(t);
    return n == known || p.set(TN_TYPE, "the enum has " + std::to_string(n) + " constructors, the variant " +
                                            std::to_string(known));
}

} // namespace detail

template <class K, class V, class... Rest>
struct convert<std::map<K, V, Rest...>> : detail::convert_map<std::map<K, V, Rest...>> {};
template <class K, class V, class... Rest>
struct convert<std::unordered_map<K, V, Rest...>> : detail::convert_map<std::unordered_map<K, V, Rest...>> {};
template <class T, class... Rest>
struct convert<std::set<T, Rest...>> : detail::convert_set<std::set<T, Rest...>> {};
template <class T, class... Rest>
struct convert<std::unordered_set<T, Rest...>> : detail::convert_set<std::unordered_set<T, Rest...>> {};

template <class... A> struct convert<std::variant<A...>> {
    using variant = std::variant<A...>;

    static bool to(const detail::site& at, const variant& from, tn_value* out, conversion& p) {
        if (at.kind != TN_TAG_ENUM) return detail::expected(p, at.name(), "a variant");
        if (!detail::same_count(at.type, sizeof...(A), p)) return false;
        return put(at, from, out, p, std::index_sequence_for<A...>());
    }
    static bool from(const tn_value& v, variant& out, conversion& p) {
        std::uint32_t index = 0;
        if (v.tag != TN_TAG_ENUM || tn_enum_variant(&v, &index, nullptr) != TN_OK)
            return detail::expected(p, "an enum", detail::tag_name(v.tag));
        const tn_type* t = tn_value_type(nullptr, &v);
        return detail::same_count(t, sizeof...(A), p) &&
               get(v, t, index, out, p, std::index_sequence_for<A...>());
    }

private:
    template <std::size_t... I>
    static bool put(const detail::site& at, const variant& from, tn_value* out, conversion& p,
                    std::index_sequence<I...>) {
        bool ok = false;
        ((from.index() == I &&
          (ok = detail::payload<A>::to(at, detail::constructor(at.type, I), *std::get_if<I>(&from), out, p))),
         ...);
        return ok;
    }
    template <std::size_t... I>
    static bool get(const tn_value& v, const tn_type* t, std::size_t index, variant& out, conversion& p,
                    std::index_sequence<I...>) {
        bool ok = false;
        ((index == I && (ok = get_one<I, A>(v, t, out, p))), ...);
        return ok;
    }
    template <std::size_t I, class Alternative>
    static bool get_one(const tn_value& v, const tn_type* t, variant& out, conversion& p) {
        Alternative made{};
        if (!detail::payload<Alternative>::from(v, detail::constructor(t, I), made, p)) return false;
        out.template emplace<I>(std::move(made));
        return true;
    }
};

// An `enum class` whose enumerators are 0, 1, ... in the order of the script's constructors.
template <class T> struct convert<T, std::enable_if_t<std::is_enum_v<T> && !std::is_same_v<T, std::byte>>> {
    static bool to(const detail::site& at, T from, tn_value* out, conversion& p) {
        if (at.kind != TN_TAG_ENUM) return detail::expected(p, at.name(), "an enum");
        const auto v = static_cast<std::uint64_t>(from);
        if (v >= tn_type_variant_count(at.type))
            return p.set(TN_RANGE, at.name() + " has no constructor " + std::to_string(v));
        return detail::make_variant(at, static_cast<std::size_t>(v), nullptr, 0, out, p);
    }
    static bool from(const tn_value& v, T& out, conversion& p) {
        std::uint32_t index = 0;
        std::size_t fields = 0;
        if (v.tag != TN_TAG_ENUM || tn_enum_variant(&v, &index, &fields) != TN_OK)
            return detail::expected(p, "an enum", detail::tag_name(v.tag));
        if (fields)
            return p.set(TN_TYPE, detail::variant_name(tn_value_type(nullptr, &v), index) +
                                      " has fields, which an enum cannot hold");
        out = static_cast<T>(index);
        return true;
    }
};

} // namespace tenon
#endif
