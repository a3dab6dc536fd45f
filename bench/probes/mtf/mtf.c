#include "bench.h"
/* Move to front and runs: a text coded, decoded and compared, ten times. */
static int64_t encode(const uint8_t *data, int64_t n, uint8_t *out) {
    uint8_t order[256];
    for (int i = 0; i < 256; i++) order[i] = (uint8_t)i;
    int64_t m = 0, zeros = 0;
    for (int64_t k = 0; k < n; k++) {
        int64_t at = 0;
        uint8_t b = data[k];
        while (order[at] != b) at++;
        for (int64_t i = at; i > 0; i--) order[i] = order[i - 1];
        order[0] = b;
        if (at == 0 && zeros < 255) { zeros++; continue; }
        if (zeros > 0) { out[m++] = 0; out[m++] = (uint8_t)zeros; zeros = 0; }
        if (at == 0) zeros = 1; else out[m++] = (uint8_t)at;
    }
    if (zeros > 0) { out[m++] = 0; out[m++] = (uint8_t)zeros; }
    return m;
}
static int64_t decode(const uint8_t *code, int64_t n, uint8_t *out) {
    uint8_t order[256];
    for (int i = 0; i < 256; i++) order[i] = (uint8_t)i;
    int64_t m = 0, k = 0;
    while (k < n) {
        int64_t at = code[k++];
        if (at == 0) {
            for (int64_t r = code[k]; r > 0; r--) out[m++] = order[0];
            k++;
            continue;
        }
        uint8_t b = order[at];
        for (int64_t i = at; i > 0; i--) order[i] = order[i - 1];
        order[0] = b;
        out[m++] = b;
    }
    return m;
}
int main(void) {
    double t0 = bench_now();
    uint8_t *data = malloc(3000000), *code = malloc(6000000), *back = malloc(3000000);
    int64_t n = 0, sum = 0;
    uint32_t x = 1;
    for (int i = 0; i < 150000; i++) {
        x ^= x << 13; x ^= x >> 17; x ^= x << 5;
        uint8_t b = (uint8_t)(97 + (x & 15) * (x >> 8 & 3));
        data[n++] = b;
        if ((x & 0x700) == 0) for (uint32_t k = 0; k < x >> 28; k++) data[n++] = b;
    }
    for (int round = 0; round < 10; round++) {
        int64_t m = encode(data, n, code), d = decode(code, m, back);
        if (d != n || memcmp(back, data, n) != 0) sum++;
        sum = (sum * 31 + m + code[m / 2]) % 1000000007;
        data[sum % n] = 98;
    }
    free(data); free(code); free(back);
    FINISH_I(t0, sum);
}
