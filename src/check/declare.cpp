// Items: names first, then the types of fields, signatures and globals.
#include "check/program.h"

#include "support/overloaded.h"

#include <algorithm>
#include <utility>

namespace tn::check {

Program::Program(const Input& in, TypeTable& type_table, Interner& names, diag::DiagnosticSink& diagnostics)
    : input(in),
      types(type_table),
      interner(names),
      sink(diagnostics),
      facts(type_table),
      layouts(type_table),
      builtins(type_table) {}

Span Program::nominal_span(NominalId id) const {
    auto it = nominal_decls_.find(id.value);
    if (it == nominal_decls_.end()) return Span{};
    return ast(it->second.module).items[it->second.item].name.span;
}

void Program::add_name(ModuleId module, const syntax::Name& name, Entity entity) {
    if (!name.is_valid()) return;
    auto [it, inserted] = names_[scope_of(module)].emplace(name.symbol, Named{entity, name.span});
    if (inserted) return;
    sink.report(Diag::DuplicateName, name.span, text(name.symbol))
        .label(it->second.span, it->second.import == no_import ? "first defined here" : "imported here");
}

void Program::add_host_names() {
    std::unordered_map<std::string_view, NominalId> types_by_path;
    auto add_modules_before = [&](std::string_view path) {
        for (std::size_t dot = path.find('.'); dot != path.npos; dot = path.find('.', dot + 1)) {
            const std::string_view front = path.substr(0, dot);
            if (!types_by_path.contains(front)) host_modules_.emplace(interner.intern(front), true);
        }
    };
    for (const HostType& type : input.host.types) {
        const NominalId id = types.nominal_id(type.type);
        for (const std::string& path : type.paths) {
            types_by_path.emplace(path, id);
            host_things_.emplace(interner.intern(path), Entity{EntityKind::Nominal, id.value});
        }
    }
    for (const HostType& type : input.host.types) {
        for (const std::string& path : type.paths) add_modules_before(path);
    }
    for (std::uint32_t i = 0; i < input.host.fns.size(); ++i) {
        std::string_view path = input.host.fns[i].path;
        if (!input.host.fns[i].is_operator) host_fns_.emplace(interner.intern(path), i);
        add_modules_before(path);
        const std::size_t dot = path.rfind('.');
        const auto owner = types_by_path.find(dot == path.npos ? std::string_view() : path.substr(0, dot));
        if (owner == types_by_path.end() || input.host.fns[i].is_operator) continue;
        const SymbolId name = interner.intern(path.substr(dot + 1));
        host_methods_.emplace(member_key(owner->second, name), i);
        const TypeId type = types.make(TypeKind::Host, {}, owner->second.value);
        host_members_of_[owner->second.value].emplace_back(name, is_host_method(type, i));
    }
    for (const HostVariable& variable : input.host.variables) add_modules_before(variable.path);
}

// What the glue declares stands at the host's paths.
void Program::add_glue_names(ModuleId glue) {
    for (std::size_t i = 0; i < input.host.variables.size(); ++i) {
        const HostVariable& variable = input.host.variables[i];
        const std::string number = std::to_string(i);
        auto find = [&](std::string_view front) {
            return names_[glue].at(interner.intern(std::string(front) + number)).entity;
        };
        Entity entity = find(variable.is_const ? "__const_" : "__get_");
        if (!variable.is_const) {
            entity.kind = EntityKind::HostVariable;
            out.globals[GlobalId(find("__var_").index)].is_context = true;
            out.globals[GlobalId(find("__var_").index)].name = variable.path;
        } else {
            out.globals[GlobalId(entity.index)].name = variable.path;
        }
        host_things_.emplace(interner.intern(variable.path), entity);
    }
}

void Program::declare_names(ModuleId module) {
    for (ItemId id : ast(module).view(ast(module).root)) declare_item(module, id);
    mark_public_names(module);
}

void Program::declare_item(ModuleId module, ItemId id) {
    const syntax::Item& item = ast(module).items[id];
    Entity unavailable;
    auto add_nominal = [&](TypeKind kind) {
        Nominal nominal;
        nominal.name = item.name.is_valid() ? std::string(text(item.name.symbol)) : "";
        nominal.module = out.modules[module].path;
        nominal.kind = kind;
        nominal.is_public = item.is_pub;
        if (item.doc.is_valid()) nominal.doc = text(item.doc);
        NominalDecl decl{module, id, {}};
        const auto* record = item.as<syntax::RecordItem>();
        declare_generics(module, record ? record->generics : item.as<syntax::EnumItem>()->generics,
                         decl.generics);
        nominal.params = decl.generics.params;
        NominalId nominal_id = types.add_nominal(std::move(nominal));
        nominal_decls_.emplace(nominal_id.value, std::move(decl));
        if (!is_prelude(module)) declared_nominals_.push_back(nominal_id);
        add_name(module, item.name, Entity{EntityKind::Nominal, nominal_id.value});
    };
    auto add_global = [&](bool is_const) {
        Global global;
        global.name = item.name.is_valid() ? std::string(text(item.name.symbol)) : "";
        global.span = item.name.span;
        global.type = simple(TypeKind::Error);
        global.is_const = is_const;
        global.is_exported = module.index() == 0;
        if (item.doc.is_valid()) global.doc = text(item.doc);
        global.init.module = module;
        const auto* constant = item.as<syntax::ConstItem>();
        global.init.root = constant ? constant->init : item.as<syntax::VarItem>()->init;
        global_types_.push_back(constant ? constant->type : item.as<syntax::VarItem>()->type);
        GlobalId global_id = out.globals.push_back(std::move(global));
        add_name(module, item.name, Entity{EntityKind::Global, global_id.value});
    };
    auto refuse = [&](std::string_view what) {
        not_supported(what, item.name.is_valid() ? item.name.span : item.span);
        if (item.name.is_valid()) add_name(module, item.name, unavailable);
    };
    std::visit(Overloaded{
                   [&](const syntax::ErrorItem&) {
                       if (item.name.is_valid()) add_name(module, item.name, unavailable);
                   },
                   [&](const syntax::ImportItem& node) { declare_import(module, item, node); },
                   [&](const syntax::ConstItem&) { add_global(true); },
                   [&](const syntax::VarItem&) { add_global(false); },
                   [&](const syntax::AliasItem& node) {
                       Alias alias{module, id, {}, simple(TypeKind::Error)};
                       declare_generics(module, node.generics, alias.generics);
                       for (const syntax::GenericParam& param : ast(module).view(node.generics)) {
                           if (param.bounds.empty()) continue;
                           sink.report(Diag::NotAllowedHere, param.name.span, "a bound of an alias")
                               .note("the type behind it has the bounds");
                       }
                       aliases_.push_back(std::move(alias));
                       add_name(module, item.name,
                                Entity{EntityKind::Alias, static_cast<std::uint32_t>(aliases_.size() - 1)});
                   },
                   [&](const syntax::RecordItem&) { add_nominal(TypeKind::Record); },
                   [&](const syntax::EnumItem&) { add_nominal(TypeKind::Enum); },
                   [&](const syntax::ImplItem&) { impls_.emplace_back(module, id); },
                   [&](const syntax::TraitItem&) { declare_trait(module, id); },
                   [&](const syntax::FnItem& node) {
                       if (node.native_name.is_valid()) return refuse("`native`");
                       std::string name = item.name.is_valid() ? std::string(text(item.name.symbol)) : "";
                       FnId fn = declare_fn(module, id, TypeId(), Generics{}, std::move(name));
                       out.fns[fn].is_exported =
                           module.index() == 0 && item.name.is_valid() && node.generics.empty();
                       add_name(module, item.name, Entity{EntityKind::Fn, fn.value});
                   },
                   [&](const syntax::TestItem& node) {
                       if (is_host_module(module)) return;
                       Test test;
                       test.title = node.title.is_valid() ? std::string(text(node.title)) : "";
                       test.span = node.title_span;
                       test.body.module = module;
                       test.body.root = node.body;
                       out.tests.push_back(std::move(test));
                   },
                   [&](const syntax::NativeTypeItem&) { refuse("`native`"); },
                   [&](const syntax::ExternItem& node) { declare_extern(module, node); },
               },
               item.node);
}

FnId Program::declare_fn(ModuleId module, ItemId id, TypeId self_type, const Generics& outer,
                         std::string name) {
    const syntax::Item& item = ast(module).items[id];
    const auto* node = item.as<syntax::FnItem>();
    Fn fn;
    fn.name = std::move(name);
    fn.item = id;
    fn.span = item.name.is_valid() ? item.name.span : item.span;
    fn.result = simple(TypeKind::Error);
    if (item.doc.is_valid()) fn.doc = text(item.doc);
    fn.body.module = module;
    fn.body.root = node->body;
    FnDecl decl{node, module, self_type, outer, TraitId(), false, false};
    decl.generics.outer = outer.params.size();
    declare_generics(module, node->generics, decl.generics);
    fn.type_params = decl.generics.params;
    fn_decls_.push_back(std::move(decl));
    return out.fns.push_back(std::move(fn));
}

void Program::resolve_nominals() {
    for (NominalId id : declared_nominals_) {
        NominalDecl& decl = nominal_decls_.at(id.value);
        resolve_fields(id, decl);
    }
    find_recursive_records();
    find_expanding_types();
    if (has_broken_types_) return;
    for (NominalId id : declared_nominals_) {
        if (types.nominal(id).params.empty())
            check_size(types.make(types.nominal(id).kind, {}, id.value), nominal_span(id));
    }
}

void Program::resolve_fields(NominalId id, NominalDecl& decl) {
    const syntax::Ast& tree = ast(decl.module);
    const syntax::Item& item = tree.items[decl.item];
    TypeScope scope;
    scope.module = decl.module;
    scope.generics = &decl.generics;
    std::vector<std::pair<TypeId, Span>> bounded;
    scope.bounded = &bounded;
    if (const auto* record = item.as<syntax::RecordItem>()) {
        types.nominal(id).fields = declared_fields(scope, record->fields);
    } else if (const auto* node = item.as<syntax::EnumItem>()) {
        types.nominal(id).variants = declared_variants(scope, *node);
    }
    note_bounded_types(decl.module, bounded, &decl.generics);
}

std::vector<Field> Program::declared_fields(const TypeScope& scope, syntax::ListOf<syntax::FieldDecl> list) {
    std::unordered_map<SymbolId, Span> seen;
    std::vector<Field> fields;
    for (const syntax::FieldDecl& field : ast(scope.module).view(list)) {
        TypeId type = resolve_type(scope, field.type);
        has_broken_types_ |= facts.has_error(type);
        if (!field.name.is_valid()) continue;
        auto [it, inserted] = seen.emplace(field.name.symbol, field.name.span);
        if (!inserted) {
            sink.report(Diag::DuplicateField, field.name.span, text(field.name.symbol))
                .label(it->second, "first given here");
            continue;
        }
        fields.push_back(Field{std::string(text(field.name.symbol)), type});
        if (field.doc.is_valid()) fields.back().doc = text(field.doc);
    }
    return fields;
}

std::vector<Variant> Program::declared_variants(const TypeScope& scope, const syntax::EnumItem& node) {
    const syntax::Ast& tree = ast(scope.module);
    std::unordered_map<SymbolId, Span> seen;
    std::vector<Variant> variants;
    Span last;
    for (const syntax::VariantDecl& decl : tree.view(node.variants)) {
        Variant variant;
        variant.positional = decl.form != syntax::VariantForm::Record;
        variant.fields = declared_fields(scope, decl.fields);
        for (TypeExprId type : tree.view(decl.types)) {
            variant.fields.push_back(Field{std::to_string(variant.fields.size()), resolve_type(scope, type)});
            has_broken_types_ |= facts.has_error(variant.fields.back().type);
        }
        if (!decl.name.is_valid()) continue;
        last = decl.name.span;
        auto [it, inserted] = seen.emplace(decl.name.symbol, decl.name.span);
        if (!inserted) {
            sink.report(Diag::DuplicateName, decl.name.span, text(decl.name.symbol))
                .label(it->second, "first defined here");
            continue;
        }
        variant.name = text(decl.name.symbol);
        if (decl.doc.is_valid()) variant.doc = text(decl.doc);
        variants.push_back(std::move(variant));
    }
    constexpr std::size_t max_variants = 256; // the tag is one byte
    if (variants.size() > max_variants) {
        sink.report(Diag::NotSupported, last,
                    "an enum of more than " + std::to_string(max_variants) + " constructors");
        has_broken_types_ = true;
    }
    return variants;
}

void Program::resolve_signature(FnId id) {
    FnDecl& decl = fn_decls_[id.index()];
    if (std::exchange(decl.is_resolved, true)) return;
    const syntax::Ast& tree = ast(decl.module);
    TypeScope scope;
    scope.module = decl.module;
    scope.self = decl.self_type;
    scope.generics = &decl.generics;
    resolve_bounds(scope, decl.node->generics, decl.generics);
    std::vector<std::pair<TypeId, Span>> bounded;
    scope.bounded = &bounded;
    scope.self = decl.self_type;
    std::vector<Param> params;
    for (const syntax::Param& node : tree.view(decl.node->params)) {
        Param param;
        param.is_mut = node.is_mut;
        param.pattern = node.pattern;
        if (node.name.is_valid()) param.name = text(node.name.symbol);
        if (node.is_self && !node.type.is_valid()) {
            param.name = "self";
            param.type = decl.self_type.is_valid() ? decl.self_type : simple(TypeKind::Error);
            if (!decl.self_type.is_valid()) {
                sink.report(Diag::NotAllowedHere, node.span, "`self`")
                    .note("only methods of an `impl` have it");
            }
        } else if (node.type.is_valid()) {
            param.type = check_size(resolve_param_type(scope, node.type), tree.types[node.type].span);
            if (param.is_mut && types.kind(param.type) == TypeKind::Slice) {
                sink.report(Diag::UnexpectedMut, node.span,
                            "a slice whose elements change is written `" + param.name + ": mut Slice[…]`");
            }
        } else {
            param.type = simple(TypeKind::Error); // reported by the parser
        }
        if (param.is_mut && param.name.empty()) {
            sink.report(Diag::UnexpectedMut, node.span, "a `mut` parameter has a plain name");
        }
        params.push_back(std::move(param));
    }
    TypeId result = simple(TypeKind::Unit);
    if (decl.node->ret.is_valid()) {
        result = check_size(resolve_type(scope, decl.node->ret, true), tree.types[decl.node->ret].span);
    }
    out.fns[id].params = std::move(params);
    out.fns[id].result = result;
    note_bounded_types(decl.module, bounded, &decl.generics);
}

void Program::resolve_globals() {
    for (std::size_t i = 0; i < out.globals.size(); ++i) {
        Global& global = out.globals[GlobalId(i)];
        TypeExprId type = global_types_[i];
        if (!type.is_valid()) continue; // reported by the parser
        TypeScope scope;
        scope.module = global.init.module;
        std::vector<std::pair<TypeId, Span>> bounded;
        scope.bounded = &bounded;
        TypeId resolved = resolve_type(scope, type);
        note_bounded_types(scope.module, bounded, nullptr);
        global.type = check_size(resolved, global_type_span(GlobalId(i)));
    }
}

Span Program::global_type_span(GlobalId id) const {
    TypeExprId type = global_types_[id.index()];
    return type.is_valid() ? ast(out.globals[id].init.module).types[type].span : Span{};
}

} // namespace tn::check
