// Section 6 of c_api.h, second half: lists, records, tuples, options.
#include "capi/inside.h"
#include "capi/marshal.h"
#include "capi/values.h"
#include "runtime/entry_points.h"
#include "runtime/seq.h"

#include <algorithm>
#include <cstring>

using namespace tn;
using namespace tn::capi;

namespace {

tn_status check_held(const tn_value* v, tn_tag tag, tn_tag other, Held& out) {
    if (!v) return TN_ARG;
    if (v->tag != tag && v->tag != other) return TN_TYPE;
    out = find_held(*v);
    return out ? TN_OK : TN_HANDLE;
}

// Finds the compound type of this name for a new value: the instance's own, or a built-in one of its runtime.
tn_status find_type_for(InstanceCore& core, const tn_type* handle, const TypeInfo*& out, tn_error** err) {
    const TypeInfo* type = find_type(handle);
    if (!type) return report_handle(err, handle, "type");
    out = type->can_cross ? core.module->types.import(*type) : nullptr;
    if (out) return TN_OK;
    return report(err, TN_TYPE, {"`", type->name, "` is not a type of this instance's module"});
}

// The instance for a new value, and its type.
tn_status begin_new(tn_instance* inst, const tn_type* t, tn_value* out, InstanceCore*& core,
                    const TypeInfo*& type, tn_error** err) {
    core = find_instance(inst);
    if (!core) return report_handle(err, inst, "instance");
    if (!out) return report(err, TN_ARG, {"out is NULL"});
    if (core->is_closed()) return report(err, TN_CLOSED, {"the instance is closed"});
    return find_type_for(*core, t, type, err);
}

// The slots of `v` as a value of `type`, owned.
tn_status take_slots(InstanceCore& core, const TypeInfo& type, const tn_value& v, Row& row) {
    TextCopies copies(core);
    Problem problem;
    return value_to_slots(core, type, v, row.data(), true, copies, problem) ? TN_OK : problem.status;
}

std::size_t leaf_count(const TypeInfo& type) { return type.layout->leaves.size(); }

// A copy of the value that stands in memory.
tn_status copy_out(InstanceCore& core, const TypeInfo& type, const std::uint8_t* from,
                   const std::vector<std::uint32_t>* offsets, tn_value& out) {
    Row row(leaf_count(type));
    load_slots(type, from, offsets, row.data());
    const tn_status status = slots_to_value(core, type, row.data(), out);
    if (status != TN_OK) TN_SET_NONE(&out);
    return status;
}

// Replaces what stands in memory by owned slots.
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

// The value's list with one owner and room for `extra` more; null with the failure taken out.
rt::Seq* writable_list(const Held& held, std::int64_t extra) {
    InstanceCore& core = held.core();
    rt::Context* context = core.context();
    rt::Object* list = held.object();
    // Beside the cell's reference, so that a failure leaves the value as it was.
    const bool unique = list->count == 1 && rt::as_seq(list)->capacity > 0;
    if (!unique)
        rt::retain(list);
    else if (extra <= rt::as_seq(list)->capacity - rt::as_seq(list)->length)
        return rt::as_seq(list);
    rt::Seq* changed;
    if (unique) {
        // A second count would force a copy; growing in place frees the list only when it fails, so the
        // room is asked for first.
        if (!core.rt->heap.fits(static_cast<std::size_t>(rt::as_seq(list)->length + extra) *
                                list->desc->stride)) {
            return nullptr;
        }
        rt::retain(list);
    }
    changed = rt::with_room(context, list, extra);
    if (!changed) {
        context->trap_code = TrapCode::None;
        return nullptr;
    }
    rt::rt_release(context, held.cell->object);
    held.cell->object = changed;
    return changed;
}

// The value's box with one owner.
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
    rt::rt_release(core.context(), box);
    held.cell->object = copy;
    return copy;
}

// Common start of changes: a live, open value, entered.
template <typename Change>
tn_status change(tn_value* value, tn_tag tag, tn_tag other, Change&& apply) noexcept {
    return guarded(nullptr, [&]() -> tn_status {
        Held held;
        if (tn_status status = check_held(value, tag, other, held); status != TN_OK) return status;
        if (held.core().is_closed()) return TN_CLOSED;
        Inside inside(held.core());
        if (inside.status() != TN_OK) return inside.status();
        return apply(held);
    });
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

tn_status fields_to_box(InstanceCore& core, const TypeInfo& type, const tn_value* fields, rt::Box* box,
                        std::size_t& bad, Problem& problem) {
    for (std::size_t i = 0; i < type.children.size(); ++i) {
        const TypeInfo& child = *type.children[i];
        Row row(leaf_count(child));
        TextCopies copies(core);
        bad = i;
        if (!value_to_slots(core, child, fields[i], row.data(), true, copies, problem)) return problem.status;
        store_slots(child, rt::box_data(box), &type.child_offsets[i], row.data());
    }
    return TN_OK;
}

} // namespace

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
        const tn_status status = wrap(*core, *type, list, *out);
        return status == TN_OK ? TN_OK : report_value_failure(*core, status, err);
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
        rt::Seq* list = writable_list(held, 0);
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
        rt::Seq* list = writable_list(held, 1);
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
        rt::Seq* list = writable_list(held, static_cast<std::int64_t>(n));
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
        std::size_t bad = 0;
        if (tn_status status = fields_to_box(*core, *type, fields, box, bad, problem); status != TN_OK) {
            rt::rt_release(core->context(), box); // null references so far not filled in
            const std::string& field = type->child_names[bad];
            return report(err, status, {"field `", field, "` of `", type->name, "`: ", problem.text});
        }
        const tn_status status = wrap(*core, *type, box, *out);
        return status == TN_OK ? TN_OK : report_value_failure(*core, status, err);
    });
}

tn_status tn_record_get(const tn_value* r, size_t field, tn_value* out) {
    if (!out) return TN_ARG;
    const tn_value record = r ? *r : tn_value{};
    TN_SET_NONE(out);
    return guarded(nullptr, [&]() -> tn_status {
        Held held;
        if (tn_status status = check_held(r ? &record : nullptr, TN_TAG_RECORD, TN_TAG_TUPLE, held);
            status != TN_OK) {
            return status;
        }
        const TypeInfo& type = held.type();
        if (field >= type.children.size()) return TN_RANGE;
        Inside inside(held.core());
        if (inside.status() != TN_OK) return inside.status();
        const std::uint8_t* data = rt::box_data(static_cast<rt::Box*>(held.object()));
        return copy_out(held.core(), *type.children[field], data, &type.child_offsets[field], *out);
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
        overwrite(held.core(), child, rt::box_data(box), &type.child_offsets[field], row.data());
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
            std::size_t bad = 0;
            if (tn_status status = fields_to_box(*core, *type, v, box, bad, problem); status != TN_OK) {
                rt::rt_release(core->context(), box);
                return report(err, status, {"the content of `", type->name, "`: ", problem.text});
            }
            rt::box_data(box)[type->layout->leaves[0].offset] = 1;
        }
        const tn_status status = wrap(*core, *type, box, *out);
        return status == TN_OK ? TN_OK : report_value_failure(*core, status, err);
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
            const tn_status status =
                copy_out(held.core(), *type.children[0], data, &type.child_offsets[0], *out);
            if (status != TN_OK) return status;
        }
        *is_some = some;
        return TN_OK;
    });
}
