#include "bench.h"
/* Ten million numbers of the Mersenne twister. */
typedef struct { uint32_t s[624]; int64_t at; } Twister;
static void seed(Twister *t, uint32_t x) {
    t->s[0] = x;
    for (int64_t i = 1; i < 624; i++) t->s[i] = 1812433253u * (t->s[i - 1] ^ (t->s[i - 1] >> 30)) + (uint32_t)i;
    t->at = 624;
}
static void refill(Twister *t) {
    for (int64_t i = 0; i < 624; i++) {
        uint32_t y = (t->s[i] & 0x80000000u) | (t->s[(i + 1) % 624] & 0x7fffffffu);
        uint32_t next = t->s[(i + 397) % 624] ^ (y >> 1);
        if (y & 1) next ^= 0x9908b0dfu;
        t->s[i] = next;
    }
    t->at = 0;
}
static uint32_t next(Twister *t) {
    if (t->at >= 624) refill(t);
    uint32_t y = t->s[t->at++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}
int main(void) {
    double t0 = bench_now();
    static Twister t;
    seed(&t, 5489);
    uint32_t mix = 0;
    for (int64_t i = 0; i < 10000000; i++) mix = (mix << 1 | mix >> 31) ^ next(&t);
    FINISH_I(t0, (int64_t)mix);
}
