// Heap objects as compiled code sees them. Emitted code reads and writes these fields directly, so
// their offsets are part of the contract between runtime and code generator (static_asserts below).
#pragma once

#include "support/id.h"
#include "types/type_table.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tn::rt {

struct HostType; // host_type.h

// What an object of one type looks like; built from ir::Desc when a module is finished, immutable.
struct ObjectDesc {
    enum class Kind : std::uint8_t { String, Bytes, List, Box, Closure, Host };
    // Closure: the function behind it in each mode's code, by CodeMode; null until that code is published.
    // Written once under the Program's lock, before anybody can run code of that mode. Emitted code reads it.
    const void* code[2] = {};
    Kind kind = Kind::List;
    bool has_refs = false;
    bool is_small_box = false;   // a Box or Closure whose block is the heap's of size_class
    std::uint8_t size_class = 0;
    std::uint32_t id = 0;     // its DescId in the module
    std::uint32_t stride = 0; // bytes per element; of the whole value for a Box or Closure
    std::vector<std::uint32_t> refs; // offsets of the Ref leaves within one element or value
    TypeId type;              // of the object; for a Box the boxed type, for a Closure its captures'
    std::uint32_t func = 0xffffffffu; // Closure: the FuncId of what it runs
    std::uint8_t shared_tag = 0; // Box: the first byte of the one that each instance keeps
    const HostType* host = nullptr;   // Host: the type of the value, which outlives every object
    const ObjectDesc* plain = nullptr; // List in memory of the host (wrapped_list.h): the description of a copy

    // One value behind a header, not a sequence of elements.
    bool is_box() const { return kind >= Kind::Box; }
};

struct Object {
    // Number of owners. Not atomic: an instance runs on one thread at a time. Objects that belong to
    // the instance itself (literals, the empty object of each type) hold one count for it.
    std::int64_t count;
    const ObjectDesc* desc;
};

// List, String, Bytes. The elements stand at `data`: inline behind this header, or, when
// `capacity` is 0, in memory that somebody else keeps (a module's literals). Such an object is copied
// before it is changed. A String's bytes are followed by a NUL that `length` does not count.
struct Seq : Object {
    std::int64_t length;   // elements; bytes for String and Bytes
    std::int64_t capacity; // elements that fit; 0: the data is not ours
    std::uint8_t* data;
    // inline elements follow
};

// What the header of a view counts (ir::Op::View), in the frame of a script: never the last owner, so nobody frees or
// changes it.
inline constexpr std::int32_t view_count = 1 << 30;

// A record, tuple or enum payload on the heap, or a closure with its captures: the value's leaves at its
// layout's offsets follow.
struct Box : Object {};

static_assert(offsetof(Object, count) == 0);
static_assert(offsetof(Object, desc) == 8);
static_assert(offsetof(Seq, length) == 16);
static_assert(offsetof(Seq, capacity) == 24);
static_assert(offsetof(Seq, data) == 32);
static_assert(sizeof(Seq) == 40);
static_assert(sizeof(Box) == 16);
static_assert(offsetof(ObjectDesc, code) == 0);

inline std::uint8_t* inline_data(Seq* seq) { return reinterpret_cast<std::uint8_t*>(seq + 1); }
inline std::uint8_t* box_data(Box* box) { return reinterpret_cast<std::uint8_t*>(box + 1); }

} // namespace tn::rt
