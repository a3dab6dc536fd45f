#include "bench.h"
static int64_t clamp(int64_t v, int64_t low, int64_t high) { return v < low ? low : v > high ? high : v; }
int main(void) {
    double t0 = bench_now();
    int64_t w = 640, h = 480;
    uint8_t *a = malloc(w * h), *b = malloc(w * h);
    static const int64_t kernel[25] = {1, 4, 6, 4, 1, 4, 16, 24, 16, 4, 6, 24, 36, 24, 6, 4, 16, 24, 16, 4, 1, 4, 6, 4, 1};
    uint32_t s = 23;
    for (int64_t i = 0; i < w * h; i++) a[i] = rng_next(&s) & 255;
    for (int64_t round = 0; round < 6; round++) {
        for (int64_t y = 0; y < h; y++)
            for (int64_t x = 0; x < w; x++) {
                int64_t sum = 0;
                for (int64_t ky = 0; ky < 5; ky++)
                    for (int64_t kx = 0; kx < 5; kx++) {
                        int64_t sx = clamp(x + kx - 2, 0, w - 1), sy = clamp(y + ky - 2, 0, h - 1);
                        sum += kernel[ky * 5 + kx] * a[sy * w + sx];
                    }
                b[y * w + x] = (sum + 128) / 256;
            }
        uint8_t *t = a; a = b; b = t;
    }
    int64_t sum = 0;
    for (int64_t i = 0; i < w * h; i++) sum += a[i] * (i % 7 + 1);
    FINISH_I(t0, sum);
}
