#include "bench.h"
/* Which sums the numbers of a set can have, as bits of words, and how many there are for each of 300 sets. */
static void add(uint64_t *bits, int64_t n, int64_t by) {
    int64_t words = by / 64, rest = by % 64;
    for (int64_t i = n - 1; i >= words; i--) {
        uint64_t moved = bits[i - words] << rest;
        if (rest > 0 && i > words) moved |= bits[i - words - 1] >> (64 - rest);
        bits[i] |= moved;
    }
}
int main(void) {
    double t0 = bench_now();
    uint32_t s = 3;
    int64_t sum = 0;
    uint64_t *bits = malloc(1000 * 8);
    for (int64_t round = 0; round < 300; round++) {
        memset(bits, 0, 1000 * 8);
        bits[0] = 1;
        for (int k = 0; k < 60; k++) add(bits, 1000, rng_next(&s) % 1000 + 1);
        int64_t count = 0;
        for (int i = 0; i < 1000; i++) count += __builtin_popcountll(bits[i]);
        sum = (sum * 31 + count * (round + 1)) % 1000000007;
    }
    free(bits);
    FINISH_I(t0, sum);
}
