// Text to tokens.
//
// In: the text of one file. Out: every token with its decoded value, every comment, and a diagnostic for
// what is malformed; a bad character is skipped, a bad literal still gives its token. It refuses to know
// what follows what. One pass, no recursion: f-strings nest on a stack of their own.
#pragma once

#include "diag/diagnostic.h"
#include "diag/source_map.h"
#include "support/interner.h"
#include "syntax/token.h"

#include <string>
#include <string_view>
#include <vector>

namespace tn::syntax {

TokenBuffer lex(const diag::SourceMap& sources, FileId file, Interner& interner, diag::DiagnosticSink& sink);

// The lexer's own parts, spread over lexer.cpp, lexer_number.cpp and lexer_string.cpp.
class Lexer {
public:
    Lexer(std::string_view text, FileId file, Interner& interner, diag::DiagnosticSink& sink);
    TokenBuffer run();

private:
    // How a string literal is written.
    struct StringForm {
        bool raw = false;
        bool triple = false;
        bool bytes = false;
    };
    // A stretch of literal text in the source; a plain string is one, an f-string any number.
    struct TextPiece {
        std::uint32_t begin;
        std::uint32_t end;
        std::uint32_t token; // whose value it becomes
        bool is_before_expr = false;
    };
    // An f-string that is not yet closed.
    struct OpenFString {
        StringForm form;
        std::uint32_t begin; // of the literal
        std::uint32_t content_begin;
        std::uint32_t open_brackets = 0; // inside the current `{expr}`
        bool in_expr = false;
        std::uint32_t brace = 0; // of the current `{expr}`
        std::vector<TextPiece> pieces;
    };

    // lexer.cpp
    void lex_token();
    bool skip_trivia(); // false: the line ended inside an f-string's `{}`
    void lex_comment();
    void refuse_block_comment();
    void lex_word();
    void lex_unknown();
    bool lex_punctuation();
    void track_brackets(TokenKind kind);

    // lexer_number.cpp
    void lex_number();
    void lex_digits_after_dot();
    void finish_integer(std::uint32_t begin, unsigned radix, std::string_view digits, SymbolId suffix);
    void finish_float(std::uint32_t begin, std::string_view digits, SymbolId suffix);
    std::string take_digits(bool hexadecimal);
    std::string_view take_suffix();

    // lexer_string.cpp
    bool lex_prefixed_string(std::uint32_t begin, std::string_view prefix);
    void lex_string(std::uint32_t begin, StringForm form);
    void lex_char_or_label();
    void open_fstring(std::uint32_t begin, StringForm form);
    void lex_fstring_text();
    void lex_format_spec();
    void close_fstring(bool is_terminated);
    void close_fstrings_of_line();
    std::uint32_t find_text_end(StringForm form, bool is_fstring);
    bool at_quotes(bool triple) const;
    void decode_pieces(StringForm form, std::uint32_t content_begin, const std::vector<TextPiece>& pieces);
    std::string_view common_indent(const std::vector<TextPiece>& pieces) const;
    std::string decode(TextPiece piece, StringForm form, bool is_fstring, std::string_view indent,
                       bool is_line_begin);
    // Decodes the escape at `at` (a backslash), appends it, and gives the offset behind it.
    std::uint32_t decode_escape(std::uint32_t at, std::uint32_t end, StringForm form, std::string& out);
    void report_unterminated(std::uint32_t begin, std::uint32_t end, bool triple);

    // Shared.
    char peek(std::uint32_t ahead = 0) const { return pos_ + ahead < size_ ? text_[pos_ + ahead] : '\0'; }
    char at(std::uint32_t offset) const { return offset < size_ ? text_[offset] : '\0'; }
    bool starts_name_at(std::uint32_t offset) const;
    void skip_name();
    std::uint32_t line_break_size(std::uint32_t offset) const; // 0: none there
    std::string_view slice(std::uint32_t begin, std::uint32_t end) const {
        return text_.substr(begin, end - begin);
    }
    SymbolId intern_name(std::string_view name);
    Span span(std::uint32_t begin, std::uint32_t end) const { return {file_, begin, end}; }
    Token& push(TokenKind kind, std::uint32_t begin, std::uint32_t value = 0);

    std::string_view text_;
    std::uint32_t size_;
    std::uint32_t pos_ = 0;
    FileId file_;
    Interner& interner_;
    diag::DiagnosticSink& sink_;
    TokenBuffer buffer_;
    std::vector<OpenFString> fstrings_;
    bool line_start_ = true;
    bool spaced_ = false;
    bool has_comment_end_ = true;                 // a `*/` may still follow
    std::uint32_t unterminated_end_ = UINT32_MAX; // where an unclosed literal was last reported to end
};

} // namespace tn::syntax
