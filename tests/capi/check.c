#include "check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int passed_tests, failed_tests, failures_here;
static const char *current = "";

static void fail(const char *file, int line) {
    const char *slash = strrchr(file, '/');
    ++failures_here;
    printf("  %s:%d in %s: ", slash ? slash + 1 : file, line, current);
}

void check_that(int ok, const char *what, const char *file, int line) {
    if (ok) return;
    fail(file, line);
    printf("not true: %s\n", what);
}

void check_equal(int64_t found, int64_t expected, const char *what, const char *file, int line) {
    if (found == expected) return;
    fail(file, line);
    printf("%s is %lld, not %lld\n", what, (long long)found, (long long)expected);
}

void check_text(const char *found, const char *expected, const char *what, const char *file, int line) {
    if (found && strcmp(found, expected) == 0) return;
    fail(file, line);
    printf("%s is \"%s\", not \"%s\"\n", what, found ? found : "(NULL)", expected);
}

void check_contains(const char *text, const char *part, const char *what, const char *file, int line) {
    if (text && strstr(text, part)) return;
    fail(file, line);
    printf("%s is \"%s\", without \"%s\"\n", what, text ? text : "(NULL)", part);
}

void check_status(tn_status found, tn_status expected, tn_error *err, const char *what, const char *file,
                  int line) {
    if (found != expected) {
        fail(file, line);
        printf("%s answered %s, not %s%s%s\n", what, tn_status_name(found), tn_status_name(expected),
               err ? ": " : "", err ? tn_error_render(err, 0, NULL) : "");
    }
    if (err && found != TN_OK) {
        check_equal(tn_error_status(err), found, "the error's status", file, line);
    }
    tn_error_free(err);
}

void run_test(void (*test)(void), const char *name) {
    current = name;
    failures_here = 0;
    test();
    check_equal((int64_t)tn_live_handles(), 0, "tn_live_handles()", name, 0);
    if (failures_here) {
        ++failed_tests;
        printf("FAILED %s\n", name);
    } else {
        ++passed_tests;
    }
    fflush(stdout);
}

int finish(void) {
    printf("%d passed, %d failed\n", passed_tests, failed_tests);
    return failed_tests != 0;
}

tn_runtime *new_runtime(void) {
    tn_runtime *rt = NULL;
    tn_error *err = NULL;
    STATUS_ERR(tn_runtime_new(TN_ABI_VERSION, NULL, &rt, &err), TN_OK);
    return rt;
}

tn_module *compile(tn_runtime *rt, const char *source) {
    tn_module *m = NULL;
    tn_error *err = NULL;
    STATUS_ERR(tn_compile(rt, "test.tn", TN_NTS, source, TN_NTS, NULL, &m, &err), TN_OK);
    return m;
}

tn_function *function(tn_module *m, const char *name) {
    tn_function *f = NULL;
    tn_error *err = NULL;
    STATUS_ERR(tn_module_function(m, name, TN_NTS, NULL, 0, &f, &err), TN_OK);
    return f;
}

tn_instance *instance(tn_module *m) {
    tn_instance *inst = NULL;
    tn_error *err = NULL;
    STATUS_ERR(tn_instance_new(m, NULL, &inst, &err), TN_OK);
    return inst;
}

Setup set_up(const char *source) {
    Setup s;
    s.rt = new_runtime();
    s.mod = compile(s.rt, source);
    s.inst = instance(s.mod);
    return s;
}

void tear_down(Setup *s) {
    tn_instance_free(s->inst);
    tn_module_free(s->mod);
    tn_runtime_free(s->rt);
}

tn_status call_by_name(Setup *s, const char *name, const tn_value *args, size_t nargs, tn_value *ret,
                       tn_error **err) {
    tn_function *f = function(s->mod, name);
    tn_status status = tn_call(s->inst, f, args, nargs, ret, err);
    tn_function_free(f);
    return status;
}

int64_t call_i64(Setup *s, const char *name, const tn_value *args, size_t nargs) {
    tn_value ret;
    tn_error *err = NULL;
    int64_t out = 0;
    tn_status status = call_by_name(s, name, args, nargs, &ret, &err);
    check_status(status, TN_OK, err, name, __FILE__, __LINE__);
    if (status == TN_OK) STATUS(tn_value_get_i64(&ret, &out), TN_OK);
    return out;
}

tn_value make_i64(int64_t n) {
    tn_value v;
    TN_SET_I64(&v, n);
    return v;
}

tn_value make_f64(double d) {
    tn_value v;
    TN_SET_F64(&v, d);
    return v;
}

tn_value make_string(tn_instance *inst, const char *text) {
    tn_value v;
    tn_error *err = NULL;
    STATUS_ERR(tn_string_new(inst, text, TN_NTS, &v, &err), TN_OK);
    return v;
}

uint64_t resident_bytes(void) {
    unsigned long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file) {
        if (fscanf(file, "%lu %lu", &size, &resident) != 2) resident = 0;
        fclose(file);
    }
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}
