// Blocks of some hundred bytes to a megabyte or two, out of regions of the system's largest pages: two-level
// segregated fit. A block is found, split, given back and joined with what is free beside it in constant time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tn::rt {

class BlockPool {
public:
    static constexpr std::size_t max_size = std::size_t(3) << 19; // 1.5 MiB: more would leave much of a region idle
    BlockPool() = default;
    ~BlockPool();
    BlockPool(const BlockPool&) = delete;
    BlockPool& operator=(const BlockPool&) = delete;

    // 16-byte aligned, not cleared; null if the system has no more. `size` <= max_size.
    void* allocate(std::size_t size) noexcept;
    // True if all of the block's region is free now: release() would give it back.
    bool free(void* block) noexcept;
    // Makes the block larger or smaller where it is; false if there is no room, and nothing has changed.
    bool resize(void* block, std::size_t size) noexcept;
    // Gives regions without blocks back to the system, but for so many.
    void release(unsigned kept) noexcept;
    bool is_empty() const { return regions_ == nullptr; }

private:
    // Stands before each block; blocks of a region stand in a row, a used one of no size behind the last.
    struct Block {
        std::size_t size_before; // of the block before it, 0: it is the first
        std::size_t size_and_use;
        // Of a free one only:
        Block* next;
        Block** link; // what points to it

        static constexpr std::size_t used = 1; // sizes are multiples of 16
        std::size_t size() const { return size_and_use & ~used; }
        bool is_used() const { return (size_and_use & used) != 0; }
        Block* after() { return reinterpret_cast<Block*>(reinterpret_cast<std::uint8_t*>(this) + head_size + size()); }
        Block* before() { return reinterpret_cast<Block*>(reinterpret_cast<std::uint8_t*>(this) - size_before - head_size); }
        void* memory() { return reinterpret_cast<std::uint8_t*>(this) + head_size; }
        static Block* of(void* memory) { return reinterpret_cast<Block*>(static_cast<std::uint8_t*>(memory) - head_size); }
    };
    struct Region {
        Region* next;
        void* unused; // keeps blocks aligned
        Block* first() { return reinterpret_cast<Block*>(this + 1); }
    };
    static constexpr std::size_t head_size = 16, min_size = 16; // what a free block needs
    static constexpr std::size_t region_size = std::size_t(8) << 20;
    static constexpr std::size_t whole = region_size - sizeof(Region) - 2 * head_size; // of a block that has its region alone
    // Free blocks by size: by the power of two, and eighths of that.
    static constexpr unsigned eighths = 3, least_power = 4 + eighths, powers = 24 - least_power;
    struct Bin {
        unsigned power, eighth;
    };
    static Bin bin_of(std::size_t size);
    Block* find(std::size_t size) noexcept;
    void insert(Block* block) noexcept;
    void remove(Block* block) noexcept;
    void cut(Block* block, std::size_t size) noexcept;
    static Block* absorb(Block* block) noexcept;
    Block* join_after(Block* block) noexcept;
    bool grow() noexcept;

    Region* regions_ = nullptr;
    std::uint32_t powers_with_ = 0;             // which have a block in some bin
    std::uint8_t eighths_with_[powers + 1] = {}; // and in which
    Block* bins_[powers + 1][1 << eighths] = {};
};

} // namespace tn::rt
