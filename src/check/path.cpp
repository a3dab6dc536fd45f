// Names, and dots that may stand between a module or type and its member.
#include "check/body.h"

#include "builtins/constant.h"
#include "check/signature_text.h"
#include "check/wording.h"

namespace tn::check {

BodyChecker::Path BodyChecker::path_of(ExprId id) {
    const auto* indexed = expr(id).as<syntax::IndexExpr>();
    const syntax::Expr& head = indexed ? expr(indexed->base) : expr(id);
    std::optional<Entity> entity;
    SymbolId last;
    if (const auto* name = head.as<syntax::NameExpr>()) {
        if (find_local(name->name)) return {};
        if (!indexed && text(name->name) == "Self" && self_type_.is_valid())
            return Path{Path::Kind::Type, {}, self_type_};
        if (TypeId param = find_type_param(name->name); !indexed && param.is_valid())
            return Path{Path::Kind::Type, {}, param};
        last = name->name;
        entity = program_.find_entity(body_.module, last);
    } else if (const auto* field = head.as<syntax::FieldExpr>(); field && field->name.is_valid()) {
        // Something of a module. Chains of fields are as high as the tree may be, so this recursion is too.
        const syntax::Expr& base = expr(field->base);
        if (!base.as<syntax::NameExpr>() && !base.as<syntax::FieldExpr>()) return {};
        Path inner = path_of(field->base);
        if (inner.what != Path::Kind::Entity) return {};
        if (inner.entity.kind == EntityKind::Unavailable) return inner;
        if (!is_module(inner.entity)) return {};
        last = field->name.symbol;
        entity = program_.find_in_module(body_.module, inner.entity, last);
    }
    if (!entity) return {};
    switch (entity->kind) {
    case EntityKind::Nominal:
    case EntityKind::Alias:
    case EntityKind::BuiltinType:
        return Path{Path::Kind::Type, *entity, type_with_args(*entity, last, indexed, span_of(id))};
    case EntityKind::Fn:
    case EntityKind::HostFn:
    case EntityKind::HostModule:
    case EntityKind::Module:
    case EntityKind::BuiltinFn:
    case EntityKind::Constructor:
    case EntityKind::Trait:
    case EntityKind::Unavailable: return indexed ? Path{} : Path{Path::Kind::Entity, *entity, TypeId()};
    case EntityKind::HostVariable:
    case EntityKind::Global: return {};
    }
    return {};
}

bool BodyChecker::report_missing_member(ExprId id) {
    for (;;) {
        if (const auto* indexed = expr(id).as<syntax::IndexExpr>()) id = indexed->base;
        const auto* field = expr(id).as<syntax::FieldExpr>();
        if (!field || !field->name.is_valid()) return false;
        Path owner = path_of(field->base);
        if (owner.what == Path::Kind::Entity && is_module(owner.entity)) {
            if (program_.find_in_module(body_.module, owner.entity, field->name.symbol)) return false;
            ++error_count_;
            program_.no_member(body_.module, owner.entity, field->name);
            return true;
        }
        id = field->base;
    }
}

// The type a path names; arguments that are not written are fresh.
TypeId BodyChecker::type_with_args(const Entity& entity, SymbolId name, const syntax::IndexExpr* written,
                                   Span span) {
    std::vector<TypeId> args;
    if (written) {
        for (const syntax::BracketArg& arg : view(written->args)) {
            if (!arg.type.is_valid()) {
                report(Diag::NotAType, span_of(arg.expr), "this", "a value");
                return error();
            }
            args.push_back(resolve_type(arg.type));
        }
    }
    auto complete = [&](std::size_t count, std::string_view type_name) {
        if (!written) {
            for (std::size_t i = 0; i < count; ++i) {
                args.push_back(fresh(span, "the type argument of `" + std::string(type_name) + "`"));
            }
        }
        if (args.size() == count) return true;
        report(Diag::TypeArgumentCount, span, type_name, counted(count, "type argument"), args.size());
        return false;
    };
    if (entity.kind == EntityKind::Alias) {
        if (!complete(program_.alias_param_count(entity.index), text(name))) return error();
        TypeId type = program_.alias_type(entity.index, args, span);
        require_bounds_of(type, span);
        return type;
    }
    if (entity.kind == EntityKind::Nominal) {
        const Nominal& nominal = types_.nominal(NominalId(entity.index));
        std::string spelled = nominal.name;
        std::size_t count = nominal.params.size();
        if (!complete(count, spelled)) return error();
        TypeId type = program_.apply_nominal(NominalId(entity.index), args, span);
        require_bounds_of(type, span);
        return type;
    }
    BuiltinType type = *find_builtin_type(types_, text(name));
    if (!complete(type.arg_count, type.name)) return error();
    TypeId made = make_builtin_type(types_, type, args);
    require_bounds_of(made, span);
    return made;
}

TypeId BodyChecker::visit(ExprId id, const syntax::NameExpr& node, const Expect&) {
    if (auto local = find_local(node.name)) {
        note_use_of_local(*local);
        set(id, Form::Local, local->value);
        return body_.locals[*local].type;
    }
    std::string_view spelled = text(node.name);
    if (spelled == "self") {
        report(Diag::UnknownName, span_of(id), spelled).primary("no method with a receiver is around this");
        return error();
    }
    if (spelled == "Self") {
        report(Diag::NotAValue, span_of(id), spelled, "a type");
        return error();
    }
    if (find_type_param(node.name).is_valid()) {
        report(Diag::NotAValue, span_of(id), spelled, "a type parameter");
        return error();
    }
    std::optional<Entity> entity = program_.find_entity(body_.module, node.name);
    if (!entity) {
        ++error_count_;
        std::vector<std::string_view> locals = local_names();
        program_.unknown_name(body_.module, node.name, span_of(id), locals);
        return error();
    }
    return use_entity(id, *entity, node.name, nullptr);
}

TypeId BodyChecker::use_entity(ExprId id, const Entity& entity, SymbolId name,
                               const syntax::IndexExpr* type_args) {
    switch (entity.kind) {
    case EntityKind::Global: return use_global(id, GlobalId(entity.index));
    case EntityKind::HostVariable: return call(id, fn_target(FnId(entity.index), span_of(id), TypeId()), {}, false);
    case EntityKind::Constructor: {
        TypeId type = enum_of_constructor(entity, span_of(id));
        if (is_error(type)) return type;
        if (!types_.nominal(type).variants[entity.variant].fields.empty())
            return constructor_value(id, type, entity.variant);
        return call(id, constructor_target(type, entity.variant), {}, false);
    }
    case EntityKind::Fn:
    case EntityKind::HostFn:
    case EntityKind::BuiltinFn: {
        Target target = fn_entity_target(entity, span_of(id));
        give_type_args(target, type_args);
        return fn_value(id, target);
    }
    case EntityKind::Nominal:
    case EntityKind::Alias:
    case EntityKind::BuiltinType:
    case EntityKind::Trait:
    case EntityKind::HostModule:
    case EntityKind::Module:
        report(Diag::NotAValue, span_of(id), text(name), describe(entity.kind));
        return error();
    case EntityKind::Unavailable: ++error_count_; return error();
    }
    return error();
}

TypeId BodyChecker::use_global(ExprId id, GlobalId global) {
    set(id, Form::Global, global.value);
    program_.note_use_of_global(global, span_of(id));
    return program_.out.globals[global].type;
}

TypeId BodyChecker::use_field(ExprId id, TypeId record, std::uint32_t field) {
    set(id, Form::Field, field);
    Field declared = types_.nominal(record).fields[field];
    return types_.field_type(record, declared);
}

TypeId BodyChecker::visit(ExprId id, const syntax::FieldExpr& node, const Expect&) {
    Path path = path_of(node.base);
    if (path.what == Path::Kind::Type) {
        if (!node.name.is_valid() || is_error(path.type)) return error();
        return type_member(id, path.type, node.name, nullptr);
    }
    if (path.what == Path::Kind::Entity) {
        if (!node.name.is_valid() || path.entity.kind == EntityKind::Unavailable) {
            ++error_count_;
            return error();
        }
        if (is_module(path.entity)) {
            auto entity = program_.find_in_module(body_.module, path.entity, node.name.symbol);
            if (entity) return use_entity(id, *entity, node.name.symbol, nullptr);
            ++error_count_;
            program_.no_member(body_.module, path.entity, node.name);
            return error();
        }
        if (path.entity.kind == EntityKind::Trait) {
            std::optional<FnId> fn = find_method_of_trait(TraitId(path.entity.index), node.name);
            return fn ? fn_value(id, fn_target(*fn, node.name.span, TypeId())) : error();
        }
    }
    TypeId base = settle(check(node.base), span_of(node.base), "this value");
    if (is_error(base) || !node.name.is_valid()) return error();
    if (is_never(base)) return base;
    // The collections are records for the prelude.
    if (types_.kind(base) == TypeKind::Record || (module_.is_prelude && types_.has_fields(base))) {
        if (auto field = find_field(base, text(node.name.symbol))) {
            return use_field(id, base, *field);
        }
    }
    unknown_field(base, node.name);
    return error();
}

// `T.MAX` in the prelude, T being a class of number types: which constant it is, each of them decides.
TypeId BodyChecker::constant_of_class(ExprId id, TypeId type, std::string_view name) {
    NumberClass number_class = program_.facts.class_of(type);
    if (number_class == NumberClass::None) return TypeId();
    TypeKind sample = number_class == NumberClass::Float ? TypeKind::F64 : TypeKind::I64;
    auto constant = find_builtin_constant(sample, name);
    if (!constant) return TypeId();
    set(id, Form::TypeConstant, static_cast<std::uint32_t>(module_.type_constants.size()));
    module_.type_constants.push_back({type, std::string(name)});
    // The number of bits is an i64, all others are of the type itself.
    bool is_count = find_builtin_constant(TypeKind::U8, name).value_or(*constant).type == TypeKind::I64;
    return is_count && number_class != NumberClass::Float ? simple(TypeKind::I64) : type;
}

// `i64.MAX`, `Shape.Empty`, or a method or static function as a value.
TypeId BodyChecker::type_member(ExprId id, TypeId type, const syntax::Name& name,
                                const syntax::IndexExpr* type_args) {
    std::string_view spelled = text(name.symbol);
    TypeKind owner = kind(type);
    if (auto constant = find_builtin_constant(owner, spelled)) {
        set_constant(id, Constant{constant->bits, constant->number});
        return simple(constant->type);
    }
    if (TypeId constant = constant_of_class(id, type, spelled); constant.is_valid()) return constant;
    if (owner == TypeKind::Enum) {
        const std::vector<Variant>& variants = types_.nominal(type).variants;
        for (std::uint32_t v = 0; v < variants.size(); ++v) {
            if (variants[v].name != spelled) continue;
            if (!variants[v].fields.empty()) return constructor_value(id, type, v);
            return call(id, constructor_target(type, v), {}, false);
        }
    }
    if (auto target = member_target(type, name)) {
        give_type_args(*target, type_args);
        return fn_value(id, *target);
    }
    unknown_static(type, name);
    return error();
}

void BodyChecker::unknown_static(TypeId owner, const syntax::Name& name) {
    std::string_view spelled = text(name.symbol);
    bool is_enum = kind(owner) == TypeKind::Enum;
    std::vector<std::string_view> candidates = builtin_constant_names(kind(owner));
    for (std::string_view member : program_.member_names(owner, true)) candidates.push_back(member);
    if (is_enum) {
        for (const Variant& variant : types_.nominal(owner).variants) candidates.push_back(variant.name);
    }
    std::string best = program_.suggest(spelled, candidates);
    bool is_variant = is_enum && is_capitalized(spelled);
    // `List.nope` says nothing of elements.
    std::string shown = print(owner);
    if (!types_.args(owner).empty() && infer_.find_unknown(infer_.zonk(owner)).is_valid())
        shown = shown.substr(0, shown.find('['));
    diag::DiagnosticBuilder builder =
        report(is_variant ? Diag::UnknownVariant : Diag::UnknownMember, name.span, shown, spelled);
    if (!best.empty()) builder.hint("did you mean `" + best + "`?");
}

} // namespace tn::check
