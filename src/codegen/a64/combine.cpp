// What one instruction of this machine does of several operations: shifts in the second operand, products, two
// neighbours in memory at once, and a list's length with the room it has.
#include "codegen/a64/a64.h"

#include "ir/builder.h"

namespace tn::codegen::a64 {

bool is_product(const ir::Inst& inst) {
    return inst.op == Op::WrapMul || (inst.op == Op::Mul && (inst.flags & ir::NoTrap));
}
bool is_shift(Op op) {
    return op == Op::Shl || op == Op::Shr || op == Op::RotateLeft || op == Op::RotateRight;
}

namespace {

constexpr std::size_t window = 24; // instructions to look back
constexpr std::int64_t pair_reach = 63;

class Combiner {
public:
    Combiner(MachineFunction& mf, const std::vector<ir::InstId>& block, std::size_t index)
        : mf_(mf), block_(block), index_(index), inst_(mf.fn->insts[block[index]]) {}

    void run() {
        switch (inst_.op) {
        case Op::And:
        case Op::Or:
        case Op::Xor:
        case Op::Add:
        case Op::WrapAdd:
        case Op::Sub:
        case Op::WrapSub:
            if (!multiplied()) shifted();
            return;
        case Op::ElemAddr:
            if (inst_.imm == 1) take_product(operands(inst_)[1], sizeof(void*));
            return;
        case Op::Load:
        case Op::Store: neighbour(); return;
        case Op::SeqLen: length(); return;
        default: return;
        }
    }

private:
    std::span<const ir::ValueId> operands(const ir::Inst& inst) const { return mf_.fn->operands_of(inst); }

    // Added to something, or subtracted from it.
    bool multiplied() {
        const bool checks = (inst_.op == Op::Add || inst_.op == Op::Sub) && !(inst_.flags & ir::NoTrap);
        const bool logic = inst_.op == Op::And || inst_.op == Op::Or || inst_.op == Op::Xor;
        if (checks || logic || scalar_size(inst_.type) < 4 || mf_.joined.contains(block_[index_].value)) return false;
        const auto values = operands(inst_);
        if (mf_.is_constant(values[0]) || mf_.is_constant(values[1])) return false;
        if (take_product(values[1], scalar_size(inst_.type))) return true;
        return (ir::op_info(inst_.op).effects & ir::Commutes) && take_product(values[0], scalar_size(inst_.type));
    }
    // A product whose only user this is.
    bool take_product(ir::ValueId value, std::size_t size) {
        const ir::Inst* def = mf_.def_inst(value);
        if (!def || !is_product(*def) || mf_.use_count[value.index()] != 1 || def->block != inst_.block ||
            scalar_size(def->type) != size)
            return false;
        mf_.folded[mf_.fn->values[value].inst.index()] = Folded;
        return true;
    }

    void shifted() {
        if (scalar_size(inst_.type) < 4 || mf_.joined.contains(block_[index_].value)) return;
        const auto values = operands(inst_);
        if (mf_.is_constant(values[0]) || mf_.is_constant(values[1]) || values[0] == values[1]) return;
        if (take_shift(values[1])) return;
        if (ir::op_info(inst_.op).effects & ir::Commutes) take_shift(values[0]);
    }

    // A shift by a constant whose only user this is.
    bool take_shift(ir::ValueId value) {
        const ir::Inst* def = mf_.def_inst(value);
        if (!def || !is_shift(def->op) || mf_.use_count[value.index()] != 1 || def->block != inst_.block ||
            scalar_size(def->type) != scalar_size(inst_.type))
            return false;
        const bool rotates = def->op == Op::RotateLeft || def->op == Op::RotateRight;
        const bool logic = inst_.op == Op::And || inst_.op == Op::Or || inst_.op == Op::Xor;
        std::int64_t amount;
        const auto values = operands(*def);
        if ((rotates && !logic) || mf_.is_constant(values[0]) || !mf_.find_int(values[1], amount) ||
            amount <= 0 || amount >= 8 * static_cast<std::int64_t>(scalar_size(def->type)))
            return false;
        mf_.folded[mf_.fn->values[value].inst.index()] = Folded;
        return true;
    }

    // The length of a list that was just given room, where both were compared.
    void length() {
        const ir::ValueId list = operands(inst_)[0];
        const ir::Inst* def = mf_.def_inst(list);
        if (!def || def->op != Op::ListGrow || def->block != inst_.block) return;
        const ir::InstId grow = mf_.fn->values[list].inst;
        if (!mf_.joined.try_emplace(grow.value, block_[index_]).second) return;
        mf_.folded[block_[index_].index()] = Joined;
    }

    unsigned address_operands(const ir::Inst& inst) const { return inst.op == Op::Store ? 2 : 1; }
    std::int64_t size() const { return scalar_size(type_of(inst_)); }
    Scalar type_of(const ir::Inst& inst) const {
        return inst.op == Op::Store ? mf_.type_of(operands(inst)[1]) : inst.type;
    }
    bool is_plain(const ir::Inst& inst) const {
        return (inst.op == Op::Load || inst.op == Op::Store) && !(inst.flags & ir::Takes) &&
               operands(inst).size() == address_operands(inst) && inst.imm % size() == 0 &&
               inst.imm >= -pair_reach * size() && inst.imm < pair_reach * size();
    }
    // A load that nobody asked for is not done: nothing may be done along with it.
    bool is_unused(const ir::Inst& inst) const { return inst.op == Op::Load && mf_.use_count[inst.first_result.index()] == 0; }
    bool is_zero_float(ir::ValueId value) const {
        const ir::Inst* def = mf_.def_inst(value);
        return def && def->op == Op::ConstFloat && def->imm == 0;
    }

    // The one right next to it, some instructions before, when nothing in between could tell that it moves: a
    // load up to the earlier one, a store down to the later.
    void neighbour() {
        if (size() < 4 || type_of(inst_) == Scalar::Ref || !is_plain(inst_) || is_unused(inst_) ||
            mf_.joined.contains(block_[index_].value))
            return;
        const ir::ValueId base = operands(inst_)[0];
        // Uses of an address that is itself folded are taken apart elsewhere.
        const ir::Inst* def = mf_.def_inst(base);
        if (mf_.use_count[base.index()] < 2 || (def && def->op == Op::InstanceData)) return;
        for (std::size_t back = 1; back <= index_ && back <= window; ++back) {
            const ir::InstId id = block_[index_ - back];
            const ir::Inst& other = mf_.fn->insts[id];
            if (mf_.folded[id.index()] != 0) continue;
            if (ir::effects_of(other) & (ir::Traps | ir::Ends)) return;
            if (other.op != inst_.op || type_of(other) != type_of(inst_) || other.aux != inst_.aux ||
                operands(other)[0] != base || !is_plain(other) || is_unused(other) ||
                (other.imm != inst_.imm + size() && other.imm != inst_.imm - size()))
                continue;
            if (!mf_.joined.contains(id.value)) join(id, back);
            return;
        }
    }

    void join(ir::InstId other, std::size_t distance) {
        const ir::InstId mine = block_[index_];
        const bool loads = inst_.op == Op::Load;
        const ir::Inst& moved = loads ? inst_ : mf_.fn->insts[other];
        for (std::size_t back = 1; back < distance; ++back) {
            const ir::InstId between = block_[index_ - back];
            if (mf_.folded[between.index()] != 0) continue; // is not done here
            if (!passes(moved, mf_.fn->insts[between])) return;
            const auto part = mf_.joined.find(between.value);
            if (part != mf_.joined.end() && !passes(moved, mf_.fn->insts[part->second])) return;
        }
        if (!loads) {
            const ir::ValueId a = operands(inst_)[1], b = operands(moved)[1];
            if (is_zero_float(a) != is_zero_float(b)) return; // the zero register is no float
        }
        mf_.joined.emplace((loads ? other : mine).value, loads ? mine : other);
        mf_.folded[(loads ? mine : other).index()] = Joined;
    }

    // Whether a load or store may be done on the other side of that instruction.
    bool passes(const ir::Inst& moved, const ir::Inst& other) const {
        const auto effects = ir::effects_of(other);
        if (!(effects & ir::Writes) && (!(effects & ir::Reads) || moved.op == Op::Load)) return true;
        if ((other.op != Op::Load && other.op != Op::Store) || (other.flags & ir::Takes)) return false;
        if (type_of(other) != type_of(moved) || other.aux != moved.aux) return true; // these never overlap
        const bool has_index = operands(other).size() != address_operands(other);
        return !has_index && operands(other)[0] == operands(moved)[0] &&
               (other.imm >= moved.imm + size() || other.imm <= moved.imm - size());
    }

    MachineFunction& mf_;
    const std::vector<ir::InstId>& block_;
    std::size_t index_;
    const ir::Inst& inst_;
};

} // namespace

void combine(MachineFunction& mf, const std::vector<ir::InstId>& block, std::size_t index) {
    Combiner(mf, block, index).run();
}

} // namespace tn::codegen::a64
