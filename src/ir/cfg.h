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
    std::span<const BlockId> blocks; // in reverse postorder, header first, inner loops' blocks included; the Cfg's
    // The only predecessor of the header outside the loop, when its only successor is the header.
    BlockId preheader;
};

class Cfg {
    struct Shape;

public:
    explicit Cfg(const Function& fn);

    // Edges out of reachable blocks; a branch with both targets equal stands twice.
    std::span<const BlockId> predecessors(BlockId block) const { return shape_->predecessors.of(block); }
    // Reachable blocks only, entry first; the blocks of every loop are contiguous.
    const std::vector<BlockId>& order() const { return shape_->order; }
    bool is_reachable(BlockId block) const { return shape_->is_reachable(block); }
    // Index in order().
    std::uint32_t position(BlockId block) const { return shape_->position[block]; }

    BlockId immediate_dominator(BlockId block) const { return shape_->idom[block]; } // invalid for the entry
    std::span<const BlockId> dominated_children(BlockId block) const { return shape_->children.of(block); }
    // True if every path from the entry to `b` passes `a`; a block dominates itself. Constant time.
    bool dominates(BlockId a, BlockId b) const { return shape_->dominates(a, b); }

    const IdVec<LoopId, Loop>& loops() const { return shape_->loops; }     // outer before inner
    LoopId loop_of(BlockId block) const { return shape_->loop_of[block]; } // innermost; invalid outside
    std::uint32_t loop_depth(BlockId block) const {
        const LoopId loop = loop_of(block);
        return loop.is_valid() ? loops()[loop].depth : 0;
    }
    bool contains(LoopId loop, BlockId block) const;

    // While one is alive, a Cfg that this thread makes is one of the last two that it made, if that has the same edges: passes
    // make theirs anew, and few change any but those that add preheaders and find no use for them.
    class Memory {
    public:
        Memory() : outer_(current) { current = this; }
        ~Memory() { current = outer_; }
        Memory(const Memory&) = delete;
        Memory& operator=(const Memory&) = delete;

    private:
        friend class Cfg;
        Memory* outer_;
        std::shared_ptr<const Shape> last_, before_;
        static thread_local Memory* current;
    };

private:
    static constexpr std::uint32_t unreached = 0xffffffffu;

    struct Walk {
        explicit Walk(const Shape& shape);
        std::vector<BlockId> order;        // reverse postorder
        std::vector<BlockId> preorder;     // by number
        std::vector<std::uint32_t> parent; // by number, in the tree of the walk
        IdVec<BlockId, std::uint32_t> number;
    };

    struct Shape {
        explicit Shape(const Function& fn);
        bool is_of(const Function& fn) const;
        bool is_reachable(BlockId block) const { return position[block] != unreached; }
        bool dominates(BlockId a, BlockId b) const { return in[a] <= in[b] && out[b] <= out[a]; }

        void find_edges(const Function& fn);
        std::span<const BlockId> successors(BlockId block) const {
            const std::uint32_t first = edges_from[block.index()];
            return {edges.data() + first, edges_from[block.index() + 1] - first};
        }
        void find_predecessors();
        void find_dominators(const Walk& walk);
        void find_few_dominators(const std::vector<BlockId>& rpo);
        void find_many_dominators(const Walk& walk);
        void find_loops(const std::vector<BlockId>& rpo);
        bool are_loops_contiguous(const std::vector<BlockId>& rpo);
        void order_loops_contiguously(const std::vector<BlockId>& rpo);

        std::vector<BlockId> edges;            // where to, block by block
        std::vector<std::uint32_t> edges_from; // where a block's begin; one more closes the last
        FlatLists<BlockId, BlockId> predecessors, children;
        std::vector<BlockId> order;
        IdVec<BlockId, std::uint32_t> position;
        IdVec<BlockId, BlockId> idom;
        IdVec<BlockId, std::uint32_t> in, out; // the numbers of what a block dominates: first, last
        IdVec<LoopId, Loop> loops;
        IdVec<BlockId, LoopId> loop_of;
    };
    std::shared_ptr<const Shape> shape_;
};

// The targets of a block's terminator, one per edge.
inline std::span<const Target> successors(const Function& fn, BlockId block) {
    const Block& b = fn.blocks[block];
    if (b.insts.empty()) return {};
    return fn.targets_of(fn.insts[b.insts.back()]);
}
// The targets that lead to each block, unreached ones' too. Stale when targets are added.
FlatLists<BlockId, Target*> edges_into(Function& fn);
// The same by name, which stays when targets are added.
struct Edge {
    InstId inst; // a terminator
    std::uint32_t target = 0;
};
FlatLists<BlockId, Edge> named_edges_into(const Function& fn);

// Whether a path from the entry comes back to a block it has passed. Cheaper than a Cfg.
bool has_loops(const Function& fn);

} // namespace tn::ir
