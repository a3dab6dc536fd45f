#include "bench.h"
static uint32_t rotl(uint32_t x, int n) { return x << n | x >> (32 - n); }
static void block(uint32_t *state, const uint8_t *data, int64_t at) {
    uint32_t w[16];
    for (int i = 0; i < 16; i++) {
        const uint8_t *p = data + at + i * 4;
        w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int t = 0; t < 80; t++) {
        if (t >= 16) {
            uint32_t x = w[(t + 13) & 15] ^ w[(t + 8) & 15] ^ w[(t + 2) & 15] ^ w[t & 15];
            w[t & 15] = rotl(x, 1);
        }
        uint32_t f, k;
        if (t < 20) {
            f = (b & c) | (~b & d);
            k = 0x5a827999;
        } else if (t < 40) {
            f = b ^ c ^ d;
            k = 0x6ed9eba1;
        } else if (t < 60) {
            f = (b & c) | (b & d) | (c & d);
            k = 0x8f1bbcdc;
        } else {
            f = b ^ c ^ d;
            k = 0xca62c1d6;
        }
        uint32_t next = rotl(a, 5) + f + e + k + w[t & 15];
        e = d;
        d = c;
        c = rotl(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}
int main(void) {
    double t0 = bench_now();
    uint32_t seed = 7;
    int64_t n = 1 << 16;
    uint8_t *data = malloc(n);
    for (int64_t i = 0; i < n; i++) data[i] = rng_next(&seed) & 255;
    uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    for (int round = 0; round < 300; round++)
        for (int64_t at = 0; at < n; at += 64) block(state, data, at);
    int64_t total = 0;
    for (int i = 0; i < 5; i++) total = (total * 31 + state[i]) % 1000000007;
    FINISH_I(t0, total);
}
