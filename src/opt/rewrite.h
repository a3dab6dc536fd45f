// Changing a function in place: replacing values, removing instructions, inserting while walking.
//
// Replacements are collected and applied to all operands in one sweep by finish(), so that a pass is
// linear. Until then `resolve` answers the current meaning of a value.
#pragma once

#include "ir/module.h"

#include <span>
#include <vector>

namespace tn::opt {

class Rewriter {
public:
    explicit Rewriter(ir::Function& fn) : fn_(fn) {}

    ir::ValueId resolve(ir::ValueId value) {
        return value.index() < replacement_.size() && replacement_[value.index()].is_valid() ? root_of(value) : value;
    }
    // Every use of `old` becomes `by`. `old`'s definition should be removed by the caller.
    void replace(ir::ValueId old, ir::ValueId by);
    void remove(ir::InstId inst) {
        fn_.insts[inst].block = ir::BlockId();
        changed_ = removed_ = true;
    }
    bool is_removed(ir::InstId inst) const { return !fn_.insts[inst].block.is_valid(); }

    // A new instruction, not yet placed in a block's list; results are made by its op's rule.
    ir::InstId make(ir::Inst inst, std::span<const ir::ValueId> operands);
    // The i-th operand, resolved.
    ir::ValueId operand(const ir::Inst& inst, unsigned i) { return resolve(fn_.operands_of(inst)[i]); }

    bool changed() const { return changed_; }
    void mark_changed() { changed_ = true; }
    // Applies the replacements and drops removed instructions from their blocks. True if anything changed.
    bool finish();

private:
    ir::ValueId root_of(ir::ValueId value);

    ir::Function& fn_;
    std::vector<ir::ValueId> replacement_; // invalid, or not there: itself
    bool changed_ = false;
    bool replaced_ = false, removed_ = false;
};

// The instruction that defines a value, or null for block parameters.
inline const ir::Inst* find_def(const ir::Function& fn, ir::ValueId value) {
    const ir::InstId def = fn.values[value].inst;
    return def.is_valid() ? &fn.insts[def] : nullptr;
}
// The integer constant that defines a value, if one does.
inline bool find_const(const ir::Function& fn, ir::ValueId value, std::int64_t& out) {
    const ir::Inst* def = find_def(fn, value);
    if (!def || def->op != ir::Op::ConstInt) return false;
    out = def->imm;
    return true;
}
// The smallest and largest value of an integer type, as 128 bits so that all types fit.
constexpr unsigned bits_of(Scalar type) { return type == Scalar::Bool ? 1 : scalar_size(type) * 8; }
constexpr __int128 min_of(Scalar type) { return is_signed(type) ? -(static_cast<__int128>(1) << (bits_of(type) - 1)) : 0; }
constexpr __int128 max_of(Scalar type) { return (static_cast<__int128>(1) << (bits_of(type) - (is_signed(type) ? 1 : 0))) - 1; }
// `value` (extended to 64 bits by its type) as the number it stands for.
constexpr __int128 number(Scalar type, std::int64_t value) {
    return is_signed(type) ? static_cast<__int128>(value) : static_cast<__int128>(static_cast<std::uint64_t>(value));
}

} // namespace tn::opt
