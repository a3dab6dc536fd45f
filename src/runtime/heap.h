// The heap of one instance: allocation and release of objects, exact accounting, the memory limit.
//
// Small blocks come from slabs of one size class each, large ones from malloc. Everything is freed
// with the heap at the latest. Under AddressSanitizer every block is a malloc of its own. Used by one
// thread at a time; knows nothing of counts or of references between objects.
#pragma once

#include "runtime/object.h"

#include <atomic>
#include <cstddef>
#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#define TN_HEAP_SLABS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TN_HEAP_SLABS 0
#endif
#endif
#ifndef TN_HEAP_SLABS
#define TN_HEAP_SLABS 1
#endif

namespace tn::rt {

class Heap {
public:
    static constexpr std::size_t max_small = 512;
    static constexpr std::size_t slab_size = 16 * 1024;
    static constexpr std::uint64_t default_limit = std::uint64_t(1) << 30;
    static constexpr std::size_t max_block = std::size_t(1) << 46; // larger requests fail

    Heap() = default;
    ~Heap();
    Heap(const Heap&) = delete;
    Heap& operator=(const Heap&) = delete;

    // What a request for `size` bytes takes and is accounted for.
    static constexpr std::size_t block_size(std::size_t size) { return (size + 15) & ~std::size_t(15); }

    // 16-byte aligned, not cleared; null when the limit or the system says no. `size` <= max_block.
    void* allocate(std::size_t size) noexcept;
    // `size` as given to allocate.
    void free(void* block, std::size_t size) noexcept;
    // As realloc: the contents up to the smaller size are kept; null leaves the old block as it was.
    void* reallocate(void* block, std::size_t old_size, std::size_t new_size) noexcept;

    std::uint64_t live_bytes() const { return live_bytes_.load(std::memory_order_relaxed); }
    std::uint64_t live_objects() const { return live_objects_.load(std::memory_order_relaxed); }
    std::uint64_t reserved_bytes() const { return slab_bytes_ + large_bytes_; } // asked of the system
    std::uint64_t limit() const { return limit_; }
    // May be below what is in use; then nothing more can be allocated.
    void set_limit(std::uint64_t bytes) { limit_ = bytes; }
    bool fits(std::size_t size) const {
        const std::uint64_t used = live_bytes();
        return used <= limit_ && size <= limit_ - used;
    }

    // Where emitted code finds what it needs to take a small block that was used before:
    // heap.available[size / 16 - 1] is a slab, its `free` a block, whose first word is the next one. It leaves
    // the slab's last free block, and everything else, to allocate().
    struct Layout {
        std::size_t available, live_bytes, live_objects, limit; // in Heap; the last three are 64-bit words
        std::size_t slab_free, slab_live;                       // in the slab: a pointer, 32 bits
    };
    static Layout layout();

    // Memory of somebody else's that counts as in use. It may go beyond the limit: then nothing more is allocated.
    void charge(std::uint64_t bytes) { account(bytes, 0); }
    void discharge(std::uint64_t bytes) { account(0 - bytes, 0); }

    // For tests of allocation failure: the nth request to the system from now fails, 0: none does.
    void fail_allocation(std::uint64_t nth) { fail_in_ = nth; }

private:
    struct Slab;
    struct Large;
    static constexpr unsigned class_count = max_small / 16;
    static constexpr unsigned max_spare_slabs = 16;

    void* allocate_large(std::size_t size) noexcept;
    void* refill(unsigned size_class) noexcept;
    void free_large(void* block) noexcept;
    void free_in_slab(void* block) noexcept;
    void slab_changed(Slab* slab, bool was_full) noexcept;
    bool system_fails() noexcept;
    void account(std::uint64_t bytes, std::int64_t objects);

    Slab* available_[class_count] = {}; // slabs with a free block, by class; the first one serves
    Slab* spare_ = nullptr;             // empty slabs of no class
    unsigned spare_count_ = 0;
    Slab* all_slabs_ = nullptr;
    Large* large_ = nullptr;
    // Atomic so that other threads may read the figures; written by the owner alone.
    std::atomic<std::uint64_t> live_bytes_{0};
    std::atomic<std::uint64_t> live_objects_{0};
    std::uint64_t slab_bytes_ = 0;
    std::uint64_t large_bytes_ = 0;
    std::uint64_t limit_ = default_limit;
    std::uint64_t fail_in_ = 0;
};

} // namespace tn::rt
