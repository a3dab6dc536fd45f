#include "bench.h"
#include <math.h>
/* Solves 400 equations by elimination with partial pivoting, three times. */
enum { N = 400 };
int main(void) {
    double t0 = bench_now();
    double **a = malloc(N * sizeof *a), *x = malloc(N * sizeof *x), sum = 0;
    for (int64_t i = 0; i < N; i++) a[i] = malloc((N + 1) * sizeof **a);
    uint32_t seed = 11;
    for (int64_t round = 0; round < 3; round++) {
        for (int64_t i = 0; i < N; i++)
            for (int64_t j = 0; j <= N; j++) a[i][j] = (double)(rng_next(&seed) % 2000) / 1000.0 - 1.0;
        for (int64_t k = 0; k < N; k++) {
            int64_t best = k;
            for (int64_t i = k + 1; i < N; i++)
                if (fabs(a[i][k]) > fabs(a[best][k])) best = i;
            double *t = a[k]; a[k] = a[best]; a[best] = t;
            for (int64_t i = k + 1; i < N; i++) {
                double factor = a[i][k] / a[k][k];
                for (int64_t j = k; j <= N; j++) a[i][j] -= factor * a[k][j];
            }
        }
        for (int64_t i = N - 1; i >= 0; i--) {
            double s = a[i][N];
            for (int64_t j = i + 1; j < N; j++) s -= a[i][j] * x[j];
            x[i] = s / a[i][i];
        }
        for (int64_t i = 0; i < N; i++) sum += fabs(x[i]) < 1e6 ? x[i] : 0;
    }
    for (int64_t i = 0; i < N; i++) free(a[i]);
    free(a); free(x);
    FINISH_I(t0, (int64_t)(sum * 1000));
}
