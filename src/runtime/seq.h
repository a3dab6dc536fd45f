// Internal to the runtime: making, growing and viewing sequences, for the built-in functions. Every
// size is computed without overflow and checked against the limit before anything is allocated.
#pragma once

#include "runtime/entry_points.h"
#include "runtime/instance.h"

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tn::rt {

inline Object* fail(Context* context, TrapCode code) {
    context->trap_code = code;
    return nullptr;
}
inline Object* fail(Context* context, TrapCode code, std::string_view text) {
    rt_fail(context, code, text.data(), text.size());
    return nullptr;
}

inline Seq* as_seq(Object* object) { return static_cast<Seq*>(object); }
inline const Seq* as_seq(const Object* object) { return static_cast<const Seq*>(object); }

inline std::string_view view(const Object* object) {
    const Seq* seq = as_seq(object);
    return {reinterpret_cast<const char*>(seq->data), static_cast<std::size_t>(seq->length)};
}
inline bool is_text(const ObjectDesc& desc) {
    return desc.kind == ObjectDesc::Kind::String || desc.kind == ObjectDesc::Kind::Bytes;
}
// Bytes of a heap object, as it was asked of the heap.
std::size_t object_size(const Object* object);
void retain_refs(const ObjectDesc& desc, const std::uint8_t* elements, std::int64_t count);

// An empty sequence with room for at least `capacity` elements and one count, or null and MemoryLimit.
Seq* new_seq(Context* context, const ObjectDesc& desc, std::int64_t capacity);
// A text of exactly this length; the caller fills the bytes.
Seq* new_text(Context* context, std::int64_t length, std::uint32_t desc = string_desc_id);
Object* new_string(Context* context, std::string_view bytes);
inline Object* empty_seq(Context* context, std::uint32_t desc) {
    Object* object = context->instance->empty(desc);
    retain(object);
    return object;
}
inline Object* share(Object* object) {
    retain(object);
    return object;
}
// Consumes `seq`; answers it with one owner and room for `extra` more elements (growing by doubling), or
// null and MemoryLimit.
Seq* with_room(Context* context, Object* seq, std::int64_t extra);

// Buffers on the stack whose bytes are added to texts: longer than what is copied at once, or the compiler warns of it.
constexpr std::size_t short_buffer = 24;
// memcpy of texts, which are short: up to 16 bytes are two loads and two stores.
constexpr std::size_t copied_at_once = 16;
inline void copy_bytes(std::uint8_t* to, std::string_view bytes) {
    const char* from = bytes.data();
    const std::size_t n = bytes.size();
    const auto both_ends = [&](auto word) {
        auto last = word;
        std::memcpy(&word, from, sizeof word);
        std::memcpy(&last, from + n - sizeof word, sizeof word);
        std::memcpy(to, &word, sizeof word);
        std::memcpy(to + n - sizeof word, &last, sizeof word);
    };
    if (n > copied_at_once) {
        std::memcpy(to, from, n);
    } else if (n >= 8) {
        both_ends(std::uint64_t());
    } else if (n >= 4) {
        both_ends(std::uint32_t());
    } else if (n >= 2) {
        both_ends(std::uint16_t());
    } else if (n == 1) {
        *to = static_cast<std::uint8_t>(*from);
    }
}

// Adds bytes to an owned text; consumes it, answers it. `bytes` may lie inside the text.
Object* append_slowly(Context* context, Object* text, std::string_view bytes);
inline Object* append(Context* context, Object* text, std::string_view bytes) {
    Seq* seq = as_seq(text);
    const auto size = static_cast<std::int64_t>(bytes.size());
    if (size == 0) return text;
    if (seq->count != 1 || seq->capacity - seq->length < size) [[unlikely]] // no room: also where the data is not ours
        return append_slowly(context, text, bytes);
    copy_bytes(seq->data + seq->length, bytes);
    seq->length += size;
    seq->data[seq->length] = 0;
    return seq;
}
// True, and Cancelled or DeadlineExceeded set, when a long loop of ours should stop.
bool interrupted(Context* context);

} // namespace tn::rt
