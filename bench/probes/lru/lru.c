#include "bench.h"
enum { ROOM = 4096, TABLE = 16384, NONE = -1 };
typedef struct { int64_t key, newer, older, next; } Entry; /* next: in the table's chain */
static Entry entries[ROOM];
static int64_t table[TABLE], newest = NONE, oldest = NONE, used = 0;
static int64_t slot_of(int64_t key) { return (int64_t)(((uint64_t)key * 0x9e3779b97f4a7c15u) >> 50); }
static void unlink_entry(int64_t e) {
    if (entries[e].newer != NONE) entries[entries[e].newer].older = entries[e].older;
    else newest = entries[e].older;
    if (entries[e].older != NONE) entries[entries[e].older].newer = entries[e].newer;
    else oldest = entries[e].newer;
}
static void push_newest(int64_t e) {
    entries[e].older = newest;
    entries[e].newer = NONE;
    if (newest != NONE) entries[newest].newer = e;
    else oldest = e;
    newest = e;
}
static int touch(int64_t key) {
    int64_t slot = slot_of(key), e = table[slot];
    while (e != NONE && entries[e].key != key) e = entries[e].next;
    if (e != NONE) {
        unlink_entry(e);
        push_newest(e);
        return 1;
    }
    if (used < ROOM) {
        e = used++;
    } else {
        e = oldest;
        unlink_entry(e);
        int64_t old = slot_of(entries[e].key), at = table[old];
        if (at == e) {
            table[old] = entries[e].next;
        } else {
            while (entries[at].next != e) at = entries[at].next;
            entries[at].next = entries[e].next;
        }
    }
    entries[e].key = key;
    entries[e].next = table[slot];
    table[slot] = e;
    push_newest(e);
    return 0;
}
int main(void) {
    double t0 = bench_now();
    uint32_t s = 17;
    int64_t hits = 0;
    for (int64_t i = 0; i < TABLE; i++) table[i] = NONE;
    for (int64_t i = 0; i < 4000000; i++) {
        int64_t key = rng_next(&s) % 6000;
        if (key > 3000) key = rng_next(&s) % 60000;
        hits += touch(key);
    }
    FINISH_I(t0, hits * 100003 + entries[newest].key);
}
