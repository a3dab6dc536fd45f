// What terms of Elixir refer to: modules, instances, and functions of instances.
#pragma once

#include "terms.h"

#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

// A function of a module, with what a call must know of it.
struct alignas(64) Function {
    static constexpr uint32_t most_direct = 8;

    tn_function* handle = nullptr;
    uint32_t count = 0;
    uint8_t result = TN_TAG_NONE;
    uint8_t params[most_direct] = {};
    bool has_mut = false;
    bool is_scalar = true;  // all parameters
    bool is_direct = false; // also the result, and it ends soon
    // For instances without and with fuel: whether its machine code is made.
    mutable std::atomic<bool> has_code[2] = {};
    uint64_t hash = 0;
    std::string_view name; // which the handle keeps

    void describe(tn_function* function);
};

// Made when the module is compiled, and never changed: any process may look at it.
class ModuleResource {
public:
    explicit ModuleResource(tn_module* compiled);
    ~ModuleResource();
    // Null if there is none.
    const Function* find(const ErlNifBinary& name) const;

    tn_module* const handle;

private:
    std::unique_ptr<Function[]> functions_;
    size_t count_ = 0;
    std::vector<uint32_t> places_; // by hash: 1 + the function's number, 0 where there is none
};

struct InstanceResource {
    tn_instance* handle;
    ModuleResource* module; // kept
    tn_interrupt* interrupt;
    bool has_fuel;
};

struct FunctionResource {
    InstanceResource* instance; // kept
    const Function* function;
};

extern ErlNifResourceType *module_type, *instance_type, *function_type;
// Also those of calls that have begun.
bool open_resource_types(ErlNifEnv* env);
bool open_call_type(ErlNifEnv* env);

inline ERL_NIF_TERM pair(ErlNifEnv* env, ERL_NIF_TERM first, ERL_NIF_TERM second) {
    const ERL_NIF_TERM both[] = {first, second};
    return enif_make_tuple_from_array(env, both, 2);
}
inline ERL_NIF_TERM ok(ErlNifEnv* env, ERL_NIF_TERM term) { return pair(env, atoms.ok, term); }
inline ERL_NIF_TERM error(ErlNifEnv* env, ERL_NIF_TERM term) { return pair(env, atoms.error, term); }
inline ERL_NIF_TERM failed(ErlNifEnv* env, tn_status status, tn_error* e) { return error(env, error_term(env, status, e)); }
// {:error, map}: the library's own words, with a suggestion.
ERL_NIF_TERM not_found(ErlNifEnv* env, const ModuleResource& module, const ErlNifBinary& name);

inline const char* chars(const ErlNifBinary& binary) { return reinterpret_cast<const char*>(binary.data); }

// An output function for tn_instance_set_output: for the call that this thread runs.
tn_status collect_output(void*, const char* text, size_t length);

// call(instance, name, timeout_ms, args...) and invoke(function, timeout_ms, args...): {:ok, value}, {:error, map}, or
// {:printed, text, one of these}. Short lists of arguments come one by one, which is faster.
ERL_NIF_TERM call(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]);
ERL_NIF_TERM call_list(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]);
ERL_NIF_TERM invoke(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]);
ERL_NIF_TERM invoke_list(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]);
