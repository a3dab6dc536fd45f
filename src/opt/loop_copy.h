// A second copy of a loop, for passes that let a test in front of it decide which copy runs.
#pragma once

#include "ir/cfg.h"

#include <span>

namespace tn::opt {

// Copies the loop's blocks and the cold blocks that only it leads to. Values of the loop that are used behind
// it become parameters of a block through which both copies leave. Answers the header's copy; an invalid
// block, and an unchanged function, when the loop has such values and leaves to several places. The Cfg is
// stale afterwards for the blocks behind the loop; the original keeps its blocks, its values and its way in.
ir::BlockId copy_loop(ir::Function& fn, const ir::Cfg& cfg, ir::LoopId loop);
// The block of a loop just copied that goes back to the header's copy: there is one.
ir::BlockId latch_of_copy(const ir::Function& fn, ir::BlockId header);

} // namespace tn::opt
