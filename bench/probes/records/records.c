#include "bench.h"
typedef struct {
    double x, y, vx, vy;
    int64_t id;
} P;
int main(void) {
    double t0 = bench_now();
    int n = 10000;
    P *p = malloc(n * sizeof *p);
    uint32_t s = 7;
    for (int i = 0; i < n; i++) {
        p[i].x = (rng_next(&s) & 1023) / 1024.0;
        p[i].y = (rng_next(&s) & 1023) / 1024.0;
        p[i].vx = (rng_next(&s) & 1023) / 1024.0 - 0.5;
        p[i].vy = (rng_next(&s) & 1023) / 1024.0 - 0.5;
        p[i].id = i;
    }
    int64_t hits = 0;
    for (int r = 0; r < 8000; r++)
        for (int i = 0; i < n; i++) {
            P *q = &p[i];
            q->x += q->vx * 0.01;
            q->y += q->vy * 0.01;
            if (q->x < 0 || q->x > 1) {
                q->vx = -q->vx;
                hits += q->id;
            }
            if (q->y < 0 || q->y > 1) {
                q->vy = -q->vy;
                hits += q->id;
            }
        }
    FINISH_I(t0, hits);
}
