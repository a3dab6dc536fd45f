/* Section 4: compile, modules, functions. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void look_up(void) {
    Setup s =
        set_up("/// Adds.\n/// Twice.\nfn add(a: i64, b: i64) -> i64 { a + b }\nfn other(s: String) {}\n");
    tn_error *err = NULL;
    tn_function *f = NULL;
    EQUAL(tn_module_function_count(s.mod), 2);
    STATUS(tn_module_function_at(s.mod, 0, &f), TN_OK);
    TEXT(tn_function_name(f, NULL), "add");
    TEXT(tn_function_signature(f, NULL), "fn(i64, i64) -> i64");
    CONTAINS(tn_function_doc(f, NULL), "Adds.");
    EQUAL(tn_function_param_count(f), 2);
    TEXT(tn_function_param_name(f, 1, NULL), "b");
    CHECK(tn_function_param_name(f, 2, NULL) == NULL);
    EQUAL(tn_type_kind(tn_function_param_type(f, 0)), TN_TAG_I64);
    CHECK(tn_function_param_type(f, 2) == NULL);
    EQUAL(tn_type_kind(tn_function_return_type(f)), TN_TAG_I64);
    CHECK(tn_function_ref(f) == f);
    tn_function_free(f);
    TEXT(tn_function_name(f, NULL), "add");
    tn_function_free(f);
    CHECK(tn_function_name(f, NULL) == NULL);
    CHECK(tn_function_ref(f) == NULL);
    STATUS(tn_module_function_at(s.mod, 1, &f), TN_OK);
    TEXT(tn_function_signature(f, NULL), "fn(String)");
    TEXT(tn_function_doc(f, NULL), "");
    tn_function_free(f);
    STATUS(tn_module_function_at(s.mod, 2, &f), TN_RANGE);
    CHECK(f == NULL);
    STATUS(tn_module_function_at(s.mod, 0, NULL), TN_ARG);
    STATUS(tn_module_function_at(NULL, 0, &f), TN_ARG);
    STATUS(tn_module_function(s.mod, "ad", TN_NTS, NULL, 0, &f, &err), TN_NOT_FOUND);
    CONTAINS(tn_error_message(err, NULL), "did you mean `add`?");
    tn_error_free(err);
    STATUS_ERR(tn_module_function(s.mod, "add", TN_NTS, " ( i64,i64 )->i64", TN_NTS, &f, &err), TN_OK);
    tn_function_free(f);
    STATUS(tn_module_function(s.mod, "add", TN_NTS, "fn(i64, f64) -> i64", TN_NTS, &f, &err), TN_SIGNATURE);
    CONTAINS(tn_error_message(err, NULL), "fn(i64, i64) -> i64");
    CONTAINS(tn_error_message(err, NULL), "fn(i64, f64) -> i64");
    tn_error_free(err);
    STATUS_ERR(tn_module_function(s.mod, "add", TN_NTS, "fn(", TN_NTS, &f, &err), TN_SIGNATURE);
    STATUS_ERR(tn_module_function(s.mod, "add", TN_NTS, "\xff", TN_NTS, &f, &err), TN_UTF8);
    STATUS_ERR(tn_module_function(s.mod, NULL, TN_NTS, NULL, 0, &f, &err), TN_ARG);
    STATUS_ERR(tn_module_function(s.mod, "add", TN_NTS, NULL, 5, &f, &err), TN_ARG);
    STATUS_ERR(tn_module_function(s.mod, "add", TN_NTS, "", 0, &f, &err), TN_OK);
    tn_function_free(f);
    tear_down(&s);
}

static void bad_sources(void) {
    tn_runtime *rt = new_runtime();
    tn_module *m = NULL;
    tn_error *err = NULL;
    tn_config *small = tn_config_new();
    char *deep = malloc(200002);
    STATUS_ERR(tn_compile(rt, "x", TN_NTS, "fn f( {", TN_NTS, NULL, &m, &err), TN_COMPILE);
    CHECK(m == NULL);
    STATUS(tn_compile(rt, "x", TN_NTS, "fn f( {", TN_NTS, NULL, &m, NULL), TN_COMPILE);
    STATUS(tn_compile(rt, "x", TN_NTS, "fn f() {}\n\xff", TN_NTS, NULL, &m, &err), TN_UTF8);
    CONTAINS(tn_error_message(err, NULL), "offset 10");
    tn_error_free(err);
    STATUS_ERR(tn_compile(rt, "\xc0", TN_NTS, "fn f() {}", TN_NTS, NULL, &m, &err), TN_UTF8);
    STATUS_ERR(tn_compile(rt, "x", TN_NTS, NULL, 4, NULL, &m, &err), TN_ARG);
    STATUS_ERR(tn_compile(rt, "x", TN_NTS, "fn f() {}", TN_NTS, NULL, NULL, &err), TN_ARG);
    STATUS_ERR(tn_compile(NULL, "x", TN_NTS, "fn f() {}", TN_NTS, NULL, &m, &err), TN_ARG);
    STATUS_ERR(tn_compile((tn_runtime *)small, "x", TN_NTS, "fn f() {}", TN_NTS, NULL, &m, &err), TN_HANDLE);
    STATUS_ERR(tn_compile(rt, "x", TN_NTS, "fn f() {}", TN_NTS, (tn_config *)rt, &m, &err), TN_HANDLE);
    STATUS_ERR(tn_compile(rt, NULL, 0, "", 0, NULL, &m, &err), TN_OK);
    EQUAL(tn_module_function_count(m), 0);
    tn_module_free(m);
    STATUS(tn_config_set_u64(small, TN_CONFIG_MAX_SOURCE, 10), TN_OK);
    STATUS_ERR(tn_compile(rt, "x", TN_NTS, "fn f() {}  ", TN_NTS, small, &m, &err), TN_RANGE);
    STATUS_ERR(tn_compile(rt, "x", TN_NTS, "fn f() {}", TN_NTS, small, &m, &err), TN_OK);
    tn_module_free(m);
    memset(deep, '(', 200000);
    memcpy(deep, "fn f() { ", 9);
    deep[200000] = 0;
    STATUS_ERR(tn_compile(rt, "x", TN_NTS, deep, TN_NTS, NULL, &m, &err), TN_COMPILE);
    memset(deep + 9, '-', 199990);
    STATUS_ERR(tn_compile(rt, "x", TN_NTS, deep, TN_NTS, NULL, &m, &err), TN_COMPILE);
    free(deep);
    tn_config_free(small);
    tn_runtime_free(rt);
}

static void paths(void) {
    tn_runtime *rt = new_runtime();
    tn_module *m = NULL;
    tn_error *err = NULL;
    char path[] = "/tmp/tenon_capi_XXXXXX.tn";
    int fd = mkstemps(path, 3);
    tn_function *f;
    const char text[] = "fn f() -> i64 { 4 }\n";
    CHECK(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)(sizeof text - 1));
    close(fd);
    STATUS_ERR(tn_compile_path(rt, path, TN_NTS, NULL, &m, &err), TN_OK);
    f = function(m, "f");
    tn_function_free(f);
    tn_module_free(m);
    remove(path);
    STATUS(tn_compile_path(rt, path, TN_NTS, NULL, &m, &err), TN_IO);
    CONTAINS(tn_error_message(err, NULL), path);
    tn_error_free(err);
    STATUS_ERR(tn_compile_path(rt, "/tmp", TN_NTS, NULL, &m, &err), TN_IO);
    STATUS_ERR(tn_compile_path(rt, "", TN_NTS, NULL, &m, &err), TN_IO);
    STATUS_ERR(tn_compile_path(rt, "a\0b", 3, NULL, &m, &err), TN_IO);
    STATUS_ERR(tn_compile_path(rt, NULL, 3, NULL, &m, &err), TN_ARG);
    tn_runtime_free(rt);
}

static void tests_of_a_module(void) {
    Setup s = set_up("fn two() -> i64 { 2 }\n\ntest \"good\" { assert two() == 2; }\n"
                     "test \"bad\" { assert two() == 3, \"no\"; }\n");
    tn_error *err = NULL;
    tn_function *f = NULL;
    tn_value ret;
    EQUAL(tn_module_test_count(s.mod), 2);
    TEXT(tn_module_test_name(s.mod, 0, NULL), "good");
    TEXT(tn_module_test_name(s.mod, 1, NULL), "bad");
    TEXT(tn_module_test_file(s.mod, 1, NULL), "test.tn");
    EQUAL(tn_module_test_line(s.mod, 0), 3);
    CHECK(tn_module_test_name(s.mod, 2, NULL) == NULL);
    EQUAL(tn_module_test_line(s.mod, 2), 0);
    STATUS(tn_module_test_function(s.mod, 0, &f), TN_OK);
    TEXT(tn_function_signature(f, NULL), "fn()");
    TEXT(tn_function_name(f, NULL), "good");
    STATUS_ERR(tn_call(s.inst, f, NULL, 0, &ret, &err), TN_OK);
    tn_function_free(f);
    STATUS(tn_module_test_function(s.mod, 1, &f), TN_OK);
    STATUS_ERR(tn_call(s.inst, f, NULL, 0, &ret, &err), TN_TRAP_ASSERTION_FAILED);
    tn_function_free(f);
    STATUS(tn_module_test_function(s.mod, 2, &f), TN_RANGE);
    EQUAL(tn_module_function_count(s.mod), 1);
    tear_down(&s);
}

static void warnings(void) {
    Setup clean = set_up("fn f() -> i64 { 1 }");
    Setup s = set_up("fn f(n: i64) -> i64 { match n { 1 => 1, _ => 2, 3 => 4 } }");
    tn_error *e = tn_module_warnings(s.mod);
    CHECK(tn_module_warnings(clean.mod) == NULL);
    CHECK(e != NULL);
    if (e) {
        EQUAL(tn_error_status(e), TN_OK);
        TEXT(tn_error_diag_text(e, 0, TN_TEXT_SEVERITY, NULL), "warning");
        CHECK(tn_error_render(e, 0, NULL) != NULL);
    }
    tn_error_free(e);
    tear_down(&clean);
    tear_down(&s);
}

static void optimization_levels(void) {
    tn_runtime *rt = new_runtime();
    tn_error *err = NULL;
    tn_config *c = tn_config_new();
    tn_module *m = NULL;
    Setup s;
    tn_value n = make_i64(15);
    int level, interpreted;
    STATUS(tn_config_set_u64(c, TN_CONFIG_OPT_LEVEL, 1), TN_RANGE);
    for (level = 0; level <= 2; level += 2) {
        for (interpreted = 0; interpreted <= 1; ++interpreted) {
            STATUS(tn_config_set_u64(c, TN_CONFIG_OPT_LEVEL, (uint64_t)level), TN_OK);
            STATUS(tn_config_set_u64(c, TN_CONFIG_INTERPRET, (uint64_t)interpreted), TN_OK);
            STATUS(tn_config_set_u64(c, TN_CONFIG_BASELINE_CPU, (uint64_t)interpreted), TN_OK);
            STATUS_ERR(tn_compile(rt, "fib.tn", TN_NTS,
                                  "fn fib(n: i64) -> i64 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }",
                                  TN_NTS, c, &m, &err),
                       TN_OK);
            s.rt = rt;
            s.mod = m;
            STATUS_ERR(tn_instance_new(m, c, &s.inst, &err), TN_OK);
            EQUAL(call_i64(&s, "fib", &n, 1), 610);
            tn_instance_free(s.inst);
            tn_module_free(m);
        }
    }
    tn_config_free(c);
    tn_runtime_free(rt);
}

static void many_modules(void) {
    tn_runtime *rt = new_runtime();
    tn_module *mods[200];
    char source[100];
    int i;
    for (i = 0; i < 200; ++i) {
        Setup s;
        snprintf(source, sizeof source,
                 "record P { x: i64 }\nfn f() -> P { P { x: %d } }\nfn n() -> i64 { %d }", i, i);
        mods[i] = compile(rt, source);
        s.rt = rt;
        s.mod = mods[i];
        s.inst = instance(mods[i]);
        EQUAL(call_i64(&s, "n", NULL, 0), i);
        tn_instance_free(s.inst);
        if (i >= 10) tn_module_free(mods[i - 10]);
    }
    for (i = 190; i < 200; ++i) tn_module_free(mods[i]);
    tn_runtime_free(rt);
}

int main(void) {
    RUN(look_up);
    RUN(bad_sources);
    RUN(paths);
    RUN(tests_of_a_module);
    RUN(warnings);
    RUN(optimization_levels);
    RUN(many_modules);
    return finish();
}
