#include "ir/lane_loop.h"

#include "ir/builder.h"

#include <algorithm>

namespace tn::ir {

namespace {

constexpr std::size_t max_steps = 48;
constexpr std::size_t max_folds = 4;
constexpr unsigned max_stores = 4;
constexpr std::size_t max_insts = 128; // of the block: the search is quadratic
constexpr std::int64_t max_vector = 256; // bytes, with room
constexpr std::size_t much_work = 12;  // steps that pay for taking lanes apart again

const Inst* def_of(const Function& fn, ValueId value) {
    const Value& v = fn.values[value];
    return v.inst.is_valid() ? &fn.insts[v.inst] : nullptr;
}

bool is_const(const Function& fn, ValueId value) {
    const Inst* def = def_of(fn, value);
    return def && (def->op == Op::ConstInt || def->op == Op::ConstFloat);
}

bool is_int(const Function& fn, ValueId value, std::int64_t& out) {
    const Inst* def = def_of(fn, value);
    if (!def || def->op != Op::ConstInt) return false;
    out = def->imm;
    return true;
}

bool may_trap(const Inst& inst) { return (effects_of(inst) & Traps) != 0; }

class Finder {
public:
    Finder(const Function& fn, BlockId block, LaneLoop& loop) : fn_(fn), block_(block), loop_(loop) {}

    bool run() {
        const Block& block = fn_.blocks[block_];
        if (block.insts.size() > max_insts || block.params.size() > max_folds + 1 || !find_end(block)) return false;
        const Inst& last = fn_.terminator(block_);
        for (unsigned p = 0; p < block.params.size(); ++p)
            if (p != loop_.counter_index && !find_fold(p, fn_.args_of(fn_.targets_of(last)[0])[p])) return false;
        unsigned stores = 0;
        for (InstId id : block.insts) {
            const Inst& inst = fn_.insts[id];
            if (inst.op == Op::Store) {
                ++stores;
                if (!visit_memory(inst) || !visit(fn_.operands_of(inst)[1])) return false;
                needed_.push_back(id);
            } else if (inst.op == Op::TrapIf) {
                if (!visit(fn_.operands_of(inst)[0])) return false;
                needed_.push_back(id);
            }
        }
        for (LaneFold& fold : loop_.folds)
            if (!note_size(fn_.values[fold.param].type) || !visit(fold.with)) return false;
        if (stores > max_stores || (stores == 0 && loop_.folds.empty()) || !collect(block)) return false;
        if (loop_.goes_down && std::ranges::any_of(loop_.folds, [](const LaneFold& fold) { return fold.kind == LaneFold::Ordered; })) return false;
        loop_.size = std::max(loop_.size, 1u); // nothing but Bools
        return std::ranges::all_of(loop_.steps, [&](InstId id) { return fits(fn_.insts[id]); }) &&
               std::ranges::all_of(loop_.folds, [&](LaneFold& fold) { return fits(fold, stores > 0); }) && pays();
    }

private:
    Scalar type_of(ValueId value) const { return fn_.values[value].type; }
    bool is_inside(ValueId value) const {
        const Value& v = fn_.values[value];
        return (v.inst.is_valid() ? fn_.insts[v.inst].block : v.block) == block_;
    }

    bool find_end(const Block& block) {
        const Inst& last = fn_.terminator(block_);
        if (last.op != Op::Branch || fn_.targets_of(last)[0].block != block_ ||
            fn_.targets_of(last)[1].block == block_)
            return false;
        const Inst* compare = def_of(fn_, fn_.operands_of(last)[0]);
        if (!compare || compare->op != Op::ICmp || compare->block != block_) return false;
        loop_.next = fn_.operands_of(*compare)[0];
        loop_.end = fn_.operands_of(*compare)[1];
        const auto cond = static_cast<Cond>(compare->aux);
        loop_.includes_end = cond == Cond::Le || cond == Cond::Ge;
        loop_.goes_down = cond == Cond::Gt || cond == Cond::Ge;
        const Inst* add = def_of(fn_, loop_.next);
        std::int64_t step = 0;
        if (cond == Cond::Eq || cond == Cond::Ne || !add || add->type != Scalar::I64 || may_trap(*add)) return false;
        const bool subtracts = add->op == Op::WrapSub || add->op == Op::Sub;
        if ((!subtracts && add->op != Op::WrapAdd && add->op != Op::Add) || !is_int(fn_, fn_.operands_of(*add)[1], step) ||
            step != (subtracts == loop_.goes_down ? 1 : -1))
            return false;
        loop_.counter = fn_.operands_of(*add)[0];
        const auto at = std::ranges::find(block.params, loop_.counter);
        loop_.counter_index = static_cast<unsigned>(at - block.params.begin());
        return at != block.params.end() &&
               fn_.args_of(fn_.targets_of(last)[0])[loop_.counter_index] == loop_.next &&
               (is_const(fn_, loop_.end) || !is_inside(loop_.end));
    }

    // How often a value is read in the loop, by instructions and by the way back.
    unsigned count_uses(ValueId value) const {
        std::ptrdiff_t count = 0;
        for (InstId id : fn_.blocks[block_].insts) count += std::ranges::count(fn_.operands_of(fn_.insts[id]), value);
        const Inst& last = fn_.terminator(block_);
        count += std::ranges::count(fn_.args_of(fn_.targets_of(last)[0]), value);
        return static_cast<unsigned>(count);
    }

    bool find_fold(unsigned index, ValueId result) {
        LaneFold fold;
        fold.index = index;
        fold.param = fn_.blocks[block_].params[index];
        const Inst* def = def_of(fn_, result);
        if (!def || !is_inside(result) || count_uses(result) != 1) return false;
        fold.inst = fn_.values[result].inst;
        const auto operands = fn_.operands_of(*def);
        switch (def->op) {
        case Op::Add:
        case Op::WrapAdd:
        case Op::Sub:
        case Op::WrapSub: fold.kind = LaneFold::Sum; break;
        case Op::And:
        case Op::Or:
        case Op::Xor: fold.kind = LaneFold::Bits; break;
        case Op::FAdd:
        case Op::FSub:
        case Op::FMul: fold.kind = LaneFold::Ordered; break;
        case Op::Select: return find_best(fold, *def);
        default: return false;
        }
        const bool commutes = (op_info(def->op).effects & Commutes) != 0;
        if (operands[0] != fold.param && !(commutes && operands[1] == fold.param)) return false;
        fold.with = operands[operands[0] == fold.param ? 1 : 0];
        fold.checked = may_trap(*def);
        if (count_uses(fold.param) != 1) return false;
        loop_.folds.push_back(fold);
        return true;
    }
    // select(with better param, with, param), in any order, or `max` and `min` of floats: select(with is NaN, param,
    // select(param better with, param, with)).
    bool find_best(LaneFold& fold, const Inst& select) {
        const auto operands = fn_.operands_of(select);
        if (const Inst* inner = def_of(fn_, operands[2]); inner && inner->op == Op::Select && operands[1] == fold.param)
            return find_extreme(fold, select, *inner);
        const Inst* compare = def_of(fn_, operands[0]);
        const bool takes = operands[2] == fold.param; // when the condition holds
        if (!compare || (compare->op != Op::ICmp && compare->op != Op::FCmp) || (!takes && operands[1] != fold.param) ||
            count_uses(operands[0]) != 1 || count_uses(fold.param) != 2)
            return false;
        fold.kind = LaneFold::Best;
        fold.with = operands[takes ? 1 : 2];
        const auto asked = fn_.operands_of(*compare);
        fold.better = static_cast<Cond>(compare->aux);
        if (asked[0] == fold.param && asked[1] == fold.with) {
            fold.better = swapped(fold.better);
        } else if (asked[0] != fold.with || asked[1] != fold.param) {
            return false;
        }
        if (!takes && compare->op == Op::FCmp) return false; // a NaN would be taken
        if (!takes) fold.better = inverted(fold.better);
        loop_.folds.push_back(fold);
        return fold.better != Cond::Eq && fold.better != Cond::Ne;
    }

    bool find_extreme(LaneFold& fold, const Inst& select, const Inst& inner) {
        const auto operands = fn_.operands_of(inner);
        const Inst *is_nan = def_of(fn_, fn_.operands_of(select)[0]), *compare = def_of(fn_, operands[0]);
        fold.with = operands[2];
        auto compares = [&](const Inst* inst, ValueId a, ValueId b) {
            return inst && inst->op == Op::FCmp && fn_.operands_of(*inst)[0] == a && fn_.operands_of(*inst)[1] == b &&
                   count_uses(inst->first_result) == 1;
        };
        if (operands[1] != fold.param || count_uses(inner.first_result) != 1 || count_uses(fold.param) != 3 ||
            !compares(compare, fold.param, fold.with) || !compares(is_nan, fold.with, fold.with) ||
            static_cast<Cond>(is_nan->aux) != Cond::Ne)
            return false;
        fold.kind = LaneFold::Best;
        fold.better = swapped(inverted(static_cast<Cond>(compare->aux))); // no NaN is left
        loop_.folds.push_back(fold);
        return fold.better == Cond::Ge || fold.better == Cond::Le;
    }

    bool note_size(Scalar type) {
        if (type == Scalar::Ref || type == Scalar::Ptr) return false;
        if (type != Scalar::Bool) loop_.size = std::max(loop_.size, scalar_size(type));
        return true;
    }
    void add_input(ValueId value) {
        if (!is_const(fn_, value) && std::ranges::find(loop_.inputs, value) == loop_.inputs.end())
            loop_.inputs.push_back(value);
    }
    // Everything that computing the value takes.
    bool visit(ValueId value) {
        if (is_const(fn_, value) || !is_inside(value)) {
            add_input(value);
            return note_size(type_of(value));
        }
        if (value == loop_.counter) {
            loop_.uses_counter = true;
            return note_size(Scalar::I64);
        }
        const InstId id = fn_.values[value].inst;
        if (!id.is_valid()) return false; // another parameter
        if (std::ranges::find(needed_, id) != needed_.end()) return true;
        if (needed_.size() > max_steps) return false;
        needed_.push_back(id);
        const Inst& inst = fn_.insts[id];
        if (inst.result_count != 1 || !note_size(inst.type)) return false;
        if (inst.op == Op::Load) return visit_memory(inst);
        for (unsigned i = 0; i < inst.operands.count; ++i)
            if (!(i > 0 && is_amount(inst)) && !visit(fn_.operands_of(inst)[i])) return false;
        return true;
    }
    // Shifts have one constant amount for all lanes.
    static bool is_amount(const Inst& inst) {
        return inst.op == Op::Shl || inst.op == Op::Shr || inst.op == Op::RotateLeft || inst.op == Op::RotateRight;
    }
    bool visit_memory(const Inst& inst) {
        const auto operands = fn_.operands_of(inst);
        const bool stores = inst.op == Op::Store;
        if (static_cast<MemoryClass>(inst.aux) != MemoryClass::Element || operands.size() != (stores ? 3u : 2u))
            return false;
        const Scalar type = stores ? type_of(operands[1]) : inst.type;
        ValueId base;
        if (!note_size(type) || inst.scale != scalar_size(type) || is_inside(operands[0]) ||
            inst.imm - max_vector != static_cast<std::int32_t>(inst.imm - max_vector) || !is_lane_index(fn_, loop_, operands.back(), base))
            return false;
        const Inst* def = def_of(fn_, operands[0]);
        if (def && def->op != Op::SeqData && def->op != Op::Load) return false;
        add_input(operands[0]);
        if (base.is_valid()) add_input(base);
        return true;
    }

    // What was visited, in its order. Nothing else may have an effect, and whoever traps does so before anything is written. What is known of a counter because a sum of it does not
    // trap holds for no later round.
    bool collect(const Block& block) {
        bool stored = false;
        for (InstId id : block.insts) {
            const Inst& inst = fn_.insts[id];
            const bool folds =
                std::ranges::any_of(loop_.folds, [&](const LaneFold& fold) { return fold.inst == id; });
            const bool needed = std::ranges::find(needed_, id) != needed_.end();
            if (op_info(inst.op).effects & Ends || folds) {
                if (needed) return false;
            } else if (needed) {
                const bool traps = may_trap(inst);
                if (stored && traps) return false;
                stored = stored || inst.op == Op::Store;
                loop_.checks = loop_.checks || traps;
                loop_.steps.push_back(id);
            } else if (effects_of(inst) & (Reads | Writes | Traps | Owned)) {
                return false;
            }
        }
        return !(loop_.checks && loop_.uses_counter);
    }

    bool is_full(Scalar type) const { return scalar_size(type) == loop_.size; }
    bool is_signed_int(Scalar type) const { return is_integer(type) && is_signed(type); }

    // Whether lanes of this size can do it.
    bool fits(const Inst& inst) const {
        const auto operands = fn_.operands_of(inst);
        const Scalar type = inst.type;
        std::int64_t amount = 0;
        switch (inst.op) {
        case Op::Load: return !is_float(type) || is_full(type);
        case Op::Store: return !is_float(type_of(operands[1])) || is_full(type_of(operands[1]));
        case Op::Add:
        case Op::Sub:
            return !may_trap(inst) || (is_signed_int(type) && is_full(type) && loop_.size >= 4);
        case Op::WrapAdd:
        case Op::WrapSub: return is_full(type);
        case Op::Mul: return !may_trap(inst) && loop_.size >= 2;
        case Op::WrapMul: return is_full(type) && loop_.size >= 2;
        case Op::Neg: return !may_trap(inst);
        case Op::And:
        case Op::Or:
        case Op::Xor: return true;
        case Op::Not: return type == Scalar::Bool || is_full(type);
        case Op::Shl:
        case Op::Shr:
            return !may_trap(inst) && is_int(fn_, operands[1], amount) && loop_.size >= 4 &&
                   (inst.op == Op::Shr || is_full(type));
        case Op::RotateLeft:
        case Op::RotateRight: return is_int(fn_, operands[1], amount) && is_full(type) && loop_.size >= 4;
        case Op::FAdd:
        case Op::FSub:
        case Op::FMul:
        case Op::FDiv:
        case Op::FNeg:
        case Op::FAbs:
        case Op::Sqrt:
        case Op::Floor:
        case Op::Ceil:
        case Op::Trunc: return is_full(type);
        case Op::TrapIf: return loop_.size >= 4;
        case Op::ICmp: return is_integer(type_of(operands[0])) && type_of(operands[0]) != Scalar::Bool;
        case Op::FCmp: return is_full(type_of(operands[0]));
        case Op::Select: return type != Scalar::Bool;
        case Op::Bitcast: return is_full(type);
        case Op::Convert: return fits_conversion(type_of(operands[0]), type);
        default: return false;
        }
    }
    bool fits_conversion(Scalar from, Scalar to) const {
        if (to == Scalar::Bool || is_float(from)) return false;
        if (from == Scalar::Bool) return !is_float(to);
        return !is_float(to) || (is_full(to) && !(is_full(from) && !is_signed(from)));
    }
    bool fits(LaneFold& fold, bool stores) const {
        const Scalar type = type_of(fold.param);
        if (type == Scalar::Bool || !is_full(type) || loop_.size < 4) return false;
        if (!fold.checked) return !(fold.kind == LaneFold::Best && is_float(type) && stores);
        if (stores || (!is_signed(type) && fn_.insts[fold.inst].op == Op::Sub)) return false;
        const Inst* def = def_of(fn_, fold.with);
        const Scalar from = def && def->op == Op::Convert ? type_of(fn_.operands_of(*def)[0]) : Scalar::Void;
        fold.is_small = is_integer(from) && (from == Scalar::Bool || scalar_size(from) * 2 <= loop_.size);
        return true;
    }

    // Sums of floats, in order, take as long as ever: only much work beside them is worth it.
    bool pays() const {
        const bool stores = std::ranges::any_of(loop_.steps, [&](InstId id) { return fn_.insts[id].op == Op::Store; });
        const bool ordered = std::ranges::all_of(
            loop_.folds, [](const LaneFold& fold) { return fold.kind == LaneFold::Ordered; });
        return stores || !ordered || loop_.steps.size() >= much_work ||
               std::ranges::any_of(loop_.steps, [&](InstId id) {
                   return fn_.insts[id].op == Op::FDiv || fn_.insts[id].op == Op::Sqrt;
               });
    }

    const Function& fn_;
    BlockId block_;
    LaneLoop& loop_;
    std::vector<InstId> needed_;
};

} // namespace

bool is_lane_index(const Function& fn, const LaneLoop& loop, ValueId index, ValueId& base) {
    base = ValueId();
    if (index == loop.counter) return true;
    const Inst* def = def_of(fn, index);
    if (!def || def->type != Scalar::I64 || index == loop.next ||
        !(def->op == Op::WrapAdd || (def->op == Op::Add && (def->flags & NoTrap))))
        return false;
    const auto operands = fn.operands_of(*def);
    const bool counter_first = operands[0] == loop.counter;
    if (!counter_first && operands[1] != loop.counter) return false;
    base = operands[counter_first ? 1 : 0];
    const Value& v = fn.values[base];
    const BlockId block = v.inst.is_valid() ? fn.insts[v.inst].block : v.block;
    return block != fn.values[loop.counter].block && !is_const(fn, base);
}

bool find_lane_loop(const Function& fn, BlockId block, LaneLoop& loop) {
    return Finder(fn, block, loop).run();
}

} // namespace tn::ir
