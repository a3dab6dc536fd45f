#include "bench.h"
static uint8_t perm[512];
static double fade(double t) { return t * t * t * (t * (t * 6 - 15) + 10); }
static double lerp(double t, double a, double b) { return a + t * (b - a); }
static double grad(int64_t h, double x, double y) {
    double u = h & 1 ? x : y, v = h & 1 ? y : x;
    return (h & 2 ? -u : u) + (h & 4 ? -v : v);
}
static double noise(double x, double y) {
    double fx = floor(x), fy = floor(y);
    int64_t ix = (int64_t)fx & 255, iy = (int64_t)fy & 255;
    x -= fx; y -= fy;
    double u = fade(x), v = fade(y);
    int64_t a = perm[ix] + iy, b = perm[ix + 1] + iy;
    return lerp(v, lerp(u, grad(perm[a], x, y), grad(perm[b], x - 1, y)),
                lerp(u, grad(perm[a + 1], x, y - 1), grad(perm[b + 1], x - 1, y - 1)));
}
int main(void) {
    double t0 = bench_now();
    uint32_t s = 3;
    for (int i = 0; i < 256; i++) perm[i] = i;
    for (int i = 255; i > 0; i--) { int j = rng_next(&s) % (i + 1); uint8_t t = perm[i]; perm[i] = perm[j]; perm[j] = t; }
    for (int i = 0; i < 256; i++) perm[256 + i] = perm[i];
    double sum = 0;
    for (int64_t y = 0; y < 4800; y++)
        for (int64_t x = 0; x < 1600; x++) sum += noise(x * 0.037, y * 0.041);
    FINISH_F(t0, sum);
}
