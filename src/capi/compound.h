// What the functions on lists, records, enums and maps share: finding the value, its type, a copy to change.
#pragma once

#include "capi/inside.h"
#include "capi/marshal.h"
#include "capi/values.h"
#include "runtime/seq.h"

#include <utility>

namespace tn::capi {

// A live value with one of two tags.
inline tn_status check_held(const tn_value* v, tn_tag tag, tn_tag other, Held& out) {
    if (!v) return TN_ARG;
    if (v->tag != tag && v->tag != other) return TN_TYPE;
    out = find_held(*v);
    return out ? TN_OK : TN_HANDLE;
}

// Finds a type for a new value: the instance's own, or a built-in one of its runtime.
tn_status find_type_for(InstanceCore& core, const tn_type* handle, const TypeInfo*& out, tn_error** err);
// The instance for a new value.
tn_status find_open(tn_instance* inst, tn_value* out, InstanceCore*& core, tn_error** err);
// The instance for a new value, and its type.
tn_status begin_new(tn_instance* inst, const tn_type* t, tn_value* out, InstanceCore*& core,
                    const TypeInfo*& type, tn_error** err);
// A new value of an object; takes over its reference.
tn_status finish_new(InstanceCore& core, const TypeInfo& type, rt::Object* object, tn_value& out,
                     tn_error** err);

inline std::size_t leaf_count(const TypeInfo& type) { return type.layout->leaves.size(); }

// The slots of `v` as a value of `type`, owned.
tn_status take_slots(InstanceCore& core, const TypeInfo& type, const tn_value& v, Row& row);
// Whether C numbers of a tag are values of it: bytes that are no bool and numbers that are no char are not.
bool scalars_are_valid(tn_tag elem, const std::uint8_t* data, std::size_t n);
// A copy of the value that stands in memory.
tn_status copy_out(InstanceCore& core, const TypeInfo& type, const std::uint8_t* from,
                   const std::vector<std::uint32_t>* offsets, tn_value& out);
// Replaces what stands in memory by owned slots.
void overwrite(InstanceCore& core, const TypeInfo& type, std::uint8_t* to,
               const std::vector<std::uint32_t>* offsets, const rt::Slot* slots);

// The list at `place` with one owner and room for `extra` more; null with the failure taken out: then it is
// as before.
rt::Seq* writable_seq(InstanceCore& core, rt::Object*& place, std::int64_t extra);
// The value's box with one owner; null as above.
rt::Box* writable_box(const Held& held);

// Common start of changes: a live, open value, entered.
template <typename Change>
tn_status change(tn_value* value, tn_tag tag, tn_tag other, Change&& apply) noexcept {
    return guarded(nullptr, [&]() -> tn_status {
        Held held;
        if (tn_status status = check_held(value, tag, other, held); status != TN_OK) return status;
        if (held.core().is_closed()) return TN_CLOSED;
        Inside inside(held.core());
        if (inside.status() != TN_OK) return inside.status();
        if (is_pinned(*held.cell)) return TN_STATE;
        return apply(held);
    });
}

// Common start of reading: a live value, entered. `value` is a copy, since `out` may be the same struct.
template <typename Read>
tn_status read(const tn_value* value, tn_tag tag, tn_tag other, Read&& apply) noexcept {
    return guarded(nullptr, [&]() -> tn_status {
        Held held;
        if (tn_status status = check_held(value, tag, other, held); status != TN_OK) return status;
        Inside inside(held.core());
        if (inside.status() != TN_OK) return inside.status();
        return apply(held);
    });
}

} // namespace tn::capi
