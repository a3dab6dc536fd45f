#include "bench.h"
static int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t knapsack(const int64_t *weights, const int64_t *values, int64_t n, int64_t room) {
    int64_t *best = calloc(room + 1, 8);
    for (int64_t i = 0; i < n; i++) {
        int64_t w = weights[i];
        for (int64_t c = room; c >= w; c--) best[c] = max(best[c], best[c - w] + values[i]);
    }
    int64_t result = best[room];
    free(best);
    return result;
}
static int64_t distance(const uint8_t *a, const uint8_t *b, int64_t n) {
    int64_t *row = malloc((n + 1) * 8);
    for (int64_t i = 0; i <= n; i++) row[i] = i;
    for (int64_t i = 0; i < n; i++) {
        int64_t diagonal = row[0];
        row[0] = i + 1;
        for (int64_t j = 0; j < n; j++) {
            int64_t change = a[i] == b[j] ? diagonal : diagonal + 1;
            diagonal = row[j + 1];
            row[j + 1] = min(min(change, diagonal + 1), row[j] + 1);
        }
    }
    int64_t result = row[n];
    free(row);
    return result;
}
static int64_t rising(const int64_t *xs, int64_t n) {
    int64_t *length = malloc(n * 8), best = 0;
    for (int64_t i = 0; i < n; i++) length[i] = 1;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < i; j++)
            if (xs[j] < xs[i] && length[j] + 1 > length[i]) length[i] = length[j] + 1;
        best = max(best, length[i]);
    }
    free(length);
    return best;
}
int main(void) {
    double t0 = bench_now();
    uint32_t seed = 7;
    int64_t weights[200], values[200], *xs = malloc(1200 * 8), total = 0;
    uint8_t *a = malloc(1200), *b = malloc(1200);
    for (int i = 0; i < 200; i++) {
        weights[i] = 10 + (rng_next(&seed) & 63);
        values[i] = rng_next(&seed) & 255;
    }
    for (int i = 0; i < 1200; i++) {
        a[i] = rng_next(&seed) & 3;
        b[i] = rng_next(&seed) & 3;
        xs[i] = rng_next(&seed) & 0xffff;
    }
    for (int round = 0; round < 20; round++) {
        total += knapsack(weights, values, 200, 5000 + round);
        total += distance(a, b, 1200) * 10000;
        total += rising(xs, 1200) * 100000000;
        a[round] = 1;
        xs[round] = round;
    }
    FINISH_I(t0, total);
}
