// The format mini-language behind the `:` of an f-string's braces:
// [[fill]align][sign][#][0][width][.precision][type], as in Python. Whether it fits the value's type is
// the checker's to say.
#include "diag/text_width.h"
#include "syntax/parser_state.h"

#include <fmt/format.h>

namespace tn::syntax {

namespace {

using Align = FormatSpec::Align;
using Sign = FormatSpec::Sign;

// Wider output is surely a mistake, and would be a cheap way to fill memory.
constexpr std::uint32_t max_width = 65535;
constexpr std::string_view types = "dxXobefg";

std::optional<Align> align_of(char32_t c) {
    switch (c) {
    case '<': return Align::Left;
    case '>': return Align::Right;
    case '^': return Align::Center;
    case '=': return Align::AfterSign;
    default: return std::nullopt;
    }
}

class SpecReader {
public:
    explicit SpecReader(std::string_view text) : text_(text) {}

    // What is wrong with it; empty: nothing.
    std::string_view read(FormatSpec& spec) {
        read_align(spec);
        if (take('+')) {
            spec.sign = Sign::Plus;
        } else if (take('-')) {
            spec.sign = Sign::Minus;
        } else if (take(' ')) {
            spec.sign = Sign::Space;
        }
        spec.alternate = take('#');
        spec.zero = take('0');
        if (at_digit()) {
            spec.width = read_number();
            if (!spec.width) return "the width is too large";
        }
        if (take('.')) {
            if (!at_digit()) return "digits must follow the `.`";
            spec.precision = read_number();
            if (!spec.precision) return "the precision is too large";
        }
        if (pos_ < text_.size() && types.find(text_[pos_]) != std::string_view::npos)
            spec.type = text_[pos_++];
        if (pos_ == text_.size()) return {};
        if (text_[pos_] == ',' || text_[pos_] == '_') return "digits cannot be grouped";
        if (text_[pos_] == '{') return "the width cannot be an expression";
        if (text_[pos_] == 's') return "text needs no type letter";
        return "it is [[fill]align][sign][#][0][width][.precision][type]";
    }

private:
    void read_align(FormatSpec& spec) {
        if (text_.empty()) return;
        diag::DecodedScalar fill = diag::decode_scalar(text_, 0);
        if (fill.size < text_.size()) {
            if (auto align = align_of(static_cast<unsigned char>(text_[fill.size]))) {
                spec.fill = fill.scalar;
                spec.align = *align;
                pos_ = fill.size + 1;
                return;
            }
        }
        if (auto align = align_of(fill.scalar)) {
            spec.align = *align;
            pos_ = 1;
        }
    }
    bool take(char c) {
        if (pos_ >= text_.size() || text_[pos_] != c) return false;
        pos_++;
        return true;
    }
    bool at_digit() const { return pos_ < text_.size() && text_[pos_] >= '0' && text_[pos_] <= '9'; }
    std::optional<std::uint32_t> read_number() {
        std::uint32_t number = 0;
        while (at_digit())
            number = std::min(number * 10 + static_cast<std::uint32_t>(text_[pos_++] - '0'), max_width + 1);
        if (number > max_width) return std::nullopt;
        return number;
    }

    std::string_view text_;
    std::size_t pos_ = 0;
};

} // namespace

FormatSpec Parser::parse_format_spec(const Token& token) {
    FormatSpec spec;
    spec.span = span_of(token);
    std::string_view text = text_of(token);
    if (std::string_view wrong = SpecReader(text).read(spec); !wrong.empty()) {
        report(Diag::BadFormatSpec, spec.span, text, wrong);
        Span span = spec.span;
        spec = FormatSpec();
        spec.span = span;
    }
    return spec;
}

} // namespace tn::syntax
