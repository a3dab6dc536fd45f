// Runtime functions that are not rows of runtime_fn.def: emitted code and the interpreter call them for
// operations of the IR. All of them run on the host's stack and never throw.
//
// The fallible ones set Context::trap_code and answer null; owned arguments are consumed also then.
#pragma once

#include "runtime/context.h"

namespace tn::rt {

inline void retain(Object* object) {
    if (object) ++object->count;
}

extern "C" {
// Frees an object whose count has reached zero, and what only it owned. Not recursive, never allocates.
void rt_free_object(Context* context, Object* object) noexcept;
// One count less; frees at zero. Null is allowed.
void rt_release(Context* context, Object* object) noexcept;

// Op::Unique. `object` owned; the object itself when it has one owner and its data is its own, else a
// copy of it (elements' references retained) with one reference given back. For Seq and Box; not null.
Object* rt_unique(Context* context, Object* object, std::uint32_t desc) noexcept;
// Op::UniqueAt. The same for the reference stored at `place`, which is replaced; the result is borrowed.
// On failure the place keeps what it held.
Object* rt_unique_at(Context* context, Object** place, std::uint32_t desc) noexcept;
// Op::ListNew. Empty, with room for `capacity` elements. A negative capacity is an InvalidArgument trap.
Object* rt_list_new(Context* context, std::int64_t capacity, std::uint32_t desc) noexcept;
// Op::ListGrow. `list` owned; answers it unique and with room for `room` more, growing by doubling.
// The fast path for emitted code: count == 1 && length + room <= capacity.
Object* rt_list_grow(Context* context, Object* list, std::uint32_t room) noexcept;
// A Box or Closure of the desc, cleared to zero, owned. Without any leaf: the shared empty object.
Object* rt_box_new(Context* context, std::uint32_t desc) noexcept;
// A String or Bytes with a copy of the bytes (null: zeroes), owned. For the interpreter and the C API.
Object* rt_bytes_new(Context* context, const void* bytes, std::int64_t length, std::uint32_t desc) noexcept;

// Stops the call the way a failing runtime function does: sets trap_code and, when `text` is not null,
// a String of it. For host functions and helpers; they then answer null or any value.
void rt_fail(Context* context, TrapCode code, const char* text, std::size_t length) noexcept;
}

// The addresses by name, for code generators that link by table.
#define TN_ENTRY_POINTS(X)                                                                                   \
    X(rt_free_object) X(rt_release) X(rt_unique) X(rt_unique_at) X(rt_list_new) X(rt_list_grow) X(rt_box_new)

} // namespace tn::rt
