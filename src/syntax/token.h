// Tokens: what the lexer hands to the parser, to the formatter and to the dump.
//
// In: nothing. Out: the token kinds of token.def and the buffer that keeps every token of a file with its
// decoded value, and every comment. It refuses to know any grammar.
#pragma once

#include "support/interner.h"
#include "support/span.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace tn::syntax {

enum class TokenKind : std::uint8_t {
#define TOKEN(name, shown) name,
#include "syntax/token.def"
};

std::string_view name_of(TokenKind kind); // "LeftParen"
std::string_view shown(TokenKind kind);   // "`(`", "a name"

struct Token {
    TokenKind kind = TokenKind::EndOfFile;
    bool line_start = false; // the first token of its line
    bool spaced = false;     // whitespace or a comment stands before it
    bool is_broken = false;  // a literal that was not closed: what follows it is no further mistake
    std::uint32_t begin = 0; // byte range
    std::uint32_t end = 0;
    // Identifier, Label, String, Bytes, FStringText, FStringSpec: the SymbolId of its decoded text.
    // Char: the scalar value. Integer: index into integers. Float: index into floats.
    std::uint32_t value = 0;
};

struct IntegerValue {
    std::uint64_t magnitude = 0;
    bool overflow = false; // the digits do not fit 64 bits
    SymbolId suffix;       // `u8`; invalid when none
};

struct FloatValue {
    double value = 0;
    SymbolId digits; // without underscores and suffix, so that f32 can round once
    SymbolId suffix; // `f32`; invalid when none
};

enum class CommentKind : std::uint8_t { Line, Doc };

struct Comment {
    std::uint32_t begin = 0; // byte range, without the line break
    std::uint32_t end = 0;
    std::uint32_t next_token = 0; // index of the token that follows it
    CommentKind kind = CommentKind::Line;
    bool line_start = false; // nothing but whitespace stands before it on its line
};

struct TokenBuffer {
    std::vector<Token> tokens; // ends with EndOfFile
    std::vector<Comment> comments;
    std::vector<IntegerValue> integers;
    std::vector<FloatValue> floats;
};

} // namespace tn::syntax
