/* Random sequences of calls over a pool of handles and values, alive, dead and of every kind: nothing may
   crash, and when everything is freed nothing is left. Each round has a seed, which a failure names. Callbacks, what
   shows and ends a host's values, and C function pointers of scripts go on with the same sequence inside.
   usage: capi_sequence [seconds [seed]] */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { POOL = 24, VALUES = 32, CLOSURES = 4, STEPS = 400, ROUNDS = 120, MAX_DEPTH = 6 };

static const char *const sources[] = {
    "record P { n: i64, s: String }\nvar kept: List[String] = [];\n"
    "fn keep(s: String) -> i64 { kept.push(s); kept.len() }\n"
    "fn make(n: i64) -> P { P { n: n, s: f\"{n}\" } }\nfn read(p: P) -> String { p.s + \"!\" }\n"
    "fn list(n: i64) -> List[P] { let xs: List[P] = []; for i in 0..n % 20 { xs.push(make(i)); } xs }\n"
    "fn hold(h: H) -> List[H] { [h, h] }\nfn same(h: H) -> String { f\"{h} {h == h}\" }\n"
    "fn hooked(n: i64) -> i64 { let s = f\"{n}\"; let xs = [s, s + \".\"]; let h = hook(n); xs.push(s); h + xs.len() }\n"
    "fn trap(xs: List[P]) -> P { let s = xs[0].s; xs[s.len() + 5] }\n"
    "fn change(mut xs: List[P], mut s: String) -> i64 { s += \"x\"; xs.push(make(s.len())); xs.len() }\n",
    "fn maybe(n: i64) -> (String, i64)? { if n % 2 == 0 { Some((f\"{n}\", n)) } else { None } }\n"
    "fn take(x: (String, i64)?) -> i64 { match x { Some((s, n)) => s.len() + n, None => 0 } }\n"
    "fn spin() { while true {} }\nfn deep(n: i64) -> i64 { deep(n + 1) + 1 }\n"
    "enum E { A, B(i64, E), C { s: Map[String, List[i64]] } }\nvar table: Map[String, List[i64]] = Map.new();\n"
    "fn put(mut m: Map[String, List[i64]], s: String) -> i64 { m.insert(s, [1, 2]); table = m; m.len() }\n"
    "fn enums(n: i64) -> List[E] { [E.A, E.B(n, E.C { s: table }), E.C { s: Map{\"k\": [n]} }] }\n"
    "fn adder(n: i64) -> fn(i64) -> i64 { |x| x + n }\nfn apply(f: fn(i64) -> i64) -> i64 { f(1) / f(-2) }\n"
    "fn nested(n: i64) -> i64 { let m = Map{n: f\"{n}\"}; for i in 0..3 { m.insert(hook(i), \"x\"); } m.len() + hook(n) }\n"
    "fn count(xs: List[i64]) -> Set[i64] { let s = Set.new(); for x in xs { s.insert(x); } s }\n"
    "fn words(s: String) -> List[String] { s.split(\"1\") }\nfn join(xs: List[String]) -> String { let o = \"\"; "
    "for x in xs { o += x; } o }\n"};

/* A type of the host's, whose values are counted. */
static long made, ended;
static void end_value(void *p, void *ud) {
    (void)ud;
    ++ended;
    free(p);
}
static int32_t same_value(const void *a, const void *b, void *ud) {
    (void)ud;
    return a == b;
}
static int depth; /* of callbacks */
static tn_frame *frame;
static void step(void);
static uint32_t random_number(uint32_t below);
static void put(void *h);

/* Goes on with the sequence while scripts wait. */
static void steps_inside(void) {
    if (depth >= MAX_DEPTH) return;
    ++depth;
    for (uint32_t i = random_number(24); i > 0; --i) step();
    --depth;
}
static tn_status hook(tn_frame *fr, const tn_value *args, size_t nargs, tn_value *ret, void *ud) {
    tn_frame *outer = frame;
    (void)nargs, (void)ud;
    frame = fr;
    steps_inside();
    frame = outer;
    if (random_number(6) == 0) { /* answers later, if a task calls it */
        tn_completion *c = NULL;
        if (tn_frame_suspend(fr, &c) == TN_OK) {
            put(c);
            return TN_PENDING;
        }
    }
    if (random_number(12) == 0) return tn_frame_fail(fr, (tn_status)random_number(2000), "hooked", TN_NTS, NULL, NULL);
    if (random_number(12) == 0) return (tn_status)random_number(70);
    if (random_number(12) == 0) return TN_OK;
    TN_SET_I64(ret, args[0].as.i + 1);
    return TN_OK;
}
static tn_status show_value(tn_frame *fr, const void *p, tn_value *ret, void *ud) {
    (void)p, (void)ud;
    steps_inside();
    return tn_string_new(tn_frame_instance(fr), "H", 1, ret, NULL);
}
static tn_runtime *runtime_with_type(void) {
    tn_runtime *rt = NULL;
    const tn_type *type;
    tn_host_type ops;
    memset(&ops, 0, sizeof ops);
    ops.struct_size = sizeof ops;
    ops.finalize = end_value;
    ops.equal = same_value;
    ops.to_text = show_value;
    if (tn_runtime_new(TN_ABI_VERSION, NULL, &rt, NULL) == TN_OK) {
        STATUS(tn_register_type(rt, "H", 1, NULL, 0, &ops, NULL, NULL, &type, NULL), TN_OK);
        STATUS(tn_register_fn(rt, "hook", TN_NTS, "fn(i64) -> i64", TN_NTS, hook, NULL, NULL, 0, NULL), TN_OK);
    }
    return rt;
}

static uint64_t state;
static uint32_t random_number(uint32_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) % below);
}

static void *pool[POOL]; /* anything: runtimes, modules, instances, functions, interrupts, errors, types */
static tn_value values[VALUES];
static struct {
    tn_closure *closure;
    int64_t (*code)(int64_t);
    int running;
} closures[CLOSURES];

/* Two instances that live as long as the sequence, with their functions: calls of these mostly run. */
static Setup base[2];
static tn_function *base_functions[2][16];
static uint32_t function_count[2];

static void *any(void) { return pool[random_number(POOL)]; }
static void **slot(void) { return &pool[random_number(POOL)]; }
static tn_value *value(void) { return &values[random_number(VALUES)]; }

static void free_all_kinds(void *h) {
    tn_error_free(h);
    tn_iter_free(h);
    tn_config_free(h);
    tn_interrupt_free(h);
    tn_task_free(h);
    tn_completion_free(h);
    tn_function_free(h);
    tn_instance_free(h);
    tn_module_free(h);
    tn_runtime_free(h);
}

/* Puts a new handle into the pool; what was there is freed first, whatever it is. */
static void put(void *h) {
    void **place = slot();
    if (!h) return;
    free_all_kinds(*place);
    *place = h;
}

static void put_value(tn_value v) {
    tn_value *place = value();
    tn_value_clear(place);
    *place = v;
}

static void step(void) {
    tn_error *err = NULL;
    tn_value out, args[2];
    void *h = NULL;
    const tn_type *t = NULL;
    tn_fnptr p;
    size_t n;
    int32_t some;
    tn_column column, other;
    TN_SET_NONE(&out);
    switch (random_number(88)) {
    case 0:
        if (random_number(4) == 0) put(runtime_with_type());
        break;
    case 1:
        if (random_number(6) == 0) {
            tn_compile(any(), "r.tn", TN_NTS, sources[random_number(2)], TN_NTS, NULL, (tn_module **)&h, &err);
            put(h);
        }
        break;
    case 2:
    case 3:
        if (tn_instance_new(any(), NULL, (tn_instance **)&h, &err) == TN_OK) {
            tn_instance_set_fuel(h, 20000);
            tn_instance_set_memory_limit(h, 1 << 20);
            put(h);
        }
        break;
    case 4:
    case 5:
    case 6: tn_module_function_at(any(), random_number(12), (tn_function **)&h), put(h); break;
    case 7: put(tn_instance_interrupt_handle(any())); break;
    case 8: tn_interrupt_fire(any()); break;
    case 9: free_all_kinds(any()); break;
    case 10: tn_value_clear(value()); break;
    case 11:
        if (tn_string_new(any(), "some 1 text 1 of 1 it", random_number(20), &out, &err) == TN_OK) put_value(out);
        break;
    case 12:
        tn_type_parse(any(), random_number(2) ? "(String, i64)?" : "String", TN_NTS, &t, &err);
        if (t && tn_list_new(any(), t, random_number(9), &out, &err) == TN_OK) put_value(out);
        break;
    case 13:
        t = tn_function_param_type(any(), 0);
        tn_list_new(any(), t, 0, &out, &err), put_value(out);
        break;
    case 14: tn_list_push(value(), value()); break;
    case 15: tn_list_set(value(), random_number(4), value()); break;
    case 16: tn_list_get(value(), random_number(4), &out), put_value(out); break;
    case 17: tn_value_copy(value(), &out), put_value(out); break;
    case 18: tn_record_get(value(), random_number(3), &out), put_value(out); break;
    case 19: tn_record_set(value(), random_number(3), value()); break;
    case 20: tn_option_get(value(), &some, &out), put_value(out); break;
    case 21: tn_option_new(any(), tn_function_param_type(any(), 0), value(), &out, &err), put_value(out); break;
    case 22:
        args[0] = *value();
        args[1] = *value();
        tn_record_new(any(), tn_function_return_type(any()), args, 2, &out, &err), put_value(out);
        break;
    case 23: tn_instance_get_global(any(), "kept", TN_NTS, &out, &err), put_value(out); break;
    case 24: tn_instance_set_global(any(), "kept", TN_NTS, value(), &err); break;
    case 25: put(err ? NULL : tn_error_new((tn_status)random_number(60), "made", 4)); break;
    case 26: tn_function_pointer(any(), "fn(i64) -> i64", TN_NTS, &p, &err); break;
    case 27:
        if (tn_instance_enter(any()) == TN_OK && random_number(2)) tn_instance_leave(any(), &err);
        break;
    case 28: tn_instance_leave(any(), &err); break;
    case 29: {
        /* Two different values: one struct twice would be two owners of one. */
        tn_value *a = value(), *b = value();
        if (a == b) break;
        args[0] = *a;
        args[1] = *b;
        TN_SET_NONE(a);
        TN_SET_NONE(b);
        tn_call_mut(any(), any(), args, 2, &out, &err);
        *a = args[0];
        *b = args[1];
        put_value(out);
        break;
    }
    case 30: tn_instance_get_global(any(), "table", TN_NTS, &out, &err), put_value(out); break;
    case 31: tn_instance_set_global(any(), "table", TN_NTS, value(), &err); break;
    case 32: tn_map_set(value(), value(), value()); break;
    case 33: {
        tn_value text;
        TN_SET_NONE(&text);
        tn_string_new(any(), "key!", random_number(5), &text, NULL);
        if (random_number(3)) tn_map_set(value(), &text, value());
        else tn_map_remove(value(), &text);
        tn_value_clear(&text);
        break;
    }
    case 34: tn_map_get(value(), value(), &out), put_value(out); break;
    case 35: tn_map_iter(value(), (tn_iter **)&h), put(h); break;
    case 36:
    case 37:
        if (tn_iter_next(any(), &out, &args[0]) == TN_OK) put_value(out), put_value(args[0]);
        break;
    case 38:
        tn_map_new(any(), tn_function_param_type(any(), 0), random_number(2) ? tn_function_return_type(any()) : NULL, &out,
                   &err);
        put_value(out);
        break;
    case 39: tn_enum_payload(value(), random_number(3), &out), put_value(out); break;
    case 40:
        t = tn_module_type_at(any(), 0);
        args[0] = *value();
        args[1] = *value();
        tn_enum_new(any(), t, random_number(4), args, random_number(3), &out, &err), put_value(out);
        break;
    case 41:
        TN_SET_I64(&args[0], random_number(5));
        if (tn_value_call(value(), args, random_number(3) ? 1 : 2, &out, &err) == TN_OK) put_value(out);
        break;
    case 42: tn_instance_migrate(any(), any(), &err); break;
    case 43: {
        static int64_t shared[4] = {1, 2, 3, 4};
        if (tn_list_wrap(any(), TN_TAG_I64, shared, random_number(5), 0, NULL, NULL, &out, &err) == TN_OK) put_value(out);
        break;
    }
    case 44:
    case 45: tn_list_pin(value(), random_number(2), &column, &n); break;
    case 46:
    case 47: tn_list_unpin(value()); break;
    case 48: {
        int64_t in[3] = {1, 2, 3}, results[3];
        column.tag = TN_TAG_I64;
        column.flags = 0;
        column.data = in;
        column.stride = 8;
        other = column;
        other.data = results;
        tn_call_batch(any(), any(), random_number(4), &column, 1, &other, &n, &err);
        break;
    }
    case 49:
    case 50: {
        tn_module_type(any(), random_number(4) ? "H" : "i64", TN_NTS, &t, &err);
        if (!t) break;
        void *made_value = tn_type_kind(t) == TN_TAG_HANDLE ? malloc(8) : NULL;
        if (made_value) ++made;
        if (tn_handle_new(any(), t, made_value, &out, NULL) == TN_OK) put_value(out);
        break;
    }
    case 51: tn_handle_close(value()); break;
    case 52:
        tn_module_type(any(), "H", TN_NTS, &t, &err);
        tn_handle_get(value(), t, &h);
        break;
    case 53: {
        uint32_t i = random_number(CLOSURES);
        tn_closure *made_closure = NULL;
        if (closures[i].running) break; /* its code is on the stack */
        if (tn_closure_new(any(), any(), &made_closure, &p, &err) != TN_OK) break;
        /* Of the types that there are, only this one is called. */
        tn_closure_free(closures[i].closure);
        closures[i].closure = made_closure;
        closures[i].code = NULL;
        break;
    }
    case 54:
    case 55: {
        uint32_t i = random_number(CLOSURES);
        tn_function *f = base_functions[0][random_number(function_count[0])];
        const char *sig = tn_function_signature(f, &n);
        if (closures[i].running) break;
        if (sig && strcmp(sig, "fn(i64) -> i64") == 0) {
            tn_closure *made_closure = NULL;
            if (tn_closure_new(base[0].inst, f, &made_closure, &p, &err) == TN_OK) {
                tn_closure_free(closures[i].closure);
                closures[i].closure = made_closure;
                closures[i].code = (int64_t (*)(int64_t))p;
            }
        }
        break;
    }
    case 56:
    case 57: {
        uint32_t i = random_number(CLOSURES);
        if (!closures[i].code) break;
        ++closures[i].running;
        closures[i].code(random_number(100));
        --closures[i].running;
        tn_closure_take_error(closures[i].closure, &err);
        break;
    }
    case 58:
    case 59:
        TN_SET_I64(&args[0], random_number(100));
        n = random_number(2);
        if (tn_frame_call(frame, random_number(3) ? base_functions[n][random_number(function_count[n])] : any(), args, 1,
                          &out, &err) == TN_OK)
            put_value(out);
        break;
    case 60: tn_frame_fail(random_number(2) ? frame : any(), (tn_status)random_number(2000), "f", 1, NULL, NULL); break;
    case 61: tn_instance_set_fuel(any(), random_number(40000)); break;
    case 62:
    case 63:
        args[0] = *value();
        if (random_number(3)) TN_SET_I64(&args[0], random_number(1000));
        n = random_number(2);
        tn_instance_set_fuel(base[n].inst, 20000);
        if (random_number(3))
            tn_task_start(base[n].inst, base_functions[n][random_number(function_count[n])], args, 1, (tn_task **)&h, &err);
        else
            tn_task_start(any(), any(), args, 1, (tn_task **)&h, &err);
        tn_task_resume(h, random_number(20), &out, NULL);
        put_value(out);
        put(h);
        break;
    case 64:
    case 65:
    case 66:
    case 67:
        if (tn_task_resume(any(), random_number(3) ? TN_FUEL_UNLIMITED : random_number(50), &out, &err) == TN_OK)
            put_value(out);
        break;
    case 68: tn_task_cancel(any()); break;
    case 69:
        if (random_number(2)) tn_completion_resolve(any(), value());
        else TN_SET_I64(&args[0], 5), tn_completion_resolve(any(), args);
        break;
    case 70: tn_completion_reject(any(), tn_error_new(1500, "rejected", TN_NTS)); break;
    default:
        args[0] = *value();
        if (random_number(2)) TN_SET_I64(&args[0], random_number(1000));
        n = random_number(2);
        if (random_number(4) == 0) {
            if (tn_call(any(), any(), args, 1, &out, &err) == TN_OK) put_value(out);
            break;
        }
        tn_instance_set_fuel(base[n].inst, 20000);
        if (tn_call(base[n].inst, base_functions[n][random_number(function_count[n])], args, 1, &out, &err) == TN_OK)
            put_value(out);
        break;
    }
    tn_string_data(value(), &n);
    tn_value_type(any(), value());
    tn_type_name(tn_function_return_type(any()), &n);
    if (err && random_number(2)) tn_error_render(err, 0, NULL);
    if (err && random_number(8) == 0) put(err);
    else tn_error_free(err);
}

/* False when something is left. */
static int sequence(uint64_t seed) {
    int i;
    state = seed;
    /* Something to begin with. */
    for (i = 0; i < 2; ++i) {
        Setup s;
        s.rt = runtime_with_type();
        s.mod = compile(s.rt, sources[i]);
        s.inst = instance(s.mod);
        pool[3 * i] = s.rt;
        pool[3 * i + 1] = s.mod;
        pool[3 * i + 2] = s.inst;
        tn_instance_set_fuel(s.inst, 20000);
        tn_instance_set_memory_limit(s.inst, 1 << 20);
        for (uint32_t k = 0; k < 8; ++k) {
            tn_function *f = NULL;
            tn_module_function_at(s.mod, k, &f);
            pool[6 + 8 * (uint32_t)i + k] = f;
        }
        base[i].rt = runtime_with_type();
        base[i].mod = compile(base[i].rt, sources[i]);
        base[i].inst = instance(base[i].mod);
        tn_instance_set_memory_limit(base[i].inst, 1 << 20);
        function_count[i] = (uint32_t)tn_module_function_count(base[i].mod);
        CHECK(function_count[i] <= 16);
        for (uint32_t k = 0; k < function_count[i]; ++k) tn_module_function_at(base[i].mod, k, &base_functions[i][k]);
    }
    for (i = 0; i < STEPS; ++i) step();
    for (i = 0; i < CLOSURES; ++i) {
        tn_closure_free(closures[i].closure);
        memset(&closures[i], 0, sizeof closures[i]);
    }
    for (i = 0; i < VALUES; ++i) tn_value_clear(&values[i]);
    for (i = 0; i < POOL; ++i) {
        free_all_kinds(pool[i]);
        pool[i] = NULL;
    }
    for (i = 0; i < 2; ++i) {
        for (uint32_t k = 0; k < function_count[i]; ++k) tn_function_free(base_functions[i][k]);
        tear_down(&base[i]);
    }
    EQUAL(ended, made);
    if (tn_live_handles() == 0) return 1;
    printf("  seed %llu leaves %llu handles\n", (unsigned long long)seed, (unsigned long long)tn_live_handles());
    CHECK(tn_live_handles() == 0);
    return 0;
}

static long seconds;
static uint64_t first_seed = 1;
static void sequences(void) {
    const time_t end = time(NULL) + seconds;
    uint64_t round;
    for (round = 0; seconds ? time(NULL) < end : round < ROUNDS; ++round) {
        uint64_t seed = 0x9e3779b97f4a7c15u * (first_seed + round);
        if (!sequence(seed)) return;
    }
    if (seconds) printf("  %llu sequences\n", (unsigned long long)round);
}

int main(int argc, char **argv) {
    if (argc > 1) seconds = strtol(argv[1], NULL, 10);
    if (argc > 2) first_seed = strtoull(argv[2], NULL, 10);
    RUN(sequences);
    return finish();
}
