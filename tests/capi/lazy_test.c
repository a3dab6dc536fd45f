/* TN_CONFIG_LAZY: machine code only of what is called. */
#include "check.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* const source =
    "const K: i64 = 3 * 7;\n"
    "var count: i64 = K;\n"
    "record Key { a: i64 }\n"
    "impl Hash for Key { fn hash(self) -> u64 { (self.a % 10) as u64 } }\n"
    "impl Eq for Key { fn eq(self, other: Key) -> bool { self.a % 10 == other.a % 10 } }\n"
    "fn shared(n: i64) -> i64 { if n < 2 { n } else { shared(n - 1) + shared(n - 2) } }\n"
    "fn first(n: i64) -> i64 { count += 1; shared(n) + K }\n"
    "fn second(n: i64) -> i64 { count += 1; shared(n) * 2 + count * 0 }\n"
    "fn adder(k: i64) -> fn(i64) -> i64 { |x| x + k + shared(3) }\n"
    "fn apply(f: fn(i64) -> i64, n: i64) -> i64 { f(n) }\n"
    "fn total(xs: List[i64]) -> i64 { xs.map(|x| x * K).fold(0, |a, b| a + b) }\n"
    "fn div(a: i64, b: i64) -> i64 { inner(a, b) }\n"
    "fn inner(a: i64, b: i64) -> i64 { a / b }\n"
    "fn calls() -> i64 { count }\n"
    "fn keys() -> Map[Key, i64] { Map{Key { a: 1 }: 5} }\n"
    "fn key(a: i64) -> Key { Key { a: a } }\n";

static tn_module* compile_lazily(tn_runtime* rt, const char* text, tn_status expected) {
    tn_config* config = tn_config_new();
    tn_module* module = NULL;
    tn_error* err = NULL;
    STATUS(tn_config_set_u64(config, TN_CONFIG_LAZY, 1), TN_OK);
    STATUS_ERR(tn_compile(rt, "lazy.tn", TN_NTS, text, TN_NTS, config, &module, &err), expected);
    tn_config_free(config);
    return module;
}

static Setup set_up_lazily(const char* text) {
    Setup s;
    s.rt = new_runtime();
    s.mod = compile_lazily(s.rt, text, TN_OK);
    s.inst = instance(s.mod);
    return s;
}

/* Whatever order functions are asked for in: the answers, the variables and the traps are those of eager code. */
static void answers(void) {
    Setup s = set_up_lazily(source);
    tn_error* err = NULL;
    tn_value args[2], ret, closure, map, key;
    args[0] = make_i64(10);
    EQUAL(call_i64(&s, "second", args, 1), 110);
    EQUAL(call_i64(&s, "first", args, 1), 76);
    EQUAL(call_i64(&s, "first", args, 1), 76);
    EQUAL(call_i64(&s, "calls", NULL, 0), 24);
    /* A function value made by the code of one, called by that of another. */
    STATUS_ERR(call_by_name(&s, "adder", args, 1, &closure, &err), TN_OK);
    args[0] = closure;
    args[1] = make_i64(5);
    EQUAL(call_i64(&s, "apply", args, 2), 17);
    /* And by the host. */
    args[0] = make_i64(1);
    STATUS_ERR(tn_value_call(&closure, args, 1, &ret, &err), TN_OK);
    EQUAL(ret.as.i, 13);
    tn_value_clear(&closure);
    /* Keys with a hash of their own, which the host's look-up runs. */
    STATUS_ERR(call_by_name(&s, "keys", NULL, 0, &map, &err), TN_OK);
    args[0] = make_i64(21);
    STATUS_ERR(call_by_name(&s, "key", args, 1, &key, &err), TN_OK);
    STATUS(tn_map_get(&map, &key, &ret), TN_OK);
    EQUAL(ret.as.i, 5);
    tn_value_clear(&key);
    tn_value_clear(&map);
    args[0] = make_i64(1);
    args[1] = make_i64(0);
    STATUS(call_by_name(&s, "div", args, 2, &ret, &err), TN_TRAP_DIVISION_BY_ZERO);
    CONTAINS(tn_error_render(err, 0, NULL), "inner");
    CONTAINS(tn_error_render(err, 0, NULL), "lazy.tn:13:");
    tn_error_free(err);
    tear_down(&s);
}

static void errors_at_once(void) {
    tn_runtime* rt = new_runtime();
    CHECK(compile_lazily(rt, "fn unused() -> i64 { \"no\" }\nfn f() {}\n", TN_COMPILE) == NULL);
    tn_runtime_free(rt);
}

static void pointers_and_batches(void) {
    Setup s = set_up_lazily(source);
    tn_error* err = NULL;
    tn_fnptr p;
    tn_function* f = function(s.mod, "first");
    int64_t in[100], out[100];
    tn_column args, ret;
    int i;
    STATUS_ERR(tn_function_pointer(f, "fn(i64) -> i64", TN_NTS, &p, &err), TN_OK);
    STATUS(tn_instance_enter(s.inst), TN_OK);
    EQUAL(((int64_t(*)(tn_instance*, int64_t))p)(s.inst, 10), 76);
    STATUS_ERR(tn_instance_leave(s.inst, &err), TN_OK);
    memset(&args, 0, sizeof args);
    args.tag = TN_TAG_I64;
    args.stride = sizeof *in;
    args.data = in;
    ret = args;
    ret.data = out;
    for (i = 0; i < 100; ++i) in[i] = i % 12;
    STATUS_ERR(tn_call_batch(s.inst, f, 100, &args, 1, &ret, NULL, &err), TN_OK);
    EQUAL(out[10], 76);
    EQUAL(out[99], 23); /* fib(3) + 21 */
    EQUAL(call_i64(&s, "calls", NULL, 0), 21 + 101);
    tn_function_free(f);
    tear_down(&s);
}

/* With fuel: other code of the same functions. */
static void metered(void) {
    tn_runtime* rt = new_runtime();
    tn_module* module = compile_lazily(rt, source, TN_OK);
    tn_config* config = tn_config_new();
    tn_instance* inst = NULL;
    tn_error* err = NULL;
    tn_value arg = make_i64(30), ret;
    tn_function* f = function(module, "first");
    STATUS(tn_config_set_u64(config, TN_CONFIG_FUEL, 10000), TN_OK);
    STATUS_ERR(tn_instance_new(module, config, &inst, &err), TN_OK);
    STATUS(tn_call(inst, f, &arg, 1, &ret, NULL), TN_TRAP_OUT_OF_FUEL);
    arg = make_i64(3);
    STATUS(tn_instance_set_fuel(inst, 10000), TN_OK);
    STATUS_ERR(tn_call(inst, f, &arg, 1, &ret, &err), TN_OK);
    EQUAL(ret.as.i, 23);
    tn_config_free(config);
    tn_function_free(f);
    tn_instance_free(inst);
    tn_module_free(module);
    tn_runtime_free(rt);
}

/* More functions than are ever compiled one by one. */
static void many(void) {
    enum { COUNT = 60 };
    char* text = malloc(COUNT * 100);
    size_t at = 0;
    int i;
    Setup s;
    for (i = 0; i < COUNT; ++i)
        at += (size_t)sprintf(text + at, "fn f%d(n: i64) -> i64 { let g = |x: i64| x + %d; g(n) * 2 }\n", i, i);
    s = set_up_lazily(text);
    for (i = COUNT; i-- > 0;) {
        char name[16];
        tn_value arg = make_i64(1);
        sprintf(name, "f%d", i);
        EQUAL(call_i64(&s, name, &arg, 1), (1 + i) * 2);
    }
    free(text);
    tear_down(&s);
}

/* Threads that call functions which nobody has compiled yet, some the same ones at once. */
static tn_module* threads_module;
static tn_function* threads_functions[2];

static void* call_all(void* argument) {
    int round = *(int*)argument, i;
    tn_error* err = NULL;
    tn_instance* inst = NULL;
    int64_t wrong = 0;
    STATUS_ERR(tn_instance_new(threads_module, NULL, &inst, &err), TN_OK);
    for (i = 0; i < 100; ++i) {
        tn_value arg = make_i64(10), ret;
        const int which = (round + i) % 2;
        if (tn_call(inst, threads_functions[which], &arg, 1, &ret, NULL) != TN_OK) ++wrong;
        else if (ret.as.i != (which ? 110 : 76)) ++wrong;
    }
    tn_instance_free(inst);
    *(int*)argument = (int)wrong;
    return NULL;
}

static void threads(void) {
    int round, i;
    for (round = 0; round < 10; ++round) {
        tn_runtime* rt = new_runtime();
        pthread_t started[4];
        int numbers[4];
        threads_module = compile_lazily(rt, source, TN_OK);
        threads_functions[0] = function(threads_module, "first");
        threads_functions[1] = function(threads_module, "second");
        for (i = 0; i < 4; ++i) {
            numbers[i] = i;
            pthread_create(&started[i], NULL, call_all, &numbers[i]);
        }
        for (i = 0; i < 4; ++i) pthread_join(started[i], NULL);
        for (i = 0; i < 4; ++i) EQUAL(numbers[i], 0);
        for (i = 0; i < 2; ++i) tn_function_free(threads_functions[i]);
        tn_module_free(threads_module);
        tn_runtime_free(rt);
    }
}

int main(void) {
    RUN(answers);
    RUN(errors_at_once);
    RUN(pointers_and_batches);
    RUN(metered);
    RUN(many);
    RUN(threads);
    return finish();
}
