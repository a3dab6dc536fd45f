// Removes what nobody uses: instructions without effect, and block parameters with the arguments that
// feed them. Marks from the instructions that must stay, so cycles through loops die too.
#include "ir/builder.h"
#include "ir/cfg.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

namespace tn::opt {

using namespace ir;

namespace {

bool must_stay(const Inst& inst) {
    const std::uint16_t effects = effects_of(inst);
    return (effects & (Writes | Traps | Ends)) || inst.op == Op::Retain;
}

} // namespace

bool dce(Module& module, Function& fn) {
    (void)module;
    const auto edges = edges_into(fn); // for the arguments of parameters
    std::vector<std::uint8_t> live(fn.values.size(), false), needed(fn.insts.size(), false);
    std::vector<ValueId> work;
    auto mark = [&](ValueId value) {
        if (!live[value.index()]) {
            live[value.index()] = true;
            work.push_back(value);
        }
    };
    auto need = [&](InstId id) {
        if (needed[id.index()]) return;
        needed[id.index()] = true;
        for (ValueId v : fn.operands_of(fn.insts[id])) mark(v);
    };
    for (const Block& block : fn.blocks) {
        if (block.removed) continue;
        for (InstId id : block.insts)
            if (must_stay(fn.insts[id])) need(id);
    }
    for (ValueId param : fn.blocks[fn.entry()].params) mark(param);
    while (!work.empty()) {
        const Value value = fn.values[work.back()];
        work.pop_back();
        if (value.inst.is_valid()) need(value.inst);
        else
            for (const Target* edge : edges.of(value.block)) mark(fn.args_of(*edge)[value.index]);
    }

    bool changed = false;
    for (std::uint32_t b = 0; b < fn.blocks.size(); ++b) {
        Block& block = fn.blocks[BlockId(b)];
        if (block.removed) continue;
        const std::size_t removed = std::erase_if(block.insts, [&](InstId id) {
            if (needed[id.index()]) return false;
            fn.insts[id].block = BlockId();
            return true;
        });
        changed |= removed != 0;
        if (b == 0) continue;
        for (std::uint32_t i = static_cast<std::uint32_t>(block.params.size()); i-- > 0;) {
            if (live[block.params[i].index()]) continue;
            for (Target* edge : edges.of(BlockId(b))) {
                auto args = fn.args_of(*edge);
                std::move(args.begin() + i + 1, args.end(), args.begin() + i);
                --edge->args.count;
            }
            block.params.erase(block.params.begin() + i);
            changed = true;
        }
        for (std::uint32_t k = 0; k < block.params.size(); ++k) fn.values[block.params[k]].index = k;
    }
    return changed;
}

} // namespace tn::opt
