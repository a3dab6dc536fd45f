// Impls: who may write them, and what they declare.
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
    if (!is_prelude(module) && !is_glue(module) && !is_own(*bound, module)) {
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

} // namespace tn::check
