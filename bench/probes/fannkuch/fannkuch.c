#include "bench.h"
/* Pancake flips: the most that any permutation of 0..9 needs, and the checksum of all. */
int main(void) {
    double t0 = bench_now();
    enum { N = 10 };
    int64_t perm[N], p[N], count[N], most = 0, sum = 0, sign = 1, r = N;
    for (int64_t i = 0; i < N; i++) perm[i] = i;
    for (;;) {
        while (r != 1) { count[r - 1] = r; r--; }
        for (int64_t i = 0; i < N; i++) p[i] = perm[i];
        int64_t flips = 0;
        while (p[0] != 0) {
            int64_t lo = 0, hi = p[0];
            while (lo < hi) {
                int64_t t = p[lo]; p[lo] = p[hi]; p[hi] = t;
                lo++; hi--;
            }
            flips++;
        }
        if (flips > most) most = flips;
        sum += sign * flips;
        sign = -sign;
        for (;;) {
            if (r == N) FINISH_I(t0, sum * 100 + most);
            int64_t first = perm[0];
            for (int64_t i = 0; i < r; i++) perm[i] = perm[i + 1];
            perm[r] = first;
            if (--count[r] > 0) break;
            r++;
        }
    }
}
