#include "bench.h"
/* Mazes of 401x401 cells, dug by walking back and forth, and the shortest ways through them. */
enum { N = 401 };
static void dig(uint8_t *open, int64_t *way, uint32_t *s) {
    static const int64_t steps[4] = {2, -2, 2 * N, -2 * N};
    memset(open, 0, N * N);
    int64_t n = 0;
    way[n++] = N + 1;
    open[N + 1] = 1;
    while (n > 0) {
        int64_t at = way[n - 1], first = rng_next(s) & 3;
        int moved = 0;
        for (int64_t k = 0; k < 4; k++) {
            int64_t d = steps[(first + k) & 3], to = at + d, x = to % N, y = to / N;
            if (to < 0 || y >= N - 1 || y < 1 || x < 1 || x >= N - 1 || open[to]) continue;
            open[at + d / 2] = 1;
            open[to] = 1;
            way[n++] = to;
            moved = 1;
            break;
        }
        if (!moved) n--;
    }
}
static int64_t shortest(const uint8_t *open, int64_t *distance, int64_t *queue, int64_t start, int64_t goal) {
    static const int64_t steps[4] = {1, -1, N, -N};
    for (int64_t i = 0; i < N * N; i++) distance[i] = -1;
    int64_t head = 0, tail = 1;
    queue[0] = start;
    distance[start] = 0;
    while (head < tail) {
        int64_t at = queue[head++];
        if (at == goal) break;
        for (int64_t k = 0; k < 4; k++) {
            int64_t to = at + steps[k];
            if (open[to] && distance[to] < 0) {
                distance[to] = distance[at] + 1;
                queue[tail++] = to;
            }
        }
    }
    return distance[goal];
}
int main(void) {
    double t0 = bench_now();
    uint8_t *open = malloc(N * N);
    int64_t *a = malloc(N * N * 8), *b = malloc(N * N * 8), sum = 0;
    uint32_t s = 19;
    for (int round = 0; round < 12; round++) {
        dig(open, a, &s);
        for (int k = 0; k < 400; k++) {
            int64_t y = rng_next(&s) % 399 + 1, x = rng_next(&s) % 399 + 1;
            open[y * N + x] = 1;
        }
        sum = sum * 3 % 1000000007 + shortest(open, a, b, N + 1, N * N - N - 2);
    }
    free(open); free(a); free(b);
    FINISH_I(t0, sum);
}
