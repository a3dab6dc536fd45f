#include "bench.h"
/* A picture smoothed by a separable window of seven, by columns of its transposition; then sums over boxes from a
   table of sums, to tell light from dark. */
static const uint32_t weights[7] = {1, 6, 15, 20, 15, 6, 1};
static int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
static void smooth(const uint8_t *from, uint8_t *to, int64_t w, int64_t h) {
    for (int64_t y = 0; y < h; y++)
        for (int64_t x = 0; x < w; x++) {
            uint32_t sum = 0;
            for (int64_t k = 0; k < 7; k++) {
                int64_t at = min(max(x + k - 3, 0), w - 1);
                sum += weights[k] * from[y * w + at];
            }
            to[x * h + y] = sum >> 6;
        }
}
static void threshold(const uint8_t *image, uint8_t *out, int64_t w, int64_t h, int64_t r) {
    int64_t *sums = calloc((w + 1) * (h + 1), sizeof *sums);
    for (int64_t y = 0; y < h; y++) {
        int64_t line = 0;
        for (int64_t x = 0; x < w; x++) {
            line += image[y * w + x];
            sums[(y + 1) * (w + 1) + x + 1] = sums[y * (w + 1) + x + 1] + line;
        }
    }
    for (int64_t y = 0; y < h; y++) {
        int64_t top = max(y - r, 0), bottom = min(y + r + 1, h);
        for (int64_t x = 0; x < w; x++) {
            int64_t left = max(x - r, 0), right = min(x + r + 1, w), area = (bottom - top) * (right - left);
            int64_t total = sums[bottom * (w + 1) + right] - sums[top * (w + 1) + right] - sums[bottom * (w + 1) + left] +
                            sums[top * (w + 1) + left];
            out[y * w + x] = image[y * w + x] * area > total ? 255 : image[y * w + x] / 2;
        }
    }
    free(sums);
}
int main(void) {
    double t0 = bench_now();
    int64_t w = 600, h = 400;
    uint8_t *a = malloc(w * h), *b = malloc(w * h);
    uint32_t s = 123;
    for (int64_t i = 0; i < w * h; i++) a[i] = rng_next(&s) >> 7 & 255;
    for (int64_t round = 0; round < 12; round++) {
        smooth(a, b, w, h);
        smooth(b, a, h, w);
        threshold(a, b, w, h, 5);
        for (int64_t i = 0; i < w * h; i++) a[i] = a[i] + b[i] + i % 3;
    }
    int64_t sum = 0;
    for (int64_t i = 0; i < w * h; i++) sum += a[i] * (i % 7 + 1);
    free(a); free(b);
    FINISH_I(t0, sum);
}
