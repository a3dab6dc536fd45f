// Section 3 of c_api.h: the state of an instance for another one, whose module was compiled anew.
#include "capi/compound.h"
#include "capi/transfer.h"
#include "runtime/entry_points.h"

#include <algorithm>

using namespace tn;
using namespace tn::capi;

namespace {

// A variable with its new value, until all are there.
struct Moved {
    const ir::GlobalVar* var;
    const TypeInfo* type;
    std::unique_ptr<std::uint8_t[]> value; // aligned as operator new does
};

const ir::GlobalVar* find_var(const ModuleCore& module, const std::string& name) {
    for (const ir::GlobalVar& var : module.compiled->ir().globals) {
        if (!var.is_const && var.name == name) return &var;
    }
    return nullptr;
}

void release_value(InstanceCore& core, const TypeInfo& type, const std::uint8_t* at) {
    for (const Leaf& leaf : type.layout->leaves) {
        if (leaf.scalar == Scalar::Ref)
            rt::rt_release(core.context(), load_leaf(leaf.scalar, at + leaf.offset).ref);
    }
}

tn_status migrate(InstanceCore& from, InstanceCore& to) {
    std::vector<Moved> all;
    tn_status status = TN_OK;
    try {
        Transfer transfer(to);
        for (const ir::GlobalVar& var : to.module->compiled->ir().globals) {
            // Context variables are for the host to set.
            const ir::GlobalVar* old =
                var.is_const || var.is_context ? nullptr : find_var(*from.module, var.name);
            if (!old) continue;
            const TypeInfo& type = *to.module->types.get(var.type);
            if (!can_move(type) || !same_shape(type, *from.module->types.get(old->type))) continue;
            Moved& moved = all.emplace_back();
            moved.var = &var;
            moved.type = &type;
            moved.value = std::make_unique<std::uint8_t[]>(type.layout->size + std::size_t{1});
            status = transfer.copy(type, from.rt->data() + old->offset, moved.value.get());
            if (status != TN_OK) break;
        }
    } catch (const std::bad_alloc&) { status = TN_NOMEM; }
    // The old values, or on failure the new ones, are left in `value` and released.
    if (status == TN_OK) {
        for (Moved& moved : all) {
            std::uint8_t* place = to.rt->data() + moved.var->offset;
            std::swap_ranges(place, place + moved.type->layout->size, moved.value.get());
        }
    }
    for (const Moved& moved : all) {
        if (moved.value) release_value(to, *moved.type, moved.value.get());
    }
    return status;
}

} // namespace

tn_status tn_instance_migrate(tn_instance* from, tn_instance* to, tn_error** err) {
    return guarded(err, [&]() -> tn_status {
        InstanceCore* source = find_instance(from);
        InstanceCore* target = find_instance(to);
        if (!source) return report_handle(err, from, "instance");
        if (!target) return report_handle(err, to, "instance");
        if (source == target) return report(err, TN_ARG, {"an instance cannot migrate to itself"});
        if (source->is_closed() || target->is_closed())
            return report(err, TN_CLOSED, {"the instance is closed"});
        Inside inside_source(*source);
        if (inside_source.status() != TN_OK) return inside_source.report_status(err);
        Inside inside_target(*target);
        if (inside_target.status() != TN_OK) return inside_target.report_status(err);
        if (source->place == Place::Script || target->place == Place::Script)
            return report(err, TN_STATE,
                          {"the instance is running a script and cannot be changed from here"});
        const tn_status status = migrate(*source, *target);
        if (status == TN_OK) return TN_OK;
        if (status == TN_NOMEM) return report_no_memory(err);
        const bool is_limit = status == TN_TRAP_MEMORY_LIMIT;
        return report(err, status,
                      {is_limit ? "the variables need more memory than the instance may use"
                                : "the script's own hash or equality of a key failed"});
    });
}
