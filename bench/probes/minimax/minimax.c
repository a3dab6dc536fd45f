#include "bench.h"
/* Connect four on a board of 5 by 4, to a depth, with alpha and beta. */
enum { W = 5, H = 4 };
typedef struct { int8_t cells[W * H]; int64_t heights[W], nodes; } Game;
static int wins(const Game *g, int64_t x, int64_t y, int8_t who) {
    static const int64_t dx[4] = {1, 0, 1, 1}, dy[4] = {0, 1, 1, -1};
    for (int d = 0; d < 4; d++) {
        int64_t n = 1;
        for (int side = 0; side < 2; side++) {
            int64_t sign = side == 0 ? 1 : -1, cx = x + dx[d] * sign, cy = y + dy[d] * sign;
            while (cx >= 0 && cx < W && cy >= 0 && cy < H && g->cells[cy * W + cx] == who) {
                n++;
                cx += dx[d] * sign;
                cy += dy[d] * sign;
            }
        }
        if (n >= 4) return 1;
    }
    return 0;
}
static int64_t search(Game *g, int8_t who, int64_t depth, int64_t alpha, int64_t beta) {
    g->nodes++;
    if (depth == 0) return 0;
    int64_t best = -1000;
    int moved = 0;
    for (int64_t x = 0; x < W; x++) {
        int64_t y = g->heights[x];
        if (y == H) continue;
        moved = 1;
        g->cells[y * W + x] = who;
        g->heights[x] = y + 1;
        int64_t value = wins(g, x, y, who) ? 100 + depth : -search(g, (int8_t)-who, depth - 1, -beta, -alpha);
        g->cells[y * W + x] = 0;
        g->heights[x] = y;
        if (value > best) best = value;
        if (best > alpha) alpha = best;
        if (alpha >= beta) break;
    }
    return moved ? best : 0;
}
int main(void) {
    double t0 = bench_now();
    int64_t sum = 0;
    for (int64_t start = 0; start < W; start++) {
        Game g;
        memset(&g, 0, sizeof g);
        g.cells[start] = 1;
        g.heights[start] = 1;
        int64_t value = search(&g, -1, 14, -1000, 1000);
        sum = sum * 1000 % 1000000007 + value + g.nodes;
    }
    FINISH_I(t0, sum);
}
