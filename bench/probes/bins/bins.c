#include "bench.h"
int main(void) {
    double t0 = bench_now();
    int64_t n = 400000;
    double *x = malloc(n * 8), bins[64] = {0};
    int64_t counts[64] = {0}, outside = 0;
    uint32_t s = 9;
    for (int64_t i = 0; i < n; i++) x[i] = (rng_next(&s) % 100000) / 1000.0 - 20.0;
    for (int64_t r = 0; r < 60; r++)
        for (int64_t i = 0; i < n; i++) {
            double v = (x[i] + r * 0.01) * 0.8;
            if (v < 0 || v >= 64) { outside++; continue; }
            int64_t b = (int64_t)v;
            counts[b]++;
            bins[b] += x[i];
        }
    double sum = outside;
    for (int i = 0; i < 64; i++) sum += bins[i] / counts[i];
    FINISH_F(t0, sum);
}
