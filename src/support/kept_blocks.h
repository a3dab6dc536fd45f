// Blocks of memory that a compilation has freed and will want again: its passes make and drop thousands of short
// vectors, of which malloc keeps too few at hand. While a KeptBlocks lives, the thread's `operator delete` gives them to it
// and its `operator new` takes them from it, in the products that have those of products/operator_new.cpp; elsewhere it
// does nothing. Every block is malloc's, so any may outlive it, or be freed by another thread. Some of what is left is
// there for the next compilation, until a runtime is freed.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace tn {

class KeptBlocks {
public:
    KeptBlocks();
    ~KeptBlocks(); // frees what was kept, but for what the next one may use
    KeptBlocks(const KeptBlocks&) = delete;
    KeptBlocks& operator=(const KeptBlocks&) = delete;
    static void drop_left(); // frees what is there for the next one

    // Sizes up to small_size are kept by whole steps, those up to max_size by quarters between powers of two.
    static constexpr std::size_t step = 16, small_size = 1024, max_size = 32 * 1024;
    static std::size_t list_of(std::size_t size) {
        if (size <= small_size) return (size + step - 1) / step;
        const auto power = static_cast<std::size_t>(std::bit_width(size - 1));
        return first_large + (power - small_power - 1) * 4 + (((size - 1) >> (power - 3)) & 3);
    }
    // The largest size of a list.
    static std::size_t size_of(std::size_t list) {
        if (list < first_large) return list * step;
        const std::size_t large = list - first_large;
        return (large % 4 + 5) << (small_power + large / 4 - 2);
    }

    // A block of a size up to max_size; null if none is kept, as of size 0.
    void* take(std::size_t size) {
        List& list = lists_->of[list_of(size)];
        Block* const block = list.first;
        if (!block) return nullptr;
        list.first = block->next;
        ++list.room;
        return block;
    }
    // False if enough of the size are kept.
    bool keep(void* memory, std::size_t size) {
        List& list = lists_->of[list_of(size)];
        if (list.room == 0) return false;
        --list.room;
        list.first = new (memory) Block{list.first};
        return true;
    }

#ifdef __GLIBC__
    // Where the thread's own few bytes are, without a call: glibc has room for them also when it loads a library late.
    [[gnu::tls_model("initial-exec")]]
#endif
    static constinit thread_local KeptBlocks* current; // null outside compilations

private:
    friend struct LeftBlocks;
    static constexpr std::size_t small_power = std::bit_width(small_size) - 1, max_power = std::bit_width(max_size) - 1;
    static constexpr std::size_t first_large = small_size / step + 1, list_count = first_large + (max_power - small_power) * 4;

    struct Block {
        Block* next;
        static void* operator new(std::size_t, void* memory) { return memory; }
    };
    struct List {
        Block* first = nullptr;
        std::uint32_t room = 0; // for how many more
    };
    struct Lists {
        Lists();
        ~Lists();
        void shrink(); // to what may stay between compilations
        List of[list_count];
    };
    KeptBlocks* outer_;
    Lists* lists_; // null for want of memory: nothing is kept
};

} // namespace tn
