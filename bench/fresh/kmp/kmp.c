#include "bench.h"
/* All places of words in a text of few letters, by Knuth, Morris and Pratt. */
enum { TEXT = 2000000, WORD = 12, ROUNDS = 12 };
int main(void) {
    double t0 = bench_now();
    uint8_t *text = malloc(TEXT), word[WORD];
    int64_t fail[WORD + 1], found = 0, at_sum = 0;
    uint32_t seed = 21;
    for (int64_t i = 0; i < TEXT; i++) text[i] = 'a' + rng_next(&seed) % 2;
    for (int64_t round = 0; round < ROUNDS; round++) {
        for (int64_t i = 0; i < WORD; i++) word[i] = 'a' + rng_next(&seed) % 2;
        fail[0] = -1;
        int64_t k = -1;
        for (int64_t i = 0; i < WORD; i++) {
            while (k >= 0 && word[k] != word[i]) k = fail[k];
            k++;
            fail[i + 1] = k;
        }
        int64_t m = 0;
        for (int64_t i = 0; i < TEXT; i++) {
            while (m >= 0 && (m == WORD || word[m] != text[i])) m = fail[m];
            m++;
            if (m == WORD) { found++; at_sum += i % 1000; }
        }
    }
    free(text);
    FINISH_I(t0, found * 1000 + at_sum);
}
