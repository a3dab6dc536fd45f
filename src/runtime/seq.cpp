// Sequences: sizes, allocation, growth, copies. Also the entry points that emitted code calls for them.
#include "runtime/seq.h"

#include "runtime/host_type.h"
#include "runtime/wrapped_list.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace tn::rt {

namespace {

constexpr std::int64_t min_list_bytes = 32;

// Bytes of a sequence with this capacity; false beyond what a heap block can be.
bool seq_size(const ObjectDesc& desc, std::int64_t capacity, std::size_t& size) {
    const std::size_t extra = sizeof(Seq) + (is_text(desc) ? 1 : 0);
    if (capacity > max_seq_length || __builtin_mul_overflow(static_cast<std::size_t>(capacity), std::size_t(desc.stride), &size))
        return false;
    size += extra; // the product wraps only beyond max_block, which is far below
    return size >= extra && size <= Heap::max_block;
}

// Text: the bytes that a block for so many characters' bytes takes.
constexpr std::size_t text_extra = sizeof(Seq) + 1;

// The capacity that a block for `capacity` elements has anyway.
std::int64_t fitted_capacity(const ObjectDesc& desc, std::size_t size) {
    if (desc.stride == 0) return max_seq_length;
    const std::size_t extra = sizeof(Seq) + (is_text(desc) ? 1 : 0);
    const std::size_t room = Heap::block_size(size) - extra;
    if ((desc.stride & (desc.stride - 1)) == 0) return static_cast<std::int64_t>(room >> std::countr_zero(desc.stride));
    return static_cast<std::int64_t>(room / desc.stride);
}

bool owns_data(const Seq* seq) { return seq->capacity > 0; }

// A copy with at least this capacity (>= length); the elements' references are retained.
Seq* copy_seq(Context* context, const Seq* from, std::int64_t capacity) {
    const ObjectDesc& desc = from->desc->plain ? *from->desc->plain : *from->desc;
    Seq* seq = new_seq(context, desc, capacity);
    if (!seq) return nullptr;
    seq->length = from->length;
    const std::size_t bytes = static_cast<std::size_t>(from->length) * desc.stride;
    if (bytes != 0) std::memcpy(seq->data, from->data, bytes);
    if (is_text(desc)) seq->data[bytes] = 0;
    retain_refs(desc, seq->data, seq->length);
    return seq;
}

Seq* resize(Context* context, Seq* seq, std::int64_t capacity) {
    const ObjectDesc& desc = *seq->desc;
    std::size_t size;
    if (!seq_size(desc, capacity, size)) return nullptr;
    auto* moved = static_cast<Seq*>(context->instance->heap.reallocate(seq, object_size(seq), size));
    if (!moved) return nullptr;
    moved->capacity = fitted_capacity(desc, size);
    moved->data = inline_data(moved);
    return moved;
}

// A list of values that refer to nothing, whose block is small.
bool is_plain_list(const ObjectDesc& desc) { return desc.kind == ObjectDesc::Kind::List && !desc.has_refs && !desc.plain; }

// A list in a small block, if one waits: most lists are short. Null: the general way.
inline Seq* new_short(Context* context, const ObjectDesc& desc, std::int64_t capacity) {
    const auto count = static_cast<std::size_t>(capacity);
    if (!TN_HEAP_SLABS || desc.kind != ObjectDesc::Kind::List || desc.plain || count - 1 >= Heap::max_small) return nullptr;
    const std::size_t size = sizeof(Seq) + count * desc.stride;
    if (size > Heap::max_small) return nullptr;
    void* memory = context->instance->heap.take_listed(Heap::class_of(Heap::block_size(size)));
    if (!memory) return nullptr;
    Seq* seq = new (memory) Seq;
    seq->count = 1;
    seq->desc = &desc;
    seq->length = 0;
    seq->capacity = fitted_capacity(desc, size);
    seq->data = inline_data(seq);
    return seq;
}

Seq* copy_short(Context* context, const Seq* from) {
    const ObjectDesc& desc = *from->desc;
    if (!is_plain_list(desc)) return nullptr;
    Seq* seq = new_short(context, desc, from->length);
    if (!seq) return nullptr;
    seq->length = from->length;
    std::memcpy(seq->data, from->data, static_cast<std::size_t>(from->length) * desc.stride);
    return seq;
}

Object* copy_of(Context* context, Object* object) {
    const ObjectDesc& desc = *object->desc;
    if (!desc.is_box()) return copy_seq(context, as_seq(object), as_seq(object)->length);
    Object* box = rt_box_new(context, desc.id);
    if (!box) return nullptr;
    std::memcpy(box_data(static_cast<Box*>(box)), box_data(static_cast<Box*>(object)), desc.stride);
    retain_refs(desc, box_data(static_cast<Box*>(box)), 1);
    return box;
}

bool is_unique(const Object* object) {
    return object->count == 1 && (object->desc->is_box() || owns_data(as_seq(object)));
}

} // namespace

std::size_t object_size(const Object* object) {
    const ObjectDesc& desc = *object->desc;
    if (desc.is_box()) return sizeof(Box) + desc.stride;
    if (desc.plain) return sizeof(WrappedList);
    std::size_t size = 0;
    seq_size(desc, as_seq(object)->capacity, size);
    return desc.stride == 0 ? sizeof(Seq) : size;
}

void retain_refs(const ObjectDesc& desc, const std::uint8_t* elements, std::int64_t count) {
    if (!desc.has_refs) return;
    for (std::int64_t i = 0; i < count; ++i, elements += desc.stride) {
        for (std::uint32_t offset : desc.refs) {
            Object* ref;
            std::memcpy(&ref, elements + offset, sizeof ref);
            retain(ref);
        }
    }
}

Seq* new_seq(Context* context, const ObjectDesc& desc, std::int64_t capacity) {
    std::size_t size;
    void* memory = nullptr;
    if (capacity < 1) capacity = 1; // 0 would mean that the data is not ours
    if (seq_size(desc, capacity, size)) memory = context->instance->heap.allocate(size);
    if (!memory) {
        fail(context, TrapCode::MemoryLimit);
        return nullptr;
    }
    Seq* seq = new (memory) Seq;
    seq->count = 1;
    seq->desc = &desc;
    seq->length = 0;
    seq->capacity = fitted_capacity(desc, size);
    seq->data = inline_data(seq);
    if (is_text(desc)) seq->data[0] = 0;
    return seq;
}

static Seq* make_text(Context* context, void* memory, std::size_t block, std::int64_t length, std::uint32_t desc) {
    Seq* text = new (memory) Seq;
    text->count = 1;
    text->desc = context->descs[desc];
    text->length = length;
    text->capacity = static_cast<std::int64_t>(block - text_extra);
    text->data = inline_data(text);
    text->data[length] = 0;
    return text;
}

Seq* new_text(Context* context, std::int64_t length, std::uint32_t desc) {
    const std::size_t size = text_extra + static_cast<std::size_t>(length);
    const std::size_t block = Heap::block_size(size);
    void* memory = nullptr;
    if (TN_HEAP_SLABS && block <= Heap::max_small) [[likely]]
        memory = context->instance->heap.allocate_small(Heap::class_of(block));
    else if (length < static_cast<std::int64_t>(Heap::max_block - text_extra))
        memory = context->instance->heap.allocate(size);
    if (!memory) [[unlikely]] {
        fail(context, TrapCode::MemoryLimit);
        return nullptr;
    }
    return make_text(context, memory, block, length, desc);
}

[[gnu::noinline]] static Object* new_any_string(Context* context, std::string_view bytes) {
    if (bytes.empty()) return empty_seq(context, string_desc_id);
    Seq* text = new_text(context, static_cast<std::int64_t>(bytes.size()));
    if (text) copy_bytes(text->data, bytes);
    return text;
}

// Most texts are short, and most find a block waiting: that way calls nothing, and so saves no registers.
Object* new_string(Context* context, std::string_view bytes) {
    if (bytes.size() - 1 < copied_at_once) {
        const std::size_t block = Heap::block_size(text_extra + bytes.size());
        if (void* memory = context->instance->heap.take_listed(Heap::class_of(block))) [[likely]] {
            const auto length = static_cast<std::int64_t>(bytes.size());
            Seq* text = make_text(context, memory, block, length, string_desc_id);
            copy_bytes(inline_data(text), bytes);
            return text;
        }
    }
    return new_any_string(context, bytes);
}

// Of an owned text that others hold too, or whose data is not ours: a longer one, with room for so many bytes (or,
// near the limit, for fewer). Consumes it; `more` may lie inside.
static Seq* copy_text(Context* context, Seq* text, std::string_view more, std::int64_t wanted, std::int64_t modest) {
    Seq* copy = new_text(context, wanted, text->desc->id);
    if (!copy && modest < wanted) {
        context->trap_code = TrapCode::None;
        copy = new_text(context, modest, text->desc->id);
    }
    if (copy) {
        copy_bytes(copy->data, view(text));
        copy_bytes(copy->data + text->length, more);
        copy->length = text->length + static_cast<std::int64_t>(more.size());
        copy->data[copy->length] = 0;
    }
    rt_release(context, text);
    return copy;
}

Seq* with_room(Context* context, Object* object, std::int64_t extra) {
    Seq* seq = as_seq(object);
    const bool unique = seq->count == 1 && owns_data(seq);
    if (unique && extra <= seq->capacity - seq->length) [[likely]]
        return seq;
    const std::int64_t stride = seq->desc->stride;
    const std::int64_t need = extra > max_seq_length - seq->length ? max_seq_length + 1 : seq->length + extra; // too many
    std::int64_t wanted = seq->length > max_seq_length / 2 ? need : seq->length * 2;
    if (stride > 0 && wanted < min_list_bytes / stride) wanted = min_list_bytes / stride;
    if (wanted < need) wanted = need;
    // Near the limit, growing by an eighth may still go.
    const std::int64_t modest = need / 8 < max_seq_length - need ? need + need / 8 : need;
    Seq* grown;
    if (unique) {
        grown = resize(context, seq, wanted);
        if (!grown && modest < wanted) grown = resize(context, seq, modest);
        if (!grown) {
            fail(context, TrapCode::MemoryLimit);
            rt_release(context, object);
        }
        return grown;
    }
    if (is_text(*seq->desc)) return copy_text(context, seq, {}, wanted, modest);
    grown = copy_seq(context, seq, wanted);
    if (!grown && modest < wanted) {
        context->trap_code = TrapCode::None;
        grown = copy_seq(context, seq, modest);
    }
    rt_release(context, object);
    return grown;
}

Object* append_slowly(Context* context, Object* text, std::string_view bytes) {
    if (text->count != 1 || !owns_data(as_seq(text))) {
        const std::int64_t need = as_seq(text)->length + static_cast<std::int64_t>(bytes.size());
        const std::int64_t wanted = std::max({need, 2 * as_seq(text)->length, min_list_bytes});
        return copy_text(context, as_seq(text), bytes, wanted, need + need / 8);
    }
    const std::uint8_t* old_data = as_seq(text)->data;
    const auto* from = reinterpret_cast<const std::uint8_t*>(bytes.data());
    // The address order of unrelated pointers is compared as integers.
    const auto distance = reinterpret_cast<std::uintptr_t>(from) - reinterpret_cast<std::uintptr_t>(old_data);
    const bool inside = distance <= static_cast<std::uintptr_t>(as_seq(text)->length);
    Seq* seq = with_room(context, text, static_cast<std::int64_t>(bytes.size()));
    if (!seq) return nullptr;
    if (inside) from = seq->data + distance;
    std::uint8_t* end = seq->data + seq->length;
    std::memmove(end, from, bytes.size());
    seq->length += static_cast<std::int64_t>(bytes.size());
    seq->data[seq->length] = 0;
    return seq;
}

bool interrupted(Context* context) {
    const std::uint32_t bits = context->interrupt.load(std::memory_order_relaxed);
    if ((bits & (CancelRequested | DeadlinePassed)) == 0) [[likely]]
        return false;
    context->trap_code = bits & CancelRequested ? TrapCode::Cancelled : TrapCode::DeadlineExceeded;
    return true;
}

static void free_text(Heap& heap, Object* text) {
    const std::size_t block = text_extra + static_cast<std::size_t>(as_seq(text)->capacity);
    if (TN_HEAP_SLABS && block <= Heap::max_small) [[likely]] // a text's capacity fills its block
        return heap.free_small(text, Heap::class_of(block));
    heap.free(text, block);
}

// What refers to nothing: a text, or a list of numbers. False for all else.
static bool free_plain(Heap& heap, Object* object) {
    const ObjectDesc& desc = *object->desc;
    if (is_text(desc)) return free_text(heap, object), true;
    if (!is_plain_list(desc)) return false;
    const std::size_t size = desc.stride == 0 ? sizeof(Seq) : sizeof(Seq) + static_cast<std::size_t>(as_seq(object)->capacity) * desc.stride;
    if (TN_HEAP_SLABS && size <= Heap::max_small) heap.free_small(object, Heap::class_of(Heap::block_size(size)));
    else heap.free(object, size);
    return true;
}

// Dead objects wait in a list that is linked through their counts, so any depth needs no memory. The one found last is
// looked at next.
struct Waiting {
    Object* next = nullptr;
    Object* rest = nullptr;

    void add(Object* child) {
        if (next) {
            next->count = reinterpret_cast<std::intptr_t>(rest);
            rest = next;
        }
        next = child;
    }
    Object* take() {
        Object* dead = std::exchange(next, nullptr);
        if (!dead && rest) {
            dead = rest;
            rest = reinterpret_cast<Object*>(dead->count);
        }
        return dead;
    }
};

// Dead boxes of one description, as long as one follows another: the nodes of a tree, or of a chain. So many references
// in each, 0: as the description says. The first object that is something else.
template <unsigned N>
static Object* free_boxes(Heap& heap, Object* dead, Waiting& waiting) {
    const ObjectDesc* const desc = dead->desc;
    const std::uint32_t* const refs = desc->refs.data();
    const std::size_t count = N != 0 ? N : desc->refs.size();
    Heap::Freeing free(heap, desc->size_class);
    do {
        const std::uint8_t* data = box_data(static_cast<Box*>(dead));
        for (std::size_t i = 0; i < count; ++i) {
            Object* child;
            std::memcpy(&child, data + refs[i], sizeof child);
            if (child && --child->count == 0) waiting.add(child);
        }
        free(dead);
        dead = waiting.take();
    } while (dead && dead->desc == desc);
    return dead;
}

[[gnu::noinline]] static void free_with_references(Context* context, Object* object) {
    Heap& heap = context->instance->heap;
    Waiting waiting;
    for (Object* dead = object; dead;) {
        const ObjectDesc& desc = *dead->desc;
        if (desc.is_small_box) [[likely]] {
            dead = desc.refs.size() == 2 ? free_boxes<2>(heap, dead, waiting) : free_boxes<0>(heap, dead, waiting);
            continue;
        }
        if (is_text(desc)) {
            free_text(heap, dead);
            dead = waiting.take();
            continue;
        }
        if (desc.kind == ObjectDesc::Kind::Host) close_host_object(*context->instance, as_host(dead));
        if (desc.plain) [[unlikely]]
            end_wrapped_list(*context->instance, static_cast<WrappedList*>(dead));
        if (desc.has_refs) {
            const bool is_box = desc.is_box();
            const std::uint8_t* element = is_box ? box_data(static_cast<Box*>(dead)) : as_seq(dead)->data;
            for (std::int64_t left = is_box ? 1 : as_seq(dead)->length; left > 0; --left, element += desc.stride) {
                for (std::uint32_t offset : desc.refs) {
                    Object* child;
                    std::memcpy(&child, element + offset, sizeof child);
                    // Plain rows while they are in the cache; and in their order, since malloc would give the end of
                    // its memory back to the system with each large one, from the last to the first.
                    if (child && --child->count == 0 && (is_box || !free_plain(heap, child))) waiting.add(child);
                }
            }
        }
        heap.free(dead, object_size(dead));
        dead = waiting.take();
    }
}

extern "C" {

// A text refers to nothing, nor do lists of numbers: that way calls hardly anything, and so saves no registers.
void rt_free_object(Context* context, Object* object) noexcept {
    if (!free_plain(context->instance->heap, object)) free_with_references(context, object);
}

void rt_release(Context* context, Object* object) noexcept {
    if (object && --object->count == 0) rt_free_object(context, object);
}

Object* rt_unique(Context* context, Object* object, std::uint32_t) noexcept {
    if (is_unique(object)) return object;
    if (object->count > 1 && !object->desc->is_box()) {
        if (Seq* copy = copy_short(context, as_seq(object))) {
            --object->count;
            return copy;
        }
    }
    Object* copy = copy_of(context, object);
    rt_release(context, object);
    return copy;
}

Object* rt_unique_at(Context* context, Object** place, std::uint32_t) noexcept {
    Object* object = *place;
    if (is_unique(object)) return object;
    Object* copy = copy_of(context, object);
    if (!copy) return nullptr;
    *place = copy;
    rt_release(context, object);
    return copy;
}

Object* rt_list_new(Context* context, std::int64_t capacity, std::uint32_t desc) noexcept {
    if (Seq* list = new_short(context, *context->descs[desc], capacity)) [[likely]]
        return list;
    if (capacity < 0) return fail(context, TrapCode::InvalidArgument, "a negative capacity");
    if (capacity == 0) return empty_seq(context, desc);
    return new_seq(context, *context->descs[desc], capacity);
}

Object* rt_list_grow(Context* context, Object* list, std::uint32_t room) noexcept {
    return with_room(context, list, room);
}

Object* rt_box_new(Context* context, std::uint32_t desc_id) noexcept {
    const ObjectDesc& desc = *context->descs[desc_id];
    if (desc.stride == 0) return empty_seq(context, desc_id); // all of them are equal, and nobody writes
    void* memory = context->instance->heap.allocate(sizeof(Box) + desc.stride);
    if (!memory) return fail(context, TrapCode::MemoryLimit);
    Box* box = new (memory) Box;
    box->count = 1;
    box->desc = &desc;
    std::memset(box_data(box), 0, desc.stride);
    return box;
}

Object* rt_bytes_new(Context* context, const void* bytes, std::int64_t length, std::uint32_t desc) noexcept {
    if (length == 0) return empty_seq(context, desc);
    if (length < 0) return fail(context, TrapCode::MemoryLimit);
    Seq* text = new_text(context, length, desc);
    if (!text) return nullptr;
    if (bytes)
        std::memcpy(text->data, bytes, static_cast<std::size_t>(length));
    else
        std::memset(text->data, 0, static_cast<std::size_t>(length));
    return text;
}

void rt_fail(Context* context, TrapCode code, const char* text, std::size_t length) noexcept {
    rt_release(context, std::exchange(context->trap_text, nullptr));
    if (text && length > 0) {
        context->trap_text = rt_bytes_new(context, text, static_cast<std::int64_t>(length), string_desc_id);
    }
    context->trap_code = code; // last: making the text may have failed with a code of its own
}

} // extern "C"

} // namespace tn::rt
