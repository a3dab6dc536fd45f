#include "bench.h"
int main(void) {
    double t0 = bench_now();
    int64_t n = 350;
    double *a = malloc(n * n * 8), *l = malloc(n * n * 8);
    uint32_t s = 5;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j <= i; j++) {
            double v = (rng_next(&s) & 1023) / 1024.0;
            a[i * n + j] = a[j * n + i] = i == j ? v + n : v;
        }
    double sum = 0;
    for (int64_t r = 0; r < 4; r++) {
        memset(l, 0, n * n * 8);
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j <= i; j++) {
                double t = a[i * n + j];
                for (int64_t k = 0; k < j; k++) t -= l[i * n + k] * l[j * n + k];
                l[i * n + j] = i == j ? sqrt(t) : t / l[j * n + j];
            }
        sum += l[n * n - 1] + l[(n - 1) * n];
    }
    FINISH_F(t0, sum);
}
