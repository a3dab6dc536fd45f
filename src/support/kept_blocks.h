// Small blocks of memory that a compilation has freed and will want again: its passes make and drop thousands of short
// vectors, of which malloc keeps too few at hand. While a KeptBlocks lives, the thread's `operator delete` gives them to it
// and its `operator new` takes them from it, in the products that have those of products/operator_new.cpp; elsewhere it
// does nothing. Every block is malloc's, so any may outlive it, or be freed by another thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tn {

class KeptBlocks {
public:
    KeptBlocks();
    ~KeptBlocks(); // frees what was kept
    KeptBlocks(const KeptBlocks&) = delete;
    KeptBlocks& operator=(const KeptBlocks&) = delete;

    static constexpr std::size_t step = 16, max_size = 1024;
    static std::size_t list_of(std::size_t size) { return (size + step - 1) / step; }

    // A block of a size up to max_size; null if none is kept, as of size 0.
    void* take(std::size_t size) {
        List& list = lists_[list_of(size)];
        Block* const block = list.first;
        if (!block) return nullptr;
        list.first = block->next;
        ++list.room;
        return block;
    }
    // False if enough of the size are kept.
    bool keep(void* memory, std::size_t size) {
        List& list = lists_[list_of(size)];
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
    struct Block {
        Block* next;
        static void* operator new(std::size_t, void* memory) { return memory; }
    };
    struct List {
        Block* first = nullptr;
        std::uint32_t room = 0; // for how many more
    };
    KeptBlocks* outer_;
    List lists_[max_size / step + 1];
};

} // namespace tn
