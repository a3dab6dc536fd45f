#include "bench.h"
/* Shortest ways between all pairs of 300 places, by Floyd and Warshall, three times. */
enum { N = 300 };
int main(void) {
    double t0 = bench_now();
    int64_t *d = malloc(N * N * sizeof *d), sum = 0;
    uint32_t seed = 5;
    for (int64_t round = 0; round < 3; round++) {
        for (int64_t i = 0; i < N * N; i++) d[i] = rng_next(&seed) % 8 ? 1000000 : 1 + rng_next(&seed) % 1000;
        for (int64_t i = 0; i < N; i++) d[i * N + i] = 0;
        for (int64_t k = 0; k < N; k++)
            for (int64_t i = 0; i < N; i++)
                for (int64_t j = 0; j < N; j++) {
                    int64_t by = d[i * N + k] + d[k * N + j];
                    if (by < d[i * N + j]) d[i * N + j] = by;
                }
        for (int64_t i = 0; i < N * N; i++) sum += d[i];
    }
    free(d);
    FINISH_I(t0, sum);
}
