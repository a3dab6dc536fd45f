#include <memory>
#include <cstdint>
#include <cstdio>
struct E {
    int op;
    int64_t v;
    E *a, *b;
};
static uint32_t rng(uint32_t &x) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}
static E *mk(int d, uint32_t &s) {
    if (d == 0) return new E{0, (int64_t)(rng(s) % 10), 0, 0};
    int op = 1 + rng(s) % 3;
    E *a = mk(d - 1, s);
    E *b = mk(d - 1, s);
    return new E{op, 0, a, b};
}
static int64_t ev(const E *e) {
    switch (e->op) {
    case 0:
        return e->v;
    case 1:
        return (ev(e->a) + ev(e->b)) & 0xffff;
    case 2:
        return (ev(e->a) - ev(e->b)) & 0xffff;
    default:
        return (ev(e->a) * ev(e->b)) & 0xffff;
    }
}
static void fr(E *e) {
    if (!e) return;
    fr(e->a);
    fr(e->b);
    delete e;
}
int main() {
    uint32_t s = 7;
    int64_t t = 0;
    for (int r = 0; r < 10; r++) {
        E *e = mk(15, s);
        for (int i = 0; i < 20; i++) t += ev(e);
        fr(e);
    }
    printf("checksum %lld\n", (long long)t);
}
