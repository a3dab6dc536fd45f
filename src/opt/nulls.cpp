#include "opt/nulls.h"

#include "ir/builder.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

// The operation reads what the reference leads to, so a null would be a crash.
bool follows(const Inst& inst) {
    switch (inst.op) {
    case Op::ICmp:
    case Op::Retain:
    case Op::Release:
    case Op::Store:
    case Op::Call:
    case Op::CallHost:
    case Op::CallClosure:
    case Op::BoxNew:
    case Op::Jump:
    case Op::Branch:
    case Op::Switch:
    case Op::Return: return false;
    default: return true;
    }
}

} // namespace

Nulls::Nulls(const Module& module, const Function& fn)
    : fn_(fn), may_be_null_(fn.values.size(), false), followed_in_(fn.values.size()) {
    const std::vector<ValueId>& params = fn.blocks[fn.entry()].params;
    for (std::size_t i = 0; i < params.size(); ++i)
        if (fn.sig.params[i].nullable) mark(params[i]);
    for (const Inst& inst : fn.insts) {
        if (!inst.block.is_valid()) continue;
        if (inst.op == Op::Null || (inst.op == Op::Load && (inst.flags & Nullable))) mark(inst.first_result);
        if (is_call(inst.op)) mark_results(module, inst);
    }
    if (work_.empty()) return;
    spread();
    note_uses();
}

void Nulls::mark(ValueId value) {
    if (may_be_null_[value.index()]) return;
    may_be_null_[value.index()] = true;
    work_.push_back(value);
}

void Nulls::mark_results(const Module& module, const Inst& inst) {
    for (std::uint32_t number : signature_of(module, inst).nullable_results)
        mark(ValueId(inst.first_result.value + number));
}

// From a reference to what is made of it: one more of it, and the parameters of blocks that it is given to.
void Nulls::spread() {
    std::vector<std::vector<ValueId>> becomes(fn_.values.size());
    for (const Inst& inst : fn_.insts) {
        if (!inst.block.is_valid()) continue;
        if (inst.op == Op::Retain) becomes[fn_.operands_of(inst)[0].index()].push_back(inst.first_result);
        for (const Target& target : fn_.targets_of(inst)) {
            const std::vector<ValueId>& params = fn_.blocks[target.block].params;
            for (std::uint32_t i = 0; i < target.args.count; ++i) {
                ValueId arg = fn_.operands[target.args.first + i];
                if (fn_.values[arg].type == Scalar::Ref) becomes[arg.index()].push_back(params[i]);
            }
        }
    }
    while (!work_.empty()) {
        ValueId value = work_.back();
        work_.pop_back();
        for (ValueId next : becomes[value.index()]) mark(next);
    }
}

void Nulls::note_uses() {
    for (const Inst& inst : fn_.insts) {
        if (!inst.block.is_valid() || !follows(inst)) continue;
        for (ValueId operand : fn_.operands_of(inst))
            if (may_be(operand)) followed_in_[operand.index()].push_back(inst.block);
    }
}

bool Nulls::can_follow(const Cfg& cfg, const Inst& inst, BlockId block) const {
    if (!follows(inst)) return true;
    return std::ranges::all_of(fn_.operands_of(inst), [&](ValueId operand) {
        return !may_be(operand) || std::ranges::any_of(followed_in_[operand.index()], [&](BlockId at) {
            return cfg.is_reachable(at) && cfg.dominates(at, block);
        });
    });
}

} // namespace tn::opt
