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
static bool is_letter(uint8_t c) { return (c >= 97 && c <= 122) || c == 95; }
static bool is_digit(uint8_t c) { return c >= 48 && c <= 57; }
int main() {
    const char *words[] = {"let", "while", "if", "x", "counter", "return", "y_1", "for"};
    uint32_t s = 7;
    std::string text;
    for (int i = 0; i < 60000; i++) {
        text += words[rng_next(s) % 8];
        text += " ";
        if (rng_next(s) % 3 == 0) text += std::to_string(rng_next(s) % 1000) + " ";
    }
    int64_t tot = 0;
    for (int r = 0; r < 20; r++) {
        size_t i = 0;
        while (i < text.size()) {
            uint8_t c = (uint8_t)text[i];
            size_t j = i;
            if (is_letter(c)) {
                while (j < text.size() && is_letter((uint8_t)text[j])) j++;
                std::string_view word(text.data() + i, j - i);
                if (word == "let" || word == "while" || word == "if" || word == "return" || word == "for") tot += 3;
                else tot += (int64_t)word.size();
                i = j;
            } else if (is_digit(c)) {
                while (j < text.size() && is_digit((uint8_t)text[j])) j++;
                int64_t v = 0;
                std::from_chars(text.data() + i, text.data() + j, v);
                tot += v;
                i = j;
            } else {
                i++;
            }
        }
    }
    printf("checksum %lld\n", (long long)tot);
}
