#include "bench.h"
int main(void) {
    double t0 = bench_now();
    int n = 60000, per = 8, m = n * per;
    int *first = calloc(n + 1, 4), *source = malloc(m * 4), *from = malloc(m * 4), *to = malloc(m * 4), *degree = calloc(n, 4);
    uint32_t s = 9;
    for (int e = 0; e < m; e++) {
        from[e] = rng_next(&s) % n;
        uint32_t a = rng_next(&s) % n, b = rng_next(&s) % n;
        to[e] = a < b ? a : b;
        degree[from[e]]++;
        first[to[e] + 1]++;
    }
    for (int v = 0; v < n; v++) first[v + 1] += first[v];
    int *next = malloc(n * 4);
    memcpy(next, first, n * 4);
    for (int e = 0; e < m; e++) source[next[to[e]]++] = from[e];
    double *rank = malloc(n * 8), *share = malloc(n * 8);
    for (int v = 0; v < n; v++) rank[v] = 1.0 / n;
    double change = 1;
    int rounds = 0;
    while (change > 1e-13 && rounds < 150) {
        double lost = 0;
        for (int v = 0; v < n; v++) {
            if (degree[v] == 0) {
                lost += rank[v];
                share[v] = 0;
            } else
                share[v] = rank[v] / degree[v];
        }
        change = 0;
        for (int v = 0; v < n; v++) {
            double sum = 0;
            for (int e = first[v]; e < first[v + 1]; e++) sum += share[source[e]];
            double now = 0.15 / n + 0.85 * (sum + lost / n);
            double by = now - rank[v];
            change += by < 0 ? -by : by;
            rank[v] = now;
        }
        rounds++;
    }
    double sum = 0;
    for (int v = 0; v < n; v += 97) sum += rank[v] * (v + 1);
    FINISH_F(t0, sum + rounds);
}
