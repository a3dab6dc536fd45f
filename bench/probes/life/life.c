#include "bench.h"
/* 200 generations of Conway's game on a torus of 512x512 cells. */
enum { N = 512 };
int main(void) {
    double t0 = bench_now();
    uint8_t (*now)[N] = malloc(N * N), (*next)[N] = malloc(N * N);
    uint32_t seed = 3;
    for (int64_t y = 0; y < N; y++)
        for (int64_t x = 0; x < N; x++) now[y][x] = rng_next(&seed) % 3 == 0;
    for (int64_t generation = 0; generation < 200; generation++) {
        for (int64_t y = 0; y < N; y++) {
            const uint8_t *above = now[(y + N - 1) % N], *row = now[y], *below = now[(y + 1) % N];
            for (int64_t x = 0; x < N; x++) {
                int64_t left = (x + N - 1) % N, right = (x + 1) % N;
                int n = above[left] + above[x] + above[right] + row[left] + row[right] + below[left] + below[x] + below[right];
                next[y][x] = n == 3 || (n == 2 && row[x] == 1);
            }
        }
        uint8_t (*t)[N] = now; now = next; next = t;
    }
    int64_t sum = 0;
    for (int64_t y = 0; y < N; y++)
        for (int64_t x = 0; x < N; x++) sum = (sum * 31 + now[y][x] * (x + 1)) % 1000000007;
    free(now); free(next);
    FINISH_I(t0, sum);
}
