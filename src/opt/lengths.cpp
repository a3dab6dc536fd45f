// The length of a list that a loop fills stays in a register: it becomes a parameter of the blocks that the
// list is one of.
//
//     loop(xs):   n = seq_len xs; ...; m = n + 1; ys = seq_set_len xs, m; branch c, loop(ys), done
// becomes
//     loop(xs, n): ...; m = n + 1; ys = seq_set_len xs, m; branch c, loop(ys, m), done
//
// Read from the object, each round's length would wait for the store of the round before. Lists that come
// into the loop from outside bring their length by a `seq_len` in front of it. A list whose length no loop
// changes is left alone: what is known of its length under its one name is worth more.
#include "ir/builder.h"
#include "opt/nulls.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <unordered_map>
#include <unordered_set>

namespace tn::opt {

using namespace ir;

namespace {

class Lengths {
public:
    Lengths(Module& module, Function& fn, const Cfg& cfg)
        : module_(module), fn_(fn), cfg_(cfg), nulls_(module, fn) {}

    bool run() {
        find_wanted();
        drop_unknown();
        drop_unchanged();
        if (wanted_.empty()) return false;
        change();
        return true;
    }

private:
    // The value that has the same length, before it was given room or a single owner.
    ValueId origin(ValueId list) const {
        for (;;) {
            const Inst* def = find_def(fn_, list);
            if (!def || (def->op != Op::ListGrow && def->op != Op::Unique)) return list;
            list = fn_.operands_of(*def)[0];
        }
    }
    // A parameter of a block that is jumped to.
    bool is_param(ValueId list) const {
        const Value& v = fn_.values[list];
        return !v.inst.is_valid() && v.block != fn_.entry() && v.ownership == Ownership::Owned;
    }
    bool is_wanted(ValueId list) const { return is_param(list) && wanted_.contains(list); }
    bool knows_length(ValueId list) const {
        const Inst* def = find_def(fn_, list);
        return def && (def->op == Op::SeqSetLen || def->op == Op::ListNew);
    }

    // `see(predecessor, argument)` for every edge into the parameter's block.
    template <typename See> void each_argument(ValueId param, See see) const {
        const Value v = fn_.values[param];
        BlockId last;
        for (BlockId p : cfg_.predecessors(v.block)) {
            if (p == last) continue; // a branch with both targets equal stands twice
            last = p;
            for (const Target& target : fn_.targets_of(fn_.terminator(p)))
                if (target.block == v.block) see(p, fn_.args_of(target)[v.index]);
        }
    }

    void want(ValueId list) {
        if (is_param(list) && wanted_.try_emplace(list).second) order_.push_back(list);
    }
    // Parameters whose length somebody reads, and those that they may come from.
    void find_wanted() {
        for (BlockId block : cfg_.order())
            for (InstId id : fn_.blocks[block].insts)
                if (fn_.insts[id].op == Op::SeqLen && cfg_.loop_of(block).is_valid())
                    want(origin(fn_.operands_of(fn_.insts[id])[0]));
        for (std::size_t i = 0; i < order_.size(); ++i)
            each_argument(order_[i], [&](BlockId, ValueId arg) { want(origin(arg)); });
    }

    // What comes from a place that does not know its length may only come from in front of a loop.
    bool is_known(ValueId param) const {
        const LoopId loop = cfg_.loop_of(fn_.values[param].block);
        const bool heads = loop.is_valid() && cfg_.loops()[loop].header == fn_.values[param].block;
        bool known = true;
        each_argument(param, [&](BlockId from, ValueId arg) {
            const ValueId list = origin(arg);
            if (knows_length(list) || is_wanted(list)) return;
            known &= heads && !cfg_.contains(loop, from) && !nulls_.may_be(arg);
        });
        return known;
    }
    void drop_unknown() {
        for (bool again = true; again;) {
            again = false;
            for (ValueId param : order_)
                if (wanted_.contains(param) && !is_known(param)) again = wanted_.erase(param) != 0;
        }
    }

    // What is left are lists that get a new length in a loop, and those that they are one with.
    void drop_unchanged() {
        std::unordered_set<ValueId> changing;
        for (bool again = true; again;) {
            again = false;
            for (ValueId param : order_) {
                if (!wanted_.contains(param)) continue;
                each_argument(param, [&](BlockId from, ValueId arg) {
                    const ValueId list = origin(arg);
                    const Inst* def = find_def(fn_, list);
                    if (def && def->op == Op::SeqSetLen && cfg_.loop_of(from).is_valid())
                        again |= changing.insert(param).second;
                    if (!is_wanted(list)) return;
                    if (changing.contains(list)) again |= changing.insert(param).second;
                    if (changing.contains(param)) again |= changing.insert(list).second;
                });
            }
        }
        std::erase_if(wanted_, [&](const auto& entry) { return !changing.contains(entry.first); });
    }

    // The length of `arg` at the end of `block`.
    ValueId length_at(Rewriter& rewriter, BlockId block, ValueId arg) {
        const ValueId list = origin(arg);
        if (is_wanted(list)) return wanted_.at(list);
        const Inst* def = find_def(fn_, list);
        if (def && def->op == Op::SeqSetLen) return fn_.operands_of(*def)[1];
        const bool is_new = def && def->op == Op::ListNew;
        Inst inst;
        inst.op = is_new ? Op::ConstInt : Op::SeqLen;
        inst.type = Scalar::I64;
        inst.loc = fn_.terminator(block).loc;
        inst.block = block;
        const InstId id = rewriter.make(inst, is_new ? std::span<const ValueId>() : std::span(&arg, 1));
        auto& insts = fn_.blocks[block].insts;
        insts.insert(insts.end() - 1, id);
        return fn_.result(id);
    }

    void change() {
        Builder b(module_, fn_);
        std::vector<ValueId> params;
        for (ValueId param : order_) {
            if (!wanted_.contains(param)) continue;
            params.push_back(param);
            wanted_[param] = b.add_param(fn_.values[param].block, Scalar::I64, Ownership::Borrowed);
        }
        Rewriter rewriter(fn_);
        for (BlockId block : cfg_.order()) {
            for (InstId id : fn_.blocks[block].insts) {
                if (fn_.insts[id].op != Op::SeqLen) continue;
                const ValueId list = origin(fn_.operands_of(fn_.insts[id])[0]);
                if (!is_wanted(list)) continue;
                rewriter.replace(fn_.result(id), wanted_.at(list));
                rewriter.remove(id);
            }
        }
        for (BlockId block : cfg_.order()) {
            for (std::size_t t = 0; t < fn_.targets_of(fn_.terminator(block)).size(); ++t) {
                const Target target = fn_.targets_of(fn_.terminator(block))[t];
                std::vector<ValueId> args(fn_.args_of(target).begin(), fn_.args_of(target).end());
                const std::size_t before = args.size();
                for (ValueId param : params) {
                    const Value& v = fn_.values[param];
                    if (v.block == target.block) args.push_back(length_at(rewriter, block, args[v.index]));
                }
                if (args.size() == before) continue;
                fn_.targets_of(fn_.insts[fn_.blocks[block].insts.back()])[t] =
                    b.make_target(target.block, args);
            }
        }
        rewriter.finish();
    }

    Module& module_;
    Function& fn_;
    const Cfg& cfg_;
    Nulls nulls_;
    std::unordered_map<ValueId, ValueId> wanted_; // list to length
    std::vector<ValueId> order_;                  // all that were wanted, in a fixed order
};

} // namespace

bool lengths(Module& module, Function& fn) {
    const Cfg cfg(fn);
    if (cfg.loops().empty()) return false;
    return Lengths(module, fn, cfg).run();
}

} // namespace tn::opt
