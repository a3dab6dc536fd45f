/* Every function that takes a handle or a value, with NULL, dead handles, handles of other kinds, pointers
   that are no handles, and lengths that make no sense. Nothing may crash; every answer is an error. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

enum { BAD_COUNT = 16 };
static void *bad[BAD_COUNT];
static size_t bad_count;

static tn_status no_host(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    (void)fr, (void)args, (void)nargs, (void)ud;
    TN_SET_UNIT(ret);
    return TN_OK;
}
static tn_status no_write(void *ud, const char *p, size_t len) {
    (void)ud, (void)p, (void)len;
    return TN_OK;
}
static int32_t no_poll(void *ud) {
    (void)ud;
    return 0;
}
static tn_status no_load(void *ud, const char *path, size_t len, const char **src, size_t *src_len) {
    (void)ud, (void)path, (void)len, (void)src, (void)src_len;
    return TN_NOT_FOUND;
}
static int finalized, finalizers;
static void finalizer(void *ud) {
    (void)ud;
    ++finalized;
}

#define REFUSE(call)                                                                                         \
    do {                                                                                                     \
        const tn_status s_ = (call);                                                                         \
        if (s_ == TN_OK) check_that(0, #call " answered Ok", __FILE__, __LINE__);                            \
        if (err) EQUAL(tn_error_status(err), s_);                                                            \
        tn_error_free(err);                                                                                  \
        err = NULL;                                                                                          \
    } while (0)
#define REFUSE_FIN(call)                                                                                     \
    do {                                                                                                     \
        REFUSE(call);                                                                                        \
        EQUAL(finalized, ++finalizers);                                                                      \
    } while (0)

/* `h` is no handle of the kind that each function wants. `kind` is the kind that it is, to leave out. */
static void with_handle(void *h, int kind, Setup *s, tn_function *f) {
    tn_error *err = NULL;
    tn_value v, text;
    tn_runtime *rt;
    tn_module *m;
    tn_instance *inst;
    tn_function *fn;
    tn_fnptr p;
    const tn_type *t;
    tn_slot slot;
    tn_column column;
    static uint64_t room[2 + TN_PYTHON_CALL_SIZE / 8];
    const void *python[1] = {NULL};
    tn_extension *x;
    tn_task *task;
    tn_completion *completion;
    tn_source file = {"main.tn", TN_NTS, "", 0};
    size_t n;
    memset(&slot, 0, sizeof slot);
    memset(&column, 0, sizeof column);
    column.tag = TN_TAG_I64;
    column.data = &slot;
    column.stride = sizeof slot;
    TN_SET_I64(&v, 1);
    if (kind != 1) {
        tn_error_free(h);
        CHECK(tn_error_status(h) != TN_OK);
        CHECK(!tn_error_message(h, &n) && n == 0);
        CHECK(!tn_error_render(h, 0, &n));
        EQUAL(tn_error_diag_count(h), 0);
        CHECK(tn_error_diag_pos(h, 0, NULL, NULL, NULL, NULL) != TN_OK);
        CHECK(!tn_error_diag_text(h, 0, 0, &n));
        EQUAL(tn_error_frame_count(h), 0);
        CHECK(!tn_error_frame_text(h, 0, 3, &n));
        EQUAL(tn_error_frame_line(h, 0) + tn_error_frame_column(h, 0), 0);
        CHECK(!tn_error_payload(h));
    }
    if (kind != 2) {
        tn_config_free(h);
        REFUSE(tn_config_set_u64(h, 1, 1));
        REFUSE(tn_config_set_text(h, 1, "x", 1));
        if (h) REFUSE(tn_runtime_new(TN_ABI_VERSION, h, &rt, &err));
        if (h) REFUSE(tn_instance_new(s->mod, h, &inst, &err));
        if (h) REFUSE(tn_compile(s->rt, "x", 1, "", 0, h, &m, &err));
    }
    if (kind != 3) {
        tn_runtime_free(h);
        CHECK(!tn_runtime_ref(h));
        REFUSE(tn_compile(h, "x", 1, "", 0, NULL, &m, &err));
        REFUSE(tn_compile_path(h, "x", 1, NULL, &m, &err));
        REFUSE(tn_compile_package(h, "x", 1, &file, 1, NULL, &m, &err));
        REFUSE(tn_register_module(h, "m", 1, "", 0, &err));
        REFUSE_FIN(tn_register_loader(h, no_load, NULL, finalizer, &err));
        REFUSE(tn_type_parse(h, "i64", 3, &t, &err));
        CHECK(!tn_value_type(h, &v));
        REFUSE_FIN(tn_register_fn(h, "f", 1, "fn()", 4, no_host, NULL, finalizer, 0, &err));
        REFUSE_FIN(tn_register_type(h, "T", 1, NULL, 0, NULL, NULL, finalizer, &t, &err));
        REFUSE(tn_register_constant(h, "c", 1, "i64", 3, &v, &err));
        REFUSE(tn_register_global(h, "g", 1, "i64", 3, &err));
        REFUSE_FIN(tn_register_native(h, "f", 1, "fn()", 4, (tn_fnptr)no_poll, NULL, finalizer, 0, &err));
        REFUSE(tn_extension_load(h, "x", 1, 0, &x, &err));
    }
    CHECK(!tn_extension_name(h, &n) && n == 0);
    CHECK(!tn_extension_version(h, &n) && n == 0);
    if (kind == 0) tn_extension_free(h);
    if (kind != 4) {
        tn_module_free(h);
        CHECK(!tn_module_ref(h));
        CHECK(!tn_module_warnings(h));
        EQUAL(tn_module_function_count(h), 0);
        REFUSE(tn_module_function_at(h, 0, &fn));
        REFUSE(tn_module_function(h, "f", 1, NULL, 0, &fn, &err));
        EQUAL(tn_module_test_count(h), 0);
        CHECK(!tn_module_test_name(h, 0, &n));
        CHECK(!tn_module_test_file(h, 0, &n));
        EQUAL(tn_module_test_line(h, 0), 0);
        REFUSE(tn_module_test_function(h, 0, &fn));
        REFUSE(tn_instance_new(h, NULL, &inst, &err));
        EQUAL(tn_module_type_count(h) + tn_module_global_count(h), 0);
        CHECK(!tn_module_type_at(h, 0) && !tn_module_global_type(h, 0));
        CHECK(!tn_module_global_name(h, 0, &n) && !tn_module_global_doc(h, 0, &n));
        EQUAL(tn_module_global_is_const(h, 0), 0);
        REFUSE(tn_module_type(h, "i64", 3, &t, &err));
    }
    if (kind != 5) {
        tn_function_free(h);
        CHECK(!tn_function_ref(h));
        CHECK(!tn_function_doc(h, &n) && !tn_function_name(h, &n) && !tn_function_signature(h, &n));
        EQUAL(tn_function_param_count(h), 0);
        CHECK(!tn_function_param_name(h, 0, &n) && !tn_function_param_type(h, 0) &&
              !tn_function_return_type(h));
        EQUAL(tn_function_param_is_mut(h, 0), 0);
        EQUAL(tn_function_is_short(h), 0);
        CHECK(tn_python_bind(room, 16, python, s->inst, h) != TN_OK);
        REFUSE(tn_function_pointer(h, "fn()", 4, &p, &err));
        REFUSE(tn_call(s->inst, h, &v, 1, &v, &err));
        REFUSE(tn_call_mut(s->inst, h, &v, 1, &v, &err));
        REFUSE(tn_call_slots(s->inst, h, &slot, 1, &err));
        REFUSE(tn_call_batch(s->inst, h, 1, &column, 1, &column, &n, &err));
        REFUSE(tn_task_start(s->inst, h, &v, 1, &task, &err));
    }
    {
        tn_closure *closure;
        tn_closure_free(h);
        CHECK(tn_closure_take_error(h, &err) != TN_OK);
        CHECK(!err);
        if (kind != 5) REFUSE(tn_closure_new(s->inst, h, &closure, &p, &err));
        if (kind != 6) REFUSE(tn_closure_new(h, h, &closure, &p, &err));
    }
    if (kind != 6) {
        tn_instance_free(h);
        REFUSE(tn_instance_get_global(h, "x", 1, &v, &err));
        REFUSE(tn_instance_set_global(h, "x", 1, &v, &err));
        REFUSE_FIN(tn_instance_set_output(h, no_write, NULL, finalizer));
        REFUSE_FIN(tn_instance_set_user_data(h, NULL, finalizer));
        CHECK(!tn_instance_user_data(h) && !tn_instance_status_word(h));
        REFUSE(tn_instance_enter(h));
        REFUSE(tn_instance_leave(h, &err));
        REFUSE(tn_call(h, f, &v, 1, &v, &err));
        REFUSE(tn_call_mut(h, f, &v, 1, &v, &err));
        REFUSE(tn_call_slots(h, f, &slot, 1, &err));
        REFUSE(tn_call_batch(h, f, 1, &column, 1, &column, &n, &err));
        REFUSE(tn_task_start(h, f, &v, 1, &task, &err));
        REFUSE(tn_instance_migrate(h, s->inst, &err));
        REFUSE(tn_instance_migrate(s->inst, h, &err));
        REFUSE(tn_enum_new(h, tn_function_return_type(f), 0, NULL, 0, &v, &err));
        REFUSE(tn_map_new(h, tn_function_return_type(f), NULL, &v, &err));
        REFUSE_FIN(tn_list_wrap(h, TN_TAG_I64, &slot, 1, 0, NULL, finalizer, &v, &err));
        REFUSE(tn_string_new(h, "x", 1, &v, &err));
        REFUSE(tn_bytes_new(h, "x", 1, &v, &err));
        REFUSE(tn_list_new(h, tn_function_return_type(f), 0, &v, &err));
        REFUSE(tn_record_new(h, tn_function_return_type(f), NULL, 0, &v, &err));
        REFUSE(tn_option_new(h, tn_function_return_type(f), NULL, &v, &err));
        REFUSE(tn_handle_new(h, tn_function_return_type(f), &slot, &v, &err));
        CHECK(!tn_instance_interrupt_handle(h));
        REFUSE(tn_instance_set_fuel(h, 1));
        REFUSE(tn_instance_set_memory_limit(h, 1));
        REFUSE(tn_instance_set_timeout(h, 1));
        REFUSE_FIN(tn_instance_set_poll(h, 1, no_poll, NULL, finalizer));
        EQUAL(tn_instance_fuel(h) + tn_instance_memory_used(h), 0);
    }
    if (kind != 7) {
        tn_interrupt_fire(h);
        tn_interrupt_free(h);
    }
    if (kind != 8) {
        REFUSE(tn_list_new(s->inst, h, 0, &v, &err));
        REFUSE(tn_record_new(s->inst, h, &v, 1, &v, &err));
        REFUSE(tn_option_new(s->inst, h, NULL, &v, &err));
        REFUSE(tn_handle_new(s->inst, h, &slot, &v, &err));
        EQUAL(tn_type_kind(h), 0);
        CHECK(!tn_type_name(h, &n) && !tn_type_child(h, 0) && !tn_type_child_name(h, 0, &n));
        EQUAL(tn_type_child_count(h), 0);
        EQUAL(tn_type_equal(h, h), 0);
        REFUSE(tn_enum_new(s->inst, h, 0, &v, 1, &v, &err));
        REFUSE(tn_map_new(s->inst, h, NULL, &v, &err));
        if (h) REFUSE(tn_map_new(s->inst, tn_function_return_type(f), h, &v, &err));
        EQUAL(tn_type_variant_count(h), 0);
        CHECK(!tn_type_doc(h, &n) && !tn_type_child_doc(h, 0, &n));
        CHECK(!tn_type_variant_name(h, 0, &n) && !tn_type_variant_doc(h, 0, &n));
        EQUAL(tn_type_variant_fields(h, 0, &n, &n), 0);
    }
    if (kind != 9) {
        tn_iter_free(h);
        REFUSE(tn_iter_next(h, &v, &v));
    }
    if (kind != 10) {
        REFUSE(tn_task_resume(h, 1, &v, &err));
        REFUSE_FIN(tn_task_set_waker(h, finalizer, NULL, finalizer));
        EQUAL(tn_task_state(h), TN_TASK_ENDED);
        tn_task_cancel(h);
        tn_task_free(h);
    }
    REFUSE(tn_completion_resolve(h, &v));
    REFUSE(tn_completion_resolve_text(h, "x", 1));
    if (kind != 1) REFUSE(tn_completion_reject(h, h));
    tn_completion_free(h);
    /* Frames are alive in callbacks only. */
    REFUSE(tn_frame_suspend(h, &completion));
    REFUSE(tn_frame_call(h, f, NULL, 0, &v, &err));
    REFUSE_FIN(tn_frame_fail(h, TN_TRAP_HOST_ERROR, "x", 1, NULL, finalizer));
    CHECK(!tn_frame_instance(h));
    if (kind != 1) REFUSE(tn_frame_fail_error(h, h));
    /* As the content of a value. */
    for (v.tag = 0; v.tag < 30; ++v.tag) {
        tn_value out;
        int32_t some;
        uint32_t variant;
        tn_iter *iter;
        v.aux = v.tag & 1;
        v.as.p = h;
        if (v.tag < TN_TAG_STRING) continue;
        CHECK(!tn_string_data(&v, &n) && !tn_bytes_data(&v, &n) && !tn_list_data(&v, NULL, &n));
        CHECK(!tn_value_type(s->rt, &v));
        TN_SET_I64(&text, 1);
        REFUSE(tn_value_copy(&v, &out));
        REFUSE(tn_list_len(&v, &n));
        REFUSE(tn_list_get(&v, 0, &out));
        REFUSE(tn_list_set(&v, 0, &text));
        REFUSE(tn_list_push(&v, &text));
        REFUSE(tn_list_append(&v, TN_TAG_I64, &slot, 1));
        REFUSE(tn_record_get(&v, 0, &out));
        REFUSE(tn_record_set(&v, 0, &text));
        REFUSE(tn_option_get(&v, &some, &out));
        REFUSE(tn_enum_variant(&v, &variant, &n));
        REFUSE(tn_enum_payload(&v, 0, &out));
        REFUSE(tn_map_len(&v, &n));
        REFUSE(tn_map_get(&v, &text, &out));
        REFUSE(tn_map_set(&v, &text, &text));
        REFUSE(tn_map_remove(&v, &text));
        REFUSE(tn_map_iter(&v, &iter));
        REFUSE(tn_list_pin(&v, 0, &column, &n));
        REFUSE(tn_list_unpin(&v));
        REFUSE(tn_handle_get(&v, tn_function_return_type(f), &slot.p));
        REFUSE(tn_handle_get(&v, h, &slot.p));
        REFUSE(tn_handle_close(&v));
        REFUSE(tn_value_call(&v, &text, 1, &out, &err));
        REFUSE(tn_call(s->inst, f, &v, 1, &out, &err));
        out = v;
        tn_value_clear(&out);
    }
}

static void every_function(void) {
    Setup s = set_up("fn f(n: i64) -> i64 { n }\nfn g(xs: List[i64]) {}\ntest \"t\" {}");
    tn_function *f = function(s.mod, "f"), *g = function(s.mod, "g"), *dead_function = function(s.mod, "f");
    tn_config *config = tn_config_new(), *dead_config = tn_config_new();
    tn_error *error = tn_error_new(TN_STATE, "x", 1), *dead_error = tn_error_new(TN_STATE, "x", 1);
    tn_interrupt *interrupt = tn_instance_interrupt_handle(s.inst);
    Setup dead = set_up("fn f() {}");
    const tn_type *type = tn_function_param_type(g, 0);
    tn_iter *iter = NULL;
    tn_value set, number;
    tn_task *task;
    static char no_handle[256];
    size_t i;
    tear_down(&dead);
    tn_function_free(dead_function);
    tn_config_free(dead_config);
    tn_error_free(dead_error);
    STATUS(tn_map_new(s.inst, tn_function_param_type(f, 0), NULL, &set, NULL), TN_OK);
    STATUS(tn_map_iter(&set, &iter), TN_OK);
    TN_SET_I64(&number, 1);
    STATUS(tn_task_start(s.inst, f, &number, 1, &task, NULL), TN_OK);
    bad[bad_count++] = NULL;
    bad[bad_count++] = dead.rt;
    bad[bad_count++] = dead.mod;
    bad[bad_count++] = dead.inst;
    bad[bad_count++] = dead_function;
    bad[bad_count++] = dead_config;
    bad[bad_count++] = dead_error;
    bad[bad_count++] = no_handle;
    bad[bad_count++] = no_handle + 1;
    bad[bad_count++] = (char *)s.inst + 8;
    bad[bad_count++] = (void *)(uintptr_t)1;
    bad[bad_count++] = (void *)~(uintptr_t)63;
    for (i = 0; i < bad_count; ++i) with_handle(bad[i], 0, &s, f);
    with_handle(error, 1, &s, f);
    with_handle(config, 2, &s, f);
    with_handle(s.rt, 3, &s, f);
    with_handle(s.mod, 4, &s, f);
    with_handle(f, 5, &s, f);
    with_handle(s.inst, 6, &s, f);
    with_handle(interrupt, 7, &s, f);
    with_handle((void *)type, 8, &s, f);
    with_handle(iter, 9, &s, f);
    with_handle(task, 10, &s, f);
    /* Each is as alive as before. */
    EQUAL(tn_error_status(error), TN_STATE);
    EQUAL(tn_type_kind(type), TN_TAG_LIST);
    STATUS(tn_iter_next(iter, NULL, NULL), TN_END);
    tn_iter_free(iter);
    tn_value_clear(&set);
    STATUS(tn_task_resume(task, 1, NULL, NULL), TN_OK);
    tn_task_free(task);
    {
        tn_value n = make_i64(7);
        EQUAL(call_i64(&s, "f", &n, 1), 7);
    }
    tn_interrupt_free(interrupt);
    tn_function_free(f);
    tn_function_free(g);
    tn_config_free(config);
    tn_error_free(error);
    tear_down(&s);
}

static void null_outs(void) {
    Setup s = set_up("var x: i64 = 1;\nfn f(n: i64) -> i64 { n }");
    tn_error *err = (tn_error *)(uintptr_t)0x1234; /* garbage is overwritten */
    tn_value v = make_i64(1);
    const tn_type *t;
    tn_function *f = NULL;
    STATUS(tn_type_parse(s.rt, "List[i64]", TN_NTS, &t, &err), TN_OK);
    CHECK(err == NULL);
    REFUSE(tn_runtime_new(TN_ABI_VERSION, NULL, NULL, &err));
    REFUSE(tn_compile(s.rt, "x", 1, "", 0, NULL, NULL, &err));
    REFUSE(tn_compile_path(s.rt, "x", 1, NULL, NULL, &err));
    REFUSE(tn_instance_new(s.mod, NULL, NULL, &err));
    REFUSE(tn_instance_get_global(s.inst, "x", 1, NULL, &err));
    REFUSE(tn_instance_set_global(s.inst, "x", 1, NULL, &err));
    REFUSE(tn_module_function(s.mod, "f", 1, NULL, 0, NULL, &err));
    REFUSE(tn_module_function_at(s.mod, 0, NULL));
    REFUSE(tn_module_test_function(s.mod, 0, NULL));
    REFUSE(tn_python_bind(NULL, 16, (const void **)&t, NULL, NULL));
    REFUSE(tn_python_bind(&v, 16, NULL, NULL, NULL));
    REFUSE(tn_python_bind(&v, 15, (const void **)&t, NULL, NULL));
    CHECK(!tn_python_name(1000));
    REFUSE(tn_string_new(s.inst, "x", 1, NULL, &err));
    REFUSE(tn_bytes_new(s.inst, "x", 1, NULL, &err));
    REFUSE(tn_bytes_new(s.inst, NULL, 1, &v, &err));
    REFUSE(tn_list_new(s.inst, t, 0, NULL, &err));
    REFUSE(tn_record_new(s.inst, t, &v, 1, NULL, &err));
    REFUSE(tn_option_new(s.inst, t, &v, NULL, &err));
    REFUSE(tn_value_copy(&v, NULL));
    REFUSE(tn_value_copy(NULL, &v));
    REFUSE(tn_value_get_i64(NULL, NULL));
    REFUSE(tn_value_get_u64(NULL, NULL));
    REFUSE(tn_value_get_f64(NULL, NULL));
    REFUSE(tn_value_get_bool(NULL, NULL));
    REFUSE(tn_handle_new(s.inst, t, NULL, NULL, &err));
    REFUSE(tn_handle_new(s.inst, NULL, &v, &v, &err));
    REFUSE(tn_handle_get(NULL, t, NULL));
    REFUSE(tn_handle_get(&v, NULL, (void **)&f));
    REFUSE(tn_handle_close(NULL));
    REFUSE(tn_register_constant(s.rt, "c", 1, "i64", 3, NULL, &err));
    REFUSE(tn_list_len(NULL, NULL));
    REFUSE(tn_list_get(NULL, 0, NULL));
    REFUSE(tn_list_get(NULL, 0, &v));
    REFUSE(tn_list_set(NULL, 0, NULL));
    REFUSE(tn_list_push(NULL, &v));
    REFUSE(tn_list_append(NULL, TN_TAG_I64, NULL, 0));
    REFUSE(tn_record_get(NULL, 0, NULL));
    REFUSE(tn_record_get(NULL, 0, &v));
    REFUSE(tn_record_set(NULL, 0, &v));
    REFUSE(tn_option_get(NULL, NULL, NULL));
    REFUSE(tn_enum_new(s.inst, t, 0, &v, 1, NULL, &err));
    REFUSE(tn_enum_variant(NULL, NULL, NULL));
    REFUSE(tn_enum_payload(NULL, 0, NULL));
    REFUSE(tn_enum_payload(NULL, 0, &v));
    REFUSE(tn_map_new(s.inst, t, NULL, NULL, &err));
    REFUSE(tn_map_new(s.inst, NULL, NULL, &v, &err));
    REFUSE(tn_map_len(NULL, NULL));
    REFUSE(tn_map_get(NULL, NULL, NULL));
    REFUSE(tn_map_get(NULL, &v, &v));
    REFUSE(tn_map_set(NULL, NULL, NULL));
    REFUSE(tn_map_set(NULL, &v, &v));
    REFUSE(tn_map_remove(NULL, NULL));
    REFUSE(tn_map_iter(NULL, NULL));
    REFUSE(tn_iter_next(NULL, NULL, NULL));
    REFUSE(tn_list_wrap(s.inst, TN_TAG_I64, &v, 1, 0, NULL, NULL, NULL, &err));
    REFUSE(tn_list_pin(NULL, 0, NULL, NULL));
    REFUSE(tn_list_unpin(NULL));
    REFUSE(tn_value_call(NULL, NULL, 0, NULL, &err));
    REFUSE(tn_module_type(s.mod, "i64", 3, NULL, &err));
    REFUSE(tn_frame_fail_error(NULL, NULL));
    REFUSE(tn_frame_suspend(NULL, NULL));
    REFUSE(tn_task_start(s.inst, f, NULL, 0, NULL, &err));
    REFUSE(tn_completion_resolve(NULL, NULL));
    REFUSE(tn_completion_resolve_text(NULL, NULL, 1));
    REFUSE(tn_completion_reject(NULL, NULL));
    CHECK(!tn_string_data(NULL, NULL) && !tn_bytes_data(NULL, NULL) && !tn_list_data(NULL, NULL, NULL));
    REFUSE(tn_module_function(s.mod, "f", (size_t)-2, NULL, 0, &f, &err));
    REFUSE(tn_compile(s.rt, "x", (size_t)-2, "", 0, NULL, NULL, &err));
    CHECK(f == NULL);
    tear_down(&s);
}

/* The functions without a handle, and sources that are none. */
static void without_handles(void) {
    tn_source file = {NULL, 3, NULL, 0};
    tn_error *err = NULL;
    tn_module *m;
    size_t bad_at = 7;
    Setup s = set_up("fn f() {}");
    EQUAL(tn_abi_version(), TN_ABI_VERSION);
    CHECK(tn_version_string() && *tn_version_string());
    TEXT(tn_status_name(-1), "Unknown");
    TEXT(tn_status_name(INT32_MAX), "Host");
    EQUAL(tn_has_feature(NULL, 5), 0);
    EQUAL(tn_has_feature(NULL, 0), 0);
    EQUAL(tn_has_feature("jit", (size_t)-2), 0);
    EQUAL(tn_text_check(NULL, 5, &bad_at), 0);
    EQUAL(tn_text_check("x", (size_t)-2, NULL), 0);
    CHECK(tn_live_handles() > 0);
    REFUSE(tn_compile_package(s.rt, "x", 1, NULL, 1, NULL, &m, &err));
    REFUSE(tn_compile_package(s.rt, "x", 1, &file, 1, NULL, &m, &err));
    file.name = "main.tn";
    file.name_len = TN_NTS;
    file.text_len = 3;
    REFUSE(tn_compile_package(s.rt, "x", 1, &file, 1, NULL, &m, &err));
    REFUSE(tn_compile_package(s.rt, "x", 1, &file, (size_t)-2, NULL, &m, &err));
    REFUSE(tn_compile_package(s.rt, "x", (size_t)-2, &file, 1, NULL, &m, &err));
    tear_down(&s);
}

int main(void) {
    RUN(every_function);
    RUN(null_outs);
    RUN(without_handles);
    return finish();
}
