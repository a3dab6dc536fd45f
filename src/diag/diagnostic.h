// Diagnostics: what is wrong with a script, as data.
//
// In: a row of diagnostic.def, a place, the arguments of its message. Out: a sorted list without
// duplicates. It refuses to know how a diagnostic is shown (render.h) and why it was reported.
#pragma once

#include "support/span.h"

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tn::diag {

enum class Severity : std::uint8_t { Error, Warning };

enum class Diag : std::uint16_t {
#define DIAG(name, severity, format) name,
#include "diag/diagnostic.def"
#undef DIAG
};

std::string_view name_of(Diag diag); // "TypeMismatch"
Severity severity_of(Diag diag);
std::string_view format_of(Diag diag);       // "expected `{0}`, found `{1}`"
std::string_view name_of(Severity severity); // "error", "warning"
std::size_t diag_count();

// A second place that explains the first.
struct Label {
    Span span;
    std::string text;
};

struct Diagnostic {
    Diag diag;
    Severity severity = Severity::Error;
    Span span; // the primary place
    std::string message;
    std::string primary; // what stands at the primary underline; may be empty
    std::vector<Label> labels;
    std::vector<std::string> notes;
    std::string hint; // how to fix it; may be empty
};

// One argument of a message: text or an integer.
class Arg {
public:
    Arg(std::string_view text) : text_(text) {}
    Arg(const std::string& text) : text_(text) {}
    Arg(const char* text) : text_(text) {}
    Arg(char character) : text_(1, character) {}
    template <std::integral T>
    requires(!std::same_as<T, char> && !std::same_as<T, bool>) Arg(T number)
        : text_(std::to_string(number)) {}

    const std::string& text() const { return text_; }

private:
    std::string text_;
};

class DiagnosticSink;

// Adds to the diagnostic just reported. Does nothing when the sink dropped it. Use it at once: the next
// report may move the diagnostics.
class DiagnosticBuilder {
public:
    // The text at the primary underline.
    DiagnosticBuilder& primary(std::string_view text);
    // A secondary place; with the primary's own span it is the primary's text.
    DiagnosticBuilder& label(Span span, std::string_view text);
    DiagnosticBuilder& note(std::string_view text);
    DiagnosticBuilder& hint(std::string_view text);

private:
    friend class DiagnosticSink;
    DiagnosticBuilder(DiagnosticSink* sink, std::size_t index) : sink_(sink), index_(index) {}
    Diagnostic* find();

    DiagnosticSink* sink_;
    std::size_t index_;
};

class DiagnosticSink {
public:
    // After this many errors (and, apart from them, warnings) of one file nothing more is recorded for
    // it; the last one recorded is TooManyErrors.
    static constexpr std::uint32_t max_per_file = 10000;

    DiagnosticSink() = default;
    DiagnosticSink(const DiagnosticSink&) = delete;
    DiagnosticSink& operator=(const DiagnosticSink&) = delete;
    DiagnosticSink(DiagnosticSink&&) = default;
    DiagnosticSink& operator=(DiagnosticSink&&) = default;

    template <typename... Args> DiagnosticBuilder report(Diag diag, Span span, const Args&... args) {
        return report_with(diag, span, {Arg(args)...});
    }
    DiagnosticBuilder report_with(Diag diag, Span span, std::initializer_list<Arg> args);

    // A builder that does nothing, for a caller that suppresses a report.
    DiagnosticBuilder dropped() { return DiagnosticBuilder(this, SIZE_MAX); }

    // Errors reported, dropped ones included.
    std::size_t error_count() const { return error_count_; }
    bool has_errors() const { return error_count_ != 0; }
    std::size_t warning_count() const { return warning_count_; }
    // In order of report.
    const std::vector<Diagnostic>& recorded() const { return diagnostics_; }
    // In order of file and position.
    std::vector<Diagnostic> sorted() const;
    void clear();

private:
    friend class DiagnosticBuilder;
    struct FileCounts {
        std::uint32_t errors = 0;
        std::uint32_t warnings = 0;
    };
    struct Key {
        std::uint64_t place;
        std::uint64_t what;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const {
            return (key.place * 0x9e3779b97f4a7c15ull) ^ (key.what * 0xc2b2ae3d27d4eb4full);
        }
    };
    std::vector<Diagnostic> diagnostics_;
    std::unordered_map<std::uint32_t, FileCounts> counts_;
    std::unordered_set<Key, KeyHash> seen_;
    std::size_t error_count_ = 0;
    std::size_t warning_count_ = 0;
};

} // namespace tn::diag
