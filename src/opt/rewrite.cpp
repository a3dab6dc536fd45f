#include "opt/rewrite.h"

namespace tn::opt {

using namespace ir;

ValueId Rewriter::root_of(ValueId value) {
    ValueId root = value;
    while (root.index() < replacement_.size() && replacement_[root.index()].is_valid())
        root = replacement_[root.index()];
    // Shorten the path, so that long chains stay linear in total.
    while (value != root && value.index() < replacement_.size()) {
        ValueId next = replacement_[value.index()];
        replacement_[value.index()] = root;
        value = next;
    }
    return root;
}

void Rewriter::replace(ValueId old, ValueId by) {
    by = resolve(by);
    if (by == old) return;
    if (old.index() >= replacement_.size()) replacement_.resize(fn_.values.size());
    replacement_[old.index()] = by;
    changed_ = replaced_ = true;
}

InstId Rewriter::make(Inst inst, std::span<const ValueId> operands) {
    inst.operands = {static_cast<std::uint32_t>(fn_.operands.size()), static_cast<std::uint32_t>(operands.size())};
    fn_.operands.insert(fn_.operands.end(), operands.begin(), operands.end());
    InstId id(fn_.insts.size());
    const OpInfo& info = op_info(inst.op);
    if (info.results == ResultRule::One || info.results == ResultRule::Bool) {
        Value value;
        value.type = info.results == ResultRule::Bool ? Scalar::Bool : inst.type;
        value.ownership = (info.effects & Owned) ? Ownership::Owned : Ownership::Borrowed;
        value.inst = id;
        inst.result_count = 1;
        inst.first_result = fn_.values.push_back(value);
    }
    fn_.insts.push_back(inst);
    changed_ = true;
    return id;
}

bool Rewriter::finish() {
    if (replaced_) {
        for (ValueId& operand : fn_.operands) operand = resolve(operand);
    }
    if (removed_) {
        for (Block& block : fn_.blocks) {
            std::erase_if(block.insts, [&](InstId id) { return is_removed(id); });
        }
    }
    return changed_;
}

} // namespace tn::opt
