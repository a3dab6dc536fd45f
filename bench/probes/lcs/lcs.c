#include "bench.h"
int main(void) {
    double t0 = bench_now();
    int n = 2000;
    int64_t *x = malloc(n * 8), *y = malloc(n * 8);
    uint32_t s = 7;
    for (int i = 0; i < n; i++) {
        x[i] = rng_next(&s) & 7;
        y[i] = rng_next(&s) & 7;
    }
    int64_t tot = 0;
    for (int r = 0; r < 4; r++) {
        int64_t **t = malloc((n + 1) * sizeof *t);
        for (int i = 0; i <= n; i++) t[i] = calloc(n + 1, 8);
        for (int i = 1; i <= n; i++)
            for (int j = 1; j <= n; j++) {
                if (x[i - 1] == y[j - 1])
                    t[i][j] = t[i - 1][j - 1] + 1;
                else
                    t[i][j] = t[i - 1][j] > t[i][j - 1] ? t[i - 1][j] : t[i][j - 1];
            }
        tot += t[n][n];
        for (int i = 0; i <= n; i++) free(t[i]);
        free(t);
        x[r] = 3;
    }
    FINISH_I(t0, tot);
}
