// Section 6 of c_api.h: lists whose memory the host has or sees.
#include "capi/compound.h"
#include "host/registry.h"
#include "runtime/wrapped_list.h"

using namespace tn;
using namespace tn::capi;

namespace {

void set_pins(const Held& held, std::uint32_t pins) {
    held.cell->next.store(pins, std::memory_order_relaxed);
}
std::uint32_t pins_of(const Held& held) { return held.cell->next.load(std::memory_order_relaxed); }

} // namespace

tn_status tn_list_wrap(tn_instance* inst, tn_tag elem, void* data, size_t n, uint32_t flags, void* ud,
                       tn_finalizer fin, tn_value* out, tn_error** err) {
    if (out) TN_SET_NONE(out);
    host::UserData memory(ud, fin); // runs the finalizer unless the list takes it over
    return guarded(err, [&]() -> tn_status {
        InstanceCore* core = nullptr;
        if (tn_status status = find_open(inst, out, core, err); status != TN_OK) return status;
        if (flags != 0) return report(err, TN_UNSUPPORTED, {"unknown flags"});
        if (!is_scalar_tag(elem)) return report(err, TN_TYPE, {"a list of scalars is wrapped, nothing else"});
        if (!data && n != 0) return report(err, TN_ARG, {"data is NULL"});
        const TypeInfo& type = *core->module->types.list_of(*core->module->types.simple(elem));
        if (n > static_cast<size_t>(max_seq_length) / type.desc->stride)
            return report(err, TN_RANGE, {"the number of elements makes no sense"});
        if (!scalars_are_valid(elem, static_cast<const std::uint8_t*>(data), n)) {
            return report(err, TN_RANGE, {"an element is out of range for `", type.children[0]->name, "`"});
        }
        const rt::ObjectDesc& desc = *core->module->types.wrapped_desc(type);
        Inside inside(*core);
        if (inside.status() != TN_OK) return inside.report_status(err);
        static std::uint8_t nothing[16];
        rt::Seq* list = rt::wrap_list(core->context(), desc, data ? data : nothing,
                                      static_cast<std::int64_t>(n), fin, ud);
        if (!list) return report_runtime_failure(*core, err);
        memory.forget();
        return finish_new(*core, type, list, *out, err);
    });
}

tn_status tn_list_pin(const tn_value* l, uint32_t flags, tn_column* out, size_t* n) {
    if (out) *out = tn_column{TN_TAG_NONE, 0, nullptr, 0};
    if (n) *n = 0;
    if (!out) return TN_ARG;
    return read(l, TN_TAG_LIST, TN_TAG_LIST, [&](const Held& held) -> tn_status {
        if (flags & ~TN_PIN_WRITE) return TN_UNSUPPORTED;
        const TypeInfo& type = *held.type().children[0];
        if (!type.is_scalar()) return TN_TYPE;
        const std::uint32_t pins = pins_of(held);
        if ((flags && pins != 0) || pins == pinned_for_writing || pins + 1 == pinned_for_writing)
            return TN_STATE;
        if (flags && !writable_seq(held.core(), held.cell->object, 0)) return TN_TRAP_MEMORY_LIMIT;
        set_pins(held, flags ? pinned_for_writing : pins + 1);
        const rt::Seq* list = rt::as_seq(held.object());
        *out = {type.tag, 0, list->data, static_cast<std::ptrdiff_t>(list->desc->stride)};
        if (n) *n = static_cast<size_t>(list->length);
        return TN_OK;
    });
}

tn_status tn_list_unpin(const tn_value* l) {
    return read(l, TN_TAG_LIST, TN_TAG_LIST, [&](const Held& held) -> tn_status {
        const std::uint32_t pins = pins_of(held);
        if (pins == 0) return TN_STATE;
        set_pins(held, pins == pinned_for_writing ? 0 : pins - 1);
        return TN_OK;
    });
}
