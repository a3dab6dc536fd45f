// StackPool: mapping, caching and trimming of fiber stacks.
#include "runtime/stack_pool.h"

#include <new>
#include <sys/mman.h>
#include <unistd.h>

namespace tn::rt {

namespace {
constexpr std::size_t struct_room = (sizeof(FiberStack) + 63) & ~std::size_t(63);
// What a trimmed stack keeps at its top: enough for most calls.
constexpr std::size_t kept_bytes = 32 * 1024;

std::size_t page_size() {
    const long size = sysconf(_SC_PAGESIZE);
    return size > 0 ? static_cast<std::size_t>(size) : 4096;
}
std::size_t round_up(std::size_t value, std::size_t unit) { return (value + unit - 1) / unit * unit; }
} // namespace

std::size_t StackPool::usable_size(std::size_t size) noexcept {
    if (size < min_stack_size) size = min_stack_size;
    if (size > max_stack_size) size = max_stack_size;
    return round_up(size, page_size());
}

FiberStack* StackPool::map(std::size_t usable) noexcept {
    const std::size_t page = page_size();
    const std::size_t guard = round_up(guard_size, page);
    const std::size_t size = guard + round_up(headroom + usable + struct_room, page);
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    if (mprotect(memory, guard, PROT_NONE) != 0) {
        munmap(memory, size);
        return nullptr;
    }
    auto* lowest = static_cast<std::uint8_t*>(memory);
    std::uint8_t* top = lowest + size - struct_room;
    auto* stack = new (top) FiberStack;
    stack->mapping = lowest;
    stack->mapping_size = size;
    stack->top = top;
    stack->limit = top - usable;
    stack->usable_size = usable;
    return stack;
}

void StackPool::unmap(FiberStack* stack) noexcept { munmap(stack->mapping, stack->mapping_size); }

StackPool::~StackPool() {
    while (FiberStack* stack = cached_) {
        cached_ = stack->next;
        unmap(stack);
    }
}

FiberStack* StackPool::acquire(std::size_t size) noexcept {
    const std::size_t usable = usable_size(size);
    FiberStack* stack = nullptr;
    {
        std::lock_guard lock(mutex_);
        for (FiberStack** link = &cached_; *link; link = &(*link)->next) {
            if ((*link)->usable_size != usable) continue;
            stack = *link;
            *link = stack->next;
            --cached_count_;
            break;
        }
    }
    if (!stack) {
        stack = map(usable);
        if (!stack) return nullptr;
        live_.fetch_add(1, std::memory_order_relaxed);
    }
    stack->next = nullptr;
    // Instances keep the first few stacks between their calls, which spares them the lock.
    stack->parked = parked_.fetch_add(1, std::memory_order_relaxed) < max_parked;
    if (!stack->parked) parked_.fetch_sub(1, std::memory_order_relaxed);
    return stack;
}

void StackPool::unpark(FiberStack* stack) noexcept {
    if (!stack->parked) return;
    stack->parked = false;
    parked_.fetch_sub(1, std::memory_order_relaxed);
}

void StackPool::release(FiberStack* stack, bool deep) noexcept {
    unpark(stack);
    if (deep) trim(stack);
    {
        std::lock_guard lock(mutex_);
        if (cached_count_ < max_cached) {
            stack->next = cached_;
            cached_ = stack;
            ++cached_count_;
            return;
        }
    }
    live_.fetch_sub(1, std::memory_order_relaxed);
    unmap(stack);
}

void StackPool::trim(FiberStack* stack) noexcept {
    const std::size_t page = page_size();
    std::uint8_t* low = stack->mapping + round_up(guard_size, page);
    const std::size_t kept = round_up(kept_bytes + struct_room, page);
    const std::size_t size = stack->mapping_size - round_up(guard_size, page);
    if (size <= kept) return;
    // A failure only means that the pages stay.
    (void)madvise(low, size - kept, MADV_DONTNEED);
}

} // namespace tn::rt
