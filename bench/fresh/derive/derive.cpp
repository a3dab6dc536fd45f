// Derivatives of made-up expressions, made simpler, and their values.
#include <cstdint>
#include <cstdio>
#include <memory>

enum Kind { Const, X, Sum, Product, Power };
struct Expr;
using Ref = std::shared_ptr<const Expr>;
struct Expr { Kind kind; int64_t n; Ref a, b; };

static uint32_t rng_next(uint32_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static Ref node(Kind kind, int64_t n, Ref a = nullptr, Ref b = nullptr) { return std::make_shared<const Expr>(Expr{kind, n, std::move(a), std::move(b)}); }

static Ref make(uint32_t *seed, int depth) {
    uint32_t kind = rng_next(seed) % 8;
    if (depth == 0 || kind == 0) return rng_next(seed) % 2 == 0 ? node(X, 0) : node(Const, rng_next(seed) % 5);
    Ref a = make(seed, depth - 1);
    if (kind < 4) return node(Sum, 0, a, make(seed, depth - 1));
    if (kind < 7) return node(Product, 0, a, make(seed, depth - 1));
    return node(Power, 2 + rng_next(seed) % 2, a);
}

static Ref derive(const Ref &e) {
    switch (e->kind) {
    case Const: return node(Const, 0);
    case X: return node(Const, 1);
    case Sum: return node(Sum, 0, derive(e->a), derive(e->b));
    case Product: return node(Sum, 0, node(Product, 0, derive(e->a), e->b), node(Product, 0, e->a, derive(e->b)));
    default: return node(Product, 0, node(Product, 0, node(Const, e->n), node(Power, e->n - 1, e->a)), derive(e->a));
    }
}

static Ref simplify(const Ref &e) {
    if (e->kind == Sum || e->kind == Product) {
        Ref x = simplify(e->a), y = simplify(e->b);
        bool p = x->kind == Const, q = y->kind == Const;
        if (e->kind == Sum) {
            if (p && q) return node(Const, (x->n + y->n) % 1009);
            if (p && x->n == 0) return y;
            if (q && y->n == 0) return x;
            return node(Sum, 0, x, y);
        }
        if (p && q) return node(Const, x->n * y->n % 1009);
        if ((p && x->n == 0) || (q && y->n == 0)) return node(Const, 0);
        if (p && x->n == 1) return y;
        if (q && y->n == 1) return x;
        return node(Product, 0, x, y);
    }
    if (e->kind == Power) return e->n == 1 ? simplify(e->a) : node(Power, e->n, simplify(e->a));
    return e;
}

static int64_t value(const Ref &e, int64_t x) {
    switch (e->kind) {
    case Const: return e->n;
    case X: return x;
    case Sum: return (value(e->a, x) + value(e->b, x)) % 1009;
    case Product: return value(e->a, x) * value(e->b, x) % 1009;
    default: {
        int64_t base = value(e->a, x), p = 1;
        for (int64_t i = 0; i < e->n; i++) p = p * base % 1009;
        return p;
    }
    }
}

static int64_t size(const Ref &e) {
    if (e->kind == Sum || e->kind == Product) return 1 + size(e->a) + size(e->b);
    return e->kind == Power ? 1 + size(e->a) : 1;
}

int main(void) {
    uint32_t s = 101;
    int64_t sum = 0;
    for (int i = 0; i < 3000; i++) {
        Ref e = make(&s, 7);
        Ref d = simplify(derive(simplify(e)));
        sum = (sum * 31 + size(d) * 7 + value(d, i % 13)) % 1000000007;
    }
    printf("checksum %lld\n", (long long)sum);
}
