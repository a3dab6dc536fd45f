/* Every type as argument and result of host functions; function values that a callback calls, keeps and gives
 * back. */
#include "check.h"

#include <string.h>

static tn_status echo(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    (void)fr, (void)nargs, (void)ud;
    return tn_value_copy(&args[0], ret);
}

/* Adds an entry of its own to the script's map. */
static tn_status extend(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    tn_value k, v;
    tn_status status;
    (void)nargs, (void)ud;
    tn_value_copy(&args[0], ret);
    tn_string_new(tn_frame_instance(fr), "host", TN_NTS, &k, NULL);
    v = make_i64(42);
    status = tn_map_set(ret, &k, &v);
    tn_value_clear(&k);
    return status;
}

/* Calls its argument twice. */
static tn_status apply(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    tn_value once;
    tn_error* err = NULL;
    (void)nargs, (void)ud;
    if (tn_value_call(&args[0], &args[1], 1, &once, &err) != TN_OK) return tn_frame_fail_error(fr, err);
    if (tn_value_call(&args[0], &once, 1, ret, &err) != TN_OK) return tn_frame_fail_error(fr, err);
    return TN_OK;
}

static tn_value kept;
static tn_status keep(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    (void)fr, (void)nargs, (void)ud;
    tn_value_clear(&kept);
    tn_value_copy(&args[0], &kept);
    TN_SET_UNIT(ret);
    return TN_OK;
}

/* Lets the script's `eq` change the very map that is searched. */
static tn_value searched;
static tn_status meddle(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    tn_iter* it = NULL;
    tn_value k;
    (void)fr, (void)args, (void)nargs, (void)ud;
    if (searched.tag == TN_TAG_SET && tn_map_iter(&searched, &it) == TN_OK &&
        tn_iter_next(it, &k, NULL) == TN_OK) {
        tn_iter_free(it);
        tn_value_clear(&searched);
        tn_value_clear(&k);
    }
    TN_SET_BOOL(ret, 1);
    return TN_OK;
}

static const char* const source =
    "record K { n: i64 }\n"
    "impl Eq for K { fn eq(self, other: K) -> bool { meddle() } }\nimpl Hash for K { fn hash(self) -> u64 { "
    "1 } }\n"
    "fn maps() -> String { let m = extend(Map{\"a\": 1}); f\"{m} {map(m) == m} {m.len()}\" }\n"
    "fn rest() -> String { f\"{set(Set{1, 2})} {result(Ok(1))} {result(Err(\"e\"))} {verdict(Reject('r'))} "
    "{range(1..=4)} "
    "{nested([Some((1u8, Map{'k': [\"v\"]})), None])}\" }\n"
    "fn calls(n: i64) -> i64 { let k = 10; apply(|x| x * k + n, 1) + echo_fn(|x| x - 1)(n) }\n"
    "fn fails(n: i64) -> i64 { apply(|x| x / n, 1) }\n"
    "fn give(s: String) { keep(|n| f\"{s}{n}\"); }\n"
    "fn ks() -> Set[K] { Set{K { n: 1 }} }\nfn k() -> K { K { n: 2 } }\n";

static void registrations(tn_runtime* rt) {
    static const struct {
        const char *name, *sig;
        tn_host_fn fn;
    } all[] = {
        {"map", "fn(Map[String, i64]) -> Map[String, i64]", echo},
        {"extend", "fn(Map[String, i64]) -> Map[String, i64]", extend},
        {"set", "fn(Set[i64]) -> Set[i64]", echo},
        {"result", "fn(Result[i64, String]) -> Result[i64, String]", echo},
        {"verdict", "fn(Verdict[i64, char]) -> Verdict[i64, char]", echo},
        {"range", "fn(Range[i64]) -> Range[i64]", echo},
        {"nested", "fn(List[(u8, Map[char, List[String]])?]) -> List[(u8, Map[char, List[String]])?]", echo},
        {"apply", "fn(fn(i64) -> i64, i64) -> i64", apply},
        {"echo_fn", "fn(fn(i64) -> i64) -> fn(i64) -> i64", echo},
        {"keep", "fn(fn(i64) -> String)", keep},
        {"meddle", "fn() -> bool", meddle},
    };
    size_t i;
    tn_error* err = NULL;
    for (i = 0; i < sizeof all / sizeof *all; ++i) {
        STATUS_ERR(
            tn_register_fn(rt, all[i].name, TN_NTS, all[i].sig, TN_NTS, all[i].fn, NULL, NULL, 0, &err),
            TN_OK);
    }
    STATUS_ERR(tn_register_fn(rt, "bad", TN_NTS, "fn(Map[f64, i64])", TN_NTS, echo, NULL, NULL, 0, &err),
               TN_UNSUPPORTED);
    STATUS_ERR(tn_register_fn(rt, "bad", TN_NTS, "fn(Set[fn()])", TN_NTS, echo, NULL, NULL, 0, &err),
               TN_UNSUPPORTED);
}

static Setup begin(void) {
    Setup s;
    s.rt = new_runtime();
    registrations(s.rt);
    s.mod = compile(s.rt, source);
    s.inst = instance(s.mod);
    TN_SET_NONE(&kept);
    TN_SET_NONE(&searched);
    return s;
}

static void text_of(Setup* s, const char* name, const char* expected) {
    tn_value ret;
    tn_error* err = NULL;
    STATUS_ERR(call_by_name(s, name, NULL, 0, &ret, &err), TN_OK);
    TEXT(tn_string_data(&ret, NULL), expected);
    tn_value_clear(&ret);
}

static void every_type(void) {
    Setup s = begin();
    text_of(&s, "maps", "Map{\"a\": 1, \"host\": 42} true 2");
    text_of(&s, "rest", "Set{1, 2} Ok(1) Err(\"e\") Reject('r') 1..=4 [Some((1, Map{'k': [\"v\"]})), None]");
    tear_down(&s);
}

static void functions(void) {
    Setup s = begin();
    tn_error* err = NULL;
    tn_value n = make_i64(5), ret;
    EQUAL(call_i64(&s, "calls", &n, 1), (10 + 5) * 10 + 5 + 4);
    n = make_i64(0);
    STATUS(call_by_name(&s, "fails", &n, 1, &ret, &err), TN_TRAP_DIVISION_BY_ZERO);
    EQUAL(tn_error_frame_count(err), 2);
    TEXT(tn_error_frame_text(err, 0, TN_TEXT_FUNCTION, NULL), "closure in fails");
    TEXT(tn_error_frame_text(err, 1, TN_TEXT_FUNCTION, NULL), "fails");
    tn_error_free(err);
    n = make_string(s.inst, "kept ");
    STATUS_ERR(call_by_name(&s, "give", &n, 1, &ret, &err), TN_OK);
    tn_value_clear(&n);
    n = make_i64(3);
    STATUS_ERR(tn_value_call(&kept, &n, 1, &ret, &err), TN_OK);
    TEXT(tn_string_data(&ret, NULL), "kept 3");
    tn_value_clear(&ret);
    tn_value_clear(&kept);
    tear_down(&s);
}

static void changed_by_the_key(void) {
    Setup s = begin();
    tn_error* err = NULL;
    tn_value k, out;
    STATUS_ERR(call_by_name(&s, "ks", NULL, 0, &searched, &err), TN_OK);
    STATUS_ERR(call_by_name(&s, "k", NULL, 0, &k, &err), TN_OK);
    STATUS(tn_map_get(&searched, &k, &out), TN_STATE);
    EQUAL(out.tag, TN_TAG_NONE);
    EQUAL(searched.tag, TN_TAG_NONE);
    tn_value_clear(&k);
    tear_down(&s);
}

int main(void) {
    RUN(every_type);
    RUN(functions);
    RUN(changed_by_the_key);
    return finish();
}
