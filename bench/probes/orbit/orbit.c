#include "bench.h"
/* Three bodies in a plane, Runge and Kutta's method with a step that fits the error. */
static void slopes(const double *x, const double *m, double *out) {
    for (int i = 0; i < 3; i++) {
        out[i * 4] = x[i * 4 + 2];
        out[i * 4 + 1] = x[i * 4 + 3];
        double ax = 0, ay = 0;
        for (int j = 0; j < 3; j++) {
            if (j == i) continue;
            double dx = x[j * 4] - x[i * 4], dy = x[j * 4 + 1] - x[i * 4 + 1], d2 = dx * dx + dy * dy + 0.01, f = m[j] / (d2 * sqrt(d2));
            ax += dx * f;
            ay += dy * f;
        }
        out[i * 4 + 2] = ax;
        out[i * 4 + 3] = ay;
    }
}
static void step(const double *x, const double *m, double h, double *to) {
    double a[12], b[12], c[12], d[12], t[12];
    slopes(x, m, a);
    for (int k = 0; k < 12; k++) t[k] = x[k] + a[k] * h / 2;
    slopes(t, m, b);
    for (int k = 0; k < 12; k++) t[k] = x[k] + b[k] * h / 2;
    slopes(t, m, c);
    for (int k = 0; k < 12; k++) t[k] = x[k] + c[k] * h;
    slopes(t, m, d);
    for (int k = 0; k < 12; k++) to[k] = x[k] + h / 6 * (a[k] + 2 * b[k] + 2 * c[k] + d[k]);
}
int main(void) {
    double t0 = bench_now();
    double x[12] = {0, 0, 0, -0.1, 1, 0, 0, 1, -2, 0.5, 0.3, 0.6}, m[3] = {1, 0.1, 0.05}, t = 0, h = 0.01, whole[12], mid[12], half[12];
    int64_t steps = 0;
    while (t < 12000) {
        step(x, m, h, whole);
        step(x, m, h / 2, mid);
        step(mid, m, h / 2, half);
        double error = 0;
        for (int k = 0; k < 12; k++) { double e = fabs(whole[k] - half[k]); if (e > error) error = e; }
        if (error < 0.000001) {
            memcpy(x, half, sizeof x);
            t += h;
            steps++;
            if (error < 0.0000001) h *= 1.5;
        } else {
            h *= 0.5;
        }
    }
    double sum = (double)steps;
    for (int k = 0; k < 12; k++) sum += x[k];
    FINISH_F(t0, sum);
}
