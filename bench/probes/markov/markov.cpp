// A text of made-up words, the words that follow each of its words, and a walk along them.
#include <cstdint>
#include <cstdio>
#include <string>
#include <unordered_map>
#include <vector>

static uint32_t rng_next(uint32_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static std::string word(uint32_t *seed) {
    static const char *const syllables[] = {"ka", "lo", "mi", "ru", "te", "son", "ar", "bel", "di", "nu"};
    uint32_t count = 1 + rng_next(seed) % 3;
    std::string text;
    for (uint32_t i = 0; i < count; i++) text += syllables[rng_next(seed) % 10];
    return text;
}

int main(void) {
    uint32_t s = 53;
    std::string text;
    for (int i = 0; i < 150000; i++) {
        if (!text.empty()) text += ' ';
        text += word(&s);
    }
    std::unordered_map<std::string, std::vector<std::string>> followers;
    std::string last;
    for (size_t from = 0; from <= text.size();) {
        size_t to = text.find(' ', from);
        if (to == std::string::npos) to = text.size();
        std::string next = text.substr(from, to - from);
        if (!last.empty()) followers[last].push_back(next);
        last = next;
        from = to + 1;
    }
    int64_t sum = (int64_t)followers.size();
    std::string at = "ka";
    for (int step = 0; step < 300000; step++) {
        auto found = followers.find(at);
        if (found != followers.end()) at = found->second[rng_next(&s) % found->second.size()];
        else at = "ka";
        sum = (sum * 31 + (int64_t)at.size() + (unsigned char)at[0]) % 1000000007;
    }
    printf("checksum %lld\n", (long long)sum);
}
