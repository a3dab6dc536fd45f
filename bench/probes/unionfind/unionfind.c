#include "bench.h"
static int32_t root(int32_t *parent, int32_t x) {
    while (parent[x] != x) x = parent[x] = parent[parent[x]];
    return x;
}
int main(void) {
    double t0 = bench_now();
    int count = 200000;
    uint32_t seed = 7;
    int64_t total = 0;
    int32_t *parent = malloc(count * 4), *size = malloc(count * 4);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < count; i++) parent[i] = i, size[i] = 1;
        int32_t largest = 1;
        for (int64_t step = 0; step < 400000; step++) {
            int32_t a = root(parent, rng_next(&seed) % count), b = root(parent, rng_next(&seed) % count);
            if (a == b) continue;
            if (size[a] < size[b]) { int32_t t = a; a = b; b = t; }
            parent[b] = a;
            size[a] += size[b];
            if (size[a] > largest) { largest = size[a]; total ^= largest * step; }
        }
    }
    FINISH_I(t0, total);
}
