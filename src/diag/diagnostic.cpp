#include "diag/diagnostic.h"

#include "support/ice.h"

#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>

namespace tn::diag {

namespace {

struct Row {
    std::string_view name;
    Severity severity;
    std::string_view format;
};

constexpr Row rows[] = {
#define DIAG(name, severity, format) {#name, Severity::severity, format},
#include "diag/diagnostic.def"
#undef DIAG
};

const Row& row_of(Diag diag) { return rows[static_cast<std::size_t>(diag)]; }

std::string format_message(Diag diag, std::initializer_list<Arg> args) {
    fmt::dynamic_format_arg_store<fmt::format_context> store;
    for (const Arg& arg : args) store.push_back(arg.text());
    std::string_view format = format_of(diag);
    try {
        return fmt::vformat(fmt::string_view(format.data(), format.size()), store);
    } catch (const fmt::format_error& error) {
        TN_ICE("diagnostic " + std::string(name_of(diag)) + ": " + error.what());
    }
}

} // namespace

std::string_view name_of(Diag diag) { return row_of(diag).name; }
Severity severity_of(Diag diag) { return row_of(diag).severity; }
std::string_view format_of(Diag diag) { return row_of(diag).format; }
std::string_view name_of(Severity severity) { return severity == Severity::Error ? "error" : "warning"; }
std::size_t diag_count() { return std::size(rows); }

Diagnostic* DiagnosticBuilder::find() {
    return index_ < sink_->diagnostics_.size() ? &sink_->diagnostics_[index_] : nullptr;
}

DiagnosticBuilder& DiagnosticBuilder::primary(std::string_view text) {
    if (Diagnostic* diagnostic = find()) diagnostic->primary = text;
    return *this;
}

DiagnosticBuilder& DiagnosticBuilder::label(Span span, std::string_view text) {
    Diagnostic* diagnostic = find();
    if (!diagnostic) return *this;
    const Span& own = diagnostic->span;
    bool is_primary = span.file == own.file && span.begin == own.begin && span.end == own.end;
    if (is_primary && diagnostic->primary.empty()) {
        diagnostic->primary = text;
    } else {
        diagnostic->labels.push_back({span, std::string(text)});
    }
    return *this;
}

DiagnosticBuilder& DiagnosticBuilder::note(std::string_view text) {
    if (Diagnostic* diagnostic = find()) diagnostic->notes.emplace_back(text);
    return *this;
}

DiagnosticBuilder& DiagnosticBuilder::hint(std::string_view text) {
    if (Diagnostic* diagnostic = find()) diagnostic->hint = text;
    return *this;
}

DiagnosticBuilder DiagnosticSink::report_with(Diag diag, Span span, std::initializer_list<Arg> args) {
    Severity severity = severity_of(diag);
    Key key{(std::uint64_t{span.file.index()} << 32) | span.begin,
            (std::uint64_t{span.end} << 16) | static_cast<std::uint16_t>(diag)};
    FileCounts& counts = counts_[span.file.index()];
    std::uint32_t& count = severity == Severity::Error ? counts.errors : counts.warnings;
    // A file full of mistakes must not fill memory with them: past the cap, only the count goes on.
    if (count > max_per_file) {
        (severity == Severity::Error ? error_count_ : warning_count_)++;
        return dropped();
    }
    if (!seen_.insert(key).second) return dropped();
    (severity == Severity::Error ? error_count_ : warning_count_)++;
    if (++count > max_per_file) {
        if (severity == Severity::Warning) return dropped();
        diag = Diag::TooManyErrors;
    }
    Diagnostic& diagnostic = diagnostics_.emplace_back();
    diagnostic.diag = diag;
    diagnostic.severity = severity;
    diagnostic.span = span;
    diagnostic.message = format_message(diag, args);
    return diag == Diag::TooManyErrors ? dropped() : DiagnosticBuilder(this, diagnostics_.size() - 1);
}

std::vector<Diagnostic> DiagnosticSink::sorted() const {
    std::vector<Diagnostic> result = diagnostics_;
    std::stable_sort(result.begin(), result.end(), [](const Diagnostic& a, const Diagnostic& b) {
        bool a_is_last = a.diag == Diag::TooManyErrors, b_is_last = b.diag == Diag::TooManyErrors;
        if (a.span.file != b.span.file) return a.span.file < b.span.file;
        if (a_is_last != b_is_last) return b_is_last;
        if (a.span.begin != b.span.begin) return a.span.begin < b.span.begin;
        return a.span.end < b.span.end;
    });
    return result;
}

void DiagnosticSink::clear() { *this = DiagnosticSink(); }

} // namespace tn::diag
