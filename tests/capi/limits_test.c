/* Section 9: limits. No script can hang, exhaust or kill the host. */
#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const source =
    "record Node { name: String, xs: List[i64] }\n"
    "fn spin() -> i64 { let n = 0; while true { n = n +% 1; } n }\n"
    "fn recurse(n: i64) -> i64 { let s = f\"{n}\"; recurse(n + 1) + s.len() }\n"
    "fn tree(n: i64) -> i64 { tree(n + 1) + tree(n + 2) }\n"
    "fn grow() -> i64 { let xs: List[i64] = []; while true { xs.push(1); } xs.len() }\n"
    "fn text() -> i64 { let s = \"x\"; while true { s = s + s; } s.len() }\n"
    "fn repeat(n: i64) -> i64 { \"0123456789\".repeat(n).len() }\n"
    "fn lists() -> i64 { let xs: List[List[i64]] = []; while true { xs.push([1, 2, 3]); } xs.len() }\n"
    "fn mix(a: i64, b: f64) -> f64 { (a ^ 3) as f64 + b }\n"
    "fn count(n: i64) -> i64 { let t = 0; for i in 0..n { t += i; } t }\n"
    "fn fib(n: i64) -> i64 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\n"
    "fn maps(n: i64) -> i64 {\n    let m: Map[i64, i64] = Map.new();\n"
    "    for i in 0..n { m.insert(i * i, i); m[i * i] += 1; m.update(i % 9, 0, |v| v + 1); }\n"
    "    for i in 0..n { if i % 3 != 0 { m.remove(i * i); } }\n"
    "    for i in 0..n { if m.contains(i) && m.get(i) == None { return -1; } }\n    m.len()\n}\n"
    "fn inner(node: Node, depth: i64, zero: i64) -> i64 {\n"
    "    let mine = Node { name: node.name + \"x\", xs: node.xs };\n"
    "    mine.xs.push(depth);\n"
    "    if depth == 0 { return 1 / zero; }\n"
    "    inner(mine, depth - 1, zero) + mine.name.len()\n}\n"
    "fn faulty(n: i64) -> i64 {\n    let s = f\"call {n}\";\n    let words = s.split(\" \");\n"
    "    let keep = (words, Some(s));\n    inner(Node { name: words[0], xs: [n] }, n % 7, 0) + "
    "keep.0.len()\n}\n";

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void recursion(void) {
    Setup s = set_up(source);
    tn_error *err = NULL;
    tn_value n = make_i64(0), ret;
    int i;
    for (i = 0; i < 3; ++i) {
        STATUS(call_by_name(&s, "recurse", &n, 1, &ret, &err), TN_TRAP_STACK_OVERFLOW);
        CHECK(tn_error_frame_count(err) > 10);
        TEXT(tn_error_frame_text(err, 0, TN_TEXT_FUNCTION, NULL), "recurse");
        CONTAINS(tn_error_render(err, 0, NULL), "more ...");
        tn_error_free(err);
        STATUS_ERR(call_by_name(&s, "tree", &n, 1, &ret, &err), TN_TRAP_STACK_OVERFLOW);
    }
    n = make_i64(10);
    EQUAL(call_i64(&s, "fib", &n, 1), 55);
    tear_down(&s);
}

static void *small_thread(void *setup) {
    Setup *s = setup;
    tn_error *err = NULL;
    tn_value n = make_i64(0), ret;
    STATUS_ERR(call_by_name(s, "recurse", &n, 1, &ret, &err), TN_TRAP_STACK_OVERFLOW);
    n = make_i64(20);
    EQUAL(call_i64(s, "fib", &n, 1), 6765);
    return NULL;
}

static void small_stack(void) {
    Setup s = set_up(source);
    pthread_t thread;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 128 * 1024);
    pthread_create(&thread, &attr, small_thread, &s);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attr);
    tear_down(&s);
}

static void stack_sizes(void) {
    Setup s = set_up("fn down(n: i64) -> i64 { if n == 0 { 0 } else { down(n - 1) + 1 } }");
    tn_config *c = tn_config_new();
    tn_error *err = NULL;
    tn_value n = make_i64(2000000), ret;
    STATUS(tn_config_set_u64(c, TN_CONFIG_STACK_SIZE, 1), TN_RANGE);
    STATUS_ERR(call_by_name(&s, "down", &n, 1, &ret, &err), TN_TRAP_STACK_OVERFLOW);
    tn_instance_free(s.inst);
    STATUS(tn_config_set_u64(c, TN_CONFIG_STACK_SIZE, 64u << 20), TN_OK);
    STATUS_ERR(tn_instance_new(s.mod, c, &s.inst, &err), TN_OK);
    EQUAL(call_i64(&s, "down", &n, 1), 2000000);
    tn_config_free(c);
    tear_down(&s);
}

static void memory(void) {
    static const char *const bombs[] = {"grow", "text", "lists"};
    Setup s = set_up(source);
    tn_error *err = NULL;
    tn_value n, ret;
    uint64_t before;
    size_t i;
    STATUS(tn_instance_set_memory_limit(s.inst, 8 << 20), TN_OK);
    before = tn_instance_memory_used(s.inst);
    for (i = 0; i < 3; ++i) {
        STATUS(call_by_name(&s, bombs[i], NULL, 0, &ret, &err), TN_TRAP_MEMORY_LIMIT);
        EQUAL(tn_error_frame_count(err), 1);
        tn_error_free(err);
        EQUAL(tn_instance_memory_used(s.inst), before);
    }
    n = make_i64(INT64_MAX);
    STATUS_ERR(call_by_name(&s, "repeat", &n, 1, &ret, &err), TN_TRAP_MEMORY_LIMIT);
    n = make_i64(1000);
    EQUAL(call_i64(&s, "repeat", &n, 1), 10000);
    tear_down(&s);
}

static void fuel(void) {
    Setup s = set_up(source);
    tn_config *c = tn_config_new();
    tn_error *err = NULL;
    tn_value n = make_i64(1000), ret;
    uint64_t used;
    EQUAL(tn_instance_fuel(s.inst) == TN_FUEL_UNLIMITED, 1);
    STATUS(tn_instance_set_fuel(s.inst, 10000), TN_OK);
    EQUAL(call_i64(&s, "count", &n, 1), 499500);
    used = 10000 - tn_instance_fuel(s.inst);
    CHECK(used >= 1000 && used <= 1010);
    EQUAL(call_i64(&s, "count", &n, 1), 499500);
    EQUAL(tn_instance_fuel(s.inst), 10000 - 2 * used);
    STATUS(tn_instance_set_fuel(s.inst, used), TN_OK);
    EQUAL(call_i64(&s, "count", &n, 1), 499500);
    EQUAL(tn_instance_fuel(s.inst), 0);
    STATUS_ERR(call_by_name(&s, "count", &n, 1, &ret, &err), TN_TRAP_OUT_OF_FUEL);
    STATUS(tn_instance_set_fuel(s.inst, used - 1), TN_OK);
    STATUS_ERR(call_by_name(&s, "count", &n, 1, &ret, &err), TN_TRAP_OUT_OF_FUEL);
    STATUS_ERR(call_by_name(&s, "spin", NULL, 0, &ret, &err), TN_TRAP_OUT_OF_FUEL);
    STATUS(tn_instance_set_fuel(s.inst, 1000000), TN_OK);
    STATUS_ERR(call_by_name(&s, "recurse", &n, 1, &ret, &err), TN_TRAP_STACK_OVERFLOW);
    STATUS(tn_instance_set_fuel(s.inst, TN_FUEL_UNLIMITED), TN_OK);
    EQUAL(call_i64(&s, "count", &n, 1), 499500);
    STATUS(tn_instance_enter(s.inst), TN_OK);
    STATUS(tn_instance_set_fuel(s.inst, 5), TN_STATE);
    STATUS_ERR(tn_instance_leave(s.inst, &err), TN_OK);
    tn_instance_free(s.inst);
    STATUS(tn_config_set_u64(c, TN_CONFIG_FUEL, 50), TN_OK);
    STATUS_ERR(tn_instance_new(s.mod, c, &s.inst, &err), TN_OK);
    STATUS_ERR(call_by_name(&s, "count", &n, 1, &ret, &err), TN_TRAP_OUT_OF_FUEL);
    EQUAL(tn_instance_fuel(NULL), 0);
    tn_config_free(c);
    tear_down(&s);
}

/* How far a map probes follows from the instance's hash seed; the fuel does not. */
static void fuel_of_maps(void) {
    uint64_t used[4];
    int i;
    for (i = 0; i < 4; ++i) {
        Setup s = set_up(source);
        tn_value n = make_i64(300);
        STATUS(tn_instance_set_fuel(s.inst, 1000000), TN_OK);
        EQUAL(call_i64(&s, "maps", &n, 1), 106);
        used[i] = 1000000 - tn_instance_fuel(s.inst);
        EQUAL(used[i], used[0]);
        tear_down(&s);
    }
}

static void *fire_later(void *handle) {
    struct timespec pause = {0, 50 * 1000 * 1000};
    nanosleep(&pause, NULL);
    tn_interrupt_fire(handle);
    return NULL;
}

#ifndef __SANITIZE_THREAD__
static tn_interrupt *alarm_handle;
static void on_alarm(int signal) {
    (void)signal;
    tn_interrupt_fire(alarm_handle);
}
#endif

static void interrupts(void) {
    Setup s = set_up(source);
    tn_interrupt *handle = tn_instance_interrupt_handle(s.inst);
    tn_error *err = NULL;
    tn_value n = make_i64(5), ret;
    pthread_t thread;
    int i;
    double start = now();
    pthread_create(&thread, NULL, fire_later, handle);
    STATUS(call_by_name(&s, "spin", NULL, 0, &ret, &err), TN_TRAP_CANCELLED);
    CHECK(now() - start < 5);
    TEXT(tn_error_frame_text(err, 0, TN_TEXT_FUNCTION, NULL), "spin");
    tn_error_free(err);
    pthread_join(thread, NULL);
    EQUAL(call_i64(&s, "fib", &n, 1), 5);
    /* Fired while nothing runs: the next call stops, once. */
    tn_interrupt_fire(handle);
    STATUS_ERR(call_by_name(&s, "spin", NULL, 0, &ret, &err), TN_TRAP_CANCELLED);
    EQUAL(call_i64(&s, "fib", &n, 1), 5);
#ifndef __SANITIZE_THREAD__ /* it holds signals back until the next call of libc, which this script never makes */
    /* From a signal handler. */
    alarm_handle = handle;
    signal(SIGALRM, on_alarm);
    ualarm(50 * 1000, 0);
    STATUS_ERR(call_by_name(&s, "spin", NULL, 0, &ret, &err), TN_TRAP_CANCELLED);
    signal(SIGALRM, SIG_DFL);
#endif
    /* Functions that only compute run without a frame, and stop all the same, by each way in. */
    {
        const char *sig = "fn(i64, f64) -> f64";
        tn_function *mix = NULL;
        tn_slot io[2];
        tn_value args[2];
        tn_fnptr code;
        double (*call)(tn_instance *, int64_t, double);
        STATUS_ERR(tn_module_function(s.mod, "mix", TN_NTS, sig, TN_NTS, &mix, &err), TN_OK);
        STATUS_ERR(tn_function_pointer(mix, sig, TN_NTS, &code, &err), TN_OK);
        call = (double (*)(tn_instance *, int64_t, double))code;
        for (i = 0; i < 2; ++i) {
            args[0] = make_i64(6);
            args[1] = make_f64(0.5);
            io[0].i = 6;
            io[1].f = 0.5;
            if (i == 0) tn_interrupt_fire(handle);
            STATUS(tn_call(s.inst, mix, args, 2, &ret, &err), i == 0 ? TN_TRAP_CANCELLED : TN_OK);
            if (i == 0) TEXT(tn_error_frame_text(err, 0, TN_TEXT_FUNCTION, NULL), "mix");
            else CHECK(ret.as.f == 5.5);
            if (i == 0) tn_error_free(err);
            if (i == 0) tn_interrupt_fire(handle);
            STATUS_ERR(tn_call_slots(s.inst, mix, io, 2, &err), i == 0 ? TN_TRAP_CANCELLED : TN_OK);
            CHECK(i == 0 || io[0].f == 5.5);
            STATUS(tn_instance_enter(s.inst), TN_OK);
            if (i == 0) tn_interrupt_fire(handle);
            CHECK(call(s.inst, 6, 0.5) == (i == 0 ? 0.0 : 5.5));
            STATUS_ERR(tn_instance_leave(s.inst, &err), i == 0 ? TN_TRAP_CANCELLED : TN_OK);
        }
        tn_function_free(mix);
    }
    tear_down(&s);
    tn_interrupt_fire(handle);
    tn_interrupt_free(handle);
    tn_interrupt_fire(handle);
    tn_interrupt_free(handle);
    tn_interrupt_fire(NULL);
    tn_interrupt_free(NULL);
    CHECK(tn_instance_interrupt_handle(NULL) == NULL);
}

static void timeouts(void) {
    Setup s = set_up(source);
    tn_error *err = NULL;
    tn_value n = make_i64(5), ret;
    double start;
    int i;
    STATUS(tn_instance_set_timeout(s.inst, 30), TN_OK);
    for (i = 0; i < 3; ++i) {
        start = now();
        STATUS_ERR(call_by_name(&s, "spin", NULL, 0, &ret, &err), TN_TRAP_DEADLINE_EXCEEDED);
        CHECK(now() - start > 0.02 && now() - start < 5);
        EQUAL(call_i64(&s, "fib", &n, 1), 5);
    }
    /* A large budget of fuel does not hide a deadline. */
    STATUS(tn_instance_set_fuel(s.inst, (uint64_t)1 << 60), TN_OK);
    STATUS_ERR(call_by_name(&s, "spin", NULL, 0, &ret, &err), TN_TRAP_DEADLINE_EXCEEDED);
    CHECK(tn_instance_fuel(s.inst) > (uint64_t)1 << 59);
    STATUS(tn_instance_set_fuel(s.inst, TN_FUEL_UNLIMITED), TN_OK);
    STATUS(tn_instance_set_timeout(s.inst, UINT64_MAX), TN_OK);
    EQUAL(call_i64(&s, "fib", &n, 1), 5);
    STATUS(tn_instance_set_timeout(s.inst, 0), TN_OK);
    EQUAL(call_i64(&s, "fib", &n, 1), 5);
    STATUS(tn_instance_set_timeout(NULL, 0), TN_ARG);
    tear_down(&s);
}

static int polls;
static int32_t poll_five(void *ud) {
    (void)ud;
    return ++polls == 5;
}
static int ended;
static void end_poll(void *ud) { *(int *)ud = 1; }

static void polling(void) {
    Setup s = set_up(source);
    tn_error *err = NULL;
    tn_value ret;
    STATUS(tn_instance_set_poll(s.inst, 2, poll_five, &ended, end_poll), TN_OK);
    STATUS_ERR(call_by_name(&s, "spin", NULL, 0, &ret, &err), TN_TRAP_CANCELLED);
    EQUAL(polls, 5);
    EQUAL(ended, 0);
    STATUS(tn_instance_set_poll(s.inst, 0, NULL, NULL, NULL), TN_OK);
    EQUAL(ended, 1);
    STATUS(tn_instance_set_poll(s.inst, 0, poll_five, &ended, NULL), TN_ARG);
    tear_down(&s);
}

static int32_t count_poll(void *ud) { return ++*(int *)ud == 5; }

/* Polls go on from call to call, and come again after the instance was idle for long. */
static void polls_of_many_calls(void) {
    Setup s = set_up(source);
    tn_error *err = NULL;
    tn_value args[2], ret;
    int count = 0, round;
    const double begin = now();
    args[0] = make_i64(300000); /* some strips: shorter ones would hardly ever poll */
    STATUS(tn_instance_set_poll(s.inst, 2, count_poll, &count, NULL), TN_OK);
    while (count < 4 && now() - begin < 10 * SLOWNESS) STATUS(call_by_name(&s, "count", args, 1, &ret, &err), TN_OK);
    EQUAL(count, 4);
    for (round = 0; round < 3; ++round) {
        usleep(20000);
        count = 0;
        STATUS_ERR(call_by_name(&s, "spin", NULL, 0, &ret, &err), TN_TRAP_CANCELLED);
        EQUAL(count, 5);
    }
    count = 0;
    STATUS(tn_instance_set_timeout(s.inst, 4), TN_OK); /* both at once: whichever comes first */
    CHECK(call_by_name(&s, "spin", NULL, 0, &ret, &err) != TN_OK);
    tn_error_free(err);
    STATUS(tn_instance_set_timeout(s.inst, 0), TN_OK);
    STATUS(tn_instance_set_poll(s.inst, 0, NULL, NULL, NULL), TN_OK);
    usleep(5000);
    args[0] = make_i64(10);
    EQUAL(call_i64(&s, "fib", args, 1), 55);
    tear_down(&s);
}

/* A million calls that trap in the middle of nested functions with strings and lists. */
static void a_million_traps(void) {
    Setup s = set_up(source);
    tn_function *f = function(s.mod, "faulty");
    tn_error *err = NULL;
    uint64_t used = 0, resident = 0;
    int64_t i;
    int64_t total = 1000000;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    total = 50000;
#endif
    for (i = 0; i < total; ++i) {
        tn_value n, ret;
        TN_SET_I64(&n, i);
        if (i % 4) {
            STATUS(tn_call(s.inst, f, &n, 1, &ret, NULL), TN_TRAP_DIVISION_BY_ZERO);
        } else {
            STATUS_ERR(tn_call(s.inst, f, &n, 1, &ret, &err), TN_TRAP_DIVISION_BY_ZERO);
        }
        if (i == total / 10) {
            used = tn_instance_memory_used(s.inst);
            resident = resident_bytes();
        }
    }
    EQUAL(tn_instance_memory_used(s.inst), used);
#ifndef TN_EMULATED /* the emulator's memory */
    if (total == 1000000) CHECK(resident_bytes() < resident + (1 << 20));
#endif
    (void)resident;
    tn_function_free(f);
    tear_down(&s);
}

static void in_an_initializer(void) {
    tn_runtime *rt = new_runtime();
    tn_module *m =
        compile(rt, "fn spin() -> i64 { let n = 0; while true { n = n +% 1; } n }\nvar x: i64 = spin();");
    tn_config *c = tn_config_new();
    tn_instance *inst = NULL;
    tn_error *err = NULL;
    STATUS(tn_config_set_u64(c, TN_CONFIG_TIMEOUT_MS, 30), TN_OK);
    STATUS(tn_instance_new(m, c, &inst, &err), TN_TRAP_DEADLINE_EXCEEDED);
    CHECK(inst == NULL);
    CHECK(tn_error_frame_count(err) >= 1);
    tn_error_free(err);
    STATUS(tn_config_set_u64(c, TN_CONFIG_FUEL, 100), TN_OK);
    STATUS_ERR(tn_instance_new(m, c, &inst, &err), TN_TRAP_OUT_OF_FUEL);
    tn_config_free(c);
    tn_module_free(m);
    tn_runtime_free(rt);
}

int main(void) {
    RUN(recursion);
    RUN(small_stack);
    RUN(stack_sizes);
    RUN(memory);
    RUN(fuel);
    RUN(fuel_of_maps);
    RUN(interrupts);
    RUN(timeouts);
    RUN(polling);
    RUN(polls_of_many_calls);
    RUN(a_million_traps);
    RUN(in_an_initializer);
    return finish();
}
