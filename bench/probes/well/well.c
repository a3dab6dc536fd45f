#include "bench.h"
typedef struct { uint32_t *state; int64_t index; } Well;
static uint32_t well_next(Well *w) {
    uint32_t a = w->state[w->index], c = w->state[(w->index + 13) & 15];
    uint32_t b = a ^ c ^ (a << 16) ^ (c << 15);
    c = w->state[(w->index + 9) & 15];
    c ^= c >> 11;
    a = w->state[w->index] = b ^ c;
    uint32_t d = a ^ ((a << 5) & 0xda442d24);
    w->index = (w->index + 15) & 15;
    a = w->state[w->index];
    w->state[w->index] = a ^ b ^ d ^ (a << 2) ^ (b << 18) ^ (c << 28);
    return w->state[w->index];
}
typedef struct { uint64_t *state; int64_t i, j; } Lagged;
static uint64_t lagged_next(Lagged *l) {
    uint64_t x = l->state[l->i] + l->state[l->j];
    l->state[l->i] = x;
    if (++l->i == 55) l->i = 0;
    if (++l->j == 55) l->j = 0;
    return x;
}
int main(void) {
    double t0 = bench_now();
    uint32_t seed = 7;
    Well well = {malloc(16 * 4), 0};
    for (int i = 0; i < 16; i++) well.state[i] = rng_next(&seed);
    Lagged lagged = {malloc(55 * 8), 0, 31};
    for (int i = 0; i < 55; i++) {
        lagged.state[i] = (uint64_t)rng_next(&seed) << 32;
        lagged.state[i] |= rng_next(&seed);
    }
    int64_t *buckets = calloc(64, 8), total = 0;
    for (int i = 0; i < 10000000; i++) {
        uint32_t x = well_next(&well);
        uint64_t y = lagged_next(&lagged);
        buckets[(x >> 26) ^ (uint32_t)(y >> 58)] += y & 7;
    }
    for (int i = 0; i < 64; i++) total = (total * 31 + buckets[i]) % 1000000007;
    FINISH_I(t0, total);
}
