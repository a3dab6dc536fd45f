#include "bench.h"
static uint32_t bytewise(const uint32_t *table, const uint8_t *data, int64_t n) {
    uint32_t c = 0xffffffff;
    for (int64_t i = 0; i < n; i++) c = table[(c ^ data[i]) & 255] ^ c >> 8;
    return ~c;
}
static uint32_t sliced(const uint32_t *table, const uint8_t *data, int64_t n) {
    uint32_t c = 0xffffffff;
    for (int64_t i = 0; i + 4 <= n; i += 4) {
        c ^= data[i] | data[i + 1] << 8 | data[i + 2] << 16 | (uint32_t)data[i + 3] << 24;
        c = table[768 + (c & 255)] ^ table[512 + (c >> 8 & 255)] ^ table[256 + (c >> 16 & 255)] ^ table[c >> 24];
    }
    return ~c;
}
static uint32_t adler(const uint8_t *data, int64_t n) {
    uint32_t a = 1, b = 0;
    for (int64_t i = 0; i < n; i++) {
        a += data[i];
        if (a >= 65521) a -= 65521;
        b += a;
        if (b >= 65521) b -= 65521;
    }
    return b << 16 | a;
}
int main(void) {
    double t0 = bench_now();
    uint32_t *table = malloc(1024 * 4), seed = 7;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++) c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
        table[i] = c;
    }
    for (int i = 256; i < 1024; i++) {
        uint32_t c = table[i - 256];
        table[i] = c >> 8 ^ table[c & 255];
    }
    int64_t n = 1 << 20, total = 0;
    uint8_t *data = malloc(n);
    for (int64_t i = 0; i < n; i++) data[i] = rng_next(&seed) & 255;
    for (int round = 0; round < 20; round++) {
        data[round] = round;
        total += bytewise(table, data, n);
        total += sliced(table, data, n);
        total += adler(data, n);
    }
    FINISH_I(t0, total);
}
