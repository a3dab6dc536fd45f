/* Section 8: types of the host's, handles, constants, context variables. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int made, ended, type_ended;

typedef struct Date {
    int64_t days;
} Date;

static Date *new_date(int64_t days) {
    Date *date = malloc(sizeof *date);
    date->days = days;
    ++made;
    return date;
}
static void end_date(void *p, void *ud) {
    CHECK(ud == &type_ended);
    free(p);
    ++ended;
}
static void end_type(void *ud) { ++*(int *)ud; }
static tn_status clone_date(void *p, void *ud, void **out) {
    (void)ud;
    *out = new_date(((Date *)p)->days);
    return TN_OK;
}
static int32_t equal_dates(const void *a, const void *b, void *ud) {
    (void)ud;
    return ((const Date *)a)->days == ((const Date *)b)->days;
}
static uint64_t hash_date(const void *p, void *ud) {
    (void)ud;
    return (uint64_t)((const Date *)p)->days;
}
static tn_status show_date(tn_frame *fr, const void *p, tn_value *ret, void *ud) {
    char text[40];
    (void)ud;
    if (((const Date *)p)->days < 0) return tn_frame_fail(fr, 1500, "before time", TN_NTS, NULL, NULL);
    snprintf(text, sizeof text, "day %d", (int)((const Date *)p)->days);
    return tn_string_new(tn_frame_instance(fr), text, TN_NTS, ret, NULL);
}
static uint64_t size_date(const void *p, void *ud) {
    (void)ud;
    return ((const Date *)p)->days < 0 ? 0 : (uint64_t)((const Date *)p)->days * 1000;
}

static const tn_host_type date_ops = {sizeof(tn_host_type), end_date,  clone_date, equal_dates,
                                      hash_date,            show_date, size_date};

/* Plain C functions. */
static void *date_of(int64_t days) { return days > 100000 ? NULL : new_date(days); }
static int64_t days_of(void *date) { return ((Date *)date)->days; }
static void *add_days(void *date, int64_t days) { return new_date(((Date *)date)->days + days); }
static void *days_plus(int64_t days, void *date) { return new_date(((Date *)date)->days + days); }
static int64_t minus(void *a, void *b) { return ((Date *)a)->days - ((Date *)b)->days; }
static int64_t compare(void *a, void *b) { return ((Date *)a)->days - ((Date *)b)->days; }
static void move_by(void *date, int64_t days) { ((Date *)date)->days += days; }
static tn_status checked(int64_t days, void **out) {
    if (days < 0) return 1234;
    *out = new_date(days);
    return TN_OK;
}
typedef struct Pair {
    uint8_t small;
    double large;
} Pair;
static tn_status split(double x, Pair *out) {
    if (x < 0) return TN_NOT_FOUND;
    out->small = (uint8_t)x;
    out->large = x * 2;
    return TN_OK;
}
static tn_status nothing(int32_t n) { return n; }
static double weigh(uint8_t a, float b, double c) { return a + b + c; }
static int64_t text_sum(const char *p, size_t n, int64_t k) { return (n ? p[0] : 0) + (int64_t)n + k; }

/* Generic ones. */
static const tn_type *date_type;
static tn_status later(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    void *p = NULL;
    (void)nargs, (void)ud;
    STATUS(tn_handle_get(&args[0], date_type, &p), TN_OK);
    return tn_handle_new(tn_frame_instance(fr), date_type, new_date(((Date *)p)->days + 1), ret, NULL);
}
static tn_status close_it(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    (void)fr, (void)nargs, (void)ud, (void)ret;
    return tn_handle_close(&args[0]);
}

static void add_native(tn_runtime *rt, const char *path, const char *sig, tn_fnptr fn, uint32_t flags) {
    tn_error *err = NULL;
    STATUS_ERR(tn_register_native(rt, path, TN_NTS, sig, TN_NTS, fn, NULL, NULL, flags, &err), TN_OK);
}

static tn_runtime *runtime_with_dates(void) {
    tn_runtime *rt = new_runtime();
    tn_error *err = NULL;
    tn_value v;
    STATUS_ERR(tn_register_type(rt, "time.Date", TN_NTS, "org.acme.date/1", TN_NTS, &date_ops, &type_ended, end_type,
                                &date_type, &err),
               TN_OK);
    TEXT(tn_type_name(date_type, NULL), "time.Date");
    EQUAL(tn_type_kind(date_type), TN_TAG_HANDLE);
    add_native(rt, "time.Date.of", "fn(i64) -> Date", (tn_fnptr)date_of, 0);
    add_native(rt, "time.Date.checked", "fn(i64) -> Date", (tn_fnptr)checked, TN_FN_STATUS);
    add_native(rt, "time.Date.days", "fn(Date) -> i64", (tn_fnptr)days_of, TN_FN_PURE);
    add_native(rt, "time.Date.add", "fn(Date, i64) -> Date", (tn_fnptr)add_days, 0);
    add_native(rt, "time.Date.add", "fn(i64, Date) -> Date", (tn_fnptr)days_plus, 0);
    add_native(rt, "time.Date.sub", "fn(Date, Date) -> i64", (tn_fnptr)minus, 0);
    add_native(rt, "time.Date.cmp", "fn(Date, Date) -> i64", (tn_fnptr)compare, 0);
    add_native(rt, "time.Date.move_by", "fn(mut Date, i64)", (tn_fnptr)move_by, 0);
    add_native(rt, "split", "fn(f64) -> (u8, f64)", (tn_fnptr)split, TN_FN_STATUS);
    add_native(rt, "nothing", "fn(i32)", (tn_fnptr)nothing, TN_FN_STATUS);
    add_native(rt, "weigh", "fn((u8, f32), f64) -> f64", (tn_fnptr)weigh, TN_FN_PURE);
    add_native(rt, "text_sum", "fn(String, i64) -> i64", (tn_fnptr)text_sum, 0);
    STATUS_ERR(tn_register_fn(rt, "time.Date.later", TN_NTS, "fn(Date) -> Date", TN_NTS, later, NULL, NULL, 0, &err),
               TN_OK);
    STATUS_ERR(tn_register_fn(rt, "time.Date.close", TN_NTS, "fn(Date)", TN_NTS, close_it, NULL, NULL, 0, &err), TN_OK);
    TN_SET_F64(&v, 0.5);
    STATUS_ERR(tn_register_constant(rt, "time.HALF", TN_NTS, "f64", TN_NTS, &v, &err), TN_OK);
    TN_SET_INT(&v, TN_TAG_I8, -7);
    STATUS_ERR(tn_register_constant(rt, "SEVEN", TN_NTS, "i8", TN_NTS, &v, &err), TN_OK);
    STATUS_ERR(tn_register_global(rt, "user.name", TN_NTS, "String", TN_NTS, &err), TN_OK);
    STATUS_ERR(tn_register_global(rt, "today", TN_NTS, "time.Date", TN_NTS, &err), TN_OK);
    return rt;
}

static const char script[] =
    "import time.Date;\n"
    "record Event { name: String, at: Date }\n"
    "var kept: List[Date] = [];\n"
    "fn plus(n: i64) -> i64 { let d = Date.of(n); let e = d + 3; let f = 4 + e; f.days() }\n"
    "fn between(a: Date, b: Date) -> i64 { b - a }\n"
    "fn order() -> String { let a = Date.of(1); let b = Date.of(2); let both = [b, a]; both.sort();\n"
    "    f\"{a < b} {a == b} {a == Date.of(1)} {a.later() >= b} {both}\" }\n"
    "fn shown() -> String { f\"{Event { name: \"x\", at: Date.of(5) }} {Some(Date.of(1))}\" }\n"
    "fn keys() -> i64 { let m = Map{Date.of(1): 10, Date.of(2): 20}; m[Date.of(2)] + m.len() }\n"
    "fn records() -> bool { Event { name: \"x\", at: Date.of(5) } == Event { name: \"x\", at: Date.of(5) } }\n"
    "fn moved() -> String { let a = Date.of(10); let b = a; a.move_by(5); f\"{a} {b}\" }\n"
    "fn in_list() -> String { let ds = [Date.of(1), Date.of(2)]; let es = ds; ds[1].move_by(5); f\"{ds} {es}\" }\n"
    "fn keep(d: Date) -> i64 { kept.push(d); kept.len() }\n"
    "fn closure(d: Date) -> i64 { let f = |n: i64| (d + n).days(); [1, 2].map(f).sum() }\n"
    "fn closed() -> i64 { let d = Date.of(3); d.close(); d.days() }\n"
    "fn closed_generic() -> i64 { let d = Date.of(3); d.close(); d.later().days() }\n"
    "fn closed_shown() -> String { let d = Date.of(3); d.close(); f\"{d}\" }\n"
    "fn trap(n: i64) -> i64 { let d = Date.of(1); let xs = [d + 1, d + 2]; xs[n].days() + [1][n] }\n"
    "fn bad_show() -> String { f\"{Date.of(-1)}\" }\n"
    "fn no_date() -> i64 { Date.of(200000).days() }\n"
    "fn checked(n: i64) -> i64 { Date.checked(n).days() }\n"
    "fn split_it(x: f64) -> f64 { let (a, b) = split(x); (a as f64) + b }\n"
    "fn stop(n: i32) { nothing(n); }\n"
    "fn weight() -> f64 { weigh((1, 0.5f32), 0.25) }\n"
    "fn text(s: String) -> i64 { text_sum(s, 1) }\n"
    "fn consts() -> f64 { time.HALF + (SEVEN as f64) }\n"
    "fn who() -> String { user.name + \"!\" }\n"
    "fn when() -> i64 { today.days() }\n"
    "fn big() -> i64 { let xs: List[Date] = []; for _ in 0..1000 { xs.push(Date.of(10000)); } xs.len() }\n"
    "fn sum(n: i64) -> i64 { let d = Date.of(2); let s = 0; for _ in 0..n { s += d.days(); } s }\n";

static void text_of(Setup *s, const char *name, const char *expected) {
    tn_error *err = NULL;
    tn_value ret;
    STATUS_ERR(call_by_name(s, name, NULL, 0, &ret, &err), TN_OK);
    check_text(tn_string_data(&ret, NULL), expected, name, __FILE__, __LINE__);
    tn_value_clear(&ret);
}

static void stops(Setup *s, const char *name, const tn_value *args, size_t nargs, tn_status status, const char *message) {
    tn_error *err = NULL;
    tn_value ret;
    const tn_status found = call_by_name(s, name, args, nargs, &ret, &err);
    check_equal(found, status, name, __FILE__, __LINE__);
    if (message) check_contains(tn_error_message(err, NULL), message, name, __FILE__, __LINE__);
    tn_error_free(err);
}

static void use(int interprets, uint64_t level) {
    Setup s;
    tn_error *err = NULL;
    tn_config *config = tn_config_new(), *opts = tn_config_new();
    tn_value args[2], ret;
    void *p;
    const int made_before = made, ended_before = ended;
    type_ended = 0;
    s.rt = runtime_with_dates();
    tn_config_set_u64(config, TN_CONFIG_INTERPRET, (uint64_t)interprets);
    tn_config_set_u64(opts, TN_CONFIG_OPT_LEVEL, level);
    STATUS_ERR(tn_compile(s.rt, "m.tn", TN_NTS, script, TN_NTS, opts, &s.mod, &err), TN_OK);
    if (!s.mod) return;
    STATUS_ERR(tn_instance_new(s.mod, config, &s.inst, &err), TN_OK);
    args[0] = make_i64(10);
    EQUAL(call_i64(&s, "plus", args, 1), 17);
    text_of(&s, "order", "true false true true [day 1, day 2]");
    text_of(&s, "shown", "Event { name: \"x\", at: day 5 } Some(day 1)");
    EQUAL(call_i64(&s, "keys", NULL, 0), 22);
    text_of(&s, "moved", "day 15 day 10");
    text_of(&s, "in_list", "[day 1, day 7] [day 1, day 2]");
    STATUS_ERR(call_by_name(&s, "records", NULL, 0, &ret, &err), TN_OK);
    EQUAL(ret.as.u, 1);
    EQUAL(made - made_before, ended - ended_before);

    STATUS_ERR(tn_handle_new(s.inst, date_type, new_date(40), &args[0], &err), TN_OK);
    STATUS_ERR(tn_handle_new(s.inst, date_type, new_date(42), &args[1], &err), TN_OK);
    CHECK(tn_instance_memory_used(s.inst) > 82000);
    EQUAL(call_i64(&s, "between", args, 2), 2);
    EQUAL(call_i64(&s, "keep", args, 1), 1);
    EQUAL(call_i64(&s, "closure", args, 1), 83);
    STATUS(tn_handle_get(&args[0], date_type, &p), TN_OK);
    EQUAL(((Date *)p)->days, 40);
    STATUS(tn_handle_close(&args[1]), TN_OK);
    STATUS(tn_handle_close(&args[1]), TN_OK);
    STATUS(tn_handle_get(&args[1], date_type, &p), TN_CLOSED);
    CHECK(p == NULL);
    stops(&s, "between", args, 2, TN_TRAP_HOST_ERROR, "host error: this `time.Date` is closed");
    tn_value_clear(&args[1]);

    stops(&s, "closed", NULL, 0, TN_TRAP_HOST_ERROR, "this `time.Date` is closed");
    stops(&s, "closed_generic", NULL, 0, TN_TRAP_HOST_ERROR, "this `time.Date` is closed");
    text_of(&s, "closed_shown", "<closed Date>");
    args[1] = make_i64(1);
    stops(&s, "trap", &args[1], 1, TN_TRAP_INDEX_OUT_OF_BOUNDS, NULL);
    stops(&s, "bad_show", NULL, 0, 1500, "before time");
    stops(&s, "no_date", NULL, 0, TN_TRAP_HOST_ERROR, "gave no `time.Date`");
    args[1] = make_i64(-1);
    stops(&s, "checked", &args[1], 1, 1234, "`time.Date.checked` failed");
    args[1] = make_i64(6);
    EQUAL(call_i64(&s, "checked", &args[1], 1), 6);
    args[1] = make_f64(3.5);
    STATUS_ERR(call_by_name(&s, "split_it", &args[1], 1, &ret, &err), TN_OK);
    CHECK(ret.as.f == 10.0);
    args[1] = make_f64(-1);
    stops(&s, "split_it", &args[1], 1, TN_TRAP_HOST_ERROR, "`split` failed with status NotFound");
    TN_SET_INT(&args[1], TN_TAG_I32, 5);
    stops(&s, "stop", &args[1], 1, TN_TRAP_HOST_ERROR, "`nothing` failed");
    STATUS_ERR(call_by_name(&s, "weight", NULL, 0, &ret, &err), TN_OK);
    CHECK(ret.as.f == 1.75);
    args[1] = make_string(s.inst, "abc");
    EQUAL(call_i64(&s, "text", &args[1], 1), 'a' + 4);
    tn_value_clear(&args[1]);
    STATUS_ERR(call_by_name(&s, "consts", NULL, 0, &ret, &err), TN_OK);
    CHECK(ret.as.f == -6.5);

    stops(&s, "who", NULL, 0, TN_TRAP_HOST_ERROR, "the host has not set `user.name`");
    STATUS_ERR(tn_instance_get_global(s.inst, "user.name", TN_NTS, &ret, &err), TN_STATE);
    args[1] = make_i64(1);
    STATUS_ERR(tn_instance_set_global(s.inst, "user.name", TN_NTS, &args[1], &err), TN_TYPE);
    args[1] = make_string(s.inst, "you");
    STATUS_ERR(tn_instance_set_global(s.inst, "user.name", TN_NTS, &args[1], &err), TN_OK);
    STATUS_ERR(tn_instance_set_global(s.inst, "user.name", TN_NTS, &args[1], &err), TN_OK);
    tn_value_clear(&args[1]);
    text_of(&s, "who", "you!");
    STATUS_ERR(tn_instance_get_global(s.inst, "user.name", TN_NTS, &ret, &err), TN_OK);
    TEXT(tn_string_data(&ret, NULL), "you");
    tn_value_clear(&ret);
    STATUS_ERR(tn_instance_set_global(s.inst, "today", TN_NTS, &args[0], &err), TN_OK);
    EQUAL(call_i64(&s, "when", NULL, 0), 40);

    STATUS(tn_instance_set_memory_limit(s.inst, 1 << 20), TN_OK);
    stops(&s, "big", NULL, 0, TN_TRAP_MEMORY_LIMIT, NULL);
    args[1] = make_i64(10);
    EQUAL(call_i64(&s, "sum", &args[1], 1), 20);
    EQUAL(made - made_before - 1, ended - ended_before);
    tn_value_clear(&args[0]);
    tn_config_free(config);
    tn_config_free(opts);
    tear_down(&s);
    EQUAL(made - made_before, ended - ended_before);
    EQUAL(type_ended, 1);
}

static void machine_code(void) { use(0, 2); }
static void unoptimized(void) { use(0, 0); }
static void interpreter(void) { use(1, 2); }

static void registering(void) {
    tn_runtime *rt = new_runtime();
    tn_error *err = NULL;
    const tn_type *a, *b, *c;
    tn_host_type ops = date_ops;
    tn_value v;
    int ends = 0;
    STATUS_ERR(tn_register_type(rt, "a.T", TN_NTS, "org.t/1", TN_NTS, NULL, &ends, end_type, &a, &err), TN_OK);
    STATUS_ERR(tn_register_type(rt, "b.T", TN_NTS, "org.t/1", TN_NTS, NULL, &ends, end_type, &b, &err), TN_OK);
    EQUAL(ends, 1);
    CHECK(a == b);
    STATUS_ERR(tn_register_type(rt, "c.T", TN_NTS, NULL, 0, NULL, NULL, NULL, &c, &err), TN_OK);
    CHECK(!tn_type_equal(a, c));
    STATUS_ERR(tn_register_type(rt, "c.T", TN_NTS, NULL, 0, NULL, &ends, end_type, &b, &err), TN_DUPLICATE);
    STATUS_ERR(tn_register_type(rt, "a.T", TN_NTS, "org.t/2", TN_NTS, NULL, &ends, end_type, &b, &err), TN_DUPLICATE);
    STATUS_ERR(tn_register_type(rt, "a b", TN_NTS, NULL, 0, NULL, &ends, end_type, &b, &err), TN_ARG);
    ops.struct_size = 3;
    STATUS_ERR(tn_register_type(rt, "d", TN_NTS, NULL, 0, &ops, &ends, end_type, &b, &err), TN_VERSION);
    ops = date_ops;
    ops.equal = NULL;
    STATUS_ERR(tn_register_type(rt, "d", TN_NTS, NULL, 0, &ops, &ends, end_type, &b, &err), TN_ARG);
    STATUS_ERR(tn_register_type(rt, "d", TN_NTS, NULL, 0, &date_ops, &ends, end_type, NULL, &err), TN_ARG);
    EQUAL(ends, 7);
    STATUS_ERR(tn_register_fn(rt, "c.T.add", TN_NTS, "fn(i64, i64) -> i64", TN_NTS, later, NULL, NULL, 0, &err),
               TN_SIGNATURE);
    STATUS_ERR(tn_register_fn(rt, "c.T.eq", TN_NTS, "fn(T) -> bool", TN_NTS, later, NULL, NULL, 0, &err), TN_SIGNATURE);
    STATUS_ERR(tn_register_fn(rt, "c.T.hash", TN_NTS, "fn(T) -> u64", TN_NTS, later, NULL, NULL, 0, &err), TN_ARG);
    STATUS_ERR(tn_register_fn(rt, "c.T.add", TN_NTS, "fn(T, i64) -> T", TN_NTS, later, NULL, NULL, 0, &err), TN_OK);
    STATUS_ERR(tn_register_fn(rt, "c.T.add", TN_NTS, "fn(T, i64) -> i64", TN_NTS, later, NULL, NULL, 0, &err),
               TN_DUPLICATE);
    STATUS_ERR(tn_register_fn(rt, "f", TN_NTS, "fn(a.T, Unknown)", TN_NTS, later, NULL, NULL, 0, &err), TN_UNSUPPORTED);
    STATUS_ERR(tn_register_fn(rt, "f", TN_NTS, "fn(mut i64)", TN_NTS, later, NULL, NULL, 0, &err), TN_UNSUPPORTED);
    tn_register_fn(rt, "f", TN_NTS, "fn(i64 -> T", TN_NTS, later, NULL, NULL, 0, &err);
    CONTAINS(tn_error_message(err, NULL), "at column 8");
    tn_error_free(err);
    err = NULL;
    STATUS_ERR(tn_register_native(rt, "f", TN_NTS, "fn() -> (i64, i64)", TN_NTS, (tn_fnptr)date_of, NULL, NULL, 0, &err),
               TN_UNSUPPORTED);
    v = make_i64(1);
    STATUS_ERR(tn_register_constant(rt, "k", TN_NTS, "i32", TN_NTS, &v, &err), TN_TYPE);
    TN_SET_INT(&v, TN_TAG_I8, 300);
    STATUS_ERR(tn_register_constant(rt, "k", TN_NTS, "i8", TN_NTS, &v, &err), TN_RANGE);
    STATUS_ERR(tn_register_constant(rt, "c.T", TN_NTS, "i8", TN_NTS, NULL, &err), TN_ARG);
    STATUS_ERR(tn_register_global(rt, "c.T", TN_NTS, "i8", TN_NTS, &err), TN_DUPLICATE);
    STATUS_ERR(tn_register_global(rt, "g", TN_NTS, "Nope", TN_NTS, &err), TN_UNSUPPORTED);
    tn_module_free(compile(rt, "fn f(t: a.T, u: b.T, v: c.T) -> List[a.T] { [t, u] }"));
    STATUS_ERR(tn_register_type(rt, "late", TN_NTS, NULL, 0, NULL, &ends, end_type, &b, &err), TN_CLOSED);
    STATUS_ERR(tn_register_global(rt, "late", TN_NTS, "i8", TN_NTS, &err), TN_CLOSED);
    EQUAL(ends, 8);
    tn_runtime_free(rt);
    EQUAL(ends, 9);
}

/* Scripts that misuse a host type are told so. */
static void mistakes(void) {
    static const char *const wrong[][2] = {
        {"fn f() -> i64 { time.Date.of(\"x\").days() }", "expected `i64`"},
        {"fn f() { time.Date.of(1, 2); }", "takes 1 argument"},
        {"fn f(d: time.Date) { d.dayz(); }", "did you mean `days`?"},
        {"fn f(d: time.Date) { d.of(1); }", "call it as `time.Date.of("},
        {"fn f(d: time.Dat) {}", "did you mean `Date`?"},
        {"fn f(d: time.Date) -> time.Date { d * 2 }", "`*`"},
        {"fn f() { time.Date(1); }", "the host makes its values"},
        {"fn f() { time.Date { days: 1 }; }", "time.Date"},
        {"fn f(d: time.Date) -> i64 { match d { Some(x) => 1, None => 2 } }", "time.Date"},
        {"impl Mul[i64] for time.Date { fn mul(self, rhs: i64) -> i64 { 1 } }", "declared by this package"},
        {"fn f() { today = time.Date.of(1); }", ""},
        {"fn f() -> i64 { user.name }", "expected `i64`"},
    };
    size_t i;
    for (i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        tn_runtime *rt = runtime_with_dates();
        tn_error *err = NULL;
        tn_module *m;
        check_equal(tn_compile(rt, "m.tn", TN_NTS, wrong[i][0], TN_NTS, NULL, &m, &err), TN_COMPILE, wrong[i][0], __FILE__,
                    __LINE__);
        check_contains(tn_error_render(err, 0, NULL), wrong[i][1], wrong[i][0], __FILE__, __LINE__);
        tn_error_free(err);
        tn_module_free(m);
        tn_runtime_free(rt);
    }
}

/* Maps and sets with keys of a host type, in signatures of the host's functions and of scripts. */
static tn_status sum_map(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    tn_iter* it = NULL;
    tn_value k, v;
    int64_t sum = 0;
    (void)fr, (void)nargs, (void)ud;
    STATUS(tn_map_iter(&args[0], &it), TN_OK);
    while (tn_iter_next(it, &k, &v) == TN_OK) {
        void* date = NULL;
        STATUS(tn_handle_get(&k, date_type, &date), TN_OK);
        sum += ((Date*)date)->days * v.as.i;
        tn_value_clear(&k);
    }
    tn_iter_free(it);
    TN_SET_I64(ret, sum);
    return TN_OK;
}
static tn_status give_set(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    (void)fr, (void)nargs, (void)ud;
    return tn_value_copy(&args[0], ret);
}

static void dates_as_keys(void) {
    tn_runtime* rt = runtime_with_dates();
    tn_error* err = NULL;
    tn_value map, key, count, ret;
    const tn_type* map_type;
    Setup s;
    int64_t days;
    STATUS_ERR(tn_register_fn(rt, "sum_map", TN_NTS, "fn(Map[time.Date, i64]) -> i64", TN_NTS, sum_map, NULL,
                              NULL, 0, &err),
               TN_OK);
    STATUS_ERR(tn_register_fn(rt, "same", TN_NTS, "fn(Set[(time.Date, i8)]) -> Set[(time.Date, i8)]", TN_NTS,
                              give_set, NULL, NULL, 0, &err),
               TN_OK);
    STATUS_ERR(tn_register_type(rt, "plain", TN_NTS, NULL, 0, NULL, NULL, NULL, &map_type, &err), TN_OK);
    STATUS(tn_register_fn(rt, "no", TN_NTS, "fn(Map[plain, i64])", TN_NTS, sum_map, NULL, NULL, 0, &err),
           TN_UNSUPPORTED);
    CONTAINS(tn_error_message(err, NULL), "`Map[plain, i64]` is not a type that a host function can use");
    tn_error_free(err);
    s.rt = rt;
    s.mod = compile(
        rt, "import time;\n"
            "fn build() -> i64 {\n"
            "    let m: Map[time.Date, i64] = Map{};\n"
            "    for i in 0..10 { let d = time.Date.of(i % 3); m[d] = m.get(d).unwrap_or(0) + 1; }\n"
            "    sum_map(m) * 10 + m.len()\n}\n"
            "fn sets() -> bool {\n"
            "    let s: Set[(time.Date, i8)] = Set{};\n"
            "    s.insert((time.Date.of(4), 1)); s.insert((time.Date.of(4), 1)); s.insert((time.Date.of(5), 1));\n"
            "    let back = same(s);\n"
            "    back.len() == 2 && back.contains((time.Date.of(5), 1)) && !back.contains((time.Date.of(6), 1))\n}\n"
            "fn total(m: Map[time.Date, i64]) -> i64 { sum_map(m) }\n");
    s.inst = instance(s.mod);
    EQUAL(call_i64(&s, "build", NULL, 0), (3 * 1 + 3 * 2) * 10 + 3);
    STATUS_ERR(call_by_name(&s, "sets", NULL, 0, &ret, &err), TN_OK);
    EQUAL(ret.as.u, 1);
    /* by the host: equal dates are one key */
    STATUS_ERR(tn_type_parse(rt, "Map[time.Date, i64]", TN_NTS, &map_type, &err), TN_OK);
    STATUS_ERR(tn_map_new(s.inst, date_type, tn_type_child(map_type, 1), &map, &err), TN_OK);
    for (days = 0; days < 6; ++days) {
        STATUS_ERR(tn_handle_new(s.inst, date_type, new_date(days / 2), &key, &err), TN_OK);
        count = make_i64(days);
        STATUS(tn_map_set(&map, &key, &count), TN_OK);
        STATUS(tn_map_get(&map, &key, &ret), TN_OK);
        EQUAL(ret.as.i, days);
        tn_value_clear(&key);
    }
    EQUAL(call_i64(&s, "total", &map, 1), 0 * 1 + 1 * 3 + 2 * 5);
    tn_value_clear(&map);
    tear_down(&s);
}

int main(void) {
    RUN(machine_code);
    RUN(unoptimized);
    RUN(interpreter);
    RUN(dates_as_keys);
    RUN(registering);
    RUN(mistakes);
    return finish();
}
