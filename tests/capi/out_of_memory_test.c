/* The host runs out of memory: the Nth allocation of compiling, making an instance, calling and converting
   fails, for every N that is tried, alone or with all after it. Each answers a status, loses nothing, and
   works when tried again. Every N has a process of its own, so that one that crashes is named. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(TN_EMULATED)
/* Sanitizers have allocators of their own, and an emulator is too slow. */
int main(void) { return finish(); }
#else

/* The library's allocations come here: malloc and its family, operator new through it, and mapped memory. */
extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);
extern void __libc_free(void*);

static long allocations, fail_at, held; /* fail_at: 0 for none, negative for this one and all after it */
static int is_counting;

static int fails(void) {
    if (!is_counting) return 0;
    ++allocations;
    if (allocations == fail_at || (fail_at < 0 && allocations >= -fail_at)) {
        errno = ENOMEM;
        return 1;
    }
    return 0;
}
static void* taken(void* p) {
    held += p != NULL;
    return p;
}
#pragma GCC visibility push(default)
void* malloc(size_t size) { return fails() ? NULL : taken(__libc_malloc(size)); }
void* calloc(size_t count, size_t size) { return fails() ? NULL : taken(__libc_calloc(count, size)); }
void* realloc(void* p, size_t size) {
    void* moved = fails() ? NULL : __libc_realloc(p, size);
    held += !p && moved;
    return moved;
}
void* memalign(size_t alignment, size_t size) {
    return fails() ? NULL : taken(__libc_memalign(alignment, size));
}
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** out, size_t alignment, size_t size) {
    void* p = memalign(alignment, size);
    if (!p) return ENOMEM;
    *out = p;
    return 0;
}
void free(void* p) {
    held -= p != NULL;
    __libc_free(p);
}
void* mmap(void* at, size_t size, int protection, int flags, int file, off_t offset) {
    if (fails()) return MAP_FAILED;
    return (void*)syscall(SYS_mmap, at, size, protection, flags, file, offset);
}

#pragma GCC visibility pop

static const char source[] = "record Point { x: f64, y: f64 }\n"
                             "enum Shape { Circle(f64), Poly(List[Point]), Empty }\n"
                             "var seen: Map[String, i64] = Map.new();\n"
                             "fn area(s: Shape) -> f64 { match s { Circle(r) => r * r * 3.0, Poly(ps) => "
                             "ps.map(|p| p.x * p.y).sum(), Empty => 0.0 } }\n"
                             "fn words(text: String, more: List[String]) -> List[String] {\n"
                             "    let all = text.split(\" \");\n"
                             "    for w in more { all.push(host.twice(w)); seen.insert(w, w.len()); }\n"
                             "    all\n"
                             "}\n"
                             "fn shapes(n: i64) -> f64 {\n"
                             "    let ps: List[Point] = [];\n"
                             "    for i in 0..n { ps.push(Point{x: i as f64, y: 2.0}); }\n"
                             "    let digits = f\"{1.0e300 + n as f64:.700f}\".len() as f64;\n" /* takes memory meanwhile */
                             "    area(Shape.Poly(ps)) + area(Shape.Circle(1.0)) + digits * 0.0\n"
                             "}\n"
                             "fn broken(xs: List[i64]) -> i64 { xs[7] }\n";

static int ended, registered;
static void end(void* ud) {
    (void)ud;
    ++ended;
}
static tn_status twice(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    char text[64];
    (void)nargs, (void)ud;
    snprintf(text, sizeof text, "%.20s%.20s", tn_string_data(&args[0], NULL), tn_string_data(&args[0], NULL));
    return tn_string_new(tn_frame_instance(fr), text, TN_NTS, ret, NULL);
}

typedef struct Handles {
    tn_runtime* rt;
    tn_module* mod;
    tn_instance* inst;
    tn_function *words, *shapes, *broken;
    tn_value text, list, item, result;
    tn_error* err;
} Handles;

/* What a host does, up to the first failure. */
static tn_status work(Handles* h) {
    tn_status s;
    tn_value args[2], n, ret;
    memset(h, 0, sizeof *h);
    if ((s = tn_runtime_new(TN_ABI_VERSION, NULL, &h->rt, &h->err))) return s;
    ++registered;
    if ((s = tn_register_fn(h->rt, "host.twice", TN_NTS, "fn(String) -> String", TN_NTS, twice, NULL, end, 0,
                            &h->err)))
        return s;
    if ((s = tn_compile(h->rt, "m.tn", TN_NTS, source, TN_NTS, NULL, &h->mod, &h->err))) return s;
    if ((s = tn_instance_new(h->mod, NULL, &h->inst, &h->err))) return s;
    if ((s = tn_module_function(h->mod, "words", TN_NTS, "fn(String, List[String]) -> List[String]", TN_NTS,
                                &h->words, &h->err)))
        return s;
    if ((s = tn_module_function(h->mod, "shapes", TN_NTS, NULL, 0, &h->shapes, &h->err))) return s;
    if ((s = tn_module_function(h->mod, "broken", TN_NTS, NULL, 0, &h->broken, &h->err))) return s;
    if ((s = tn_string_new(h->inst, "one two", TN_NTS, &h->text, &h->err))) return s;
    if ((s = tn_list_new(h->inst, tn_type_child(tn_function_param_type(h->words, 1), 0), 0, &h->list,
                         &h->err)))
        return s;
    if ((s = tn_string_new(h->inst, "more", TN_NTS, &h->item, &h->err))) return s;
    if ((s = tn_list_push(&h->list, &h->item))) return s;
    args[0] = h->text;
    args[1] = h->list;
    if ((s = tn_call(h->inst, h->words, args, 2, &h->result, &h->err))) return s;
    n = make_i64(100);
    if ((s = tn_call(h->inst, h->shapes, &n, 1, &ret, &h->err))) return s;
    if (ret.as.f != 9903.0) return TN_INTERNAL;
    return TN_OK;
}

static void give_back(Handles* h) {
    tn_value_clear(&h->text);
    tn_value_clear(&h->list);
    tn_value_clear(&h->item);
    tn_value_clear(&h->result);
    tn_function_free(h->words);
    tn_function_free(h->shapes);
    tn_function_free(h->broken);
    tn_instance_free(h->inst);
    tn_module_free(h->mod);
    tn_runtime_free(h->rt);
    tn_error_free(h->err);
}

enum { FINE, WRONG_STATUS = 10, WRONG_ERROR, LEFT_HANDLES, LEFT_MEMORY, NOT_ENDED, NOT_AGAIN };
static const char* const problems[] = {"another status than for a lack of memory",
                                       "an error of another status",
                                       "handles are left",
                                       "memory is left",
                                       "a finalizer did not run once",
                                       "the work fails afterwards"};

/* In a process of its own. Answers one of the above. */
static int attempt(long at) {
    Handles h;
    tn_status s;
    long before = held;
    fail_at = at;
    allocations = 0;
    ended = registered = 0;
    is_counting = 1;
    s = work(&h);
    is_counting = 0;
    if (s != TN_OK && s != TN_NOMEM && s != TN_TRAP_MEMORY_LIMIT) {
        fprintf(stderr, "  %ld: %s", at, h.err ? tn_error_render(h.err, 0, NULL) : tn_status_name(s));
        return WRONG_STATUS;
    }
    if (h.err && tn_error_status(h.err) != s) return WRONG_ERROR;
    give_back(&h);
    if (tn_live_handles() != 0) return LEFT_HANDLES;
    if (ended != registered) return NOT_ENDED;
    if (s == TN_OK && fail_at == 0) return FINE;
    /* Twice: what is kept for later is the same after each. */
    fail_at = 0;
    s = work(&h);
    give_back(&h);
    if (s != TN_OK) return NOT_AGAIN;
    before = held;
    s = work(&h);
    give_back(&h);
    if (s != TN_OK || tn_live_handles() != 0) return NOT_AGAIN;
    return held == before ? FINE : LEFT_MEMORY;
}

static void try_at(long at) {
    int status = 0;
    const pid_t child = fork();
    if (child == 0) _exit(attempt(at));
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        fprintf(stderr, "  allocation %ld%s: killed by signal %d\n", at < 0 ? -at : at,
                at < 0 ? " and all after it" : "", WTERMSIG(status));
    else if (WEXITSTATUS(status) != FINE)
        fprintf(stderr, "  allocation %ld%s: %s\n", at < 0 ? -at : at, at < 0 ? " and all after it" : "",
                problems[WEXITSTATUS(status) - WRONG_STATUS]);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == FINE);
}

static long first = 1, last, stride;
static void every_allocation(void) {
    long at;
    Handles h;
    /* What is made once in a process, and how much the rest is. */
    STATUS(work(&h), TN_OK);
    give_back(&h);
    is_counting = 1;
    allocations = 0;
    STATUS(work(&h), TN_OK);
    is_counting = 0;
    give_back(&h);
    printf("  %ld allocations\n", allocations);
    CHECK(allocations > 1000);
    if (last == 0) last = allocations;
    /* All of them take minutes: each of the first and the last, which are the calls, and some in between. */
    for (at = first; at <= last; at += stride ? stride : at < 60 || at > last - 120 ? 1 : last / 100) {
        try_at(at);
        if (at % 3 == 0) try_at(-at);
    }
}

/* usage: capi_out_of_memory [FIRST LAST STRIDE] */
int main(int argc, char** argv) {
    if (argc > 3) {
        first = atol(argv[1]);
        last = atol(argv[2]);
        stride = atol(argv[3]);
    }
    RUN(every_allocation);
    return finish();
}
#endif
