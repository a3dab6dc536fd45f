// The heap: figures, limit, reuse, failing allocations.
#include "runtime/heap.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

namespace tn::rt {

TEST(Heap, AccountsExactly) {
    Heap heap;
    void* a = heap.allocate(1);
    void* b = heap.allocate(100);
    void* c = heap.allocate(100'000);
    ASSERT_TRUE(a && b && c);
    EXPECT_EQ(heap.live_objects(), 3u);
    EXPECT_EQ(heap.live_bytes(), 16u + 112u + 100'000u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a) % 16, 0u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(c) % 16, 0u);
    heap.free(b, 100);
    heap.free(a, 1);
    heap.free(c, 100'000);
    EXPECT_EQ(heap.live_objects(), 0u);
    EXPECT_EQ(heap.live_bytes(), 0u);
}

TEST(Heap, LimitIsExact) {
    Heap heap;
    heap.set_limit(1024);
    void* a = heap.allocate(512);
    void* b = heap.allocate(496);
    EXPECT_TRUE(a && b);
    EXPECT_EQ(heap.allocate(17), nullptr);
    void* c = heap.allocate(16);
    EXPECT_TRUE(c);
    EXPECT_EQ(heap.allocate(1), nullptr);
    heap.free(c, 16);
    EXPECT_EQ(heap.reallocate(a, 512, 2000), nullptr);
    heap.free(a, 512);
    heap.free(b, 496);
    EXPECT_EQ(heap.allocate(SIZE_MAX), nullptr);
    EXPECT_EQ(heap.allocate(SIZE_MAX - 15), nullptr);
    EXPECT_EQ(heap.live_bytes(), 0u);
}

// Blocks that wait in the lists of other sizes do not count when the limit is near.
TEST(Heap, LimitIsExactWithBlocksWaiting) {
    Heap heap;
    std::vector<std::pair<void*, std::size_t>> kept;
    for (std::size_t size = 16; size <= 512; size += 16) kept.push_back({heap.allocate(size), size});
    heap.set_limit(heap.live_bytes() + 4096);
    std::vector<void*> blocks;
    while (void* block = heap.allocate(64)) blocks.push_back(block);
    EXPECT_EQ(blocks.size(), 64u);
    heap.free(blocks.back(), 64);
    blocks.pop_back();
    EXPECT_EQ(heap.allocate(65), nullptr);
    void* last = heap.allocate(48);
    EXPECT_TRUE(last);
    EXPECT_TRUE(heap.allocate(16));
    EXPECT_EQ(heap.allocate(16), nullptr);
    heap.set_limit(100);
    heap.free(last, 48);
    EXPECT_EQ(heap.allocate(16), nullptr) << "in use is more than the new limit";
    for (void* block : blocks) heap.free(block, 64);
    for (auto [block, size] : kept) heap.free(block, size);
    EXPECT_EQ(heap.live_bytes(), 16u);
    EXPECT_EQ(heap.live_objects(), 1u);
    EXPECT_TRUE(heap.allocate(80));
    EXPECT_EQ(heap.allocate(16), nullptr);
}

TEST(Heap, RandomUseKeepsContents) {
    Heap heap;
    std::mt19937 random(7);
    struct Block {
        std::uint8_t* data;
        std::size_t size;
        std::uint8_t fill;
    };
    std::vector<Block> blocks;
    std::uint64_t bytes = 0;
    const auto check = [](const Block& b) {
        for (std::size_t i = 0; i < b.size; ++i) {
            if (b.data[i] != b.fill) return false;
        }
        return true;
    };
    for (int step = 0; step < 60'000; ++step) {
        const unsigned what = random() % 8;
        if (what < 4 || blocks.empty()) {
            const std::size_t size = random() % (what == 0 ? 3000 : 300) + 1;
            auto* data = static_cast<std::uint8_t*>(heap.allocate(size));
            ASSERT_TRUE(data);
            const auto fill = static_cast<std::uint8_t>(random());
            std::memset(data, fill, size);
            blocks.push_back({data, size, fill});
            bytes += Heap::block_size(size);
        } else {
            const std::size_t i = random() % blocks.size();
            Block& b = blocks[i];
            ASSERT_TRUE(check(b));
            bytes -= Heap::block_size(b.size);
            if (what == 4) {
                const std::size_t size = random() % 2000 + 1;
                auto* data = static_cast<std::uint8_t*>(heap.reallocate(b.data, b.size, size));
                ASSERT_TRUE(data);
                b.data = data;
                b.size = std::min(b.size, size);
                ASSERT_TRUE(check(b));
                b.size = size;
                std::memset(data, b.fill, size);
                bytes += Heap::block_size(size);
            } else {
                heap.free(b.data, b.size);
                b = blocks.back();
                blocks.pop_back();
            }
        }
        ASSERT_EQ(heap.live_bytes(), bytes);
        ASSERT_EQ(heap.live_objects(), blocks.size());
    }
    for (const Block& b : blocks) {
        ASSERT_TRUE(check(b));
        heap.free(b.data, b.size);
    }
    EXPECT_EQ(heap.live_bytes(), 0u);
}

TEST(Heap, EmptySlabsServeOtherSizes) {
    Heap heap;
    heap.set_limit(8 << 20);
    for (std::size_t size = 16; size <= 512; size += 16) {
        std::vector<void*> blocks;
        while (void* block = heap.allocate(size)) blocks.push_back(block);
        EXPECT_GT(blocks.size() * size, (8u << 20) - 1024);
        for (void* block : blocks) heap.free(block, size);
        EXPECT_EQ(heap.live_bytes(), 0u);
        EXPECT_LT(heap.reserved_bytes(), 2u << 20) << "most of it went back";
    }
}

TEST(Heap, FragmentationIsBounded) {
    if (!TN_HEAP_SLABS) GTEST_SKIP();
    Heap heap;
    constexpr std::size_t limit = 4 << 20;
    heap.set_limit(limit);
    // Keeps one block of each slab, for every size: the worst a script could do.
    std::vector<std::pair<void*, std::size_t>> kept;
    for (std::size_t size = 16; size <= 512; size += 16) {
        std::vector<void*> blocks;
        while (void* block = heap.allocate(size)) blocks.push_back(block);
        const std::size_t per_slab = Heap::slab_size / size;
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            if (i % per_slab == 0)
                kept.push_back({blocks[i], size});
            else
                heap.free(blocks[i], size);
        }
    }
    EXPECT_LE(heap.reserved_bytes(), 2 * limit + (2u << 20));
    for (auto [block, size] : kept) heap.free(block, size);
    EXPECT_EQ(heap.live_bytes(), 0u);
}

TEST(Heap, FailedAllocations) {
    Heap heap;
    heap.fail_allocation(1);
    EXPECT_EQ(heap.allocate(100), nullptr);
    void* large = heap.allocate(10'000);
    ASSERT_TRUE(large);
    heap.fail_allocation(1);
    EXPECT_EQ(heap.reallocate(large, 10'000, 50'000), nullptr);
    std::memset(large, 1, 10'000); // still ours
    heap.free(large, 10'000);
    EXPECT_EQ(heap.live_bytes(), 0u);
}

TEST(Heap, KeepsLargeBlocksForTheNextRequest) {
    if (!TN_HEAP_SLABS) GTEST_SKIP();
    bool needs_care = false;
    Heap heap(&needs_care);
    constexpr std::size_t size = 1 << 20;
    heap.set_limit(4 * size);
    void* first = heap.allocate(size);
    ASSERT_TRUE(first);
    EXPECT_FALSE(needs_care);
    heap.free(first, size);
    EXPECT_TRUE(needs_care);
    EXPECT_EQ(heap.live_bytes(), 0u);
    EXPECT_EQ(heap.live_objects(), 0u);
    void* smaller = heap.allocate(size - 100'000);
    EXPECT_EQ(smaller, first) << "it waited";
    EXPECT_EQ(heap.live_bytes(), size - 100'000);
    void* other = heap.allocate(100'000);
    ASSERT_TRUE(other);
    heap.free(smaller, size - 100'000);
    heap.free(other, 100'000);
    // What waits does not count against the limit.
    void* all = heap.allocate(4 * size);
    EXPECT_TRUE(all);
    heap.free(all, 4 * size);
    heap.drop_kept();
    void* grown = heap.reallocate(heap.allocate(size / 2), size / 2, size);
    ASSERT_TRUE(grown);
    heap.free(grown, size);
    EXPECT_EQ(heap.live_bytes(), 0u);
}

TEST(Heap, HandsOutWhatWasFreedLast) {
    if (!TN_HEAP_SLABS) GTEST_SKIP();
    Heap heap;
    void* a = heap.allocate(48);
    void* b = heap.allocate(48);
    heap.free(a, 48);
    heap.free(b, 48);
    EXPECT_EQ(heap.allocate(40), b);
    EXPECT_EQ(heap.allocate(48), a);
    // Many of one class at once are the same.
    {
        Heap::Freeing free(heap, Heap::class_of(48));
        free(b);
        free(a);
    }
    EXPECT_EQ(heap.live_objects(), 0u);
    EXPECT_EQ(heap.allocate(48), a);
    EXPECT_EQ(heap.allocate(48), b);
    EXPECT_EQ(heap.live_bytes(), 96u);
}

// One block of each slab waits in the list when the rest are free, and the slabs that were filled wait too.
TEST(Heap, GivesBackWhatWaitsWhenTheCallEnds) {
    if (!TN_HEAP_SLABS) GTEST_SKIP();
    bool needs_care = false;
    Heap heap(&needs_care);
    std::vector<void*> blocks;
    for (int i = 0; i < 200'000; ++i) blocks.push_back(heap.allocate(48));
    for (std::size_t i = 0; i < blocks.size(); i += 300) heap.free(blocks[i], 48);
    EXPECT_FALSE(needs_care);
    {
        Heap::Freeing free(heap, Heap::class_of(48));
        for (std::size_t i = 0; i < blocks.size(); ++i)
            if (i % 300 != 0) free(blocks[i]);
    }
    EXPECT_TRUE(needs_care);
    EXPECT_EQ(heap.live_bytes(), 0u);
    EXPECT_GT(heap.reserved_bytes(), 9u << 20);
    heap.drop_kept();
    EXPECT_LE(heap.reserved_bytes(), 17 * Heap::slab_size);
}

// A limit below what is in use: nothing that is freed then may be handed out beside the lists.
TEST(Heap, ClosesItsListsAboveTheLimit) {
    Heap heap;
    std::vector<void*> blocks;
    for (int i = 0; i < 1000; ++i) blocks.push_back(heap.allocate(48));
    heap.set_limit(500 * 48);
    for (std::size_t i = 999; i >= 500; --i) {
        EXPECT_EQ(heap.allocate(48), nullptr);
        heap.free(blocks[i], 48);
    }
    EXPECT_EQ(heap.allocate(16), nullptr);
    heap.free(blocks[499], 48);
    void* again = heap.allocate(48);
    EXPECT_TRUE(again);
    EXPECT_EQ(heap.allocate(16), nullptr);
    heap.free(again, 48);
    for (std::size_t i = 0; i < 499; ++i) heap.free(blocks[i], 48);
    EXPECT_EQ(heap.live_bytes(), 0u);
    for (int i = 0; i < 500; ++i) EXPECT_TRUE(heap.allocate(48));
    EXPECT_EQ(heap.allocate(16), nullptr);
}

TEST(Heap, FreesEverythingWithItself) {
    Heap heap; // a leak checker sees what is forgotten
    for (int i = 1; i < 2000; ++i) ASSERT_TRUE(heap.allocate(static_cast<std::size_t>(i)));
}

} // namespace tn::rt
