// Diagnostics as people and tools read them.
//
// In: diagnostics and the sources they point into. Out: plain or coloured text, or JSON. It refuses to
// know where the text goes and whether that is a terminal.
#pragma once

#include "diag/diagnostic.h"
#include "diag/source_map.h"

#include <span>
#include <string>

namespace tn::diag {

struct RenderOptions {
    bool color = false;
};

// "error: ... [Name]\n  --> file:line:column\n ..." ending in a line break.
std::string render_text(const SourceMap& sources, const Diagnostic& diagnostic, RenderOptions options = {});
// All of them in order, with a blank line between.
std::string render_text(const SourceMap& sources, std::span<const Diagnostic> diagnostics,
                        RenderOptions options = {});
// An array of objects: name, severity, message, file, line, column, byte_begin, byte_end, label,
// labels (each text, file, line, column, byte_begin, byte_end), notes, hint (null when none).
std::string render_json(const SourceMap& sources, std::span<const Diagnostic> diagnostics);

// "file:line:column".
std::string render_place(const SourceMap& sources, Span span);

} // namespace tn::diag
