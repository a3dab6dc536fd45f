// Local rewriting: constants, identities, strength reduction, references that cancel. One walk over the
// blocks; every rule needs only the definitions of an instruction's operands.
#include "opt/fold.h"
#include "opt/memory.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <bit>
#include <cmath>

namespace tn::opt {

using namespace ir;

namespace {

class Simplifier {
public:
    Simplifier(Module& module, Function& fn) : module_(module), fn_(fn), rewriter_(fn) {}

    bool run() {
        std::vector<InstId> old; // both keep their memory from block to block
        for (std::uint32_t b = 0; b < fn_.blocks.size(); ++b) {
            if (fn_.blocks[BlockId(b)].removed) continue;
            block_ = BlockId(b);
            old.assign(fn_.blocks[block_].insts.begin(), fn_.blocks[block_].insts.end());
            out_.clear();
            for (InstId id : old) {
                visit(id);
                if (!rewriter_.is_removed(id)) out_.push_back(id);
            }
            if (out_ != old) fn_.blocks[block_].insts.assign(out_.begin(), out_.end());
        }
        return rewriter_.finish();
    }

private:
    ValueId operand(InstId id, unsigned i) { return rewriter_.operand(fn_.insts[id], i); }

    bool constant(ValueId v, std::int64_t& out) { return find_const(fn_, v, out); }
    bool float_constant(ValueId v, double& out) {
        const Inst* def = find_def(fn_, v);
        if (!def || def->op != Op::ConstFloat) return false;
        out = def->type == Scalar::F32 ? std::bit_cast<float>(static_cast<std::uint32_t>(def->imm))
                                       : std::bit_cast<double>(def->imm);
        return true;
    }

    void become_const(InstId id, std::int64_t value) {
        Inst& inst = fn_.insts[id];
        // A bool result stays Bool whatever the compared type was.
        inst.type = fn_.values[inst.first_result].type;
        inst.op = Op::ConstInt;
        inst.imm = value;
        inst.operands.count = 0;
        inst.flags = 0;
        inst.aux = 0;
        inst.scale = 1;
        rewriter_.mark_changed();
    }
    void become(InstId id, ValueId value) {
        rewriter_.replace(fn_.result(id), value);
        rewriter_.remove(id);
    }
    void set_op(InstId id, Op op, std::uint8_t flags = 0) {
        fn_.insts[id].op = op;
        fn_.insts[id].flags = flags;
        rewriter_.mark_changed();
    }
    void set_operand(InstId id, unsigned i, ValueId value) {
        fn_.operands_of(fn_.insts[id])[i] = value;
        rewriter_.mark_changed();
    }
    // A new instruction in front of the one being visited.
    ValueId insert(Op op, Scalar type, std::initializer_list<ValueId> operands, std::int64_t imm, LocId loc,
                   std::uint8_t flags = 0) {
        Inst inst;
        inst.op = op;
        inst.type = type;
        inst.imm = imm;
        inst.flags = flags;
        inst.loc = loc;
        inst.block = block_;
        InstId id = rewriter_.make(inst, std::span(operands.begin(), operands.size()));
        out_.push_back(id);
        return fn_.result(id);
    }

    void visit(InstId id) {
        const Op op = fn_.insts[id].op;
        const std::uint32_t count = fn_.insts[id].operands.count;
        if (op_info(op).results == ResultRule::One && is_integer(fn_.insts[id].type) && (count == 1 || count == 2) &&
            visit_integer(id))
            return;
        if (op == Op::ICmp) visit_icmp(id);
        else if (op == Op::FCmp) visit_fcmp(id);
        else if (op == Op::Not) visit_not(id);
        else if (op == Op::Select) visit_select(id);
        else if (op == Op::Convert) visit_convert(id);
        else if (op == Op::Bitcast) visit_bitcast(id);
        else if (op == Op::Bounds) visit_bounds(id);
        else if (op == Op::TrapIf) visit_trap_if(id);
        else if (op == Op::Branch) visit_branch(id);
        else if (op == Op::Release) visit_release(id);
        else if (op == Op::FAdd || op == Op::FSub || op == Op::FMul || op == Op::FDiv) visit_float(id);
        else if (op == Op::ElemAddr) visit_elem_addr(id);
        else if (op == Op::SeqLen) visit_seq_len(id);
        else if (op == Op::SeqData) visit_seq_data(id);
        else if (op == Op::Load) visit_load(id);
        else if (op == Op::BoxNew) visit_box_new(id);
    }

    // Arithmetic of one and two integer operands. True if the instruction was rewritten completely.
    bool visit_integer(InstId id) {
        const Op op = fn_.insts[id].op;
        const Scalar type = fn_.insts[id].type;
        const bool shift = op == Op::Shl || op == Op::Shr;
        const bool arithmetic = op == Op::Add || op == Op::Sub || op == Op::Mul || op == Op::Div || op == Op::Rem ||
                                op == Op::Neg || shift || op == Op::WrapAdd || op == Op::WrapSub ||
                                op == Op::WrapMul || op == Op::And || op == Op::Or || op == Op::Xor ||
                                op == Op::Not || op == Op::RotateLeft || op == Op::RotateRight ||
                                op == Op::PopCount || op == Op::LeadingZeros || op == Op::TrailingZeros;
        if (!arithmetic) return false;
        ValueId a = operand(id, 0);
        std::int64_t x = 0, y = 0, folded = 0;
        const bool has_x = constant(a, x);
        if (fn_.insts[id].operands.count == 1) {
            if (has_x && fold_integer(op, type, x, 0, folded)) {
                become_const(id, folded);
                return true;
            }
            return false;
        }
        ValueId b = operand(id, 1);
        const bool has_y = constant(b, y);
        if (has_x && has_y && fold_integer(op, type, x, y, folded)) {
            become_const(id, folded);
            return true;
        }
        // Constants to the right, where rules and encodings look for them.
        if (has_x && !has_y && (op_info(op).effects & Commutes)) {
            set_operand(id, 0, b);
            set_operand(id, 1, a);
            std::swap(a, b);
            y = x;
            return visit_constant(id, op, type, a, y);
        }
        if (has_y) return visit_constant(id, op, type, a, y);
        if (a == b) {
            if (op == Op::Sub || op == Op::WrapSub || op == Op::Xor) {
                become_const(id, 0);
                return true;
            }
            if (op == Op::And || op == Op::Or) {
                become(id, a);
                return true;
            }
        }
        return false;
    }

    // `a op y` with a constant on the right.
    bool visit_constant(InstId id, Op op, Scalar type, ValueId a, std::int64_t y) {
        const LocId loc = fn_.insts[id].loc;
        const std::int64_t all_ones = extend_int(type, -1);
        const bool adds = op == Op::Add || op == Op::WrapAdd, subs = op == Op::Sub || op == Op::WrapSub;
        const bool muls = op == Op::Mul || op == Op::WrapMul;
        if (y == 0 && (adds || subs || op == Op::Or || op == Op::Xor || op == Op::Shl || op == Op::Shr ||
                       op == Op::RotateLeft || op == Op::RotateRight)) {
            become(id, a);
            return true;
        }
        if ((y == 1 && (muls || op == Op::Div)) || (y == all_ones && op == Op::And)) {
            become(id, a);
            return true;
        }
        if ((y == 0 && (muls || op == Op::And)) || (y == 1 && op == Op::Rem)) {
            become_const(id, 0);
            return true;
        }
        if (y == all_ones && op == Op::Or) {
            become_const(id, all_ones);
            return true;
        }
        if ((op == Op::Shl || op == Op::Shr) && y > 0 && static_cast<std::uint64_t>(y) < bits_of(type)) {
            if (!(fn_.insts[id].flags & NoTrap)) set_op(id, op, NoTrap);
            return false;
        }
        // (a + c) + y with the same wrapping or proven meaning is a + (c + y).
        if (op == Op::WrapAdd) {
            const Inst* inner = find_def(fn_, a);
            std::int64_t c = 0;
            if (inner && inner->op == Op::WrapAdd && constant(rewriter_.operand(*inner, 1), c)) {
                ValueId base = rewriter_.operand(*inner, 0);
                std::int64_t sum = 0;
                fold_integer(Op::WrapAdd, type, c, y, sum);
                ValueId k = insert(Op::ConstInt, type, {}, sum, loc);
                set_operand(id, 0, base);
                set_operand(id, 1, k);
                return false;
            }
        }
        if (op == Op::Add || op == Op::Sub) {
            const Inst* inner = find_def(fn_, a);
            std::int64_t c = 0;
            if (inner && (inner->op == Op::Add || inner->op == Op::Sub) && inner->flags & NoTrap && inner->operands.count == 2 &&
                constant(rewriter_.operand(*inner, 1), c)) {
                const __int128 sum = (op == Op::Add ? number(type, y) : -number(type, y)) +
                                     (inner->op == Op::Add ? number(type, c) : -number(type, c));
                const __int128 size = sum < 0 ? -sum : sum;
                if (size <= max_of(type)) {
                    const ValueId base = rewriter_.operand(*inner, 0);
                    if (size == 0) {
                        become(id, base);
                        return true;
                    }
                    const ValueId k = insert(Op::ConstInt, type, {}, static_cast<std::int64_t>(size), loc);
                    set_operand(id, 0, base);
                    set_operand(id, 1, k);
                    fn_.insts[id].op = sum < 0 ? Op::Sub : Op::Add;
                    return false;
                }
            }
        }
        const bool power = y > 0 && std::has_single_bit(static_cast<std::uint64_t>(y));
        if (power && op == Op::WrapMul) {
            ValueId k = insert(Op::ConstInt, type, {}, std::countr_zero(static_cast<std::uint64_t>(y)), loc);
            set_operand(id, 1, k);
            set_op(id, Op::Shl, NoTrap);
            return false;
        }
        if (op == Op::Div || op == Op::Rem) {
            const unsigned n = static_cast<unsigned>(std::countr_zero(static_cast<std::uint64_t>(y)));
            if (power && !is_signed(type)) {
                ValueId k = insert(Op::ConstInt, type, {}, op == Op::Div ? n : extend_int(type, y - 1), loc);
                set_operand(id, 1, k);
                set_op(id, op == Op::Div ? Op::Shr : Op::And, op == Op::Div ? NoTrap : 0);
                return false;
            }
            if (y != 0 && y != all_ones && !(fn_.insts[id].flags & NoTrap)) set_op(id, op, NoTrap);
            if (y == all_ones && !is_signed(type) && !(fn_.insts[id].flags & NoTrap)) set_op(id, op, NoTrap);
        }
        return false;
    }

    void visit_icmp(InstId id) {
        ValueId a = operand(id, 0), b = operand(id, 1);
        const Scalar type = fn_.values[a].type;
        if (!is_integer(type)) return;
        Cond cond = static_cast<Cond>(fn_.insts[id].aux);
        std::int64_t x = 0, y = 0;
        const bool has_x = constant(a, x), has_y = constant(b, y);
        if (has_x && has_y) return become_const(id, fold_compare(cond, type, x, y));
        if (a == b) return become_const(id, cond == Cond::Eq || cond == Cond::Le || cond == Cond::Ge);
        if (has_x) {
            set_operand(id, 0, b);
            set_operand(id, 1, a);
            fn_.insts[id].aux = static_cast<std::uint32_t>(swapped(cond));
            std::swap(a, b);
            std::swap(x, y);
            cond = swapped(cond);
        }
        if (!has_x && !has_y) return;
        // Beyond the type's range.
        const __int128 n = number(type, y);
        if (n == min_of(type) && (cond == Cond::Lt || cond == Cond::Ge)) return become_const(id, cond == Cond::Ge);
        if (n == max_of(type) && (cond == Cond::Gt || cond == Cond::Le)) return become_const(id, cond == Cond::Le);
        if (cond == Cond::Eq || cond == Cond::Ne) y == 0 ? visit_divisible(id, a) : visit_bit(id, a, y);
        if (type == Scalar::Bool && (cond == Cond::Eq || cond == Cond::Ne)) {
            if ((y == 1) == (cond == Cond::Eq)) return become(id, a);
            fn_.insts[id].operands.count = 1;
            fn_.insts[id].type = Scalar::Bool;
            fn_.insts[id].aux = 0;
            set_op(id, Op::Not);
        }
    }

    // A bit equals itself where it is not 0.
    void visit_bit(InstId id, ValueId a, std::int64_t bit) {
        const Inst* mask = find_def(fn_, a);
        std::int64_t of = 0;
        if (!mask || mask->op != Op::And || !is_integer(mask->type) || !constant(rewriter_.operand(*mask, 1), of) || of != bit ||
            !std::has_single_bit(static_cast<std::uint64_t>(bit)))
            return;
        set_operand(id, 1, insert(Op::ConstInt, mask->type, {}, 0, fn_.insts[id].loc));
        fn_.insts[id].aux = static_cast<std::uint32_t>(inverted(static_cast<Cond>(fn_.insts[id].aux)));
    }

    // x % 2^n is 0 where the lowest n bits are, whatever the sign.
    void visit_divisible(InstId id, ValueId remainder) {
        const Inst* rem = find_def(fn_, remainder);
        std::int64_t y = 0;
        if (!rem || rem->op != Op::Rem || !constant(rewriter_.operand(*rem, 1), y) || y <= 0 ||
            !std::has_single_bit(static_cast<std::uint64_t>(y)))
            return;
        const Scalar type = rem->type;
        const ValueId x = rewriter_.operand(*rem, 0);
        const LocId loc = fn_.insts[id].loc;
        const ValueId low_bits = insert(Op::ConstInt, type, {}, y - 1, loc);
        set_operand(id, 0, insert(Op::And, type, {x, low_bits}, 0, loc));
    }

    void visit_fcmp(InstId id) {
        double x = 0, y = 0;
        if (float_constant(operand(id, 0), x) && float_constant(operand(id, 1), y))
            become_const(id, fold_compare(static_cast<Cond>(fn_.insts[id].aux), x, y));
    }

    void visit_not(InstId id) {
        if (fn_.insts[id].type != Scalar::Bool) return;
        const Inst* def = find_def(fn_, operand(id, 0));
        if (!def) return;
        if (def->op == Op::Not) return become(id, rewriter_.operand(*def, 0));
        if (def->op != Op::ICmp) return;
        ValueId a = rewriter_.operand(*def, 0), b = rewriter_.operand(*def, 1);
        const Cond cond = inverted(static_cast<Cond>(def->aux));
        const std::uint32_t first = static_cast<std::uint32_t>(fn_.operands.size());
        fn_.operands.push_back(a);
        fn_.operands.push_back(b);
        Inst& inst = fn_.insts[id];
        inst.operands = {first, 2};
        inst.aux = static_cast<std::uint32_t>(cond);
        set_op(id, Op::ICmp);
    }

    void visit_select(InstId id) {
        std::int64_t c = 0;
        ValueId if_true = operand(id, 1), if_false = operand(id, 2);
        if (if_true == if_false) return become(id, if_true);
        if (constant(operand(id, 0), c)) return become(id, c ? if_true : if_false);
        std::int64_t t = 0, f = 0;
        if (fn_.insts[id].type == Scalar::Bool && constant(if_true, t) && constant(if_false, f)) {
            if (t) return become(id, operand(id, 0));
            fn_.insts[id].operands.count = 1;
            set_op(id, Op::Not);
            return;
        }
        // 1 or 0 is the condition as a number.
        if (is_integer(fn_.insts[id].type) && constant(if_true, t) && constant(if_false, f) && t + f == 1 && t * f == 0) {
            ValueId asked = operand(id, 0);
            if (f == 1) asked = inverse(asked, fn_.insts[id].loc);
            set_operand(id, 0, asked);
            fn_.insts[id].operands.count = 1;
            set_op(id, Op::Convert);
        }
    }

    // The opposite of a condition.
    ValueId inverse(ValueId condition, LocId loc) {
        const Inst* def = find_def(fn_, condition);
        if (!def || def->op != Op::ICmp) return insert(Op::Not, Scalar::Bool, {condition}, 0, loc);
        const auto cond = static_cast<std::uint32_t>(inverted(static_cast<Cond>(def->aux)));
        const Inst compare = *def;
        const ValueId a = rewriter_.operand(compare, 0), b = rewriter_.operand(compare, 1);
        insert(Op::ICmp, compare.type, {a, b}, 0, loc);
        Inst& made = fn_.insts[out_.back()];
        made.aux = cond;
        return made.first_result;
    }

    // x & 1 of a condition that asks whether that bit is set.
    ValueId tested_bit(ValueId condition) {
        const Inst* compare = find_def(fn_, condition);
        if (!compare || compare->op != Op::ICmp) return ValueId();
        const ValueId bit = rewriter_.operand(*compare, 0);
        const Inst* mask = find_def(fn_, bit);
        std::int64_t one = 0, with = 0;
        if (!mask || mask->op != Op::And || !is_integer(mask->type) || !constant(rewriter_.operand(*mask, 1), one) || one != 1 ||
            !constant(rewriter_.operand(*compare, 1), with))
            return ValueId();
        const Cond cond = static_cast<Cond>(compare->aux);
        return (cond == Cond::Ne && with == 0) || (cond == Cond::Eq && with == 1) ? bit : ValueId();
    }

    void visit_convert(InstId id) {
        ValueId a = operand(id, 0);
        const Scalar from = fn_.values[a].type, to = fn_.insts[id].type;
        if (from == to) return become(id, a);
        std::int64_t x = 0;
        if (const ValueId bit = tested_bit(a); bit.is_valid() && is_integer(to)) {
            if (fn_.values[bit].type == to) return become(id, bit);
            set_operand(id, 0, bit);
            return;
        }
        if (is_integer(from) && constant(a, x)) {
            if (is_integer(to)) return become_const(id, fold_convert(to, x));
            if (to == Scalar::F64) return become_float(id, from == Scalar::U64 ? static_cast<double>(static_cast<std::uint64_t>(x)) : static_cast<double>(x));
        }
    }

    void become_float(InstId id, double value) {
        Inst& inst = fn_.insts[id];
        inst.op = Op::ConstFloat;
        inst.imm = inst.type == Scalar::F32
                       ? static_cast<std::int64_t>(std::bit_cast<std::uint32_t>(static_cast<float>(value)))
                       : std::bit_cast<std::int64_t>(value);
        inst.operands.count = 0;
        inst.flags = 0;
        inst.aux = 0;
        rewriter_.mark_changed();
    }

    void visit_bitcast(InstId id) {
        ValueId a = operand(id, 0);
        const Scalar from = fn_.values[a].type, to = fn_.insts[id].type;
        if (from == to) return become(id, a);
        std::int64_t x = 0;
        if (is_integer(from) && is_integer(to) && constant(a, x)) become_const(id, extend_int(to, x));
    }

    void visit_bounds(InstId id) {
        std::int64_t index = 0, length = 0;
        if (constant(operand(id, 0), index) && constant(operand(id, 1), length) && index >= 0 && index < length)
            rewriter_.remove(id);
    }

    void visit_trap_if(InstId id) {
        std::int64_t c = 0;
        if (constant(operand(id, 0), c) && c == 0) rewriter_.remove(id);
    }

    // `branch a < b, meet(a), meet(b)` chooses the smaller one: it needs no branch, and what it is can be known.
    void choose_extreme(InstId id, const Inst& compare) {
        const auto targets = fn_.targets_of(fn_.insts[id]);
        const ValueId a = rewriter_.operand(compare, 0), b = rewriter_.operand(compare, 1);
        const Scalar type = fn_.values[a].type;
        if (targets[0].block != targets[1].block || !is_integer(type) || fn_.insts[id].flags & (Likely | Unlikely)) return;
        std::uint32_t differing = 0, at = 0;
        for (std::uint32_t i = 0; i < targets[0].args.count; ++i)
            if (rewriter_.resolve(fn_.args_of(targets[0])[i]) != rewriter_.resolve(fn_.args_of(targets[1])[i])) ++differing, at = i;
        if (differing != 1) return;
        const ValueId yes = rewriter_.resolve(fn_.args_of(targets[0])[at]), no = rewriter_.resolve(fn_.args_of(targets[1])[at]);
        if (!(yes == a && no == b) && !(yes == b && no == a)) return;
        const Cond cond = static_cast<Cond>(compare.aux);
        if (cond == Cond::Eq || cond == Cond::Ne) return;
        const ValueId chosen = insert(Op::Select, type, {operand(id, 0), yes, no}, 0, fn_.insts[id].loc);
        for (const Target& target : fn_.targets_of(fn_.insts[id])) fn_.args_of(target)[at] = chosen;
        rewriter_.mark_changed();
    }

    void visit_branch(InstId id) {
        // Either way knows which way it is.
        const ValueId asked = operand(id, 0);
        for (unsigned t = 0; t < 2; ++t) {
            for (std::uint32_t i = 0; i < fn_.targets_of(fn_.insts[id])[t].args.count; ++i) {
                if (rewriter_.resolve(fn_.args_of(fn_.targets_of(fn_.insts[id])[t])[i]) != asked) continue;
                const ValueId known = insert(Op::ConstInt, Scalar::Bool, {}, t == 0, fn_.insts[id].loc);
                fn_.args_of(fn_.targets_of(fn_.insts[id])[t])[i] = known;
            }
        }
        const Inst* def = find_def(fn_, asked);
        if (def && def->op == Op::ICmp) return choose_extreme(id, *def);
        if (!def || def->op != Op::Not) return;
        set_operand(id, 0, rewriter_.operand(*def, 0));
        Inst& inst = fn_.insts[id];
        std::swap(fn_.targets_of(inst)[0], fn_.targets_of(inst)[1]);
        const std::uint8_t hints = inst.flags & (Likely | Unlikely);
        inst.flags &= static_cast<std::uint8_t>(~(Likely | Unlikely));
        if (hints & Likely) inst.flags |= Unlikely;
        if (hints & Unlikely) inst.flags |= Likely;
    }

    // `release null`, and `release (retain x)` right behind it: nothing has happened in between.
    void visit_release(InstId id) {
        const Value& value = fn_.values[operand(id, 0)];
        if (!value.inst.is_valid()) return;
        const Op op = fn_.insts[value.inst].op;
        if (op == Op::Null) {
            rewriter_.remove(id);
        } else if (op == Op::Retain && !out_.empty() && out_.back() == value.inst) {
            rewriter_.remove(value.inst);
            rewriter_.remove(id);
            out_.pop_back();
        }
    }

    void visit_float(InstId id) {
        const Op op = fn_.insts[id].op;
        double x = 0, y = 0;
        const bool has_x = float_constant(operand(id, 0), x), has_y = float_constant(operand(id, 1), y);
        if (has_x && has_y && fn_.insts[id].type == Scalar::F64) {
            if (op == Op::FAdd) return become_float(id, x + y);
            if (op == Op::FSub) return become_float(id, x - y);
            if (op == Op::FMul) return become_float(id, x * y);
            return become_float(id, x / y);
        }
        // x * 1 and x / 1 keep every value; x + 0 would lose the sign of -0.
        if (has_y && y == 1.0 && (op == Op::FMul || op == Op::FDiv)) return become(id, operand(id, 0));
        if (has_x && x == 1.0 && op == Op::FMul) return become(id, operand(id, 1));
        // x * 2 is x + x, which takes a CPU no longer and often less.
        if (op == Op::FMul && ((has_y && y == 2.0) || (has_x && x == 2.0))) {
            const unsigned factor = has_y && y == 2.0 ? 1 : 0;
            set_operand(id, factor, operand(id, 1 - factor));
            set_op(id, Op::FAdd);
            return;
        }
        // A division by a power of two is exact as a multiplication.
        int exponent = 0;
        if (has_y && op == Op::FDiv && fn_.insts[id].type == Scalar::F64 && std::fabs(std::frexp(y, &exponent)) == 0.5 &&
            exponent > -1000 && exponent < 1000) {
            ValueId k = insert(Op::ConstFloat, Scalar::F64, {}, std::bit_cast<std::int64_t>(1.0 / y), fn_.insts[id].loc);
            set_operand(id, 1, k);
            set_op(id, Op::FMul);
        }
    }

    void visit_elem_addr(InstId id) {
        std::int64_t index = 0;
        if (constant(operand(id, 1), index) && index == 0) become(id, operand(id, 0));
    }

    void visit_seq_len(InstId id) {
        const Inst* def = find_def(fn_, operand(id, 0));
        if (def && def->op == Op::Literal)
            become_const(id, static_cast<std::int64_t>(module_.literals[LiteralId(static_cast<std::size_t>(def->imm))].size()));
        else if (const auto* known = find_known_list(module_, fn_, operand(id, 0)))
            become_const(id, known->length);
        else if (def && def->op == Op::View) become(id, rewriter_.operand(*def, 1));
    }
    void visit_seq_data(InstId id) {
        if (const Inst* def = find_def(fn_, operand(id, 0)); def && def->op == Op::View) become(id, rewriter_.operand(*def, 0));
    }

    // A number at a known place of a `const` list, or of a table.
    void visit_load(InstId id) {
        const Inst& load = fn_.insts[id];
        if (load.aux != static_cast<std::uint32_t>(MemoryClass::Element) || (!is_integer(load.type) && !is_float(load.type))) return;
        const Inst* data = find_def(fn_, operand(id, 0));
        std::int64_t index = 0;
        if (!data || (data->op != Op::SeqData && data->op != Op::Table) || (load.operands.count == 2 && !constant(operand(id, 1), index))) return;
        if (data->op == Op::Table) return visit_table_load(id, fn_.tables[static_cast<std::size_t>(data->imm)], load.imm + index * load.scale);
        const auto* known = find_known_list(module_, fn_, rewriter_.operand(*data, 0));
        if (!known || known->type != load.type || index < 0 || index >= known->length) return;
        const auto element = known->elements.find(load.imm + index * load.scale);
        if (element == known->elements.end()) return;
        become_const(id, element->second);
        if (is_float(known->type)) fn_.insts[id].op = Op::ConstFloat;
    }

    void visit_table_load(InstId id, const std::string& table, std::int64_t place) {
        std::int64_t element = 0;
        const Scalar type = fn_.insts[id].type;
        if (!read_table(table, place, type, element)) return;
        become_const(id, element);
        if (is_float(type)) fn_.insts[id].op = Op::ConstFloat;
    }

    // A box of a variant without payload is like any other of it: one more reference to the instance's own.
    void visit_box_new(InstId id) {
        const Desc& desc = module_.descs[DescId(static_cast<std::size_t>(fn_.insts[id].imm))];
        const auto tag = shared_box_tag(module_, desc);
        if (!tag) return;
        for (std::uint32_t i = 0; i < fn_.insts[id].operands.count; ++i) {
            const Inst* def = find_def(fn_, operand(id, i));
            if (!def) return;
            const bool fits = i == 0 ? def->op == Op::ConstInt && def->imm == *tag
                                     : def->op == Op::Null || ((def->op == Op::ConstInt || def->op == Op::ConstFloat) && def->imm == 0);
            if (!fits) return;
        }
        const Inst& made = fn_.insts[id];
        const ValueId shared = insert(Op::Empty, Scalar::Ref, {}, made.imm, made.loc);
        const auto first = static_cast<std::uint32_t>(fn_.operands.size());
        fn_.operands.push_back(shared);
        Inst& inst = fn_.insts[id];
        inst.operands = {first, 1};
        inst.imm = 0;
        set_op(id, Op::Retain);
    }

    Module& module_;
    Function& fn_;
    Rewriter rewriter_;
    BlockId block_;
    std::vector<InstId> out_;
};

} // namespace

bool simplify(Module& module, Function& fn) {
    bool changed = Simplifier(module, fn).run();
    changed |= clean_blocks(fn);
    return changed;
}

} // namespace tn::opt
