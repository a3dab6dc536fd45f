#include "bench.h"
static void compose(const uint8_t *a, const uint8_t *b, uint8_t *out, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = a[b[i]];
}
static void invert(const uint8_t *a, uint8_t *out, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[a[i]] = i;
}
static int64_t cycles(const uint8_t *a, int64_t n) {
    int64_t seen = 0, count = 0;
    for (int64_t i = 0; i < n; i++) {
        if (seen >> i & 1) continue;
        count++;
        for (int64_t j = i; (seen >> j & 1) == 0; j = a[j]) seen |= (int64_t)1 << j;
    }
    return count;
}
static int64_t inversions(const uint8_t *a, int64_t n) {
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = i + 1; j < n; j++) if (a[j] < a[i]) count++;
    return count;
}
int main(void) {
    double t0 = bench_now();
    uint32_t seed = 7;
    int64_t n = 12, total = 0;
    uint8_t *a = malloc(n), *b = malloc(n), *c = malloc(n);
    for (int64_t i = 0; i < n; i++) a[i] = b[i] = i;
    for (int round = 0; round < 500000; round++) {
        for (int64_t i = 1; i < n; i++) {
            int64_t j = rng_next(&seed) % (uint32_t)(i + 1);
            uint8_t t = a[i];
            a[i] = a[j];
            a[j] = t;
        }
        compose(a, b, c, n);
        invert(c, b, n);
        total += cycles(b, n) * 3 + inversions(c, n);
    }
    FINISH_I(t0, total);
}
