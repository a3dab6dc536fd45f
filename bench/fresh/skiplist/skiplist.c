#include "bench.h"
/* A list in order with lanes to skip along: 40,000 insertions, 200,000 look-ups, every third key taken out again. */
enum { LEVELS = 16, MOST = 40001 };
static int64_t keys[MOST], path[LEVELS], count = 1, levels = 1;
static int32_t next[MOST * LEVELS];
static void before(int64_t key) {
    int64_t at = 0;
    for (int64_t level = levels - 1; level >= 0; level--) {
        int64_t n = next[at * LEVELS + level];
        while (n >= 0 && keys[n] < key) {
            at = n;
            n = next[at * LEVELS + level];
        }
        path[level] = at;
    }
}
static int insert(int64_t key, int64_t height) {
    before(key);
    int64_t found = next[path[0] * LEVELS];
    if (found >= 0 && keys[found] == key) return 0;
    while (levels < height) path[levels++] = 0;
    int64_t node = count++;
    keys[node] = key;
    for (int64_t level = 0; level < LEVELS; level++) {
        if (level < height) {
            int64_t place = path[level] * LEVELS + level;
            next[node * LEVELS + level] = next[place];
            next[place] = (int32_t)node;
        } else {
            next[node * LEVELS + level] = -1;
        }
    }
    return 1;
}
static int take_out(int64_t key) {
    before(key);
    int64_t node = next[path[0] * LEVELS];
    if (node < 0 || keys[node] != key) return 0;
    for (int64_t level = 0; level < levels; level++) {
        int64_t place = path[level] * LEVELS + level;
        if (next[place] == node) next[place] = next[node * LEVELS + level];
    }
    return 1;
}
static int contains(int64_t key) {
    int64_t at = 0;
    for (int64_t level = levels - 1; level >= 0; level--) {
        int64_t n = next[at * LEVELS + level];
        while (n >= 0 && keys[n] < key) {
            at = n;
            n = next[at * LEVELS + level];
        }
        if (n >= 0 && keys[n] == key) return 1;
    }
    return 0;
}
int main(void) {
    double t0 = bench_now();
    uint32_t s = 77;
    int64_t sum = 0;
    keys[0] = -1;
    for (int i = 0; i < LEVELS; i++) next[i] = -1;
    for (int i = 0; i < 40000; i++) {
        int64_t key = rng_next(&s) % 400000;
        int64_t height = 1 + __builtin_ctz(rng_next(&s) | 0x8000);
        if (insert(key, height)) sum += key;
    }
    for (int64_t key = 0; key < 400000; key++)
        if (key % 3 == 0 && take_out(key)) sum -= key * 2;
    for (int i = 0; i < 200000; i++)
        if (contains(rng_next(&s) % 400000)) sum += 7;
    FINISH_I(t0, sum);
}
