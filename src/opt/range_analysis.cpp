#include "opt/ranges.h"

#include "opt/rewrite.h"
#include "types/layout.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace tn::opt {

using namespace ir;
using Wide = Ranges::Wide;
using Point = Ranges::Point;

namespace {
constexpr unsigned max_depth = Ranges::max_depth;
constexpr unsigned settled_depth = 6; // of a question that is answered by what was proven of a value before
constexpr std::uint64_t work_per_query = 3000, work_per_proof = 4000, work_per_sign = 100;
constexpr std::size_t max_differences = 16; // of a function, that sums are compared with
// All queries of a function together: beyond that each gets little, so that a huge function takes linear time.
constexpr std::uint64_t least_work_per_proof = 300, much_work = 1000; // after some that came to nothing; that shows one will not succeed
constexpr unsigned max_failed = 8; // proofs that are counted
constexpr std::uint64_t work_per_function = 120000, work_per_inst = 2, work_when_spent = 8;
constexpr std::uint32_t end = Ranges::block_end;
} // namespace

Ranges::Ranges(const Function& fn)
    : fn_(fn),
      cfg_(fn),
      of_block_(fn.blocks.size()),
      mentioned_(fn.values.size(), 0),
      edges_from_(fn.blocks.size() + 1, 0),
      inst_index_(fn.insts.size()),
      known_bounds_(fn.values.size()),
      provisional_(fn.values.size()) {
    for (BlockId block : cfg_.order()) {
        const auto& insts = fn_.blocks[block].insts;
        for (std::uint32_t i = 0; i < insts.size(); ++i) {
            inst_index_[insts[i].index()] = i;
            const Inst& inst = fn_.insts[insts[i]];
            std::int64_t c = 0;
            if (inst.op == Op::Sub && differences_.size() < max_differences && !find_const(fn_, fn_.operands_of(inst)[1], c))
                differences_.push_back(insts[i]);
        }
        for (const Target& target : successors(fn_, block)) ++edges_from_[target.block.index() + 1];
    }
    for (std::size_t b = 1; b < edges_from_.size(); ++b) edges_from_[b] += edges_from_[b - 1];
    edges_.resize(edges_from_.back());
    std::vector<std::uint32_t> next(edges_from_.begin(), edges_from_.end() - 1);
    for (BlockId block : cfg_.order()) {
        const auto targets = successors(fn_, block);
        for (std::uint32_t t = 0; t < targets.size(); ++t)
            edges_[next[targets[t].block.index()]++] = {block, static_cast<std::int32_t>(t)};
    }
    collect_facts();
    budget_ = work_per_function + work_per_inst * fn.insts.size();
}

Point Ranges::first_like(Point at) const {
    if (at.edge >= 0) {
        if (at.edge < 2 && of_block_[at.block.index()].edge[at.edge].count != 0)
            return {at.block, 0, at.edge};
        at = {at.block, end, -1};
    }
    for (BlockId block = of_block_[at.block.index()].with_facts; block.is_valid();) {
        const BlockFacts& here = of_block_[block.index()];
        const std::uint32_t before = block == at.block ? at.index : end;
        const auto inside = facts(here.inside);
        std::size_t held = inside.size();
        while (held > 0 && inside[held - 1].index >= before) --held;
        if (held > 0) return {block, held == inside.size() ? end : inside[held - 1].index + 1, -1};
        if (here.entry.count != 0) return {block, 0, -1};
        const BlockId idom = cfg_.immediate_dominator(block);
        block = idom.is_valid() ? of_block_[idom.index()].with_facts : BlockId();
    }
    return {fn_.entry(), 0, -1};
}

Point Ranges::definition_point(ValueId value) const {
    const Value& v = fn_.values[value];
    if (v.inst.is_valid()) return {fn_.insts[v.inst].block, inst_index_[v.inst.index()], -1};
    return {v.block, 0, -1};
}

bool Ranges::is_available(ValueId value, BlockId block) const {
    return !value.is_valid() || cfg_.dominates(definition_point(value).block, block);
}

bool Ranges::split_sum(ValueId value, ValueId& base, Wide& offset, Point at, unsigned depth) {
    const Inst* def = find_def(fn_, value);
    if (!def || def->operands.count != 2) return false;
    const bool adds = def->op == Op::Add || def->op == Op::WrapAdd,
               subs = def->op == Op::Sub || def->op == Op::WrapSub;
    std::int64_t c = 0;
    if (!(adds || subs) || !find_const(fn_, fn_.operands_of(*def)[1], c)) return false;
    base = fn_.operands_of(*def)[0];
    offset = adds ? number(def->type, c) : -number(def->type, c);
    if (def->op == Op::Add || def->op == Op::Sub) return true; // it would have trapped, or is proven
    // A wrapping one counts when it has not wrapped. What holds at the point is true of the same operand.
    if (depth >= max_depth) return false;
    const Wide edge = bound(base, offset > 0, at, depth + 1) + offset;
    return edge >= min_of(def->type) && edge <= max_of(def->type);
}

// By what the value is computed from. The point may be any that the definition dominates: on every way there
// the operands are those that the definition saw.
Wide Ranges::structural_bound(ValueId value, bool upper, Point at, unsigned depth) {
    const Scalar type = fn_.values[value].type;
    const Wide widest = upper ? max_of(type) : min_of(type);
    const Inst* def = find_def(fn_, value);
    if (!def) return param_bound(value, upper, depth);
    const auto operands = fn_.operands_of(*def);
    auto clip = [&](Wide x) { return upper ? std::min(x, widest) : std::max(x, widest); };
    auto of = [&](ValueId v, bool up) { return bound(v, up, at, depth + 1); };
    std::int64_t c = 0;
    const Op op = def->op;
    if (op == Op::ConstInt) return number(type, def->imm);
    if (op == Op::SeqLen) return upper ? max_seq_length : 0;
    if (op == Op::PopCount || op == Op::LeadingZeros || op == Op::TrailingZeros)
        return upper ? bits_of(type) : 0;
    if (op == Op::Add) return clip(of(operands[0], upper) + of(operands[1], upper));
    if (op == Op::Sub) {
        const Wide by_ends = clip(of(operands[0], upper) - of(operands[1], !upper));
        return upper || by_ends >= 0 ? by_ends : std::max(by_ends, least_difference(operands[0], operands[1], at, depth));
    }
    if (op == Op::WrapAdd || op == Op::WrapSub) {
        const bool add = op == Op::WrapAdd;
        const Wide low = of(operands[0], false) + (add ? of(operands[1], false) : -of(operands[1], true));
        const Wide high = of(operands[0], true) + (add ? of(operands[1], true) : -of(operands[1], false));
        if (low < min_of(type) || high > max_of(type)) return widest;
        return upper ? high : low;
    }
    if (op == Op::Mul || op == Op::WrapMul) {
        const Wide a[] = {of(operands[0], false), of(operands[0], true)},
                   b[] = {of(operands[1], false), of(operands[1], true)};
        const Wide limit = static_cast<Wide>(1) << 63;
        if (a[1] > limit || b[1] > limit) return widest;
        Wide low = a[0] * b[0], high = low;
        for (Wide x : a)
            for (Wide y : b) {
                low = std::min(low, x * y);
                high = std::max(high, x * y);
            }
        if (op == Op::WrapMul && (low < min_of(type) || high > max_of(type))) return widest;
        return clip(upper ? high : low);
    }
    if (op == Op::And) {
        // A mask that is not negative bounds the result from both sides.
        for (int i = 0; i < 2; ++i)
            if (find_const(fn_, operands[i], c) && number(type, c) >= 0) return upper ? number(type, c) : 0;
        if (of(operands[0], false) >= 0 || of(operands[1], false) >= 0) {
            if (!upper) return 0;
            const Wide x = of(operands[0], true), y = of(operands[1], true);
            if (of(operands[0], false) < 0) return y;
            if (of(operands[1], false) < 0) return x;
            return std::min(x, y);
        }
        return widest;
    }
    if (op == Op::Shr && find_const(fn_, operands[1], c) && c >= 0 &&
        static_cast<std::uint64_t>(c) < bits_of(type))
        return of(operands[0], upper) >> c;
    if (op == Op::Shl && find_const(fn_, operands[1], c) && c >= 0 &&
        static_cast<std::uint64_t>(c) < bits_of(type)) {
        const Wide factor = static_cast<Wide>(1) << c;
        const Wide low = of(operands[0], false) * factor, high = of(operands[0], true) * factor;
        if (c >= 63 || low < min_of(type) || high > max_of(type)) return widest;
        return upper ? high : low;
    }
    if (op == Op::Div && find_const(fn_, operands[1], c) && number(type, c) > 0)
        return of(operands[0], upper) / number(type, c);
    if (op == Op::Rem && !upper && of(operands[0], false) >= 0) return 0; // its sign is that of what is divided
    if (op == Op::Rem && of(operands[1], false) >= 0) { // not 0, or it had trapped
        const Wide most = of(operands[1], true) - 1;
        if (upper) return of(operands[0], true) <= 0 ? 0 : std::min(most, of(operands[0], true));
        return of(operands[0], false) >= 0 ? 0 : -most;
    }
    if ((op == Op::Or || op == Op::Xor) && of(operands[0], false) >= 0 && of(operands[1], false) >= 0) {
        if (!upper) return op == Op::Or ? std::max(of(operands[0], false), of(operands[1], false)) : 0;
        const Wide most = std::max(of(operands[0], true), of(operands[1], true));
        return (Wide(1) << std::bit_width(static_cast<std::uint64_t>(most))) - 1; // no higher bit comes in
    }
    if ((op == Op::Convert || op == Op::Bitcast) && is_integer(fn_.values[operands[0]].type)) {
        const Wide low = of(operands[0], false), high = of(operands[0], true);
        if (low < min_of(type) || high > max_of(type)) return widest;
        return upper ? high : low;
    }
    if (op == Op::Select) {
        const Wide x = of(operands[1], upper), y = of(operands[2], upper);
        if (const int picks = picks_extreme(*def); picks == (upper ? -1 : 1)) return upper ? std::min(x, y) : std::max(x, y);
        return upper ? std::max(x, y) : std::min(x, y);
    }
    if (op == Op::Load && def->aux == static_cast<std::uint32_t>(MemoryClass::Element)) {
        const Interval elements = element_interval(*def);
        return upper ? elements.high : elements.low;
    }
    return widest;
}

// Of the elements that a load may read.
Ranges::Interval Ranges::table_interval(const Inst& load, const std::string& table) {
    Interval all{min_of(load.type), max_of(load.type)};
    if (load.operands.count != 2 || load.imm < 0) return all;
    const std::int64_t first = load.imm % load.scale;
    std::int64_t element = 0;
    for (std::int64_t at = first; read_table(table, at, load.type, element); at += load.scale) {
        const Wide n = number(load.type, element);
        all = at == first ? Interval{n, n} : Interval{std::min(all.low, n), std::max(all.high, n)};
    }
    return all;
}

Ranges::Interval Ranges::element_interval(const Inst& load) {
    const Interval any{min_of(load.type), max_of(load.type)};
    const Inst* data = find_def(fn_, fn_.operands_of(load)[0]);
    if (data && data->op == Op::Table) return table_interval(load, fn_.tables[static_cast<std::size_t>(data->imm)]);
    const Inst* maker = data && data->op == Op::SeqData ? find_def(fn_, fn_.operands_of(*data)[0]) : nullptr;
    if (!maker || maker->op != Op::ListNew) return any;
    if (!read_only_) read_only_.emplace(fn_);
    if (!read_only_->contains(fn_, fn_.operands_of(load)[0])) return any;
    const ValueId list = maker->first_result;
    if (const auto known = elements_.find(list.index()); known != elements_.end()) return known->second;
    Interval all = any;
    bool is_first = true;
    for (InstId id : fn_.blocks[maker->block].insts) {
        const Inst& store = fn_.insts[id];
        if (store.op != Op::Store || find_object(fn_, fn_.operands_of(store)[0]) != list) continue;
        std::int64_t c = 0;
        if (fn_.values[fn_.operands_of(store)[1]].type != load.type || !find_const(fn_, fn_.operands_of(store)[1], c)) {
            all = any;
            break;
        }
        const Wide n = number(load.type, c);
        all = is_first ? Interval{n, n} : Interval{std::min(all.low, n), std::max(all.high, n)};
        is_first = false;
    }
    elements_[list.index()] = all;
    return all;
}

Wide Ranges::param_bound(ValueId value, bool upper, unsigned depth) {
    const Value& v = fn_.values[value];
    const Wide widest = upper ? max_of(v.type) : min_of(v.type);
    if (v.block == fn_.entry()) return widest;
    const std::pair goal{value, upper};
    if (const auto open = std::ranges::find(in_progress_, goal); open != in_progress_.end()) {
        assumption_ = std::min(assumption_, static_cast<std::size_t>(open - in_progress_.begin()));
        return widest;
    }
    in_progress_.push_back(goal);
    bool any = false;
    Wide result = 0;
    for (const Edge& edge : ways_into(v.block)) {
        const ValueId arg =
            fn_.args_of(successors(fn_, edge.from)[static_cast<std::size_t>(edge.target)])[v.index];
        if (arg == value) continue;
        const Point at = first_like({edge.from, 0, edge.target});
        // Induction: an edge that only moves the value away from this bound cannot break it.
        ValueId base;
        Wide offset = 0;
        if (split_sum(arg, base, offset, at, depth) && base == value && (upper ? offset <= 0 : offset >= 0))
            continue;
        const Wide b = bound(arg, upper, at, depth + 1);
        result = !any ? b : upper ? std::max(result, b) : std::min(result, b);
        any = true;
        if (result == widest) break;
    }
    if (result == widest && any && in_progress_.size() == 1) result = joined_bound(value, upper, depth);
    in_progress_.pop_back();
    for (; !provisional_levels_.empty() && provisional_levels_.back() > in_progress_.size(); provisional_levels_.pop_back())
        provisional_.drop_last();
    return any ? result : widest;
}

// All parameters that the value comes through, of blocks where ways meet, have the bound of what enters them from
// elsewhere: a variable that some ways around a loop change and others do not. Where a 64-bit one is counted on by
// small steps it stays within 2^62 of that: no machine runs long enough to go farther.
Wide Ranges::joined_bound(ValueId value, bool upper, unsigned depth) {
    constexpr std::size_t most = 12; // parameters
    constexpr Wide max_step = 2;
    const Wide widest = upper ? max_of(fn_.values[value].type) : min_of(fn_.values[value].type);
    std::vector<ValueId> joined{value};
    bool any = false, counts = false;
    Wide result = 0;
    const auto is_joined = [&](ValueId v) { return std::ranges::find(joined, v) != joined.end(); };
    // False if it is not known where the value stays.
    auto enter = [&](auto&& self, ValueId arg, Point at) -> bool {
        if (is_joined(arg)) return true;
        const Value& v = fn_.values[arg];
        if (!v.inst.is_valid() && v.block != fn_.entry()) {
            joined.push_back(arg);
            return joined.size() <= most;
        }
        const Inst* def = find_def(fn_, arg);
        if (def && def->op == Op::Select) return self(self, fn_.operands_of(*def)[1], at) && self(self, fn_.operands_of(*def)[2], at);
        ValueId base;
        Wide offset = 0;
        if (split_sum(arg, base, offset, at, depth) && (upper ? offset <= 0 : offset >= 0) &&
            is_joined(base))
            return true;
        if (def && (def->op == Op::Add || def->op == Op::WrapAdd) && bits_of(def->type) == 64) {
            for (unsigned i = 0; i < 2; ++i) {
                if (!is_joined(fn_.operands_of(*def)[i])) continue;
                const Wide step = bound(fn_.operands_of(*def)[1 - i], upper, at, depth + 1);
                if (upper ? step > max_step : step < -max_step) continue;
                counts = true;
                return true;
            }
        }
        const Wide b = bound(arg, upper, at, depth + 1);
        result = !any ? b : upper ? std::max(result, b) : std::min(result, b);
        any = true;
        return result != widest;
    };
    for (std::size_t i = 0; i < joined.size(); ++i) {
        const Value v = fn_.values[joined[i]];
        for (const Edge& edge : ways_into(v.block)) {
            const ValueId arg = fn_.args_of(successors(fn_, edge.from)[static_cast<std::size_t>(edge.target)])[v.index];
            if (!enter(enter, arg, first_like({edge.from, 0, edge.target}))) return widest;
        }
    }
    if (!any) return widest;
    if (!counts) return result;
    constexpr Wide far = Wide(1) << 62;
    return upper ? (result < far ? result + far : widest) : (result > -far ? result - far : widest);
}

// Remembered, unless it rests on work that was refused: the same loops are asked about again and again. What rests on
// a parameter that is still being asked about is remembered for as long as that lasts.
Wide Ranges::bound(ValueId value, bool upper, Point at, unsigned depth) {
    const Scalar type = fn_.values[value].type;
    std::int64_t c = 0;
    if (find_const(fn_, value, c)) return number(type, c);
    const Wide widest = upper ? max_of(type) : min_of(type);
    const Question asked = question(value, upper, at);
    if (const KnownBound* known = known_bounds_.find(asked); known && (known->depth <= depth || known->bound != widest))
        return known->bound;
    if (const KnownBound* known = provisional_.find(asked); known && (known->depth <= depth || known->bound != widest)) {
        assumption_ = std::min(assumption_, known->assumption);
        is_refused_ |= known->is_refused;
        return known->bound;
    }
    if (depth >= settled_depth || work_ == 0)
        if (const auto settled = settled_.find(value.index()); settled != settled_.end())
            return upper ? settled->second.high : settled->second.low;
    if (depth >= max_depth || work_ == 0) {
        is_refused_ |= work_ == 0;
        is_cut_ |= depth >= max_depth;
        return widest;
    }
    --work_;
    const bool outer_cut = std::exchange(is_cut_, false);
    const std::size_t outer_assumption = std::exchange(assumption_, no_assumption);
    const bool outer_refused = std::exchange(is_refused_, false);
    const Wide result = bound_anew(value, upper, at, depth);
    const KnownBound known_bound{result, is_cut_ ? depth : 0, assumption_, is_refused_};
    is_cut_ |= outer_cut;
    if (is_refused_ || assumption_ < in_progress_.size()) {
        provisional_.add(asked, known_bound);
        provisional_levels_.push_back(in_progress_.size());
    } else {
        known_bounds_.set(asked, known_bound);
    }
    assumption_ = std::min(assumption_ < in_progress_.size() ? assumption_ : no_assumption, outer_assumption);
    is_refused_ |= outer_refused;
    return result;
}

Wide Ranges::bound_anew(ValueId value, bool upper, Point at, unsigned depth) {
    // A part of the work is kept for what the conditions on the way tell.
    Wide best = 0;
    with_share(2, [&] { best = structural_bound(value, upper, at, depth); });
    // value - w <= k bounds it from above by w's bound; w - value <= k from below.
    facts_of(value, upper, at, [&](const Fact& fact) {
        const ValueId other = upper ? fact.b : fact.a;
        if (fact.differs || fact.guard.is_valid()) return;
        const Wide w = other.is_valid() ? bound(other, upper, at, depth + 4) : 0;
        best = upper ? std::min(best, w + fact.k) : std::max(best, w - fact.k);
    });
    // What it is known not to be: `n != 0` of an n that is not negative makes it positive.
    if (mentioned_[value.index()] & 4)
        facts_of(value, true, at, [&](const Fact& fact) {
            std::int64_t c = 0;
            if (!fact.differs || !fact.b.is_valid() || !find_const(fn_, fact.b, c)) return;
            if (number(fn_.values[fact.b].type, c) + fact.k == best) best += upper ? -1 : 1;
        });
    return best;
}

void Ranges::start_query(std::uint64_t work) {
    for (; !provisional_levels_.empty(); provisional_levels_.pop_back()) provisional_.drop_last(); // what was refused may be worked out now
    spent_ += allowed_ - work_;
    allowed_ = work_ = spent_ < budget_ ? work : work_when_spent;
}

Ranges::Interval Ranges::interval(ValueId value, Point at) {
    std::int64_t c = 0;
    if (find_const(fn_, value, c))
        return {number(fn_.values[value].type, c), number(fn_.values[value].type, c)};
    at = first_like(at);
    start_query(work_per_query);
    Wide low = bound(value, false, at, 0);
    start_query(work_per_query);
    if (low < 0 && proves_sign(value)) {
        start_query(work_per_sign);
        if (prove(ValueId(), value, 0, at, 0)) {
            low = 0;
            known_bounds_.set(question(value, false, at), {0, 0}); // what is computed from it gains by it
        }
        start_query(work_per_query);
    }
    return {low, bound(value, true, at, 0)};
}

bool Ranges::knows_le(ValueId a, ValueId b, Wide k, Point at) {
    start_query(work_per_query);
    bool known = false;
    facts_of(a, true, at, [&](const Fact& fact) { known |= fact.b == b && fact.k <= k && !fact.differs && !fact.guard.is_valid(); });
    return known;
}

bool Ranges::proves_le(ValueId a, ValueId b, Wide k, Point at) {
    if (interval(a, at).high - interval(b, at).low <= k) return true;
    at = first_like(at);
    // Where some have come to nothing others like them will: those of this length above all.
    const auto against = std::ranges::find(failed_against_, b, &FailedAgainst::b);
    const unsigned failed = against == failed_against_.end() ? 0 : against->times;
    start_query(std::max(work_per_proof >> std::min(failed_proofs_ + 2 * failed, max_failed), least_work_per_proof));
    if (prove(a, b, k, at, 0)) return true;
    failed_proofs_ += work_ == 0;
    if (allowed_ - work_ >= much_work) {
        if (failed == 0)
            failed_against_.push_back({b, 1});
        else
            ++against->times;
    }
    return false;
}

} // namespace tn::opt
