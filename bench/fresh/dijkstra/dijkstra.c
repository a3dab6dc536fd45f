#include "bench.h"
/* Shortest ways over a 700x700 grid of costs, with a binary heap. */
enum { W = 700, CELLS = W * W };
typedef struct { int64_t cost, at; } Entry;
static Entry *heap;
static int64_t size;
static void push(Entry e) {
    int64_t i = size++;
    while (i > 0) {
        int64_t parent = (i - 1) / 2;
        if (heap[parent].cost <= e.cost) break;
        heap[i] = heap[parent];
        i = parent;
    }
    heap[i] = e;
}
static Entry pop(void) {
    Entry top = heap[0], last = heap[--size];
    int64_t i = 0;
    for (;;) {
        int64_t child = 2 * i + 1;
        if (child >= size) break;
        if (child + 1 < size && heap[child + 1].cost < heap[child].cost) child++;
        if (heap[child].cost >= last.cost) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return top;
}
int main(void) {
    double t0 = bench_now();
    int64_t *cost = malloc(CELLS * 8), *best = malloc(CELLS * 8);
    heap = malloc(4 * CELLS * sizeof *heap);
    uint32_t seed = 99;
    for (int64_t i = 0; i < CELLS; i++) { cost[i] = 1 + rng_next(&seed) % 9; best[i] = INT64_MAX; }
    best[0] = 0;
    push((Entry){0, 0});
    int64_t settled = 0;
    while (size > 0) {
        Entry e = pop();
        if (e.cost > best[e.at]) continue;
        settled += e.cost;
        int64_t x = e.at % W, y = e.at / W;
        for (int64_t d = 0; d < 4; d++) {
            int64_t nx = x + (d == 0) - (d == 1), ny = y + (d == 2) - (d == 3);
            if (nx < 0 || ny < 0 || nx >= W || ny >= W) continue;
            int64_t to = ny * W + nx, c = e.cost + cost[to];
            if (c < best[to]) { best[to] = c; push((Entry){c, to}); }
        }
    }
    int64_t last = best[CELLS - 1];
    free(cost); free(best); free(heap);
    FINISH_I(t0, settled + last);
}
