// Methods and static functions that a type has from a trait.
#include "check/body.h"

namespace tn::check {

std::optional<FnId> BodyChecker::find_trait_method(TypeId type, const syntax::Name& name, bool is_static) {
    std::vector<Program::TraitMethod> found;
    std::span<const Program::TraitMethod> known = program_.trait_methods(name.symbol);
    for (const Program::TraitMethod& method : std::vector<Program::TraitMethod>(known.begin(), known.end())) {
        if (!is_static && !program_.out.fns[method.fn].is_method) continue;
        Bound goal{type, method.trait, {}, Span{}, program_.trait_decl(method.trait).core};
        for (std::size_t i = 0; i < program_.out.traits[method.trait].params.size(); ++i)
            goal.args.push_back(fresh(name.span, ""));
        if (solver_.prove(goal, false) != Solver::Answer::No) found.push_back(method);
    }
    if (found.empty()) return {};
    if (found.size() > 1) {
        const std::string& first = program_.out.traits[found[0].trait].name;
        const std::string& second = program_.out.traits[found[1].trait].name;
        std::string spelled(text(name.symbol));
        diag::DiagnosticBuilder builder = report(Diag::AmbiguousMethod, name.span, spelled, first, second);
        if (program_.out.fns[found[0].fn].is_method)
            builder.hint("name the trait: `" + first + "." + spelled + "(…)`");
        else
            builder.hint("call it in a function with one of them as bound: `fn f[T: " + first + "]() { T." + spelled +
                         "(…) }`");
    }
    return found[0].fn;
}

std::optional<FnId> BodyChecker::find_method_of_trait(TraitId trait, const syntax::Name& name) {
    std::vector<std::string_view> candidates;
    for (FnId fn : program_.out.traits[trait].methods) {
        SymbolId known = program_.fn_name(fn);
        if (known == name.symbol) return fn;
        candidates.push_back(text(known));
    }
    std::string best = program_.suggest(text(name.symbol), candidates);
    diag::DiagnosticBuilder builder =
        report(Diag::UnknownMember, name.span, program_.out.traits[trait].name, text(name.symbol));
    if (!best.empty()) builder.hint("did you mean `" + best + "`?");
    return {};
}

// `Area.describe(x)`: which trait is meant, when several have the name.
TypeId BodyChecker::call_of_trait(ExprId id, TraitId trait, const syntax::Name& name,
                                  std::span<const WrittenArg> args, const syntax::IndexExpr* type_args) {
    std::optional<FnId> fn = find_method_of_trait(trait, name);
    if (!fn) {
        check_anyway(args);
        return error();
    }
    Target target = fn_target(*fn, name.span, TypeId());
    give_type_args(target, type_args);
    return call(id, std::move(target), args, false);
}

// `f.show()` of a type that lacks what all data types have: that is said of the trait. False: not such a case.
bool BodyChecker::report_missing_core_trait(TypeId type, const syntax::Name& name) {
    if (types_.kind(type) == TypeKind::Param) return false;
    for (const Program::TraitMethod& method : program_.trait_methods(name.symbol)) {
        std::optional<CoreTrait> core = program_.trait_decl(method.trait).core;
        if (!core || core_trait_info(*core).use != CoreTraitUse::Derived) continue;
        Bound goal{type, method.trait, {}, Span{}, core};
        if (solver_.prove(goal, false) != Solver::Answer::No) continue;
        ++error_count_;
        solver_.report(goal, name.span);
        return true;
    }
    return false;
}

// A core trait's method, called by the language itself.
std::optional<BodyChecker::Target> BodyChecker::core_trait_target(CoreTrait core, TypeId self, Span use) {
    TraitId trait = program_.core_trait(core);
    if (!trait.is_valid()) return {};
    Bound goal{self, trait, {}, Span{}, core};
    for (std::size_t i = 0; i < program_.out.traits[trait].params.size(); ++i)
        goal.args.push_back(fresh(use, ""));
    if (solver_.prove(goal, false) == Solver::Answer::No) return {};
    return fn_target(program_.out.traits[trait].methods[0], use, self);
}

// `x.area()` of a type that has no such method: some trait may.
void BodyChecker::suggest_trait(TypeId type, const syntax::Name& name, diag::DiagnosticBuilder& builder) {
    if (auto other = program_.find_member_of_other_instance(type, name.symbol)) {
        builder.note("`" + print(program_.fn_decl(*other).self_type) + "` has it");
        return;
    }
    std::span<const Program::TraitMethod> known = program_.trait_methods(name.symbol);
    if (known.empty()) return;
    TraitId trait = known[0].trait;
    const std::string& trait_name = program_.out.traits[trait].name;
    if (types_.kind(type) == TypeKind::Param) {
        builder.hint("add the bound `" + print(type) + ": " + trait_name + "`");
    } else {
        builder.note("trait `" + trait_name + "` has it, but `" + print(type) + "` does not implement that");
    }
}

} // namespace tn::check
