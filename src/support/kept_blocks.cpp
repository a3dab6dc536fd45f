#include "support/kept_blocks.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iterator>
#include <new>

namespace tn {

namespace {
constexpr std::size_t most_per_size = 32 * 1024; // bytes
constexpr std::size_t least_room = 4;            // blocks
// Between compilations: bytes of each size, or one block up to the larger limit; about 300 KiB at most.
constexpr std::size_t most_left_per_size = 4 * 1024, max_left = 8 * 1024;

std::size_t room_for(std::size_t size) { return std::max(most_per_size / size, least_room); }
} // namespace

constinit thread_local KeptBlocks* KeptBlocks::current = nullptr;

// What the last compilation has left for the next one, of any thread.
struct LeftBlocks {
    ~LeftBlocks() { delete lists.exchange(nullptr); }
    std::atomic<KeptBlocks::Lists*> lists = nullptr;
};
namespace {
LeftBlocks left;
}

KeptBlocks::Lists::Lists() {
    for (std::size_t i = 1; i < std::size(of); ++i) of[i].room = static_cast<std::uint32_t>(room_for(size_of(i)));
}

KeptBlocks::Lists::~Lists() {
    for (List& list : of)
        while (Block* const block = list.first) {
            list.first = block->next;
            std::free(block);
        }
}

void KeptBlocks::Lists::shrink() {
    for (std::size_t i = 1; i < std::size(of); ++i) {
        List& list = of[i];
        const std::size_t size = size_of(i), stay = std::max<std::size_t>(most_left_per_size / size, size <= max_left);
        for (std::size_t count = room_for(size) - list.room; count > stay; --count) {
            Block* const block = list.first;
            list.first = block->next;
            ++list.room;
            std::free(block);
        }
    }
}

KeptBlocks::KeptBlocks() : outer_(current), lists_(left.lists.exchange(nullptr)) {
    if (!lists_) lists_ = new (std::nothrow) Lists;
    if (lists_) current = this;
}

KeptBlocks::~KeptBlocks() {
    current = outer_;
    if (!lists_) return;
    lists_->shrink();
    delete left.lists.exchange(lists_);
}

void KeptBlocks::drop_left() { delete left.lists.exchange(nullptr); }

} // namespace tn
