// The search for what makes a type implement a trait. See solver.h; fit.cpp holds heads against goals.
#include "check/solver.h"

#include <algorithm>
#include <iterator>

namespace tn::check {

namespace {

// Impls that need each other without end are given up.
constexpr unsigned max_nesting = 64;
constexpr unsigned max_steps = 20'000;

} // namespace

Solver::Answer Solver::prove(const Bound& goal, bool is_last) {
    steps_ = 0;
    proved_.clear();
    Answer answer = prove_in(goal, 0);
    return answer == Answer::Unknown && is_last ? missing(goal) : answer;
}

// How many of a trait's arguments decide between impls: all but a core trait's Out.
std::size_t Solver::inputs_of(const Bound& goal) const {
    if (!goal.core) return goal.args.size();
    return std::min<std::size_t>(goal.args.size(), core_trait_info(*goal.core).inputs);
}

Solver::Answer Solver::prove_in(const Bound& goal, unsigned depth) {
    if (depth > max_nesting || ++steps_ > max_steps) return missing(goal);
    TypeId subject = infer_.shallow(goal.subject);
    TypeKind kind = types_.kind(subject);
    ground_ = Ground::Nothing;
    if (kind == TypeKind::Error || kind == TypeKind::Never) return Answer::Yes;
    if (infer_.is_var(subject, VarKind::General)) return Answer::Unknown;

    // Types are graphs: what holds of a part is not proved again.
    std::uint64_t known = 0;
    if (depth > 0 && goal.args.empty()) {
        std::uint32_t trait = goal.core ? ~static_cast<std::uint32_t>(*goal.core) : goal.trait.value;
        known = static_cast<std::uint64_t>(subject.value) << 32 | trait;
        if (proved_.contains(known)) return Answer::Yes;
    }
    Answer answer = prove_goal(goal, depth);
    if (known != 0 && answer == Answer::Yes) proved_.insert(known);
    return answer;
}

Solver::Answer Solver::prove_goal(const Bound& goal, unsigned depth) {
    TypeId subject = infer_.shallow(goal.subject);
    TypeKind kind = types_.kind(subject);
    bool is_derived = goal.core && core_trait_info(*goal.core).use == CoreTraitUse::Derived;
    if (!is_derived) {
        Answer answer = search(goal, depth);
        if (answer == Answer::Yes && kind != TypeKind::Param) note_supers(goal, depth);
        return answer;
    }
    std::pair<TypeId, CoreTrait> key(infer_.zonk(subject), *goal.core);
    if (std::ranges::find(open_, key) != open_.end()) {
        ground_ = Ground::Derived;
        return Answer::Yes;
    }
    open_.push_back(key);
    Answer answer = search(goal, depth);
    open_.pop_back();
    if (answer == Answer::Yes && kind != TypeKind::Param) note_supers(goal, depth);
    return answer;
}

void Solver::note_supers(const Bound& goal, unsigned depth) {
    Ground ground = ground_;
    ImplId impl = impl_;
    if (goal.core == CoreTrait::Ord || goal.core == CoreTrait::Hash) {
        TraitId eq = program_.out.core_traits[static_cast<unsigned>(CoreTrait::Eq)];
        prove_in({goal.subject, eq, {}, goal.span, CoreTrait::Eq}, depth + 1);
    } else if (goal.trait.is_valid()) {
        const TraitDecl& decl = program_.trait_decl(goal.trait);
        std::vector<TypeId> args = {goal.subject};
        args.insert(args.end(), goal.args.begin(), goal.args.end());
        for (const Bound& super : decl.supers)
            prove_in(program_.substitute(super, decl.generics.params, args), depth + 1);
    }
    ground_ = ground;
    impl_ = impl;
}

Solver::Answer Solver::search(const Bound& goal, unsigned depth) {
    TypeId subject = infer_.shallow(goal.subject);
    TypeKind kind = types_.kind(subject);
    if (kind == TypeKind::Param) {
        Answer answer = by_bounds(goal);
        if (answer != Answer::No) return answer;
    }
    if (goal.core) {
        Answer answer = built_in(goal);
        if (answer == Answer::Yes) ground_ = Ground::BuiltIn;
        if (answer != Answer::No) return answer;
    }
    bool is_derived = goal.core && core_trait_info(*goal.core).use == CoreTraitUse::Derived;
    bool is_foreign = kind == TypeKind::Record || kind == TypeKind::Enum || kind == TypeKind::Host || kind == TypeKind::Param;
    if (is_derived && !is_foreign) return derived(goal, depth); // nobody else may give it to a type of the language
    bool has_candidates = false;
    Answer answer = by_impls(goal, depth, has_candidates);
    if (answer == Answer::Yes) ground_ = Ground::Impl;
    if (has_candidates) return answer;
    return is_derived ? derived(goal, depth) : missing(goal);
}

Solver::Answer Solver::by_bounds(const Bound& goal) {
    TypeId subject = infer_.shallow(goal.subject);
    const Bound* only = nullptr;
    bool is_ambiguous = false;
    for (const Bound& bound : bounds_) {
        if (bound.subject != subject || !same_trait(bound, goal)) continue;
        bool fits = true;
        bool is_exact = true;
        for (std::size_t i = 0; i < inputs_of(goal); ++i) {
            std::unordered_set<std::uint64_t> seen;
            Fit fit = could_be_one(bound.args[i], goal.args[i], seen);
            fits &= fit != Fit::No;
            is_exact &= fit == Fit::Yes;
        }
        if (!fits) continue;
        is_ambiguous |= only != nullptr;
        only = &bound;
        if (is_exact) {
            is_ambiguous = false;
            break;
        }
    }
    if (!only) return missing(goal);
    if (is_ambiguous) return Answer::Unknown;
    for (std::size_t i = 0; i < goal.args.size(); ++i) {
        if (!infer_.unify(only->args[i], goal.args[i])) return missing(goal);
    }
    ground_ = Ground::Bound;
    return Answer::Yes;
}

Solver::Answer Solver::built_in(const Bound& goal) {
    TypeId subject = infer_.shallow(goal.subject);
    TypeKind kind = types_.kind(subject);
    const TypeFacts& facts = program_.facts;
    bool is_int = facts.is_integer(subject) || infer_.is_var(subject, VarKind::Int);
    bool is_float = facts.is_float(subject) || infer_.is_var(subject, VarKind::Float);
    bool is_number = is_int || is_float || facts.is_numeric(subject);
    bool has_it = false;
    switch (*goal.core) {
    case CoreTrait::Add: has_it = is_number || kind == TypeKind::String || kind == TypeKind::List; break;
    case CoreTrait::Sub:
    case CoreTrait::Mul:
    case CoreTrait::Div:
    case CoreTrait::Rem: has_it = is_number; break;
    case CoreTrait::BitAnd:
    case CoreTrait::BitOr:
    case CoreTrait::BitXor: has_it = is_int || kind == TypeKind::Bool; break;
    case CoreTrait::Shl:
    case CoreTrait::Shr: has_it = is_int; break;
    case CoreTrait::Neg: {
        bool is_signed_int = types_.is_integer(subject) && is_signed(type_kind_scalar(kind));
        if (is_float || is_signed_int || infer_.is_var(subject, VarKind::Int))
            return infer_.unify(goal.args[0], subject) ? Answer::Yes : Answer::No;
        return Answer::No;
    }
    case CoreTrait::Index:
    case CoreTrait::Eq:
    case CoreTrait::Ord:
    case CoreTrait::Hash:
    case CoreTrait::Show:
    case CoreTrait::Iterate: return Answer::No;
    }
    if (!has_it) return Answer::No;
    TypeId rhs = infer_.shallow(goal.args[0]);
    bool is_shift = *goal.core == CoreTrait::Shl || *goal.core == CoreTrait::Shr;
    bool takes_any = is_shift && (facts.is_integer(rhs) || infer_.is_var(rhs, VarKind::Int));
    takes_any |= kind == TypeKind::String && types_.kind(rhs) == TypeKind::Char;
    std::unordered_set<std::uint64_t> seen;
    if (!takes_any && could_be_one(rhs, subject, seen) == Fit::No) return Answer::No; // an impl may know
    if (!takes_any && !infer_.unify(rhs, subject)) return Answer::No;
    return infer_.unify(goal.args[1], subject) ? Answer::Yes : Answer::No;
}

Solver::Answer Solver::by_impls(const Bound& goal, unsigned depth, bool& has_candidates) {
    if (!goal.trait.is_valid()) return missing(goal);
    TypeId subject = infer_.shallow(goal.subject);
    TypeKind kind = types_.kind(subject);
    std::vector<ImplId> candidates;
    std::vector<TypeId> bound;
    std::span<const ImplId> impls = program_.impls_of(goal.trait);
    // There may be many impls: most are told apart at a glance.
    bool is_open = kind == TypeKind::Infer;
    bool is_known = !program_.facts.has_infer(subject) && !program_.facts.has_error(subject);
    for (ImplId id : impls) {
        TypeId head_type = program_.out.impls[id].self;
        bool same_head =
            types_.kind(head_type) == kind && types_[head_type].payload == types_[subject].payload;
        if (!same_head && !is_open && types_.kind(head_type) != TypeKind::Param) continue;
        if (is_known && !types_.has_param(head_type) && head_type != subject) continue;
        Head head{program_.out.impls[id].type_params, {}, {}};
        Fit fit = fit_head(id, goal, head);
        if (fit == Fit::No) continue;
        candidates.push_back(id);
        bound = std::move(head.bound);
    }
    if (candidates.empty()) return missing(goal);
    has_candidates = true;
    if (candidates.size() > 1) return Answer::Unknown;
    // The only one there is: what is not known yet becomes what it says.
    ImplId id = candidates[0];
    for (TypeId& arg : bound) {
        if (!arg.is_valid()) arg = infer_.fresh(VarKind::General, Span{}, "");
    }
    std::vector<TypeId> params = program_.out.impls[id].type_params;
    auto put_in = [&](TypeId type) { return types_.substitute(type, params, bound); };
    bool fits = infer_.unify(put_in(program_.out.impls[id].self), subject);
    for (std::size_t i = 0; i < goal.args.size(); ++i) {
        TypeId arg = program_.out.impls[id].trait_args[i];
        if (arg.is_valid()) fits &= infer_.unify(put_in(arg), goal.args[i]);
    }
    if (!fits) return missing(goal);
    program_.note_use_of_impl(id);
    Answer all = Answer::Yes;
    std::vector<Bound> nested = program_.impl_decl(id).generics.bounds;
    for (const Bound& need : nested) {
        Answer answer = prove_in(program_.substitute(need, params, bound), depth + 1);
        if (answer == Answer::No) return answer;
        if (answer == Answer::Unknown) all = answer;
    }
    impl_ = id;
    return all;
}

// Eq, Ord, Hash and Show of a type whose parts have them. What contains itself has it if nothing else is in the
// way, so each part is looked at once.
Solver::Answer Solver::derived(const Bound& goal, unsigned depth) {
    CoreTrait core = *goal.core;
    bool is_unknown = false;
    std::vector<TypeId> work = {goal.subject};
    std::unordered_set<std::uint32_t> seen;
    auto lacks = [&](TypeId part) {
        Bound inner{part, goal.trait, {}, goal.span, core};
        return missing(inner);
    };
    for (bool is_first = true; !work.empty(); is_first = false) {
        TypeId part = infer_.shallow(work.back());
        work.pop_back();
        if (!seen.insert(part.value).second) continue;
        if (++steps_ > max_steps) return lacks(part);
        TypeKind kind = types_.kind(part);
        bool has_args = false;
        switch (kind) {
        case TypeKind::Infer:
            if (infer_.is_var(part, VarKind::General)) is_unknown = true;
            if (infer_.is_var(part, VarKind::Float) && core == CoreTrait::Hash) return lacks(part);
            break;
        case TypeKind::Param: {
            NumberClass number_class = program_.facts.class_of(part);
            if (number_class != NumberClass::None) {
                if (core == CoreTrait::Hash && number_class != NumberClass::Int) return lacks(part);
                break;
            }
            if (is_first) return lacks(part);
            Answer answer = prove_in({part, goal.trait, {}, goal.span, core}, depth + 1);
            if (answer == Answer::No) return answer;
            is_unknown |= answer == Answer::Unknown;
            break;
        }
        case TypeKind::F32:
        case TypeKind::F64:
            if (core == CoreTrait::Hash) return lacks(part);
            break;
        case TypeKind::Error:
        case TypeKind::Never:
        case TypeKind::Unit:
        case TypeKind::Bool:
        case TypeKind::I8:
        case TypeKind::I16:
        case TypeKind::I32:
        case TypeKind::I64:
        case TypeKind::U8:
        case TypeKind::U16:
        case TypeKind::U32:
        case TypeKind::U64:
        case TypeKind::Char:
        case TypeKind::String:
        case TypeKind::Bytes: break;
        case TypeKind::Tuple:
        case TypeKind::List:
        case TypeKind::Range: has_args = true; break;
        case TypeKind::Slice: break; // where it must not stand is said elsewhere
        case TypeKind::Fn: return lacks(part);
        case TypeKind::Host: {
            // What the host registered is an impl; but all can be shown.
            bool has_candidates = false;
            Answer answer = is_first ? Answer::No
                                     : by_impls({part, goal.trait, {}, goal.span, core}, depth + 1, has_candidates);
            if (!has_candidates && core != CoreTrait::Show) return lacks(part);
            if (!has_candidates) break;
            if (answer == Answer::No) return answer;
            is_unknown |= answer == Answer::Unknown;
            break;
        }
        case TypeKind::Map:
        case TypeKind::Set: {
            // By the prelude's impl, which becomes known, and used, by this; its bounds ask the same of the parts.
            if (core == CoreTrait::Ord) return lacks(part);
            note_collection(kind, core);
            if (core == CoreTrait::Hash) note_collection(kind, CoreTrait::Eq);
            has_args = true;
            break;
        }
        case TypeKind::Record:
        case TypeKind::Enum: {
            if (!is_first) {
                bool has_candidates = false;
                Answer answer =
                    by_impls({part, goal.trait, {}, goal.span, core}, depth + 1, has_candidates);
                if (has_candidates) {
                    if (answer == Answer::No) return answer;
                    is_unknown |= answer == Answer::Unknown;
                    break;
                }
            }
            NominalId id = types_.nominal_id(part);
            std::vector<Field> fields = types_.nominal(id).fields;
            for (const Variant& variant : types_.nominal(id).variants)
                fields.insert(fields.end(), variant.fields.begin(), variant.fields.end());
            for (const Field& field : fields) work.push_back(types_.field_type(part, field));
            break;
        }
        }
        if (!has_args) continue;
        for (TypeId arg : types_.args(part)) work.push_back(arg);
    }
    if (is_unknown) return Answer::Unknown;
    ground_ = Ground::Derived;
    return Answer::Yes;
}

// The prelude's impl of a core trait for Map or Set is relied on.
void Solver::note_collection(TypeKind kind, CoreTrait core) {
    TraitId trait = program_.core_trait(core);
    if (!trait.is_valid()) return; // without a prelude nothing runs
    std::vector<ImplId> impls;
    std::ranges::copy(program_.impls_of(trait), std::back_inserter(impls));
    for (ImplId id : impls) {
        if (types_.kind(program_.out.impls[id].self) == kind) program_.note_use_of_impl(id);
    }
}

// ---- Messages ----------------------------------------------------------------------------------------

void Solver::explain(const Bound& goal, diag::DiagnosticBuilder& builder) {
    auto print = [this](TypeId type) { return infer_.print(type); };
    TypeId subject = infer_.shallow(goal.subject);
    TypeId inner = infer_.shallow(missing_.subject);
    std::string trait = program_.print_trait(missing_, print);
    if (inner != subject && types_.kind(inner) != TypeKind::Param) {
        builder.note("a part of it, `" + print(inner) + "`, does not implement `" + trait + "`");
    }
    if (types_.kind(inner) == TypeKind::Param) {
        builder.hint("add the bound `" + print(inner) + ": " + trait + "`");
        return;
    }
    bool is_float = program_.facts.is_float(inner) || infer_.is_var(inner, VarKind::Float);
    if (missing_.core == CoreTrait::Hash && is_float) {
        builder.note("floats have no `Hash`: NaN is not equal to itself");
        return;
    }
    bool is_derived = missing_.core && core_trait_info(*missing_.core).use == CoreTraitUse::Derived;
    if (is_derived || !missing_.trait.is_valid()) return;
    bool is_user_type = types_.kind(inner) == TypeKind::Record || types_.kind(inner) == TypeKind::Enum;
    bool is_user_trait = !program_.is_prelude(program_.trait_decl(missing_.trait).module);
    if (is_user_trait || (is_user_type && program_.nominal_span(types_.nominal_id(inner)).file.is_valid()))
        builder.hint("write `impl " + trait + " for " + print(inner) + " { … }`");
}

void Solver::report(const Bound& goal, Span span) {
    auto print = [this](TypeId type) { return infer_.print(type); };
    diag::DiagnosticBuilder builder =
        program_.sink.report(Diag::BoundNotMet, span, print(goal.subject), program_.print_trait(goal, print));
    if (goal.span.file.is_valid() && goal.trait.is_valid() && !program_.is_prelude_span(goal.span))
        builder.label(goal.span, "because of this bound");
    explain(goal, builder);
}

} // namespace tn::check
