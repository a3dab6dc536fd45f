#include "bench.h"
/* Three lifts in a house of 40 floors, event by event: 400,000 calls, each answered by whoever is there first. */
typedef struct { int64_t time, kind, who, floor; } Event;
static Event events[1024];
static int64_t count;
static void add(Event e) {
    int64_t i = count++;
    while (i > 0) {
        int64_t parent = (i - 1) / 2;
        if (events[parent].time <= e.time) break;
        events[i] = events[parent];
        i = parent;
    }
    events[i] = e;
}
static Event take(void) {
    Event first = events[0], last = events[--count];
    if (count == 0) return first;
    int64_t i = 0;
    for (;;) {
        int64_t child = 2 * i + 1;
        if (child >= count) break;
        if (child + 1 < count && events[child + 1].time < events[child].time) child++;
        if (last.time <= events[child].time) break;
        events[i] = events[child];
        i = child;
    }
    events[i] = last;
    return first;
}
typedef struct { int64_t floor, free_at, trips; } Lift;
int main(void) {
    double t0 = bench_now();
    uint32_t s = 31;
    Lift lifts[3] = {{0}};
    int64_t calls = 0, waited = 0, longest = 0;
    for (int64_t i = 0; i < 60; i++) {
        int64_t time = rng_next(&s) % 1000, floor = rng_next(&s) % 40;
        add((Event){time, 0, i, floor});
    }
    while (count > 0) {
        Event event = take();
        if (event.kind == 0) {
            int64_t best = 0, soonest = (int64_t)1 << 60;
            for (int64_t k = 0; k < 3; k++) {
                int64_t there = (lifts[k].free_at > event.time ? lifts[k].free_at : event.time) + llabs(lifts[k].floor - event.floor) * 3;
                if (there < soonest) {
                    soonest = there;
                    best = k;
                }
            }
            int64_t to = rng_next(&s) % 40, wait = soonest - event.time;
            waited += wait;
            if (wait > longest) longest = wait;
            lifts[best].free_at = soonest + llabs(event.floor - to) * 3 + 10;
            lifts[best].floor = to;
            lifts[best].trips++;
            add((Event){lifts[best].free_at, 1, event.who, to});
        } else {
            calls++;
            if (calls < 400000) {
                int64_t time = event.time + 100 + rng_next(&s) % 5000;
                add((Event){time, 0, event.who, event.floor});
            }
        }
    }
    FINISH_I(t0, waited + longest * 3 + lifts[0].trips * 5 + lifts[1].trips * 7 + lifts[2].floor);
}
