// Rows of runtime_fn.def on lists (and Bytes, which slice the same way).
#include "runtime/runtime_fns.h"
#include "runtime/seq.h"

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

} // extern "C"

} // namespace tn::rt
