/* Function values: returned by scripts, kept and called by the host. */
#include "check.h"

static const char* const source =
    "record P { name: String, n: i64 }\n"
    "fn adder(n: i64) -> fn(i64) -> i64 { |x| x + n }\n"
    "fn greeter(p: P) -> fn(String) -> String { |s| f\"{s}, {p.name}!\" }\n"
    "fn twice(n: i64) -> i64 { n * 2 }\n"
    "fn plain() -> fn(i64) -> i64 { twice }\n"
    "fn apply(f: fn(i64) -> i64, x: i64) -> i64 { f(f(x)) }\n"
    "fn compose(f: fn(i64) -> i64, g: fn(i64) -> i64) -> fn(i64) -> i64 { |x| g(f(x)) }\n"
    "fn divider(n: i64) -> fn(i64) -> i64 { |x| x / n }\n"
    "fn many(n: i64) -> List[fn(i64) -> i64] { let fs = []; for i in 0..n { fs.push(|x| x * i); } fs }\n"
    "fn pairs() -> fn((i64, String), List[i64]) -> (List[i64], String)? { |p, xs| { let (n, s) = p; if n < 0 "
    "{ None } "
    "else { xs.push(n); Some((xs, s)) } } }\n"
    "fn nothing() -> fn() { || {} }\n"
    "fn maker() -> fn(i64) -> fn(i64) -> i64 { |a| |b| a * 100 + b }\n"
    "var counter: i64 = 0;\n"
    "fn bump() -> fn() -> i64 { || { counter += 1; counter } }\n"
    "var hook: fn(i64) -> i64 = |x| x;\n"
    "fn run_hook(n: i64) -> i64 { hook(n) }\n"
    "fn spin() -> fn() { || { while true {} } }\n";

static tn_value call(Setup* s, const char* name, const tn_value* args, size_t n) {
    tn_value ret;
    tn_error* err = NULL;
    STATUS_ERR(call_by_name(s, name, args, n, &ret, &err), TN_OK);
    return ret;
}
static int64_t value_call(const tn_value* f, int64_t n) {
    tn_value arg = make_i64(n), ret;
    tn_error* err = NULL;
    STATUS_ERR(tn_value_call(f, &arg, 1, &ret, &err), TN_OK);
    return ret.as.i;
}

static void calls(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    tn_value n = make_i64(5), add = call(&s, "adder", &n, 1), copy, ret, args[2], p;
    const tn_type* t = tn_value_type(s.rt, &add);
    EQUAL(add.tag, TN_TAG_FUNCTION);
    TEXT(tn_type_name(t, NULL), "fn(i64) -> i64");
    EQUAL(tn_type_child_count(t), 2);
    EQUAL(value_call(&add, 10), 15);
    STATUS(tn_value_copy(&add, &copy), TN_OK);
    tn_value_clear(&add);
    EQUAL(value_call(&copy, 11), 16);
    args[0] = copy;
    args[1] = make_i64(1);
    EQUAL(call_i64(&s, "apply", args, 2), 11);
    args[1] = call(&s, "plain", NULL, 0);
    EQUAL(value_call(&args[1], 21), 42);
    ret = call(&s, "compose", args, 2);
    tn_value_clear(&copy);
    tn_value_clear(&args[1]);
    EQUAL(value_call(&ret, 1), 12);
    tn_value_clear(&ret);
    n = make_i64(4);
    ret = call(&s, "many", &n, 1);
    STATUS(tn_list_get(&ret, 3, &copy), TN_OK);
    tn_value_clear(&ret);
    EQUAL(value_call(&copy, 7), 21);
    tn_value_clear(&copy);
    /* Captures with references. */
    args[0] = make_string(s.inst, "Ada");
    args[1] = make_i64(1);
    {
        const tn_type* record = NULL;
        STATUS_ERR(tn_module_type(s.mod, "P", 1, &record, &err), TN_OK);
        STATUS_ERR(tn_record_new(s.inst, record, args, 2, &p, &err), TN_OK);
    }
    add = call(&s, "greeter", &p, 1);
    tn_value_clear(&p);
    tn_value_clear(&args[0]);
    args[0] = make_string(s.inst, "Hello");
    STATUS_ERR(tn_value_call(&add, args, 1, &ret, &err), TN_OK);
    TEXT(tn_string_data(&ret, NULL), "Hello, Ada!");
    tn_value_clear(&ret);
    tn_value_clear(&args[0]);
    tn_value_clear(&add);
    /* Functions that give functions; variables of the instance. */
    add = call(&s, "maker", NULL, 0);
    n = make_i64(3);
    STATUS_ERR(tn_value_call(&add, &n, 1, &ret, &err), TN_OK);
    EQUAL(value_call(&ret, 4), 304);
    tn_value_clear(&ret);
    tn_value_clear(&add);
    add = call(&s, "bump", NULL, 0);
    STATUS_ERR(tn_value_call(&add, NULL, 0, &ret, &err), TN_OK);
    STATUS_ERR(tn_value_call(&add, NULL, 0, &ret, &err), TN_OK);
    EQUAL(ret.as.i, 2);
    tn_value_clear(&add);
    n = make_i64(9);
    add = call(&s, "adder", &n, 1);
    STATUS_ERR(tn_instance_set_global(s.inst, "hook", TN_NTS, &add, &err), TN_OK);
    n = make_i64(1);
    EQUAL(call_i64(&s, "run_hook", &n, 1), 10);
    tn_value_clear(&add);
    STATUS_ERR(tn_instance_get_global(s.inst, "hook", TN_NTS, &add, &err), TN_OK);
    EQUAL(value_call(&add, 2), 11);
    tn_value_clear(&add);
    tear_down(&s);
}

static void compound(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    tn_value f = call(&s, "pairs", NULL, 0), args[2], fields[2], ret, content, list;
    const tn_type* t = tn_value_type(s.rt, &f);
    int32_t some;
    size_t n;
    fields[0] = make_i64(8);
    fields[1] = make_string(s.inst, "s");
    STATUS_ERR(tn_record_new(s.inst, tn_type_child(t, 0), fields, 2, &args[0], &err), TN_OK);
    STATUS_ERR(tn_list_new(s.inst, tn_type_child(tn_type_child(t, 1), 0), 0, &args[1], &err), TN_OK);
    STATUS_ERR(tn_value_call(&f, args, 2, &ret, &err), TN_OK);
    STATUS(tn_option_get(&ret, &some, &content), TN_OK);
    EQUAL(some, 1);
    STATUS(tn_record_get(&content, 0, &list), TN_OK);
    STATUS(tn_list_len(&list, &n), TN_OK);
    EQUAL(n, 1);
    STATUS(tn_list_len(&args[1], &n), TN_OK);
    EQUAL(n, 0);
    tn_value_clear(&list);
    tn_value_clear(&content);
    tn_value_clear(&ret);
    tn_value_clear(&args[0]);
    tn_value_clear(&args[1]);
    tn_value_clear(&fields[1]);
    tn_value_clear(&f);
    tear_down(&s);
}

static void errors(void) {
    Setup s = set_up(source), other = set_up(source);
    tn_error* err = NULL;
    tn_value n = make_i64(0), f = call(&s, "divider", &n, 1), ret, args[2], foreign;
    args[0] = make_i64(1);
    args[1] = make_i64(1);
    STATUS(tn_value_call(&f, args, 1, &ret, &err), TN_TRAP_DIVISION_BY_ZERO);
    EQUAL(ret.tag, TN_TAG_NONE);
    EQUAL(tn_error_frame_count(err), 1);
    TEXT(tn_error_frame_text(err, 0, TN_TEXT_FUNCTION, NULL), "closure in divider");
    tn_error_free(err);
    STATUS(tn_value_call(&f, args, 2, &ret, &err), TN_SIGNATURE);
    CONTAINS(tn_error_message(err, NULL), "`fn(i64) -> i64` takes 1 argument, not 2");
    tn_error_free(err);
    STATUS_ERR(tn_value_call(&f, NULL, 0, &ret, &err), TN_SIGNATURE);
    STATUS_ERR(tn_value_call(&f, NULL, 1, &ret, &err), TN_ARG);
    args[0] = make_f64(1);
    STATUS(tn_value_call(&f, args, 1, &ret, &err), TN_TYPE);
    CONTAINS(tn_error_message(err, NULL), "argument 1 of `fn(i64) -> i64`: expected `i64`, found `f64`");
    tn_error_free(err);
    STATUS_ERR(tn_value_call(&n, args, 1, &ret, &err), TN_TYPE);
    STATUS_ERR(tn_value_call(NULL, args, 1, &ret, &err), TN_ARG);
    /* Wrong type of function, another instance. */
    args[0] = call(&s, "nothing", NULL, 0);
    args[1] = make_i64(1);
    STATUS_ERR(call_by_name(&s, "apply", args, 2, &ret, &err), TN_TYPE);
    tn_value_clear(&args[0]);
    foreign = call(&other, "adder", &n, 1);
    args[0] = foreign;
    STATUS_ERR(call_by_name(&s, "apply", args, 2, &ret, &err), TN_TYPE);
    /* Values outlive the handles they came from; a closed instance runs nothing. */
    tear_down(&other);
    STATUS_ERR(tn_value_call(&foreign, &n, 1, &ret, &err), TN_CLOSED);
    tn_value_clear(&foreign);
    STATUS_ERR(tn_value_call(&foreign, &n, 1, &ret, &err), TN_TYPE);
    tn_value_clear(&f);
    tear_down(&s);
}

/* Limits hold, with fuel and with interrupts, also in the interpreter. */
static void limits(void) {
    Setup s = set_up(source);
    tn_error* err = NULL;
    tn_value f = call(&s, "spin", NULL, 0), g, n = make_i64(2);
    STATUS(tn_instance_set_timeout(s.inst, 20), TN_OK);
    STATUS_ERR(tn_value_call(&f, NULL, 0, NULL, &err), TN_TRAP_DEADLINE_EXCEEDED);
    STATUS(tn_instance_set_timeout(s.inst, 0), TN_OK);
    STATUS(tn_instance_set_fuel(s.inst, 1000), TN_OK);
    STATUS_ERR(tn_value_call(&f, NULL, 0, NULL, &err), TN_TRAP_OUT_OF_FUEL);
    STATUS(tn_instance_set_fuel(s.inst, 1000), TN_OK);
    g = call(&s, "adder", &n, 1);
    EQUAL(value_call(&g, 1), 3);
    CHECK(tn_instance_fuel(s.inst) < 1000);
    tn_value_clear(&f);
    tn_value_clear(&g);
    {
        tn_config* c = tn_config_new();
        tn_instance* inst = NULL;
        STATUS(tn_config_set_u64(c, TN_CONFIG_INTERPRET, 1), TN_OK);
        STATUS_ERR(tn_instance_new(s.mod, c, &inst, &err), TN_OK);
        tn_instance_free(s.inst);
        s.inst = inst;
        g = call(&s, "adder", &n, 1);
        EQUAL(value_call(&g, 1), 3);
        tn_value_clear(&g);
        tn_config_free(c);
    }
    tear_down(&s);
}

int main(void) {
    RUN(calls);
    RUN(compound);
    RUN(errors);
    RUN(limits);
    return finish();
}
