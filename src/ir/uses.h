// Who uses a value, and the edits that keep a function whole: replacing, removing, moving, inserting.
#pragma once

#include "ir/module.h"

namespace tn::ir {

// One use: an operand of an instruction, or an argument of one of its targets.
struct Use {
    InstId inst;
    std::uint32_t slot = 0; // index in Function::operands
    bool is_block_arg = false;
    std::uint32_t index = 0;  // which operand, or which argument of
    std::uint32_t target = 0; // the inst's n-th target
};

// Uses of every value by the instructions that stand in blocks. Stale after edits other than its own.
class Uses {
public:
    explicit Uses(const Function& fn);

    const std::vector<Use>& of(ValueId value) const { return uses_[value.index()]; }
    std::size_t count(ValueId value) const { return of(value).size(); }
    // Lets every use of `from` read `to`, and moves the entries.
    void replace(Function& fn, ValueId from, ValueId to);
    void add_inst(const Function& fn, InstId inst);    // after insertion
    void remove_inst(const Function& fn, InstId inst); // before removal

private:
    std::vector<std::vector<Use>> uses_;
};

// Lets every operand and block argument that is `from` be `to`, without use lists: one walk over the
// pool. Dead pool entries change too, which nobody sees.
void replace_all_uses(Function& fn, ValueId from, ValueId to);
// All at once: value v becomes map[v], where that is valid; chains are followed.
void replace_all_uses(Function& fn, const IdVec<ValueId, ValueId>& map);

// Takes the instruction out of its block; its id stays, its block becomes invalid. Its results must be
// unused.
void remove_inst(Function& fn, InstId inst);
// Takes all instructions with `dead[inst.index()]` out in one pass over the blocks.
void remove_insts(Function& fn, const std::vector<bool>& dead);
// Moves an instruction before `before` (which may be in another block) or to the end of a block,
// before its terminator.
void move_before(Function& fn, InstId inst, InstId before);
void move_to_end(Function& fn, InstId inst, BlockId block);
std::size_t index_in_block(const Function& fn, InstId inst);
// Removes a block parameter and the matching argument of every edge.
void remove_block_param(Function& fn, BlockId block, std::uint32_t index);
// Empties blocks that no path reaches and marks them removed. True if there were any.
bool remove_unreachable_blocks(Function& fn);
// A new block on the edge `target` of the terminator `inst`, holding a jump with the edge's arguments.
BlockId split_edge(Function& fn, InstId inst, std::uint32_t target);

} // namespace tn::ir
