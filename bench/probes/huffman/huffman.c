#include "bench.h"
/* Huffman codes of 4 MB, the bits, and the bytes again. */
enum { SIZE = 4000000, NODES = 511 };
static int64_t weight[NODES], left_of[NODES], right_of[NODES];
static uint32_t code[256];
static int64_t length[256];
static void assign(int64_t node, uint32_t bits, int64_t depth) {
    if (node < 256) { code[node] = bits; length[node] = depth; return; }
    assign(left_of[node], bits << 1, depth + 1);
    assign(right_of[node], bits << 1 | 1, depth + 1);
}
int main(void) {
    double t0 = bench_now();
    uint8_t *data = malloc(SIZE), *packed = malloc(SIZE * 2), *back = malloc(SIZE);
    uint32_t seed = 21;
    for (int64_t i = 0; i < SIZE; i++) { uint32_t r = rng_next(&seed); data[i] = (uint8_t)((r & 15) * (r >> 8 & 15)); }
    int used[NODES] = {0};
    for (int64_t i = 0; i < SIZE; i++) weight[data[i]]++;
    for (int64_t node = 256; node < NODES; node++) {
        int64_t pair[2];
        for (int k = 0; k < 2; k++) {
            int64_t best = -1;
            for (int64_t i = 0; i < node; i++)
                if (!used[i] && (best < 0 || weight[i] < weight[best])) best = i;
            used[best] = 1;
            pair[k] = best;
        }
        left_of[node] = pair[0]; right_of[node] = pair[1];
        weight[node] = weight[pair[0]] + weight[pair[1]];
    }
    assign(NODES - 1, 0, 0);
    uint64_t buffer = 0;
    int64_t bits = 0, count = 0;
    for (int64_t i = 0; i < SIZE; i++) {
        buffer = buffer << length[data[i]] | code[data[i]];
        bits += length[data[i]];
        while (bits >= 8) { bits -= 8; packed[count++] = (uint8_t)(buffer >> bits); }
    }
    if (bits > 0) packed[count++] = (uint8_t)(buffer << (8 - bits));
    int64_t node = NODES - 1, out = 0;
    for (int64_t i = 0; i < count && out < SIZE; i++)
        for (int bit = 7; bit >= 0 && out < SIZE; bit--) {
            node = packed[i] >> bit & 1 ? right_of[node] : left_of[node];
            if (node < 256) { back[out++] = (uint8_t)node; node = NODES - 1; }
        }
    int64_t sum = count;
    for (int64_t i = 0; i < SIZE; i++) sum = (sum * 31 + (back[i] == data[i]) + back[i]) % 1000000007;
    free(data); free(packed); free(back);
    FINISH_I(t0, sum);
}
