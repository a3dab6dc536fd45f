#include "bench.h"
/* Two substances that spread and react on a torus, in rows of numbers; and a fire among trees, by bytes. */
enum { N = 200 };
static void spread(double (*u)[N], double (*v)[N], double (*u2)[N], double (*v2)[N]) {
    for (int64_t y = 0; y < N; y++) {
        int64_t up = (y + N - 1) % N, down = (y + 1) % N;
        for (int64_t x = 0; x < N; x++) {
            int64_t left = (x + N - 1) % N, right = (x + 1) % N;
            double lu = u[up][x] + u[down][x] + u[y][left] + u[y][right] - 4.0 * u[y][x];
            double lv = v[up][x] + v[down][x] + v[y][left] + v[y][right] - 4.0 * v[y][x];
            double r = u[y][x] * v[y][x] * v[y][x];
            u2[y][x] = u[y][x] + 0.16 * lu - r + 0.035 * (1.0 - u[y][x]);
            v2[y][x] = v[y][x] + 0.08 * lv + r - 0.1 * v[y][x];
        }
    }
}
static void burn(const uint8_t *cells, uint8_t *next, uint32_t *seed) {
    for (int64_t i = 0; i < N * N; i++) {
        int64_t y = i / N, x = i % N;
        uint8_t state = cells[i];
        if (state == 2) {
            next[i] = 0;
        } else if (state == 1) {
            int64_t fires = 0;
            for (int64_t dy = 0; dy < 3; dy++)
                for (int64_t dx = 0; dx < 3; dx++)
                    if (cells[(y + dy + N - 1) % N * N + (x + dx + N - 1) % N] == 2) fires++;
            next[i] = fires > 0 || rng_next(seed) % 8192 == 0 ? 2 : 1;
        } else {
            next[i] = rng_next(seed) % 64 == 0;
        }
    }
}
int main(void) {
    double t0 = bench_now();
    uint32_t seed = 9;
    size_t size = sizeof(double[N][N]);
    double (*u)[N] = malloc(size), (*v)[N] = malloc(size), (*u2)[N] = malloc(size), (*v2)[N] = malloc(size);
    for (int64_t y = 0; y < N; y++)
        for (int64_t x = 0; x < N; x++) {
            u[y][x] = 1.0;
            v[y][x] = 0.0;
            if (rng_next(&seed) % 16 == 0) { v[y][x] = 0.5; u[y][x] = 0.25; }
        }
    for (int64_t i = 0; i < 150; i++) {
        spread(u, v, u2, v2);
        spread(u2, v2, u, v);
    }
    uint8_t *cells = malloc(N * N), *next = malloc(N * N);
    memset(cells, 1, N * N);
    for (int64_t i = 0; i < 60; i++) {
        burn(cells, next, &seed);
        burn(next, cells, &seed);
    }
    double sum = 0.0;
    for (int64_t y = 0; y < N; y++)
        for (int64_t x = 0; x < N; x++) sum += u[y][x] * (double)(x + 1) + v[y][x] + cells[y * N + x];
    free(u); free(v); free(u2); free(v2); free(cells); free(next);
    FINISH_F(t0, sum);
}
