#include "bench.h"
static uint64_t high_product(uint64_t a, uint64_t b) {
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t middle = a1 * b0 + (a0 * b0 >> 32), other = a0 * b1 + (uint32_t)middle;
    return a1 * b1 + (middle >> 32) + (other >> 32);
}
static uint64_t reduced_product(uint64_t a, uint64_t b, uint64_t n, uint64_t inverse) {
    uint64_t quotient = a * b * inverse, x = high_product(a, b), y = high_product(quotient, n);
    return x >= y ? x - y : x + n - y;
}
int main(void) {
    double t0 = bench_now();
    uint32_t seed = 7;
    uint64_t total = 0;
    for (int round = 0; round < 200000; round++) {
        uint64_t n = (uint64_t)rng_next(&seed) << 31;
        n = (n ^ rng_next(&seed)) | 1;
        uint64_t inverse = 1;
        for (int step = 0; step < 6; step++) inverse *= 2 - n * inverse;
        uint64_t x = rng_next(&seed) % n, power = x;
        for (uint64_t left = n - 1; left; left >>= 1) {
            power = reduced_product(power, power, n, inverse);
            if (left & 1) power = reduced_product(power, x, n, inverse);
        }
        total ^= power;
    }
    FINISH_I(t0, total & 0xffffffffffff);
}
