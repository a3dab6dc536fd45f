/* Section 8: functions of a script as C function pointers, and C libraries that scripts call. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

typedef int32_t (*compare_fn)(const void*, const void*);
typedef struct Point {
    double x, y;
} Point;

static const char source[] = "record Point { x: f64, y: f64 }\n"
                             "var calls: i64 = 0;\n"
                             "fn order(a: Slice[i64], b: Slice[i64]) -> i32 {\n"
                             "    calls += 1;\n"
                             "    if a[0] == 13 { panic(\"unlucky\"); }\n"
                             "    if a[0] < b[0] { -1 } else if a[0] > b[0] { 1 } else { 0 }\n"
                             "}\n"
                             "fn mix(a: i8, b: u16, c: f32, d: bool) -> f64 { (a as f64) + (b as f64) + (c "
                             "as f64) + (d as i64 as f64) }\n"
                             "fn length(s: String) -> i64 { s.len() }\n"
                             "fn flip(p: Point) -> Point { Point { x: p.y, y: p.x } }\n"
                             "fn note() { calls += 100; }\n"
                             "fn none(xs: Slice[f64]) -> i64 { xs.len() }\n"
                             "fn lists(xs: List[i64]) -> i64 { xs.len() }\n"
                             "fn text() -> String { \"a\" }\n"
                             "fn character(c: char) -> i64 { 0 }\n"
                             "fn changes(mut n: i64) { n += 1; }\n";

static tn_closure* make(Setup* s, const char* name, tn_fnptr* code) {
    tn_function* f = function(s->mod, name);
    tn_closure* c;
    tn_error* err;
    STATUS_ERR(tn_closure_new(s->inst, f, &c, code, &err), TN_OK);
    tn_function_free(f);
    return c;
}

static int64_t calls(Setup* s) {
    tn_value v;
    STATUS(tn_instance_get_global(s->inst, "calls", TN_NTS, &v, NULL), TN_OK);
    return v.as.i;
}

static void test_qsort(void) {
    Setup s = set_up(source);
    int64_t xs[] = {5, -3, 9, 0, 7, 7, 1}, i;
    tn_fnptr code;
    tn_error* err;
    tn_closure* c = make(&s, "order", &code);
    qsort(xs, 7, sizeof *xs, (compare_fn)code);
    for (i = 1; i < 7; ++i) CHECK(xs[i - 1] <= xs[i]);
    CHECK(calls(&s) >= 6);
    STATUS(tn_closure_take_error(c, &err), TN_OK);
    CHECK(!err);
    /* Between enter and leave as well. */
    STATUS(tn_instance_enter(s.inst), TN_OK);
    EQUAL(((compare_fn)code)(&xs[0], &xs[6]), -1);
    STATUS(tn_instance_leave(s.inst, NULL), TN_OK);
    tn_closure_free(c);
    tn_closure_free(c);
    CHECK(tn_closure_take_error(c, &err) == TN_HANDLE);
    tear_down(&s);
}

static void test_traps(void) {
    Setup s = set_up(source);
    int64_t lucky = 1, unlucky = 13;
    tn_fnptr code;
    tn_error* err;
    tn_closure* c = make(&s, "order", &code);
    EQUAL(((compare_fn)code)(&unlucky, &lucky), 0);
    EQUAL(((compare_fn)code)(NULL, &lucky), 0); /* a second error: the first is kept */
    EQUAL(((compare_fn)code)(&lucky, &unlucky), -1);
    EQUAL(tn_closure_take_error(c, &err), TN_TRAP_PANIC);
    TEXT(tn_error_message(err, NULL), "panic: unlucky");
    TEXT(tn_error_frame_text(err, 0, TN_TEXT_FUNCTION, NULL), "order");
    tn_error_free(err);
    STATUS(tn_closure_take_error(c, &err), TN_OK);
    EQUAL(((compare_fn)code)(NULL, &lucky), 0);
    EQUAL(tn_closure_take_error(c, &err), TN_TRAP_INDEX_OUT_OF_BOUNDS);
    tn_error_free(err);
    /* An error that nobody asked for ends with the closure. */
    EQUAL(((compare_fn)code)(&unlucky, &lucky), 0);
    tn_closure_free(c);
    tear_down(&s);
}

static void test_types(void) {
    Setup s = set_up(source);
    Point p = {1, 2}, q;
    tn_fnptr code;
    tn_error* err;
    tn_closure* c = make(&s, "mix", &code);
    CHECK(((double (*)(int8_t, uint16_t, float, _Bool))code)(-5, 60000, 0.5f, 1) == 59996.5);
    tn_closure_free(c);
    c = make(&s, "flip", &code);
    q = ((Point(*)(Point))code)(p);
    CHECK(q.x == 2 && q.y == 1);
    tn_closure_free(c);
    c = make(&s, "length", &code);
    EQUAL(((int64_t(*)(const char*))code)("four"), 4);
    EQUAL(((int64_t(*)(const char*))code)("\xff"), 0);
    EQUAL(tn_closure_take_error(c, &err), TN_UTF8);
    tn_error_free(err);
    EQUAL(((int64_t(*)(const char*))code)(NULL), 0);
    EQUAL(tn_closure_take_error(c, &err), TN_ARG);
    tn_error_free(err);
    tn_closure_free(c);
    c = make(&s, "none", &code);
    EQUAL(((int64_t(*)(const double*))code)(NULL), 0);
    tn_closure_free(c);
    c = make(&s, "note", &code);
    code();
    EQUAL(calls(&s), 100);
    tn_closure_free(c);
    tear_down(&s);
}

static void test_refused(void) {
    static const char* const names[] = {"lists", "text", "character", "changes"};
    Setup s = set_up(source), other = set_up("fn f() {}");
    tn_function* f;
    tn_closure* c;
    tn_fnptr code;
    tn_error* err;
    size_t i;
    for (i = 0; i < sizeof names / sizeof *names; ++i) {
        f = function(s.mod, names[i]);
        STATUS_ERR(tn_closure_new(s.inst, f, &c, &code, &err), TN_SIGNATURE);
        CHECK(!c && !code);
        tn_function_free(f);
    }
    f = function(other.mod, "f");
    STATUS_ERR(tn_closure_new(s.inst, f, &c, &code, &err), TN_SIGNATURE);
    STATUS_ERR(tn_closure_new(other.inst, f, NULL, &code, &err), TN_ARG);
    STATUS_ERR(tn_closure_new(other.inst, f, &c, NULL, &err), TN_ARG);
    STATUS_ERR(tn_closure_new(NULL, f, &c, &code, &err), TN_ARG);
    tn_function_free(f);
    tear_down(&s);
    tear_down(&other);
}

static void test_outlives(void) {
    Setup s = set_up(source);
    int64_t a = 1, b = 2;
    tn_fnptr code;
    tn_error* err;
    tn_closure* c = make(&s, "order", &code);
    EQUAL(((compare_fn)code)(&a, &b), -1);
    tear_down(&s);
    EQUAL(((compare_fn)code)(&a, &b), 0);
    EQUAL(tn_closure_take_error(c, &err), TN_CLOSED);
    tn_error_free(err);
    tn_closure_free(c);
}

/* --- extern --- */

static const char calls_c[] =
    "extern \"libc.so.6\" { fn strlen(s: String) -> u64; fn labs(n: i64) -> i64; }\n"
    "fn f(s: String) -> i64 { labs(-(strlen(s) as i64)) }\n";

static void test_extern_needs_leave(void) {
    tn_runtime* rt = new_runtime();
    tn_module* m;
    tn_error* err;
    EQUAL(tn_compile(rt, "m.tn", TN_NTS, calls_c, TN_NTS, NULL, &m, &err), TN_COMPILE);
    TEXT(tn_error_diag_text(err, 0, TN_TEXT_CODE, NULL), "ExternNotAllowed");
    CONTAINS(tn_error_diag_text(err, 0, TN_TEXT_HELP, NULL), "TN_CONFIG_ALLOW_EXTERN");
    tn_error_free(err);
    tn_runtime_free(rt);
}

static void test_extern(void) {
    tn_config* config = tn_config_new();
    tn_runtime* rt;
    tn_module* m;
    tn_instance* inst;
    tn_function* f;
    tn_value s, v;
    tn_error* err;
    EQUAL(tn_config_set_u64(config, TN_CONFIG_ALLOW_EXTERN, 2), TN_RANGE);
    STATUS(tn_config_set_u64(config, TN_CONFIG_ALLOW_EXTERN, 1), TN_OK);
    STATUS(tn_runtime_new(TN_ABI_VERSION, config, &rt, NULL), TN_OK);
    tn_config_free(config);
    EQUAL(tn_compile(rt, "m.tn", TN_NTS, "extern \"libnowhere.so\" { fn f(); }", TN_NTS, NULL, &m, &err),
          TN_COMPILE);
    CONTAINS(tn_error_message(err, NULL), "libnowhere.so");
    tn_error_free(err);
    EQUAL(tn_compile(rt, "m.tn", TN_NTS, "extern \"libc.so.6\" { fn nowhere(); }", TN_NTS, NULL, &m, &err),
          TN_COMPILE);
    CONTAINS(tn_error_message(err, NULL), "nowhere");
    CONTAINS(tn_error_diag_text(err, 0, TN_TEXT_NOTE, NULL), "libc.so.6");
    tn_error_free(err);
    STATUS_ERR(tn_compile(rt, "m.tn", TN_NTS, calls_c, TN_NTS, NULL, &m, &err), TN_OK);
    inst = instance(m);
    f = function(m, "f");
    STATUS(tn_string_new(inst, "four", 4, &s, NULL), TN_OK);
    STATUS_ERR(tn_call(inst, f, &s, 1, &v, &err), TN_OK);
    EQUAL(v.as.i, 4);
    tn_value_clear(&s);
    STATUS(tn_string_new(inst, "a\0b", 3, &s, NULL), TN_OK);
    EQUAL(tn_call(inst, f, &s, 1, &v, &err), TN_TRAP_INVALID_ARGUMENT);
    CONTAINS(tn_error_message(err, NULL), "strlen");
    tn_error_free(err);
    tn_value_clear(&s);
    tn_function_free(f);
    tn_instance_free(inst);
    tn_module_free(m);
    tn_runtime_free(rt);
}

int main(void) {
    RUN(test_qsort);
    RUN(test_traps);
    RUN(test_types);
    RUN(test_refused);
    RUN(test_outlives);
    RUN(test_extern_needs_leave);
    RUN(test_extern);
    return finish();
}
