// Diagnostics as JSON, for editors and other tools; the shape is documented in render.h.
#include "diag/json_writer.h"
#include "diag/render.h"

namespace tn::diag {

namespace {

void write_place(JsonWriter& json, const SourceMap& sources, Span span) {
    if (!span.file.is_valid()) {
        for (std::string_view name : {"file", "line", "column", "byte_begin", "byte_end"}) {
            json.key(name);
            json.null();
        }
        return;
    }
    LineColumn at = sources.position(span);
    json.key("file");
    json.string(sources.name(span.file));
    json.key("line");
    json.number(at.line);
    json.key("column");
    json.number(at.column);
    json.key("byte_begin");
    json.number(span.begin);
    json.key("byte_end");
    json.number(span.end);
}

void write_diagnostic(JsonWriter& json, const SourceMap& sources, const Diagnostic& diagnostic) {
    json.begin('{');
    json.key("name");
    json.string(name_of(diagnostic.diag));
    json.key("severity");
    json.string(name_of(diagnostic.severity));
    json.key("message");
    json.string(diagnostic.message);
    write_place(json, sources, diagnostic.span);
    json.key("label");
    json.string(diagnostic.primary);
    json.key("labels");
    json.begin('[');
    for (const Label& label : diagnostic.labels) {
        json.begin('{');
        json.key("text");
        json.string(label.text);
        write_place(json, sources, label.span);
        json.end('}');
    }
    json.end(']');
    json.key("notes");
    json.begin('[');
    for (const std::string& note : diagnostic.notes) json.string(note);
    json.end(']');
    json.key("hint");
    if (diagnostic.hint.empty()) {
        json.null();
    } else {
        json.string(diagnostic.hint);
    }
    json.end('}');
}

} // namespace

std::string render_json(const SourceMap& sources, std::span<const Diagnostic> diagnostics) {
    JsonWriter json;
    json.begin('[');
    for (const Diagnostic& diagnostic : diagnostics) write_diagnostic(json, sources, diagnostic);
    json.end(']');
    return json.take() + "\n";
}

} // namespace tn::diag
