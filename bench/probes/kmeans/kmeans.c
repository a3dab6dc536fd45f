#include "bench.h"
/* Twenty steps of the k-means method: 20,000 points of the plane in 16 groups. */
enum { N = 20000, K = 16 };
typedef struct { double x, y; } Point;
int main(void) {
    double t0 = bench_now();
    Point *points = malloc(N * sizeof *points), centers[K];
    int64_t *group = calloc(N, sizeof *group), moved = 0;
    uint32_t seed = 99;
    for (int64_t i = 0; i < N; i++) {
        points[i].x = (rng_next(&seed) % 10000) / 100.0;
        points[i].y = (rng_next(&seed) % 10000) / 100.0;
    }
    for (int64_t k = 0; k < K; k++) centers[k] = points[k * (N / K)];
    for (int64_t step = 0; step < 20; step++) {
        for (int64_t i = 0; i < N; i++) {
            int64_t best = 0;
            double least = 1e30;
            for (int64_t k = 0; k < K; k++) {
                double dx = points[i].x - centers[k].x, dy = points[i].y - centers[k].y, d = dx * dx + dy * dy;
                if (d < least) { least = d; best = k; }
            }
            if (group[i] != best) { group[i] = best; moved++; }
        }
        Point sum[K] = {{0, 0}};
        int64_t count[K] = {0};
        for (int64_t i = 0; i < N; i++) {
            sum[group[i]].x += points[i].x;
            sum[group[i]].y += points[i].y;
            count[group[i]]++;
        }
        for (int64_t k = 0; k < K; k++)
            if (count[k] > 0) { centers[k].x = sum[k].x / (double)count[k]; centers[k].y = sum[k].y / (double)count[k]; }
    }
    double total = 0;
    for (int64_t k = 0; k < K; k++) total += centers[k].x * (double)k + centers[k].y;
    free(points);
    free(group);
    FINISH_F(t0, total + (double)moved);
}
