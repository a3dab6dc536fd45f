// Rows of runtime_fn.def on lists (and Bytes, which slice the same way).
#include "runtime/runtime_fns.h"
#include "runtime/seq.h"
#include "types/layout.h"

#include <cstring>

namespace tn::rt {

namespace {
void copy_elements(Seq* to, const std::uint8_t* from, std::int64_t count) {
    const ObjectDesc& desc = *to->desc;
    std::uint8_t* end = to->data + static_cast<std::size_t>(to->length) * desc.stride;
    const std::size_t bytes = static_cast<std::size_t>(count) * desc.stride;
    if (bytes != 0) std::memcpy(end, from, bytes);
    retain_refs(desc, end, count);
    to->length += count;
    if (is_text(desc)) end[bytes] = 0;
}

std::uint8_t* element(Seq* list, std::int64_t index) {
    return list->data + static_cast<std::size_t>(index) * list->desc->stride;
}

// Moves elements within the list, or between lists, as bits.
void move_elements(Seq* to, std::int64_t at, Seq* from, std::int64_t first, std::int64_t count) {
    const std::size_t bytes = static_cast<std::size_t>(count) * from->desc->stride;
    if (bytes != 0) std::memmove(element(to, at), element(from, first), bytes);
}

// The element at `from` goes to `to`; those in between move by one.
void move_element(Seq* list, std::int64_t from, std::int64_t to) {
    const std::size_t stride = list->desc->stride;
    if (from == to || stride == 0) return;
    alignas(8) std::uint8_t aside[max_leaves * sizeof(Slot)];
    std::memcpy(aside, element(list, from), stride);
    const std::int64_t count = from < to ? to - from : from - to;
    if (from < to)
        move_elements(list, from, list, from + 1, count);
    else
        move_elements(list, to + 1, list, to, count);
    std::memcpy(element(list, to), aside, stride);
}

bool has_one_owner(const Seq* list) { return list->count == 1 && list->capacity > 0; }

Object* refuse(Context* context, Object* list, std::string_view why) {
    rt_release(context, list);
    return fail(context, TrapCode::InvalidArgument, why);
}
} // namespace

extern "C" {

Object* rt_list_concat(Context* context, Object* a, Object* b, std::int64_t desc) noexcept {
    const Seq* left = as_seq(a);
    const Seq* right = as_seq(b);
    if (right->length == 0) return share(a);
    if (left->length == 0) return share(b);
    std::int64_t length;
    if (__builtin_add_overflow(left->length, right->length, &length))
        return fail(context, TrapCode::MemoryLimit);
    Seq* list = new_seq(context, *context->descs[desc], length);
    if (!list) return nullptr;
    copy_elements(list, left->data, left->length);
    copy_elements(list, right->data, right->length);
    return list;
}

Object* rt_list_slice(Context* context, Object* object, std::int64_t from, std::int64_t to,
                      std::int64_t desc) noexcept {
    const Seq* list = as_seq(object);
    if (from < 0 || to < from || to > list->length) return fail(context, TrapCode::InvalidSlice);
    if (from == 0 && to == list->length) return share(object);
    if (from == to) return empty_seq(context, static_cast<std::uint32_t>(desc));
    Seq* slice = new_seq(context, *context->descs[desc], to - from);
    if (!slice) return nullptr;
    copy_elements(slice, list->data + static_cast<std::size_t>(from) * list->desc->stride, to - from);
    return slice;
}

Object* rt_list_extend(Context* context, Object* object, Object* more) noexcept {
    const Seq* other = as_seq(more);
    if (other->length == 0) return object;
    if (as_seq(object)->length == 0 && !has_one_owner(as_seq(object))) {
        rt_release(context, object);
        return share(more);
    }
    Seq* list = with_room(context, object, other->length);
    if (list) copy_elements(list, other->data, other->length);
    return list;
}

Object* rt_list_reserve(Context* context, Object* list, std::int64_t count) noexcept {
    if (count < 0) return refuse(context, list, "a negative count");
    return count == 0 ? list : with_room(context, list, count);
}

Object* rt_list_truncate(Context* context, Object* object, std::int64_t length, std::int64_t desc) noexcept {
    if (length < 0) return refuse(context, object, "a negative length");
    Seq* list = as_seq(object);
    if (length >= list->length) return object;
    if (!has_one_owner(list)) {
        Object* kept = rt_list_slice(context, object, 0, length, desc);
        rt_release(context, object);
        return kept;
    }
    const std::int64_t old_length = list->length;
    list->length = length;
    if (!list->desc->has_refs) return list;
    for (std::int64_t i = length; i < old_length; ++i) {
        for (std::uint32_t offset : list->desc->refs) {
            Object* ref;
            std::memcpy(&ref, element(list, i) + offset, sizeof ref);
            rt_release(context, ref);
        }
    }
    return list;
}

Object* rt_list_move_to_end(Context*, Object* object, std::int64_t index) noexcept {
    Seq* list = as_seq(object);
    move_element(list, index, list->length - 1);
    return list;
}

Object* rt_list_move_from_end(Context*, Object* object, std::int64_t index) noexcept {
    Seq* list = as_seq(object);
    move_element(list, list->length - 1, index);
    return list;
}

Object* rt_list_copy_raw(Context*, Object* to, std::int64_t at, Object* from, std::int64_t first,
                         std::int64_t count) noexcept {
    move_elements(as_seq(to), at, as_seq(from), first, count);
    return to;
}

void rt_list_put_raw(Context*, Object* to, std::int64_t at, Object* from, std::int64_t first,
                     std::int64_t count) noexcept {
    move_elements(as_seq(to), at, as_seq(from), first, count);
}

} // extern "C"

} // namespace tn::rt
