#define _POSIX_C_SOURCE 200809L
#include "callbench.h"
#include "c_api.h"
#include <dlfcn.h>
/* What a script's call of its host costs: a plain C function, a generic one, a method of a host type; beside them C
   calling the same function through a pointer.
   usage: host_back libtenon.so */
#define API(X) X(tn_runtime_new) X(tn_register_type) X(tn_register_native) X(tn_register_fn) X(tn_compile) \
    X(tn_instance_new) X(tn_module_function) X(tn_call_slots) X(tn_error_render) X(tn_function_free) \
    X(tn_instance_free) X(tn_module_free) X(tn_runtime_free) X(tn_live_handles)
#define MEMBER(name) __typeof__(&name) name;
static struct { API(MEMBER) } api;

static int open_library(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) { fprintf(stderr, "%s\n", dlerror()); return 0; }
#define LOAD(name) if (!(*(void **)&api.name = dlsym(library, #name))) { fprintf(stderr, "%s\n", dlerror()); return 0; }
    API(LOAD)
    return 1;
}

static tn_error *err;
static void check(tn_status status) {
    if (status == TN_OK) return;
    fprintf(stderr, "status %d\n%s", status, err ? api.tn_error_render(err, 0, NULL) : "");
    exit(1);
}

typedef struct Counter { double step; } Counter;
static void *new_counter(void) {
    Counter *c = malloc(sizeof *c);
    c->step = 1.0;
    return c;
}
static void free_counter(void *p, void *ud) { (void)ud; free(p); }
static double add1(double x) { return x + 1.0; }
static tn_status try_add1(double x, double *out) { *out = x + 1.0; return TN_OK; }
static double step(void *counter, double x) { return x + ((Counter *)counter)->step; }
static tn_status generic_add1(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    (void)fr; (void)nargs; (void)ud;
    double x = args[0].as.f + 1.0;
    TN_SET_F64(ret, x);
    return TN_OK;
}

static const char script[] =
    "fn none(n: i64) -> f64 { let x = 0.0; for i in 0..n { x += 1.0; } x }\n"
    "fn plain(n: i64) -> f64 { let x = 0.0; for i in 0..n { x = add1(x); } x }\n"
    "fn status(n: i64) -> f64 { let x = 0.0; for i in 0..n { x = try_add1(x); } x }\n"
    "fn generic(n: i64) -> f64 { let x = 0.0; for i in 0..n { x = generic_add1(x); } x }\n"
    "fn method(n: i64) -> f64 { let c = Counter.new(); let x = 0.0; for i in 0..n { x = c.step(x); } x }\n";

static tn_module *mod;
static tn_instance *inst;
static void run(const char *label, const char *name, int64_t n) {
    tn_function *f;
    tn_slot io[1];
    check(api.tn_module_function(mod, name, TN_NTS, "fn(i64) -> f64", TN_NTS, &f, &err));
    double best = 0;
    for (int i = 0; i < 3; i++) {
        io[0].i = n;
        double t = cpu_ns();
        check(api.tn_call_slots(inst, f, io, 1, &err));
        t = cpu_ns() - t;
        if (i == 0 || t < best) best = t;
    }
    printf("%s %.3f %.0f\n", label, best / (double)n, io[0].f);
    fflush(stdout);
    api.tn_function_free(f);
}

int main(int argc, char **argv) {
    tn_runtime *rt;
    const tn_type *counter;
    tn_host_type ops;
    enum { N = 20000000 };
    if (argc != 2 || !open_library(argv[1])) return 2;
    memset(&ops, 0, sizeof ops);
    ops.struct_size = sizeof ops;
    ops.finalize = free_counter;
    check(api.tn_runtime_new(TN_ABI_VERSION, NULL, &rt, &err));
    check(api.tn_register_type(rt, "Counter", TN_NTS, NULL, 0, &ops, NULL, NULL, &counter, &err));
#define NATIVE(path, sig, fn, flags) \
    check(api.tn_register_native(rt, path, TN_NTS, sig, TN_NTS, (tn_fnptr)fn, NULL, NULL, flags, &err))
    NATIVE("Counter.new", "fn() -> Counter", new_counter, 0);
    NATIVE("Counter.step", "fn(Counter, f64) -> f64", step, 0);
    NATIVE("add1", "fn(f64) -> f64", add1, 0);
    NATIVE("try_add1", "fn(f64) -> f64", try_add1, TN_FN_STATUS);
    check(api.tn_register_fn(rt, "generic_add1", TN_NTS, "fn(f64) -> f64", TN_NTS, generic_add1, NULL, NULL, 0, &err));
    check(api.tn_compile(rt, "back.tn", TN_NTS, script, TN_NTS, NULL, &mod, &err));
    check(api.tn_instance_new(mod, NULL, &inst, &err));
    {
        double (*volatile at)(double) = add1;
        for (int i = 0; i < 3; i++) ADD_LOOP("C->C through a pointer", N, double (*f)(double) = at; out = f(x));
        double (*volatile method)(void *, double) = step;
        void *c = new_counter();
        for (int i = 0; i < 3; i++)
            ADD_LOOP("C->C method through a pointer", N, double (*f)(void *, double) = method; out = f(c, x));
        free(c);
    }
    run("Tenon->Tenon, the loop alone", "none", N);
    run("Tenon->C plain", "plain", N);
    run("Tenon->C plain with a status", "status", N);
    run("Tenon->C method of a handle", "method", N);
    run("Tenon->C generic", "generic", N);
    api.tn_instance_free(inst);
    api.tn_module_free(mod);
    api.tn_runtime_free(rt);
    if (api.tn_live_handles() != 0) { fprintf(stderr, "handles leak\n"); return 1; }
    return 0;
}
