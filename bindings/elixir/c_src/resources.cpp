#include "resources.h"

#include <cstring>

ErlNifResourceType *module_type, *instance_type, *function_type;

namespace {

template <typename Word> uint64_t load(const char* at) {
    Word word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

// The last bytes of a text of `length` in one word; with the length, all of it if there are at most eight.
inline uint64_t last_word(const char* text, size_t length) {
    if (length >= 8) return load<uint64_t>(text + length - 8);
    if (length >= 4) return load<uint32_t>(text) << 32 | load<uint32_t>(text + length - 4);
    return length == 0 ? 0 : load<uint8_t>(text) << 16 | load<uint8_t>(text + length / 2) << 8 | load<uint8_t>(text + length - 1);
}

inline uint64_t hash_of(const char* text, size_t length) {
    constexpr uint64_t factor = 0x9E3779B97F4A7C15;
    uint64_t hash = length;
    for (size_t i = 0; i + 8 < length; i += 8) {
        hash = (hash ^ load<uint64_t>(text + i)) * factor;
        hash ^= hash >> 32;
    }
    hash = (hash ^ last_word(text, length)) * factor;
    return hash ^ hash >> 32;
}

inline bool are_equal(const char* a, const char* b, size_t length) {
    for (size_t i = 0; i + 8 < length; i += 8) {
        if (load<uint64_t>(a + i) != load<uint64_t>(b + i)) return false;
    }
    return last_word(a, length) == last_word(b, length);
}

void free_module(ErlNifEnv*, void* object) { static_cast<ModuleResource*>(object)->~ModuleResource(); }

void free_instance(ErlNifEnv*, void* object) {
    auto* resource = static_cast<InstanceResource*>(object);
    tn_interrupt_free(resource->interrupt);
    tn_instance_free(resource->handle);
    enif_release_resource(resource->module);
}

void free_function(ErlNifEnv*, void* object) { enif_release_resource(static_cast<FunctionResource*>(object)->instance); }

// The process died whose call runs on a dirty scheduler: what it started stops.
void caller_died(ErlNifEnv*, void* object, ErlNifPid*, ErlNifMonitor*) {
    tn_interrupt_fire(static_cast<InstanceResource*>(object)->interrupt);
}

} // namespace

void Function::describe(tn_function* function) {
    handle = function;
    size_t length = 0;
    const char* text = tn_function_name(function, &length);
    name = std::string_view(text, length);
    hash = hash_of(text, length);
    count = tn_function_param_count(function);
    result = tn_type_kind(tn_function_return_type(function));
    for (uint32_t i = 0; i < count; ++i) {
        const tn_tag tag = tn_type_kind(tn_function_param_type(function, i));
        if (i < most_direct) params[i] = tag;
        is_scalar = is_scalar && ::is_scalar(tag);
        has_mut = has_mut || tn_function_param_is_mut(function, i);
    }
    is_direct = count <= most_direct && is_scalar && ::is_scalar(result) && !has_mut && tn_function_is_short(function);
}

ModuleResource::ModuleResource(tn_module* compiled) : handle(compiled) {
    const size_t all = tn_module_function_count(handle);
    functions_.reset(new Function[all]);
    size_t size = 4;
    while (size < 2 * all) size *= 2;
    places_.resize(size);
    for (size_t i = 0; i < all; ++i) {
        tn_function* function = nullptr;
        if (tn_module_function_at(handle, i, &function) != TN_OK) continue;
        Function& known = functions_[count_];
        known.describe(function);
        size_t place = known.hash & (size - 1);
        while (places_[place] != 0) place = (place + 1) & (size - 1);
        places_[place] = static_cast<uint32_t>(++count_);
    }
}

ModuleResource::~ModuleResource() {
    for (size_t i = 0; i < count_; ++i) tn_function_free(functions_[i].handle);
    tn_module_free(handle);
}

const Function* ModuleResource::find(const ErlNifBinary& binary) const {
    const char* name = chars(binary);
    const size_t length = binary.size;
    const uint64_t hash = hash_of(name, length);
    const size_t mask = places_.size() - 1;
    for (size_t place = hash & mask; places_[place] != 0; place = (place + 1) & mask) {
        const Function& function = functions_[places_[place] - 1];
        if (function.hash == hash && function.name.size() == length && are_equal(function.name.data(), name, length)) return &function;
    }
    return nullptr;
}

ERL_NIF_TERM not_found(ErlNifEnv* env, const ModuleResource& module, const ErlNifBinary& name) {
    tn_function* function = nullptr;
    tn_error* e = nullptr;
    const tn_status status = tn_module_function(module.handle, chars(name), name.size, nullptr, 0, &function, &e);
    tn_function_free(function);
    return failed(env, status == TN_OK ? TN_NOMEM : status, e); // OK: its handle could not be made with the module
}

bool open_resource_types(ErlNifEnv* env) {
    const auto flags = static_cast<ErlNifResourceFlags>(ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER);
    ErlNifResourceTypeInit modules = {free_module, nullptr, nullptr, 0, nullptr};
    ErlNifResourceTypeInit instances = {free_instance, nullptr, caller_died, 0, nullptr};
    ErlNifResourceTypeInit functions = {free_function, nullptr, nullptr, 0, nullptr};
    module_type = enif_open_resource_type_x(env, "tenon_module", &modules, flags, nullptr);
    instance_type = enif_open_resource_type_x(env, "tenon_instance", &instances, flags, nullptr);
    function_type = enif_open_resource_type_x(env, "tenon_function", &functions, flags, nullptr);
    return module_type && instance_type && function_type && open_call_type(env);
}
