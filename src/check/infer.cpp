// Unification with an occurs check. See infer.h.
#include "check/infer.h"

#include <algorithm>

namespace tn::check {

void TypeFacts::extend() {
    // A type's arguments were made before it, so one pass in order suffices.
    for (std::size_t i = facts_.size(); i < types_.size(); ++i) {
        TypeId id(i);
        std::uint16_t fact = 0;
        unsigned deepest = 0;
        std::size_t left = types_.args(id).size();
        for (TypeId arg : types_.args(id)) {
            std::uint16_t inner = facts_[arg.index()];
            // A function that takes a slice holds none.
            bool is_param = types_.kind(id) == TypeKind::Fn && --left != 0;
            fact |= inner & (infer_bit | error_bit | (is_param ? 0 : slice_bit));
            deepest = std::max<unsigned>(deepest, inner & depth_mask);
        }
        if (types_.kind(id) == TypeKind::Infer) fact |= infer_bit;
        if (types_.kind(id) == TypeKind::Error) fact |= error_bit;
        if (types_.kind(id) == TypeKind::Slice) fact |= slice_bit;
        fact |= static_cast<std::uint16_t>(std::min(deepest + 1, 255u));
        facts_.push_back(fact);
    }
}

TypeId Infer::fresh(VarKind kind, Span origin, std::string what) {
    vars_.push_back(Var{kind, TypeId(), origin, std::move(what)});
    return types_.infer(static_cast<std::uint32_t>(vars_.size() - 1));
}

TypeId Infer::shallow(TypeId id) {
    TypeId root = id;
    while (is_var(root) && vars_[number(root)].bound.is_valid()) root = vars_[number(root)].bound;
    while (is_var(id) && id != root) { // the next walk is short
        TypeId next = vars_[number(id)].bound;
        vars_[number(id)].bound = root;
        id = next;
    }
    return root;
}

bool Infer::unify(TypeId a, TypeId b) {
    seen_.clear();
    return unify_in(a, b, 0);
}

bool Infer::unify_in(TypeId a, TypeId b, unsigned depth) {
    a = shallow(a);
    b = shallow(b);
    if (a == b) return true;
    TypeKind kind = types_.kind(a);
    if (is_var(a)) return bind_checked(a, b);
    if (is_var(b)) return bind_checked(b, a);
    if (kind == TypeKind::Error || types_.kind(b) == TypeKind::Error) {
        // What was to be learned from the wrong type stays unknown, and nobody is to be told.
        TypeId other = kind == TypeKind::Error ? b : a;
        for (TypeId var = find_unknown(other); var.is_valid(); var = find_unknown(other)) {
            bind(var, types_.simple(TypeKind::Error));
        }
        return true;
    }
    if (kind != types_.kind(b) || types_[a].payload != types_[b].payload) return false;
    std::size_t count = types_.args(a).size();
    if (count != types_.args(b).size() || count == 0) return false;
    if (!facts_.has_infer(a) && !facts_.has_infer(b) && !facts_.has_error(a) && !facts_.has_error(b))
        return false;
    if (depth >= TypeFacts::max_depth) {
        too_deep_ = true;
        return true;
    }
    if (!seen_.insert(static_cast<std::uint64_t>(a.value) << 32 | b.value).second) return true;
    bool same = true;
    for (unsigned i = 0; i < count; ++i) same &= unify_in(types_.arg(a, i), types_.arg(b, i), depth + 1);
    return same;
}

bool Infer::bind_checked(TypeId var, TypeId type) {
    VarKind kind = vars_[number(var)].kind;
    if (is_var(type)) {
        VarKind other = vars_[number(type)].kind;
        if (kind == VarKind::General) {
            bind(var, type);
        } else if (other == VarKind::General || other == kind) {
            bind(type, var);
        } else {
            return false;
        }
        return true;
    }
    if (types_.kind(type) == TypeKind::Error) {
        // A literal keeps its own type; for all else the mistake that made the Error is enough.
        if (kind == VarKind::General) bind(var, type);
        return true;
    }
    if (kind == VarKind::Int && !facts_.is_integer(type)) return false;
    if (kind == VarKind::Float && !facts_.is_float(type)) return false;
    if (facts_.has_infer(type)) {
        std::unordered_set<std::uint64_t> outer;
        outer.swap(seen_);
        bool endless = occurs(var, type, 0);
        outer.swap(seen_);
        if (endless) {
            bind(var, types_.simple(TypeKind::Error)); // reported by whoever asked, or at the end
            return too_deep_;
        }
    }
    bind(var, type);
    return true;
}

bool Infer::occurs(TypeId var, TypeId type, unsigned depth) {
    type = shallow(type);
    if (type == var) return true;
    if (!facts_.has_infer(type)) return false;
    if (depth >= TypeFacts::max_depth) {
        too_deep_ = true;
        return true;
    }
    if (!seen_.insert(type.value).second) return false;
    for (unsigned i = 0; i < types_.args(type).size(); ++i) {
        if (occurs(var, types_.arg(type, i), depth + 1)) return true;
    }
    return false;
}

TypeId Infer::zonk(TypeId id) {
    if (!facts_.has_infer(id)) return id;
    return replace(id, false, 0);
}

std::string Infer::print(TypeId id) {
    if (!facts_.has_infer(id)) return types_.print(id);
    replaced_.clear();
    std::string text = types_.print(replace(id, true, 0));
    replaced_.clear();
    return text;
}

TypeId Infer::replace(TypeId id, bool with_defaults, unsigned depth) {
    id = shallow(id);
    if (is_var(id)) {
        if (!with_defaults) return id;
        switch (vars_[number(id)].kind) {
        case VarKind::Int: return types_.simple(TypeKind::I64);
        case VarKind::Float: return types_.simple(TypeKind::F64);
        case VarKind::General: return id;
        }
    }
    if (!facts_.has_infer(id)) return id;
    if (auto it = replaced_.find(id.value); it != replaced_.end()) return it->second;
    // Once one type is too deep, the body is refused: no other is worth its walk.
    too_deep_ |= depth >= TypeFacts::max_depth;
    if (too_deep_) return types_.simple(TypeKind::Error);
    std::vector<TypeId> parts;
    std::size_t count = types_.args(id).size();
    parts.reserve(count);
    for (unsigned i = 0; i < count; ++i)
        parts.push_back(replace(types_.arg(id, i), with_defaults, depth + 1));
    Type type = types_[id];
    TypeId answer = types_.make(type.kind, parts, type.payload);
    replaced_.emplace(id.value, answer);
    return answer;
}

void Infer::default_literals() {
    replaced_.clear();
    for (Var& var : vars_) {
        if (var.bound.is_valid()) continue;
        if (var.kind == VarKind::Int) var.bound = types_.simple(TypeKind::I64);
        if (var.kind == VarKind::Float) var.bound = types_.simple(TypeKind::F64);
    }
}

TypeId Infer::find_unknown(TypeId zonked) {
    if (!facts_.has_infer(shallow(zonked))) return TypeId(); // as mostly
    std::unordered_set<std::uint32_t> seen;
    std::vector<TypeId> work = {zonked};
    while (!work.empty()) {
        TypeId id = shallow(work.back());
        work.pop_back();
        if (!facts_.has_infer(id) || !seen.insert(id.value).second) continue;
        if (is_var(id, VarKind::General)) return id;
        for (unsigned i = 0; i < types_.args(id).size(); ++i) work.push_back(types_.arg(id, i));
    }
    return TypeId();
}

} // namespace tn::check
