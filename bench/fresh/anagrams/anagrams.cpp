#include "bench.h"

#include <string>
#include <unordered_map>
#include <vector>
// 150,000 words of letters in any order: which are anagrams of each other, and how many of the largest group.
int main() {
    double t0 = bench_now();
    uint32_t s = 2024;
    std::vector<std::string> words;
    for (int i = 0; i < 150000; i++) {
        std::string word;
        const int64_t n = 4 + rng_next(&s) % 4;
        for (int64_t k = 0; k < n; k++) word.push_back((char)('a' + rng_next(&s) % 9));
        words.push_back(word);
    }
    std::unordered_map<std::string, int64_t> groups;
    std::vector<int64_t> counts, places;
    for (const std::string &word : words) {
        std::string key = word;
        for (std::size_t i = 1; i < key.size(); i++) {
            const char letter = key[i];
            std::size_t j = i;
            for (; j > 0 && key[j - 1] > letter; j--) key[j] = key[j - 1];
            key[j] = letter;
        }
        const auto known = groups.emplace(key, (int64_t)counts.size());
        if (known.second) counts.push_back(0);
        counts[known.first->second]++;
        places.push_back(known.first->second);
    }
    std::size_t best = 0;
    for (std::size_t i = 0; i < counts.size(); i++)
        if (counts[i] > counts[best]) best = i;
    int64_t sum = 0;
    for (std::size_t i = 0; i < places.size(); i++)
        if (places[i] == (int64_t)best) sum = (sum * 31 + (int64_t)i) % 1000000007;
    FINISH_I(t0, (int64_t)groups.size() * 1000003 + counts[best] * 7 + sum);
}
