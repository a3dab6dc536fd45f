// The C++ allocation of the shared library and of the command: malloc's, with the blocks at hand that the thread's
// compilation has freed. Not in libtenon.a, which shares libstdc++ and its allocation with the host.
#include "support/kept_blocks.h"

#include <cstdlib>
#include <new>

namespace {

using tn::KeptBlocks;

// What is asked for thousands of times in a compilation: a kept block, or null. What follows it is out of the way.
inline void* take_kept(std::size_t size) {
    if (size > KeptBlocks::max_size) return nullptr;
    KeptBlocks* const kept = KeptBlocks::current;
    return kept ? kept->take(size) : nullptr;
}

// As large as the sizes of its list are, so that the block fits whatever asks for it.
void* allocate_anew(std::size_t size) noexcept {
    if (size > KeptBlocks::max_size) return std::malloc(size);
    return std::malloc(size == 0 ? 1 : KeptBlocks::size_of(KeptBlocks::list_of(size)));
}

[[gnu::noinline]] void* allocate_or_throw(std::size_t size) {
    if (void* const block = allocate_anew(size)) return block;
    throw std::bad_alloc();
}

} // namespace

void* operator new(std::size_t size) {
    if (void* const block = take_kept(size)) return block;
    return allocate_or_throw(size);
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate_anew(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate_anew(size); }

void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { std::free(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { std::free(block); }
void operator delete(void* block, std::size_t size) noexcept {
    // Most are in this range; 0, as all above max_size, is not.
    if (block && size - 1 < KeptBlocks::max_size)
        if (KeptBlocks* const kept = KeptBlocks::current)
            if (kept->keep(block, size)) return;
    std::free(block);
}
void operator delete[](void* block, std::size_t size) noexcept { operator delete(block, size); }
