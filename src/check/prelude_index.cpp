// See prelude_index.h.
#include "check/prelude_index.h"

#include "diag/render.h"
#include "support/ice.h"
#include "syntax/parser.h"

#include <string>

namespace tn::check {

namespace {

constexpr TypeKind kinds[] = {
#define TYPE(name, text, cls, scalar) TypeKind::name,
#include "types/type.def"
};
constexpr std::string_view class_names[] = {"", "__Int", "__Float", "__Number"};

} // namespace

NumberClass find_number_class(std::string_view name) {
    for (unsigned i = 1; i < std::size(class_names); ++i) {
        if (class_names[i] == name) return static_cast<NumberClass>(i);
    }
    return NumberClass::None;
}

Prelude::Prelude(const diag::SourceMap& sources, std::span<const syntax::Ast> modules, Interner& names)
    : sources_(sources), modules_(modules), names_(names) {
    for (TypeKind kind : kinds) {
        TypeClass type_kind_class = type_class(kind);
        bool by_name = kind == TypeKind::Record || kind == TypeKind::Enum || kind == TypeKind::Host ||
                       kind == TypeKind::Never || type_kind_class == TypeClass::Special;
        kind_owners_.push_back(by_name ? SymbolId() : names.intern(type_kind_text(kind)));
    }
    for (unsigned i = 1; i < std::size(class_names); ++i) class_owners_[i] = names.intern(class_names[i]);
    option_owner_ = names.intern("Option");
    result_owner_ = names.intern("Result");
    verdict_owner_ = names.intern("Verdict");
    tuple_owner_ = owner_of(TypeKind::Tuple);
    fn_owner_ = owner_of(TypeKind::Fn);

    for (std::uint32_t m = 0; m < modules_.size(); ++m) {
        const syntax::Ast& tree = modules_[m];
        for (syntax::ItemId id : tree.view(tree.root)) {
            if (tree.items[id].as<syntax::ImplItem>())
                add_impl(m, id, names);
            else if (tree.items[id].name.is_valid())
                add_item(m, id);
        }
    }
    for (const auto& [name, item] : items_) {
        if (!is_hidden_name(names.text(name))) item_names_.push_back(name);
    }
}

void Prelude::add_item(std::uint32_t module, syntax::ItemId id) {
    SymbolId name = modules_[module].items[id].name.symbol;
    bool is_new = items_.emplace(name, PreludeItem{module, id}).second;
    TN_CHECK(is_new, "an item of the prelude is declared twice");
}

void Prelude::add_impl(std::uint32_t module, syntax::ItemId id, const Interner& names) {
    const syntax::Ast& tree = modules_[module];
    const auto& impl = *tree.items[id].as<syntax::ImplItem>();
    if (impl.trait.is_valid()) {
        const auto* trait = tree.types[impl.trait].as<syntax::NamedTypeExpr>();
        TN_CHECK(trait != nullptr, "an impl of the prelude names no trait");
        impls_of_[tree.view(trait->path).back().symbol].push_back({module, id});
        return;
    }
    SymbolId owner = owner_of_impl(module, impl);
    TN_CHECK(owner.is_valid(), "an impl of the prelude is for a type that cannot have one");
    for (syntax::ItemId member : tree.view(impl.members)) {
        SymbolId name = tree.items[member].name.symbol;
        PreludeMember entry{module, id, member};
        bool is_new = members_.emplace(key(owner, name), entry).second;
        TN_CHECK(is_new, "the prelude declares `" + std::string(names.text(owner)) + "." +
                             std::string(names.text(name)) + "` twice");
        if (!is_hidden_name(names.text(name))) members_of_[owner].push_back(entry);
    }
}

SymbolId Prelude::owner_of_impl(std::uint32_t module, const syntax::ImplItem& impl) const {
    const syntax::Ast& tree = modules_[module];
    const syntax::TypeExpr& type = tree.types[impl.type];
    if (type.as<syntax::OptionalTypeExpr>()) return option_owner_;
    if (const auto* tuple = type.as<syntax::TupleTypeExpr>())
        return tuple->elements.empty() ? owner_of(TypeKind::Unit) : tuple_owner_;
    if (type.as<syntax::FnTypeExpr>()) return fn_owner_;
    if (const auto* changed = type.as<syntax::MutTypeExpr>()) {
        const auto* slice = tree.types[changed->inner].as<syntax::NamedTypeExpr>();
        return slice ? tree.view(slice->path).back().symbol : SymbolId();
    }
    const auto* named = type.as<syntax::NamedTypeExpr>();
    if (!named) return SymbolId();
    SymbolId name = tree.view(named->path).back().symbol;
    // `impl[T: __Int] T`: the class owns the members.
    for (const syntax::GenericParam& param : tree.view(impl.generics)) {
        if (param.name.symbol != name) continue;
        for (syntax::TypeExprId bound : tree.view(param.bounds)) {
            const auto* trait = tree.types[bound].as<syntax::NamedTypeExpr>();
            if (!trait) continue;
            SymbolId bound_name = tree.view(trait->path).back().symbol;
            for (SymbolId class_name : class_owners_) {
                if (class_name == bound_name) return class_name;
            }
        }
        return SymbolId();
    }
    return name;
}

const syntax::Ast& Prelude::fn_ast(std::uint32_t module, syntax::ItemId fn) const {
    const std::lock_guard lock(parsing_);
    std::unique_ptr<const syntax::Ast>& tree = fns_[static_cast<std::uint64_t>(module) << 32 | fn.value];
    if (!tree) {
        diag::DiagnosticSink sink;
        // Others read the names meanwhile: the lexer made all of them, so this only finds them.
        const std::size_t known = names_.size();
        tree = std::make_unique<syntax::Ast>(syntax::parse_outlined_fn(sources_, modules_[module], fn, names_, sink));
        if (sink.has_errors()) TN_ICE("the prelude: " + diag::render_text(sources_, sink.sorted()));
        TN_CHECK(names_.size() == known, "a body of the prelude has a name that its outline lacks");
    }
    return *tree;
}

const PreludeItem* Prelude::find_item(SymbolId name) const {
    auto it = items_.find(name);
    return it == items_.end() ? nullptr : &it->second;
}

const PreludeMember* Prelude::find_member(SymbolId owner, SymbolId name) const {
    auto it = members_.find(key(owner, name));
    return it == members_.end() ? nullptr : &it->second;
}

std::span<const PreludeItem> Prelude::impls_of(SymbolId trait) const {
    auto it = impls_of_.find(trait);
    if (it == impls_of_.end()) return {};
    return it->second;
}

std::span<const PreludeMember> Prelude::members_of(SymbolId owner) const {
    auto it = members_of_.find(owner);
    if (it == members_of_.end()) return {};
    return it->second;
}

} // namespace tn::check
