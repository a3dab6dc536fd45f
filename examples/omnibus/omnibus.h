/* What every host of the omnibus begins and ends with: a script, compiled, with an instance. */
#ifndef TENON_OMNIBUS_H
#define TENON_OMNIBUS_H

#include "c_api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct script {
    tn_runtime *runtime;
    tn_module *module;
    tn_instance *instance;
};

/* Ends the program where an example cannot go on. A pointer to the error: it is set by the call in the first argument. */
static void must(tn_status status, tn_error **error) {
    if (status == TN_OK) return;
    fprintf(stderr, "%s\n", error && *error ? tn_error_render(*error, 0, NULL) : tn_status_name(status));
    exit(1);
}

static struct script open_script(const char *path) {
    struct script s;
    tn_error *error = NULL;
    must(tn_runtime_new(TN_ABI_VERSION, NULL, &s.runtime, &error), &error);
    must(tn_compile_path(s.runtime, path, TN_NTS, NULL, &s.module, &error), &error);
    must(tn_instance_new(s.module, NULL, &s.instance, &error), &error);
    return s;
}

static tn_function *find(const struct script *s, const char *name, const char *signature) {
    tn_function *found;
    tn_error *error = NULL;
    must(tn_module_function(s->module, name, TN_NTS, signature, TN_NTS, &found, &error), &error);
    return found;
}

/* The exit status: 1 if something was not given back. */
static int close_script(struct script *s) {
    tn_instance_free(s->instance);
    tn_module_free(s->module);
    tn_runtime_free(s->runtime);
    return tn_live_handles() != 0;
}

#endif
