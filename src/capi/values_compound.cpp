// Section 6 of c_api.h, second part: lists, records, tuples, options.
#include "capi/compound.h"
#include "runtime/entry_points.h"

#include <algorithm>
#include <cstring>

using namespace tn;
using namespace tn::capi;

// --- lists ---

tn_status tn_list_new(tn_instance* inst, const tn_type* elem, size_t cap, tn_value* out, tn_error** err) {
    if (out) TN_SET_NONE(out);
    return guarded(err, [&]() -> tn_status {
        InstanceCore* core = nullptr;
        const TypeInfo* element = nullptr;
        if (tn_status status = begin_new(inst, elem, out, core, element, err); status != TN_OK) return status;
        if (element->tag == TN_TAG_UNIT)
            return report(err, TN_TYPE, {"a list of `()` cannot cross the C API"});
        if (cap > PTRDIFF_MAX) return report(err, TN_RANGE, {"the capacity makes no sense"});
        const TypeInfo* type = core->module->types.list_of(*element);
        Inside inside(*core);
        if (inside.status() != TN_OK) return inside.report_status(err);
        rt::Seq* list = rt::new_seq(core->context(), *type->desc, static_cast<std::int64_t>(cap));
        if (!list) return report_runtime_failure(*core, err);
        return finish_new(*core, *type, list, *out, err);
    });
}

tn_status tn_list_len(const tn_value* l, size_t* out) {
    if (out) *out = 0;
    if (!out) return TN_ARG;
    Held held;
    if (tn_status status = check_held(l, TN_TAG_LIST, TN_TAG_LIST, held); status != TN_OK) return status;
    *out = static_cast<size_t>(rt::as_seq(held.object())->length);
    return TN_OK;
}

tn_status tn_list_get(const tn_value* l, size_t i, tn_value* out) {
    if (!out) return TN_ARG;
    const tn_value list = l ? *l : tn_value{}; // `out` may be the same struct
    TN_SET_NONE(out);
    return guarded(nullptr, [&]() -> tn_status {
        Held held;
        if (tn_status status = check_held(l ? &list : nullptr, TN_TAG_LIST, TN_TAG_LIST, held);
            status != TN_OK) {
            return status;
        }
        Inside inside(held.core());
        if (inside.status() != TN_OK) return inside.status();
        const rt::Seq* seq = rt::as_seq(held.object());
        if (i >= static_cast<size_t>(seq->length)) return TN_RANGE;
        const std::uint8_t* element = seq->data + i * seq->desc->stride;
        return copy_out(held.core(), *held.type().children[0], element, nullptr, *out);
    });
}

tn_status tn_list_set(tn_value* l, size_t i, const tn_value* v) {
    if (!v) return TN_ARG;
    return change(l, TN_TAG_LIST, TN_TAG_LIST, [&](const Held& held) -> tn_status {
        if (i >= static_cast<size_t>(rt::as_seq(held.object())->length)) return TN_RANGE;
        const TypeInfo& type = *held.type().children[0];
        Row row(leaf_count(type));
        if (tn_status status = take_slots(held.core(), type, *v, row); status != TN_OK) return status;
        rt::Seq* list = writable_seq(held.core(), held.cell->object, 0);
        if (!list) {
            release_slots(held.core(), type, row.data());
            return TN_TRAP_MEMORY_LIMIT;
        }
        overwrite(held.core(), type, list->data + i * list->desc->stride, nullptr, row.data());
        return TN_OK;
    });
}

tn_status tn_list_push(tn_value* l, const tn_value* v) {
    if (!v) return TN_ARG;
    return change(l, TN_TAG_LIST, TN_TAG_LIST, [&](const Held& held) -> tn_status {
        const TypeInfo& type = *held.type().children[0];
        Row row(leaf_count(type));
        if (tn_status status = take_slots(held.core(), type, *v, row); status != TN_OK) return status;
        rt::Seq* list = writable_seq(held.core(), held.cell->object, 1);
        if (!list) {
            release_slots(held.core(), type, row.data());
            return TN_TRAP_MEMORY_LIMIT;
        }
        std::uint8_t* place = list->data + static_cast<std::size_t>(list->length) * list->desc->stride;
        std::memset(place, 0, list->desc->stride); // the gaps between leaves
        store_slots(type, place, nullptr, row.data());
        ++list->length;
        return TN_OK;
    });
}

const void* tn_list_data(const tn_value* l, tn_tag* elem, size_t* n) {
    if (elem) *elem = TN_TAG_NONE;
    if (n) *n = 0;
    Held held;
    if (check_held(l, TN_TAG_LIST, TN_TAG_LIST, held) != TN_OK) return nullptr;
    const TypeInfo& type = *held.type().children[0];
    if (!type.is_scalar()) return nullptr;
    const rt::Seq* seq = rt::as_seq(held.object());
    if (elem) *elem = type.tag;
    if (n) *n = static_cast<size_t>(seq->length);
    return seq->data;
}

tn_status tn_list_append(tn_value* l, tn_tag elem, const void* data, size_t n) {
    if (!data && n != 0) return TN_ARG;
    return change(l, TN_TAG_LIST, TN_TAG_LIST, [&](const Held& held) -> tn_status {
        const TypeInfo& type = *held.type().children[0];
        if (!type.is_scalar() || type.tag != elem) return TN_TYPE;
        const std::size_t stride = held.object()->desc->stride;
        if (n > static_cast<size_t>(PTRDIFF_MAX) / 16) return TN_TRAP_MEMORY_LIMIT;
        if (!scalars_are_valid(elem, static_cast<const std::uint8_t*>(data), n)) return TN_RANGE;
        rt::Seq* list = writable_seq(held.core(), held.cell->object, static_cast<std::int64_t>(n));
        if (!list) return TN_TRAP_MEMORY_LIMIT;
        if (n) std::memcpy(list->data + static_cast<std::size_t>(list->length) * stride, data, n * stride);
        list->length += static_cast<std::int64_t>(n);
        return TN_OK;
    });
}

// --- records, tuples, options ---

tn_status tn_record_new(tn_instance* inst, const tn_type* t, const tn_value* fields, size_t n, tn_value* out,
                        tn_error** err) {
    if (out) TN_SET_NONE(out);
    return guarded(err, [&]() -> tn_status {
        InstanceCore* core = nullptr;
        const TypeInfo* type = nullptr;
        if (tn_status status = begin_new(inst, t, out, core, type, err); status != TN_OK) return status;
        if (type->tag != TN_TAG_RECORD && type->tag != TN_TAG_TUPLE) {
            return report(err, TN_TYPE, {"`", type->name, "` is neither a record nor a tuple"});
        }
        if (n != type->children.size()) {
            return report(err, TN_TYPE,
                          {"`", type->name, "` has ", Number(type->children.size()).text(), " fields, not ",
                           Number(n).text()});
        }
        if (!fields && n != 0) return report(err, TN_ARG, {"fields is NULL"});
        Inside inside(*core);
        if (inside.status() != TN_OK) return inside.report_status(err);
        rt::Box* box = new_box(*core, *type);
        if (!box) return report_value_failure(*core, TN_TRAP_MEMORY_LIMIT, err);
        Problem problem;
        for (std::size_t i = 0; i < n; ++i) {
            if (store_child(*core, *type, i, rt::box_data(box), fields[i], problem)) continue;
            rt::rt_release(core->context(), box); // null references where nothing was filled in
            return report(err, problem.status,
                          {"field `", type->child_names[i], "` of `", type->name, "`: ", problem.text});
        }
        return finish_new(*core, *type, box, *out, err);
    });
}

tn_status tn_record_get(const tn_value* r, size_t field, tn_value* out) {
    if (!out) return TN_ARG;
    const tn_value record = r ? *r : tn_value{};
    TN_SET_NONE(out);
    return read(r ? &record : nullptr, TN_TAG_RECORD, TN_TAG_TUPLE, [&](const Held& held) -> tn_status {
        const TypeInfo& type = held.type();
        if (field >= type.children.size()) return TN_RANGE;
        return load_child(held.core(), type, field, rt::box_data(static_cast<rt::Box*>(held.object())), *out);
    });
}

tn_status tn_record_set(tn_value* r, size_t field, const tn_value* v) {
    if (!v) return TN_ARG;
    return change(r, TN_TAG_RECORD, TN_TAG_TUPLE, [&](const Held& held) -> tn_status {
        const TypeInfo& type = held.type();
        if (field >= type.children.size()) return TN_RANGE;
        const TypeInfo& child = *type.children[field];
        Row row(leaf_count(child));
        if (tn_status status = take_slots(held.core(), child, *v, row); status != TN_OK) return status;
        rt::Box* box = writable_box(held);
        if (!box) {
            release_slots(held.core(), child, row.data());
            return TN_TRAP_MEMORY_LIMIT;
        }
        overwrite(held.core(), child, rt::box_data(box), &type.places[field].offsets, row.data());
        return TN_OK;
    });
}

tn_status tn_option_new(tn_instance* inst, const tn_type* t, const tn_value* v, tn_value* out,
                        tn_error** err) {
    if (out) TN_SET_NONE(out);
    return guarded(err, [&]() -> tn_status {
        InstanceCore* core = nullptr;
        const TypeInfo* type = nullptr;
        if (tn_status status = begin_new(inst, t, out, core, type, err); status != TN_OK) return status;
        if (type->tag != TN_TAG_OPTION) return report(err, TN_TYPE, {"`", type->name, "` is not an option"});
        Inside inside(*core);
        if (inside.status() != TN_OK) return inside.report_status(err);
        rt::Box* box = new_box(*core, *type);
        if (!box) return report_value_failure(*core, TN_TRAP_MEMORY_LIMIT, err);
        if (v) {
            Problem problem;
            if (!store_child(*core, *type, 0, rt::box_data(box), *v, problem)) {
                rt::rt_release(core->context(), box);
                return report(err, problem.status, {"the content of `", type->name, "`: ", problem.text});
            }
            rt::box_data(box)[type->layout->leaves[0].offset] = 1;
        }
        return finish_new(*core, *type, box, *out, err);
    });
}

tn_status tn_option_get(const tn_value* o, int32_t* is_some, tn_value* out) {
    const tn_value option = o ? *o : tn_value{};
    if (is_some) *is_some = 0;
    if (out) TN_SET_NONE(out);
    if (!is_some) return TN_ARG;
    return guarded(nullptr, [&]() -> tn_status {
        Held held;
        if (tn_status status = check_held(o ? &option : nullptr, TN_TAG_OPTION, TN_TAG_OPTION, held);
            status != TN_OK) {
            return status;
        }
        const TypeInfo& type = held.type();
        const std::uint8_t* data = rt::box_data(static_cast<rt::Box*>(held.object()));
        const bool some = data[type.layout->leaves[0].offset] == 1;
        if (some && out) {
            Inside inside(held.core());
            if (inside.status() != TN_OK) return inside.status();
            const tn_status status = load_child(held.core(), type, 0, data, *out);
            if (status != TN_OK) return status;
        }
        *is_some = some;
        return TN_OK;
    });
}
