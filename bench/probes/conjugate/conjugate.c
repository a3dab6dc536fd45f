#include "bench.h"
/* Conjugate gradients for the heat in a plate of 180x180 places, the matrix in compressed rows. */
static double dot(const double *a, const double *b, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}
int main(void) {
    double t0 = bench_now();
    int64_t side = 180, n = side * side, k = 0;
    int64_t *starts = malloc((n + 1) * 8), *columns = malloc(n * 5 * 8);
    double *values = malloc(n * 5 * 8);
    starts[0] = 0;
    for (int64_t y = 0; y < side; y++)
        for (int64_t x = 0; x < side; x++) {
            int64_t at = y * side + x;
            if (y > 0) columns[k] = at - side, values[k++] = -1;
            if (x > 0) columns[k] = at - 1, values[k++] = -1;
            columns[k] = at, values[k++] = 4 + (double)(at % 5) * 0.01;
            if (x < side - 1) columns[k] = at + 1, values[k++] = -1;
            if (y < side - 1) columns[k] = at + side, values[k++] = -1;
            starts[at + 1] = k;
        }
    double *x = calloc(n, 8), *r = malloc(n * 8), *p = malloc(n * 8), *q = calloc(n, 8);
    for (int64_t i = 0; i < n; i++) r[i] = (double)(i % 7) - 3.0;
    memcpy(p, r, n * 8);
    double rr = dot(r, r, n);
    for (int round = 0; round < 250; round++) {
        for (int64_t row = 0; row < n; row++) {
            double sum = 0;
            for (int64_t j = starts[row]; j < starts[row + 1]; j++) sum += values[j] * p[columns[j]];
            q[row] = sum;
        }
        double alpha = rr / dot(p, q, n);
        for (int64_t i = 0; i < n; i++) {
            x[i] += alpha * p[i];
            r[i] -= alpha * q[i];
        }
        double next = dot(r, r, n), beta = next / rr;
        rr = next;
        for (int64_t i = 0; i < n; i++) p[i] = r[i] + beta * p[i];
    }
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i] * (double)(i % 3);
    free(starts); free(columns); free(values); free(x); free(r); free(p); free(q);
    FINISH_F(t0, sum);
}
