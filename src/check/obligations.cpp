// Bounds that a body relies on: those of what it calls and names.
//
// Many can be decided only when more types are known; those wait, like operators do.
#include "check/body.h"

namespace tn::check {

void BodyChecker::require(const Bound& goal, Span use) {
    switch (solver_.prove(goal, false)) {
    case Solver::Answer::Yes: return;
    case Solver::Answer::No: report_unmet(goal, use); return;
    case Solver::Answer::Unknown: obligations_.push_back({goal, use}); return;
    }
}

void BodyChecker::require(CoreTrait core, TypeId type, Span use) {
    TraitId trait = program_.out.core_traits[static_cast<unsigned>(core)];
    require(Bound{type, trait, {}, Span{}, core}, use);
}

// What is written before the name of a type's argument, for arguments that are still to be found.
void BodyChecker::require_bounds_of(TypeId type, Span use) {
    if (!types_.is_nominal(type) || types_.args(type).empty()) return;
    NominalId id = types_.nominal_id(type);
    std::span<const Bound> declared = program_.bounds_of(id);
    std::vector<TypeId> args(types_.args(type).begin(), types_.args(type).end());
    std::vector<TypeId> params = types_.nominal(id).params;
    for (const Bound& bound : std::vector<Bound>(declared.begin(), declared.end()))
        require(program_.substitute(bound, params, args), use);
}

bool BodyChecker::retry_obligations(bool is_last) {
    bool any = false;
    for (bool progress = true; progress && !obligations_.empty();) {
        progress = false;
        std::vector<Obligation> waiting;
        waiting.swap(obligations_);
        for (const Obligation& use : waiting) {
            switch (solver_.prove(use.goal, false)) {
            case Solver::Answer::Unknown:
                if (is_last) give_up(use);
                else obligations_.push_back(use);
                continue;
            case Solver::Answer::Yes: break;
            case Solver::Answer::No: fail_obligation(use); break;
            }
            progress = any = true;
        }
        if (is_last) break;
    }
    return any;
}

void BodyChecker::fail_obligation(const Obligation& use) {
    if (program_.facts.has_error(infer_.zonk(use.goal.subject))) return;
    report_unmet(use.goal, use.use);
    // What would have been learned from it is nobody's second mistake.
    for (TypeId arg : use.goal.args) infer_.unify(arg, error());
}

void BodyChecker::report_unmet(const Bound& goal, Span use) {
    ++error_count_;
    std::uint64_t line = use.file.is_valid() ? program_.input.sources.line_of(use.file, use.begin) : 0;
    if (unmet_.insert(line << 32 | infer_.shallow(goal.subject).value).second) solver_.report(goal, use);
}

// Nothing decides it. What is not known is said where its type is missed.
void BodyChecker::give_up(const Obligation& use) {
    if (infer_.find_unknown(infer_.zonk(use.goal.subject)).is_valid()) return;
    for (TypeId arg : use.goal.args) {
        if (infer_.find_unknown(infer_.zonk(arg)).is_valid()) return;
    }
    if (solver_.prove(use.goal, true) == Solver::Answer::No) fail_obligation(use);
}

void BodyChecker::check_classes() {
    for (const ClassUse& use : classes_) {
        TypeId type = infer_.shallow(use.type);
        bool fits = is_error(type) || infer_.is_var(type);
        std::string_view wanted;
        switch (use.number_class) {
        case NumberClass::None: continue;
        case NumberClass::Int:
            fits |= program_.facts.is_integer(type);
            wanted = "integer";
            break;
        case NumberClass::Float:
            fits |= program_.facts.is_float(type);
            wanted = "float";
            break;
        case NumberClass::Number:
            fits |= program_.facts.is_numeric(type);
            wanted = "number";
            break;
        }
        if (!fits) report(Diag::BoundNotMet, use.use, print(type), wanted).note("this is for numbers only");
    }
}

} // namespace tn::check
