/* Threads that want the same instance: one at a time has it, whoever comes again and again has it cheaply,
   and nothing is lost or ended twice when others give values back, cancel or migrate meanwhile. */
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4 };

#ifdef __SANITIZE_THREAD__
enum { BURSTS = 60, CLEARS = 3000, MOVES = 200 };
#else
enum { BURSTS = 400, CLEARS = 20000, MOVES = 2000 };
#endif

static const char source[] =
    "var total: i64 = 0;\n"
    "fn count(n: i64) -> i64 { total += n; total }\n"
    "fn churn(n: i64) -> i64 { let sum = 0; for i in 0..n { sum += Counted.new(i).get(); } sum }\n"
    "fn make(n: i64) -> Counted { Counted.new(n) }\n";

/* A value of the host's, which counts. */
static atomic_long made, ended;
static void* new_box(int64_t n) {
    int64_t* box = malloc(sizeof *box);
    *box = n;
    atomic_fetch_add(&made, 1);
    return box;
}
static int64_t get_box(void* box) { return *(int64_t*)box; }
static void end_box(void* box, void* ud) {
    (void)ud;
    atomic_fetch_add(&ended, 1);
    free(box);
}

static Setup with_boxes(void) {
    Setup s = {NULL, NULL, NULL};
    tn_host_type ops;
    const tn_type* type;
    tn_error* err = NULL;
    memset(&ops, 0, sizeof ops);
    ops.struct_size = sizeof ops;
    ops.finalize = end_box;
    s.rt = new_runtime();
    STATUS_ERR(tn_register_type(s.rt, "Counted", TN_NTS, NULL, 0, &ops, NULL, NULL, &type, &err), TN_OK);
    STATUS_ERR(tn_register_native(s.rt, "Counted.new", TN_NTS, "fn(i64) -> Counted", TN_NTS,
                                  (tn_fnptr)new_box, NULL, NULL, 0, &err),
               TN_OK);
    STATUS_ERR(tn_register_native(s.rt, "Counted.get", TN_NTS, "fn(Counted) -> i64", TN_NTS,
                                  (tn_fnptr)get_box, NULL, NULL, 0, &err),
               TN_OK);
    s.mod = compile(s.rt, source);
    s.inst = instance(s.mod);
    return s;
}

/* No CHECKs in threads: they count without locks. */
typedef struct Worker {
    Setup* s;
    tn_function* f;
    tn_value* values;
    size_t count;
    int64_t calls, busy;
    int wrong;
} Worker;

/* Bursts, so that each thread comes often enough in a row to be preferred, and is then pushed aside. */
static void* count_in_bursts(void* ud) {
    Worker* w = ud;
    int burst, i;
    for (burst = 0; burst < BURSTS; ++burst) {
        for (i = 0; i < 30;) {
            tn_value n = make_i64(1), ret;
            tn_slot slot;
            tn_status status;
            slot.i = 1;
            status = i & 1 ? tn_call_slots(w->s->inst, w->f, &slot, 1, NULL)
                           : tn_call(w->s->inst, w->f, &n, 1, &ret, NULL);
            if (status == TN_OK) {
                ++w->calls;
                ++i;
            } else {
                if (status != TN_BUSY) {
                    ++w->wrong;
                    return NULL;
                }
                ++w->busy;
                sched_yield();
            }
        }
        sched_yield();
    }
    return NULL;
}

static void one_at_a_time(void) {
    Setup s = with_boxes();
    tn_error* err = NULL;
    Worker workers[THREADS];
    pthread_t threads[THREADS];
    tn_function* count = NULL;
    tn_value total;
    int i;
    STATUS_ERR(tn_module_function(s.mod, "count", TN_NTS, "fn(i64) -> i64", TN_NTS, &count, &err), TN_OK);
    memset(workers, 0, sizeof workers);
    for (i = 0; i < THREADS; ++i) {
        workers[i].s = &s;
        workers[i].f = count;
        EQUAL(pthread_create(&threads[i], NULL, count_in_bursts, &workers[i]), 0);
    }
    for (i = 0; i < THREADS; ++i) {
        pthread_join(threads[i], NULL);
        EQUAL(workers[i].wrong, 0);
        EQUAL(workers[i].calls, BURSTS * 30);
    }
    STATUS_ERR(tn_instance_get_global(s.inst, "total", TN_NTS, &total, &err), TN_OK);
    EQUAL(total.as.i, (int64_t)THREADS * BURSTS * 30);
    tn_function_free(count);
    tear_down(&s);
}

static void* clear_values(void* ud) {
    Worker* w = ud;
    size_t i;
    for (i = 0; i < w->count; ++i) {
        tn_value_clear(&w->values[i]);
        if (i % 64 == 0) sched_yield();
    }
    return NULL;
}

/* One thread runs scripts that drop values of the host's while others give such values back. */
static void ends_once(void) {
    Setup s = with_boxes();
    tn_error* err = NULL;
    Worker workers[2];
    pthread_t threads[2];
    tn_function *churn = function(s.mod, "churn"), *make = function(s.mod, "make");
    tn_value *values = calloc(2 * CLEARS, sizeof *values), n, ret;
    int i;
    for (i = 0; i < 2 * CLEARS; ++i) {
        n = make_i64(i);
        if (tn_call(s.inst, make, &n, 1, &values[i], &err) != TN_OK) break;
    }
    EQUAL(i, 2 * CLEARS);
    memset(workers, 0, sizeof workers);
    for (i = 0; i < 2; ++i) {
        workers[i].values = values + i * CLEARS;
        workers[i].count = CLEARS;
        EQUAL(pthread_create(&threads[i], NULL, clear_values, &workers[i]), 0);
    }
    for (i = 0; i < CLEARS / 4; ++i) {
        n = make_i64(8);
        if (tn_call(s.inst, churn, &n, 1, &ret, &err) != TN_OK) break;
        if (ret.as.i != 28) break;
    }
    EQUAL(i, CLEARS / 4);
    for (i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
    /* What waited for this thread to come by is ended when it has come by. */
    n = make_i64(0);
    STATUS_ERR(tn_call(s.inst, churn, &n, 1, &ret, &err), TN_OK);
    EQUAL(atomic_load(&made), 2 * CLEARS + CLEARS / 4 * 8);
    EQUAL(atomic_load(&ended), atomic_load(&made));
    free(values);
    tn_function_free(churn);
    tn_function_free(make);
    tear_down(&s);
    EQUAL(atomic_load(&ended), atomic_load(&made));
}

static atomic_int stop;
static void* migrate_often(void* ud) {
    Worker* w = ud;
    while (!atomic_load(&stop)) {
        tn_instance* to = NULL;
        tn_status status;
        if (tn_instance_new(w->s->mod, NULL, &to, NULL) != TN_OK) {
            ++w->wrong;
            return NULL;
        }
        status = tn_instance_migrate(w->s->inst, to, NULL);
        if (status == TN_OK)
            ++w->calls;
        else
            w->wrong += status != TN_BUSY;
        tn_instance_free(to);
        sched_yield();
    }
    return NULL;
}
static void* fire_often(void* ud) {
    tn_interrupt* handle = ud;
    while (!atomic_load(&stop)) {
        tn_interrupt_fire(handle);
        sched_yield();
    }
    return NULL;
}

/* A timeout's timer, cancels and migrations, each on a thread of its own, around calls that go on. */
static void disturbed(void) {
    Setup s = with_boxes();
    tn_function* count = function(s.mod, "count");
    tn_interrupt* handle = tn_instance_interrupt_handle(s.inst);
    Worker migrating;
    pthread_t threads[2];
    tn_value n = make_i64(1), ret, total;
    tn_error* err = NULL;
    int64_t fine = 0;
    int wrong = 0;
    int i;
    memset(&migrating, 0, sizeof migrating);
    migrating.s = &s;
    EQUAL(pthread_create(&threads[0], NULL, migrate_often, &migrating), 0);
    EQUAL(pthread_create(&threads[1], NULL, fire_often, handle), 0);
    for (i = 0; i < MOVES; ++i) {
        tn_status status = tn_instance_set_timeout(s.inst, i % 3 ? 0 : 1000);
        wrong += status != TN_OK && status != TN_BUSY;
        status = tn_call(s.inst, count, &n, 1, &ret, NULL);
        wrong += status != TN_OK && status != TN_BUSY && status != TN_TRAP_CANCELLED;
        fine += status == TN_OK;
        if (i % 16 == 0) sched_yield();
    }
    atomic_store(&stop, 1);
    for (i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
    EQUAL(migrating.wrong, 0);
    EQUAL(wrong, 0);
    STATUS_ERR(tn_instance_get_global(s.inst, "total", TN_NTS, &total, &err), TN_OK);
    CHECK(total.as.i >= fine); /* a cancelled call may have counted */
    tn_interrupt_free(handle);
    tn_function_free(count);
    tear_down(&s);
}

int main(void) {
    RUN(one_at_a_time);
    RUN(ends_once);
    RUN(disturbed);
    return finish();
}
