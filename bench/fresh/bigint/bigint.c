#include "bench.h"
/* 6000! in limbs of nine decimal digits, then its square by schoolbook multiplication; sums of digits. */
static int64_t digits(const uint32_t *x, int64_t n) {
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        for (uint32_t v = x[i]; v; v /= 10) sum += v % 10;
    return sum;
}
int main(void) {
    double t0 = bench_now();
    uint32_t *x = malloc(4096 * 4), *y = malloc(8192 * 4);
    int64_t n = 1, total = 0;
    x[0] = 1;
    for (uint64_t k = 2; k <= 6000; k++) {
        uint64_t carry = 0;
        for (int64_t i = 0; i < n; i++) {
            uint64_t v = (uint64_t)x[i] * k + carry;
            x[i] = (uint32_t)(v % 1000000000u);
            carry = v / 1000000000u;
        }
        while (carry) { x[n++] = (uint32_t)(carry % 1000000000u); carry /= 1000000000u; }
        if (k == 3000 || k == 6000) total += digits(x, n);
    }
    for (int64_t i = 0; i < 2 * n; i++) y[i] = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t carry = 0;
        for (int64_t j = 0; j < n; j++) {
            uint64_t v = (uint64_t)x[i] * x[j] + y[i + j] + carry;
            y[i + j] = (uint32_t)(v % 1000000000u);
            carry = v / 1000000000u;
        }
        y[i + n] = (uint32_t)carry;
    }
    total += digits(y, 2 * n);
    free(x); free(y);
    FINISH_I(t0, total);
}
