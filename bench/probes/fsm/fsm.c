#include "bench.h"
#include <string.h>
enum { Start, Word, Whole, Fraction, Exponent, Text, Escape, Comment };
static int is_digit(uint8_t c) { return c >= 48 && c <= 57; }
static int is_letter(uint8_t c) { return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c == 95; }
static int64_t words, wholes, fractions, exponents, texts, escapes, comments;
static void scan(const uint8_t *t, int64_t len) {
    int state = Start;
    for (int64_t i = 0; i < len; i++) {
        uint8_t c = t[i];
        switch (state) {
        case Start: if (is_letter(c)) { words++; state = Word; } else if (is_digit(c)) { wholes++; state = Whole; } else if (c == 34) { texts++; state = Text; } else if (c == 35) { comments++; state = Comment; } break;
        case Word: if (!is_letter(c) && !is_digit(c)) state = Start; break;
        case Whole: if (is_digit(c)) ; else if (c == 46) { fractions++; state = Fraction; } else state = Start; break;
        case Fraction: if (is_digit(c)) ; else if (c == 101) { exponents++; state = Exponent; } else state = Start; break;
        case Exponent: if (!is_digit(c) && c != 45) state = Start; break;
        case Text: if (c == 34) state = Start; else if (c == 92) { escapes++; state = Escape; } break;
        case Escape: state = Text; break;
        case Comment: if (c == 10) state = Start; break;
        }
    }
}
int main(void) {
    double t0 = bench_now();
    const char *u = "alpha = 12.5e-3 + beta_2 * \"a text with \\\" in it\" # and a comment\nif gamma > 1000 { print(\"x\"); }\n";
    int64_t k = strlen(u); char *d = malloc(k * 10000 + 1);
    for (int i = 0; i < 10000; i++) memcpy(d + i * k, u, k);
    for (int r = 0; r < 60; r++) scan((uint8_t *)d, k * 10000);
    FINISH_I(t0, words + 3 * wholes + 5 * fractions + 7 * exponents + 11 * texts + 13 * escapes + 17 * comments);
}
