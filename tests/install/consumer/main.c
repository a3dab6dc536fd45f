/* Prints 42, and the trap of a script. */
#include <c_api.h>

#include <stdio.h>

int main(void) {
    tn_runtime *rt;
    tn_module *module;
    tn_instance *inst;
    tn_function *twice;
    tn_value arg, ret;
    tn_error *err;
    if (tn_runtime_new(TN_ABI_VERSION, NULL, &rt, &err) ||
        tn_compile(rt, "m.tn", TN_NTS, "fn twice(n: i64) -> i64 { n * 2 }", TN_NTS, NULL, &module, &err) ||
        tn_instance_new(module, NULL, &inst, &err) ||
        tn_module_function(module, "twice", TN_NTS, "fn(i64) -> i64", TN_NTS, &twice, &err) ||
        (TN_SET_I64(&arg, 21), tn_call(inst, twice, &arg, 1, &ret, &err))) {
        printf("%s", tn_error_render(err, 0, NULL));
        return 1;
    }
    printf("%d\n", (int)ret.as.i);
    TN_SET_I64(&arg, INT64_MAX);
    if (tn_call(inst, twice, &arg, 1, &ret, &err)) printf("%s", tn_error_render(err, 0, NULL));
    tn_error_free(err);
    tn_function_free(twice);
    tn_instance_free(inst);
    tn_module_free(module);
    tn_runtime_free(rt);
    return tn_live_handles() != 0;
}
