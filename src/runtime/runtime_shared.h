// What all instances of one runtime share. Owned by the host's runtime object and by every instance.
#pragma once

#include "runtime/stack_pool.h"

#include <atomic>
#include <cstdint>
#include <string_view>

namespace tn::rt {

class RuntimeShared {
public:
    RuntimeShared();

    StackPool stacks;
    std::atomic<unsigned> live_instances{0};

    // The seed of a new instance's hashes: from the system's randomness, another one for each. Any thread.
    std::uint64_t next_hash_seed() noexcept;

private:
    std::uint64_t hash_key_;
    std::atomic<std::uint64_t> instances_made_{0};
};

} // namespace tn::rt
