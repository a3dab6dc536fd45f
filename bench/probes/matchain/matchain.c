#include "bench.h"
int main(void) {
    double t0 = bench_now();
    int64_t n = 500, sum = 0;
    int64_t *dims = malloc((n + 1) * 8), *cost = malloc(n * n * 8), *split = malloc(n * n * 8);
    uint32_t s = 77;
    for (int64_t round = 0; round < 2; round++) {
        for (int64_t i = 0; i <= n; i++) dims[i] = 5 + rng_next(&s) % 50;
        for (int64_t i = 0; i < n; i++) cost[i * n + i] = 0;
        for (int64_t len = 2; len <= n; len++)
            for (int64_t i = 0; i + len <= n; i++) {
                int64_t j = i + len - 1, best = INT64_MAX, at = i;
                for (int64_t k = i; k < j; k++) {
                    int64_t c = cost[i * n + k] + cost[(k + 1) * n + j] + dims[i] * dims[k + 1] * dims[j + 1];
                    if (c < best) { best = c; at = k; }
                }
                cost[i * n + j] = best;
                split[i * n + j] = at;
            }
        sum += cost[n - 1] + split[n - 1];
    }
    FINISH_I(t0, sum);
}
