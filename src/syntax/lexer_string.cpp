// The lexer's strings, characters and labels: prefixes, f-strings, escapes, indentation of triple quotes.
#include "syntax/lexer.h"

#include "diag/text_width.h"

#include <algorithm>

namespace tn::syntax {

using diag::Diag;

namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

} // namespace

bool Lexer::lex_prefixed_string(std::uint32_t begin, std::string_view prefix) {
    StringForm form;
    bool is_fstring = false, is_known = prefix.size() <= 2;
    for (char c : prefix) {
        bool& flag = c == 'f' ? is_fstring : c == 'r' ? form.raw : form.bytes;
        is_known = is_known && (c == 'f' || c == 'r' || c == 'b') && !flag;
        flag = true;
    }
    bool is_prefix = is_known && !(is_fstring && form.bytes);
    // `f"{name"`: the quote was meant to close, and a brace is missing.
    if (!is_prefix && !fstrings_.empty()) return false;
    if (!is_prefix) {
        sink_.report(Diag::BadStringPrefix, span(begin, pos_), prefix)
            .hint("the prefixes are `f` (interpolation), `r` (raw), both, and `b` (bytes)");
        form = {};
        is_fstring = false;
    }
    if (is_fstring) {
        open_fstring(begin, form);
    } else {
        lex_string(begin, form);
    }
    return true;
}

bool Lexer::at_quotes(bool triple) const {
    return peek() == '"' && (!triple || (peek(1) == '"' && peek(2) == '"'));
}

void Lexer::report_unterminated(std::uint32_t begin, std::uint32_t end, bool triple) {
    // What it is nested in ends here as well; one report is enough.
    if (unterminated_end_ == pos_) return;
    unterminated_end_ = pos_;
    auto builder = sink_.report(Diag::UnterminatedString, span(begin, end));
    if (!triple) builder.hint("a string over several lines stands in triple quotes: \"\"\"...\"\"\"");
}

// Moves to the closing quotes, an f-string's brace, or where the text ends without them.
std::uint32_t Lexer::find_text_end(StringForm form, bool is_fstring) {
    while (pos_ < size_) {
        char c = text_[pos_];
        if (c == '"') {
            if (at_quotes(form.triple)) return pos_;
            pos_++;
        } else if (c == '\\' && !form.raw) {
            pos_++;
            if (std::uint32_t line_break = line_break_size(pos_)) {
                pos_ += line_break;
            } else if (is_fstring && peek() == 'u' && peek(1) == '{') {
                pos_ += 2;
                while (hex_value(peek()) >= 0) pos_++;
                if (peek() == '}') pos_++;
            } else if (pos_ < size_) {
                pos_++; // the rest of a longer character is ordinary text
            }
        } else if (line_break_size(pos_) && !form.triple) {
            return pos_;
        } else if (is_fstring && (c == '{' || c == '}')) {
            if (peek(1) != c) return pos_;
            pos_ += 2;
        } else {
            pos_++;
        }
    }
    pos_ = size_;
    return pos_;
}

void Lexer::lex_string(std::uint32_t begin, StringForm form) {
    form.triple = peek() == '"' && peek(1) == '"' && peek(2) == '"';
    std::uint32_t quotes = form.triple ? 3 : 1;
    pos_ += quotes;
    std::uint32_t content_begin = pos_;
    std::uint32_t content_end = find_text_end(form, false);
    bool is_closed = at_quotes(form.triple);
    if (is_closed) {
        pos_ += quotes;
    } else if (!fstrings_.empty() && !form.triple && !fstrings_.back().form.triple) {
        // `f"{name"`: what looks like an open string was to close the one around it.
        std::uint32_t brace = fstrings_.back().brace;
        unterminated_end_ = pos_;
        sink_.report(Diag::UnclosedDelimiter, span(brace, brace + 1), "{")
            .hint("a `}` is missing before the quote");
    } else {
        report_unterminated(begin, form.triple ? content_begin : content_end, form.triple);
    }
    push(form.bytes ? TokenKind::Bytes : TokenKind::String, begin).is_broken = !is_closed;
    auto token = static_cast<std::uint32_t>(buffer_.tokens.size() - 1);
    decode_pieces(form, content_begin, {{content_begin, content_end, token, false}});
}

// ---- F-strings ---------------------------------------------------------------------------------------

void Lexer::open_fstring(std::uint32_t begin, StringForm form) {
    form.triple = peek(1) == '"' && peek(2) == '"';
    pos_ += form.triple ? 3 : 1;
    push(TokenKind::FStringStart, begin);
    OpenFString open;
    open.form = form;
    open.begin = begin;
    open.content_begin = pos_;
    fstrings_.push_back(std::move(open));
}

void Lexer::lex_fstring_text() {
    OpenFString& open = fstrings_.back();
    std::uint32_t begin = pos_;
    std::uint32_t end = find_text_end(open.form, true);
    while (peek() == '}') { // find_text_end stops at a lone one
        sink_.report(Diag::LoneBrace, span(pos_, pos_ + 1), "}");
        pos_++;
        end = find_text_end(open.form, true);
    }
    bool is_expr = peek() == '{' && pos_ < size_;
    if (end > begin) {
        push(TokenKind::FStringText, begin);
        open.pieces.push_back({begin, end, static_cast<std::uint32_t>(buffer_.tokens.size() - 1), is_expr});
    }
    if (is_expr) {
        std::uint32_t brace = pos_++;
        push(TokenKind::FStringOpen, brace);
        open.brace = brace;
        open.in_expr = true;
        open.open_brackets = 0;
    } else {
        close_fstring(at_quotes(open.form.triple));
    }
}

void Lexer::lex_format_spec() {
    OpenFString& open = fstrings_.back();
    pos_++; // the colon
    std::uint32_t begin = pos_;
    while (pos_ < size_ && text_[pos_] != '}' && !line_break_size(pos_) && !at_quotes(open.form.triple))
        pos_++;
    push(TokenKind::FStringSpec, begin, interner_.intern(slice(begin, pos_)).value);
    if (peek() != '}') {
        close_fstring(false);
        return;
    }
    std::uint32_t brace = pos_++;
    push(TokenKind::FStringClose, brace);
    open.in_expr = false;
}

void Lexer::close_fstring(bool is_terminated) {
    OpenFString open = std::move(fstrings_.back());
    fstrings_.pop_back();
    std::uint32_t end_begin = pos_;
    if (open.in_expr) push(TokenKind::FStringClose, pos_);
    if (is_terminated) {
        pos_ += open.form.triple ? 3 : 1;
    } else {
        report_unterminated(open.begin, open.form.triple ? open.content_begin : pos_, open.form.triple);
        if (at_quotes(open.form.triple)) pos_ += open.form.triple ? 3 : 1;
    }
    push(TokenKind::FStringEnd, end_begin).is_broken = !is_terminated;
    decode_pieces(open.form, open.content_begin, open.pieces);
}

void Lexer::close_fstrings_of_line() {
    while (!fstrings_.empty() && !fstrings_.back().form.triple) close_fstring(false);
}

// ---- Decoding ----------------------------------------------------------------------------------------

void Lexer::decode_pieces(StringForm form, std::uint32_t content_begin,
                          const std::vector<TextPiece>& pieces) {
    std::string_view indent = form.triple ? common_indent(pieces) : std::string_view();
    for (TextPiece piece : pieces) {
        bool is_fstring = buffer_.tokens[piece.token].kind == TokenKind::FStringText;
        bool is_line_begin = false;
        if (form.triple && piece.begin == content_begin) {
            std::uint32_t first_break = piece.begin < piece.end ? line_break_size(piece.begin) : 0;
            piece.begin += first_break;
            is_line_begin = first_break != 0;
        }
        std::string text = decode(piece, form, is_fstring, indent, is_line_begin);
        buffer_.tokens[piece.token].value = interner_.intern(text).value;
    }
}

// The longest blank prefix of all lines but those without text; a line that holds only the closing quotes
// has none. What stands behind the opening quotes is no line of its own.
std::string_view Lexer::common_indent(const std::vector<TextPiece>& pieces) const {
    std::string_view common;
    bool is_first = true;
    for (const TextPiece& piece : pieces) {
        for (std::uint32_t offset = piece.begin; offset < piece.end; offset++) {
            if (text_[offset] != '\n') continue;
            std::uint32_t begin = offset + 1, end = begin;
            while (end < piece.end && is_blank(text_[end])) end++;
            bool has_text = end < piece.end ? line_break_size(end) == 0 : piece.is_before_expr;
            if (!has_text) continue;
            std::string_view indent = slice(begin, end);
            if (is_first) {
                common = indent;
                is_first = false;
            } else {
                auto [a, b] = std::mismatch(common.begin(), common.end(), indent.begin(), indent.end());
                common = common.substr(0, static_cast<std::size_t>(a - common.begin()));
            }
            offset = end - 1;
        }
    }
    return common;
}

std::string Lexer::decode(TextPiece piece, StringForm form, bool is_fstring, std::string_view indent,
                          bool is_line_begin) {
    std::string out;
    std::uint32_t pos = piece.begin;
    auto skip_indent = [&] {
        std::uint32_t blank_end = pos;
        while (blank_end < piece.end && is_blank(text_[blank_end])) blank_end++;
        bool is_blank_line = blank_end < piece.end ? line_break_size(blank_end) != 0 : !piece.is_before_expr;
        pos = is_blank_line
                  ? blank_end
                  : std::min<std::uint32_t>(blank_end, pos + static_cast<std::uint32_t>(indent.size()));
    };
    if (is_line_begin) skip_indent();
    while (pos < piece.end) {
        char c = text_[pos];
        if (std::uint32_t line_break = line_break_size(pos); line_break && pos + line_break <= piece.end) {
            out += '\n';
            pos += line_break;
            if (form.triple) skip_indent();
        } else if (c == '\\' && !form.raw) {
            pos = decode_escape(pos, piece.end, form, out);
        } else if (is_fstring && (c == '{' || c == '}') && pos + 1 < piece.end && text_[pos + 1] == c) {
            out += c;
            pos += 2;
        } else {
            if (form.bytes && (c & 0x80) != 0) {
                std::uint32_t size = diag::decode_scalar(text_, pos).size;
                sink_.report(Diag::NonAsciiByte, span(pos, pos + size));
                pos += size;
                continue;
            }
            out += c;
            pos++;
        }
    }
    return out;
}

std::uint32_t Lexer::decode_escape(std::uint32_t begin, std::uint32_t end, StringForm form,
                                   std::string& out) {
    std::uint32_t pos = begin + 1;
    if (pos >= end) return end; // an unclosed literal; reported there
    if (std::uint32_t line_break = line_break_size(pos)) {
        pos += line_break;
        while (pos < end && is_blank(text_[pos])) pos++;
        return pos;
    }
    diag::DecodedScalar escape = diag::decode_scalar(text_, pos);
    pos += escape.size;
    auto fail = [&](std::string_view why) {
        auto builder = sink_.report(Diag::BadEscape, span(begin, pos), slice(begin, pos));
        builder.primary(why);
        return pos;
    };
    switch (escape.scalar) {
    case '0': out += '\0'; return pos;
    case 't': out += '\t'; return pos;
    case 'n': out += '\n'; return pos;
    case 'r': out += '\r'; return pos;
    case '"': out += '"'; return pos;
    case '\'': out += '\''; return pos;
    case '\\': out += '\\'; return pos;
    case 'x': {
        int high = pos < end ? hex_value(text_[pos]) : -1;
        int low = pos + 1 < end ? hex_value(text_[pos + 1]) : -1;
        if (high < 0 || low < 0) return fail("`\\x` takes two hexadecimal digits");
        pos += 2;
        int value = high * 16 + low;
        if (value > 0x7f && !form.bytes) {
            fail("`\\x` in text goes up to 7f");
            return pos;
        }
        out += static_cast<char>(static_cast<unsigned char>(value));
        return pos;
    }
    case 'u': {
        if (form.bytes) return fail("bytes have no `\\u`");
        if (pos >= end || text_[pos] != '{') return fail("written as `\\u{1F600}`");
        std::uint32_t digits_begin = ++pos;
        char32_t value = 0;
        while (pos < end && hex_value(text_[pos]) >= 0) {
            value = std::min<char32_t>(value * 16 + static_cast<char32_t>(hex_value(text_[pos])), 0x110000);
            pos++;
        }
        bool is_closed = pos < end && text_[pos] == '}' && pos > digits_begin;
        if (!is_closed) return fail("written as `\\u{1F600}`");
        pos++;
        if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
            return fail("not a Unicode scalar value");
        diag::append_scalar(out, value);
        return pos;
    }
    default: break;
    }
    sink_.report(Diag::BadEscape, span(begin, pos), slice(begin, pos))
        .hint("a backslash is written `\\\\`, or the string raw: r\"...\"");
    return pos;
}

// ---- Characters and labels ---------------------------------------------------------------------------

void Lexer::lex_char_or_label() {
    std::uint32_t begin = pos_++;
    auto push_char = [&](char32_t value) { push(TokenKind::Char, begin, static_cast<std::uint32_t>(value)); };
    if (pos_ >= size_ || line_break_size(pos_)) {
        sink_.report(Diag::UnterminatedChar, span(begin, pos_));
        push_char(U'\ufffd');
        return;
    }
    if (peek() == '\'') {
        pos_++;
        sink_.report(Diag::EmptyChar, span(begin, pos_)).hint("a quote is written '\\''");
        push_char(U'\ufffd');
        return;
    }
    char32_t value = 0;
    if (peek() == '\\') {
        constexpr std::uint32_t longest_escape = 16;
        std::uint32_t line_end = pos_;
        while (line_end < size_ && line_end < pos_ + longest_escape && !line_break_size(line_end)) line_end++;
        std::string decoded;
        if (line_break_size(pos_ + 1) || pos_ + 1 >= size_) {
            pos_++;
        } else {
            pos_ = decode_escape(pos_, line_end, {}, decoded);
        }
        value = decoded.empty() ? U'\ufffd' : diag::decode_scalar(decoded, 0).scalar;
    } else {
        diag::DecodedScalar decoded = diag::decode_scalar(text_, pos_);
        if (at(pos_ + decoded.size) != '\'' && starts_name_at(pos_)) {
            std::uint32_t name_begin = pos_;
            skip_name();
            if (peek() != '\'') {
                push(TokenKind::Label, begin, intern_name(slice(name_begin, pos_)).value);
                return;
            }
            pos_ = name_begin;
        }
        value = decoded.scalar;
        pos_ += decoded.size;
    }
    if (peek() == '\'') {
        pos_++;
        push_char(value);
        return;
    }
    // Either several characters between quotes, or one quote too few.
    std::uint32_t close = pos_;
    while (close < size_ && text_[close] != '\'' && !line_break_size(close)) close++;
    if (at(close) == '\'') {
        pos_ = close + 1;
        sink_.report(Diag::CharTooLong, span(begin, pos_)).hint("text stands in double quotes");
    } else {
        sink_.report(Diag::UnterminatedChar, span(begin, pos_));
    }
    push_char(value);
    buffer_.tokens.back().is_broken = at(close) != '\'';
}

} // namespace tn::syntax
