/* An extension of the tests: a type with everything that it can have, plain and generic functions. It counts
   what it makes and ends where TENON_TEST_COUNTERS says: the address of three ints. */
#include "c_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const tn_host_api* api;
static const tn_type *circle_type, *circle_list, *count_map;
static int* counters; /* made, ended, registrations ended */
static int64_t loads;
static tn_registrar *registrar;

typedef struct Circle {
    double radius;
} Circle;

static void* new_circle(double radius) {
    Circle* circle = malloc(sizeof *circle);
    circle->radius = radius;
    if (counters) ++counters[0];
    return circle;
}
static void end_circle(void* p, void* ud) {
    (void)ud;
    free(p);
    if (counters) ++counters[1];
}
static tn_status clone_circle(void* p, void* ud, void** out) {
    (void)ud;
    *out = new_circle(((Circle*)p)->radius);
    return TN_OK;
}
static int32_t equal_circles(const void* a, const void* b, void* ud) {
    (void)ud;
    return ((const Circle*)a)->radius == ((const Circle*)b)->radius;
}
static uint64_t hash_circle(const void* p, void* ud) {
    (void)ud;
    return (uint64_t)((const Circle*)p)->radius;
}
static tn_status show_circle(tn_frame* fr, const void* p, tn_value* ret, void* ud) {
    char text[64];
    (void)ud;
    snprintf(text, sizeof text, "circle of %g", ((const Circle*)p)->radius);
    return api->string_new(api->frame_instance(fr), text, TN_NTS, ret, NULL);
}
static const tn_host_type circle_ops = {sizeof(tn_host_type), end_circle,  clone_circle, equal_circles,
                                        hash_circle,          show_circle, NULL};
static void end_tensor(void* p, void* ud) {
    (void)ud;
    free(p);
}
static const tn_host_type tensor_ops = {sizeof(tn_host_type), end_tensor, NULL, NULL, NULL, NULL, NULL};
static void end_registration(void* ud) {
    (void)ud;
    if (counters) ++counters[2];
}

/* Plain functions. */
static double radius_of(void* c) { return ((Circle*)c)->radius; }
static void* add_circles(void* a, void* b) { return new_circle(((Circle*)a)->radius + ((Circle*)b)->radius); }
static double area(void* c) { return 3.0 * ((Circle*)c)->radius * ((Circle*)c)->radius; }
static tn_status checked(double radius, void** out) {
    if (radius < 0) return 1234;
    *out = new_circle(radius);
    return TN_OK;
}
static double sum(const double* xs, size_t n) {
    double total = 0;
    size_t i;
    for (i = 0; i < n; ++i) total += xs[i];
    return total;
}
static int64_t loaded(void) { return loads; }
static void* new_tensor(int64_t n) {
    int64_t* tensor = malloc(sizeof *tensor);
    *tensor = n;
    return tensor;
}

/* The registrar is dead once the entry has returned. */
static int64_t late(int64_t how) {
    const tn_type *type;
    switch (how) {
    case 0: return api->add_native(registrar, "late", TN_NTS, "fn()", TN_NTS, (tn_fnptr)late, NULL, end_registration, 0);
    case 1: return api->add_type(registrar, "Late", TN_NTS, NULL, 0, NULL, NULL, end_registration, &type);
    case 2: return api->find_type(registrar, "i64", TN_NTS, &type);
    case 3: return api->fail(registrar, 1, "", 0);
    case 4: return api->begin(registrar, TN_ABI_VERSION, "shapes", TN_NTS, "1.0", TN_NTS);
    default: return api->add_fn(NULL, "late", TN_NTS, "fn()", TN_NTS, NULL, NULL, end_registration, 0);
    }
}

/* Generic ones. */
static tn_status grow(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    void* p;
    tn_status s = api->handle_get(&args[0], circle_type, &p);
    (void)fr, (void)nargs, (void)ret, (void)ud;
    if (s == TN_OK) ((Circle*)p)->radius += args[1].as.f;
    return s;
}
static tn_status total(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    size_t n = 0, i;
    double sum_of = 0;
    (void)fr, (void)nargs, (void)ud;
    api->list_len(&args[0], &n);
    for (i = 0; i < n; ++i) {
        tn_value item;
        void* p;
        tn_status s = api->list_get(&args[0], i, &item);
        if (s != TN_OK) return s;
        s = api->handle_get(&item, circle_type, &p);
        if (s == TN_OK) sum_of += ((Circle*)p)->radius;
        api->value_clear(&item);
        if (s != TN_OK) return s;
    }
    TN_SET_F64(ret, sum_of);
    return TN_OK;
}
static void end_payload(void* payload) { ++*(int*)payload; }
static tn_status refuse(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    size_t len;
    const char* why = api->string_data(&args[0], &len);
    (void)nargs, (void)ret, (void)ud;
    return api->frame_fail(fr, 1500, why, len, counters ? &counters[2] : NULL, counters ? end_payload : NULL);
}
static tn_status apply(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    tn_error* err = NULL;
    (void)nargs, (void)ud;
    if (api->value_call(&args[0], &args[1], 1, ret, &err) == TN_OK) return TN_OK;
    return api->frame_fail_error(fr, err);
}
static tn_status counts(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    const tn_type *string = api->type_child(count_map, 0), *number = api->type_child(count_map, 1);
    size_t n = 0, i;
    tn_status s = api->map_new(api->frame_instance(fr), string, number, ret, NULL);
    (void)nargs, (void)ud;
    if (s == TN_OK) s = api->list_len(&args[0], &n);
    for (i = 0; i < n && s == TN_OK; ++i) {
        tn_value word, count;
        s = api->list_get(&args[0], i, &word);
        if (s != TN_OK) break;
        if (api->map_get(ret, &word, &count) != TN_OK) TN_SET_I64(&count, 0);
        ++count.as.i;
        s = api->map_set(ret, &word, &count);
        api->value_clear(&word);
    }
    return s;
}
static tn_status several(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    tn_instance* inst = api->frame_instance(fr);
    int64_t i;
    tn_status s = api->list_new(inst, api->type_child(circle_list, 0), 0, ret, NULL);
    (void)nargs, (void)ud;
    for (i = 0; i < args[0].as.i && s == TN_OK; ++i) {
        tn_value circle;
        s = api->handle_new(inst, circle_type, new_circle((double)i), &circle, NULL);
        if (s == TN_OK) s = api->list_push(ret, &circle);
        api->value_clear(&circle);
    }
    return s;
}

TN_EXTENSION_ENTRY(const tn_host_api* host, tn_registrar* r) {
    const char* where = getenv("TENON_TEST_COUNTERS");
    const tn_type* tensor;
    api = host;
    registrar = r;
    counters = where ? (int*)(size_t)strtoull(where, NULL, 16) : NULL;
    ++loads;
    api->begin(r, TN_ABI_VERSION, "shapes", TN_NTS, "1.2.0", TN_NTS);
    api->add_type(r, "Circle", TN_NTS, NULL, 0, &circle_ops, NULL, end_registration, &circle_type);
    api->add_type(r, "Tensor", TN_NTS, "org.tenon.test.tensor/1", TN_NTS, &tensor_ops, NULL, NULL, &tensor);
    api->find_type(r, "List[Circle]", TN_NTS, &circle_list);
    api->find_type(r, "Map[String, i64]", TN_NTS, &count_map);
    api->add_native(r, "circle", TN_NTS, "fn(f64) -> Circle", TN_NTS, (tn_fnptr)new_circle, NULL,
                    end_registration, 0);
    api->add_native(r, "radius_of", TN_NTS, "fn(Circle) -> f64", TN_NTS, (tn_fnptr)radius_of, NULL, NULL,
                    TN_FN_PURE);
    api->add_native(r, "Circle.add", TN_NTS, "fn(Circle, Circle) -> Circle", TN_NTS, (tn_fnptr)add_circles,
                    NULL, NULL, 0);
    api->add_native(r, "Circle.area", TN_NTS, "fn(Circle) -> f64", TN_NTS, (tn_fnptr)area, NULL, NULL,
                    TN_FN_PURE);
    api->add_native(r, "checked", TN_NTS, "fn(f64) -> Circle", TN_NTS, (tn_fnptr)checked, NULL, NULL,
                    TN_FN_STATUS);
    api->add_native(r, "sum", TN_NTS, "fn(Slice[f64]) -> f64", TN_NTS, (tn_fnptr)sum, NULL, NULL, 0);
    api->add_native(r, "loaded", TN_NTS, "fn() -> i64", TN_NTS, (tn_fnptr)loaded, NULL, NULL, 0);
    api->add_native(r, "late", TN_NTS, "fn(i64) -> i64", TN_NTS, (tn_fnptr)late, NULL, NULL, 0);
    api->add_native(r, "tensor", TN_NTS, "fn(i64) -> Tensor", TN_NTS, (tn_fnptr)new_tensor, NULL, NULL, 0);
    api->add_fn(r, "grow", TN_NTS, "fn(mut Circle, f64)", TN_NTS, grow, NULL, NULL, 0);
    api->add_fn(r, "total", TN_NTS, "fn(List[Circle]) -> f64", TN_NTS, total, NULL, NULL, 0);
    api->add_fn(r, "refuse", TN_NTS, "fn(String) -> i64", TN_NTS, refuse, NULL, NULL, 0);
    api->add_fn(r, "apply", TN_NTS, "fn(fn(i64) -> i64, i64) -> i64", TN_NTS, apply, NULL, NULL, 0);
    api->add_fn(r, "counts", TN_NTS, "fn(List[String]) -> Map[String, i64]", TN_NTS, counts, NULL, NULL, 0);
    return api->add_fn(r, "several", TN_NTS, "fn(i64) -> List[Circle]", TN_NTS, several, NULL,
                       end_registration, 0);
}
