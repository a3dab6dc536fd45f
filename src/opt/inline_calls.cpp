// Inlining: the body of a small function in place of a call to it. Callees come first (the pipeline goes
// bottom up), so what is copied is already optimized. Recursive functions are not inlined.
//
// Positions of copied instructions remember the call they were inlined into, so that stack traces show
// the same frames. One `poll` with aux 1 stands for the unit of fuel that the call would have cost.
#include "ir/builder.h"
#include "ir/cfg.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <unordered_map>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t small_callee = 80;   // instructions outside cold blocks
constexpr std::size_t closure_callee = 300; // the same, when that lets the call of a closure be seen through
constexpr std::size_t large_caller = 4000; // no more inlining beyond this

std::size_t hot_size(const Function& fn) {
    std::size_t size = 0;
    for (const Block& block : fn.blocks)
        if (!block.removed && !block.cold) size += block.insts.size();
    return size;
}

bool calls_itself(const Module& module, FuncId id) {
    const Function& fn = module.functions[id];
    for (const Block& block : fn.blocks)
        for (InstId inst : block.insts)
            if (fn.insts[inst].op == Op::Call && FuncId(static_cast<std::size_t>(fn.insts[inst].imm)) == id) return true;
    return false;
}

bool calls_closures(const Function& fn) {
    for (const Block& block : fn.blocks)
        for (InstId inst : block.insts)
            if (fn.insts[inst].op == Op::CallClosure) return true;
    return false;
}

bool entry_is_target(const Function& fn) {
    for (const Block& block : fn.blocks) {
        if (block.removed || block.insts.empty()) continue;
        for (const Target& target : fn.targets_of(fn.insts[block.insts.back()]))
            if (target.block == fn.entry()) return true;
    }
    return false;
}

class Inliner {
public:
    Inliner(Module& module, Function& fn) : module_(module), fn_(fn), rewriter_(fn), size_(hot_size(fn)) {}

    bool run() {
        // Blocks made by inlining stand behind the original ones; continuations are looked at, copies not.
        std::vector<BlockId> work;
        for (std::uint32_t b = static_cast<std::uint32_t>(fn_.blocks.size()); b-- > 0;)
            if (!fn_.blocks[BlockId(b)].removed && !fn_.blocks[BlockId(b)].cold) work.push_back(BlockId(b));
        while (!work.empty()) {
            const BlockId block = work.back();
            work.pop_back();
            for (std::size_t i = 0; i < fn_.blocks[block].insts.size(); ++i) {
                const InstId call = fn_.blocks[block].insts[i];
                if (!is_candidate(fn_.insts[call])) continue;
                work.push_back(inline_call(block, i));
                break;
            }
        }
        return rewriter_.finish();
    }

private:
    bool is_candidate(const Inst& inst) {
        if (inst.op != Op::Call || size_ > large_caller) return false;
        const FuncId id(static_cast<std::size_t>(inst.imm));
        const Function& callee = module_.functions[id];
        if (&callee == &fn_) return false;
        auto [it, fresh] = callees_.try_emplace(id.value);
        Callee& known = it->second;
        if (fresh) {
            known.size = hot_size(callee);
            known.is_possible =
                known.size <= closure_callee && !calls_itself(module_, id) && !entry_is_target(callee);
            known.calls_closures = known.is_possible && calls_closures(callee);
        }
        if (!known.is_possible) return false;
        return known.size <= small_callee || gives_closure(inst, id, known.calls_closures);
    }

    // A closure that is made here is the function's own, or among its arguments when it calls some.
    bool gives_closure(const Inst& call, FuncId callee, bool any) {
        for (ValueId v : fn_.operands_of(call)) {
            const Inst* def = find_def(fn_, rewriter_.resolve(v));
            if (def && def->op == Op::Retain) def = find_def(fn_, rewriter_.operand(*def, 0));
            if (!def || (def->op != Op::BoxNew && def->op != Op::Empty)) continue;
            const Desc& desc = module_.descs[DescId(static_cast<std::size_t>(def->imm))];
            if (desc.kind == DescKind::Closure && (any || desc.func == callee)) return true;
        }
        return false;
    }

    LocId inlined_loc(LocId callee_loc, LocId call_loc) {
        if (!callee_loc.is_valid()) return call_loc;
        const std::uint64_t key = (static_cast<std::uint64_t>(callee_loc.value) << 32) | call_loc.value;
        auto [it, fresh] = locs_.try_emplace(key);
        if (fresh) {
            Loc loc = module_.locs[callee_loc];
            // The callee's own inlined code first, then this call around it.
            loc.inlined_at = loc.inlined_at.is_valid() ? inlined_loc(loc.inlined_at, call_loc) : call_loc;
            const LocId id = module_.locs.push_back(loc);
            locs_[key] = id;
            return id;
        }
        return it->second;
    }

    // Replaces the i-th instruction of the block; answers the block with what came after it.
    BlockId inline_call(BlockId block, std::size_t i) {
        const InstId call_id = fn_.blocks[block].insts[i];
        const Inst call = fn_.insts[call_id];
        const Function& callee = module_.functions[FuncId(static_cast<std::size_t>(call.imm))];
        size_ += hot_size(callee);

        // The rest of the block, with the results as parameters.
        const BlockId rest_id(fn_.blocks.size());
        Block rest;
        rest.cold = fn_.blocks[block].cold;
        for (unsigned r = 0; r < call.result_count; ++r) {
            Value value = fn_.values[fn_.result(call_id, r)];
            value.inst = InstId();
            value.block = rest_id;
            value.index = r;
            const ValueId param = fn_.values.push_back(value);
            rest.params.push_back(param);
            rewriter_.replace(fn_.result(call_id, r), param);
        }
        auto& insts = fn_.blocks[block].insts;
        rest.insts.assign(insts.begin() + static_cast<std::ptrdiff_t>(i) + 1, insts.end());
        insts.resize(i);
        for (InstId id : rest.insts) fn_.insts[id].block = rest_id;
        fn_.blocks.push_back(std::move(rest));
        rewriter_.remove(call_id);

        Inst meter;
        meter.op = Op::Poll;
        meter.aux = 1;
        meter.loc = call.loc;
        meter.block = block;
        fn_.blocks[block].insts.push_back(fn_.insts.push_back(meter));

        // Copies of the callee's values, then of its blocks.
        std::vector<ValueId> values(callee.values.size());
        std::vector<BlockId> blocks(callee.blocks.size());
        const auto& entry_params = callee.blocks[callee.entry()].params;
        for (std::uint32_t p = 0; p < entry_params.size(); ++p)
            values[entry_params[p].index()] = rewriter_.resolve(fn_.operands[call.operands.first + p]);
        for (std::uint32_t b = 1; b < callee.blocks.size(); ++b) {
            if (callee.blocks[BlockId(b)].removed) continue;
            Block copy;
            copy.cold = callee.blocks[BlockId(b)].cold;
            blocks[b] = BlockId(fn_.blocks.size());
            for (ValueId param : callee.blocks[BlockId(b)].params) {
                Value value = callee.values[param];
                value.block = blocks[b];
                values[param.index()] = fn_.values.push_back(value);
                copy.params.push_back(values[param.index()]);
            }
            fn_.blocks.push_back(std::move(copy));
        }
        blocks[0] = block;
        // All results exist before any operand is copied: a use may stand before its definition in
        // block order.
        std::vector<InstId> made(callee.insts.size());
        for (std::uint32_t b = 0; b < callee.blocks.size(); ++b) {
            if (callee.blocks[BlockId(b)].removed) continue;
            for (InstId id : callee.blocks[BlockId(b)].insts) {
                Inst inst = callee.insts[id];
                const InstId new_id(fn_.insts.size());
                inst.block = blocks[b];
                inst.loc = inlined_loc(inst.loc, call.loc);
                for (unsigned r = 0; r < inst.result_count; ++r) {
                    Value value = callee.values[callee.result(id, r)];
                    value.inst = new_id;
                    const ValueId copy = fn_.values.push_back(value);
                    values[callee.result(id, r).index()] = copy;
                    if (r == 0) inst.first_result = copy;
                }
                fn_.insts.push_back(inst);
                made[id.index()] = new_id;
                fn_.blocks[blocks[b]].insts.push_back(new_id);
            }
        }
        for (std::uint32_t b = 0; b < callee.blocks.size(); ++b) {
            if (callee.blocks[BlockId(b)].removed) continue;
            for (InstId id : callee.blocks[BlockId(b)].insts)
                copy_operands(callee, callee.insts[id], fn_.insts[made[id.index()]], values, blocks, rest_id);
        }
        return rest_id;
    }

    Range32 copy_values(std::span<const ValueId> from, const std::vector<ValueId>& values) {
        const Range32 range{static_cast<std::uint32_t>(fn_.operands.size()), static_cast<std::uint32_t>(from.size())};
        for (ValueId v : from) fn_.operands.push_back(values[v.index()]);
        return range;
    }

    void copy_operands(const Function& callee, const Inst& from, Inst& to, const std::vector<ValueId>& values,
                       const std::vector<BlockId>& blocks, BlockId rest) {
        const Range32 operands = copy_values(callee.operands_of(from), values);
        to.first_target = static_cast<std::uint32_t>(fn_.targets.size());
        if (from.op == Op::Return) {
            to.op = Op::Jump;
            to.operands = {};
            to.target_count = 1;
            fn_.targets.push_back({rest, operands});
            return;
        }
        to.operands = operands;
        for (const Target& target : callee.targets_of(from))
            fn_.targets.push_back({blocks[target.block.index()], copy_values(callee.args_of(target), values)});
    }

    Module& module_;
    Function& fn_;
    Rewriter rewriter_;
    std::size_t size_;
    struct Callee {
        std::size_t size = 0;
        bool is_possible = false, calls_closures = false;
    };
    std::unordered_map<std::uint32_t, Callee> callees_;
    std::unordered_map<std::uint64_t, LocId> locs_;
};

} // namespace

bool inline_calls(Module& module, Function& fn) {
    bool changed = Inliner(module, fn).run();
    if (changed) clean_blocks(fn);
    return changed;
}

} // namespace tn::opt
