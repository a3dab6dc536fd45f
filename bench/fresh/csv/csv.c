#include "bench.h"
/* Writes 200,000 rows `name,quantity,price`, and reads them again six times: sums of quantity * price by first letter. */
int main(void) {
    double t0 = bench_now();
    enum { ROWS = 200000 };
    char *text = malloc(ROWS * 32);
    int64_t size = 0;
    uint32_t seed = 5;
    for (int64_t i = 0; i < ROWS; i++) {
        int64_t letter = rng_next(&seed) % 26, quantity = rng_next(&seed) % 1000, price = rng_next(&seed) % 100000;
        size += sprintf(text + size, "%citem%lld,%lld,%lld\n", (char)('a' + letter), (long long)i, (long long)quantity, (long long)price);
    }
    int64_t sums[26] = {0};
    for (int round = 0; round < 6; round++) {
        int64_t at = 0;
        while (at < size) {
            int64_t letter = text[at] - 'a';
            while (text[at] != ',') at++;
            at++;
            int64_t quantity = 0, price = 0;
            while (text[at] != ',') { quantity = quantity * 10 + (text[at] - '0'); at++; }
            at++;
            while (text[at] != '\n') { price = price * 10 + (text[at] - '0'); at++; }
            at++;
            sums[letter] += quantity * price;
        }
    }
    int64_t total = 0;
    for (int64_t i = 0; i < 26; i++) total = (total * 31 + sums[i]) % 1000000007;
    free(text);
    FINISH_I(t0, total);
}
