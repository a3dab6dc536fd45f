// Copying a block for some of the ways into it.
#pragma once

#include "ir/module.h"

#include <unordered_map>
#include <vector>

namespace tn::opt {

struct Edge {
    ir::InstId inst; // the terminator
    std::uint32_t target = 0;
};

struct BlockCopy {
    ir::BlockId block;
    std::unordered_map<std::uint32_t, ir::ValueId> values; // of the original, by index
};

inline constexpr int every_target = -1;

// The edge leads to the copy from now on, which ends as the block does, or in a jump to its `taken`-th target.
BlockCopy copy_block(ir::Function& fn, ir::BlockId original, Edge edge, int taken);
// After all copies of a block are made: what it defines has several definitions now, among which its uses behind
// it find theirs. Unreachable blocks are gone then.
void repair_copied(ir::Function& fn, ir::BlockId original, const std::vector<BlockCopy>& copies);

} // namespace tn::opt
