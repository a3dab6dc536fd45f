// `tenon dump --after=tokens`.
#include "diag/text_width.h"
#include "syntax/dump.h"
#include "syntax/quote.h"

#include <fmt/format.h>

namespace tn::syntax {

namespace {

std::string value_text(const TokenBuffer& buffer, const Token& token, const Interner& interner) {
    auto symbol = [&] { return interner.text(SymbolId(token.value)); };
    auto with_suffix = [&](std::string text, SymbolId suffix) {
        if (suffix.is_valid()) text += fmt::format(" {}", interner.text(suffix));
        return text;
    };
    if (token.kind == TokenKind::Identifier) return std::string(symbol());
    if (token.kind == TokenKind::Label) return fmt::format("'{}", symbol());
    if (token.kind == TokenKind::Integer) {
        const IntegerValue& value = buffer.integers[token.value];
        return with_suffix(value.overflow ? "too large" : std::to_string(value.magnitude), value.suffix);
    }
    if (token.kind == TokenKind::Float) {
        const FloatValue& value = buffer.floats[token.value];
        return with_suffix(std::string(interner.text(value.digits)), value.suffix);
    }
    if (token.kind == TokenKind::Char) return quote_char(static_cast<char32_t>(token.value));
    if (token.kind == TokenKind::String || token.kind == TokenKind::FStringText ||
        token.kind == TokenKind::FStringSpec)
        return quote_text(symbol());
    if (token.kind == TokenKind::Bytes) return "b" + quote_bytes(symbol());
    return {};
}

} // namespace

std::string dump_tokens(const diag::SourceMap& sources, const Ast& ast, const Interner& interner) {
    std::string out;
    // Positions are counted along, since asking for each would be quadratic in a long line.
    std::string_view text = sources.text(ast.file);
    std::uint32_t line = 1, column = 1, offset = 0;
    for (const Token& token : ast.tokens.tokens) {
        for (; offset < token.begin; offset++) {
            if (text[offset] == '\n') {
                line++;
                column = 1;
            } else if ((static_cast<unsigned char>(text[offset]) & 0xc0) != 0x80) {
                column++;
            }
        }
        out += fmt::format("{}:{} {}", line, column, name_of(token.kind));
        if (std::string value = value_text(ast.tokens, token, interner); !value.empty()) out += " " + value;
        out += '\n';
    }
    return out;
}

} // namespace tn::syntax
