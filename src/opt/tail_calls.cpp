// A function that ends by calling itself starts over instead.
//
//     f(n, sum):  ...; r = call f(n - 1, sum + n); return r
// becomes
//     f(n, sum):  jump again(n, sum, most)
//     again(n, sum, left):  ...; trap_if left == 1; poll; jump again(n - 1, sum + n, left - 1)
//
// What the frame owns has been given back before such a call, or the call is not the last thing it does. An endless
// recursion still ends as one: after as many rounds as no stack has room for frames.
#include "ir/builder.h"
#include "opt/inliner.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::int64_t max_depth = 1 << 22;
constexpr unsigned max_jumps = 8; // between the call and the return

// Whether what follows the i-th instruction of the block hands its results on to the caller and does nothing else.
bool is_last(const Function& fn, BlockId block, std::size_t i) {
    const Inst& call = fn.insts[fn.blocks[block].insts[i]];
    std::vector<ValueId> results;
    for (std::uint32_t r = 0; r < call.result_count; ++r) results.push_back(ValueId(call.first_result.index() + r));
    for (unsigned jumps = 0; jumps < max_jumps; ++jumps) {
        const auto& insts = fn.blocks[block].insts;
        if (i + 2 != insts.size()) return false;
        const Inst& last = fn.insts[insts.back()];
        if (last.op == Op::Return) return std::ranges::equal(fn.operands_of(last), results);
        if (last.op != Op::Jump) return false;
        const Target& target = fn.targets_of(last)[0];
        const auto args = fn.args_of(target);
        for (ValueId& result : results) {
            const auto at = std::ranges::find(args, result);
            if (at != args.end()) result = fn.blocks[target.block].params[static_cast<std::size_t>(at - args.begin())];
        }
        block = target.block;
        i = static_cast<std::size_t>(-1);
    }
    return false;
}

} // namespace

bool tail_calls(Module& module, Function& fn) {
    const auto id = static_cast<std::int64_t>(&fn - &module.functions[FuncId(0)]);
    std::vector<std::pair<BlockId, std::size_t>> sites;
    for (std::uint32_t b = 0; b < fn.blocks.size(); ++b) {
        const auto& insts = fn.blocks[BlockId(b)].insts;
        if (fn.blocks[BlockId(b)].removed || insts.size() < 2) continue;
        const std::size_t i = insts.size() - 2;
        if (fn.insts[insts[i]].op == Op::Call && fn.insts[insts[i]].imm == id && is_last(fn, BlockId(b), i)) sites.emplace_back(BlockId(b), i);
    }
    if (sites.empty() || entry_is_target(fn)) return false;

    Builder b(module, fn);
    const BlockId entry = fn.entry(), again = b.make_block();
    const LocId loc = fn.insts[fn.blocks[entry].insts.front()].loc;
    std::swap(fn.blocks[again].insts, fn.blocks[entry].insts);
    for (InstId inst : fn.blocks[again].insts) fn.insts[inst].block = again;
    Rewriter rewriter(fn);
    const std::vector<ValueId> params = fn.blocks[entry].params;
    for (ValueId param : params) rewriter.replace(param, b.add_param(again, fn.values[param].type, fn.values[param].ownership));
    const ValueId left = b.add_param(again, Scalar::I64, Ownership::Borrowed);
    rewriter.finish();

    b.set_block(entry);
    b.set_loc(loc);
    std::vector<ValueId> args = params;
    args.push_back(b.const_int(Scalar::I64, max_depth));
    b.jump(again, args);
    for (auto [block, i] : sites) {
        if (block == entry) block = again;
        auto& insts = fn.blocks[block].insts;
        const Inst call = fn.insts[insts[i]];
        for (std::size_t k = i; k < insts.size(); ++k) fn.insts[insts[k]].block = BlockId();
        insts.resize(i);
        b.set_block(block);
        b.set_loc(call.loc);
        args.assign(fn.operands_of(call).begin(), fn.operands_of(call).end());
        args.push_back(b.binary(Op::WrapSub, Scalar::I64, left, b.const_int(Scalar::I64, 1)));
        b.trap_if_too_deep(b.compare(Op::ICmp, Cond::Eq, args.back(), b.const_int(Scalar::I64, 0)));
        b.poll();
        b.jump(again, args);
    }
    clean_blocks(fn);
    return true;
}

} // namespace tn::opt
