#include "bench.h"
typedef struct {
    int64_t *v;
    int64_t n;
} H;
static void push(H *h, int64_t x) {
    int64_t i = h->n++;
    h->v[i] = x;
    while (i > 0) {
        int64_t p = (i - 1) / 2;
        if (h->v[p] <= h->v[i]) break;
        int64_t t = h->v[p];
        h->v[p] = h->v[i];
        h->v[i] = t;
        i = p;
    }
}
static int64_t pop(H *h) {
    int64_t r = h->v[0];
    h->n--;
    h->v[0] = h->v[h->n];
    int64_t i = 0;
    for (;;) {
        int64_t l = 2 * i + 1, rr = l + 1, m = i;
        if (l < h->n && h->v[l] < h->v[m]) m = l;
        if (rr < h->n && h->v[rr] < h->v[m]) m = rr;
        if (m == i) break;
        int64_t t = h->v[m];
        h->v[m] = h->v[i];
        h->v[i] = t;
        i = m;
    }
    return r;
}
int main(void) {
    double t0 = bench_now();
    H h = {malloc(8 << 20), 0};
    uint32_t s = 7;
    int64_t tot = 0;
    for (int i = 0; i < 200000; i++) push(&h, rng_next(&s) & 0xffffff);
    for (int i = 0; i < 1000000; i++) {
        int64_t x = pop(&h);
        tot ^= x * i;
        push(&h, x + (rng_next(&s) & 0xffff));
    }
    while (h.n) tot += pop(&h);
    FINISH_I(t0, tot);
}
