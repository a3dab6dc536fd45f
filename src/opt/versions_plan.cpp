#include "opt/versions_plan.h"

#include "ir/builder.h"
#include "ir/uses.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_insts = 320;   // of a loop
constexpr std::size_t max_tests = 80;    // in front of one
constexpr std::int64_t max_offset = std::int64_t(1) << 31;
constexpr std::int64_t max_factor = 1 << 12;
constexpr std::size_t max_terms = 3;
constexpr std::int64_t max_table = 1 << 16; // elements of a list that an index of no form may be made for
constexpr unsigned max_depth = 5; // of an index that is taken apart

class Planner {
public:
    Planner(const Module& module, const Function& fn, Ranges& ranges) : module_(module), fn_(fn), ranges_(ranges), cfg_(ranges.cfg()) {}

    std::vector<VersionPlan> run() {
        std::vector<bool> has_inner(cfg_.loops().size(), false);
        for (std::uint32_t l = 0; l < cfg_.loops().size(); ++l)
            if (const LoopId parent = cfg_.loops()[LoopId(l)].parent; parent.is_valid())
                has_inner[parent.index()] = true;
        std::vector<VersionPlan> plans;
        for (std::uint32_t l = 0; l < cfg_.loops().size(); ++l) {
            if (has_inner[l]) continue;
            VersionPlan plan;
            plan.loop = LoopId(l);
            if (make(plan)) plans.push_back(std::move(plan));
        }
        return plans;
    }

private:
    const Loop& loop_of(const VersionPlan& plan) const { return cfg_.loops()[plan.loop]; }
    bool is_outside(const VersionPlan& plan, ValueId value) const { return opt::is_outside(fn_, cfg_, plan.loop, value); }
    bool is_constant(ValueId value) const {
        std::int64_t c;
        return find_const(fn_, value, c);
    }
    // The same in every round, and at hand in front of the loop.
    bool is_invariant(const VersionPlan& plan, ValueId value) const {
        return is_outside(plan, value) || is_constant(value) || plan.is_moved(fn_, value);
    }

    bool make(VersionPlan& plan) {
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
            const auto low = ranges_.interval(plan.lowest(), before(plan)), high = ranges_.interval(plan.highest(), before(plan));
            plan.is_low_known = low.low > -near_numbers;
            plan.is_high_known = high.high < near_numbers;
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
    void find_counter(VersionPlan& plan) {
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
    // is counted could put another list where they were found, or change how many own what stands there.
    void find_rows(VersionPlan& plan) {
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
                if (fn_.insts[id].op == Op::UniqueAt && std::ranges::find(plan.rows, id, &Row::inst) == plan.rows.end()) {
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
    bool take_row(VersionPlan& plan, InstId id, Op op) {
        const Inst& inst = fn_.insts[id];
        ValueId list, index;
        if (inst.op != op || inst.type != Scalar::Ref || inst.flags & Nullable ||
            plan.is_moved(fn_, fn_.result(id)) ||
            (inst.op == Op::Load && inst.aux != static_cast<std::uint32_t>(MemoryClass::Element)))
            return false;
        for (ValueId v : fn_.operands_of(inst))
            if (!is_invariant(plan, v)) return false;
        if (!find_element(inst, list, index) || !is_invariant(plan, list) || !is_invariant(plan, index))
            return false;
        if (is_outside(plan, list) && !is_alive(list, loop_of(plan).preheader)) return false;
        const ValueId address = fn_.operands_of(inst)[0];
        const bool asks_owners =
            op == Op::UniqueAt && !is_in_every_round(loop_of(plan), plan.loop, [&](const Inst& other) {
                return other.op == Op::UniqueAt && fn_.operands_of(other)[0] == address;
            });
        plan.rows.push_back({list, index, id, asks_owners});
        return true;
    }
    // Lengths, elements and addresses of rows that have been found.
    bool take_pure(VersionPlan& plan, InstId id) {
        const Inst& inst = fn_.insts[id];
        if ((inst.op != Op::SeqLen && inst.op != Op::SeqData && inst.op != Op::ElemAddr) ||
            plan.is_moved(fn_, fn_.result(id)))
            return false;
        bool depends = false;
        for (ValueId v : fn_.operands_of(inst)) {
            if (!is_invariant(plan, v)) return false;
            depends |= plan.is_moved(fn_, v);
        }
        if (!depends) return false;
        plan.moved.push_back(id);
        return true;
    }

    // Adds `times` the value to the index: 1, -1, or any other factor of what counts.
    bool add_part(const VersionPlan& plan, ValueId value, std::int64_t times, Index& index, unsigned depth = 0) {
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
        if (is_outside(plan, value) || plan.is_moved(fn_, value)) return add_term(value, times, index);
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
    bool add_choice(const VersionPlan& plan, ValueId value, std::int64_t times, Index& index) {
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
        if (times != 1 || range.low <= -near_numbers || range.low >= near_numbers || index.tops.size() == max_terms || !find_top(plan, value, top, 0)) return false;
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
    bool find_top(const VersionPlan& plan, ValueId value, Top& top, unsigned depth) const {
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
                if (!find_const(fn_, one, c) || c <= -near_numbers || c >= near_numbers || !find_top(plan, other, top, depth + 1)) continue;
                top.floor = std::max(top.floor, c);
                return true;
            }
            if (is_invariant(plan, one)) {
                top = {one, -near_numbers};
                return true;
            }
            if (find_top(plan, one, top, depth + 1)) return true;
        }
        return false;
    }
    // `x + 1` of a counter x that is near cannot overflow, whatever it is for.
    void find_counts(VersionPlan& plan) {
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
    bool add_product(const VersionPlan& plan, ValueId left, ValueId right, Index& index) {
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
    bool can_move(const VersionPlan& plan, ValueId value, unsigned depth) const {
        if (is_invariant(plan, value)) return true;
        const Inst* def = find_def(fn_, value);
        const bool computes = def && def->type == Scalar::I64 && (def->op == Op::Add || def->op == Op::Sub || def->op == Op::Mul);
        return def && depth < max_depth && (computes || def->op == Op::Select || def->op == Op::ICmp) &&
               std::ranges::all_of(fn_.operands_of(*def), [&](ValueId v) { return can_move(plan, v, depth + 1); });
    }
    void note_moved(const VersionPlan& plan, ValueId value) {
        const InstId id = fn_.values[value].inst;
        if (is_invariant(plan, value) || std::ranges::find(arithmetic_, id) != arithmetic_.end()) return;
        arithmetic_.push_back(id);
        for (ValueId operand : fn_.operands_of(fn_.insts[id])) note_moved(plan, operand);
    }

    void find_tests(VersionPlan& plan) {
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
    Ranges::Point before(const VersionPlan& plan) const {
        const BlockId block = loop_of(plan).preheader;
        return {block, static_cast<std::uint32_t>(fn_.blocks[block].insts.size()) - 1, -1};
    }
    void note(VersionPlan& plan, const Index& index, ValueId length) {
        for (Access& access : plan.accesses) {
            Index& known = access.index;
            if (known.terms != index.terms || known.tops != index.tops || known.stride != index.stride || access.length != length || known.factor != index.factor) continue;
            known.least = std::min(known.least, index.least);
            known.most = std::max(known.most, index.most);
            return;
        }
        plan.accesses.push_back({index, length});
    }

    const Module& module_;
    const Function& fn_;
    Ranges& ranges_;
    const Cfg& cfg_;
    std::optional<Uses> uses_;
    std::vector<InstId> sums_, arithmetic_; // of the index that is looked at
    Ranges::Point at_;                      // where it is tested
};

} // namespace

bool VersionPlan::is_moved(const Function& fn, ValueId value) const {
    const InstId def = fn.values[value].inst;
    return def.is_valid() && (std::ranges::find(moved, def) != moved.end() || std::ranges::find(rows, def, &Row::inst) != rows.end());
}

bool is_outside(const Function& fn, const Cfg& cfg, LoopId loop, ValueId value) {
    const Value& v = fn.values[value];
    return !cfg.contains(loop, v.inst.is_valid() ? fn.insts[v.inst].block : v.block);
}

std::vector<VersionPlan> plan_versions(const Module& module, const Function& fn, Ranges& ranges) {
    return Planner(module, fn, ranges).run();
}

} // namespace tn::opt
