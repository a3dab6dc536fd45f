// Section 4 of c_api.h: what a module declares beside functions.
#include "capi/core.h"
#include "capi/text.h"

using namespace tn;
using namespace tn::capi;

namespace {

// Variable or constant `i` of the root module.
const ir::GlobalVar* find_global_at(const ModuleCore* module, size_t i) {
    if (!module) return nullptr;
    for (const ir::GlobalVar& var : module->compiled->ir().globals) {
        if (var.is_exported && i-- == 0) return &var;
    }
    return nullptr;
}

const tn_type* type_of(ModuleCore& module, TypeId id) {
    return guarded_value<const tn_type*>(nullptr, [&] { return handle_of(module.types.get(id)); });
}

} // namespace

size_t tn_module_type_count(const tn_module* m) {
    const ModuleCore* module = find_module(m);
    return module ? module->compiled->ir().declared_types.size() : 0;
}

const tn_type* tn_module_type_at(const tn_module* m, size_t i) {
    ModuleCore* module = find_module(m);
    if (!module || i >= module->compiled->ir().declared_types.size()) return nullptr;
    return type_of(*module, module->compiled->ir().declared_types[i]);
}

size_t tn_module_global_count(const tn_module* m) {
    const ModuleCore* module = find_module(m);
    size_t count = 0;
    if (!module) return count;
    for (const ir::GlobalVar& var : module->compiled->ir().globals) count += var.is_exported;
    return count;
}

const char* tn_module_global_name(const tn_module* m, size_t i, size_t* len) {
    const ir::GlobalVar* var = find_global_at(find_module(m), i);
    return var ? give_text(var->name, len) : give_nothing(len);
}

const tn_type* tn_module_global_type(const tn_module* m, size_t i) {
    ModuleCore* module = find_module(m);
    const ir::GlobalVar* var = find_global_at(module, i);
    return var ? type_of(*module, var->type) : nullptr;
}

const char* tn_module_global_doc(const tn_module* m, size_t i, size_t* len) {
    const ir::GlobalVar* var = find_global_at(find_module(m), i);
    return var ? give_text(var->doc, len) : give_nothing(len);
}

int32_t tn_module_global_is_const(const tn_module* m, size_t i) {
    const ir::GlobalVar* var = find_global_at(find_module(m), i);
    return var && var->is_const;
}
