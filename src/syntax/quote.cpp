#include "syntax/quote.h"

#include "diag/text_width.h"

#include <fmt/format.h>

namespace tn::syntax {

namespace {

void append_escaped(std::string& out, char32_t scalar, char quote) {
    if (scalar == '\n') {
        out += "\\n";
    } else if (scalar == '\t') {
        out += "\\t";
    } else if (scalar == '\r') {
        out += "\\r";
    } else if (scalar == '\0') {
        out += "\\0";
    } else if (scalar == '\\' || scalar == static_cast<unsigned char>(quote)) {
        out += '\\';
        out += static_cast<char>(scalar);
    } else if (diag::is_unprintable(scalar)) {
        out += fmt::format("\\u{{{:x}}}", static_cast<unsigned>(scalar));
    } else {
        diag::append_scalar(out, scalar);
    }
}

} // namespace

std::string quote_text(std::string_view text) {
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
        diag::DecodedScalar decoded = diag::decode_scalar(text, at);
        append_escaped(out, decoded.scalar, '"');
        at += decoded.size;
    }
    return out + '"';
}

std::string quote_bytes(std::string_view bytes) {
    std::string out = "\"";
    for (char c : bytes) {
        auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f) {
            append_escaped(out, byte, '"');
        } else {
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(byte));
        }
    }
    return out + '"';
}

std::string quote_char(char32_t scalar) {
    std::string out = "'";
    append_escaped(out, scalar, '\'');
    return out + '\'';
}

} // namespace tn::syntax
