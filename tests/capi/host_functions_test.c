/* Section 8: host functions. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int finalized;
static void count_finalizer(void *ud) {
    (void)ud;
    ++finalized;
}

/* --- generic functions --- */

static tn_status add_offset(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    CHECK(tn_frame_instance(fr) != NULL);
    EQUAL(nargs, 2);
    EQUAL(ret->tag, TN_TAG_POISON);
    TN_SET_I64(ret, args[0].as.i + args[1].as.i + *(int *)ud);
    return TN_OK;
}

static tn_status greet(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    char text[100];
    (void)nargs;
    (void)ud;
    snprintf(text, sizeof text, "hello %s", tn_string_data(&args[0], NULL));
    return tn_string_new(tn_frame_instance(fr), text, TN_NTS, ret, NULL);
}

/* Gives back its argument, of any type. */
static tn_status echo(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    (void)fr;
    (void)nargs;
    (void)ud;
    return tn_value_copy(&args[0], ret);
}

static tn_status fails(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    (void)nargs;
    (void)ret;
    switch (args[0].as.i) {
    case 0: return tn_frame_fail(fr, TN_TRAP_HOST_ERROR, "it broke", TN_NTS, ud, count_finalizer);
    case 1: return tn_frame_fail(fr, 1234, "own number", TN_NTS, NULL, NULL);
    case 2: return TN_OK; /* without a result */
    case 3: TN_SET_F64(ret, 1); return TN_OK;
    case 4: return -7;
    case 5: return TN_NOT_FOUND;
    case 6: return tn_string_new(tn_frame_instance(fr), "wrong", TN_NTS, ret, NULL);
    case 7: /* fails, then succeeds after all */
        tn_frame_fail(fr, TN_TRAP_HOST_ERROR, "forgotten", TN_NTS, NULL, count_finalizer);
        TN_SET_I64(ret, 70);
        return TN_OK;
    case 8: tn_frame_fail(fr, 5, "\xff", 1, NULL, count_finalizer); return 2000;
    case 9:
        TN_SET_INT(ret, TN_TAG_I64, 9);
        return tn_frame_fail(fr, TN_TRAP_CANCELLED, "stop", TN_NTS, NULL, NULL);
    default: TN_SET_I64(ret, args[0].as.i); return TN_OK;
    }
}

typedef struct Hosts {
    int offset;
    tn_frame *kept;
    tn_function *call;
    int depth;
} Hosts;

static tn_status keeps_frame(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    (void)args;
    (void)nargs;
    ((Hosts *)ud)->kept = fr;
    TN_SET_UNIT(ret);
    return TN_OK;
}

/* Calls the script again. */
static tn_status reenter(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    Hosts *hosts = ud;
    tn_error *err = NULL;
    tn_status status;
    (void)nargs;
    ++hosts->depth;
    if (args[0].as.i % 2)
        status = tn_frame_call(fr, hosts->call, args, 1, ret, &err);
    else
        status = tn_call(tn_frame_instance(fr), hosts->call, args, 1, ret, &err);
    if (status != TN_OK) {
        EQUAL(ret->tag, TN_TAG_NONE);
        return tn_frame_fail_error(fr, err);
    }
    return TN_OK;
}

static void generic(void) {
    tn_runtime *rt = new_runtime();
    tn_error *err = NULL;
    Hosts hosts = {1000, NULL, NULL, 0};
    Setup s;
    tn_value args[2], ret, v;
    finalized = 0;
    STATUS_ERR(tn_register_fn(rt, "add", TN_NTS, "fn(i64, i64) -> i64", TN_NTS, add_offset, &hosts.offset,
                              count_finalizer, TN_FN_PURE, &err),
               TN_OK);
    STATUS_ERR(
        tn_register_fn(rt, "net.greet", TN_NTS, "fn(String) -> String", TN_NTS, greet, NULL, NULL, 0, &err),
        TN_OK);
    STATUS_ERR(tn_register_fn(rt, "echo_list", TN_NTS, "fn(List[(i8, String)?]) -> List[(i8, String)?]",
                              TN_NTS, echo, NULL, NULL, 0, &err),
               TN_OK);
    STATUS_ERR(tn_register_fn(rt, "echo_pair", TN_NTS, "fn((f32, char)) -> (f32, char)", TN_NTS, echo, NULL,
                              NULL, 0, &err),
               TN_OK);
    STATUS_ERR(tn_register_fn(rt, "keep", TN_NTS, "fn()", TN_NTS, keeps_frame, &hosts, NULL, 0, &err), TN_OK);
    s.rt = rt;
    s.mod = compile(rt, "fn sum(n: i64) -> i64 { add(n, 1) }\n"
                        "fn hi(s: String) -> String { net.greet(s) + \"!\" }\n"
                        "fn lists() -> String {\n"
                        "    let xs = echo_list([Some((-3i8, \"x\")), None]);\n"
                        "    match xs[0] { Some((n, s)) => f\"{n}{s}{xs.len()}\", None => \"bad\" }\n}\n"
                        "fn pair() -> bool { echo_pair((0.5f32, 'z')) == (0.5f32, 'z') }\n"
                        "fn quiet() { keep(); }\n");
    s.inst = instance(s.mod);
    args[0] = make_i64(1);
    EQUAL(call_i64(&s, "sum", args, 1), 1002);
    args[0] = make_string(s.inst, "you");
    STATUS_ERR(call_by_name(&s, "hi", args, 1, &ret, &err), TN_OK);
    TEXT(tn_string_data(&ret, NULL), "hello you!");
    tn_value_clear(&ret);
    tn_value_clear(&args[0]);
    STATUS_ERR(call_by_name(&s, "lists", NULL, 0, &ret, &err), TN_OK);
    TEXT(tn_string_data(&ret, NULL), "-3x2");
    tn_value_clear(&ret);
    STATUS_ERR(call_by_name(&s, "pair", NULL, 0, &v, &err), TN_OK);
    EQUAL(v.as.u, 1);
    STATUS_ERR(call_by_name(&s, "quiet", NULL, 0, &v, &err), TN_OK);
    CHECK(tn_frame_instance(hosts.kept) == NULL);
    STATUS(tn_frame_fail(hosts.kept, TN_TRAP_HOST_ERROR, "late", TN_NTS, NULL, count_finalizer), TN_HANDLE);
    EQUAL(finalized, 1);
    STATUS_ERR(tn_frame_call(hosts.kept, NULL, NULL, 0, &v, &err), TN_HANDLE);
    CHECK(tn_frame_instance(NULL) == NULL);
    STATUS(tn_frame_fail(NULL, 53, "x", 1, NULL, NULL), TN_ARG);
    tear_down(&s);
    EQUAL(finalized, 2);
}

static void failing(void) {
    tn_runtime *rt = new_runtime();
    tn_error *err = NULL;
    Setup s;
    tn_value n, ret;
    int payload = 5;
    finalized = 0;
    STATUS_ERR(tn_register_fn(rt, "fails", TN_NTS, "fn(i64) -> i64", TN_NTS, fails, &payload, NULL, 0, &err),
               TN_OK);
    s.rt = rt;
    s.mod =
        compile(rt, "fn f(n: i64) -> i64 {\n    let held = f\"held {n}\";\n    fails(n) + held.len() * 0\n}");
    s.inst = instance(s.mod);
    n = make_i64(42);
    EQUAL(call_i64(&s, "f", &n, 1), 42);
    n = make_i64(0);
    STATUS(call_by_name(&s, "f", &n, 1, &ret, &err), TN_TRAP_HOST_ERROR);
    TEXT(tn_error_message(err, NULL), "host error: it broke");
    CHECK(tn_error_payload(err) == &payload);
    EQUAL(tn_error_frame_count(err), 1);
    EQUAL(tn_error_frame_line(err, 0), 3);
    EQUAL(finalized, 0);
    tn_error_free(err);
    EQUAL(finalized, 1);
    STATUS(call_by_name(&s, "f", &n, 1, &ret, NULL), TN_TRAP_HOST_ERROR);
    EQUAL(finalized, 2);
    n = make_i64(1);
    STATUS_ERR(call_by_name(&s, "f", &n, 1, &ret, &err), 1234);
    n = make_i64(2);
    STATUS(call_by_name(&s, "f", &n, 1, &ret, &err), TN_TRAP_HOST_ERROR);
    CONTAINS(tn_error_message(err, NULL), "without setting its result");
    CONTAINS(tn_error_message(err, NULL), "`fails`");
    tn_error_free(err);
    n = make_i64(3);
    STATUS(call_by_name(&s, "f", &n, 1, &ret, &err), TN_TRAP_HOST_ERROR);
    CONTAINS(tn_error_message(err, NULL), "expected `i64`, found `f64`");
    tn_error_free(err);
    n = make_i64(4);
    STATUS_ERR(call_by_name(&s, "f", &n, 1, &ret, &err), TN_TRAP_HOST_ERROR);
    n = make_i64(5);
    STATUS(call_by_name(&s, "f", &n, 1, &ret, &err), TN_TRAP_HOST_ERROR);
    CONTAINS(tn_error_message(err, NULL), "NotFound");
    tn_error_free(err);
    n = make_i64(6);
    STATUS_ERR(call_by_name(&s, "f", &n, 1, &ret, &err), TN_TRAP_HOST_ERROR);
    n = make_i64(7);
    EQUAL(call_i64(&s, "f", &n, 1), 70);
    EQUAL(finalized, 3);
    n = make_i64(8);
    STATUS_ERR(call_by_name(&s, "f", &n, 1, &ret, &err), 2000);
    EQUAL(finalized, 4);
    n = make_i64(9);
    STATUS_ERR(call_by_name(&s, "f", &n, 1, &ret, &err), TN_TRAP_CANCELLED);
    n = make_i64(10);
    EQUAL(call_i64(&s, "f", &n, 1), 10);
    tear_down(&s);
}

static void reentrance(void) {
    tn_runtime *rt = new_runtime();
    tn_error *err = NULL;
    Hosts hosts = {0, NULL, NULL, 0};
    Setup s;
    tn_value n, ret;
    STATUS_ERR(tn_register_fn(rt, "again", TN_NTS, "fn(i64) -> i64", TN_NTS, reenter, &hosts, NULL, 0, &err),
               TN_OK);
    s.rt = rt;
    s.mod = compile(rt, "fn down(n: i64) -> i64 {\n    let keep = f\"{n}\";\n    if n == 0 { return 0; }\n"
                        "    if n == -1 { let xs = [1]; return xs[3]; }\n"
                        "    again(if n == 1000 { -1 } else { n - 1 }) + keep.len()\n}\n"
                        "fn endless(n: i64) -> i64 { again(n) + 1 }\n");
    s.inst = instance(s.mod);
    hosts.call = function(s.mod, "down");
    n = make_i64(100);
    EQUAL(call_i64(&s, "down", &n, 1), 9 + 90 * 2 + 3);
    EQUAL(hosts.depth, 100);
    /* A trap in the inner script comes out with both stacks. */
    n = make_i64(1000);
    STATUS(call_by_name(&s, "down", &n, 1, &ret, &err), TN_TRAP_INDEX_OUT_OF_BOUNDS);
    TEXT(tn_error_message(err, NULL), "index out of bounds: the length is 1 but the index is 3");
    EQUAL(tn_error_frame_count(err), 2);
    EQUAL(tn_error_frame_line(err, 0), 4);
    EQUAL(tn_error_frame_line(err, 1), 5);
    tn_error_free(err);
    tn_function_free(hosts.call);
    hosts.call = function(s.mod, "endless");
    n = make_i64(1);
    STATUS_ERR(call_by_name(&s, "endless", &n, 1, &ret, &err), TN_TRAP_STACK_OVERFLOW);
    n = make_i64(0);
    STATUS_ERR(call_by_name(&s, "endless", &n, 1, &ret, &err), TN_TRAP_STACK_OVERFLOW);
    tn_function_free(hosts.call);
    hosts.call = function(s.mod, "down");
    n = make_i64(3);
    EQUAL(call_i64(&s, "down", &n, 1), 3);
    tn_function_free(hosts.call);
    tear_down(&s);
}

/* Frees everything it can reach, and goes on. */
static tn_status frees(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    Setup *s = ud;
    (void)nargs;
    tn_instance_free(s->inst);
    tn_module_free(s->mod);
    tn_runtime_free(s->rt);
    CHECK(tn_frame_instance(fr) == NULL);
    tn_value_clear((tn_value *)args); /* not ours to clear, but harmless */
    STATUS(tn_string_new(s->inst, "x", 1, ret, NULL), TN_HANDLE);
    TN_SET_I64(ret, 5);
    return TN_OK;
}

static void freed_while_running(void) {
    tn_error *err = NULL;
    Setup s;
    tn_value text, ret;
    tn_function *f;
    s.rt = new_runtime();
    STATUS_ERR(tn_register_fn(s.rt, "frees", TN_NTS, "fn(String) -> i64", TN_NTS, frees, &s, NULL, 0, &err),
               TN_OK);
    s.mod = compile(s.rt, "fn f(s: String) -> String { let n = frees(s + \"!\"); f\"{s}{n}\" }");
    s.inst = instance(s.mod);
    text = make_string(s.inst, "still here");
    f = function(s.mod, "f");
    STATUS_ERR(tn_call(s.inst, f, &text, 1, &ret, &err), TN_OK);
    TEXT(tn_string_data(&ret, NULL), "still here5");
    STATUS_ERR(tn_call(s.inst, f, &text, 1, NULL, &err), TN_HANDLE);
    tn_value_clear(&text);
    STATUS(tn_list_push(&ret, &text), TN_TYPE);
    tn_function_free(f);
    TEXT(tn_string_data(&ret, NULL), "still here5");
    tn_value_clear(&ret);
}

/* Frees instance, module and function: nothing is left of them when the call returns. */
typedef struct Freed {
    Setup s;
    tn_function *f;
} Freed;
static tn_status frees_all(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    Freed *freed = ud;
    (void)fr;
    (void)args;
    (void)nargs;
    tn_function_free(freed->f);
    tn_instance_free(freed->s.inst);
    tn_module_free(freed->s.mod);
    tn_runtime_free(freed->s.rt);
    TN_SET_UNIT(ret);
    return TN_OK;
}

/* The short ways of a call, for wide and narrow numbers, by values and by slots. */
static void freed_while_a_flat_call_runs(void) {
    static const char *const names[] = {"wide", "narrow", "small"};
    static const char *const signatures[] = {"fn(i64) -> i64", "fn(i64) -> u8", "fn(i64) -> f32"};
    size_t i, slots;
    for (i = 0; i < 3; ++i) {
        for (slots = 0; slots < 2; ++slots) {
            Freed freed;
            tn_error *err = NULL;
            tn_value arg, ret;
            tn_slot io[2];
            freed.s.rt = new_runtime();
            STATUS_ERR(tn_register_fn(freed.s.rt, "frees", TN_NTS, "fn()", TN_NTS, frees_all, &freed, NULL, 0, &err), TN_OK);
            freed.s.mod = compile(freed.s.rt, "fn wide(x: i64) -> i64 { frees(); x + 1 }\n"
                                              "fn narrow(x: i64) -> u8 { frees(); x as u8 + 1 }\n"
                                              "fn small(x: i64) -> f32 { frees(); x as f32 + 1.0 }");
            freed.s.inst = instance(freed.s.mod);
            STATUS_ERR(tn_module_function(freed.s.mod, names[i], TN_NTS, signatures[i], TN_NTS, &freed.f, &err), TN_OK);
            if (slots) {
                io[0].i = 41;
                STATUS_ERR(tn_call_slots(freed.s.inst, freed.f, io, 2, &err), TN_OK);
                CHECK(i == 2 ? io[0].f == 42.0 : io[0].i == 42);
            } else {
                arg = make_i64(41);
                STATUS_ERR(tn_call(freed.s.inst, freed.f, &arg, 1, &ret, &err), TN_OK);
                CHECK(i == 2 ? ret.as.f == 42.0 : ret.as.i == 42);
            }
            EQUAL(tn_live_handles(), 0);
        }
    }
}

/* --- plain C functions --- */

static int64_t plain_add(int64_t a, int64_t b) { return a + b; }
static double plain_many(int8_t a, double b, uint16_t c, float d, _Bool e, uint32_t f, int64_t g, double h,
                         int32_t i, uint64_t j) {
    return a + b + c + (double)d + e + f + (double)g + h + i + (double)j;
}
static int64_t plain_count(const char *p, size_t len, uint32_t c) {
    int64_t n = 0;
    size_t i;
    for (i = 0; i < len; ++i) n += (unsigned char)p[i] == c;
    CHECK(p[len] == 0);
    return n;
}
static int64_t plain_bytes(const char *a, size_t alen, const char *b, size_t blen) {
    return (int64_t)(alen * 100 + blen) + (alen ? a[0] : 0) + (blen ? b[0] : 0);
}
static int plain_calls;
static void plain_nothing(void) { ++plain_calls; }
static int8_t plain_narrow(int8_t x) { return (int8_t)(x * 2); }
static float plain_float(float x) { return x / 2; }
static _Bool plain_bool(_Bool x) { return !x; }

/* A plain function may not use the instance it is called from. */
static Setup *plain_setup;
static int64_t plain_reenters(int64_t n) {
    tn_function *f = function(plain_setup->mod, "two");
    tn_value ret;
    tn_error *err = NULL;
    STATUS_ERR(tn_call(plain_setup->inst, f, NULL, 0, &ret, &err), TN_STATE);
    STATUS(tn_instance_enter(plain_setup->inst), TN_STATE);
    tn_function_free(f);
    return n;
}

static void native(void) {
    tn_runtime *rt = new_runtime();
    tn_error *err = NULL;
    Setup s;
    tn_value n = make_i64(20), text, ret;
    finalized = 0;
#define NATIVE(path, sig, fn)                                                                                \
    STATUS_ERR(                                                                                              \
        tn_register_native(rt, path, TN_NTS, sig, TN_NTS, (tn_fnptr)fn, NULL, count_finalizer, 0, &err),     \
        TN_OK)
    NATIVE("plus", "fn(i64, i64) -> i64", plain_add);
    NATIVE("c.many", "fn(i8, f64, u16, f32, bool, u32, i64, f64, i32, u64) -> f64", plain_many);
    NATIVE("c.count", "fn(String, char) -> i64", plain_count);
    NATIVE("c.bytes", "fn(Bytes, String) -> i64", plain_bytes);
    NATIVE("c.nothing", "fn()", plain_nothing);
    NATIVE("c.narrow", "fn(i8) -> i8", plain_narrow);
    NATIVE("c.half", "fn(f32) -> f32", plain_float);
    NATIVE("c.flip", "fn(bool) -> bool", plain_bool);
    NATIVE("c.reenters", "fn(i64) -> i64", plain_reenters);
    STATUS_ERR(tn_register_native(rt, "c.sqrt", TN_NTS, "fn(f64) -> f64", TN_NTS,
                                  (tn_fnptr)(double (*)(double))sqrt, NULL, count_finalizer, TN_FN_PURE,
                                  &err),
               TN_OK);
    s.rt = rt;
    s.mod = compile(
        rt, "fn add(n: i64) -> i64 { let t = 0; for i in 0..n { t = plus(t, i); } t }\n"
            "fn many() -> f64 { c.many(-1i8, 2.0, 3u16, 4.0f32, true, 6u32, 7, 8.0, -9i32, 10u64) }\n"
            "fn count(s: String) -> i64 { c.count(s + \"l\", 'l') }\n"
            "fn bytes() -> i64 { c.bytes(b\"abc\", \"\") }\n"
            "fn nothing() { c.nothing(); c.nothing(); }\n"
            "fn small() -> bool { c.narrow(-50i8) == -100i8 && c.half(3.0f32) == 1.5f32 && c.flip(false) }\n"
            "fn root() -> f64 { c.sqrt(2.25) }\n"
            "fn two() -> i64 { 2 }\nfn reenters(n: i64) -> i64 { c.reenters(n) }\n");
    s.inst = instance(s.mod);
    plain_setup = &s;
    EQUAL(call_i64(&s, "add", &n, 1), 190);
    STATUS_ERR(call_by_name(&s, "many", NULL, 0, &ret, &err), TN_OK);
    CHECK(ret.as.f == -1 + 2 + 3 + 4 + 1 + 6 + 7 + 8 - 9 + 10);
    text = make_string(s.inst, "hello lull");
    EQUAL(call_i64(&s, "count", &text, 1), 6);
    tn_value_clear(&text);
    EQUAL(call_i64(&s, "bytes", NULL, 0), 300 + 'a');
    STATUS_ERR(call_by_name(&s, "nothing", NULL, 0, &ret, &err), TN_OK);
    EQUAL(plain_calls, 2);
    STATUS_ERR(call_by_name(&s, "small", NULL, 0, &ret, &err), TN_OK);
    EQUAL(ret.as.u, 1);
    STATUS_ERR(call_by_name(&s, "root", NULL, 0, &ret, &err), TN_OK);
    CHECK(ret.as.f == 1.5);
    EQUAL(call_i64(&s, "reenters", &n, 1), 20);
    EQUAL(finalized, 0);
    tear_down(&s);
    EQUAL(finalized, 10);
}

static void in_the_interpreter(void) {
    tn_runtime *rt = new_runtime();
    tn_error *err = NULL;
    tn_config *c = tn_config_new();
    Setup s;
    tn_value text, ret;
    int offset = 5;
    STATUS_ERR(
        tn_register_fn(rt, "greet", TN_NTS, "fn(String) -> String", TN_NTS, greet, NULL, NULL, 0, &err),
        TN_OK);
    STATUS_ERR(
        tn_register_fn(rt, "add", TN_NTS, "fn(i64, i64) -> i64", TN_NTS, add_offset, &offset, NULL, 0, &err),
        TN_OK);
    STATUS_ERR(tn_register_native(rt, "count", TN_NTS, "fn(String, char) -> i64", TN_NTS,
                                  (tn_fnptr)plain_count, NULL, NULL, 0, &err),
               TN_OK);
    s.rt = rt;
    s.mod = compile(rt, "fn f(s: String) -> i64 { add(greet(s).len(), count(s, 'l')) }");
    STATUS(tn_config_set_u64(c, TN_CONFIG_INTERPRET, 1), TN_OK);
    STATUS_ERR(tn_instance_new(s.mod, c, &s.inst, &err), TN_OK);
    text = make_string(s.inst, "lull");
    STATUS_ERR(call_by_name(&s, "f", &text, 1, &ret, &err), TN_OK);
    EQUAL(ret.as.i, 5 + 10 + 3);
    tn_value_clear(&text);
    tn_config_free(c);
    tear_down(&s);
}

/* --- registration --- */

static void registration(void) {
    tn_runtime *rt = new_runtime();
    tn_error *err = NULL;
    Setup s;
    int expected = 0;
    finalized = 0;
#define REFUSED(status, path, len, sig, siglen, fn, flags)                                                   \
    do {                                                                                                     \
        STATUS_ERR(tn_register_fn(rt, path, len, sig, siglen, fn, NULL, count_finalizer, flags, &err),       \
                   status);                                                                                  \
        EQUAL(finalized, ++expected);                                                                        \
    } while (0)
    REFUSED(TN_ARG, "f", TN_NTS, "fn()", TN_NTS, NULL, 0);
    REFUSED(TN_ARG, NULL, TN_NTS, "fn()", TN_NTS, echo, 0);
    REFUSED(TN_ARG, "f", TN_NTS, NULL, 5, echo, 0);
    REFUSED(TN_ARG, "a b", TN_NTS, "fn()", TN_NTS, echo, 0);
    REFUSED(TN_ARG, "", TN_NTS, "fn()", TN_NTS, echo, 0);
    REFUSED(TN_UTF8, "\xff", TN_NTS, "fn()", TN_NTS, echo, 0);
    REFUSED(TN_SIGNATURE, "f", TN_NTS, "fn(", TN_NTS, echo, 0);
    REFUSED(TN_UNSUPPORTED, "f", TN_NTS, "fn(Point)", TN_NTS, echo, 0);
    REFUSED(TN_UNSUPPORTED, "f", TN_NTS, "fn(mut i64)", TN_NTS, echo, 0);
    REFUSED(TN_UNSUPPORTED, "f", TN_NTS, "fn()", TN_NTS, echo, 0x80000000u);
    STATUS_ERR(tn_register_native(rt, "f", TN_NTS, "fn(List[i64])", TN_NTS, (tn_fnptr)plain_nothing, NULL,
                                  count_finalizer, 0, &err),
               TN_UNSUPPORTED);
    ++expected;
    STATUS_ERR(tn_register_fn(NULL, "f", TN_NTS, "fn()", TN_NTS, echo, NULL, count_finalizer, 0, &err),
               TN_ARG);
    EQUAL(finalized, ++expected);
    STATUS_ERR(tn_register_fn(rt, "f", TN_NTS, "fn()", TN_NTS, echo, NULL, count_finalizer, 0, &err), TN_OK);
    EQUAL(finalized, expected);
    REFUSED(TN_DUPLICATE, "f", TN_NTS, "fn()", TN_NTS, echo, 0);
    s.rt = rt;
    s.mod = compile(rt, "fn g() {}");
    s.inst = instance(s.mod);
    REFUSED(TN_CLOSED, "late", TN_NTS, "fn()", TN_NTS, echo, 0);
    /* The registered one lives as long as anything that might call it. */
    tn_runtime_free(rt);
    tn_module_free(s.mod);
    EQUAL(finalized, expected);
    tn_instance_free(s.inst);
    EQUAL(finalized, expected + 1);
}

/* --- output --- */

static char printed[200];
static tn_status collect(void *ud, const char *p, size_t len) {
    Setup *s = ud;
    tn_error *err = NULL;
    strncat(printed, p, len);
    if (s) {
        tn_function *f = function(s->mod, "f");
        STATUS_ERR(tn_call(s->inst, f, NULL, 0, NULL, &err), TN_STATE);
        tn_function_free(f);
    }
    return strstr(printed, "stop") ? TN_IO : TN_OK;
}

static void output(void) {
    Setup s = set_up("fn f() { print(\"one\"); print(2); }\nfn g() { print(\"stop\"); print(\"never\"); }");
    tn_error *err = NULL;
    finalized = 0;
    STATUS(tn_instance_set_output(s.inst, collect, &s, count_finalizer), TN_OK);
    STATUS_ERR(call_by_name(&s, "f", NULL, 0, NULL, &err), TN_OK);
    TEXT(printed, "one\n2\n");
    STATUS(tn_instance_set_output(s.inst, collect, NULL, count_finalizer), TN_OK);
    EQUAL(finalized, 1);
    STATUS_ERR(call_by_name(&s, "g", NULL, 0, NULL, &err), TN_TRAP_HOST_ERROR);
    TEXT(printed, "one\n2\nstop\n");
    STATUS(tn_instance_set_output(NULL, collect, NULL, count_finalizer), TN_ARG);
    EQUAL(finalized, 2);
    STATUS(tn_instance_set_user_data(s.inst, &s, count_finalizer), TN_OK);
    CHECK(tn_instance_user_data(s.inst) == &s);
    CHECK(tn_instance_user_data(NULL) == NULL);
    tear_down(&s);
    EQUAL(finalized, 4);
}

int main(void) {
    RUN(generic);
    RUN(failing);
    RUN(reentrance);
    RUN(freed_while_running);
    RUN(freed_while_a_flat_call_runs);
    RUN(native);
    RUN(in_the_interpreter);
    RUN(registration);
    RUN(output);
    return finish();
}
