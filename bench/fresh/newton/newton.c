#include "bench.h"
int main(void) {
    double t0 = bench_now();
    int64_t w = 1200, h = 800, sum = 0;
    double rx[3] = {1, -0.5, -0.5}, ry[3] = {0, 0.8660254037844386, -0.8660254037844386};
    for (int64_t py = 0; py < h; py++)
        for (int64_t px = 0; px < w; px++) {
            double x = px * 4.0 / w - 2.0, y = py * 3.0 / h - 1.5;
            int64_t n = 0, root = -1;
            while (n < 60 && root < 0) {
                double x2 = x * x - y * y, y2 = 2 * x * y;
                double x3 = x2 * x - y2 * y, y3 = x2 * y + y2 * x;
                double dx = 3 * x2, dy = 3 * y2, d = dx * dx + dy * dy;
                if (d < 1e-30) break;
                double fx = x3 - 1, fy = y3;
                x -= (fx * dx + fy * dy) / d;
                y -= (fy * dx - fx * dy) / d;
                n++;
                for (int64_t r = 0; r < 3; r++) {
                    double ex = x - rx[r], ey = y - ry[r];
                    if (ex * ex + ey * ey < 1e-12) root = r;
                }
            }
            sum += n * (root + 2);
        }
    FINISH_I(t0, sum);
}
