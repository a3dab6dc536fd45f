#include "bench.h"
typedef struct {
    int t;
    double a, b;
} S;
int main(void) {
    double t0 = bench_now();
    int n = 100000;
    S *p = malloc(n * sizeof *p);
    uint32_t s = 7;
    for (int i = 0; i < n; i++) {
        p[i].t = rng_next(&s) % 3;
        p[i].a = rng_next(&s) & 15;
        p[i].b = rng_next(&s) & 15;
    }
    double tot = 0;
    for (int r = 0; r < 200; r++)
        for (int i = 0; i < n; i++) {
            switch (p[i].t) {
            case 0:
                tot += 3.0 * p[i].a * p[i].a;
                break;
            case 1:
                tot += p[i].a * p[i].b;
                break;
            default:
                tot += 1.0;
            }
        }
    FINISH_I(t0, (int64_t)tot);
}
