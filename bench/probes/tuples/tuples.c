#include "bench.h"
typedef struct {
    int64_t a, b;
} P;
__attribute__((noinline)) static P fibp(int64_t n) {
    if (n == 0) {
        P p = {0, 1};
        return p;
    }
    P p = fibp(n / 2);
    int64_t c = (p.a * ((p.b * 2 - p.a) & 0xffff)) & 0xffff, d = (p.a * p.a + p.b * p.b) & 0xffff;
    if (n % 2 == 0) {
        P r = {c, d};
        return r;
    }
    P r = {d, c + d};
    return r;
}
int main(void) {
    double t0 = bench_now();
    int64_t t = 0;
    for (int i = 0; i < 3000000; i++) {
        P p = fibp(i);
        t += p.a ^ p.b;
    }
    FINISH_I(t0, t);
}
