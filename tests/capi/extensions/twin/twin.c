/* An extension whose types look like those of `shapes`, one of them shared by its URI. */
#include "c_api.h"

#include <stdlib.h>

static const tn_host_api* api;
static const tn_type *circle_type, *tensor_type;

static void end(void* p, void* ud) {
    (void)ud;
    free(p);
}
static const tn_host_type ops = {sizeof(tn_host_type), end, NULL, NULL, NULL, NULL, NULL};

static void* new_circle(double radius) {
    double* circle = malloc(sizeof *circle);
    *circle = -radius; /* this one means something else by it */
    return circle;
}
static double radius(void* c) { return -*(double*)c; }
static int64_t length(void* t) { return *(int64_t*)t; }
/* What it gets is its own type, and is none of the shared one. */
static tn_status steal(tn_frame* fr, const tn_value* args, size_t nargs, tn_value* ret, void* ud) {
    void* p;
    (void)fr, (void)nargs, (void)ud;
    if (api->handle_get(&args[0], circle_type, &p) != TN_OK) return TN_TRAP_HOST_ERROR;
    TN_SET_I64(ret, api->handle_get(&args[0], tensor_type, &p));
    return TN_OK;
}

TN_EXTENSION_ENTRY(const tn_host_api* host, tn_registrar* r) {
    api = host;
    api->begin(r, TN_ABI_VERSION, "twin", TN_NTS, "0.1", TN_NTS);
    api->add_type(r, "Circle", TN_NTS, NULL, 0, &ops, NULL, NULL, &circle_type);
    api->add_type(r, "Tensor", TN_NTS, "org.tenon.test.tensor/1", TN_NTS, &ops, NULL, NULL, &tensor_type);
    api->add_native(r, "circle", TN_NTS, "fn(f64) -> Circle", TN_NTS, (tn_fnptr)new_circle, NULL, NULL, 0);
    api->add_native(r, "radius", TN_NTS, "fn(Circle) -> f64", TN_NTS, (tn_fnptr)radius, NULL, NULL, 0);
    api->add_native(r, "length", TN_NTS, "fn(Tensor) -> i64", TN_NTS, (tn_fnptr)length, NULL, NULL, 0);
    return api->add_fn(r, "steal", TN_NTS, "fn(Circle) -> i64", TN_NTS, steal, NULL, NULL, 0);
}
