// Copying a block for some of the ways into it.
#pragma once

#include "ir/cfg.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tn::opt {

struct BlockCopy {
    ir::BlockId block;
    // The original's values that the copy has its own of: parameters, then results, in order.
    std::vector<std::pair<ir::ValueId, ir::ValueId>> values;

    ir::ValueId of(ir::ValueId original) const {
        const auto known = std::ranges::find(values, original, &std::pair<ir::ValueId, ir::ValueId>::first);
        return known == values.end() ? original : known->second;
    }
};

inline constexpr int every_target = -1;

// A block that ends as the original does, or in a jump to its `taken`-th target. Nothing leads to it.
BlockCopy copy_block(ir::Function& fn, ir::BlockId original, int taken);
// The edge leads to the copy from now on.
BlockCopy copy_block(ir::Function& fn, ir::BlockId original, ir::Edge edge, int taken);
// After all copies of a block are made: what it defines has several definitions now, among which its uses behind
// it find theirs. Unreachable blocks are gone then.
void repair_copied(ir::Function& fn, ir::BlockId original, const std::vector<BlockCopy>& copies);
// The same for a block that may be gone by now: what it defined was asked for before.
std::vector<ir::ValueId> defined_in(const ir::Function& fn, ir::BlockId block);
void repair_copied(ir::Function& fn, ir::BlockId original, const std::vector<ir::ValueId>& defined,
                   const std::vector<BlockCopy>& copies);

} // namespace tn::opt
