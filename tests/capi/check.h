/* Checks for the C API tests: counted, never fatal, so that a run shows everything that is wrong. Each test
   program calls finish() at its end, which also proves that nothing leaked. */
#ifndef TN_TESTS_CHECK_H
#define TN_TESTS_CHECK_H

#include "c_api.h"

#include <stddef.h>
#include <stdint.h>

/* For how much longer the same work may take than on a machine of its own. */
#ifdef TN_EMULATED
#define SLOWNESS 30
#else
#define SLOWNESS 1
#endif

void check_that(int ok, const char *what, const char *file, int line);
void check_equal(int64_t found, int64_t expected, const char *what, const char *file, int line);
void check_text(const char *found, const char *expected, const char *what, const char *file, int line);
/* The status; on a mismatch also the error's message. Frees the error. */
void check_status(tn_status found, tn_status expected, tn_error *err, const char *what, const char *file,
                  int line);
void check_contains(const char *text, const char *part, const char *what, const char *file, int line);

#define CHECK(condition) check_that((condition) != 0, #condition, __FILE__, __LINE__)
#define EQUAL(found, expected) check_equal((int64_t)(found), (int64_t)(expected), #found, __FILE__, __LINE__)
#define TEXT(found, expected) check_text((found), (expected), #found, __FILE__, __LINE__)
#define CONTAINS(found, part) check_contains((found), (part), #found, __FILE__, __LINE__)
#define STATUS(found, expected) check_status((found), (expected), NULL, #found, __FILE__, __LINE__)
/* `call` sets the variable `err`. */
#define STATUS_ERR(call, expected)                                                                           \
    do {                                                                                                     \
        const tn_status status_of_call = (call);                                                             \
        check_status(status_of_call, (expected), err, #call, __FILE__, __LINE__);                            \
        err = NULL;                                                                                          \
    } while (0)

/* Runs one test function, named in the output when it fails. */
#define RUN(test) run_test(test, #test)
void run_test(void (*test)(void), const char *name);
/* Prints `N passed, N failed`; the program's exit status. */
int finish(void);

/* Shorthands that must succeed; NULL when they do not. */
tn_runtime *new_runtime(void);
tn_module *compile(tn_runtime *rt, const char *source);
tn_function *function(tn_module *m, const char *name);
tn_instance *instance(tn_module *m);
/* A runtime, module and instance of one source. */
typedef struct Setup {
    tn_runtime *rt;
    tn_module *mod;
    tn_instance *inst;
} Setup;
Setup set_up(const char *source);
void tear_down(Setup *s);
/* Calls a function by name. */
tn_status call_by_name(Setup *s, const char *name, const tn_value *args, size_t nargs, tn_value *ret,
                       tn_error **err);
/* A call that must succeed and give an i64. */
int64_t call_i64(Setup *s, const char *name, const tn_value *args, size_t nargs);
tn_value make_i64(int64_t n);
tn_value make_f64(double d);
tn_value make_string(tn_instance *inst, const char *text);
/* Bytes of memory of this process, from /proc. */
uint64_t resident_bytes(void);

#endif
