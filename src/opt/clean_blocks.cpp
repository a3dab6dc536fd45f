// The shape of a function after rewriting: constant branches become jumps, unreachable blocks go, blocks
// that only jump are skipped, a block with one predecessor joins it, and block parameters that always
// get the same value are that value.
#include "ir/cfg.h"
#include "ir/uses.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

bool same_target(const Function& fn, const Target& a, const Target& b) {
    return a.block == b.block && std::ranges::equal(fn.args_of(a), fn.args_of(b));
}

void become_jump(Inst& inst, unsigned target) {
    inst.first_target += target;
    inst.target_count = 1;
    inst.op = Op::Jump;
    inst.operands.count = 0;
    inst.flags = 0;
}

bool fold_branches(Function& fn) {
    bool changed = false;
    for (Block& block : fn.blocks) {
        if (block.removed || block.insts.empty()) continue;
        Inst& inst = fn.insts[block.insts.back()];
        std::int64_t c = 0;
        if (inst.op == Op::Branch) {
            if (find_const(fn, fn.operands_of(inst)[0], c)) become_jump(inst, c ? 0 : 1);
            else if (same_target(fn, fn.targets_of(inst)[0], fn.targets_of(inst)[1])) become_jump(inst, 0);
            else continue;
            changed = true;
        } else if (inst.op == Op::Switch && find_const(fn, fn.operands_of(inst)[0], c)) {
            const std::uint64_t last = inst.target_count - 1u;
            become_jump(inst, static_cast<unsigned>(std::min<std::uint64_t>(static_cast<std::uint64_t>(c), last)));
            changed = true;
        }
    }
    return changed;
}

// A block of nothing but `jump T(args)`, without parameters of its own: who goes there may go to T.
bool skip_empty_blocks(Function& fn) {
    bool changed = false;
    for (Block& block : fn.blocks) {
        if (block.removed || block.insts.empty()) continue;
        const Inst inst = fn.insts[block.insts.back()];
        for (unsigned i = 0; i < inst.target_count; ++i) {
            // A chain of empty blocks is followed; the bound stops at an endless empty loop.
            for (int hops = 0; hops < 16; ++hops) {
                Target& target = fn.targets[inst.first_target + i];
                const Block& next = fn.blocks[target.block];
                if (!next.params.empty() || next.insts.size() != 1 || next.cold != block.cold) break;
                const Inst& jump = fn.insts[next.insts[0]];
                if (jump.op != Op::Jump || fn.targets_of(jump)[0].block == target.block) break;
                // A switch passes no arguments.
                if (inst.op == Op::Switch && fn.targets_of(jump)[0].args.count != 0) break;
                const Target onward = fn.targets_of(jump)[0];
                const std::uint32_t first = static_cast<std::uint32_t>(fn.operands.size());
                for (std::uint32_t k = 0; k < onward.args.count; ++k)
                    fn.operands.push_back(fn.operands[onward.args.first + k]);
                target = {onward.block, {first, onward.args.count}};
                changed = true;
            }
        }
    }
    return changed;
}

bool merge_chains(Function& fn) {
    std::vector<std::uint32_t> predecessor_count(fn.blocks.size(), 0);
    for (const Block& block : fn.blocks) {
        if (block.removed || block.insts.empty()) continue;
        for (const Target& target : fn.targets_of(fn.insts[block.insts.back()]))
            ++predecessor_count[target.block.index()];
    }
    Rewriter rewriter(fn);
    for (std::uint32_t b = 0; b < fn.blocks.size(); ++b) {
        Block* block = &fn.blocks[BlockId(b)];
        if (block->removed || block->insts.empty()) continue;
        for (;;) {
            const Inst& last = fn.insts[block->insts.back()];
            if (last.op != Op::Jump) break;
            const Target target = fn.targets_of(last)[0];
            if (target.block == fn.entry() || target.block.index() == b || predecessor_count[target.block.index()] != 1)
                break;
            Block& next = fn.blocks[target.block];
            for (std::uint32_t i = 0; i < next.params.size(); ++i)
                rewriter.replace(next.params[i], fn.args_of(target)[i]);
            rewriter.remove(block->insts.back());
            block->insts.pop_back();
            for (InstId id : next.insts) fn.insts[id].block = BlockId(b);
            block->insts.insert(block->insts.end(), next.insts.begin(), next.insts.end());
            next.insts.clear();
            next.params.clear();
            next.removed = true;
        }
    }
    return rewriter.finish();
}

// Parameters whose arguments are all one value (or the parameter itself).
bool drop_trivial_params(Function& fn) {
    if (std::ranges::none_of(fn.blocks, [&](const Block& b) { return &b != &fn.blocks[fn.entry()] && !b.params.empty(); }))
        return false;
    const auto edges = edges_into(fn);
    bool any = false;
    for (bool again = true; again;) {
        again = false;
        Rewriter rewriter(fn);
        std::vector<std::pair<BlockId, std::uint32_t>> dropped;
        for (std::uint32_t b = 1; b < fn.blocks.size(); ++b) {
            Block& block = fn.blocks[BlockId(b)];
            if (block.removed || block.params.empty()) continue;
            const auto into = edges.of(BlockId(b));
            if (into.empty()) continue;
            for (std::uint32_t i = 0; i < block.params.size(); ++i) {
                const ValueId param = block.params[i];
                ValueId only;
                bool trivial = true;
                for (const Target* edge : into) {
                    const ValueId arg = rewriter.resolve(fn.args_of(*edge)[i]);
                    if (arg == param || arg == only) continue;
                    if (only.is_valid()) {
                        trivial = false;
                        break;
                    }
                    only = arg;
                }
                // A borrowed value cannot stand in for an owned parameter.
                if (!trivial || !only.is_valid() || fn.values[only].ownership != fn.values[param].ownership) continue;
                rewriter.replace(param, only);
                dropped.emplace_back(BlockId(b), i);
            }
        }
        if (dropped.empty()) break;
        for (auto it = dropped.rbegin(); it != dropped.rend(); ++it) {
            for (Target* edge : edges.of(it->first)) {
                auto args = fn.args_of(*edge);
                std::move(args.begin() + it->second + 1, args.end(), args.begin() + it->second);
                --edge->args.count;
            }
            auto& params = fn.blocks[it->first].params;
            params.erase(params.begin() + it->second);
            for (std::uint32_t k = it->second; k < params.size(); ++k) fn.values[params[k]].index = k;
        }
        rewriter.finish();
        any = again = true;
    }
    return any;
}

} // namespace

bool clean_blocks(Function& fn) {
    bool any = false;
    for (bool again = true; again;) {
        any |= fold_branches(fn);
        // Each of these may leave a branch to be folded, or a block to be skipped.
        again = skip_empty_blocks(fn);
        any |= remove_unreachable_blocks(fn);
        again |= drop_trivial_params(fn);
        again |= merge_chains(fn);
        any |= again;
    }
    return any;
}

} // namespace tn::opt
