// The format mini-language after the `:` of an f-string field, as Python has it:
// [[fill]align][sign][#][0][width][.precision][type].
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tn {

struct FormatSpec {
    char32_t fill = ' ';
    char align = 0;     // '<' '>' '^' '=', 0: the type's own
    char sign = '-';    // '-' '+' ' '
    bool alternate = false; // #
    bool zero = false;      // 0 before the width
    char type = 0;      // d x X o b e f g, 0: none
    std::uint32_t width = 0;   // at most max_width
    std::int32_t precision = -1; // at most max_width; -1: none

    static constexpr std::uint32_t max_width = 1'000'000;

    // As two integers for the runtime functions, and back.
    bool is_for_floats() const; // its type is one of e f g
    void pack(std::int64_t out[2]) const;
    static FormatSpec unpack(std::int64_t first, std::int64_t second);
};

// What a spec is applied to; decides which parts are legal.
enum class FormatClass : std::uint8_t { Integer, Float, Text };

// False and a reason if a part of the spec does not fit the class.
bool check_format_spec(const FormatSpec& spec, FormatClass format_class, std::string_view& reason);

// Nullopt and a reason if the text is not a spec or does not fit the class.
std::optional<FormatSpec> parse_format_spec(std::string_view text, FormatClass format_class, std::string_view& reason);

} // namespace tn
