/* A host that was compiled for ABI 1.0: against the header beside it, linked with a library that has the
 * symbols of that version alone. The tests run it with today's library. It is never changed. */
#include "c_api.h"

#include <stdio.h>
#include <string.h>

static int failed, passed;
static void check(int ok, const char *what, int line) {
    ok ? ++passed : ++failed;
    if (!ok) printf("FAILED client.c:%d: %s\n", line, what);
}
#define CHECK(condition) check((condition) != 0, #condition, __LINE__)

static const char *const script =
    "record Item { name: String, price: f64 }\n"
    "var calls: i64 = 0;\n"
    "/// The sum of all prices.\n"
    "pub fn total(items: List[Item]) -> f64 { calls += 1; let s = 0.0; for i in items { s += i.price; } s }\n"
    "fn cheapest(items: List[Item]) -> String? {\n"
    "    let best = items.first()?; for i in items { if i.price < best.price { best = i; } } "
    "Some(best.name)\n"
    "}\n"
    "fn first(items: List[Item]) -> (String, f64)? {\n"
    "    match items.first() { Some(i) => Some((i.name, i.price)), None => None }\n"
    "}\n"
    "fn add(mut xs: List[i64], n: i64) { xs.push(n); }\n"
    "fn asks(n: i64) -> i64 { host.twice(n) + 1 }\n"
    "fn fast(a: i64, b: f64) -> f64 { a as f64 * b }\n"
    "fn pick(xs: List[i64], i: i64) -> i64 { xs[i] }\n"
    "fn endless() { loop {} }\n"
    "fn shout(s: String) { print(s.to_upper()); }\n";

static tn_status twice(tn_frame *frame, const tn_value *args, size_t count, tn_value *ret, void *ud) {
    int64_t n = 0;
    CHECK(count == 1 && ud != NULL && tn_value_get_i64(&args[0], &n) == TN_OK);
    if (n < 0) return tn_frame_fail(frame, 1000, "negative", TN_NTS, ud, NULL);
    TN_SET_I64(ret, 2 * n);
    return TN_OK;
}

static int finalized;
static void finalize(void *ud) { finalized += ud != NULL; }

static char printed[100];
static tn_status collect(void *ud, const char *p, size_t len) {
    CHECK(ud == printed);
    strncat(printed, p, len);
    return TN_OK;
}

static tn_function *find(tn_module *module, const char *name, const char *signature) {
    tn_function *f = NULL;
    tn_error *err = NULL;
    if (tn_module_function(module, name, TN_NTS, signature, TN_NTS, &f, &err) != TN_OK)
        printf("%s", tn_error_render(err, 0, NULL));
    CHECK(f != NULL);
    return f;
}

static tn_value item(tn_instance *inst, const tn_type *type, const char *name, double price) {
    tn_value fields[2], out;
    CHECK(tn_string_new(inst, name, TN_NTS, &fields[0], NULL) == TN_OK);
    TN_SET_F64(&fields[1], price);
    CHECK(tn_record_new(inst, type, fields, 2, &out, NULL) == TN_OK);
    tn_value_clear(&fields[0]);
    return out;
}

static void values(tn_module *module, tn_instance *inst) {
    tn_function *total = find(module, "total", "fn(List[Item]) -> f64"),
                *cheapest = find(module, "cheapest", "");
    tn_function *first = find(module, "first", ""), *add = find(module, "add", "fn(mut List[i64], i64)");
    const tn_type *list_type = tn_function_param_type(total, 0), *item_type = tn_type_child(list_type, 0);
    tn_value items, one, ret, inside, part, args[2];
    int32_t some = 0;
    size_t len = 0;
    CHECK(tn_type_kind(list_type) == TN_TAG_LIST && tn_type_child_count(item_type) == 2);
    CHECK(strcmp(tn_type_child_name(item_type, 1, NULL), "price") == 0);
    CHECK(strcmp(tn_function_doc(total, NULL), "The sum of all prices.") == 0);
    CHECK(tn_list_new(inst, item_type, 2, &items, NULL) == TN_OK);
    one = item(inst, item_type, "pear", 2.5);
    CHECK(tn_list_push(&items, &one) == TN_OK);
    tn_value_clear(&one);
    one = item(inst, item_type, "plum", 0.5);
    CHECK(tn_list_push(&items, &one) == TN_OK);
    CHECK(tn_record_get(&one, 0, &part) == TN_OK && strcmp(tn_string_data(&part, &len), "plum") == 0 &&
          len == 4);
    tn_value_clear(&part);
    tn_value_clear(&one);
    CHECK(tn_call(inst, total, &items, 1, &ret, NULL) == TN_OK && ret.tag == TN_TAG_F64 && ret.as.f == 3.0);
    CHECK(tn_call(inst, cheapest, &items, 1, &ret, NULL) == TN_OK && ret.tag == TN_TAG_OPTION);
    CHECK(tn_option_get(&ret, &some, &inside) == TN_OK && some == 1);
    CHECK(strcmp(tn_string_data(&inside, NULL), "plum") == 0);
    tn_value_clear(&inside);
    tn_value_clear(&ret);
    CHECK(tn_call(inst, first, &items, 1, &ret, NULL) == TN_OK &&
          tn_option_get(&ret, &some, &inside) == TN_OK);
    CHECK(inside.tag == TN_TAG_TUPLE && tn_record_get(&inside, 1, &part) == TN_OK && part.as.f == 2.5);
    tn_value_clear(&inside);
    tn_value_clear(&ret);
    tn_value_clear(&items);
    CHECK(tn_list_new(inst, tn_type_child(tn_function_param_type(add, 0), 0), 0, &args[0], NULL) == TN_OK);
    TN_SET_I64(&args[1], 7);
    CHECK(tn_call_mut(inst, add, args, 2, NULL, NULL) == TN_OK);
    CHECK(tn_list_data(&args[0], NULL, &len) && len == 1 &&
          *(const int64_t *)tn_list_data(&args[0], NULL, NULL) == 7);
    tn_value_clear(&args[0]);
    CHECK(tn_instance_get_global(inst, "calls", TN_NTS, &ret, NULL) == TN_OK && ret.as.i == 1);
    tn_function_free(total);
    tn_function_free(cheapest);
    tn_function_free(first);
    tn_function_free(add);
}

static void calls(tn_module *module, tn_instance *inst, void *payload) {
    tn_function *asks = find(module, "asks", NULL), *fast = find(module, "fast", "fn(i64, f64) -> f64");
    tn_function *shout = find(module, "shout", "fn(String)");
    tn_error *err = NULL;
    tn_value arg, ret;
    tn_slot io[2];
    tn_fnptr code = NULL;
    TN_SET_I64(&arg, 20);
    CHECK(tn_call(inst, asks, &arg, 1, &ret, NULL) == TN_OK && ret.as.i == 41);
    TN_SET_I64(&arg, -1);
    CHECK(tn_call(inst, asks, &arg, 1, &ret, &err) == 1000);
    CHECK(tn_error_payload(err) == payload && strstr(tn_error_message(err, NULL), "negative"));
    tn_error_free(err);
    io[0].i = 6;
    io[1].f = 7.0;
    CHECK(tn_call_slots(inst, fast, io, 2, NULL) == TN_OK && io[0].f == 42.0);
    CHECK(tn_function_pointer(fast, "fn(i64, f64) -> f64", TN_NTS, &code, NULL) == TN_OK);
    CHECK(tn_instance_enter(inst) == TN_OK);
    CHECK(((double (*)(tn_instance *, int64_t, double))code)(inst, 2, 1.5) == 3.0);
    CHECK(tn_instance_leave(inst, NULL) == TN_OK);
    CHECK(tn_instance_set_output(inst, collect, printed, finalize) == TN_OK);
    CHECK(tn_string_new(inst, "hi", TN_NTS, &arg, NULL) == TN_OK);
    CHECK(tn_call(inst, shout, &arg, 1, NULL, NULL) == TN_OK && strcmp(printed, "HI\n") == 0);
    tn_value_clear(&arg);
    tn_function_free(asks);
    tn_function_free(fast);
    tn_function_free(shout);
}

static void faults(tn_runtime *rt, tn_module *module, tn_instance *inst) {
    tn_function *endless = find(module, "endless", NULL), *pick = find(module, "pick", NULL);
    tn_module *bad = NULL;
    tn_error *err = NULL;
    tn_value args[2], ret;
    uint32_t line = 0, column = 0;
    CHECK(tn_list_new(inst, tn_type_child(tn_function_param_type(pick, 0), 0), 0, &args[0], NULL) == TN_OK);
    TN_SET_I64(&args[1], 5);
    CHECK(tn_call(inst, pick, args, 2, &ret, &err) == TN_TRAP_INDEX_OUT_OF_BOUNDS && ret.tag == TN_TAG_NONE);
    CHECK(TN_IS_TRAP(tn_error_status(err)) && tn_error_frame_count(err) == 1 &&
          tn_error_frame_line(err, 0) == 14);
    CHECK(strcmp(tn_error_frame_text(err, 0, TN_TEXT_FUNCTION, NULL), "pick") == 0);
    tn_error_free(err);
    tn_value_clear(&args[0]);
    CHECK(tn_instance_set_fuel(inst, 1000) == TN_OK);
    CHECK(tn_call(inst, endless, NULL, 0, NULL, NULL) == TN_TRAP_OUT_OF_FUEL);
    CHECK(tn_instance_set_fuel(inst, TN_FUEL_UNLIMITED) == TN_OK);
    CHECK(tn_instance_set_timeout(inst, 5) == TN_OK);
    CHECK(tn_call(inst, endless, NULL, 0, NULL, NULL) == TN_TRAP_DEADLINE_EXCEEDED);
    CHECK(tn_compile(rt, "bad.tn", TN_NTS, "fn f() -> i64 {\n  \"x\" }", TN_NTS, NULL, &bad, &err) ==
          TN_COMPILE);
    CHECK(bad == NULL && tn_error_diag_count(err) == 1);
    CHECK(tn_error_diag_pos(err, 0, &line, &column, NULL, NULL) == TN_OK && line == 2 && column == 3);
    CHECK(strcmp(tn_error_diag_text(err, 0, TN_TEXT_CODE, NULL), "TypeMismatch") == 0);
    tn_error_free(err);
    tn_function_free(endless);
    tn_function_free(pick);
}

int main(void) {
    tn_config *config = tn_config_new();
    tn_runtime *rt = NULL;
    tn_module *module = NULL;
    tn_instance *inst = NULL;
    tn_error *err = NULL;
    int payload = 0;
    CHECK((tn_abi_version() >> 16) == TN_ABI_MAJOR && tn_abi_version() >= TN_ABI_VERSION);
    CHECK(tn_config_set_u64(config, TN_CONFIG_OPT_LEVEL, 2) == TN_OK);
    CHECK(tn_config_set_u64(config, TN_CONFIG_MEMORY_LIMIT, 1 << 24) == TN_OK);
    CHECK(tn_config_set_u64(config, 4000000000u, 1) == TN_UNSUPPORTED);
    CHECK(tn_runtime_new(TN_ABI_VERSION, config, &rt, &err) == TN_OK);
    CHECK(tn_register_fn(rt, "host.twice", TN_NTS, "fn(i64) -> i64", TN_NTS, twice, &payload, finalize, 0,
                         NULL) == TN_OK);
    if (tn_compile(rt, "client.tn", TN_NTS, script, TN_NTS, config, &module, &err) != TN_OK)
        printf("%s", tn_error_render(err, 0, NULL));
    CHECK(tn_instance_new(module, config, &inst, &err) == TN_OK);
    if (inst) {
        values(module, inst);
        calls(module, inst, &payload);
        faults(rt, module, inst);
    }
    tn_runtime_free(rt);
    tn_module_free(module);
    tn_instance_free(inst);
    tn_config_free(config);
    CHECK(finalized == 2);
    CHECK(tn_live_handles() == 0);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
