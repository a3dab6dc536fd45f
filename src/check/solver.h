// Whether a type implements a trait, with types that are not all known yet.
//
// In: a goal, the bounds in force, the impls of the program, and what the language itself provides. Out: yes, no,
// or not yet; a yes makes one what can only be one, so a trait's arguments can be learned from it. It reports
// only when it is asked to. Once all types are concrete, impls.h answers the same question.
#pragma once

#include "check/program.h"

#include <string>
#include <unordered_set>
#include <vector>

namespace tn::check {

class Solver {
public:
    enum class Answer : std::uint8_t { Yes, No, Unknown };
    // What a Yes rests on.
    enum class Ground : std::uint8_t {
        Nothing, // the type is wrong, and reported, or has no values
        Bound,   // a bound in force
        BuiltIn, // an operator that the language has for the type
        Impl,
        Derived, // structure
    };

    // `bounds` with all that they include (Program::with_supers).
    Solver(Program& program, Infer& infer, std::vector<Bound> bounds)
        : program_(program), types_(program.types), infer_(infer), bounds_(std::move(bounds)) {}

    void set_bounds(std::vector<Bound> bounds) { bounds_ = std::move(bounds); }
    std::span<const Bound> bounds() const { return bounds_; }

    // `is_last`: nothing more will become known, and what is not decided is a No.
    Answer prove(const Bound& goal, bool is_last);
    Ground ground() const { return ground_; } // of the last Yes
    ImplId impl() const { return impl_; }     // with Ground::Impl
    // Reports the last No, as what is missing at `span`.
    void report(const Bound& goal, Span span);
    // A note or hint on why the last No; added to another message.
    void explain(const Bound& goal, diag::DiagnosticBuilder& builder);

private:
    enum class Fit : std::uint8_t { No, Maybe, Yes };
    struct Head { // an impl's head being held against a goal
        std::span<const TypeId> params;
        std::vector<TypeId> bound; // by parameter; invalid: not yet
        std::unordered_set<std::uint64_t> seen;
    };
    Fit fit(TypeId pattern, TypeId type, Head& head);
    Fit fit_head(ImplId impl, const Bound& goal, Head& head);
    Fit could_be_one(TypeId a, TypeId b, std::unordered_set<std::uint64_t>& seen);
    Fit variable_fits(TypeId var, TypeId type);

    Answer prove_in(const Bound& goal, unsigned depth);
    Answer prove_goal(const Bound& goal, unsigned depth);
    Answer search(const Bound& goal, unsigned depth);
    // What the trait includes is relied on, too.
    void note_supers(const Bound& goal, unsigned depth);
    Answer by_bounds(const Bound& goal);
    // No when the language has nothing to say about the type.
    Answer built_in(const Bound& goal);
    Answer by_impls(const Bound& goal, unsigned depth, bool& has_candidates);
    void note_collection(TypeKind kind, CoreTrait core);
    Answer derived(const Bound& goal, unsigned depth);
    Answer missing(const Bound& goal) {
        missing_ = goal;
        return Answer::No;
    }
    std::size_t inputs_of(const Bound& goal) const;
    bool same_trait(const Bound& a, const Bound& b) const {
        return a.core || b.core ? a.core == b.core : a.trait == b.trait;
    }

    Program& program_;
    TypeTable& types_;
    Infer& infer_;
    std::vector<Bound> bounds_;
    Ground ground_ = Ground::Nothing;
    ImplId impl_;
    Bound missing_; // the innermost part of the last No
    unsigned steps_ = 0; // of this goal
    std::unordered_set<std::uint64_t> proved_; // inside this goal, by type and trait
    // Derived traits being proved: a type that contains itself has them if nothing else is in the way.
    std::vector<std::pair<TypeId, CoreTrait>> open_;
};

} // namespace tn::check
