#include "bench.h"
static int64_t power(int64_t base, int64_t exponent, int64_t modulus) {
    int64_t result = 1;
    base %= modulus;
    while (exponent > 0) {
        if (exponent & 1) result = result * base % modulus;
        base = base * base % modulus;
        exponent >>= 1;
    }
    return result;
}
static int is_prime(int64_t n) {
    static const int64_t witnesses[] = {2, 3, 5, 7};
    if (n < 2) return 0;
    for (int i = 0; i < 4; i++)
        if (n % witnesses[i] == 0) return n == witnesses[i];
    int64_t d = n - 1, r = 0;
    while (d % 2 == 0) {
        d /= 2;
        r++;
    }
    for (int i = 0; i < 4; i++) {
        int64_t x = power(witnesses[i], d, n);
        if (x == 1 || x == n - 1) continue;
        int composite = 1;
        for (int64_t k = 1; k < r && composite; k++) {
            x = x * x % n;
            if (x == n - 1) composite = 0;
        }
        if (composite) return 0;
    }
    return 1;
}
int main(void) {
    double t0 = bench_now();
    int64_t found = 0, sum = 0;
    for (int64_t n = 1000000001; n < 1000600001; n += 2)
        if (is_prime(n)) {
            found++;
            sum = (sum * 31 + n) % 1000000007;
        }
    FINISH_I(t0, found * 1000000007 + sum);
}
