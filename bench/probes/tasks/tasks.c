#include "bench.h"
typedef struct {
    int64_t time;
    int32_t number, weight;
} Task;
static int is_before(Task a, Task b) { return a.time < b.time || (a.time == b.time && a.number < b.number); }
static Task heap[60000];
static int64_t count;
static void push(Task task) {
    int64_t at = count++;
    while (at > 0) {
        int64_t up = (at - 1) / 2;
        if (!is_before(task, heap[up])) break;
        heap[at] = heap[up];
        at = up;
    }
    heap[at] = task;
}
static Task pop(void) {
    Task first = heap[0], last = heap[--count];
    if (count == 0) return first;
    int64_t at = 0;
    for (;;) {
        int64_t down = 2 * at + 1;
        if (down >= count) break;
        if (down + 1 < count && is_before(heap[down + 1], heap[down])) down++;
        if (!is_before(heap[down], last)) break;
        heap[at] = heap[down];
        at = down;
    }
    heap[at] = last;
    return first;
}
int main(void) {
    double t0 = bench_now();
    uint32_t seed = 7;
    for (int i = 0; i < 50000; i++) push((Task){rng_next(&seed) & 0xffff, i, 1});
    int64_t total = 0;
    for (int i = 0; i < 1000000; i++) {
        Task task = pop();
        total ^= task.time * task.number + task.weight;
        push((Task){task.time + (rng_next(&seed) & 0xfff), i, task.weight + 1});
    }
    FINISH_I(t0, total);
}
