#include <cstdint>
#include <cstdio>
#include <string>
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
static std::string turned(const std::string &line) {
    auto words = split(line, ' ');
    std::string out;
    for (size_t i = words.size(); i-- > 0;) {
        out += words[i];
        if (i) out += ' ';
    }
    return out;
}
int main() {
    uint32_t s = 7;
    int64_t tot = 0;
    for (int r = 0; r < 4; r++) {
        std::string text;
        char row[100];
        for (int i = 0; i < 100000; i++) {
            uint32_t n = rng(s);
            int k = snprintf(row, sizeof row, "%6d item-%u at %u of %02x\n", i, n % 1000, n >> 12, n & 255);
            text.append(row, k);
        }
        auto lines = split(text, '\n');
        lines.pop_back();
        std::string out;
        for (const auto &line : lines) {
            out += turned(line);
            out += '\n';
        }
        uint64_t h = tot;
        for (char c : out) h = h * 31 + (uint8_t)c;
        tot = h + out.size();
    }
    printf("checksum %lld\n", (long long)tot);
}
