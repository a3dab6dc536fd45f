#include "opt/origins.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

Origins::Origins(const Module& module, const Function& fn) : fn_(fn), of_(fn.values.size(), nothing) {
    auto desc_of = [&](const Inst& inst) -> const Desc& { return module.descs[DescId(static_cast<std::size_t>(inst.imm))]; };
    for (std::uint32_t v = 0; v < fn.values.size(); ++v) {
        const Value& value = fn.values[ValueId(v)];
        if (value.type != Scalar::Ref) continue;
        if (!value.inst.is_valid()) {
            if (value.block != fn.entry()) of_[v] = anything;
            continue;
        }
        const Inst& inst = fn.insts[value.inst];
        if (inst.op == Op::Retain) of_[v] = anything;
        if ((inst.op == Op::BoxNew || inst.op == Op::Empty) && desc_of(inst).kind == DescKind::Closure)
            of_[v] = desc_of(inst).func.value;
    }
    const auto id = static_cast<std::uint32_t>(&fn - &module.functions[FuncId(0)]);
    if (auto known = module.known_closures.find(id); known != module.known_closures.end()) {
        const auto& params = fn.blocks[fn.entry()].params;
        for (std::size_t i = 0; i < params.size(); ++i)
            if (known->second[i].is_valid()) of_[params[i].index()] = known->second[i].value;
    }
    while (step()) {}
}

bool Origins::any() const {
    return std::ranges::any_of(of_, [](std::uint32_t of) { return of < anything; });
}

bool Origins::meet(ValueId value, std::uint32_t with) {
    std::uint32_t& now = of_[value.index()];
    if (with == anything || now == with || now == nothing) return false;
    now = now == anything ? with : nothing;
    return true;
}

bool Origins::step() {
    bool changed = false;
    for (const Block& block : fn_.blocks) {
        if (block.removed || block.insts.empty()) continue;
        for (InstId id : block.insts) {
            const Inst& inst = fn_.insts[id];
            if (inst.op == Op::Retain) changed |= meet(inst.first_result, of_[fn_.operands_of(inst)[0].index()]);
        }
        for (const Target& target : fn_.targets_of(fn_.insts[block.insts.back()])) {
            const auto args = fn_.args_of(target);
            for (std::size_t i = 0; i < args.size(); ++i) {
                const ValueId param = fn_.blocks[target.block].params[i];
                if (fn_.values[param].type == Scalar::Ref) changed |= meet(param, of_[args[i].index()]);
            }
        }
    }
    return changed;
}

ParamSources::ParamSources(const Function& fn) : fn_(fn), from_(fn.values.size()) {
    for (const Block& block : fn.blocks) {
        if (block.removed || block.insts.empty()) continue;
        for (InstId id : block.insts) {
            const Inst& inst = fn.insts[id];
            if (inst.op == Op::Retain) from_[inst.first_result.index()].push_back(fn.operands_of(inst)[0]);
        }
        for (const Target& target : fn.targets_of(fn.insts[block.insts.back()])) {
            const auto args = fn.args_of(target);
            for (std::size_t i = 0; i < args.size(); ++i) {
                const ValueId param = fn.blocks[target.block].params[i];
                if (fn.values[param].type == Scalar::Ref) from_[param.index()].push_back(args[i]);
            }
        }
    }
}

void ParamSources::mark(ValueId value, std::vector<bool>& params) const {
    std::vector<ValueId> work{value};
    std::vector<bool> seen(fn_.values.size(), false);
    while (!work.empty()) {
        const ValueId at = work.back();
        work.pop_back();
        if (seen[at.index()]) continue;
        seen[at.index()] = true;
        const Value& v = fn_.values[at];
        if (!v.inst.is_valid() && v.block == fn_.entry()) params[v.index] = true;
        work.insert(work.end(), from_[at.index()].begin(), from_[at.index()].end());
    }
}

} // namespace tn::opt
