#include "bench.h"
/* The automaton of Aho and Corasick: 800 words of four letters' alphabet looked for at once in a text of 3 MB. */
typedef struct { int32_t next[4], fail, words; } Node;
int main(void) {
    double t0 = bench_now();
    uint32_t s = 51;
    enum { MOST = 800 * 14, SIZE = 3000000 };
    Node *nodes = malloc(MOST * sizeof *nodes);
    int64_t count = 1, *queue = malloc(MOST * 8), head = 0, tail = 0;
    nodes[0] = (Node){{-1, -1, -1, -1}, 0, 0};
    for (int w = 0; w < 800; w++) {
        int64_t at = 0;
        for (int64_t k = 6 + rng_next(&s) % 8; k > 0; k--) {
            int64_t c = rng_next(&s) >> 7 & 3;
            if (nodes[at].next[c] < 0) {
                nodes[at].next[c] = (int32_t)count;
                nodes[count++] = (Node){{-1, -1, -1, -1}, 0, 0};
            }
            at = nodes[at].next[c];
        }
        nodes[at].words++;
    }
    for (int c = 0; c < 4; c++) {
        int32_t child = nodes[0].next[c];
        if (child < 0) nodes[0].next[c] = 0;
        else queue[tail++] = child;
    }
    while (head < tail) {
        int64_t at = queue[head++], fail = nodes[at].fail;
        nodes[at].words += nodes[fail].words;
        for (int c = 0; c < 4; c++) {
            int32_t child = nodes[at].next[c];
            if (child < 0) {
                nodes[at].next[c] = nodes[fail].next[c];
            } else {
                nodes[child].fail = nodes[fail].next[c];
                queue[tail++] = child;
            }
        }
    }
    uint8_t *text = malloc(SIZE);
    for (int i = 0; i < SIZE; i++) text[i] = rng_next(&s) >> 9 & 3;
    int64_t found = 0, sum = 0;
    for (int round = 0; round < 4; round++) {
        int64_t at = round;
        for (int i = 0; i < SIZE; i++) {
            at = nodes[at].next[text[i]];
            int64_t words = nodes[at].words;
            if (words > 0) {
                found += words;
                sum = (sum + at * found) & 0xffffff;
            }
        }
    }
    free(nodes); free(queue); free(text);
    FINISH_I(t0, found * 16777216 + sum);
}
