// Record literals and fields.
#include "check/body.h"

namespace tn::check {

std::optional<std::uint32_t> BodyChecker::find_field(TypeId record, std::string_view name) const {
    const std::vector<Field>& fields = types_.nominal(record).fields;
    for (std::uint32_t i = 0; i < fields.size(); ++i) {
        if (fields[i].name == name) return i;
    }
    return {};
}

void BodyChecker::unknown_field(TypeId type, const syntax::Name& name) {
    std::string_view spelled = text(name.symbol);
    diag::DiagnosticBuilder builder = report(Diag::UnknownField, name.span, print(type), spelled);
    bool is_method = program_.find_member(type, name.symbol) ||
                     program_.find_builtin(type, spelled, BuiltinRole::Method);
    if (is_method) {
        builder.hint("it is a method; call it: `." + std::string(spelled) + "()`");
        return;
    }
    if (types_.kind(type) != TypeKind::Record) return;
    std::vector<std::string_view> candidates;
    for (const Field& field : types_.nominal(type).fields) candidates.push_back(field.name);
    std::string best = program_.suggest(spelled, candidates);
    if (!best.empty()) builder.hint("did you mean `" + best + "`?");
}

TypeId BodyChecker::visit(ExprId id, const syntax::TupleFieldExpr& node, const Expect&) {
    TypeId base = settle(check(node.base), span_of(node.base), "this value");
    if (is_error(base) || is_never(base)) return base;
    if (types_.kind(base) != TypeKind::Tuple || node.index >= types_.args(base).size()) {
        report(Diag::UnknownField, node.index_span, print(base), node.index);
        return error();
    }
    set(id, Form::Field, node.index);
    return types_.arg(base, node.index);
}

TypeId BodyChecker::visit(ExprId id, const syntax::RecordExpr& node, const Expect& expect) {
    std::span<const syntax::FieldInit> inits = view(node.fields);
    auto check_all = [&] {
        for (const syntax::FieldInit& init : inits) check(init.value);
        if (node.base.is_valid()) check(node.base);
        return error();
    };
    // `Shape.Rect { ... }` or a type.
    TypeId type;
    std::uint32_t variant = 0;
    std::string_view variant_name;
    Path path = path_of(node.path);
    if (path.what == Path::Kind::Type) {
        type = path.type;
    } else if (const auto* field = expr(node.path).as<syntax::FieldExpr>()) {
        Path owner = path_of(field->base);
        if (owner.what == Path::Kind::Type && field->name.is_valid()) {
            type = owner.type;
            variant_name = text(field->name.symbol);
        }
    }
    if (path.what == Path::Kind::Entity && path.entity.kind == EntityKind::Unavailable) {
        ++error_count_;
        return check_all();
    }
    Span path_span = span_of(node.path);
    if (!type.is_valid() && report_missing_member(node.path)) return check_all();
    if (!type.is_valid()) {
        const auto* name = expr(node.path).as<syntax::NameExpr>();
        if (path.what == Path::Kind::Entity || (name && find_local(name->name)) ||
            (name && program_.find_entity(body_.module, name->name))) {
            report(Diag::NotAType, path_span, program_.input.sources.text(path_span), "a value");
        } else {
            std::vector<std::string_view> candidates;
            for (std::uint32_t n = 0; program_.may_suggest() && n < types_.nominal_count(); ++n) {
                if (types_.nominal(NominalId(n)).kind == TypeKind::Record)
                    candidates.push_back(types_.nominal(NominalId(n)).name);
            }
            std::string import = name ? program_.import_hint(body_.module, name->name) : "";
            std::string best = name && import.empty() ? program_.suggest(text(name->name), candidates) : "";
            diag::DiagnosticBuilder builder =
                report(Diag::UnknownType, path_span, program_.input.sources.text(path_span));
            if (!import.empty()) builder.hint(import);
            if (!best.empty()) builder.hint("did you mean `" + best + "`?");
        }
        return check_all();
    }
    if (is_error(type)) return check_all();
    const std::vector<Field>* fields = nullptr;
    // The prelude makes maps and sets of their fields.
    bool has_fields = types_.kind(type) == TypeKind::Record || (module_.is_prelude && types_.has_fields(type));
    if (has_fields && variant_name.empty()) {
        fields = &types_.nominal(type).fields;
    } else if (types_.kind(type) == TypeKind::Enum && !variant_name.empty()) {
        const std::vector<Variant>& variants = types_.nominal(type).variants;
        for (std::uint32_t v = 0; v < variants.size(); ++v) {
            if (variants[v].name != variant_name || variants[v].positional) continue;
            variant = v;
            fields = &variants[v].fields;
        }
    }
    if (!fields) {
        report(Diag::NotAConstructor, path_span, program_.input.sources.text(path_span));
        return check_all();
    }

    // What is wanted says what the type arguments are, so a field that does not fit is named itself.
    TypeId wanted = expect.is_any() ? TypeId() : infer_.shallow(expect.type);
    bool same_type = wanted.is_valid() && types_.is_nominal(wanted) &&
                     types_.kind(wanted) == types_.kind(type) &&
                     types_.nominal_id(wanted) == types_.nominal_id(type);
    if (same_type) infer_.unify(wanted, type);

    std::vector<Field> declared = *fields;
    std::unordered_map<std::string_view, std::uint32_t> numbers;
    for (std::uint32_t i = 0; i < declared.size(); ++i) numbers.emplace(declared[i].name, i);
    std::vector<Span> given(declared.size());
    auto init_index = static_cast<std::uint32_t>(module_.record_inits.size());
    module_.record_inits.emplace_back();
    module_.record_inits[init_index].variant = variant;
    std::vector<std::uint32_t> order;
    bool diverges = false;
    for (const syntax::FieldInit& init : inits) {
        auto it = init.name.is_valid() ? numbers.find(text(init.name.symbol)) : numbers.end();
        if (it == numbers.end()) {
            if (init.name.is_valid()) unknown_field(type, init.name);
            check(init.value);
            order.push_back(0);
            continue;
        }
        std::uint32_t number = it->second;
        order.push_back(number);
        if (given[number].file.is_valid()) {
            report(Diag::DuplicateField, init.name.span, it->first).label(given[number], "first given here");
        }
        given[number] = init.name.span;
        TypeId field_type = types_.field_type(type, declared[number]);
        diverges |= is_never(check(init.value, Expect{field_type, Span{}}));
    }
    module_.record_inits[init_index].fields = std::move(order);
    info(id).detail = init_index;
    if (node.base.is_valid()) {
        diverges |= is_never(check(node.base, Expect{type, path_span, "because of this type"}));
    } else {
        std::string missing;
        for (std::uint32_t i = 0; i < declared.size(); ++i) {
            if (given[i].file.is_valid()) continue;
            missing += (missing.empty() ? "`" : ", `") + declared[i].name + "`";
        }
        if (!missing.empty()) report(Diag::MissingField, path_span, missing, print(type));
    }
    return diverges ? simple(TypeKind::Never) : type;
}

} // namespace tn::check
