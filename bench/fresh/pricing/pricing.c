#include "bench.h"
typedef struct { double spot, strike, years, rate, volatility; uint8_t is_call; } Contract;
static double normal(double x) {
    double a = x < 0 ? -x : x, k = 1.0 / (1.0 + 0.2316419 * a);
    double tail = exp(-0.5 * a * a) * 0.3989422804014327 *
                  (k * (0.319381530 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429)))));
    return x < 0 ? tail : 1.0 - tail;
}
static double price(const Contract *c) {
    double root = c->volatility * sqrt(c->years);
    double d1 = (log(c->spot / c->strike) + (c->rate + 0.5 * c->volatility * c->volatility) * c->years) / root, d2 = d1 - root;
    double later = c->strike * exp(-c->rate * c->years);
    if (c->is_call) return c->spot * normal(d1) - later * normal(d2);
    return later * normal(-d2) - c->spot * normal(-d1);
}
int main(void) {
    double t0 = bench_now();
    enum { N = 100000 };
    uint32_t s = 31;
    Contract *contracts = malloc(N * sizeof *contracts);
    for (int64_t i = 0; i < N; i++)
        contracts[i] = (Contract){50.0 + rng_next(&s) % 100, 60.0 + rng_next(&s) % 80, 0.1 + rng_next(&s) % 30 / 10.0,
                                  0.01 + rng_next(&s) % 5 / 100.0, 0.1 + rng_next(&s) % 40 / 100.0, rng_next(&s) % 2};
    double sum = 0;
    for (int64_t round = 0; round < 15; round++)
        for (int64_t i = 0; i < N; i++) {
            double p = price(&contracts[i]);
            sum += p;
            contracts[i].spot += p > 20.0 ? -0.25 : 0.25;
        }
    FINISH_F(t0, sum / 1000.0);
}
