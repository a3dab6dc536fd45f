// JSON as text, piece by piece: commas and escapes are its business, the order of the pieces its user's.
#pragma once

#include "diag/text_width.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace tn::diag {

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

} // namespace tn::diag
