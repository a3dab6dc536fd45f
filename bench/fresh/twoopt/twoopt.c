#include "bench.h"
#define N 220
static int64_t d[N][N];
static int tour[N];
static int64_t isqrt(int64_t v) {
    int64_t r = 0, bit = 1ll << 40;
    while (bit > v) bit >>= 2;
    while (bit) {
        if (v >= r + bit) {
            v -= r + bit;
            r = (r >> 1) + bit;
        } else
            r >>= 1;
        bit >>= 2;
    }
    return r;
}
int main(void) {
    double t0 = bench_now();
    int64_t total = 0;
    uint32_t s = 11;
    for (int round = 0; round < 12; round++) {
        int64_t x[N], y[N];
        for (int i = 0; i < N; i++) {
            x[i] = rng_next(&s) % 10000;
            y[i] = rng_next(&s) % 10000;
            tour[i] = i;
        }
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) d[i][j] = isqrt((x[i] - x[j]) * (x[i] - x[j]) + (y[i] - y[j]) * (y[i] - y[j]));
        int better = 1;
        while (better) {
            better = 0;
            for (int i = 0; i < N - 2; i++) {
                for (int j = i + 2; j < N; j++) {
                    int a = tour[i], b = tour[i + 1], c = tour[j], e = tour[(j + 1) % N];
                    if (a == e) continue;
                    if (d[a][c] + d[b][e] < d[a][b] + d[c][e]) {
                        for (int p = i + 1, q = j; p < q; p++, q--) {
                            int t = tour[p];
                            tour[p] = tour[q];
                            tour[q] = t;
                        }
                        better = 1;
                    }
                }
            }
        }
        for (int i = 0; i < N; i++) total += d[tour[i]][tour[(i + 1) % N]];
    }
    FINISH_I(t0, total);
}
