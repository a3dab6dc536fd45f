// Lists of scalars in memory of the host: a Seq without capacity, so that who wants to change it copies it
// first, and a description that says what a copy is. The host learns through its finalizer when the last such
// list is gone.
#pragma once

#include "runtime/instance.h"

namespace tn::rt {

using Finalizer = void (*)(void* user_data);

// One piece of the host's memory; kept until its finalizer ran.
struct HostMemory {
    HostMemory *previous = nullptr,
               *next = nullptr; // of the instance's live ones; `next` also of those that wait
    Finalizer finalize = nullptr;
    void* user_data = nullptr;
};

struct WrappedList : Seq {
    HostMemory* memory;
};

// A list of `length` elements at `data`, with one count. `desc` is one of wrapped lists (ObjectDesc::plain).
// Null with trap_code set when there is no memory; then the finalizer is still the caller's to run.
Seq* wrap_list(Context* context, const ObjectDesc& desc, void* data, std::int64_t length, Finalizer finalize,
               void* user_data) noexcept;
// The list is freed: runs the finalizer, or leaves it to the thread that holds the instance for a release
// only.
void end_wrapped_list(Instance& instance, WrappedList* list) noexcept;
// Runs what waits, and frees it.
void finish_host_memory(HostMemory* first) noexcept;

} // namespace tn::rt
