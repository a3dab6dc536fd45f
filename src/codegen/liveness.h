// Live ranges with holes for every value of a MachineFunction, in positions of its allocation order, and
// where each value is used. Follows uses back to the definition block by block, so that the work is the
// size of the answer.
#pragma once

#include "codegen/machine.h"

#include <vector>

namespace tn::codegen {

struct LiveRange {
    std::uint32_t from = 0, to = 0; // half open
};

struct UsePoint {
    std::uint32_t position = 0;
    std::uint32_t operand = no_operand; // no_operand: an argument of an edge, read at the block's end
    float weight = 0;
    bool in_register = false;
};

struct Hint {
    std::uint32_t interval = no_index; // the other end, or
    std::uint8_t reg = no_register;    // a fixed register
    float weight = 0;
    std::uint32_t next = no_index;
};

// A value (or one instruction's temporary) from its definition to its last use.
struct Interval {
    ir::ValueId value; // invalid for temporaries without one
    RegClass reg_class = RegClass::Int;
    Scalar type = Scalar::I64;
    std::uint32_t first_range = 0, range_count = 0;
    std::uint32_t first_use = 0, use_count = 0; // the definition is the first, when it is an operand
    std::uint32_t first_hint = no_index;
    float def_weight = 1;
    std::uint32_t def_operand = no_operand;
};

struct Liveness {
    std::vector<Interval> intervals;
    std::vector<LiveRange> ranges;
    std::vector<UsePoint> uses;
    std::vector<Hint> hints;
    std::vector<std::uint32_t> interval_of; // by ValueId, or no_index

    void compute(const MachineFunction& mf);

private:
    void make_intervals(const MachineFunction& mf);
    void collect_uses(const MachineFunction& mf);
    void find_ranges(const MachineFunction& mf);
    void collect_hints(const MachineFunction& mf);
    void add_hint(std::uint32_t interval, Hint hint);

    std::vector<std::uint32_t> live_in_, live_out_, block_end_, touched_,
        work_; // by block; stamps are interval + 1
    std::vector<std::uint32_t> use_block_, def_block_;
};

} // namespace tn::codegen
