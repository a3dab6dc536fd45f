// Making errors, the static out-of-memory error, and rendering.
#include "capi/error_object.h"

#include "capi/handle_table.h"
#include "diag/render.h"
#include "support/ice.h"

#include <algorithm>
#include <charconv>
#include <new>

namespace tn::capi {

namespace {

// Lies outside the handle region: it exists also when nothing can be allocated. Its renderings are the one
// thing about it that is made when asked for.
Cell static_cell{HandleKind::Error, 1, nullptr, nullptr, nullptr, 0};

ErrorObject& static_error() {
    struct NoMemory : ErrorObject {
        NoMemory() {
            status = TN_NOMEM;
            message = "out of memory"; // short enough to need no allocation
        }
    };
    static NoMemory error;
    return error;
}

void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20) {
            constexpr char hex[] = "0123456789abcdef";
            out += "\\u00";
            out += hex[byte >> 4];
            out += hex[byte & 15];
        } else {
            out += c;
        }
    }
    out += '"';
}

} // namespace

Number::Number(std::uint64_t value)
    : first_(digits_), end_(std::to_chars(digits_, digits_ + 20, value).ptr) {}

const std::string& ErrorObject::rendering(std::uint32_t flags) {
    flags &= TN_RENDER_COLOR | TN_RENDER_JSON;
    std::lock_guard lock(mutex_);
    std::unique_ptr<std::string>& place = renderings_[flags];
    if (!place) place = std::make_unique<std::string>(make_rendering(flags));
    return *place;
}

std::string ErrorObject::make_rendering(std::uint32_t flags) const {
    const bool color = flags & TN_RENDER_COLOR;
    const bool json = flags & TN_RENDER_JSON;
    if (!diagnostics.empty()) {
        if (json) return diag::render_json(*sources, diagnostics);
        return diag::render_text(*sources, diagnostics, {.color = color});
    }
    const std::string_view name = tn_status_name(status);
    std::string out;
    if (json) {
        out += "{\"name\": ";
        append_json_text(out, name);
        out += ", \"status\": " + std::to_string(status) + ", \"message\": ";
        append_json_text(out, message);
        out += ", \"frames\": [";
        for (std::size_t i = 0; i < frames.size(); ++i) {
            out += i ? ", {\"function\": " : "{\"function\": ";
            append_json_text(out, frames[i].function);
            out += ", \"file\": ";
            append_json_text(out, frames[i].file);
            out += ", \"line\": " + std::to_string(frames[i].line) +
                   ", \"column\": " + std::to_string(frames[i].column) + "}";
        }
        out += "]}\n";
        return out;
    }
    const bool is_trap = TN_IS_TRAP(status) || !frames.empty();
    if (color) out += "\x1b[1;31m";
    out += is_trap ? "trap" : "error";
    if (color) out += "\x1b[0m\x1b[1m";
    out += ": ";
    out += message;
    if (color) out += "\x1b[0m";
    out += " [";
    out += name;
    out += "]\n";
    for (std::size_t i = 0; i < frames.size(); ++i) {
        if (omitted_frames && i == omitted_after) {
            out += "  ... " + std::to_string(omitted_frames) + " more ...\n";
        }
        const rt::TraceEntry& frame = frames[i];
        out += "  at " + frame.function;
        if (!frame.file.empty()) {
            out += " (" + frame.file + ":" + std::to_string(frame.line) + ":" + std::to_string(frame.column) +
                   ")";
        }
        out += "\n";
    }
    return out;
}

tn_error* new_error_handle(std::unique_ptr<ErrorObject> error) noexcept {
    Cell* cell = new_handle(HandleKind::Error, error.get());
    if (!cell) return reinterpret_cast<tn_error*>(&static_cell);
    error.release();
    return reinterpret_cast<tn_error*>(cell);
}

bool is_static_error(const tn_error* error) noexcept {
    return reinterpret_cast<const Cell*>(error) == &static_cell;
}

ErrorObject* find_error(const tn_error* error) noexcept {
    if (is_static_error(error)) return &static_error();
    const Cell* cell = find_handle(error, HandleKind::Error);
    return cell ? static_cast<ErrorObject*>(cell->object) : nullptr;
}

tn_status report(tn_error** err, tn_status status, std::initializer_list<std::string_view> parts) noexcept {
    if (!err) return status;
    try {
        auto error = std::make_unique<ErrorObject>();
        error->status = status;
        for (std::string_view part : parts) error->message += part;
        return report(err, std::move(error));
    } catch (...) { return report_no_memory(err); }
}

tn_status report(tn_error** err, std::unique_ptr<ErrorObject> error) noexcept {
    const tn_status status = error->status;
    if (!err) return status;
    *err = new_error_handle(std::move(error));
    return is_static_error(*err) ? TN_NOMEM : status; // the status that the error has
}

tn_status report_no_memory(tn_error** err) noexcept {
    if (err) *err = reinterpret_cast<tn_error*>(&static_cell);
    return TN_NOMEM;
}

tn_status report_handle(tn_error** err, const void* handle, const char* what) noexcept {
    if (!handle) return report(err, TN_ARG, {what, " is NULL"});
    return report(err, TN_HANDLE, {"not a live handle: ", what});
}

std::unique_ptr<ErrorObject> make_compile_error(tn_status status, std::shared_ptr<diag::SourceMap> sources,
                                                std::vector<diag::Diagnostic> diagnostics) {
    auto error = std::make_unique<ErrorObject>();
    error->status = status;
    error->sources = std::move(sources);
    error->diagnostics = std::move(diagnostics);
    for (const diag::Diagnostic& diagnostic : error->diagnostics) {
        ErrorObject::DiagnosticTexts texts;
        if (diagnostic.span.file.is_valid() && diagnostic.span.file.index() < error->sources->file_count()) {
            texts.file = error->sources->name(diagnostic.span.file);
            texts.begin = error->sources->position(diagnostic.span);
        }
        for (const std::string& note : diagnostic.notes) {
            if (!texts.notes.empty()) texts.notes += '\n';
            texts.notes += note;
        }
        error->texts.push_back(std::move(texts));
    }
    const auto first_error = std::find_if(error->diagnostics.begin(), error->diagnostics.end(),
                                          [](const auto& d) { return d.severity == diag::Severity::Error; });
    if (first_error != error->diagnostics.end()) {
        error->message = first_error->message;
    } else if (!error->diagnostics.empty()) {
        error->message = error->diagnostics.front().message;
    }
    return error;
}

tn_status report_exception(tn_error** err) noexcept {
    try {
        throw;
    } catch (const std::bad_alloc&) {
        return report_no_memory(err);
    } catch (const std::exception& exception) {
        return report(err, TN_INTERNAL, {"internal error: ", exception.what()});
    } catch (...) { return report(err, TN_INTERNAL, {"internal error"}); }
}

} // namespace tn::capi
