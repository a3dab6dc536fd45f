// Uses what Ranges can prove: checked arithmetic that cannot overflow, indexes that cannot be out of
// bounds, shifts by legal amounts, comparisons with one possible answer.
#include "opt/ranges.h"

#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <bit>

namespace tn::opt {

using namespace ir;
using Wide = Ranges::Wide;
using Interval = Ranges::Interval;
using Point = Ranges::Point;

namespace {

bool fits(Scalar type, Wide low, Wide high) { return low >= min_of(type) && high <= max_of(type); }

// True if the operation's exact result is in its type for all operands in the intervals.
bool cannot_overflow(Op op, Scalar type, Interval a, Interval b) {
    if (op == Op::Add) return fits(type, a.low + b.low, a.high + b.high);
    if (op == Op::Sub) return fits(type, a.low - b.high, a.high - b.low);
    if (op == Op::Neg) return fits(type, -a.high, -a.low);
    if (op == Op::Mul) {
        // Within 2^63 on both sides the products fit in 128 bits.
        const Wide limit = static_cast<Wide>(1) << 63;
        if (a.high > limit || b.high > limit) return false;
        const Wide p[] = {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high};
        Wide low = p[0], high = p[0];
        for (Wide x : p) {
            low = std::min(low, x);
            high = std::max(high, x);
        }
        return fits(type, low, high);
    }
    if (op == Op::Shl || op == Op::Shr) return b.low >= 0 && b.high < bits_of(type);
    if (op == Op::Div || op == Op::Rem) {
        const bool no_zero = b.low > 0 || b.high < 0;
        const bool no_wrap = op == Op::Rem || !is_signed(type) || a.low > min_of(type) || b.low > -1 || b.high < -1;
        return no_zero && no_wrap;
    }
    return false;
}

constexpr int max_conditions = 8; // that are looked at for what a division needs to know

class Prover {
public:
    explicit Prover(Function& fn) : fn_(fn), ranges_(fn), rewriter_(fn) {}

    bool run() {
        for (BlockId block : ranges_.cfg().order()) {
            const auto& insts = fn_.blocks[block].insts;
            for (std::uint32_t i = 0; i < insts.size(); ++i) visit(insts[i], {block, i, -1});
        }
        for (InstId id : by_shift_) divide_by_shift(id);
        return rewriter_.finish() | changed_;
    }

private:
    void visit(InstId id, Point at) {
        Inst& inst = fn_.insts[id];
        const auto operands = fn_.operands_of(inst);
        if (inst.op == Op::Bounds) {
            if (ranges_.interval(operands[0], at).low >= 0 && ranges_.proves_le(operands[0], operands[1], -1, at)) {
                rewriter_.remove(id);
                make_exact(operands[0], operands[1]);
            }
            return;
        }
        if (inst.op == Op::ICmp) {
            decide(id, at);
            return;
        }
        if ((inst.op == Op::Div || inst.op == Op::Rem) && is_signed(inst.type) && divides_like_unsigned(inst, at)) {
            by_shift_.push_back(id);
            return;
        }
        const bool checked = inst.op == Op::Add || inst.op == Op::Sub || inst.op == Op::Mul || inst.op == Op::Neg ||
                             inst.op == Op::Shl || inst.op == Op::Shr || inst.op == Op::Div || inst.op == Op::Rem;
        if (!checked || (inst.flags & NoTrap)) return;
        const Interval a = ranges_.interval(operands[0], at);
        const Interval b = operands.size() > 1 ? ranges_.interval(operands[1], at) : Interval{0, 0};
        bool proven = cannot_overflow(inst.op, inst.type, a, b);
        // A difference is often known where neither end is: hi - lo with lo <= hi, both not negative.
        if (!proven && inst.op == Op::Sub && !is_signed(inst.type)) proven = ranges_.proves_le(operands[1], operands[0], 0, at);
        if (proven) {
            inst.flags |= NoTrap;
            changed_ = true;
            // A long sum is known by its last part.
            if (inst.op == Op::Add) ranges_.remember(fn_.result(id), {a.low + b.low, a.high + b.high});
        }
    }

    // A checked sum that is an index: what has been proven of it holds of the exact sum, if it does where the sum is made.
    // Then a product in it that is not negative, nor what is added to it, is no more than the sum.
    void make_exact(ValueId index, ValueId length) {
        const InstId sum = fn_.values[index].inst;
        if (!sum.is_valid() || fn_.insts[sum].op != Op::Add || fn_.insts[sum].type != Scalar::I64) return;
        const auto holds_at = [&](Point at) { return ranges_.interval(index, at).low >= 0 && ranges_.proves_le(index, length, -1, at); };
        if (!(fn_.insts[sum].flags & NoTrap) && is_before(length, sum) && holds_at(point_of(sum))) {
            fn_.insts[sum].flags |= NoTrap;
            changed_ = true;
        }
        for (unsigned i = 0; i < 2; ++i) {
            const ValueId added = fn_.operands_of(fn_.insts[sum])[1 - i];
            const InstId product = fn_.values[fn_.operands_of(fn_.insts[sum])[i]].inst;
            if (!product.is_valid() || fn_.insts[product].op != Op::Mul || fn_.insts[product].flags & NoTrap || !is_before(length, product) ||
                !is_before(added, product))
                continue;
            const Point at = point_of(product);
            const auto is_positive = [&](ValueId value) { return ranges_.interval(value, at).low >= 0; };
            const auto factors = fn_.operands_of(fn_.insts[product]);
            if (!is_positive(factors[0]) || !is_positive(factors[1]) || !is_positive(added) || !holds_at(at)) continue;
            fn_.insts[product].flags |= NoTrap;
            changed_ = true;
        }
    }
    Point point_of(InstId inst) const {
        const BlockId block = fn_.insts[inst].block;
        const auto& insts = fn_.blocks[block].insts;
        return {block, static_cast<std::uint32_t>(std::ranges::find(insts, inst) - insts.begin()), -1};
    }
    bool is_before(ValueId value, InstId inst) const {
        const Value& v = fn_.values[value];
        const BlockId made = v.inst.is_valid() ? fn_.insts[v.inst].block : v.block, block = fn_.insts[inst].block;
        if (made == block && v.inst.is_valid()) return point_of(v.inst).index < point_of(inst).index;
        return ranges_.cfg().dominates(made, block);
    }

    // A division by 2^n that needs no rounding towards 0: of what is not negative, or has no lower bits.
    bool divides_like_unsigned(const Inst& inst, Point at) {
        std::int64_t y = 0;
        const ValueId x = fn_.operands_of(inst)[0];
        if (!find_const(fn_, fn_.operands_of(inst)[1], y) || y <= 0 || !std::has_single_bit(static_cast<std::uint64_t>(y)))
            return false;
        return ranges_.interval(x, at).low >= 0 ||
               (inst.op == Op::Div && has_zero_bits(x, std::countr_zero(static_cast<std::uint64_t>(y)), at.block));
    }
    // Behind all questions, which go by the places of instructions.
    void divide_by_shift(InstId id) {
        std::int64_t y = 0;
        find_const(fn_, fn_.operands_of(fn_.insts[id])[1], y);
        Inst constant;
        constant.op = Op::ConstInt;
        constant.type = fn_.insts[id].type;
        constant.loc = fn_.insts[id].loc;
        constant.block = fn_.insts[id].block;
        const bool quotient = fn_.insts[id].op == Op::Div;
        constant.imm = quotient ? std::countr_zero(static_cast<std::uint64_t>(y)) : y - 1;
        const InstId made = rewriter_.make(constant, {});
        auto& insts = fn_.blocks[constant.block].insts;
        insts.insert(std::ranges::find(insts, id), made);
        Inst& inst = fn_.insts[id];
        inst.op = quotient ? Op::Shr : Op::And;
        inst.flags = quotient ? NoTrap : 0;
        fn_.operands_of(inst)[1] = fn_.result(made);
        changed_ = true;
    }
    // A condition that dominates the block demands that the lowest `count` bits are 0.
    bool has_zero_bits(ValueId value, std::int64_t count, BlockId block) const {
        const Cfg& cfg = ranges_.cfg();
        for (int step = 0; step < max_conditions && block.is_valid(); ++step) {
            const auto& ways = cfg.predecessors(block);
            if (ways.size() == 1 && fn_.terminator(ways[0]).op == Op::Branch) {
                const Inst& branch = fn_.terminator(ways[0]);
                const auto targets = fn_.targets_of(branch);
                const Inst* compare = find_def(fn_, fn_.operands_of(branch)[0]);
                std::int64_t zero = 0, mask = 0;
                if (compare && compare->op == Op::ICmp && targets[0].block != targets[1].block &&
                    compare->aux == static_cast<std::uint32_t>(targets[0].block == block ? Cond::Eq : Cond::Ne) &&
                    find_const(fn_, fn_.operands_of(*compare)[1], zero) && zero == 0) {
                    const Inst* bits = find_def(fn_, fn_.operands_of(*compare)[0]);
                    if (bits && bits->op == Op::And && fn_.operands_of(*bits)[0] == value &&
                        find_const(fn_, fn_.operands_of(*bits)[1], mask) && std::countr_one(static_cast<std::uint64_t>(mask)) >= count)
                        return true;
                }
            }
            block = cfg.immediate_dominator(block);
        }
        return false;
    }

    // A comparison with only one possible answer.
    void decide(InstId id, Point at) {
        Inst& inst = fn_.insts[id];
        const ValueId a = fn_.operands_of(inst)[0], b = fn_.operands_of(inst)[1];
        if (!is_integer(fn_.values[a].type)) return;
        const Interval x = ranges_.interval(a, at), y = ranges_.interval(b, at);
        // Whether a counter is below an end, as iterators ask that a loop has asked before, is worth a proof.
        const auto cond = static_cast<Cond>(inst.aux);
        std::int64_t unused = 0;
        const bool counts = (cond == Cond::Lt || cond == Cond::Ge) && !fn_.values[a].inst.is_valid() &&
                            fn_.values[a].block == at.block && !find_const(fn_, b, unused);
        // So is whether two indexes are one, as swapping asks.
        const bool indexes = (cond == Cond::Eq || cond == Cond::Ne) && fn_.values[a].type == Scalar::I64 && x.low >= 0 &&
                             y.low >= 0 && !find_const(fn_, b, unused);
        const bool always_lt = x.high < y.low || (counts || indexes ? ranges_.proves_le(a, b, -1, at) : ranges_.knows_le(a, b, -1, at));
        const bool always_gt = x.low > y.high || (indexes && !always_lt ? ranges_.proves_le(b, a, -1, at) : ranges_.knows_le(b, a, -1, at));
        const bool always_le = always_lt || x.high <= y.low || ranges_.knows_le(a, b, 0, at);
        const bool always_ge = always_gt || x.low >= y.high || ranges_.knows_le(b, a, 0, at);
        int answer = -1;
        switch (cond) {
        case Cond::Eq: answer = always_lt || always_gt ? 0 : -1; break;
        case Cond::Ne: answer = always_lt || always_gt ? 1 : -1; break;
        case Cond::Lt: answer = always_lt ? 1 : always_ge ? 0 : -1; break;
        case Cond::Le: answer = always_le ? 1 : always_gt ? 0 : -1; break;
        case Cond::Gt: answer = always_gt ? 1 : always_le ? 0 : -1; break;
        case Cond::Ge: answer = always_ge ? 1 : always_lt ? 0 : -1; break;
        }
        if (answer < 0) return;
        inst.op = Op::ConstInt;
        inst.type = Scalar::Bool;
        inst.imm = answer;
        inst.operands.count = 0;
        inst.aux = 0;
        inst.flags = 0;
        changed_ = true;
    }

    Function& fn_;
    Ranges ranges_;
    Rewriter rewriter_;
    std::vector<InstId> by_shift_; // divisions that become shifts, remainders that become masks
    bool changed_ = false;
};

} // namespace

bool ranges(Module& module, Function& fn) {
    (void)module;
    bool changed = Prover(fn).run();
    if (changed) clean_blocks(fn);
    return changed;
}

} // namespace tn::opt
