// runtime: what scripts can reach, and the compiler. config: options and limits.
#ifndef TENON_RUNTIME_HPP
#define TENON_RUNTIME_HPP

#include "host.hpp"

namespace tenon {

// config().memory_limit(1 << 20).timeout_ms(50)
class config {
public:
    config() : handle_(tn_config_new()) {}
    config& memory_limit(std::uint64_t bytes) { return set(TN_CONFIG_MEMORY_LIMIT, bytes); }
    config& fuel(std::uint64_t units) { return set(TN_CONFIG_FUEL, units); }
    config& stack_size(std::uint64_t bytes) { return set(TN_CONFIG_STACK_SIZE, bytes); }
    config& timeout_ms(std::uint64_t ms) { return set(TN_CONFIG_TIMEOUT_MS, ms); }
    config& max_source(std::uint64_t bytes) { return set(TN_CONFIG_MAX_SOURCE, bytes); }
    config& opt_level(std::uint64_t level) { return set(TN_CONFIG_OPT_LEVEL, level); }
    // Any key, TN_CONFIG_*. What a key refuses is kept for status().
    config& set(std::uint32_t key, std::uint64_t to) {
        const tn_status s = tn_config_set_u64(handle_.get(), key, to);
        if (s != TN_OK && status_ == TN_OK) status_ = s;
        return *this;
    }
    tn_status status() const noexcept { return status_; }
    const tn_config* raw() const noexcept { return handle_.get(); }
    operator const tn_config*() const noexcept { return raw(); }

private:
    detail::handle<tn_config, tn_config_free> handle_;
    tn_status status_ = TN_OK;
};

template <class T> class type_registration;

// Copies are references to the same runtime.
class runtime {
public:
    static result<runtime> create(const tn_config* c = nullptr) {
        runtime made{nothing{}};
        const tn_status s = made.open(c);
        if (s != TN_OK) return made.failure_;
        return made;
    }
#if TENON_EXCEPTIONS
    explicit runtime(const tn_config* c = nullptr) : runtime(nothing{}) {
        if (open(c) != TN_OK) throw exception(failure_);
    }
#endif

    // Registers a callable under a path such as "net.lookup". `flags`: TN_FN_PURE. Before the first
    // compilation.
    template <class F> result<void> try_function(std::string_view path, F callable, std::uint32_t flags = 0) {
        using C = std::decay_t<F>;
        const std::string signature = detail::signature_text<C>();
        tn_error* err = nullptr;
        if constexpr (detail::is_plain<C>()) {
            const tn_status s =
                tn_register_native(raw(), path.data(), path.size(), signature.data(), signature.size(),
                                   detail::plain_pointer<C>(callable), nullptr, nullptr, flags, &err);
            return detail::done(s, err);
        } else {
            using R = typename detail::success<typename detail::callable<C>::result>::type;
            const tn_type* type = nullptr;
            if constexpr (!std::is_void_v<R>) {
                const std::string text = convert<R>::type();
                const tn_status s = tn_type_parse(raw(), text.data(), text.size(), &type, &err);
                if (s != TN_OK) return error(s, err);
            }
            auto* held =
                new detail::callback<C>{std::move(callable), type, type ? tn_type_kind(type) : TN_TAG_UNIT};
            const tn_status s =
                tn_register_fn(raw(), path.data(), path.size(), signature.data(), signature.size(),
                               detail::callback<C>::run, held, detail::callback<C>::destroy, flags, &err);
            return detail::done(s, err);
        }
    }
    // Lets scripts have values of a class that tenon::host_type names. Before the first compilation.
    template <class T> result<type_registration<T>> try_type() {
        static_assert(detail::is_host_type<T>, "specialize tenon::host_type for this class, with its path");
        const tn_host_type ops = detail::type_functions<T>::get();
        const std::string_view path = host_type<T>::path, uri = detail::uri_of<T>::value;
        const tn_type* type = nullptr;
        tn_error* err = nullptr;
        using functions = detail::type_functions<T>;
        const auto ended = std::make_shared<bool>(false);
        const tn_status s =
            tn_register_type(raw(), path.data(), path.size(), uri.empty() ? nullptr : uri.data(), uri.size(), &ops,
                             new typename functions::registration(ended), functions::end, &type, &err);
        if (s != TN_OK) return error(s, err);
        if (!*ended) detail::types_of<T>::all().add(type, ended.get());
        return type_registration<T>(*this);
    }
    // A module written in Tenon, for every script of this runtime.
    result<void> try_script_module(std::string_view path, std::string_view source) {
        tn_error* err = nullptr;
        const tn_status s =
            tn_register_module(raw(), path.data(), path.size(), source.data(), source.size(), &err);
        return detail::done(s, err);
    }
    // `name` stands in diagnostics and stack traces.
    result<module> try_compile(std::string_view name, std::string_view source,
                               const tn_config* options = nullptr) const {
        tn_module* m = nullptr;
        tn_error* err = nullptr;
        const tn_status s =
            tn_compile(raw(), name.data(), name.size(), source.data(), source.size(), options, &m, &err);
        if (s != TN_OK) return error(s, err);
        return module(m, handle_);
    }
    // A file, or a folder with main.tn.
    result<module> try_compile_path(std::string_view path, const tn_config* options = nullptr) const {
        tn_module* m = nullptr;
        tn_error* err = nullptr;
        const tn_status s = tn_compile_path(raw(), path.data(), path.size(), options, &m, &err);
        if (s != TN_OK) return error(s, err);
        return module(m, handle_);
    }
#if TENON_EXCEPTIONS
    template <class F> void function(std::string_view path, F callable, std::uint32_t flags = 0) {
        try_function(path, std::move(callable), flags).value();
    }
    template <class T> type_registration<T> type() { return try_type<T>().value(); }
    void script_module(std::string_view path, std::string_view source) {
        try_script_module(path, source).value();
    }
    module compile(std::string_view name, std::string_view source, const tn_config* options = nullptr) const {
        return try_compile(name, source, options).value();
    }
    module compile_path(std::string_view path, const tn_config* options = nullptr) const {
        return try_compile_path(path, options).value();
    }
#endif
    tn_runtime* raw() const noexcept { return handle_.get(); }

private:
    struct nothing {};
    explicit runtime(nothing) {}
    tn_status open(const tn_config* c) {
        tn_runtime* made = nullptr;
        tn_error* err = nullptr;
        const tn_status s = tn_runtime_new(TN_ABI_VERSION, c, &made, &err);
        if (s == TN_OK)
            handle_ = std::shared_ptr<tn_runtime>(made, tn_runtime_free);
        else
            failure_ = error(s, err);
        return s;
    }

    std::shared_ptr<tn_runtime> handle_;
    error failure_;
};

// What belongs to a type: functions behind its path. One that takes the type first is a method; at the names of
// operators (`add`, `index`, `cmp`, `show`, `next`: see tn_register_type) the language calls it.
template <class T> class type_registration {
public:
    explicit type_registration(runtime rt) : runtime_(std::move(rt)) {}
    template <class F> result<void> try_function(std::string_view name, F callable, std::uint32_t flags = 0) {
        return runtime_.try_function(std::string(host_type<T>::path) + "." + std::string(name), std::move(callable), flags);
    }
#if TENON_EXCEPTIONS
    template <class F> type_registration& function(std::string_view name, F callable, std::uint32_t flags = 0) {
        try_function(name, std::move(callable), flags).value();
        return *this;
    }
#endif

private:
    runtime runtime_;
};

} // namespace tenon
#endif
