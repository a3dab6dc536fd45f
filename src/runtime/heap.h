// The heap of one instance: allocation and release of objects, exact accounting, the memory limit.
//
// Small blocks come from slabs of one size class each, large ones from malloc. A class's list holds blocks of its
// slabs that are handed out next: what was freed last, while it is in the cache. It counts against the limit like what
// is in use; when the limit is near the lists are emptied, so that it stays exact. A list that is long enough sends what
// is freed on to the slabs. Some large blocks and empty slabs wait for the next request until the call ends: the system
// takes memory back at once, and clears every page that it gives again. Everything is freed with the heap at the
// latest. Under AddressSanitizer every block is a malloc of its own. Used by one thread at a time; knows nothing of
// counts or of references between objects.
#pragma once

#include "runtime/object.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

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

    // Sets `*needs_care` when drop_kept() has something to do; without it no freed block is kept.
    explicit Heap(bool* needs_care = nullptr) : needs_care_(needs_care) { open_lists(); }
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

    // Exact on the thread that uses the heap; other threads see some recent state.
    std::uint64_t live_bytes() const;
    std::uint64_t live_objects() const;
    std::uint64_t reserved_bytes() const { return slab_bytes_ + large_bytes(); } // asked of the system
    std::uint64_t limit() const { return limit_; }
    // May be below what is in use; then nothing more can be allocated.
    void set_limit(std::uint64_t bytes) noexcept;
    bool fits(std::size_t size) const { return fits_beside(size) || fits_exactly(size); }

    // Where emitted code finds a small block: the word at classes + (block_size / 16 - 1) * class_size is null or a
    // block whose first word is what follows it there. Blocks in that list are within the memory limit already;
    // whoever takes one adds one to the word behind.
    struct Layout {
        std::size_t classes, class_size, live; // in Heap; from the class
    };
    static Layout layout();
    static constexpr unsigned class_of(std::size_t block_size) { return static_cast<unsigned>(block_size / 16 - 1); }
    // What allocate() and free() do with a small block.
    inline void* allocate_small(unsigned size_class) noexcept;
    // The same from the list alone: null when nothing waits there.
    inline void* take_listed(unsigned size_class) noexcept;
    inline void free_small(void* block, unsigned size_class) noexcept;
    // free_small for many blocks of one class. Nothing else may use the heap until it ends.
    class Freeing;

    // Memory of somebody else's that counts as in use. It may go beyond the limit: then nothing more is allocated.
    void charge(std::uint64_t bytes) noexcept;
    void discharge(std::uint64_t bytes) { add(charged_bytes_, 0 - bytes); }

    // Gives blocks and slabs that wait for the next request back to the system, but for a few slabs.
    void drop_kept() noexcept;

    // For tests of allocation failure: the nth request to the system from now fails, 0: none does.
    void fail_allocation(std::uint64_t nth) { fail_in_ = nth; }

private:
    struct Large;
    // The start of a slab_size-aligned piece of memory that holds blocks of one size.
    struct alignas(16) Slab {
        Slab* next;          // in available_ or spare_
        Slab** link;         // what points to us in available_
        void* free;          // blocks that were given back
        std::uint8_t* fresh; // the first block never used
        std::uint32_t out;   // blocks that live, or wait in the class's list
        std::uint32_t made;  // those and the ones that were given back
        std::uint16_t size_class;
        bool is_available; // is in available_: has a block to give
        Slab* all_next;
        Slab** all_link;

        static Slab* of(void* block) {
            return reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(block) & ~(slab_size - 1));
        }
        std::uint8_t* begin() { return reinterpret_cast<std::uint8_t*>(this + 1); }
        // malloc's own header of the next slab fits between the end and the next boundary.
        std::uint8_t* end() { return reinterpret_cast<std::uint8_t*>(this) + slab_size - 64; }
        std::size_t block_size() const { return (size_class + std::size_t(1)) * 16; }
        bool has_fresh() { return fresh + block_size() <= end(); }
        void insert(Slab** head);
        void remove();
    };
    // Blocks that are handed out next, and how many objects of the size live. One thread writes; atomic so that
    // others may read the figure.
    struct Class {
        void* list = nullptr;
        std::atomic<std::uint64_t> live{0};
        // How many live when the list is as long as it gets: all that live or wait in it, less max_listed bytes.
        // `closed` while more is in use than the limit allows; then the list is empty.
        std::int64_t full_at = 0;
    };
    static constexpr unsigned class_count = max_small / 16;
    static constexpr std::int64_t closed = INT64_MAX;
    static constexpr unsigned max_spare_slabs = 16;
    static constexpr unsigned max_kept_slabs = 1024;         // until the call ends
    static constexpr std::size_t max_listed = 64 * 1024; // bytes of a class's list
    static constexpr unsigned min_batch = 16; // blocks taken from slabs at a time, if there are so many
    static constexpr unsigned max_kept = 4;
    static constexpr std::size_t min_kept_size = 64 * 1024; // smaller ones malloc keeps itself
    static constexpr std::size_t max_kept_bytes = 16 << 20;

    static void add(std::atomic<std::uint64_t>& figure, std::uint64_t n) {
        // A plain load and store is enough, and cheaper than an atomic addition.
        figure.store(figure.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    std::uint64_t large_bytes() const { return large_bytes_.load(std::memory_order_relaxed); }
    std::uint64_t charged_bytes() const { return charged_bytes_.load(std::memory_order_relaxed); }
    // In use, or in a list.
    std::uint64_t held_bytes() const { return out_bytes_ + large_bytes() + charged_bytes(); }
    bool fits_beside(std::size_t size) const {
        const std::uint64_t held = held_bytes();
        return held <= limit_ && size <= limit_ - held;
    }
    bool fits_exactly(std::size_t size) const;
    bool make_room(std::size_t size) noexcept;
    void* allocate_large(std::size_t size) noexcept;
    bool refill(unsigned size_class) noexcept;
    Slab* new_slab(unsigned size_class) noexcept;
    unsigned take_from(Slab* slab, unsigned most, void**& last) noexcept;
    void count_out(unsigned size_class, std::uint64_t more) noexcept;
    void open_lists() noexcept;
    void close_lists() noexcept;
    void give_back(void* block, unsigned size_class) noexcept;
    inline void to_slab(void* block) noexcept;
    void count_given_back(unsigned size_class, std::uint64_t count) noexcept;
    void unlist() noexcept;
    void drop_slab(Slab* slab) noexcept;
    void free_large(void* block) noexcept;
    bool keep(Large* large) noexcept;
    Large* take_kept(std::size_t size) noexcept;
    void slab_changed(Slab* slab) noexcept;
    bool system_fails() noexcept;

    Class classes_[class_count];
    std::uint64_t out_bytes_ = 0;            // small blocks that live or wait in a list
    Slab* available_[class_count] = {};      // slabs with a block to give, by class; the first one serves
    Slab* spare_ = nullptr;                  // empty slabs of no class
    unsigned spare_count_ = 0;
    Slab* all_slabs_ = nullptr;
    Large* large_ = nullptr;
    Large* kept_[max_kept] = {};
    std::size_t kept_bytes_ = 0;
    bool* needs_care_;
    bool was_full_ = false; // a list: its blocks may keep many slabs
    std::uint64_t slab_bytes_ = 0;
    std::atomic<std::uint64_t> large_bytes_{0};
    std::atomic<std::uint64_t> large_objects_{0};
    std::atomic<std::uint64_t> charged_bytes_{0};
    std::uint64_t limit_ = default_limit;
    std::uint64_t fail_in_ = 0;
};

class Heap::Freeing {
public:
    Freeing(Heap& heap, unsigned size_class)
        : heap_(heap), class_(heap.classes_[size_class]), list_(class_.list), full_at_(class_.full_at),
          live_(static_cast<std::int64_t>(class_.live.load(std::memory_order_relaxed))) {}
    ~Freeing() {
        class_.list = list_;
        class_.live.store(static_cast<std::uint64_t>(live_), std::memory_order_relaxed);
        if (given_back_ != 0) [[unlikely]]
            heap_.count_given_back(static_cast<unsigned>(&class_ - heap_.classes_), given_back_);
    }
    void operator()(void* block) {
        if (--live_ >= full_at_) [[likely]] {
            std::memcpy(block, &list_, sizeof list_);
            list_ = block;
            return;
        }
        heap_.to_slab(block);
        --full_at_;
        ++given_back_;
    }

private:
    Heap& heap_;
    Class& class_;
    void* list_;
    std::int64_t full_at_;
    std::int64_t live_;
    std::uint64_t given_back_ = 0;
};

void Heap::to_slab(void* block) noexcept {
    Slab* slab = Slab::of(block);
    std::memcpy(block, &slab->free, sizeof slab->free);
    slab->free = block;
    if (--slab->out == 0 || !slab->is_available) [[unlikely]]
        slab_changed(slab);
}

void* Heap::allocate_small(unsigned size_class) noexcept {
    if (!classes_[size_class].list && !refill(size_class)) [[unlikely]]
        return nullptr;
    return take_listed(size_class);
}

void* Heap::take_listed(unsigned size_class) noexcept {
    Class& c = classes_[size_class];
    void* block = c.list;
    if (!block) [[unlikely]]
        return nullptr;
    std::memcpy(&c.list, block, sizeof c.list);
    add(c.live, 1);
    return block;
}

void Heap::free_small(void* block, unsigned size_class) noexcept {
    Class& c = classes_[size_class];
    add(c.live, ~std::uint64_t(0));
    if (static_cast<std::int64_t>(c.live.load(std::memory_order_relaxed)) < c.full_at) [[unlikely]]
        return give_back(block, size_class);
    std::memcpy(block, &c.list, sizeof c.list);
    c.list = block;
}

} // namespace tn::rt
