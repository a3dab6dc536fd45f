#include "bench.h"
int main(void) {
    double t0 = bench_now();
    int n = 400000, m = 2 * n + 1;
    uint8_t *text = malloc(n), *wide = malloc(m);
    int64_t *radius = malloc(m * 8);
    uint32_t s = 5;
    int64_t sum = 0;
    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < n; i++) text[i] = 'a' + rng_next(&s) % (2 + round % 3);
        for (int i = 0; i < n / 4; i++) text[n - 1 - i] = text[n / 2 + i];
        for (int i = 0; i < m; i++) wide[i] = i % 2 ? text[i / 2] : 0;
        int64_t center = 0, right = 0, best = 0, where = 0;
        for (int64_t i = 0; i < m; i++) {
            int64_t r = 0;
            if (i < right) {
                r = radius[2 * center - i];
                if (r > right - i) r = right - i;
            }
            while (i - r - 1 >= 0 && i + r + 1 < m && wide[i - r - 1] == wide[i + r + 1]) r++;
            radius[i] = r;
            if (i + r > right) {
                center = i;
                right = i + r;
            }
            if (r > best) {
                best = r;
                where = i;
            }
            sum += (r + 1) / 2;
        }
        sum += best * 31 + where;
    }
    FINISH_I(t0, sum);
}
