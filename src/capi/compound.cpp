// See compound.h.
#include "capi/compound.h"

#include "runtime/entry_points.h"

#include <algorithm>
#include <cstring>

namespace tn::capi {

tn_status find_type_for(InstanceCore& core, const tn_type* handle, const TypeInfo*& out, tn_error** err) {
    const TypeInfo* type = find_type(handle);
    if (!type) return report_handle(err, handle, "type");
    out = type->can_cross ? core.module->types.import(*type) : nullptr;
    if (out) return TN_OK;
    return report(err, TN_TYPE, {"`", type->name, "` is not a type of this instance's module"});
}

tn_status find_open(tn_instance* inst, tn_value* out, InstanceCore*& core, tn_error** err) {
    core = find_instance(inst);
    if (!core) return report_handle(err, inst, "instance");
    if (!out) return report(err, TN_ARG, {"out is NULL"});
    if (core->is_closed()) return report(err, TN_CLOSED, {"the instance is closed"});
    return TN_OK;
}

tn_status begin_new(tn_instance* inst, const tn_type* t, tn_value* out, InstanceCore*& core,
                    const TypeInfo*& type, tn_error** err) {
    const tn_status status = find_open(inst, out, core, err);
    return status == TN_OK ? find_type_for(*core, t, type, err) : status;
}

tn_status finish_new(InstanceCore& core, const TypeInfo& type, rt::Object* object, tn_value& out,
                     tn_error** err) {
    const tn_status status = wrap(core, type, object, out);
    return status == TN_OK ? TN_OK : report_value_failure(core, status, err);
}

tn_status take_slots(InstanceCore& core, const TypeInfo& type, const tn_value& v, Row& row) {
    TextCopies copies(core);
    Problem problem;
    return value_to_slots(core, type, v, row.data(), true, copies, problem) ? TN_OK : problem.status;
}

bool scalars_are_valid(tn_tag elem, const std::uint8_t* data, std::size_t n) {
    if (elem == TN_TAG_BOOL) return std::all_of(data, data + n, [](std::uint8_t b) { return b <= 1; });
    if (elem != TN_TAG_CHAR) return true;
    for (std::size_t i = 0; i < n; ++i) {
        std::uint32_t c;
        std::memcpy(&c, data + i * sizeof c, sizeof c);
        if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return false;
    }
    return true;
}

tn_status copy_out(InstanceCore& core, const TypeInfo& type, const std::uint8_t* from,
                   const std::vector<std::uint32_t>* offsets, tn_value& out) {
    Row row(leaf_count(type));
    load_slots(type, from, offsets, row.data());
    const tn_status status = slots_to_value(core, type, row.data(), out);
    if (status != TN_OK) TN_SET_NONE(&out);
    return status;
}

void overwrite(InstanceCore& core, const TypeInfo& type, std::uint8_t* to,
               const std::vector<std::uint32_t>* offsets, const rt::Slot* slots) {
    Row old(leaf_count(type));
    for (std::size_t i = 0; i < leaf_count(type); ++i) {
        const Leaf& leaf = type.layout->leaves[i];
        old[i] = load_leaf(leaf.scalar, to + (offsets ? (*offsets)[i] : leaf.offset));
    }
    store_slots(type, to, offsets, slots);
    release_slots(core, type, old.data());
}

rt::Seq* writable_seq(InstanceCore& core, rt::Object*& place, std::int64_t extra) {
    rt::Context* context = core.context();
    rt::Object* list = place;
    const bool unique = list->count == 1 && rt::as_seq(list)->capacity > 0;
    if (unique) {
        if (extra <= rt::as_seq(list)->capacity - rt::as_seq(list)->length) return rt::as_seq(list);
        // Growing in place frees the list when it fails, so the room is asked for first.
        const auto wanted = static_cast<std::size_t>(rt::as_seq(list)->length + extra) * list->desc->stride;
        if (!core.rt->heap.fits(wanted)) return nullptr;
    }
    // Beside the place's reference, so that a failure leaves the place as it was.
    rt::retain(list);
    rt::Seq* changed = rt::with_room(context, list, extra);
    if (!changed) {
        context->trap_code = TrapCode::None;
        return nullptr;
    }
    place = changed;
    rt::rt_release(context, list);
    return changed;
}

rt::Box* writable_box(const Held& held) {
    auto* box = static_cast<rt::Box*>(held.object());
    if (box->count == 1) return box;
    InstanceCore& core = held.core();
    rt::Box* copy = new_box(core, held.type());
    if (!copy) {
        core.context()->trap_code = TrapCode::None;
        return nullptr;
    }
    std::memcpy(rt::box_data(copy), rt::box_data(box), held.type().desc->stride);
    rt::retain_refs(*held.type().desc, rt::box_data(copy), 1);
    held.cell->object = copy;
    rt::rt_release(core.context(), box);
    return copy;
}

} // namespace tn::capi
