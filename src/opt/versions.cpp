// Loops whose indexes are certainly in bounds run without testing them.
//
//     loop(i):  bounds i + 1, n; ...; j = i + 1; branch j < end, loop(j), done
// becomes
//     if start + 1 >= 0 && start < n - 1 && end <= n - 1 { loop without the test } else { the loop as it was
//     }
//
// The tests in front of the loop speak of its first and last round; what lies between needs no word. The
// lists of a list (`grid[i][j]` in a loop over j) are looked up there as well, if nothing in the loop puts
// another list in their place: then their lengths and elements stand still like those of any other list.
//
// Which loop runs is no difference to a script: a test that fails chooses the loop that traps where it always
// did.
//
// An index is a sum: the counter times a constant, up or down, and what stays the same, as `(y - 1) * width + x` in a loop
// over x, or the counter times what stays the same, as `y * width + x` in a loop over y. What of it may overflow is
// computed in front, from numbers that are small enough not to. A part of another form, a byte or `x & 15`,
// `(x + 2).min(width - 1)` or `(x + 1) % width`, needs a list that is long enough for all that it can be.
#include "ir/builder.h"
#include "ir/uses.h"
#include "opt/loop_copy.h"
#include "opt/loops.h"
#include "opt/passes.h"
#include "opt/ranges.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_insts = 320;   // of a loop
constexpr std::size_t max_tests = 80;    // in front of one
constexpr std::int64_t least_rounds = 4; // that are worth the tests
constexpr std::int64_t max_offset = std::int64_t(1) << 31;
constexpr std::int64_t max_factor = 1 << 12;
constexpr std::int64_t near = 1 << 30; // what is added and multiplied in front of a loop is less, so nothing can wrap
constexpr std::size_t max_terms = 3;
constexpr std::int64_t max_table = 1 << 16; // elements of a list that an index of no form may be made for
constexpr unsigned max_depth = 5; // of an index that is taken apart

// What stays the same in all rounds, as part of an index.
struct Term {
    ValueId value;
    bool is_subtracted = false;
    bool operator==(const Term&) const = default;
};

// The terms + factor * stride * counter + what is between `least` and the sum of `most` and of the tops. Of a top it is demanded
// that it is no less than its floor.
struct Top {
    ValueId value;
    std::int64_t floor = 0;
    bool operator==(const Top&) const = default;
};
struct Index {
    std::vector<Term> terms;
    std::vector<Top> tops;
    ValueId stride; // invalid: 1
    std::int64_t factor = 0, least = 0, most = 0;
};

// All indexes of one form into one list.
struct Access {
    Index index;
    ValueId length;
};

struct Plan {
    LoopId loop;
    ValueId counter, start, end; // invalid: no counter is known
    bool goes_down = false;      // from `start` to a lower `end`
    bool includes_end = false;   // the last round's counter is `end`, not one before
    bool is_low_known = false, is_high_known = false; // how far the lower and the higher of the two are is near
    bool may_wrap = true;                             // the lower one plus the least rounds
    std::vector<InstId> rows;    // look-ups of inner lists, `unique_at` first
    std::vector<InstId> moved;   // what only depends on these and on values from outside
    std::vector<Access> accesses;
    std::vector<InstId> tests; // that become needless
    std::vector<InstId> sums;  // indexes, which cannot overflow any more
    bool counts_near = false;  // sums of the counter and constants among them
};

class Versions {
public:
    Versions(Module& module, Function& fn) : module_(module), fn_(fn), ranges_(fn), cfg_(ranges_.cfg()) {}

    bool run() {
        std::vector<bool> has_inner(cfg_.loops().size(), false);
        for (std::uint32_t l = 0; l < cfg_.loops().size(); ++l)
            if (const LoopId parent = cfg_.loops()[LoopId(l)].parent; parent.is_valid())
                has_inner[parent.index()] = true;
        std::vector<Plan> plans;
        for (std::uint32_t l = 0; l < cfg_.loops().size(); ++l) {
            if (has_inner[l]) continue;
            Plan plan;
            plan.loop = LoopId(l);
            if (make(plan)) plans.push_back(std::move(plan));
        }
        bool changed = false;
        // The last one first: a loop's values get other names behind it, and what is planned for the loops there may speak of them.
        std::ranges::sort(plans, std::greater(), [&](const Plan& plan) { return cfg_.position(loop_of(plan).header); });
        for (const Plan& plan : plans) changed |= change(plan);
        return changed;
    }

private:
    const Loop& loop_of(const Plan& plan) const { return cfg_.loops()[plan.loop]; }
    bool is_outside(const Plan& plan, ValueId value) const {
        const Value& v = fn_.values[value];
        return !cfg_.contains(plan.loop, v.inst.is_valid() ? fn_.insts[v.inst].block : v.block);
    }
    bool is_constant(ValueId value) const {
        std::int64_t c;
        return find_const(fn_, value, c);
    }
    // The same in every round, and at hand in front of the loop.
    bool is_invariant(const Plan& plan, ValueId value) const {
        return is_outside(plan, value) || is_constant(value) || is_moved(plan, value);
    }
    bool is_moved(const Plan& plan, ValueId value) const {
        const InstId def = fn_.values[value].inst;
        return def.is_valid() && (std::ranges::find(plan.moved, def) != plan.moved.end() ||
                                  std::ranges::find(plan.rows, def) != plan.rows.end());
    }

    bool make(Plan& plan) {
        const Loop& loop = loop_of(plan);
        if (!loop.preheader.is_valid() || loop.latches.size() != 1 || loop.header == fn_.entry())
            return false;
        if (!is_simple(loop)) return false;
        find_counter(plan);
        find_rows(plan);
        find_tests(plan);
        if (!plan.tests.empty()) find_counts(plan);
        std::int64_t start = 0, end = 0;
        if (plan.counter.is_valid() && find_const(fn_, plan.start, start) && find_const(fn_, plan.end, end) &&
            (plan.goes_down ? start - end : end - start) < 2 * least_rounds)
            return false;
        if (plan.tests.empty() || plan.accesses.size() * 3 + plan.rows.size() * 2 > max_tests) return false;
        if (plan.counter.is_valid()) {
            const auto low = ranges_.interval(lowest(plan), before(plan)), high = ranges_.interval(highest(plan), before(plan));
            plan.is_low_known = low.low > -near;
            plan.is_high_known = high.high < near;
            plan.may_wrap = low.high > max_of(Scalar::I64) - least_rounds;
        }
        return true;
    }

    // Small, without calls, and with a test to get rid of.
    bool is_simple(const Loop& loop) const {
        std::size_t count = 0, tests = 0;
        for (BlockId block : loop.blocks) {
            for (InstId id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[id];
                if (is_call(inst.op) || inst.op == Op::Lanes || (inst.op != Op::Poll && ++count > max_insts)) return false;
                if (inst.op == Op::CallRuntime && effects_of(inst) != Pure) return false;
                tests += inst.op == Op::Bounds && !(inst.flags & NoTrap);
            }
        }
        return tests > 0;
    }

    // A parameter of the header that each round makes larger, or smaller, and that the latch compares with what stays.
    void find_counter(Plan& plan) {
        const Loop& loop = loop_of(plan);
        const Inst& last = fn_.terminator(loop.latches[0]);
        if (last.op != Op::Branch) return;
        const bool goes_on = fn_.targets_of(last)[0].block == loop.header;
        if (fn_.targets_of(last)[0].block == fn_.targets_of(last)[1].block) return;
        const Inst* compare = find_def(fn_, fn_.operands_of(last)[0]);
        if (!compare || compare->op != Op::ICmp) return;
        Cond cond = static_cast<Cond>(compare->aux);
        if (!goes_on) cond = inverted(cond);
        ValueId left = fn_.operands_of(*compare)[0], right = fn_.operands_of(*compare)[1];
        if (fn_.values[left].type != Scalar::I64) return;
        if (is_invariant(plan, left)) {
            std::swap(left, right);
            cond = swapped(cond);
        }
        if (!is_invariant(plan, right) || cond == Cond::Eq || cond == Cond::Ne) return;
        plan.goes_down = cond == Cond::Gt || cond == Cond::Ge;
        const bool may_be_equal = cond == Cond::Le || cond == Cond::Ge;
        const Target back = fn_.targets_of(last)[goes_on ? 0 : 1];
        const auto& params = fn_.blocks[loop.header].params;
        for (std::uint32_t p = 0; p < params.size(); ++p) {
            const ValueId next = fn_.args_of(back)[p];
            const Inst* step = find_def(fn_, next);
            std::int64_t by = 0;
            if (!step || step->operands.count != 2 || fn_.operands_of(*step)[0] != params[p] ||
                !find_const(fn_, fn_.operands_of(*step)[1], by) || by < -max_offset || by > max_offset)
                continue;
            const bool adds = step->op == Op::Add || step->op == Op::WrapAdd;
            if (!adds && step->op != Op::Sub && step->op != Op::WrapSub) continue;
            if (adds == plan.goes_down) by = -by; // in the loop's own direction
            if (by <= 0) continue;
            if (left != next && !(left == params[p] && by == 1)) continue;
            if (left != next && may_be_equal) continue; // the round after the last one counts one further
            plan.counter = params[p];
            plan.start = fn_.args_of(fn_.targets_of(fn_.terminator(loop.preheader))[0])[p];
            plan.end = right;
            plan.includes_end = left != next || may_be_equal;
            return;
        }
    }

    // The list and the index of the element that a row is read from.
    bool find_element(const Inst& inst, ValueId& list, ValueId& index) {
        const auto operands = fn_.operands_of(inst);
        ValueId elements = operands[0];
        if (inst.op == Op::Load && operands.size() == 2) {
            index = operands[1];
        } else {
            const Inst* address = find_def(fn_, elements);
            if (!address || address->op != Op::ElemAddr) return false;
            elements = fn_.operands_of(*address)[0];
            index = fn_.operands_of(*address)[1];
        }
        const Inst* data = find_def(fn_, elements);
        if (!data || data->op != Op::SeqData) return false;
        list = last_name(fn_.operands_of(*data)[0], inst.block);
        return true;
    }
    // What the list is called in a block, after its length has been set: its elements stay where they are.
    ValueId last_name(ValueId list, BlockId block) {
        if (!uses_) uses_.emplace(fn_);
        for (bool goes_on = true; goes_on;) {
            goes_on = false;
            for (const Use& use : uses_->of(list)) {
                const Inst& setter = fn_.insts[use.inst];
                if (use.is_block_arg || setter.op != Op::SeqSetLen || use.index != 0 || setter.block == block ||
                    !cfg_.dominates(setter.block, block))
                    continue;
                list = fn_.result(use.inst);
                goes_on = true;
                break;
            }
        }
        return list;
    }

    // The reference has not been given away where the block ends.
    bool is_alive(ValueId list, BlockId block) {
        const Value& value = fn_.values[list];
        const BlockId home = value.inst.is_valid() ? fn_.insts[value.inst].block : value.block;
        if (!cfg_.dominates(home, block)) return false;
        if (value.ownership != Ownership::Owned) return true;
        if (!uses_) uses_.emplace(fn_);
        std::vector<BlockId> work;
        for (const Use& use : uses_->of(list)) {
            const Inst& inst = fn_.insts[use.inst];
            if (use.is_block_arg) {
                const Target& target = fn_.targets_of(inst)[use.target];
                if (fn_.values[fn_.blocks[target.block].params[use.index]].ownership == Ownership::Owned)
                    work.push_back(target.block);
            } else if (consumes_operand(module_, fn_, inst, use.index)) {
                if (inst.block == block) return false;
                for (const Target& target : successors(fn_, inst.block)) work.push_back(target.block);
            }
        }
        std::vector<bool> seen(fn_.blocks.size(), false);
        while (!work.empty()) {
            const BlockId at = work.back();
            work.pop_back();
            if (seen[at.index()] || at == home) continue;
            seen[at.index()] = true;
            if (at == block) return false;
            for (const Target& target : successors(fn_, at)) work.push_back(target.block);
        }
        return true;
    }

    // Each round passes one of the blocks in which `wanted` holds for an instruction.
    template <typename Wanted> bool is_in_every_round(const Loop& loop, LoopId id, Wanted wanted) const {
        std::vector<BlockId> work{loop.header};
        std::vector<bool> seen(fn_.blocks.size(), false);
        while (!work.empty()) {
            const BlockId at = work.back();
            work.pop_back();
            if (seen[at.index()] || !cfg_.contains(id, at)) continue;
            seen[at.index()] = true;
            if (std::ranges::any_of(fn_.blocks[at].insts, [&](InstId i) { return wanted(fn_.insts[i]); }))
                continue;
            if (at == loop.latches[0]) return false;
            for (const Target& target : successors(fn_, at)) work.push_back(target.block);
        }
        return true;
    }

    // Inner lists. Each `unique_at` must be one of them: another one, a reference that is stored, or one that
    // is counted could put another list where they were found.
    void find_rows(Plan& plan) {
        const Loop& loop = loop_of(plan);
        for (BlockId block : loop.blocks)
            for (InstId id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[id];
                const bool stores =
                    inst.op == Op::Store && fn_.values[fn_.operands_of(inst)[1]].type == Scalar::Ref;
                if (stores || (inst.flags & Takes && inst.op == Op::Load) || inst.op == Op::Retain ||
                    inst.op == Op::Release || inst.op == Op::Unique || inst.op == Op::BoxNew)
                    return;
            }
        bool grows = true;
        while (grows) {
            grows = false;
            for (BlockId block : loop.blocks)
                for (InstId id : fn_.blocks[block].insts)
                    grows |= take_row(plan, id, Op::UniqueAt) || take_pure(plan, id);
        }
        for (BlockId block : loop.blocks)
            for (InstId id : fn_.blocks[block].insts)
                if (fn_.insts[id].op == Op::UniqueAt && std::ranges::find(plan.rows, id) == plan.rows.end()) {
                    plan.rows.clear();
                    plan.moved.clear();
                    return;
                }
        for (grows = true; grows;) {
            grows = false;
            for (BlockId block : loop.blocks)
                for (InstId id : fn_.blocks[block].insts)
                    grows |= take_row(plan, id, Op::Load) || take_pure(plan, id);
        }
    }
    bool take_row(Plan& plan, InstId id, Op op) {
        const Inst& inst = fn_.insts[id];
        ValueId list, index;
        if (inst.op != op || inst.type != Scalar::Ref || inst.flags & Nullable ||
            is_moved(plan, fn_.result(id)) ||
            (inst.op == Op::Load && inst.aux != static_cast<std::uint32_t>(MemoryClass::Element)))
            return false;
        for (ValueId v : fn_.operands_of(inst))
            if (!is_invariant(plan, v)) return false;
        if (!find_element(inst, list, index) || !is_invariant(plan, list) || !is_invariant(plan, index))
            return false;
        if (is_outside(plan, list) && !is_alive(list, loop_of(plan).preheader)) return false;
        const ValueId address = fn_.operands_of(inst)[0];
        const bool tests_always =
            op != Op::UniqueAt || is_in_every_round(loop_of(plan), plan.loop, [&](const Inst& other) {
                return other.op == Op::UniqueAt && fn_.operands_of(other)[0] == address;
            });
        if (!tests_always) return false;
        plan.rows.push_back(id);
        return true;
    }
    // Lengths, elements and addresses of rows that have been found.
    bool take_pure(Plan& plan, InstId id) {
        const Inst& inst = fn_.insts[id];
        if ((inst.op != Op::SeqLen && inst.op != Op::SeqData && inst.op != Op::ElemAddr) ||
            is_moved(plan, fn_.result(id)))
            return false;
        bool depends = false;
        for (ValueId v : fn_.operands_of(inst)) {
            if (!is_invariant(plan, v)) return false;
            depends |= is_moved(plan, v);
        }
        if (!depends) return false;
        plan.moved.push_back(id);
        return true;
    }

    // Adds `times` the value to the index: 1, -1, or any other factor of what counts.
    bool add_part(const Plan& plan, ValueId value, std::int64_t times, Index& index, unsigned depth = 0) {
        std::int64_t c = 0;
        if (value == plan.counter) {
            if (index.stride.is_valid()) return false;
            index.factor += times;
            return index.factor != 0 && index.factor <= max_factor && index.factor >= -max_factor;
        }
        if (find_const(fn_, value, c)) {
            if (c <= -max_offset || c >= max_offset) return false;
            index.least += c * times;
            index.most += c * times;
            return true;
        }
        if (is_outside(plan, value) || is_moved(plan, value)) return add_term(value, times, index);
        const Inst* def = find_def(fn_, value);
        if (!def || depth == max_depth) return false;
        if (def->operands.count != 2) return add_choice(plan, value, times, index);
        const ValueId left = fn_.operands_of(*def)[0], right = fn_.operands_of(*def)[1];
        sums_.push_back(fn_.values[value].inst);
        switch (def->op) {
        case Op::Add:
        case Op::WrapAdd: return add_part(plan, left, times, index, depth + 1) && add_part(plan, right, times, index, depth + 1);
        case Op::Sub:
        case Op::WrapSub: return add_part(plan, left, times, index, depth + 1) && add_part(plan, right, -times, index, depth + 1);
        case Op::Mul:
        case Op::WrapMul:
        case Op::Shl:
            if (can_move(plan, value, 0)) {
                sums_.pop_back();
                note_moved(plan, value);
                return add_term(value, times, index);
            }
            // A column: what the counter, or one more or one less, is multiplied by stays the same.
            if (def->op != Op::Shl && !is_constant(right)) return times == 1 && add_product(plan, left, right, index);
            if (!find_const(fn_, right, c) || c < 0 || c > max_factor) return false;
            if (def->op == Op::Shl) c = c < 12 ? std::int64_t(1) << c : 0;
            return c > 0 && c * times <= max_factor && c * times >= -max_factor && add_part(plan, left, c * times, index, depth + 1);
        default:
            sums_.pop_back();
            return add_choice(plan, value, times, index);
        }
    }
    // What changes in another way, between bounds that stay the same.
    bool add_choice(const Plan& plan, ValueId value, std::int64_t times, Index& index) {
        if (can_move(plan, value, 0)) {
            note_moved(plan, value);
            return add_term(value, times, index);
        }
        const auto range = ranges_.interval(value, at_);
        if (range.low >= -max_table && range.high <= max_table) {
            index.least += static_cast<std::int64_t>(times > 0 ? range.low : range.high) * times;
            index.most += static_cast<std::int64_t>(times > 0 ? range.high : range.low) * times;
            return true;
        }
        Top top;
        if (times != 1 || range.low <= -near || range.low >= near || index.tops.size() == max_terms || !find_top(plan, value, top, 0)) return false;
        const Inst& def = *find_def(fn_, value);
        if (def.op == Op::Rem) {
            if (range.low < 0) return false;
            --index.most;
        }
        index.least += static_cast<std::int64_t>(range.low);
        index.tops.push_back(top);
        return true;
    }
    // What a selection of the least and the greatest, or a remainder, is at most, or below.
    bool find_top(const Plan& plan, ValueId value, Top& top, unsigned depth) const {
        std::int64_t c = 0;
        const Inst* def = find_def(fn_, value);
        if (!def || depth == max_depth) return false;
        if (def->op == Op::Rem && depth == 0) {
            top = {fn_.operands_of(*def)[1], 1};
            return is_invariant(plan, top.value);
        }
        const int picks = def->op == Op::Select ? ranges_.picks_extreme(*def) : 0;
        for (unsigned i = 1; picks != 0 && i <= 2; ++i) {
            const ValueId one = fn_.operands_of(*def)[i], other = fn_.operands_of(*def)[3 - i];
            if (picks > 0) { // the greater one of a constant and of something with a top
                if (!find_const(fn_, one, c) || c <= -near || c >= near || !find_top(plan, other, top, depth + 1)) continue;
                top.floor = std::max(top.floor, c);
                return true;
            }
            if (is_invariant(plan, one)) {
                top = {one, -near};
                return true;
            }
            if (find_top(plan, one, top, depth + 1)) return true;
        }
        return false;
    }
    // `x + 1` of a counter x that is near cannot overflow, whatever it is for.
    void find_counts(Plan& plan) {
        if (!plan.counter.is_valid()) return;
        for (BlockId block : loop_of(plan).blocks)
            for (InstId id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[id];
                std::int64_t c = 0;
                if ((inst.op != Op::Add && inst.op != Op::Sub) || inst.flags & NoTrap || fn_.operands_of(inst)[0] != plan.counter ||
                    !find_const(fn_, fn_.operands_of(inst)[1], c) || c <= -max_offset || c >= max_offset)
                    continue;
                plan.sums.push_back(id);
                plan.counts_near = true;
            }
    }
    // The counter, one more or one less, times what stays the same.
    bool add_product(const Plan& plan, ValueId left, ValueId right, Index& index) {
        const ValueId stride = can_move(plan, right, 0) ? right : left, counted = stride == right ? left : right;
        if (!plan.counter.is_valid() || is_constant(stride) || !can_move(plan, stride, 0) || index.factor != 0) return false;
        note_moved(plan, stride);
        index.stride = stride;
        index.factor = 1;
        if (counted == plan.counter) return true;
        const Inst* def = find_def(fn_, counted);
        std::int64_t c = 0;
        if (!def || def->operands.count != 2 || fn_.operands_of(*def)[0] != plan.counter || !find_const(fn_, fn_.operands_of(*def)[1], c))
            return false;
        const bool subtracts = def->op == Op::Sub || def->op == Op::WrapSub;
        if ((!subtracts && def->op != Op::Add && def->op != Op::WrapAdd) || (c != 1 && c != -1)) return false;
        sums_.push_back(fn_.values[counted].inst);
        return add_term(stride, subtracts ? -c : c, index);
    }
    static bool add_term(ValueId value, std::int64_t times, Index& index) {
        if ((times != 1 && times != -1) || index.terms.size() == max_terms) return false;
        index.terms.push_back({value, times < 0});
        return true;
    }
    // Arithmetic with what stays the same: where it is checked, it is asked in front of the loop whether it can overflow.
    bool can_move(const Plan& plan, ValueId value, unsigned depth) const {
        if (is_invariant(plan, value)) return true;
        const Inst* def = find_def(fn_, value);
        const bool computes = def && def->type == Scalar::I64 && (def->op == Op::Add || def->op == Op::Sub || def->op == Op::Mul);
        return def && depth < max_depth && (computes || def->op == Op::Select || def->op == Op::ICmp) &&
               std::ranges::all_of(fn_.operands_of(*def), [&](ValueId v) { return can_move(plan, v, depth + 1); });
    }
    void note_moved(const Plan& plan, ValueId value) {
        const InstId id = fn_.values[value].inst;
        if (is_invariant(plan, value) || std::ranges::find(arithmetic_, id) != arithmetic_.end()) return;
        arithmetic_.push_back(id);
        for (ValueId operand : fn_.operands_of(fn_.insts[id])) note_moved(plan, operand);
    }

    void find_tests(Plan& plan) {
        for (BlockId block : loop_of(plan).blocks) {
            const auto& insts = fn_.blocks[block].insts;
            for (std::uint32_t position = 0; position < insts.size(); ++position) {
                const InstId id = insts[position];
                const Inst& inst = fn_.insts[id];
                if (inst.op != Op::Bounds || inst.flags & NoTrap) continue;
                Index index;
                sums_.clear();
                arithmetic_.clear();
                const ValueId length = fn_.operands_of(inst)[1];
                if (!is_invariant(plan, length)) continue;
                at_ = {block, position, -1};
                if (add_part(plan, fn_.operands_of(inst)[0], 1, index)) {
                    note(plan, index, length);
                    plan.moved.insert(plan.moved.end(), arithmetic_.begin(), arithmetic_.end());
                } else {
                    // A masked number, or a byte: the list may be long enough for all that it can be.
                    const auto range = ranges_.interval(fn_.operands_of(inst)[0], at_);
                    if (range.low < 0 || range.high > max_table) continue;
                    note(plan, {{}, {}, {}, 0, static_cast<std::int64_t>(range.low), static_cast<std::int64_t>(range.high)}, length);
                    sums_.clear();
                }
                plan.tests.push_back(id);
                plan.sums.insert(plan.sums.end(), sums_.begin(), sums_.end());
            }
        }
    }
    Ranges::Point before(const Plan& plan) const {
        const BlockId block = loop_of(plan).preheader;
        return {block, static_cast<std::uint32_t>(fn_.blocks[block].insts.size()) - 1, -1};
    }
    void note(Plan& plan, const Index& index, ValueId length) {
        for (Access& access : plan.accesses) {
            Index& known = access.index;
            if (known.terms != index.terms || known.tops != index.tops || known.stride != index.stride || access.length != length || known.factor != index.factor) continue;
            known.least = std::min(known.least, index.least);
            known.most = std::max(known.most, index.most);
            return;
        }
        plan.accesses.push_back({index, length});
    }

    // ---- the change ----

    class Tests {
    public:
        Tests(Module& module, Function& fn, BlockId from, LocId loc) : b(module, fn), slow(b.make_block()) {
            b.set_block(from);
            b.set_loc(loc);
        }
        void demand(Cond cond, ValueId left, ValueId right) {
            std::int64_t x = 0, y = 0;
            if (find_const(b.function(), left, x) && find_const(b.function(), right, y) &&
                (cond == Cond::Lt   ? x < y
                 : cond == Cond::Le ? x <= y
                                    : x >= y))
                return;
            const auto demand = std::tuple(cond, left, right);
            if (std::ranges::find(known_, demand) != known_.end()) return;
            known_.push_back(demand);
            const BlockId next = b.make_block();
            b.branch(b.compare(Op::ICmp, cond, left, right), next, {}, slow, {}, Likely);
            b.set_block(next);
        }
        // 0 <= value < near, or a constant that is no farther away
        void demand_near(ValueId value) {
            if (std::int64_t c = 0; find_const(b.function(), value, c) && c > -near && c < near) return;
            demand(Cond::Lt, b.bitcast(Scalar::U64, value), b.const_int(Scalar::U64, near));
        }
        ValueId number(std::int64_t n) {
            auto [it, is_new] = numbers_.try_emplace(n);
            if (is_new) it->second = b.const_int(Scalar::I64, n);
            return it->second;
        }
        ValueId length(ValueId list) {
            auto [it, is_new] = lengths_.try_emplace(list);
            if (is_new) it->second = b.seq_len(list);
            return it->second;
        }
        // The inner list that was looked up in the same way before.
        ValueId& row(Op op, std::span<const ValueId> operands) {
            return rows_[{op, operands[0], operands.size() > 1 ? operands[1] : ValueId()}];
        }

        Builder b;
        BlockId slow;

    private:
        std::vector<std::tuple<Cond, ValueId, ValueId>> known_;
        std::map<std::int64_t, ValueId> numbers_;
        std::map<ValueId, ValueId> lengths_;
        std::map<std::tuple<Op, ValueId, ValueId>, ValueId> rows_;
    };

    bool change(const Plan& plan) {
        const Loop loop = loop_of(plan);
        const BlockId copy = copy_loop(fn_, cfg_, plan.loop);
        if (!copy.is_valid()) return false;
        const InstId jump = fn_.blocks[loop.preheader].insts.back();
        const Target target = fn_.targets_of(fn_.insts[jump])[0];
        const std::vector<ValueId> args(fn_.args_of(target).begin(), fn_.args_of(target).end());
        const LocId loc = fn_.insts[jump].loc;
        remove_inst(fn_, jump);

        Tests tests(module_, fn_, loop.preheader, loc);
        moved_.clear();
        uses_.reset();
        if (plan.counter.is_valid()) {
            const ValueId low = early(tests, plan, lowest(plan)), high = early(tests, plan, highest(plan));
            if (plan.may_wrap) tests.demand(Cond::Lt, low, high);
            tests.demand(Cond::Le, tests.b.binary(Op::WrapAdd, Scalar::I64, low, tests.number(least_rounds)), high);
        }
        if (plan.counts_near) demand_near_counter(tests, plan);
        for (InstId id : plan.rows) find_row(tests, plan, id);
        for (const Access& access : plan.accesses) demand(tests, plan, access);
        tests.b.jump(loop.header, args);
        tests.b.set_block(tests.slow);
        tests.b.jump(copy, args);

        for (InstId id : plan.sums)
            fn_.insts[id].flags |= fn_.insts[id].op == Op::Add || fn_.insts[id].op == Op::Sub || fn_.insts[id].op == Op::Mul ? NoTrap : 0;
        Rewriter rewriter(fn_);
        for (InstId id : plan.tests) rewriter.remove(id);
        for (const auto& [old, value] : moved_) {
            rewriter.replace(old, value);
            rewriter.remove(fn_.values[old].inst);
        }
        return rewriter.finish();
    }

    static ValueId lowest(const Plan& plan) { return plan.goes_down ? plan.end : plan.start; }
    static ValueId highest(const Plan& plan) { return plan.goes_down ? plan.start : plan.end; }

    // The value in front of the loop.
    ValueId early(Tests& tests, const Plan& plan, ValueId value) {
        std::int64_t c = 0;
        if (find_const(fn_, value, c))
            return is_outside(plan, value) ? value : tests.b.const_int(fn_.values[value].type, c);
        if (const auto known = moved_.find(value); known != moved_.end()) return known->second;
        if (!is_moved(plan, value)) return value;
        Inst inst = fn_.insts[fn_.values[value].inst];
        std::vector<ValueId> operands;
        for (std::uint32_t i = 0; i < inst.operands.count; ++i)
            operands.push_back(early(tests, plan, fn_.operands[inst.operands.first + i]));
        if (inst.op == Op::Add || inst.op == Op::Sub || inst.op == Op::Mul) {
            for (ValueId operand : operands) tests.demand_near(operand);
            inst.op = inst.op == Op::Add ? Op::WrapAdd : inst.op == Op::Sub ? Op::WrapSub : Op::WrapMul;
            inst.flags = 0;
        }
        return place(tests, value, inst, operands);
    }
    ValueId place(Tests& tests, ValueId value, Inst inst, std::span<const ValueId> operands) {
        tests.b.set_loc(inst.loc);
        const InstId id = tests.b.append(inst, operands);
        return moved_[value] = fn_.result(id);
    }
    void find_row(Tests& tests, const Plan& plan, InstId id) {
        const Inst inst = fn_.insts[id];
        if (moved_.contains(fn_.result(id))) return;
        ValueId list, index;
        find_element(inst, list, index);
        const ValueId at = early(tests, plan, index), length = tests.length(early(tests, plan, list));
        tests.demand(Cond::Ge, at, tests.number(0));
        tests.demand(Cond::Lt, at, length);
        std::vector<ValueId> operands;
        for (std::uint32_t i = 0; i < inst.operands.count; ++i)
            operands.push_back(early(tests, plan, fn_.operands[inst.operands.first + i]));
        ValueId& known = tests.row(inst.op, operands);
        if (known.is_valid())
            moved_[fn_.result(id)] = known;
        else
            known = place(tests, fn_.result(id), inst, operands);
    }

    void demand_near_counter(Tests& tests, const Plan& plan) {
        if (!plan.is_low_known) tests.demand(Cond::Ge, early(tests, plan, lowest(plan)), tests.number(-near));
        if (!plan.is_high_known) tests.demand(Cond::Lt, early(tests, plan, highest(plan)), tests.number(near));
    }
    void demand(Tests& tests, const Plan& plan, const Access& access) {
        Builder& b = tests.b;
        const Index& index = access.index;
        const ValueId length = early(tests, plan, access.length);
        ValueId sum;
        const bool is_alone = index.factor == 0 && index.terms.size() == 1 && !index.terms[0].is_subtracted && index.tops.empty();
        for (const Term& term : index.terms) {
            const ValueId part = early(tests, plan, term.value);
            // A product of what is near is far from where a sum of some could wrap.
            if (!is_alone && is_outside(plan, term.value)) tests.demand_near(part);
            if (!sum.is_valid() && !term.is_subtracted) sum = part;
            else sum = b.binary(term.is_subtracted ? Op::WrapSub : Op::WrapAdd, Scalar::I64, sum.is_valid() ? sum : tests.number(0), part);
        }
        ValueId tops;
        for (const Top& top : index.tops) {
            const ValueId part = early(tests, plan, top.value);
            tests.demand_near(part);
            if (top.floor > 0) tests.demand(Cond::Ge, part, tests.number(top.floor));
            tops = tops.is_valid() ? b.binary(Op::WrapAdd, Scalar::I64, tops, part) : part;
        }
        if (index.factor == 0 && !sum.is_valid() && !tops.is_valid()) {
            tests.demand(Cond::Ge, tests.number(index.least), tests.number(0));
            tests.demand(Cond::Lt, tests.number(index.most), length);
            return;
        }
        const ValueId room = index.most == 0 ? length : b.binary(Op::WrapSub, Scalar::I64, length, tests.number(index.most));
        const auto add = [&](ValueId x, ValueId y) {
            return !x.is_valid() ? y : !y.is_valid() ? x : b.binary(Op::WrapAdd, Scalar::I64, x, y);
        };
        if (index.factor == 0) {
            tests.demand(Cond::Ge, sum.is_valid() ? sum : tests.number(0), tests.number(-index.least));
            tests.demand(Cond::Lt, add(sum, tops), room);
            return;
        }
        ValueId low = early(tests, plan, lowest(plan)), high = early(tests, plan, highest(plan));
        const bool is_scaled = index.factor != 1 || index.stride.is_valid();
        if (sum.is_valid() || tops.is_valid() || is_scaled) demand_near_counter(tests, plan);
        // The end itself is not reached: it may be the length, and one less than what the least index may be.
        bool stops_before_low = !plan.includes_end && plan.goes_down, stops_before_high = !plan.includes_end && !plan.goes_down;
        if (is_scaled) {
            if (stops_before_low) low = b.binary(Op::WrapAdd, Scalar::I64, low, tests.number(1));
            if (stops_before_high) high = b.binary(Op::WrapSub, Scalar::I64, high, tests.number(1));
            stops_before_low = stops_before_high = false;
            const ValueId factor = index.stride.is_valid() ? early(tests, plan, index.stride) : tests.number(index.factor);
            if (index.stride.is_valid()) tests.demand_near(factor);
            low = b.binary(Op::WrapMul, Scalar::I64, low, factor);
            high = b.binary(Op::WrapMul, Scalar::I64, high, factor);
            if (index.factor < 0) std::swap(low, high);
        }
        low = add(sum, low);
        high = add(add(sum, high), tops);
        tests.demand(Cond::Ge, low, tests.number(-index.least - stops_before_low));
        tests.demand(stops_before_high ? Cond::Le : Cond::Lt, high, room);
    }

    Module& module_;
    Function& fn_;
    Ranges ranges_;
    const Cfg& cfg_;
    std::optional<Uses> uses_;
    std::vector<InstId> sums_, arithmetic_; // of the index that is looked at
    Ranges::Point at_;                      // where it is tested
    std::unordered_map<ValueId, ValueId> moved_; // of the loop, to what stands for it in front
};

// Whether a loop has a test of an index.
bool has_tests(const Function& fn) {
    const Cfg cfg(fn);
    return std::ranges::any_of(cfg.order(), [&](BlockId block) {
        return cfg.loop_of(block).is_valid() && std::ranges::any_of(fn.blocks[block].insts, [&](InstId id) {
            return fn.insts[id].op == Op::Bounds && !(fn.insts[id].flags & NoTrap);
        });
    });
}

} // namespace

bool versions(Module& module, Function& fn) {
    if (!has_tests(fn)) return false;
    bool changed = make_preheaders(fn);
    changed |= Versions(module, fn).run();
    if (changed) clean_blocks(fn);
    return changed;
}

} // namespace tn::opt
