// Impls of traits: who may write them, and whether they are what their trait asks for.
#include "check/program.h"

#include "check/solver.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace tn::check {

// Methods and static functions of a type of the own package.
void Program::declare_impl(ModuleId module, ItemId item_id) {
    const syntax::Item& item = ast(module).items[item_id];
    const auto& node = *item.as<syntax::ImplItem>();
    InherentImpl& impl = inherent_impls_.emplace_back();
    declare_generics(module, node.generics, impl.generics);
    TypeScope scope;
    scope.module = module;
    scope.generics = &impl.generics;
    std::vector<std::pair<TypeId, Span>> bounded;
    scope.bounded = &bounded;
    Span span = ast(module).types[node.type].span;
    impl.self = resolve_type(scope, node.type);
    scope.self = impl.self;
    resolve_bounds(scope, node.generics, impl.generics);
    note_bounded_types(module, bounded, &impl.generics);
    if (types.kind(impl.self) == TypeKind::Error) return;
    bool is_ours = false;
    if (types.is_nominal(impl.self)) {
        auto decl = nominal_decls_.find(types.nominal_id(impl.self).value);
        is_ours = decl != nominal_decls_.end() && is_same_package(decl->second.module, module);
    }
    if (!is_ours) {
        sink.report(Diag::NotAllowedHere, span, "an `impl` of `" + types.print(impl.self) + "`")
            .note("only the package that declares a type gives it methods")
            .hint("declare a trait with the methods, and implement it: `impl MyTrait for " + types.print(impl.self) +
                  " { … }`");
        return;
    }
    check_determined(impl.generics, node, module, {&impl.self, 1});
    NominalId nominal = types.nominal_id(impl.self);
    for (ItemId member : ast(module).view(node.members)) {
        const syntax::Item& fn_item = ast(module).items[member];
        const auto* fn_node = fn_item.as<syntax::FnItem>();
        if (!fn_node || !fn_item.name.is_valid()) continue;
        SymbolId name = fn_item.name.symbol;
        FnId fn = declare_fn(module, member, impl.self, impl.generics,
                             types.nominal(nominal).name + "." + std::string(text(name)));
        out.fns[fn].is_method = fn_node->has_self;
        std::vector<FnId>& known = members_[member_key(nominal, name)];
        bool is_known = false;
        for (FnId other : known) {
            if (is_known || !could_be_one(fn_decl(other).self_type, impl.self)) continue;
            is_known = true;
            sink.report(Diag::DuplicateName, fn_item.name.span, out.fns[fn].name)
                .label(out.fns[other].span, "first defined here");
        }
        if (is_known) continue;
        known.push_back(fn);
        members_of_[nominal.value].push_back(fn);
    }
}

// Some instance is both, type parameters and what is not known yet being anything.
bool Program::could_be_one(TypeId a, TypeId b) const {
    auto is_open = [&](TypeId type) {
        return types.kind(type) == TypeKind::Param || types.kind(type) == TypeKind::Infer ||
               types.kind(type) == TypeKind::Error;
    };
    std::vector<std::pair<TypeId, TypeId>> work = {{a, b}};
    std::unordered_set<std::uint64_t> seen;
    while (!work.empty()) {
        auto [x, y] = work.back();
        work.pop_back();
        if (x == y || is_open(x) || is_open(y)) continue;
        if (!seen.insert(static_cast<std::uint64_t>(x.value) << 32 | y.value).second) continue;
        std::size_t count = types.args(x).size();
        if (types.kind(x) != types.kind(y) || types[x].payload != types[y].payload ||
            count != types.args(y).size() || count == 0)
            return false;
        for (unsigned i = 0; i < count; ++i) work.emplace_back(types.arg(x, i), types.arg(y, i));
    }
    return true;
}

// The same package, for what only its owner may do: the user's modules are one, each of the host's is another.
bool Program::is_same_package(ModuleId declared, ModuleId from) const {
    if (is_prelude(declared) || is_prelude(from)) return is_prelude(declared) == is_prelude(from);
    bool is_host = input.modules[from.index()].is_host;
    if (input.modules[declared.index()].is_host != is_host) return false;
    return !is_host || declared == from;
}

// The head; a user's methods at once, the prelude's when something relies on the impl.
void Program::declare_trait_impl(ModuleId module, ItemId item_id) {
    const syntax::Item& item = ast(module).items[item_id];
    const auto& node = *item.as<syntax::ImplItem>();
    ImplDecl decl;
    decl.module = module;
    decl.item = item_id;
    declare_generics(module, node.generics, decl.generics);
    TypeScope scope;
    scope.module = module;
    scope.generics = &decl.generics;
    Impl impl;
    std::vector<std::pair<TypeId, Span>> bounded;
    scope.bounded = &bounded;
    impl.self = resolve_type(scope, node.type);
    impl.span = ast(module).types[node.type].span;
    scope.self = impl.self;
    resolve_bounds(scope, node.generics, decl.generics);
    std::optional<Bound> bound = resolve_trait(scope, node.trait, impl.self, true);
    if (!bound || types.kind(impl.self) == TypeKind::Error) return;
    if (!is_prelude(module) && !is_own(*bound, module)) {
        if (is_built_in(*bound)) {
            sink.report(Diag::OverlappingImpl, impl.span, print_trait(*bound), types.print(impl.self))
                .primary("the language does that");
            return;
        }
        sink.report(Diag::ForeignImpl, impl.span, print_trait(*bound), types.print(impl.self))
            .note("one of them has to be declared by this package");
        return;
    }
    impl.trait = bound->trait;
    impl.type_params = decl.generics.params;
    impl.trait_args = bound->args;
    ImplId id = out.impls.push_back(std::move(impl));
    impl_decls_.push_back(std::move(decl));
    note_bounded_types(module, bounded, &impl_decls_.back().generics);
    trait_decls_[bound->trait.index()].impls.push_back(id);
    if (!is_prelude(module)) {
        declare_impl_methods(id);
        open_impls_.push_back(id);
        return;
    }
    // The result of the method is part of the head.
    if (bound->core && core_trait_info(*bound->core).has_out) declare_impl_methods(id);
}

// What the language itself gives to a type of its own.
bool Program::is_built_in(const Bound& bound) {
    if (!bound.core || types.kind(bound.subject) == TypeKind::Record || types.kind(bound.subject) == TypeKind::Param)
        return false;
    Infer infer(types, facts);
    Bound goal = bound;
    for (TypeId& arg : goal.args) {
        if (!arg.is_valid()) arg = infer.fresh(VarKind::General, Span{}, "");
    }
    return Solver(*this, infer, {}).prove(goal, true) == Solver::Answer::Yes;
}

bool Program::is_own(const Bound& bound, ModuleId module) const {
    if (is_same_package(trait_decl(bound.trait).module, module)) return true;
    std::vector<TypeId> heads = {bound.subject};
    heads.insert(heads.end(), bound.args.begin(), bound.args.end());
    return std::ranges::any_of(heads, [&](TypeId head) {
        if (!head.is_valid() || !types.is_nominal(head)) return false;
        auto it = nominal_decls_.find(types.nominal_id(head).value);
        return it != nominal_decls_.end() && is_same_package(it->second.module, module);
    });
}

void Program::declare_impl_methods(ImplId id) {
    ImplDecl& decl = impl_decls_[id.index()];
    if (decl.has_methods) return;
    decl.has_methods = true;
    const bool from_prelude = is_prelude(decl.module);
    bool outer = std::exchange(reads_prelude_, from_prelude || reads_prelude_);
    const auto& node = *ast(decl.module).items[decl.item].as<syntax::ImplItem>();
    TypeId self = out.impls[id].self;
    TraitId trait = out.impls[id].trait;
    std::string owner = types.is_nominal(self) ? types.nominal(self).name : types.print(self);
    std::vector<FnId> methods(out.traits[trait].methods.size());
    for (ItemId member : ast(decl.module).view(node.members)) {
        const syntax::Item& fn_item = ast(decl.module).items[member];
        const auto* fn_node = fn_item.as<syntax::FnItem>();
        if (!fn_node || !fn_item.name.is_valid()) continue;
        SymbolId name = fn_item.name.symbol;
        FnId fn = declare_fn(decl.module, member, self, decl.generics, owner + "." + std::string(text(name)));
        out.fns[fn].is_method = fn_node->has_self;
        if (from_prelude) resolve_signature(fn);
        bool is_known = false;
        for (std::size_t i = 0; i < methods.size(); ++i) {
            FnId wanted = out.traits[trait].methods[i];
            if (fn_name(wanted) != name) continue;
            is_known = true;
            if (methods[i].is_valid()) {
                sink.report(Diag::DuplicateName, fn_item.name.span, out.fns[fn].name)
                    .label(out.fns[methods[i]].span, "first defined here");
            } else {
                methods[i] = fn;
            }
        }
        if (is_known) continue;
        std::vector<std::string_view> candidates;
        for (FnId wanted : out.traits[trait].methods) candidates.push_back(text(fn_name(wanted)));
        std::string best = suggest(text(name), candidates);
        diag::DiagnosticBuilder builder =
            sink.report(Diag::NotATraitMethod, fn_item.name.span, text(name), out.traits[trait].name);
        if (!best.empty()) builder.hint("did you mean `" + best + "`?");
        else builder.hint("other methods stand in `impl " + owner + " { … }`");
    }
    out.impls[id].methods = std::move(methods);
    // Out follows from the method that the language calls; a user's are resolved with all others, see finish_impl.
    if (from_prelude) finish_out(id);
    reads_prelude_ = outer;
}

// Puts the result of the method where the head has left it open.
void Program::finish_out(ImplId id) {
    Impl& impl = out.impls[id];
    const TraitDecl& trait = trait_decl(impl.trait);
    if (!trait.core || !core_trait_info(*trait.core).has_out) return;
    TypeId& result = impl.trait_args.back();
    if (result.is_valid()) return;
    FnId method = impl.methods.empty() ? FnId() : impl.methods[0];
    result = method.is_valid() ? out.fns[method].result : simple(TypeKind::Error);
}

void Program::note_use_of_impl(ImplId id) {
    declare_impl_methods(id);
    const std::vector<FnId> methods = out.impls[id].methods;
    for (std::size_t i = 0; i < methods.size(); ++i) {
        FnId method = methods[i].is_valid() ? methods[i] : out.traits[out.impls[id].trait].methods[i];
        note_use_of_fn(method);
    }
}

// ---- What a user has written ---------------------------------------------------------------------------

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
        if (!could_be_one(mine.self, other.self)) continue;
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
