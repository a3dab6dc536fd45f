// Memory straight from the system in pages as large as it has them: what takes a megabyte or more is cleared and
// found by the processor in a fraction of the time. Aligned to huge_page. Nothing is touched that nobody uses, but
// for the rest of a page.
#pragma once

#include <cstddef>

namespace tn::rt {

constexpr std::size_t huge_page = std::size_t(2) << 20; // of x86-64 and AArch64; with others these are ordinary ones

// At least `size` bytes, cleared; null if the system has none.
void* map_pages(std::size_t size) noexcept;
// `size` as it was mapped or remapped.
void unmap_pages(void* pages, std::size_t size) noexcept;
// The contents up to the smaller size are kept, where they were or elsewhere; null leaves all as it was.
void* remap_pages(void* pages, std::size_t old_size, std::size_t new_size) noexcept;

} // namespace tn::rt
