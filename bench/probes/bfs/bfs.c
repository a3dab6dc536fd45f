#include "bench.h"
int main(void) {
    double t0 = bench_now();
    int64_t w = 1000, h = 1000;
    uint8_t *g = malloc(w * h);
    int64_t *dist = malloc(w * h * 8);
    uint32_t s = 7;
    for (int64_t i = 0; i < w * h; i++) g[i] = (rng_next(&s) & 3) == 0;
    g[0] = 0;
    int64_t *q = malloc(2 * w * h * 8);
    int64_t tot = 0;
    int64_t dx[] = {1, -1, 0, 0}, dy[] = {0, 0, 1, -1};
    for (int r = 0; r < 6; r++) {
        for (int64_t i = 0; i < w * h; i++) dist[i] = -1;
        int64_t head = 0, tail = 0;
        dist[0] = 0;
        q[tail++] = 0;
        q[tail++] = 0;
        while (head < tail) {
            int64_t x = q[head++], y = q[head++];
            for (int k = 0; k < 4; k++) {
                int64_t nx = x + dx[k], ny = y + dy[k];
                if (nx < 0 || ny < 0 || nx >= w || ny >= h) continue;
                if (g[ny * w + nx] || dist[ny * w + nx] >= 0) continue;
                dist[ny * w + nx] = dist[y * w + x] + 1;
                q[tail++] = nx;
                q[tail++] = ny;
                tot += dist[ny * w + nx];
            }
        }
    }
    FINISH_I(t0, tot);
}
