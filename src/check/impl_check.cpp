// Impls that a user has written, held against their traits.
#include "check/program.h"

#include "check/solver.h"

#include <algorithm>
#include <unordered_set>

namespace tn::check {

void Program::finish_impl(ImplId id) {
    const ImplDecl& decl = impl_decl(id);
    const Impl impl = out.impls[id];
    const TraitDecl& trait = trait_decl(impl.trait);
    const auto& node = *ast(decl.module).items[decl.item].as<syntax::ImplItem>();
    std::string trait_name = out.traits[impl.trait].name;

    std::vector<TypeId> heads = {impl.self};
    std::size_t inputs = trait.core ? core_trait_info(*trait.core).inputs : impl.trait_args.size();
    heads.insert(heads.end(), impl.trait_args.begin(),
                 impl.trait_args.begin() + static_cast<std::ptrdiff_t>(inputs));
    check_determined(decl.generics, node, decl.module, heads);
    check_overlap(id);

    std::vector<TypeId> params = {out.traits[impl.trait].self};
    params.insert(params.end(), out.traits[impl.trait].params.begin(), out.traits[impl.trait].params.end());
    std::vector<TypeId> args = {impl.self};
    args.insert(args.end(), impl.trait_args.begin(), impl.trait_args.end());
    std::vector<FnId> missing;
    for (std::size_t i = 0; i < impl.methods.size(); ++i) {
        FnId wanted = out.traits[impl.trait].methods[i];
        if (impl.methods[i].is_valid()) {
            compare_signatures(id, wanted, impl.methods[i]);
            continue;
        }
        if (out.fns[wanted].body.root.is_valid()) continue; // the trait's default
        missing.push_back(wanted);
    }
    if (!missing.empty()) {
        std::string names = missing.size() == 1 ? "the method " : "the methods ";
        std::string needed;
        for (std::size_t i = 0; i < missing.size(); ++i) {
            std::string name(text(fn_name(missing[i])));
            names += (i == 0 ? "`" : i + 1 == missing.size() ? " and `" : ", `") + name + "`";
            needed += (i == 0 ? "`fn " : ", `fn ") + name + signature_text(missing[i], params, args) + " { … }`";
        }
        sink.report(Diag::MissingTraitMethod, impl.span, trait_name, types.print(impl.self), names)
            .hint("add " + needed);
    }

    Infer infer(types, facts);
    Solver solver(*this, infer, with_supers(decl.generics.bounds));
    auto require = [&](const Bound& bound) {
        Bound goal = substitute(bound, params, args);
        if (solver.prove(goal, true) == Solver::Answer::No) solver.report(goal, impl.span);
    };
    for (const Bound& super : trait.supers) require(super);
    for (std::size_t i = 1; i < trait.generics.bounds.size(); ++i) require(trait.generics.bounds[i]);
}

// A parameter of an `impl` that its head does not mention could be anything.
void Program::check_determined(const Generics& generics, const syntax::ImplItem& node, ModuleId module,
                               std::span<const TypeId> heads) {
    std::span<const syntax::GenericParam> nodes = ast(module).view(node.generics);
    for (std::size_t i = 0; i < nodes.size() && i < generics.params.size(); ++i) {
        if (!nodes[i].name.is_valid()) continue;
        std::unordered_set<std::uint32_t> seen;
        std::vector<TypeId> work(heads.begin(), heads.end());
        bool is_found = false;
        while (!work.empty() && !is_found) {
            TypeId type = work.back();
            work.pop_back();
            is_found = type == generics.params[i] || types.kind(type) == TypeKind::Error;
            if (!types.has_param(type) || !seen.insert(type.value).second) continue;
            for (TypeId arg : types.args(type)) work.push_back(arg);
        }
        if (is_found) continue;
        std::string name(text(nodes[i].name.symbol));
        sink.report(Diag::CannotInfer, nodes[i].name.span, "the type parameter `" + name + "`")
            .note("what this `impl` is for does not mention it");
    }
}

// Two impls of a trait must not fit one type. Their bounds are not looked at.
void Program::check_overlap(ImplId id) {
    const Impl& mine = out.impls[id];
    const TraitDecl& trait = trait_decl(mine.trait);
    std::size_t inputs = trait.core ? core_trait_info(*trait.core).inputs : mine.trait_args.size();
    bool is_blanket = types.kind(mine.self) == TypeKind::Param;
    for (ImplId other_id : trait.impls) {
        if (other_id == id) break; // of a pair, the later one is reported
        const Impl& other = out.impls[other_id];
        bool other_is_blanket = types.kind(other.self) == TypeKind::Param;
        bool same_kind = types.kind(mine.self) == types.kind(other.self) &&
                         types[mine.self].payload == types[other.self].payload;
        if (!same_kind && !is_blanket && !other_is_blanket) continue;
        bool are_fixed = !types.has_param(mine.self) && !types.has_param(other.self);
        if (are_fixed ? mine.self != other.self : !could_be_one(mine.self, other.self)) continue;
        Infer infer(types, facts);
        auto opened = [&](const Impl& impl) {
            std::vector<TypeId> fresh;
            for (std::size_t i = 0; i < impl.type_params.size(); ++i)
                fresh.push_back(infer.fresh(VarKind::General, Span{}, ""));
            std::vector<TypeId> heads = {types.substitute(impl.self, impl.type_params, fresh)};
            for (std::size_t i = 0; i < inputs; ++i)
                heads.push_back(types.substitute(impl.trait_args[i], impl.type_params, fresh));
            return heads;
        };
        std::vector<TypeId> a = opened(mine), b = opened(other);
        bool overlaps = true;
        for (std::size_t i = 0; i < a.size() && overlaps; ++i) overlaps = infer.unify(a[i], b[i]);
        if (!overlaps) continue;
        Bound bound{mine.self, mine.trait, mine.trait_args, Span{}, trait.core};
        diag::DiagnosticBuilder builder =
            sink.report(Diag::OverlappingImpl, mine.span, print_trait(bound), types.print(mine.self));
        if (!is_prelude(impl_decl(other_id).module)) builder.label(other.span, "first implemented here");
        return;
    }
}

void Program::compare_signatures(ImplId id, FnId wanted_id, FnId found_id) {
    const Impl& impl = out.impls[id];
    const Fn& wanted = out.fns[wanted_id];
    const Fn& found = out.fns[found_id];
    const Generics& wanted_generics = fn_decl(wanted_id).generics;
    const Generics& found_generics = fn_decl(found_id).generics;
    std::size_t own = found.type_params.size() - found_generics.outer;
    std::vector<TypeId> args = {impl.self};
    args.insert(args.end(), impl.trait_args.begin(), impl.trait_args.end());
    args.insert(args.end(), found.type_params.end() - static_cast<std::ptrdiff_t>(own), found.type_params.end());
    auto put_in = [&](TypeId type) { return types.substitute(type, wanted.type_params, args); };

    bool same = args.size() == wanted.type_params.size() && wanted.is_method == found.is_method &&
                wanted.params.size() == found.params.size();
    bool has_error = types.kind(found.result) == TypeKind::Error;
    for (std::size_t i = 0; same && i < found.params.size(); ++i) {
        has_error |= types.kind(found.params[i].type) == TypeKind::Error;
        same = found.params[i].is_mut == wanted.params[i].is_mut &&
               found.params[i].type == put_in(wanted.params[i].type);
    }
    same = same && found.result == put_in(wanted.result);
    std::string bound_text;
    if (same) {
        // The method may not ask for more than the trait promises to its callers.
        std::vector<Bound> promised;
        for (const Bound& bound : wanted_generics.bounds)
            promised.push_back(substitute(bound, wanted.type_params, args));
        std::size_t outer = impl_decl(id).generics.bounds.size();
        promised.insert(promised.end(), found_generics.bounds.begin(),
                        found_generics.bounds.begin() + static_cast<std::ptrdiff_t>(outer));
        Infer infer(types, facts);
        Solver solver(*this, infer, with_supers(promised));
        for (std::size_t i = outer; i < found_generics.bounds.size() && same; ++i) {
            const Bound& bound = found_generics.bounds[i];
            if (solver.prove(bound, true) != Solver::Answer::No) continue;
            same = false;
            bound_text = types.print(bound.subject) + ": " + print_trait(bound);
        }
    }
    if (same || has_error) return;
    diag::DiagnosticBuilder builder =
        sink.report(Diag::TraitMethodMismatch, found.span, text(fn_name(found_id)), out.traits[impl.trait].name);
    if (!is_prelude(fn_decl(wanted_id).module)) builder.label(wanted.span, "declared here");
    if (!bound_text.empty()) {
        builder.note("the trait does not promise `" + bound_text + "`");
        return;
    }
    // Without as many type parameters, the trait's own names are shown.
    bool can_put_in = args.size() == wanted.type_params.size();
    std::string expected = can_put_in ? signature_text(wanted_id, wanted.type_params, args)
                                      : signature_text(wanted_id, {}, {});
    builder.note("expected `fn" + expected + "`, found `fn" + signature_text(found_id, {}, {}) + "`");
}

// `(mut self, f64) -> i64`.
std::string Program::signature_text(FnId id, std::span<const TypeId> params, std::span<const TypeId> args) {
    const Fn& fn = out.fns[id];
    const Generics& generics = fn_decl(id).generics;
    std::string shown;
    for (std::size_t i = generics.outer; i < generics.params.size(); ++i)
        shown += (shown.empty() ? "[" : ", ") + types.param_name(generics.params[i]);
    if (!shown.empty()) shown += "]";
    shown += "(";
    for (std::size_t i = 0; i < fn.params.size(); ++i) {
        if (i > 0) shown += ", ";
        if (fn.params[i].is_mut) shown += "mut ";
        bool is_self = i == 0 && fn.is_method;
        std::string name = fn.params[i].name.empty() ? "_" : fn.params[i].name;
        shown += is_self ? "self" : name + ": " + types.print(types.substitute(fn.params[i].type, params, args));
    }
    shown += ")";
    TypeId result = types.substitute(fn.result, params, args);
    if (types.kind(result) != TypeKind::Unit) shown += " -> " + types.print(result);
    return shown;
}

} // namespace tn::check
