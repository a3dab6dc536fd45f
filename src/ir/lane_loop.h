// Loops that can run several rounds at once: what `lanes` stands for. The optimizer asks to place it, code
// generation asks again to run it, so whatever happened to the loop between the two is seen.
#pragma once

#include "ir/module.h"

#include <vector>

namespace tn::ir {

// One block that counts an I64 up by one and, for each index, loads, computes and stores at most once.
struct LaneLoop {
    ValueId counter, next, end;
    bool includes_end = false;   // goes on while next <= end; else next < end
    std::uint32_t size = 0;      // of every element, in bytes
    std::vector<InstId> steps;   // loads and operations, then the store, in order
    std::vector<ValueId> inputs; // values from outside the loop that are no constants
};

inline constexpr unsigned max_lane_values = 10; // loads, results and what is spread over all lanes

// The index of an element: the counter, or `base` + the counter.
bool is_lane_index(const Function& fn, const LaneLoop& loop, ValueId index, ValueId& base);
// False if the block is no such loop.
bool find_lane_loop(const Function& fn, BlockId block, LaneLoop& loop);

} // namespace tn::ir
