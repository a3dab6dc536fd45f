// Systems of 120 linear equations solved by decomposition with pivots, and the determinants of their matrices.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t rng_next(uint32_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static double decompose(double **a, int64_t *order, int64_t n) {
    double sign = 1.0;
    for (int64_t k = 0; k < n; k++) {
        int64_t pivot = k;
        for (int64_t i = k + 1; i < n; i++)
            if (fabs(a[i][k]) > fabs(a[pivot][k])) pivot = i;
        if (pivot != k) {
            double *row = a[k];
            a[k] = a[pivot];
            a[pivot] = row;
            int64_t at = order[k];
            order[k] = order[pivot];
            order[pivot] = at;
            sign = -sign;
        }
        for (int64_t i = k + 1; i < n; i++) {
            a[i][k] /= a[k][k];
            for (int64_t j = k + 1; j < n; j++) a[i][j] -= a[i][k] * a[k][j];
        }
    }
    double determinant = sign;
    for (int64_t k = 0; k < n; k++) determinant *= a[k][k];
    return determinant;
}

static void solve(double **lu, const int64_t *order, const double *b, double *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double sum = b[order[i]];
        for (int64_t j = 0; j < i; j++) sum -= lu[i][j] * x[j];
        x[i] = sum;
    }
    for (int64_t back = 0; back < n; back++) {
        int64_t i = n - 1 - back;
        double sum = x[i];
        for (int64_t j = i + 1; j < n; j++) sum -= lu[i][j] * x[j];
        x[i] = sum / lu[i][i];
    }
}

int main(void) {
    int64_t n = 120;
    uint32_t s = 41;
    double total = 0.0;
    double **a = malloc(n * sizeof *a), *b = malloc(n * sizeof *b), *x = malloc(n * sizeof *x);
    int64_t *order = malloc(n * sizeof *order);
    for (int64_t i = 0; i < n; i++) a[i] = malloc(n * sizeof **a);
    for (int round = 0; round < 200; round++) {
        for (int64_t i = 0; i < n; i++) {
            for (int64_t j = 0; j < n; j++) a[i][j] = (double)(rng_next(&s) % 2000) / 1000.0 - 1.0;
            b[i] = (double)(rng_next(&s) % 100);
            order[i] = i;
        }
        double determinant = decompose(a, order, n);
        solve(a, order, b, x, n);
        for (int64_t i = 0; i < n; i++) total += fabs(x[i]) / (1.0 + fabs(x[i]));
        if (determinant > 0.0) total += 1.0;
    }
    for (int64_t i = 0; i < n; i++) free(a[i]);
    free(a); free(b); free(x); free(order);
    printf("checksum %.6f\n", total);
}
