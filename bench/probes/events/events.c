#include "bench.h"
typedef struct { int64_t time, who; int32_t kind; } Event;
static Event *q; static int64_t n;
static void push(Event e) {
    int64_t i = n++;
    while (i > 0) {
        int64_t up = (i - 1) / 2;
        if (q[up].time <= e.time) break;
        q[i] = q[up];
        i = up;
    }
    q[i] = e;
}
static Event pop(void) {
    Event first = q[0], last = q[--n];
    if (n == 0) return first;
    int64_t i = 0;
    while (2 * i + 1 < n) {
        int64_t child = 2 * i + 1;
        if (child + 1 < n && q[child + 1].time < q[child].time) child++;
        if (last.time <= q[child].time) break;
        q[i] = q[child];
        i = child;
    }
    q[i] = last;
    return first;
}
int main(void) {
    double t0 = bench_now();
    q = malloc(30000 * sizeof *q);
    uint32_t s = 7;
    for (int64_t i = 0; i < 20000; i++) push((Event){rng_next(&s) & 0xffff, i, i & 3});
    int64_t total = 0;
    for (int64_t i = 0; i < 2000000; i++) {
        Event e = pop();
        total = (total * 31 + e.time + e.who) & 0xffffffff;
        push((Event){e.time + (rng_next(&s) & 0xfff) + e.kind, e.who, e.kind});
    }
    FINISH_I(t0, total);
}
