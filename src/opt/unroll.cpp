// A loop of a few rounds, as many as constants say, becomes these rounds one after the other.
//
//     loop(i = 0):  ...; j = i + 1; branch j < 3, loop(j), done
// becomes
//     ... of 0; ... of 1; ... of 2; jump done
//
// Windows over a grid, the bytes of a word and the rounds of a mixing function are written so: then indexes and amounts
// of shifts are constants, what rounds have in common is computed once, and the loop around is an innermost one, which
// other passes can do more for. No poll is needed in so few rounds; metered code pays for each as before.
#include "ir/builder.h"
#include "opt/loop_copy.h"
#include "opt/loops.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

constexpr unsigned max_rounds = 8;   // more are worth vectors
constexpr std::size_t max_size = 256; // instructions of all rounds that stay

class Unroll {
public:
    explicit Unroll(Function& fn) : fn_(fn) {}

    bool run() {
        // The loop around an unrolled one may be the next.
        for (unsigned loops = 0; loops < max_loops && one(); ++loops) {}
        return changed_;
    }

private:
    static constexpr unsigned max_loops = 64; // of a function

    bool one() {
        const Cfg cfg(fn_);
        std::vector<bool> has_inner(cfg.loops().size(), false);
        for (std::uint32_t l = 0; l < cfg.loops().size(); ++l)
            if (const LoopId parent = cfg.loops()[LoopId(l)].parent; parent.is_valid()) has_inner[parent.index()] = true;
        for (std::uint32_t l = 0; l < cfg.loops().size(); ++l)
            if (!has_inner[l] && visit(cfg, LoopId(l))) return true;
        return false;
    }

    bool visit(const Cfg& cfg, LoopId id) {
        const Loop& loop = cfg.loops()[id];
        if (loop.latches.size() != 1 || !loop.preheader.is_valid() || loop.header == fn_.entry() || fn_.blocks[loop.header].cold)
            return false;
        const unsigned rounds = count_rounds(loop);
        if (rounds == 0 || size_of(cfg, loop, rounds) > max_size) return false;
        const BlockId header = loop.header, latch = loop.latches[0], preheader = loop.preheader;
        pass_polls(loop);
        BlockId before = preheader; // whose way to the header the next copy takes
        for (unsigned round = 1; round < rounds; ++round) {
            const Cfg now(fn_);
            const LoopId same = now.loop_of(header);
            const BlockId copy = copy_loop(fn_, now, same);
            if (!copy.is_valid()) return false; // the first one, or none
            enter(before, header, copy);
            before = latch_of_copy(fn_, copy);
            leave(before, copy, header);
        }
        end(latch, header);
        changed_ = true;
        return true;
    }

    // How often the loop runs; 0 if that is unknown, or too often.
    unsigned count_rounds(const Loop& loop) const {
        const Inst& last = fn_.terminator(loop.latches[0]);
        if (last.op != Op::Branch) return 0;
        const auto targets = fn_.targets_of(last);
        if (targets[0].block == targets[1].block) return 0;
        const unsigned back = targets[0].block == loop.header ? 0 : 1;
        const Inst* compare = find_def(fn_, fn_.operands_of(last)[0]);
        if (!compare || compare->op != Op::ICmp) return 0;
        ValueId asked = fn_.operands_of(*compare)[0], other = fn_.operands_of(*compare)[1];
        Cond cond = static_cast<Cond>(compare->aux);
        std::int64_t end = 0, start = 0, step = 0;
        if (find_const(fn_, asked, end)) {
            std::swap(asked, other);
            cond = swapped(cond);
        }
        if (!is_integer(fn_.values[asked].type) || !find_const(fn_, other, end)) return 0;
        if (back == 1) cond = inverted(cond);
        const auto& params = fn_.blocks[loop.header].params;
        for (std::uint32_t p = 0; p < params.size(); ++p) {
            const ValueId next = fn_.args_of(targets[back])[p];
            if (asked != next && asked != params[p]) continue;
            const Inst* add = find_def(fn_, next);
            if (!add || add->operands.count != 2 || fn_.operands_of(*add)[0] != params[p] ||
                !find_const(fn_, fn_.operands_of(*add)[1], step) ||
                !find_const(fn_, fn_.args_of(fn_.targets_of(fn_.terminator(loop.preheader))[0])[p], start))
                continue;
            const bool adds = add->op == Op::Add || add->op == Op::WrapAdd;
            if (!adds && add->op != Op::Sub && add->op != Op::WrapSub) continue;
            const Scalar type = add->type;
            __int128 now = number(type, start);
            const __int128 by = adds ? number(type, step) : -number(type, step);
            for (unsigned round = 1; round <= max_rounds; ++round) {
                const __int128 then = now + by;
                if (then < min_of(type) || then > max_of(type)) return 0;
                if (!holds(cond, asked == next ? then : now, number(type, end))) return round;
                now = then;
            }
            return 0;
        }
        return 0;
    }
    static bool holds(Cond cond, __int128 a, __int128 b) {
        switch (cond) {
        case Cond::Eq: return a == b;
        case Cond::Ne: return a != b;
        case Cond::Lt: return a < b;
        case Cond::Le: return a <= b;
        case Cond::Gt: return a > b;
        case Cond::Ge: return a >= b;
        }
        return false;
    }

    // How a value changes from round to round.
    enum Change : std::uint8_t {
        Never = 1,  // the same in all rounds, and computed once
        Counts = 2, // by a constant: each round knows it
        Varies = 3, // each round computes it, from both of the others too
        Known = 4,  // looked at; a constant if that is all
    };

    // What all rounds together execute, about: what constants make needless does not count, and what stays the same
    // counts once. A call gains nothing by unrolling.
    std::size_t size_of(const Cfg& cfg, const Loop& loop, unsigned rounds) {
        changes_.assign(fn_.values.size(), 0);
        const auto& last = fn_.terminator(loop.latches[0]);
        const Target back = fn_.targets_of(last)[fn_.targets_of(last)[0].block == loop.header ? 0 : 1];
        const auto& params = fn_.blocks[loop.header].params;
        for (std::uint32_t p = 0; p < params.size(); ++p) {
            // The counter's next value is known where only constants are added to it.
            const Inst* next = find_def(fn_, fn_.args_of(back)[p]);
            std::int64_t c = 0;
            const ValueId first = fn_.args_of(fn_.targets_of(fn_.terminator(loop.preheader))[0])[p];
            const bool counts = next && next->operands.count == 2 && fn_.operands_of(*next)[0] == params[p] &&
                                find_const(fn_, fn_.operands_of(*next)[1], c) && find_const(fn_, first, c);
            changes_[params[p].index()] = Known | (counts ? Counts : Varies);
        }
        std::size_t once = 0, each = 0;
        for (BlockId block : loop.blocks) {
            if (fn_.blocks[block].cold) continue;
            if (block != loop.header) note_params(cfg, block);
            for (InstId id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[id];
                if (is_call(inst.op)) return max_size + 1;
                std::uint8_t change = effects_of(inst) & (Reads | Writes) ? Varies : 0;
                for (ValueId v : fn_.operands_of(inst)) change |= change_of(v);
                for (std::uint32_t r = 0; r < inst.result_count; ++r) changes_[inst.first_result.index() + r] = Known | change;
                if (inst.op == Op::Poll || inst.op == Op::Jump || inst.op == Op::ConstInt || inst.op == Op::ConstFloat) continue;
                once += change == Never;
                each += change == Varies;
            }
        }
        return once + each * rounds;
    }
    std::uint8_t change_of(ValueId value) const {
        if (changes_[value.index()] != 0) return changes_[value.index()] & Varies;
        const Inst* def = find_def(fn_, value);
        return def && (def->op == Op::ConstInt || def->op == Op::ConstFloat) ? 0 : Never;
    }
    // Where ways meet it is the condition that chooses.
    void note_params(const Cfg& cfg, BlockId block) {
        const auto& ways = cfg.predecessors(block);
        const BlockId dominator = cfg.immediate_dominator(block);
        const Inst& chooser = fn_.terminator(dominator);
        const std::uint8_t choice = ways.size() > 1 && chooser.op == Op::Branch ? change_of(fn_.operands_of(chooser)[0]) : 0;
        const auto& params = fn_.blocks[block].params;
        for (std::uint32_t p = 0; p < params.size(); ++p) {
            std::uint8_t change = choice;
            for (BlockId way : ways)
                for (const Target& target : successors(fn_, way))
                    if (target.block == block) change |= change_of(fn_.args_of(target)[p]);
            changes_[params[p].index()] = Known | change;
        }
    }

    void pass_polls(const Loop& loop) {
        for (BlockId block : loop.blocks)
            for (InstId id : fn_.blocks[block].insts)
                if (Inst& inst = fn_.insts[id]; inst.op == Op::Poll && inst.operands.count == 0) {
                    changed_ |= inst.aux != 1;
                    inst.aux = 1;
                }
    }
    void enter(BlockId from, BlockId header, BlockId copy) {
        for (Target& target : fn_.targets_of(fn_.insts[fn_.blocks[from].insts.back()]))
            if (target.block == header) target.block = copy;
    }
    // The only way on from a round but the last is to the next one.
    void leave(BlockId latch, BlockId copy, BlockId header) {
        jump(latch, copy);
        fn_.targets_of(fn_.insts[fn_.blocks[latch].insts.back()])[0].block = header;
    }
    void jump(BlockId latch, BlockId to) {
        Inst& last = fn_.insts[fn_.blocks[latch].insts.back()];
        if (fn_.targets_of(last)[0].block != to) ++last.first_target;
        last.op = Op::Jump;
        last.operands.count = 0;
        last.flags = 0;
        last.target_count = 1;
    }
    void end(BlockId latch, BlockId header) {
        const auto targets = fn_.targets_of(fn_.terminator(latch));
        jump(latch, targets[targets[0].block == header ? 1 : 0].block);
    }

    Function& fn_;
    std::vector<std::uint8_t> changes_; // by value, of the loop that is looked at
    bool changed_ = false;
};

// Whether a loop ends by a comparison with a constant.
bool has_candidates(const Function& fn) {
    const Cfg cfg(fn);
    return std::ranges::any_of(cfg.loops(), [&](const Loop& loop) {
        const Inst& last = fn.terminator(loop.latches[0]);
        if (last.op != Op::Branch) return false;
        const Inst* compare = find_def(fn, fn.operands_of(last)[0]);
        std::int64_t c = 0;
        return compare && compare->op == Op::ICmp &&
               (find_const(fn, fn.operands_of(*compare)[0], c) || find_const(fn, fn.operands_of(*compare)[1], c));
    });
}

} // namespace

bool unroll(Module&, Function& fn) {
    if (!has_candidates(fn)) return false;
    bool changed = make_preheaders(fn);
    if (Unroll(fn).run()) {
        clean_blocks(fn);
        changed = true;
    }
    return changed;
}

} // namespace tn::opt
