// A loop that tests at its top is entered through a copy of the test, and tests at its bottom.
//
//     head(i):  c = i < n; branch c, body, out       from outside: jump head(0);  from the body: jump head(j)
// becomes
//     copy(i):  c = i < n; branch c, body, out       from outside: jump copy(0)
//     body:     ...; c = j < n; branch c, body, out
//
// Loops over iterators are made with the test at the top. Other passes know counting loops by the test at their end, which
// goes on where it holds, and by their counter: of two that start and step alike one is enough.
#include "ir/builder.h"
#include "ir/cfg.h"
#include "ir/uses.h"
#include "opt/block_copy.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_header = 12; // instructions

bool rotates(const Function& fn, const Cfg& cfg, LoopId id) {
    const Loop& loop = cfg.loops()[id];
    const Block& header = fn.blocks[loop.header];
    const Inst& last = fn.terminator(loop.header);
    if (last.op != Op::Branch || header.cold || header.insts.size() > max_header || loop.latches.size() != 1 ||
        loop.latches[0] == loop.header || fn.terminator(loop.latches[0]).op != Op::Jump)
        return false;
    const auto targets = fn.targets_of(last);
    if (cfg.contains(id, targets[0].block) == cfg.contains(id, targets[1].block)) return false;
    // An inner loop's header at once behind the test would have two ways in.
    return std::ranges::none_of(header.insts, [&](InstId inst) {
        return is_call(fn.insts[inst].op) || fn.insts[inst].op == Op::Lanes ||
               (effects_of(fn.insts[inst]) & (Owned | Writes));
    });
}

// branch j >= n, out, loop    becomes    branch j < n, loop, out
bool goes_on_if_true(Function& fn, const Loop& loop, std::optional<Uses>& uses) {
    if (loop.latches.size() != 1) return false;
    Inst& last = fn.insts[fn.blocks[loop.latches[0]].insts.back()];
    if (last.op != Op::Branch || fn.targets_of(last)[1].block != loop.header ||
        fn.targets_of(last)[0].block == loop.header)
        return false;
    const ValueId condition = fn.operands_of(last)[0];
    const Value& value = fn.values[condition];
    if (!value.inst.is_valid() || fn.insts[value.inst].op != Op::ICmp) return false;
    if (!uses) uses.emplace(fn);
    if (uses->count(condition) != 1) return false;
    Inst& compare = fn.insts[value.inst];
    compare.aux = static_cast<std::uint32_t>(inverted(static_cast<Cond>(compare.aux)));
    std::swap(fn.targets_of(last)[0], fn.targets_of(last)[1]);
    if (last.flags & (Likely | Unlikely)) last.flags ^= Likely | Unlikely;
    return true;
}

// Parameters of a header that start as the same value and change by the same constant are one.
bool merge_counters(Function& fn, const Cfg& cfg, const Loop& loop, Rewriter& rewriter) {
    const auto& params = fn.blocks[loop.header].params;
    std::vector<std::span<const ValueId>> ways; // the arguments of each
    for (BlockId from : cfg.predecessors(loop.header))
        for (const Target& target : fn.targets_of(fn.terminator(from)))
            if (target.block == loop.header) ways.push_back(fn.args_of(target));
    auto steps_alike = [&](std::size_t a, std::size_t b, ValueId next_a, ValueId next_b) {
        const Inst *x = find_def(fn, next_a), *y = find_def(fn, next_b);
        std::int64_t by = 0, also = 0;
        return x && y && x->op == y->op && x->type == y->type && x->flags == y->flags &&
               (x->op == Op::WrapAdd || x->op == Op::WrapSub) && fn.operands_of(*x)[0] == params[a] &&
               fn.operands_of(*y)[0] == params[b] && find_const(fn, fn.operands_of(*x)[1], by) &&
               find_const(fn, fn.operands_of(*y)[1], also) && by == also;
    };
    bool changed = false;
    for (std::size_t b = 1; b < params.size(); ++b) {
        for (std::size_t a = 0; a < b; ++a) {
            if (fn.values[params[a]].type != fn.values[params[b]].type || fn.values[params[a]].type == Scalar::Ref ||
                !std::ranges::all_of(ways, [&](std::span<const ValueId> args) {
                    return args[a] == args[b] || steps_alike(a, b, args[a], args[b]);
                }))
                continue;
            rewriter.replace(params[b], params[a]);
            changed = true;
            break;
        }
    }
    return changed;
}

} // namespace

bool rotate(Module& module, Function& fn) {
    (void)module;
    bool changed = false;
    // A copy makes a Cfg stale: one loop after the other.
    std::vector<BlockId> done;
    for (;;) {
        const Cfg cfg(fn);
        LoopId found;
        for (std::uint32_t l = 0; l < cfg.loops().size() && !found.is_valid(); ++l) {
            const BlockId header = cfg.loops()[LoopId(l)].header;
            if (std::ranges::find(done, header) == done.end() && rotates(fn, cfg, LoopId(l))) found = LoopId(l);
        }
        if (!found.is_valid()) break;
        const BlockId header = cfg.loops()[found].header;
        done.push_back(header);
        std::vector<BlockCopy> copies;
        for (BlockId from : cfg.predecessors(header)) {
            if (cfg.contains(found, from)) continue;
            const InstId last = fn.blocks[from].insts.back();
            for (std::uint32_t t = 0; t < fn.insts[last].target_count; ++t)
                if (fn.targets_of(fn.insts[last])[t].block == header)
                    copies.push_back(copy_block(fn, header, {last, t}, every_target));
        }
        repair_copied(fn, header, copies);
        changed = true;
    }
    if (changed) clean_blocks(fn);
    const Cfg cfg(fn);
    std::optional<Uses> uses; // made for the first that needs it
    Rewriter rewriter(fn);
    for (const Loop& loop : cfg.loops()) {
        changed |= goes_on_if_true(fn, loop, uses);
        if (merge_counters(fn, cfg, loop, rewriter)) rewriter.mark_changed();
    }
    return rewriter.finish() || changed;
}

} // namespace tn::opt
