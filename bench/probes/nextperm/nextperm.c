#include "bench.h"
static int next_permutation(int64_t *a, int64_t n) {
    int64_t i = n - 2;
    while (i >= 0 && a[i] >= a[i + 1]) i--;
    if (i < 0) return 0;
    int64_t j = n - 1;
    while (a[j] <= a[i]) j--;
    int64_t t = a[i];
    a[i] = a[j];
    a[j] = t;
    for (int64_t low = i + 1, high = n - 1; low < high; low++, high--) {
        int64_t x = a[low];
        a[low] = a[high];
        a[high] = x;
    }
    return 1;
}
int main(void) {
    double t0 = bench_now();
    int64_t *a = malloc(80), total = 0, n = 10;
    for (int round = 0; round < 4; round++) {
        for (int64_t i = 0; i < n; i++) a[i] = i;
        do {
            for (int64_t i = 0; i < n - 1; i++) if (a[i] > a[i + 1]) total += i;
        } while (next_permutation(a, n));
    }
    FINISH_I(t0, total);
}
