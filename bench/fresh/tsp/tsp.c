#include "bench.h"
/* The shortest way through 17 places and back, over all sets of places that were seen. */
enum { N = 17, FAR_AWAY = 1000000000 };
int main(void) {
    double t0 = bench_now();
    uint32_t s = 17;
    int64_t sum = 0;
    for (int round = 0; round < 2; round++) {
        int64_t xs[N], ys[N], distance[N][N];
        for (int i = 0; i < N; i++) {
            xs[i] = rng_next(&s) % 1000;
            ys[i] = rng_next(&s) % 1000;
        }
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) distance[i][j] = llabs(xs[i] - xs[j]) + llabs(ys[i] - ys[j]);
        int64_t sets = 1 << (N - 1);
        int64_t *best = malloc(sets * (N - 1) * sizeof *best);
        for (int64_t i = 0; i < sets * (N - 1); i++) best[i] = FAR_AWAY;
        for (int64_t i = 0; i < N - 1; i++) best[((int64_t)1 << i) * (N - 1) + i] = distance[N - 1][i];
        for (int64_t set = 1; set < sets; set++)
            for (int64_t last = 0; last < N - 1; last++) {
                int64_t here = best[set * (N - 1) + last];
                if (here == FAR_AWAY) continue;
                for (int64_t next = 0; next < N - 1; next++) {
                    if (set >> next & 1) continue;
                    int64_t at = (set | (int64_t)1 << next) * (N - 1) + next, there = here + distance[last][next];
                    if (there < best[at]) best[at] = there;
                }
            }
        int64_t shortest = FAR_AWAY;
        for (int64_t last = 0; last < N - 1; last++) {
            int64_t all = best[(sets - 1) * (N - 1) + last] + distance[last][N - 1];
            if (all < shortest) shortest = all;
        }
        free(best);
        sum = sum * 31 + shortest;
    }
    FINISH_I(t0, sum);
}
