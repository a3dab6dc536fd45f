#include "bench.h"
typedef struct {
    uint8_t *bytes;
    int64_t length, room, last;
} List;
static void put(List *l, int64_t doc) {
    uint64_t gap = (uint64_t)(doc - l->last);
    l->last = doc;
    do {
        if (l->length == l->room) l->bytes = realloc(l->bytes, l->room = l->room ? 2 * l->room : 16);
        l->bytes[l->length++] = (uint8_t)((gap & 127) | (gap > 127 ? 128 : 0));
        gap >>= 7;
    } while (gap);
}
static int64_t next(const List *l, int64_t *at) {
    uint64_t gap = 0;
    int shift = 0;
    for (;;) {
        uint8_t b = l->bytes[(*at)++];
        gap |= (uint64_t)(b & 127) << shift;
        if (b < 128) return (int64_t)gap;
        shift += 7;
    }
}
static int64_t both(const List *a, const List *b) {
    int64_t i = 0, j = 0, x = 0, y = 0, found = 0;
    if (!a->length || !b->length) return 0;
    x = next(a, &i), y = next(b, &j);
    for (;;) {
        if (x == y) {
            found += x % 7 + 1;
            if (i == a->length || j == b->length) return found;
            x += next(a, &i), y += next(b, &j);
        } else if (x < y) {
            if (i == a->length) return found;
            x += next(a, &i);
        } else {
            if (j == b->length) return found;
            y += next(b, &j);
        }
    }
}
int main(void) {
    double t0 = bench_now();
    int terms = 64;
    List lists[64];
    memset(lists, 0, sizeof lists);
    uint32_t s = 3;
    for (int64_t doc = 1; doc <= 60000; doc++)
        for (int t = 0; t < terms; t++)
            if (rng_next(&s) % (uint32_t)(t + 2) == 0) put(&lists[t], doc);
    int64_t sum = 0;
    for (int a = 0; a < terms; a++)
        for (int b = a + 1; b < terms; b++) sum += both(&lists[a], &lists[b]);
    FINISH_I(t0, sum);
}
