#include <cstdint>
#include <cstdio>
#include <string>
#include <unordered_map>
static uint32_t rng_next(uint32_t &s) {
    s ^= s << 13;
    s ^= s >> 17;
    s ^= s << 5;
    return s;
}
static std::string render(const std::string &text, const std::unordered_map<std::string, std::string> &values) {
    std::string out;
    size_t i = 0;
    while (i < text.size()) {
        size_t j = i;
        if (text[i] == '{') {
            while (j < text.size() && text[j] != '}') j++;
            auto it = values.find(text.substr(i + 1, j - i - 1));
            if (it == values.end()) out += "?";
            else out += it->second;
            i = j + 1;
        } else {
            while (j < text.size() && text[j] != '{') j++;
            out.append(text, i, j - i);
            i = j;
        }
    }
    return out;
}
int main() {
    uint32_t s = 7;
    int64_t tot = 0;
    std::string text = "Dear {title} {name}, your order {id} of {count} items ships on {date}. Regards, {who}";
    std::unordered_map<std::string, std::string> values{{"title", "Dr"}, {"name", "Ada Lovelace"}, {"date", "2026-01-02"}, {"who", "the shop"}};
    for (int i = 0; i < 200000; i++) {
        values["id"] = std::to_string(rng_next(s) % 100000);
        values["count"] = std::to_string(rng_next(s) % 10);
        std::string letter = render(text, values);
        tot += letter.size() + (uint8_t)letter[letter.size() / 2];
    }
    printf("checksum %lld\n", (long long)tot);
}
