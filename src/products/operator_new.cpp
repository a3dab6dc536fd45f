// The C++ allocation of the shared library and of the command: malloc's, with the blocks at hand that the thread's
// compilation has freed. Not in libtenon.a, which shares libstdc++ and its allocation with the host.
#include "support/kept_blocks.h"

#include <cstdlib>
#include <new>

namespace {

using tn::KeptBlocks;

// A whole number of steps, so that the block fits whatever asks for its list.
void* allocate(std::size_t size) noexcept {
    if (size > KeptBlocks::max_size) return std::malloc(size);
    if (size == 0) size = 1;
    if (KeptBlocks* const kept = KeptBlocks::current)
        if (void* const block = kept->take(size)) return block;
    return std::malloc(KeptBlocks::list_of(size) * KeptBlocks::step);
}

void release(void* block, std::size_t size) noexcept {
    if (block && size != 0 && size <= KeptBlocks::max_size)
        if (KeptBlocks* const kept = KeptBlocks::current)
            if (kept->keep(block, size)) return;
    std::free(block);
}

} // namespace

void* operator new(std::size_t size) {
    if (void* const block = allocate(size)) return block;
    throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }

void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { std::free(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { std::free(block); }
void operator delete(void* block, std::size_t size) noexcept { release(block, size); }
void operator delete[](void* block, std::size_t size) noexcept { release(block, size); }
