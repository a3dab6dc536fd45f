#include "opt/ranges.h"

#include "opt/rewrite.h"

#include <algorithm>
#include <utility>

namespace tn::opt {

using namespace ir;
using Wide = Ranges::Wide;
using Point = Ranges::Point;

namespace {
constexpr unsigned max_depth = 16;
constexpr std::uint64_t work_per_query = 3000;
} // namespace

Ranges::Ranges(const Function& fn)
    : fn_(fn), cfg_(fn), facts_(fn.blocks.size()), entry_facts_(fn.blocks.size()), edges_(fn.blocks.size()),
      inst_index_(fn.insts.size()) {
    for (BlockId block : cfg_.order()) {
        const auto& insts = fn_.blocks[block].insts;
        for (std::uint32_t i = 0; i < insts.size(); ++i) inst_index_[insts[i].index()] = i;
        const auto targets = successors(fn_, block);
        for (std::uint32_t t = 0; t < targets.size(); ++t)
            edges_[targets[t].block.index()].push_back({block, static_cast<std::int32_t>(t)});
    }
    collect_facts();
}

void Ranges::add_condition(std::vector<Fact>& facts, const Inst& compare, bool holds, std::uint32_t index) const {
    if (compare.op != Op::ICmp) return;
    const ValueId a = fn_.operands_of(compare)[0], b = fn_.operands_of(compare)[1];
    if (!is_integer(fn_.values[a].type)) return;
    Cond cond = static_cast<Cond>(compare.aux);
    if (!holds) cond = inverted(cond);
    switch (cond) {
    case Cond::Eq:
        facts.push_back({a, b, 0, index});
        facts.push_back({b, a, 0, index});
        break;
    case Cond::Ne: break;
    case Cond::Lt: facts.push_back({a, b, -1, index}); break;
    case Cond::Le: facts.push_back({a, b, 0, index}); break;
    case Cond::Gt: facts.push_back({b, a, -1, index}); break;
    case Cond::Ge: facts.push_back({b, a, 0, index}); break;
    }
    // What bounds a square from above bounds its root: x <= x * x for every integer.
    auto root = [&](ValueId square) {
        const Inst* def = find_def(fn_, square);
        if (!def || def->op != Op::Mul || fn_.operands_of(*def)[0] != fn_.operands_of(*def)[1]) return ValueId();
        return fn_.operands_of(*def)[0];
    };
    for (std::size_t i = 0, count = facts.size(); i < count; ++i) {
        if (facts[i].index != index || (facts[i].a != a && facts[i].a != b)) continue;
        if (const ValueId x = root(facts[i].a); x.is_valid()) facts.push_back({x, facts[i].b, facts[i].k, index});
    }
}

void Ranges::collect_facts() {
    for (BlockId block : cfg_.order()) {
        const auto& insts = fn_.blocks[block].insts;
        for (std::uint32_t i = 0; i < insts.size(); ++i) {
            const Inst& inst = fn_.insts[insts[i]];
            const auto operands = fn_.operands_of(inst);
            if (inst.op == Op::Bounds) {
                facts_[block.index()].push_back({operands[0], operands[1], -1, i});
                facts_[block.index()].push_back({ValueId(), operands[0], 0, i});
            } else if (inst.op == Op::TrapIf) {
                if (const Inst* compare = find_def(fn_, operands[0])) add_condition(facts_[block.index()], *compare, false, i);
            }
        }
        const auto& ways = edges_[block.index()];
        if (ways.size() != 1) continue;
        const Inst& last = fn_.terminator(ways[0].from);
        if (last.op != Op::Branch) continue;
        if (const Inst* compare = find_def(fn_, fn_.operands_of(last)[0]))
            add_condition(entry_facts_[block.index()], *compare, ways[0].target == 0, 0);
    }
}

template <typename Visit> void Ranges::facts_of(ValueId value, bool as_a, Point at, Visit visit) {
    auto offer = [&](const Fact& fact) {
        if ((as_a ? fact.a : fact.b) == value) visit(fact);
    };
    if (at.edge >= 0) {
        const Inst& last = fn_.terminator(at.block);
        const auto targets = fn_.targets_of(last);
        if (last.op == Op::Branch && targets[0].block != targets[1].block) {
            if (const Inst* compare = find_def(fn_, fn_.operands_of(last)[0])) {
                std::vector<Fact> facts;
                add_condition(facts, *compare, at.edge == 0, 0);
                for (const Fact& fact : facts) offer(fact);
            }
        }
        at.index = 0xffffffffu;
    }
    for (BlockId block = at.block; block.is_valid() && work_ > 0; block = cfg_.immediate_dominator(block)) {
        --work_;
        for (const Fact& fact : facts_[block.index()])
            if (block != at.block || fact.index < at.index) offer(fact);
        for (const Fact& fact : entry_facts_[block.index()]) offer(fact);
    }
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
    const bool adds = def->op == Op::Add || def->op == Op::WrapAdd, subs = def->op == Op::Sub || def->op == Op::WrapSub;
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

// By what the value is computed from. The point may be any that the definition dominates: on every way there the
// operands are those that the definition saw.
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
    if (op == Op::PopCount || op == Op::LeadingZeros || op == Op::TrailingZeros) return upper ? bits_of(type) : 0;
    if (op == Op::Add) return clip(of(operands[0], upper) + of(operands[1], upper));
    if (op == Op::Sub) return clip(of(operands[0], upper) - of(operands[1], !upper));
    if (op == Op::WrapAdd || op == Op::WrapSub) {
        const bool add = op == Op::WrapAdd;
        const Wide low = of(operands[0], false) + (add ? of(operands[1], false) : -of(operands[1], true));
        const Wide high = of(operands[0], true) + (add ? of(operands[1], true) : -of(operands[1], false));
        if (low < min_of(type) || high > max_of(type)) return widest;
        return upper ? high : low;
    }
    if (op == Op::Mul || op == Op::WrapMul) {
        const Wide a[] = {of(operands[0], false), of(operands[0], true)}, b[] = {of(operands[1], false), of(operands[1], true)};
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
    if (op == Op::Shr && find_const(fn_, operands[1], c) && c >= 0 && static_cast<std::uint64_t>(c) < bits_of(type))
        return of(operands[0], upper) >> c;
    if (op == Op::Shl && find_const(fn_, operands[1], c) && c >= 0 && static_cast<std::uint64_t>(c) < bits_of(type)) {
        const Wide factor = static_cast<Wide>(1) << c;
        const Wide low = of(operands[0], false) * factor, high = of(operands[0], true) * factor;
        if (c >= 63 || low < min_of(type) || high > max_of(type)) return widest;
        return upper ? high : low;
    }
    if (op == Op::Div && find_const(fn_, operands[1], c) && number(type, c) > 0)
        return of(operands[0], upper) / number(type, c);
    if (op == Op::Rem && find_const(fn_, operands[1], c) && number(type, c) > 0) {
        const Wide most = number(type, c) - 1;
        if (upper) return of(operands[0], true) <= 0 ? 0 : std::min(most, of(operands[0], true));
        return of(operands[0], false) >= 0 ? 0 : -most;
    }
    if (op == Op::Convert && is_integer(fn_.values[operands[0]].type)) {
        const Wide low = of(operands[0], false), high = of(operands[0], true);
        if (low < min_of(type) || high > max_of(type)) return widest;
        return upper ? high : low;
    }
    if (op == Op::Select) {
        const Wide x = of(operands[1], upper), y = of(operands[2], upper);
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
    for (const Edge& edge : edges_[v.block.index()]) {
        const ValueId arg = fn_.args_of(successors(fn_, edge.from)[static_cast<std::size_t>(edge.target)])[v.index];
        if (arg == value) continue;
        const Point at{edge.from, 0, edge.target};
        // Induction: an edge that only moves the value away from this bound cannot break it.
        ValueId base;
        Wide offset = 0;
        if (split_sum(arg, base, offset, at, depth) && base == value && (upper ? offset <= 0 : offset >= 0)) continue;
        const Wide b = bound(arg, upper, at, depth + 1);
        result = !any ? b : upper ? std::max(result, b) : std::min(result, b);
        any = true;
        if (result == widest) break;
    }
    in_progress_.pop_back();
    return any ? result : widest;
}

// Remembered unless it rests on an assumption that is still open, or on work that was refused: the same loops are
// asked about again and again.
Wide Ranges::bound(ValueId value, bool upper, Point at, unsigned depth) {
    const Scalar type = fn_.values[value].type;
    std::int64_t c = 0;
    if (find_const(fn_, value, c)) return number(type, c);
    const BoundKey key{value.index(), at.block.index(), at.edge >= 0 ? ~static_cast<std::uint32_t>(at.edge) : at.index, upper};
    if (const auto known = known_bounds_.find(key); known != known_bounds_.end() && known->second.depth <= depth)
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
        const Wide w = other.is_valid() ? bound(other, upper, at, depth + 4) : 0;
        best = upper ? std::min(best, w + fact.k) : std::max(best, w - fact.k);
    });
    return best;
}

bool Ranges::prove(ValueId a, ValueId b, Wide k, Point at, unsigned depth) {
    if (a == b) return k >= 0;
    if (depth >= max_depth || work_ == 0) return false;
    --work_;
    // The same question while answering it: the induction hypothesis, if it asks for no more.
    for (const Goal& goal : goals_)
        if (goal.a == a && goal.b == b) return k >= goal.k;

    bool proven = false;
    facts_of(a, true, at, [&](const Fact& fact) { proven |= fact.b == b && fact.k <= k; });
    if (proven) return true;
    with_share(2, [&] { proven = bound(a, true, at, depth + 1) - bound(b, false, at, depth + 1) <= k; });
    if (proven) return true;
    ValueId base;
    Wide offset = 0;
    if (split_sum(a, base, offset, at, depth) && prove(base, b, k - offset, at, depth + 1)) return true;
    if (split_sum(b, base, offset, at, depth) && prove(a, base, k + offset, at, depth + 1)) return true;
    facts_of(a, true, at, [&](const Fact& fact) {
        if (!proven && fact.b.is_valid() && prove(fact.b, b, k - fact.k, at, depth + 1)) proven = true;
    });
    if (proven) return true;
    const Value& v = fn_.values[a];
    if (!v.inst.is_valid() && v.block != fn_.entry()) {
        goals_.push_back({a, b, k});
        bool all = true;
        for (const Edge& edge : edges_[v.block.index()]) {
            const ValueId arg = fn_.args_of(successors(fn_, edge.from)[static_cast<std::size_t>(edge.target)])[v.index];
            if (arg == a) continue;
            // b must mean the same at the edge: defined outside the loop that a runs in.
            if (!is_available(b, edge.from) || (!fn_.values[b].inst.is_valid() && fn_.values[b].block == v.block) ||
                !prove(arg, b, k, {edge.from, 0, edge.target}, depth + 1)) {
                all = false;
                break;
            }
        }
        goals_.pop_back();
        if (all) return true;
    }
    return false;
}

Ranges::Interval Ranges::interval(ValueId value, Point at) {
    work_ = work_per_query;
    const Wide low = bound(value, false, at, 0);
    work_ = work_per_query;
    return {low, bound(value, true, at, 0)};
}

bool Ranges::proves_le(ValueId a, ValueId b, Wide k, Point at) {
    if (interval(a, at).high - interval(b, at).low <= k) return true;
    work_ = work_per_query;
    return prove(a, b, k, at, 0);
}

} // namespace tn::opt
