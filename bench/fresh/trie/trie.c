#include "bench.h"
/* 300,000 words of a random text in a trie of nodes in one array; the text is looked up again. */
enum { WORDS = 300000, LETTERS = 26 };
typedef struct { int32_t next[LETTERS]; int64_t count; } Node;
static Node *nodes;
static int64_t used = 1, room = 1024;
static int64_t make_node(void) {
    if (used == room) { room *= 2; nodes = realloc(nodes, (size_t)room * sizeof *nodes); }
    memset(&nodes[used], 0, sizeof *nodes);
    return used++;
}
int main(void) {
    double t0 = bench_now();
    nodes = calloc((size_t)room, sizeof *nodes);
    uint8_t *text = malloc(WORDS * 9);
    int64_t size = 0;
    uint32_t seed = 17;
    for (int64_t i = 0; i < WORDS; i++) {
        int64_t length = 2 + rng_next(&seed) % 6;
        for (int64_t k = 0; k < length; k++) { uint32_t r = rng_next(&seed); text[size++] = (uint8_t)('a' + (r % 26) * (r >> 16 & 3) / 3); }
        text[size++] = ' ';
    }
    int64_t node = 0;
    for (int64_t i = 0; i < size; i++) {
        if (text[i] == ' ') { nodes[node].count++; node = 0; continue; }
        int64_t letter = text[i] - 'a';
        if (nodes[node].next[letter] == 0) { int64_t made = make_node(); nodes[node].next[letter] = (int32_t)made; }
        node = nodes[node].next[letter];
    }
    int64_t sum = used;
    for (int64_t round = 0; round < 5; round++) {
        node = 0;
        for (int64_t i = 0; i < size; i++) {
            if (text[i] == ' ') { sum = (sum * 31 + nodes[node].count) % 1000000007; node = 0; continue; }
            node = nodes[node].next[text[i] - 'a'];
        }
    }
    free(nodes); free(text);
    FINISH_I(t0, sum);
}
