#include <string>
#include <cstdint>
#include <cstdio>
#include <vector>
#include <algorithm>
static bool pal(const std::string &s) {
    size_t i = 0, j = s.size();
    while (i < j) {
        j--;
        if (s[i] != s[j]) return false;
        i++;
    }
    return true;
}
int main() {
    int64_t t = 0;
    std::string s;
    for (int i = 0; i < 200000; i++) {
        s = std::to_string(i * 7919LL);
        if (pal(s)) t += i;
    }
    std::string text;
    for (int i = 0; i < 100000; i++) text += "The quick brown fox. ";
    for (int r = 0; r < 10; r++) {
        int64_t v = 0, up = 0, sp = 0;
        for (char c : text) {
            switch (c) {
            case 'a':
            case 'e':
            case 'i':
            case 'o':
            case 'u':
                v++;
            }
            if (c >= 'A' && c <= 'Z') up++;
            if (c == ' ') sp++;
        }
        t += v + 2 * up + 3 * sp;
    }
    std::vector<std::string> parts;
    for (int r = 0; r < 5; r++) {
        parts.clear();
        size_t b = 0;
        for (;;) {
            size_t e = text.find(' ', b);
            if (e == std::string::npos) {
                parts.push_back(text.substr(b));
                break;
            }
            parts.push_back(text.substr(b, e - b));
            b = e + 1;
        }
        for (auto &p : parts) t += p.size();
    }
    printf("checksum %lld\n", (long long)(t + parts.size()));
}
