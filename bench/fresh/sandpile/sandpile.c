// Grains fall on a board; a place with four of them gives one to each neighbour, until all are still.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct stack { int64_t *items, count, room; };

static void push(struct stack *s, int64_t item) {
    if (s->count == s->room) {
        s->room = s->room ? s->room * 2 : 8;
        s->items = realloc(s->items, (size_t)s->room * sizeof *s->items);
    }
    s->items[s->count++] = item;
}

static int64_t drop(int32_t *grid, int64_t size, struct stack *waiting, int64_t at, int32_t grains) {
    int64_t topples = 0;
    grid[at] += grains;
    if (grid[at] >= 4) push(waiting, at);
    while (waiting->count > 0) {
        int64_t place = waiting->items[--waiting->count];
        int32_t height = grid[place];
        if (height < 4) continue;
        int32_t each = height / 4;
        grid[place] = height - each * 4;
        topples += each;
        int64_t x = place % size;
        if (x > 0) {
            grid[place - 1] += each;
            if (grid[place - 1] >= 4) push(waiting, place - 1);
        }
        if (x < size - 1) {
            grid[place + 1] += each;
            if (grid[place + 1] >= 4) push(waiting, place + 1);
        }
        if (place >= size) {
            grid[place - size] += each;
            if (grid[place - size] >= 4) push(waiting, place - size);
        }
        if (place < size * (size - 1)) {
            grid[place + size] += each;
            if (grid[place + size] >= 4) push(waiting, place + size);
        }
    }
    return topples;
}

int main(void) {
    int64_t size = 101, topples = 0;
    int32_t *grid = calloc((size_t)(size * size), sizeof *grid);
    struct stack waiting = {0};
    int64_t middle = size / 2 * size + size / 2;
    for (int64_t i = 0; i < 300; i++) {
        topples += drop(grid, size, &waiting, middle, 64);
        topples += drop(grid, size, &waiting, (i * 7919) % (size * size), 9);
    }
    int64_t sum = topples;
    for (int64_t i = 0; i < size * size; i++) sum = (sum * 31 + grid[i]) % 1000000007;
    printf("checksum %lld\n", (long long)sum);
    free(grid);
    free(waiting.items);
}
