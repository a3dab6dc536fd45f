#include "bench.h"
/* Spans of time: sorted by their starts, merged, and asked for the most that overlap. */
typedef struct { int64_t from, to; int32_t weight; } Span;
static void sort(Span *a, int64_t lo, int64_t hi) {
    while (hi - lo > 12) {
        int64_t p = a[(lo + hi) / 2].from, i = lo, j = hi;
        while (i <= j) {
            while (a[i].from < p) i++;
            while (a[j].from > p) j--;
            if (i <= j) { Span t = a[i]; a[i] = a[j]; a[j] = t; i++; j--; }
        }
        if (j - lo < hi - i) { sort(a, lo, j); lo = i; } else { sort(a, i, hi); hi = j; }
    }
    for (int64_t i = lo + 1; i <= hi; i++) {
        Span s = a[i];
        int64_t j = i - 1;
        while (j >= lo && a[j].from > s.from) { a[j + 1] = a[j]; j--; }
        a[j + 1] = s;
    }
}
int main(void) {
    double t0 = bench_now();
    int64_t n = 100000, sum = 0;
    Span *a = malloc(n * sizeof(Span)), *merged = malloc(n * sizeof(Span));
    uint32_t seed = 5;
    for (int64_t round = 0; round < 8; round++) {
        for (int64_t i = 0; i < n; i++) {
            int64_t from = rng_next(&seed) % 100000000;
            a[i] = (Span){from, from + (seed >> 20) + round * 50, (int32_t)(seed & 15)};
        }
        sort(a, 0, n - 1);
        int64_t m = 0, heaviest = 0, covered = 0;
        for (int64_t i = 0; i < n; i++) {
            if (m > 0 && a[i].from <= merged[m - 1].to) {
                if (a[i].to > merged[m - 1].to) merged[m - 1].to = a[i].to;
                merged[m - 1].weight += a[i].weight;
                continue;
            }
            merged[m++] = a[i];
        }
        for (int64_t i = 0; i < m; i++) {
            if (merged[i].weight > heaviest) heaviest = merged[i].weight;
            covered += merged[i].to - merged[i].from;
        }
        sum = (sum * 31 + m * 7 + heaviest + covered) % 1000000007;
    }
    free(a); free(merged);
    FINISH_I(t0, sum);
}
