// The lexer's numbers: integers of four radixes and floats, with their suffixes.
#include "syntax/lexer.h"

#include <algorithm>
#include <charconv>

namespace tn::syntax {

using diag::Diag;

namespace {

constexpr std::string_view integer_suffixes[] = {"i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"};
constexpr std::string_view float_suffixes[] = {"f32", "f64"};

template <std::size_t count> bool contains(const std::string_view (&list)[count], std::string_view text) {
    return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

unsigned digit_value(char c) {
    if (is_digit(c)) return static_cast<unsigned>(c - '0');
    char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a' + 10) : 99;
}

// Whether digits that std::from_chars called out of range are too large, not too small.
bool is_huge(std::string_view digits) {
    std::size_t exponent_at = std::min(digits.find_first_of("eE"), digits.size());
    std::string_view mantissa = digits.substr(0, exponent_at);
    std::size_t first = mantissa.find_first_not_of("0.");
    if (first == std::string_view::npos) return false;
    std::size_t dot = std::min(mantissa.find('.'), mantissa.size());
    long long magnitude = static_cast<long long>(dot) - static_cast<long long>(first);
    long long exponent = 0;
    if (exponent_at < digits.size()) {
        std::string_view text = digits.substr(exponent_at + 1);
        bool is_negative = text.starts_with('-');
        if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
        for (char c : text) exponent = std::min(exponent * 10 + (c - '0'), 100000000ll);
        if (is_negative) exponent = -exponent;
    }
    return magnitude + exponent > 0;
}

} // namespace

std::string Lexer::take_digits(bool hexadecimal) {
    std::string digits;
    while (pos_ < size_) {
        char c = text_[pos_];
        if (c != '_') {
            if (!(hexadecimal ? digit_value(c) < 16 : is_digit(c))) break;
            digits += c;
        }
        pos_++;
    }
    return digits;
}

std::string_view Lexer::take_suffix() {
    std::uint32_t begin = pos_;
    if (starts_name_at(pos_)) skip_name();
    return slice(begin, pos_);
}

void Lexer::lex_digits_after_dot() {
    std::uint32_t begin = pos_;
    while (is_digit(peek())) pos_++;
    finish_integer(begin, 10, slice(begin, pos_), SymbolId());
    if (starts_name_at(pos_)) {
        std::uint32_t suffix_begin = pos_;
        std::string_view suffix = take_suffix();
        sink_.report(Diag::BadNumberSuffix, span(suffix_begin, pos_), suffix);
    }
}

void Lexer::lex_number() {
    std::uint32_t begin = pos_;
    unsigned radix = 10;
    if (text_[pos_] == '0') {
        char mark = peek(1);
        radix = mark == 'x' || mark == 'X'   ? 16
                : mark == 'o' || mark == 'O' ? 8
                : mark == 'b' || mark == 'B' ? 2
                                             : 10;
        if (radix != 10) pos_ += 2;
    }
    std::string digits = take_digits(radix == 16);
    bool is_float = false;
    if (radix == 10) {
        // `1..2` is a range and `1.max(2)` a call.
        if (peek() == '.' && peek(1) != '.' && !starts_name_at(pos_ + 1)) {
            is_float = true;
            pos_++;
            digits += '.';
            std::string fraction = take_digits(false);
            digits += fraction.empty() ? "0" : fraction;
        }
        std::uint32_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
        if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
            is_float = true;
            digits += slice(pos_, pos_ + 1 + sign);
            pos_ += 1 + sign;
            digits += take_digits(false);
        }
    }

    std::uint32_t suffix_begin = pos_;
    std::string_view suffix = take_suffix();
    SymbolId suffix_id;
    if (!suffix.empty()) {
        std::size_t leading = suffix.find_first_not_of('_');
        std::string_view name = leading == std::string_view::npos ? suffix : suffix.substr(leading);
        bool fits_float = contains(float_suffixes, name), fits_integer = contains(integer_suffixes, name);
        if (fits_float && radix == 10) is_float = true;
        if (!fits_float && !fits_integer) {
            sink_.report(Diag::BadNumberSuffix, span(suffix_begin, pos_), suffix)
                .hint("the suffixes are i8, i16, i32, i64, u8, u16, u32, u64, f32 and f64");
        } else if (is_float && fits_integer) {
            sink_.report(Diag::BadNumber, span(begin, pos_), "a float cannot have an integer's suffix");
        } else if (radix != 10 && fits_float) {
            sink_.report(Diag::BadNumber, span(begin, pos_), "a float is written in decimal");
        } else {
            suffix_id = interner_.intern(name);
        }
    }
    if (is_float) {
        finish_float(begin, digits, suffix_id);
        return;
    }
    if (digits.empty()) {
        sink_.report(Diag::BadNumber, span(begin, pos_), "it has no digits");
        digits = "0";
    }
    finish_integer(begin, radix, digits, suffix_id);
}

void Lexer::finish_integer(std::uint32_t begin, unsigned radix, std::string_view digits, SymbolId suffix) {
    IntegerValue value;
    value.suffix = suffix;
    for (char c : digits) {
        unsigned digit = digit_value(c);
        if (digit >= radix) {
            sink_.report(Diag::BadNumber, span(begin, pos_),
                         std::string("`") + c + "` is not a digit in base " + std::to_string(radix));
            break;
        }
        std::uint64_t shifted = 0;
        if (__builtin_mul_overflow(value.magnitude, std::uint64_t{radix}, &shifted) ||
            __builtin_add_overflow(shifted, std::uint64_t{digit}, &shifted))
            value.overflow = true;
        value.magnitude = shifted;
    }
    buffer_.integers.push_back(value);
    push(TokenKind::Integer, begin, static_cast<std::uint32_t>(buffer_.integers.size() - 1));
}

void Lexer::finish_float(std::uint32_t begin, std::string_view digits, SymbolId suffix) {
    FloatValue value;
    value.digits = interner_.intern(digits);
    value.suffix = suffix;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value.value);
    (void)end;
    if (error == std::errc::result_out_of_range) {
        value.value = 0;
        if (is_huge(digits))
            sink_.report(Diag::LiteralOutOfRange, span(begin, pos_), slice(begin, pos_), "f64");
    }
    buffer_.floats.push_back(value);
    push(TokenKind::Float, begin, static_cast<std::uint32_t>(buffer_.floats.size() - 1));
}

} // namespace tn::syntax
