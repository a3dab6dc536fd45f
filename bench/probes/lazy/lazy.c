#include "bench.h"
int main(void) {
    double t0 = bench_now();
    int64_t n = 1000000;
    int64_t *a = malloc(n * 8);
    uint32_t s = 7;
    for (int64_t i = 0; i < n; i++) a[i] = rng_next(&s) & 1023;
    int64_t tot = 0;
    for (int r = 0; r < 60; r++) {
        for (int64_t i = 0; i < n; i++) {
            if (a[i] % 3 == 0) tot += a[i] * 2 + i;
        }
        a[r]++;
    }
    FINISH_I(t0, tot);
}
