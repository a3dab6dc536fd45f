#include <unordered_map>
#include <cstdint>
#include <cstdio>
static uint32_t rng(uint32_t &x) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}
int main() {
    uint32_t s = 7;
    int64_t t = 0;
    std::unordered_map<int64_t, int64_t> m;
    for (int i = 0; i < 3000000; i++) {
        int64_t k = rng(s) % 200000;
        m[k] += i;
    }
    for (int i = 0; i < 3000000; i++) {
        int64_t k = rng(s) % 400000;
        auto it = m.find(k);
        if (it != m.end()) t += it->second;
    }
    printf("checksum %lld\n", (long long)(t + m.size()));
}
