/* Section 5: calls. */
#include "check.h"

#include <math.h>
#include <string.h>

static const char *const scalars =
    "fn add(a: i64, b: i64) -> i64 { a + b }\n"
    "fn id_bool(x: bool) -> bool { x }\nfn id_i8(x: i8) -> i8 { x }\nfn id_i16(x: i16) -> i16 { x }\n"
    "fn id_i32(x: i32) -> i32 { x }\nfn id_i64(x: i64) -> i64 { x }\nfn id_u8(x: u8) -> u8 { x }\n"
    "fn id_u16(x: u16) -> u16 { x }\nfn id_u32(x: u32) -> u32 { x }\nfn id_u64(x: u64) -> u64 { x }\n"
    "fn id_f32(x: f32) -> f32 { x }\nfn id_f64(x: f64) -> f64 { x }\nfn id_char(x: char) -> char { x }\n"
    "fn nothing() {}\nfn half(x: f64) -> f64 { x / 2.0 }\nfn divide(a: i64, b: i64) -> i64 { a / b }\n"
    "fn many(a: i64, b: f64, c: i32, d: f32, e: u8, f: bool, g: i64, h: f64, i: i64, j: i64, k: i64, l: "
    "f64,\n"
    "        m: i16, n: i64) -> f64 {\n"
    "    (a + c as i64 + e as i64 + f as i64 + g + i + j + k + m as i64 + n) as f64 + b + d as f64 + h + "
    "l\n}\n"
    "fn text(s: String) -> i64 { s.len() }\nfn join(a: String, n: i64, b: String) -> i64 { (a + b).len() * n "
    "}\n"
    "fn fib(n: i64) -> i64 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\n";

static void round_trip(Setup *s, const char *name, tn_tag tag, tn_slot slot) {
    tn_error *err = NULL;
    tn_value arg, ret;
    tn_slot io[1];
    tn_function *f = NULL;
    char sig[64];
    arg.tag = tag;
    arg.aux = 0;
    arg.as = slot;
    STATUS_ERR(call_by_name(s, name, &arg, 1, &ret, &err), TN_OK);
    EQUAL(ret.tag, tag);
    CHECK(memcmp(&ret.as, &slot, sizeof slot) == 0);
    strcpy(sig, "fn(");
    strcat(sig, name + 3);
    strcat(sig, ") -> ");
    strcat(sig, name + 3);
    STATUS_ERR(tn_module_function(s->mod, name, TN_NTS, sig, TN_NTS, &f, &err), TN_OK);
    io[0] = slot;
    STATUS_ERR(tn_call_slots(s->inst, f, io, 1, &err), TN_OK);
    CHECK(memcmp(&io[0], &slot, sizeof slot) == 0);
    tn_function_free(f);
}

static void refused(Setup *s, const char *name, tn_tag tag, int64_t number) {
    tn_error *err = NULL;
    tn_value arg, ret;
    TN_SET_INT(&arg, tag, number);
    STATUS_ERR(call_by_name(s, name, &arg, 1, &ret, &err), TN_RANGE);
}

static void all_scalars(void) {
    static const struct {
        const char *name;
        tn_tag tag;
        int64_t low, high;
    } ints[] = {{"id_bool", TN_TAG_BOOL, 0, 1},        {"id_i8", TN_TAG_I8, -128, 127},
                {"id_i16", TN_TAG_I16, -32768, 32767}, {"id_i32", TN_TAG_I32, INT32_MIN, INT32_MAX},
                {"id_u8", TN_TAG_U8, 0, 255},          {"id_u16", TN_TAG_U16, 0, 65535},
                {"id_u32", TN_TAG_U32, 0, UINT32_MAX}, {"id_char", TN_TAG_CHAR, 0, 0x10ffff}};
    Setup s = set_up(scalars);
    tn_slot slot;
    size_t i;
    for (i = 0; i < sizeof ints / sizeof *ints; ++i) {
        slot.i = ints[i].low;
        round_trip(&s, ints[i].name, ints[i].tag, slot);
        slot.i = ints[i].high;
        round_trip(&s, ints[i].name, ints[i].tag, slot);
        refused(&s, ints[i].name, ints[i].tag, ints[i].low - 1);
        refused(&s, ints[i].name, ints[i].tag, ints[i].high + 1);
    }
    refused(&s, "id_char", TN_TAG_CHAR, 0xd800);
    slot.i = INT64_MIN;
    round_trip(&s, "id_i64", TN_TAG_I64, slot);
    slot.u = UINT64_MAX;
    round_trip(&s, "id_u64", TN_TAG_U64, slot);
    slot.f = -0.0;
    round_trip(&s, "id_f64", TN_TAG_F64, slot);
    round_trip(&s, "id_f32", TN_TAG_F32, slot);
    slot.u = 0x7ff8000000001234u;
    round_trip(&s, "id_f64", TN_TAG_F64, slot);
    slot.f = INFINITY;
    round_trip(&s, "id_f64", TN_TAG_F64, slot);
    round_trip(&s, "id_f32", TN_TAG_F32, slot);
    slot.f = 1.5;
    round_trip(&s, "id_f32", TN_TAG_F32, slot);
    tear_down(&s);
}

static void simple_calls(void) {
    Setup s = set_up(scalars);
    tn_error *err = NULL;
    tn_value args[14], ret;
    args[0] = make_i64(40);
    args[1] = make_i64(2);
    EQUAL(call_i64(&s, "add", args, 2), 42);
    STATUS_ERR(call_by_name(&s, "nothing", NULL, 0, &ret, &err), TN_OK);
    EQUAL(ret.tag, TN_TAG_UNIT);
    STATUS_ERR(call_by_name(&s, "add", args, 2, NULL, &err), TN_OK);
    args[0] = make_f64(3.0);
    STATUS_ERR(call_by_name(&s, "half", args, 1, &ret, &err), TN_OK);
    CHECK(ret.tag == TN_TAG_F64 && ret.as.f == 1.5);
    args[0] = make_i64(1);
    args[1] = make_f64(2);
    TN_SET_INT(&args[2], TN_TAG_I32, -3);
    TN_SET_FLOAT(&args[3], TN_TAG_F32, 4);
    TN_SET_UINT(&args[4], TN_TAG_U8, 5);
    TN_SET_BOOL(&args[5], 1);
    args[6] = make_i64(7);
    args[7] = make_f64(8);
    args[8] = make_i64(9);
    args[9] = make_i64(10);
    args[10] = make_i64(11);
    args[11] = make_f64(12);
    TN_SET_INT(&args[12], TN_TAG_I16, -13);
    args[13] = make_i64(14);
    STATUS_ERR(call_by_name(&s, "many", args, 14, &ret, &err), TN_OK);
    CHECK(ret.tag == TN_TAG_F64 && ret.as.f == 1 + 2 - 3 + 4 + 5 + 1 + 7 + 8 + 9 + 10 + 11 + 12 - 13 + 14);
    args[0] = make_i64(20);
    EQUAL(call_i64(&s, "fib", args, 1), 6765);
    tear_down(&s);
}

static void wrong_calls(void) {
    Setup s = set_up(scalars);
    Setup other = set_up("fn add(a: i64, b: i64) -> i64 { a }");
    tn_error *err = NULL;
    tn_value args[2], ret;
    tn_function *f = function(s.mod, "add");
    args[0] = make_i64(1);
    args[1] = make_f64(1);
    STATUS(tn_call(s.inst, f, args, 2, &ret, &err), TN_TYPE);
    CONTAINS(tn_error_message(err, NULL), "argument 2 (`b`)");
    CONTAINS(tn_error_message(err, NULL), "expected `i64`, found `f64`");
    tn_error_free(err);
    STATUS_ERR(tn_call(s.inst, f, args, 1, &ret, &err), TN_SIGNATURE);
    STATUS_ERR(tn_call(s.inst, f, NULL, 2, &ret, &err), TN_ARG);
    STATUS_ERR(tn_call(s.inst, f, args, (size_t)-2, &ret, &err), TN_SIGNATURE);
    STATUS_ERR(tn_call(NULL, f, args, 2, &ret, &err), TN_ARG);
    STATUS_ERR(tn_call(s.inst, NULL, args, 2, &ret, &err), TN_ARG);
    STATUS_ERR(tn_call((tn_instance *)f, f, args, 2, &ret, &err), TN_HANDLE);
    STATUS_ERR(tn_call(s.inst, (tn_function *)s.inst, args, 2, &ret, &err), TN_HANDLE);
    STATUS_ERR(tn_call((tn_instance *)&s, f, args, 2, &ret, &err), TN_HANDLE);
    STATUS_ERR(tn_call(other.inst, f, args, 2, &ret, &err), TN_SIGNATURE);
    TN_SET_NONE(&args[1]);
    STATUS_ERR(tn_call(s.inst, f, args, 2, &ret, &err), TN_TYPE);
    args[1].tag = 77;
    STATUS_ERR(tn_call(s.inst, f, args, 2, &ret, &err), TN_TYPE);
    args[1].tag = TN_TAG_STRING;
    args[1].as.p = args;
    STATUS_ERR(tn_call(s.inst, f, args, 2, &ret, &err), TN_HANDLE);
    STATUS(tn_call(s.inst, f, args, 2, NULL, NULL), TN_HANDLE);
    tn_function_free(f);
    STATUS_ERR(tn_call(s.inst, f, args, 2, &ret, &err), TN_HANDLE);
    tear_down(&other);
    tear_down(&s);
}

static void traps(void) {
    Setup s = set_up(scalars);
    tn_error *err = NULL;
    tn_value args[2], ret;
    args[0] = make_i64(1);
    args[1] = make_i64(0);
    STATUS_ERR(call_by_name(&s, "divide", args, 2, &ret, &err), TN_TRAP_DIVISION_BY_ZERO);
    EQUAL(ret.tag, TN_TAG_NONE);
    args[0] = make_i64(INT64_MIN);
    args[1] = make_i64(-1);
    STATUS_ERR(call_by_name(&s, "divide", args, 2, &ret, &err), TN_TRAP_INTEGER_OVERFLOW);
    STATUS(call_by_name(&s, "divide", args, 2, NULL, NULL), TN_TRAP_INTEGER_OVERFLOW);
    args[1] = make_i64(1);
    EQUAL(call_i64(&s, "divide", args, 2), INT64_MIN);
    tear_down(&s);
}

/* A sum that overflows where it is kept leaves what was there. */
static void overflow_in_place(void) {
    Setup s = set_up("var signed_count: i64 = 9223372036854775806;\n"
                     "var unsigned_count: u32 = 2;\n"
                     "fn up(n: i64, unused: i64) -> i64 { signed_count += n; signed_count }\n"
                     "fn down(n: i64, unused: i64) -> i64 { unsigned_count -= n as u32; unsigned_count as i64 }\n"
                     "fn bump(n: i64, unused: i64) { signed_count += n; }\n"
                     "fn drop(n: i64, unused: i64) { unsigned_count -= n as u32; }\n");
    tn_error *err = NULL;
    tn_value args[2], ret;
    args[0] = make_i64(2);
    args[1] = make_i64(0);
    STATUS_ERR(call_by_name(&s, "bump", args, 2, &ret, &err), TN_TRAP_INTEGER_OVERFLOW);
    args[0] = make_i64(3);
    STATUS_ERR(call_by_name(&s, "drop", args, 2, &ret, &err), TN_TRAP_INTEGER_OVERFLOW);
    args[0] = make_i64(0);
    EQUAL(call_i64(&s, "up", args, 2), INT64_MAX - 1);
    EQUAL(call_i64(&s, "down", args, 2), 2);
    args[0] = make_i64(1);
    STATUS_ERR(call_by_name(&s, "bump", args, 2, &ret, &err), TN_OK);
    STATUS_ERR(call_by_name(&s, "drop", args, 2, &ret, &err), TN_OK);
    args[0] = make_i64(0);
    EQUAL(call_i64(&s, "up", args, 2), INT64_MAX);
    EQUAL(call_i64(&s, "down", args, 2), 1);
    tear_down(&s);
}

static void slots(void) {
    Setup s = set_up(scalars);
    tn_error *err = NULL;
    tn_slot io[5];
    tn_function *f = function(s.mod, "add");
    io[0].i = 1;
    io[1].i = 2;
    STATUS_ERR(tn_call_slots(s.inst, f, io, 2, &err), TN_SIGNATURE);
    tn_function_free(f);
    STATUS_ERR(tn_module_function(s.mod, "join", TN_NTS, "fn(String, i64, String) -> i64", TN_NTS, &f, &err),
               TN_OK);
    io[0].p = (void *)"ab";
    io[1].u = 2;
    io[2].i = 10;
    io[3].p = NULL;
    io[4].u = 0;
    STATUS_ERR(tn_call_slots(s.inst, f, io, 5, &err), TN_OK);
    EQUAL(io[0].i, 20);
    io[0].p = (void *)"ab";
    STATUS_ERR(tn_call_slots(s.inst, f, io, 4, &err), TN_ARG);
    STATUS_ERR(tn_call_slots(s.inst, f, NULL, 5, &err), TN_ARG);
    io[3].p = NULL;
    io[4].u = 3;
    STATUS_ERR(tn_call_slots(s.inst, f, io, 5, &err), TN_ARG);
    io[0].p = (void *)"\xed\xa0\x80";
    io[1].u = 3;
    io[4].u = 0;
    STATUS_ERR(tn_call_slots(s.inst, f, io, 5, &err), TN_UTF8);
    tn_function_free(f);
    STATUS_ERR(tn_module_function(s.mod, "divide", TN_NTS, "(i64, i64) -> i64", TN_NTS, &f, &err), TN_OK);
    io[0].i = 1;
    io[1].i = 0;
    STATUS_ERR(tn_call_slots(s.inst, f, io, 2, &err), TN_TRAP_DIVISION_BY_ZERO);
    tn_function_free(f);
    tear_down(&s);
}

static void mut_parameters(void) {
    Setup s =
        set_up("fn bump(mut n: i64, mut s: String, mut xs: List[i64], k: i64) -> i64 {\n"
               "    n += k; s += \"!\"; xs.push(n); let old = n; if k == 0 { panic(\"zero\"); } old\n}\n"
               "fn fill(mut p: (i64, String)) { p.0 = 7; p.1 = \"seven\"; }\n");
    tn_error *err = NULL;
    tn_function *f = function(s.mod, "bump");
    tn_value args[4], ret, element, keep;
    size_t n;
    int32_t i;
    for (i = 0; i < 4; ++i) EQUAL(tn_function_param_is_mut(f, (uint32_t)i), i < 3);
    TEXT(tn_function_signature(f, NULL), "fn(mut i64, mut String, mut List[i64], i64) -> i64");
    args[0] = make_i64(1);
    args[1] = make_string(s.inst, "hey");
    STATUS_ERR(tn_list_new(s.inst, tn_type_child(tn_function_param_type(f, 2), 0), 0, &args[2], &err), TN_OK);
    args[3] = make_i64(5);
    STATUS(tn_value_copy(&args[2], &keep), TN_OK);
    STATUS_ERR(tn_call(s.inst, f, args, 4, &ret, &err), TN_SIGNATURE);
    STATUS_ERR(tn_call_mut(s.inst, f, args, 4, &ret, &err), TN_OK);
    EQUAL(ret.as.i, 6);
    EQUAL(args[0].as.i, 6);
    TEXT(tn_string_data(&args[1], NULL), "hey!");
    STATUS(tn_list_len(&args[2], &n), TN_OK);
    EQUAL(n, 1);
    STATUS(tn_list_get(&args[2], 0, &element), TN_OK);
    EQUAL(element.as.i, 6);
    STATUS(tn_list_len(&keep, &n), TN_OK);
    EQUAL(n, 0);
    args[3] = make_i64(0);
    STATUS_ERR(tn_call_mut(s.inst, f, args, 4, &ret, &err), TN_TRAP_PANIC);
    TEXT(tn_string_data(&args[1], NULL), "hey!");
    STATUS(tn_list_len(&args[2], &n), TN_OK);
    EQUAL(n, 1);
    args[1].tag = TN_TAG_BYTES;
    STATUS_ERR(tn_call_mut(s.inst, f, args, 4, &ret, &err), TN_HANDLE);
    args[1].tag = TN_TAG_STRING;
    tn_value_clear(&args[1]);
    tn_value_clear(&args[2]);
    tn_value_clear(&keep);
    tn_function_free(f);
    f = function(s.mod, "fill");
    {
        tn_value parts[2];
        parts[0] = make_i64(1);
        parts[1] = make_string(s.inst, "one");
        STATUS_ERR(tn_record_new(s.inst, tn_function_param_type(f, 0), parts, 2, &args[0], &err), TN_OK);
        tn_value_clear(&parts[1]);
    }
    STATUS_ERR(tn_call_mut(s.inst, f, args, 1, &ret, &err), TN_OK);
    EQUAL(ret.tag, TN_TAG_UNIT);
    STATUS(tn_record_get(&args[0], 1, &element), TN_OK);
    TEXT(tn_string_data(&element, NULL), "seven");
    tn_value_clear(&element);
    tn_value_clear(&args[0]);
    tn_function_free(f);
    tear_down(&s);
}

static void function_pointers(void) {
    typedef int64_t (*Two)(tn_instance *, int64_t, int64_t);
    typedef double (*Many)(tn_instance *, int64_t, double, int32_t, float, uint8_t, int32_t, int64_t, double,
                           int64_t, int64_t, int64_t, double, int16_t, int64_t);
    Setup s = set_up(
        "fn add(a: i64, b: i64) -> i64 { a + b }\n"
        "fn shout(a: i64, b: i64) -> i64 { f\"{a}{b}\".len() }\n"
        "fn divide(a: i64, b: i64) -> i64 { let s = f\"{a}\"; s.len() + a / b }\n"
        "fn text(s: String) -> i64 { 1 }\n"
        "fn many(a: i64, b: f64, c: i32, d: f32, e: u8, f: bool, g: i64, h: f64, i: i64, j: i64, k: i64,\n"
        "        l: f64, m: i16, n: i64) -> f64 {\n"
        "    (a + c as i64 + e as i64 + f as i64 + g + i + j + k + m as i64 + n) as f64 + b + d as f64 + h + "
        "l\n}\n");
    tn_error *err = NULL;
    tn_fnptr p = NULL;
    const int32_t *word = tn_instance_status_word(s.inst);
    tn_function *add = function(s.mod, "add"), *divide = function(s.mod, "divide"),
                *text = function(s.mod, "text"), *many = function(s.mod, "many"),
                *shout = function(s.mod, "shout");
    Two two;
    tn_value args[2], ret;
    STATUS_ERR(tn_function_pointer(add, "fn(i64) -> i64", TN_NTS, &p, &err), TN_SIGNATURE);
    CHECK(p == NULL);
    STATUS_ERR(tn_function_pointer(add, NULL, 0, &p, &err), TN_ARG);
    STATUS_ERR(tn_function_pointer(text, "fn(String) -> i64", TN_NTS, &p, &err), TN_SIGNATURE);
    STATUS_ERR(tn_function_pointer(add, "fn(i64,i64)->i64", TN_NTS, &p, &err), TN_OK);
    two = (Two)p;
    STATUS(tn_instance_enter(s.inst), TN_OK);
    EQUAL(two(s.inst, 40, 2), 42);
    EQUAL(*word, 0);
    EQUAL(two(s.inst, INT64_MAX, 1), 0);
    EQUAL(*word, TN_TRAP_INTEGER_OVERFLOW);
    STATUS(tn_instance_leave(s.inst, &err), TN_TRAP_INTEGER_OVERFLOW);
    EQUAL(tn_error_frame_count(err), 1);
    tn_error_free(err);
    STATUS_ERR(tn_function_pointer(divide, "fn(i64, i64) -> i64", TN_NTS, &p, &err), TN_OK);
    two = (Two)p;
    STATUS(tn_instance_enter(s.inst), TN_OK);
    EQUAL(*word, 0);
    EQUAL(two(s.inst, 1, 0), 0);
    EQUAL(*word, TN_TRAP_DIVISION_BY_ZERO);
    /* A call after a trap is a call like any other. */
    STATUS_ERR(tn_function_pointer(shout, "fn(i64, i64) -> i64", TN_NTS, &p, &err), TN_OK);
    two = (Two)p;
    EQUAL(two(s.inst, 10, 1), 3);
    /* Other calls go as well in between, and enters nest. */
    args[0] = make_i64(1);
    args[1] = make_i64(2);
    STATUS_ERR(tn_call(s.inst, add, args, 2, &ret, &err), TN_OK);
    EQUAL(ret.as.i, 3);
    STATUS(tn_instance_enter(s.inst), TN_OK);
    STATUS_ERR(tn_instance_leave(s.inst, &err), TN_OK);
    EQUAL(two(s.inst, 5, 6), 2);
    STATUS_ERR(tn_instance_leave(s.inst, &err), TN_OK);
    STATUS_ERR(tn_instance_leave(s.inst, &err), TN_STATE);
    STATUS_ERR(tn_function_pointer(
                   many, "fn(i64, f64, i32, f32, u8, bool, i64, f64, i64, i64, i64, f64, i16, i64) -> f64",
                   TN_NTS, &p, &err),
               TN_OK);
    STATUS(tn_instance_enter(s.inst), TN_OK);
    CHECK(((Many)p)(s.inst, 1, 2, -3, 4, 5, 1, 7, 8, 9, 10, 11, 12, -13, 14) ==
          1 + 2 - 3 + 4 + 5 + 1 + 7 + 8 + 9 + 10 + 11 + 12 - 13 + 14);
    STATUS_ERR(tn_instance_leave(s.inst, &err), TN_OK);
    /* Freed while entered. */
    STATUS(tn_instance_enter(s.inst), TN_OK);
    tn_function_free(add);
    tn_function_free(divide);
    tn_function_free(text);
    tn_function_free(many);
    tn_function_free(shout);
    tear_down(&s);
    STATUS_ERR(tn_instance_leave(s.inst, &err), TN_HANDLE);
}

int main(void) {
    RUN(all_scalars);
    RUN(simple_calls);
    RUN(wrong_calls);
    RUN(traps);
    RUN(overflow_in_place);
    RUN(slots);
    RUN(mut_parameters);
    RUN(function_pointers);
    return finish();
}
