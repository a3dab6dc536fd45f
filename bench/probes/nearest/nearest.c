#include "bench.h"
typedef struct { double x, y; } P;
int main(void) {
    double t0 = bench_now();
    int64_t n = 40000, k = 24;
    P *p = malloc(n * sizeof *p), *c = malloc(k * sizeof *c);
    uint32_t s = 11;
    for (int64_t i = 0; i < n; i++) { p[i].x = rng_next(&s) % 10000 / 100.0; p[i].y = rng_next(&s) % 10000 / 100.0; }
    for (int64_t i = 0; i < k; i++) c[i] = p[i * 31];
    int64_t sum = 0;
    double far = 0;
    for (int64_t r = 0; r < 40; r++)
        for (int64_t i = 0; i < n; i++) {
            double best = 1e300;
            int64_t at = 0;
            for (int64_t j = 0; j < k; j++) {
                double dx = p[i].x - c[j].x, dy = p[i].y - c[j].y, d = dx * dx + dy * dy;
                if (d < best) { best = d; at = j; }
            }
            sum += at;
            if (best > far) far = best;
        }
    FINISH_F(t0, (double)sum + sqrt(far));
}
