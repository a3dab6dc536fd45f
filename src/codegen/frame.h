// The layout of one function's stack frame, as offsets from the frame pointer:
//
//   [fp + 16 + 8i]  incoming stack arguments, later stack results
//   [fp + 8], [fp]  return address, caller's frame pointer
//   [fp - 8 ...]    callee-saved registers that the function changes
//                   spill slots
//                   headers of views
//                   room to keep registers around out-of-line calls
//   [sp + 8i]       outgoing stack arguments and results
#pragma once

#include "codegen/location.h"

#include <cstdint>
#include <vector>

namespace tn::codegen {

struct Frame {
    std::vector<std::uint8_t> saved; // callee-saved registers, in the order of their places
    std::uint32_t slot_count = 0;
    std::uint32_t view_count = 0; // headers of views
    std::uint32_t keep_count = 0; // registers kept around out-of-line calls, at most
    std::uint32_t outgoing_count = 0;
    std::uint32_t size = 0; // bytes below the frame pointer, a multiple of 16

    void lay_out(RegMask saved_registers, std::uint32_t slots, std::uint32_t views, std::uint32_t keep, std::uint32_t outgoing);
    std::int32_t saved_offset(std::size_t i) const { return -8 * static_cast<std::int32_t>(i + 1); }
    std::int32_t slot_offset(std::uint32_t slot) const {
        return -8 * static_cast<std::int32_t>(saved.size() + slot + 1);
    }
    static constexpr std::uint32_t view_slots = 5;
    // Where the header begins.
    std::int32_t view_offset(std::uint32_t i) const { return slot_offset(slot_count + view_slots * (i + 1) - 1); }
    std::int32_t keep_offset(std::uint32_t i) const { return slot_offset(slot_count + view_slots * view_count + i); }
    static std::int32_t incoming_offset(std::uint32_t i) { return 16 + 8 * static_cast<std::int32_t>(i); }
};

} // namespace tn::codegen
