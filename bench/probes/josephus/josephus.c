#include "bench.h"
static int64_t ring(int64_t n, int64_t k) {
    int32_t *next = malloc(n * 4);
    for (int64_t i = 0; i < n; i++) next[i] = (i + 1) % n;
    int64_t at = n - 1;
    for (int64_t left = n; left > 1; left--) {
        for (int64_t i = 1; i < k; i++) at = next[at];
        next[at] = next[next[at]];
    }
    free(next);
    return at;
}
static int64_t shrinking(int64_t n, int64_t k) {
    int64_t *people = malloc(n * 8), at = 0;
    for (int64_t i = 0; i < n; i++) people[i] = i;
    while (n > 1) {
        at = (at + k - 1) % n;
        for (int64_t i = at; i < n - 1; i++) people[i] = people[i + 1];
        n--;
    }
    int64_t result = people[0];
    free(people);
    return result;
}
static int64_t gray_sums(const int64_t *xs, int64_t n, int64_t target) {
    uint8_t *chosen = calloc(n, 1);
    int64_t sum = 0, hits = 0;
    for (int64_t code = 1; code < (int64_t)1 << n; code++) {
        int64_t bit = 0;
        while ((code >> bit & 1) == 0) bit++;
        chosen[bit] = !chosen[bit];
        if (chosen[bit]) sum += xs[bit];
        else sum -= xs[bit];
        if (sum == target) hits++;
    }
    free(chosen);
    return hits;
}
int main(void) {
    double t0 = bench_now();
    int64_t total = 0, xs[20];
    for (int round = 0; round < 40; round++) total += ring(20000 + round, 7);
    for (int round = 0; round < 200; round++) total += shrinking(600 + round, 17);
    for (int64_t i = 0; i < 20; i++) xs[i] = i * i * 7 % 61 + 1;
    for (int round = 0; round < 8; round++) total += gray_sums(xs, 20, 300 + round);
    FINISH_I(t0, total);
}
