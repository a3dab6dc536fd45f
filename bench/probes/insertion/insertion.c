#include "bench.h"
static void sort(int32_t *a, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        int32_t x = a[i];
        int64_t j = i;
        while (j > 0 && a[j - 1] > x) {
            a[j] = a[j - 1];
            j--;
        }
        a[j] = x;
    }
}
static void reverse(int32_t *a, int64_t from, int64_t to) {
    for (int64_t i = from, j = to - 1; i < j; i++, j--) {
        int32_t t = a[i];
        a[i] = a[j];
        a[j] = t;
    }
}
int main(void) {
    double t0 = bench_now();
    uint32_t seed = 7;
    int32_t *a = calloc(12, 4);
    int64_t total = 0;
    for (int round = 0; round < 1000000; round++) {
        int64_t n = 6 + rng_next(&seed) % 7;
        for (int64_t i = 0; i < n; i++) a[i] = rng_next(&seed) & 1023;
        sort(a, n);
        int32_t first = a[0];
        for (int64_t i = 1; i < n; i++) a[i - 1] = a[i];
        a[n - 1] = first;
        reverse(a, 1, n - 2);
        for (int64_t i = 0; i < n; i++) total += (int64_t)a[i] * i;
    }
    FINISH_I(t0, total);
}
