// What the unwinder knows of machine code: for every call and trap site, which registers and stack
// slots own a reference, and which line of the script it is. Written by the code generator once,
// then immutable.
#pragma once

#include "runtime/context.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tn::rt {

// Where an owned reference lives at a site: a register number, or an offset from the frame pointer; there
// `count` of them stand side by side.
struct RefLocation {
    enum Kind : std::uint8_t { Register, FrameSlot };
    Kind kind;
    std::int32_t where; // number, or byte offset from the frame pointer
    std::uint32_t count = 1;
};

struct SavedRegister {
    std::uint8_t number;
    std::int32_t frame_offset; // where the prologue saved the caller's value
};

struct FrameInfo {
    std::uint32_t begin = 0, end = 0; // code offsets
    std::vector<SavedRegister> saved; // callee-saved registers that this function changes
};

struct Site {
    std::uint32_t return_offset = 0; // code offset after the call instruction
    std::uint32_t frame = 0;         // index in CodeMap::frames
    std::uint32_t loc = 0xffffffffu; // index in CodeMap::locs
    std::uint32_t first_ref = 0;     // in CodeMap::refs
    std::uint32_t ref_count = 0;
};

// As ir::Loc: a position with the chain of calls it was inlined through.
struct CodeLoc {
    std::uint32_t file, line, column, function;
    std::uint32_t inlined_at; // index, or 0xffffffff
};

struct CodeMap {
    const std::uint8_t* base = nullptr;
    std::uint32_t size = 0;
    std::vector<FrameInfo> frames;
    std::vector<Site> sites; // by return_offset
    std::vector<RefLocation> refs;
    std::vector<CodeLoc> locs;
    std::vector<std::string> files;
    std::vector<std::string> function_names;

    // Null when the address is not one of our sites (the entry thunk's return address is not).
    const Site* find_site(const void* return_address) const;
};

// One line of a script's stack trace.
struct TraceEntry {
    std::string function, file;
    std::uint32_t line = 0, column = 0;
};

// Called by the emitted trap stub, on the host's stack, after it stored the registers in
// Context::trap_registers: releases every reference that the frames from here to the entry thunk own,
// and records the trace in the instance. The stub then leaves through the entry thunk.
extern "C" void rt_unwind(Context* context, const void* return_address, const void* frame_pointer) noexcept;

// Called by the emitted poll stub, registers saved, on the host's stack. Returns when the script may
// go on; otherwise sets trap_code (the stub then traps), or answers true: the call is suspended. `stack_pointer` is the value that was compared
// with stack_limit (what it would be below a large frame); it decides between a true stack overflow and
// an interrupt seen through stack_limit. A caller without a fiber (the interpreter) passes all ones.
extern "C" bool rt_poll(Context* context, const void* stack_pointer) noexcept;

} // namespace tn::rt
