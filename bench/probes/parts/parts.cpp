#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
static uint32_t rng_next(uint32_t &s) {
    s ^= s << 13;
    s ^= s >> 17;
    s ^= s << 5;
    return s;
}
int main() {
    uint32_t s = 7;
    std::string text;
    for (int i = 0; i < 200000; i++) {
        if (i) text += ",";
        text += std::to_string(rng_next(s) % 100000);
    }
    int64_t tot = 0;
    for (int r = 0; r < 20; r++) {
        std::string_view rest = text;
        for (;;) {
            size_t end = rest.find(',');
            std::string_view part = rest.substr(0, end);
            int64_t v = 0;
            std::from_chars(part.data(), part.data() + part.size(), v);
            tot += v;
            if (part == "777") tot++;
            if (end == rest.npos) break;
            rest.remove_prefix(end + 1);
        }
    }
    printf("checksum %lld\n", (long long)tot);
}
