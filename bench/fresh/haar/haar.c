#include "bench.h"
/* The wavelets of Haar: a picture of 512x512 dots taken apart into sums and differences and put together again, twelve times. */
enum { SIDE = 512 };
static void apart(int64_t *line, int64_t *rest, int64_t size) {
    for (int64_t n = size; n > 1;) {
        int64_t half = n / 2;
        for (int64_t i = 0; i < half; i++) {
            int64_t a = line[2 * i], b = line[2 * i + 1];
            rest[i] = (a + b) >> 1;
            rest[half + i] = a - b;
        }
        for (int64_t i = 0; i < n; i++) line[i] = rest[i];
        n = half;
    }
}
static void together(int64_t *line, int64_t *rest, int64_t size) {
    for (int64_t half = 1; half < size;) {
        for (int64_t i = 0; i < half; i++) {
            int64_t mean = line[i], difference = line[half + i], a = mean + ((difference + 1) >> 1);
            rest[2 * i] = a;
            rest[2 * i + 1] = a - difference;
        }
        half *= 2;
        for (int64_t i = 0; i < half; i++) line[i] = rest[i];
    }
}
int main(void) {
    double t0 = bench_now();
    int64_t *picture = malloc(SIDE * SIDE * 8), line[SIDE], rest[SIDE], sum = 0;
    uint32_t s = 9;
    for (int64_t i = 0; i < SIDE * SIDE; i++) picture[i] = (i % SIDE * 3 + i / SIDE * 5) % 256 + rng_next(&s) % 16;
    for (int64_t round = 0; round < 12; round++) {
        for (int64_t y = 0; y < SIDE; y++) {
            for (int64_t x = 0; x < SIDE; x++) line[x] = picture[y * SIDE + x];
            apart(line, rest, SIDE);
            for (int64_t x = 0; x < SIDE; x++) picture[y * SIDE + x] = line[x];
        }
        for (int64_t x = 0; x < SIDE; x++) {
            for (int64_t y = 0; y < SIDE; y++) line[y] = picture[y * SIDE + x];
            apart(line, rest, SIDE);
            for (int64_t y = 0; y < SIDE; y++) picture[y * SIDE + x] = line[y];
        }
        for (int64_t i = 0; i < SIDE * SIDE; i++)
            if (llabs(picture[i]) < 4 + round) sum++;
        for (int64_t x = 0; x < SIDE; x++) {
            for (int64_t y = 0; y < SIDE; y++) line[y] = picture[y * SIDE + x];
            together(line, rest, SIDE);
            for (int64_t y = 0; y < SIDE; y++) picture[y * SIDE + x] = line[y];
        }
        for (int64_t y = 0; y < SIDE; y++) {
            for (int64_t x = 0; x < SIDE; x++) line[x] = picture[y * SIDE + x];
            together(line, rest, SIDE);
            for (int64_t x = 0; x < SIDE; x++) picture[y * SIDE + x] = line[x];
        }
    }
    for (int64_t i = 0; i < SIDE * SIDE; i++) sum = (sum * 31 + picture[i]) % 1000000007;
    FINISH_I(t0, sum);
}
