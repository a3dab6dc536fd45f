#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>
static uint32_t rng(uint32_t &x) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}
static std::vector<std::string> split(const std::string &text, char separator) {
    std::vector<std::string> parts;
    size_t b = 0;
    for (;;) {
        size_t e = text.find(separator, b);
        if (e == std::string::npos) break;
        parts.push_back(text.substr(b, e - b));
        b = e + 1;
    }
    parts.push_back(text.substr(b));
    return parts;
}
int main() {
    uint32_t s = 7;
    std::string text;
    for (int i = 0; i < 200000; i++) {
        text += std::to_string(i);
        text += " host";
        text += std::to_string(rng(s) % 50);
        text += " GET /item/";
        text += std::to_string(rng(s) % 1000);
        text += ' ';
        text += std::to_string(rng(s) % 100000);
        text += '\n';
    }
    int64_t total = 0, gets = 0, bad = 0;
    for (int r = 0; r < 3; r++) {
        auto lines = split(text, '\n');
        lines.pop_back();
        for (const std::string &line : lines) {
            auto parts = split(line, ' ');
            if (parts.size() != 5) {
                bad++;
                continue;
            }
            if (parts[2] == "GET") gets++;
            int64_t n = 0;
            const char *end = parts[4].data() + parts[4].size();
            auto [p, error] = std::from_chars(parts[4].data(), end, n);
            if (error != std::errc() || p != end) bad++;
            else if (!parts[1].empty() && parts[1].back() == '7') total += n;
        }
    }
    printf("checksum %lld\n", (long long)(total + gets + bad));
}
