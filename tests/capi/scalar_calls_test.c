/* Scalars over the border, both ways, over and over: from a function's second call on machine code takes them
   out of the values by itself, and puts them there when a script calls its host. */
#include "check.h"

#include <stdio.h>
#include <string.h>

typedef struct Kind {
    const char* type;
    tn_tag tag;
    int64_t low, high;
} Kind;
static const Kind kinds[] = {
    {"bool", TN_TAG_BOOL, 0, 1},
    {"i8", TN_TAG_I8, -128, 127},
    {"i16", TN_TAG_I16, -32768, 32767},
    {"i32", TN_TAG_I32, INT32_MIN, INT32_MAX},
    {"i64", TN_TAG_I64, INT64_MIN, INT64_MAX},
    {"u8", TN_TAG_U8, 0, 255},
    {"u16", TN_TAG_U16, 0, 65535},
    {"u32", TN_TAG_U32, 0, UINT32_MAX},
    {"u64", TN_TAG_U64, 0, -1},
    {"char", TN_TAG_CHAR, 0, 0x10ffff},
};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)
static int is_whole(const Kind* k) { return k->tag == TN_TAG_I64 || k->tag == TN_TAG_U64; }

enum { ROUNDS = 3 }; /* the first makes the code */

static tn_value number(tn_tag tag, int64_t n) {
    tn_value v;
    TN_SET_INT(&v, tag, n);
    return v;
}
static int is(const tn_value* v, tn_tag tag, int64_t n) {
    return v->tag == tag && v->aux == 0 && v->as.i == n;
}

/* --- from the host to the script --- */

static void one_kind(Setup* s, tn_function* f, const Kind* k) {
    const int64_t inside[2] = {k->low, k->high},
                  outside[2] = {(int64_t)((uint64_t)k->low - 1), (int64_t)((uint64_t)k->high + 1)};
    tn_error* err = NULL;
    tn_value arg, ret;
    int i;
    for (i = 0; i < 2; ++i) {
        arg = number(k->tag, inside[i]);
        STATUS_ERR(tn_call(s->inst, f, &arg, 1, &ret, &err), TN_OK);
        CHECK(is(&ret, k->tag, inside[i]));
        CHECK(is(&arg, k->tag, inside[i]));
        STATUS_ERR(tn_call(s->inst, f, &arg, 1, NULL, &err), TN_OK);
        STATUS_ERR(tn_call(s->inst, f, &arg, 1, &arg, &err), TN_OK); /* in place */
        CHECK(is(&arg, k->tag, inside[i]));
        if (is_whole(k)) continue;
        arg = number(k->tag, outside[i]);
        STATUS_ERR(tn_call(s->inst, f, &arg, 1, &ret, &err), TN_RANGE);
        EQUAL(ret.tag, TN_TAG_NONE);
        arg = number(k->tag, (int64_t)((uint64_t)inside[i] + ((uint64_t)1 << 40)));
        STATUS_ERR(tn_call(s->inst, f, &arg, 1, &ret, &err), TN_RANGE);
    }
    arg = make_f64(1);
    STATUS(tn_call(s->inst, f, &arg, 1, &ret, &err), TN_TYPE);
    CONTAINS(tn_error_message(err, NULL), "found `f64`");
    tn_error_free(err);
    TN_SET_NONE(&arg);
    STATUS_ERR(tn_call(s->inst, f, &arg, 1, &ret, &err), TN_TYPE);
    STATUS_ERR(tn_call(s->inst, f, NULL, 1, &ret, &err), TN_ARG);
    STATUS_ERR(tn_call(s->inst, f, NULL, 0, &ret, &err), TN_SIGNATURE);
}

static void kinds_in_and_out(void) {
    char source[1024] = "";
    tn_error* err = NULL;
    Setup s;
    size_t i;
    int round;
    for (i = 0; i < KIND_COUNT; ++i) {
        char line[64];
        snprintf(line, sizeof line, "fn id_%s(x: %s) -> %s { x }\n", kinds[i].type, kinds[i].type,
                 kinds[i].type);
        strcat(source, line);
    }
    s = set_up(source);
    for (i = 0; i < KIND_COUNT; ++i) {
        char name[16];
        tn_function* f;
        snprintf(name, sizeof name, "id_%s", kinds[i].type);
        f = function(s.mod, name);
        for (round = 0; round < ROUNDS; ++round) one_kind(&s, f, &kinds[i]);
        STATUS(tn_instance_enter(s.inst), TN_OK);
        one_kind(&s, f, &kinds[i]);
        STATUS_ERR(tn_instance_leave(s.inst, &err), TN_OK);
        STATUS(tn_instance_set_fuel(s.inst, 1000000), TN_OK);
        for (round = 0; round < ROUNDS; ++round) one_kind(&s, f, &kinds[i]);
        STATUS(tn_instance_set_fuel(s.inst, TN_FUEL_UNLIMITED), TN_OK);
        tn_function_free(f);
    }
    tear_down(&s);
}

/* More than there are registers, narrow and negative ones among those on the stack. */
static void many_parameters(void) {
    Setup s = set_up("fn all(a: i64, b: i8, c: f64, d: u16, e: i32, f: bool, g: u64, h: i16, i: f64, j: i8, "
                     "k: i32, l: u8,\n"
                     "       m: f64, n: i16, o: i64, p: u32) -> f64 {\n"
                     "    a as f64 + b as f64 * 2.0 + c * 3.0 + d as f64 * 4.0 + e as f64 * 5.0 + (f as i64) "
                     "as f64 * 6.0 +\n"
                     "    g as f64 * 7.0 + h as f64 * 8.0 + i * 9.0 + j as f64 * 10.0 + k as f64 * 11.0 + l "
                     "as f64 * 12.0 +\n"
                     "    m * 13.0 + n as f64 * 14.0 + o as f64 * 15.0 + p as f64 * 16.0\n}\n"
                     "fn more(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64, i: i64, j: "
                     "i64, k: i64, l: i64,\n"
                     "        m: i64, n: i64, o: i64, p: i64, q: i64) -> i64 { a + b + c + d + e + f + g + h "
                     "+ i + j + k + l +\n"
                     "    m + n + o + p * 100 + q * 1000 }\n");
    static const tn_tag tags[16] = {TN_TAG_I64, TN_TAG_I8,  TN_TAG_F64, TN_TAG_U16, TN_TAG_I32, TN_TAG_BOOL,
                                    TN_TAG_U64, TN_TAG_I16, TN_TAG_F64, TN_TAG_I8,  TN_TAG_I32, TN_TAG_U8,
                                    TN_TAG_F64, TN_TAG_I16, TN_TAG_I64, TN_TAG_U32};
    static const int64_t values[16] = {-100000, -128, 3,   65535, -5, 1,   7,   -8,
                                       9,       -10,  -11, 255,   13, -14, -15, 16};
    tn_function *all = function(s.mod, "all"), *more = function(s.mod, "more");
    tn_error* err = NULL;
    tn_value args[17], ret;
    double expected = 0;
    int i, round;
    for (i = 0; i < 16; ++i) {
        args[i] = tags[i] == TN_TAG_F64 ? make_f64((double)values[i]) : number(tags[i], values[i]);
        expected += (double)values[i] * (i + 1);
    }
    for (round = 0; round < ROUNDS; ++round) {
        STATUS_ERR(tn_call(s.inst, all, args, 16, &ret, &err), TN_OK);
        CHECK(ret.tag == TN_TAG_F64 && ret.as.f == expected);
        args[13] = number(TN_TAG_I16, 40000);
        STATUS(tn_call(s.inst, all, args, 16, &ret, &err), TN_RANGE);
        CONTAINS(tn_error_message(err, NULL), "argument 14 (`n`)");
        tn_error_free(err);
        args[13] = number(TN_TAG_I16, -14);
    }
    for (i = 0; i < 17; ++i) args[i] = make_i64(i);
    for (round = 0; round < ROUNDS; ++round) {
        STATUS_ERR(tn_call(s.inst, more, args, 17, &ret, &err), TN_OK);
        CHECK(is(&ret, TN_TAG_I64, 105 + 1500 + 16000));
    }
    tn_function_free(all);
    tn_function_free(more);
    tear_down(&s);
}

static void ends_of_calls(void) {
    Setup s = set_up(
        "var total: i64 = 0;\nfn nothing(n: i64) { total += n; }\nfn sum() -> i64 { total }\n"
        "fn divide(a: i64, b: i64) -> i64 { a / b }\nfn never(n: i64) -> i64 { panic(f\"no {n}\") }\n");
    tn_function *nothing = function(s.mod, "nothing"), *sum = function(s.mod, "sum");
    tn_function *divide = function(s.mod, "divide"), *never = function(s.mod, "never");
    tn_error* err = NULL;
    tn_value args[2], ret;
    int round;
    for (round = 0; round < ROUNDS; ++round) {
        args[0] = make_i64(5);
        STATUS_ERR(tn_call(s.inst, nothing, args, 1, &ret, &err), TN_OK);
        CHECK(is(&ret, TN_TAG_UNIT, 0));
        STATUS_ERR(tn_call(s.inst, nothing, args, 1, NULL, &err), TN_OK);
        STATUS(tn_call(s.inst, sum, NULL, 0, &ret, NULL), TN_OK);
        CHECK(is(&ret, TN_TAG_I64, 10 * (round + 1)));
        args[0] = make_i64(7);
        args[1] = make_i64(0);
        STATUS(tn_call(s.inst, divide, args, 2, &args[0], &err),
               TN_TRAP_DIVISION_BY_ZERO); /* gone with the trap */
        EQUAL(args[0].tag, TN_TAG_NONE);
        CONTAINS(tn_error_render(err, 0, NULL), "divide");
        tn_error_free(err);
        args[0] = make_i64(7);
        STATUS_ERR(tn_call(s.inst, divide, args, 2, NULL, &err), TN_TRAP_DIVISION_BY_ZERO);
        STATUS(tn_call(s.inst, never, args, 1, &ret, &err), TN_TRAP_PANIC);
        CONTAINS(tn_error_message(err, NULL), "no 7");
        tn_error_free(err);
        STATUS(tn_call(s.inst, divide, args, 2, NULL, NULL), TN_TRAP_DIVISION_BY_ZERO);
    }
    tn_function_free(nothing);
    tn_function_free(sum);
    tn_function_free(divide);
    tn_function_free(never);
    tear_down(&s);
}

/* --- from the script to the host --- */

static struct {
    tn_value seen[17], answer;
    size_t count;
    tn_status status;
} host;
static tn_status answers(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    (void)fr;
    (void)ud;
    host.count = nargs;
    memcpy(host.seen, args, nargs * sizeof *args);
    if (host.answer.tag != TN_TAG_POISON) *ret = host.answer;
    return host.status;
}
static tn_status gives_first(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    (void)fr;
    (void)ud;
    memcpy(host.seen, args, nargs * sizeof *args);
    host.count = nargs;
    *ret = args[0];
    return TN_OK;
}

static void kinds_to_the_host(void) {
    tn_runtime* rt = new_runtime();
    tn_error* err = NULL;
    char source[2048] = "";
    Setup s;
    size_t i;
    int round, end;
    for (i = 0; i < KIND_COUNT; ++i) {
        const char* t = kinds[i].type;
        char name[32], sig[64], line[128];
        snprintf(name, sizeof name, "host_%s", t);
        snprintf(sig, sizeof sig, "fn(%s) -> %s", t, t);
        STATUS_ERR(tn_register_fn(rt, name, TN_NTS, sig, TN_NTS, answers, NULL, NULL, 0, &err), TN_OK);
        /* twice at once, so that neither value can stay where it is */
        snprintf(line, sizeof line,
                 "fn f_%s(x: %s) -> bool { let a = host_%s(x); host_%s(x) == a && a == x }\n", t, t, t, t);
        strcat(source, line);
    }
    s.rt = rt;
    s.mod = compile(rt, source);
    s.inst = instance(s.mod);
    host.status = TN_OK;
    for (i = 0; i < KIND_COUNT; ++i) {
        const Kind* k = &kinds[i];
        char name[32];
        tn_function* f;
        tn_value arg, ret;
        snprintf(name, sizeof name, "f_%s", k->type);
        f = function(s.mod, name);
        for (round = 0; round < ROUNDS; ++round) {
            for (end = 0; end < 2; ++end) {
                const int64_t n = end ? k->high : k->low;
                arg = host.answer = number(k->tag, n);
                STATUS_ERR(tn_call(s.inst, f, &arg, 1, &ret, &err), TN_OK);
                CHECK(is(&ret, TN_TAG_BOOL, 1));
                EQUAL(host.count, 1);
                CHECK(is(&host.seen[0], k->tag, n));
                if (is_whole(k)) continue;
                host.answer = number(k->tag, (int64_t)((uint64_t)n + (end ? 1 : -1)));
                STATUS(tn_call(s.inst, f, &arg, 1, &ret, &err), TN_TRAP_HOST_ERROR);
                CONTAINS(tn_error_message(err, NULL), "gave a wrong result");
                tn_error_free(err);
            }
            host.answer = make_f64(1);
            STATUS(tn_call(s.inst, f, &arg, 1, &ret, &err), TN_TRAP_HOST_ERROR);
            CONTAINS(tn_error_message(err, NULL), "gave a wrong result");
            tn_error_free(err);
            host.answer.tag = TN_TAG_POISON;
            STATUS(tn_call(s.inst, f, &arg, 1, &ret, &err), TN_TRAP_HOST_ERROR);
            CONTAINS(tn_error_message(err, NULL), "without setting its result");
            tn_error_free(err);
            host.answer = make_string(s.inst, "not a number"); /* ends with the call */
            STATUS_ERR(tn_call(s.inst, f, &arg, 1, &ret, &err), TN_TRAP_HOST_ERROR);
        }
        tn_function_free(f);
    }
    tear_down(&s);
}

static void many_to_the_host(void) {
    tn_runtime* rt = new_runtime();
    tn_error* err = NULL;
    tn_value arg, ret;
    Setup s;
    int i, round;
    STATUS_ERR(tn_register_fn(
                   rt, "h16", TN_NTS,
                   "fn(i64, i8, f64, u16, i32, bool, u64, i16, f64, i8, i32, u8, f64, i16, i64, u32) -> i64",
                   TN_NTS, gives_first, NULL, NULL, 0, &err),
               TN_OK);
    STATUS_ERR(
        tn_register_fn(
            rt, "h17", TN_NTS,
            "fn(i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64) -> i64",
            TN_NTS, gives_first, NULL, NULL, 0, &err),
        TN_OK);
    STATUS_ERR(tn_register_fn(rt, "note", TN_NTS, "fn(i64)", TN_NTS, answers, NULL, NULL, 0, &err), TN_OK);
    s.rt = rt;
    s.mod = compile(
        rt, "fn f16(n: i64) -> i64 { h16(n, -2, 3.0, 4, -5, true, 7, -8, 9.0, -10, -11, 12, 13.0, -14, -15, "
            "16) }\n"
            "fn f17(n: i64) -> i64 { h17(n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17) }\n"
            "fn f1(n: i64) { note(n); note(n); }\n");
    s.inst = instance(s.mod);
    for (round = 0; round < ROUNDS; ++round) {
        static const int64_t values[16] = {1, -2, 3, 4, -5, 1, 7, -8, 9, -10, -11, 12, 13, -14, -15, 16};
        arg = make_i64(1);
        STATUS_ERR(call_by_name(&s, "f16", &arg, 1, &ret, &err), TN_OK);
        CHECK(is(&ret, TN_TAG_I64, 1));
        EQUAL(host.count, 16);
        for (i = 0; i < 16; ++i)
            EQUAL(host.seen[i].tag == TN_TAG_F64 ? (int64_t)host.seen[i].as.f : host.seen[i].as.i, values[i]);
        STATUS_ERR(call_by_name(&s, "f17", &arg, 1, &ret, &err), TN_OK);
        EQUAL(host.count, 17);
        for (i = 0; i < 17; ++i) EQUAL(host.seen[i].as.i, i + 1);
        host.status = TN_OK;
        host.answer.tag = TN_TAG_POISON; /* of a unit nothing is expected */
        STATUS_ERR(call_by_name(&s, "f1", &arg, 1, &ret, &err), TN_OK);
        EQUAL(host.count, 1);
        host.status = 1234;
        STATUS_ERR(call_by_name(&s, "f1", &arg, 1, &ret, &err), 1234);
        host.status = TN_OK;
    }
    tear_down(&s);
}

int main(void) {
    RUN(kinds_in_and_out);
    RUN(many_parameters);
    RUN(ends_of_calls);
    RUN(kinds_to_the_host);
    RUN(many_to_the_host);
    return finish();
}
