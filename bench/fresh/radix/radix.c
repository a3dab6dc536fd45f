#include "bench.h"
/* Sorts a million numbers of 32 bits by their bytes, five times. */
enum { N = 1000000 };
int main(void) {
    double t0 = bench_now();
    uint32_t *a = malloc(N * sizeof *a), *b = malloc(N * sizeof *b), seed = 77;
    int64_t sum = 0;
    for (int64_t round = 0; round < 5; round++) {
        for (int64_t i = 0; i < N; i++) a[i] = rng_next(&seed);
        for (int64_t shift = 0; shift < 32; shift += 8) {
            int64_t start[257] = {0};
            for (int64_t i = 0; i < N; i++) start[(a[i] >> shift & 255) + 1]++;
            for (int64_t k = 0; k < 256; k++) start[k + 1] += start[k];
            for (int64_t i = 0; i < N; i++) b[start[a[i] >> shift & 255]++] = a[i];
            uint32_t *t = a; a = b; b = t;
        }
        for (int64_t i = 0; i < N; i += 1000) sum += a[i];
    }
    free(a);
    free(b);
    FINISH_I(t0, sum);
}
