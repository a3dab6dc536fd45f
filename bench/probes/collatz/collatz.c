#include "bench.h"
int main(void) {
    double t0 = bench_now();
    int64_t best = 0, at = 0;
    for (int64_t i = 1; i < 1000000; i++) {
        int64_t n = i, l = 1;
        while (n != 1) {
            if (n % 2 == 0)
                n /= 2;
            else
                n = 3 * n + 1;
            l++;
        }
        if (l > best) {
            best = l;
            at = i;
        }
    }
    FINISH_I(t0, best * 1000000 + at);
}
