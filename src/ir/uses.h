// Who uses a value, and edits that keep a function whole.
#pragma once

#include "ir/module.h"
#include "support/flat_lists.h"

namespace tn::ir {

// One use: an operand of an instruction, or an argument of one of its targets.
struct Use {
    InstId inst;
    std::uint32_t slot = 0; // index in Function::operands
    bool is_block_arg = false;
    std::uint32_t index = 0;  // which operand, or which argument of
    std::uint32_t target = 0; // the inst's n-th target
};

// Uses of every value by the instructions that stand in blocks. Stale after edits.
class Uses {
public:
    explicit Uses(const Function& fn);

    std::span<const Use> of(ValueId value) const { return uses_.of(value); }
    std::size_t count(ValueId value) const { return of(value).size(); }

private:
    FlatLists<ValueId, Use> uses_;
};

// Takes the instruction out of its block; its id stays, its block becomes invalid. Its results must be
// unused.
void remove_inst(Function& fn, InstId inst);
// Takes all instructions with `dead[inst.index()]` out in one pass over the blocks.
void remove_insts(Function& fn, const std::vector<bool>& dead);
std::size_t index_in_block(const Function& fn, InstId inst);
// Empties a block that nothing leads to any more, and marks it removed.
void remove_block(Function& fn, BlockId id);
// Empties blocks that no path reaches and marks them removed. True if there were any.
bool remove_unreachable_blocks(Function& fn);
// A new block on the edge `target` of the terminator `inst`, holding a jump with the edge's arguments.
BlockId split_edge(Function& fn, InstId inst, std::uint32_t target);

} // namespace tn::ir
