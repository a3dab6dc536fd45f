#include "bench.h"
enum { N = 200000 };
int main(void) {
    double t0 = bench_now();
    uint32_t s = 5;
    int64_t n = N, classes = 256, sum = 0;
    uint8_t *text = malloc(n);
    int64_t *order = malloc(n * 8), *rank = malloc(n * 8), *shifted = malloc(n * 8), *next = malloc(n * 8), *count = malloc((n > 256 ? n : 256) * 8);
    for (int64_t i = 0; i < n; i++) text[i] = 97 + rng_next(&s) % 4;
    memset(count, 0, 256 * 8);
    for (int64_t i = 0; i < n; i++) count[text[i]]++;
    for (int64_t c = 1; c < 256; c++) count[c] += count[c - 1];
    for (int64_t i = n - 1; i >= 0; i--) order[--count[text[i]]] = i;
    rank[order[0]] = 0;
    classes = 1;
    for (int64_t i = 1; i < n; i++) {
        if (text[order[i]] != text[order[i - 1]]) classes++;
        rank[order[i]] = classes - 1;
    }
    for (int64_t k = 1; k < n && classes < n; k *= 2) {
        for (int64_t i = 0; i < n; i++) shifted[i] = (order[i] + n - k) % n;
        for (int64_t c = 0; c < classes; c++) count[c] = 0;
        for (int64_t i = 0; i < n; i++) count[rank[shifted[i]]]++;
        for (int64_t c = 1; c < classes; c++) count[c] += count[c - 1];
        for (int64_t i = n - 1; i >= 0; i--) order[--count[rank[shifted[i]]]] = shifted[i];
        next[order[0]] = 0;
        classes = 1;
        for (int64_t i = 1; i < n; i++) {
            int64_t a = order[i], b = order[i - 1];
            if (rank[a] != rank[b] || rank[(a + k) % n] != rank[(b + k) % n]) classes++;
            next[a] = classes - 1;
        }
        int64_t *t = rank; rank = next; next = t;
    }
    for (int64_t i = 0; i < n; i++) sum = (sum * 31 + order[i]) % 1000000007;
    FINISH_I(t0, sum);
}
