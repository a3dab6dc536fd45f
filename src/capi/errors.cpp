// Section 2 of c_api.h: errors.
#include "capi/error_object.h"
#include "capi/handle_table.h"
#include "capi/text.h"

using namespace tn::capi;

namespace {

const tn::diag::Diagnostic* find_diagnostic(const tn_error* e, size_t i) {
    const ErrorObject* error = find_error(e);
    return error && i < error->diagnostics.size() ? &error->diagnostics[i] : nullptr;
}

const tn::rt::TraceEntry* find_frame_entry(const tn_error* e, size_t i) {
    const ErrorObject* error = find_error(e);
    return error && i < error->frames.size() ? &error->frames[i] : nullptr;
}

} // namespace

tn_error* tn_error_new(tn_status s, const char* msg, size_t len) {
    std::string_view text;
    if (s == TN_OK || read_text(msg, len, "msg", text, nullptr) != TN_OK) return nullptr;
    tn_error* error = nullptr;
    report(&error, s, {text});
    if (!is_static_error(error) || s == TN_NOMEM) return error;
    return nullptr;
}

void tn_error_free(tn_error* e) {
    // The object's end runs the host's finalizer, outside of every lock.
    delete static_cast<ErrorObject*>(release_handle(e, HandleKind::Error));
}

tn_status tn_error_status(const tn_error* e) {
    if (!e) return TN_ARG;
    const ErrorObject* error = find_error(e);
    return error ? error->status : TN_HANDLE;
}

const char* tn_error_message(const tn_error* e, size_t* len) {
    const ErrorObject* error = find_error(e);
    return error ? give_text(error->message, len) : give_nothing(len);
}

const char* tn_error_render(tn_error* e, uint32_t flags, size_t* len) {
    ErrorObject* error = find_error(e);
    if (!error) return give_nothing(len);
    const char* text =
        guarded_value<const char*>(nullptr, [&] { return give_text(error->rendering(flags), len); });
    return text ? text : give_nothing(len);
}

size_t tn_error_diag_count(const tn_error* e) {
    const ErrorObject* error = find_error(e);
    return error ? error->diagnostics.size() : 0;
}

tn_status tn_error_diag_pos(const tn_error* e, size_t i, uint32_t* line, uint32_t* col, uint64_t* byte_begin,
                            uint64_t* byte_end) {
    if (line) *line = 0;
    if (col) *col = 0;
    if (byte_begin) *byte_begin = 0;
    if (byte_end) *byte_end = 0;
    if (!e) return TN_ARG;
    const ErrorObject* error = find_error(e);
    if (!error) return TN_HANDLE;
    const tn::diag::Diagnostic* diagnostic = find_diagnostic(e, i);
    if (!diagnostic) return TN_RANGE;
    if (line) *line = error->texts[i].begin.line;
    if (col) *col = error->texts[i].begin.column;
    if (byte_begin) *byte_begin = diagnostic->span.begin;
    if (byte_end) *byte_end = diagnostic->span.end;
    return TN_OK;
}

const char* tn_error_diag_text(const tn_error* e, size_t i, uint32_t which, size_t* len) {
    const tn::diag::Diagnostic* diagnostic = find_diagnostic(e, i);
    if (!diagnostic) return give_nothing(len);
    const ErrorObject::DiagnosticTexts& texts = find_error(e)->texts[i];
    switch (which) {
    case TN_TEXT_SEVERITY: return give_text(tn::diag::name_of(diagnostic->severity), len);
    case TN_TEXT_CODE: return give_text(tn::diag::name_of(diagnostic->diag), len);
    case TN_TEXT_MESSAGE: return give_text(diagnostic->message, len);
    case TN_TEXT_FILE: return give_text(texts.file, len);
    case TN_TEXT_NOTE: return give_text(texts.notes, len);
    case TN_TEXT_HELP: return give_text(diagnostic->hint, len);
    case TN_TEXT_LABEL: return give_text(diagnostic->primary, len);
    }
    return give_nothing(len);
}

size_t tn_error_frame_count(const tn_error* e) {
    const ErrorObject* error = find_error(e);
    return error ? error->frames.size() : 0;
}

const char* tn_error_frame_text(const tn_error* e, size_t i, uint32_t which, size_t* len) {
    const tn::rt::TraceEntry* entry = find_frame_entry(e, i);
    if (!entry) return give_nothing(len);
    switch (which) {
    case TN_TEXT_FILE: return give_text(entry->file, len);
    case TN_TEXT_FUNCTION: return give_text(entry->function, len);
    }
    return give_nothing(len);
}

uint32_t tn_error_frame_line(const tn_error* e, size_t i) {
    const tn::rt::TraceEntry* entry = find_frame_entry(e, i);
    return entry ? entry->line : 0;
}

uint32_t tn_error_frame_column(const tn_error* e, size_t i) {
    const tn::rt::TraceEntry* entry = find_frame_entry(e, i);
    return entry ? entry->column : 0;
}

void* tn_error_payload(const tn_error* e) {
    const ErrorObject* error = find_error(e);
    return error ? error->payload : nullptr;
}
