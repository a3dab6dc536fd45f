/* An extension that fails as the environment says: TENON_TEST_FAULT. Without a fault it is a good one. */
#include "c_api.h"

#include <stdlib.h>
#include <string.h>

static const tn_host_api* api;
static int* counters;

static int64_t one(void) { return 1; }
static void end_registration(void* ud) {
    (void)ud;
    if (counters) ++counters[2];
}
static int is(const char* fault, const char* name) { return fault && strcmp(fault, name) == 0; }

TN_EXTENSION_ENTRY(const tn_host_api* host, tn_registrar* r) {
    const char *fault = getenv("TENON_TEST_FAULT"), *where = getenv("TENON_TEST_COUNTERS");
    const char* name = getenv("TENON_TEST_NAME");
    const tn_type* type;
    tn_status s = TN_OK;
    api = host;
    counters = where ? (int*)(size_t)strtoull(where, NULL, 16) : NULL;
    if (!name) name = "faulty";
    if (is(fault, "nothing")) return TN_OK;
    if (is(fault, "no_begin"))
        return api->add_native(r, "one", TN_NTS, "fn() -> i64", TN_NTS, (tn_fnptr)one, NULL, NULL, 0);
    if (is(fault, "newer")) return api->begin(r, TN_ABI_VERSION + 7, name, TN_NTS, "1.0", TN_NTS);
    if (is(fault, "major")) return api->begin(r, TN_ABI_VERSION + (1u << 16), name, TN_NTS, "1.0", TN_NTS);
    if (is(fault, "version")) return api->begin(r, TN_ABI_VERSION, name, TN_NTS, "new", TN_NTS);
    if (is(fault, "other_name")) return api->begin(r, TN_ABI_VERSION, "another", TN_NTS, "1.0", TN_NTS);
    s = api->begin(r, TN_ABI_VERSION, name, TN_NTS, "1.0", TN_NTS);
    if (is(fault, "twice")) return api->begin(r, TN_ABI_VERSION, name, TN_NTS, "1.0", TN_NTS);
    if (is(fault, "says_no")) return api->fail(r, 1700, "the licence has expired", TN_NTS);
    if (is(fault, "answers")) return TN_IO;
    api->add_type(r, "Thing", TN_NTS, "org.tenon.test.thing/1", TN_NTS, NULL, NULL, end_registration, &type);
    if (!is(fault, "forgets"))
        s = api->add_native(r, "one", TN_NTS, "fn() -> i64", TN_NTS, (tn_fnptr)one, NULL, end_registration,
                            0);
    if (is(fault, "signature"))
        api->add_native(r, "two", TN_NTS, "fn(Thin) -> i64", TN_NTS, (tn_fnptr)one, NULL, end_registration,
                        0);
    if (is(fault, "hosts_type"))
        api->add_native(r, "two", TN_NTS, "fn(HostThing)", TN_NTS, (tn_fnptr)one, NULL, NULL, 0);
    if (is(fault, "duplicate"))
        api->add_native(r, "one", TN_NTS, "fn()", TN_NTS, (tn_fnptr)one, NULL, end_registration, 0);
    return is(fault, "signature") || is(fault, "duplicate") ? TN_OK : s; /* the failure counts all the same */
}
