// Declarations of the prelude, made when something asks for them. See prelude_index.h.
#include "check/program.h"

#include "support/ice.h"

#include <utility>

namespace tn::check {

namespace {

std::uint64_t item_key(std::uint32_t module, ItemId item) {
    return static_cast<std::uint64_t>(module) << 32 | item.value;
}

} // namespace

void Program::add_prelude_modules() {
    first_prelude_module_ = out.modules.size();
    if (!input.prelude) return;
    for (const syntax::Ast& tree : input.prelude->modules()) {
        Module module;
        module.path = "prelude";
        module.ast = &tree;
        module.is_prelude = true;
        out.modules.push_back(std::move(module));
    }
}

std::optional<Entity> Program::find_prelude_entity(SymbolId name) {
    if (!input.prelude || input.prelude->modules().empty()) return {};
    if (!reads_prelude_ && is_hidden_name(text(name))) return {};
    const auto& known = names_[prelude_module(0)];
    if (auto it = known.find(name); it != known.end()) return it->second.entity;
    const PreludeItem* item = input.prelude->find_item(name);
    if (!item) return {};
    ModuleId module = prelude_module(item->module);
    bool outer = std::exchange(reads_prelude_, true);
    declare_item(module, item->item);
    Entity entity = known.at(name).entity;
    switch (entity.kind) {
    case EntityKind::Fn: resolve_signature(FnId(entity.index)); break;
    case EntityKind::Nominal: {
        NominalDecl& decl = nominal_decls_.at(entity.index);
        resolve_fields(NominalId(entity.index), decl);
        break;
    }
    case EntityKind::Trait: resolve_trait_item(TraitId(entity.index)); break;
    case EntityKind::Alias: break; // when it is named
    case EntityKind::Global:
    case EntityKind::HostVariable:
    case EntityKind::HostFn:
    case EntityKind::HostModule:
    case EntityKind::Module:
    case EntityKind::BuiltinFn:
    case EntityKind::BuiltinType:
    case EntityKind::Constructor:
    case EntityKind::Unavailable: TN_ICE("an item of the prelude that it cannot have: " + std::string(text(name)));
    }
    reads_prelude_ = outer;
    return entity;
}

// The names under which the prelude may have members of a type, the nearest first.
std::vector<SymbolId> Program::prelude_owners(TypeId owner) const {
    if (!input.prelude) return {};
    const Prelude& prelude = *input.prelude;
    std::vector<SymbolId> owners;
    TypeKind kind = types.kind(owner);
    NumberClass number_class = facts.class_of(owner);
    if (types.is_nominal(owner)) {
        NominalId id = types.nominal_id(owner);
        if (id == types.option_id) owners.push_back(prelude.option_owner());
        if (id == types.result_id) owners.push_back(prelude.result_owner());
        if (id == types.verdict_id) owners.push_back(prelude.verdict_owner());
        if (kind == TypeKind::Map || kind == TypeKind::Set) owners.push_back(prelude.owner_of(kind));
        if (auto it = nominal_decls_.find(id.value); it != nominal_decls_.end() && is_prelude(it->second.module))
            owners.push_back(ast(it->second.module).items[it->second.item].name.symbol);
        return owners;
    }
    if (SymbolId by_kind = prelude.owner_of(kind); by_kind.is_valid()) owners.push_back(by_kind);
    if (types.is_integer(owner)) number_class = NumberClass::Int;
    if (types.is_float(owner)) number_class = NumberClass::Float;
    if (number_class == NumberClass::None) return owners;
    if (number_class != NumberClass::Number) owners.push_back(prelude.class_owner(number_class));
    owners.push_back(prelude.class_owner(NumberClass::Number));
    return owners;
}

std::optional<FnId> Program::find_prelude_member(TypeId owner, SymbolId name) {
    for (SymbolId by_name : prelude_owners(owner)) {
        if (const PreludeMember* member = input.prelude->find_member(by_name, name))
            return declare_prelude_member(*member);
    }
    return {};
}

std::optional<FnId> Program::find_prelude_member(TypeId owner, std::string_view name) {
    if (!input.prelude) return {};
    return find_prelude_member(owner, interner.intern(name));
}

std::optional<FnId> Program::find_literal_member(bool is_float, SymbolId name) {
    if (!input.prelude || (!reads_prelude_ && is_hidden_name(text(name)))) return {};
    for (NumberClass number_class : {is_float ? NumberClass::Float : NumberClass::Int, NumberClass::Number}) {
        SymbolId owner = input.prelude->class_owner(number_class);
        if (const PreludeMember* member = input.prelude->find_member(owner, name))
            return declare_prelude_member(*member);
    }
    return {};
}

FnId Program::declare_prelude_member(const PreludeMember& member) {
    std::uint64_t key = item_key(member.module, member.fn);
    if (auto it = prelude_members_.find(key); it != prelude_members_.end()) return it->second;
    bool outer = std::exchange(reads_prelude_, true);
    ModuleId module = prelude_module(member.module);
    const auto& node = *ast(module).items[member.impl].as<syntax::ImplItem>();
    const InherentImpl*& impl = prelude_impls_[item_key(member.module, member.impl)];
    if (!impl) {
        InherentImpl& made = inherent_impls_.emplace_back();
        declare_generics(module, node.generics, made.generics);
        TypeScope scope;
        scope.module = module;
        scope.generics = &made.generics;
        made.self = resolve_type(scope, node.type);
        scope.self = made.self;
        resolve_bounds(scope, node.generics, made.generics);
        impl = &made;
    }
    const syntax::Item& item = ast(module).items[member.fn];
    std::string name(text(item.name.symbol));
    if (types.kind(impl->self) != TypeKind::Param) {
        bool is_nominal = types.is_nominal(impl->self);
        name = (is_nominal ? types.nominal(impl->self).name
                           : std::string(type_kind_text(types.kind(impl->self)))) +
               "." + name;
    }
    FnId fn = declare_fn(module, member.fn, impl->self, impl->generics, std::move(name));
    out.fns[fn].is_method = item.as<syntax::FnItem>()->has_self;
    prelude_members_.emplace(key, fn);
    resolve_signature(fn);
    reads_prelude_ = outer;
    return fn;
}

// The heads of the prelude's impls of a trait; their methods follow when something relies on them.
void Program::declare_prelude_impls(TraitId trait, SymbolId name) {
    if (!input.prelude || !is_prelude(trait_decl(trait).module)) return;
    bool outer = std::exchange(reads_prelude_, true);
    for (const PreludeItem& item : input.prelude->impls_of(name))
        declare_trait_impl(prelude_module(item.module), item.item);
    reads_prelude_ = outer;
}

// A map or set can be part of any value that is shown, compared or hashed, which is known when generic code gets its
// types: wherever there is one, it has its impls.
void Program::use_collection_impls() {
    if (!input.prelude) return;
    bool has_map = false, has_set = false;
    TypeId own_field = types.nominal(types.set_id).fields[0].type; // stands in every table
    for (std::size_t i = 0; i < types.size(); ++i) {
        TypeId type(i);
        if (types.args(type).empty() || type == own_field) continue;
        has_map |= types.kind(type) == TypeKind::Map;
        has_set |= types.kind(type) == TypeKind::Set;
    }
    if (!has_map && !has_set) return;
    for (CoreTrait trait : {CoreTrait::Eq, CoreTrait::Hash, CoreTrait::Show})
        find_prelude_entity(interner.intern(core_trait_info(trait).name));
    for (std::size_t i = 0; i < out.impls.size(); ++i) {
        TypeKind kind = types.kind(out.impls[ImplId(i)].self);
        bool is_needed = (kind == TypeKind::Map && has_map) || (kind == TypeKind::Set && has_set);
        if (is_needed && is_prelude(impl_decl(ImplId(i)).module)) note_use_of_impl(ImplId(i));
    }
}

void Program::use_whole_prelude() {
    if (!input.prelude) return;
    bool outer = std::exchange(reads_prelude_, true);
    for (std::uint32_t m = 0; m < input.prelude->modules().size(); ++m) {
        const syntax::Ast& tree = input.prelude->ast(m);
        for (ItemId id : tree.view(tree.root)) {
            const syntax::Item& item = tree.items[id];
            const auto* impl = item.as<syntax::ImplItem>();
            if (item.name.is_valid()) {
                std::optional<Entity> entity = find_prelude_entity(item.name.symbol);
                if (entity && entity->kind == EntityKind::Fn) note_use_of_fn(FnId(entity->index));
            } else if (impl && !impl->trait.is_valid()) {
                for (ItemId fn : tree.view(impl->members))
                    note_use_of_fn(declare_prelude_member(PreludeMember{m, id, fn}));
            }
        }
    }
    for (std::size_t i = 0; i < out.impls.size(); ++i) {
        if (is_prelude(impl_decl(ImplId(i)).module)) note_use_of_impl(ImplId(i));
    }
    reads_prelude_ = outer;
}

// The body of a function that is used is in a tree, and so in a module, of its own.
void Program::give_body(FnId id) {
    Fn& fn = out.fns[id];
    if (!fn.body.root.is_valid()) return; // a trait's required method
    const std::uint32_t number = fn_decl(id).module.value - static_cast<std::uint32_t>(first_prelude_module_);
    const syntax::Ast& tree = input.prelude->fn_ast(number, fn.item);
    Module module;
    module.path = "prelude";
    module.ast = &tree;
    module.is_prelude = true;
    module.exprs.resize(tree.exprs.size());
    module.patterns.resize(tree.patterns.size());
    fn.body.module = out.modules.push_back(std::move(module));
    fn.body.root = node_of_body(id, fn.body).body;
}

const syntax::FnItem& Program::node_of_body(FnId id, const Body& body) const {
    const FnDecl& decl = fn_decl(id);
    if (body.module == decl.module) return *decl.node;
    const syntax::Ast& tree = ast(body.module);
    return *tree.items[tree.view(tree.root)[0]].as<syntax::FnItem>();
}

bool Program::is_prelude_span(Span span) const {
    for (std::size_t m = first_prelude_module_; m < out.modules.size(); ++m) {
        if (ast(ModuleId(m)).file == span.file) return true;
    }
    return false;
}

void Program::note_use_of_fn(FnId id) {
    uses_->fns.push_back(id);
    FnDecl& decl = fn_decls_[id.index()];
    if (decl.is_queued || !is_prelude(decl.module)) return;
    decl.is_queued = true;
    queue_.push_back(id);
}

} // namespace tn::check
