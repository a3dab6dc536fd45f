#include "bench.h"
/* A tree over 65,536 numbers: adds to ranges, least of ranges. */
typedef struct { int64_t least, added; } node;
static int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
static void add(node *nodes, int64_t at, int64_t from, int64_t to, int64_t first, int64_t last, int64_t by) {
    if (first >= to || last <= from) return;
    if (first <= from && to <= last) {
        nodes[at].least += by;
        nodes[at].added += by;
        return;
    }
    int64_t middle = (from + to) / 2;
    add(nodes, at * 2, from, middle, first, last, by);
    add(nodes, at * 2 + 1, middle, to, first, last, by);
    nodes[at].least = nodes[at].added + min(nodes[at * 2].least, nodes[at * 2 + 1].least);
}
static int64_t least(const node *nodes, int64_t at, int64_t from, int64_t to, int64_t first, int64_t last) {
    if (first >= to || last <= from) return 1000000000;
    if (first <= from && to <= last) return nodes[at].least;
    int64_t middle = (from + to) / 2;
    int64_t left = least(nodes, at * 2, from, middle, first, last), right = least(nodes, at * 2 + 1, middle, to, first, last);
    return nodes[at].added + min(left, right);
}
int main(void) {
    double t0 = bench_now();
    int64_t n = 65536, sum = 0;
    node *nodes = calloc(2 * n, sizeof *nodes);
    uint32_t s = 77;
    for (int i = 0; i < 150000; i++) {
        int64_t a = rng_next(&s) % 65536, b = rng_next(&s) % 65536, first = min(a, b), last = (a > b ? a : b) + 1;
        if (rng_next(&s) % 2 == 0) add(nodes, 1, 0, n, first, last, (int64_t)(rng_next(&s) % 21) - 10);
        else sum = (sum * 31 + least(nodes, 1, 0, n, first, last)) % 1000000007;
    }
    free(nodes);
    FINISH_I(t0, sum);
}
