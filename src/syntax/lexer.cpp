#include "syntax/lexer.h"

#include "diag/text_width.h"
#include "syntax/parser.h"
#include "syntax/unicode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace tn::syntax {

using diag::Diag;

namespace {

// Spellings by their first character, longest first, as numbers: the first character is the lowest byte.
struct Spelling {
    std::uint64_t text = 0;
    std::uint8_t size = 0;
    TokenKind kind{};
};

consteval Spelling spelling(TokenKind kind, std::string_view text) {
    Spelling made{0, static_cast<std::uint8_t>(text.size()), kind};
    if (text.size() > sizeof made.text) throw "too long";
    for (std::size_t i = 0; i < text.size(); ++i) made.text |= std::uint64_t{static_cast<unsigned char>(text[i])} << 8 * i;
    return made;
}

template <std::size_t N> struct SpellingTable {
    std::array<Spelling, N> spellings;
    std::array<std::uint8_t, 129> firsts{}; // of each first character, its spellings end where the next one's begin

    consteval explicit SpellingTable(std::array<Spelling, N> all) : spellings(all) {
        std::ranges::sort(spellings, [](const Spelling& a, const Spelling& b) {
            return (a.text & 0xff) != (b.text & 0xff) ? (a.text & 0xff) < (b.text & 0xff) : a.size > b.size;
        });
        for (std::size_t c = 0, at = 0; c < firsts.size(); ++c) {
            while (at < N && (spellings[at].text & 0xff) < c) at++;
            firsts[c] = static_cast<std::uint8_t>(at);
        }
    }
    // `first` is below 128.
    std::span<const Spelling> of(unsigned char first) const {
        return std::span(spellings).subspan(firsts[first], firsts[first + 1u] - firsts[first]);
    }
};

constexpr SpellingTable keywords(std::array{
#define KEYWORD(name, text) spelling(TokenKind::name, text),
#include "syntax/token.def"
});

constexpr SpellingTable punctuation(std::array{
#define PUNCTUATION(name, text) spelling(TokenKind::name, text),
#include "syntax/token.def"
});

// The first `size` bytes, at most eight, as a Spelling has them.
std::uint64_t packed(const char* text, std::size_t size) {
    auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(text[i])} << 8 * i; };
    if (size < 4) return size == 0 ? 0 : byte(0) | byte(size / 2) | byte(size - 1);
    std::uint32_t low, high; // which may overlap
    std::memcpy(&low, text, sizeof low);
    std::memcpy(&high, text + size - 4, sizeof high);
    return low | static_cast<std::uint64_t>(high) << 8 * (size - 4);
}

enum : std::uint8_t { InName = 1, StartsName = 2 };
constexpr std::array<std::uint8_t, 128> name_chars = [] {
    std::array<std::uint8_t, 128> made{};
    for (unsigned c = 'a'; c <= 'z'; ++c) made[c] = made[c - 'a' + 'A'] = InName | StartsName;
    for (unsigned c = '0'; c <= '9'; ++c) made[c] = InName;
    made['_'] = InName | StartsName;
    return made;
}();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

} // namespace

Lexer::Lexer(std::string_view text, FileId file, Interner& interner, diag::DiagnosticSink& sink)
    : text_(text),
      size_(static_cast<std::uint32_t>(text.size())),
      file_(file),
      interner_(interner),
      sink_(sink) {}

TokenBuffer Lexer::run() {
    if (text_.starts_with("\xef\xbb\xbf")) pos_ = 3; // a byte order mark
    if (text_.substr(pos_).starts_with("#!"))
        pos_ = static_cast<std::uint32_t>(std::min<std::size_t>(text_.find('\n', pos_), size_));
    buffer_.tokens.reserve(size_ / 4 + 16);
    for (;;) {
        bool in_text = !fstrings_.empty() && !fstrings_.back().in_expr;
        if (in_text) {
            lex_fstring_text();
            continue;
        }
        if (!skip_trivia()) {
            close_fstrings_of_line();
            continue;
        }
        if (pos_ >= size_) {
            if (fstrings_.empty()) break;
            close_fstring(false);
            continue;
        }
        lex_token();
    }
    push(TokenKind::EndOfFile, size_);
    return std::move(buffer_);
}

Token& Lexer::push(TokenKind kind, std::uint32_t begin, std::uint32_t value) {
    std::vector<Token>& tokens = buffer_.tokens;
    if (tokens.size() == tokens.capacity()) tokens.reserve(2 * tokens.size()); // rarely, so that the rest is short
    Token& token = tokens.emplace_back();
    token.kind = kind;
    token.line_start = line_start_;
    token.spaced = spaced_;
    token.begin = begin;
    token.end = pos_;
    token.value = value;
    line_start_ = false;
    spaced_ = false;
    return token;
}

std::uint32_t Lexer::line_break_size(std::uint32_t offset) const {
    if (at(offset) == '\n') return 1;
    return at(offset) == '\r' && at(offset + 1) == '\n' ? 2 : 0;
}

bool Lexer::skip_trivia() {
    while (pos_ < size_) {
        const char c = text_[pos_];
        if (c > ' ' && c != '#' && c != '/') break;
        if (c == ' ') {
            spaced_ = true;
            std::uint32_t end = pos_ + 1;
            while (end < size_ && text_[end] == ' ') ++end;
            pos_ = end;
        } else if (c == '\n') {
            // Inside the braces of a one-line f-string: it was never closed.
            if (!fstrings_.empty() && !fstrings_.back().form.triple) return false;
            line_start_ = true;
            spaced_ = true;
            pos_++;
        } else if (c == '\t' || c == '\r' || c == '\f' || c == '\v') {
            spaced_ = true;
            pos_++;
        } else if (c == '#' || (c == '/' && peek(1) == '/')) {
            lex_comment();
        } else if (c == '/' && peek(1) == '*') {
            refuse_block_comment();
        } else {
            break;
        }
    }
    return true;
}

void Lexer::lex_comment() {
    Comment comment;
    comment.begin = pos_;
    pos_ = static_cast<std::uint32_t>(std::min<std::size_t>(text_.find('\n', pos_), size_));
    comment.end = pos_ > comment.begin && text_[pos_ - 1] == '\r' ? pos_ - 1 : pos_;
    std::string_view text = slice(comment.begin, comment.end);
    comment.kind =
        text.starts_with("///") && !text.starts_with("////") ? CommentKind::Doc : CommentKind::Line;
    comment.next_token = static_cast<std::uint32_t>(buffer_.tokens.size());
    comment.line_start = line_start_;
    buffer_.comments.push_back(comment);
    spaced_ = true;
}

// There are none, but what stands in one is no code.
void Lexer::refuse_block_comment() {
    std::uint32_t begin = pos_;
    std::size_t close = has_comment_end_ ? text_.find("*/", pos_ + 2) : std::string_view::npos;
    has_comment_end_ = close != std::string_view::npos;
    sink_.report(Diag::ForeignSyntax, span(begin, begin + 2), "a block comment")
        .hint("a comment goes from `//` or `#` to the end of its line");
    pos_ = has_comment_end_
               ? static_cast<std::uint32_t>(close + 2)
               : static_cast<std::uint32_t>(std::min<std::size_t>(text_.find('\n', pos_), size_));
    spaced_ = true;
}

void Lexer::lex_token() {
    char c = text_[pos_];
    if (const auto byte = static_cast<unsigned char>(c); byte < 0x80 && name_chars[byte] & StartsName) {
        lex_word();
    } else if (is_digit(c)) {
        const std::vector<Token>& tokens = buffer_.tokens;
        bool is_after_dot = !tokens.empty() && tokens.back().kind == TokenKind::Dot;
        if (is_after_dot) {
            lex_digits_after_dot();
        } else {
            lex_number();
        }
    } else if (starts_name_at(pos_)) {
        lex_word();
    } else if (c == '"') {
        lex_string(pos_, {});
    } else if (c == '\'') {
        lex_char_or_label();
    } else if (!lex_punctuation()) {
        lex_unknown();
    }
}

bool Lexer::starts_name_at(std::uint32_t offset) const {
    if (offset >= size_) return false;
    auto byte = static_cast<unsigned char>(text_[offset]);
    return byte < 0x80 ? name_chars[byte] & StartsName : is_name_start(diag::decode_scalar(text_, offset).scalar);
}

void Lexer::skip_name() {
    std::uint32_t end = pos_;
    while (end < size_) {
        auto byte = static_cast<unsigned char>(text_[end]);
        if (byte < 0x80) {
            if (!(name_chars[byte] & InName)) break;
            end++;
        } else {
            diag::DecodedScalar decoded = diag::decode_scalar(text_, end);
            if (!is_name_continue(decoded.scalar)) break;
            end += decoded.size;
        }
    }
    pos_ = end;
}

SymbolId Lexer::intern_name(std::string_view name) {
    std::uint64_t all = 0; // whose upper bits are set in no ASCII character
    std::size_t at = 0;
    for (std::uint64_t eight; name.size() - at >= sizeof eight; at += sizeof eight) {
        std::memcpy(&eight, name.data() + at, sizeof eight);
        all |= eight;
    }
    all |= packed(name.data() + at, name.size() - at);
    return (all & 0x8080808080808080) == 0 ? interner_.intern(name) : interner_.intern(normalize_name(name));
}

void Lexer::lex_word() {
    std::uint32_t begin = pos_;
    skip_name();
    std::string_view word = slice(begin, pos_);
    const auto first = static_cast<unsigned char>(word[0]);
    if (first < 128 && word.size() <= sizeof(Spelling::text)) {
        if (const std::span<const Spelling> known = keywords.of(first); !known.empty()) {
            const std::uint64_t text = packed(word.data(), word.size());
            for (const Spelling& keyword : known) {
                if (keyword.text != text) continue;
                push(keyword.kind, begin);
                return;
            }
        }
    }
    if (peek() == '"' && lex_prefixed_string(begin, word)) return;
    push(TokenKind::Identifier, begin, intern_name(word).value);
}

bool Lexer::lex_punctuation() {
    auto first = static_cast<unsigned char>(text_[pos_]);
    if (first >= 128) return false;
    // At the outer level of `{expr:spec}` every colon starts the spec and every `}` ends the expression.
    if (!fstrings_.empty() && fstrings_.back().open_brackets == 0) {
        if (first == ':') {
            lex_format_spec();
            return true;
        }
        if (first == '}') {
            std::uint32_t begin = pos_++;
            push(TokenKind::FStringClose, begin);
            fstrings_.back().in_expr = false;
            return true;
        }
    }
    const std::span<const Spelling> known = punctuation.of(first);
    // Most begin nothing longer.
    const std::uint64_t rest = known.size() == 1 && known[0].size == 1 ? first : packed(text_.data() + pos_, std::min(size_ - pos_, 3u));
    for (const Spelling& spelling : known) {
        if ((rest & ((std::uint64_t{1} << 8 * spelling.size) - 1)) != spelling.text) continue;
        std::uint32_t begin = pos_;
        pos_ += spelling.size;
        push(spelling.kind, begin);
        track_brackets(spelling.kind);
        return true;
    }
    return false;
}

void Lexer::track_brackets(TokenKind kind) {
    if (fstrings_.empty()) return;
    std::uint32_t& open = fstrings_.back().open_brackets;
    if (kind == TokenKind::LeftParen || kind == TokenKind::LeftBracket || kind == TokenKind::LeftBrace) {
        open++;
    } else if ((kind == TokenKind::RightParen || kind == TokenKind::RightBracket ||
                kind == TokenKind::RightBrace) &&
               open > 0) {
        open--;
    }
}

void Lexer::lex_unknown() {
    std::uint32_t begin = pos_;
    diag::DecodedScalar first = diag::decode_scalar(text_, pos_);
    // A run of characters that can start nothing is one mistake.
    while (pos_ < size_) {
        diag::DecodedScalar decoded = diag::decode_scalar(text_, pos_);
        bool is_known = decoded.scalar < 0x80 && decoded.scalar != first.scalar;
        if (pos_ != begin && (is_known || starts_name_at(pos_))) break;
        pos_ += decoded.size;
    }
    spaced_ = true;
    auto code = static_cast<unsigned>(first.scalar);
    std::string shown_char = diag::is_unprintable(first.scalar) || first.scalar == 0xa0
                                 ? fmt::format("U+{:04X}", code)
                                 : fmt::format("`{}`", slice(begin, begin + first.size));
    auto builder = sink_.report(Diag::UnknownCharacter, span(begin, pos_), shown_char);
    switch (first.scalar) {
    case 0x2018:
    case 0x2019:
    case '`': builder.hint("a character literal stands in plain quotes: 'a'"); break;
    case 0x201c:
    case 0x201d: builder.hint("a string stands in plain double quotes: \"text\""); break;
    case 0xa0:
    case 0x3000: builder.hint("this looks like a space but is none; type a plain one"); break;
    case 0x2212:
    case 0x2013: builder.hint("this looks like a minus but is none; type `-`"); break;
    case '~': builder.hint("bitwise negation is written `!`"); break;
    case '$': builder.hint("values are put into text as f\"{value}\""); break;
    default: break;
    }
}

TokenBuffer lex(const diag::SourceMap& sources, FileId file, Interner& interner, diag::DiagnosticSink& sink) {
    std::string_view text = sources.text(file);
    auto refuse = [&] {
        TokenBuffer empty;
        Token& end = empty.tokens.emplace_back();
        end.line_start = true;
        return empty;
    };
    if (text.size() > max_source_bytes) {
        sink.report(Diag::SourceTooLarge, Span{file, 0, 0}, text.size(), max_source_bytes);
        return refuse();
    }
    if (std::size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
        auto offset = static_cast<std::uint32_t>(bad);
        sink.report(Diag::InvalidUtf8, Span{file, offset, offset + 1},
                    fmt::format("0x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text[bad]))))
            .note(fmt::format("at byte offset {}", bad));
        return refuse();
    }
    return Lexer(text, file, interner, sink).run();
}

} // namespace tn::syntax
