// Section 3 of c_api.h: config, runtime, instance.
#include "capi/call.h"
#include "capi/inside.h"
#include "capi/marshal.h"
#include "capi/text.h"
#include "runtime/entry_points.h"

#include <cstdio>
#include <optional>

using namespace tn;
using namespace tn::capi;

namespace {

// Scripts print to here; without the host's callback it is the host's stdout.
std::int32_t write_output(void* user_data, const char* bytes, std::size_t length) {
    const auto& core = *static_cast<const InstanceCore*>(user_data);
    if (core.write) return core.write(core.write_data.get(), bytes, length);
    return std::fwrite(bytes, 1, length, stdout) == length ? 0 : 1;
}

std::int32_t poll_host(void* user_data) {
    const auto& core = *static_cast<const InstanceCore*>(user_data);
    return core.poll ? core.poll(core.poll_data.get()) : 0;
}

// A change of the settings from outside of running scripts.
tn_status enter_for_change(InstanceCore& core, std::optional<Inside>& inside) {
    if (core.is_closed()) return TN_CLOSED;
    inside.emplace(core);
    if (inside->status() == TN_OK && core.place == Place::Script) return TN_STATE;
    return inside->status();
}

struct FoundGlobal {
    const ir::GlobalVar* var = nullptr;
    const TypeInfo* type = nullptr;
};

tn_status find_global(InstanceCore& core, const char* name, size_t len, FoundGlobal& out, tn_error** err) {
    std::string_view text;
    if (tn_status status = read_text(name, len, "name", text, err); status != TN_OK) return status;
    for (const ir::GlobalVar& var : core.module->compiled->ir().globals) {
        if (var.name != text) continue;
        out.var = &var;
        out.type = core.module->types.get(var.type);
        if (out.type->can_cross) return TN_OK;
        return report(err, TN_TYPE, {"the type of `", text, "` cannot cross the C API: ", out.type->name});
    }
    return report(err, TN_NOT_FOUND, {"the module has no variable or constant `", text, "`"});
}

} // namespace

// --- config ---

tn_config* tn_config_new(void) {
    return guarded_value<tn_config*>(nullptr, [] {
        auto config = std::make_unique<Config>();
        Cell* cell = new_handle(HandleKind::Config, config.get());
        if (cell) config.release();
        return reinterpret_cast<tn_config*>(cell);
    });
}

void tn_config_free(tn_config* c) { delete static_cast<Config*>(release_handle(c, HandleKind::Config)); }

tn_status tn_config_set_u64(tn_config* c, uint32_t key, uint64_t v) {
    if (!c) return TN_ARG;
    Cell* cell = find_handle(c, HandleKind::Config);
    return cell ? static_cast<Config*>(cell->object)->set(key, v) : TN_HANDLE;
}

tn_status tn_config_set_text(tn_config* c, uint32_t key, const char* p, size_t len) {
    return guarded(nullptr, [&]() -> tn_status {
        if (!c) return TN_ARG;
        Cell* cell = find_handle(c, HandleKind::Config);
        if (!cell) return TN_HANDLE;
        std::string_view text;
        if (tn_status status = read_text(p, len, "text", text, nullptr); status != TN_OK) return status;
        return static_cast<Config*>(cell->object)->set_text(key, text);
    });
}

// --- runtime ---

tn_status tn_runtime_new(uint32_t header_abi, const tn_config* c, tn_runtime** out, tn_error** err) {
    if (out) *out = nullptr;
    return guarded(err, [&] {
        const std::uint32_t major = header_abi >> 16, minor = header_abi & 0xffff;
        if (major != TN_ABI_MAJOR || minor > TN_ABI_MINOR) {
            return report(err, TN_VERSION,
                          {"the host was compiled for version ", Number(major).text(), ".",
                           Number(minor).text(), " of the C API, but this library has version ",
                           Number(TN_ABI_MAJOR).text(), ".", Number(TN_ABI_MINOR).text()});
        }
        if (!out) return report(err, TN_ARG, {"out is NULL"});
        const Config* config;
        if (!find_config(c, config)) return report_handle(err, c, "config");
        Ref<RuntimeCore> core = Ref<RuntimeCore>::adopt(new RuntimeCore);
        core->config = *config;
        Cell* cell = new_handle(HandleKind::Runtime, core.get());
        if (!cell) return report_no_memory(err);
        core.take();
        *out = reinterpret_cast<tn_runtime*>(cell);
        return TN_OK;
    });
}

tn_runtime* tn_runtime_ref(tn_runtime* rt) {
    Cell* cell = find_handle(rt, HandleKind::Runtime);
    return cell && retain_handle(cell, HandleKind::Runtime) ? rt : nullptr;
}

void tn_runtime_free(tn_runtime* rt) {
    reap_closed();
    if (void* core = release_handle(rt, HandleKind::Runtime)) static_cast<RuntimeCore*>(core)->release();
}

// --- instance ---

tn_status tn_instance_new(tn_module* m, const tn_config* limits, tn_instance** out, tn_error** err) {
    if (out) *out = nullptr;
    return guarded(err, [&] {
        reap_closed();
        ModuleCore* module = find_module(m);
        if (!module) return report_handle(err, m, "module");
        if (!out) return report(err, TN_ARG, {"out is NULL"});
        const Config* config;
        if (!find_config(limits, config)) return report_handle(err, limits, "config");
        const Config* base = &module->runtime->config;

        Ref<InstanceCore> core = Ref<InstanceCore>::adopt(new InstanceCore);
        core->module = Ref<ModuleCore>::share(module);
        core->rt = rt::Instance::create(module->compiled->program(), module->runtime->shared);
        rt::Instance& instance = *core->rt;
        instance.user_pointer = core.get();
        instance.output = write_output;
        instance.output_user_data = core.get();
        instance.poll = poll_host;
        instance.poll_user_data = core.get();
        instance.heap.set_limit(config->get(TN_CONFIG_MEMORY_LIMIT, base));
        instance.set_stack_size(config->get(TN_CONFIG_STACK_SIZE, base));
        if (const std::uint64_t seed = config->get(TN_CONFIG_HASH_SEED, base))
            instance.context.hash_seed = seed;
        if (config->get(TN_CONFIG_INTERPRET, base) != 0) core->attention.fetch_or(Interprets);
        core->timeout_ms = config->get(TN_CONFIG_TIMEOUT_MS, base);
        if (core->timeout_ms) core->attention.fetch_or(NeedsTimer, std::memory_order_relaxed);
        set_fuel(*core, config->get(TN_CONFIG_FUEL, base));
        core->slice_us = config->get(TN_CONFIG_SLICE_US, base);

        if (const ir::FuncId init = module->compiled->ir().init; init.is_valid()) {
            CallScope scope(*core);
            if (scope.status() != TN_OK) return scope.report_status(err);
            const TrapCode code = run_function(*core, init, Row(1).data());
            if (code != TrapCode::None) return report_trap(*core, code, err);
        }
        Cell* cell = new_handle(HandleKind::Instance, core.get());
        if (!cell) return report_no_memory(err);
        cell->context = core->context();
        cell->module = module;
        core->handle = cell;
        core.take();
        *out = reinterpret_cast<tn_instance*>(cell);
        return TN_OK;
    });
}

void tn_instance_free(tn_instance* inst) {
    if (void* object = release_handle(inst, HandleKind::Instance)) {
        auto* core = static_cast<InstanceCore*>(object);
        // Who entered it has no handle to leave it with any more.
        if (core->is_inside() && core->callback_depth == 0 && core->place == Place::Entered) {
            core->enter_depth = 0;
            Inside::leave_instance(*core);
        }
        close_instance(core);
    }
    reap_closed();
}

tn_status tn_instance_get_global(tn_instance* inst, const char* name, size_t len, tn_value* out,
                                 tn_error** err) {
    if (out) TN_SET_NONE(out);
    return guarded(err, [&] {
        InstanceCore* core = find_instance(inst);
        if (!core) return report_handle(err, inst, "instance");
        if (!out) return report(err, TN_ARG, {"out is NULL"});
        FoundGlobal found;
        if (tn_status status = find_global(*core, name, len, found, err); status != TN_OK) return status;
        Inside inside(*core);
        if (inside.status() != TN_OK) return inside.report_status(err);
        Row row(found.type->layout->leaves.size());
        load_slots(*found.type, core->rt->data() + found.var->offset, nullptr, row.data());
        const TypeInfo* type = found.type;
        Row content(type->layout->leaves.size());
        if (found.var->is_context) {
            if (row[0].u == 0) return report(err, TN_STATE, {"`", found.var->name, "` is not set"});
            const TypeInfo::Place& some = type->places[0];
            for (std::size_t i = 0; i < some.leaves.size(); ++i) content[i] = row[some.leaves[i]];
            type = type->children[0];
        }
        const tn_status status =
            slots_to_value(*core, *type, found.var->is_context ? content.data() : row.data(), *out);
        if (status == TN_NOMEM) return report_no_memory(err);
        if (status != TN_OK) return report(err, status, {trap_text(TrapCode::MemoryLimit)});
        return TN_OK;
    });
}

tn_status tn_instance_set_global(tn_instance* inst, const char* name, size_t len, const tn_value* v,
                                 tn_error** err) {
    return guarded(err, [&] {
        InstanceCore* core = find_instance(inst);
        if (!core) return report_handle(err, inst, "instance");
        if (!v) return report(err, TN_ARG, {"v is NULL"});
        FoundGlobal found;
        if (tn_status status = find_global(*core, name, len, found, err); status != TN_OK) return status;
        if (found.var->is_const) return report(err, TN_STATE, {"`", found.var->name, "` is a constant"});
        Inside inside(*core);
        if (inside.status() != TN_OK) return inside.report_status(err);
        const TypeInfo& type = *found.type;
        Row row(type.layout->leaves.size());
        Problem problem;
        {
            TextCopies copies(*core);
            Row content(type.layout->leaves.size());
            const bool is_context = found.var->is_context;
            const TypeInfo& wanted = is_context ? *type.children[0] : type;
            if (!value_to_slots(*core, wanted, *v, is_context ? content.data() : row.data(), true, copies, problem)) {
                return report(err, problem.status, {"`", found.var->name, "`: ", problem.text});
            }
            if (is_context) { // Some of the value
                for (std::size_t i = 0; i < type.layout->leaves.size(); ++i) row[i].u = 0;
                row[0].u = 1;
                const TypeInfo::Place& some = type.places[0];
                for (std::size_t i = 0; i < some.leaves.size(); ++i) row[some.leaves[i]] = content[i];
            }
        }
        std::uint8_t* place = core->rt->data() + found.var->offset;
        Row old(type.layout->leaves.size());
        for (std::size_t i = 0; i < type.layout->leaves.size(); ++i) {
            const Leaf& leaf = type.layout->leaves[i];
            old[i] = load_leaf(leaf.scalar, place + leaf.offset);
        }
        store_slots(type, place, nullptr, row.data());
        release_slots(*core, type, old.data());
        return TN_OK;
    });
}

tn_status tn_instance_set_output(tn_instance* inst, tn_write_fn write, void* ud, tn_finalizer fin) {
    host::UserData data(ud, fin);
    if (!inst) return TN_ARG;
    InstanceCore* core = find_instance(inst);
    if (!core) return TN_HANDLE;
    std::optional<Inside> inside;
    if (tn_status status = enter_for_change(*core, inside); status != TN_OK) return status;
    core->write = write;
    std::swap(core->write_data, data);
    inside.reset();
    return TN_OK;
}

tn_status tn_instance_set_user_data(tn_instance* inst, void* ud, tn_finalizer fin) {
    host::UserData data(ud, fin);
    if (!inst) return TN_ARG;
    InstanceCore* core = find_instance(inst);
    if (!core) return TN_HANDLE;
    std::optional<Inside> inside;
    if (tn_status status = enter_for_change(*core, inside); status != TN_OK) return status;
    std::swap(core->user_data, data);
    inside.reset();
    return TN_OK;
}

void* tn_instance_user_data(const tn_instance* inst) {
    const InstanceCore* core = find_instance(inst);
    return core ? core->user_data.get() : nullptr;
}

tn_status tn_instance_enter(tn_instance* inst) {
    if (!inst) return TN_ARG;
    InstanceCore* core = find_instance(inst);
    if (!core) return TN_HANDLE;
    if (!core->is_inside()) {
        const rt::EnterResult result = core->rt->enter();
        if (result == rt::EnterResult::NoStack) return TN_NOMEM;
        if (result == rt::EnterResult::Busy) return TN_BUSY;
        core->place = Place::Entered;
        if (core->attention.load(std::memory_order_relaxed) & CancelPending)
            core->rt->fire(rt::CancelRequested);
    } else if (core->place == Place::Script) {
        return TN_STATE;
    }
    // In a callback the script's own state goes on; the status word starts anew all the same.
    core->context()->status_word = TrapCode::None;
    ++core->enter_depth;
    return TN_OK;
}

tn_status tn_instance_leave(tn_instance* inst, tn_error** err) {
    return guarded(err, [&] {
        InstanceCore* core = find_instance(inst);
        if (!core) return report_handle(err, inst, "instance");
        if (!core->is_inside() || core->enter_depth == 0 || core->place == Place::Script) {
            return report(err, TN_STATE, {"this thread has not entered the instance"});
        }
        const TrapCode code = std::exchange(core->context()->status_word, TrapCode::None);
        tn_status status = TN_OK;
        if (code != TrapCode::None) status = report_trap(*core, code, err);
        --core->enter_depth;
        if (core->enter_depth == 0 && core->callback_depth == 0) Inside::leave_instance(*core);
        return status;
    });
}

const int32_t* tn_instance_status_word(const tn_instance* inst) {
    const InstanceCore* core = find_instance(inst);
    static_assert(sizeof(TrapCode) == sizeof(int32_t));
    return core ? reinterpret_cast<const int32_t*>(&core->context()->status_word) : nullptr;
}
