#include "bench.h"
typedef struct { int64_t x, y; } P;
static int before(const void *a, const void *b) {
    const P *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return p->y < q->y ? -1 : p->y > q->y;
}
static int64_t turn(P o, P a, P b) { return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x); }
int main(void) {
    double t0 = bench_now();
    int64_t n = 200000, sum = 0;
    P *p = malloc(n * sizeof *p), *h = malloc(2 * n * sizeof *h);
    uint32_t s = 41;
    for (int64_t round = 0; round < 4; round++) {
        for (int64_t i = 0; i < n; i++) {
            p[i].x = rng_next(&s) % 1000000;
            p[i].y = rng_next(&s) % 1000000;
        }
        qsort(p, n, sizeof *p, before);
        int64_t k = 0;
        for (int64_t i = 0; i < n; i++) {
            while (k >= 2 && turn(h[k - 2], h[k - 1], p[i]) <= 0) k--;
            h[k++] = p[i];
        }
        int64_t lower = k + 1;
        for (int64_t i = n - 2; i >= 0; i--) {
            while (k >= lower && turn(h[k - 2], h[k - 1], p[i]) <= 0) k--;
            h[k++] = p[i];
        }
        int64_t area = 0;
        for (int64_t i = 0; i + 1 < k; i++) area += h[i].x * h[i + 1].y - h[i + 1].x * h[i].y;
        sum += area / 1000 + k;
    }
    FINISH_I(t0, sum);
}
