// Reading, checking and packing format specs. See format_spec.h.
#include "builtins/format_spec.h"

namespace tn {

namespace {

constexpr std::string_view integer_types = "dxXob";
constexpr std::string_view float_types = "efg";

bool is_align(char32_t c) { return c == '<' || c == '>' || c == '^' || c == '='; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The scalar value at the front of valid UTF-8, and its size.
char32_t decode(std::string_view text, std::size_t& size) {
    auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    unsigned lead = byte(0);
    size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (size > text.size()) size = text.size();
    if (size == 1) return lead;
    char32_t scalar = lead & (0xffu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) scalar = scalar << 6 | (byte(i) & 0x3f);
    return scalar;
}

class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    std::optional<FormatSpec> read(std::string_view& reason) {
        FormatSpec spec;
        if (!rest_.empty()) {
            std::size_t size = 1;
            char32_t first = decode(rest_, size);
            if (size < rest_.size() && is_align(static_cast<unsigned char>(rest_[size]))) {
                spec.fill = first;
                spec.align = rest_[size];
                rest_.remove_prefix(size + 1);
            } else if (is_align(first)) {
                spec.align = rest_[0];
                rest_.remove_prefix(1);
            }
        }
        if (!rest_.empty() && (rest_[0] == '+' || rest_[0] == '-' || rest_[0] == ' ')) spec.sign = take();
        if (!rest_.empty() && rest_[0] == '#') {
            spec.alternate = true;
            take();
        }
        if (!rest_.empty() && rest_[0] == '0') {
            spec.zero = true;
            take();
        }
        std::uint32_t number = 0;
        bool has_width = false;
        if (!read_number(number, has_width)) {
            reason = "the width is too large";
            return {};
        }
        spec.width = number;
        if (!rest_.empty() && rest_[0] == '.') {
            take();
            bool has_precision = false;
            if (!read_number(number, has_precision)) {
                reason = "the precision is too large";
                return {};
            }
            if (!has_precision) {
                reason = "a number must follow the `.`";
                return {};
            }
            spec.precision = static_cast<std::int32_t>(number);
        }
        if (!rest_.empty() && (integer_types.find(rest_[0]) != integer_types.npos ||
                               float_types.find(rest_[0]) != float_types.npos)) {
            spec.type = take();
        }
        if (!rest_.empty()) {
            reason =
                "expected [[fill]align][sign][#][0][width][.precision][type], with a type of d x X o b e f g";
            return {};
        }
        return spec;
    }

private:
    char take() {
        char c = rest_[0];
        rest_.remove_prefix(1);
        return c;
    }
    // False if the number is beyond max_width.
    bool read_number(std::uint32_t& number, bool& any) {
        number = 0;
        while (!rest_.empty() && is_digit(rest_[0])) {
            any = true;
            number = number * 10 + static_cast<std::uint32_t>(take() - '0');
            if (number > FormatSpec::max_width) return false;
        }
        return true;
    }

    std::string_view rest_;
};

bool contains(std::string_view set, char c) { return set.find(c) != set.npos; }

} // namespace

bool check_format_spec(const FormatSpec& spec, FormatClass format_class, std::string_view& reason) {
    auto refuse = [&](std::string_view why) {
        reason = why;
        return false;
    };
    if (spec.width > FormatSpec::max_width) return refuse("the width is too large");
    if (spec.precision > static_cast<std::int32_t>(FormatSpec::max_width)) {
        return refuse("the precision is too large");
    }
    switch (format_class) {
    case FormatClass::Integer:
        if (spec.precision >= 0 && !spec.is_for_floats())
            return refuse("an integer has a precision only with `e`, `f` or `g`");
        return true;
    case FormatClass::Float:
        if (contains(integer_types, spec.type)) return refuse("this type is for integers");
        return true;
    case FormatClass::Text:
        if (spec.type != 0) return refuse("only numbers have a type");
        if (spec.precision >= 0) return refuse("only floats have a precision");
        if (spec.sign != '-' || spec.alternate) return refuse("only numbers have a sign or `#`");
        if (spec.align == '=' || spec.zero) return refuse("only numbers are padded after the sign");
        return true;
    }
    return false;
}

std::optional<FormatSpec> parse_format_spec(std::string_view text, FormatClass format_class,
                                            std::string_view& reason) {
    std::optional<FormatSpec> spec = Reader(text).read(reason);
    if (spec && !check_format_spec(*spec, format_class, reason)) return {};
    return spec;
}

bool FormatSpec::is_for_floats() const { return type != 0 && contains(float_types, type); }

// First: fill (21 bits), align, sign, type (8 bits each from bit 24), alternate (48), zero (49).
// Second: width (32 bits), precision (32 bits, signed).
void FormatSpec::pack(std::int64_t out[2]) const {
    auto byte = [](char c, unsigned shift) {
        return static_cast<std::uint64_t>(static_cast<unsigned char>(c)) << shift;
    };
    out[0] = static_cast<std::int64_t>(static_cast<std::uint64_t>(fill) | byte(align, 24) | byte(sign, 32) |
                                       byte(type, 40) | static_cast<std::uint64_t>(alternate) << 48 |
                                       static_cast<std::uint64_t>(zero) << 49);
    out[1] =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(width) |
                                  static_cast<std::uint64_t>(static_cast<std::uint32_t>(precision)) << 32);
}

FormatSpec FormatSpec::unpack(std::int64_t first, std::int64_t second) {
    auto a = static_cast<std::uint64_t>(first);
    auto b = static_cast<std::uint64_t>(second);
    FormatSpec spec;
    spec.fill = static_cast<char32_t>(a & 0xffffff);
    spec.align = static_cast<char>(a >> 24 & 0xff);
    spec.sign = static_cast<char>(a >> 32 & 0xff);
    spec.type = static_cast<char>(a >> 40 & 0xff);
    spec.alternate = (a >> 48 & 1) != 0;
    spec.zero = (a >> 49 & 1) != 0;
    spec.width = static_cast<std::uint32_t>(b);
    spec.precision = static_cast<std::int32_t>(static_cast<std::uint32_t>(b >> 32));
    return spec;
}

} // namespace tn
