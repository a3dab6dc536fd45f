#include "bench.h"
/* The order of 100,000 steps that wait for each other, and how long all take if as many as can be run at once. */
typedef struct { int32_t to, next; } Edge;
int main(void) {
    double t0 = bench_now();
    int64_t n = 100000, sum = 0;
    uint32_t s = 23;
    for (int64_t round = 0; round < 5; round++) {
        int32_t *first = malloc(n * 4), *waits = calloc(n, 4);
        Edge *edges = malloc(n * 4 * sizeof *edges);
        int64_t count = 0, *done = calloc(n, 8), *order = malloc(n * 8), head = 0, tail = 0, longest = 0;
        for (int64_t i = 0; i < n; i++) first[i] = -1;
        for (int64_t k = 0; k < n * 4; k++) {
            int64_t a = rng_next(&s) % (uint32_t)n, b = rng_next(&s) % (uint32_t)n;
            if (a == b) continue;
            int64_t from = a < b ? a : b, to = a < b ? b : a;
            edges[count] = (Edge){(int32_t)to, first[from]};
            first[from] = (int32_t)count++;
            waits[to]++;
        }
        for (int64_t i = 0; i < n; i++)
            if (waits[i] == 0) order[tail++] = i;
        while (head < tail) {
            int64_t at = order[head++], ready = done[at] + 1 + at % 7;
            if (ready > longest) longest = ready;
            for (int32_t e = first[at]; e >= 0; e = edges[e].next) {
                int64_t to = edges[e].to;
                if (ready > done[to]) done[to] = ready;
                if (--waits[to] == 0) order[tail++] = to;
            }
        }
        sum = (sum * 31 + longest + order[n / 2] + round) % 1000000007;
        free(first); free(waits); free(edges); free(done); free(order);
    }
    FINISH_I(t0, sum);
}
