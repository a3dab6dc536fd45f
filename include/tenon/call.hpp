// module: a compiled script. instance: its state. function: one of its functions, bound to an instance.
#ifndef TENON_CALL_HPP
#define TENON_CALL_HPP

#include "compound.hpp"

#include <functional>

namespace tenon {

// `f.call<void>(tenon::mut(list))`: an argument for a `mut` parameter; the variable gets the new value.
template <class T> struct mut_ref { T& variable; };
template <class T> mut_ref<T> mut(T& variable) { return {variable}; }

namespace detail {

// Owns a handle of the C API that is freed once.
template <class T, void (*Free)(T*)> struct freer {
    void operator()(T* p) const noexcept { Free(p); }
};
template <class T, void (*Free)(T*)> using handle = std::unique_ptr<T, freer<T, Free>>;
template <class T, void (*Free)(T*)> using shared_handle = std::shared_ptr<T>;

template <class A> struct argument {
    static constexpr bool is_mut = false;
    static bool to(const site& at, const A& a, tn_value* out, conversion& c) {
        return convert<A>::to(at, a, out, c);
    }
    static bool back(const tn_value&, const A&, conversion&) { return true; }
};
template <class T> struct argument<mut_ref<T>> {
    static constexpr bool is_mut = true;
    static bool to(const site& at, const mut_ref<T>& a, tn_value* out, conversion& c) {
        return convert<T>::to(at, a.variable, out, c);
    }
    static bool back(const tn_value& v, const mut_ref<T>& a, conversion& c) {
        no_view<T>();
        return convert<T>::from(v, a.variable, c);
    }
};

// What a batch takes for a parameter: a container with data() and size(), a row an element; or a number for all rows.
template <class T, class = void> struct column_of {
    static_assert(is_scalar<T>, "a column is a container of numbers, or a number for all rows");
    static constexpr bool is_each = true;
    static tn_column make(const T& x) { return {scalar_tag<T>(), 0, const_cast<T*>(&x), 0}; }
    static std::size_t rows(const T&) { return 0; }
};
template <class T> struct column_of<T, std::void_t<decltype(std::declval<const T&>().data())>> {
    using element = std::decay_t<decltype(*std::declval<const T&>().data())>;
    static_assert(is_scalar<element>, "a column is a container of numbers, or a number for all rows");
    static constexpr bool is_each = false;
    static tn_column make(const T& x) {
        return {scalar_tag<element>(), 0, const_cast<element*>(x.data()), static_cast<std::ptrdiff_t>(sizeof(element))};
    }
    static std::size_t rows(const T& x) { return x.size(); }
};

// A function's parameters, asked once.
struct plan {
    std::vector<site> parameters; // without an instance
    std::string name;
};

} // namespace detail

class function {
public:
    // The script's result as an R; void drops it. Arguments are converted to the parameters' types.
    template <class R = void, class... A> result<R> try_call(A&&... arguments) const {
        static_assert(!std::is_same_v<R, std::string_view> && !std::is_same_v<R, const char*>,
                      "the view would outlive what it looks at: use std::string");
        return invoke<R>(std::index_sequence_for<A...>(), arguments...);
    }
#if TENON_EXCEPTIONS
    template <class R = void, class... A> R call(A&&... arguments) const {
        return try_call<R>(std::forward<A>(arguments)...).value();
    }
#endif

    // One call a row, in a loop that is machine code: containers of numbers of the parameters' types, all of one size,
    // and numbers for all rows. `f.batch<double>(prices, 1.19)`
    template <class R, class... C> result<std::vector<R>> try_batch(const C&... columns) const {
        static_assert((!detail::column_of<C>::is_each || ...), "one column says how many rows there are");
        static_assert(detail::is_scalar<R>, "a row gives a number");
        std::size_t rows = 0, at = 0, first = 0, wrong = 0;
        (void)std::initializer_list<int>{(++at, note_rows<C>(columns, at, rows, first, wrong), 0)...};
        if (wrong != 0)
            return error(TN_ARG, "column " + std::to_string(wrong) + " has another number of rows than column " +
                                     std::to_string(first) + ", which has " + std::to_string(rows));
        const tn_column in[] = {detail::column_of<C>::make(columns)...};
        using Stored = std::conditional_t<std::is_same_v<R, bool>, unsigned char, R>; // vector<bool> has no data()
        std::vector<Stored> results(rows);
        tn_column out{detail::scalar_tag<R>(), 0, results.data(), static_cast<std::ptrdiff_t>(sizeof(Stored))};
        Stored none{};
        if (rows == 0) out.data = &none;
        tn_error* err = nullptr;
        const tn_status s = tn_call_batch(instance_, handle_.get(), rows, in, sizeof...(C), &out, nullptr, &err);
        if (s != TN_OK) return error(s, err);
        if constexpr (std::is_same_v<R, bool>)
            return std::vector<bool>(results.begin(), results.end());
        else
            return results;
    }
#if TENON_EXCEPTIONS
    template <class R, class... C> std::vector<R> batch(const C&... columns) const {
        return try_batch<R>(columns...).value();
    }
#endif

    const std::string& name() const noexcept { return plan_->name; }
    std::string signature() const { return text(tn_function_signature); }
    std::string doc() const { return text(tn_function_doc); }
    std::size_t parameter_count() const noexcept { return plan_->parameters.size(); }
    tn_function* raw() const noexcept { return handle_.get(); }

private:
    friend class instance;
    function(tn_function* owned, tn_instance* inst) : handle_(owned, tn_function_free), instance_(inst) {
        auto p = std::make_shared<detail::plan>();
        for (std::uint32_t i = 0, n = tn_function_param_count(owned); i < n; ++i) {
            const tn_type* t = tn_function_param_type(owned, i);
            p->parameters.push_back({inst, t, tn_type_kind(t)});
        }
        p->name = text(tn_function_name);
        plan_ = std::move(p);
    }

    template <class C>
    static void note_rows(const C& column, std::size_t at, std::size_t& rows, std::size_t& first, std::size_t& wrong) {
        if (detail::column_of<C>::is_each) return;
        if (first == 0) {
            first = at;
            rows = detail::column_of<C>::rows(column);
        } else if (wrong == 0 && rows != detail::column_of<C>::rows(column)) {
            wrong = at;
        }
    }

    std::string text(const char* (*get)(const tn_function*, std::size_t*)) const {
        std::size_t len = 0;
        const char* p = get(handle_.get(), &len);
        return detail::text(p, len);
    }

    template <class R, std::size_t... I, class... A>
    result<R> invoke(std::index_sequence<I...>, const A&... arguments) const {
        constexpr std::size_t count = sizeof...(A);
        conversion c;
        if (plan_->parameters.size() != count)
            return error(TN_SIGNATURE, plan_->name + " has " + std::to_string(plan_->parameters.size()) +
                                           " parameters, " + std::to_string(count) + " arguments were given");
        detail::parts<count> args;
        std::size_t at = 0; // the argument under conversion
        const bool ok = ((at = I, detail::argument<std::decay_t<const A>>::to(plan_->parameters[I], arguments,
                                                                              args.data() + I, c)) &&
                         ...);
        if (!ok) return c.to_error("argument " + std::to_string(at + 1));
        tn_error* err = nullptr;
        value ret;
        constexpr bool changes = (detail::argument<std::decay_t<const A>>::is_mut || ...);
        const tn_status s = changes
                                ? tn_call_mut(instance_, handle_.get(), args.data(), count, ret.raw(), &err)
                                : tn_call(instance_, handle_.get(), args.data(), count, ret.raw(), &err);
        if (s != TN_OK) return error(s, err);
        if constexpr (changes) {
            const bool back =
                ((at = I, detail::argument<std::decay_t<const A>>::back(args.all[I], arguments, c)) && ...);
            if (!back) return c.to_error("argument " + std::to_string(at + 1));
        }
        if constexpr (std::is_void_v<R>) {
            return {};
        } else if constexpr (std::is_same_v<R, value>) {
            return ret;
        } else {
            R out{};
            if (!convert<R>::from(*ret.raw(), out, c)) return c.to_error("result of " + plan_->name);
            return out;
        }
    }

    std::shared_ptr<tn_function> handle_;
    tn_instance* instance_; // borrowed: a call after its end answers an error
    std::shared_ptr<const detail::plan> plan_;
};

// Stops what runs in an instance, from any thread and from signal handlers.
class interrupt {
public:
    void fire() const noexcept { tn_interrupt_fire(handle_.get()); }

private:
    friend class instance;
    explicit interrupt(tn_interrupt* owned) : handle_(owned, tn_interrupt_free) {}
    std::shared_ptr<tn_interrupt> handle_;
};

class instance {
public:
    // `signature` such as "fn(i64) -> bool" is held against the function's own; empty accepts any.
    result<tenon::function> try_function(std::string_view name, std::string_view signature = {}) const {
        tn_function* f = nullptr;
        tn_error* err = nullptr;
        const tn_status s = tn_module_function(module_.get(), name.data(), name.size(), signature.data(),
                                               signature.size(), &f, &err);
        if (s != TN_OK) return error(s, err);
        return tenon::function(f, handle_.get());
    }
    // A variable or constant of the script, by its path.
    template <class T> result<T> try_global(std::string_view path) const {
        value v;
        tn_error* err = nullptr;
        const tn_status s = tn_instance_get_global(handle_.get(), path.data(), path.size(), v.raw(), &err);
        if (s != TN_OK) return error(s, err);
        conversion c;
        T out{};
        if (!convert<T>::from(*v.raw(), out, c)) return c.to_error(std::string(path));
        return out;
    }
    // Its type is that of the variable's present value.
    template <class T> result<void> try_set_global(std::string_view path, const T& to) const {
        value now;
        tn_error* err = nullptr;
        tn_status s = tn_instance_get_global(handle_.get(), path.data(), path.size(), now.raw(), &err);
        if (s != TN_OK) return error(s, err);
        conversion c;
        detail::parts<1> v;
        const tn_type* t = tn_value_type(runtime_.get(), now.raw());
        if (!convert<std::decay_t<const T>>::to({handle_.get(), t, tn_type_kind(t)}, to, v.data(), c))
            return c.to_error(std::string(path));
        s = tn_instance_set_global(handle_.get(), path.data(), path.size(), v.data(), &err);
        return detail::done(s, err);
    }

    // Copies the variables to those of `to` that have the same name and an equal type: for a script compiled anew.
    result<void> try_migrate_to(const instance& to) const {
        tn_error* err = nullptr;
        const tn_status s = tn_instance_migrate(handle_.get(), to.raw(), &err);
        return detail::done(s, err);
    }

    // What the script prints, whole lines. An empty callable: to stdout again. If it throws, the script
    // stops.
    result<void> try_on_output(std::function<void(std::string_view)> receiver) const {
        if (!receiver) return detail::done(tn_instance_set_output(handle_.get(), nullptr, nullptr, nullptr));
        auto* held = new std::function<void(std::string_view)>(std::move(receiver));
        return detail::done(tn_instance_set_output(handle_.get(), write, held, [](void* ud) {
            delete static_cast<std::function<void(std::string_view)>*>(ud);
        }));
    }

    result<void> try_set_fuel(std::uint64_t fuel) const {
        return detail::done(tn_instance_set_fuel(handle_.get(), fuel));
    }
    result<void> try_set_memory_limit(std::uint64_t bytes) const {
        return detail::done(tn_instance_set_memory_limit(handle_.get(), bytes));
    }
    result<void> try_set_timeout(std::uint64_t ms) const {
        return detail::done(tn_instance_set_timeout(handle_.get(), ms));
    }
    std::uint64_t fuel() const noexcept { return tn_instance_fuel(handle_.get()); }
    std::uint64_t memory_used() const noexcept { return tn_instance_memory_used(handle_.get()); }
    tenon::interrupt interrupt() const {
        return tenon::interrupt(tn_instance_interrupt_handle(handle_.get()));
    }
    tn_instance* raw() const noexcept { return handle_.get(); }

#if TENON_EXCEPTIONS
    tenon::function function(std::string_view name, std::string_view signature = {}) const {
        return try_function(name, signature).value();
    }
    template <class T> T global(std::string_view path) const { return try_global<T>(path).value(); }
    template <class T> void set_global(std::string_view path, const T& to) const {
        try_set_global(path, to).value();
    }
    void migrate_to(const instance& to) const { try_migrate_to(to).value(); }
    void on_output(std::function<void(std::string_view)> receiver) const {
        try_on_output(std::move(receiver)).value();
    }
    void set_fuel(std::uint64_t fuel) const { try_set_fuel(fuel).value(); }
    void set_memory_limit(std::uint64_t bytes) const { try_set_memory_limit(bytes).value(); }
    void set_timeout(std::uint64_t ms) const { try_set_timeout(ms).value(); }
#endif

private:
    friend class module;
    instance(tn_instance* owned, std::shared_ptr<tn_module> m, std::shared_ptr<tn_runtime> rt)
        : handle_(owned), module_(std::move(m)), runtime_(std::move(rt)) {}

    static tn_status write(void* ud, const char* p, std::size_t len) {
#if TENON_EXCEPTIONS
        try {
            (*static_cast<std::function<void(std::string_view)>*>(ud))({p, len});
        } catch (...) { return TN_TRAP_HOST_ERROR; }
#else
        (*static_cast<std::function<void(std::string_view)>*>(ud))({p, len});
#endif
        return TN_OK;
    }

    detail::handle<tn_instance, tn_instance_free> handle_;
    std::shared_ptr<tn_module> module_;
    std::shared_ptr<tn_runtime> runtime_;
};

class module {
public:
    // An instance with limits of its own; NULL takes the runtime's.
    result<tenon::instance> try_instance(const tn_config* limits = nullptr) const {
        tn_instance* made = nullptr;
        tn_error* err = nullptr;
        const tn_status s = tn_instance_new(handle_.get(), limits, &made, &err);
        if (s != TN_OK) return error(s, err);
        return tenon::instance(made, handle_, runtime_);
    }
#if TENON_EXCEPTIONS
    tenon::instance instance(const tn_config* limits = nullptr) const { return try_instance(limits).value(); }
#endif
    // The functions that a host can call.
    std::vector<std::string> function_names() const {
        std::vector<std::string> names;
        for (std::size_t i = 0, n = tn_module_function_count(handle_.get()); i < n; ++i) {
            tn_function* f = nullptr;
            if (tn_module_function_at(handle_.get(), i, &f) != TN_OK) continue;
            std::size_t len = 0;
            const char* p = tn_function_name(f, &len);
            names.push_back(detail::text(p, len));
            tn_function_free(f);
        }
        return names;
    }
    // The warnings of the compilation, as the tenon command prints them; empty if there are none.
    std::string warnings() const {
        tn_error* e = tn_module_warnings(handle_.get());
        return e ? error(TN_OK, e).render() : std::string();
    }
    tn_module* raw() const noexcept { return handle_.get(); }

private:
    friend class runtime;
    module(tn_module* owned, std::shared_ptr<tn_runtime> rt) :handle_(owned, tn_module_free),
        runtime_(std::move(rt)) {}

    std::shared_ptr<tn_module> handle_;
    std::shared_ptr<tn_runtime> runtime_;
};

} // namespace tenon
#endif
