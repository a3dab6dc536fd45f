/* Section 8 once more: what lives how long, what a script and a host may hold, every kind of constant. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value of the host's: days since some day. `made` and `ended` count all of them. */
typedef struct Day {
    int64_t days;
    uint64_t size;
} Day;
static int made, ended, fin_count;
static void* last_ended;

static Day* new_day(int64_t days) {
    Day* day = malloc(sizeof *day);
    day->days = days;
    day->size = 0;
    ++made;
    return day;
}
static void end_day(void* p, void* ud) {
    CHECK(!ud || *(int*)ud == 77);
    last_ended = p;
    ++ended;
    free(p);
}
static void count_fin(void* ud) {
    (void)ud;
    ++fin_count;
}
static tn_status clone_day(void* p, void* ud, void** out) {
    (void)ud;
    if (((Day*)p)->days == 13) return TN_STATE;
    *out = new_day(((Day*)p)->days);
    return TN_OK;
}
static int32_t equal_days(const void* a, const void* b, void* ud) {
    (void)ud;
    return ((const Day*)a)->days == ((const Day*)b)->days;
}
static uint64_t hash_day(const void* p, void* ud) {
    (void)ud;
    return (uint64_t)((const Day*)p)->days;
}
static uint64_t size_of_day(const void* p, void* ud) {
    (void)ud;
    return ((const Day*)p)->size;
}
static tn_status show_day(tn_frame* fr, const void* p, tn_value* ret, void* ud) {
    char text[40];
    const int64_t days = ((const Day*)p)->days;
    (void)ud;
    if (days == 1000) return tn_frame_fail(fr, 1234, "no text", TN_NTS, NULL, NULL);
    if (days == 1001) return TN_OK; /* unset */
    if (days == 1002) {
        TN_SET_I64(ret, 1);
        return TN_OK;
    }
    snprintf(text, sizeof text, "day %d", (int)days);
    return tn_string_new(tn_frame_instance(fr), text, TN_NTS, ret, NULL);
}

static int number77 = 77;
static const tn_type *day_type, *plain_type;

/* --- functions: generic, and plain C --- */

static tn_status make_day(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    (void)nargs, (void)ud;
    return tn_handle_new(tn_frame_instance(fr), day_type, new_day(args[0].as.i), ret, NULL);
}
static tn_status days_of(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    void* p;
    tn_status status = tn_handle_get(&args[0], day_type, &p);
    (void)nargs, (void)ud;
    if (status != TN_OK) return tn_frame_fail(fr, status, "the day is closed", TN_NTS, NULL, NULL);
    TN_SET_I64(ret, ((Day*)p)->days);
    return TN_OK;
}
static tn_status close_day(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    (void)fr, (void)nargs, (void)ret, (void)ud;
    return tn_handle_close(&args[0]);
}
static tn_status grow_day(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    void* p;
    (void)fr, (void)nargs, (void)ret, (void)ud;
    if (tn_handle_get(&args[0], day_type, &p) == TN_OK) {
        ((Day*)p)->days += args[1].as.i;
        ((Day*)p)->size = (uint64_t)args[1].as.i;
    }
    return TN_OK;
}
static Day* add_days(const Day* day, int64_t n) { return new_day(day->days + n); }
static Day* add_left(int64_t n, const Day* day) { return new_day(day->days + n); }
static int64_t between(const Day* a, const Day* b) { return a->days - b->days; }
static Day* no_day(void) { return NULL; }
static tn_status parse_day(const char* text, size_t len, Day** out) {
    if (len == 0) return TN_RANGE;
    if (text[0] == '?') return 4321;
    *out = new_day(atoi(text));
    return TN_OK;
}
static tn_status checked(int64_t n) { return n < 0 ? TN_RANGE : TN_OK; }
typedef struct Parts {
    int32_t year;
    double rest;
} Parts;
static tn_status parts_of(const Day* day, Parts* out) {
    out->year = (int32_t)(day->days / 365);
    out->rest = (double)(day->days % 365);
    return TN_OK;
}
static double scale(int32_t a, double b, int64_t n) { return a * b + (double)n; }
static int pure_calls;
static int64_t pure_square(int64_t n) {
    ++pure_calls;
    return n * n;
}

static void reg(tn_runtime* rt, const char* path, const char* sig, tn_host_fn fn) {
    tn_error* err = NULL;
    STATUS_ERR(tn_register_fn(rt, path, TN_NTS, sig, TN_NTS, fn, NULL, NULL, 0, &err), TN_OK);
}
static void native(tn_runtime* rt, const char* path, const char* sig, tn_fnptr fn, uint32_t flags) {
    tn_error* err = NULL;
    STATUS_ERR(tn_register_native(rt, path, TN_NTS, sig, TN_NTS, fn, NULL, NULL, flags, &err), TN_OK);
}

static tn_runtime* days_runtime(void) {
    tn_runtime* rt = new_runtime();
    tn_error* err = NULL;
    tn_host_type ops;
    memset(&ops, 0, sizeof ops);
    ops.struct_size = sizeof ops;
    ops.finalize = end_day;
    STATUS_ERR(tn_register_type(rt, "time.Plain", TN_NTS, NULL, 0, &ops, NULL, NULL, &plain_type, &err),
               TN_OK);
    ops.clone = clone_day;
    ops.equal = equal_days;
    ops.hash = hash_day;
    ops.to_text = show_day;
    ops.extra_bytes = size_of_day;
    STATUS_ERR(tn_register_type(rt, "time.Day", TN_NTS, "org.acme.day/1", TN_NTS, &ops, &number77, count_fin,
                                &day_type, &err),
               TN_OK);
    EQUAL(tn_type_kind(day_type), TN_TAG_HANDLE);
    TEXT(tn_type_name(day_type, NULL), "time.Day");
    reg(rt, "time.Day.new", "fn(i64) -> Day", make_day);
    reg(rt, "time.Day.days", "fn(Day) -> i64", days_of);
    reg(rt, "time.Day.close", "fn(Day)", close_day);
    reg(rt, "time.Day.grow", "fn(mut Day, i64)", grow_day);
    native(rt, "time.Day.none", "fn() -> Day", (tn_fnptr)no_day, 0);
    native(rt, "time.Day.add", "fn(Day, i64) -> Day", (tn_fnptr)add_days, 0);
    native(rt, "time.Day.add", "fn(i64, Day) -> Day", (tn_fnptr)add_left, 0);
    native(rt, "time.Day.sub", "fn(Day, Day) -> i64", (tn_fnptr)between, 0);
    native(rt, "time.Day.cmp", "fn(Day, Day) -> i64", (tn_fnptr)between, TN_FN_PURE);
    native(rt, "time.Day.parse", "fn(String) -> Day", (tn_fnptr)parse_day, TN_FN_STATUS);
    native(rt, "time.Day.parts", "fn(Day) -> (i32, f64)", (tn_fnptr)parts_of, TN_FN_STATUS);
    native(rt, "time.check", "fn(i64)", (tn_fnptr)checked, TN_FN_STATUS);
    native(rt, "time.scale", "fn((i32, f64), i64) -> f64", (tn_fnptr)scale, TN_FN_PURE);
    native(rt, "square", "fn(i64) -> i64", (tn_fnptr)pure_square, TN_FN_PURE);
    return rt;
}

static Setup days(const char* source) {
    Setup s;
    s.rt = days_runtime();
    s.mod = compile(s.rt, source);
    s.inst = instance(s.mod);
    made = ended = 0;
    return s;
}
static void end_days(Setup* s) {
    fin_count = 0;
    tear_down(s);
    EQUAL(ended, made);
    EQUAL(fin_count, 1);
}

static void text_of(Setup* s, const char* name, const char* expected) {
    tn_error* err = NULL;
    tn_value ret;
    STATUS_ERR(call_by_name(s, name, NULL, 0, &ret, &err), TN_OK);
    TEXT(tn_string_data(&ret, NULL), expected);
    tn_value_clear(&ret);
}
static void traps(Setup* s, const char* name, tn_status status, const char* message) {
    tn_error* err = NULL;
    tn_value ret;
    EQUAL(call_by_name(s, name, NULL, 0, &ret, &err), status);
    CONTAINS(tn_error_message(err, NULL), message);
    tn_error_free(err);
}

static void methods_and_operators(void) {
    Setup s = days(
        "import time.Day;\n"
        "record Meeting { day: Day, title: String }\n"
        "fn method() -> i64 { Day.new(5).days() + time.Day.new(6).days() }\n"
        "fn operators() -> i64 { let d = (Day.new(5) + 3) - (1 + Day.new(1)); d }\n"
        "fn compares() -> String { let a = Day.new(1); let b = Day.new(2);\n"
        "    f\"{a < b} {a == b} {a == Day.new(1)} {a >= b} {a != b}\" }\n"
        "fn shows() -> String { let m = Meeting { day: Day.new(3), title: \"x\" };\n"
        "    f\"{m} {m == Meeting { day: Day.new(3), title: \"x\" }} {[Day.new(1)]} {Day.new(2).show()}\" }\n"
        "fn keys() -> String { let m: Map[Day, String] = Map.new(); m.insert(Day.new(1), \"one\");\n"
        "    m.insert(Day.new(2), \"two\"); m.insert(Day.new(1), \"uno\");\n"
        "    f\"{m.len()} {m.get(Day.new(1))} {m.get(Day.new(9))}\" }\n"
        "fn holds() -> i64 { let ds = [Day.new(1), Day.new(2)]; let f = |n: i64| ds[1].days() + n;\n"
        "    let t = (Some(ds[0]), f); let first = match t.0 { Some(d) => d.days(), None => 0 }; first + f(10) }\n"
        "fn sorted() -> String { let ds = [Day.new(3), Day.new(1), Day.new(2)]; ds.sort(); f\"{ds}\" }\n");
    EQUAL(call_i64(&s, "method", NULL, 0), 11);
    EQUAL(call_i64(&s, "operators", NULL, 0), 6);
    text_of(&s, "compares", "true false true false true");
    text_of(&s, "shows", "Meeting { day: day 3, title: \"x\" } true [day 1] day 2");
    text_of(&s, "keys", "2 Some(\"uno\") None");
    EQUAL(call_i64(&s, "holds", NULL, 0), 13);
    text_of(&s, "sorted", "[day 1, day 2, day 3]");
    EQUAL(ended, made);
    CHECK(made > 20);
    end_days(&s);
}

static void natives(void) {
    Setup s = days("fn parse(s: String) -> i64 { time.Day.parse(s).days() }\n"
                   "fn parts() -> String { f\"{time.Day.new(735).parts()}\" }\n"
                   "fn check(n: i64) -> i64 { time.check(n); n }\n"
                   "fn scaled() -> f64 { time.scale((3i32, 0.5), 2) }\n"
                   "fn none() { let d = time.Day.none(); }\n"
                   "fn squares(n: i64) -> i64 { square(n) + square(n) + square(n) }\n");
    tn_error* err = NULL;
    tn_value arg = make_string(s.inst, "42"), ret;
    EQUAL(call_i64(&s, "parse", &arg, 1), 42);
    tn_value_clear(&arg);
    arg = make_string(s.inst, "");
    STATUS_ERR(call_by_name(&s, "parse", &arg, 1, &ret, &err), TN_TRAP_HOST_ERROR);
    tn_value_clear(&arg);
    arg = make_string(s.inst, "?");
    EQUAL(call_by_name(&s, "parse", &arg, 1, &ret, &err), 4321);
    CONTAINS(tn_error_message(err, NULL), "`time.Day.parse` failed with status Host (4321)");
    tn_error_free(err);
    err = NULL;
    tn_value_clear(&arg);
    text_of(&s, "parts", "(2, 5.0)");
    arg = make_i64(7);
    EQUAL(call_i64(&s, "check", &arg, 1), 7);
    arg = make_i64(-7);
    STATUS_ERR(call_by_name(&s, "check", &arg, 1, &ret, &err), TN_TRAP_HOST_ERROR);
    STATUS_ERR(call_by_name(&s, "scaled", NULL, 0, &ret, &err), TN_OK);
    CHECK(ret.as.f == 3.5);
    traps(&s, "none", TN_TRAP_HOST_ERROR, "a host function gave no `time.Day`");
    pure_calls = 0;
    arg = make_i64(4);
    EQUAL(call_i64(&s, "squares", &arg, 1), 48);
    CHECK(pure_calls == 1 || pure_calls == 3); /* merged where the optimizer runs */
    end_days(&s);
}

static void closing(void) {
    Setup s =
        days("import time.Day;\nvar kept: Day? = None;\n"
             "fn keep() { kept = Some(Day.new(1)); }\n"
             "fn use_kept() -> i64 { match kept { Some(d) => d.days(), None => -1 } }\n"
             "fn get() -> Day { match kept { Some(d) => d, None => Day.new(0) } }\n"
             "fn plus() -> i64 { let d = Day.new(4); d.close(); (d + 1).days() }\n"
             "fn compare() -> bool { let d = Day.new(4); d.close(); d == Day.new(4) }\n"
             "fn key() -> i64 { let d = Day.new(4); d.close(); let m: Map[Day, i64] = Map.new(); m.insert(d, "
             "1); 1 }\n"
             "fn change() { let d = Day.new(4); d.close(); d.grow(1); }\n"
             "fn twice() -> String { let d = Day.new(4); d.close(); d.close(); f\"{d}\" }\n"
             "fn trap() -> i64 { let d = Day.new(4); let xs = [d, Day.new(5)]; xs[xs.len() + 1].days() }\n"
             "fn no_text(n: i64) -> String { let d = Day.new(n); f\"a{d}b\" }\n");
    tn_error* err = NULL;
    tn_value v, ret, arg;
    void* p;
    traps(&s, "plus", TN_TRAP_HOST_ERROR, "this `time.Day` is closed");
    traps(&s, "compare", TN_TRAP_HOST_ERROR, "this `time.Day` is closed");
    traps(&s, "key", TN_TRAP_HOST_ERROR, "this `time.Day` is closed");
    traps(&s, "change", TN_TRAP_HOST_ERROR, "this `time.Day` is closed");
    traps(&s, "twice", TN_TRAP_HOST_ERROR, "this `time.Day` is closed");
    EQUAL(ended, made);
    traps(&s, "trap", TN_TRAP_INDEX_OUT_OF_BOUNDS, "");
    EQUAL(ended, made);
    arg = make_i64(1000);
    STATUS_ERR(call_by_name(&s, "no_text", &arg, 1, &ret, &err), 1234);
    arg = make_i64(1001);
    STATUS_ERR(call_by_name(&s, "no_text", &arg, 1, &ret, &err), TN_TRAP_HOST_ERROR);
    arg = make_i64(1002);
    STATUS_ERR(call_by_name(&s, "no_text", &arg, 1, &ret, &err), TN_TRAP_HOST_ERROR);
    EQUAL(ended, made);
    /* What the script keeps, closed from outside. */
    STATUS_ERR(call_by_name(&s, "keep", NULL, 0, &ret, &err), TN_OK);
    EQUAL(call_i64(&s, "use_kept", NULL, 0), 1);
    STATUS_ERR(call_by_name(&s, "get", NULL, 0, &v, &err), TN_OK);
    EQUAL(v.tag, TN_TAG_HANDLE);
    CHECK(tn_type_equal(tn_value_type(s.rt, &v), day_type));
    STATUS(tn_handle_get(&v, day_type, &p), TN_OK);
    EQUAL(((Day*)p)->days, 1);
    EQUAL(made - ended, 1);
    STATUS(tn_handle_close(&v), TN_OK);
    EQUAL(made, ended);
    CHECK(last_ended == p);
    STATUS(tn_handle_close(&v), TN_OK);
    EQUAL(made, ended);
    STATUS(tn_handle_get(&v, day_type, &p), TN_CLOSED);
    CHECK(p == NULL);
    traps(&s, "use_kept", TN_TRAP_HOST_ERROR, "this `time.Day` is closed");
    tn_value_clear(&v);
    /* What is still kept ends with the instance. */
    STATUS_ERR(call_by_name(&s, "keep", NULL, 0, &ret, &err), TN_OK);
    EQUAL(made - ended, 1);
    end_days(&s);
}

static void sharing_and_size(void) {
    Setup s = days("import time.Day;\n"
                   "fn copies() -> String { let a = Day.new(1); let b = a; b.grow(5); f\"{a} {b}\" }\n"
                   "fn fails() -> String { let a = Day.new(13); let b = a; b.grow(5); f\"{a} {b}\" }\n"
                   "fn big(n: i64) -> i64 { let a = Day.new(1); a.grow(n); let xs: List[i64] = []; "
                   "xs.push(1); xs.len() }\n");
    tn_value arg, ret;
    tn_error* err = NULL;
    uint64_t before = tn_instance_memory_used(s.inst);
    text_of(&s, "copies", "day 1 day 6");
    traps(&s, "fails", TN_TRAP_HOST_ERROR, "could not be copied");
    STATUS(tn_instance_set_memory_limit(s.inst, 1 << 20), TN_OK);
    arg = make_i64(1000);
    EQUAL(call_i64(&s, "big", &arg, 1), 1);
    arg = make_i64(1 << 21);
    STATUS_ERR(call_by_name(&s, "big", &arg, 1, &ret, &err), TN_TRAP_MEMORY_LIMIT);
    EQUAL(tn_instance_memory_used(s.inst), before);
    end_days(&s);
}

static void values(void) {
    Setup s =
        days("import time.Day;\n"
             "fn echo(d: Day) -> Day { d }\nfn plain(p: time.Plain) -> String { f\"{p}\" }\n"
             "fn list(ds: List[Day]) -> i64 { let n = 0; for d in ds { n += d.days(); } n }\n"
             "fn find(m: Map[Day, i64], d: Day) -> i64 { match m.get(d) { Some(n) => n, None => -1 } }\n");
    const tn_type *first = day_type, *theirs;
    Setup other = days("fn echo(d: time.Day) -> time.Day { d }\n");
    tn_error* err = NULL;
    tn_value v, w, xs, m, args[2], ret;
    const tn_type *here, *i64;
    tn_value day, foreign;
    const tn_type* mine;
    void* p;
    theirs = day_type;
    day_type = first;
    EQUAL(ended, 0);
    STATUS_ERR(tn_module_type(s.mod, "time.Day", TN_NTS, &here, &err), TN_OK);
    EQUAL(tn_type_kind(here), TN_TAG_HANDLE);
    EQUAL(tn_type_equal(here, theirs), 0); /* of another runtime */
    STATUS_ERR(tn_handle_new(s.inst, theirs, new_day(1), &v, &err), TN_TYPE);
    EQUAL(ended, made);
    STATUS_ERR(tn_handle_new(s.inst, here, new_day(8), &v, &err), TN_OK);
    STATUS(tn_handle_get(&v, theirs, &p), TN_TYPE);
    STATUS(tn_handle_get(&v, here, &p), TN_OK);
    STATUS_ERR(call_by_name(&s, "echo", &v, 1, &w, &err), TN_OK);
    tn_value_clear(&w);
    STATUS_ERR(call_by_name(&s, "plain", &v, 1, &w, &err), TN_TYPE);
    STATUS_ERR(tn_handle_new(other.inst, theirs, new_day(3), &foreign, &err), TN_OK);
    STATUS_ERR(call_by_name(&s, "echo", &foreign, 1, &w, &err), TN_TYPE);
    tn_value_clear(&foreign);
    /* In lists and maps that the host makes. */
    STATUS_ERR(tn_list_new(s.inst, here, 0, &xs, &err), TN_OK);
    STATUS(tn_list_push(&xs, &v), TN_OK);
    STATUS(tn_list_push(&xs, &v), TN_OK);
    EQUAL(call_i64(&s, "list", &xs, 1), 16);
    tn_value_clear(&xs);
    STATUS_ERR(tn_module_type(s.mod, "i64", TN_NTS, &i64, &err), TN_OK);
    STATUS_ERR(tn_map_new(s.inst, here, i64, &m, &err), TN_OK);
    args[0] = make_i64(80);
    STATUS(tn_map_set(&m, &v, &args[0]), TN_OK);
    STATUS_ERR(tn_handle_new(s.inst, here, new_day(8), &day, &err), TN_OK);
    STATUS(tn_map_get(&m, &day, &ret), TN_OK);
    EQUAL(ret.as.i, 80);
    args[0] = m;
    args[1] = day;
    EQUAL(call_i64(&s, "find", args, 2), 80);
    STATUS(tn_handle_close(&day), TN_OK);
    STATUS(tn_map_get(&m, &day, &ret), TN_CLOSED);
    tn_value_clear(&day);
    tn_value_clear(&m);
    tn_value_clear(&v);
    /* Shown by name. */
    STATUS_ERR(tn_module_type(s.mod, "time.Plain", TN_NTS, &mine, &err), TN_OK);
    STATUS_ERR(tn_handle_new(s.inst, mine, new_day(1), &v, &err), TN_OK);
    STATUS_ERR(call_by_name(&s, "plain", &v, 1, &w, &err), TN_OK);
    TEXT(tn_string_data(&w, NULL), "<Plain>");
    tn_value_clear(&w);
    /* Misuse. */
    STATUS_ERR(tn_handle_new(s.inst, here, NULL, &w, &err), TN_ARG);
    STATUS_ERR(tn_handle_new(s.inst, i64, &number77, &w, &err), TN_TYPE);
    STATUS_ERR(tn_handle_new(NULL, here, new_day(1), &w, &err), TN_ARG);
    STATUS_ERR(tn_handle_new(s.inst, here, new_day(1), NULL, &err), TN_ARG);
    STATUS(tn_handle_close(&args[0]), TN_TYPE);
    STATUS(tn_handle_close(NULL), TN_ARG);
    STATUS(tn_handle_get(&v, here, NULL), TN_ARG);
    /* The instance goes first; the value's end is the value's. */
    tn_instance_free(s.inst);
    EQUAL(made - ended, 1);
    tn_value_clear(&v);
    EQUAL(made, ended);
    s.inst = NULL;
    fin_count = 0;
    tear_down(&other);
    tear_down(&s);
    EQUAL(fin_count, 2);
}

static void refuse(tn_runtime* rt, const char* source, const char* message) {
    tn_error* err = NULL;
    tn_module* m = NULL;
    STATUS(tn_compile(rt, "t.tn", TN_NTS, source, TN_NTS, NULL, &m, &err), TN_COMPILE);
    CONTAINS(tn_error_render(err, 0, NULL), message);
    tn_error_free(err);
    tn_module_free(m);
}

static void compile_errors(void) {
    tn_runtime* rt = days_runtime();
    refuse(rt, "fn f(p: time.Plain) -> bool { p == p }", "time.Plain");
    refuse(rt, "fn f(m: Map[time.Plain, i64]) {}", "time.Plain");
    refuse(rt, "fn f(d: time.Day) { d.weekday(); }", "weekday");
    refuse(rt, "fn f(d: time.Day) { d.new(); }", "time.Day.new");
    refuse(rt, "fn f(d: time.Day) -> i64 { d.days }", "days");
    refuse(rt, "fn f() { let d = time.Day { days: 1 }; }", "time.Day");
    refuse(rt, "fn f() { let d = time.Day(1); }", "the host makes its values");
    refuse(rt, "fn f(d: time.Day) -> time.Day { d + 1.5 }", "time.Day");
    refuse(rt, "fn f(d: time.Day, p: time.Plain) -> bool { d == p }", "time.Plain");
    tn_runtime_free(rt);
}

static void constants_and_variables(void) {
    tn_runtime* rt = days_runtime();
    tn_error* err = NULL;
    tn_value v, text, out;
    Setup s, first = set_up("fn f() {}");
    const tn_type* here;
#define CONSTANT(path, type, val) tn_register_constant(rt, path, TN_NTS, type, TN_NTS, val, &err)
    TN_SET_I64(&v, INT64_MIN);
    STATUS_ERR(CONSTANT("limits.low", "i64", &v), TN_OK);
    STATUS_ERR(CONSTANT("limits.low", "i64", &v), TN_DUPLICATE);
    STATUS_ERR(CONSTANT("limits.x", "i32", &v), TN_TYPE);
    STATUS_ERR(CONSTANT("limits.x", "nope", &v), TN_NOT_FOUND);
    STATUS_ERR(CONSTANT("limits.x", "List[", &v), TN_SIGNATURE);
    STATUS_ERR(CONSTANT("limits.x", "List[i64]", &v), TN_TYPE);
    STATUS_ERR(CONSTANT("limits.x", "i64", NULL), TN_ARG);
    TN_SET_INT(&v, TN_TAG_I8, 300);
    STATUS_ERR(CONSTANT("limits.x", "i8", &v), TN_RANGE);
    TN_SET_INT(&v, TN_TAG_I8, -128);
    STATUS_ERR(CONSTANT("limits.small", "i8", &v), TN_OK);
    TN_SET_U64(&v, UINT64_MAX);
    STATUS_ERR(CONSTANT("limits.high", "u64", &v), TN_OK);
    TN_SET_F64(&v, -0.1);
    STATUS_ERR(CONSTANT("tenth", "f64", &v), TN_OK);
    TN_SET_FLOAT(&v, TN_TAG_F32, 0.5);
    STATUS_ERR(CONSTANT("half", "f32", &v), TN_OK);
    TN_SET_BOOL(&v, 1);
    STATUS_ERR(CONSTANT("yes", "bool", &v), TN_OK);
    TN_SET_UINT(&v, TN_TAG_CHAR, 0x1F600);
    STATUS_ERR(CONSTANT("face", "char", &v), TN_OK);
    text = make_string(first.inst, "a\"b\\c{d}\n\xc3\xa9");
    STATUS_ERR(CONSTANT("words", "String", &text), TN_OK);
    tn_value_clear(&text);
    STATUS_ERR(CONSTANT("gone", "String", &text), TN_TYPE);
    STATUS_ERR(tn_bytes_new(first.inst, "\x00\xff\"", 3, &text, &err), TN_OK);
    STATUS_ERR(CONSTANT("raw", "Bytes", &text), TN_OK);
    tn_value_clear(&text);
    tear_down(&first);
#define GLOBAL(path, type) tn_register_global(rt, path, TN_NTS, type, TN_NTS, &err)
    STATUS_ERR(GLOBAL("app.user", "String"), TN_OK);
    STATUS_ERR(GLOBAL("app.today", "time.Day"), TN_OK);
    STATUS_ERR(GLOBAL("app.count", "i64"), TN_OK);
    STATUS_ERR(GLOBAL("app.count", "i64"), TN_DUPLICATE);
    STATUS_ERR(GLOBAL("app.nothing", "()"), TN_UNSUPPORTED);
    STATUS_ERR(GLOBAL("app.1", "i64"), TN_ARG);
    s.rt = rt;
    s.mod = compile(
        rt,
        "fn all() -> String { f\"{limits.low} {limits.small} {limits.high} {tenth} {half} {yes} {face}\" }\n"
        "fn wording() -> bool { words == \"a\\\"b\\\\c{d}\\n\\u{e9}\" }\n"
        "fn raw_length() -> i64 { raw.len() }\n"
        "fn hello() -> String { \"hello \" + app.user }\nfn count() -> i64 { app.count + 1 }\n"
        "fn day() -> i64 { app.today.days() }\n");
    s.inst = instance(s.mod);
    made = ended = 0;
    text_of(&s, "all", "-9223372036854775808 -128 18446744073709551615 -0.1 0.5 true \xf0\x9f\x98\x80");
    STATUS_ERR(call_by_name(&s, "wording", NULL, 0, &out, &err), TN_OK);
    EQUAL(out.as.u, 1);
    EQUAL(call_i64(&s, "raw_length", NULL, 0), 3);
    traps(&s, "hello", TN_TRAP_HOST_ERROR, "the host has not set `app.user`");
    STATUS_ERR(tn_instance_get_global(s.inst, "app.user", TN_NTS, &out, &err), TN_STATE);
    text = make_string(s.inst, "you");
    STATUS_ERR(tn_instance_set_global(s.inst, "app.user", TN_NTS, &text, &err), TN_OK);
    tn_value_clear(&text);
    text_of(&s, "hello", "hello you");
    text = make_string(s.inst, "them");
    STATUS_ERR(tn_instance_set_global(s.inst, "app.user", TN_NTS, &text, &err), TN_OK);
    STATUS_ERR(tn_instance_set_global(s.inst, "app.count", TN_NTS, &text, &err), TN_TYPE);
    tn_value_clear(&text);
    text_of(&s, "hello", "hello them");
    STATUS_ERR(tn_instance_get_global(s.inst, "app.user", TN_NTS, &out, &err), TN_OK);
    TEXT(tn_string_data(&out, NULL), "them");
    tn_value_clear(&out);
    v = make_i64(41);
    STATUS_ERR(tn_instance_set_global(s.inst, "app.count", TN_NTS, &v, &err), TN_OK);
    EQUAL(call_i64(&s, "count", NULL, 0), 42);
    STATUS_ERR(tn_instance_set_global(s.inst, "limits.low", TN_NTS, &v, &err), TN_STATE);
    STATUS_ERR(tn_module_type(s.mod, "time.Day", TN_NTS, &here, &err), TN_OK);
    STATUS_ERR(tn_handle_new(s.inst, here, new_day(9), &v, &err), TN_OK);
    STATUS_ERR(tn_instance_set_global(s.inst, "app.today", TN_NTS, &v, &err), TN_OK);
    tn_value_clear(&v);
    EQUAL(call_i64(&s, "day", NULL, 0), 9);
    end_days(&s);
}

int main(void) {
    RUN(methods_and_operators);
    RUN(natives);
    RUN(closing);
    RUN(sharing_and_size);
    RUN(values);
    RUN(compile_errors);
    RUN(constants_and_variables);
    return finish();
}
