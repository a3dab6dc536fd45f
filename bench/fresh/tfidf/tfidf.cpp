// Weighs the words of made-up documents, by how often they are in one and in how many they are.
#include <cmath>
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

static std::string document(uint32_t *seed) {
    std::string text;
    for (int i = 0; i < 200; i++) {
        if (!text.empty()) text += ' ';
        uint32_t common = rng_next(seed) % 3;
        uint32_t n = common == 0 ? rng_next(seed) % 20 : rng_next(seed) % 4000;
        text += "w" + std::to_string(n);
    }
    return text;
}

int main(void) {
    uint32_t s = 31;
    std::vector<std::unordered_map<std::string, int64_t>> documents;
    std::unordered_map<std::string, int64_t> spread;
    for (int d = 0; d < 1000; d++) {
        std::unordered_map<std::string, int64_t> counts;
        std::string text = document(&s);
        for (size_t from = 0; from <= text.size();) {
            size_t to = text.find(' ', from);
            if (to == std::string::npos) to = text.size();
            counts[text.substr(from, to - from)]++;
            from = to + 1;
        }
        for (auto &entry : counts) spread[entry.first]++;
        documents.push_back(std::move(counts));
    }
    std::vector<std::pair<double, std::string>> found;
    double sum = 0;
    int64_t letters = 0;
    for (auto &counts : documents) {
        std::string best;
        double most = -1;
        for (auto &entry : counts) {
            double weight = (double)entry.second * std::log(1000.0 / (double)spread[entry.first]);
            if (weight > most || (weight == most && entry.first < best)) {
                most = weight;
                best = entry.first;
            }
        }
        sum += most;
        for (unsigned char b : best) letters = (letters * 31 + b) % 1000000007;
    }
    printf("checksum %.6f %lld\n", sum, (long long)letters);
}
