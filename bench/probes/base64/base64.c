#include "bench.h"
int main(void) {
    double t0 = bench_now();
    const char *A = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    int64_t n = 3 << 18;
    uint8_t *d = malloc(n);
    uint32_t s = 7;
    for (int64_t i = 0; i < n; i++) d[i] = rng_next(&s);
    uint8_t *o = malloc(n / 3 * 4);
    int64_t tot = 0;
    for (int r = 0; r < 60; r++) {
        int64_t m = 0;
        for (int64_t i = 0; i + 2 < n; i += 3) {
            uint32_t v = d[i] << 16 | d[i + 1] << 8 | d[i + 2];
            o[m++] = A[v >> 18];
            o[m++] = A[v >> 12 & 63];
            o[m++] = A[v >> 6 & 63];
            o[m++] = A[v & 63];
        }
        tot += o[r * 77] + o[m - 1];
        d[r] += 1;
    }
    FINISH_I(t0, tot);
}
