#include "bench.h"
static uint64_t rotl(uint64_t x, int n) { return x << n | x >> (64 - n); }
typedef struct { uint64_t v0, v1, v2, v3; } State;
static void step(State *s) {
    s->v0 += s->v1;
    s->v1 = rotl(s->v1, 13) ^ s->v0;
    s->v0 = rotl(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotl(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotl(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotl(s->v1, 17) ^ s->v2;
    s->v2 = rotl(s->v2, 32);
}
static uint64_t siphash(const uint8_t *data, int64_t at, int64_t n, uint64_t k0, uint64_t k1) {
    State s = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573};
    int64_t i = 0;
    while (i + 8 <= n) {
        uint64_t m = 0;
        for (int j = 0; j < 8; j++) m |= (uint64_t)data[at + i + j] << (8 * j);
        s.v3 ^= m;
        step(&s);
        step(&s);
        s.v0 ^= m;
        i += 8;
    }
    uint64_t last = (uint64_t)n << 56;
    for (int64_t j = 0; j < n - i; j++) last |= (uint64_t)data[at + i + j] << (8 * j);
    s.v3 ^= last;
    step(&s);
    step(&s);
    s.v0 ^= last;
    s.v2 ^= 0xff;
    for (int j = 0; j < 4; j++) step(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
int main(void) {
    double t0 = bench_now();
    uint32_t seed = 7;
    uint8_t *data = malloc(4096);
    for (int i = 0; i < 4096; i++) data[i] = rng_next(&seed) & 255;
    uint64_t total = 0;
    for (int64_t round = 0; round < 1500; round++)
        for (int64_t at = 0; at < 2000; at++)
            total = total * 31 + siphash(data, at, at & 63, round, 0x0706050403020100);
    FINISH_I(t0, total & 0xffffffffffff);
}
