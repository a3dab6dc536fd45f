#include "bench.h"
static int64_t execute(const int32_t *code, int64_t *stack) {
    int64_t pc = 0, top = 0;
    for (;;) {
        switch (code[pc++]) {
        case 0: stack[top++] = code[pc++]; break;
        case 1: top--; stack[top - 1] += stack[top]; break;
        case 2: top--; stack[top - 1] -= stack[top]; break;
        case 3: top--; stack[top - 1] = (stack[top - 1] * stack[top]) & 0xffffffff; break;
        case 4: stack[top++] = stack[code[pc++]]; break;
        case 5: stack[code[pc++]] = stack[--top]; break;
        case 6: if (stack[--top]) pc = code[pc]; else pc++; break;
        case 7: pc = code[pc]; break;
        default: return stack[0];
        }
    }
}
int main(void) {
    double t0 = bench_now();
    int32_t code[] = {0, 0, 0, 0, 0, 1, 5, 0, 0, 3000000, 5, 1,
                      4, 0, 0, 31, 3, 4, 1, 1, 5, 0, 4, 1, 0, 1, 2, 5, 1, 4, 1, 6, 12, 9};
    int64_t stack[16] = {0}, total = 0;
    for (int round = 0; round < 3; round++) {
        code[5] = round + 1;
        total += execute(code, stack);
    }
    FINISH_I(t0, total);
}
