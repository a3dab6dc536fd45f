#include "opt/references.h"

#include "ir/cfg.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <unordered_set>

namespace tn::opt {

using namespace ir;

namespace {
constexpr unsigned max_uses_of_holder = 200; // of an object and of addresses in it, that are looked at
}

References::References(const Module& module, const Function& fn)
    : module_(module), fn_(fn), uses_(fn), place_(fn.insts.size(), 0), edges_(named_edges_into(fn)),
      budget_(16 * fn.blocks.size() + 1000) {
    for (const Block& block : fn.blocks) {
        if (block.removed || block.insts.empty()) continue;
        for (std::uint32_t i = 0; i < block.insts.size(); ++i) place_[block.insts[i].index()] = i + 1;
    }
}

// A borrowed parameter that is always a closure: nobody writes to what it holds.
bool References::is_closure_param(ValueId value) const {
    const Value& v = fn_.values[value];
    if (v.inst.is_valid() || v.block != fn_.entry() || v.ownership != Ownership::Borrowed) return false;
    const auto id = static_cast<std::uint32_t>(&fn_ - &module_.functions[FuncId(0)]);
    if (auto it = module_.known_closures.find(id); it != module_.known_closures.end() && it->second[v.index].is_valid())
        return true;
    return v.index == 0 && std::ranges::any_of(module_.descs, [&](const Desc& desc) {
               return desc.kind == DescKind::Closure && desc.func.value == id;
           });
}

bool References::consumes(const Use& use) const {
    const Inst& inst = fn_.insts[use.inst];
    if (!use.is_block_arg) return consumes_operand(module_, fn_, inst, use.index);
    const Target& target = fn_.targets_of(inst)[use.target];
    return fn_.values[fn_.blocks[target.block].params[use.index]].ownership == Ownership::Owned;
}

Chain References::follow(ValueId root) const {
    Chain chain;
    chain.values.push_back(root);
    std::unordered_set<std::uint32_t> names{root.value};
    auto visit = [&](ValueId name) {
        for (const Use& use : uses_.of(name)) {
            const Inst& inst = fn_.insts[use.inst];
            // Changed by the pass that asks: its next look at the function will tell.
            if (!inst.block.is_valid() || (!use.is_block_arg && use.index >= inst.operands.count)) return false;
            if (use.is_block_arg) {
                const ValueId param = fn_.blocks[fn_.targets_of(inst)[use.target].block].params[use.index];
                const bool moves = fn_.values[param].ownership == Ownership::Owned;
                if (names.insert(param.value).second) (moves ? chain.values : chain.borrowed).push_back(param);
                (moves ? chain.moves : chain.uses).push_back(use);
            } else if (!consumes_operand(module_, fn_, inst, use.index)) {
                chain.uses.push_back(use);
            } else if (inst.op == Op::Release) {
                chain.releases.push_back(use);
            } else {
                return false;
            }
        }
        return true;
    };
    for (std::size_t v = 0, b = 0; v < chain.values.size() || b < chain.borrowed.size();)
        if (!visit(v < chain.values.size() ? chain.values[v++] : chain.borrowed[b++])) return chain;
    for (std::size_t i = 1; i < chain.values.size(); ++i) {
        const ValueId param = chain.values[i];
        if (fn_.values[param].block == fn_.entry()) return chain;
        if (!all_arguments(param, [&](ValueId arg) { return std::ranges::find(chain.values, arg) != chain.values.end(); }))
            return chain;
    }
    chain.is_closed = true;
    return chain;
}

// Borrowed from the caller, from the instance's image, or from the closure that is running.
bool References::outlives_call(ValueId value) const {
    const Value& v = fn_.values[value];
    if (!v.inst.is_valid()) return v.block == fn_.entry() && v.ownership == Ownership::Borrowed;
    const Inst& inst = fn_.insts[v.inst];
    if (inst.op == Op::Literal || inst.op == Op::Empty || inst.op == Op::Null) return true;
    if (inst.op != Op::Load || (inst.flags & Takes)) return false;
    const Inst* base = find_def(fn_, fn_.operands_of(inst)[0]);
    return base && base->op == Op::BoxData && is_closure_param(fn_.operands_of(*base)[0]);
}

// The object that the reference was read from, if nobody writes to it under this name; else invalid.
ValueId References::unchanging_holder(ValueId value) const {
    const Inst* load = find_def(fn_, value);
    if (!load || load->op != Op::Load || (load->flags & Takes)) return {};
    const Inst* address = find_def(fn_, fn_.operands_of(*load)[0]);
    while (address && address->op == Op::ElemAddr) address = find_def(fn_, fn_.operands_of(*address)[0]);
    if (!address || (address->op != Op::SeqData && address->op != Op::BoxData)) return {};
    const ValueId holder = fn_.operands_of(*address)[0];
    if (const Inst* made = find_def(fn_, holder); made && !made->block.is_valid()) return {}; // by the pass that asks
    std::vector<ValueId> names{holder};
    unsigned looked_at = 0;
    for (std::size_t i = 0; i < names.size(); ++i)
        for (const Use& use : uses_.of(names[i])) {
            const Inst& inst = fn_.insts[use.inst];
            if (!inst.block.is_valid()) continue;
            if (++looked_at > max_uses_of_holder) return {};
            if (use.is_block_arg) {
                if (i != 0) return {};
                continue;
            }
            const bool is_address = inst.op == Op::SeqData || inst.op == Op::BoxData || inst.op == Op::ElemAddr;
            if (is_address) names.push_back(fn_.result(use.inst));
            else if (i != 0 && (inst.op != Op::Load || (inst.flags & Takes))) return {};
        }
    return holder;
}

Held References::held(ValueId value) {
    Held held;
    if (outlives_call(value)) {
        held.is_everywhere = true;
        return held;
    }
    if (fn_.values[value].ownership != Ownership::Owned) {
        // What was read from an object stays as long as the object does.
        if (const ValueId holder = unchanging_holder(value); holder.is_valid()) return this->held(holder);
        held.is_known = false;
        return held;
    }
    std::vector<Use> ends;
    for (const Use& use : uses_.of(value))
        if (consumes(use)) ends.push_back(use);
    return walk(value, ends);
}

Held References::held(const Chain& chain) { return walk(chain.values.front(), chain.releases); }

// Ownership is linear, so the first way into a block tells what is held on all of them.
Held References::walk(ValueId root, std::span<const Use> ends) {
    Held held;
    std::unordered_map<std::uint32_t, std::uint32_t> first_end; // by block
    std::unordered_set<std::uint64_t> moved_on;                 // edges that take the reference along
    const Value& value = fn_.values[root];
    const BlockId root_block = value.inst.is_valid() ? fn_.insts[value.inst].block : value.block;
    const std::uint32_t root_place = value.inst.is_valid() ? place_[value.inst.index()] : 0;
    for (const Use& use : ends) {
        const BlockId block = fn_.insts[use.inst].block;
        if (use.is_block_arg) {
            moved_on.insert((static_cast<std::uint64_t>(block.value) << 32) | use.target);
            continue;
        }
        const std::uint32_t place = place_[use.inst.index()];
        auto [it, fresh] = first_end.try_emplace(block.value, place);
        if (!fresh) it->second = std::min(it->second, place);
    }
    std::vector<std::pair<BlockId, std::uint32_t>> work{{root_block, root_place}};
    std::unordered_set<std::uint32_t> entered;
    while (!work.empty()) {
        const auto [block, from] = work.back();
        work.pop_back();
        if (budget_ == 0) {
            held.is_known = false;
            return held;
        }
        --budget_;
        const auto last = static_cast<std::uint32_t>(fn_.blocks[block].insts.size());
        // Around a loop an end may stand before the root; it ended the one of the turn before.
        if (auto end = first_end.find(block.value); end != first_end.end() && end->second > from) {
            held.parts[block.value].push_back({from, end->second - 1});
            continue;
        }
        held.parts[block.value].push_back({from, last});
        const auto targets = successors(fn_, block);
        for (std::uint32_t t = 0; t < targets.size(); ++t) {
            if (moved_on.contains((static_cast<std::uint64_t>(block.value) << 32) | t)) continue;
            if (entered.insert(targets[t].block.value).second) work.emplace_back(targets[t].block, 0);
        }
    }
    return held;
}

bool References::is_held(const Held& held, const Use& use) const {
    if (!held.is_known) return false;
    if (held.is_everywhere) return true;
    const auto it = held.parts.find(fn_.insts[use.inst].block.value);
    if (it == held.parts.end()) return false;
    const std::uint32_t place = place_[use.inst.index()];
    return std::ranges::any_of(it->second, [&](const Held::Part& p) { return p.from < place && place <= p.to; });
}

} // namespace tn::opt
