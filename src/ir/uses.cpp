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

Uses::Uses(const Function& fn) : uses_(fn.values.size()) {
    for (const Block& block : fn.blocks) {
        if (block.removed) continue;
        for (InstId inst : block.insts) add_inst(fn, inst);
    }
}

void Uses::add_inst(const Function& fn, InstId inst) {
    if (uses_.size() < fn.values.size()) uses_.resize(fn.values.size());
    for_each_use(fn, inst, [&](ValueId value, const Use& use) { uses_[value.index()].push_back(use); });
}

void Uses::remove_inst(const Function& fn, InstId inst) {
    for_each_use(fn, inst, [&](ValueId value, const Use&) {
        std::erase_if(uses_[value.index()], [&](const Use& use) { return use.inst == inst; });
    });
}

void Uses::replace(Function& fn, ValueId from, ValueId to) {
    if (from == to) return;
    if (uses_.size() < fn.values.size()) uses_.resize(fn.values.size());
    for (const Use& use : uses_[from.index()]) {
        fn.operands[use.slot] = to;
        uses_[to.index()].push_back(use);
    }
    uses_[from.index()].clear();
}

void replace_all_uses(Function& fn, ValueId from, ValueId to) {
    std::replace(fn.operands.begin(), fn.operands.end(), from, to);
}

void replace_all_uses(Function& fn, const IdVec<ValueId, ValueId>& map) {
    for (ValueId& value : fn.operands) {
        while (map.contains(value) && map[value].is_valid()) value = map[value];
    }
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

void move_before(Function& fn, InstId inst, InstId before) {
    TN_CHECK(inst != before, "instruction moved before itself");
    if (fn.insts[inst].block.is_valid()) remove_inst(fn, inst);
    std::size_t index = index_in_block(fn, before);
    BlockId block = fn.insts[before].block;
    auto& insts = fn.blocks[block].insts;
    insts.insert(insts.begin() + static_cast<std::ptrdiff_t>(index), inst);
    fn.insts[inst].block = block;
}

void move_to_end(Function& fn, InstId inst, BlockId block) {
    TN_CHECK(!fn.blocks[block].insts.empty(), "block without an end");
    move_before(fn, inst, fn.blocks[block].insts.back());
}

void remove_block_param(Function& fn, BlockId block, std::uint32_t index) {
    for (Block& from : fn.blocks) {
        if (from.removed || from.insts.empty()) continue;
        for (Target& target : fn.targets_of(fn.insts[from.insts.back()])) {
            if (target.block != block) continue;
            auto args = fn.args_of(target);
            std::copy(args.begin() + index + 1, args.end(), args.begin() + index);
            --target.args.count;
        }
    }
    auto& params = fn.blocks[block].params;
    params.erase(params.begin() + index);
    for (std::uint32_t i = index; i < params.size(); ++i) fn.values[params[i]].index = i;
}

bool remove_unreachable_blocks(Function& fn) {
    std::vector<bool> reached(fn.blocks.size(), false);
    std::vector<BlockId> work{fn.entry()};
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
        Block& block = fn.blocks[BlockId(i)];
        if (reached[i] || block.removed) continue;
        for (InstId inst : block.insts) fn.insts[inst].block = BlockId();
        block.insts.clear();
        block.params.clear();
        block.removed = true;
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
