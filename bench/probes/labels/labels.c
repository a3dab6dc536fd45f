#include "bench.h"
enum { W = 1000, H = 800 };
static int32_t parent[W * H];
static int32_t find(int32_t a) {
    while (parent[a] != a) {
        parent[a] = parent[parent[a]];
        a = parent[a];
    }
    return a;
}
static void join(int32_t a, int32_t b) {
    a = find(a);
    b = find(b);
    if (a < b) parent[b] = a;
    else if (b < a) parent[a] = b;
}
int main(void) {
    double t0 = bench_now();
    uint32_t s = 41;
    int64_t sum = 0;
    uint8_t *on = malloc(W * H);
    int32_t *size = malloc(W * H * sizeof *size);
    for (int64_t round = 0; round < 4; round++) {
        for (int64_t i = 0; i < W * H; i++) on[i] = rng_next(&s) % 100 < 57;
        for (int32_t i = 0; i < W * H; i++) {
            parent[i] = i;
            size[i] = 0;
        }
        for (int64_t y = 0; y < H; y++)
            for (int64_t x = 0; x < W; x++) {
                int64_t at = y * W + x;
                if (!on[at]) continue;
                if (x > 0 && on[at - 1]) join(at, at - 1);
                if (y > 0 && on[at - W]) join(at, at - W);
            }
        int64_t groups = 0, largest = 0;
        for (int64_t i = 0; i < W * H; i++) {
            if (!on[i]) continue;
            int32_t root = find(i);
            if (size[root]++ == 0) groups++;
            if (size[root] > largest) largest = size[root];
        }
        sum += groups * 1000003 + largest;
    }
    free(on);
    free(size);
    FINISH_I(t0, sum);
}
