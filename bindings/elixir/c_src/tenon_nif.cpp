// The NIF: resources for modules and instances, and the functions of Tenon.Native. A client of c_api.h.
//
// A call runs on the library's own stack, so a script's recursion never meets the scheduler's. It runs on a
// dirty scheduler, because a script may run long; when its process dies, the call is interrupted. Functions of scalars
// that the library knows to be short run where they are called from.
#include "terms.h"

#include <cstring>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

struct State {
    tn_runtime* runtime;
};

constexpr uint32_t max_short_params = 8;

// One that takes and answers scalars, and ends soon.
struct ShortFunction {
    tn_function* function;
    uint32_t count;
    const tn_type* params[max_short_params];
    const tn_type* result;
};

// Made when the module is compiled, and never changed: any process may look at it.
struct ModuleResource {
    tn_module* module = nullptr;
    std::unordered_map<std::string_view, ShortFunction> short_functions; // by the name that the function keeps

    explicit ModuleResource(tn_module* compiled);
    ~ModuleResource() {
        for (const auto& [name, known] : short_functions) tn_function_free(known.function);
        tn_module_free(module);
    }
};

// One instance. `busy` callers are refused by the library.
struct InstanceResource {
    tn_instance* instance;
    ModuleResource* module; // kept
    tn_interrupt* interrupt;
};

bool is_scalar(const tn_type* type) {
    const tn_tag tag = tn_type_kind(type);
    return (tag >= TN_TAG_I8 && tag <= TN_TAG_U64) || tag == TN_TAG_F32 || tag == TN_TAG_F64 || tag == TN_TAG_BOOL || tag == TN_TAG_CHAR ||
           tag == TN_TAG_UNIT;
}

// False if it is none.
bool find_short(tn_function* function, ShortFunction& known) {
    known = {function, tn_function_param_count(function), {}, tn_function_return_type(function)};
    if (known.count > max_short_params || !is_scalar(known.result) || !tn_function_is_short(function)) return false;
    for (uint32_t i = 0; i < known.count; ++i) {
        known.params[i] = tn_function_param_type(function, i);
        if (tn_function_param_is_mut(function, i) || !is_scalar(known.params[i])) return false;
    }
    return true;
}

ModuleResource::ModuleResource(tn_module* compiled) : module(compiled) {
    for (size_t i = 0; i < tn_module_function_count(module); ++i) {
        tn_function* function = nullptr;
        if (tn_module_function_at(module, i, &function) != TN_OK) continue;
        size_t length = 0;
        const char* name = tn_function_name(function, &length);
        ShortFunction known;
        if (!find_short(function, known) || !short_functions.emplace(std::string_view(name, length), known).second) tn_function_free(function);
    }
}

ErlNifResourceType* module_type;
ErlNifResourceType* instance_type;

void free_module(ErlNifEnv*, void* object) { static_cast<ModuleResource*>(object)->~ModuleResource(); }

void free_instance(ErlNifEnv*, void* object) {
    auto* resource = static_cast<InstanceResource*>(object);
    tn_interrupt_free(resource->interrupt);
    tn_instance_free(resource->instance);
    enif_release_resource(resource->module);
}

// The process that was calling died: what it started stops.
void caller_died(ErlNifEnv*, void* object, ErlNifPid*, ErlNifMonitor*) {
    tn_interrupt_fire(static_cast<InstanceResource*>(object)->interrupt);
}

ERL_NIF_TERM ok(ErlNifEnv* env, ERL_NIF_TERM term) { return enif_make_tuple2(env, atoms.ok, term); }
ERL_NIF_TERM error(ErlNifEnv* env, ERL_NIF_TERM term) { return enif_make_tuple2(env, atoms.error, term); }
ERL_NIF_TERM failed(ErlNifEnv* env, tn_status status, tn_error* e) { return error(env, error_term(env, status, e)); }

const char* chars(const ErlNifBinary& binary) { return reinterpret_cast<const char*>(binary.data); }

// What a script prints, for the caller to write to its group leader.
struct Output {
    std::string text;
    static constexpr size_t limit = size_t(16) << 20;
};

tn_status collect(void* ud, const char* p, size_t length) {
    auto* output = static_cast<Output*>(ud);
    if (output->text.size() + length > Output::limit) return TN_NOMEM;
    output->text.append(p, length);
    return TN_OK;
}

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
        !set_limit(env, argv[3], config, TN_CONFIG_STACK_SIZE)) {
        tn_config_free(config);
        return enif_make_badarg(env);
    }
    auto* module = static_cast<ModuleResource*>(object);
    tn_instance* instance = nullptr;
    tn_error* e = nullptr;
    const tn_status status = tn_instance_new(module->module, config, &instance, &e);
    tn_config_free(config);
    if (status != TN_OK) return failed(env, status, e);
    auto* resource = static_cast<InstanceResource*>(enif_alloc_resource(instance_type, sizeof(InstanceResource)));
    resource->instance = instance;
    enif_keep_resource(module);
    resource->module = module;
    resource->interrupt = tn_instance_interrupt_handle(instance);
    const ERL_NIF_TERM term = enif_make_resource(env, resource);
    enif_release_resource(resource);
    return ok(env, term);
}

ERL_NIF_TERM run(ErlNifEnv* env, InstanceResource* resource, tn_function* function, ERL_NIF_TERM list, const std::string& name) {
    const uint32_t count = tn_function_param_count(function);
    unsigned given = 0;
    if (!enif_get_list_length(env, list, &given)) return enif_make_badarg(env);
    if (given != count)
        return error(env, error_term(env, "Signature", name + " takes " + std::to_string(count) + " arguments, found " + std::to_string(given)));
    std::vector<tn_value> values(count);
    std::string message;
    ERL_NIF_TERM head, result = 0;
    bool fine = true, mut = false;
    for (uint32_t i = 0; fine && enif_get_list_cell(env, list, &head, &list); ++i) {
        size_t length = 0;
        const char* param = tn_function_param_name(function, i, &length);
        mut = mut || tn_function_param_is_mut(function, i);
        fine = to_value(env, resource->instance, tn_function_param_type(function, i), head,
                        "argument " + std::to_string(i + 1) + " (" + std::string(param, length) + ")", &values[i], message);
    }
    if (!fine) {
        result = error(env, error_term(env, "Type", message));
    } else {
        tn_value ret = {};
        tn_error* e = nullptr;
        const tn_status status = (mut ? tn_call_mut(resource->instance, function, values.data(), count, &ret, &e)
                                      : tn_call(resource->instance, function, values.data(), count, &ret, &e));
        if (status != TN_OK) {
            result = failed(env, status, e);
        } else {
            std::vector<ERL_NIF_TERM> terms(1);
            fine = from_value(env, tn_function_return_type(function), &ret, &terms[0]);
            for (uint32_t i = 0; fine && i < count; ++i) {
                if (!tn_function_param_is_mut(function, i)) continue;
                terms.push_back(0);
                fine = from_value(env, tn_function_param_type(function, i), &values[i], &terms.back());
            }
            if (!fine) result = failed(env, TN_NOMEM, nullptr);
            else result = ok(env, mut ? enif_make_tuple_from_array(env, terms.data(), static_cast<unsigned>(terms.size())) : terms[0]);
        }
        tn_value_clear(&ret);
    }
    for (tn_value& value : values) tn_value_clear(&value);
    return result;
}

// False, and nothing has been called, if the arguments are not just what the function takes: the other way says why.
bool call_short(ErlNifEnv* env, InstanceResource* resource, const ShortFunction& known, ERL_NIF_TERM list, ERL_NIF_TERM* result) {
    tn_value values[max_short_params] = {}, ret = {};
    std::string message;
    ERL_NIF_TERM head;
    for (uint32_t i = 0; i < known.count; ++i)
        if (!enif_get_list_cell(env, list, &head, &list) || !to_value(env, resource->instance, known.params[i], head, {}, &values[i], message))
            return false;
    if (!enif_is_empty_list(env, list)) return false;
    tn_error* e = nullptr;
    const tn_status status = tn_call(resource->instance, known.function, values, known.count, &ret, &e);
    ERL_NIF_TERM value = 0;
    if (status != TN_OK) *result = failed(env, status, e);
    else *result = from_value(env, known.result, &ret, &value) ? ok(env, value) : failed(env, TN_NOMEM, nullptr);
    return true;
}

ERL_NIF_TERM call_on_dirty_scheduler(ErlNifEnv* env, int, const ERL_NIF_TERM argv[]);

// call(instance, name, args, timeout_ms): {{:ok, value} | {:error, map}, printed}; nil was not printed.
ERL_NIF_TERM call(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
    void* object = nullptr;
    ErlNifBinary name;
    ErlNifUInt64 timeout = 0;
    if (!enif_get_resource(env, argv[0], instance_type, &object) || !enif_inspect_binary(env, argv[1], &name) ||
        !enif_is_list(env, argv[2]) || !enif_get_uint64(env, argv[3], &timeout))
        return enif_make_badarg(env);
    auto* resource = static_cast<InstanceResource*>(object);
    const auto& known = resource->module->short_functions;
    ERL_NIF_TERM result;
    if (const auto found = known.find(std::string_view(chars(name), name.size));
        found != known.end() && call_short(env, resource, found->second, argv[2], &result))
        return enif_make_tuple2(env, result, atoms.nil);
    return enif_schedule_nif(env, "call", ERL_NIF_DIRTY_JOB_CPU_BOUND, call_on_dirty_scheduler, argc, argv);
}

// The arguments are those of call(), which has looked at them.
ERL_NIF_TERM call_on_dirty_scheduler(ErlNifEnv* env, int, const ERL_NIF_TERM argv[]) {
    void* object = nullptr;
    ErlNifBinary name;
    ErlNifUInt64 timeout = 0;
    if (!enif_get_resource(env, argv[0], instance_type, &object) || !enif_inspect_binary(env, argv[1], &name) ||
        !enif_get_uint64(env, argv[3], &timeout))
        return enif_make_badarg(env);
    auto* resource = static_cast<InstanceResource*>(object);
    tn_function* function = nullptr;
    tn_error* e = nullptr;
    tn_status status = tn_module_function(resource->module->module, chars(name), name.size, nullptr, 0, &function, &e);
    const ERL_NIF_TERM nothing = make_binary(env, "", 0);
    if (status != TN_OK) return enif_make_tuple2(env, failed(env, status, e), nothing);

    // Whoever is inside keeps the instance for the whole call, settings included.
    status = tn_instance_enter(resource->instance);
    if (status != TN_OK) {
        tn_function_free(function);
        return enif_make_tuple2(env, failed(env, status, nullptr), nothing);
    }
    Output output;
    tn_instance_set_output(resource->instance, collect, &output, nullptr);
    tn_instance_set_timeout(resource->instance, timeout);
    ErlNifPid self;
    ErlNifMonitor monitor;
    const bool watched = enif_self(env, &self) && enif_monitor_process(env, resource, &self, &monitor) == 0;
    const ERL_NIF_TERM result = run(env, resource, function, argv[2], std::string(chars(name), name.size));
    if (watched) enif_demonitor_process(env, resource, &monitor);
    tn_instance_set_output(resource->instance, nullptr, nullptr, nullptr);
    tn_instance_leave(resource->instance, nullptr);
    tn_function_free(function);
    return enif_make_tuple2(env, result, make_binary(env, output.text.data(), output.text.size()));
}

// functions(module): [{name, signature, doc}]
ERL_NIF_TERM functions(ErlNifEnv* env, int, const ERL_NIF_TERM argv[]) {
    void* object = nullptr;
    if (!enif_get_resource(env, argv[0], module_type, &object)) return enif_make_badarg(env);
    tn_module* module = static_cast<ModuleResource*>(object)->module;
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
    const auto flags = static_cast<ErlNifResourceFlags>(ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER);
    ErlNifResourceTypeInit modules = {free_module, nullptr, nullptr, 0, nullptr};
    ErlNifResourceTypeInit instances = {free_instance, nullptr, caller_died, 0, nullptr};
    module_type = enif_open_resource_type_x(env, "tenon_module", &modules, flags, nullptr);
    instance_type = enif_open_resource_type_x(env, "tenon_instance", &instances, flags, nullptr);
    auto* state = static_cast<State*>(enif_alloc(sizeof(State)));
    if (!module_type || !instance_type || !state) return 1;
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
    {"call", 4, call, 0},
    {"functions", 1, functions, 0},
    {"interrupt", 1, interrupt, 0},
    {"version", 0, version, 0},
    {"live_handles", 0, live_handles, 0},
};

} // namespace

ERL_NIF_INIT(Elixir.Tenon.Native, table, load, nullptr, upgrade, unload)
