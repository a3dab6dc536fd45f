// How two integers compare: what Ranges can prove of a difference.
#include "opt/ranges.h"

#include "opt/rewrite.h"

#include <algorithm>
#include <utility>

namespace tn::opt {

using namespace ir;
using Wide = Ranges::Wide;
using Point = Ranges::Point;

namespace {
constexpr unsigned max_proof_depth = 9; // steps; more of them prove hardly anything, and cost a quarter of a compilation
}

// What x - y is at least, as far as 1, 0 and -1 go, where the relation of the two is known. Without the
// hypotheses of proofs that are under way: what comes of this is remembered.
Wide Ranges::least_difference(ValueId x, ValueId y, Point at, unsigned depth) {
    const std::vector<Goal> open = std::exchange(goals_, {});
    Wide least = min_of(fn_.values[x].type);
    with_share(2, [&] {
        for (Wide k = -1; k <= 1 && least < 0; ++k)
            if (prove(y, x, k, at, depth + 4)) least = -k;
    });
    goals_ = open;
    return least;
}

// a - b <= k: by what conditions say, by intervals, by how the two are computed, by induction.
bool Ranges::prove(ValueId a, ValueId b, Wide k, Point at, unsigned depth) {
    if (a == b) return k >= 0;
    if (depth >= max_proof_depth || work_ == 0) return false;
    --work_;
    // What a condition on the way says may be more than the hypothesis: `i < n` on the way to `i + 1 <= n`.
    bool proven = false, differs = false;
    facts_of(a.is_valid() ? a : b, a.is_valid(), at, [&](const Fact& fact) {
        if (fact.a != a || fact.b != b) return;
        if (fact.differs)
            differs |= fact.k == k + 1;
        else
            proven |= fact.k <= k && !fact.guard.is_valid();
    });
    if (proven) return true;
    // The same question while answering it: the induction hypothesis, if it asks for no more.
    for (const Goal& goal : goals_)
        if (goal.a == a && goal.b == b) return k >= goal.k;

    with_share(2, [&] {
        proven = (a.is_valid() ? bound(a, true, at, depth + 1) : 0) - bound(b, false, at, depth + 1) <= k;
    });
    if (proven) return true;
    ValueId base;
    Wide offset = 0;
    if (a.is_valid() && split_sum(a, base, offset, at, depth) && prove(base, b, k - offset, at, depth + 1))
        return true;
    if (split_sum(b, base, offset, at, depth) && prove(a, base, k + offset, at, depth + 1)) return true;
    if (differs && prove(a, b, k + 1, at, depth + 1)) return true;
    if (a.is_valid())
        facts_of(a, true, at, [&](const Fact& fact) {
            if (!proven && !fact.differs && fact.b.is_valid() && holds(fact, at, depth) &&
                prove(fact.b, b, k - fact.k, at, depth + 1))
                proven = true;
        });
    if (!proven && (!a.is_valid() || depth == 0))
        facts_of(b, false, at, [&](const Fact& fact) {
            if (!proven && !fact.differs && fact.a.is_valid() && holds(fact, at, depth) &&
                prove(a, fact.a, k - fact.k, at, depth + 1))
                proven = true;
        });
    if (proven) return true;
    if (a.is_valid())
        for (const Relative& more : relatives(a, true, at, depth))
            if (prove(more.value, b, k - more.offset, at, depth + 1)) return true;
    for (const Relative& less : relatives(b, false, at, depth))
        if (prove(a, less.value, k + less.offset, at, depth + 1)) return true;
    if (!a.is_valid() && k >= 0 && prove_sign_of_parts(b, k, at, depth)) return true;
    return prove_of_choice(a, b, k, at, depth) || prove_of_grid(a, b, k, at, depth) ||
           prove_by_induction(a, b, k, true, depth) || prove_by_induction(a, b, k, false, depth);
}

// Values x that the value is at most, or at least, by how it is computed: value <= x + offset if `above`,
// else value >= x + offset.
std::vector<Ranges::Relative> Ranges::relatives(ValueId value, bool above, Point at, unsigned depth) {
    std::vector<Relative> found;
    const Inst* def = find_def(fn_, value);
    if (!def || !is_integer(def->type) || depth >= max_depth) return found;
    auto visit = [&](ValueId x, Wide offset) { found.push_back({x, offset}); };
    const auto operands = fn_.operands_of(*def);
    auto low = [&](ValueId v) { return bound(v, false, at, depth + 1); };
    auto high = [&](ValueId v) { return bound(v, true, at, depth + 1); };
    std::int64_t constant = 0;
    const bool has_constant = operands.size() == 2 && find_const(fn_, operands[1], constant);
    const Wide c = has_constant ? number(fn_.values[operands[1]].type, constant) : 0;
    switch (def->op) {
    case Op::Add:
        if (has_constant) return found; // split_sum says it exactly
        for (unsigned i = 0; i < 2; ++i) {
            const ValueId x = operands[i], y = operands[1 - i];
            const Wide most = above ? high(y) : low(y);
            if (most != (above ? max_of(def->type) : min_of(def->type))) visit(x, most);
            if (!above) continue;
            // x + y is at most h + c where x is at most h - y + c.
            for (const InstId gap : differences_) {
                const Inst& difference = fn_.insts[gap];
                if (fn_.operands_of(difference)[1] != y || !cfg_.dominates(difference.block, at.block))
                    continue;
                if (prove(x, fn_.result(gap), -1, at, depth + 2))
                    visit(fn_.operands_of(difference)[0], -1);
                else if (prove(x, fn_.result(gap), 0, at, depth + 2))
                    visit(fn_.operands_of(difference)[0], 0);
            }
            // x + (h - x) / 2 is at most h, less if there is something to halve.
            for (const Relative& part : relatives(y, true, at, depth + 1)) {
                const Inst* gap = find_def(fn_, part.value);
                if (gap && (gap->op == Op::Sub || gap->op == Op::WrapSub) && fn_.operands_of(*gap)[1] == x &&
                    is_exact(*gap, at, depth))
                    visit(fn_.operands_of(*gap)[0], part.offset);
            }
        }
        return found;
    case Op::Sub:
    case Op::WrapSub: {
        if (has_constant || !is_exact(*def, at, depth)) return found;
        const Wide least = above ? low(operands[1]) : high(operands[1]);
        if (least != (above ? min_of(def->type) : max_of(def->type))) visit(operands[0], -least);
        return found;
    }
    case Op::Mul:
        // Times something positive: not less than a number that is not negative.
        for (unsigned i = 0; !above && i < 2; ++i) {
            const Wide x = low(operands[i]), times = low(operands[1 - i]);
            if (x >= 0 && times >= 1) visit(operands[i], x * (times - 1));
        }
        return found;
    case Op::Div:
    case Op::Shr: {
        if (!above || !has_constant || c < (def->op == Op::Div ? 1 : 0)) return found;
        const Inst* sum = find_def(fn_, operands[0]);
        if (sum && sum->op == Op::Add && c == (def->op == Op::Div ? 2 : 1)) {
            // The middle of two is at most the larger one.
            const ValueId one = fn_.operands_of(*sum)[0], other = fn_.operands_of(*sum)[1];
            if (prove(one, other, 0, at, depth + 1))
                visit(other, 0);
            else if (prove(other, one, 0, at, depth + 1))
                visit(one, 0);
        }
        const Wide x = low(operands[0]);
        if (x >= 0) visit(operands[0], (def->op == Op::Div ? x / c : x >> std::min<Wide>(c, 63)) - x);
        return found;
    }
    case Op::Rem:
        if (!above) return found;
        if (low(operands[1]) >= 0) visit(operands[1], -1); // not 0, or it had trapped
        if (low(operands[0]) >= 0) visit(operands[0], 0);
        return found;
    case Op::And:
        for (unsigned i = 0; above && i < 2; ++i)
            if (low(operands[i]) >= 0) visit(operands[i], 0);
        return found;
    case Op::Or:
        if (!above && low(operands[0]) >= 0 && low(operands[1]) >= 0)
            visit(operands[0], 0), visit(operands[1], 0);
        return found;
    case Op::Convert:
    case Op::Bitcast: {
        const Scalar from = fn_.values[operands[0]].type;
        if (!is_integer(from)) return found;
        if ((min_of(from) < min_of(def->type) && low(operands[0]) < min_of(def->type)) ||
            (max_of(from) > max_of(def->type) && high(operands[0]) > max_of(def->type)))
            return found;
        visit(operands[0], 0);
        return found;
    }
    default: return found;
    }
}

// The difference is the exact one: it has not wrapped.
bool Ranges::is_exact(const Inst& difference, Point at, unsigned depth) {
    if (difference.op == Op::Sub) return true; // it would have trapped, or is proven
    const auto operands = fn_.operands_of(difference);
    return is_signed(difference.type) && bound(operands[0], false, at, depth + 1) >= 0 &&
           bound(operands[1], false, at, depth + 1) >= 0;
}

// -1 if the selection is the smaller of its two values, 1 if it is the larger one, else 0.
int Ranges::picks_extreme(const Inst& select) const {
    const auto operands = fn_.operands_of(select);
    const Inst* compare = find_def(fn_, operands[0]);
    if (!compare || compare->op != Op::ICmp) return 0;
    const auto asked = fn_.operands_of(*compare);
    const bool straight = asked[0] == operands[1] && asked[1] == operands[2],
               crossed = asked[0] == operands[2] && asked[1] == operands[1];
    if (!straight && !crossed) return 0;
    switch (static_cast<Cond>(compare->aux)) {
    case Cond::Lt:
    case Cond::Le: return straight ? -1 : 1;
    case Cond::Gt:
    case Cond::Ge: return straight ? 1 : -1;
    case Cond::Eq:
    case Cond::Ne: return 0;
    }
    return 0;
}

// A selection: it holds for both that it may be, or for one if that bounds the other.
bool Ranges::prove_of_choice(ValueId a, ValueId b, Wide k, Point at, unsigned depth) {
    for (const bool is_a : {true, false}) {
        const ValueId value = is_a ? a : b;
        const Inst* choice = value.is_valid() ? find_def(fn_, value) : nullptr;
        if (!choice || choice->op != Op::Select) continue;
        const ValueId yes = fn_.operands_of(*choice)[1], no = fn_.operands_of(*choice)[2];
        auto of = [&](ValueId chosen) {
            return is_a ? prove(chosen, b, k, at, depth + 1) : prove(a, chosen, k, at, depth + 1);
        };
        const bool one_will_do = picks_extreme(*choice) == (is_a ? -1 : 1);
        if (one_will_do ? of(yes) || of(no) : of(yes) && of(no)) return true;
    }
    return false;
}

// value >= -k, for k >= 0, if what it is computed from is.
bool Ranges::prove_sign_of_parts(ValueId value, Wide k, Point at, unsigned depth) {
    const Inst* def = find_def(fn_, value);
    std::int64_t c = 0;
    if (!def || def->operands.count != 2) return false;
    const ValueId x = fn_.operands_of(*def)[0], y = fn_.operands_of(*def)[1];
    if (def->op == Op::Add)
        return prove(ValueId(), x, k, at, depth + 1) && prove(ValueId(), y, 0, at, depth + 1);
    if (def->op == Op::Mul)
        return prove(ValueId(), x, 0, at, depth + 1) && prove(ValueId(), y, 0, at, depth + 1);
    if (def->op == Op::Rem || def->op == Op::Shr || (def->op == Op::Div && find_const(fn_, y, c) && c > 0))
        return prove(ValueId(), x, k, at, depth + 1);
    return false;
}

// An index into rows of one length: row * width + column < rows * width if row < rows and column < width.
bool Ranges::prove_of_grid(ValueId a, ValueId b, Wide k, Point at, unsigned depth) {
    const Inst *sum = a.is_valid() ? find_def(fn_, a) : nullptr, *size = find_def(fn_, b);
    if (k < -1 || !sum || sum->op != Op::Add || !size || size->op != Op::Mul) return false;
    for (unsigned i = 0; i < 2; ++i) {
        const Inst* start = find_def(fn_, fn_.operands_of(*sum)[i]);
        const ValueId column = fn_.operands_of(*sum)[1 - i];
        if (!start || start->op != Op::Mul) continue;
        for (unsigned w = 0; w < 4; ++w) {
            const ValueId width = fn_.operands_of(*start)[w & 1], row = fn_.operands_of(*start)[1 - (w & 1)];
            if (fn_.operands_of(*size)[w >> 1] != width) continue;
            if (bound(width, false, at, depth + 1) >= 0 && prove(column, width, -1, at, depth + 1) &&
                prove(row, fn_.operands_of(*size)[1 - (w >> 1)], -1, at, depth + 1))
                return true;
        }
    }
    return false;
}

// Whether it is worth a proof that the value is not negative: its interval alone may not show it.
bool Ranges::proves_sign(ValueId value) const {
    const Value& v = fn_.values[value];
    if (!is_signed(v.type)) return false;
    if (!v.inst.is_valid()) return v.block != fn_.entry();
    switch (fn_.insts[v.inst].op) {
    case Op::Add:
    case Op::Sub:
    case Op::Select:
    case Op::WrapAdd:
    case Op::WrapSub:
    case Op::Shr:
    case Op::Div: return true;
    default: return false;
    }
}

// One of the two is a block's parameter: it holds for the parameter if it does for the arguments.
bool Ranges::prove_by_induction(ValueId a, ValueId b, Wide k, bool over_a, unsigned depth) {
    const ValueId param = over_a ? a : b, other = over_a ? b : a;
    if (!param.is_valid()) return false;
    const Value& v = fn_.values[param];
    if (v.inst.is_valid() || v.block == fn_.entry()) return false;
    // Parameters of one block change together.
    const bool both =
        other.is_valid() && !fn_.values[other].inst.is_valid() && fn_.values[other].block == v.block;
    if (both && !over_a) return false; // asked already
    goals_.push_back({a, b, k});
    bool all = true;
    for (const Edge& edge : ways_into(v.block)) {
        const auto args = fn_.args_of(successors(fn_, edge.from)[static_cast<std::size_t>(edge.target)]);
        const ValueId arg = args[v.index];
        const Point at = first_like({edge.from, 0, edge.target});
        if (both) {
            const ValueId other_arg = args[fn_.values[other].index];
            if (arg == param && other_arg == other) continue;
            all = prove(arg, other_arg, k, at, depth + 1);
        } else {
            if (arg == param) continue;
            // The other one must mean the same at the edge: defined outside the loop that the parameter runs
            // in.
            all = is_available(other, edge.from) &&
                  (over_a ? prove(arg, b, k, at, depth + 1) : prove(a, arg, k, at, depth + 1));
        }
        if (!all) break;
    }
    goals_.pop_back();
    return all;
}

} // namespace tn::opt
