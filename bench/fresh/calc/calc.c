#include "bench.h"
static char *text;
static int64_t length = 0, at = 0;
static uint32_t s = 3;
static void put(char c) { text[length++] = c; }
static void write_number(void) {
    char digits[16];
    int64_t n = sprintf(digits, "%u", rng_next(&s) % 1000 + 1);
    for (int64_t i = 0; i < n; i++) put(digits[i]);
}
static void write_sum(int64_t depth) {
    for (int64_t i = 0; i < 3; i++) {
        if (i > 0) put("+-*"[rng_next(&s) % 3]);
        if (depth > 0 && rng_next(&s) % 2 == 0) {
            put('(');
            write_sum(depth - 1);
            put(')');
        } else {
            write_number();
        }
    }
}
static int64_t read_sum(void);
static int64_t read_atom(void) {
    if (text[at] == '(') {
        at++;
        int64_t v = read_sum();
        at++;
        return v;
    }
    int64_t v = 0;
    while (at < length && text[at] >= '0' && text[at] <= '9') v = v * 10 + (text[at++] - '0');
    return v;
}
static int64_t read_product(void) {
    int64_t v = read_atom();
    while (at < length && text[at] == '*') {
        at++;
        v = v * read_atom() % 1000003;
    }
    return v;
}
static int64_t read_sum(void) {
    int64_t v = read_product();
    while (at < length && (text[at] == '+' || text[at] == '-')) {
        char op = text[at++];
        int64_t w = read_product();
        v = op == '+' ? v + w : v - w;
    }
    return v;
}
int main(void) {
    double t0 = bench_now();
    int64_t sum = 0;
    text = malloc(64 << 20);
    for (int64_t i = 0; i < 20000; i++) {
        write_sum(6);
        put('\n');
    }
    for (int64_t round = 0; round < 5; round++) {
        at = 0;
        while (at < length) {
            sum = (sum * 31 + read_sum() % 1000003 + 1000003) % 1000000007;
            at++;
        }
    }
    free(text);
    FINISH_I(t0, sum);
}
