#include <cstdint>
#include <cstdio>
#include <vector>
#include "bench.h"
using Bytes = std::vector<uint8_t>;
static const char *DIGITS = "0123456789abcdef";
static Bytes pack(const Bytes &d) {
    Bytes out;
    size_t i = 0;
    while (i < d.size()) {
        uint8_t c = d[i];
        size_t n = 1;
        while (i + n < d.size() && n < 255 && d[i + n] == c) n++;
        out.push_back((uint8_t)n);
        out.push_back(c);
        i += n;
    }
    return out;
}
static Bytes unpack(const Bytes &d) {
    Bytes out;
    for (size_t i = 0; i + 1 < d.size(); i += 2)
        for (int k = 0; k < d[i]; k++) out.push_back(d[i + 1]);
    return out;
}
static Bytes to_hex(const Bytes &d) {
    Bytes out;
    for (uint8_t b : d) {
        out.push_back(DIGITS[b >> 4]);
        out.push_back(DIGITS[b & 15]);
    }
    return out;
}
static uint8_t digit(uint8_t c) { return c >= 97 ? c - 97 + 10 : c - 48; }
static Bytes from_hex(const Bytes &d) {
    Bytes out;
    for (size_t i = 0; i + 1 < d.size(); i += 2) out.push_back(digit(d[i]) << 4 | digit(d[i + 1]));
    return out;
}
int main() {
    double t0 = bench_now();
    Bytes d;
    uint32_t s = 7;
    while (d.size() < 1 << 19) {
        uint32_t x = rng_next(&s);
        for (uint32_t i = 0; i < x % 7; i++) d.push_back((uint8_t)(x >> 8));
    }
    int64_t tot = 0;
    for (int r = 0; r < 20; r++) {
        Bytes packed = pack(d);
        Bytes hex = to_hex(packed);
        Bytes back = unpack(from_hex(hex));
        tot += packed.size() + hex[r * 50] + back[r * 100] + back.size();
        d[r]++;
    }
    FINISH_I(t0, tot);
}
