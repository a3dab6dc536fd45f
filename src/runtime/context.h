// The part of an instance that running code sees: pinned in a register (r15 on x86-64, x28 on AArch64)
// while a script runs. Emitted code uses the fields down to the mark by their offsets.
//
// The instance image follows the Context directly in memory: first one Seq header per literal of the
// module, then one empty object per desc, then the instance data (variables and constants). Emitted code
// addresses all of them relative to the context register; CodeBlob says at which offsets.
#pragma once

#include "builtins/trap.h"
#include "runtime/object.h"

#include <atomic>
#include <cstdint>

namespace tn::rt {

class Heap;      // heap.h
struct Instance; // instance.h: heap accounting, output, limits, stacks, module

// One 8-byte slot of an argument or result row, canonical: integers extended to 64 bits by their
// sign, Bool 0 or 1, F32 in the low 4 bytes.
union Slot {
    std::int64_t i;
    std::uint64_t u;
    double f64;
    float f32;
    Object* ref;
    void* ptr;
};
static_assert(sizeof(Slot) == 8);

// A scalar as a host hands it over: a tn_value, whose tags this does not know.
struct HostValue {
    std::uint32_t tag, aux;
    Slot slot;
};
static_assert(sizeof(HostValue) == 16);
// What an entry for values answers, before anything was done, when they are not of its function's types.
inline constexpr std::uint32_t values_refused = 0xffffffff;
// What an entry answers when its call stopped in the middle, and a host function of which the script waits
// for the result: see suspension.h.
inline constexpr std::uint32_t call_suspended = 0xfffffffe;

struct Context {
    // Code checks its stack pointer against this at every function entry; an interrupt sets it to
    // all ones, so that the same test sees both.
    std::atomic<std::uint64_t> stack_limit; // 0
    // Non-zero: stop at the next poll. Bits of `Interrupt`.
    std::atomic<std::uint32_t> interrupt;   // 8
    // Set together with unwinding, or by a runtime function that failed. None otherwise.
    TrapCode trap_code;                     // 12
    std::int64_t trap_a;                    // 16: index, ...
    std::int64_t trap_b;                    // 24: length, ...
    Object* trap_text;                      // 32: an owned String, or null
    std::int64_t fuel;                      // 40: units until the next poll; in a register while metered code runs
    // The host's stack pointer while a script runs, set by the entry thunk. C++ always runs there.
    void* host_stack;                       // 48
    // Where the next entry puts its frames: top of the fiber, or below the frame that called the host.
    void* fiber_stack;                      // 56
    // Results of runtime functions that have two or more.
    Slot results[4];                        // 64
    // Registers at a trap, by number, for the unwinder. Filled by the emitted trap stub.
    std::uint64_t trap_registers[32];       // 96
    const ObjectDesc* const* descs;         // 352: by DescId
    // The trap that the last failed call through a C function pointer ended with. Its thunk moves it here
    // from trap_code, which the next call needs clear.
    TrapCode status_word;                   // 360
    std::uint64_t hash_seed;                // 368: Op::HashSeed
    Heap* heap;                             // 376: boxes are allocated inline, see Heap::Layout
    // --- not known to emitted code ---
    Instance* instance;
};
static_assert(offsetof(Context, stack_limit) == 0);
static_assert(offsetof(Context, interrupt) == 8);
static_assert(offsetof(Context, trap_code) == 12);
static_assert(offsetof(Context, trap_a) == 16);
static_assert(offsetof(Context, trap_b) == 24);
static_assert(offsetof(Context, trap_text) == 32);
static_assert(offsetof(Context, fuel) == 40);
static_assert(offsetof(Context, host_stack) == 48);
static_assert(offsetof(Context, fiber_stack) == 56);
static_assert(offsetof(Context, results) == 64);
static_assert(offsetof(Context, trap_registers) == 96);
static_assert(offsetof(Context, descs) == 352);
static_assert(offsetof(Context, status_word) == 360);
static_assert(offsetof(Context, hash_seed) == 368);
static_assert(offsetof(Context, heap) == 376);

// Why Context::interrupt is set.
enum Interrupt : std::uint32_t {
    CancelRequested = 1,  // tn_interrupt_fire
    DeadlinePassed = 2,
    PollRequested = 4,    // the host's poll callback is due; may let the script go on
    SuspendRequested = 8, // a task's time slice ended
};

// Where an entry keeps the outer entry's host_stack, from its own host_stack up: null in the outermost one.
inline constexpr std::size_t outer_host_place = 16;

} // namespace tn::rt
