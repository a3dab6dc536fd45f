// Loops that can run several rounds at once: what `lanes` stands for. The optimizer asks to place it, code
// generation asks again to run it, so whatever happened to the loop between the two is seen.
#pragma once

#include "ir/module.h"

#include <vector>

namespace tn::ir {

// A parameter of the loop that every round combines with one value, and nobody else reads.
struct LaneFold {
    enum Kind : std::uint8_t {
        Sum,    // of integers: each lane adds up its own
        Bits,   // And, Or, Xor: likewise
        Best,   // the smallest or largest: `with` takes the place of what is `better` than
        Ordered // of floats, which round: one lane after the other
    };
    ValueId param;
    unsigned index = 0; // of the parameter
    InstId inst;        // what combines the two
    ValueId with;
    Kind kind = Sum;
    Cond better = Cond::Lt;
    bool checked = false;    // a sum that traps
    bool is_small = false;   // a checked sum of numbers that take half their type's bits at most
};

// One block that counts an I64 up or down by one. Each round loads, computes, and stores or folds.
struct LaneLoop {
    ValueId counter, next, end;
    unsigned counter_index = 0;  // among the parameters
    bool goes_down = false;
    bool includes_end = false;   // goes on while next <= end; else next < end; downwards >= and >
    bool uses_counter = false;   // to compute with, not for indexes alone
    bool checks = false;         // some steps may trap
    std::uint32_t size = 0;      // of a lane in bytes: of the widest value; narrower ones are extended by their types
    std::vector<InstId> steps;   // loads, operations and stores, in order
    std::vector<LaneFold> folds; // one for each parameter but the counter, in order
    std::vector<ValueId> inputs; // values from outside the loop that are no constants
};

// Sums that trap and are not proven to fit stop before this many rounds, so that they cannot have overflowed.
inline constexpr std::int64_t max_checked_rounds = 4096;

// The index of an element: the counter, or `base` + the counter.
bool is_lane_index(const Function& fn, const LaneLoop& loop, ValueId index, ValueId& base);
// False if the block is no such loop, or nothing is gained.
bool find_lane_loop(const Function& fn, BlockId block, LaneLoop& loop);

} // namespace tn::ir
