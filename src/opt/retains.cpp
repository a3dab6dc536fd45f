// References that are counted without need: a retained one that is only lent out and released again, while the
// one it was made from is owned all the time, is that other one. So is one that outlives it: `t = a; a = b; b = t` counts
// nothing.
#include "opt/passes.h"
#include "opt/references.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_distance = 32; // instructions between the two

// y = retain x; ...; release x: y is x from then on, if nobody reads it before.
bool hand_over(Function& fn) {
    Rewriter rewriter(fn);
    for (const Block& block : fn.blocks) {
        if (block.removed) continue;
        for (std::size_t i = 0; i < block.insts.size(); ++i) {
            const Inst& inst = fn.insts[block.insts[i]];
            if (inst.op != Op::Retain || rewriter.is_removed(block.insts[i])) continue;
            const ValueId from = fn.operands_of(inst)[0], to = inst.first_result;
            if (fn.values[from].ownership != Ownership::Owned) continue;
            for (std::size_t j = i + 1; j < std::min(block.insts.size(), i + max_distance); ++j) {
                const Inst& next = fn.insts[block.insts[j]];
                const auto operands = fn.operands_of(next);
                if (rewriter.is_removed(block.insts[j])) continue;
                if (next.op == Op::Release && operands[0] == from) {
                    rewriter.replace(to, from);
                    rewriter.remove(block.insts[i]);
                    rewriter.remove(block.insts[j]);
                    break;
                }
                if (std::ranges::find(operands, to) != operands.end()) break;
            }
        }
    }
    return rewriter.finish();
}

} // namespace

bool retains(Module& module, Function& fn) {
    std::vector<InstId> candidates;
    for (const Block& block : fn.blocks) {
        if (block.removed) continue;
        for (InstId id : block.insts)
            if (fn.insts[id].op == Op::Retain) candidates.push_back(id);
    }
    if (candidates.empty()) return false;
    const bool handed_over = hand_over(fn);
    std::erase_if(candidates, [&](InstId id) { return !fn.insts[id].block.is_valid(); });
    References references(module, fn);
    Rewriter rewriter(fn);
    std::vector<ValueId> lent; // owned block parameters that nobody reads any more: they take nothing over
    std::vector<bool> is_base(fn.values.size(), false);
    for (InstId id : candidates) {
        const ValueId base = fn.operands_of(fn.insts[id])[0], root = fn.result(id);
        // Each is judged by the function as it is: what was lent from another removed one waits for the next time.
        if (rewriter.resolve(base) != base || is_base[root.index()]) continue;
        const Chain chain = references.follow(root);
        if (!chain.is_closed) continue;
        const Held held = references.held(base);
        auto keeps = [&](const Use& use) { return references.is_held(held, use); };
        if (!std::ranges::all_of(chain.uses, keeps) || !std::ranges::all_of(chain.moves, keeps) ||
            !std::ranges::all_of(chain.releases, keeps))
            continue;
        for (ValueId name : chain.values) rewriter.replace(name, base);
        rewriter.remove(id);
        for (const Use& use : chain.releases) rewriter.remove(use.inst);
        lent.insert(lent.end(), chain.values.begin() + 1, chain.values.end());
        is_base[base.index()] = true;
    }
    for (ValueId param : lent) fn.values[param].ownership = Ownership::Borrowed;
    return rewriter.finish() || handed_over;
}

} // namespace tn::opt
