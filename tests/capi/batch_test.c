/* tn_call_batch: columns in, a column out. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

static const char* const source =
    "fn area(w: f64, h: f64) -> f64 { w * h + 1.0 }\n"
    "fn add(a: i64, b: i64) -> i64 { a + b }\n"
    "fn div(a: i64, b: i64) -> i64 { a / b }\n"
    "fn all(a: i8, b: u16, c: f32, d: bool, e: char, f: u64, g: i32) -> f32 { if d { a as f32 + b as f32 + c "
    "+ (e as u32) "
    "as f32 + f as f32 + g as f32 } else { c } }\n"
    "fn letter(b: u8) -> char { if b > 10u8 { 'x' } else { 'y' } }\n"
    "fn is_odd(n: i64) -> bool { n % 2 != 0 }\n"
    "var sum: i64 = 0;\n"
    "fn count(n: i64) { sum += n; }\n"
    "fn seven() -> i64 { 7 }\n"
    "fn loops(n: i64) -> i64 { let t = 0; for i in 0..n { t += i; } t }\n"
    "fn spin(n: i64) -> i64 { if n == 3 { while true {} } n }\n"
    "fn text(s: String) -> i64 { s.len() }\n"
    "fn fib(n: i64) -> i64 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\n"
    "fn check(n: i64) -> i64 { inner(n) }\nfn inner(n: i64) -> i64 { [10, 20, 30][n] }\n";

static tn_column column(tn_tag tag, void* data, ptrdiff_t stride) {
    tn_column c;
    c.tag = tag;
    c.flags = 0;
    c.data = data;
    c.stride = stride;
    return c;
}

static void rows(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    enum { N = 1000 };
    static struct Row {
        double w, h;
        char pad[5];
    } table[N];
    static double out[N];
    tn_function* f = function(s.mod, "area");
    tn_column args[2], ret;
    size_t done = 9;
    int i;
    for (i = 0; i < N; ++i) table[i].w = i, table[i].h = 0.5 * i;
    args[0] = column(TN_TAG_F64, &table[0].w, sizeof(struct Row));
    args[1] = column(TN_TAG_F64, &table[0].h, sizeof(struct Row));
    ret = column(TN_TAG_F64, out, sizeof *out);
    STATUS_ERR(tn_call_batch(s.inst, f, N, args, 2, &ret, &done, &err), TN_OK);
    EQUAL(done, N);
    for (i = 0; i < N; ++i) CHECK(out[i] == table[i].w * table[i].h + 1.0);
    /* Backwards, one value for all rows, the result over an argument. */
    args[0] = column(TN_TAG_F64, &out[N - 1], -(ptrdiff_t)sizeof *out);
    args[1] = column(TN_TAG_F64, &table[2].w, 0);
    ret = args[0];
    STATUS_ERR(tn_call_batch(s.inst, f, N, args, 2, &ret, NULL, &err), TN_OK);
    for (i = 0; i < N; ++i) CHECK(out[i] == (table[i].w * table[i].h + 1.0) * 2 + 1.0);
    STATUS_ERR(tn_call_batch(s.inst, f, 0, args, 2, &ret, &done, &err), TN_OK);
    EQUAL(done, 0);
    STATUS_ERR(tn_call_batch(s.inst, f, N, args, 2, NULL, &done, &err), TN_OK);
    EQUAL(done, N);
    tn_function_free(f);
    tear_down(&s);
}

static void types(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    signed char a[] = {-3, 4};
    uint16_t b[] = {65535, 1};
    float c[] = {1.5f, 2.5f}, out[2];
    unsigned char d[] = {1, 0}, bytes[] = {3, 200, 10}, odd[3];
    uint32_t e[] = {'a', 0x10ffff}, letters[3];
    uint64_t f[] = {7, 8};
    int32_t g[] = {-1, -2};
    int64_t n[] = {3, -4, -5};
    tn_column args[7], ret;
    tn_function* fn = function(s.mod, "all");
    size_t done;
    args[0] = column(TN_TAG_I8, a, 1);
    args[1] = column(TN_TAG_U16, b, 2);
    args[2] = column(TN_TAG_F32, c, 4);
    args[3] = column(TN_TAG_BOOL, d, 1);
    args[4] = column(TN_TAG_CHAR, e, 4);
    args[5] = column(TN_TAG_U64, f, 8);
    args[6] = column(TN_TAG_I32, g, 4);
    ret = column(TN_TAG_F32, out, 4);
    STATUS_ERR(tn_call_batch(s.inst, fn, 2, args, 7, &ret, &done, &err), TN_OK);
    CHECK(out[0] == -3 + 65535 + 1.5f + 97 + 7 - 1);
    CHECK(out[1] == 2.5f);
    d[1] = 2;
    STATUS(tn_call_batch(s.inst, fn, 2, args, 7, &ret, &done, &err), TN_RANGE);
    CONTAINS(tn_error_message(err, NULL), "column 4 (`d`) of `all`: row 1 is out of range for `bool`");
    tn_error_free(err);
    d[1] = 0, e[0] = 0xd800;
    STATUS_ERR(tn_call_batch(s.inst, fn, 2, args, 7, &ret, &done, &err), TN_RANGE);
    tn_function_free(fn);
    fn = function(s.mod, "letter");
    args[0] = column(TN_TAG_U8, bytes, 1);
    ret = column(TN_TAG_CHAR, letters, 4);
    STATUS_ERR(tn_call_batch(s.inst, fn, 3, args, 1, &ret, &done, &err), TN_OK);
    CHECK(letters[0] == 'y' && letters[1] == 'x' && letters[2] == 'y');
    tn_function_free(fn);
    fn = function(s.mod, "is_odd");
    args[0] = column(TN_TAG_I64, n, 8);
    ret = column(TN_TAG_BOOL, odd, 1);
    STATUS_ERR(tn_call_batch(s.inst, fn, 3, args, 1, &ret, &done, &err), TN_OK);
    CHECK(odd[0] == 1 && odd[1] == 0 && odd[2] == 1);
    tn_function_free(fn);
    fn = function(s.mod, "count");
    STATUS_ERR(tn_call_batch(s.inst, fn, 3, args, 1, NULL, &done, &err), TN_OK);
    STATUS_ERR(tn_call_batch(s.inst, fn, 3, args, 1, &ret, &done, &err), TN_TYPE);
    {
        tn_value v;
        STATUS_ERR(tn_instance_get_global(s.inst, "sum", TN_NTS, &v, &err), TN_OK);
        EQUAL(v.as.i, -6);
    }
    tn_function_free(fn);
    fn = function(s.mod, "seven");
    ret = column(TN_TAG_I64, n, 8);
    STATUS_ERR(tn_call_batch(s.inst, fn, 3, NULL, 0, &ret, &done, &err), TN_OK);
    CHECK(n[0] == 7 && n[2] == 7);
    tn_function_free(fn);
    tear_down(&s);
}

static void traps(int interpret) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    int64_t a[] = {10, 20, 30, 40}, b[] = {1, 2, 0, 4}, out[4] = {-1, -1, -1, -1}, at[] = {0, 2, 5};
    tn_column args[2], ret;
    size_t done = 0;
    tn_function* f = function(s.mod, "div");
    if (interpret) {
        tn_config* c = tn_config_new();
        STATUS(tn_config_set_u64(c, TN_CONFIG_INTERPRET, 1), TN_OK);
        tn_instance_free(s.inst);
        STATUS_ERR(tn_instance_new(s.mod, c, &s.inst, &err), TN_OK);
        tn_config_free(c);
    }
    args[0] = column(TN_TAG_I64, a, 8);
    args[1] = column(TN_TAG_I64, b, 8);
    ret = column(TN_TAG_I64, out, 8);
    STATUS(tn_call_batch(s.inst, f, 4, args, 2, &ret, &done, &err), TN_TRAP_DIVISION_BY_ZERO);
    EQUAL(done, 2);
    CHECK(out[0] == 10 && out[1] == 10 && out[2] == -1 && out[3] == -1);
    EQUAL(tn_error_frame_count(err), 1);
    TEXT(tn_error_frame_text(err, 0, TN_TEXT_FUNCTION, NULL), "div");
    tn_error_free(err);
    tn_function_free(f);
    f = function(s.mod, "check");
    args[0] = column(TN_TAG_I64, at, 8);
    STATUS(tn_call_batch(s.inst, f, 3, args, 1, &ret, &done, &err), TN_TRAP_INDEX_OUT_OF_BOUNDS);
    EQUAL(done, 2);
    EQUAL(tn_error_frame_count(err), 2);
    TEXT(tn_error_frame_text(err, 0, TN_TEXT_FUNCTION, NULL), "inner");
    TEXT(tn_error_frame_text(err, 1, TN_TEXT_FUNCTION, NULL), "check");
    tn_error_free(err);
    CHECK(out[0] == 10 && out[1] == 30);
    tn_function_free(f);
    f = function(s.mod, "spin");
    a[2] = 3;
    args[0] = column(TN_TAG_I64, a, 8);
    STATUS(tn_instance_set_timeout(s.inst, 20 * SLOWNESS), TN_OK);
    STATUS_ERR(tn_call_batch(s.inst, f, 4, args, 1, &ret, &done, &err), TN_TRAP_DEADLINE_EXCEEDED);
    EQUAL(done, 2);
    STATUS(tn_instance_set_timeout(s.inst, 0), TN_OK);
    STATUS(tn_instance_set_fuel(s.inst, 500), TN_OK);
    STATUS_ERR(tn_call_batch(s.inst, f, 4, args, 1, &ret, &done, &err), TN_TRAP_OUT_OF_FUEL);
    EQUAL(done, 2);
    tn_function_free(f);
    /* A recursive function, which is called and not inlined. */
    STATUS(tn_instance_set_fuel(s.inst, TN_FUEL_UNLIMITED), TN_OK);
    f = function(s.mod, "fib");
    STATUS_ERR(tn_call_batch(s.inst, f, 2, args, 1, &ret, &done, &err), TN_OK);
    CHECK(out[0] == 55 && out[1] == 6765);
    tn_function_free(f);
    tear_down(&s);
}
static void traps_of_code(void) { traps(0); }
static void traps_of_interpreter(void) { traps(1); }

static void misuse(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    double d[2] = {1, 2};
    tn_column args[2], ret, bad;
    size_t done;
    tn_function *f = function(s.mod, "area"), *text = function(s.mod, "text");
    args[0] = args[1] = ret = column(TN_TAG_F64, d, 8);
    STATUS_ERR(tn_call_batch(NULL, f, 1, args, 2, &ret, &done, &err), TN_ARG);
    STATUS_ERR(tn_call_batch(s.inst, NULL, 1, args, 2, &ret, &done, &err), TN_ARG);
    STATUS_ERR(tn_call_batch(s.inst, f, 1, NULL, 2, &ret, &done, &err), TN_ARG);
    STATUS_ERR(tn_call_batch(s.inst, f, 1, args, 1, &ret, &done, &err), TN_SIGNATURE);
    STATUS_ERR(tn_call_batch(s.inst, f, (size_t)-1, args, 2, &ret, &done, &err), TN_RANGE);
    STATUS_ERR(tn_call_batch(s.inst, f, SIZE_MAX / 4, args, 2, &ret, &done, &err), TN_RANGE);
    STATUS(tn_call_batch(s.inst, text, 1, args, 1, &ret, &done, &err), TN_SIGNATURE);
    CONTAINS(tn_error_message(err, NULL), "fn(String) -> i64");
    tn_error_free(err);
    bad = column(TN_TAG_I64, d, 8);
    args[1] = bad;
    STATUS(tn_call_batch(s.inst, f, 1, args, 2, &ret, &done, &err), TN_TYPE);
    CONTAINS(tn_error_message(err, NULL), "column 2 (`h`) of `area`: expected `f64`, found `i64`");
    tn_error_free(err);
    args[1] = column(TN_TAG_F64, NULL, 8);
    STATUS_ERR(tn_call_batch(s.inst, f, 1, args, 2, &ret, &done, &err), TN_ARG);
    STATUS_ERR(tn_call_batch(s.inst, f, 0, args, 2, &ret, &done, &err), TN_OK);
    args[1] = column(TN_TAG_F64, d, 4);
    STATUS_ERR(tn_call_batch(s.inst, f, 2, args, 2, &ret, &done, &err), TN_ARG);
    args[1] = column(TN_TAG_F64, d, PTRDIFF_MIN);
    STATUS_ERR(tn_call_batch(s.inst, f, 2, args, 2, &ret, &done, &err), TN_RANGE);
    args[1] = column(TN_TAG_F64, d, 8);
    args[1].flags = 1;
    STATUS_ERR(tn_call_batch(s.inst, f, 2, args, 2, &ret, &done, &err), TN_UNSUPPORTED);
    args[1] = args[0];
    ret.stride = 0;
    STATUS_ERR(tn_call_batch(s.inst, f, 2, args, 2, &ret, &done, &err), TN_ARG);
    EQUAL(done, 0);
    ret = bad;
    STATUS_ERR(tn_call_batch(s.inst, f, 2, args, 2, &ret, &done, &err), TN_TYPE);
    CHECK(d[0] == 1 && d[1] == 2);
    tn_function_free(f);
    tn_function_free(text);
    tear_down(&s);
}

int main(void) {
    RUN(rows);
    RUN(types);
    RUN(traps_of_code);
    RUN(traps_of_interpreter);
    RUN(misuse);
    return finish();
}
