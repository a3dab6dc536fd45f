// Fiber stacks: mapped memory with a guard below, kept for reuse. One pool per runtime, used by all its
// threads. It answers null when the system gives no more mappings; it never throws or aborts.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace tn::rt {

// A mapped stack; the struct itself lies at its very top, above the first frame.
struct FiberStack {
    std::uint8_t* mapping = nullptr; // lowest address, where the guard starts
    std::size_t mapping_size = 0;
    std::uint8_t* limit = nullptr; // frames must stay above: guard and headroom lie below
    std::uint8_t* top = nullptr;   // 16-byte aligned; the first frame goes below
    std::size_t usable_size = 0;   // top - limit as asked for, rounded up to pages
    FiberStack* next = nullptr;    // in the pool's list
    bool parked = false;           // counted as kept by an instance between its calls
};

class StackPool {
public:
    // Below a frame's limit: a leaf's pushes and signal handlers that run on the current stack.
    static constexpr std::size_t headroom = 32 * 1024;
    static constexpr std::size_t guard_size = 64 * 1024;
    static constexpr std::size_t min_stack_size = 16 * 1024;
    static constexpr std::size_t max_stack_size = std::size_t(1) << 30;
    static constexpr unsigned max_cached = 64; // unused stacks that the pool keeps
    static constexpr unsigned max_parked = 64; // stacks that instances may keep between calls

    // What a stack of `size` bytes really gets: within the bounds above, whole pages.
    static std::size_t usable_size(std::size_t size) noexcept;

    StackPool() = default;
    ~StackPool();
    StackPool(const StackPool&) = delete;
    StackPool& operator=(const StackPool&) = delete;

    // A stack with at least `size` usable bytes (clamped to the bounds above), or null.
    FiberStack* acquire(std::size_t size) noexcept;
    // Takes a stack back. `deep` says that much of it was used: then its pages go back to the system.
    void release(FiberStack* stack, bool deep) noexcept;
    // An instance does not keep it any more, a suspended call does.
    void unpark(FiberStack* stack) noexcept;
    // Gives the pages far below the top back to the system.
    static void trim(FiberStack* stack) noexcept;

    unsigned live_count() const { return live_.load(std::memory_order_relaxed); } // mapped, cached ones too

private:
    static FiberStack* map(std::size_t usable) noexcept;
    static void unmap(FiberStack* stack) noexcept;

    std::mutex mutex_;
    FiberStack* cached_ = nullptr;
    unsigned cached_count_ = 0;
    std::atomic<unsigned> parked_{0};
    std::atomic<unsigned> live_{0};
};

} // namespace tn::rt
