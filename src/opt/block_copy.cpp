#include "opt/block_copy.h"

#include "ir/cfg.h"
#include "ir/uses.h"
#include "opt/ssa_repair.h"

namespace tn::opt {

using namespace ir;

BlockCopy copy_block(Function& fn, BlockId original, int taken) {
    BlockCopy copy;
    copy.block = BlockId(fn.blocks.size());
    const Block from = fn.blocks[original];
    fn.blocks.push_back(Block{});
    fn.blocks[copy.block].insts.reserve(from.insts.size());
    copy.values.reserve(from.params.size() + from.insts.size());
    for (ValueId param : from.params) {
        Value value = fn.values[param];
        value.block = copy.block;
        copy.values.emplace_back(param, fn.values.push_back(value));
        fn.blocks[copy.block].params.push_back(copy.values.back().second);
    }
    auto copy_values = [&](Range32 range) {
        const Range32 made{static_cast<std::uint32_t>(fn.operands.size()), range.count};
        for (std::uint32_t i = 0; i < range.count; ++i)
            fn.operands.push_back(copy.of(fn.operands[range.first + i]));
        return made;
    };
    auto copy_target = [&](std::uint32_t index) {
        const Target target = fn.targets[index];
        fn.targets.push_back({target.block, copy_values(target.args)});
    };
    for (InstId id : from.insts) {
        Inst inst = fn.insts[id];
        inst.block = copy.block;
        const std::uint32_t first_target = inst.first_target;
        if (id == from.insts.back() && taken != every_target) {
            inst.op = Op::Jump;
            inst.flags = 0;
            inst.aux = 0;
            inst.operands.count = 0;
            inst.target_count = 1;
            inst.first_target = static_cast<std::uint32_t>(fn.targets.size());
            copy_target(first_target + static_cast<std::uint32_t>(taken));
        } else {
            inst.operands = copy_values(inst.operands);
            inst.first_target = static_cast<std::uint32_t>(fn.targets.size());
            for (std::uint32_t t = 0; t < inst.target_count; ++t) copy_target(first_target + t);
            const InstId made(fn.insts.size());
            for (unsigned r = 0; r < inst.result_count; ++r) {
                Value value = fn.values[fn.result(id, r)];
                value.inst = made;
                const ValueId result = fn.values.push_back(value);
                copy.values.emplace_back(fn.result(id, r), result);
                if (r == 0) inst.first_result = result;
            }
        }
        fn.blocks[copy.block].insts.push_back(fn.insts.push_back(inst));
    }
    return copy;
}

BlockCopy copy_block(Function& fn, BlockId original, Edge edge, int taken) {
    BlockCopy copy = copy_block(fn, original, taken);
    fn.targets_of(fn.insts[edge.inst])[edge.target].block = copy.block;
    return copy;
}

std::vector<ValueId> defined_in(const Function& fn, BlockId block) {
    std::vector<ValueId> defined = fn.blocks[block].params;
    for (InstId id : fn.blocks[block].insts)
        for (unsigned r = 0; r < fn.insts[id].result_count; ++r) defined.push_back(fn.result(id, r));
    return defined;
}

void repair_copied(Function& fn, BlockId original, const std::vector<BlockCopy>& copies) {
    const std::vector<ValueId> defined = defined_in(fn, original);
    remove_unreachable_blocks(fn);
    repair_copied(fn, original, defined, copies);
}

void repair_copied(Function& fn, BlockId original, const std::vector<ValueId>& defined, const std::vector<BlockCopy>& copies) {
    std::vector<Redefined> redefined;
    for (ValueId v : defined) {
        Redefined r{v, {{original, v}}};
        for (const BlockCopy& copy : copies) r.at_end.emplace_back(copy.block, copy.of(v));
        redefined.push_back(std::move(r));
    }
    repair_uses(fn, redefined, [&](BlockId block) { return block == original; });
}

} // namespace tn::opt
