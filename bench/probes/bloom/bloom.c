#include "bench.h"
static uint64_t mix(uint64_t x) {
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdull;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ull;
    return x ^ (x >> 33);
}
static void add(uint64_t *bits, uint64_t mask, uint64_t key, int hashes) {
    uint64_t a = mix(key), b = mix(a) | 1;
    for (int h = 0; h < hashes; h++) {
        uint64_t at = (a + (uint64_t)h * b) & mask;
        bits[at >> 6] |= 1ull << (at & 63);
    }
}
static int has(const uint64_t *bits, uint64_t mask, uint64_t key, int hashes) {
    uint64_t a = mix(key), b = mix(a) | 1;
    for (int h = 0; h < hashes; h++) {
        uint64_t at = (a + (uint64_t)h * b) & mask;
        if (!(bits[at >> 6] >> (at & 63) & 1)) return 0;
    }
    return 1;
}
int main(void) {
    double t0 = bench_now();
    uint64_t size = 1 << 20, mask = size - 1;
    uint64_t *bits = calloc(size / 64, 8);
    for (uint64_t i = 0; i < 100000; i++) add(bits, mask, i * 7 + 3, 5);
    int64_t found = 0, set = 0;
    for (uint64_t i = 0; i < 3000000; i++) found += has(bits, mask, i, 5);
    for (uint64_t i = 0; i < size / 64; i++) set += __builtin_popcountll(bits[i]);
    FINISH_I(t0, found * 1000 + set % 1000);
}
