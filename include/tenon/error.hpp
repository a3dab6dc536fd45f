// error: what went wrong, with places and stack. result<T>: a T or an error. exception: an error that is
// thrown.
#ifndef TENON_ERROR_HPP
#define TENON_ERROR_HPP

#include "../c_api.h"

#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#if !defined(TENON_NO_EXCEPTIONS) && (defined(__cpp_exceptions) || defined(_CPPUNWIND))
#define TENON_EXCEPTIONS 1
#else
#define TENON_EXCEPTIONS 0
#endif

namespace tenon {

// A status number of the host's own begins here.
inline constexpr tn_status host_status = TN_HOST_STATUS_FIRST;

struct diagnostic {
    std::string severity, code, message, file;
    std::uint32_t line = 0, column = 0;
};

struct stack_entry {
    std::string function, file;
    std::uint32_t line = 0, column = 0;
};

namespace detail {

// The C++ exceptions that travel through scripts, by the payload that carries them. Payloads of other hosts
// of the runtime are not in here, so they are never taken for ours.
class thrown {
public:
    static thrown& all() {
        static thrown* const table = new thrown; // outlives every static
        return *table;
    }
    void* add(std::exception_ptr e) {
        const std::lock_guard<std::mutex> lock(mutex_);
        auto* key = new char;
        exceptions_.emplace(key, std::move(e));
        return key;
    }
    std::exception_ptr find(void* key) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto at = exceptions_.find(key);
        return at == exceptions_.end() ? std::exception_ptr() : at->second;
    }
    // A tn_finalizer.
    static void remove(void* key) {
        std::exception_ptr ended; // ends after the lock
        thrown& self = all();
        const std::lock_guard<std::mutex> lock(self.mutex_);
        const auto at = self.exceptions_.find(key);
        if (at == self.exceptions_.end()) return;
        ended = std::move(at->second);
        self.exceptions_.erase(at);
        delete static_cast<char*>(key);
    }

private:
    std::mutex mutex_;
    std::unordered_map<void*, std::exception_ptr> exceptions_;
};

inline std::string text(const char* p, std::size_t len) { return p ? std::string(p, len) : std::string(); }

} // namespace detail

// Immutable and cheap to copy.
class error {
public:
    error() = default; // no error: status() == TN_OK
    error(tn_status s, std::string_view message)
        : error(s, tn_error_new(s, message.data(), message.size())) {}
    // Takes over what a function of the C API gave.
    error(tn_status s, tn_error* taken) : status_(s) {
        if (taken) box_ = std::make_shared<box>(taken);
    }

    tn_status status() const noexcept { return status_; }
    const char* status_name() const noexcept { return tn_status_name(status_); }
    bool is_trap() const noexcept { return TN_IS_TRAP(status_); }
    // One line, without place and stack.
    std::string message() const {
        std::size_t len = 0;
        const char* p = raw() ? tn_error_message(raw(), &len) : nullptr;
        return p ? std::string(p, len) : std::string(status_name());
    }
    // All of it, as the tenon command prints it. `flags`: TN_RENDER_*.
    std::string render(std::uint32_t flags = 0) const {
        std::size_t len = 0;
        const char* p = raw() ? tn_error_render(raw(), flags, &len) : nullptr;
        return p ? std::string(p, len) : message() + "\n";
    }
    std::vector<diagnostic> diagnostics() const {
        std::vector<diagnostic> all;
        for (std::size_t i = 0, n = raw() ? tn_error_diag_count(raw()) : 0; i < n; ++i) {
            diagnostic d{diag_text(i, TN_TEXT_SEVERITY),
                         diag_text(i, TN_TEXT_CODE),
                         diag_text(i, TN_TEXT_MESSAGE),
                         diag_text(i, TN_TEXT_FILE),
                         0,
                         0};
            tn_error_diag_pos(raw(), i, &d.line, &d.column, nullptr, nullptr);
            all.push_back(std::move(d));
        }
        return all;
    }
    // The script's stack at a trap, innermost first.
    std::vector<stack_entry> stack() const {
        std::vector<stack_entry> all;
        for (std::size_t i = 0, n = raw() ? tn_error_frame_count(raw()) : 0; i < n; ++i)
            all.push_back({frame_text(i, TN_TEXT_FUNCTION), frame_text(i, TN_TEXT_FILE),
                           tn_error_frame_line(raw(), i), tn_error_frame_column(raw(), i)});
        return all;
    }
    // The C++ exception with which a callable of the host failed, or null.
    std::exception_ptr host_exception() const {
        void* payload = raw() ? tn_error_payload(raw()) : nullptr;
        return payload ? detail::thrown::all().find(payload) : std::exception_ptr();
    }

    tn_error* raw() const noexcept { return box_ ? box_->owned : nullptr; }
    // The C error, if nobody else holds it; else null. The caller owns it.
    tn_error* take() noexcept {
        return box_ && box_.use_count() == 1 ? std::exchange(box_->owned, nullptr) : nullptr;
    }

private:
    struct box {
        explicit box(tn_error* e) : owned(e) {}
        ~box() { tn_error_free(owned); }
        box(const box&) = delete;
        box& operator=(const box&) = delete;
        tn_error* owned;
    };

    std::string diag_text(std::size_t i, std::uint32_t which) const {
        std::size_t len = 0;
        const char* p = tn_error_diag_text(raw(), i, which, &len);
        return detail::text(p, len);
    }
    std::string frame_text(std::size_t i, std::uint32_t which) const {
        std::size_t len = 0;
        const char* p = tn_error_frame_text(raw(), i, which, &len);
        return detail::text(p, len);
    }

    tn_status status_ = TN_OK;
    std::shared_ptr<box> box_;
};

// What a callable answers to fail: `return tenon::fail("no such customer");`
inline error fail(std::string_view message) { return error(TN_TRAP_HOST_ERROR, message); }
inline error fail(tn_status s, std::string_view message) { return error(s, message); }

#if TENON_EXCEPTIONS
class exception : public std::exception {
public:
    explicit exception(tenon::error e) : error_(std::move(e)), what_(error_.message()) {}
    const char* what() const noexcept override { return what_.c_str(); }
    const tenon::error& error() const noexcept { return error_; }
    tenon::error& error() noexcept { return error_; }
    tn_status status() const noexcept { return error_.status(); }

private:
    tenon::error error_;
    std::string what_;
};
#endif

// A T, or why there is none. `*r` and `r->` may only be used when it is ok.
template <class T> class [[nodiscard]] result {
public:
    result(T value) : data_(std::in_place_index<0>, std::move(value)) {}
    result(tenon::error e) : data_(std::in_place_index<1>, std::move(e)) {}

    bool ok() const noexcept { return data_.index() == 0; }
    explicit operator bool() const noexcept { return ok(); }
    T& operator*() & noexcept { return *std::get_if<0>(&data_); }
    const T& operator*() const& noexcept { return *std::get_if<0>(&data_); }
    T&& operator*() && noexcept { return std::move(*std::get_if<0>(&data_)); }
    T* operator->() noexcept { return std::get_if<0>(&data_); }
    const T* operator->() const noexcept { return std::get_if<0>(&data_); }
    // No error (TN_OK) when it is ok.
    tenon::error error() const { return ok() ? tenon::error() : *std::get_if<1>(&data_); }
#if TENON_EXCEPTIONS
    T value() && {
        if (!ok()) throw exception(error());
        return std::move(**this);
    }
#endif

private:
    std::variant<T, tenon::error> data_;
};

template <> class [[nodiscard]] result<void> {
public:
    result() = default;
    result(tenon::error e) : error_(std::move(e)) {}

    bool ok() const noexcept { return error_.status() == TN_OK; }
    explicit operator bool() const noexcept { return ok(); }
    tenon::error error() const { return error_; }
#if TENON_EXCEPTIONS
    void value() && {
        if (!ok()) throw exception(error_);
    }
#endif

private:
    tenon::error error_;
};

namespace detail {

template <class T> struct is_result : std::false_type {};
template <class T> struct is_result<result<T>> : std::true_type {};

// The result of a C call that answers nothing but its status.
inline result<void> done(tn_status s, tn_error* err = nullptr) {
    if (s == TN_OK) return {};
    return err ? error(s, err) : error(s, tn_status_name(s));
}

} // namespace detail
} // namespace tenon
#endif
