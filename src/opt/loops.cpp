#include "opt/loops.h"

#include "ir/uses.h"

namespace tn::opt {

using namespace ir;

bool make_preheaders(Function& fn) {
    const Cfg cfg(fn);
    bool changed = false;
    for (std::uint32_t l = 0; l < cfg.loops().size(); ++l) {
        const Loop& loop = cfg.loops()[LoopId(l)];
        if (loop.preheader.is_valid() || loop.header == fn.entry()) continue;
        const std::size_t param_count = fn.blocks[loop.header].params.size();
        Block preheader;
        const BlockId id(fn.blocks.size());
        std::vector<ValueId> forwarded;
        for (std::size_t i = 0; i < param_count; ++i) {
            Value value = fn.values[fn.blocks[loop.header].params[i]];
            value.block = id;
            value.index = static_cast<std::uint32_t>(i);
            forwarded.push_back(fn.values.push_back(value));
        }
        preheader.params = forwarded;
        // Every edge from outside comes here now.
        for (BlockId from : cfg.predecessors(loop.header)) {
            if (cfg.contains(LoopId(l), from)) continue;
            Inst& last = fn.insts[fn.blocks[from].insts.back()];
            for (Target& target : fn.targets_of(last))
                if (target.block == loop.header) target.block = id;
        }
        Inst jump;
        jump.op = Op::Jump;
        jump.block = id;
        jump.loc = fn.insts[fn.blocks[loop.header].insts.front()].loc;
        jump.target_count = 1;
        jump.first_target = static_cast<std::uint32_t>(fn.targets.size());
        fn.targets.push_back({loop.header, {static_cast<std::uint32_t>(fn.operands.size()), static_cast<std::uint32_t>(param_count)}});
        fn.operands.insert(fn.operands.end(), forwarded.begin(), forwarded.end());
        preheader.insts.push_back(fn.insts.push_back(jump));
        fn.blocks.push_back(std::move(preheader));
        changed = true;
    }
    return changed;
}

void drop_preheaders(Function& fn, const Sizes& before) {
    for (const Block& block : fn.blocks) {
        if (block.insts.empty()) continue;
        for (Target& target : fn.targets_of(fn.insts[block.insts.back()]))
            if (target.block.index() >= before.blocks) target.block = fn.targets_of(fn.terminator(target.block))[0].block;
    }
    fn.blocks.resize(before.blocks);
    fn.insts.resize(before.insts);
    fn.values.resize(before.values);
    fn.targets.erase(fn.targets.begin() + static_cast<std::ptrdiff_t>(before.targets), fn.targets.end());
    fn.operands.erase(fn.operands.begin() + static_cast<std::ptrdiff_t>(before.operands), fn.operands.end());
}

} // namespace tn::opt
