/* Section 2: errors. */
#include "check.h"

#include <pthread.h>
#include <string.h>

static void own_errors(void) {
    size_t len = 0;
    const char *text;
    tn_error *e = tn_error_new(TN_STATE, "a\0b", 3);
    EQUAL(tn_error_status(e), TN_STATE);
    text = tn_error_message(e, &len);
    EQUAL(len, 3);
    CHECK(memcmp(text, "a\0b", 4) == 0);
    EQUAL(tn_error_diag_count(e), 0);
    EQUAL(tn_error_frame_count(e), 0);
    CHECK(tn_error_payload(e) == NULL);
    CHECK(tn_error_render(e, 0, NULL) == tn_error_render(e, 0, NULL));
    tn_error_free(e);
    CHECK(tn_error_new(TN_OK, "x", 1) == NULL);
    CHECK(tn_error_new(TN_STATE, "\xc0\x80", 2) == NULL);
    CHECK(tn_error_new(TN_STATE, NULL, 3) == NULL);
}

static void misuse(void) {
    size_t len = 7;
    uint32_t line = 7;
    tn_error *e = tn_error_new(TN_STATE, "x", 1);
    tn_error_free(NULL);
    EQUAL(tn_error_status(NULL), TN_ARG);
    CHECK(tn_error_message(NULL, &len) == NULL && len == 0);
    CHECK(tn_error_render(NULL, 0, NULL) == NULL);
    CHECK(tn_error_diag_text(e, 0, 0, &len) == NULL);
    STATUS(tn_error_diag_pos(e, 0, &line, NULL, NULL, NULL), TN_RANGE);
    EQUAL(line, 0);
    STATUS(tn_error_diag_pos(NULL, 0, NULL, NULL, NULL, NULL), TN_ARG);
    CHECK(tn_error_frame_text(e, 0, TN_TEXT_FILE, NULL) == NULL);
    EQUAL(tn_error_frame_line(e, 0), 0);
    tn_error_free(e);
    tn_error_free(e);
    EQUAL(tn_error_status(e), TN_HANDLE);
    CHECK(tn_error_message(e, NULL) == NULL);
    CHECK(tn_error_payload(e) == NULL);
    STATUS(tn_error_diag_pos(e, 0, NULL, NULL, NULL, NULL), TN_HANDLE);
}

static void diagnostics(void) {
    tn_runtime *rt = new_runtime();
    tn_module *m = NULL;
    tn_error *err = NULL;
    uint32_t line, col;
    uint64_t begin, end;
    const char *source = "fn f() -> i64 {\n    let n: i64 = \"\xc3\xa9\";\n    unknown_name\n}\n";
    STATUS(tn_compile(rt, "bad.tn", TN_NTS, source, TN_NTS, NULL, &m, &err), TN_COMPILE);
    CHECK(m == NULL);
    EQUAL(tn_error_status(err), TN_COMPILE);
    CHECK(tn_error_diag_count(err) >= 2);
    STATUS(tn_error_diag_pos(err, 0, &line, &col, &begin, &end), TN_OK);
    EQUAL(line, 2);
    EQUAL(col, 18);
    EQUAL(begin, 33);
    EQUAL(end, 37);
    TEXT(tn_error_diag_text(err, 0, TN_TEXT_SEVERITY, NULL), "error");
    TEXT(tn_error_diag_text(err, 0, TN_TEXT_FILE, NULL), "bad.tn");
    TEXT(tn_error_diag_text(err, 0, TN_TEXT_CODE, NULL), "TypeMismatch");
    TEXT(tn_error_diag_text(err, 0, TN_TEXT_MESSAGE, NULL), tn_error_message(err, NULL));
    CHECK(tn_error_diag_text(err, 0, TN_TEXT_NOTE, NULL) != NULL);
    CHECK(tn_error_diag_text(err, 0, TN_TEXT_HELP, NULL) != NULL);
    CHECK(tn_error_diag_text(err, 0, 99, NULL) == NULL);
    CHECK(tn_error_diag_text(err, 99, 0, NULL) == NULL);
    CONTAINS(tn_error_render(err, 0, NULL), "--> bad.tn:2:18");
    CONTAINS(tn_error_render(err, TN_RENDER_COLOR, NULL), "\x1b[");
    CONTAINS(tn_error_render(err, TN_RENDER_JSON, NULL), "\"byte_begin\"");
    tn_runtime_free(rt);
    CONTAINS(tn_error_render(err, 0, NULL), "unknown_name"); /* outlives everything */
    tn_error_free(err);
}

static void trap_frames(void) {
    Setup s = set_up("fn inner(xs: List[i64], i: i64) -> i64 {\n    xs[i]\n}\n"
                     "fn outer(n: i64) -> i64 {\n    let xs = [1, 2, 3];\n    inner(xs, n) + 1\n}\n");
    tn_error *err = NULL;
    tn_value arg = make_i64(5), ret;
    STATUS(call_by_name(&s, "outer", &arg, 1, &ret, &err), TN_TRAP_INDEX_OUT_OF_BOUNDS);
    EQUAL(ret.tag, TN_TAG_NONE);
    TEXT(tn_error_message(err, NULL), "index out of bounds: the length is 3 but the index is 5");
    EQUAL(tn_error_frame_count(err), 2);
    TEXT(tn_error_frame_text(err, 0, TN_TEXT_FUNCTION, NULL), "inner");
    TEXT(tn_error_frame_text(err, 0, TN_TEXT_FILE, NULL), "test.tn");
    EQUAL(tn_error_frame_line(err, 0), 2);
    EQUAL(tn_error_frame_column(err, 0), 5);
    TEXT(tn_error_frame_text(err, 1, TN_TEXT_FUNCTION, NULL), "outer");
    EQUAL(tn_error_frame_line(err, 1), 6);
    CHECK(tn_error_frame_text(err, 0, TN_TEXT_MESSAGE, NULL) == NULL);
    TEXT(tn_error_render(err, 0, NULL),
         "trap: index out of bounds: the length is 3 but the index is 5 "
         "[IndexOutOfBounds]\n  at inner (test.tn:2:5)\n  at outer (test.tn:6:5)\n");
    CONTAINS(tn_error_render(err, TN_RENDER_JSON, NULL), "\"function\": \"inner\"");
    tn_error_free(err);
    tear_down(&s);
}

static void *read_and_free(void *error) {
    CHECK(tn_error_render(error, 0, NULL) != NULL);
    tn_error_free(error);
    return NULL;
}

static void other_thread(void) {
    pthread_t thread;
    tn_error *e = tn_error_new(TN_STATE, "made here, freed there", TN_NTS);
    pthread_create(&thread, NULL, read_and_free, e);
    pthread_join(thread, NULL);
}

int main(void) {
    RUN(own_errors);
    RUN(misuse);
    RUN(diagnostics);
    RUN(trap_frames);
    RUN(other_thread);
    return finish();
}
