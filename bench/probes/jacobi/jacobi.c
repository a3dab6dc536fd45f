#include "bench.h"
int main(void) {
    double t0 = bench_now();
    int64_t w = 400, h = 300;
    double *a = calloc(w * h, 8), *b = calloc(w * h, 8);
    for (int64_t x = 0; x < w; x++) a[x] = b[x] = 1.0 + x / 100.0;
    double change = 0;
    for (int64_t r = 0; r < 400; r++) {
        change = 0;
        for (int64_t y = 1; y < h - 1; y++)
            for (int64_t x = 1; x < w - 1; x++) {
                double v = 0.25 * (a[y * w + x - 1] + a[y * w + x + 1] + a[(y - 1) * w + x] + a[(y + 1) * w + x]);
                double d = fabs(v - a[y * w + x]);
                b[y * w + x] = v;
                if (d > change) change = d;
            }
        double *t = a; a = b; b = t;
    }
    FINISH_F(t0, a[5 * w + 200] + change * 1000);
}
