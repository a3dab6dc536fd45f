// A loop that puts one element per round into a list that was made large enough fills it like an array.
//
//     xs = list_new n
//     loop(i, xs):  ys = list_grow xs; k = seq_len ys; d = seq_data ys; store d[k], ..; m = k + 1;
//                   zs = seq_set_len ys, m; j = i + 1; branch j < n, loop(j, zs), done(zs)
// becomes
//     xs = list_new n; d = seq_data xs
//     loop(i):      store d[i], ..; j = i + 1; branch j < n, loop(j), out
//     out:          zs = seq_set_len xs, j; jump done(zs)
//
// Three steps, each for itself: the length is the loop's counter; there is room while the counter is below
// what the list was made for; and nobody sees the length in the loop, where elements hold no references that
// a trap would have to release.
#include "ir/uses.h"
#include "opt/loops.h"
#include "opt/passes.h"
#include "opt/ranges.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::int64_t max_start = 1 << 20; // of a counter or a length, so that differences do not overflow

// A header's parameter that goes up by one per round.
struct Counter {
    ValueId param;
    std::int64_t start = 0;
};

// One list in one loop.
struct Filling {
    LoopId loop;
    ValueId list;       // the header's parameter
    InstId grow, set;   // of every round
    ValueId length;     // the loop's counter
    std::int64_t ahead; // by how much the length is more than the counter
    bool has_room = false, is_unseen = false;
};

class Rooms {
public:
    Rooms(Module& module, Function& fn) : module_(module), fn_(fn), ranges_(fn), uses_(fn), rewriter_(fn) {}

    bool run() {
        for (std::uint32_t l = 0; l < cfg().loops().size(); ++l) visit(LoopId(l));
        for (const Filling& filling : found_) change(filling);
        return rewriter_.finish();
    }

private:
    const Cfg& cfg() const { return ranges_.cfg(); }
    const Loop& loop_of(const Filling& filling) const { return cfg().loops()[filling.loop]; }

    void visit(LoopId id) {
        const Loop& loop = cfg().loops()[id];
        if (!loop.preheader.is_valid() || loop.latches.size() != 1 || loop.header == fn_.entry()) return;
        std::vector<Counter> counters;
        for (ValueId param : fn_.blocks[loop.header].params)
            if (is_integer(fn_.values[param].type)) find_counter(loop, param, counters);
        if (counters.empty()) return;
        for (ValueId param : fn_.blocks[loop.header].params) {
            Filling filling;
            filling.loop = id;
            filling.list = param;
            if (fn_.values[param].ownership == Ownership::Owned && find(loop, counters, filling))
                found_.push_back(filling);
        }
    }

    ValueId entering(const Loop& loop, ValueId param) const {
        return fn_.args_of(fn_.targets_of(fn_.terminator(loop.preheader))[0])[fn_.values[param].index];
    }
    ValueId coming_back(const Loop& loop, ValueId param) const {
        for (const Target& target : fn_.targets_of(fn_.terminator(loop.latches[0])))
            if (target.block == loop.header) return fn_.args_of(target)[fn_.values[param].index];
        return ValueId();
    }
    // What one is added to; invalid if the value is no such sum.
    ValueId one_less(ValueId sum) const {
        const Inst* add = find_def(fn_, sum);
        std::int64_t step = 0;
        const bool adds = add && (add->op == Op::Add || add->op == Op::WrapAdd) &&
                          find_const(fn_, fn_.operands_of(*add)[1], step) && step == 1;
        return adds ? fn_.operands_of(*add)[0] : ValueId();
    }
    // Of 64 bits: no list is long enough for one to wrap.
    void find_counter(const Loop& loop, ValueId param, std::vector<Counter>& counters) const {
        std::int64_t start = 0;
        if (bits_of(fn_.values[param].type) == 64 &&
            find_const(fn_, only_argument(entering(loop, param)), start) && start >= -max_start &&
            start <= max_start && one_less(coming_back(loop, param)) == param)
            counters.push_back({param, start});
    }

    // What a parameter stands for whose block is reached in one way.
    ValueId only_argument(ValueId value) const {
        for (;;) {
            const Value& v = fn_.values[value];
            if (v.inst.is_valid() || v.block == fn_.entry()) return value;
            const auto from = cfg().predecessors(v.block);
            if (from.size() != 1) return value;
            for (const Target& target : fn_.targets_of(fn_.terminator(from[0])))
                if (target.block == v.block) value = fn_.args_of(target)[v.index];
        }
    }
    // The list_new behind a list of constant length to which elements may have been added; null if it is
    // none.
    const Inst* find_new(ValueId list, std::int64_t& length) const {
        bool is_known = false;
        for (length = 0;;) {
            list = only_argument(list);
            const Inst* def = find_def(fn_, list);
            if (!def) return nullptr;
            if (def->op == Op::ListNew) return def;
            if (def->op == Op::SeqSetLen && !is_known) {
                is_known = true;
                if (!find_const(fn_, fn_.operands_of(*def)[1], length) || length > max_start) return nullptr;
            } else if (def->op != Op::SeqSetLen && def->op != Op::ListGrow) {
                return nullptr;
            }
            list = fn_.operands_of(*def)[0];
        }
    }

    bool is_length_of(ValueId value, const Filling& filling) const {
        const Inst* def = find_def(fn_, value);
        if (!def || def->op != Op::SeqLen) return false;
        const ValueId list = fn_.operands_of(*def)[0];
        return list == filling.list || list == fn_.result(filling.grow);
    }

    bool find(const Loop& loop, const std::vector<Counter>& counters, Filling& filling) {
        filling.set = fn_.values[coming_back(loop, filling.list)].inst;
        if (!filling.set.is_valid() || fn_.insts[filling.set].op != Op::SeqSetLen) return false;
        const auto operands = fn_.operands_of(fn_.insts[filling.set]);
        filling.grow = fn_.values[operands[0]].inst;
        if (!filling.grow.is_valid()) return false;
        const Inst& grow = fn_.insts[filling.grow];
        if (grow.op != Op::ListGrow || grow.aux != 0 || !(grow.flags & Unshared) || fn_.operands_of(grow)[0] != filling.list)
            return false;
        const ValueId before = one_less(operands[1]);
        if (!before.is_valid() || !is_length_of(before, filling)) return false;
        std::int64_t first = 0;
        const Inst* made = find_new(entering(loop, filling.list), first);
        if (!made) return false;
        const auto counter = std::ranges::find_if(
            counters, [&](const Counter& c) { return fn_.values[c.param].type == Scalar::I64; });
        if (counter == counters.end()) return false;
        filling.length = counter->param;
        filling.ahead = first - counter->start;

        const auto index = static_cast<std::uint32_t>(index_in_block(fn_, filling.grow));
        const Ranges::Point at{grow.block, index, -1};
        const ValueId room = fn_.operands_of(*made)[0];
        filling.has_room = std::ranges::any_of(
            counters, [&](const Counter& c) { return is_less(c.param, first - c.start, room, at); });
        filling.is_unseen = filling.has_room &&
                            module_.descs[DescId(static_cast<std::uint32_t>(made->imm))].refs.empty() &&
                            is_unseen(loop, filling);
        // Where the two are not the same number, that number is no less work than a length.
        return filling.has_room || filling.ahead == 0;
    }
    bool is_less(ValueId counter, std::int64_t ahead, ValueId room, Ranges::Point at) {
        if (fn_.values[counter].type == fn_.values[room].type)
            return ranges_.proves_le(counter, room, -1 - ahead, at);
        return ranges_.interval(counter, at).high + ahead < ranges_.interval(room, at).low;
    }

    // In the loop nobody asks for the list but to put the element in, and out of it there is one way on which
    // it goes.
    bool is_unseen(const Loop& loop, const Filling& filling) const {
        const auto only_fills = [&](ValueId list) {
            return std::ranges::all_of(uses_.of(list), [&](const Use& use) {
                const Op op = fn_.insts[use.inst].op;
                return !use.is_block_arg &&
                       (op == Op::ListGrow || op == Op::SeqSetLen || op == Op::SeqLen || op == Op::SeqData);
            });
        };
        if (!only_fills(filling.list) || !only_fills(fn_.result(filling.grow))) return false;
        const Inst& last = fn_.terminator(loop.latches[0]);
        if (last.op != Op::Branch) return false;
        const BlockId out = fn_.targets_of(last)[way_out(loop)].block;
        if (cfg().contains(filling.loop, out)) return false;
        const bool one_way = cfg().predecessors(out).size() == 1;
        return std::ranges::all_of(uses_.of(fn_.result(filling.set)), [&](const Use& use) {
            const BlockId block = fn_.insts[use.inst].block;
            if (block == loop.latches[0] && use.is_block_arg) {
                const Target& target = fn_.targets_of(last)[use.target];
                return target.block != loop.header || use.index == fn_.values[filling.list].index;
            }
            return one_way && cfg().dominates(out, block);
        });
    }
    std::uint32_t way_out(const Loop& loop) const {
        return fn_.targets_of(fn_.terminator(loop.latches[0]))[0].block == loop.header ? 1 : 0;
    }

    // ---- the change ----

    void change(const Filling& filling) {
        const Loop& loop = loop_of(filling);
        const ValueId grown = fn_.result(filling.grow);
        ValueId length = filling.length;
        if (filling.ahead != 0) {
            const ValueId parts[] = {length, make_first(loop.header, Op::ConstInt, filling.ahead, {})};
            length = make_first(loop.header, Op::WrapAdd, 0, parts, 1);
        }
        replace_each(Op::SeqLen, {filling.list, grown}, length);
        if (filling.ahead == 0)
            merge(fn_.operands_of(fn_.insts[filling.set])[1], coming_back(loop, filling.length));
        if (!filling.has_room) return;
        const ValueId first = entering(loop, filling.list);
        Inst data;
        data.op = Op::SeqData;
        data.type = Scalar::Ptr;
        data.loc = fn_.insts[filling.grow].loc;
        replace_each(Op::SeqData, {filling.list, grown, fn_.result(filling.set)},
                     place(loop.preheader, data, {&first, 1}));
        rewriter_.replace(grown, filling.list);
        rewriter_.remove(filling.grow);
        if (filling.is_unseen) set_behind(loop, filling);
    }
    // Two names of one number, both defined in every round: the later one becomes the earlier one.
    void merge(ValueId a, ValueId b) {
        a = rewriter_.resolve(a), b = rewriter_.resolve(b);
        if (a == b) return;
        const InstId first = fn_.values[a].inst, second = fn_.values[b].inst;
        const BlockId of_first = fn_.insts[first].block, of_second = fn_.insts[second].block;
        const bool in_order = of_first == of_second ? index_in_block(fn_, first) < index_in_block(fn_, second)
                                                    : cfg().dominates(of_first, of_second);
        if (!in_order) std::swap(a, b);
        rewriter_.replace(b, a);
        rewriter_.remove(in_order ? second : first);
    }
    void replace_each(Op op, std::initializer_list<ValueId> lists, ValueId by) {
        for (ValueId list : lists) {
            for (const Use& use : uses_.of(list)) {
                if (fn_.insts[use.inst].op != op || rewriter_.is_removed(use.inst)) continue;
                rewriter_.replace(fn_.result(use.inst), by);
                rewriter_.remove(use.inst);
            }
        }
    }
    void set_behind(const Loop& loop, const Filling& filling) {
        const InstId last = fn_.blocks[loop.latches[0]].insts.back();
        const std::uint32_t out = way_out(loop);
        fn_.args_of(fn_.targets_of(fn_.insts[last])[1 - out])[fn_.values[filling.list].index] = filling.list;
        const BlockId behind = split_edge(fn_, last, out);
        const ValueId operands[] = {filling.list, fn_.operands_of(fn_.insts[filling.set])[1]};
        rewriter_.replace(fn_.result(filling.set), place(behind, fn_.insts[filling.set], operands));
        rewriter_.remove(filling.set);
    }
    // Before the end of a block.
    ValueId place(BlockId block, Inst inst, std::span<const ValueId> operands) {
        inst.block = block;
        const InstId id = rewriter_.make(inst, operands);
        auto& insts = fn_.blocks[block].insts;
        insts.insert(insts.end() - 1, id);
        return fn_.result(id);
    }
    ValueId make_first(BlockId block, Op op, std::int64_t imm, std::span<const ValueId> operands,
                       std::size_t at = 0) {
        Inst inst;
        inst.op = op;
        inst.type = Scalar::I64;
        inst.imm = imm;
        inst.loc = fn_.terminator(block).loc;
        inst.block = block;
        const InstId id = rewriter_.make(inst, operands);
        auto& insts = fn_.blocks[block].insts;
        insts.insert(insts.begin() + static_cast<std::ptrdiff_t>(at), id);
        return fn_.result(id);
    }

    Module& module_;
    Function& fn_;
    Ranges ranges_;
    Uses uses_;
    Rewriter rewriter_;
    std::vector<Filling> found_;
};

} // namespace

bool rooms(Module& module, Function& fn) {
    const bool has_lists = std::ranges::any_of(fn.insts, [](const Inst& inst) {
        return inst.op == Op::ListGrow && inst.block.is_valid() && inst.flags & Unshared;
    });
    if (!has_lists) return false;
    bool changed = make_preheaders(fn);
    if (Rooms(module, fn).run()) {
        clean_blocks(fn);
        changed = true;
    }
    return changed;
}

} // namespace tn::opt
