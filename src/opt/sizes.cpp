// The length of a list, known through loops that keep it.
//
//     xs = seq_set_len .., n;  ys = seq_set_len .., n;  loop(a = xs, b = ys):  k = seq_len a;  ...;  loop(b, unique a)
// becomes k = n: whichever list comes in, it has n elements. Changing elements, making a list unshared and exchanging
// lists keep what is known; other changes of a length have names of their own.
#include "ir/cfg.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <tsl/robin_map.h>

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

// What a length is: not asked yet, a value, or unknown.
struct Length {
    enum Kind : std::uint8_t { Open, Known, Unknown } kind = Unknown;
    ValueId value;
};

class Sizes {
public:
    explicit Sizes(Function& fn) : fn_(fn), cfg_(fn) {}

    bool run() {
        std::vector<InstId> asked;
        bool any_set = false;
        for (BlockId block : cfg_.order())
            for (InstId id : fn_.blocks[block].insts) {
                const Op op = fn_.insts[id].op;
                any_set |= op == Op::SeqSetLen;
                if (op == Op::SeqLen) asked.push_back(id);
            }
        if (!any_set || asked.empty()) return false;
        settle();
        Rewriter rewriter(fn_);
        for (InstId id : asked) {
            const Length length = of(fn_.operands_of(fn_.insts[id])[0]);
            if (length.kind != Length::Known) continue;
            std::int64_t c = 0;
            if (find_const(fn_, length.value, c)) { // may stand anywhere
                Inst& inst = fn_.insts[id];
                inst.op = Op::ConstInt;
                inst.imm = c;
                inst.operands.count = 0;
                rewriter.mark_changed();
            } else {
                rewriter.replace(fn_.result(id), length.value);
                rewriter.remove(id);
            }
        }
        return rewriter.finish();
    }

private:
    Length of(ValueId list) const {
        for (;;) {
            const Inst* def = find_def(fn_, list);
            if (!def) {
                const auto known = of_param_.find(list.index());
                return known == of_param_.end() ? Length() : known->second;
            }
            if (def->op == Op::SeqSetLen) return {Length::Known, fn_.operands_of(*def)[1]};
            if (def->op != Op::Unique && def->op != Op::Retain && def->op != Op::ListGrow) return {};
            list = fn_.operands_of(*def)[0];
        }
    }
    bool are_equal(ValueId a, ValueId b) const {
        std::int64_t x = 0, y = 0;
        return a == b || (find_const(fn_, a, x) && find_const(fn_, b, y) && x == y);
    }
    bool is_at_hand(ValueId value, BlockId block) const {
        std::int64_t c = 0;
        const Value& v = fn_.values[value];
        return find_const(fn_, value, c) || cfg_.dominates(v.inst.is_valid() ? fn_.insts[v.inst].block : v.block, block);
    }

    // Parameters begin open, and meet what comes in until nothing changes: each changes twice at most.
    void settle() {
        for (BlockId block : cfg_.order())
            if (block != fn_.entry())
                for (ValueId param : fn_.blocks[block].params)
                    if (fn_.values[param].type == Scalar::Ref) of_param_[param.index()] = {Length::Open, {}};
        for (bool changed = true; changed;) {
            changed = false;
            for (BlockId block : cfg_.order())
                for (const Target& target : successors(fn_, block)) changed |= meet(target);
        }
    }
    bool meet(const Target& target) {
        const auto& params = fn_.blocks[target.block].params;
        const auto args = fn_.args_of(target);
        bool changed = false;
        for (std::size_t i = 0; i < args.size(); ++i) {
            if (fn_.values[params[i]].type != Scalar::Ref) continue;
            const Length old = of_param_[params[i].index()], in = of(args[i]);
            if (in.kind == Length::Open || old.kind == Length::Unknown || args[i] == params[i]) continue;
            Length met = old.kind == Length::Open ? in : old;
            if (in.kind == Length::Unknown || !are_equal(in.value, met.value) || !is_at_hand(met.value, target.block)) met = {};
            if (met.kind == old.kind && met.value == old.value) continue;
            of_param_[params[i].index()] = met;
            changed = true;
        }
        return changed;
    }

    Function& fn_;
    Cfg cfg_;
    tsl::robin_map<std::uint32_t, Length> of_param_; // by value
};

} // namespace

bool sizes(Module& module, Function& fn) {
    (void)module;
    return Sizes(fn).run();
}

} // namespace tn::opt
