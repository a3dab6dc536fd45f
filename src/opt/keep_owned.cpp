// Not an optimization: what the unwinder needs of loops that only a trap ends.
//
// A reference that is owned around such a loop is consumed on no path, so nothing uses it after its last
// ordinary use; yet a trap inside must find and release it. Each poll of such a loop gets these
// references as operands, which keeps them in a register or slot all the way round.
#include "ir/builder.h"
#include "ir/cfg.h"
#include "opt/passes.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

bool leaves(Op op) { return op == Op::Return || op == Op::Trap || op == Op::Unreachable; }

// Reachable blocks from which no path leaves the function.
std::vector<bool> find_endless(const Function& fn, const Cfg& cfg) {
    std::vector<bool> endless(fn.blocks.size(), false);
    std::vector<BlockId> work;
    for (BlockId block : cfg.order()) {
        endless[block.index()] = true;
        if (leaves(fn.terminator(block).op)) work.push_back(block);
    }
    for (BlockId block : work) endless[block.index()] = false;
    while (!work.empty()) {
        const BlockId block = work.back();
        work.pop_back();
        for (BlockId from : cfg.predecessors(block)) {
            if (!endless[from.index()]) continue;
            endless[from.index()] = false;
            work.push_back(from);
        }
    }
    return endless;
}

bool is_kept(const Function& fn, ValueId value) {
    const Value& v = fn.values[value];
    return v.ownership == Ownership::Owned && !(v.inst.is_valid() && fn.insts[v.inst].op == Op::Null);
}

} // namespace

bool keep_owned(Module& module, Function& fn) {
    const Cfg cfg(fn);
    const std::vector<bool> endless = find_endless(fn, cfg);
    if (std::ranges::find(endless, true) == endless.end()) return false;

    // What is owned at the start of each block. Ownership is linear, so every way in agrees and the first
    // predecessor in reverse postorder decides.
    std::vector<std::vector<ValueId>> owned_in(fn.blocks.size());
    std::vector<bool> known(fn.blocks.size(), false);
    known[fn.entry().index()] = true;
    bool changed = false;
    for (BlockId block : cfg.order()) {
        std::vector<ValueId> owned = owned_in[block.index()];
        for (ValueId param : fn.blocks[block].params)
            if (is_kept(fn, param)) owned.push_back(param);
        for (InstId id : fn.blocks[block].insts) {
            Inst& inst = fn.insts[id];
            if (inst.op == Op::Poll && inst.aux == 0 && endless[block.index()] && !owned.empty()) {
                inst.operands = {static_cast<std::uint32_t>(fn.operands.size()), static_cast<std::uint32_t>(owned.size())};
                fn.operands.insert(fn.operands.end(), owned.begin(), owned.end());
                changed = true;
            }
            const auto operands = fn.operands_of(inst);
            for (unsigned i = 0; i < operands.size(); ++i)
                if (consumes_operand(module, fn, inst, i)) std::erase(owned, operands[i]);
            for (unsigned r = 0; r < inst.result_count; ++r)
                if (is_kept(fn, fn.result(id, r))) owned.push_back(fn.result(id, r));
        }
        for (const Target& target : successors(fn, block)) {
            if (known[target.block.index()]) continue;
            known[target.block.index()] = true;
            std::vector<ValueId>& in = owned_in[target.block.index()];
            in = owned;
            const auto args = fn.args_of(target);
            const auto& params = fn.blocks[target.block].params;
            for (std::size_t i = 0; i < args.size(); ++i)
                if (fn.values[params[i]].ownership == Ownership::Owned) std::erase(in, args[i]);
        }
    }
    return changed;
}

} // namespace tn::opt
