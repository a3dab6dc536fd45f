#include "support/kept_blocks.h"

#include <atomic>
#include <cstdlib>
#include <iterator>
#include <utility>

namespace tn {

namespace {
constexpr std::size_t most_per_size = 32 * 1024, most_left_per_size = 4 * 1024; // bytes
// Whoever finds it set does without what was left, or frees what it would leave.
constinit std::atomic_flag left_is_taken;
} // namespace

constinit thread_local KeptBlocks* KeptBlocks::current = nullptr;

constexpr KeptBlocks::Lists KeptBlocks::Lists::empty() {
    Lists lists;
    for (std::size_t i = 1; i < std::size(lists.of); ++i) lists.of[i].room = static_cast<std::uint32_t>(most_per_size / (i * step));
    return lists;
}

constinit KeptBlocks::Lists KeptBlocks::left_ = Lists::empty();

void KeptBlocks::Lists::keep_only(std::size_t bytes_per_size) {
    constexpr Lists without = empty();
    for (std::size_t i = 1; i < std::size(of); ++i) {
        List& list = of[i];
        for (std::size_t more = bytes_per_size / (i * step); without.of[i].room - list.room > more; ++list.room)
            std::free(std::exchange(list.first, list.first->next));
    }
}

KeptBlocks::KeptBlocks() : outer_(current), lists_(Lists::empty()) {
    if (!left_is_taken.test_and_set(std::memory_order_acquire)) {
        lists_ = std::exchange(left_, lists_);
        left_is_taken.clear(std::memory_order_release);
    }
    current = this;
}

KeptBlocks::~KeptBlocks() {
    current = outer_;
    lists_.keep_only(most_left_per_size);
    if (!left_is_taken.test_and_set(std::memory_order_acquire)) {
        std::swap(left_, lists_); // of two that leave some, the later
        left_is_taken.clear(std::memory_order_release);
    }
    lists_.keep_only(0);
}

void KeptBlocks::unload() {
    if (left_is_taken.test_and_set(std::memory_order_acquire)) return;
    left_.keep_only(0);
    left_is_taken.clear(std::memory_order_release);
}

} // namespace tn
