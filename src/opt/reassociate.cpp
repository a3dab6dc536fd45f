// Puts together first what is ready first: `a ^ b ^ c ^ d` where a comes last becomes `b ^ c ^ d ^ a`.
//
// A round of a hash waits for what the round before made; everything else of a sum or a row of exclusive ors can be
// combined while it waits. When a value is ready is guessed by how long a chain of operations leads to it from the
// start of its loop's round, and for what a round gets from the one before by when that one has it. Only operations for
// which the order makes no difference: wrapping sums and those on bits. The chain stays a chain: a tree would hold
// more registers. So are smallest and largest of three integers, of which dynamic programming takes one from the round before.
#include "ir/cfg.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

constexpr int early = -10000; // constants, and what comes from outside of the loop
constexpr std::size_t max_leaves = 12;

bool is_orderless(const Inst& inst) {
    const Op op = inst.op;
    return (op == Op::Xor || op == Op::Or || op == Op::And || op == Op::WrapAdd) && inst.type != Scalar::Bool;
}

int latency_of(Op op) {
    switch (op) {
    case Op::Load: return 5;
    case Op::Mul:
    case Op::WrapMul: return 3;
    case Op::Div:
    case Op::Rem: return 20;
    default: return 1;
    }
}

class Reassociate {
public:
    explicit Reassociate(Function& fn) : fn_(fn), cfg_(fn), rewriter_(fn) {}

    bool run() {
        count_uses();
        ready_.assign(fn_.values.size(), 0);
        find_ready(false);
        if (!cfg_.loops().empty()) {
            ends_ = ready_;
            find_ready(true);
        }
        for (BlockId block : cfg_.order()) {
            if (fn_.blocks[block].cold) continue;
            visit(block);
            order_extremes(block);
        }
        return rewriter_.finish();
    }

private:
    void count_uses() {
        uses_.assign(fn_.values.size(), 0);
        for (BlockId block : cfg_.order())
            for (InstId id : fn_.blocks[block].insts) {
                for (ValueId v : fn_.operands_of(fn_.insts[id])) ++uses_[v.index()];
                for (const Target& target : fn_.targets_of(fn_.insts[id]))
                    for (ValueId v : fn_.args_of(target)) ++uses_[v.index()];
            }
    }
    int ready_in(BlockId block, ValueId value) const {
        const Value& v = fn_.values[value];
        if (v.inst.is_valid() && fn_.insts[v.inst].op == Op::ConstInt) return early;
        const LoopId loop = cfg_.loop_of(block);
        const BlockId home = v.inst.is_valid() ? fn_.insts[v.inst].block : v.block;
        return loop.is_valid() && !cfg_.contains(loop, home) ? early : ready_[value.index()];
    }
    // The second time with what is known of the loops' ends.
    void find_ready(bool again) {
        for (BlockId block : cfg_.order()) {
            const LoopId loop = cfg_.loop_of(block);
            const bool is_header = loop.is_valid() && cfg_.loops()[loop].header == block;
            if (block != fn_.entry() && (again || !is_header)) note_params(block, is_header);
            for (InstId id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[id];
                if (inst.result_count != 1) continue;
                int ready = early;
                for (ValueId v : fn_.operands_of(inst)) ready = std::max(ready, ready_in(block, v));
                ready_[inst.first_result.index()] = ready + latency_of(inst.op);
            }
        }
    }
    // Of the parameters of a block, as late as the latest that comes in; of a header, how much earlier than the last one.
    void note_params(BlockId block, bool is_header) {
        const auto& params = fn_.blocks[block].params;
        for (ValueId param : params) ready_[param.index()] = early;
        int last = early;
        for (BlockId from : cfg_.predecessors(block)) {
            if (is_header && !cfg_.contains(cfg_.loop_of(block), from)) continue;
            for (const Target& target : successors(fn_, from)) {
                if (target.block != block) continue;
                for (std::size_t p = 0; p < params.size(); ++p) {
                    const ValueId arg = fn_.args_of(target)[p];
                    int& ready = ready_[params[p].index()];
                    ready = std::max(ready, is_header ? ends_[arg.index()] : ready_in(block, arg));
                    last = std::max(last, ready);
                }
            }
        }
        if (is_header)
            for (ValueId param : params) ready_[param.index()] -= last;
    }

    // The operation behind a value, if it is part of a chain that ends in `block`.
    bool is_link(ValueId value, const Inst& last) const {
        const Inst* def = find_def(fn_, value);
        return def && def->op == last.op && def->type == last.type && def->block == last.block && uses_[value.index()] == 1;
    }
    void collect(const Inst& inst, std::vector<ValueId>& leaves, std::vector<InstId>& links) const {
        leaves = {fn_.operands_of(inst)[0], fn_.operands_of(inst)[1]};
        for (std::size_t i = 0; i < leaves.size();) {
            if (leaves.size() == max_leaves || !is_link(leaves[i], inst)) {
                ++i;
                continue;
            }
            const InstId link = fn_.values[leaves[i]].inst;
            links.push_back(link);
            leaves[i] = fn_.operands_of(fn_.insts[link])[0];
            leaves.push_back(fn_.operands_of(fn_.insts[link])[1]);
            for (std::size_t k = leaves.size() - 1; k > i + 1; --k) std::swap(leaves[k], leaves[k - 1]);
        }
    }
    void sort_by_readiness(std::vector<ValueId>& leaves, BlockId block) const {
        for (std::size_t i = 1; i < leaves.size(); ++i)
            for (std::size_t k = i; k > 0 && ready_in(block, leaves[k]) < ready_in(block, leaves[k - 1]); --k)
                std::swap(leaves[k], leaves[k - 1]);
    }
    void visit(BlockId block) {
        const std::vector<InstId> insts = fn_.blocks[block].insts;
        std::vector<InstId> all;
        bool changed = false;
        for (std::size_t i = insts.size(); i-- > 0;) { // from the end: the last of a chain comes first
            const InstId id = insts[i];
            if (fn_.insts[id].block != block) continue; // a link that has gone
            if (is_orderless(fn_.insts[id]) && change(id, all)) changed = true;
            else all.push_back(id);
        }
        if (!changed) return;
        std::ranges::reverse(all);
        fn_.blocks[block].insts = std::move(all);
    }
    // A constant part of an address is best where it is: behind all others.
    bool is_of_address(const Inst& inst, const std::vector<ValueId>& leaves) const {
        std::int64_t c = 0;
        return inst.op == Op::WrapAdd && scalar_size(inst.type) == 8 &&
               std::ranges::any_of(leaves, [&](ValueId v) { return find_const(fn_, v, c); });
    }
    // `behind` gets, backwards, what stands in front of the end of the chain from now on.
    bool change(InstId id, std::vector<InstId>& behind) {
        std::vector<ValueId> leaves;
        std::vector<InstId> links;
        collect(fn_.insts[id], leaves, links);
        if (links.size() < 2 || is_of_address(fn_.insts[id], leaves)) return false;
        const BlockId block = fn_.insts[id].block;
        sort_by_readiness(leaves, block);
        int ready = ready_in(block, leaves[0]);
        for (std::size_t i = 1; i < leaves.size(); ++i) ready = std::max(ready, ready_in(block, leaves[i])) + 1;
        if (ready >= ready_[fn_.insts[id].first_result.index()]) return false;
        // All links are made anew where the chain ends.
        for (InstId link : links) rewriter_.remove(link);
        std::vector<InstId> made;
        ValueId sum = leaves[0];
        for (std::size_t i = 1; i + 1 < leaves.size(); ++i) {
            Inst inst;
            inst.op = fn_.insts[id].op;
            inst.type = fn_.insts[id].type;
            inst.loc = fn_.insts[id].loc;
            inst.block = block;
            const ValueId both[] = {sum, leaves[i]};
            made.push_back(rewriter_.make(inst, both));
            sum = fn_.result(made.back());
        }
        fn_.operands_of(fn_.insts[id])[0] = sum;
        fn_.operands_of(fn_.insts[id])[1] = leaves.back();
        behind.push_back(id);
        behind.insert(behind.end(), made.rbegin(), made.rend());
        return true;
    }

    // select(a < b, a, b): one that only this condition asks for
    struct Extreme {
        InstId select, compare;
        bool is_largest = false;
    };
    std::optional<Extreme> find_extreme(InstId id) const {
        const Inst& select = fn_.insts[id];
        if (select.op != Op::Select || !is_integer(select.type)) return {};
        const auto operands = fn_.operands_of(select);
        const Inst* compare = find_def(fn_, operands[0]);
        if (!compare || compare->op != Op::ICmp || compare->block != select.block || uses_[operands[0].index()] != 1) return {};
        const auto asked = fn_.operands_of(*compare);
        const bool straight = asked[0] == operands[1] && asked[1] == operands[2];
        if (!straight && !(asked[0] == operands[2] && asked[1] == operands[1])) return {};
        const auto cond = static_cast<Cond>(compare->aux);
        if (cond == Cond::Eq || cond == Cond::Ne) return {};
        return Extreme{id, fn_.values[operands[0]].inst, (cond == Cond::Gt || cond == Cond::Ge) == straight};
    }
    void exchange(const Extreme& in, ValueId from, ValueId to) {
        for (InstId id : {in.select, in.compare})
            for (ValueId& v : fn_.operands_of(fn_.insts[id]))
                if (v == from) v = to;
    }
    // min(min(late, a), b)    becomes    min(min(b, a), late)
    void order_extremes(BlockId block) {
        auto& insts = fn_.blocks[block].insts;
        for (std::size_t i = 0; i < insts.size(); ++i) {
            const auto outer = find_extreme(insts[i]);
            if (!outer) continue;
            for (unsigned side = 1; side <= 2; ++side) {
                const ValueId first = fn_.operands_of(fn_.insts[insts[i]])[side], other = fn_.operands_of(fn_.insts[insts[i]])[3 - side];
                const InstId def = fn_.values[first].inst;
                const auto inner = def.is_valid() && fn_.insts[def].block == block && uses_[first.index()] == 2 ? find_extreme(def) : std::nullopt;
                if (!inner || inner->is_largest != outer->is_largest || first == other) continue;
                const auto both = fn_.operands_of(fn_.insts[def]);
                const ValueId late = ready_in(block, both[1]) > ready_in(block, both[2]) ? both[1] : both[2];
                if (ready_in(block, late) <= ready_in(block, other) || both[1] == both[2]) continue;
                exchange(*outer, other, late);
                exchange(*inner, late, other);
                // Behind the other one, where it is asked for.
                std::erase_if(insts, [&](InstId id) { return id == inner->select || id == inner->compare; });
                const auto at = std::ranges::find(insts, outer->compare);
                insts.insert(at, {inner->compare, inner->select});
                i = static_cast<std::size_t>(std::ranges::find(insts, outer->select) - insts.begin());
                ready_[first.index()] = std::max(ready_in(block, both[1]), ready_in(block, both[2])) + 2;
                rewriter_.mark_changed();
                break;
            }
        }
    }

    Function& fn_;
    Cfg cfg_;
    Rewriter rewriter_;
    std::vector<std::uint32_t> uses_; // by value
    std::vector<int> ready_;          // by value, in steps from the start of a round
    std::vector<int> ends_;           // the same before it was known what a round gets from the one before
};

// Three in a row at least.
bool has_chain(const Function& fn) {
    for (const Block& block : fn.blocks) {
        if (block.removed || block.cold) continue;
        for (InstId id : block.insts) {
            const Inst& inst = fn.insts[id];
            if (inst.op == Op::Select && std::ranges::any_of(fn.operands_of(inst), [&](ValueId v) { return find_def(fn, v) && find_def(fn, v)->op == Op::Select; }))
                return true;
            if (!is_orderless(inst)) continue;
            for (ValueId v : fn.operands_of(inst)) {
                const Inst* link = find_def(fn, v);
                if (!link || link->op != inst.op) continue;
                for (ValueId w : fn.operands_of(*link))
                    if (const Inst* first = find_def(fn, w); first && first->op == inst.op) return true;
            }
        }
    }
    return false;
}

} // namespace

bool reassociate(Module&, Function& fn) { return has_chain(fn) && Reassociate(fn).run(); }

} // namespace tn::opt
