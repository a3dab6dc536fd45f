#include "bench.h"
/* Radix-2 FFT in place of 2^16 points, forth and back, 12 times. */
static void fft(double *re, double *im, int64_t n, double sign) {
    for (int64_t i = 1, j = 0; i < n; i++) {
        int64_t bit = n >> 1;
        while (j & bit) { j ^= bit; bit >>= 1; }
        j ^= bit;
        if (i < j) {
            double t = re[i]; re[i] = re[j]; re[j] = t;
            t = im[i]; im[i] = im[j]; im[j] = t;
        }
    }
    for (int64_t len = 2; len <= n; len *= 2) {
        double angle = sign * 2.0 * 3.141592653589793 / (double)len, wr = cos(angle), wi = sin(angle);
        for (int64_t i = 0; i < n; i += len) {
            double cr = 1.0, ci = 0.0;
            for (int64_t k = 0; k < len / 2; k++) {
                int64_t a = i + k, b = i + k + len / 2;
                double xr = re[b] * cr - im[b] * ci, xi = re[b] * ci + im[b] * cr;
                re[b] = re[a] - xr; im[b] = im[a] - xi;
                re[a] += xr; im[a] += xi;
                double t = cr * wr - ci * wi;
                ci = cr * wi + ci * wr;
                cr = t;
            }
        }
    }
}
int main(void) {
    double t0 = bench_now();
    int64_t n = 1 << 16;
    double *re = malloc(n * 8), *im = malloc(n * 8);
    uint32_t seed = 42;
    for (int64_t i = 0; i < n; i++) { re[i] = (double)(rng_next(&seed) & 1023); im[i] = 0.0; }
    for (int r = 0; r < 12; r++) {
        fft(re, im, n, 1.0);
        fft(re, im, n, -1.0);
        for (int64_t i = 0; i < n; i++) { re[i] /= (double)n; im[i] /= (double)n; }
    }
    double sum = 0.0;
    for (int64_t i = 0; i < n; i += 97) sum += re[i];
    FINISH_F(t0, floor(sum + 0.5));
}
