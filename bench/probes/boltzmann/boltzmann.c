#include "bench.h"
enum { W = 160, H = 80 };
int main(void) {
    double t0 = bench_now();
    static const int64_t ex[9] = {0, 1, 0, -1, 0, 1, -1, -1, 1}, ey[9] = {0, 0, 1, 0, -1, 1, 1, -1, -1};
    static const double weight[9] = {4.0 / 9, 1.0 / 9, 1.0 / 9, 1.0 / 9, 1.0 / 9, 1.0 / 36, 1.0 / 36, 1.0 / 36, 1.0 / 36};
    int64_t size = W * H;
    double *f = malloc(9 * size * sizeof *f), *g = malloc(9 * size * sizeof *g);
    for (int64_t y = 0; y < H; y++)
        for (int64_t x = 0; x < W; x++)
            for (int64_t k = 0; k < 9; k++) f[k * size + y * W + x] = weight[k] * (1.0 + 0.01 * (double)((x * 7 + y * 13) % 11));
    for (int64_t step = 0; step < 60; step++) {
        for (int64_t y = 0; y < H; y++)
            for (int64_t x = 0; x < W; x++) {
                int64_t at = y * W + x;
                double rho = 0, ux = 0, uy = 0;
                for (int64_t k = 0; k < 9; k++) {
                    double v = f[k * size + at];
                    rho += v;
                    ux += v * (double)ex[k];
                    uy += v * (double)ey[k];
                }
                ux /= rho;
                uy /= rho;
                double square = 1.5 * (ux * ux + uy * uy);
                for (int64_t k = 0; k < 9; k++) {
                    double eu = 3.0 * (ux * (double)ex[k] + uy * (double)ey[k]);
                    double even = weight[k] * rho * (1.0 + eu + 0.5 * eu * eu - square);
                    double v = f[k * size + at];
                    int64_t to_x = (x + ex[k] + W) % W, to_y = (y + ey[k] + H) % H;
                    g[k * size + to_y * W + to_x] = v + (even - v) / 0.8;
                }
            }
        double *t = f; f = g; g = t;
    }
    double sum = 0;
    for (int64_t i = 0; i < size; i++) sum += f[size + i] * (double)(i % 13) - f[5 * size + i];
    FINISH_F(t0, sum);
}
