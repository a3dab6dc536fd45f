#include "diag/text_width.h"

#include <algorithm>
#include <iterator>

namespace tn::diag {

namespace {

struct ScalarRange {
    char32_t first;
    char32_t last;
};

constexpr ScalarRange zero_width_ranges[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489},   {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
    {0x06d6, 0x06dc}, {0x093c, 0x093c},   {0x0941, 0x0948}, {0x094d, 0x094d}, {0x0e31, 0x0e31},
    {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200d},
    {0x20d0, 0x20ff}, {0x302a, 0x302d},   {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
    {0xfeff, 0xfeff}, {0xe0100, 0xe01ef},
};

constexpr ScalarRange wide_ranges[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},   {0x25fd, 0x25fe},
    {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267f, 0x267f},   {0x2693, 0x2693},   {0x26a1, 0x26a1},
    {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},   {0x26ce, 0x26ce},   {0x26d4, 0x26d4},
    {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},   {0x26fa, 0x26fa},   {0x26fd, 0x26fd},
    {0x2705, 0x2705},   {0x270a, 0x270b},   {0x2728, 0x2728},   {0x274c, 0x274c},   {0x274e, 0x274e},
    {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27b0, 0x27b0},   {0x27bf, 0x27bf},
    {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},   {0x2e80, 0x303e},   {0x3041, 0x3247},
    {0x3250, 0x4dbf},   {0x4e00, 0xa4c6},   {0xa960, 0xa97c},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe10, 0xfe19},   {0xfe30, 0xfe6b},   {0xff01, 0xff60},   {0xffe0, 0xffe6},   {0x16fe0, 0x18cff},
    {0x1aff0, 0x1b2fb}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a},
    {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca},
    {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440},
    {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f54e}, {0x1f550, 0x1f567}, {0x1f57a, 0x1f57a},
    {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc},
    {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6d7}, {0x1f6dc, 0x1f6df}, {0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6fc},
    {0x1f7e0, 0x1f7eb}, {0x1f7f0, 0x1f7f0}, {0x1f90c, 0x1f93a}, {0x1f93c, 0x1f945}, {0x1f947, 0x1f9ff},
    {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

template <std::size_t count> bool contains(const ScalarRange (&ranges)[count], char32_t scalar) {
    auto it = std::upper_bound(std::begin(ranges), std::end(ranges), scalar,
                               [](char32_t value, const ScalarRange& range) { return value < range.first; });
    return it != std::begin(ranges) && scalar <= std::prev(it)->last;
}

} // namespace

DecodedScalar decode_scalar(std::string_view text, std::size_t offset) {
    auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    unsigned char lead = byte(offset);
    if (lead < 0x80) return {lead, 1, true};
    std::uint32_t size = lead >= 0xf0 && lead <= 0xf4  ? 4
                         : lead >= 0xe0 && lead < 0xf0 ? 3
                         : lead >= 0xc2 && lead < 0xe0 ? 2
                                                       : 0;
    if (size == 0 || offset + size > text.size()) return {0xfffd, 1, false};
    char32_t scalar = lead & (0xffu >> (size + 1));
    for (std::uint32_t i = 1; i < size; i++) {
        if ((byte(offset + i) & 0xc0) != 0x80) return {0xfffd, 1, false};
        scalar = (scalar << 6) | (byte(offset + i) & 0x3fu);
    }
    bool is_overlong = (size == 3 && scalar < 0x800) || (size == 4 && scalar < 0x10000);
    if (is_overlong || scalar > 0x10ffff || (scalar >= 0xd800 && scalar < 0xe000)) return {0xfffd, 1, false};
    return {scalar, size, true};
}

void append_scalar(std::string& out, char32_t scalar) {
    auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (scalar < 0x80) {
        put(scalar);
    } else if (scalar < 0x800) {
        put(0xc0 | (scalar >> 6));
        put(0x80 | (scalar & 0x3f));
    } else if (scalar < 0x10000) {
        put(0xe0 | (scalar >> 12));
        put(0x80 | ((scalar >> 6) & 0x3f));
        put(0x80 | (scalar & 0x3f));
    } else {
        put(0xf0 | (scalar >> 18));
        put(0x80 | ((scalar >> 12) & 0x3f));
        put(0x80 | ((scalar >> 6) & 0x3f));
        put(0x80 | (scalar & 0x3f));
    }
}

std::uint32_t display_width(char32_t scalar) {
    if (scalar < 0x300) return 1;
    if (contains(zero_width_ranges, scalar)) return 0;
    return contains(wide_ranges, scalar) ? 2 : 1;
}

bool is_unprintable(char32_t scalar) {
    return scalar < 0x20 || (scalar >= 0x7f && scalar < 0xa0) || (scalar >= 0x202a && scalar <= 0x202e) ||
           (scalar >= 0x2066 && scalar <= 0x2069) || scalar == 0x200e || scalar == 0x200f ||
           scalar == 0x2028 || scalar == 0x2029;
}

std::string printable(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        DecodedScalar decoded = decode_scalar(text, at);
        append_scalar(out, is_unprintable(decoded.scalar) ? U'\ufffd' : decoded.scalar);
        at += decoded.size;
    }
    return out;
}

} // namespace tn::diag
