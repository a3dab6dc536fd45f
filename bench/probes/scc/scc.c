#include "bench.h"
/* Strongly connected components of random graphs, found with a stack of its own (Tarjan). */
static int64_t components(const int32_t *first, const int32_t *to, int64_t n) {
    int32_t *index = calloc(n, 4), *low = calloc(n, 4), *next_edge = calloc(n, 4), *stack = malloc(n * 4), *path = malloc(n * 4 + 4);
    uint8_t *on_stack = calloc(n, 1);
    int32_t count = 0;
    int64_t found = 0, largest = 0, sp = 0, pp = 0;
    for (int64_t root = 0; root < n; root++) {
        if (index[root]) continue;
        path[pp++] = (int32_t)root;
        while (pp) {
            int64_t v = path[pp - 1];
            if (!index[v]) {
                index[v] = low[v] = ++count;
                next_edge[v] = first[v];
                stack[sp++] = (int32_t)v;
                on_stack[v] = 1;
            }
            int deeper = 0;
            while (next_edge[v] < first[v + 1]) {
                int64_t w = to[next_edge[v]];
                if (!index[w]) { path[pp++] = (int32_t)w; deeper = 1; break; }
                if (on_stack[w] && low[w] < low[v]) low[v] = low[w];
                next_edge[v]++;
            }
            if (deeper) continue;
            if (low[v] == index[v]) {
                int64_t size = 0, w;
                do { w = stack[--sp]; on_stack[w] = 0; size++; } while (w != v);
                found++;
                if (size > largest) largest = size;
            }
            pp--;
        }
    }
    free(index); free(low); free(next_edge); free(stack); free(path); free(on_stack);
    return found * 1000003 + largest;
}
int main(void) {
    double t0 = bench_now();
    uint32_t s = 77;
    int64_t sum = 0, n = 60000;
    for (int64_t round = 0; round < 6; round++) {
        int64_t edges = n + n / 4 * round;
        int32_t *from = malloc(edges * 4), *ends = malloc(edges * 4), *first = calloc(n + 1, 4), *place = malloc((n + 1) * 4), *to = malloc(edges * 4);
        for (int64_t e = 0; e < edges; e++) {
            from[e] = rng_next(&s) % n;
            ends[e] = rng_next(&s) % n;
            first[from[e] + 1]++;
        }
        for (int64_t i = 0; i < n; i++) first[i + 1] += first[i];
        memcpy(place, first, (n + 1) * 4);
        for (int64_t e = 0; e < edges; e++) to[place[from[e]]++] = ends[e];
        sum = (sum * 31 + components(first, to, n)) % 1000000007;
        free(from); free(ends); free(first); free(place); free(to);
    }
    FINISH_I(t0, sum);
}
