// Diagnostics as JSON, for editors and other tools; the shape is documented in render.h.
#include "diag/render.h"
#include "diag/text_width.h"

#include <fmt/format.h>

namespace tn::diag {

namespace {

class JsonWriter {
public:
    void begin(char bracket) {
        separate();
        out_ += bracket;
        needs_comma_ = false;
    }
    void end(char bracket) {
        out_ += bracket;
        needs_comma_ = true;
    }
    void key(std::string_view name) {
        string(name);
        out_ += ':';
        needs_comma_ = false;
    }
    void number(std::uint64_t value) {
        separate();
        out_ += std::to_string(value);
    }
    void null() {
        separate();
        out_ += "null";
    }
    // Whatever bytes come in, valid UTF-8 goes out.
    void string(std::string_view text) {
        separate();
        out_ += '"';
        for (std::size_t at = 0; at < text.size();) {
            DecodedScalar decoded = decode_scalar(text, at);
            at += decoded.size;
            switch (decoded.scalar) {
            case '"': out_ += "\\\""; break;
            case '\\': out_ += "\\\\"; break;
            case '\n': out_ += "\\n"; break;
            case '\t': out_ += "\\t"; break;
            case '\r': out_ += "\\r"; break;
            default:
                if (decoded.scalar < 0x20) {
                    out_ += fmt::format("\\u{:04x}", static_cast<unsigned>(decoded.scalar));
                } else {
                    append_scalar(out_, decoded.scalar);
                }
            }
        }
        out_ += '"';
    }
    std::string take() { return std::move(out_); }

private:
    void separate() {
        if (needs_comma_) out_ += ',';
        needs_comma_ = true;
    }

    std::string out_;
    bool needs_comma_ = false;
};

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
