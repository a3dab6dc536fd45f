// Division by a constant of what is known to be small and not negative is one multiplication and one shift.
//
//     q = div x, c     becomes     q = shr (wrap_mul x, m), s          m = 2^s / c, rounded up
//     r = rem x, c     becomes     r = wrap_sub x, (wrap_mul q, c)
//
// The machine's own way for any x takes the upper half of a product and corrects it for numbers below 0. Indexes are
// mostly small: `i % 7` in a loop, `(x + 1) % width`. What it does is hidden from proofs, so it comes behind them all.
#include "ir/cfg.h"
#include "opt/passes.h"
#include "opt/ranges.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <bit>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

struct Reciprocal {
    std::int64_t multiplier = 0; // 0: there is none that an instruction can hold
    unsigned shift = 0;
};

// (x * multiplier) >> shift == x / c for all x in 0..=highest: rounding up adds x * error / (c * 2^shift), which must be
// less than the 1 / c that the largest fraction lacks.
Reciprocal find_reciprocal(std::int64_t c, std::int64_t highest) {
    for (unsigned shift = 1; shift < 62; ++shift) {
        const __int128 power = __int128(1) << shift, multiplier = power / c + 1, error = multiplier * c - power;
        if (multiplier > INT32_MAX || multiplier * highest > INT64_MAX) return {};
        if (error * highest < power) return {static_cast<std::int64_t>(multiplier), shift};
    }
    return {};
}

class Reciprocals {
public:
    explicit Reciprocals(Function& fn) : fn_(fn), cfg_(fn), rewriter_(fn) {}

    bool run() {
        struct Found {
            InstId inst;
            Reciprocal by;
        };
        std::vector<Found> found; // changed behind all questions, which go by the places of instructions
        std::optional<Ranges> ranges;
        for (BlockId block : cfg_.order()) {
            if (cfg_.loop_depth(block) == 0) continue;
            const auto& insts = fn_.blocks[block].insts;
            for (std::uint32_t i = 0; i < insts.size(); ++i) {
                const Inst& inst = fn_.insts[insts[i]];
                std::int64_t c = 0;
                if ((inst.op != Op::Div && inst.op != Op::Rem) || inst.type != Scalar::I64 || !find_const(fn_, fn_.operands_of(inst)[1], c) ||
                    c < 3 || c > INT32_MAX || std::has_single_bit(static_cast<std::uint64_t>(c)))
                    continue;
                if (!ranges) ranges.emplace(fn_);
                const auto x = ranges->interval(fn_.operands_of(inst)[0], {block, i, -1});
                if (x.low < 0 || x.high > INT32_MAX) continue;
                const Reciprocal by = find_reciprocal(c, static_cast<std::int64_t>(x.high));
                if (by.multiplier != 0) found.push_back({insts[i], by});
            }
        }
        for (const Found& f : found) multiply(f.inst, f.by);
        return rewriter_.finish();
    }

private:
    void multiply(InstId id, Reciprocal by) {
        at_ = id;
        const ValueId x = fn_.operands_of(fn_.insts[id])[0], c = fn_.operands_of(fn_.insts[id])[1];
        const ValueId product = insert(Op::WrapMul, {x, constant(by.multiplier)});
        const ValueId shift = constant(by.shift);
        const bool quotient = fn_.insts[id].op == Op::Div;
        const ValueId multiple = quotient ? ValueId() : insert(Op::WrapMul, {insert(Op::Shr, {product, shift}, NoTrap), c});
        Inst& inst = fn_.insts[id];
        inst.op = quotient ? Op::Shr : Op::WrapSub;
        inst.flags = quotient ? NoTrap : 0;
        fn_.operands_of(inst)[0] = quotient ? product : x;
        fn_.operands_of(inst)[1] = quotient ? shift : multiple;
        rewriter_.mark_changed();
    }
    ValueId constant(std::int64_t value) { return insert(Op::ConstInt, {}, 0, value); }
    // In front of the division.
    ValueId insert(Op op, std::initializer_list<ValueId> operands, std::uint8_t flags = 0, std::int64_t imm = 0) {
        Inst inst;
        inst.op = op;
        inst.type = Scalar::I64;
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
    Cfg cfg_;
    Rewriter rewriter_;
    InstId at_;
};

} // namespace

bool reciprocals(Module& module, Function& fn) {
    (void)module;
    return Reciprocals(fn).run();
}

} // namespace tn::opt
