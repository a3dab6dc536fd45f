/* Section 3: config, runtime, instance - life in any order, and threads. */
#include "check.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const source =
    "var total: i64 = 0;\n"
    "fn add(n: i64) -> i64 { total += n; total }\n"
    "fn words(s: String) -> List[String] { s.split(\" \") }\n"
    "fn fib(n: i64) -> i64 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\n"
    "fn spin() -> i64 { let n = 0; while true { n = n +% 1; } n }\n";

static void configs(void) {
    tn_config *c = tn_config_new();
    tn_runtime *rt = NULL;
    tn_error *err = NULL;
    STATUS(tn_config_set_u64(c, 9999, 1), TN_UNSUPPORTED);
    STATUS(tn_config_set_u64(c, 0, 1), TN_UNSUPPORTED);
    STATUS(tn_config_set_text(c, TN_CONFIG_FUEL, "x", 1), TN_UNSUPPORTED);
    STATUS(tn_config_set_text(c, TN_CONFIG_FUEL, "\xff", 1), TN_UTF8);
    STATUS(tn_config_set_u64(NULL, TN_CONFIG_FUEL, 1), TN_ARG);
    STATUS(tn_config_set_u64(c, TN_CONFIG_INTERPRET, 2), TN_RANGE);
    STATUS(tn_config_set_u64(c, TN_CONFIG_HASH_SEED, UINT64_MAX), TN_OK);
    STATUS_ERR(tn_runtime_new(TN_ABI_VERSION, c, &rt, &err), TN_OK);
    tn_config_free(c);
    tn_config_free(c);
    STATUS(tn_config_set_u64(c, TN_CONFIG_FUEL, 1), TN_HANDLE);
    tn_config_free(NULL);
    tn_runtime_free(rt);
    STATUS_ERR(tn_runtime_new(TN_ABI_VERSION, c, &rt, &err), TN_HANDLE);
}

static void inherited_limits(void) {
    tn_config *c = tn_config_new();
    tn_error *err = NULL;
    Setup s;
    tn_value ret, n = make_i64(1);
    STATUS(tn_config_set_u64(c, TN_CONFIG_FUEL, 100), TN_OK);
    STATUS_ERR(tn_runtime_new(TN_ABI_VERSION, c, &s.rt, &err), TN_OK);
    tn_config_free(c);
    s.mod = compile(s.rt, source);
    s.inst = instance(s.mod);
    STATUS_ERR(call_by_name(&s, "spin", NULL, 0, &ret, &err), TN_TRAP_OUT_OF_FUEL);
    tn_instance_free(s.inst);
    c = tn_config_new();
    STATUS(tn_config_set_u64(c, TN_CONFIG_FUEL, TN_FUEL_UNLIMITED), TN_OK);
    STATUS_ERR(tn_instance_new(s.mod, c, &s.inst, &err), TN_OK);
    EQUAL(call_i64(&s, "add", &n, 1), 1);
    tn_config_free(c);
    tear_down(&s);
}

/* Every order of freeing the six things that hang together. */
static void destruction_orders(void) {
    int order[6], used, i, k, round;
    for (round = 0; round < 720; ++round) {
        Setup s = set_up(source);
        tn_function *f = function(s.mod, "words");
        tn_interrupt *h = tn_instance_interrupt_handle(s.inst);
        tn_value text = make_string(s.inst, "a b c"), list, word;
        tn_error *err = NULL;
        STATUS_ERR(tn_call(s.inst, f, &text, 1, &list, &err), TN_OK);
        tn_value_clear(&text);
        used = round;
        for (i = 0; i < 6; ++i) order[i] = i;
        for (i = 0; i < 6; ++i) {
            int pick = i + used % (6 - i), swap = order[i];
            used /= 6 - i;
            order[i] = order[pick];
            order[pick] = swap;
        }
        for (k = 0; k < 6; ++k) {
            switch (order[k]) {
            case 0: tn_runtime_free(s.rt); break;
            case 1: tn_module_free(s.mod); break;
            case 2: tn_instance_free(s.inst); break;
            case 3: tn_function_free(f); break;
            case 4: tn_value_clear(&list); break;
            case 5: tn_interrupt_free(h); break;
            }
            if (list.tag == TN_TAG_LIST) {
                tn_status status = tn_list_get(&list, 1, &word);
                STATUS(status, TN_OK);
                TEXT(tn_string_data(&word, NULL), "b");
                tn_value_clear(&word);
            }
            tn_interrupt_fire(h);
        }
        EQUAL(tn_live_handles(), 0);
        if (tn_live_handles() != 0) break;
    }
}

static void closed_parents(void) {
    Setup s = set_up(source);
    tn_error *err = NULL;
    tn_function *f = function(s.mod, "add");
    tn_value n = make_i64(1), ret, text = make_string(s.inst, "x y"), list, copy;
    tn_module *again;
    STATUS_ERR(call_by_name(&s, "words", &text, 1, &list, &err), TN_OK);
    tn_runtime_free(s.rt);
    STATUS_ERR(tn_compile(s.rt, "x", TN_NTS, source, TN_NTS, NULL, &again, &err), TN_HANDLE);
    STATUS_ERR(tn_call(s.inst, f, &n, 1, &ret, &err), TN_OK);
    tn_module_free(s.mod);
    STATUS_ERR(tn_call(s.inst, f, &n, 1, &ret, &err), TN_OK);
    EQUAL(ret.as.i, 2);
    tn_instance_free(s.inst);
    STATUS_ERR(tn_call(s.inst, f, &n, 1, &ret, &err), TN_HANDLE);
    STATUS_ERR(tn_string_new(s.inst, "x", 1, &ret, &err), TN_HANDLE);
    STATUS(tn_list_push(&list, &text), TN_CLOSED);
    STATUS(tn_value_copy(&list, &copy), TN_OK);
    tn_value_clear(&copy);
    TEXT(tn_string_data(&text, NULL), "x y");
    tn_value_clear(&text);
    tn_value_clear(&list);
    tn_function_free(f);
}

static void references(void) {
    Setup s = set_up(source);
    CHECK(tn_runtime_ref(s.rt) == s.rt);
    CHECK(tn_module_ref(s.mod) == s.mod);
    tn_runtime_free(s.rt);
    tn_module_free(s.mod);
    EQUAL(tn_module_function_count(s.mod), 4);
    CHECK(tn_runtime_ref(NULL) == NULL);
    CHECK(tn_module_ref((tn_module *)s.rt) == NULL);
    tear_down(&s);
    CHECK(tn_runtime_ref(s.rt) == NULL);
    CHECK(tn_module_ref(s.mod) == NULL);
}

/* --- threads --- */

typedef struct Shared {
    Setup s;
    tn_function *fib, *words;
    int failures;
} Shared;

static void *use_shared(void *data) {
    Shared *shared = data;
    int i;
    tn_instance *inst = NULL;
    if (tn_instance_new(shared->s.mod, NULL, &inst, NULL) != TN_OK) return "no instance";
    for (i = 0; i < 300; ++i) {
        tn_value n, ret, text, word;
        tn_function *f = NULL;
        TN_SET_I64(&n, 10);
        if (tn_call(inst, shared->fib, &n, 1, &ret, NULL) != TN_OK || ret.as.i != 55) return "fib";
        if (tn_string_new(inst, "one two three", TN_NTS, &text, NULL) != TN_OK) return "string";
        if (tn_call(inst, shared->words, &text, 1, &ret, NULL) != TN_OK) return "words";
        tn_value_clear(&text);
        if (tn_list_get(&ret, 2, &word) != TN_OK || strcmp(tn_string_data(&word, NULL), "three") != 0)
            return "get";
        tn_value_clear(&word);
        tn_value_clear(&ret);
        if (tn_module_function(shared->s.mod, "add", TN_NTS, NULL, 0, &f, NULL) != TN_OK) return "lookup";
        TN_SET_I64(&n, 1);
        if (tn_call(inst, f, &n, 1, &ret, NULL) != TN_OK || ret.as.i != i + 1) return "state of its own";
        tn_function_free(f);
        tn_function_free(tn_function_ref(shared->fib));
    }
    tn_instance_free(inst);
    return NULL;
}

static void shared_module(void) {
    Shared shared;
    pthread_t threads[6];
    void *problem;
    int i;
    shared.s = set_up(source);
    shared.fib = function(shared.s.mod, "fib");
    shared.words = function(shared.s.mod, "words");
    for (i = 0; i < 6; ++i) pthread_create(&threads[i], NULL, use_shared, &shared);
    for (i = 0; i < 6; ++i) {
        pthread_join(threads[i], &problem);
        TEXT(problem ? (const char *)problem : "fine", "fine");
    }
    tn_function_free(shared.fib);
    tn_function_free(shared.words);
    tear_down(&shared.s);
}

static void *compile_some(void *rt) {
    int i;
    for (i = 0; i < 10; ++i) {
        tn_module *m = NULL;
        if (tn_compile(rt, "t.tn", TN_NTS, source, TN_NTS, NULL, &m, NULL) != TN_OK) return "compile";
        tn_module_free(m);
    }
    return NULL;
}

static void concurrent_compiles(void) {
    tn_runtime *rt = new_runtime();
    pthread_t threads[4];
    void *problem;
    int i;
    for (i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, compile_some, rt);
    for (i = 0; i < 4; ++i) {
        pthread_join(threads[i], &problem);
        CHECK(problem == NULL);
    }
    tn_runtime_free(rt);
}

static void *call_spin(void *setup) {
    Setup *s = setup;
    tn_function *f = function(s->mod, "spin");
    tn_value ret;
    tn_status status;
    do /* the other thread may be inside just now */
        status = tn_call(s->inst, f, NULL, 0, &ret, NULL);
    while (status == TN_BUSY);
    tn_function_free(f);
    return status == TN_TRAP_CANCELLED ? NULL : "not cancelled";
}

/* While one thread runs the instance, another one is refused, but may clear values and free the instance. */
static void busy(void) {
    Setup s = set_up(source);
    tn_interrupt *h = tn_instance_interrupt_handle(s.inst);
    tn_error *err = NULL;
    tn_value text = make_string(s.inst, "held"), copy, n = make_i64(1), ret;
    tn_function *f = function(s.mod, "add");
    pthread_t thread;
    void *problem;
    int i;
    tn_status status = TN_OK;
    pthread_create(&thread, NULL, call_spin, &s);
    for (i = 0; i < 10000 && status != TN_BUSY; ++i) {
        usleep(1000);
        status = tn_call(s.inst, f, &n, 1, &ret, NULL);
    }
    EQUAL(status, TN_BUSY);
    STATUS_ERR(tn_call(s.inst, f, &n, 1, &ret, &err), TN_BUSY);
    STATUS(tn_value_copy(&text, &copy), TN_BUSY);
    STATUS_ERR(tn_string_new(s.inst, "x", 1, &copy, &err), TN_BUSY);
    STATUS(tn_instance_set_fuel(s.inst, 1), TN_BUSY);
    STATUS(tn_instance_enter(s.inst), TN_BUSY);
    STATUS_ERR(tn_instance_leave(s.inst, &err), TN_STATE);
    TEXT(tn_string_data(&text, NULL), "held");
    tn_value_clear(&text);
    tn_instance_free(s.inst);
    tn_interrupt_fire(h);
    pthread_join(thread, &problem);
    TEXT(problem ? (const char *)problem : "fine", "fine");
    tn_interrupt_free(h);
    tn_function_free(f);
    tn_module_free(s.mod);
    tn_runtime_free(s.rt);
}

static void *one_call(void *setup) {
    Setup *s = setup;
    tn_value n = make_i64(1), ret;
    tn_function *f = function(s->mod, "add");
    tn_status status = tn_call(s->inst, f, &n, 1, &ret, NULL);
    tn_function_free(f);
    return status == TN_OK ? NULL : "failed";
}

/* An instance moves from thread to thread, one at a time. */
static void moved(void) {
    Setup s = set_up(source);
    tn_value n = make_i64(0);
    void *problem;
    int i;
    for (i = 0; i < 20; ++i) {
        pthread_t thread;
        pthread_create(&thread, NULL, one_call, &s);
        pthread_join(thread, &problem);
        CHECK(problem == NULL);
    }
    EQUAL(call_i64(&s, "add", &n, 1), 20);
    tear_down(&s);
}

static tn_value queue[4096];
static void *clear_all(void *unused) {
    size_t i;
    (void)unused;
    for (i = 0; i < 4096; ++i) tn_value_clear(&queue[i]);
    return NULL;
}

static void cleared_elsewhere(void) {
    Setup s = set_up(source);
    tn_value n = make_i64(12);
    uint64_t before = tn_instance_memory_used(s.inst);
    int round;
    for (round = 0; round < 5; ++round) {
        pthread_t thread;
        size_t i;
        for (i = 0; i < 4096; ++i) queue[i] = make_string(s.inst, "cleared by another thread");
        pthread_create(&thread, NULL, clear_all, NULL);
        for (i = 0; i < 500; ++i) EQUAL(call_i64(&s, "fib", &n, 1), 144);
        pthread_join(thread, NULL);
    }
    EQUAL(call_i64(&s, "fib", &n, 1), 144);
    EQUAL(tn_instance_memory_used(s.inst), before);
    tear_down(&s);
}

static void many_handles(void) {
    Setup s = set_up(source);
    size_t count = 100000, i;
    tn_function **functions = malloc(count * sizeof *functions);
    tn_value *values = malloc(count * sizeof *values);
    for (i = 0; i < count; ++i) {
        functions[i] = NULL;
        STATUS(tn_module_function_at(s.mod, i % 4, &functions[i]), TN_OK);
        values[i] = make_string(s.inst, "v");
    }
    EQUAL(tn_live_handles(), 2 * count + 3);
    for (i = 0; i < count; ++i) {
        CHECK(tn_function_param_count(functions[i]) == (i % 4 == 3 ? 0u : 1u));
        tn_function_free(functions[i]);
        CHECK(tn_function_name(functions[i], NULL) == NULL);
        tn_value_clear(&values[i]);
    }
    free(functions);
    free(values);
    tear_down(&s);
}

int main(void) {
    RUN(configs);
    RUN(inherited_limits);
    RUN(destruction_orders);
    RUN(closed_parents);
    RUN(references);
    RUN(shared_module);
    RUN(concurrent_compiles);
    RUN(busy);
    RUN(moved);
    RUN(cleared_elsewhere);
    RUN(many_handles);
    return finish();
}
