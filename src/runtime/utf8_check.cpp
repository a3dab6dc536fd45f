// UTF-8 validation: eight bytes of ASCII at a time, then the table of well-formed sequences.
#include "runtime/utf8_check.h"

#include <cstdint>
#include <cstring>

namespace tn::rt {

std::size_t find_bad_utf8(const char* text, std::size_t length) noexcept {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text);
    std::size_t i = 0;
    while (i < length) {
        std::uint64_t word;
        while (i + sizeof word <= length &&
               (std::memcpy(&word, bytes + i, sizeof word), (word & 0x8080808080808080u) == 0)) {
            i += sizeof word;
        }
        if (i == length) break;
        const unsigned char lead = bytes[i];
        if (lead < 0x80) {
            ++i;
            continue;
        }
        // How many continuation bytes follow, and the range of the first of them.
        std::size_t more;
        unsigned char low = 0x80, high = 0xbf;
        if (lead >= 0xc2 && lead <= 0xdf) {
            more = 1;
        } else if (lead >= 0xe0 && lead <= 0xef) {
            more = 2;
            if (lead == 0xe0) low = 0xa0;
            if (lead == 0xed) high = 0x9f;
        } else if (lead >= 0xf0 && lead <= 0xf4) {
            more = 3;
            if (lead == 0xf0) low = 0x90;
            if (lead == 0xf4) high = 0x8f;
        } else {
            return i;
        }
        if (length - i <= more) return i;
        if (bytes[i + 1] < low || bytes[i + 1] > high) return i;
        for (std::size_t k = 2; k <= more; ++k) {
            if ((bytes[i + k] & 0xc0) != 0x80) return i;
        }
        i += more + 1;
    }
    return length;
}

} // namespace tn::rt
