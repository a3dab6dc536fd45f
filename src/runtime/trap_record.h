// What is known of an instance's last trap: code, text and the script's stack. Filled while unwinding
// without allocating per frame; turned into text when a host asks.
#pragma once

#include "builtins/trap.h"
#include "runtime/code_map.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tn::rt {

class TrapRecord {
public:
    static constexpr unsigned max_innermost = 64;
    static constexpr unsigned max_outermost = 16;
    static constexpr std::size_t max_text = 64 * 1024; // longer texts are cut

    TrapCode code = TrapCode::None;
    std::int64_t a = 0, b = 0;
    std::string text; // of {s}

    void clear() noexcept;
    // The next frame, from the inside out. `loc` is an index in map->locs or 0xffffffff. The map must
    // live as long as the record is read: it is part of the instance's program.
    void add_frame(const CodeMap* map, std::uint32_t loc) noexcept;

    // The row of trap.def with its parts put in. Throws std::bad_alloc.
    std::string message() const;
    // Innermost first; an inlined frame is an entry like any other. `omitted` says how many frames in
    // the middle were left out, which were after entry `omitted_after`. Throws std::bad_alloc.
    struct Trace {
        std::vector<TraceEntry> entries;
        std::uint64_t omitted = 0;
        std::size_t omitted_after = 0;
    };
    Trace trace() const;

private:
    struct Frame {
        const CodeMap* map;
        std::uint32_t loc;
    };
    static void expand(const Frame& frame, std::vector<TraceEntry>& out);

    std::uint64_t frame_count_ = 0;
    std::array<Frame, max_innermost> innermost_;
    std::array<Frame, max_outermost> outermost_; // a ring: the frames after the innermost ones
};

} // namespace tn::rt
