#include "bench.h"
/* Knuth's dancing links: all ways to put 12 queens on a board, as a problem of exact cover. */
enum { N = 12, COLUMNS = 2 * N + 2 * (2 * N - 1), NODES = COLUMNS + 1 + 4 * N * N };
static int32_t left[NODES], right[NODES], up[NODES], down[NODES], column[NODES], size[NODES];
static int64_t count, solutions, steps;
static int64_t node(int64_t c) {
    int64_t n = count++;
    left[n] = right[n] = up[n] = down[n] = (int32_t)n;
    column[n] = (int32_t)c;
    size[n] = 0;
    return n;
}
static void cover(int64_t c) {
    right[left[c]] = right[c];
    left[right[c]] = left[c];
    for (int64_t i = down[c]; i != c; i = down[i])
        for (int64_t j = right[i]; j != i; j = right[j]) {
            down[up[j]] = down[j];
            up[down[j]] = up[j];
            size[column[j]]--;
            steps++;
        }
}
static void uncover(int64_t c) {
    for (int64_t i = up[c]; i != c; i = up[i])
        for (int64_t j = left[i]; j != i; j = left[j]) {
            size[column[j]]++;
            down[up[j]] = (int32_t)j;
            up[down[j]] = (int32_t)j;
        }
    right[left[c]] = (int32_t)c;
    left[right[c]] = (int32_t)c;
}
static void search(void) {
    int64_t c = right[0];
    if (c == 0) {
        solutions++;
        return;
    }
    int64_t best = c;
    for (; c != 0; c = right[c])
        if (size[c] < size[best]) best = c;
    cover(best);
    for (int64_t row = down[best]; row != best; row = down[row]) {
        for (int64_t j = right[row]; j != row; j = right[j]) cover(column[j]);
        search();
        for (int64_t j = left[row]; j != row; j = left[j]) uncover(column[j]);
    }
    uncover(best);
}
int main(void) {
    double t0 = bench_now();
    for (int64_t c = 0; c <= COLUMNS; c++) node(c);
    for (int64_t c = 1; c <= 2 * N; c++) {
        left[c] = (int32_t)(c - 1);
        right[c - 1] = (int32_t)c;
    }
    right[2 * N] = 0;
    left[0] = 2 * N;
    for (int64_t y = 0; y < N; y++)
        for (int64_t x = 0; x < N; x++) {
            int64_t first = -1, cs[4] = {1 + y, 1 + N + x, 1 + 2 * N + x + y, 1 + 2 * N + (2 * N - 1) + x - y + N - 1};
            for (int k = 0; k < 4; k++) {
                int64_t c = cs[k], at = node(c), above = up[c];
                up[at] = (int32_t)above;
                down[at] = (int32_t)c;
                down[above] = (int32_t)at;
                up[c] = (int32_t)at;
                size[c]++;
                if (first < 0) {
                    first = at;
                } else {
                    int64_t last = left[first];
                    left[at] = (int32_t)last;
                    right[at] = (int32_t)first;
                    right[last] = (int32_t)at;
                    left[first] = (int32_t)at;
                }
            }
        }
    search();
    FINISH_I(t0, solutions * 1000000 + steps % 1000000);
}
