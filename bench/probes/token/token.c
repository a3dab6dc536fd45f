#include "bench.h"
int main(void) {
    double t0 = bench_now();
    const char *u = "{\"name\": \"item\", \"value\": 12345, \"list\": [1, 22, 333], \"ok\": true} ";
    int64_t k = strlen(u), reps = 20000;
    char *d = malloc(k * reps + 1);
    for (int64_t i = 0; i < reps; i++) memcpy(d + i * k, u, k);
    int64_t n = k * reps;
    int64_t strs = 0, nums = 0, puncts = 0, words = 0;
    for (int r = 0; r < 100; r++) {
        int64_t i = 0;
        while (i < n) {
            uint8_t c = d[i];
            if (c == ' ') {
                i++;
            } else if (c == '"') {
                i++;
                while (i < n && d[i] != '"') i++;
                i++;
                strs++;
            } else if (c >= '0' && c <= '9') {
                int64_t v = 0;
                while (i < n && d[i] >= '0' && d[i] <= '9') {
                    v = v * 10 + (d[i] - '0');
                    i++;
                }
                nums += v;
            } else if (c >= 'a' && c <= 'z') {
                while (i < n && d[i] >= 'a' && d[i] <= 'z') i++;
                words++;
            } else {
                puncts++;
                i++;
            }
        }
    }
    FINISH_I(t0, strs + nums * 3 + puncts * 5 + words * 7);
}
