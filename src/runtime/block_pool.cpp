// BlockPool: bins of free blocks, splitting and joining.
#include "runtime/block_pool.h"

#include "runtime/pages.h"

#include <algorithm>
#include <bit>
#include <new>

namespace tn::rt {

namespace {
std::size_t round_up(std::size_t size) { return (size + 15) & ~std::size_t(15); }
} // namespace

BlockPool::~BlockPool() {
    while (Region* region = regions_) {
        regions_ = region->next;
        unmap_pages(region, region_size);
    }
}

// Power 0 holds what is smaller than the least one, by 16 bytes; then each has eighths of its own.
BlockPool::Bin BlockPool::bin_of(std::size_t size) {
    if (size < std::size_t(1) << least_power) return {0, static_cast<unsigned>(size >> 4)};
    const unsigned power = static_cast<unsigned>(std::bit_width(size)) - 1;
    return {power - least_power + 1, static_cast<unsigned>(size >> (power - eighths)) & ((1u << eighths) - 1)};
}

void BlockPool::insert(Block* block) noexcept {
    const Bin bin = bin_of(block->size());
    Block** head = &bins_[bin.power][bin.eighth];
    block->size_and_use &= ~Block::used;
    block->next = *head;
    block->link = head;
    if (block->next) block->next->link = &block->next;
    *head = block;
    powers_with_ |= 1u << bin.power;
    eighths_with_[bin.power] = static_cast<std::uint8_t>(eighths_with_[bin.power] | 1u << bin.eighth);
}

void BlockPool::remove(Block* block) noexcept {
    *block->link = block->next;
    if (block->next) block->next->link = block->link;
    block->size_and_use |= Block::used;
    const Bin bin = bin_of(block->size());
    if (bins_[bin.power][bin.eighth]) return;
    eighths_with_[bin.power] = static_cast<std::uint8_t>(eighths_with_[bin.power] & ~(1u << bin.eighth));
    if (eighths_with_[bin.power] == 0) powers_with_ &= ~(1u << bin.power);
}

// A free block, of a bin all of whose blocks are large enough; null if there is none.
BlockPool::Block* BlockPool::find(std::size_t size) noexcept {
    if (size >= std::size_t(1) << least_power) // up to where the next bin begins
        size += (std::size_t(1) << (std::bit_width(size) - 1 - eighths)) - 1;
    const Bin bin = bin_of(size);
    if (const unsigned eighth = eighths_with_[bin.power] & ~0u << bin.eighth; eighth != 0)
        return bins_[bin.power][std::countr_zero(eighth)];
    const std::uint32_t larger = powers_with_ & ~1u << bin.power;
    if (larger == 0) return nullptr;
    const int power = std::countr_zero(larger);
    return bins_[power][std::countr_zero(static_cast<unsigned>(eighths_with_[power]))];
}

// What a used block has beyond `size` becomes a free one.
void BlockPool::cut(Block* block, std::size_t size) noexcept {
    const std::size_t rest = block->size() - size;
    if (rest < head_size + min_size) return;
    block->size_and_use = size | Block::used;
    Block* behind = block->after();
    behind->size_before = size;
    behind->size_and_use = (rest - head_size) | Block::used;
    behind->after()->size_before = rest - head_size;
    insert(join_after(behind));
}

// The block with the one behind it, which is in no bin.
BlockPool::Block* BlockPool::absorb(Block* block) noexcept {
    block->size_and_use += head_size + block->after()->size();
    block->after()->size_before = block->size();
    return block;
}

// The block with what is free behind it.
BlockPool::Block* BlockPool::join_after(Block* block) noexcept {
    if (block->after()->is_used()) return block;
    remove(block->after());
    return absorb(block);
}

bool BlockPool::grow() noexcept {
    void* memory = map_pages(region_size);
    if (!memory) return false;
    auto* region = new (memory) Region{regions_, nullptr};
    regions_ = region;
    Block* block = region->first();
    block->size_before = 0;
    block->size_and_use = whole | Block::used;
    block->after()->size_before = whole;
    block->after()->size_and_use = 0 | Block::used;
    insert(block);
    return true;
}

void* BlockPool::allocate(std::size_t size) noexcept {
    size = std::max(round_up(size), min_size);
    Block* block = find(size);
    if (!block) {
        if (!grow()) return nullptr;
        block = find(size);
    }
    remove(block);
    cut(block, size);
    return block->memory();
}

bool BlockPool::free(void* memory) noexcept {
    Block* block = join_after(Block::of(memory));
    if (block->size_before != 0 && !block->before()->is_used()) {
        block = block->before();
        remove(block);
        absorb(block);
    }
    insert(block);
    return block->size() == whole;
}

bool BlockPool::resize(void* memory, std::size_t size) noexcept {
    size = std::max(round_up(size), min_size);
    Block* block = Block::of(memory);
    if (size > block->size()) {
        Block* after = block->after();
        if (after->is_used() || block->size() + head_size + after->size() < size) return false;
        join_after(block);
    }
    cut(block, size);
    return true;
}

void BlockPool::release(unsigned kept) noexcept {
    for (Region** link = &regions_; *link;) {
        Region* region = *link;
        Block* first = region->first();
        const bool is_free = !first->is_used() && first->size() == whole;
        if (!is_free || kept != 0) {
            kept -= is_free;
            link = &region->next;
            continue;
        }
        remove(first);
        *link = region->next;
        unmap_pages(region, region_size);
    }
}

} // namespace tn::rt
