#include <string>
#include <unordered_map>
#include <vector>
#include <sstream>
#include <cstdint>
#include <cstdio>
#include <string_view>
static uint32_t rng(uint32_t &x) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}
int main() {
    uint32_t s = 7;
    std::string text;
    for (int i = 0; i < 600000; i++) {
        text += "word";
        text += std::to_string(rng(s) % 5000);
        text += (i % 10 == 9) ? '\n' : ' ';
    }
    std::unordered_map<std::string, int64_t> m;
    std::vector<std::string> order;
    size_t i = 0;
    for (int r = 0; r < 3; r++) {
        i = 0;
        while (i < text.size()) {
            while (i < text.size() && (text[i] == ' ' || text[i] == '\n')) i++;
            size_t b = i;
            while (i < text.size() && text[i] != ' ' && text[i] != '\n') i++;
            if (i > b) {
                std::string w = text.substr(b, i - b);
                m[w]++;
            }
        }
    }
    int64_t t = 0;
    for (auto &[k, v] : m) t += v * (int64_t)k.size();
    printf("checksum %lld\n", (long long)(t + m.size()));
}
