// The work of prelude.tn with the C++ library and tsl::robin_map. `peer NAME` prints its checksum.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <tsl/robin_map.h>
#include <vector>

using i64 = std::int64_t;
constexpr i64 N = 1'000'000;

static std::uint64_t next(std::uint64_t x) {
    x ^= x << 13;
    x ^= x >> 7;
    return x ^ (x << 17);
}
static std::vector<i64> random_list() {
    std::uint64_t x = 88172645463325252u;
    std::vector<i64> xs;
    xs.reserve(N);
    for (i64 i = 0; i < N; ++i) xs.push_back(static_cast<i64>((x = next(x)) >> 24));
    return xs;
}
static std::vector<std::string> words() {
    std::uint64_t x = 88172645463325252u;
    std::vector<std::string> xs;
    xs.reserve(N / 4);
    for (i64 i = 0; i < N / 4; ++i) xs.push_back("word" + std::to_string((x = next(x)) >> 40));
    return xs;
}
static std::vector<i64> range() {
    std::vector<i64> xs;
    for (i64 i = 0; i < N; ++i) xs.push_back(i);
    return xs;
}

static i64 map_sum() {
    const auto xs = range();
    i64 total = 0;
    for (i64 round = 0; round < 50; ++round) {
        std::vector<i64> mapped(xs.size()), kept;
        std::transform(xs.begin(), xs.end(), mapped.begin(), [&](i64 x) { return x + round; });
        std::copy_if(mapped.begin(), mapped.end(), std::back_inserter(kept), [](i64 x) { return (x & 1) == 0; });
        for (i64 x : kept) total += x;
    }
    return total;
}
static i64 map_sum_lazy() {
    const auto xs = range();
    i64 total = 0;
    for (i64 round = 0; round < 50; ++round)
        for (i64 x : xs)
            if (((x + round) & 1) == 0) total += x + round;
    return total;
}
static i64 sort_random() {
    auto xs = random_list();
    std::sort(xs.begin(), xs.end());
    return xs[N / 2] + xs[7];
}
static i64 sort_by_random() {
    auto xs = random_list();
    std::stable_sort(xs.begin(), xs.end(), [](i64 a, i64 b) { return a < b; });
    return xs[N / 2] + xs[7];
}
static i64 sort_sorted() {
    auto xs = range();
    for (int i = 0; i < 10; ++i) std::sort(xs.begin(), xs.end());
    return xs[7];
}
static i64 sort_words() {
    auto xs = words();
    std::sort(xs.begin(), xs.end());
    return static_cast<i64>(xs[N / 8].size() + xs[7].size());
}
static i64 map_i64() {
    const auto keys = random_list();
    tsl::robin_map<i64, i64> m;
    for (i64 k : keys) m[k] = k >> 3;
    i64 found = 0;
    for (i64 k : keys) {
        if (auto it = m.find(k); it != m.end()) found += it->second & 15;
        found += m.contains(k + 1);
    }
    return found + static_cast<i64>(m.size());
}
static i64 map_remove() {
    const auto keys = random_list();
    tsl::robin_map<i64, i64> m;
    for (i64 k : keys) m[k] = k;
    i64 removed = 0;
    for (i64 k : keys)
        if ((k & 1) == 0) removed += static_cast<i64>(m.erase(k));
    return removed + static_cast<i64>(m.size());
}
static i64 map_words() {
    const auto keys = words();
    tsl::robin_map<std::string, i64> m;
    for (int round = 0; round < 2; ++round)
        for (const auto& w : keys) ++m[w];
    i64 found = 0;
    for (const auto& w : keys) found += m[w];
    return found;
}
static i64 map_small() {
    i64 total = 0;
    for (i64 i = 0; i < 200'000; ++i) {
        tsl::robin_map<i64, i64> m{{1, i}, {2, i}, {3, i}, {4, i}};
        m[2] += 1;
        total += m[2] + static_cast<i64>(m.size());
    }
    return total;
}
static i64 nothing() { return 0; }
static i64 make_list() { return static_cast<i64>(random_list().size()); }
static i64 make_words() { return static_cast<i64>(words().size()); }

int main(int argc, char** argv) {
    static const struct { const char* name; i64 (*run)(); } all[] = {
        {"nothing", nothing}, {"make_list", make_list}, {"make_words", make_words}, {"map_sum", map_sum},
        {"map_sum_lazy", map_sum_lazy}, {"sort_random", sort_random}, {"sort_by_random", sort_by_random},
        {"sort_sorted", sort_sorted}, {"sort_words", sort_words}, {"map_i64", map_i64},
        {"map_remove", map_remove}, {"map_words", map_words}, {"map_small", map_small}};
    for (const auto& entry : all)
        if (argc > 1 && std::strcmp(argv[1], entry.name) == 0) std::printf("%lld\n", static_cast<long long>(entry.run()));
}
