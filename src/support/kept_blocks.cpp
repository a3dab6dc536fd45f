#include "support/kept_blocks.h"

#include <cstdlib>
#include <iterator>

namespace tn {

namespace {
constexpr std::size_t most_per_size = 32 * 1024; // bytes
}

constinit thread_local KeptBlocks* KeptBlocks::current = nullptr;

KeptBlocks::KeptBlocks() : outer_(current) {
    for (std::size_t i = 1; i < std::size(lists_); ++i) lists_[i].room = static_cast<std::uint32_t>(most_per_size / (i * step));
    current = this;
}

KeptBlocks::~KeptBlocks() {
    current = outer_;
    for (List& list : lists_)
        while (Block* const block = list.first) {
            list.first = block->next;
            std::free(block);
        }
}

} // namespace tn
