// Spans of time sorted and joined where they touch, and the moment at which most of them run.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

static uint32_t rng_next(uint32_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

struct Span { int64_t start, end; };

static std::vector<Span> joined(const std::vector<Span> &spans) {
    std::vector<Span> sorted = spans, out;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Span &a, const Span &b) { return a.start < b.start; });
    for (const Span &span : sorted) {
        if (!out.empty() && out.back().end >= span.start) out.back().end = std::max(out.back().end, span.end);
        else out.push_back(span);
    }
    return out;
}

static int64_t busiest(const std::vector<Span> &spans) {
    std::vector<int64_t> starts, ends;
    for (const Span &s : spans) starts.push_back(s.start);
    for (const Span &s : spans) ends.push_back(s.end);
    std::sort(starts.begin(), starts.end());
    std::sort(ends.begin(), ends.end());
    int64_t running = 0, most = 0;
    size_t e = 0;
    for (int64_t start : starts) {
        while (ends[e] < start) {
            running--;
            e++;
        }
        running++;
        most = std::max(most, running);
    }
    return most;
}

int main(void) {
    uint32_t s = 17;
    int64_t sum = 0;
    for (int64_t round = 0; round < 4; round++) {
        std::vector<Span> spans;
        for (int i = 0; i < 100000; i++) {
            int64_t start = rng_next(&s) % 10000000;
            int64_t length = rng_next(&s) % 120;
            spans.push_back({start, start + length});
        }
        std::vector<Span> all = joined(spans);
        int64_t covered = 0;
        for (const Span &span : all) covered += span.end - span.start;
        sum = (sum * 31 + (int64_t)all.size() * 7 + covered + busiest(spans) + round) % 1000000007;
    }
    printf("checksum %lld\n", (long long)sum);
}
