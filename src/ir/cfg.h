// What the shape of a function says: predecessors, orders, dominators, loops. Computed from the blocks,
// stale after any change to them; passes compute it again.
#pragma once

#include "ir/module.h"
#include "support/flat_lists.h"

#include <span>
#include <vector>

namespace tn::ir {

struct LoopId : Id<LoopId> {
    using Id::Id;
};

// A natural loop: a header that dominates its latches. Loops with one header are one loop.
struct Loop {
    BlockId header;
    LoopId parent;                // the loop around this one; invalid outermost
    std::uint32_t depth = 1;      // 1 outermost
    std::vector<BlockId> latches; // predecessors of the header inside the loop
    std::vector<BlockId> blocks;  // in reverse postorder, header first, inner loops' blocks included
    // The only predecessor of the header outside the loop, when its only successor is the header.
    BlockId preheader;
};

class Cfg {
public:
    explicit Cfg(const Function& fn);

    // Edges out of reachable blocks; a branch with both targets equal stands twice.
    std::span<const BlockId> predecessors(BlockId block) const { return predecessors_.of(block); }
    // Reachable blocks only, entry first; the blocks of every loop are contiguous.
    const std::vector<BlockId>& order() const { return order_; }
    bool is_reachable(BlockId block) const { return position_[block] != unreached; }
    // Index in order().
    std::uint32_t position(BlockId block) const { return position_[block]; }

    BlockId immediate_dominator(BlockId block) const { return idom_[block]; } // invalid for the entry
    std::span<const BlockId> dominated_children(BlockId block) const { return children_.of(block); }
    // True if every path from the entry to `b` passes `a`; a block dominates itself. Constant time.
    bool dominates(BlockId a, BlockId b) const { return in_[a] <= in_[b] && out_[b] <= out_[a]; }

    const IdVec<LoopId, Loop>& loops() const { return loops_; }     // outer before inner
    LoopId loop_of(BlockId block) const { return loop_of_[block]; } // innermost; invalid outside
    std::uint32_t loop_depth(BlockId block) const {
        return loop_of_[block].is_valid() ? loops_[loop_of_[block]].depth : 0;
    }
    bool contains(LoopId loop, BlockId block) const;

private:
    static constexpr std::uint32_t unreached = 0xffffffffu;

    struct Walk {
        explicit Walk(const Function& fn);
        std::vector<BlockId> order;        // reverse postorder
        std::vector<BlockId> preorder;     // by number
        std::vector<std::uint32_t> parent; // by number, in the tree of the walk
        IdVec<BlockId, std::uint32_t> number;
    };

    void find_predecessors(const Function& fn);
    void find_dominators(const Walk& walk);
    void find_loops(const Function& fn, const std::vector<BlockId>& rpo);
    void order_loops_contiguously(const std::vector<BlockId>& rpo);

    FlatLists<BlockId, BlockId> predecessors_, children_;
    std::vector<BlockId> order_;
    IdVec<BlockId, std::uint32_t> position_;
    IdVec<BlockId, BlockId> idom_;
    IdVec<BlockId, std::uint32_t> in_, out_; // the numbers of what a block dominates: first, last
    IdVec<LoopId, Loop> loops_;
    IdVec<BlockId, LoopId> loop_of_;
};

// The targets of a block's terminator, one per edge.
std::span<const Target> successors(const Function& fn, BlockId block);
// The targets that lead to each block, unreached ones' too. Stale when targets are added.
FlatLists<BlockId, Target*> edges_into(Function& fn);

// Whether a path from the entry comes back to a block it has passed. Cheaper than a Cfg.
bool has_loops(const Function& fn);

} // namespace tn::ir
