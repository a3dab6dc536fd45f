#include "ir/lane_loop.h"

#include <algorithm>

namespace tn::ir {

namespace {

const Inst* def_of(const Function& fn, ValueId value) {
    const Value& v = fn.values[value];
    return v.inst.is_valid() ? &fn.insts[v.inst] : nullptr;
}

bool is_const(const Function& fn, ValueId value) {
    const Inst* def = def_of(fn, value);
    return def && (def->op == Op::ConstInt || def->op == Op::ConstFloat);
}

bool is_one(const Function& fn, ValueId value) {
    const Inst* def = def_of(fn, value);
    return def && def->op == Op::ConstInt && def->imm == 1;
}

class Finder {
public:
    Finder(const Function& fn, BlockId block, LaneLoop& loop) : fn_(fn), block_(block), loop_(loop) {}

    bool run() {
        const Block& block = fn_.blocks[block_];
        if (block.params.size() != 1 || fn_.values[block.params[0]].type != Scalar::I64 || !find_end(block))
            return false;
        loop_.counter = block.params[0];
        for (InstId id : block.insts)
            if (!visit(id)) return false;
        return stores_ == 1 && values_ <= max_lane_values;
    }

private:
    bool is_inside(ValueId value) const {
        const Value& v = fn_.values[value];
        return (v.inst.is_valid() ? fn_.insts[v.inst].block : v.block) == block_;
    }

    bool find_end(const Block& block) {
        const Inst& last = fn_.terminator(block_);
        if (last.op != Op::Branch || fn_.targets_of(last)[0].block != block_ ||
            fn_.targets_of(last)[1].block == block_)
            return false;
        const ValueId condition = fn_.operands_of(last)[0];
        const Inst* compare = def_of(fn_, condition);
        if (!compare || compare->op != Op::ICmp || compare->block != block_) return false;
        compare_ = compare;
        loop_.next = fn_.operands_of(*compare)[0];
        loop_.end = fn_.operands_of(*compare)[1];
        const auto cond = static_cast<Cond>(compare->aux);
        loop_.includes_end = cond == Cond::Le;
        const Inst* add = def_of(fn_, loop_.next);
        return (cond == Cond::Lt || cond == Cond::Le) &&
               fn_.args_of(fn_.targets_of(last)[0])[0] == loop_.next && add && is_sum(*add) &&
               fn_.operands_of(*add)[0] == block.params[0] && is_one(fn_, fn_.operands_of(*add)[1]) &&
               (is_const(fn_, loop_.end) || !is_inside(loop_.end));
    }
    static bool is_sum(const Inst& inst) {
        return inst.type == Scalar::I64 &&
               (inst.op == Op::WrapAdd || (inst.op == Op::Add && (inst.flags & NoTrap)));
    }

    void add_input(ValueId value) {
        if (is_const(fn_, value) || is_inside(value) ||
            std::ranges::find(loop_.inputs, value) != loop_.inputs.end())
            return;
        loop_.inputs.push_back(value);
    }
    bool set_size(Scalar type) {
        const std::uint32_t size = scalar_size(type);
        if (type == Scalar::Ref || type == Scalar::Ptr) return false;
        if (loop_.size == 0) loop_.size = size;
        return loop_.size == size;
    }
    // What all lanes take part in: computed in the loop, or the same for every lane.
    bool spreads(ValueId value) {
        if (std::ranges::find(lanes_, value) != lanes_.end()) return true;
        if (is_inside(value) && !is_const(fn_, value)) return false;
        if (std::ranges::find(spread_, value) == spread_.end()) {
            spread_.push_back(value);
            ++values_;
        }
        add_input(value);
        return true;
    }
    bool visit_memory(const Inst& inst) {
        const auto operands = fn_.operands_of(inst);
        const bool stores = inst.op == Op::Store;
        if (static_cast<MemoryClass>(inst.aux) != MemoryClass::Element ||
            operands.size() != (stores ? 3u : 2u) || stores_ > 0)
            return false;
        const Scalar type = stores ? fn_.values[operands[1]].type : inst.type;
        ValueId base;
        if (!set_size(type) || inst.scale != loop_.size || is_inside(operands[0]) ||
            inst.imm != static_cast<std::int32_t>(inst.imm) ||
            !is_lane_index(fn_, loop_, operands.back(), base))
            return false;
        const Inst* def = def_of(fn_, operands[0]);
        if (def && def->op != Op::SeqData && def->op != Op::Load) return false;
        add_input(operands[0]);
        if (base.is_valid()) add_input(base);
        if (!stores) return true;
        ++stores_;
        return spreads(operands[1]);
    }
    bool visit(InstId id) {
        const Inst& inst = fn_.insts[id];
        if (&inst == compare_ || (op_info(inst.op).effects & Ends)) return true;
        const auto operands = fn_.operands_of(inst);
        switch (inst.op) {
        case Op::ConstInt:
        case Op::ConstFloat: return true;
        case Op::Load:
            if (!visit_memory(inst)) return false;
            break;
        case Op::Store:
            if (!visit_memory(inst)) return false;
            loop_.steps.push_back(id);
            return true;
        case Op::WrapAdd:
        case Op::WrapSub:
        case Op::Add:
        case Op::Sub: {
            ValueId base;
            if (inst.first_result == loop_.next || is_lane_index(fn_, loop_, inst.first_result, base))
                return true;
            if ((inst.op == Op::Add || inst.op == Op::Sub) && !(inst.flags & NoTrap)) return false;
            if (scalar_size(inst.type) < 4) return false; // narrow ones are kept extended
            [[fallthrough]];
        }
        case Op::And:
        case Op::Or:
        case Op::Xor:
        case Op::FAdd:
        case Op::FSub:
        case Op::FMul:
        case Op::FDiv:
            if (!set_size(inst.type) || !spreads(operands[0]) || !spreads(operands[1])) return false;
            break;
        default: return false;
        }
        lanes_.push_back(inst.first_result);
        loop_.steps.push_back(id);
        ++values_;
        return true;
    }

    const Function& fn_;
    BlockId block_;
    LaneLoop& loop_;
    const Inst* compare_ = nullptr;
    std::vector<ValueId> lanes_, spread_;
    unsigned stores_ = 0, values_ = 0;
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
