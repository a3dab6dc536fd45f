// C++ callables for scripts: their signature comes from their C++ types, and what they throw becomes an error
// of the script's call. No exception crosses a frame of the script or of the library.
#ifndef TENON_HOST_HPP
#define TENON_HOST_HPP

#include "call.hpp"
#include "type.hpp"

namespace tenon {

// The script's call that a callable serves: take it as first parameter, `[](tenon::frame& fr, double x)
// {...}`.
class frame {
public:
    explicit frame(tn_frame* raw) : raw_(raw) {}
    tn_instance* instance() const noexcept { return tn_frame_instance(raw_); }
    tn_frame* raw() const noexcept { return raw_; }

private:
    tn_frame* raw_;
};

namespace detail {

template <class R, class... A> struct signature_of {
    using result = std::decay_t<R>;
    using arguments = std::tuple<stored_t<A>...>;
    static constexpr bool takes_frame = false;
    static constexpr bool plain = ((is_scalar<R> || std::is_void_v<R>)&&... && is_scalar<A>);
};
template <class R, class... A> struct signature_of<R, frame&, A...> {
    using result = std::decay_t<R>;
    using arguments = std::tuple<stored_t<A>...>;
    static constexpr bool takes_frame = true;
    static constexpr bool plain = false;
};

// What can be called in exactly one way: functions, and objects with one operator().
template <class F> struct callable : callable<decltype(&F::operator())> {};
template <class R, class... A> struct callable<R (*)(A...)> : signature_of<R, A...> {
    using pointer = R (*)(A...);
    static constexpr bool quiet = !TENON_EXCEPTIONS;
};
template <class R, class... A> struct callable<R (*)(A...) noexcept> : signature_of<R, A...> {
    using pointer = R (*)(A...) noexcept;
    static constexpr bool quiet = true;
};
template <class C, class R, class... A> struct callable<R (C::*)(A...)> : callable<R (*)(A...)> {};
template <class C, class R, class... A> struct callable<R (C::*)(A...) const> : callable<R (*)(A...)> {};
template <class C, class R, class... A>
struct callable<R (C::*)(A...) noexcept> : callable<R (*)(A...) noexcept> {};
template <class C, class R, class... A>
struct callable<R (C::*)(A...) const noexcept> : callable<R (*)(A...) noexcept> {};

template <class R> struct success { using type = R; };
template <class R> struct success<result<R>> { using type = R; };

template <class Tuple> struct parameter_text;
template <class... A> struct parameter_text<std::tuple<A...>> {
    static std::string get() {
        std::string text;
        ((text += (text.empty() ? "" : ", ") + convert<A>::type()), ...);
        return text;
    }
};

// "fn(String, i64) -> bool"
template <class F> std::string signature_text() {
    using R = typename success<typename callable<F>::result>::type;
    std::string text = "fn(" + parameter_text<typename callable<F>::arguments>::get() + ")";
    if constexpr (!std::is_void_v<R>) text += " -> " + convert<R>::type();
    return text;
}

// Ends a callback with an error, whose C++ exception, if there is one, travels along.
inline tn_status fail_with(tn_frame* fr, tn_status s, std::string_view message,
                           std::exception_ptr thrown_now = nullptr) {
    if (!tn_text_check(message.data(), message.size(), nullptr)) message = "an error whose text is not UTF-8";
    void* payload = thrown_now ? thrown::all().add(std::move(thrown_now)) : nullptr;
    return tn_frame_fail(fr, s, message.data(), message.size(), payload, payload ? thrown::remove : nullptr);
}
inline tn_status fail_with(tn_frame* fr, const error& e) { return fail_with(fr, e.status(), e.message()); }

#if TENON_EXCEPTIONS
// In a catch block. Not even a lack of memory gets past it.
inline tn_status fail_with_current(tn_frame* fr) noexcept {
    try {
        try {
            throw;
        } catch (exception& e) {
            // A script that this callable called: its stack goes along.
            if (tn_error* nested = e.error().take()) return tn_frame_fail_error(fr, nested);
            return fail_with(fr, e.status(), e.what(), std::current_exception());
        } catch (const std::exception& e) {
            return fail_with(fr, TN_TRAP_HOST_ERROR, e.what(), std::current_exception());
        } catch (...) {
            return fail_with(fr, TN_TRAP_HOST_ERROR, "an exception of an unknown type",
                             std::current_exception());
        }
    } catch (...) {
        return tn_frame_fail(fr, TN_TRAP_HOST_ERROR, "no memory for the error", TN_NTS, nullptr, nullptr);
    }
}
#endif

// The user data of a generic callback.
template <class F> struct callback {
    F call;
    const tn_type* result; // borrowed from the runtime, which outlives its callbacks
    tn_tag result_kind;

    static void destroy(void* ud) { delete static_cast<callback*>(ud); }

    static tn_status run(tn_frame* fr, const tn_value* args, std::size_t, tn_value* ret, void* ud) {
        auto& self = *static_cast<callback*>(ud);
        using indexes = std::make_index_sequence<std::tuple_size_v<typename callable<F>::arguments>>;
#if TENON_EXCEPTIONS
        try {
            return self.convert_and_call(indexes(), fr, args, ret);
        } catch (...) { return fail_with_current(fr); }
#else
        return self.convert_and_call(indexes(), fr, args, ret);
#endif
    }

private:
    template <std::size_t... I>
    tn_status convert_and_call(std::index_sequence<I...>, tn_frame* fr, const tn_value* args, tn_value* ret) {
        typename callable<F>::arguments converted{};
        conversion c;
        std::size_t at = 0;
        (void)at;
        (void)args;
        const bool ok = ((at = I, convert<std::tuple_element_t<I, typename callable<F>::arguments>>::from(
                                      args[I], std::get<I>(converted), c)) &&
                         ...);
        if (!ok) return fail_with(fr, c.to_error("argument " + std::to_string(at + 1)));
        using R = typename callable<F>::result;
        if constexpr (std::is_void_v<R>) {
            apply(fr, std::move(std::get<I>(converted))...);
            TN_SET_UNIT(ret);
            return TN_OK;
        } else if constexpr (is_result<R>::value) {
            R outcome = apply(fr, std::move(std::get<I>(converted))...);
            if (!outcome) return fail_with(fr, outcome.error());
            if constexpr (std::is_void_v<typename success<R>::type>) {
                TN_SET_UNIT(ret);
                return TN_OK;
            } else {
                return put(fr, std::move(*outcome), ret, c);
            }
        } else {
            return put(fr, apply(fr, std::move(std::get<I>(converted))...), ret, c);
        }
    }
    template <class... A> decltype(auto) apply(tn_frame* fr, A&&... arguments) {
        if constexpr (callable<F>::takes_frame) {
            frame here(fr);
            return call(here, std::forward<A>(arguments)...);
        } else {
            (void)fr;
            return call(std::forward<A>(arguments)...);
        }
    }
    template <class R> tn_status put(tn_frame* fr, R&& outcome, tn_value* ret, conversion& c) {
        const site at{tn_frame_instance(fr), result, result_kind};
        if (convert<std::decay_t<R>>::to(at, std::forward<R>(outcome), ret, c)) return TN_OK;
        return fail_with(fr, c.to_error("result"));
    }
};

// Callables without state over scalars that cannot throw are called directly by the script's machine code.
template <class F> constexpr bool is_plain() {
    if constexpr (callable<F>::plain && callable<F>::quiet)
        return std::is_convertible_v<F, typename callable<F>::pointer>;
    else
        return false;
}

// A function behind another signature.
template <class F> tn_fnptr plain_pointer(const F& f) {
    return reinterpret_cast<tn_fnptr>(static_cast<typename callable<F>::pointer>(f));
}

} // namespace detail
} // namespace tenon
#endif
