#include "bench.h"
/* The edges of a picture: gradients by two kernels of three by three, given as rows; the border is left out. */
static void edges(const uint8_t *image, uint8_t *out, int64_t w, int64_t h) {
    static const int64_t gx[9] = {-1, 0, 1, -2, 0, 2, -1, 0, 1}, gy[9] = {-1, -2, -1, 0, 0, 0, 1, 2, 1};
    for (int64_t y = 1; y < h - 1; y++)
        for (int64_t x = 1; x < w - 1; x++) {
            int64_t across = 0, down = 0;
            for (int64_t dy = 0; dy < 3; dy++)
                for (int64_t dx = 0; dx < 3; dx++) {
                    int64_t p = image[(y + dy - 1) * w + x + dx - 1];
                    across += gx[dy * 3 + dx] * p;
                    down += gy[dy * 3 + dx] * p;
                }
            int64_t size = llabs(across) + llabs(down);
            out[y * w + x] = size > 255 ? 255 : size;
        }
}
int main(void) {
    double t0 = bench_now();
    int64_t w = 800, h = 600;
    uint8_t *image = malloc(w * h), *out = calloc(w * h, 1);
    uint32_t s = 5;
    for (int64_t i = 0; i < w * h; i++) image[i] = rng_next(&s) & 255;
    int64_t sum = 0;
    for (int64_t round = 0; round < 20; round++) {
        edges(image, out, w, h);
        for (int64_t i = 0; i < w * h; i++) sum += out[i] * (i % 5 + 1);
        image[round * 1000 + 801] = 0;
    }
    free(image); free(out);
    FINISH_I(t0, sum);
}
