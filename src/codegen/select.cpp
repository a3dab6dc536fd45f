// What the targets fold into what: addresses into loads and stores, comparisons into their only user, and,
// for machines with memory operands, loads into arithmetic.
#include "codegen/select.h"

#include "ir/builder.h"
#include "runtime/object.h"

namespace tn::codegen {

namespace {

using ir::Op;

bool fits_int32(std::int64_t v) { return v == static_cast<std::int32_t>(v); }

class Folder {
public:
    Folder(MachineFunction& mf, const FoldRules& rules, const std::vector<ir::InstId>& block,
           std::size_t index)
        : mf_(mf), rules_(rules), block_(block), index_(index) {}

    void fold(const ir::Inst& inst) {
        const Op op = inst.op;
        auto any_of = [op](auto... ops) { return ((op == ops) || ...); };
        if (any_of(Op::Add, Op::Sub, Op::WrapAdd, Op::WrapSub, Op::And, Op::Or, Op::Xor)) {
            if (scalar_size(inst.type) >= 4) second(inst);
        } else if (any_of(Op::Mul, Op::WrapMul)) {
            // The product of two u32 is checked in 64 bits, which memory does not hold.
            const bool in_64_bits = op == Op::Mul && !(inst.flags & ir::NoTrap) && !is_signed(inst.type);
            if (scalar_size(inst.type) >= 4 && !in_64_bits) second(inst);
        } else if (any_of(Op::FAdd, Op::FSub, Op::FMul, Op::FDiv)) {
            second(inst);
        } else if (op == Op::Sqrt) {
            load(operand(inst, 0));
        } else if (any_of(Op::ICmp, Op::FCmp)) {
            comparison(inst);
        } else if (any_of(Op::Select, Op::Branch, Op::TrapIf)) {
            condition(operand(inst, 0));
        } else if (op == Op::Bounds) {
            std::int64_t unused;
            if (!mf_.find_int(operand(inst, 0), unused)) load(operand(inst, 1));
        } else if (op == Op::Convert) { // reading and extending the sign are one instruction
            const ir::Inst* def = mf_.def_inst(operand(inst, 0));
            const bool extends = def && def->op == Op::Load && is_integer(def->type) && is_signed(def->type);
            if (extends && is_integer(inst.type) && scalar_size(inst.type) == 8 && scalar_size(def->type) < 8)
                load(operand(inst, 0));
        } else if (any_of(Op::Shl, Op::Shr)) {
            shift(inst);
        } else if (op == Op::Load) {
            address(inst, operands(inst).size() > 1);
        } else if (op == Op::Store) {
            address(inst, operands(inst).size() > 2);
            if (rules_.changes_memory) change(inst);
        }
    }

private:
    std::span<const ir::ValueId> operands(const ir::Inst& inst) const { return mf_.fn->operands_of(inst); }
    ir::ValueId operand(const ir::Inst& inst, unsigned i) const { return operands(inst)[i]; }

    // The instruction behind a value that only this one uses, in the same block.
    const ir::Inst* only_user_of(ir::ValueId value) const {
        const ir::Inst* def = mf_.def_inst(value);
        if (!def || mf_.use_count[value.index()] != 1 || def->block != mf_.fn->insts[block_[index_]].block)
            return nullptr;
        return def;
    }
    void take(ir::ValueId value) { mf_.folded[mf_.fn->values[value].inst.index()] = 1; }

    // A read of memory moves down here if nothing on the way writes memory.
    bool load(ir::ValueId value) {
        if (!rules_.memory_operands) return false;
        const ir::Inst* def = only_user_of(value);
        if (!def || (def->op != Op::Load && def->op != Op::SeqLen) || (def->flags & ir::Takes)) return false;
        const ir::InstId id = mf_.fn->values[value].inst;
        for (std::size_t back = 1; back <= index_ && back <= 24; ++back) {
            const ir::InstId at = block_[index_ - back];
            if (at == id) {
                take(value);
                if (def->op == Op::Load) address(*def, operands(*def).size() > 1);
                return true;
            }
            if (ir::effects_of(mf_.fn->insts[at]) & ir::Writes) return false;
        }
        return false;
    }

    // p[i] = p[i] + x, where nothing has been written since p[i] was read.
    void change(const ir::Inst& store) {
        const ir::ValueId value = operand(store, 1);
        const ir::Inst* made = only_user_of(value);
        if (!made || !is_integer(made->type) || made->operands.count != 2 || operand(*made, 0) == operand(*made, 1)) return;
        const Op op = made->op;
        const bool exact = op == Op::WrapAdd || op == Op::WrapSub || op == Op::And || op == Op::Or || op == Op::Xor;
        const bool sums = op == Op::Add || op == Op::Sub;
        if (!exact && !(sums && (made->flags & ir::NoTrap || scalar_size(made->type) >= 4))) return;
        const ir::ValueId read = operand(*made, 0);
        const ir::Inst* load = only_user_of(read);
        if (!load || load->op != Op::Load || load->type != made->type || load->aux != store.aux || load->imm != store.imm ||
            load->scale != store.scale || (load->flags & ir::Takes) || load->operands.count + 1 != store.operands.count ||
            operand(*load, 0) != operand(store, 0) || (load->operands.count == 2 && operand(*load, 1) != operand(store, 2)))
            return;
        const ir::InstId first = mf_.fn->values[read].inst;
        for (std::size_t back = 1; back <= index_ && back <= 24; ++back) {
            const ir::InstId at = block_[index_ - back];
            if (at == first) {
                take(value);
                take(read);
                return;
            }
            if (ir::effects_of(mf_.fn->insts[at]) & ir::Writes) return;
        }
    }

    void second(const ir::Inst& inst) {
        ir::ValueId a = operand(inst, 0), b = operand(inst, 1);
        if (a == b || mf_.is_constant(b)) return;
        if (load(b)) return;
        if ((ir::op_info(inst.op).effects & ir::Commutes) && !mf_.is_constant(a)) load(a);
    }

    void comparison(const ir::Inst& inst) {
        ir::ValueId a = operand(inst, 0), b = operand(inst, 1);
        if (a == b) return;
        if (inst.op == Op::FCmp) { // the swapped ones read their operands the other way round
            auto cond = static_cast<ir::Cond>(inst.aux);
            bool swap = cond == ir::Cond::Lt || cond == ir::Cond::Le;
            ir::ValueId second = swap ? a : b;
            if (!mf_.is_constant(second)) load(second);
            return;
        }
        if (!mf_.is_constant(b) && load(b)) {
            narrowing(a);
            return;
        }
        same_bits(b);
        std::int64_t zero;
        if (mf_.find_int(b, zero) && zero == 0) { // a test of bits
            const ir::Inst* def = only_user_of(a);
            if (def && def->op == Op::And && !mf_.is_constant(operand(*def, 0))) {
                take(a);
                if (rules_.tests_bits) bit_test(*def, static_cast<ir::Cond>(inst.aux));
                return;
            }
        }
        if (!mf_.is_constant(a) && !load(a)) narrowing(a);
    }

    // The one bit of a test may be at a place that a register says.
    void bit_test(const ir::Inst& test, ir::Cond cond) {
        if (scalar_size(test.type) < 4 || (cond != ir::Cond::Eq && cond != ir::Cond::Ne)) return;
        const auto shifts = [&](ir::ValueId value, Op op) {
            const ir::Inst* def = only_user_of(value);
            return def && def->op == op && (def->flags & ir::NoTrap) && !mf_.is_constant(operand(*def, 0)) == (op == Op::Shr) &&
                   !mf_.is_constant(operand(*def, 1));
        };
        std::int64_t one;
        for (unsigned i = 0; i < 2; ++i) {
            const ir::ValueId value = operand(test, i), other = operand(test, 1 - i);
            const bool down = mf_.find_int(other, one) && one == 1;
            if (!shifts(value, down ? Op::Shr : Op::Shl)) continue;
            if (!down && (!mf_.find_int(operand(*mf_.def_inst(value), 0), one) || one != 1 || mf_.is_constant(other))) continue;
            take(value);
            shift(*mf_.def_inst(value));
            return;
        }
    }

    void shift(const ir::Inst& inst) {
        const ir::Inst* mask = only_user_of(operand(inst, 1));
        const std::int64_t most = 8 * scalar_size(inst.type) - 1;
        std::int64_t bits;
        if (most >= 31 && (inst.flags & ir::NoTrap) && mask && mask->op == Op::And && mf_.find_int(operand(*mask, 1), bits) &&
            (bits & most) == most && !mf_.is_constant(operand(*mask, 0)))
            take(operand(inst, 1));
    }

    // A number of the other sign, as many bits, is compared where it stands.
    void same_bits(ir::ValueId value) {
        if (!rules_.compares_halves) return;
        const ir::Inst* def = only_user_of(value);
        if (!def || def->op != Op::Bitcast || !is_integer(def->type) || scalar_size(def->type) < 4) return;
        const ir::ValueId same = operand(*def, 0);
        if (is_integer(mf_.type_of(same)) && !mf_.is_constant(same)) take(value);
    }
    // The lower half of a 64-bit value is compared where it stands.
    void narrowing(ir::ValueId value) {
        if (!rules_.compares_halves) return;
        same_bits(value);
        const ir::Inst* def = only_user_of(value);
        if (!def || def->op != Op::Convert || scalar_size(def->type) != 4 || !is_integer(def->type)) return;
        const ir::ValueId whole = operand(*def, 0);
        const Scalar from = mf_.type_of(whole);
        if (is_integer(from) && scalar_size(from) == 8 && !mf_.is_constant(whole)) take(value);
    }

    void condition(ir::ValueId value) {
        const ir::Inst* def = only_user_of(value);
        if (!def) return;
        if (def->op == Op::ICmp || def->op == Op::FCmp) {
            take(value);
            if (!shift_compare(*def, mf_.fn->values[value].inst)) comparison(*def);
        } else {
            load(value);
        }
    }

    // The end of `for i in a..=b`: i is compared after i + 1, the next i, was computed. Asking about the
    // sum instead lets both have one register.
    bool shift_compare(const ir::Inst& compare, ir::InstId id) {
        const auto cond = static_cast<ir::Cond>(compare.aux);
        const ir::Inst& last = mf_.fn->insts[block_[index_]];
        std::int64_t constant, step;
        if (last.op != Op::Branch || compare.op != Op::ICmp || (cond != ir::Cond::Eq && cond != ir::Cond::Ne))
            return false;
        const ir::ValueId a = operand(compare, 0);
        const Scalar type = mf_.type_of(a);
        if (!is_integer(type) || scalar_size(type) < 4 || !mf_.find_int(operand(compare, 1), constant))
            return false;
        for (std::size_t back = 1; back <= index_ && back <= 16; ++back) {
            const ir::Inst& add = mf_.fn->insts[block_[index_ - back]];
            const bool exact = add.op == Op::WrapAdd || (add.op == Op::Add && (add.flags & ir::NoTrap));
            if (!exact || operand(add, 0) != a || !mf_.find_int(operand(add, 1), step)) continue;
            const ir::ValueId sum = add.first_result;
            bool goes_on = false;
            for (const ir::Target& t : mf_.fn->targets_of(last)) {
                for (ir::ValueId arg : mf_.fn->args_of(t)) goes_on = goes_on || arg == sum;
            }
            const std::int64_t shifted =
                ir::extend_int(type, static_cast<std::int64_t>(static_cast<std::uint64_t>(constant) +
                                                               static_cast<std::uint64_t>(step)));
            if (!goes_on || mf_.folded[block_[index_ - back].index()] || !rules_.compares_with(type, shifted))
                return false;
            mf_.shifted.push_back({id, sum, static_cast<std::int32_t>(shifted)});
            return true;
        }
        return false;
    }

    void address(const ir::Inst& inst, bool has_index) {
        if (has_index) {
            index(operands(inst).back());
            return;
        }
        ir::ValueId base = operand(inst, 0);
        const ir::Inst* def = only_user_of(base);
        if (!def) return;
        if (def->op == Op::BoxData) {
            if (fits_int32(inst.imm + static_cast<std::int64_t>(sizeof(rt::Box)))) take(base);
            return;
        }
        if (def->op != Op::ElemAddr) return;
        std::int64_t constant;
        if (mf_.find_int(operand(*def, 1), constant)) {
            if (fits_int32(constant) && fits_int32(inst.imm + constant * def->imm)) take(base);
            return;
        }
        if (def->imm != 1 && def->imm != 2 && def->imm != 4 && def->imm != 8) return;
        take(base);
        index(operand(*def, 1));
    }

    // index + constant becomes part of the displacement.
    void index(ir::ValueId value) {
        const ir::Inst* def = only_user_of(value);
        if (!def || mf_.type_of(value) != Scalar::I64) return;
        bool proven = def->op == Op::WrapAdd || (def->op == Op::Add && (def->flags & ir::NoTrap));
        std::int64_t constant;
        if (!proven || !mf_.find_int(operand(*def, 1), constant) ||
            constant != static_cast<std::int16_t>(constant))
            return;
        if (mf_.is_constant(operand(*def, 0)) || mf_.is_folded(operand(*def, 0))) return;
        take(value);
    }

    MachineFunction& mf_;
    const FoldRules& rules_;
    const std::vector<ir::InstId>& block_;
    std::size_t index_;
};

} // namespace

void fold_instruction(MachineFunction& mf, const FoldRules& rules, const std::vector<ir::InstId>& block,
                      std::size_t index) {
    Folder(mf, rules, block, index).fold(mf.fn->insts[block[index]]);
}

AddressParts address_parts(const MachineFunction& mf, const ir::Inst& inst) {
    AddressParts parts;
    auto operands = mf.fn->operands_of(inst);
    ir::ValueId base = operands[0];
    if (inst.op == Op::SeqLen || inst.op == Op::SeqData) {
        parts.base = base;
        parts.disp = inst.op == Op::SeqLen ? offsetof(rt::Seq, length) : offsetof(rt::Seq, data);
        return parts;
    }
    parts.disp = inst.imm;
    if (operands.size() > (inst.op == Op::Store ? 2u : 1u)) {
        parts.index = operands.back();
        parts.scale = inst.scale;
    } else if (mf.is_folded(base) && mf.def_inst(base)->op == Op::BoxData) {
        base = mf.fn->operands_of(*mf.def_inst(base))[0];
        parts.disp += static_cast<std::int64_t>(sizeof(rt::Box));
    } else if (mf.is_folded(base)) {
        const ir::Inst& elem = *mf.def_inst(base);
        std::int64_t index;
        base = mf.fn->operands_of(elem)[0];
        if (mf.find_int(mf.fn->operands_of(elem)[1], index)) {
            parts.disp += index * elem.imm;
        } else {
            parts.index = mf.fn->operands_of(elem)[1];
            parts.scale = static_cast<unsigned>(elem.imm);
        }
    }
    if (parts.index.is_valid() && mf.is_folded(parts.index)) {
        const ir::Inst& add = *mf.def_inst(parts.index);
        std::int64_t constant = 0;
        mf.find_int(mf.fn->operands_of(add)[1], constant);
        parts.index = mf.fn->operands_of(add)[0];
        parts.disp += constant * parts.scale;
    }
    std::int64_t constant;
    if (parts.index.is_valid() && mf.find_int(parts.index, constant) &&
        constant == static_cast<std::int32_t>(constant) && fits_int32(parts.disp + constant * parts.scale)) {
        parts.disp += constant * parts.scale;
        parts.index = ir::ValueId();
    }
    const ir::Inst* def = mf.def_inst(base);
    if (!def || def->op != Op::InstanceData) parts.base = base;
    return parts;
}

ir::ValueId shift_amount(const MachineFunction& mf, const ir::Inst& shift) {
    const ir::ValueId amount = mf.fn->operands_of(shift)[1];
    return mf.is_folded(amount) ? mf.fn->operands_of(*mf.def_inst(amount))[0] : amount;
}

BitTest find_bit_test(const MachineFunction& mf, const ir::Inst& test) {
    for (unsigned i = 0; i < 2; ++i) {
        const ir::ValueId value = mf.fn->operands_of(test)[i];
        if (!mf.is_folded(value)) continue;
        const ir::Inst& shift = *mf.def_inst(value);
        if (shift.op == Op::Shr) return {mf.fn->operands_of(shift)[0], shift_amount(mf, shift)};
        if (shift.op == Op::Shl) return {mf.fn->operands_of(test)[1 - i], shift_amount(mf, shift)};
    }
    return {};
}

const ir::Inst* find_change(const MachineFunction& mf, const ir::Inst& store) {
    const ir::ValueId value = mf.fn->operands_of(store)[1];
    return mf.is_folded(value) ? mf.def_inst(value) : nullptr;
}

const ShiftedCompare* find_shifted(const MachineFunction& mf, const ir::Inst& compare) {
    if (mf.shifted.empty() || !mf.folded[mf.fn->values[compare.first_result].inst.index()]) return nullptr;
    const ir::InstId id = mf.fn->values[compare.first_result].inst;
    for (const ShiftedCompare& s : mf.shifted) {
        if (s.compare == id) return &s;
    }
    return nullptr;
}

} // namespace tn::codegen
