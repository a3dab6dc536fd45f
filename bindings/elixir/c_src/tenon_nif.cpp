// The NIF: loading, and the functions of Tenon.Native but calls. A client of c_api.h.
#include "resources.h"

#include <cstring>

namespace {

struct State {
    tn_runtime* runtime;
};

// Microseconds; a slice may last twice that.
constexpr uint64_t slice_length = 500;

// compile(source, name) and compile_path(path)
ERL_NIF_TERM compile(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
    auto* state = static_cast<State*>(enif_priv_data(env));
    ErlNifBinary source, name = {};
    if (!enif_inspect_iolist_as_binary(env, argv[0], &source)) return enif_make_badarg(env);
    if (argc == 2 && !enif_inspect_iolist_as_binary(env, argv[1], &name)) return enif_make_badarg(env);
    tn_module* module = nullptr;
    tn_error* e = nullptr;
    const tn_status status =
        argc == 2 ? tn_compile(state->runtime, chars(name), name.size, chars(source), source.size, nullptr, &module, &e)
                  : tn_compile_path(state->runtime, chars(source), source.size, nullptr, &module, &e);
    if (status != TN_OK) return failed(env, status, e);
    auto* resource = new (enif_alloc_resource(module_type, sizeof(ModuleResource))) ModuleResource(module);
    const ERL_NIF_TERM term = enif_make_resource(env, resource);
    enif_release_resource(resource);
    return ok(env, term);
}

bool set_limit(ErlNifEnv* env, ERL_NIF_TERM term, tn_config* config, uint32_t key) {
    if (enif_is_identical(term, atoms.nil)) return true;
    ErlNifUInt64 number = 0;
    return enif_get_uint64(env, term, &number) && tn_config_set_u64(config, key, number) == TN_OK;
}

// new_instance(module, fuel, memory, stack)
ERL_NIF_TERM new_instance(ErlNifEnv* env, int, const ERL_NIF_TERM argv[]) {
    void* object = nullptr;
    if (!enif_get_resource(env, argv[0], module_type, &object)) return enif_make_badarg(env);
    tn_config* config = tn_config_new();
    if (!config) return failed(env, TN_NOMEM, nullptr);
    if (!set_limit(env, argv[1], config, TN_CONFIG_FUEL) || !set_limit(env, argv[2], config, TN_CONFIG_MEMORY_LIMIT) ||
        !set_limit(env, argv[3], config, TN_CONFIG_STACK_SIZE) || tn_config_set_u64(config, TN_CONFIG_SLICE_US, slice_length) != TN_OK) {
        tn_config_free(config);
        return enif_make_badarg(env);
    }
    auto* module = static_cast<ModuleResource*>(object);
    tn_instance* instance = nullptr;
    tn_error* e = nullptr;
    const tn_status status = tn_instance_new(module->handle, config, &instance, &e);
    tn_config_free(config);
    if (status != TN_OK) return failed(env, status, e);
    auto* resource = static_cast<InstanceResource*>(enif_alloc_resource(instance_type, sizeof(InstanceResource)));
    resource->handle = instance;
    enif_keep_resource(module);
    resource->module = module;
    resource->interrupt = tn_instance_interrupt_handle(instance);
    resource->has_fuel = tn_instance_fuel(instance) != TN_FUEL_UNLIMITED;
    tn_instance_set_output(instance, collect_output, nullptr, nullptr);
    const ERL_NIF_TERM term = enif_make_resource(env, resource);
    enif_release_resource(resource);
    return ok(env, term);
}

// bind(instance, name): the function of that instance.
ERL_NIF_TERM bind(ErlNifEnv* env, int, const ERL_NIF_TERM argv[]) {
    void* object = nullptr;
    ErlNifBinary name;
    if (!enif_get_resource(env, argv[0], instance_type, &object) || !enif_inspect_binary(env, argv[1], &name))
        return enif_make_badarg(env);
    auto* instance = static_cast<InstanceResource*>(object);
    const Function* function = instance->module->find(name);
    if (!function) return not_found(env, *instance->module, name);
    auto* resource = static_cast<FunctionResource*>(enif_alloc_resource(function_type, sizeof(FunctionResource)));
    enif_keep_resource(instance);
    resource->instance = instance;
    resource->function = function;
    const ERL_NIF_TERM term = enif_make_resource(env, resource);
    enif_release_resource(resource);
    return ok(env, term);
}

// functions(module): [{name, signature, doc}]
ERL_NIF_TERM functions(ErlNifEnv* env, int, const ERL_NIF_TERM argv[]) {
    void* object = nullptr;
    if (!enif_get_resource(env, argv[0], module_type, &object)) return enif_make_badarg(env);
    tn_module* module = static_cast<ModuleResource*>(object)->handle;
    ERL_NIF_TERM list = enif_make_list(env, 0);
    for (size_t i = tn_module_function_count(module); i-- > 0;) {
        tn_function* function = nullptr;
        if (tn_module_function_at(module, i, &function) != TN_OK) continue;
        ERL_NIF_TERM parts[3];
        const char* (*getters[3])(const tn_function*, size_t*) = {tn_function_name, tn_function_signature, tn_function_doc};
        for (int p = 0; p < 3; ++p) {
            size_t length = 0;
            const char* text = getters[p](function, &length);
            parts[p] = make_binary(env, text ? text : "", text ? length : 0);
        }
        tn_function_free(function);
        list = enif_make_list_cell(env, enif_make_tuple_from_array(env, parts, 3), list);
    }
    return list;
}

ERL_NIF_TERM interrupt(ErlNifEnv* env, int, const ERL_NIF_TERM argv[]) {
    void* object = nullptr;
    if (!enif_get_resource(env, argv[0], instance_type, &object)) return enif_make_badarg(env);
    tn_interrupt_fire(static_cast<InstanceResource*>(object)->interrupt);
    return atoms.ok;
}

ERL_NIF_TERM version(ErlNifEnv* env, int, const ERL_NIF_TERM*) {
    const char* text = tn_version_string();
    return make_binary(env, text, std::strlen(text));
}

ERL_NIF_TERM live_handles(ErlNifEnv* env, int, const ERL_NIF_TERM*) { return enif_make_uint64(env, tn_live_handles()); }

int load(ErlNifEnv* env, void** priv, ERL_NIF_TERM) {
    make_atoms(env);
    auto* state = static_cast<State*>(enif_alloc(sizeof(State)));
    if (!state || !open_resource_types(env)) return 1;
    state->runtime = nullptr;
    if (tn_runtime_new(TN_ABI_VERSION, nullptr, &state->runtime, nullptr) != TN_OK) {
        enif_free(state);
        return 2;
    }
    *priv = state;
    return 0;
}

int upgrade(ErlNifEnv* env, void** priv, void**, ERL_NIF_TERM info) { return load(env, priv, info); }

void unload(ErlNifEnv*, void* priv) {
    tn_runtime_free(static_cast<State*>(priv)->runtime);
    enif_free(priv);
}

ErlNifFunc table[] = {
    {"compile", 2, compile, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"compile_path", 1, compile, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"new_instance", 4, new_instance, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"bind", 2, bind, 0},
    {"call", 3, call, 0},
    {"call", 4, call, 0},
    {"call", 5, call, 0},
    {"call", 6, call, 0},
    {"call", 7, call, 0},
    {"call_list", 4, call_list, 0},
    {"invoke", 2, invoke, 0},
    {"invoke", 3, invoke, 0},
    {"invoke", 4, invoke, 0},
    {"invoke", 5, invoke, 0},
    {"invoke", 6, invoke, 0},
    {"invoke_list", 3, invoke_list, 0},
    {"functions", 1, functions, 0},
    {"interrupt", 1, interrupt, 0},
    {"version", 0, version, 0},
    {"live_handles", 0, live_handles, 0},
};

} // namespace

ERL_NIF_INIT(Elixir.Tenon.Native, table, load, nullptr, upgrade, unload)
