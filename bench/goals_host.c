/* A host that measures what instances and values cost; goals.py builds and runs it.
   usage: goals_host small.tn: prints lines `name value`. */
#define _DEFAULT_SOURCE
#include "c_api.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static tn_error *err;
static void check(tn_status status) {
    if (status == TN_OK) return;
    fprintf(stderr, "status %d\n%s", status, err ? tn_error_render(err, 0, NULL) : "");
    exit(1);
}

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double cpu_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double resident(void) {
    long total = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &total, &pages) != 2) exit(1);
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static const char source[] =
    "record Row { id: i64, price: f64, count: i32, kind: i32, stamp: u64 }\n"
    "var calls: i64 = 0;\n"
    "var names: List[String] = [];\n"
    "fn call(n: i64) -> i64 { calls += n; calls }\n"
    "fn work(n: i64) -> i64 { let m = Map{0: 0}; let s = 0; for i in 0..n { let xs = [i, i + 1]; s += xs[1]; m[i % 64] = s; } s + m.len() }\n"
    "fn rows(n: i64) -> List[Row] {\n"
    "    let out: List[Row] = [];\n"
    "    for i in 0..n { out.push(Row { id: i, price: 1.5, count: 2, kind: 3, stamp: 4 }); }\n"
    "    out\n"
    "}\n";
struct Row {
    int64_t id;
    double price;
    int32_t count, kind;
    uint64_t stamp;
};

static tn_runtime *rt;
static tn_module *mod;
static tn_function *find(const char *name) {
    tn_function *f;
    check(tn_module_function(mod, name, TN_NTS, NULL, 0, &f, &err));
    return f;
}

/* Many instances, each called once, all there at once. */
static void instances(void) {
    enum { COUNT = 100000 };
    tn_instance **all = malloc(COUNT * sizeof *all);
    tn_function *f = find("call");
    double before, start, made, called, bytes;
    int i;
    memset(all, 0, COUNT * sizeof *all);
    before = resident();
    start = now_us();
    for (i = 0; i < COUNT; i++) check(tn_instance_new(mod, NULL, &all[i], &err));
    made = now_us();
    printf("instance_us %.3f\n", (made - start) / COUNT);
    printf("idle_instance_bytes %.0f\n", (resident() - before) / COUNT);
    for (i = 0; i < COUNT; i++) {
        tn_value arg, ret;
        TN_SET_I64(&arg, i);
        check(tn_call(all[i], f, &arg, 1, &ret, &err));
        if (ret.as.i != i) exit(1);
    }
    called = now_us();
    bytes = (resident() - before) / COUNT;
    printf("called_instance_bytes %.0f\n", bytes);
    printf("first_call_us %.3f\n", (called - made) / COUNT);
    for (i = 0; i < COUNT; i++) tn_instance_free(all[i]);
    malloc_trim(0);
    printf("left_bytes %.0f\n", (resident() - before) / COUNT);
    tn_function_free(f);
    free(all);
}

/* A million records in a List, against the same in an array of C's. */
static void records(void) {
    enum { COUNT = 1000000 };
    tn_instance *inst;
    tn_function *f = find("rows");
    tn_value arg, ret;
    struct Row *rows;
    double before, list;
    int i;
    check(tn_instance_new(mod, NULL, &inst, &err));
    before = resident();
    TN_SET_I64(&arg, COUNT);
    check(tn_call(inst, f, &arg, 1, &ret, &err));
    list = resident() - before;
    printf("list_bytes_per_record %.2f\n", list / COUNT);
    before = resident();
    rows = malloc(COUNT * sizeof *rows);
    for (i = 0; i < COUNT; i++) rows[i] = (struct Row){i, 1.5, 2, 3, 4};
    printf("c_bytes_per_record %.2f\n", (resident() - before) / COUNT);
    printf("records_against_c %.3f\n", list / (resident() - before));
    if (rows[5].id != 5) exit(1);
    free(rows);
    tn_value_clear(&ret);
    tn_instance_free(inst);
    tn_function_free(f);
}

/* The same work on each of some threads, with an instance of its own: the time of one thread against that of all. */
enum { ROUNDS = 200000 };
static void *work(void *unused) {
    tn_instance *inst;
    tn_error *problem = NULL;
    tn_function *f = find("work"), *call = find("call");
    int i;
    (void)unused;
    if (tn_instance_new(mod, NULL, &inst, &problem)) exit(1);
    for (i = 0; i < 10; i++) {
        tn_value arg, ret;
        TN_SET_I64(&arg, ROUNDS);
        if (tn_call(inst, f, &arg, 1, &ret, &problem)) exit(1);
    }
    for (i = 0; i < 2000000; i++) {
        tn_value arg, ret;
        TN_SET_I64(&arg, 1);
        if (tn_call(inst, call, &arg, 1, &ret, &problem)) exit(1);
    }
    tn_instance_free(inst);
    tn_function_free(f);
    tn_function_free(call);
    return NULL;
}
static double run_threads(int count) {
    pthread_t threads[8];
    double start = now_us();
    int i;
    for (i = 0; i < count; i++) pthread_create(&threads[i], NULL, work, NULL);
    for (i = 0; i < count; i++) pthread_join(threads[i], NULL);
    return now_us() - start;
}

int main(void) {
    double t, best = 1e9;
    int i;
    check(tn_runtime_new(TN_ABI_VERSION, NULL, &rt, &err));
    tn_runtime_free(rt);
    for (i = 0; i < 50; i++) {
        t = now_us();
        check(tn_runtime_new(TN_ABI_VERSION, NULL, &rt, &err));
        t = now_us() - t;
        if (t < best) best = t;
        if (i < 49) tn_runtime_free(rt);
    }
    printf("runtime_us %.1f\n", best);
    check(tn_compile(rt, "goals.tn", TN_NTS, source, TN_NTS, NULL, &mod, &err));
    instances();
    records();
    run_threads(1);
    {
        const double cpu = cpu_us();
        double one;
        t = run_threads(1);
        one = cpu_us() - cpu;
        printf("two_threads_against_one %.2f\n", run_threads(2) / t);
        printf("two_threads_cpu %.2f\n", (cpu_us() - cpu - one) / 2 / one);
    }
    tn_module_free(mod);
    tn_runtime_free(rt);
    if (tn_live_handles() != 0) {
        fprintf(stderr, "handles leak\n");
        return 1;
    }
    return 0;
}
