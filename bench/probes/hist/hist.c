#include "bench.h"
int main(void) {
    double t0 = bench_now();
    int64_t n = 1 << 20;
    uint8_t *d = malloc(n);
    uint32_t s = 7;
    for (int64_t i = 0; i < n; i++) d[i] = rng_next(&s) >> 3;
    int64_t h[256] = {0};
    for (int r = 0; r < 100; r++) {
        for (int64_t i = 0; i < n; i++) h[d[i]]++;
        d[r]++;
    }
    int64_t p = 0, tot = 0;
    for (int i = 0; i < 256; i++) {
        p += h[i];
        tot ^= p * (i + 1);
    }
    FINISH_I(t0, tot);
}
