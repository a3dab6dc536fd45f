#include "bench.h"
typedef struct { int64_t key, left, right, count; uint32_t weight; } Node;
static Node *t;
static int64_t used;
static uint32_t s = 99;
static int64_t rotate_right(int64_t n) { int64_t l = t[n].left; t[n].left = t[l].right; t[l].right = n; return l; }
static int64_t rotate_left(int64_t n) { int64_t r = t[n].right; t[n].right = t[r].left; t[r].left = n; return r; }
static int64_t insert(int64_t n, int64_t key) {
    if (n < 0) {
        t[used] = (Node){key, -1, -1, 1, rng_next(&s)};
        return used++;
    }
    if (key < t[n].key) {
        int64_t l = insert(t[n].left, key);
        t[n].left = l;
        if (t[l].weight > t[n].weight) return rotate_right(n);
    } else if (key > t[n].key) {
        int64_t r = insert(t[n].right, key);
        t[n].right = r;
        if (t[r].weight > t[n].weight) return rotate_left(n);
    } else {
        t[n].count++;
    }
    return n;
}
int main(void) {
    double t0 = bench_now();
    int64_t n = 200000, root = -1, sum = 0;
    t = malloc(n * sizeof *t);
    for (int64_t i = 0; i < n; i++) root = insert(root, rng_next(&s) % 300000);
    for (int64_t i = 0; i < 400000; i++) {
        int64_t key = rng_next(&s) % 300000, at = root, depth = 0;
        while (at >= 0 && t[at].key != key) {
            at = key < t[at].key ? t[at].left : t[at].right;
            depth++;
        }
        sum += depth + (at >= 0 ? t[at].count : 0);
    }
    FINISH_I(t0, sum);
}
