// A loop in whose first or last round a condition is decided otherwise than in all others gives that round to a copy.
//
//     loop(i = 0):  ...; branch i == 0, edge, inner; ...; j = i + 1; branch j < n, loop(j), done
// becomes
//     first(i = 0): ...; branch i == 0, edge, inner; ...; j = i + 1; branch j < n, loop(j), done
//     loop(i):      ... the same, and i > 0 is known ...
//
// Programs that go along a row treat its ends so. What is left decides nothing, and may run several rounds at once.
#include "ir/builder.h"
#include "ir/uses.h"
#include "opt/loop_copy.h"
#include "opt/loops.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_size = 64;  // instructions of a round
constexpr unsigned max_loops = 16;    // that are taken apart in a function
constexpr unsigned guard_distance = 4; // blocks in front of a loop that are looked at

class Peel {
public:
    Peel(Module& module, Function& fn) : module_(module), fn_(fn) {}

    bool run() {
        for (unsigned loops = 0; loops < max_loops && one(); ++loops) changed_ = true;
        return changed_;
    }

private:
    // for i in start..end, by the test at its end
    struct Counting {
        ValueId counter, start, next, end;
    };
    enum Round : std::uint8_t { None, First, Last };

    bool one() {
        if (changed_) make_preheaders(fn_);
        const Cfg cfg(fn_);
        std::vector<bool> has_inner(cfg.loops().size(), false);
        for (const Loop& loop : cfg.loops())
            if (loop.parent.is_valid()) has_inner[loop.parent.index()] = true;
        for (std::uint32_t l = 0; l < cfg.loops().size(); ++l)
            if (!has_inner[l] && visit(cfg, LoopId(l))) return true;
        return false;
    }

    bool visit(const Cfg& cfg, LoopId id) {
        const Loop& loop = cfg.loops()[id];
        if (loop.latches.size() != 1 || !loop.preheader.is_valid() || loop.header == fn_.entry() || fn_.blocks[loop.header].cold) return false;
        const auto counting = find_counting(cfg, id);
        if (!counting) return false;
        std::size_t size = 0;
        Round round = None;
        for (BlockId block : loop.blocks) {
            size += fn_.blocks[block].cold ? 0 : fn_.blocks[block].insts.size();
            const Inst& last = fn_.terminator(block);
            if (last.op == Op::Branch && block != loop.latches[0] && round != First)
                if (const Round found = differs(*counting, fn_.operands_of(last)[0]); found == First || (found == Last && starts_below(cfg, loop, *counting)))
                    round = found;
        }
        return round != None && size <= max_size && (round == First ? peel_first(cfg, id) : peel_last(cfg, id, *counting));
    }

    std::optional<Counting> find_counting(const Cfg& cfg, LoopId id) const {
        const Loop& loop = cfg.loops()[id];
        const Inst& last = fn_.terminator(loop.latches[0]);
        if (last.op != Op::Branch || fn_.targets_of(last)[0].block != loop.header || fn_.targets_of(last)[1].block == loop.header) return {};
        const Inst* compare = find_def(fn_, fn_.operands_of(last)[0]);
        if (!compare || compare->op != Op::ICmp || static_cast<Cond>(compare->aux) != Cond::Lt) return {};
        Counting c;
        c.next = fn_.operands_of(*compare)[0];
        c.end = fn_.operands_of(*compare)[1];
        const Value& end = fn_.values[c.end];
        std::int64_t unused = 0;
        if (!find_const(fn_, c.end, unused) && cfg.contains(id, end.inst.is_valid() ? fn_.insts[end.inst].block : end.block)) return {};
        const auto& params = fn_.blocks[loop.header].params;
        const auto at = std::ranges::find_if(params, [&](ValueId p) { return is_one_more(c.next, p); });
        if (at == params.end()) return {};
        c.counter = *at;
        const auto p = static_cast<std::size_t>(at - params.begin());
        c.start = fn_.args_of(fn_.targets_of(fn_.terminator(loop.preheader))[0])[p];
        if (const auto before = cfg.predecessors(loop.preheader); before.size() == 1)
            for (const Target& target : fn_.targets_of(fn_.terminator(before[0])))
                if (target.block == loop.preheader) c.start = given(target, c.start);
        if (fn_.args_of(fn_.targets_of(last)[0])[p] != c.next) return {};
        return c;
    }
    bool is_one_more(ValueId value, ValueId than) const {
        const Inst* add = find_def(fn_, value);
        std::int64_t one = 0;
        return add && add->type == Scalar::I64 && (add->op == Op::Add || add->op == Op::WrapAdd) && fn_.operands_of(*add)[0] == than &&
               find_const(fn_, fn_.operands_of(*add)[1], one) && one == 1;
    }
    bool is_one_less(ValueId value, ValueId than) const {
        std::int64_t a = 0, b = 0;
        if (find_const(fn_, value, a) && find_const(fn_, than, b)) return b != min_of(Scalar::I64) && a == b - 1;
        const Inst* sub = find_def(fn_, value);
        return sub && (sub->op == Op::Sub || sub->op == Op::WrapSub) && fn_.operands_of(*sub)[0] == than &&
               find_const(fn_, fn_.operands_of(*sub)[1], a) && a == 1;
    }
    bool is_same(ValueId a, ValueId b) const {
        std::int64_t x = 0, y = 0;
        return a == b || (find_const(fn_, a, x) && find_const(fn_, b, y) && x == y);
    }

    // The round in which the condition is another than in all others.
    Round differs(const Counting& c, ValueId condition) const {
        const Inst* compare = find_def(fn_, condition);
        if (!compare || compare->op != Op::ICmp) return None;
        ValueId asked = fn_.operands_of(*compare)[0], other = fn_.operands_of(*compare)[1];
        auto cond = static_cast<Cond>(compare->aux);
        if (other == c.counter || is_one_more(other, c.counter)) {
            std::swap(asked, other);
            cond = swapped(cond);
        }
        if (is_one_more(asked, c.counter)) return (cond == Cond::Eq || cond == Cond::Ne || cond == Cond::Lt || cond == Cond::Ge) && is_same(other, c.end) ? Last : None;
        if (asked != c.counter) return None;
        const bool is_equality = cond == Cond::Eq || cond == Cond::Ne;
        if ((is_equality || cond == Cond::Gt || cond == Cond::Le) && is_same(other, c.start)) return First;
        if ((cond == Cond::Ge || cond == Cond::Lt) && is_one_less(c.start, other)) return First;
        return (is_equality || cond == Cond::Lt || cond == Cond::Ge) && is_one_less(other, c.end) ? Last : None;
    }

    // Whether start < end is known, so that neither end - 1 nor the last round's sum wraps.
    bool starts_below(const Cfg& cfg, const Loop& loop, const Counting& c) const {
        std::int64_t start = 0, end = 0;
        if (find_const(fn_, c.start, start) && find_const(fn_, c.end, end)) return start < end;
        BlockId block = loop.preheader;
        ValueId from = c.start, to = c.end;
        for (unsigned i = 0; i < guard_distance && cfg.predecessors(block).size() == 1; ++i) {
            const BlockId before = cfg.predecessors(block)[0];
            const Inst& last = fn_.terminator(before);
            for (const Target& target : fn_.targets_of(last)) {
                if (target.block != block) continue;
                from = given(target, from);
                to = given(target, to);
            }
            const Inst* compare = last.op == Op::Branch ? find_def(fn_, fn_.operands_of(last)[0]) : nullptr;
            if (compare && compare->op == Op::ICmp && fn_.targets_of(last)[0].block != fn_.targets_of(last)[1].block) {
                auto cond = static_cast<Cond>(compare->aux);
                ValueId a = fn_.operands_of(*compare)[0], b = fn_.operands_of(*compare)[1];
                if (fn_.targets_of(last)[0].block != block) cond = inverted(cond);
                if (cond == Cond::Gt) {
                    std::swap(a, b);
                    cond = Cond::Lt;
                }
                if (cond == Cond::Lt && is_same(a, from) && is_same(b, to)) return true;
            }
            block = before;
        }
        return false;
    }

    // What a parameter of the target's block is by this way; any other value is itself.
    ValueId given(const Target& target, ValueId value) const {
        const Value& v = fn_.values[value];
        return !v.inst.is_valid() && v.block == target.block ? fn_.args_of(target)[v.index] : value;
    }

    bool peel_first(const Cfg& cfg, LoopId id) {
        const BlockId header = cfg.loops()[id].header, preheader = cfg.loops()[id].preheader;
        const BlockId copy = copy_loop(fn_, cfg, id);
        if (!copy.is_valid()) return false;
        retarget(preheader, header, copy);
        retarget(latch_of_copy(fn_, copy), copy, header);
        return true;
    }

    // loop while next < end - 1, then the copy.
    bool peel_last(const Cfg& cfg, LoopId id, const Counting& c) {
        const BlockId header = cfg.loops()[id].header, preheader = cfg.loops()[id].preheader, latch = cfg.loops()[id].latches[0];
        const BlockId copy = copy_loop(fn_, cfg, id);
        if (!copy.is_valid()) return false;
        const BlockId end = latch_of_copy(fn_, copy);
        const std::uint32_t counter = fn_.values[c.counter].index;
        Builder b(module_, fn_);

        // In the copy no round follows.
        const Target out = fn_.targets_of(fn_.terminator(end))[1];
        reopen(b, end);
        const std::vector<ValueId> out_args(fn_.args_of(out).begin(), fn_.args_of(out).end());
        b.jump(out.block, out_args);

        const Target way_in = fn_.targets_of(fn_.terminator(preheader))[0];
        const std::vector<ValueId> start_args(fn_.args_of(way_in).begin(), fn_.args_of(way_in).end());
        reopen(b, preheader);
        const ValueId last = before(b, c.end);
        std::vector<ValueId> last_args = start_args; // start + 1 = end, if it is not below
        last_args[counter] = last;
        b.branch(b.compare(Op::ICmp, Cond::Lt, c.start, last), header, start_args, copy, last_args);

        const Target back = fn_.targets_of(fn_.terminator(latch))[0];
        const std::vector<ValueId> back_args(fn_.args_of(back).begin(), fn_.args_of(back).end());
        reopen(b, latch);
        std::int64_t constant = 0;
        const ValueId limit = find_const(fn_, c.end, constant) ? before(b, c.end) : last;
        last_args = back_args;
        last_args[counter] = limit;
        b.branch(b.compare(Op::ICmp, Cond::Lt, c.next, limit), header, back_args, copy, last_args);
        return true;
    }
    ValueId before(Builder& b, ValueId end) {
        std::int64_t constant = 0;
        if (find_const(fn_, end, constant)) return b.const_int(Scalar::I64, constant - 1);
        const ValueId less = b.binary(Op::Sub, Scalar::I64, end, b.const_int(Scalar::I64, 1));
        fn_.insts[fn_.values[less].inst].flags |= NoTrap;
        return less;
    }
    // Takes a block's terminator away.
    void reopen(Builder& b, BlockId block) {
        const InstId last = fn_.blocks[block].insts.back();
        b.set_loc(fn_.insts[last].loc);
        remove_inst(fn_, last);
        b.set_block(block);
    }
    void retarget(BlockId block, BlockId from, BlockId to) {
        for (Target& target : fn_.targets_of(fn_.insts[fn_.blocks[block].insts.back()]))
            if (target.block == from) target.block = to;
    }

    Module& module_;
    Function& fn_;
    bool changed_ = false;
};

// Whether any block of a loop asks for a counter.
bool has_candidates(const Function& fn) {
    const Cfg cfg(fn);
    for (const Loop& loop : cfg.loops()) {
        if (loop.blocks.size() < 3) continue;
        for (BlockId block : loop.blocks) {
            const Inst& last = fn.terminator(block);
            const Inst* compare = last.op == Op::Branch ? find_def(fn, fn.operands_of(last)[0]) : nullptr;
            if (!compare || compare->op != Op::ICmp || block == loop.latches[0]) continue;
            const auto& params = fn.blocks[loop.header].params;
            for (ValueId v : fn.operands_of(*compare)) {
                const Inst* add = find_def(fn, v);
                const ValueId base = add && add->operands.count == 2 ? fn.operands_of(*add)[0] : v;
                if (std::ranges::find(params, base) != params.end()) return true;
            }
        }
    }
    return false;
}

} // namespace

bool peel(Module& module, Function& fn) {
    if (!has_candidates(fn)) return false;
    return with_preheaders(fn, [&] { return Peel(module, fn).run(); }) && (clean_blocks(fn), true);
}

} // namespace tn::opt
