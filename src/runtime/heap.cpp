// Heap: slabs for small blocks, malloc for large ones, figures and limit.
#include "runtime/heap.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace tn::rt {

// A large block's header; the object follows. 16-byte multiple, so that the object keeps malloc's alignment.
struct Heap::Large {
    Large* next;
    Large** link; // what points to us
    std::size_t size;
    std::size_t unused;

    void insert(Large** head) {
        next = *head;
        link = head;
        if (next) next->link = &next;
        *head = this;
    }
    void remove() {
        *link = next;
        if (next) next->link = link;
    }
};

// The start of a slab_size-aligned piece of memory that holds blocks of one size.
struct alignas(16) Heap::Slab {
    Slab* next;          // in available_ or spare_
    Slab** link;         // what points to us in available_
    void* free;          // blocks that were used before
    std::uint8_t* fresh; // the first block never used
    std::uint32_t live;
    std::uint32_t block_size;
    Slab* all_next;
    Slab** all_link;

    static constexpr unsigned fresh_batch = 15;

    static Slab* of(void* block) {
        return reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(block) & ~(slab_size - 1));
    }
    std::uint8_t* begin() { return reinterpret_cast<std::uint8_t*>(this + 1); }
    // malloc's own header of the next slab fits between the end and the next boundary.
    std::uint8_t* end() { return reinterpret_cast<std::uint8_t*>(this) + slab_size - 64; }
    // A block never used, and some more of them on the list, where emitted code finds them.
    void* take_fresh() {
        std::uint8_t* block = fresh;
        fresh += block_size;
        void** last = &free;
        for (unsigned i = 0; i < fresh_batch && fresh + block_size <= end(); ++i) {
            *last = fresh;
            last = reinterpret_cast<void**>(fresh);
            fresh += block_size;
        }
        *last = nullptr;
        return block;
    }
    bool is_full() { return !free && fresh + block_size > end(); }
    void insert(Slab** head) {
        next = *head;
        link = head;
        if (next) next->link = &next;
        *head = this;
    }
    void remove() {
        *link = next;
        if (next) next->link = link;
    }
};

Heap::Layout Heap::layout() {
    static_assert(sizeof(std::atomic<std::uint64_t>) == 8 && sizeof(Slab::live) == 4);
    return {offsetof(Heap, available_), offsetof(Heap, live_bytes_), offsetof(Heap, live_objects_),
            offsetof(Heap, limit_),     offsetof(Slab, free),        offsetof(Slab, live)};
}

Heap::~Heap() {
    static_assert(sizeof(Large) % 16 == 0 && sizeof(Slab) % 16 == 0);
    while (Large* large = large_) {
        large_ = large->next;
        std::free(large);
    }
    while (Slab* slab = all_slabs_) {
        all_slabs_ = slab->all_next;
        std::free(slab);
    }
}

bool Heap::system_fails() noexcept { return fail_in_ != 0 && --fail_in_ == 0; }

void Heap::account(std::uint64_t bytes, std::int64_t objects) {
    // One writer: a plain load and store is enough, and cheaper than an atomic addition.
    live_bytes_.store(live_bytes_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
    live_objects_.store(live_objects_.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(objects),
                        std::memory_order_relaxed);
}

void* Heap::allocate(std::size_t size) noexcept {
    if (size > max_block) return nullptr;
    size = block_size(size ? size : 1);
    if (!fits(size)) [[unlikely]]
        return nullptr;
    void* block;
    if (TN_HEAP_SLABS && size <= max_small) [[likely]] {
        const unsigned size_class = static_cast<unsigned>(size / 16 - 1);
        Slab* slab = available_[size_class];
        if (slab && slab->free) [[likely]] {
            block = slab->free;
            std::memcpy(&slab->free, block, sizeof slab->free);
        } else {
            if (!slab) { // every available slab has a block
                if (!refill(size_class)) return nullptr;
                slab = available_[size_class];
            }
            block = slab->take_fresh();
        }
        ++slab->live;
        if (slab->is_full()) slab->remove();
    } else {
        block = allocate_large(size);
        if (!block) return nullptr;
    }
    account(size, 1);
    return block;
}

void* Heap::refill(unsigned size_class) noexcept {
    Slab* slab = spare_;
    if (slab) {
        spare_ = slab->next;
        --spare_count_;
    } else {
        // Slabs that are nearly empty may take more than the live blocks do, but not without bound.
        if (slab_bytes_ + large_bytes_ > limit_ && slab_bytes_ + large_bytes_ - limit_ > limit_ + (1u << 20))
            return nullptr;
        if (system_fails()) return nullptr;
        void* memory = nullptr;
        if (posix_memalign(&memory, slab_size, slab_size - 64) != 0) return nullptr;
        slab = new (memory) Slab;
        slab->all_next = all_slabs_;
        slab->all_link = &all_slabs_;
        if (all_slabs_) all_slabs_->all_link = &slab->all_next;
        all_slabs_ = slab;
        slab_bytes_ += slab_size;
    }
    slab->free = nullptr;
    slab->fresh = slab->begin();
    slab->live = 0;
    slab->block_size = (size_class + 1) * 16;
    slab->insert(&available_[size_class]);
    return slab;
}

void* Heap::allocate_large(std::size_t size) noexcept {
    if (system_fails()) return nullptr;
    auto* large = static_cast<Large*>(std::malloc(sizeof(Large) + size));
    if (!large) return nullptr;
    large->size = size;
    large->insert(&large_);
    large_bytes_ += size;
    return large + 1;
}

void Heap::free(void* block, std::size_t size) noexcept {
    size = block_size(size ? size : 1);
    account(0 - static_cast<std::uint64_t>(size), -1);
    if (TN_HEAP_SLABS && size <= max_small) {
        free_in_slab(block);
    } else {
        free_large(block);
    }
}

void Heap::free_in_slab(void* block) noexcept {
    Slab* slab = Slab::of(block);
    const bool was_full = slab->is_full();
    std::memcpy(block, &slab->free, sizeof slab->free);
    slab->free = block;
    --slab->live;
    if (was_full || (slab->live == 0 && (slab->next || slab != available_[slab->block_size / 16 - 1]))) {
        slab_changed(slab, was_full);
    }
}

void Heap::slab_changed(Slab* slab, bool was_full) noexcept {
    Slab** head = &available_[slab->block_size / 16 - 1];
    if (was_full) slab->insert(head);
    // The last slab of its class stays, so that one object made and freed in turn costs nothing.
    if (slab->live != 0 || (slab == *head && !slab->next)) return;
    slab->remove();
    if (spare_count_ < max_spare_slabs) {
        slab->next = spare_;
        spare_ = slab;
        ++spare_count_;
        return;
    }
    *slab->all_link = slab->all_next;
    if (slab->all_next) slab->all_next->all_link = slab->all_link;
    slab_bytes_ -= slab_size;
    std::free(slab);
}

void Heap::free_large(void* block) noexcept {
    Large* large = static_cast<Large*>(block) - 1;
    large->remove();
    large_bytes_ -= large->size;
    std::free(large);
}

void* Heap::reallocate(void* block, std::size_t old_size, std::size_t new_size) noexcept {
    if (new_size > max_block) return nullptr;
    const std::size_t old_block = block_size(old_size ? old_size : 1);
    const std::size_t new_block = block_size(new_size ? new_size : 1);
    if (old_block == new_block) return block;
    if (new_block > old_block && !fits(new_block - old_block)) return nullptr;
    if (TN_HEAP_SLABS && (old_block <= max_small || new_block <= max_small)) {
        // Both exist for a moment; the sum must fit, or the figure could pass the limit.
        void* copy = allocate(new_size);
        if (!copy) return nullptr;
        std::memcpy(copy, block, old_size < new_size ? old_size : new_size);
        free(block, old_size);
        return copy;
    }
    if (system_fails()) return nullptr;
    Large* large = static_cast<Large*>(block) - 1;
    large->remove();
    auto* moved = static_cast<Large*>(std::realloc(large, sizeof(Large) + new_block));
    if (!moved) {
        large->insert(&large_);
        return nullptr;
    }
    large_bytes_ += new_block - old_block;
    moved->size = new_block;
    moved->insert(&large_);
    account(new_block - old_block, 0);
    return moved + 1;
}

} // namespace tn::rt
