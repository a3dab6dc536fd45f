/* Section 11: async. Calls that run in slices, and host functions that answer later. */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const source =
    "var log: List[i64] = [];\n"
    "var words: List[String] = [\"a\", \"b\"];\n"
    "record Node { name: String, xs: List[i64] }\n"
    "fn add(a: i64, b: i64) -> i64 { a + b }\n"
    "fn mix(a: i64, b: f64, c: bool, d: u8) -> f64 { if c { a as f64 + b } else { d as f64 } }\n"
    "fn nop() { }\n"
    "fn half(x: f32) -> f32 { x / 2.0 }\n"
    "fn count(n: i64) -> i64 { let t = 0; for i in 0..n { t += i % 7; } t }\n"
    "fn floats(n: i64) -> f64 { let t = 0.5; let k = 1.25; for i in 0..n { t = t * 0.5 + k; k += 0.001; } t + k }\n"
    "fn spin() -> i64 { let n = 0; while true { n = n +% 1; } n }\n"
    "fn owner(n: i64) -> String { let xs = [f\"{n}\", \"x\"]; let s = \"\"; "
    "for i in 0..n { let t = f\"{i}-{xs[1]}\"; s = if i % 50 == 0 { t } else { s + \"y\" }; } s + xs[0] }\n"
    "fn depth(n: i64) -> i64 { let s = f\"{n}\"; if n == 0 { return spin(); } depth(n - 1) + s.len() }\n"
    "fn deep(n: i64) -> i64 { let s = f\"{n}\"; if n == 0 { count(2000) } else { deep(n - 1) + s.len() } }\n"
    "fn late(n: i64) -> i64 { let t = 0; for i in 0..n { t += i; } [1, 2][t] }\n"
    "fn sorted(n: i64) -> i64 { let xs: List[i64] = []; for i in 0..n { xs.push((i * 7919) % n); }\n"
    "    xs.sort_by(|a, b| a.cmp(b)); let t = 0; for i in 0..n { t += xs[i] * i; } t }\n"
    "fn many(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64, i: f64, j: String) -> String {\n"
    "    let t = 0; for k in 0..1000 { t += (a + b * c - d + e - f * g + h + k) % 5; } f\"{t} {i} {j}\" }\n"
    "fn total(xs: Slice[i64]) -> i64 { let t = 0; for k in 0..300 { for x in xs { t += x; } } t }\n"
    "fn text(s: String) -> String { let t = \"\"; for i in 0..100 { t = t + s; } t }\n"
    "fn change(mut xs: List[i64]) { xs.push(1); }\n"
    "fn global() -> i64 { let t = 0; for i in 0..500 { for w in words { t += w.len(); } } words = [\"longer\"]; t }\n"
    "fn ask(n: i64) -> i64 { let s = f\"n{n}\"; let r = h.later(n); log.push(r); r + s.len() }\n"
    "fn ask_text(n: i64) -> String { let s = [f\"{n}\"]; s[0] + h.text(n) }\n"
    "fn ask_nothing() -> i64 { h.nothing(\"key\"); 5 }\n"
    "fn ask_many(n: i64) -> i64 { let t = 0; for i in 0..n { t += h.later(i); } t }\n"
    "fn through(n: i64) -> i64 { h.back(n) }\n"
    "fn hold(n: i64) -> i64 { let t = h.token(n); let u = h.later(n); h.number(t) + u }\n"
    "fn hold_spin(n: i64) -> i64 { let t = h.token(n); let u = [t]; spin() + h.number(u[0]) }\n"
    "fn logged() -> i64 { let t = 0; for x in log { t = t * 10 + x; } t }\n";

/* --- the host --- */

enum { MOST = 64 };
static tn_completion *open_ones[MOST];
static size_t open_count;
static int at_once;       /* how `later` answers */
static int finalized;     /* tokens */
static int wakes;
static tn_status suspended; /* what the last tn_frame_suspend answered */
static const tn_type *token_type;

static tn_status suspend(tn_frame *fr) {
    tn_completion *c = NULL;
    suspended = tn_frame_suspend(fr, &c);
    if (suspended != TN_OK) return suspended;
    open_ones[open_count++ % MOST] = c;
    return TN_PENDING;
}

static tn_completion *take_open(void) { return open_count ? open_ones[--open_count] : NULL; }

static tn_status later(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    tn_completion *c, *second;
    tn_value v;
    (void)nargs, (void)ud;
    switch (at_once) {
    case 1: TN_SET_I64(ret, args[0].as.i * 2); return TN_OK;
    case 2: /* answered before the callback returns */
        STATUS(tn_frame_suspend(fr, &c), TN_OK);
        v = make_i64(args[0].as.i * 3);
        STATUS(tn_completion_resolve(c, &v), TN_OK);
        STATUS(tn_completion_resolve(c, &v), TN_STATE);
        tn_completion_free(c);
        tn_completion_free(c);
        return TN_PENDING;
    case 3: return TN_PENDING; /* of nothing */
    case 4:                    /* suspended and answered all the same */
        STATUS(tn_frame_suspend(fr, &c), TN_OK);
        STATUS(tn_frame_suspend(fr, &second), TN_OK);
        STATUS(tn_completion_resolve(c, &args[0]), TN_CLOSED);
        tn_completion_free(c);
        tn_completion_free(second);
        *ret = args[0];
        return TN_OK;
    default: return suspend(fr);
    }
}
static tn_status text(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    (void)args, (void)nargs, (void)ud, (void)ret;
    return suspend(fr);
}
static tn_status back(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    return tn_frame_call(fr, *(tn_function **)ud, args, nargs, ret, NULL);
}
static tn_status token(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    (void)nargs, (void)ud;
    return tn_handle_new(tn_frame_instance(fr), token_type, (void *)(intptr_t)args[0].as.i, ret, NULL);
}
static tn_status number(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    void *p = NULL;
    (void)fr, (void)nargs, (void)ud;
    STATUS(tn_handle_get(&args[0], token_type, &p), TN_OK);
    TN_SET_I64(ret, (intptr_t)p);
    return TN_OK;
}
static void finalize(void *p, void *ud) {
    (void)p, (void)ud;
    ++finalized;
}
static void count_wake(void *ud) { ++*(int *)ud; }
static int ended_wakers;
static void end_waker(void *ud) {
    (void)ud;
    ++ended_wakers;
}

static tn_function *called_back;

static Setup make(const tn_config *limits) {
    static const tn_host_type ops = {sizeof ops, finalize, NULL, NULL, NULL, NULL, NULL};
    Setup s;
    s.rt = new_runtime();
    open_count = 0;
    at_once = finalized = wakes = ended_wakers = 0;
    STATUS(tn_register_type(s.rt, "h.Token", TN_NTS, NULL, 0, &ops, NULL, NULL, &token_type, NULL), TN_OK);
#define FN(name, sig, fn, ud) STATUS(tn_register_fn(s.rt, "h." name, TN_NTS, sig, TN_NTS, fn, ud, NULL, 0, NULL), TN_OK)
    FN("later", "fn(i64) -> i64", later, NULL);
    FN("text", "fn(i64) -> String", text, NULL);
    FN("nothing", "fn(String)", text, NULL);
    FN("back", "fn(i64) -> i64", back, &called_back);
    FN("token", "fn(i64) -> h.Token", token, NULL);
    FN("number", "fn(h.Token) -> i64", number, NULL);
    s.mod = compile(s.rt, source);
    STATUS(tn_instance_new(s.mod, limits, &s.inst, NULL), TN_OK);
    return s;
}

static Setup make_with(uint32_t key, uint64_t value) {
    tn_config *c = tn_config_new();
    Setup s;
    STATUS(tn_config_set_u64(c, key, value), TN_OK);
    s = make(c);
    tn_config_free(c);
    return s;
}

static tn_task *start(Setup *s, const char *name, const tn_value *args, size_t nargs) {
    tn_function *f = function(s->mod, name);
    tn_task *t = NULL;
    tn_error *err = NULL;
    STATUS_ERR(tn_task_start(s->inst, f, args, nargs, &t, &err), TN_OK);
    tn_function_free(f);
    return t;
}
static tn_task *start_i64(Setup *s, const char *name, int64_t n) {
    const tn_value v = make_i64(n);
    return start(s, name, &v, 1);
}

/* Until it is done; how many slices that took. */
static int slices;
static tn_status run(tn_task *t, uint64_t fuel, tn_value *ret, tn_error **err) {
    tn_status status;
    slices = 0;
    do {
        status = tn_task_resume(t, fuel, ret, err);
        ++slices;
    } while (status == TN_PENDING);
    return status;
}
static int64_t run_i64(tn_task *t, uint64_t fuel) {
    tn_value ret;
    tn_error *err = NULL;
    STATUS_ERR(run(t, fuel, &ret, &err), TN_OK);
    EQUAL(ret.tag, TN_TAG_I64);
    STATUS(tn_task_resume(t, fuel, NULL, NULL), TN_STATE);
    EQUAL(tn_task_state(t), TN_TASK_ENDED);
    tn_task_free(t);
    return ret.as.i;
}

/* --- tests --- */

static void whole(void) {
    Setup s = make(NULL);
    tn_value v[10], ret;
    tn_task *t;
    int i;
    v[0] = make_i64(20), v[1] = make_i64(22);
    t = start(&s, "add", v, 2);
    EQUAL(tn_task_state(t), TN_TASK_READY);
    EQUAL(run_i64(t, TN_FUEL_UNLIMITED), 42);
    EQUAL(slices, 1);
    v[1] = make_f64(0.5);
    TN_SET_BOOL(&v[2], 1);
    v[3].tag = TN_TAG_U8, v[3].aux = 0, v[3].as.u = 200;
    t = start(&s, "mix", v, 4);
    STATUS(run(t, TN_FUEL_UNLIMITED, &ret, NULL), TN_OK);
    CHECK(ret.as.f == 20.5);
    tn_task_free(t);
    for (i = 0; i < 8; ++i) v[i] = make_i64(i);
    v[8] = make_f64(1.5);
    v[9] = make_string(s.inst, "end");
    t = start(&s, "many", v, 10);
    tn_value_clear(&v[9]);
    STATUS(run(t, TN_FUEL_UNLIMITED, &ret, NULL), TN_OK);
    CONTAINS(tn_string_data(&ret, NULL), " 1.5 end");
    tn_value_clear(&ret);
    tn_task_free(t);
    t = start_i64(&s, "owner", 200); /* never resumed, and with nobody to want its result */
    tn_task_free(t);
    t = start_i64(&s, "owner", 200);
    STATUS(run(t, TN_FUEL_UNLIMITED, NULL, NULL), TN_OK);
    tn_task_free(t);
    tear_down(&s);
}

/* Every program in slices of every size gives what it gives at once. */
static void sliced(void) {
    static const struct {
        const char *name;
        int64_t arg;
    } calls[] = {{"count", 900}, {"owner", 260}, {"deep", 40}, {"sorted", 60}, {"floats", 300}, {"hold", 7}};
    static const uint64_t sizes[] = {0, 1, 2, 3, 7, 64, 1000};
    size_t i, k;
    Setup s = make_with(TN_CONFIG_FUEL, (uint64_t)1 << 40);
    at_once = 1;
    for (i = 0; i < sizeof calls / sizeof *calls; ++i) {
        tn_value arg = make_i64(calls[i].arg), whole_one, ret;
        tn_error *err = NULL;
        uint64_t fuel, used;
        fuel = tn_instance_fuel(s.inst);
        STATUS_ERR(call_by_name(&s, calls[i].name, &arg, 1, &whole_one, &err), TN_OK);
        used = fuel - tn_instance_fuel(s.inst);
        for (k = 0; k < sizeof sizes / sizeof *sizes; ++k) {
            tn_task *t = start(&s, calls[i].name, &arg, 1);
            fuel = tn_instance_fuel(s.inst);
            STATUS_ERR(run(t, sizes[k], &ret, &err), TN_OK);
            /* A loop may pay for all of its turns at once. */
            CHECK(slices >= (sizes[k] < used ? 2 : 1) && slices <= (int)(used / (sizes[k] + 1)) + 3);
            EQUAL(fuel - tn_instance_fuel(s.inst), used);
            EQUAL(ret.tag, whole_one.tag);
            if (ret.tag == TN_TAG_STRING)
                TEXT(tn_string_data(&ret, NULL), tn_string_data(&whole_one, NULL));
            else
                EQUAL(ret.as.u, whole_one.as.u);
            tn_value_clear(&ret);
            tn_task_free(t);
        }
        tn_value_clear(&whole_one);
    }
    EQUAL(finalized, 8);
    tear_down(&s);
}

static void arguments(void) {
    Setup s = make_with(TN_CONFIG_FUEL, (uint64_t)1 << 40);
    tn_value list, v, ret;
    tn_task *t;
    tn_error *err = NULL;
    tn_function *f;
    int i;
    STATUS(tn_list_new(s.inst, tn_type_child(tn_function_param_type(f = function(s.mod, "total"), 0), 0), 4, &list, NULL), TN_OK);
    tn_function_free(f);
    for (i = 1; i <= 4; ++i) v = make_i64(i), STATUS(tn_list_push(&list, &v), TN_OK);
    t = start(&s, "total", &list, 1);
    v = make_i64(1000);
    STATUS(tn_list_push(&list, &v), TN_OK); /* not the task's any more */
    tn_value_clear(&list);
    EQUAL(run_i64(t, 10), 3000);
    v = make_string(s.inst, "word");
    t = start(&s, "text", &v, 1);
    tn_value_clear(&v);
    STATUS(tn_task_resume(t, 5, &ret, NULL), TN_PENDING);
    STATUS_ERR(run(t, 5, &ret, &err), TN_OK);
    EQUAL(strlen(tn_string_data(&ret, NULL)), 400);
    tn_value_clear(&ret);
    tn_task_free(t);
    f = function(s.mod, "change");
    STATUS_ERR(tn_task_start(s.inst, f, &v, 1, &t, &err), TN_SIGNATURE);
    CHECK(!t);
    tn_function_free(f);
    f = function(s.mod, "text");
    v = make_i64(1);
    STATUS_ERR(tn_task_start(s.inst, f, &v, 1, &t, &err), TN_TYPE);
    STATUS_ERR(tn_task_start(s.inst, f, &v, 2, &t, &err), TN_SIGNATURE);
    STATUS_ERR(tn_task_start(s.inst, f, &v, 1, NULL, &err), TN_ARG);
    tn_function_free(f);
    tear_down(&s);
}

/* Who holds the instance, and what others get. */
static void busy(void) {
    Setup s = make_with(TN_CONFIG_FUEL, (uint64_t)1 << 40);
    tn_task *t = start_i64(&s, "count", 1000), *other = start_i64(&s, "count", 1000);
    tn_value v, ret;
    tn_error *err = NULL;
    STATUS(tn_task_resume(t, 10, &ret, &err), TN_PENDING);
    EQUAL(tn_task_state(t), TN_TASK_READY);
    CHECK(!err && ret.tag == TN_TAG_NONE);
    v = make_i64(1);
    STATUS(call_by_name(&s, "count", &v, 1, &ret, &err), TN_BUSY);
    CONTAINS(tn_error_message(err, NULL), "a task of the instance is between two slices");
    tn_error_free(err);
    STATUS(tn_task_resume(other, 10, &ret, &err), TN_BUSY);
    CONTAINS(tn_error_message(err, NULL), "between two slices");
    tn_error_free(err);
    STATUS_ERR(tn_string_new(s.inst, "x", 1, &v, &err), TN_BUSY);
    STATUS(tn_instance_enter(s.inst), TN_BUSY);
    STATUS_ERR(tn_instance_get_global(s.inst, "log", TN_NTS, &v, &err), TN_BUSY);
    EQUAL(run_i64(t, 100), 2997);
    EQUAL(run_i64(other, 100), 2997);
    /* From inside. */
    t = start_i64(&s, "count", 1000);
    STATUS(tn_instance_enter(s.inst), TN_OK);
    STATUS_ERR(tn_task_resume(t, 10, &ret, &err), TN_STATE);
    STATUS(tn_instance_leave(s.inst, NULL), TN_OK);
    EQUAL(run_i64(t, 100), 2997);
    /* Values may go while it is held. */
    v = make_string(s.inst, "gone");
    t = start(&s, "text", &v, 1);
    STATUS(tn_task_resume(t, 3, &ret, NULL), TN_PENDING);
    tn_value_clear(&v);
    STATUS(run(t, 3, &ret, NULL), TN_OK);
    tn_value_clear(&ret);
    tn_task_free(t);
    tear_down(&s);
}

/* Endless loops of several instances take turns. */
static void turns(void) {
    enum { COUNT = 4 };
    Setup s = make_with(TN_CONFIG_SLICE_US, 300);
    tn_instance *inst[COUNT];
    tn_task *t[COUNT];
    tn_function *spin = function(s.mod, "spin"), *add = function(s.mod, "count");
    tn_config *c = tn_config_new();
    struct timespec begin, end;
    tn_value v = make_i64(100), ret;
    int i, k;
    double ms;
    STATUS(tn_config_set_u64(c, TN_CONFIG_SLICE_US, 300), TN_OK);
    for (i = 0; i < COUNT; ++i) {
        STATUS(tn_instance_new(s.mod, c, &inst[i], NULL), TN_OK);
        STATUS(tn_task_start(inst[i], spin, NULL, 0, &t[i], NULL), TN_OK);
    }
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (k = 0; k < 10; ++k) {
        for (i = 0; i < COUNT; ++i) STATUS(tn_task_resume(t[i], TN_FUEL_UNLIMITED, &ret, NULL), TN_PENDING);
        STATUS(tn_call(s.inst, add, &v, 1, &ret, NULL), TN_OK);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    ms = (double)(end.tv_sec - begin.tv_sec) * 1e3 + (double)(end.tv_nsec - begin.tv_nsec) / 1e6;
    CHECK(ms > 5 && ms < 2000 * SLOWNESS); /* 40 slices of 0.3 to 0.6 ms, on a machine that is busy */
    for (i = 0; i < COUNT; ++i) {
        if (i % 2) tn_task_cancel(t[i]);
        tn_task_free(t[i]);
        tn_instance_free(inst[i]);
    }
    /* After a rest the timer wakes up again. */
    usleep(60000);
    v = make_i64(50000000);
    t[0] = start(&s, "count", &v, 1);
    STATUS(run(t[0], TN_FUEL_UNLIMITED, &ret, NULL), TN_OK);
    CHECK(slices > 2);
    tn_task_free(t[0]);
    tn_function_free(spin);
    tn_function_free(add);
    tn_config_free(c);
    tear_down(&s);
}

typedef struct Job {
    tn_task *t;
    tn_status status;
    int go_on;
} Job;
static void *resume_there(void *arg) {
    Job *job = arg;
    tn_value ret;
    do {
        job->status = tn_task_resume(job->t, 40, &ret, NULL);
    } while (job->go_on && job->status == TN_PENDING);
    if (job->status == TN_OK) tn_value_clear(&ret);
    return NULL;
}
static void *resume_deeper(void *arg) {
    volatile char room[20000]; /* another place of its stack */
    room[0] = 1;
    room[19999] = room[0];
    return resume_there(arg);
}

static void threads(void) {
    Setup s = make_with(TN_CONFIG_FUEL, (uint64_t)1 << 40);
    Job job = {NULL, TN_OK, 0};
    pthread_t thread;
    tn_value ret;
    int i;
    job.t = start_i64(&s, "owner", 2000);
    for (i = 0; i < 20; ++i) { /* a slice here, a slice there */
        STATUS(tn_task_resume(job.t, 40, &ret, NULL), TN_PENDING);
        pthread_create(&thread, NULL, i % 2 ? resume_there : resume_deeper, &job);
        pthread_join(thread, NULL);
        STATUS(job.status, TN_PENDING);
    }
    job.go_on = 1;
    pthread_create(&thread, NULL, resume_there, &job);
    pthread_join(thread, NULL);
    STATUS(job.status, TN_OK);
    tn_task_free(job.t);
    /* A trap after that, with its stack. */
    job.t = start_i64(&s, "late", 300);
    job.go_on = 0;
    pthread_create(&thread, NULL, resume_there, &job);
    pthread_join(thread, NULL);
    {
        tn_error *err = NULL;
        STATUS(run(job.t, 40, &ret, &err), TN_TRAP_INDEX_OUT_OF_BOUNDS);
        EQUAL(tn_error_frame_count(err), 1);
        TEXT(tn_error_frame_text(err, 0, TN_TEXT_FUNCTION, NULL), "late");
        tn_error_free(err);
    }
    STATUS(tn_task_resume(job.t, 40, &ret, NULL), TN_STATE);
    tn_task_free(job.t);
    /* Cancelled and freed while another thread runs it. */
    for (i = 0; i < 40; ++i) {
        job.t = start_i64(&s, i % 2 ? "hold_spin" : "depth", 12);
        job.go_on = 1;
        pthread_create(&thread, NULL, resume_there, &job);
        if (i % 4) usleep(300 * (useconds_t)(i % 4));
        if (i % 3) tn_task_cancel(job.t);
        if (i % 3 == 0) tn_task_free(job.t);
        if (i % 3 == 2) tn_task_free(job.t);
        pthread_join(thread, NULL);
        CHECK(job.status == TN_TRAP_CANCELLED || job.status == TN_HANDLE);
        tn_task_free(job.t);
    }
    CHECK(finalized <= 20);
    tear_down(&s);
}

/* Cancelled and freed at every poll. */
static void endings(void) {
    Setup s = make_with(TN_CONFIG_FUEL, (uint64_t)1 << 40);
    tn_value ret;
    tn_error *err = NULL;
    uint64_t used;
    int i, k;
    at_once = 1;
    used = tn_instance_memory_used(s.inst);
    for (i = 0; i < 60; ++i) {
        tn_task *t = start_i64(&s, i % 3 == 0 ? "depth" : i % 3 == 1 ? "owner" : "hold_spin", 900);
        for (k = 0; k < i; ++k) STATUS(tn_task_resume(t, (uint64_t)(i % 5), &ret, NULL), TN_PENDING);
        if (i % 2) {
            tn_task_cancel(t);
            EQUAL(tn_task_state(t), TN_TASK_ENDED);
            EQUAL(tn_instance_memory_used(s.inst), used);
            STATUS_ERR(tn_task_resume(t, 5, &ret, &err), TN_TRAP_CANCELLED);
            tn_task_cancel(t);
        }
        tn_task_free(t);
        tn_task_free(t);
        STATUS(tn_task_resume(t, 1, &ret, NULL), TN_HANDLE);
        EQUAL(tn_instance_memory_used(s.inst), used);
        EQUAL(call_i64(&s, "logged", NULL, 0), 0); /* the instance is free */
    }
    /* An interrupt, and the instance's fuel. */
    {
        tn_interrupt *h = tn_instance_interrupt_handle(s.inst);
        tn_completion *c;
        tn_task *t = start_i64(&s, "hold_spin", 1);
        STATUS(tn_task_resume(t, 50, &ret, NULL), TN_PENDING);
        tn_interrupt_fire(h);
        STATUS_ERR(tn_task_resume(t, 50, &ret, &err), TN_TRAP_CANCELLED);
        tn_task_free(t);
        /* The resumption it is meant for may end before it looks: the call after that one goes on. */
        t = start(&s, "ask_nothing", NULL, 0);
        at_once = 0;
        STATUS(tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, NULL), TN_PENDING);
        c = take_open();
        STATUS(tn_completion_resolve(c, NULL), TN_OK);
        tn_completion_free(c);
        tn_interrupt_fire(h);
        STATUS(tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, NULL), TN_OK);
        EQUAL(call_i64(&s, "logged", NULL, 0), 0);
        tn_task_free(t);
        tn_interrupt_free(h);
        STATUS(tn_instance_set_fuel(s.inst, 100), TN_OK);
        t = start_i64(&s, "hold_spin", 1);
        STATUS_ERR(run(t, 30, &ret, &err), TN_TRAP_OUT_OF_FUEL);
        EQUAL(slices, 4);
        tn_task_free(t);
    }
    EQUAL(tn_instance_memory_used(s.inst), used);
    tear_down(&s);
}

/* The instance goes first. */
static void closed(void) {
    Setup s = make_with(TN_CONFIG_FUEL, (uint64_t)1 << 40);
    tn_task *t[3];
    tn_value ret;
    tn_error *err = NULL;
    t[0] = start_i64(&s, "hold_spin", 1);
    t[1] = start_i64(&s, "owner", 100);
    t[2] = start_i64(&s, "hold", 1);
    STATUS(tn_task_resume(t[2], 50, &ret, NULL), TN_PENDING);
    EQUAL(tn_task_state(t[2]), TN_TASK_WAITING);
    STATUS(tn_task_resume(t[0], 50, &ret, NULL), TN_PENDING);
    tn_instance_free(s.inst);
    s.inst = NULL;
    STATUS_ERR(tn_task_resume(t[0], 50, &ret, &err), TN_CLOSED);
    STATUS_ERR(tn_task_resume(t[1], 50, &ret, &err), TN_CLOSED);
    tn_completion_free(take_open());
    STATUS_ERR(tn_task_resume(t[2], 50, &ret, &err), TN_CLOSED);
    EQUAL(finalized, 2);
    tn_task_free(t[0]), tn_task_free(t[1]), tn_task_free(t[2]);
    tear_down(&s);
}

static void *answer(void *c) {
    tn_value v = make_i64(100);
    usleep(2000);
    STATUS(tn_completion_resolve(c, &v), TN_OK);
    tn_completion_free(c);
    return NULL;
}

static void later_answers(void) {
    Setup s = make_with(TN_CONFIG_FUEL, (uint64_t)1 << 40);
    tn_task *t, *u;
    tn_completion *c, *d;
    tn_value v, ret;
    tn_error *err = NULL;
    pthread_t thread;
    t = start_i64(&s, "ask", 4);
    STATUS(tn_task_set_waker(t, count_wake, &wakes, end_waker), TN_OK);
    STATUS(tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, NULL), TN_PENDING);
    EQUAL(tn_task_state(t), TN_TASK_WAITING);
    STATUS(tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, &err), TN_PENDING);
    /* Others run meanwhile, and wait too. */
    EQUAL(call_i64(&s, "logged", NULL, 0), 0);
    u = start_i64(&s, "ask", 500);
    STATUS(tn_task_resume(u, TN_FUEL_UNLIMITED, &ret, NULL), TN_PENDING);
    d = take_open(), c = take_open();
    v = make_i64(7);
    STATUS(tn_completion_resolve(d, &v), TN_OK);
    EQUAL(tn_task_state(u), TN_TASK_READY);
    EQUAL(tn_task_state(t), TN_TASK_WAITING);
    EQUAL(wakes, 0);
    EQUAL(run_i64(u, 1), 11);
    EQUAL(call_i64(&s, "logged", NULL, 0), 7);
    pthread_create(&thread, NULL, answer, c);
    pthread_join(thread, NULL);
    EQUAL(wakes, 1);
    EQUAL(tn_task_state(t), TN_TASK_READY);
    EQUAL(ended_wakers, 0);
    EQUAL(run_i64(t, 1), 102);
    EQUAL(ended_wakers, 1);
    EQUAL(call_i64(&s, "logged", NULL, 0), 170);
    tn_completion_free(d);
    STATUS(tn_completion_resolve(d, &v), TN_HANDLE);

    /* Values and texts, and wrong ones. */
    t = start_i64(&s, "ask_text", 5);
    STATUS(tn_task_resume(t, 9, &ret, NULL), TN_PENDING);
    c = take_open();
    STATUS(tn_completion_resolve_text(c, "word", 4), TN_OK);
    tn_completion_free(c);
    STATUS_ERR(run(t, 9, &ret, &err), TN_OK);
    TEXT(tn_string_data(&ret, NULL), "5word");
    tn_value_clear(&ret);
    tn_task_free(t);
    t = start_i64(&s, "ask_text", 6);
    STATUS(tn_task_resume(t, 9, &ret, NULL), TN_PENDING);
    c = take_open();
    v = make_string(s.inst, "value");
    STATUS(tn_completion_resolve(c, &v), TN_OK);
    tn_value_clear(&v);
    tn_completion_free(c);
    STATUS_ERR(run(t, 9, &ret, &err), TN_OK);
    TEXT(tn_string_data(&ret, NULL), "6value");
    tn_value_clear(&ret);
    tn_task_free(t);
    t = start(&s, "ask_nothing", NULL, 0);
    STATUS(tn_task_resume(t, 9, &ret, NULL), TN_PENDING);
    c = take_open();
    STATUS(tn_completion_resolve(c, NULL), TN_OK);
    tn_completion_free(c);
    EQUAL(run_i64(t, 9), 5);
    t = start_i64(&s, "ask_text", 6);
    STATUS(tn_task_resume(t, 9, &ret, NULL), TN_PENDING);
    c = take_open();
    STATUS(tn_completion_resolve_text(c, "\xff", 1), TN_OK);
    tn_completion_free(c);
    STATUS(run(t, 9, &ret, &err), TN_TRAP_HOST_ERROR);
    CONTAINS(tn_error_message(err, NULL), "`h.text` gave a text that is not UTF-8");
    tn_error_free(err);
    tn_task_free(t);
    t = start_i64(&s, "ask", 6);
    STATUS(tn_task_resume(t, 9, &ret, NULL), TN_PENDING);
    c = take_open();
    v = make_f64(1);
    STATUS(tn_completion_resolve(c, &v), TN_OK);
    tn_completion_free(c);
    STATUS(run(t, 9, &ret, &err), TN_TRAP_HOST_ERROR);
    CONTAINS(tn_error_message(err, NULL), "`h.later` gave a wrong result: expected `i64`");
    tn_error_free(err);
    tn_task_free(t);

    /* Rejected, dropped, cancelled. */
    t = start_i64(&s, "hold", 6);
    STATUS(tn_task_resume(t, 9, &ret, NULL), TN_PENDING);
    c = take_open();
    STATUS(tn_completion_reject(c, tn_error_new(1234, "no luck", TN_NTS)), TN_OK);
    STATUS(tn_completion_reject(c, tn_error_new(1234, "no luck", TN_NTS)), TN_STATE);
    tn_completion_free(c);
    STATUS(run(t, 9, &ret, &err), 1234);
    TEXT(tn_error_message(err, NULL), "no luck");
    tn_error_free(err);
    tn_task_free(t);
    EQUAL(finalized, 1);
    t = start_i64(&s, "hold", 6);
    STATUS(tn_task_resume(t, 9, &ret, NULL), TN_PENDING);
    tn_completion_free(take_open());
    STATUS(run(t, 9, &ret, &err), TN_TRAP_HOST_ERROR);
    CONTAINS(tn_error_message(err, NULL), "freed before it was resolved");
    tn_error_free(err);
    tn_task_free(t);
    EQUAL(finalized, 2);
    t = start_i64(&s, "hold", 6);
    STATUS(tn_task_set_waker(t, count_wake, &wakes, end_waker), TN_OK);
    STATUS(tn_task_resume(t, 9, &ret, NULL), TN_PENDING);
    tn_task_cancel(t);
    EQUAL(finalized, 3);
    EQUAL(wakes, 2);
    c = take_open();
    v = make_i64(1);
    STATUS(tn_completion_resolve(c, &v), TN_CLOSED);
    tn_completion_free(c);
    tn_task_free(t);
    t = start_i64(&s, "hold", 6);
    STATUS(tn_task_resume(t, 9, &ret, NULL), TN_PENDING);
    tn_task_free(t);
    EQUAL(finalized, 4);
    tn_completion_free(take_open());
    EQUAL(ended_wakers, 2);

    /* What the callback does at once. */
    at_once = 2;
    EQUAL(run_i64(start_i64(&s, "ask_many", 5), 3), 30);
    at_once = 3;
    t = start_i64(&s, "ask", 6);
    STATUS(run(t, 9, &ret, &err), TN_TRAP_HOST_ERROR);
    CONTAINS(tn_error_message(err, NULL), "answered TN_PENDING without tn_frame_suspend");
    tn_error_free(err);
    tn_task_free(t);
    at_once = 4;
    EQUAL(run_i64(start_i64(&s, "ask_many", 5), 3), 10);
    at_once = 0;
    tear_down(&s);
}

/* Where a call cannot stop, it goes on. */
static void nested(void) {
    Setup s = make_with(TN_CONFIG_FUEL, (uint64_t)1 << 40);
    tn_value v = make_i64(100000), ret;
    tn_error *err = NULL;
    tn_task *t;
    called_back = function(s.mod, "count");
    t = start_i64(&s, "through", 100000);
    STATUS_ERR(tn_task_resume(t, 100, &ret, &err), TN_OK);
    EQUAL(ret.as.i, call_i64(&s, "count", &v, 1));
    tn_task_free(t);
    tn_function_free(called_back);
    called_back = function(s.mod, "ask");
    t = start_i64(&s, "through", 1);
    CHECK(run(t, 100, &ret, NULL) != TN_OK);
    EQUAL(suspended, TN_STATE);
    tn_task_free(t);
    tn_function_free(called_back);
    v = make_i64(1);
    CHECK(call_by_name(&s, "ask", &v, 1, &ret, NULL) != TN_OK); /* no task */
    EQUAL(suspended, TN_STATE);
    EQUAL(open_count, 0);
    tear_down(&s);
    s = make_with(TN_CONFIG_INTERPRET, 1);
    EQUAL(run_i64(start_i64(&s, "count", 1000), 3), 2997);
    EQUAL(slices, 1);
    t = start_i64(&s, "ask", 1);
    CHECK(run(t, 100, &ret, NULL) != TN_OK);
    EQUAL(suspended, TN_STATE);
    tn_task_free(t);
    tear_down(&s);
}

/* A task waits while the instance begins and ends to count fuel. */
static void metering(void) {
    Setup s = make_with(TN_CONFIG_FUEL, (uint64_t)1 << 40);
    tn_task *t = start_i64(&s, "ask_many", 3);
    tn_value v = make_i64(2), ret;
    int i;
    for (i = 0; i < 3; ++i) {
        tn_completion *c;
        STATUS(tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, NULL), TN_PENDING);
        STATUS(tn_instance_set_fuel(s.inst, i ? 1000 : TN_FUEL_UNLIMITED), TN_OK);
        c = take_open();
        STATUS(tn_completion_resolve(c, &v), TN_OK);
        tn_completion_free(c);
    }
    EQUAL(run_i64(t, TN_FUEL_UNLIMITED), 6);
    tear_down(&s);
}

static void flat(void) {
    Setup s = make_with(TN_CONFIG_FUEL, (uint64_t)1 << 40);
    tn_function *add = function(s.mod, "add"), *owner = function(s.mod, "owner"), *ask = function(s.mod, "ask_text");
    tn_value v[2], ret;
    uint64_t before = 0, used = 0;
    int i, rounds = 100000 / SLOWNESS;
    v[0] = make_i64(30), v[1] = make_i64(2);
    for (i = 0; i < rounds; ++i) {
        tn_task *t;
        tn_status expected = TN_OK;
        STATUS(tn_task_start(s.inst, i % 3 == 0 ? add : i % 3 == 1 ? owner : ask, v, i % 3 == 0 ? 2 : 1, &t, NULL), TN_OK);
        if (i % 3) expected = TN_PENDING;
        STATUS(tn_task_resume(t, 10, &ret, NULL), expected);
        if (i % 3 == 2) {
            tn_completion *c = take_open();
            if (i % 2) STATUS(tn_completion_resolve_text(c, "text", 4), TN_OK);
            tn_completion_free(c);
        }
        if (i % 5 == 0) run(t, TN_FUEL_UNLIMITED, &ret, NULL);
        tn_value_clear(&ret);
        tn_task_free(t);
        if (i == rounds / 2) before = resident_bytes(), used = tn_instance_memory_used(s.inst);
    }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(TN_EMULATED) /* they keep freed memory */
    CHECK(resident_bytes() < before + (1u << 20));
#endif
    (void)before;
    EQUAL(tn_instance_memory_used(s.inst), used);
    tn_function_free(add), tn_function_free(owner), tn_function_free(ask);
    tear_down(&s);
}

/* Without fuel, again and again on one thread: the short way, and everything that leaves it. */
static void short_ones(void) {
    Setup s = make_with(TN_CONFIG_SLICE_US, 5000 * SLOWNESS);
    tn_function *add = function(s.mod, "add"), *mix = function(s.mod, "mix"), *late = function(s.mod, "late");
    tn_function *later = function(s.mod, "ask_many"), *spin = function(s.mod, "spin"), *nothing = function(s.mod, "nop");
    tn_function *half = function(s.mod, "half");
    tn_value v[4], ret;
    tn_task *t, *u, *old = NULL;
    tn_error *err = NULL;
    int i;
    for (i = 0; i < 60; ++i) {
        at_once = 0;
        v[0] = make_i64(i), v[1] = make_i64(100);
        STATUS(tn_task_start(s.inst, add, v, 2, &t, NULL), TN_OK);
        CHECK(t != old);
        if (old) STATUS(tn_task_resume(old, TN_FUEL_UNLIMITED, &ret, NULL), TN_HANDLE);
        tn_task_free(old);
        EQUAL(tn_task_state(t), TN_TASK_READY);
        if (i % 4 == 0) tn_task_cancel(t);
        STATUS_ERR(tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, &err), i % 4 ? TN_OK : TN_TRAP_CANCELLED);
        if (i % 4) EQUAL(ret.as.i, 100 + i);
        EQUAL(tn_task_state(t), TN_TASK_ENDED);
        STATUS(tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, NULL), i % 4 ? TN_STATE : TN_TRAP_CANCELLED);
        CHECK(ret.tag == TN_TAG_NONE);
        tn_task_free(t);
        old = t;
        /* What it does not take. */
        STATUS_ERR(tn_task_start(s.inst, add, v, 1, &t, &err), TN_SIGNATURE);
        STATUS_ERR(tn_task_start(s.inst, add, NULL, 2, &t, &err), TN_ARG);
        STATUS_ERR(tn_task_start(s.inst, add, v, 2, NULL, &err), TN_ARG);
        v[1] = make_f64(0.5);
        STATUS_ERR(tn_task_start(s.inst, add, v, 2, &t, &err), TN_TYPE);
        CHECK(!t);
        TN_SET_BOOL(&v[2], 1);
        TN_SET_UINT(&v[3], TN_TAG_U8, 300);
        STATUS_ERR(tn_task_start(s.inst, mix, v, 4, &t, &err), TN_RANGE);
        v[3].as.u = 3;
        STATUS(tn_task_start(s.inst, mix, v, 4, &t, NULL), TN_OK);
        STATUS(tn_task_resume(t, 0, &ret, NULL), TN_OK);
        CHECK(ret.as.f == i + 0.5);
        tn_task_free(t);
        /* `()`, an f32 and nobody to want it. */
        STATUS(tn_task_start(s.inst, nothing, NULL, 0, &t, NULL), TN_OK);
        STATUS(tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, NULL), TN_OK);
        CHECK(ret.tag == TN_TAG_UNIT && ret.as.u == 0);
        tn_task_free(t);
        ret.tag = TN_TAG_F32, ret.aux = 0, ret.as.f = 5;
        STATUS(tn_task_start(s.inst, half, &ret, 1, &t, NULL), TN_OK);
        STATUS(tn_task_start(s.inst, half, &ret, 1, &u, NULL), TN_OK);
        STATUS(tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, NULL), TN_OK);
        CHECK(ret.tag == TN_TAG_F32 && ret.as.f == 2.5);
        STATUS(tn_task_resume(u, TN_FUEL_UNLIMITED, NULL, NULL), TN_OK);
        tn_task_free(t), tn_task_free(u);
        /* A trap. */
        STATUS(tn_task_start(s.inst, late, v, 1, &t, NULL), TN_OK);
        STATUS_ERR(tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, &err), i > 2 ? TN_TRAP_INDEX_OUT_OF_BOUNDS : TN_OK);
        tn_task_free(t);
        /* The end of its time, and of it. */
        if (i % 20 == 0) {
            STATUS(tn_task_start(s.inst, spin, NULL, 0, &t, NULL), TN_OK);
            STATUS(tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, NULL), TN_PENDING);
            EQUAL(tn_task_state(t), TN_TASK_READY);
            STATUS(tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, NULL), TN_PENDING);
            v[1] = make_i64(1);
            STATUS(tn_task_start(s.inst, add, v, 2, &u, NULL), TN_OK);
            STATUS_ERR(tn_task_resume(u, TN_FUEL_UNLIMITED, &ret, &err), TN_BUSY);
            tn_task_free(t);
            STATUS(tn_task_resume(u, TN_FUEL_UNLIMITED, &ret, NULL), TN_OK);
            tn_task_free(u);
        }
        /* Host functions that answer at once, before they return, and later. */
        at_once = i % 3;
        v[0] = make_i64(3);
        STATUS(tn_task_start(s.inst, later, v, 1, &t, NULL), TN_OK);
        if (at_once == 0) {
            int k;
            for (k = 0; k < 3; ++k) {
                tn_completion *c;
                STATUS(tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, NULL), TN_PENDING);
                EQUAL(tn_task_state(t), TN_TASK_WAITING);
                c = take_open();
                STATUS(tn_completion_resolve(c, &v[0]), TN_OK);
                tn_completion_free(c);
                STATUS(tn_completion_resolve(c, &v[0]), TN_HANDLE);
            }
        }
        STATUS(run(t, TN_FUEL_UNLIMITED, &ret, NULL), TN_OK);
        EQUAL(ret.as.i, at_once == 0 ? 9 : at_once == 1 ? 6 : 9);
        tn_task_free(t);
    }
    v[1] = make_i64(1);
    STATUS(tn_task_start(s.inst, add, v, 2, &t, NULL), TN_OK); /* outlives its instance */
    tn_instance_free(s.inst);
    s.inst = NULL;
    STATUS_ERR(tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, &err), TN_CLOSED);
    tn_task_free(t);
    tn_function_free(add), tn_function_free(mix), tn_function_free(late), tn_function_free(later);
    tn_function_free(spin), tn_function_free(nothing), tn_function_free(half);
    tear_down(&s);
}

/* Tasks that one thread starts, resumes and frees, while others look at them, cancel them, resume them and free them, also
 * those that are long gone. */
static _Atomic(tn_task *) shown;
static atomic_int is_over, seen_alive;
static int is_answer(tn_status status) { /* TN_PENDING: a cancellation that came late ended the next one's slice */
    return status == TN_OK || status == TN_HANDLE || status == TN_BUSY || status == TN_STATE || status == TN_PENDING ||
           status == TN_TRAP_CANCELLED;
}
static void *meddle(void *arg) {
    unsigned what = *(unsigned *)arg;
    while (!is_over) {
        tn_task *t = shown;
        tn_value ret;
        if (!t) continue;
        what = what * 1664525u + 1013904223u;
        switch (what >> 28) {
        case 0: tn_task_cancel(t); break;
        case 1: tn_task_free(t); break;
        case 3: {
            const tn_status status = tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, NULL);
        CHECK(is_answer(status));
            break;
        }
        default: seen_alive += tn_task_state(t) != TN_TASK_ENDED;
        }
    }
    return NULL;
}

static void storm(void) {
    Setup s = make(NULL);
    tn_function *add = function(s.mod, "add"), *count = function(s.mod, "count");
    unsigned seeds[2] = {1, 77};
    pthread_t threads[2];
    int i, k, done = 0;
#ifdef __SANITIZE_THREAD__
    const int rounds = 20000;
#else
    const int rounds = 200000 / SLOWNESS;
#endif
    tn_value v[2];
    is_over = 0;
    for (k = 0; k < 2; ++k) pthread_create(&threads[k], NULL, meddle, &seeds[k]);
    for (i = 0; i < rounds; ++i) {
        tn_task *t;
        tn_value ret;
        tn_status status;
        v[0] = make_i64(i % 50), v[1] = make_i64(1);
        STATUS(tn_task_start(s.inst, i % 7 ? add : count, v, i % 7 ? 2 : 1, &t, NULL), TN_OK);
        shown = t;
        status = tn_task_resume(t, TN_FUEL_UNLIMITED, &ret, NULL);
        if (status == TN_OK && i % 7) EQUAL(ret.as.i, i % 50 + 1);
        CHECK(is_answer(status));
        done += status == TN_OK;
        tn_task_free(t);
        if (i % 3 == 0) CHECK(tn_task_state(t) == TN_TASK_ENDED);
    }
    is_over = 1;
    for (k = 0; k < 2; ++k) pthread_join(threads[k], NULL);
    CHECK(done > 0);
    tn_function_free(add), tn_function_free(count);
    tear_down(&s);
}

int main(void) {
    RUN(whole);
    RUN(sliced);
    RUN(arguments);
    RUN(busy);
    RUN(turns);
    RUN(threads);
    RUN(endings);
    RUN(closed);
    RUN(later_answers);
    RUN(nested);
    RUN(metering);
    RUN(flat);
    RUN(short_ones);
    RUN(storm);
    return finish();
}
