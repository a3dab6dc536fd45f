/* Section 1: library, and the library as a whole: loaded, loaded twice, unloaded, shared by threads. */
#define _GNU_SOURCE /* dladdr */
#include "check.h"

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void versions(void) {
    EQUAL(tn_abi_version(), TN_ABI_VERSION);
    CHECK(tn_version_string() && *tn_version_string());
    CHECK(tn_has_feature("jit", TN_NTS));
    CHECK(tn_has_feature("jitter", 3));
    CHECK(!tn_has_feature("no such", TN_NTS));
    CHECK(!tn_has_feature(NULL, 5));
    CHECK(!tn_has_feature("\xff", 1));
}

static void status_names(void) {
    TEXT(tn_status_name(TN_OK), "Ok");
    TEXT(tn_status_name(TN_HANDLE), "Handle");
    TEXT(tn_status_name(TN_TRAP_INDEX_OUT_OF_BOUNDS), "IndexOutOfBounds");
    TEXT(tn_status_name(TN_TRAP_HOST_ERROR), "HostError");
    TEXT(tn_status_name(9999), "Host");
    TEXT(tn_status_name(-1), "Unknown");
    TEXT(tn_status_name(999), "Unknown");
    TEXT(tn_status_name(63), "Unknown");
}

static void version_check(void) {
    tn_runtime *rt = NULL;
    tn_error *err = NULL;
    STATUS(tn_runtime_new(((TN_ABI_MAJOR + 1) << 16), NULL, &rt, &err), TN_VERSION);
    CHECK(rt == NULL);
    CONTAINS(tn_error_message(err, NULL), "2.0");
    CONTAINS(tn_error_message(err, NULL), "1.0");
    tn_error_free(err);
    STATUS_ERR(tn_runtime_new(TN_ABI_VERSION + 1, NULL, &rt, &err), TN_VERSION);
    STATUS_ERR(tn_runtime_new(0, NULL, &rt, &err), TN_VERSION);
    STATUS(tn_runtime_new(0, NULL, &rt, NULL), TN_VERSION);
    STATUS(tn_runtime_new(TN_ABI_VERSION, NULL, NULL, NULL), TN_ARG);
}

static void struct_layout(void) {
    EQUAL(sizeof(tn_slot), 8);
    EQUAL(sizeof(tn_value), 16);
    EQUAL(offsetof(tn_value, aux), 4);
    EQUAL(offsetof(tn_value, as), 8);
}

/* --- a second copy of the library, under a path of its own --- */

#define COPY_API(X)                                                                                          \
    X(tn_runtime_new) X(tn_runtime_free) X(tn_register_fn) X(tn_compile) X(tn_module_free) X(tn_instance_new) \
    X(tn_instance_free) X(tn_module_function) X(tn_function_free) X(tn_call) X(tn_error_render) X(tn_error_free) \
    X(tn_instance_set_timeout) X(tn_live_handles) X(tn_frame_fail) X(tn_error_message)
#define MEMBER(name) __typeof__(&name) name;
typedef struct Copy {
    void *library;
    COPY_API(MEMBER)
} Copy;

static char copy_path[200];

/* Copies the library that this program is linked with. */
static void make_copy(void) {
    static char buffer[1 << 16];
    Dl_info info;
    FILE *in, *out;
    size_t n;
    /* dlsym, not the function's address: that may be the program's own entry for it. */
    CHECK(dladdr(dlsym(RTLD_DEFAULT, "tn_abi_version"), &info) != 0);
    snprintf(copy_path, sizeof copy_path, "/tmp/tenon-copy-%ld.so", (long)getpid());
    in = fopen(info.dli_fname, "rb");
    out = fopen(copy_path, "wb");
    CHECK(in && out);
    while (in && out && (n = fread(buffer, 1, sizeof buffer, in)) > 0) fwrite(buffer, 1, n, out);
    if (in) fclose(in);
    if (out) fclose(out);
}

static int load_copy(Copy *copy) {
    copy->library = dlopen(copy_path, RTLD_NOW | RTLD_LOCAL);
    if (!copy->library) printf("%s\n", dlerror());
    CHECK(copy->library != NULL);
    if (!copy->library) return 0;
#define LOAD(name) CHECK((*(void **)&copy->name = dlsym(copy->library, #name)) != NULL);
    COPY_API(LOAD)
    return 1;
}

static int count_entries(const char *folder) {
    DIR *dir = opendir(folder);
    int count = 0;
    while (dir && readdir(dir)) ++count;
    if (dir) closedir(dir);
    return count;
}

static int is_mapped(const char *path) {
    char line[1000];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) found |= strstr(line, path) != NULL;
    if (maps) fclose(maps);
    return found;
}

static tn_status copy_fails(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    const Copy *copy = ud;
    (void)args;
    (void)nargs;
    (void)ret;
    return copy->tn_frame_fail(fr, TN_TRAP_HOST_ERROR, "from the copy", TN_NTS, NULL, NULL);
}

/* Uses much of a copy: threads of its own (a timeout), traps, callbacks, errors. */
static void use_copy(Copy *copy) {
    static const char source[] = "fn f(n: i64) -> i64 { if n == 0 { host.fails() } else { 100 / (n - 1) } }\nfn endless() { loop {} }";
    tn_runtime *rt = NULL;
    tn_module *m = NULL;
    tn_instance *inst = NULL;
    tn_function *f = NULL, *endless = NULL;
    tn_error *err = NULL;
    tn_value arg, ret;
    EQUAL(copy->tn_runtime_new(TN_ABI_VERSION, NULL, &rt, &err), TN_OK);
    EQUAL(copy->tn_register_fn(rt, "host.fails", TN_NTS, "fn() -> i64", TN_NTS, copy_fails, copy, NULL, 0, &err), TN_OK);
    EQUAL(copy->tn_compile(rt, "copy.tn", TN_NTS, source, TN_NTS, NULL, &m, &err), TN_OK);
    EQUAL(copy->tn_instance_new(m, NULL, &inst, &err), TN_OK);
    EQUAL(copy->tn_module_function(m, "f", TN_NTS, NULL, 0, &f, &err), TN_OK);
    EQUAL(copy->tn_module_function(m, "endless", TN_NTS, NULL, 0, &endless, &err), TN_OK);
    arg = make_i64(5);
    EQUAL(copy->tn_call(inst, f, &arg, 1, &ret, &err), TN_OK);
    EQUAL(ret.as.i, 25);
    arg = make_i64(1);
    EQUAL(copy->tn_call(inst, f, &arg, 1, &ret, &err), TN_TRAP_DIVISION_BY_ZERO);
    copy->tn_error_free(err);
    arg = make_i64(0);
    EQUAL(copy->tn_call(inst, f, &arg, 1, &ret, &err), TN_TRAP_HOST_ERROR);
    TEXT(copy->tn_error_message(err, NULL), "host error: from the copy");
    copy->tn_error_free(err);
    EQUAL(copy->tn_instance_set_timeout(inst, 2), TN_OK);
    EQUAL(copy->tn_call(inst, endless, NULL, 0, NULL, &err), TN_TRAP_DEADLINE_EXCEEDED);
    copy->tn_error_free(err);
    copy->tn_function_free(f);
    copy->tn_function_free(endless);
    CHECK(copy->tn_live_handles() != 0);
    copy->tn_instance_free(inst);
    copy->tn_module_free(m);
    copy->tn_runtime_free(rt);
    EQUAL(copy->tn_live_handles(), 0);
}

/* Each copy has handles, threads and memory of its own. */
static void two_copies(void) {
    Copy copy;
    Setup s = set_up("fn g(n: i64) -> i64 { n + 1 }");
    const uint64_t handles = tn_live_handles();
    tn_value arg = make_i64(1);
    make_copy();
    if (!load_copy(&copy)) return;
    CHECK(dlsym(copy.library, "tn_call") != dlsym(RTLD_DEFAULT, "tn_call"));
    EQUAL(copy.tn_live_handles(), 0);
    use_copy(&copy);
    EQUAL(tn_live_handles(), handles);
    EQUAL(call_i64(&s, "g", &arg, 1), 2);
    dlclose(copy.library);
    EQUAL(call_i64(&s, "g", &arg, 1), 2);
    tear_down(&s);
    unlink(copy_path);
}

/* Closed without a handle left, it goes: no thread, no mapping stays, and it can come again. */
static void unload_and_reload(void) {
    Copy copy;
    uint64_t settled = 0;
    const int threads = count_entries("/proc/self/task");
    int round;
    make_copy();
    for (round = 0; round < 30 && load_copy(&copy); ++round) {
        use_copy(&copy);
        dlclose(copy.library);
        CHECK(!is_mapped(copy_path));
        EQUAL(count_entries("/proc/self/task"), threads);
        if (round == 9) settled = resident_bytes();
    }
    EQUAL(round, 30);
    /* What remains is the room that libstdc++, linked into each copy, keeps for exceptions without memory: 71 KiB. */
/* An emulator keeps what it translated, too. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(TN_EMULATED)
    CHECK(resident_bytes() < settled + (2 << 20));
#endif
    (void)settled;
    unlink(copy_path);
}

/* --- threads --- */

enum { THREADS = 8, CALLS = 2000 };

typedef struct Shared {
    tn_runtime *rt;
    tn_module *mod;
    tn_function *work, *fails;
    tn_instance *one; /* that all of them want */
    tn_value given[THREADS]; /* values that another thread clears */
    pthread_barrier_t start;
} Shared;

typedef struct Worker {
    Shared *shared;
    int number;
    int64_t sum;
    int wrong, busy;
} Worker;

static tn_status scaled(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    (void)nargs;
    (void)ud;
    if (args[0].as.i < 0) return tn_frame_fail(fr, 1500, "negative", TN_NTS, NULL, NULL);
    TN_SET_I64(ret, args[0].as.i * 2);
    return TN_OK;
}

/* Everything that is [shared] or [any] at once, and an instance of its own. No CHECKs: they count without locks. */
static void *work(void *ud) {
    Worker *w = ud;
    Shared *sh = w->shared;
    tn_module *own = NULL, *mod = tn_module_ref(sh->mod);
    tn_function *work = tn_function_ref(sh->work);
    tn_instance *inst = NULL;
    tn_error *err = NULL;
    tn_value arg, ret;
    char source[100];
    int i;
    pthread_barrier_wait(&sh->start);
    snprintf(source, sizeof source, "fn own() -> List[String] { [\"%d\"].map(|s| s + s) }", w->number);
    w->wrong += tn_compile(sh->rt, "own.tn", TN_NTS, source, TN_NTS, NULL, &own, NULL) != TN_OK;
    w->wrong += tn_instance_new(mod, NULL, &inst, NULL) != TN_OK;
    for (i = 0; i < CALLS; ++i) {
        TN_SET_I64(&arg, i);
        if (tn_call(inst, work, &arg, 1, &ret, NULL) == TN_OK)
            w->sum += ret.as.i;
        else
            ++w->wrong;
        if (i % 50 == 0) {
            TN_SET_I64(&arg, -1);
            w->wrong += tn_call(inst, sh->fails, &arg, 1, &ret, &err) != 1500 || tn_error_frame_count(err) != 1;
            tn_error_free(err);
            w->wrong += strcmp(tn_function_signature(sh->work, NULL), "fn(i64) -> i64") != 0;
            TN_SET_I64(&arg, i);
            switch (tn_call(sh->one, work, &arg, 1, &ret, NULL)) {
            case TN_OK: break;
            case TN_BUSY: ++w->busy; break;
            default: ++w->wrong;
            }
        }
    }
    /* A value of this thread's instance, for another thread to clear. */
    w->wrong += tn_string_new(inst, "given away", TN_NTS, &sh->given[w->number], NULL) != TN_OK;
    pthread_barrier_wait(&sh->start);
    tn_value_clear(&sh->given[(w->number + 1) % THREADS]);
    tn_instance_free(inst);
    tn_module_free(own);
    tn_module_free(mod);
    tn_function_free(work);
    return NULL;
}

static void threads_share_a_module(void) {
    static const char source[] = "fn work(n: i64) -> i64 { let xs = [n, 1]; xs.push(host.scaled(n)); f\"{xs.sum()}\".len() + xs[2] }\n"
                                 "fn fails(n: i64) -> i64 { host.scaled(n) }";
    static Shared sh;
    pthread_t threads[THREADS];
    Worker workers[THREADS];
    tn_error *err = NULL;
    int i;
    sh.rt = new_runtime();
    STATUS_ERR(tn_register_fn(sh.rt, "host.scaled", TN_NTS, "fn(i64) -> i64", TN_NTS, scaled, NULL, NULL, 0, &err), TN_OK);
    sh.mod = compile(sh.rt, source);
    sh.work = function(sh.mod, "work");
    sh.fails = function(sh.mod, "fails");
    sh.one = instance(sh.mod);
    pthread_barrier_init(&sh.start, NULL, THREADS);
    for (i = 0; i < THREADS; ++i) {
        Worker w = {&sh, i, 0, 0, 0};
        workers[i] = w;
        EQUAL(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
    for (i = 0; i < THREADS; ++i) {
        EQUAL(workers[i].wrong, 0);
        EQUAL(workers[i].sum, workers[0].sum);
    }
    CHECK(workers[0].sum > (int64_t)CALLS * CALLS / 2);
    pthread_barrier_destroy(&sh.start);
    tn_function_free(sh.work);
    tn_function_free(sh.fails);
    tn_instance_free(sh.one);
    tn_module_free(sh.mod);
    tn_runtime_free(sh.rt);
}

int main(void) {
    RUN(versions);
    RUN(status_names);
    RUN(version_check);
    RUN(struct_layout);
    RUN(two_copies);
    RUN(unload_and_reload);
    RUN(threads_share_a_module);
    return finish();
}
