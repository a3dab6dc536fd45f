// Pages: mappings aligned to huge pages.
#include "runtime/pages.h"

#include <cstdint>
#include <sys/mman.h>

namespace tn::rt {

namespace {
constexpr std::size_t small_page = 64 * 1024; // as large as any system's smallest one
constexpr std::size_t worth_a_huge_one = huge_page - huge_page / 4;

std::size_t round_up(std::size_t size, std::size_t unit) { return (size + unit - 1) & ~(unit - 1); }

// The last part gets small pages unless it takes most of a huge one: the system makes huge ones of whole ones only.
std::size_t mapped_size(std::size_t size) {
    const std::size_t whole = round_up(size, huge_page);
    return size % huge_page >= worth_a_huge_one ? whole : round_up(size, small_page);
}

void* map_aligned(std::size_t size) noexcept {
    void* const memory = mmap(nullptr, size + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    const auto start = reinterpret_cast<std::uintptr_t>(memory);
    const std::uintptr_t first = round_up(start, huge_page);
    auto* const pages = reinterpret_cast<std::uint8_t*>(first);
    if (first != start) munmap(memory, first - start);
    if (const std::size_t behind = start + huge_page - first; behind != 0) munmap(pages + size, behind);
    return pages;
}

// A wish: a system that knows no huge pages, or is told to make none, goes on with small ones.
void* wish_huge(void* pages, std::size_t size) noexcept {
    (void)madvise(pages, size, MADV_HUGEPAGE);
    return pages;
}
} // namespace

void* map_pages(std::size_t size) noexcept {
    size = mapped_size(size);
    void* const pages = map_aligned(size);
    return pages ? wish_huge(pages, size) : nullptr;
}

void unmap_pages(void* pages, std::size_t size) noexcept { munmap(pages, mapped_size(size)); }

void* remap_pages(void* pages, std::size_t old_size, std::size_t new_size) noexcept {
    old_size = mapped_size(old_size);
    new_size = mapped_size(new_size);
    if (old_size == new_size || mremap(pages, old_size, new_size, 0) != MAP_FAILED) return pages;
    // Page tables move, contents do not; the place has to be aligned, which the system would not see to.
    void* const to = map_aligned(new_size);
    if (!to) return nullptr;
    if (mremap(pages, old_size, new_size, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED) {
        munmap(to, new_size);
        return nullptr;
    }
    return wish_huge(to, new_size);
}

} // namespace tn::rt
