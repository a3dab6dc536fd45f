// Where handles and the cells of values live: memory that is never unmapped while any of them may be
// used, so that a dead or wrong pointer is recognized instead of followed.
//
// A handle is a pointer to a Cell in one reserved region; its kind says what it is, and a freed cell is
// reused only after thousands of others. A value names a ValueCell of a second region and carries its
// generation. It refuses to know what the objects behind the cells are.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace tn::rt {
struct Object;
struct Context;
} // namespace tn::rt

namespace tn::capi {

struct TypeInfo;
struct InstanceCore;

// Odd numbers that no text or pointer is likely to start with.
enum class HandleKind : std::uint32_t {
    Dead = 0,
    Config = 0x7e0a1001,
    Runtime = 0x7e0a1003,
    Module = 0x7e0a1005,
    Function = 0x7e0a1007,
    Instance = 0x7e0a1009,
    Interrupt = 0x7e0a100b,
    Frame = 0x7e0a100d,
    Type = 0x7e0a100f,
    Error = 0x7e0a1011,
    Iter = 0x7e0a1021,
    Closure = 0x7e0a1023,
    Extension = 0x7e0a1025,
    Registrar = 0x7e0a1027,
    Task = 0x7e0a1029,
    Completion = 0x7e0a102b,
};

struct alignas(64) Cell {
    std::atomic<HandleKind> kind;
    std::atomic<std::uint32_t> references;
    void* object;         // by kind; see core.h
    rt::Context* context; // Instance: for C entry thunks, at instance_context_offset
    void* plan;           // Function: its FunctionPlan
    void* module;         // Instance, Function: its ModuleCore, for comparison
    std::uint64_t arity;  // Function: how many arguments tn_call takes the short way; or `no_arity`
    std::uint32_t next;   // in the list of free cells
    std::uint32_t slots;  // Function: tn_call_slots wants more than these to call it the short way; or `never`
    std::atomic<std::uint64_t> life; // Task, Completion: see below
};
static_assert(sizeof(Cell) == 64);

struct ValueCell {
    std::atomic<std::uint32_t> generation; // odd while alive
    std::atomic<std::uint32_t> next;       // in the list of free cells; while alive: pins, see below
    rt::Object* object;                    // one owned reference
    const TypeInfo* type;
    InstanceCore* core; // holds one reference
};
static_assert(sizeof(ValueCell) == 32);

// A range of reserved addresses of which a growing front part is usable.
struct Region {
    std::atomic<std::uintptr_t> base{0};
    std::atomic<std::size_t> used{0}; // bytes that hold cells
    std::size_t size = 0;
};
inline constexpr std::uint32_t never = 0xffffffff;
inline constexpr std::uint64_t no_arity = ~std::uint64_t(0);
extern Region handle_region;
extern Region value_region;

// Where the cells of a region are now.
template <typename CellType> class Extent {
public:
    explicit Extent(const Region& region)
        : base_(region.base.load(std::memory_order_relaxed)),
          count_(region.used.load(std::memory_order_relaxed) / sizeof(CellType)) {}
    // Whether the pointer is one of them: what is not at the beginning of a cell is, rotated, beyond all.
    bool has(const void* pointer) const {
        const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(pointer) - base_;
        return std::rotr(offset, std::countr_zero(sizeof(CellType))) < count_;
    }

private:
    std::uintptr_t base_;
    std::size_t count_;
};

// --- handles ---

// A cell with one reference; null when out of memory.
Cell* new_handle(HandleKind kind, void* object) noexcept;
// Null unless the pointer is a live handle of the kind.
inline Cell* find_handle(const void* pointer, HandleKind kind) {
    if (!Extent<Cell>(handle_region).has(pointer)) return nullptr;
    Cell* cell = static_cast<Cell*>(const_cast<void*>(pointer));
    return cell->kind.load(std::memory_order_acquire) == kind ? cell : nullptr;
}
// One reference more; false when it is dead.
bool retain_handle(Cell* cell, HandleKind kind) noexcept;
// One reference less. Answers the object when that was the last: the handle is dead then, and the caller
// ends the object. Null for anything but a live handle of the kind.
void* release_handle(const void* pointer, HandleKind kind) noexcept;
// For cells that their owner ends.
void retire_handle(Cell* cell) noexcept;

// --- handles that one thread may free while others use them ---
//
// Everything about such a handle is in one word, Cell::life, so that one atomic operation finds it alive and takes its
// object for a while: bit 0 until it is freed, seven bits that are the object's own, how many use the object, and a
// count that is also in the handle, in the bits that no address of a process has. The object ends with the last of its
// users when the handle is freed. Object and cell may then be used again, by a handle that differs: for 65535 times.
namespace life {
inline constexpr unsigned count_shift = 48;
inline constexpr std::uint64_t owned = 1, user = 0x100;
inline constexpr std::uint64_t users = (std::uint64_t(1) << count_shift) - user;

inline bool is_of(std::uint64_t word, const void* handle) {
    return (word & owned) && word >> count_shift == reinterpret_cast<std::uintptr_t>(handle) >> count_shift;
}
inline bool is_over(std::uint64_t word) { return (word & (owned | users)) == 0; }

inline Cell* find(const void* handle, HandleKind kind) {
    constexpr std::uintptr_t address = (std::uintptr_t(1) << count_shift) - 1;
    return find_handle(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(handle) & address), kind);
}
// A new handle of a cell that has none. `bits` are the object's.
inline void* begin(Cell* cell, HandleKind kind, std::uint64_t bits) {
    const std::uint64_t count = (cell->life.load(std::memory_order_relaxed) >> count_shift) + 1;
    cell->life.store(count << count_shift | owned | bits, std::memory_order_release);
    cell->kind.store(kind, std::memory_order_release);
    return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(cell) | count << count_shift);
}
// Changes the word of a handle that is alive to what `next` makes of it; `word` is what it was. False: it is dead, or
// `next` has answered the same word.
template <typename Next> bool change(Cell& cell, const void* handle, std::uint64_t& word, Next next) {
    word = cell.life.load(std::memory_order_acquire);
    while (is_of(word, handle)) {
        const std::uint64_t wanted = next(word);
        if (wanted == word) return false;
        if (cell.life.compare_exchange_weak(word, wanted, std::memory_order_seq_cst, std::memory_order_acquire)) return true;
    }
    return false;
}
} // namespace life

// --- values ---

// How often the data of a list is pinned, and whether the host may write to it.
inline constexpr std::uint32_t pinned_for_writing = 0x80000000u;
inline bool is_pinned(const ValueCell& cell) { return cell.next.load(std::memory_order_relaxed) != 0; }

// Null when out of memory. Takes over the references.
ValueCell* new_value_cell(rt::Object* object, const TypeInfo* type, InstanceCore* core) noexcept;
inline ValueCell* find_value_cell(const void* pointer, std::uint32_t generation) {
    if (!Extent<ValueCell>(value_region).has(pointer)) return nullptr;
    ValueCell* cell = static_cast<ValueCell*>(const_cast<void*>(pointer));
    const bool alive = cell->generation.load(std::memory_order_acquire) == generation && (generation & 1);
    return alive ? cell : nullptr;
}
// Claims a cell for its end: false when another thread was faster. Then the caller owns what was in it and
// calls recycle_value_cell().
bool claim_value_cell(ValueCell* cell, std::uint32_t generation) noexcept;
void recycle_value_cell(ValueCell* cell) noexcept;

// Live handles (without types and frames) and live values.
std::uint64_t count_live() noexcept;

} // namespace tn::capi
