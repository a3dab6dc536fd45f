// Bit operations that share a mask:
//
//     (x & a) ^ (x & b)     becomes     x & (a ^ b)           also with |
//     (x & a) ^ (~x & b)    becomes     b ^ (x & (a ^ b))     also with |: it chooses bits of a and b
//
// Hash functions are written so, the majority of three among them. One operation less, and one value less at a time.
#include "ir/uses.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

class Masks {
public:
    explicit Masks(Function& fn) : fn_(fn), rewriter_(fn) {}

    bool run() {
        for (std::uint32_t b = 0; b < fn_.blocks.size(); ++b) {
            if (fn_.blocks[BlockId(b)].removed) continue;
            for (std::size_t i = 0; i < fn_.blocks[BlockId(b)].insts.size(); ++i) {
                const InstId id = fn_.blocks[BlockId(b)].insts[i];
                const Op op = fn_.insts[id].op;
                if (op != Op::Xor && op != Op::Or) continue;
                made_.clear();
                if (!visit(id)) continue;
                auto& insts = fn_.blocks[BlockId(b)].insts;
                insts.insert(insts.begin() + static_cast<std::ptrdiff_t>(i), made_.begin(), made_.end());
                i += made_.size();
            }
        }
        return rewriter_.finish();
    }

private:
    // The `And` behind a value that only one operation reads.
    const Inst* mask(ValueId value) {
        const Inst* def = find_def(fn_, value);
        if (!def || def->op != Op::And || !is_integer(def->type)) return nullptr;
        if (value.index() >= first_made_) return def;
        if (!uses_) uses_.emplace(fn_);
        return uses_->count(value) == 1 ? def : nullptr;
    }
    bool is_complement(ValueId of, ValueId value) const {
        const Inst* def = find_def(fn_, value);
        return def && def->op == Op::Not && fn_.operands_of(*def)[0] == of;
    }

    bool visit(InstId id) {
        const ValueId first = fn_.operands_of(fn_.insts[id])[0], second = fn_.operands_of(fn_.insts[id])[1];
        const Inst *p = find_def(fn_, first), *q = find_def(fn_, second);
        if (first == second || !p || !q || p->op != Op::And || q->op != Op::And || !mask(first) || !mask(second)) return false;
        for (unsigned i = 0; i < 2; ++i) {
            for (unsigned k = 0; k < 2; ++k) {
                const ValueId x = fn_.operands_of(*p)[i], a = fn_.operands_of(*p)[1 - i];
                const ValueId y = fn_.operands_of(*q)[k], b = fn_.operands_of(*q)[1 - k];
                if (x == y) {
                    become(id, Op::And, x, insert(id, fn_.insts[id].op, a, b));
                } else if (is_complement(x, y)) {
                    become(id, Op::Xor, insert(id, Op::And, x, insert(id, Op::Xor, a, b)), b);
                } else if (is_complement(y, x)) {
                    become(id, Op::Xor, insert(id, Op::And, y, insert(id, Op::Xor, a, b)), a);
                } else {
                    continue;
                }
                return true;
            }
        }
        return false;
    }

    ValueId insert(InstId before, Op op, ValueId a, ValueId b) {
        Inst inst;
        inst.op = op;
        inst.type = fn_.insts[before].type;
        inst.loc = fn_.insts[before].loc;
        inst.block = fn_.insts[before].block;
        const ValueId operands[] = {a, b};
        made_.push_back(rewriter_.make(inst, operands));
        return fn_.result(made_.back());
    }
    void become(InstId id, Op op, ValueId a, ValueId b) {
        fn_.insts[id].op = op;
        fn_.operands_of(fn_.insts[id])[0] = a;
        fn_.operands_of(fn_.insts[id])[1] = b;
        rewriter_.mark_changed();
    }

    Function& fn_;
    Rewriter rewriter_;
    std::optional<Uses> uses_; // made for the first that needs it
    std::size_t first_made_ = fn_.values.size();
    std::vector<InstId> made_;
};

} // namespace

bool masks(Module& module, Function& fn) {
    (void)module;
    return Masks(fn).run();
}

} // namespace tn::opt
