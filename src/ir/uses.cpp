// Use lists and edits, all linear in what they touch; the pools only grow.
#include "ir/uses.h"

#include "support/ice.h"

#include <algorithm>

namespace tn::ir {

namespace {
// Calls f(value, use) for every operand and block argument of an instruction.
template <typename F> void for_each_use(const Function& fn, InstId id, F f) {
    const Inst& inst = fn.insts[id];
    for (std::uint32_t i = 0; i < inst.operands.count; ++i) {
        std::uint32_t slot = inst.operands.first + i;
        f(fn.operands[slot], Use{id, slot, false, i, 0});
    }
    for (std::uint32_t t = 0; t < inst.target_count; ++t) {
        const Target& target = fn.targets[inst.first_target + t];
        for (std::uint32_t i = 0; i < target.args.count; ++i) {
            std::uint32_t slot = target.args.first + i;
            f(fn.operands[slot], Use{id, slot, true, i, t});
        }
    }
}
} // namespace

Uses::Uses(const Function& fn) {
    uses_.start(fn.values.size());
    const auto each = [&](auto&& visit) {
        for (const Block& block : fn.blocks) {
            if (block.removed) continue;
            for (InstId inst : block.insts) for_each_use(fn, inst, visit);
        }
    };
    each([&](ValueId value, const Use&) { uses_.count(value); });
    uses_.make_room();
    each([&](ValueId value, const Use& use) { uses_.add(value, use); });
}

std::size_t index_in_block(const Function& fn, InstId inst) {
    const auto& insts = fn.blocks[fn.insts[inst].block].insts;
    auto it = std::find(insts.begin(), insts.end(), inst);
    TN_CHECK(it != insts.end(), "instruction not in its block");
    return static_cast<std::size_t>(it - insts.begin());
}

void remove_inst(Function& fn, InstId inst) {
    std::size_t index = index_in_block(fn, inst);
    auto& insts = fn.blocks[fn.insts[inst].block].insts;
    insts.erase(insts.begin() + static_cast<std::ptrdiff_t>(index));
    fn.insts[inst].block = BlockId();
}

void remove_insts(Function& fn, const std::vector<bool>& dead) {
    for (Block& block : fn.blocks) {
        std::erase_if(block.insts, [&](InstId inst) {
            if (!dead[inst.index()]) return false;
            fn.insts[inst].block = BlockId();
            return true;
        });
    }
}

void remove_block(Function& fn, BlockId id) {
    Block& block = fn.blocks[id];
    for (InstId inst : block.insts) fn.insts[inst].block = BlockId();
    block.insts.clear();
    block.params.clear();
    block.removed = true;
}

bool remove_unreachable_blocks(Function& fn) {
    std::vector<bool> reached(fn.blocks.size(), false);
    std::vector<BlockId> work;
    work.reserve(fn.blocks.size());
    work.push_back(fn.entry());
    reached[0] = true;
    while (!work.empty()) {
        BlockId block = work.back();
        work.pop_back();
        for (const Target& t : fn.targets_of(fn.terminator(block))) {
            if (reached[t.block.index()]) continue;
            reached[t.block.index()] = true;
            work.push_back(t.block);
        }
    }
    bool any = false;
    for (std::size_t i = 0; i < fn.blocks.size(); ++i) {
        if (reached[i] || fn.blocks[BlockId(i)].removed) continue;
        remove_block(fn, BlockId(i));
        any = true;
    }
    return any;
}

BlockId split_edge(Function& fn, InstId inst, std::uint32_t target) {
    Inst jump;
    jump.op = Op::Jump;
    jump.loc = fn.insts[inst].loc;
    jump.target_count = 1;
    jump.first_target = static_cast<std::uint32_t>(fn.targets.size());
    // The edge's arguments become the jump's; the edge itself carries none from now on.
    std::size_t edge = fn.insts[inst].first_target + target;
    fn.targets.push_back(fn.targets[edge]);
    Block block;
    block.cold = fn.blocks[fn.targets[edge].block].cold;
    BlockId id = fn.blocks.push_back(std::move(block));
    jump.block = id;
    fn.blocks[id].insts.push_back(fn.insts.push_back(jump));
    fn.targets[edge] = Target{id, {}};
    return id;
}

} // namespace tn::ir
