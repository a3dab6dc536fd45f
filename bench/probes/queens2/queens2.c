#include "bench.h"
static int safe(int64_t *q, int64_t row, int64_t col) {
    for (int64_t i = 0; i < row; i++) {
        int64_t c = q[i];
        if (c == col || c - col == row - i || col - c == row - i) return 0;
    }
    return 1;
}
static int64_t place(int64_t *q, int64_t row, int64_t n) {
    if (row == n) return 1;
    int64_t t = 0;
    for (int64_t c = 0; c < n; c++)
        if (safe(q, row, c)) {
            q[row] = c;
            t += place(q, row + 1, n);
        }
    return t;
}
int main(void) {
    double t0 = bench_now();
    int64_t q[16] = {0};
    FINISH_I(t0, place(q, 0, 12));
}
