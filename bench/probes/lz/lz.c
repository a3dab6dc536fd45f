#include "bench.h"
static int64_t compress(const uint8_t *data, int64_t n) {
    int32_t *head = malloc((1 << 14) * 4), *chain = malloc(n * 4);
    memset(head, 255, (1 << 14) * 4);
    memset(chain, 255, n * 4);
    int64_t sum = 0, at = 0;
    while (at + 4 <= n) {
        uint32_t word = data[at] | data[at + 1] << 8 | data[at + 2] << 16 | (uint32_t)data[at + 3] << 24;
        uint32_t slot = word * 2654435761u >> 18;
        int64_t best = 0, place = 0, candidate = head[slot], tries = 8;
        while (candidate >= 0 && tries > 0) {
            int64_t length = 0;
            while (at + length < n && length < 255 && data[candidate + length] == data[at + length]) length++;
            if (length > best) { best = length; place = candidate; }
            candidate = chain[candidate];
            tries--;
        }
        chain[at] = head[slot];
        head[slot] = at;
        if (best >= 4) { sum += best * 3 + (at - place); at += best; }
        else { sum += data[at]; at++; }
    }
    free(head);
    free(chain);
    return sum;
}
int main(void) {
    double t0 = bench_now();
    uint32_t seed = 7;
    uint8_t *data = malloc(300100);
    int64_t n = 0, total = 0;
    while (n < 300000) {
        int64_t from = rng_next(&seed) % 5000, length = rng_next(&seed) % 24;
        if (from + length < n && (rng_next(&seed) & 3) != 0)
            for (int64_t i = from; i < from + length; i++) data[n++] = data[i];
        else
            for (int64_t i = 0; i < length; i++) data[n++] = rng_next(&seed) & 63;
    }
    for (int round = 0; round < 30; round++) {
        total += compress(data, n);
        data[round * 1000] ^= 1;
    }
    FINISH_I(t0, total);
}
