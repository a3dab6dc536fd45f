#include "bench.h"
static uint32_t rotl(uint32_t x, int n) { return x << n | x >> (32 - n); }
static void quarter(uint32_t *x, int a, int b, int c, int d) {
    x[a] += x[b];
    x[d] = rotl(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rotl(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rotl(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rotl(x[b] ^ x[c], 7);
}
static void block(uint32_t *out, const uint32_t *input) {
    for (int i = 0; i < 16; i++) out[i] = input[i];
    for (int round = 0; round < 10; round++) {
        quarter(out, 0, 4, 8, 12);
        quarter(out, 1, 5, 9, 13);
        quarter(out, 2, 6, 10, 14);
        quarter(out, 3, 7, 11, 15);
        quarter(out, 0, 5, 10, 15);
        quarter(out, 1, 6, 11, 12);
        quarter(out, 2, 7, 8, 13);
        quarter(out, 3, 4, 9, 14);
    }
    for (int i = 0; i < 16; i++) out[i] += input[i];
}
int main(void) {
    double t0 = bench_now();
    uint32_t *input = malloc(64), *out = malloc(64), total = 0;
    input[0] = 0x61707865, input[1] = 0x3320646e, input[2] = 0x79622d32, input[3] = 0x6b206574;
    for (int i = 0; i < 12; i++) input[4 + i] = i * 0x01010101;
    for (int round = 0; round < 700000; round++) {
        input[12] = round;
        block(out, input);
        for (int i = 0; i < 16; i++) total = rotl(total, 3) ^ out[i];
    }
    FINISH_I(t0, total);
}
