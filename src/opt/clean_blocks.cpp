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

// Where a way leads that does nothing on it but make constants.
Target beyond_constants(const Function& fn, const Target& target) {
    const Block& block = fn.blocks[target.block];
    if (!block.params.empty() || block.cold || fn.terminator(target.block).op != Op::Jump) return target;
    for (std::size_t i = 0; i + 1 < block.insts.size(); ++i)
        if (fn.insts[block.insts[i]].op != Op::ConstInt) return target;
    return fn.targets_of(fn.terminator(target.block))[0];
}

// `branch c, b1(true), b1(false)` goes to b1(c).
bool pass_condition(Function& fn, InstId branch) {
    const Target yes = beyond_constants(fn, fn.targets_of(fn.insts[branch])[0]), no = beyond_constants(fn, fn.targets_of(fn.insts[branch])[1]);
    if (yes.block != no.block || yes.args.count == 0) return false;
    std::vector<ValueId> args(fn.args_of(yes).begin(), fn.args_of(yes).end());
    for (std::size_t i = 0; i < args.size(); ++i) {
        std::int64_t x = 0, y = 0;
        if (args[i] == fn.args_of(no)[i]) continue;
        if (fn.values[args[i]].type != Scalar::Bool || !find_const(fn, args[i], x) || !find_const(fn, fn.args_of(no)[i], y) || x != 1 || y != 0)
            return false;
        args[i] = fn.operands_of(fn.insts[branch])[0];
    }
    const auto first = static_cast<std::uint32_t>(fn.operands.size());
    fn.operands.insert(fn.operands.end(), args.begin(), args.end());
    Inst& inst = fn.insts[branch];
    become_jump(inst, 0);
    fn.targets_of(inst)[0] = {yes.block, {first, static_cast<std::uint32_t>(args.size())}};
    return true;
}

bool fold_branch(Function& fn, InstId id) {
    Inst& inst = fn.insts[id];
    std::int64_t c = 0;
    if (inst.op == Op::Branch) {
        const auto targets = fn.targets_of(inst);
        if (find_const(fn, fn.operands_of(inst)[0], c)) become_jump(inst, c ? 0 : 1);
        else if (same_target(fn, targets[0], targets[1])) become_jump(inst, 0);
        else return pass_condition(fn, id);
        return true;
    }
    if (inst.op != Op::Switch || !find_const(fn, fn.operands_of(inst)[0], c)) return false;
    const std::uint64_t last = inst.target_count - 1u;
    become_jump(inst, static_cast<unsigned>(std::min<std::uint64_t>(static_cast<std::uint64_t>(c), last)));
    return true;
}

// A block of nothing but `jump T(args)`, without parameters of its own: who goes there may go to T.
bool skip_empty_blocks(Function& fn, const Inst& inst, bool is_cold) {
    bool changed = false;
    for (unsigned i = 0; i < inst.target_count; ++i) {
        // A chain of empty blocks is followed; the bound stops at an endless empty loop.
        for (int hops = 0; hops < 16; ++hops) {
            Target& target = fn.targets[inst.first_target + i];
            const Block& next = fn.blocks[target.block];
            if (!next.params.empty() || next.insts.size() != 1 || next.cold != is_cold) break;
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
    return changed;
}

// Two instructions that make the same number.
bool same_number(const Function& fn, ValueId a, ValueId b) {
    const Inst *x = find_def(fn, a), *y = find_def(fn, b);
    return x && y && x->op == y->op && (x->op == Op::ConstInt || x->op == Op::ConstFloat) && x->imm == y->imm;
}

// One look at every block that is reached, from the entry on: does what one block alone tells, and finds out what else
// there is to do.
struct Look {
    std::vector<BlockId> reached;
    std::vector<std::uint32_t> ways; // by block: how many lead into it
    std::vector<ValueId> only;       // by parameter: the argument that came first, itself once there are different ones
    bool changes = false, again = false, any_chain = false, any_trivial = false;

    explicit Look(Function& fn) : ways(fn.blocks.size(), 0), only(fn.values.size()) {
        reached.reserve(fn.blocks.size());
        reached.push_back(fn.entry());
        ways[0] = 1;
        std::size_t params = 0, mixed = 0;
        for (std::size_t i = 0; i < reached.size(); ++i) {
            const Block& block = fn.blocks[reached[i]];
            if (block.insts.empty()) continue;
            const InstId last = block.insts.back();
            const Inst& inst = fn.insts[last];
            if (inst.target_count == 0) continue;
            bool folded = fold_branch(fn, last);
            if (skip_empty_blocks(fn, inst, block.cold)) {
                changes = true;
                folded |= fold_branch(fn, last); // both ways may lead to one block now
            }
            if (folded) changes = again = true; // the block may be an empty one
            for (const Target& target : fn.targets_of(inst)) {
                const Block& next = fn.blocks[target.block];
                if (ways[target.block.index()]++ == 0) {
                    reached.push_back(target.block);
                    params += next.params.size();
                }
                if (!next.params.empty() && target.block != fn.entry()) mixed += note_arguments(fn, next.params, fn.args_of(target));
            }
        }
        any_trivial = params != mixed;
        for (BlockId b : reached) {
            if (fn.blocks[b].insts.empty()) continue;
            const Inst& last = fn.terminator(b);
            any_chain |= last.op == Op::Jump && ways[fn.targets_of(last)[0].block.index()] == 1;
        }
    }

private:
    // How many of the parameters have not the same value on all ways any more.
    std::size_t note_arguments(const Function& fn, const std::vector<ValueId>& params, std::span<const ValueId> args) {
        std::size_t mixed = 0;
        for (std::size_t i = 0; i < params.size(); ++i) {
            const ValueId param = params[i], now = args[i];
            ValueId& first = only[param.index()];
            if (now == param || now == first || first == param) continue;
            if (!first.is_valid() && fn.values[now].ownership == fn.values[param].ownership) {
                first = now;
            } else if (!first.is_valid() || !same_number(fn, now, first)) {
                first = param;
                ++mixed;
            }
        }
        return mixed;
    }
};

// What is not reached becomes empty and removed.
bool remove_unreached(Function& fn, const Look& look) {
    bool any = false;
    for (std::size_t b = 1; b < look.ways.size(); ++b) {
        if (look.ways[b] != 0 || fn.blocks[BlockId(b)].removed) continue;
        remove_block(fn, BlockId(b));
        any = true;
    }
    return any;
}

bool merge_chains(Function& fn, const std::vector<std::uint32_t>& ways) {
    Rewriter rewriter(fn);
    for (std::uint32_t b = 0; b < fn.blocks.size(); ++b) {
        Block* block = &fn.blocks[BlockId(b)];
        if (block->removed || block->insts.empty()) continue;
        for (;;) {
            const Inst& last = fn.insts[block->insts.back()];
            if (last.op != Op::Jump) break;
            const Target target = fn.targets_of(last)[0];
            if (target.block == fn.entry() || target.block.index() == b || ways[target.block.index()] != 1)
                break;
            Block& next = fn.blocks[target.block];
            for (std::uint32_t i = 0; i < next.params.size(); ++i)
                rewriter.replace(next.params[i], fn.args_of(target)[i]);
            fn.insts[block->insts.back()].block = BlockId();
            rewriter.mark_changed();
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

// The number once more, where a block begins.
ValueId repeat_number(Function& fn, Rewriter& rewriter, BlockId block, ValueId number) {
    Inst inst = *find_def(fn, number);
    inst.block = block;
    const InstId id = rewriter.make(inst, {});
    auto& insts = fn.blocks[block].insts;
    insts.insert(insts.begin(), id);
    return fn.result(id);
}

// Parameters whose arguments are all one value (or the parameter itself), or the same number.
bool drop_trivial_params(Function& fn) {
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
                bool trivial = true, repeats = false;
                for (const Target* edge : into) {
                    const ValueId arg = rewriter.resolve(fn.args_of(*edge)[i]);
                    if (arg == param || arg == only) continue;
                    if (only.is_valid() && same_number(fn, arg, only)) {
                        repeats = true;
                        continue;
                    }
                    if (only.is_valid()) {
                        trivial = false;
                        break;
                    }
                    only = arg;
                }
                // A borrowed value cannot stand in for an owned parameter.
                if (!trivial || !only.is_valid() || fn.values[only].ownership != fn.values[param].ownership) continue;
                if (repeats) only = repeat_number(fn, rewriter, BlockId(b), only);
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
        const Look look(fn);
        any |= remove_unreached(fn, look) | look.changes;
        // What is folded, and parameters that are gone, may leave a branch to be folded, or a block to be skipped.
        again = look.again | (look.any_trivial && drop_trivial_params(fn));
        any |= again | (look.any_chain && merge_chains(fn, look.ways));
    }
    return any;
}

} // namespace tn::opt
