// Recounts an instance's heap from its roots, for tests and stress builds: every reference that is held
// in instance data, in the image and in the roots a host names must add up to the objects' counts.
#pragma once

#include "runtime/instance.h"

#include <span>
#include <string>

namespace tn::rt {

struct HeapCount {
    std::uint64_t objects = 0; // reachable on the heap, without the image's own objects
    std::uint64_t bytes = 0;   // as the heap accounts for them
    std::string error;         // empty: counts and figures agree; else what differs first
};

// `roots`: one entry per reference the caller owns. The instance must be entered or idle and not running.
// Throws std::bad_alloc.
HeapCount check_heap(Instance& instance, std::span<Object* const> roots = {});

} // namespace tn::rt
