#include "bench.h"
int main(void) {
    double t0 = bench_now();
    int64_t n = 1 << 16;
    int32_t *a = malloc(n * 4), *b = malloc(n * 4);
    uint32_t s = 7;
    for (int64_t i = 0; i < n; i++) {
        a[i] = rng_next(&s) & 127;
        b[i] = rng_next(&s) & 127;
    }
    int64_t tot = 0;
    for (int r = 0; r < 3000; r++) {
        int64_t t = 0;
        for (int64_t i = 0; i < n; i++) t += (int64_t)a[i] * b[i];
        tot += t;
        a[r] += 1;
    }
    FINISH_I(t0, tot);
}
