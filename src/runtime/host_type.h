// Values of the host's own types: what the runtime knows of such a type, and the object that holds one value.
//
// An object owns its pointer: the type's `finalize` runs exactly once for it, when the last reference is gone, when
// the host closes it, or with the instance. A closed object has no pointer; so does the image's empty one, which
// stands where a variable has no value yet.
#pragma once

#include "runtime/context.h"
#include "runtime/trap_record.h"

#include <string>

namespace tn::rt {

// Any of the functions may be null. They run on the host's stack, while the instance is entered.
struct HostType {
    std::string path; // "time.DateTime"
    std::string name; // its last part: shown as `<DateTime>`
    void* user_data = nullptr;
    void (*finalize)(void* pointer, void* user_data) = nullptr;
    std::int32_t (*clone)(void* pointer, void* user_data, void** out) = nullptr; // 0: done
    std::int32_t (*equal)(const void* a, const void* b, void* user_data) = nullptr;
    std::uint64_t (*hash)(const void* pointer, void* user_data) = nullptr;
    std::uint64_t (*extra_bytes)(const void* pointer, void* user_data) = nullptr;
    void (*to_text)() = nullptr; // what `show` calls
    // The value's text as an owned String, or null with trap_code set. Null: it is shown as its name.
    Object* (*show)(Context* context, const HostType& type, void* pointer) = nullptr;
};

struct HostObject : Object {
    void* pointer;       // null: closed. Emitted code reads it.
    HostObject* next;    // the instance's others that are not closed
    HostObject** link;   // what points to us; only while there is a pointer
    std::uint64_t extra; // bytes of the host's that count for the instance
};
static_assert(offsetof(HostObject, pointer) == sizeof(Object));
inline constexpr std::uint32_t host_object_stride = sizeof(HostObject) - sizeof(Object);

inline HostObject* as_host(Object* object) { return static_cast<HostObject*>(object); }

// A closed one was used: HostError. Null.
Object* fail_closed(Context* context, const Object* object) noexcept;
// The same where emitted code found one: its trap has no text but, in trap_a, one more than the DescId of the type.
// That is 0 in every other HostError.
void note_closed(TrapRecord& record, const Context& context) noexcept;
// Takes the pointer over, also on failure. Null: trap_code is set, MemoryLimit.
Object* new_host_object(Context* context, const ObjectDesc& desc, void* pointer) noexcept;
// Runs the finalizer, unless it is closed already.
void close_host_object(Instance& instance, HostObject* object) noexcept;
// Asks again how large the value is; what it has grown by may go beyond the limit, so that the next allocation fails.
void measure_host_object(Instance& instance, HostObject* object) noexcept;

} // namespace tn::rt
