#include "bench.h"
/* Erosion and dilation of a picture: the least and the greatest of nine neighbours, those outside left out. */
static int64_t clamp(int64_t v, int64_t low, int64_t high) { return v < low ? low : v > high ? high : v; }
static void erode(const uint8_t *from, uint8_t *to, int64_t width, int64_t height) {
    for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++) {
            uint8_t least = 255;
            for (int64_t dy = -1; dy < 2; dy++)
                for (int64_t dx = -1; dx < 2; dx++) {
                    int64_t ny = y + dy, nx = x + dx;
                    if (ny >= 0 && ny < height && nx >= 0 && nx < width) {
                        uint8_t v = from[ny * width + nx];
                        if (v < least) least = v;
                    }
                }
            to[y * width + x] = least;
        }
}
static void dilate(const uint8_t *from, uint8_t *to, int64_t width, int64_t height) {
    for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++) {
            uint8_t most = 0;
            for (int64_t dy = -1; dy <= 1; dy++)
                for (int64_t dx = -1; dx <= 1; dx++) {
                    int64_t ny = clamp(y + dy, 0, height - 1), nx = clamp(x + dx, 0, width - 1);
                    uint8_t v = from[ny * width + nx];
                    most = v > most ? v : most;
                }
            to[y * width + x] = most;
        }
}
int main(void) {
    double t0 = bench_now();
    int64_t w = 500, h = 400;
    uint8_t *a = malloc(w * h), *b = malloc(w * h);
    uint32_t s = 77;
    for (int64_t i = 0; i < w * h; i++) a[i] = rng_next(&s) & 255;
    for (int64_t round = 0; round < 10; round++) {
        erode(a, b, w, h);
        dilate(b, a, w, h);
        for (int64_t i = 0; i < 100; i++) a[i * 1999 + round] = rng_next(&s) & 255;
    }
    int64_t sum = 0;
    for (int64_t i = 0; i < w * h; i++) sum += a[i] * (i % 7 + 1);
    free(a); free(b);
    FINISH_I(t0, sum);
}
