#include "bench.h"
static int64_t find(int64_t *a, int64_t n, int64_t x) {
    int64_t lo = 0, hi = n;
    while (lo < hi) {
        int64_t m = lo + (hi - lo) / 2;
        if (a[m] < x)
            lo = m + 1;
        else
            hi = m;
    }
    return lo;
}
int main(void) {
    double t0 = bench_now();
    int64_t n = 100000;
    int64_t *a = malloc(n * 8);
    for (int64_t i = 0; i < n; i++) a[i] = i * 7;
    uint32_t s = 7;
    int64_t tot = 0;
    for (int i = 0; i < 3000000; i++) tot += find(a, n, rng_next(&s) % 700000);
    FINISH_I(t0, tot);
}
