#include "bench.h"
/* A median filter over an image, with a histogram that slides along each row. */
int main(void) {
    double t0 = bench_now();
    int64_t w = 640, h = 400, r = 3, half = (2 * r + 1) * (2 * r + 1) / 2, sum = 0;
    uint8_t *img = malloc(w * h), *out = calloc(w * h, 1);
    uint32_t x = 9;
    for (int64_t i = 0; i < w * h; i++) {
        x ^= x << 13; x ^= x >> 17; x ^= x << 5;
        img[i] = (uint8_t)((i % w + i / w) / 4 % 200 + x % 50);
    }
    for (int round = 0; round < 4; round++) {
        for (int64_t y = r; y < h - r; y++) {
            int32_t count[256] = {0};
            for (int64_t yy = y - r; yy <= y + r; yy++)
                for (int64_t xx = 0; xx < 2 * r + 1; xx++) count[img[yy * w + xx]]++;
            for (int64_t xx = r; xx < w - r; xx++) {
                int64_t seen = 0, m = 0;
                while (seen + count[m] <= half) seen += count[m++];
                out[y * w + xx] = (uint8_t)m;
                if (xx + r + 1 < w)
                    for (int64_t yy = y - r; yy <= y + r; yy++) {
                        count[img[yy * w + xx - r]]--;
                        count[img[yy * w + xx + r + 1]]++;
                    }
            }
        }
        for (int64_t i = 0; i < w * h; i++) { img[i] = out[i] ^ (i & 7); sum = (sum * 7 + img[i]) % 1000003; }
    }
    free(img); free(out);
    FINISH_I(t0, sum);
}
