#include "opt/ranges.h"

#include "opt/rewrite.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace tn::opt {

using namespace ir;
using Wide = Ranges::Wide;
using Point = Ranges::Point;

namespace {
constexpr unsigned max_depth = Ranges::max_depth;
constexpr std::uint64_t work_per_query = 3000;
// All queries of a function together: beyond that each gets little, so that a huge function takes linear time.
constexpr std::uint64_t work_per_function = 300000, work_per_inst = 16, work_when_spent = 16;
constexpr std::uint32_t end = Ranges::block_end;
} // namespace

Ranges::Ranges(const Function& fn)
    : fn_(fn),
      cfg_(fn),
      of_block_(fn.blocks.size()),
      mentioned_(fn.values.size(), 0),
      edges_from_(fn.blocks.size() + 1, 0),
      inst_index_(fn.insts.size()) {
    for (BlockId block : cfg_.order()) {
        const auto& insts = fn_.blocks[block].insts;
        for (std::uint32_t i = 0; i < insts.size(); ++i) inst_index_[insts[i].index()] = i;
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

void Ranges::add_condition(const Inst& compare, bool holds, std::uint32_t index) {
    if (compare.op != Op::ICmp) return;
    const ValueId a = fn_.operands_of(compare)[0], b = fn_.operands_of(compare)[1];
    if (!is_integer(fn_.values[a].type)) return;
    Cond cond = static_cast<Cond>(compare.aux);
    if (!holds) cond = inverted(cond);
    const std::size_t first = facts_.size();
    switch (cond) {
    case Cond::Eq:
        facts_.push_back({a, b, 0, index});
        facts_.push_back({b, a, 0, index});
        break;
    case Cond::Ne:
        facts_.push_back({a, b, 0, index, ValueId(), true});
        facts_.push_back({b, a, 0, index, ValueId(), true});
        break;
    case Cond::Lt: facts_.push_back({a, b, -1, index}); break;
    case Cond::Le: facts_.push_back({a, b, 0, index}); break;
    case Cond::Gt: facts_.push_back({b, a, -1, index}); break;
    case Cond::Ge: facts_.push_back({b, a, 0, index}); break;
    }
    add_facts_of_parts(first);
}

// What is known of a sum or a product is known of its parts: of what a constant was added to; of a part of a sum whose
// other part is not negative; of what was multiplied, if that is not negative; of a difference's first part.
void Ranges::add_facts_of_parts(std::size_t first) {
    constexpr std::size_t most = 12; // facts of one condition
    for (std::size_t i = first; i < facts_.size() && facts_.size() < first + most; ++i) {
        for (const bool is_a : {true, false}) {
            const Fact fact = facts_[i];
            const ValueId side = is_a ? fact.a : fact.b;
            const Inst* def = side.is_valid() ? find_def(fn_, side) : nullptr;
            if (!def || def->operands.count != 2) continue;
            const auto operands = fn_.operands_of(*def);
            auto add = [&](ValueId part, Wide k, ValueId guard) {
                if (guard.is_valid() && (fact.guard.is_valid() || fact.differs)) return;
                Fact more = fact;
                (is_a ? more.a : more.b) = part;
                more.k = k;
                if (guard.is_valid()) more.guard = guard;
                facts_.push_back(more);
            };
            std::int64_t constant = 0;
            const bool has_constant = find_const(fn_, operands[1], constant);
            const Wide c = has_constant ? number(fn_.values[operands[1]].type, constant) : 0;
            if ((def->op == Op::Add || def->op == Op::Sub) && has_constant) {
                const Wide offset = def->op == Op::Add ? c : -c;
                add(operands[0], is_a ? fact.k - offset : fact.k + offset, ValueId());
            } else if (is_a && def->op == Op::Add) {
                add(operands[0], fact.k, operands[1]);
                add(operands[1], fact.k, operands[0]);
            } else if (!is_a && def->op == Op::Sub) {
                add(operands[0], fact.k, operands[1]);
            } else if (is_a && def->op == Op::Mul && operands[0] == operands[1]) {
                if (!fact.differs) add(operands[0], fact.k, ValueId()); // x <= x * x for every integer
            } else if (is_a && def->op == Op::Mul && c >= 1) {
                add(operands[0], fact.k, operands[0]);
            }
        }
    }
}

void Ranges::collect_facts() {
    auto row_from = [&](std::size_t first) {
        return FactRow{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(facts_.size() - first)};
    };
    for (BlockId block : cfg_.order()) {
        BlockFacts& here = of_block_[block.index()];
        std::size_t first = facts_.size();
        const auto& insts = fn_.blocks[block].insts;
        for (std::uint32_t i = 0; i < insts.size(); ++i) {
            const Inst& inst = fn_.insts[insts[i]];
            if (inst.op == Op::Bounds) {
                const auto operands = fn_.operands_of(inst);
                facts_.push_back({operands[0], operands[1], -1, i});
                facts_.push_back({ValueId(), operands[0], 0, i});
                add_facts_of_parts(facts_.size() - 2);
            } else if (inst.op == Op::TrapIf) {
                if (const Inst* compare = find_def(fn_, fn_.operands_of(inst)[0]))
                    add_condition(*compare, false, i);
            }
        }
        here.inside = row_from(first);
        const Inst& last = fn_.terminator(block);
        const Inst* compare = last.op == Op::Branch ? find_def(fn_, fn_.operands_of(last)[0]) : nullptr;
        if (compare && fn_.targets_of(last)[0].block != fn_.targets_of(last)[1].block) {
            for (unsigned t = 0; t < 2; ++t) {
                first = facts_.size();
                add_condition(*compare, t == 0, 0);
                here.edge[t] = row_from(first);
            }
        }
        // Predecessors that dominate a block stand before it in this order.
        const auto ways = ways_into(block);
        if (ways.size() == 1 && fn_.terminator(ways[0].from).op == Op::Branch)
            here.entry = of_block_[ways[0].from.index()].edge[ways[0].target];
        const BlockId idom = cfg_.immediate_dominator(block);
        here.with_facts = here.inside.count + here.entry.count != 0 ? block
                          : idom.is_valid()                         ? of_block_[idom.index()].with_facts
                                                                    : BlockId();
    }
    for (const Fact& fact : facts_) {
        if (fact.a.is_valid()) mentioned_[fact.a.index()] |= 1;
        if (fact.b.is_valid()) mentioned_[fact.b.index()] |= 2;
        if (fact.differs && fact.a.is_valid()) mentioned_[fact.a.index()] |= 4;
    }
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
    if (op == Op::SeqLen) return upper ? widest : 0;
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
    return widest;
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
    in_progress_.pop_back();
    return any ? result : widest;
}

// Remembered unless it rests on an assumption that is still open, or on work that was refused: the same loops
// are asked about again and again.
Wide Ranges::bound(ValueId value, bool upper, Point at, unsigned depth) {
    const Scalar type = fn_.values[value].type;
    std::int64_t c = 0;
    if (find_const(fn_, value, c)) return number(type, c);
    const BoundKey key{value.index(), at.block.index(),
                       at.edge >= 0 ? ~static_cast<std::uint32_t>(at.edge) : at.index, upper};
    if (const auto known = known_bounds_.find(key);
        known != known_bounds_.end() &&
        (known->second.depth <= depth || known->second.bound != (upper ? max_of(type) : min_of(type))))
        return known->second.bound;
    if (depth >= max_depth || work_ == 0) {
        is_refused_ |= work_ == 0;
        return upper ? max_of(type) : min_of(type);
    }
    --work_;
    const std::size_t outer_assumption = std::exchange(assumption_, no_assumption);
    const bool outer_refused = std::exchange(is_refused_, false);
    const Wide result = bound_anew(value, upper, at, depth);
    if (assumption_ >= in_progress_.size() && !is_refused_) known_bounds_[key] = {result, depth};
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
        if (fact.differs || !holds(fact, at, depth)) return;
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

void Ranges::start_query() {
    spent_ += allowed_ - work_;
    allowed_ = work_ = spent_ < budget_ ? work_per_query : work_when_spent;
}

Ranges::Interval Ranges::interval(ValueId value, Point at) {
    std::int64_t c = 0;
    if (find_const(fn_, value, c))
        return {number(fn_.values[value].type, c), number(fn_.values[value].type, c)};
    at = first_like(at);
    start_query();
    Wide low = bound(value, false, at, 0);
    start_query();
    if (low < 0 && proves_sign(value)) {
        if (prove(ValueId(), value, 0, at, 0)) low = 0;
        start_query();
    }
    return {low, bound(value, true, at, 0)};
}

bool Ranges::knows_le(ValueId a, ValueId b, Wide k, Point at) {
    start_query();
    bool known = false;
    facts_of(a, true, at, [&](const Fact& fact) { known |= fact.b == b && fact.k <= k && !fact.differs && !fact.guard.is_valid(); });
    return known;
}

bool Ranges::proves_le(ValueId a, ValueId b, Wide k, Point at) {
    if (interval(a, at).high - interval(b, at).low <= k) return true;
    at = first_like(at);
    start_query();
    return prove(a, b, k, at, 0);
}

} // namespace tn::opt
