#include "bench.h"
/* A tree of 60,000 points that splits the plane by turns, and the nearest of them for 60,000 others. */
typedef struct { double x, y; int32_t left, right; } Node;
typedef struct { Node *nodes; int64_t count, best; double least; } Tree;
static void insert(Tree *t, double x, double y) {
    int32_t added = (int32_t)t->count;
    t->nodes[t->count++] = (Node){x, y, -1, -1};
    if (added == 0) return;
    int64_t at = 0;
    int by_x = 1;
    for (;;) {
        Node *node = &t->nodes[at];
        int goes_left = by_x ? x < node->x : y < node->y;
        int32_t next = goes_left ? node->left : node->right;
        if (next < 0) {
            if (goes_left) node->left = added;
            else node->right = added;
            return;
        }
        at = next;
        by_x = !by_x;
    }
}
static void search(Tree *t, int64_t at, double x, double y, int by_x) {
    const Node *node = &t->nodes[at];
    double dx = node->x - x, dy = node->y - y, d = dx * dx + dy * dy;
    if (d < t->least) { t->least = d; t->best = at; }
    double far = by_x ? dx : dy;
    int32_t near_child = far > 0 ? node->left : node->right, far_child = far > 0 ? node->right : node->left;
    if (near_child >= 0) search(t, near_child, x, y, !by_x);
    if (far_child >= 0 && far * far < t->least) search(t, far_child, x, y, !by_x);
}
int main(void) {
    double t0 = bench_now();
    uint32_t s = 101;
    Tree t = {malloc(60000 * sizeof(Node)), 0, 0, 0};
    for (int i = 0; i < 60000; i++) {
        double x = (rng_next(&s) % 1000000) / 1000.0, y = (rng_next(&s) % 1000000) / 1000.0;
        insert(&t, x, y);
    }
    int64_t sum = 0;
    for (int i = 0; i < 60000; i++) {
        double x = (rng_next(&s) % 1000000) / 1000.0, y = (rng_next(&s) % 1000000) / 1000.0;
        t.least = 1e300;
        t.best = -1;
        search(&t, 0, x, y, 1);
        sum = (sum * 31 + t.best) % 1000000007;
    }
    free(t.nodes);
    FINISH_I(t0, sum);
}
