// Heads of impls against goals, and types with variables against each other, without changing anything.
#include "check/solver.h"

#include <algorithm>

namespace tn::check {

namespace {

std::uint64_t pair_key(TypeId a, TypeId b) { return static_cast<std::uint64_t>(a.value) << 32 | b.value; }

} // namespace

// A variable could become the type.
Solver::Fit Solver::variable_fits(TypeId var, TypeId type) {
    if (infer_.is_var(var, VarKind::General)) return Fit::Maybe;
    bool is_int = infer_.is_var(var, VarKind::Int);
    if (infer_.is_var(type)) {
        bool same = infer_.is_var(type, VarKind::General) || infer_.is_var(type, is_int ? VarKind::Int : VarKind::Float);
        return same ? Fit::Maybe : Fit::No;
    }
    bool fits = is_int ? program_.facts.is_integer(type) : program_.facts.is_float(type);
    return fits ? Fit::Maybe : Fit::No;
}

Solver::Fit Solver::could_be_one(TypeId a, TypeId b, std::unordered_set<std::uint64_t>& seen) {
    a = infer_.shallow(a);
    b = infer_.shallow(b);
    if (a == b) return Fit::Yes;
    if (infer_.is_var(a)) return variable_fits(a, b);
    if (infer_.is_var(b)) return variable_fits(b, a);
    TypeKind kind = types_.kind(a);
    if (kind == TypeKind::Error || types_.kind(b) == TypeKind::Error) return Fit::Yes;
    std::size_t count = types_.args(a).size();
    if (kind != types_.kind(b) || types_[a].payload != types_[b].payload || count != types_.args(b).size() ||
        count == 0)
        return Fit::No;
    if (!seen.insert(pair_key(a, b)).second) return Fit::Yes;
    Fit all = Fit::Yes;
    for (unsigned i = 0; i < count && all != Fit::No; ++i)
        all = std::min(all, could_be_one(types_.arg(a, i), types_.arg(b, i), seen));
    return all;
}

// The pattern mentions the head's parameters, the type may have variables.
Solver::Fit Solver::fit(TypeId pattern, TypeId type, Head& head) {
    type = infer_.shallow(type);
    if (types_.kind(pattern) == TypeKind::Param) {
        auto it = std::ranges::find(head.params, pattern);
        if (it != head.params.end()) {
            TypeId& bound = head.bound[static_cast<std::size_t>(it - head.params.begin())];
            if (!bound.is_valid()) {
                bound = type;
                return Fit::Yes;
            }
            std::unordered_set<std::uint64_t> seen;
            return could_be_one(bound, type, seen);
        }
    }
    if (pattern == type || types_.kind(type) == TypeKind::Error) return Fit::Yes;
    if (infer_.is_var(type)) return variable_fits(type, pattern);
    std::size_t count = types_.args(pattern).size();
    if (types_.kind(pattern) != types_.kind(type) || types_[pattern].payload != types_[type].payload ||
        count != types_.args(type).size() || count == 0)
        return Fit::No;
    if (!head.seen.insert(pair_key(pattern, type)).second) return Fit::Yes;
    Fit all = Fit::Yes;
    for (unsigned i = 0; i < count && all != Fit::No; ++i)
        all = std::min(all, fit(types_.arg(pattern, i), types_.arg(type, i), head));
    return all;
}

Solver::Fit Solver::fit_head(ImplId id, const Bound& goal, Head& head) {
    const Impl& impl = program_.out.impls[id];
    head.bound.assign(head.params.size(), TypeId());
    Fit all = fit(impl.self, goal.subject, head);
    for (std::size_t i = 0; i < inputs_of(goal) && all != Fit::No; ++i)
        all = std::min(all, fit(impl.trait_args[i], goal.args[i], head));
    return all;
}

} // namespace tn::check
