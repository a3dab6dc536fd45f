#include "bench.h"
static uint32_t fnv(const char *word, int64_t n) {
    uint32_t h = 2166136261u;
    for (int64_t i = 0; i < n; i++) h = (h ^ (uint8_t)word[i]) * 16777619;
    return h;
}
static uint64_t crc64(const uint64_t *table, const char *word, int64_t n) {
    uint64_t c = 0;
    for (int64_t i = 0; i < n; i++) c = table[(c >> 56) ^ (uint8_t)word[i]] ^ (c << 8);
    return c;
}
int main(void) {
    double t0 = bench_now();
    static uint64_t table[256];
    for (uint64_t i = 0; i < 256; i++) {
        uint64_t c = i << 56;
        for (int bit = 0; bit < 8; bit++) c = c >> 63 ? c << 1 ^ 0x42f0e1eba9ea3693 : c << 1;
        table[i] = c;
    }
    uint32_t seed = 7;
    char **words = malloc(20000 * sizeof *words);
    int64_t *lengths = malloc(20000 * sizeof *lengths);
    for (int i = 0; i < 20000; i++) {
        int64_t n = 3 + rng_next(&seed) % 9;
        words[i] = malloc(n);
        lengths[i] = n;
        for (int64_t j = 0; j < n; j++) words[i][j] = 97 + rng_next(&seed) % 26;
    }
    int64_t total = 0;
    uint8_t *seen = malloc(1 << 15);
    for (int round = 0; round < 300; round++) {
        memset(seen, 0, 1 << 15);
        for (int i = 0; i < 20000; i++) {
            uint32_t slot = (fnv(words[i], lengths[i]) ^ (uint32_t)(crc64(table, words[i], lengths[i]) >> 40)) & 0x7fff;
            if (seen[slot] < 255) seen[slot]++;
        }
        for (int64_t i = 0; i < 1 << 15; i++) if (seen[i] > 1) total += i * round;
    }
    FINISH_I(t0, total);
}
