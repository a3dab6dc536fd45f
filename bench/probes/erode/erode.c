#include "bench.h"
static void smooth(const uint8_t *cells, uint8_t *out, int64_t width, int64_t height) {
    for (int64_t y = 1; y < height - 1; y++)
        for (int64_t x = 1; x < width - 1; x++) {
            int64_t count = 0;
            for (int64_t dy = -1; dy <= 1; dy++)
                for (int64_t dx = -1; dx <= 1; dx++) count += cells[(y + dy) * width + x + dx];
            out[y * width + x] = count >= 5;
        }
}
static int64_t spread(uint8_t *cells, int64_t width, int64_t height) {
    int64_t changed = 0;
    for (int64_t y = 1; y < height - 1; y++)
        for (int64_t x = 1; x < width - 1; x++) {
            int64_t at = y * width + x;
            if (cells[at] == 0 && cells[at - 1] == 1 && cells[at + width] == 1) {
                cells[at] = 1;
                changed++;
            }
        }
    return changed;
}
int main(void) {
    double t0 = bench_now();
    int64_t width = 400, height = 300, n = width * height, total = 0;
    uint32_t seed = 7;
    uint8_t *cells = malloc(n), *out = malloc(n);
    for (int64_t i = 0; i < n; i++) cells[i] = rng_next(&seed) % 100 < 47;
    memcpy(out, cells, n);
    for (int round = 0; round < 40; round++) {
        smooth(cells, out, width, height);
        smooth(out, cells, width, height);
        total += spread(cells, width, height);
        for (int i = 0; i < 500; i++) {
            int64_t at = rng_next(&seed) % 120000;
            cells[at] = 1 - cells[at];
        }
        total += round;
    }
    for (int64_t i = 0; i < n; i++) total += cells[i] * (i & 15);
    FINISH_I(t0, total);
}
