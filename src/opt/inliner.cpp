#include "opt/inliner.h"

namespace tn::opt {

using namespace ir;

std::size_t hot_size(const Function& fn) {
    std::size_t size = 0;
    for (const Block& block : fn.blocks)
        if (!block.removed && !block.cold) size += block.insts.size();
    return size;
}

bool entry_is_target(const Function& fn) {
    for (const Block& block : fn.blocks) {
        if (block.removed || block.insts.empty()) continue;
        for (const Target& target : fn.targets_of(fn.insts[block.insts.back()]))
            if (target.block == fn.entry()) return true;
    }
    return false;
}

thread_local NewLocs* NewLocs::current = nullptr;

void NewLocs::add_to(Module& module, std::span<const FuncId> functions) {
    const auto moved = static_cast<std::uint32_t>(module.locs.size()) - first_;
    const auto move = [&](LocId& id) {
        if (id.is_valid() && id.index() >= first_) id = LocId(id.index() + moved);
    };
    for (Loc loc : locs_) {
        move(loc.inlined_at);
        module.locs.push_back(loc);
    }
    if (moved == 0 || locs_.empty()) return;
    for (FuncId id : functions) {
        for (Inst& inst : module.functions[id].insts) move(inst.loc);
        if (std::shared_ptr<const Function>& kept = module.functions[id].with_calls) {
            auto copy = std::make_shared<Function>(*kept);
            for (Inst& inst : copy->insts) move(inst.loc);
            kept = std::move(copy);
        }
    }
}

LocId Inliner::inlined_loc(LocId callee_loc, LocId call_loc) {
    if (!callee_loc.is_valid()) return call_loc;
    const std::uint64_t key = (static_cast<std::uint64_t>(callee_loc.value) << 32) | call_loc.value;
    auto [it, fresh] = locs_.try_emplace(key);
    if (fresh) {
        NewLocs* const fresh_locs = NewLocs::current;
        Loc loc = fresh_locs ? fresh_locs->get(module_, callee_loc) : module_.locs[callee_loc];
        // The callee's own inlined code first, then this call around it.
        loc.inlined_at = loc.inlined_at.is_valid() ? inlined_loc(loc.inlined_at, call_loc) : call_loc;
        const LocId id = fresh_locs ? fresh_locs->add(loc) : module_.locs.push_back(loc);
        locs_[key] = id;
        return id;
    }
    return it->second;
}

BlockId Inliner::inline_call(BlockId block, std::size_t i, const Function& callee) {
    const InstId call_id = fn_.blocks[block].insts[i];
    const Inst call = fn_.insts[call_id];

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
    const std::size_t first_table = fn_.tables.size();
    fn_.tables.insert(fn_.tables.end(), callee.tables.begin(), callee.tables.end());
    for (std::uint32_t b = 0; b < callee.blocks.size(); ++b) {
        if (callee.blocks[BlockId(b)].removed) continue;
        for (InstId id : callee.blocks[BlockId(b)].insts) {
            Inst inst = callee.insts[id];
            const InstId new_id(fn_.insts.size());
            inst.block = blocks[b];
            if (inst.op == Op::Table) inst.imm += static_cast<std::int64_t>(first_table);
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

Range32 Inliner::copy_values(std::span<const ValueId> from, const std::vector<ValueId>& values) {
    const Range32 range{static_cast<std::uint32_t>(fn_.operands.size()),
                        static_cast<std::uint32_t>(from.size())};
    for (ValueId v : from) fn_.operands.push_back(values[v.index()]);
    return range;
}

void Inliner::copy_operands(const Function& callee, const Inst& from, Inst& to,
                            const std::vector<ValueId>& values, const std::vector<BlockId>& blocks,
                            BlockId rest) {
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

} // namespace tn::opt
