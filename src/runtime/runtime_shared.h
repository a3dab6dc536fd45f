// What all instances of one runtime share. Owned by the host's runtime object and by every instance.
#pragma once

#include "runtime/stack_pool.h"

#include <atomic>

namespace tn::rt {

class RuntimeShared {
public:
    StackPool stacks;
    std::atomic<unsigned> live_instances{0};
};

} // namespace tn::rt
