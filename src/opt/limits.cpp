// Loops whose counter is tested somewhere in each round poll where that test fails, not in every round.
//
//     loop(i):     poll; bounds i, n; ...; branch c, loop(i + 1), done
// becomes
//     loop(i, l):  poll inlined; branch i < l, more(l), slow
//     slow:        poll unpaid; bounds i, n; jump more(min(n, i + rounds))
//     more(m):     ...; branch c, loop(i + 1, m), done
//
// with the first l in front of the loop, and likewise where `branch i < n` leaves the loop. The rounds are paid for as before. Where
// they are known to be few there is no limit, and outer loops of few rounds do not poll either. Tests in latches are for `strips`.
#include "ir/builder.h"
#include "ir/uses.h"
#include "opt/loops.h"
#include "opt/passes.h"
#include "opt/ranges.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::int64_t rounds_per_poll = 2048; // about
constexpr std::int64_t max_outer_rounds = 64;
constexpr std::int64_t max_nest_rounds = 4 * rounds_per_poll; // of all loops around that do not poll
constexpr std::size_t max_insts = 150;
constexpr std::int64_t max_step = 64;
constexpr std::int64_t max_short_end = 1 << 20; // of loops that may have few rounds

// What every round asks of the counter.
struct Test {
    BlockId block;
    InstId inst; // Bounds, or the branch
    ValueId tested, end;
    unsigned counter = 0;    // which parameter of the header
    std::int64_t ahead = 0;  // tested = counter + ahead
    Cond cond = Cond::Lt;    // tested `cond` end goes on
    unsigned stay = 0;       // target of the branch
    bool is_bounds = false;
    bool starts_low = false; // near 0: the first limit does not depend on where
    std::int64_t rounds = 0; // at most, if known to be few
};

class Limits {
public:
    Limits(Module& module, Function& fn) : module_(module), fn_(fn), ranges_(fn), cfg_(ranges_.cfg()) {}

    bool run() {
        const auto& loops = cfg_.loops();
        std::vector<std::int64_t> inside(loops.size(), 1); // rounds of inner loops without a poll
        std::vector<bool> has_inner(loops.size(), false);
        std::vector<std::pair<LoopId, Test>> found;
        for (std::uint32_t l = static_cast<std::uint32_t>(loops.size()); l-- > 0;) {
            const Loop& loop = loops[LoopId(l)];
            std::int64_t rounds = visit(LoopId(l), has_inner[l], inside[l], found);
            if (loop.parent.is_valid()) {
                has_inner[loop.parent.index()] = true;
                inside[loop.parent.index()] = std::max(inside[loop.parent.index()], rounds);
            }
        }
        for (const auto& [loop, test] : found) change(loops[loop], test);
        return changed_;
    }

private:
    // How many rounds may go by without a poll, the inner loops' included.
    std::int64_t visit(LoopId id, bool has_inner, std::int64_t inside, std::vector<std::pair<LoopId, Test>>& found) {
        const Loop& loop = cfg_.loops()[id];
        std::vector<InstId> polls;
        bool polls_strips = false;
        const bool is_quick = find_polls(id, polls, polls_strips);
        if (polls_strips) return inside;
        if (polls.empty()) return std::min(inside, max_nest_rounds) * rounds_per_poll;
        Test test;
        if ((!has_inner && !is_quick) || loop.latches.size() != 1 || !loop.preheader.is_valid() || loop.header == fn_.entry() || !find_test(id, test))
            return inside;
        const bool few = test.rounds > 0 && (!has_inner || test.rounds <= max_outer_rounds) && test.rounds * inside <= max_nest_rounds;
        if (!few) {
            const bool in_latch = !test.is_bounds && test.block == loop.latches[0];
            if (has_inner || in_latch || !can_start(loop, test)) return inside;
            found.emplace_back(id, test);
        }
        for (InstId poll : polls) fn_.insts[poll].aux = 1;
        changed_ = true;
        return few ? test.rounds * inside : rounds_per_poll;
    }

    // The polls of every round; true if nothing in the loop may take long.
    bool find_polls(LoopId id, std::vector<InstId>& polls, bool& polls_strips) const {
        const Loop& loop = cfg_.loops()[id];
        bool is_quick = true;
        std::size_t count = 0;
        for (BlockId block : loop.blocks) {
            if (fn_.blocks[block].cold) continue;
            for (InstId inst_id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[inst_id];
                is_quick = is_quick && ++count <= max_insts && !is_call(inst.op);
                switch (inst.op) {
                case Op::CallRuntime:
                case Op::Release:
                case Op::Unique:
                case Op::UniqueAt:
                case Op::ListNew:
                case Op::BoxNew: is_quick = false; break;
                case Op::Poll:
                    if (inst.aux != 0 || cfg_.loop_of(block) != id) break;
                    if (inst.operands.count != 0) polls_strips = true;
                    else polls.push_back(inst_id);
                    break;
                default: break;
                }
            }
        }
        return is_quick;
    }

    bool is_inside(LoopId loop, ValueId value) const {
        const Value& v = fn_.values[value];
        return cfg_.contains(loop, v.inst.is_valid() ? fn_.insts[v.inst].block : v.block);
    }
    bool stays(LoopId loop, ValueId value) const {
        std::int64_t unused;
        return find_const(fn_, value, unused) || !is_inside(loop, value);
    }

    bool find_test(LoopId id, Test& best) {
        const Loop& loop = cfg_.loops()[id];
        bool any = false;
        auto take = [&](const Test& test) {
            if (!any || (best.rounds == 0 && test.rounds > 0)) best = test;
            any = true;
        };
        for (BlockId block : loop.blocks) {
            if (cfg_.loop_of(block) != id || !cfg_.dominates(block, loop.latches[0])) continue;
            Test test;
            test.block = block;
            for (InstId inst_id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[inst_id];
                if (inst.op != Op::Bounds || (inst.flags & NoTrap)) continue;
                test.inst = inst_id;
                test.is_bounds = true;
                test.tested = fn_.operands_of(inst)[0];
                test.end = fn_.operands_of(inst)[1];
                if (counts(id, test)) take(test);
            }
            if (find_branch(id, test) && counts(id, test)) take(test);
        }
        return any;
    }
    bool find_branch(LoopId id, Test& test) const {
        test.is_bounds = false;
        test.inst = fn_.blocks[test.block].insts.back();
        const Inst& last = fn_.insts[test.inst];
        if (last.op != Op::Branch) return false;
        const auto targets = fn_.targets_of(last);
        const bool first = cfg_.contains(id, targets[0].block);
        if (first == cfg_.contains(id, targets[1].block)) return false;
        test.stay = first ? 0 : 1;
        const Inst* compare = find_def(fn_, fn_.operands_of(last)[0]);
        if (!compare || compare->op != Op::ICmp) return false;
        test.tested = fn_.operands_of(*compare)[0];
        test.end = fn_.operands_of(*compare)[1];
        test.cond = static_cast<Cond>(compare->aux);
        if (!first) test.cond = inverted(test.cond);
        if (stays(id, test.tested)) {
            std::swap(test.tested, test.end);
            test.cond = swapped(test.cond);
        }
        return test.cond == Cond::Lt || test.cond == Cond::Le;
    }

    // What is tested goes up with the counter and cannot pass the end by wrapping around.
    bool counts(LoopId id, Test& test) {
        const Loop& loop = cfg_.loops()[id];
        if (fn_.values[test.tested].type != Scalar::I64 || !stays(id, test.end)) return false;
        const auto& params = fn_.blocks[loop.header].params;
        const auto next = fn_.args_of(back_edge(loop));
        ValueId value = test.tested;
        test.ahead = 0;
        bool is_next = false;
        for (int part = 0; part < 3 && fn_.values[value].inst.is_valid(); ++part) {
            const Inst& sum = fn_.insts[fn_.values[value].inst];
            std::int64_t c = 0;
            if ((sum.op != Op::Add && sum.op != Op::WrapAdd && sum.op != Op::Sub && sum.op != Op::WrapSub) || !find_const(fn_, fn_.operands_of(sum)[1], c) ||
                c < -max_step || c > max_step)
                return false;
            is_next = is_next || std::ranges::find(next, value) != next.end();
            test.ahead += sum.op == Op::Add || sum.op == Op::WrapAdd ? c : -c;
            value = fn_.operands_of(sum)[0];
        }
        const auto at = std::ranges::find(params, value);
        if (at == params.end()) return false;
        test.counter = static_cast<unsigned>(at - params.begin());
        const Inst* add = find_def(fn_, next[test.counter]);
        std::int64_t step = 0;
        if (!add || (add->op != Op::Add && add->op != Op::WrapAdd) || fn_.operands_of(*add)[0] != value ||
            !find_const(fn_, fn_.operands_of(*add)[1], step) || step < 1 || step > max_step)
            return false;
        if (!test.is_bounds) {
            if (test.ahead != 0 && !(is_next && test.ahead == step)) return false;
            if (add->op == Op::WrapAdd && (step != 1 || test.cond != Cond::Lt)) return false;
        }
        const Ranges::Point start{loop.preheader, 0, 0};
        test.rounds = 0;
        const auto end = ranges_.interval(test.end, start).high;
        if (end > max_short_end) return true; // the start is not asked for, which takes longer
        const auto rounds = (end - first(loop, test).low) / step + 2;
        if (rounds < rounds_per_poll) test.rounds = static_cast<std::int64_t>(std::max<Ranges::Wide>(rounds, 1));
        return true;
    }
    Target back_edge(const Loop& loop) const {
        for (const Target& target : successors(fn_, loop.latches[0]))
            if (target.block == loop.header) return target;
        return {};
    }
    ValueId entering(const Loop& loop, const Test& test) const { return fn_.args_of(successors(fn_, loop.preheader)[0])[test.counter]; }
    // What the first round tests. Sums of it wrap only where the bounds test of the first round sees it.
    Ranges::Interval first(const Loop& loop, const Test& test) {
        auto range = ranges_.interval(entering(loop, test), {loop.preheader, 0, 0});
        range.low += test.ahead;
        range.high += test.ahead;
        return range;
    }
    bool can_start(const Loop& loop, Test& test) {
        std::int64_t unused;
        if (!test.is_bounds && !find_const(fn_, entering(loop, test), unused)) return true;
        const auto range = first(loop, test);
        test.starts_low = range.low >= 0 && range.high <= rounds_per_poll / 2;
        return !test.is_bounds || (range.low >= 0 && range.high <= max_of(Scalar::I64) / 2);
    }

    ValueId place(BlockId block, Inst inst, std::span<const ValueId> operands) {
        Rewriter rewriter(fn_);
        inst.block = block;
        const InstId id = rewriter.make(inst, operands);
        auto& insts = fn_.blocks[block].insts;
        insts.insert(insts.end() - 1, id);
        return fn_.result(id);
    }
    ValueId visible(Builder& b, ValueId value) const {
        std::int64_t c;
        return find_const(fn_, value, c) ? b.const_int(fn_.values[value].type, c) : value;
    }
    // The limit of a strip that begins at `from`; never beyond the end.
    ValueId limit(Builder& b, const Test& test, ValueId from) {
        const ValueId end = visible(b, test.end);
        const ValueId reach = b.binary(Op::WrapAdd, Scalar::I64, from, b.const_int(Scalar::I64, rounds_per_poll));
        return b.select(b.compare(Op::ICmp, Cond::Lt, reach, end), reach, end);
    }
    // A limit that was not reached says that the test holds: of an index, that it is not negative either.
    ValueId compare(Builder& b, const Test& test, ValueId end) {
        if (!test.is_bounds) return b.compare(Op::ICmp, test.cond, test.tested, end);
        return b.compare(Op::ICmp, Cond::Lt, b.bitcast(Scalar::U64, test.tested), b.bitcast(Scalar::U64, end));
    }
    void change(const Loop& loop, const Test& test) {
        Builder b(module_, fn_);
        const BlockId slow = b.make_block(true), more = b.make_block();
        const ValueId kept = b.add_param(more, Scalar::I64, Ownership::Borrowed);
        const LocId loc = fn_.insts[test.inst].loc;
        b.set_loc(loc);

        // In front of the loop, or of one around it.
        BlockId front = loop.preheader;
        for (LoopId outer = loop.parent; test.starts_low && outer.is_valid() && cfg_.loops()[outer].preheader.is_valid() && stays(outer, test.end);
             outer = cfg_.loops()[outer].parent)
            front = cfg_.loops()[outer].preheader;
        const InstId jump = fn_.blocks[front].insts.back();
        fn_.blocks[front].insts.pop_back();
        b.set_block(front);
        ValueId from = test.starts_low ? b.const_int(Scalar::I64, 0) : fn_.args_of(fn_.targets_of(fn_.insts[jump])[0])[test.counter];
        if (!test.starts_low && test.ahead != 0) from = b.binary(Op::WrapAdd, Scalar::I64, from, b.const_int(Scalar::I64, test.ahead));
        const ValueId start = limit(b, test, from);
        fn_.blocks[front].insts.push_back(jump);
        const ValueId param = b.add_param(loop.header, Scalar::I64, Ownership::Borrowed);
        b.add_argument(loop.preheader, loop.header, start);

        auto& insts = fn_.blocks[test.block].insts;
        const auto at = static_cast<std::size_t>(std::ranges::find(insts, test.inst) - insts.begin());
        std::vector<InstId> rest(insts.begin() + static_cast<std::ptrdiff_t>(at) + 1, insts.end());
        insts.resize(at);
        BlockId latch = loop.latches[0];
        Inst poll;
        poll.op = Op::Poll;
        poll.aux = 2;
        poll.loc = loc;
        if (test.is_bounds) {
            for (InstId id : rest) fn_.insts[id].block = more;
            fn_.blocks[more].insts = std::move(rest);
            if (test.block == latch) latch = more;
            b.set_block(slow);
            b.append(poll, {});
            fn_.insts[test.inst].block = slow;
            fn_.blocks[slow].insts.push_back(test.inst);
            const ValueId next = limit(b, test, test.tested);
            b.jump(more, {&next, 1});
        } else {
            const Target stay = fn_.targets_of(fn_.insts[test.inst])[test.stay], leave = fn_.targets_of(fn_.insts[test.inst])[1 - test.stay];
            const std::vector<ValueId> stay_args(fn_.args_of(stay).begin(), fn_.args_of(stay).end());
            const std::vector<ValueId> leave_args(fn_.args_of(leave).begin(), fn_.args_of(leave).end());
            fn_.blocks[slow].cold = false; // the way out
            const BlockId again = b.make_block(true);
            b.set_block(slow);
            b.branch(compare(b, test, visible(b, test.end)), again, {}, leave.block, leave_args, Unlikely);
            b.set_block(again);
            b.append(poll, {});
            const ValueId next = limit(b, test, test.tested);
            b.jump(more, {&next, 1});
            b.set_block(more);
            b.jump(stay.block, stay_args);
        }
        b.set_block(test.block);
        b.branch(compare(b, test, param), more, {&param, 1}, slow, {}, Likely);
        b.add_argument(latch, loop.header, kept);
    }

    Module& module_;
    Function& fn_;
    Ranges ranges_;
    const Cfg& cfg_;
    bool changed_ = false;
};

// Whether a loop polls in its rounds otherwise than behind a strip of them.
bool has_candidates(const Function& fn) {
    const Cfg cfg(fn);
    std::vector<std::uint8_t> polls(cfg.loops().size(), false), polls_strips(cfg.loops().size(), false);
    for (BlockId block : cfg.order()) {
        const LoopId loop = cfg.loop_of(block);
        if (!loop.is_valid() || fn.blocks[block].cold) continue;
        for (InstId id : fn.blocks[block].insts) {
            const Inst& inst = fn.insts[id];
            if (inst.op == Op::Poll && inst.aux == 0) (inst.operands.count != 0 ? polls_strips : polls)[loop.index()] = true;
        }
    }
    for (std::size_t l = 0; l < polls.size(); ++l)
        if (polls[l] && !polls_strips[l]) return true;
    return false;
}

} // namespace

bool limits(Module& module, Function& fn) {
    if (!has_candidates(fn)) return false;
    return with_preheaders(fn, [&] { return Limits(module, fn).run(); });
}

} // namespace tn::opt
