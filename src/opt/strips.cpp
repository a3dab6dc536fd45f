// Inner loops that count run in strips of some thousand rounds: one poll stands between two strips, none in one.
//
//     loop(i):  ...; poll; j = i + s; branch j < n, loop(j), done
// becomes
//     head(i):  limit = min(n, i + s * rounds); jump loop(i)
//     loop(i):  ...; j = i + s; branch j < limit, loop(j), tail
//     tail:     branch j < n, more, last
//     more:     poll i, j, s; jump head(j)
//     last:     poll inlined i, j, s; jump done      (who does not go on has only rounds to pay)
//
// Any limit up to n is right, since the tail asks again; one that wraps is not taken. Where the rounds are known
// to be few there is neither head nor tail. A loop that counts down is treated alike, with everything the other way
// round. Left alone: loops that call or that free, which may take their time, loops with a second way out, which would
// leave without paying for their rounds, and counters that may wrap or stand still. Of those it is only asked whether the
// next round is one more, not whether this one is the last.
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

constexpr std::int64_t rounds_per_strip = 2048;
constexpr std::size_t max_insts = 150;

struct Strip {
    LoopId loop;
    BlockId latch;
    InstId compare;
    std::vector<InstId> polls; // of every round: the loop's own and those of calls inlined into it
    unsigned counter = 0;      // which parameter of the header
    ValueId next, step;        // the counter's next value, and what is added, or subtracted
    bool goes_down = false;
    ValueId end;
    std::int64_t ahead = 0; // of what is compared: counter + ahead
    Cond cond = Cond::Lt; // compared + ahead `cond` end goes on
    bool compares_next = false;
    bool is_short = false; // never more rounds than a strip has
};

class Strips {
public:
    Strips(Module& module, Function& fn) : module_(module), fn_(fn), ranges_(fn) {}

    bool run() {
        const Cfg& cfg = ranges_.cfg();
        std::vector<bool> has_inner(cfg.loops().size(), false);
        for (std::uint32_t l = 0; l < cfg.loops().size(); ++l)
            if (const LoopId parent = cfg.loops()[LoopId(l)].parent; parent.is_valid())
                has_inner[parent.index()] = true;
        std::vector<Strip> found;
        bool asked = false;
        for (std::uint32_t l = 0; l < cfg.loops().size(); ++l) {
            Strip strip;
            strip.loop = LoopId(l);
            if (!has_inner[l] && find(strip)) found.push_back(strip);
            else asked |= ask_about_next(cfg.loops()[LoopId(l)]);
        }
        for (const Strip& strip : found) change(strip);
        return asked || !found.empty();
    }

private:
    const Loop& loop_of(const Strip& strip) const { return ranges_.cfg().loops()[strip.loop]; }
    bool is_outside(const Strip& strip, ValueId value) const {
        const Value& v = fn_.values[value];
        return !ranges_.cfg().contains(strip.loop, v.inst.is_valid() ? fn_.insts[v.inst].block : v.block);
    }

    // Other loops that go on while i < n, with j = i + 1 for i: while j <= n, so that i and j can have one register.
    bool ask_about_next(const Loop& loop) {
        if (loop.latches.size() != 1) return false;
        const BlockId latch = loop.latches[0];
        const Inst& last = fn_.terminator(latch);
        if (last.op != Op::Branch || fn_.targets_of(last)[0].block != loop.header) return false;
        const Inst* compare = find_def(fn_, fn_.operands_of(last)[0]);
        if (!compare || compare->op != Op::ICmp || static_cast<Cond>(compare->aux) != Cond::Lt) return false;
        const ValueId counter = fn_.operands_of(*compare)[0], end = fn_.operands_of(*compare)[1];
        const Value& v = fn_.values[counter];
        if (v.inst.is_valid() || v.block != loop.header || !is_integer(v.type)) return false;
        const ValueId next = fn_.args_of(fn_.targets_of(last)[0])[v.index];
        const Inst* add = find_def(fn_, next);
        std::int64_t step = 0;
        if (!add || (add->op != Op::WrapAdd && add->op != Op::Add) || fn_.operands_of(*add)[0] != counter ||
            !find_const(fn_, fn_.operands_of(*add)[1], step) || step != 1 ||
            ranges_.interval(counter, {latch, static_cast<std::uint32_t>(fn_.blocks[latch].insts.size()) - 1, -1}).high + 1 >
                max_of(v.type))
            return false;
        compare_at_end(latch, *compare, Cond::Le, next, end);
        return true;
    }
    // Lets the last branch of the block go by such a comparison.
    void compare_at_end(BlockId block, Inst compare, Cond cond, ValueId a, ValueId b) {
        compare.aux = static_cast<std::uint32_t>(cond);
        const ValueId both[] = {a, b};
        Rewriter rewriter(fn_);
        const InstId test = rewriter.make(compare, both);
        fn_.insts[test].block = block;
        auto& insts = fn_.blocks[block].insts;
        insts.insert(insts.end() - 1, test);
        fn_.operands_of(fn_.insts[insts.back()])[0] = fn_.result(test);
    }

    // What it pays in every round, and nothing that may take long.
    bool find_polls(Strip& strip) const {
        const Loop& loop = loop_of(strip);
        std::size_t count = 0;
        bool is_polled = false;
        for (BlockId block : loop.blocks) {
            if (fn_.blocks[block].cold) continue;
            for (InstId id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[id];
                if (++count > max_insts || is_call(inst.op)) return false;
                switch (inst.op) {
                case Op::CallRuntime:
                case Op::Release:
                case Op::Unique:
                case Op::UniqueAt:
                case Op::ListNew:
                case Op::BoxNew: return false;
                case Op::Poll:
                    if (ranges_.cfg().dominates(block, strip.latch) && inst.operands.count == 0) {
                        is_polled |= inst.aux == 0;
                        strip.polls.push_back(id);
                    } else if (inst.aux == 0) {
                        return false;
                    }
                    break;
                default: break;
                }
            }
        }
        return is_polled;
    }

    bool find(Strip& strip) {
        const Loop& loop = loop_of(strip);
        if (loop.latches.size() != 1 || loop.header == fn_.entry() || !loop.preheader.is_valid())
            return false;
        strip.latch = loop.latches[0];
        const Inst& last = fn_.terminator(strip.latch);
        if (last.op != Op::Branch || fn_.targets_of(last)[0].block != loop.header ||
            ranges_.cfg().contains(strip.loop, fn_.targets_of(last)[1].block))
            return false;
        for (BlockId block : loop.blocks) {
            if (block == strip.latch) continue;
            for (const Target& target : successors(fn_, block))
                if (!ranges_.cfg().contains(strip.loop, target.block) && !fn_.blocks[target.block].cold)
                    return false;
        }
        return find_polls(strip) && find_counter(strip, fn_.operands_of(last)[0]);
    }

    bool find_counter(Strip& strip, ValueId condition) {
        const Value& value = fn_.values[condition];
        if (!value.inst.is_valid()) return false;
        const Inst& compare = fn_.insts[value.inst];
        if (compare.op != Op::ICmp || fn_.values[fn_.operands_of(compare)[0]].type == Scalar::Bool)
            return false;
        strip.compare = value.inst;
        ValueId compared = fn_.operands_of(compare)[0];
        strip.end = fn_.operands_of(compare)[1];
        strip.cond = static_cast<Cond>(compare.aux);
        if (is_outside_or_constant(strip, compared)) {
            std::swap(compared, strip.end);
            strip.cond = swapped(strip.cond);
        }
        strip.goes_down = strip.cond == Cond::Gt || strip.cond == Cond::Ge;
        if (strip.cond == Cond::Eq || strip.cond == Cond::Ne || !is_integer(fn_.values[compared].type) ||
            !is_outside_or_constant(strip, strip.end))
            return false;
        if (!strip.goes_down) take_ahead(strip, compared);
        const Loop& loop = loop_of(strip);
        const auto& params = fn_.blocks[loop.header].params;
        const auto args = fn_.args_of(fn_.targets_of(fn_.terminator(strip.latch))[0]);
        for (strip.counter = 0; strip.counter < params.size(); ++strip.counter) {
            strip.next = args[strip.counter];
            strip.compares_next = compared == strip.next;
            if (strip.compares_next || compared == params[strip.counter])
                return counts(strip, params[strip.counter]);
        }
        return false;
    }

    // i + 2 < n is i < n - 2 where neither wraps.
    void take_ahead(Strip& strip, ValueId& compared) {
        const Inst* add = find_def(fn_, compared);
        std::int64_t c = 0;
        if (!add || add->op != Op::Add || !(add->flags & NoTrap) || !find_const(fn_, fn_.operands_of(*add)[1], c) || c <= 0 ||
            !ranges_.cfg().contains(strip.loop, add->block))
            return;
        const ValueId sum = fn_.operands_of(*add)[0];
        const auto args = fn_.args_of(fn_.targets_of(fn_.terminator(strip.latch))[0]);
        if (std::ranges::find(args, compared) != args.end()) return; // a counter itself
        const auto end = ranges_.interval(strip.end, {loop_of(strip).preheader, 0, 0});
        if (end.low - c < min_of(add->type) || end.high - c > max_of(add->type)) return;
        compared = sum;
        strip.ahead = c;
    }

    // next = counter + step, or counter - step, a step towards the end that does not wrap.
    bool counts(Strip& strip, ValueId counter) {
        const Inst* add = find_def(fn_, strip.next);
        const bool down = strip.goes_down;
        if (!add || (add->op != (down ? Op::Sub : Op::Add) && add->op != (down ? Op::WrapSub : Op::WrapAdd))) return false;
        const auto operands = fn_.operands_of(*add);
        if (operands[0] != counter || !is_outside_or_constant(strip, operands[1])) return false;
        strip.step = operands[1];
        const Ranges::Point start{loop_of(strip).preheader, 0, 0}, at{strip.latch, 0, -1};
        const auto step = ranges_.interval(strip.step, start);
        const ValueId from =
            fn_.args_of(fn_.targets_of(fn_.terminator(loop_of(strip).preheader))[0])[strip.counter];
        const ValueId low = down ? strip.end : from, high = down ? from : strip.end;
        const auto distance = ranges_.interval(high, start).high - ranges_.interval(low, start).low;
        if (step.low < 1) return false;
        strip.is_short = strip.ahead == 0 && distance <= (rounds_per_strip - 2) * step.low;
        if (!strip.is_short && step.high > max_of(add->type) / rounds_per_strip) return false;
        const bool by_one = step.low == 1 && step.high == 1;
        const bool tests_counter = !strip.compares_next && (strip.cond == Cond::Lt || strip.cond == Cond::Gt) && by_one;
        const auto range = ranges_.interval(counter, at);
        const bool wraps = (add->op == Op::WrapAdd && range.high + step.high > max_of(add->type)) ||
                           (add->op == Op::WrapSub && range.low - step.high < min_of(add->type));
        // Going on from i < n it cannot wrap, whatever it does on the way out.
        if (wraps && !(tests_counter && bits_of(add->type) == 64)) return false;
        // i < n is j <= n where j = i + 1: i need not live on.
        if (tests_counter && !wraps) {
            strip.compares_next = true;
            strip.cond = strip.goes_down ? Cond::Ge : Cond::Le;
        }
        return true;
    }
    // Constants may stand inside; they are made again where they are needed.
    bool is_outside_or_constant(const Strip& strip, ValueId value) const {
        std::int64_t unused;
        return find_const(fn_, value, unused) || is_outside(strip, value);
    }
    ValueId visible(Builder& b, ValueId value) const {
        std::int64_t c;
        return find_const(fn_, value, c) ? b.const_int(fn_.values[value].type, c) : value;
    }

    void change(const Strip& strip) {
        const Loop loop = loop_of(strip);
        Builder b(module_, fn_);
        Inst poll = fn_.insts[strip.polls.back()];
        poll.aux = 0;
        poll.imm = static_cast<std::int64_t>(strip.polls.size());
        b.set_loc(poll.loc);
        for (InstId id : strip.polls) remove_inst(fn_, id);

        const Scalar type = fn_.values[strip.next].type;
        const Target again = fn_.targets_of(fn_.terminator(strip.latch))[0];
        const Target done = fn_.targets_of(fn_.terminator(strip.latch))[1];
        const ValueId counter = fn_.blocks[loop.header].params[strip.counter];
        const BlockId tail = b.make_block();
        ValueId start = fn_.args_of(fn_.targets_of(fn_.terminator(loop.preheader))[0])[strip.counter];
        BlockId head;
        ValueId limit, end;
        if (!strip.is_short) {
            head = b.make_block();
            std::vector<ValueId> params;
            for (std::uint32_t i = 0; i < fn_.blocks[loop.header].params.size(); ++i) {
                const Value param = fn_.values[fn_.blocks[loop.header].params[i]];
                params.push_back(b.add_param(head, param.type, param.ownership));
            }
            fn_.targets_of(fn_.insts[fn_.blocks[loop.preheader].insts.back()])[0].block = head;
            b.set_block(head);
            start = params[strip.counter];
            end = visible(b, strip.end);
            if (strip.ahead != 0) end = b.binary(Op::WrapSub, type, end, b.const_int(type, strip.ahead));
            const ValueId stride =
                b.binary(Op::WrapMul, type, visible(b, strip.step), b.const_int(type, rounds_per_strip));
            const ValueId reach = b.binary(strip.goes_down ? Op::WrapSub : Op::WrapAdd, type, start, stride);
            // Where the sum wraps the strip is one round long: what decides is the comparison behind it.
            limit = b.select(b.compare(Op::ICmp, strip.goes_down ? Cond::Gt : Cond::Lt, reach, end), reach, end);
            b.jump(loop.header, params);
        }

        // The tail takes the places of the loop's last branch.
        b.set_block(tail);
        b.set_loc(fn_.terminator(strip.latch).loc);
        const ValueId compared = strip.compares_next ? strip.next : counter;
        ValueId rounds[] = {start, strip.next, visible(b, strip.step)};
        if (strip.goes_down) std::swap(rounds[0], rounds[1]); // rounds are (to - from) / step
        const std::vector<ValueId> again_args(fn_.args_of(again).begin(), fn_.args_of(again).end());
        const std::vector<ValueId> done_args(fn_.args_of(done).begin(), fn_.args_of(done).end());
        if (!strip.is_short) {
            const BlockId more = b.make_block(), finish = b.make_block();
            b.branch(b.compare(Op::ICmp, strip.cond, compared, end), more, {}, finish, {});
            b.set_block(more);
            b.append(poll, rounds);
            b.jump(head, again_args);
            b.set_block(finish);
        }
        poll.aux = 1;
        b.append(poll, rounds);
        b.jump(done.block, done_args);

        Inst& last = fn_.insts[fn_.blocks[strip.latch].insts.back()];
        Target& out = fn_.targets_of(last)[1];
        out.block = tail;
        out.args.count = 0;
        compare_at_end(strip.latch, fn_.insts[strip.compare], strip.cond, compared, strip.is_short ? strip.end : limit);
    }

    Module& module_;
    Function& fn_;
    Ranges ranges_;
};

} // namespace

bool strips(Module& module, Function& fn) {
    if (Cfg(fn).loops().empty()) return false;
    bool changed = make_preheaders(fn);
    changed |= Strips(module, fn).run();
    if (changed) clean_blocks(fn);
    return changed;
}

} // namespace tn::opt
