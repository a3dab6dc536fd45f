// BlockPool against a list of what it should hold, and the pages it stands on.
#include "runtime/block_pool.h"

#include "runtime/pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

namespace tn::rt {
namespace {

struct Block {
    std::uint8_t* memory;
    std::size_t size;
    std::uint8_t mark;
};

void mark(Block& block, std::uint8_t with) {
    block.mark = with;
    std::memset(block.memory, with, block.size);
}
bool is_intact(const Block& block, std::size_t size) {
    return std::all_of(block.memory, block.memory + std::min(size, block.size), [&](std::uint8_t b) { return b == block.mark; });
}

TEST(BlockPool, HoldsWhatItIsGiven) {
    std::mt19937 random(7);
    BlockPool pool;
    std::vector<Block> blocks;
    const auto some_size = [&] { return std::size_t(1) << random() % 20 | random() % 5000; };
    for (int step = 0; step < 30'000; ++step) {
        const unsigned what = random() % 8;
        if (blocks.empty() || (what < 4 && blocks.size() < 300)) {
            const std::size_t size = some_size();
            auto* memory = static_cast<std::uint8_t*>(pool.allocate(size));
            ASSERT_TRUE(memory);
            ASSERT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 16, 0u);
            mark(blocks.emplace_back(Block{memory, size, 0}), static_cast<std::uint8_t>(step));
            continue;
        }
        Block& block = blocks[random() % blocks.size()];
        ASSERT_TRUE(is_intact(block, block.size)) << "at step " << step;
        if (const std::size_t size = some_size(); what == 7) {
            const bool has_room = pool.resize(block.memory, size);
            ASSERT_TRUE(is_intact(block, has_room ? size : block.size));
            ASSERT_TRUE(has_room || size > block.size) << "there is always room for less";
            if (has_room) block.size = size;
            mark(block, static_cast<std::uint8_t>(step));
        } else {
            pool.free(block.memory);
            block = blocks.back();
            blocks.pop_back();
        }
    }
    for (const Block& block : blocks) {
        ASSERT_TRUE(is_intact(block, block.size));
        pool.free(block.memory);
    }
    pool.release(0);
    EXPECT_TRUE(pool.is_empty()) << "all that is free was joined";
}

TEST(BlockPool, SaysWhenARegionIsFree) {
    BlockPool pool;
    void* first = pool.allocate(100);
    void* second = pool.allocate(BlockPool::max_size);
    EXPECT_FALSE(pool.free(first));
    EXPECT_TRUE(pool.free(second));
    EXPECT_FALSE(pool.is_empty());
    EXPECT_EQ(pool.allocate(5000), first) << "it waited";
    pool.release(1);
    EXPECT_FALSE(pool.is_empty());
}

TEST(BlockPool, GrowsABlockIntoWhatIsFreeBehindIt) {
    BlockPool pool;
    void* first = pool.allocate(1000);
    void* second = pool.allocate(1000);
    EXPECT_FALSE(pool.resize(first, 2000));
    pool.free(second);
    EXPECT_TRUE(pool.resize(first, 1'000'000));
    EXPECT_TRUE(pool.resize(first, 10));
    EXPECT_TRUE(pool.free(first));
}

TEST(Pages, KeepWhatIsInThem) {
    constexpr std::size_t sizes[] = {1, huge_page - 1, huge_page, 3 * huge_page + 5, 9 * huge_page - 5, 70'000, 5 * huge_page};
    std::size_t size = 100;
    auto* pages = static_cast<std::uint8_t*>(map_pages(size));
    ASSERT_TRUE(pages);
    pages[0] = pages[99] = 7;
    for (const std::size_t next : sizes) {
        pages = static_cast<std::uint8_t*>(remap_pages(pages, size, next));
        ASSERT_TRUE(pages);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pages) % huge_page, 0u);
        EXPECT_EQ(pages[0], 7);
        if (next > size) {
            EXPECT_EQ(pages[size - 1], 7);
        }
        pages[next - 1] = 7;
        size = next;
    }
    unmap_pages(pages, size);
}

} // namespace
} // namespace tn::rt
