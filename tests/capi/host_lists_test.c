/* Lists in the host's memory, and pinned lists. */
#include "check.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const char* const source =
    "fn sum(xs: List[i64]) -> i64 { let t = 0; for x in xs { t += x; } t }\n"
    "fn total(xs: List[f32]) -> f32 { let t = 0.0f32; for x in xs { t += x; } t }\n"
    "fn change(mut xs: List[i64]) { xs[0] = 100; xs.push(7); }\n"
    "fn own(xs: List[i64]) -> List[i64] { let ys = xs; ys.push(1); ys }\n"
    "fn tail(xs: List[i64]) -> List[i64] { xs[1..] + xs }\n"
    "fn sorted(xs: List[i64]) -> List[i64] { let ys = xs; ys.sort(); ys }\n"
    "var kept: List[i64] = [];\n"
    "fn keep(xs: List[i64]) { kept = xs; }\nfn drop() { kept = []; }\n"
    "fn words() -> List[String] { [\"a\"] }\n"
    "fn wrapped_in() -> List[List[i64]] { [kept, kept] }\n";

static int finalized;
static void* last;
static void finalizer(void* ud) {
    ++finalized;
    last = ud;
}

static tn_value call(Setup* s, const char* name, const tn_value* args, size_t n) {
    tn_value ret;
    tn_error* err = NULL;
    STATUS_ERR(call_by_name(s, name, args, n, &ret, &err), TN_OK);
    return ret;
}

static void wrap(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    int64_t numbers[] = {3, 1, 2};
    tn_value l, copy, got, v;
    uint64_t used = tn_instance_memory_used(s.inst);
    size_t n;
    tn_tag elem;
    tn_function* f = function(s.mod, "change");
    finalized = 0;
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_I64, numbers, 3, 0, numbers, finalizer, &l, &err), TN_OK);
    CHECK(tn_instance_memory_used(s.inst) - used < 128);
    CHECK(tn_list_data(&l, &elem, &n) == (const void*)numbers);
    EQUAL(n, 3);
    EQUAL(elem, TN_TAG_I64);
    TEXT(tn_type_name(tn_value_type(s.rt, &l), NULL), "List[i64]");
    EQUAL(call_i64(&s, "sum", &l, 1), 6);
    numbers[0] = 4; /* the script sees the memory itself */
    EQUAL(call_i64(&s, "sum", &l, 1), 7);
    STATUS(tn_list_get(&l, 0, &v), TN_OK);
    EQUAL(v.as.i, 4);
    got = call(&s, "own", &l, 1);
    CHECK(tn_list_data(&got, NULL, &n) != (const void*)numbers && n == 4);
    tn_value_clear(&got);
    got = call(&s, "tail", &l, 1);
    EQUAL(call_i64(&s, "sum", &got, 1), 10);
    tn_value_clear(&got);
    got = call(&s, "sorted", &l, 1);
    CHECK(((const int64_t*)tn_list_data(&got, NULL, NULL))[0] == 1 && numbers[0] == 4);
    tn_value_clear(&got);
    /* Changes go to a copy, by a script and by the host. */
    STATUS(tn_value_copy(&l, &copy), TN_OK);
    STATUS_ERR(tn_call_mut(s.inst, f, &copy, 1, NULL, &err), TN_OK);
    EQUAL(call_i64(&s, "sum", &copy, 1), 100 + 1 + 2 + 7);
    EQUAL(numbers[0], 4);
    tn_value_clear(&copy);
    STATUS(tn_value_copy(&l, &copy), TN_OK);
    v = make_i64(50);
    STATUS(tn_list_set(&copy, 1, &v), TN_OK);
    STATUS(tn_list_push(&copy, &v), TN_OK);
    EQUAL(numbers[1], 1);
    tn_value_clear(&copy);
    EQUAL(finalized, 0);
    tn_value_clear(&l);
    EQUAL(finalized, 1);
    CHECK(last == numbers);
    EQUAL(tn_instance_memory_used(s.inst), used);
    tn_function_free(f);
    tear_down(&s);
    EQUAL(finalized, 1);
}

/* Exactly once, wherever the last one is. */
static void finalizers(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    int64_t numbers[] = {1, 2, 3};
    unsigned char bools[] = {0, 1, 2};
    tn_value l, got;
    int i;
    finalized = 0;
    /* In the script's variable. */
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_I64, numbers, 3, 0, NULL, finalizer, &l, &err), TN_OK);
    call(&s, "keep", &l, 1);
    tn_value_clear(&l);
    EQUAL(finalized, 0);
    got = call(&s, "wrapped_in", NULL, 0);
    call(&s, "drop", NULL, 0);
    EQUAL(finalized, 0);
    tn_value_clear(&got);
    EQUAL(finalized, 1);
    /* Failures. */
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_STRING, numbers, 3, 0, NULL, finalizer, &l, &err), TN_TYPE);
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_UNIT, numbers, 3, 0, NULL, finalizer, &l, &err), TN_TYPE);
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_I64, NULL, 3, 0, NULL, finalizer, &l, &err), TN_ARG);
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_I64, numbers, (size_t)-1, 0, NULL, finalizer, &l, &err), TN_RANGE);
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_I64, numbers, 3, 1, NULL, finalizer, &l, &err), TN_UNSUPPORTED);
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_BOOL, bools, 3, 0, NULL, finalizer, &l, &err), TN_RANGE);
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_I64, numbers, 3, 0, NULL, finalizer, NULL, &err), TN_ARG);
    STATUS_ERR(tn_list_wrap(NULL, TN_TAG_I64, numbers, 3, 0, NULL, finalizer, &l, &err), TN_ARG);
    EQUAL(finalized, 9);
    STATUS(tn_instance_set_memory_limit(s.inst, 0), TN_OK);
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_I64, numbers, 3, 0, NULL, finalizer, &l, &err),
               TN_TRAP_MEMORY_LIMIT);
    EQUAL(finalized, 10);
    STATUS(tn_instance_set_memory_limit(s.inst, 1 << 20), TN_OK);
    /* Without a finalizer, without elements. */
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_I64, NULL, 0, 0, NULL, NULL, &l, &err), TN_OK);
    EQUAL(call_i64(&s, "sum", &l, 1), 0);
    tn_value_clear(&l);
    /* The instance ends with three of them in use: one in a variable, two held. */
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_I64, numbers, 3, 0, NULL, finalizer, &l, &err), TN_OK);
    call(&s, "keep", &l, 1);
    tn_value_clear(&l);
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_I64, numbers, 2, 0, NULL, finalizer, &l, &err), TN_OK);
    STATUS(tn_value_copy(&l, &got), TN_OK);
    tear_down(&s);
    EQUAL(finalized, 10);
    for (i = 0; i < 2; ++i) CHECK(((const int64_t*)tn_list_data(&got, NULL, NULL))[i] == i + 1);
    tn_value_clear(&got);
    EQUAL(finalized, 10);
    tn_value_clear(&l);
    EQUAL(finalized, 12);
}

/* A finalizer that uses the library: the last reference goes away on another thread, or while a script runs.
 */
static tn_value held;
static tn_instance* instance_of_finalizer;
static tn_status status_in_finalizer;
static void using_finalizer(void* ud) {
    tn_value text;
    (void)ud;
    ++finalized;
    tn_value_clear(&held);
    status_in_finalizer = tn_string_new(instance_of_finalizer, "x", 1, &text, NULL);
    tn_value_clear(&text);
}
static void* clear_on_thread(void* v) {
    tn_value_clear(v);
    return NULL;
}
static void using_finalizers(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    int64_t numbers[] = {1, 2, 3};
    tn_value l;
    pthread_t thread;
    finalized = 0;
    instance_of_finalizer = s.inst;
    held = make_string(s.inst, "held");
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_I64, numbers, 3, 0, NULL, using_finalizer, &l, &err), TN_OK);
    pthread_create(&thread, NULL, clear_on_thread, &l);
    pthread_join(thread, NULL);
    EQUAL(finalized, 1);
    EQUAL(status_in_finalizer, TN_OK);
    held = make_string(s.inst, "held");
    STATUS_ERR(tn_list_wrap(s.inst, TN_TAG_I64, numbers, 3, 0, NULL, using_finalizer, &l, &err), TN_OK);
    call(&s, "keep", &l, 1);
    tn_value_clear(&l);
    call(&s, "drop", NULL, 0);
    EQUAL(finalized, 2);
    EQUAL(held.tag, TN_TAG_NONE);
    tear_down(&s);
}

static void pin(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    int64_t numbers[] = {5, 6, 7};
    float floats[] = {1.5f, 2.5f};
    tn_value l, copy, v = make_i64(9), words = call(&s, "words", NULL, 0), out;
    tn_column c;
    tn_function* change = function(s.mod, "change");
    size_t n = 9;
    const tn_type *i64 = NULL, *f32 = NULL;
    STATUS_ERR(tn_type_parse(s.rt, "i64", TN_NTS, &i64, &err), TN_OK);
    STATUS_ERR(tn_type_parse(s.rt, "f32", TN_NTS, &f32, &err), TN_OK);
    STATUS_ERR(tn_list_new(s.inst, i64, 0, &l, &err), TN_OK);
    STATUS(tn_list_append(&l, TN_TAG_I64, numbers, 3), TN_OK);
    STATUS(tn_list_unpin(&l), TN_STATE);
    STATUS(tn_list_pin(&l, 0, &c, &n), TN_OK);
    EQUAL(c.tag, TN_TAG_I64);
    EQUAL(c.stride, 8);
    EQUAL(n, 3);
    CHECK(c.data == tn_list_data(&l, NULL, NULL));
    STATUS(tn_list_pin(&l, 0, &c, NULL), TN_OK);
    STATUS(tn_list_pin(&l, TN_PIN_WRITE, &c, NULL), TN_STATE);
    /* It stays as it is; reading and copying go on. */
    STATUS(tn_list_set(&l, 0, &v), TN_STATE);
    STATUS(tn_list_push(&l, &v), TN_STATE);
    STATUS(tn_list_append(&l, TN_TAG_I64, numbers, 3), TN_STATE);
    STATUS_ERR(tn_call_mut(s.inst, change, &l, 1, NULL, &err), TN_STATE);
    EQUAL(call_i64(&s, "sum", &l, 1), 18);
    STATUS(tn_value_copy(&l, &copy), TN_OK);
    STATUS(tn_list_set(&copy, 0, &v), TN_OK);
    STATUS_ERR(tn_call_mut(s.inst, change, &copy, 1, NULL, &err), TN_OK);
    tn_value_clear(&copy);
    STATUS(tn_list_pin(&l, 0, &c, NULL), TN_OK);
    CHECK(((int64_t*)c.data)[0] == 5);
    STATUS(tn_list_unpin(&l), TN_OK);
    STATUS(tn_list_unpin(&l), TN_OK);
    STATUS(tn_list_push(&l, &v), TN_STATE);
    STATUS(tn_list_unpin(&l), TN_OK);
    STATUS(tn_list_unpin(&l), TN_STATE);
    STATUS(tn_list_push(&l, &v), TN_OK);
    /* Writing: alone, and not seen through copies. */
    STATUS(tn_value_copy(&l, &copy), TN_OK);
    STATUS(tn_list_pin(&l, TN_PIN_WRITE, &c, &n), TN_OK);
    EQUAL(n, 4);
    ((int64_t*)c.data)[1] = 1000;
    STATUS(tn_list_pin(&l, 0, &c, &n), TN_STATE);
    STATUS(tn_value_copy(&l, &out), TN_STATE);
    STATUS_ERR(call_by_name(&s, "sum", &l, 1, &out, &err), TN_STATE);
    STATUS(tn_list_get(&l, 1, &out), TN_OK);
    EQUAL(out.as.i, 1000);
    STATUS(tn_list_unpin(&l), TN_OK);
    EQUAL(call_i64(&s, "sum", &l, 1), 5 + 1000 + 7 + 9);
    EQUAL(call_i64(&s, "sum", &copy, 1), 5 + 6 + 7 + 9);
    tn_value_clear(&copy);
    /* Batch over a pinned list. */
    STATUS(tn_list_pin(&l, 0, &c, &n), TN_OK);
    tn_value_clear(&l); /* ends the pin as well */
    STATUS(tn_list_unpin(&l), TN_TYPE);
    STATUS_ERR(tn_list_new(s.inst, f32, 0, &l, &err), TN_OK);
    STATUS(tn_list_append(&l, TN_TAG_F32, floats, 2), TN_OK);
    STATUS(tn_list_pin(&l, 0, &c, &n), TN_OK);
    EQUAL(c.stride, 4);
    EQUAL(c.tag, TN_TAG_F32);
    tn_value_clear(&l);
    STATUS(tn_list_pin(&words, 0, &c, &n), TN_TYPE);
    STATUS(tn_list_pin(&v, 0, &c, &n), TN_TYPE);
    STATUS(tn_list_pin(NULL, 0, &c, &n), TN_ARG);
    STATUS(tn_list_pin(&words, 2, &c, &n), TN_UNSUPPORTED);
    CHECK(c.data == NULL && n == 0);
    tn_value_clear(&words);
    tn_function_free(change);
    tear_down(&s);
}

int main(void) {
    RUN(wrap);
    RUN(finalizers);
    RUN(using_finalizers);
    RUN(pin);
    return finish();
}
