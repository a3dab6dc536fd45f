// The state of one compilation's check: what the modules declare, and the answers under construction.
//
// In: trees and host declarations. Out: Checked. Bodies are checked one by one (body.h) against what stands
// here; this class knows items and types, no expressions.
#pragma once

#include "check/builtin_table.h"
#include "check/check.h"
#include "check/generics.h"
#include "check/infer.h"
#include "types/layout.h"

#include <deque>
#include <functional>
#include <unordered_map>

namespace tn::check {

using diag::Diag;
using syntax::StmtId;
using syntax::TypeExprId;

enum class EntityKind : std::uint8_t {
    Fn,          // FnId
    Global,      // GlobalId
    Nominal,     // NominalId: a record or an enum
    Trait,       // TraitId
    Alias,       // number in Program::aliases_
    HostFn,      // number in HostDecls::fns
    HostModule,  // SymbolId of its path: functions that the host registered
    HostVariable, // FnId of its getter
    Module,      // ModuleId: a source
    BuiltinFn,   // BuiltinId
    BuiltinType, // a type of the language
    Constructor, // of the enum `index`, number `variant`
    Unavailable, // declared, but of a kind that was refused: fits everything
};

// What a name at the top level stands for.
struct Entity {
    EntityKind kind = EntityKind::Unavailable;
    std::uint32_t index = 0;
    std::uint32_t variant = 0;
};
inline bool is_module(const Entity& entity) {
    return entity.kind == EntityKind::Module || entity.kind == EntityKind::HostModule;
}
inline bool is_value(const Entity& entity) {
    return entity.kind == EntityKind::Global || entity.kind == EntityKind::HostVariable;
}
// "a function", "a type": for messages.
std::string_view describe(EntityKind kind);

// How type expressions of one place are read.
struct TypeScope {
    ModuleId module;
    TypeId self;                                             // `Self`; invalid: none
    const Generics* generics = nullptr;                      // null: no type parameters
    std::function<TypeId(Span)> infer;                       // for `_`; empty: not allowed
    std::vector<std::pair<TypeId, Span>>* bounded = nullptr; // gets types with bounds on their arguments
};

// What the tree knows about a trait and Checked::Trait does not.
struct TraitDecl {
    ModuleId module;
    ItemId item;
    Generics generics;         // Self, then its own; that Self implements it is one of the bounds
    std::vector<Bound> supers; // of Self
    std::optional<CoreTrait> core;
    std::vector<ImplId> impls;
};

// The same of an impl.
struct ImplDecl {
    ModuleId module;
    ItemId item;
    Generics generics;
    bool has_methods = false; // Impl::methods is filled; of the prelude's only those that are used
};

// What the tree knows about a function and Checked::Fn does not.
struct FnDecl {
    const syntax::FnItem* node = nullptr;
    ModuleId module;
    TypeId self_type; // of the impl or trait; invalid outside
    Generics generics;
    TraitId trait;            // the trait that declares it; invalid: none does
    bool is_resolved = false; // its signature is known
    bool is_queued = false;   // of the prelude: its body is, or will be, checked
};

class Program {
public:
    Program(const Input& input, TypeTable& type_table, Interner& names, diag::DiagnosticSink& diagnostics);
    std::optional<Checked> run();

    const Input& input;
    TypeTable& types;
    Interner& interner;
    diag::DiagnosticSink& sink;
    TypeFacts facts;
    LayoutTable layouts;
    BuiltinTable builtins;
    Checked out;

    const syntax::Ast& ast(ModuleId module) const { return *out.modules[module].ast; }
    std::string_view text(SymbolId symbol) const { return interner.text(symbol); }
    TypeId simple(TypeKind kind) const { return types.simple(kind); }

    // ---- names (names.cpp) ----
    std::optional<Entity> find_entity(ModuleId module, SymbolId name);
    std::optional<Entity> find_host_member(SymbolId module_path, SymbolId name);
    // What `b.name` is, `b` being a Module or HostModule; nothing when there is none, or when it is private.
    std::optional<Entity> find_in_module(ModuleId from, const Entity& module, SymbolId name);
    void no_member(ModuleId from, const Entity& module, const syntax::Name& name); // reports that
    // What a path such as `b.Point` stands for; reports when it is nothing. (imports.cpp, as the one above)
    // A path of one name is just looked up.
    std::optional<Entity> find_path(ModuleId from, std::span<const syntax::Name> path);
    // The same, but nothing is reported: in a pattern, the last name may be a constructor's.
    std::optional<Entity> find_path_quietly(ModuleId from, std::span<const syntax::Name> path);
    // "write `import a.name;`" when another module could give the name; empty: none.
    std::string import_hint(ModuleId from, SymbolId name);
    bool is_host_module(ModuleId module) const {
        return module.index() < input.modules.size() && input.modules[module.index()].is_host;
    }
    // For messages: its path, of the root the name by which others import from it.
    std::string module_name(ModuleId module) const;
    std::string qualified_name(NominalId id) const; // "geometry.Point"
    // A method or static function of an `impl` without a trait: the user's of a record or enum, the prelude's of
    // any type.
    std::optional<FnId> find_member(TypeId owner, SymbolId name);
    // One that other instances of the type have: `impl Stack[i64]`.
    std::optional<FnId> find_member_of_other_instance(TypeId owner, SymbolId name) const;
    // The prelude's, hidden ones too.
    std::optional<FnId> find_prelude_member(TypeId owner, std::string_view name);
    // Of a number literal whose type is not known yet.
    std::optional<FnId> find_literal_member(bool is_float, SymbolId name);
    std::optional<BuiltinId> find_builtin(TypeId owner, std::string_view name, BuiltinRole role) const;
    std::vector<std::string_view> member_names(TypeId owner, bool is_static) const;
    const std::unordered_set<SymbolId>& defined_functions(); // by anybody but the prelude (calm.cpp)
    // Reports UnknownName with what might be meant; `locals` are more candidates.
    std::string constructor_hint(ModuleId module, std::string_view name) const;
    void unknown_name(ModuleId module, SymbolId name, Span span, std::span<const std::string_view> locals);
    // The nearest of the names; empty if none is near, or enough has been proposed in this compilation.
    bool may_suggest() const {
        return suggestions_ < max_suggestions;
    } // else candidates need not be collected
    std::string suggest(std::string_view wanted, std::span<const std::string_view> candidates);

    // ---- types (resolve_type.cpp) ----
    // Error when it was reported.
    TypeId resolve_type(const TypeScope& scope, TypeExprId id, bool is_result = false);
    TypeId alias_type(std::uint32_t alias, std::span<const TypeId> args, Span use);
    std::size_t alias_param_count(std::uint32_t alias) const {
        return aliases_[alias].generics.params.size();
    }
    TypeId resolve_param_type(const TypeScope& scope, TypeExprId id); // slice.cpp
    // A nominal applied to arguments; checks their count.
    TypeId apply_nominal(NominalId id, std::span<const TypeId> args, Span span);
    // Checks depth and leaves of a finished type; answers Error and reports when it is too large.
    TypeId check_size(TypeId type, Span span);
    TypeId not_supported(std::string_view what, Span span);

    // ---- traits (trait.cpp, impl.cpp) ----
    // Invalid when there is no prelude.
    TraitId core_trait(CoreTrait core);
    const TraitDecl& trait_decl(TraitId id) const { return trait_decls_[id.index()]; }
    const ImplDecl& impl_decl(ImplId id) const { return impl_decls_[id.index()]; }
    std::span<const ImplId> impls_of(TraitId trait) const { return trait_decls_[trait.index()].impls; }
    struct TraitMethod {
        TraitId trait;
        FnId fn;
    };
    // The traits' methods and static functions of this name.
    std::span<const TraitMethod> trait_methods(SymbolId name);
    // `Mul[f64]`: without the hidden Out, and without what is Self by default.
    std::string print_trait(const Bound& bound, const std::function<std::string(TypeId)>& print) const;
    std::string print_trait(const Bound& bound) const;
    // The bounds and all that they include.
    std::vector<Bound> with_supers(std::span<const Bound> bounds);
    Bound substitute(const Bound& bound, std::span<const TypeId> params, std::span<const TypeId> args);
    // What the arguments of a nominal type must be.
    std::span<const Bound> bounds_of(NominalId id);
    // A body relies on the impl: its methods are used.
    void note_use_of_impl(ImplId id);
    bool is_prelude(ModuleId module) const { return out.modules[module].is_prelude; }
    bool is_glue(ModuleId module) const { return out.modules[module].is_glue; }
    // A function that the host registered behind a type's path, but none that is an operator's.
    std::optional<std::uint32_t> find_host_method(TypeId owner, SymbolId name) const;
    bool is_host_method(TypeId owner, std::uint32_t fn) const { // takes the receiver first
        const std::vector<HostParam>& params = input.host.fns[fn].params;
        return !params.empty() && params[0].type == owner;
    }
    bool is_prelude_span(Span span) const;

    // As it is written, without its owner.
    SymbolId fn_name(FnId id) const { return ast(fn_decl(id).module).items[out.fns[id].item].name.symbol; }
    const FnDecl& fn_decl(FnId id) const { return fn_decls_[id.index()]; }
    // Its node in the tree of its body, which the prelude's functions have of their own.
    const syntax::FnItem& node_of_body(FnId id, const Body& body) const;
    Span nominal_span(NominalId id) const;
    Span global_type_span(GlobalId id) const; // of the written type

    // ---- C functions (extern.cpp) ----
    // Where a type of an `extern` function stands.
    enum class CPlace : std::uint8_t { Param, Result, Variadic, Field, CallbackParam, CallbackResult };
    // Why the type has no C type there; empty: it has one.
    std::string why_not_c(TypeId type, CPlace place);
    void refuse_c_type(TypeId type, CPlace place, Span span, std::string why);

    // ---- what bodies tell about each other (global_order.cpp) ----
    void note_use_of_fn(FnId id);
    void note_use_of_global(GlobalId id, Span span) { uses_->globals.emplace_back(id, span); }

private:
    struct Alias {
        ModuleId module;
        ItemId item;
        Generics generics;
        TypeId type; // in terms of its parameters
        enum class State : std::uint8_t { New, Active, Done } state = State::New;
    };
    struct NominalDecl {
        ModuleId module;
        ItemId item;
        Generics generics;
    };
    struct Uses {
        std::vector<FnId> fns;
        std::vector<std::pair<GlobalId, Span>> globals;
    };

    // A name of a module's top level.
    struct Named {
        Entity entity;
        Span span;
        bool is_pub = false;
        std::uint32_t import = no_import; // number in imports_, or none: declared here
        mutable bool is_used = false;
    };
    static constexpr std::uint32_t no_import = 0xffffffffu;
    struct Import {
        ModuleId module;
        const syntax::ImportItem* node = nullptr;
        syntax::Name name; // the last part
        std::string path;  // the whole
        enum class State : std::uint8_t { New, Active, Done } state = State::New;
    };

    // imports.cpp
    void declare_import(ModuleId module, const syntax::Item& item, const syntax::ImportItem& node);
    void mark_public_names(ModuleId module);
    void resolve_imports();
    struct ImportStep { // what following an import came to
        std::optional<Entity> entity;
        std::uint32_t waits_for = no_import; // another import that must be followed first
    };
    ImportStep follow_import(const Import& import);
    ImportStep follow_names(const Import& import, ModuleId module, std::string_view rest);
    static bool may_name(ModuleId from, ModuleId owner, const Named& named) {
        return named.is_pub || from == owner;
    }
    bool is_import(const Named& named, const Import& import) const {
        return named.import != no_import && &imports_[named.import] == &import;
    }
    Entity refuse_import(const Import& import);
    Span span_of_part(const Import& import, std::string_view front) const;
    std::optional<ModuleId> find_module(std::string_view path, bool in_host_module) const;
    void order_modules();
    void warn_unused_imports();

    // declare.cpp
    void declare_names(ModuleId module);
    void declare_item(ModuleId module, ItemId id);
    // `outer` is what is in force around it.
    FnId declare_fn(ModuleId module, ItemId id, TypeId self_type, const Generics& outer, std::string name);
    // extern.cpp
    void declare_extern(ModuleId module, const syntax::ExternItem& block);
    void check_extern_fns();
    void check_extern_fn(FnId id);

    void resolve_nominals();
    void resolve_fields(NominalId id, NominalDecl& decl);
    std::vector<Field> declared_fields(const TypeScope& scope, syntax::ListOf<syntax::FieldDecl> list);
    std::vector<Variant> declared_variants(const TypeScope& scope, const syntax::EnumItem& node);
    // recursive_type.cpp
    void find_recursive_records();
    void find_expanding_types();

    // generics.cpp
    void declare_generics(ModuleId module, syntax::ListOf<syntax::GenericParam> list, Generics& into);
    NumberClass class_bound(ModuleId module, TypeExprId bound) const;
    // Of the list's parameters, which are the last of `into`.
    void resolve_bounds(const TypeScope& scope, syntax::ListOf<syntax::GenericParam> list, Generics& into);
    std::optional<Bound> resolve_trait(const TypeScope& scope, TypeExprId id, TypeId subject, bool is_impl);
    void resolve_nominal_bounds();
    void note_bounded_types(ModuleId module, std::span<const std::pair<TypeId, Span>> found,
                            const Generics* generics);
    void check_bounded_types();

    // trait.cpp
    void declare_trait(ModuleId module, ItemId id);
    void resolve_trait_item(TraitId id);

    // impl.cpp
    void declare_impl(ModuleId module, ItemId id);
    bool is_same_package(ModuleId declared, ModuleId from) const;
    void declare_trait_impl(ModuleId module, ItemId id);
    void declare_impl_methods(ImplId id);
    void finish_out(ImplId id);
    // impl_check.cpp
    void finish_impl(ImplId id);
    bool is_own(const Bound& bound, ModuleId module) const;
    bool is_built_in(const Bound& bound);
    bool could_be_one(TypeId a, TypeId b) const;
    void check_overlap(ImplId id);
    void check_determined(const Generics& generics, const syntax::ImplItem& node, ModuleId module,
                          std::span<const TypeId> heads);
    void compare_signatures(ImplId id, FnId wanted, FnId found);
    std::string signature_text(FnId id, std::span<const TypeId> params, std::span<const TypeId> args);

    // prelude_decls.cpp
    void add_prelude_modules();
    void use_whole_prelude();
    void give_body(FnId id);
    void use_collection_impls();
    std::optional<Entity> find_prelude_entity(SymbolId name);
    std::optional<FnId> find_prelude_member(TypeId owner, SymbolId name);
    FnId declare_prelude_member(const PreludeMember& member);
    void declare_prelude_impls(TraitId trait, SymbolId name);
    ModuleId prelude_module(std::uint32_t number) const { return ModuleId(first_prelude_module_ + number); }
    // Where the names of a module stand: those of the prelude's stand together.
    ModuleId scope_of(ModuleId module) const { return is_prelude(module) ? prelude_module(0) : module; }
    std::vector<SymbolId> prelude_owners(TypeId owner) const;
    void check_fn_body(FnId id);

    void resolve_signature(FnId id);
    void resolve_globals();
    void add_name(ModuleId module, const syntax::Name& name, Entity entity);
    void add_host_names();
    void add_glue_names(ModuleId glue);
    std::optional<Entity> find_host_path(SymbolId path) const; // whole

    // types
    template <typename Node> TypeId resolve_node(const TypeScope&, const Node&, Span, bool is_result);
    TypeId resolve_named(const TypeScope& scope, const syntax::NamedTypeExpr& node, Span span);
    void unknown_type(const TypeScope& scope, const syntax::Name& name);

    // check.cpp, global_order.cpp
    void check_bodies();
    void check_main();
    void order_globals();

    // native.cpp
    bool is_wrapper(ModuleId module) const;
    // The types of a wrapper module are its own as if it had declared them.
    bool is_declared_by(NominalId id, ModuleId module) const;
    std::optional<Entity> find_native(ModuleId wrapper, std::string_view name) const;
    Entity refuse_native(ModuleId module, std::string_view what, std::string_view name, Span span);
    void declare_native_type(ModuleId module, const syntax::Item& item);
    void declare_native_fn(ModuleId module, const syntax::Item& item, const syntax::FnItem& node);
    void check_native_signatures();
    std::string print_native(std::span<const HostParam> params, TypeId result) const;

    static std::uint64_t member_key(NominalId owner, SymbolId name) {
        return static_cast<std::uint64_t>(owner.value) << 32 | name.value;
    }

    IdVec<ModuleId, std::unordered_map<SymbolId, Named>> names_;
    std::vector<Import> imports_; // in source order, module by module
    std::unordered_map<std::string_view, ModuleId> modules_,
        host_sources_;                            // of the package, of the host; by path
    IdVec<ModuleId, std::uint32_t> module_order_; // imported ones before those that import them
    std::deque<Alias> aliases_;
    std::unordered_map<std::uint32_t, NominalDecl> nominal_decls_; // by NominalId
    std::vector<NominalId> declared_nominals_;
    std::deque<FnDecl> fn_decls_; // by FnId; a deque, since bodies hold references while others are declared
    std::unordered_map<std::uint64_t, std::vector<FnId>>
        members_; // more than one for different instances of a type
    std::unordered_map<std::uint32_t, std::vector<FnId>> members_of_;
    struct ExternBlock {
        ModuleId module;
        Span library;
        std::vector<FnId> fns;
    };
    std::vector<ExternBlock> extern_blocks_;
    std::vector<std::pair<ModuleId, ItemId>> impls_;
    std::unordered_map<SymbolId, std::uint32_t> host_fns_; // by whole path
    std::unordered_map<SymbolId, bool> host_modules_;
    std::unordered_map<SymbolId, Entity> host_things_;        // types, constants and variables, by whole path
    std::unordered_map<std::uint32_t, std::vector<std::pair<SymbolId, bool>>> host_members_of_; // and if a method
    std::unordered_map<std::uint64_t, std::uint32_t> host_methods_; // by member_key(), number of the function
    std::unordered_map<std::string_view, Entity> natives_; // types and functions of extensions, by whole path
    std::unordered_multimap<std::uint32_t, ModuleId> wrappers_; // who names a native type, by NominalId
    struct NativeFn {
        ModuleId module;
        const syntax::Item* item;
        const syntax::FnItem* node;
        std::uint32_t fn; // number in HostDecls::fns
    };
    std::vector<NativeFn> native_fns_;
    std::optional<std::unordered_set<SymbolId>> defined_functions_; // once somebody asks
    std::vector<TypeExprId> global_types_; // by GlobalId
    std::deque<TraitDecl> trait_decls_; // by TraitId; deques, since others are declared while these are read
    std::deque<ImplDecl> impl_decls_;   // by ImplId
    std::unordered_map<SymbolId, std::vector<TraitMethod>> trait_methods_;
    std::vector<ImplId> open_impls_; // of the user, to be held against their traits
    struct BoundedType {             // a type with bounds on its arguments that an item names
        TypeId type;
        Span span;
        const Generics* generics;
    };
    std::vector<BoundedType> bounded_types_;
    std::vector<Bound> map_bounds_, set_bounds_;

    std::size_t first_prelude_module_ = 0;
    struct InherentImpl {
        Generics generics;
        TypeId self;
    };
    std::deque<InherentImpl> inherent_impls_;                              // of the prelude
    std::unordered_map<std::uint64_t, const InherentImpl*> prelude_impls_; // by module and item
    std::unordered_map<std::uint64_t, FnId> prelude_members_;              // likewise
    std::vector<FnId> queue_;                                              // of the prelude: bodies to check
    bool reads_prelude_ = false;                                           // hidden names may be named
    std::deque<Uses> fn_uses_, global_uses_;
    Uses other_uses_; // of tests: they are nobody's dependency
    Uses* uses_ = &other_uses_;
    unsigned type_nesting_ = 0;
    // Beyond this nobody reads them, and looking for them costs.
    static constexpr unsigned max_suggestions = 60;
    unsigned suggestions_ = 0;
    bool has_broken_types_ = false; // a declared type has no layout: reported
};

} // namespace tn::check
