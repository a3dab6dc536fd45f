#include "bench.h"
typedef struct {
    uint8_t cells[81];
    uint32_t rows[9], columns[9], boxes[9];
} Grid;
static int64_t solve(Grid *g, int64_t from, int64_t *found) {
    int64_t at = from;
    while (at < 81 && g->cells[at] != 0) at++;
    if (at == 81) { ++*found; return 1; }
    int64_t row = at / 9, column = at % 9, box = row / 3 * 3 + column / 3, tried = 0;
    uint32_t taken = g->rows[row] | g->columns[column] | g->boxes[box];
    for (int64_t digit = 1; digit <= 9; digit++) {
        uint32_t bit = 1u << digit;
        if (taken & bit) continue;
        g->cells[at] = digit;
        g->rows[row] |= bit; g->columns[column] |= bit; g->boxes[box] |= bit;
        tried += solve(g, at + 1, found) + 1;
        g->rows[row] ^= bit; g->columns[column] ^= bit; g->boxes[box] ^= bit;
    }
    g->cells[at] = 0;
    return tried;
}
int main(void) {
    double t0 = bench_now();
    const char *clues = "53007000060019500009800006080006000340080300170002000606000028000041900500008007";
    static Grid g;
    int64_t length = strlen(clues), found = 0;
    for (int64_t i = 0; i < 81; i++) {
        int digit = i < length && i % 4 != 1 ? clues[i] - 48 : 0;
        uint32_t bit = 1u << digit;
        int64_t row = i / 9, column = i % 9, box = row / 3 * 3 + column / 3;
        if (digit == 0 || (g.rows[row] | g.columns[column] | g.boxes[box]) & bit) continue;
        g.cells[i] = digit;
        g.rows[row] |= bit; g.columns[column] |= bit; g.boxes[box] |= bit;
    }
    int64_t tried = solve(&g, 0, &found);
    FINISH_I(t0, tried * 1000 + found);
}
