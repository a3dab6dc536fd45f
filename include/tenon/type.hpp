// C++ classes as types of the script's: a script holds values of them, passes them on, and calls what was
// registered for them. The class says how scripts call it:
//
//     template <> struct tenon::host_type<Zoned> {
//         static constexpr const char* path = "time.Zoned";
//         static constexpr const char* uri = "org.acme.zoned/1"; // optional: the identity across libraries
//     };
//     rt.type<Zoned>()
//         .function("now", [] { return Zoned::now(); })                              // time.Zoned.now()
//         .function("add_days", [](Zoned& z, std::int64_t days) { z.add_days(days); }) // z.add_days(3): mut
//         .function("sub", [](const Zoned& a, const Zoned& b) { return a - b; });    // a - b
//
// A parameter `T&` is the script's `mut`; `const T&` and `T` are not. A class that can be copied, compared
// with == or hashed by std::hash can be so in scripts, too. Each value is destroyed exactly once, when the
// last who holds it lets go; the destructor may run on another thread than the one that made it, see
// tn_host_type.
#ifndef TENON_TYPE_HPP
#define TENON_TYPE_HPP

#include "convert.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>
#include <vector>

namespace tenon {

// Specialize it for a class to give it to scripts.
template <class T> struct host_type {};

namespace detail {

template <class T, class = void> inline constexpr bool is_host_type = false;
template <class T> inline constexpr bool is_host_type<T, std::void_t<decltype(host_type<T>::path)>> = true;

template <class T, class = void> struct uri_of { static constexpr std::string_view value{}; };
template <class T> struct uri_of<T, std::void_t<decltype(host_type<T>::uri)>> {
    static constexpr std::string_view value{host_type<T>::uri};
};

template <class T, class = void> inline constexpr bool is_comparable = false;
template <class T>
inline constexpr bool is_comparable<
    T, std::void_t<decltype(static_cast<bool>(std::declval<const T&>() == std::declval<const T&>()))>> = true;
template <class T, class = void> inline constexpr bool is_hashable = false;
template <class T>
inline constexpr bool is_hashable<T, std::void_t<decltype(std::hash<T>()(std::declval<const T&>()))>> =
    is_comparable<T>;

// What T is called in each runtime that knows it: a handle's pointer is only given to who names the type.
template <class T> class types_of {
public:
    static types_of& all() {
        static types_of list;
        return list;
    }
    void add(const tn_type* type, const void* owner) {
        const std::lock_guard<std::mutex> guard(mutex_);
        types_.push_back({type, owner});
    }
    void remove(const void* owner) {
        const std::lock_guard<std::mutex> guard(mutex_);
        for (std::size_t i = types_.size(); i-- > 0;)
            if (types_[i].second == owner) types_.erase(types_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    tn_status find(const tn_value& v, void** out) {
        const std::lock_guard<std::mutex> guard(mutex_);
        tn_status status = TN_TYPE;
        for (const auto& entry : types_) {
            status = tn_handle_get(&v, entry.first, out);
            if (status != TN_TYPE && status != TN_HANDLE) break;
        }
        return status;
    }

private:
    std::mutex mutex_;
    std::vector<std::pair<const tn_type*, const void*>> types_;
};

// The functions that the library calls. `ud` is the registration; it ends with the runtime.
template <class T> struct type_functions {
    static void finalize(void* p, void*) { delete static_cast<T*>(p); }
    static tn_status clone(void* p, void*, void** out) {
        if constexpr (std::is_copy_constructible_v<T>) {
#if TENON_EXCEPTIONS
            try {
                *out = new T(*static_cast<const T*>(p));
            } catch (...) { return TN_NOMEM; }
#else
            *out = new T(*static_cast<const T*>(p));
#endif
            return TN_OK;
        } else {
            return TN_UNSUPPORTED;
        }
    }
    static std::int32_t equal(const void* a, const void* b, void*) {
        if constexpr (is_comparable<T>)
            return *static_cast<const T*>(a) == *static_cast<const T*>(b);
        else
            return a == b;
    }
    static std::uint64_t hash(const void* p, void*) {
        if constexpr (is_hashable<T>)
            return std::hash<T>()(*static_cast<const T*>(p));
        else
            return 0;
    }
    // Ends with the runtime; at once when the type is another one's, by its uri.
    using registration = std::shared_ptr<bool>; // whether it has ended
    static void end(void* ud) {
        const std::unique_ptr<registration> ended(static_cast<registration*>(ud));
        types_of<T>::all().remove(ended->get());
        **ended = true;
    }

    static tn_host_type get() {
        tn_host_type ops{};
        ops.struct_size = sizeof ops;
        ops.finalize = finalize;
        if constexpr (std::is_copy_constructible_v<T>) ops.clone = clone;
        if constexpr (is_comparable<T>) ops.equal = equal;
        if constexpr (is_hashable<T>) ops.hash = hash;
        return ops;
    }
};

// A parameter: the object in the script's handle, for the length of a call.
template <class T, bool mut> struct reference {
    T* object = nullptr;
    operator std::conditional_t<mut, T&, const T&>() const { return *object; }
};

template <class A> struct stored { using type = std::decay_t<A>; };
template <class A, bool is_host> struct stored_as : stored<A> {};
template <class A> struct stored_as<A, true> {
    static constexpr bool mut = std::is_lvalue_reference_v<A> && !std::is_const_v<std::remove_reference_t<A>>;
    using type = reference<std::decay_t<A>, mut>;
};
// What a parameter of the C++ type A is held as until the call.
template <class A> using stored_t = typename stored_as<A, is_host_type<std::decay_t<A>>>::type;

template <class T> bool object_of(const tn_value& v, T*& out, conversion& p) {
    void* found = nullptr;
    const tn_status s = types_of<T>::all().find(v, &found);
    if (s == TN_CLOSED) return p.set(s, std::string("the ") + host_type<T>::path + " is closed");
    if (s != TN_OK)
        return expected(p, host_type<T>::path,
                        v.tag == TN_TAG_HANDLE ? "a value of another type" : tag_name(v.tag));
    out = static_cast<T*>(found);
    return true;
}

} // namespace detail

template <class T, bool mut> struct convert<detail::reference<T, mut>> {
    static std::string type() { return (mut ? "mut " : "") + std::string(host_type<T>::path); }
    static bool from(const tn_value& v, detail::reference<T, mut>& out, conversion& p) {
        return detail::object_of(v, out.object, p);
    }
};

// As an argument, a result, an element: a copy, or what was moved here.
template <class T> struct convert<T, std::enable_if_t<detail::is_host_type<T>>> {
    static std::string type() { return host_type<T>::path; }
    static bool to(const detail::site& at, T object, tn_value* out, conversion& p) {
        tn_error* err = nullptr;
        const tn_status s = tn_handle_new(at.instance, at.type, new T(std::move(object)), out, &err);
        return s == TN_OK || p.set(s, err);
    }
    static bool from(const tn_value& v, T& out, conversion& p) {
        T* object = nullptr;
        if (!detail::object_of(v, object, p)) return false;
        out = *object;
        return true;
    }
};

} // namespace tenon
#endif
