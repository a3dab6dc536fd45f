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
#include "opt/rewrite.h"
#include "opt/versions_plan.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace tn::opt {

using namespace ir;

namespace {

class Versions {
public:
    Versions(Module& module, Function& fn) : module_(module), fn_(fn), ranges_(fn), cfg_(ranges_.cfg()) {}

    bool run() {
        std::vector<VersionPlan> plans = plan_versions(module_, fn_, ranges_);
        bool changed = false;
        // The last one first: a loop's values get other names behind it, and what is planned for the loops there may speak of them.
        std::ranges::sort(plans, std::greater(), [&](const VersionPlan& plan) { return cfg_.position(cfg_.loops()[plan.loop].header); });
        for (const VersionPlan& plan : plans) changed |= change(plan);
        return changed;
    }

private:
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
        // not negative and near, or a constant that is no farther away
        void demand_near(ValueId value) {
            if (std::int64_t c = 0; find_const(b.function(), value, c) && c > -near_numbers && c < near_numbers) return;
            demand(Cond::Lt, b.bitcast(Scalar::U64, value), b.const_int(Scalar::U64, near_numbers));
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

    bool change(const VersionPlan& plan) {
        const Loop loop = cfg_.loops()[plan.loop];
        const BlockId copy = copy_loop(fn_, cfg_, plan.loop);
        if (!copy.is_valid()) return false;
        const InstId jump = fn_.blocks[loop.preheader].insts.back();
        const Target target = fn_.targets_of(fn_.insts[jump])[0];
        const std::vector<ValueId> args(fn_.args_of(target).begin(), fn_.args_of(target).end());
        const LocId loc = fn_.insts[jump].loc;
        remove_inst(fn_, jump);

        Tests tests(module_, fn_, loop.preheader, loc);
        moved_.clear();
        if (plan.counter.is_valid()) {
            const ValueId low = early(tests, plan, plan.lowest()), high = early(tests, plan, plan.highest());
            if (plan.may_wrap) tests.demand(Cond::Lt, low, high);
            tests.demand(Cond::Le, tests.b.binary(Op::WrapAdd, Scalar::I64, low, tests.number(least_rounds)), high);
        }
        if (plan.counts_near) demand_near_counter(tests, plan);
        for (const Row& row : plan.rows) find_row(tests, plan, row);
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

    // The value in front of the loop.
    ValueId early(Tests& tests, const VersionPlan& plan, ValueId value) {
        std::int64_t c = 0;
        if (find_const(fn_, value, c))
            return is_outside(fn_, cfg_, plan.loop, value) ? value : tests.b.const_int(fn_.values[value].type, c);
        if (const auto known = moved_.find(value); known != moved_.end()) return known->second;
        if (!plan.is_moved(fn_, value)) return value;
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
    void find_row(Tests& tests, const VersionPlan& plan, const Row& row) {
        Inst inst = fn_.insts[row.inst];
        if (moved_.contains(fn_.result(row.inst))) return;
        if (row.asks_owners) { // what stands there, as it is
            inst.op = Op::Load;
            inst.aux = static_cast<std::uint32_t>(MemoryClass::Element);
            inst.imm = 0;
        }
        const ValueId at = early(tests, plan, row.index), length = tests.length(early(tests, plan, row.list));
        tests.demand(Cond::Ge, at, tests.number(0));
        tests.demand(Cond::Lt, at, length);
        std::vector<ValueId> operands;
        for (std::uint32_t i = 0; i < inst.operands.count; ++i)
            operands.push_back(early(tests, plan, fn_.operands[inst.operands.first + i]));
        ValueId& known = tests.row(inst.op, operands);
        if (known.is_valid())
            moved_[fn_.result(row.inst)] = known;
        else
            known = place(tests, fn_.result(row.inst), inst, operands);
        if (row.asks_owners) tests.demand(Cond::Eq, tests.b.owners(known), tests.number(1));
    }

    void demand_near_counter(Tests& tests, const VersionPlan& plan) {
        if (!plan.is_low_known) tests.demand(Cond::Ge, early(tests, plan, plan.lowest()), tests.number(-near_numbers));
        if (!plan.is_high_known) tests.demand(Cond::Lt, early(tests, plan, plan.highest()), tests.number(near_numbers));
    }
    void demand(Tests& tests, const VersionPlan& plan, const Access& access) {
        Builder& b = tests.b;
        const Index& index = access.index;
        const ValueId length = early(tests, plan, access.length);
        ValueId sum;
        const bool is_alone = index.factor == 0 && index.terms.size() == 1 && !index.terms[0].is_subtracted && index.tops.empty();
        for (const Term& term : index.terms) {
            const ValueId part = early(tests, plan, term.value);
            // A product of what is near is far from where a sum of some could wrap.
            if (!is_alone && is_outside(fn_, cfg_, plan.loop, term.value)) tests.demand_near(part);
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
        ValueId low = early(tests, plan, plan.lowest()), high = early(tests, plan, plan.highest());
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
