#include "bench.h"
/* A block cipher, AES with a key of 128 bits: 60,000 blocks, each the next one's text. */
static uint8_t multiply(uint8_t x, uint8_t y) {
    uint8_t product = 0;
    while (y) {
        if (y & 1) product ^= x;
        int carry = x & 0x80;
        x <<= 1;
        if (carry) x ^= 0x1b;
        y >>= 1;
    }
    return product;
}
static uint8_t twice(uint8_t x) { return (uint8_t)(x << 1 ^ (x & 0x80 ? 0x1b : 0)); }
static void encrypt(uint8_t *state, const uint8_t *w, const uint8_t *box) {
    uint8_t t[16];
    for (int64_t i = 0; i < 16; i++) state[i] ^= w[i];
    for (int64_t round = 1; round <= 10; round++) {
        for (int64_t column = 0; column < 4; column++)
            for (int64_t row = 0; row < 4; row++) t[column * 4 + row] = box[state[(column * 4 + row * 5) % 16]];
        if (round < 10)
            for (int64_t column = 0; column < 4; column++) {
                uint8_t a = t[column * 4], b = t[column * 4 + 1], c = t[column * 4 + 2], d = t[column * 4 + 3], all = a ^ b ^ c ^ d;
                t[column * 4] = a ^ all ^ twice(a ^ b);
                t[column * 4 + 1] = b ^ all ^ twice(b ^ c);
                t[column * 4 + 2] = c ^ all ^ twice(c ^ d);
                t[column * 4 + 3] = d ^ all ^ twice(d ^ a);
            }
        for (int64_t i = 0; i < 16; i++) state[i] = t[i] ^ w[16 * round + i];
    }
}
int main(void) {
    double t0 = bench_now();
    uint8_t *box = malloc(256), *w = malloc(176), *state = malloc(16);
    for (int i = 0; i < 256; i++) {
        uint8_t inverse = 0;
        for (int j = 1; j < 256; j++)
            if (multiply((uint8_t)i, (uint8_t)j) == 1) inverse = (uint8_t)j;
        uint8_t s = inverse, r = inverse;
        for (int k = 0; k < 4; k++) { r = (uint8_t)(r << 1 | r >> 7); s ^= r; }
        box[i] = s ^ 0x63;
    }
    for (int i = 0; i < 16; i++) w[i] = (uint8_t)(i * 17 + 3);
    uint8_t round = 1;
    for (int i = 4; i < 44; i++) {
        uint8_t a = w[4 * i - 4], b = w[4 * i - 3], c = w[4 * i - 2], d = w[4 * i - 1];
        if (i % 4 == 0) {
            uint8_t t = a;
            a = box[b] ^ round; b = box[c]; c = box[d]; d = box[t];
            round = multiply(round, 2);
        }
        w[4 * i] = w[4 * i - 16] ^ a; w[4 * i + 1] = w[4 * i - 15] ^ b;
        w[4 * i + 2] = w[4 * i - 14] ^ c; w[4 * i + 3] = w[4 * i - 13] ^ d;
    }
    memset(state, 7, 16);
    int64_t sum = 0;
    for (int i = 0; i < 60000; i++) {
        encrypt(state, w, box);
        sum = (sum * 31 + state[i % 16]) % 1000000007;
    }
    free(box); free(w); free(state);
    FINISH_I(t0, sum);
}
