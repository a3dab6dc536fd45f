// What a tn_error is, and how functions of the C API report one.
//
// In: a status and a message, diagnostics of a compilation, or a trap. Out: an immutable object that
// outlives everything and renders itself. Reporting never throws: without memory the error is the one
// static error "out of memory".
#pragma once

#include "c_api.h"
#include "diag/diagnostic.h"
#include "diag/source_map.h"
#include "runtime/trap_record.h"

#include <array>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tn::capi {

struct ErrorObject {
    tn_status status = TN_INTERNAL;
    std::string message;
    // Of a compilation.
    std::shared_ptr<diag::SourceMap> sources;
    struct DiagnosticTexts {
        std::string file, notes;
        diag::LineColumn begin;
    };
    std::vector<diag::Diagnostic> diagnostics;
    std::vector<DiagnosticTexts> texts; // by diagnostic
    // Of a trap, innermost first.
    std::vector<rt::TraceEntry> frames;
    std::uint64_t omitted_frames = 0;
    std::size_t omitted_after = 0;
    // Of a host function.
    void* payload = nullptr;
    tn_finalizer finalizer = nullptr;
    std::shared_ptr<const void> code; // keeps the finalizer's where it is

    ErrorObject() = default;
    ErrorObject(const ErrorObject&) = delete;
    ErrorObject& operator=(const ErrorObject&) = delete;
    ~ErrorObject() {
        if (finalizer) finalizer(payload);
    }

    // Made on first use, then kept. Throws std::bad_alloc.
    const std::string& rendering(std::uint32_t flags);

private:
    std::string make_rendering(std::uint32_t flags) const;

    std::mutex mutex_;
    std::array<std::unique_ptr<std::string>, 4> renderings_;
};

// An unsigned number as text without allocation.
class Number {
public:
    explicit Number(std::uint64_t value);
    std::string_view text() const { return {first_, static_cast<std::size_t>(end_ - first_)}; }

private:
    char digits_[20];
    char* first_;
    char* end_;
};

// Puts an error of these parts into *err, if the caller wants one, and answers the status.
tn_status report(tn_error** err, tn_status status, std::initializer_list<std::string_view> parts) noexcept;
tn_status report(tn_error** err, std::unique_ptr<ErrorObject> error) noexcept;
tn_status report_no_memory(tn_error** err) noexcept;
// For a handle argument that did not resolve: TN_ARG for NULL, else TN_HANDLE.
tn_status report_handle(tn_error** err, const void* handle, const char* what) noexcept;

// The handle of an error; the static one without memory.
tn_error* new_error_handle(std::unique_ptr<ErrorObject> error) noexcept;
// Null unless it is a live error; the static error has an object too.
ErrorObject* find_error(const tn_error* error) noexcept;
bool is_static_error(const tn_error* error) noexcept;

// Errors of a compilation, first error first in the message.
std::unique_ptr<ErrorObject> make_compile_error(tn_status status, std::shared_ptr<diag::SourceMap> sources,
                                                std::vector<diag::Diagnostic> diagnostics);

// The boundary: runs `body`, which answers a status, and turns exceptions into errors.
tn_status report_exception(tn_error** err) noexcept;
template <typename Body> tn_status guarded(tn_error** err, Body&& body) noexcept {
    if (err) *err = nullptr;
    try {
        return body();
    } catch (...) { return report_exception(err); }
}
// The same for functions that answer a value, `otherwise` when something is thrown.
template <typename T, typename Body> T guarded_value(T otherwise, Body&& body) noexcept {
    try {
        return body();
    } catch (...) { return otherwise; }
}

} // namespace tn::capi
