/* The native half of `@NAME@`. @NAME@.tn declares what scripts see of it. */
#include "c_api.h"

#include <stdlib.h>

static const tn_host_api *api;
static const tn_type *counter_type;

typedef struct Counter {
    int64_t count;
} Counter;

static void end_counter(void *p, void *ud) {
    (void)ud;
    free(p);
}
static tn_status clone_counter(void *p, void *ud, void **out) {
    Counter *copy = malloc(sizeof *copy);
    (void)ud;
    if (!copy) return TN_NOMEM;
    *copy = *(const Counter *)p;
    *out = copy;
    return TN_OK;
}
static const tn_host_type counter_ops = {sizeof(tn_host_type), end_counter, clone_counter, NULL, NULL, NULL, NULL};

/* A plain function: scripts call it directly, with C's types. */
static int64_t count(void *p) { return ((const Counter *)p)->count; }

/* Callbacks can fail, and make and change values. */
static tn_status new_counter(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    Counter *made;
    (void)nargs, (void)ud;
    if (args[0].as.i < 0)
        return api->frame_fail(fr, TN_TRAP_INVALID_ARGUMENT, "a counter starts at 0 or more", TN_NTS, NULL, NULL);
    made = malloc(sizeof *made);
    if (!made) return TN_TRAP_MEMORY_LIMIT;
    made->count = args[0].as.i;
    return api->handle_new(api->frame_instance(fr), counter_type, made, ret, NULL);
}
static tn_status add(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    void *p;
    tn_status s = api->handle_get(&args[0], counter_type, &p);
    (void)fr, (void)nargs, (void)ret, (void)ud;
    if (s == TN_OK) ((Counter *)p)->count += args[1].as.i;
    return s;
}

TN_EXTENSION_ENTRY(const tn_host_api *host, tn_registrar *r) {
    api = host;
    /* Once one of these fails the others answer that failure, and the extension is not loaded. */
    api->begin(r, TN_ABI_VERSION, "@NAME@", TN_NTS, "0.1.0", TN_NTS);
    api->add_type(r, "Counter", TN_NTS, NULL, 0, &counter_ops, NULL, NULL, &counter_type);
    api->add_fn(r, "new_counter", TN_NTS, "fn(i64) -> Counter", TN_NTS, new_counter, NULL, NULL, 0);
    api->add_fn(r, "add", TN_NTS, "fn(mut Counter, i64)", TN_NTS, add, NULL, NULL, 0);
    return api->add_native(r, "count", TN_NTS, "fn(Counter) -> i64", TN_NTS, (tn_fnptr)count, NULL, NULL, TN_FN_PURE);
}
