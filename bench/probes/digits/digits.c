#include "bench.h"
static int64_t decimal(const uint32_t *number, int64_t n, char *text) {
    static uint32_t limbs[600], parts[700];
    memcpy(limbs, number, n * 4);
    int64_t count = 0, length = 0;
    while (n > 0) {
        uint64_t rest = 0;
        for (int64_t i = n - 1; i >= 0; i--) {
            uint64_t wide = rest << 32 | limbs[i];
            limbs[i] = wide / 1000000000;
            rest = wide % 1000000000;
        }
        parts[count++] = rest;
        while (n > 0 && limbs[n - 1] == 0) n--;
    }
    while (count-- > 0)
        for (uint32_t scale = 100000000; scale > 0; scale /= 10) text[length++] = 48 + parts[count] / scale % 10;
    return length;
}
int main(void) {
    double t0 = bench_now();
    uint32_t seed = 7;
    int64_t total = 0;
    static uint32_t number[600];
    static char text[7000];
    for (int round = 0; round < 300; round++) {
        for (int i = 0; i < 600; i++) number[i] = rng_next(&seed);
        number[599] |= 1;
        int64_t length = decimal(number, 600, text);
        for (int64_t i = 0; i < length; i++) total = (total * 31 + text[i]) & 0xffffffffff;
        total += round;
    }
    FINISH_I(t0, total);
}
