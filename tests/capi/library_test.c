/* Section 1: library. */
#include "check.h"

#include <string.h>

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

int main(void) {
    RUN(versions);
    RUN(status_names);
    RUN(version_check);
    RUN(struct_layout);
    return finish();
}
