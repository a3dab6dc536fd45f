// The hash seeds of a runtime's instances: one draw from the system, spread over a counter.
#include "runtime/runtime_shared.h"

#include <ctime>
#include <sys/random.h>

namespace tn::rt {

namespace {
std::uint64_t draw() noexcept {
    std::uint64_t key = 0;
    if (getrandom(&key, sizeof key, GRND_NONBLOCK) == static_cast<ssize_t>(sizeof key)) return key;
    // Early in the system's life, or where the call is forbidden: what differs from run to run.
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    key = static_cast<std::uint64_t>(now.tv_sec) * 1000000007u + static_cast<std::uint64_t>(now.tv_nsec);
    return key ^ reinterpret_cast<std::uintptr_t>(&key);
}
} // namespace

RuntimeShared::RuntimeShared() : hash_key_(draw()) {}

std::uint64_t RuntimeShared::next_hash_seed() noexcept {
    // SplitMix64: neighbouring counts give seeds that have nothing in common.
    const std::uint64_t count = instances_made_.fetch_add(1, std::memory_order_relaxed) + 1;
    std::uint64_t z = hash_key_ + count * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

} // namespace tn::rt
