#define _POSIX_C_SOURCE 200809L
#include "callbench.h"
#include "c_api.h"
#include <dlfcn.h>
/* A host of Tenon: opens the library, compiles a script and times the ways to call it.
   usage: host_tenon libtenon.so verdict.tn */
#define API(X) X(tn_runtime_new) X(tn_compile_path) X(tn_instance_new) X(tn_module_function) X(tn_function_pointer) \
    X(tn_instance_enter) X(tn_instance_leave) X(tn_call) X(tn_call_slots) X(tn_call_batch) X(tn_task_start) X(tn_task_resume) X(tn_task_free) X(tn_error_render) X(tn_error_free) \
    X(tn_function_free) X(tn_instance_free) X(tn_module_free) X(tn_runtime_free) X(tn_live_handles)
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

int main(int argc, char **argv) {
    tn_runtime *rt; tn_module *mod; tn_instance *inst; tn_function *add2, *verdict;
    const char *add2_sig = "fn(f64, f64) -> f64", *verdict_sig = "fn(u32, u16, f64) -> i64";
    if (argc != 3 || !open_library(argv[1])) return 2;
    check(api.tn_runtime_new(TN_ABI_VERSION, NULL, &rt, &err));
    check(api.tn_compile_path(rt, argv[2], TN_NTS, NULL, &mod, &err));
    check(api.tn_instance_new(mod, NULL, &inst, &err));
    check(api.tn_module_function(mod, "add2", TN_NTS, add2_sig, TN_NTS, &add2, &err));
    check(api.tn_module_function(mod, "verdict", TN_NTS, verdict_sig, TN_NTS, &verdict, &err));

    {
        tn_value args[3], ret;
        TN_SET_F64(&args[1], 1.0);
        ADD_LOOP("C->Tenon tn_call, add2", 20000000,
            TN_SET_F64(&args[0], x); check(api.tn_call(inst, add2, args, 2, &ret, &err)); out = ret.as.f);
        RULES_LOOP("C->Tenon tn_call, rules",
            TN_SET_UINT(&args[0], TN_TAG_U32, ip); TN_SET_UINT(&args[1], TN_TAG_U16, port); TN_SET_F64(&args[2], score);
            check(api.tn_call(inst, verdict, args, 3, &ret, &err)); out = ret.as.i);
    }
    {
        tn_value args[3], ret;
        tn_task *task;
        TN_SET_F64(&args[1], 1.0);
        ADD_LOOP("C->Tenon tn_task_start + resume + free, add2", 5000000,
            TN_SET_F64(&args[0], x); check(api.tn_task_start(inst, add2, args, 2, &task, &err));
            check(api.tn_task_resume(task, TN_FUEL_UNLIMITED, &ret, &err)); api.tn_task_free(task); out = ret.as.f);
    }
    {
        tn_slot io[3];
        ADD_LOOP("C->Tenon tn_call_slots, add2", 20000000,
            io[0].f = x; io[1].f = 1.0; check(api.tn_call_slots(inst, add2, io, 2, &err)); out = io[0].f);
        RULES_LOOP("C->Tenon tn_call_slots, rules",
            io[0].u = ip; io[1].u = port; io[2].f = score;
            check(api.tn_call_slots(inst, verdict, io, 3, &err)); out = io[0].i);
    }
    {
        tn_fnptr p;
        double (*a)(tn_instance *, double, double);
        int64_t (*v)(tn_instance *, uint32_t, uint16_t, double);
        check(api.tn_function_pointer(add2, add2_sig, TN_NTS, &p, &err));
        a = (double (*)(tn_instance *, double, double))p;
        check(api.tn_function_pointer(verdict, verdict_sig, TN_NTS, &p, &err));
        v = (int64_t (*)(tn_instance *, uint32_t, uint16_t, double))p;
        check(api.tn_instance_enter(inst));
        ADD_LOOP("C->Tenon tn_function_pointer, add2", 100000000, out = a(inst, x, 1.0));
        RULES_LOOP("C->Tenon tn_function_pointer, rules", out = v(inst, ip, port, score));
        check(api.tn_instance_leave(inst, &err));
    }
    {
        enum { ROWS = 1000000, REPEAT = 10 };
        double *in = malloc(ROWS * sizeof *in), *results = malloc(ROWS * sizeof *results), one = 1.0, t;
        tn_column args[2] = {{TN_TAG_F64, 0, in, sizeof *in}, {TN_TAG_F64, 0, &one, 0}};
        tn_column ret = {TN_TAG_F64, 0, results, sizeof *results};
        for (int i = 0; i < ROWS; i++) in[i] = i;
        check(api.tn_call_batch(inst, add2, 1, args, 2, &ret, NULL, &err)); /* makes the loop */
        t = cpu_ns();
        for (int i = 0; i < REPEAT; i++) check(api.tn_call_batch(inst, add2, ROWS, args, 2, &ret, NULL, &err));
        printf("C->Tenon tn_call_batch, add2, a row %.3f %.0f\n", (cpu_ns() - t) / ROWS / REPEAT, results[ROWS - 1]);
        free(in);
        free(results);
    }
    {
        enum { TIMES = 200 };
        double t = cpu_ns();
        for (int i = 0; i < TIMES; i++) {
            tn_runtime *rt2;
            check(api.tn_runtime_new(TN_ABI_VERSION, NULL, &rt2, &err));
            api.tn_runtime_free(rt2);
        }
        printf("Tenon new runtime + free (us) %.3f 0\n", (cpu_ns() - t) / TIMES / 1e3);
        t = cpu_ns();
        for (int i = 0; i < TIMES; i++) {
            tn_module *m;
            check(api.tn_compile_path(rt, argv[2], TN_NTS, NULL, &m, &err));
            tn_function *f;
            check(api.tn_module_function(m, "add2", TN_NTS, add2_sig, TN_NTS, &f, &err));
            api.tn_function_free(f);
            api.tn_module_free(m);
        }
        printf("Tenon compile of verdict.tn (us) %.3f 0\n", (cpu_ns() - t) / TIMES / 1e3);
        t = cpu_ns();
        for (int i = 0; i < TIMES; i++) {
            tn_instance *in;
            check(api.tn_instance_new(mod, NULL, &in, &err));
            api.tn_instance_free(in);
        }
        printf("Tenon new instance + free (us) %.3f 0\n", (cpu_ns() - t) / TIMES / 1e3);
    }
    api.tn_function_free(add2);
    api.tn_function_free(verdict);
    api.tn_instance_free(inst);
    api.tn_module_free(mod);
    api.tn_runtime_free(rt);
    if (api.tn_live_handles() != 0) { fprintf(stderr, "handles leak\n"); return 1; }
    return 0;
}
