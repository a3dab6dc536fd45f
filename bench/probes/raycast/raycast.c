#include "bench.h"
typedef struct { double x, y, z; } V;
typedef struct { V c; double r; } S;
static V sub(V a, V b) { return (V){a.x - b.x, a.y - b.y, a.z - b.z}; }
static V add(V a, V b) { return (V){a.x + b.x, a.y + b.y, a.z + b.z}; }
static V scale(V a, double k) { return (V){a.x * k, a.y * k, a.z * k}; }
static double dot(V a, V b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static V unit(V a) { return scale(a, 1.0 / sqrt(dot(a, a))); }
static double hit(S s, V o, V d) {
    V oc = sub(o, s.c);
    double b = dot(oc, d), c = dot(oc, oc) - s.r * s.r, q = b * b - c;
    if (q < 0) return -1;
    double t = -b - sqrt(q);
    return t > 1e-6 ? t : -1;
}
int main(void) {
    double t0 = bench_now();
    S s[12];
    uint32_t g = 17;
    for (int i = 0; i < 12; i++) {
        s[i].c.x = rng_next(&g) % 200 / 100.0 - 1;
        s[i].c.y = rng_next(&g) % 200 / 100.0 - 1;
        s[i].c.z = 3 + rng_next(&g) % 200 / 100.0;
        s[i].r = 0.1 + rng_next(&g) % 100 / 300.0;
    }
    V light = unit((V){1, 1, -1}), eye = {0, 0, 0};
    double sum = 0;
    for (int64_t y = 0; y < 3000; y++)
        for (int64_t x = 0; x < 500; x++) {
            V d = unit((V){(x - 250) / 300.0, (y - 250) / 300.0, 1});
            double best = 1e9;
            int64_t at = -1;
            for (int64_t i = 0; i < 12; i++) {
                double t = hit(s[i], eye, d);
                if (t > 0 && t < best) { best = t; at = i; }
            }
            if (at < 0) continue;
            V p = add(eye, scale(d, best)), n = unit(sub(p, s[at].c));
            double shade = dot(n, light);
            if (shade < 0) shade = 0;
            for (int64_t i = 0; i < 12; i++)
                if (i != at && hit(s[i], p, light) > 0) { shade *= 0.3; break; }
            sum += shade + 0.1;
        }
    FINISH_F(t0, sum);
}
