#include "bench.h"
/* Which of 300,000 points lie in a star of 64 corners, and how far the others are from its edges. */
typedef struct { double x, y; } Point;
static int is_inside(Point p, const Point *corners, int64_t n) {
    int inside = 0;
    Point last = corners[n - 1];
    for (int64_t i = 0; i < n; i++) {
        Point c = corners[i];
        if ((c.y > p.y) != (last.y > p.y) && p.x < (last.x - c.x) * (p.y - c.y) / (last.y - c.y) + c.x) inside = !inside;
        last = c;
    }
    return inside;
}
static double distance(Point p, const Point *corners, int64_t n) {
    double least = 1e300;
    Point last = corners[n - 1];
    for (int64_t i = 0; i < n; i++) {
        Point c = corners[i];
        double dx = c.x - last.x, dy = c.y - last.y;
        double t = ((p.x - last.x) * dx + (p.y - last.y) * dy) / (dx * dx + dy * dy);
        if (t < 0) t = 0;
        if (t > 1) t = 1;
        double ex = last.x + t * dx - p.x, ey = last.y + t * dy - p.y, d = ex * ex + ey * ey;
        if (d < least) least = d;
        last = c;
    }
    return sqrt(least);
}
int main(void) {
    double t0 = bench_now();
    Point *corners = malloc(64 * sizeof *corners);
    for (int k = 0; k < 64; k++) {
        double angle = k * 6.283185307179586 / 64, radius = k % 2 == 0 ? 10 : 6;
        corners[k].x = radius * cos(angle);
        corners[k].y = radius * sin(angle);
    }
    uint32_t s = 77;
    int64_t inside = 0;
    double sum = 0;
    for (int i = 0; i < 300000; i++) {
        Point p;
        p.x = (rng_next(&s) % 24000) / 1000.0 - 12;
        p.y = (rng_next(&s) % 24000) / 1000.0 - 12;
        if (is_inside(p, corners, 64)) inside++;
        else sum += distance(p, corners, 64);
    }
    free(corners);
    FINISH_F(t0, sum + (double)inside);
}
