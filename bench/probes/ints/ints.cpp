#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>
#include "bench.h"
static std::vector<int64_t> numbers(const std::string &text) {
    std::vector<int64_t> found;
    size_t i = 0, n = text.size();
    while (i < n) {
        bool negative = false;
        if (text[i] == '-') {
            negative = true;
            i++;
        }
        if (i < n && text[i] >= '0' && text[i] <= '9') {
            int64_t v = 0;
            while (i < n && text[i] >= '0' && text[i] <= '9') {
                v = v * 10 + (text[i] - '0');
                i++;
            }
            found.push_back(negative ? -v : v);
        } else {
            i++;
        }
    }
    return found;
}
int main() {
    double t0 = bench_now();
    uint32_t s = 7;
    std::string text;
    for (int i = 0; i < 100000; i++) {
        uint32_t x = rng_next(&s);
        text += std::to_string(x % 100000) + ", -" + std::to_string(x >> 17) + "; x=" + std::to_string(i) + " ";
    }
    int64_t tot = 0;
    for (int r = 0; r < 30; r++) {
        auto found = numbers(text);
        for (int64_t v : found) tot += v;
        tot += found[r] * (int64_t)found.size();
    }
    FINISH_I(t0, tot);
}
