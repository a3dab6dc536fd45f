// The two regions: handles behind a lock with delayed reuse, values with a lock-free list.
#include "capi/handle_table.h"

#include "driver/unload.h"

#include <mutex>
#include <new>

#include <sys/mman.h>
#include <unistd.h>

namespace tn::capi {

Region handle_region;
Region value_region;

namespace {

constexpr std::size_t handle_bytes = std::size_t(256) << 20; // four million handles
constexpr std::size_t value_bytes = std::size_t(4) << 30;    // a hundred million values
constexpr std::size_t smallest_region = std::size_t(4) << 20;
constexpr std::size_t growth = 64 * 1024;
constexpr std::uint32_t reuse_delay = 4096;
constexpr std::uint32_t none = 0xffffffffu;

std::mutex region_mutex; // guards growth of both regions, the list of free handles and what follows
std::uint32_t first_free = none, last_free = none;
std::uint32_t free_count = 0;
std::uint32_t fresh = 0; // the first handle that was never used

// Low half: index of the first free value cell, or `none`; high half: a counter against ABA.
std::atomic<std::uint64_t> free_values{none};

// Address space may be limited: takes what it can get.
bool reserve(Region& region, std::size_t wanted) {
    for (std::size_t size = wanted; size >= smallest_region; size /= 2) {
        void* base = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (base == MAP_FAILED) continue;
        region.size = size;
        region.base.store(reinterpret_cast<std::uintptr_t>(base), std::memory_order_release);
        return true;
    }
    return false;
}

// More usable memory at the end; the caller makes cells of it and then raises `used`.
std::uintptr_t grow(Region& region, std::size_t wanted) {
    if (region.size == 0 && !reserve(region, wanted)) return 0;
    const std::size_t used = region.used.load(std::memory_order_relaxed);
    if (region.size - used < growth) return 0;
    const std::uintptr_t begin = region.base.load(std::memory_order_relaxed) + used;
    if (mprotect(reinterpret_cast<void*>(begin), growth, PROT_READ | PROT_WRITE) != 0) return 0;
    return begin;
}

Cell* handle_at(std::uint32_t index) {
    return reinterpret_cast<Cell*>(handle_region.base.load(std::memory_order_relaxed)) + index;
}
std::uint32_t index_of(const Cell* cell) {
    return static_cast<std::uint32_t>(
        cell - reinterpret_cast<Cell*>(handle_region.base.load(std::memory_order_relaxed)));
}
ValueCell* value_at(std::uint32_t index) {
    return reinterpret_cast<ValueCell*>(value_region.base.load(std::memory_order_acquire)) + index;
}
std::uint32_t index_of(const ValueCell* cell) {
    return static_cast<std::uint32_t>(
        cell - reinterpret_cast<ValueCell*>(value_region.base.load(std::memory_order_relaxed)));
}

void append_free(Cell* cell) {
    cell->next = none;
    const std::uint32_t index = index_of(cell);
    if (last_free == none) {
        first_free = index;
    } else {
        handle_at(last_free)->next = index;
    }
    last_free = index;
    ++free_count;
}

// A cell that was never used, of memory that nobody has touched yet; null when there is no more.
Cell* fresh_handle() {
    if (fresh * sizeof(Cell) == handle_region.used.load(std::memory_order_relaxed)) {
        if (grow(handle_region, handle_bytes) == 0) return nullptr;
        handle_region.used.fetch_add(growth, std::memory_order_release);
    }
    return new (handle_at(fresh++)) Cell{};
}

Cell* free_handle() {
    if (free_count == 0) return nullptr;
    Cell* cell = handle_at(first_free);
    first_free = cell->next;
    if (first_free == none) last_free = none;
    --free_count;
    return cell;
}

// Pops a free value cell, or null.
ValueCell* pop_value() {
    std::uint64_t head = free_values.load(std::memory_order_acquire);
    for (;;) {
        const auto index = static_cast<std::uint32_t>(head);
        if (index == none) return nullptr;
        ValueCell* cell = value_at(index);
        const std::uint64_t next = ((head >> 32) + 1) << 32 | cell->next.load(std::memory_order_relaxed);
        if (free_values.compare_exchange_weak(head, next, std::memory_order_acquire)) return cell;
    }
}

void push_values(ValueCell* first, ValueCell* last) {
    std::uint64_t head = free_values.load(std::memory_order_relaxed);
    const std::uint32_t index = index_of(first);
    do {
        last->next.store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
    } while (!free_values.compare_exchange_weak(head, ((head >> 32) + 1) << 32 | index,
                                                std::memory_order_release, std::memory_order_relaxed));
}

bool grow_values() {
    std::lock_guard lock(region_mutex);
    const std::uintptr_t begin = grow(value_region, value_bytes);
    if (begin == 0) return false;
    auto* cells = reinterpret_cast<ValueCell*>(begin);
    constexpr std::size_t count = growth / sizeof(ValueCell);
    for (std::size_t i = 0; i < count; ++i) {
        new (cells + i) ValueCell{};
        cells[i].next.store(index_of(cells + i + 1), std::memory_order_relaxed);
    }
    value_region.used.fetch_add(growth, std::memory_order_release);
    push_values(cells, cells + count - 1);
    return true;
}

// Gives everything back when the library is unloaded with nothing alive.
struct Unmap {
    ~Unmap() {
        if (count_live() != 0) return;
        driver::unload();
        for (Region* region : {&handle_region, &value_region}) {
            const std::uintptr_t base = region->base.exchange(0);
            region->used.store(0);
            if (base) munmap(reinterpret_cast<void*>(base), region->size);
            region->size = 0;
        }
        first_free = last_free = none;
        free_count = 0;
        fresh = 0;
        free_values.store(none);
    }
} unmap_at_unload;

} // namespace

Cell* new_handle(HandleKind kind, void* object) noexcept {
    std::lock_guard lock(region_mutex);
    Cell* cell = free_count <= reuse_delay ? fresh_handle() : nullptr;
    if (!cell && !(cell = free_handle())) return nullptr;
    cell->object = object;
    cell->context = nullptr;
    cell->plan = nullptr;
    cell->module = nullptr;
    cell->arity = no_arity;
    cell->slots = never;
    cell->references.store(1, std::memory_order_relaxed);
    cell->kind.store(kind, std::memory_order_release);
    return cell;
}

bool retain_handle(Cell* cell, HandleKind kind) noexcept {
    std::uint32_t count = cell->references.load(std::memory_order_relaxed);
    do {
        if (count == 0 || count == 0xffffffffu) return false;
    } while (!cell->references.compare_exchange_weak(count, count + 1, std::memory_order_relaxed));
    return cell->kind.load(std::memory_order_relaxed) == kind;
}

void* release_handle(const void* pointer, HandleKind kind) noexcept {
    Cell* cell = find_handle(pointer, kind);
    if (!cell) return nullptr;
    std::uint32_t count = cell->references.load(std::memory_order_relaxed);
    do {
        if (count == 0) return nullptr;
    } while (!cell->references.compare_exchange_weak(count, count - 1, std::memory_order_acq_rel));
    if (count != 1) return nullptr;
    void* object = cell->object;
    retire_handle(cell);
    return object;
}

void retire_handle(Cell* cell) noexcept {
    cell->kind.store(HandleKind::Dead, std::memory_order_release);
    cell->references.store(0, std::memory_order_relaxed);
    std::lock_guard lock(region_mutex);
    append_free(cell);
}

ValueCell* new_value_cell(rt::Object* object, const TypeInfo* type, InstanceCore* core) noexcept {
    ValueCell* cell = pop_value();
    while (!cell) {
        if (!grow_values()) return nullptr;
        cell = pop_value();
    }
    cell->object = object;
    cell->type = type;
    cell->core = core;
    cell->next.store(0, std::memory_order_relaxed);
    cell->generation.store(cell->generation.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    return cell;
}

bool claim_value_cell(ValueCell* cell, std::uint32_t generation) noexcept {
    return cell->generation.compare_exchange_strong(generation, generation + 1, std::memory_order_acq_rel);
}

void recycle_value_cell(ValueCell* cell) noexcept { push_values(cell, cell); }

std::uint64_t count_live() noexcept {
    std::lock_guard lock(region_mutex);
    std::uint64_t live = 0;
    for (std::uint32_t i = 0; i < fresh; ++i) {
        const Cell& cell = *handle_at(i);
        const HandleKind kind = cell.kind.load(std::memory_order_relaxed);
        live += kind != HandleKind::Dead && kind != HandleKind::Type && kind != HandleKind::Frame &&
                (kind != HandleKind::Task || !life::is_over(cell.life.load(std::memory_order_relaxed)));
    }
    const std::size_t values = value_region.used.load(std::memory_order_relaxed) / sizeof(ValueCell);
    for (std::size_t i = 0; i < values; ++i) {
        live += value_at(static_cast<std::uint32_t>(i))->generation.load(std::memory_order_relaxed) & 1;
    }
    return live;
}

} // namespace tn::capi
