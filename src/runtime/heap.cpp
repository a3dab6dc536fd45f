// Heap: slabs for small blocks, malloc for large ones, figures and limit.
#include "runtime/heap.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <new>
#include <utility>

namespace tn::rt {

// A large block's header; the object follows. 16-byte multiple, so that the object keeps malloc's alignment.
struct Heap::Large {
    Large* next;
    Large** link; // what points to us
    std::size_t size;
    std::size_t room; // of the block, which may have been a larger one's

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

void Heap::Slab::insert(Slab** head) {
    next = *head;
    link = head;
    if (next) next->link = &next;
    *head = this;
    is_available = true;
}

void Heap::Slab::remove() {
    *link = next;
    if (next) next->link = link;
    is_available = false;
}

Heap::Layout Heap::layout() {
    static_assert(sizeof(std::atomic<std::uint64_t>) == 8 && sizeof(Class) == 24 && offsetof(Class, list) == 0);
    return {offsetof(Heap, classes_), sizeof(Class), offsetof(Class, live)};
}

Heap::~Heap() {
    static_assert(sizeof(Large) % 16 == 0 && sizeof(Slab) % 16 == 0);
    drop_kept();
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

std::uint64_t Heap::live_bytes() const {
    std::uint64_t bytes = large_bytes() + charged_bytes();
    for (unsigned c = 0; c < class_count; ++c)
        bytes += classes_[c].live.load(std::memory_order_relaxed) * ((c + std::uint64_t(1)) * 16);
    return bytes;
}

std::uint64_t Heap::live_objects() const {
    std::uint64_t objects = large_objects_.load(std::memory_order_relaxed);
    for (const Class& c : classes_) objects += c.live.load(std::memory_order_relaxed);
    return objects;
}

bool Heap::fits_exactly(std::size_t size) const {
    const std::uint64_t used = live_bytes();
    return used <= limit_ && size <= limit_ - used;
}

void Heap::charge(std::uint64_t bytes) noexcept {
    add(charged_bytes_, bytes);
    if (!fits_beside(0)) close_lists();
}

void Heap::set_limit(std::uint64_t bytes) noexcept {
    limit_ = bytes;
    drop_kept();
    if (!fits_beside(0)) close_lists();
}

// Whether so much more may be in use, beside what the lists hold; without them when that is necessary.
bool Heap::make_room(std::size_t size) noexcept {
    if (fits_beside(kept_bytes_ + size)) [[likely]]
        return true;
    drop_kept();
    if (fits_beside(size)) return true;
    unlist();
    return fits_beside(size);
}

void* Heap::allocate(std::size_t size) noexcept {
    if (size > max_block) return nullptr;
    size = block_size(size ? size : 1);
    if (!TN_HEAP_SLABS || size > max_small) return make_room(size) ? allocate_large(size) : nullptr;
    return allocate_small(class_of(size));
}

// So many blocks more are no longer in slabs.
void Heap::count_out(unsigned size_class, std::uint64_t more) noexcept {
    classes_[size_class].full_at += static_cast<std::int64_t>(more);
    out_bytes_ += more * ((size_class + std::size_t(1)) * 16);
}

// The lists are empty.
void Heap::open_lists() noexcept {
    for (std::int64_t c = 0; c < class_count; ++c)
        classes_[c].full_at = static_cast<std::int64_t>(classes_[c].live.load(std::memory_order_relaxed)) -
                              static_cast<std::int64_t>(max_listed / 16) / (c + 1);
}

// What lists hold must not be handed out where as much is in use as the limit allows, or more.
void Heap::close_lists() noexcept {
    unlist();
    if (fits_beside(0)) return;
    for (Class& c : classes_) c.full_at = closed;
}

// Fills the class's empty list from its slabs, with as much as the limit allows.
bool Heap::refill(unsigned size_class) noexcept {
    const std::size_t size = (size_class + std::size_t(1)) * 16;
    if (!make_room(size)) return false;
    if (classes_[size_class].full_at == closed) open_lists();
    const unsigned most = static_cast<unsigned>(std::min<std::uint64_t>((limit_ - held_bytes()) / size, slab_size / 16));
    void** last = &classes_[size_class].list;
    unsigned taken = 0;
    while (taken == 0 || (taken < min_batch && taken < most)) {
        Slab* slab = available_[size_class];
        if (!slab && (taken != 0 || !(slab = new_slab(size_class)))) break;
        taken += take_from(slab, most - taken, last);
    }
    if (last) *last = nullptr;
    count_out(size_class, taken);
    return taken != 0;
}

// Blocks of a slab to the end of a list: those given back, or as many never used as it gave so far. `last` is null when the
// list has an end of its own.
unsigned Heap::take_from(Slab* slab, unsigned most, void**& last) noexcept {
    unsigned taken = 0;
    if (const unsigned waiting = slab->made - slab->out; waiting >= min_batch && waiting <= most) {
        *last = std::exchange(slab->free, nullptr);
        last = nullptr;
        taken = waiting;
    } else if (slab->free) {
        void* block = slab->free;
        *last = block;
        while (block && taken < most) {
            last = static_cast<void**>(block);
            block = *last;
            ++taken;
        }
        slab->free = block;
    } else {
        const std::size_t size = slab->block_size();
        std::uint8_t* fresh = slab->fresh;
        std::uint8_t* const end = slab->end() - size;
        void** to = last;
        for (most = std::min(most, std::max(min_batch, slab->made)); taken < most && fresh <= end; ++taken, fresh += size) {
            *to = fresh;
            to = reinterpret_cast<void**>(fresh);
        }
        slab->fresh = fresh;
        last = to;
        slab->made += taken;
    }
    slab->out += taken;
    if (!slab->free && !slab->has_fresh()) slab->remove();
    return taken;
}

// A block that lives no longer, where the list is long enough, or closed.
void Heap::give_back(void* block, unsigned size_class) noexcept {
    to_slab(block);
    count_given_back(size_class, 1);
}

void Heap::count_given_back(unsigned size_class, std::uint64_t count) noexcept {
    if (classes_[size_class].full_at != closed) {
        if (!std::exchange(was_full_, true) && needs_care_) *needs_care_ = true;
        return count_out(size_class, 0 - count);
    }
    out_bytes_ -= count * ((size_class + std::size_t(1)) * 16);
    if (fits_beside(0)) open_lists();
}

// Every list's blocks go back to their slabs.
void Heap::unlist() noexcept {
    for (unsigned c = 0; c < class_count; ++c) {
        void* block = std::exchange(classes_[c].list, nullptr);
        if (!block) continue;
        std::uint64_t count = 0;
        for (; block; ++count) {
            void* next;
            std::memcpy(&next, block, sizeof next);
            to_slab(block);
            block = next;
        }
        count_out(c, 0 - count);
    }
}

Heap::Slab* Heap::new_slab(unsigned size_class) noexcept {
    // Slabs that are nearly empty may take more than the live blocks do, but not without bound.
    const auto is_bound_passed = [&] { return reserved_bytes() > limit_ && reserved_bytes() - limit_ > limit_ + (1u << 20); };
    if (!spare_ && is_bound_passed()) unlist();
    Slab* slab = spare_;
    if (slab) {
        spare_ = slab->next;
        --spare_count_;
    } else {
        if (is_bound_passed()) return nullptr;
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
    slab->out = slab->made = 0;
    slab->size_class = static_cast<std::uint16_t>(size_class);
    slab->insert(&available_[size_class]);
    return slab;
}

void* Heap::allocate_large(std::size_t size) noexcept {
    if (system_fails()) return nullptr;
    Large* large = take_kept(size);
    if (!large) {
        large = static_cast<Large*>(std::malloc(sizeof(Large) + size));
        if (!large) return nullptr;
        large->room = size;
    }
    large->size = size;
    large->insert(&large_);
    add(large_bytes_, size);
    add(large_objects_, 1);
    return large + 1;
}

void Heap::free(void* block, std::size_t size) noexcept {
    size = block_size(size ? size : 1);
    if (TN_HEAP_SLABS && size <= max_small) {
        free_small(block, class_of(size));
    } else {
        free_large(block);
    }
}

// A slab that had nothing to give has a block now, or all of its blocks are back.
void Heap::slab_changed(Slab* slab) noexcept {
    Slab** head = &available_[slab->size_class];
    if (!slab->is_available) slab->insert(head);
    // The last slab of its class stays, so that one object made and freed in turn costs nothing.
    if (slab->out != 0 || (slab == *head && !slab->next)) return;
    slab->remove();
    if (spare_count_ >= (needs_care_ ? max_kept_slabs : max_spare_slabs)) return drop_slab(slab);
    slab->next = spare_;
    spare_ = slab;
    if (++spare_count_ > max_spare_slabs) *needs_care_ = true;
}

void Heap::drop_slab(Slab* slab) noexcept {
    *slab->all_link = slab->all_next;
    if (slab->all_next) slab->all_next->all_link = slab->all_link;
    slab_bytes_ -= slab_size;
    std::free(slab);
}

void Heap::free_large(void* block) noexcept {
    Large* large = static_cast<Large*>(block) - 1;
    large->remove();
    add(large_bytes_, 0 - static_cast<std::uint64_t>(large->size));
    add(large_objects_, ~std::uint64_t(0));
    if (!keep(large)) std::free(large);
}

bool Heap::keep(Large* large) noexcept {
    const std::size_t room = large->room;
    if (!TN_HEAP_SLABS || !needs_care_ || room < min_kept_size || room > max_kept_bytes - kept_bytes_ ||
        !fits_beside(kept_bytes_ + room))
        return false;
    Large** const free = std::find(kept_, std::end(kept_), nullptr);
    if (free == std::end(kept_)) return false;
    *free = large;
    kept_bytes_ += room;
    *needs_care_ = true;
    return true;
}

// The smallest that is large enough, unless most of it would lie idle.
Heap::Large* Heap::take_kept(std::size_t size) noexcept {
    if (kept_bytes_ < size) return nullptr;
    Large** best = nullptr;
    for (Large*& large : kept_)
        if (large && large->room >= size && large->room / 2 <= size && (!best || large->room < (*best)->room)) best = &large;
    if (!best) return nullptr;
    kept_bytes_ -= (*best)->room;
    return std::exchange(*best, nullptr);
}

void Heap::drop_kept() noexcept {
    for (Large*& large : kept_) std::free(std::exchange(large, nullptr));
    kept_bytes_ = 0;
    if (std::exchange(was_full_, false)) unlist();
    while (spare_count_ > max_spare_slabs) {
        drop_slab(std::exchange(spare_, spare_->next));
        --spare_count_;
    }
}

void* Heap::reallocate(void* block, std::size_t old_size, std::size_t new_size) noexcept {
    if (new_size > max_block) return nullptr;
    const std::size_t old_block = block_size(old_size ? old_size : 1);
    const std::size_t new_block = block_size(new_size ? new_size : 1);
    if (old_block == new_block) return block;
    if (new_block > old_block && !make_room(new_block - old_block)) return nullptr;
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
    add(large_bytes_, static_cast<std::uint64_t>(new_block) - old_block);
    moved->size = moved->room = new_block;
    moved->insert(&large_);
    return moved + 1;
}

} // namespace tn::rt
