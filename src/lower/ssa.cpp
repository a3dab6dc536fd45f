// Construction and the clean-up at the end. The walk for a variable's value is a loop with a work list,
// never a recursion: a function may have any number of blocks in a row.
#include "lower/ssa.h"

#include "support/ice.h"

#include <algorithm>

namespace tn::lower {

using ir::BlockId;
using ir::InstId;
using ir::Ownership;
using ir::ValueId;

namespace {
std::uint64_t definition_key(VarId var, BlockId block) {
    return static_cast<std::uint64_t>(var.value) << 32 | block.value;
}
} // namespace

Ssa::BlockState& Ssa::state(BlockId block) {
    if (blocks_.size() <= block.index()) blocks_.resize(block.index() + 1);
    return blocks_[block.index()];
}

VarId Ssa::make_var(Scalar type) {
    var_types_.push_back(type);
    return VarId(var_types_.size() - 1);
}

void Ssa::write(VarId var, ValueId value) { definitions_[definition_key(var, builder_.block())] = value; }

ValueId Ssa::read(VarId var) {
    std::vector<std::uint32_t> pending;
    ValueId value = find(var, builder_.block(), pending);
    complete(pending);
    return value;
}

BlockId Ssa::make_block(bool cold) {
    BlockId block = builder_.make_block(cold);
    state(block);
    return block;
}

ValueId Ssa::add_param(BlockId block, Scalar type, Ownership ownership) {
    TN_CHECK(state(block).incoming.empty(), "a block parameter after an edge");
    return phis_[add_phi(block, VarId(), type, ownership)].value;
}

std::uint32_t Ssa::add_phi(BlockId block, VarId var, Scalar type, Ownership ownership) {
    Phi phi;
    phi.block = block;
    phi.var = var;
    phi.value = builder_.add_param(block, type, ownership);
    phis_.push_back(std::move(phi));
    auto index = static_cast<std::uint32_t>(phis_.size() - 1);
    state(block).phis.push_back(index);
    return index;
}

ValueId Ssa::find(VarId var, BlockId block, std::vector<std::uint32_t>& pending) {
    std::vector<BlockId> passed; // blocks with one predecessor: they have their predecessor's value
    ValueId value;
    for (;;) {
        if (auto known = definitions_.find(definition_key(var, block)); known != definitions_.end()) {
            value = known->second;
            break;
        }
        BlockState& s = state(block);
        if (s.sealed && s.incoming.size() == 1 && passed.size() <= blocks_.size()) {
            passed.push_back(block);
            block = s.incoming[0].from;
            continue;
        }
        if ((s.sealed && s.incoming.empty()) || block == builder_.function().entry()) {
            value = undefined(var_types_[var.index()], block);
        } else {
            bool sealed = s.sealed;
            Scalar type = var_types_[var.index()];
            Ownership ownership = type == Scalar::Ref ? Ownership::Owned : Ownership::Borrowed;
            std::uint32_t phi = add_phi(block, var, type, ownership);
            value = phis_[phi].value;
            if (sealed) pending.push_back(phi);
        }
        definitions_[definition_key(var, block)] = value;
        break;
    }
    for (BlockId b : passed) definitions_[definition_key(var, b)] = value;
    return value;
}

void Ssa::complete(std::vector<std::uint32_t>& pending) {
    while (!pending.empty()) {
        std::uint32_t index = pending.back();
        pending.pop_back();
        BlockId block = phis_[index].block;
        VarId var = phis_[index].var;
        std::size_t count = state(block).incoming.size();
        std::vector<ValueId> args(count);
        for (std::size_t i = 0; i < count; ++i) args[i] = find(var, state(block).incoming[i].from, pending);
        phis_[index].args = std::move(args);
    }
}

// Only code that nothing reaches reads a variable that was never written; finish() drops it.
ValueId Ssa::undefined(Scalar type, BlockId block) {
    ir::Function& fn = builder_.function();
    ir::Value value;
    value.type = type;
    value.block = block;
    value.ownership = type == Scalar::Ref ? Ownership::Owned : Ownership::Borrowed;
    return fn.values.push_back(value);
}

void Ssa::seal(BlockId block) {
    BlockState& s = state(block);
    TN_CHECK(!s.sealed, "a block sealed twice");
    s.sealed = true;
    std::vector<std::uint32_t> pending;
    for (std::uint32_t phi : s.phis) {
        if (phis_[phi].var.is_valid()) pending.push_back(phi);
    }
    complete(pending);
}

void Ssa::add_edge(BlockId target, std::uint32_t index, std::span<const ValueId> args) {
    BlockState& s = state(target);
    TN_CHECK(!s.sealed, "an edge to a sealed block");
    s.incoming.push_back(
        Edge{builder_.block(), builder_.function().blocks[builder_.block()].insts.back(), index});
    std::size_t given = 0;
    for (std::uint32_t phi : s.phis) {
        if (phis_[phi].var.is_valid()) continue;
        TN_CHECK(given < args.size(), "an edge gives too few arguments");
        phis_[phi].args.push_back(args[given++]);
    }
    TN_CHECK(given == args.size(), "an edge gives too many arguments");
}

void Ssa::jump(BlockId target, std::span<const ValueId> args) {
    builder_.jump(target);
    add_edge(target, 0, args);
    start_unreachable();
}

void Ssa::branch(ValueId condition, BlockId if_true, BlockId if_false, std::uint8_t hint_flags) {
    branch(condition, if_true, {}, if_false, {}, hint_flags);
}

void Ssa::branch(ValueId condition, BlockId if_true, std::span<const ValueId> true_args, BlockId if_false,
                 std::span<const ValueId> false_args, std::uint8_t hint_flags) {
    builder_.branch(condition, if_true, {}, if_false, {}, hint_flags);
    add_edge(if_true, 0, true_args);
    add_edge(if_false, 1, false_args);
    start_unreachable();
}

void Ssa::switch_on(ValueId value, std::span<const BlockId> targets) {
    builder_.switch_on(value, targets);
    for (std::uint32_t i = 0; i < targets.size(); ++i) add_edge(targets[i], i, {});
    start_unreachable();
}

void Ssa::start_unreachable() {
    if (!unreachable_.is_valid()) {
        unreachable_ = make_block();
        seal(unreachable_);
    }
    // What stood there is as dead as what follows.
    ir::Function& fn = builder_.function();
    for (InstId inst : fn.blocks[unreachable_].insts) fn.insts[inst].block = BlockId();
    fn.blocks[unreachable_].insts.clear();
    start(unreachable_);
}

void Ssa::finish() {
    drop_unreachable();
    drop_trivial_phis();
    write_edges();
}

void Ssa::drop_unreachable() {
    ir::Function& fn = builder_.function();
    std::vector<bool> reached(fn.blocks.size(), false);
    std::vector<BlockId> work{fn.entry()};
    reached[fn.entry().index()] = true;
    while (!work.empty()) {
        BlockId block = work.back();
        work.pop_back();
        TN_CHECK(!fn.blocks[block].insts.empty(), "a reachable block without an end");
        for (const ir::Target& target : fn.targets_of(fn.terminator(block))) {
            if (reached[target.block.index()]) continue;
            reached[target.block.index()] = true;
            work.push_back(target.block);
        }
    }
    for (std::size_t i = 0; i < fn.blocks.size(); ++i) {
        BlockId block(i);
        BlockState& s = state(block);
        if (!reached[i]) {
            for (InstId inst : fn.blocks[block].insts) fn.insts[inst].block = BlockId();
            fn.blocks[block] = ir::Block{};
            fn.blocks[block].removed = true;
            for (std::uint32_t phi : s.phis) phis_[phi].removed = true;
            continue;
        }
        TN_CHECK(s.sealed || block == fn.entry(), "a reachable block that was never sealed");
        std::size_t kept = 0;
        for (std::size_t e = 0; e < s.incoming.size(); ++e) {
            if (!reached[s.incoming[e].from.index()]) continue;
            if (kept != e) {
                s.incoming[kept] = s.incoming[e];
                for (std::uint32_t phi : s.phis) phis_[phi].args[kept] = phis_[phi].args[e];
            }
            ++kept;
        }
        s.incoming.resize(kept);
        for (std::uint32_t phi : s.phis) phis_[phi].args.resize(kept);
    }
}

ValueId Ssa::resolve(ValueId value) {
    ValueId root = value;
    while (replaced_[root.index()].is_valid()) root = replaced_[root.index()];
    while (replaced_[value.index()].is_valid()) {
        ValueId next = replaced_[value.index()];
        replaced_[value.index()] = root;
        value = next;
    }
    return root;
}

void Ssa::drop_trivial_phis() {
    replaced_.assign(builder_.function().values.size(), ValueId());
    std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> users; // by value: the phis it flows into
    std::vector<std::uint32_t> work;
    for (std::uint32_t i = 0; i < phis_.size(); ++i) {
        if (phis_[i].removed) continue;
        for (ValueId arg : phis_[i].args) users[arg.value].push_back(i);
        work.push_back(i);
    }
    // Parameters are found walking backward: the last made stands first in the code, and goes first.
    while (!work.empty()) {
        Phi& phi = phis_[work.back()];
        work.pop_back();
        if (phi.removed) continue;
        ValueId same;
        bool trivial = true;
        for (ValueId arg : phi.args) {
            ValueId value = resolve(arg);
            if (value == phi.value || value == same) continue;
            if (same.is_valid()) {
                trivial = false;
                break;
            }
            same = value;
        }
        if (!trivial) continue;
        TN_CHECK(same.is_valid(), "a block parameter without a value");
        phi.removed = true;
        replaced_[phi.value.index()] = same;
        // Whoever used this parameter now uses `same`, and may have become trivial by it.
        std::vector<std::uint32_t> moved = std::move(users[phi.value.value]);
        std::erase_if(moved, [&](std::uint32_t user) { return phis_[user].removed; });
        work.insert(work.end(), moved.begin(), moved.end());
        auto& list = users[same.value];
        list.insert(list.end(), moved.begin(), moved.end());
    }
}

void Ssa::write_edges() {
    ir::Function& fn = builder_.function();
    for (ValueId& operand : fn.operands) operand = resolve(operand);
    for (std::size_t i = 0; i < fn.blocks.size(); ++i) {
        BlockId block(i);
        if (fn.blocks[block].removed || block == fn.entry()) continue;
        BlockState& s = state(block);
        std::erase_if(s.phis, [&](std::uint32_t phi) { return phis_[phi].removed; });
        auto& params = fn.blocks[block].params;
        params.clear();
        for (std::uint32_t phi : s.phis) {
            fn.values[phis_[phi].value].index = static_cast<std::uint32_t>(params.size());
            params.push_back(phis_[phi].value);
        }
        for (std::size_t e = 0; e < s.incoming.size(); ++e) {
            std::vector<ValueId> args;
            for (std::uint32_t phi : s.phis) args.push_back(resolve(phis_[phi].args[e]));
            const Edge& edge = s.incoming[e];
            fn.targets_of(fn.insts[edge.inst])[edge.target] = builder_.make_target(block, args);
        }
    }
}

} // namespace tn::lower
