// Section 6 of c_api.h: values of enums, options among them.
#include "capi/compound.h"
#include "runtime/entry_points.h"

using namespace tn;
using namespace tn::capi;

namespace {

// The constructor that a value was made with.
std::size_t constructor_of(const Held& held) {
    return rt::box_data(static_cast<rt::Box*>(held.object()))[held.type().layout->leaves[0].offset];
}

} // namespace

tn_status tn_enum_new(tn_instance* inst, const tn_type* t, uint32_t variant, const tn_value* payload,
                      size_t n, tn_value* out, tn_error** err) {
    if (out) TN_SET_NONE(out);
    return guarded(err, [&]() -> tn_status {
        InstanceCore* core = nullptr;
        const TypeInfo* type = nullptr;
        if (tn_status status = begin_new(inst, t, out, core, type, err); status != TN_OK) return status;
        if (!type->has_constructors()) return report(err, TN_TYPE, {"`", type->name, "` is not an enum"});
        if (variant >= type->constructors.size()) {
            return report(err, TN_RANGE,
                          {"`", type->name, "` has ", Number(type->constructors.size()).text(),
                           " constructors: there is no number ", Number(variant).text()});
        }
        const TypeInfo::Constructor& made = type->constructors[variant];
        if (n != made.count) {
            return report(err, TN_TYPE,
                          {"`", made.name, "` of `", type->name, "` has ", Number(made.count).text(),
                           made.count == 1 ? " field, not " : " fields, not ", Number(n).text()});
        }
        if (!payload && n != 0) return report(err, TN_ARG, {"payload is NULL"});
        Inside inside(*core);
        if (inside.status() != TN_OK) return inside.report_status(err);
        rt::Box* box = new_box(*core, *type);
        if (!box) return report_value_failure(*core, TN_TRAP_MEMORY_LIMIT, err);
        Problem problem;
        for (std::size_t i = 0; i < n; ++i) {
            if (store_child(*core, *type, made.first + i, rt::box_data(box), payload[i], problem)) continue;
            rt::rt_release(core->context(), box); // null references where nothing was filled in
            return report(err, problem.status,
                          {"field `", Number(i).text(), "` of `", made.name, "` of `", type->name,
                           "`: ", problem.text});
        }
        rt::box_data(box)[type->layout->leaves[0].offset] = static_cast<std::uint8_t>(variant);
        return finish_new(*core, *type, box, *out, err);
    });
}

tn_status tn_enum_variant(const tn_value* e, uint32_t* variant, size_t* payload_count) {
    if (variant) *variant = 0;
    if (payload_count) *payload_count = 0;
    if (!variant) return TN_ARG;
    return read(e, TN_TAG_ENUM, TN_TAG_OPTION, [&](const Held& held) -> tn_status {
        const std::size_t made = constructor_of(held);
        *variant = static_cast<uint32_t>(made);
        if (payload_count) *payload_count = held.type().constructors[made].count;
        return TN_OK;
    });
}

tn_status tn_enum_payload(const tn_value* e, size_t i, tn_value* out) {
    if (!out) return TN_ARG;
    const tn_value value = e ? *e : tn_value{};
    TN_SET_NONE(out);
    return read(e ? &value : nullptr, TN_TAG_ENUM, TN_TAG_OPTION, [&](const Held& held) -> tn_status {
        const TypeInfo::Constructor& made = held.type().constructors[constructor_of(held)];
        if (i >= made.count) return TN_RANGE;
        const std::uint8_t* data = rt::box_data(static_cast<rt::Box*>(held.object()));
        return load_child(held.core(), held.type(), made.first + i, data, *out);
    });
}
