// Signed division by 2^n by shifting. Rounding is towards zero: what is negative gets 2^n - 1 added first.
//
//     q = div x, 2^n     becomes     q = shr (x + bias), n          bias = 2^n - 1 if x < 0, else 0
//     r = rem x, 2^n     becomes     r = x - ((x + bias) & -2^n)
//
// This hides what is being computed, so it stands behind whoever asks; Ranges finds those that need no bias.
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <bit>

namespace tn::opt {

using namespace ir;

namespace {

class Divisions {
public:
    explicit Divisions(Function& fn) : fn_(fn), rewriter_(fn) {}

    bool run() {
        for (std::uint32_t b = 0; b < fn_.blocks.size(); ++b) {
            const BlockId block(b);
            if (fn_.blocks[block].removed) continue;
            // A copy: what is made goes in between.
            const std::vector<InstId> insts = fn_.blocks[block].insts;
            for (InstId id : insts) {
                const Inst& inst = fn_.insts[id];
                if (inst.op != Op::Div && inst.op != Op::Rem) continue;
                std::int64_t y = 0;
                if ((inst.type != Scalar::I64 && inst.type != Scalar::I32) ||
                    !find_const(fn_, fn_.operands_of(inst)[1], y) || y < 2 ||
                    !std::has_single_bit(static_cast<std::uint64_t>(y)))
                    continue;
                shift(id, static_cast<unsigned>(std::countr_zero(static_cast<std::uint64_t>(y))));
            }
        }
        return rewriter_.finish();
    }

private:
    void shift(InstId id, unsigned n) {
        at_ = id;
        const Scalar type = fn_.insts[id].type;
        const Scalar bits = type == Scalar::I64 ? Scalar::U64 : Scalar::U32;
        const unsigned width = bits_of(type);
        const ValueId x = fn_.operands_of(fn_.insts[id])[0];
        ValueId sign = x; // of which the upper n bits count
        if (n > 1) sign = insert(Op::Shr, type, {x, constant(type, width - 1)}, NoTrap);
        const ValueId sign_bits = insert(Op::Bitcast, bits, {sign});
        const ValueId bias = insert(Op::Bitcast, type,
                                    {insert(Op::Shr, bits, {sign_bits, constant(bits, width - n)}, NoTrap)});
        const ValueId biased = insert(Op::WrapAdd, type, {x, bias});
        const bool quotient = fn_.insts[id].op == Op::Div;
        const ValueId by = quotient
                               ? constant(type, n)
                               : insert(Op::And, type, {biased, constant(type, -(std::int64_t(1) << n))});
        Inst& inst = fn_.insts[id];
        inst.op = quotient ? Op::Shr : Op::WrapSub;
        inst.flags = quotient ? NoTrap : 0;
        fn_.operands_of(inst)[0] = quotient ? biased : x;
        fn_.operands_of(inst)[1] = by;
        rewriter_.mark_changed();
    }
    ValueId constant(Scalar type, std::int64_t value) { return insert(Op::ConstInt, type, {}, 0, value); }
    // In front of the division.
    ValueId insert(Op op, Scalar type, std::initializer_list<ValueId> operands, std::uint8_t flags = 0,
                   std::int64_t imm = 0) {
        Inst inst;
        inst.op = op;
        inst.type = type;
        inst.imm = imm;
        inst.flags = flags;
        inst.loc = fn_.insts[at_].loc;
        inst.block = fn_.insts[at_].block;
        const InstId made = rewriter_.make(inst, std::vector<ValueId>(operands));
        auto& insts = fn_.blocks[inst.block].insts;
        insts.insert(std::ranges::find(insts, at_), made);
        return fn_.result(made);
    }

    Function& fn_;
    Rewriter rewriter_;
    InstId at_;
};

} // namespace

bool divisions(Module& module, Function& fn) {
    (void)module;
    return Divisions(fn).run();
}

} // namespace tn::opt
