// Patterns: what they match, and the variables they bind.
#include "check/body.h"

#include "check/wording.h"

namespace tn::check {

void BodyChecker::check_pattern(PatternId id, TypeId type) {
    Bindings bindings;
    bind_pattern(id, type, bindings);
    for (const auto& [name, local] : bindings.names) bring_into_scope(name, local);
}

void BodyChecker::bind_pattern(PatternId id, TypeId type, Bindings& bindings) {
    info(id).type = type;
    patterns_.push_back(id);
    std::visit([&](const auto& node) { visit_pattern(id, node, type, bindings); }, tree().patterns[id].node);
}

bool BodyChecker::pattern_fits(PatternId id, TypeId pattern_type, TypeId value_type) {
    if (is_never(infer_.shallow(value_type)) || infer_.unify(value_type, pattern_type)) return true;
    report(Diag::PatternMismatch, tree().patterns[id].span, print(pattern_type), print(value_type));
    info(id).type = error();
    return false;
}

void BodyChecker::visit_pattern(PatternId id, const syntax::ErrorPattern&, TypeId, Bindings&) {
    ++error_count_;
    info(id).type = error();
}

void BodyChecker::visit_pattern(PatternId, const syntax::WildcardPattern&, TypeId, Bindings&) {}

void BodyChecker::visit_pattern(PatternId id, const syntax::BindingPattern& node, TypeId type,
                                Bindings& bindings) {
    if (!node.name.is_valid()) {
        info(id).type = error();
        return;
    }
    SymbolId name = node.name.symbol;
    if (is_capitalized(text(name))) {
        if (auto variant = find_variant({&node.name, 1}, type, node.name.span)) {
            if (!pattern_fits(id, variant->type, type)) return;
            Variant declared = types_.nominal(variant->type).variants[variant->number];
            info(id).form = PatternForm::Construct;
            info(id).detail = variant->number;
            if (!declared.fields.empty()) {
                report(Diag::ArgumentCount, node.name.span, declared.name,
                       counted(declared.fields.size(), "argument"), 0);
            }
            if (node.inner.is_valid()) {
                report(Diag::NotAllowedHere, node.name.span, "a constructor before `@`");
            }
        } else {
            info(id).type = error();
        }
        return;
    }
    LocalId local;
    if (auto known = bindings.known.find(name); known != bindings.known.end()) {
        // Bound to the left of a `|` already: the same variable.
        local = known->second;
        if (!infer_.unify(body_.locals[local].type, type)) {
            report(Diag::PatternMismatch, node.name.span, print(body_.locals[local].type), print(type));
        }
    } else {
        local = add_local(name, type, node.name.span);
    }
    for (const auto& [other, first] : bindings.names) {
        if (other != name) continue;
        report(Diag::DuplicateName, node.name.span, text(name))
            .label(body_.locals[first].span, "first bound here");
        break;
    }
    bindings.names.emplace_back(name, local);
    info(id).form = PatternForm::Bind;
    info(id).detail = local.value;
    if (node.inner.is_valid()) bind_pattern(node.inner, type, bindings);
}

void BodyChecker::visit_pattern(PatternId id, const syntax::LiteralPattern& node, TypeId type, Bindings&) {
    TypeId literal = check(node.literal);
    if (expr(node.literal).as<syntax::StringExpr>()) {
        info(id).form = PatternForm::String;
    } else if (expr(node.literal).as<syntax::BytesExpr>()) {
        info(id).form = PatternForm::Bytes;
    } else {
        info(id).form = PatternForm::Constant; // the value follows in finish_patterns()
    }
    pattern_fits(id, literal, type);
}

void BodyChecker::visit_pattern(PatternId id, const syntax::RangePattern& node, TypeId type, Bindings&) {
    info(id).form = PatternForm::Range;
    TypeId start = check(node.start);
    TypeId end = check(node.end);
    if (!infer_.unify(start, end)) {
        report(Diag::PatternMismatch, span_of(node.end), print(end), print(start));
        info(id).type = error();
        return;
    }
    pattern_fits(id, start, type);
}

void BodyChecker::visit_pattern(PatternId id, const syntax::TuplePattern& node, TypeId type,
                                Bindings& bindings) {
    std::span<const PatternId> elements = view(node.elements);
    info(id).form = PatternForm::Tuple;
    TypeId value = infer_.shallow(type);
    bool known = types_.kind(value) == TypeKind::Tuple && types_.args(value).size() == elements.size();
    std::vector<TypeId> parts;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        if (known) {
            parts.push_back(types_.arg(value, static_cast<unsigned>(i)));
        } else {
            parts.push_back(fresh(tree().patterns[elements[i]].span, "this part of the pattern"));
        }
    }
    if (!known && parts.size() == 1) {
        report(Diag::NotAllowedHere, tree().patterns[id].span, "a tuple of one element");
        info(id).type = error();
        parts[0] = error();
    } else if (!known) {
        TypeId tuple = types_.tuple(parts);
        if (!pattern_fits(id, tuple, type) || is_error(value) || is_never(value)) {
            for (TypeId& part : parts) part = error();
        }
    }
    for (std::size_t i = 0; i < elements.size(); ++i) bind_pattern(elements[i], parts[i], bindings);
}

std::optional<BodyChecker::VariantRef> BodyChecker::find_variant(std::span<const syntax::Name> path,
                                                                 TypeId type, Span span) {
    const syntax::Name& name = path.back();
    std::string_view spelled = text(name.symbol);
    TypeId owner;
    if (path.size() > 1) {
        // The path before it is a type's, perhaps a module's type.
        std::span<const syntax::Name> front = path.first(path.size() - 1);
        std::optional<Entity> entity = program_.find_path(body_.module, front);
        if ((entity && entity->kind == EntityKind::Unavailable) || (!entity && front.size() > 1)) {
            ++error_count_;
            return {};
        }
        if (entity && (entity->kind == EntityKind::Nominal || entity->kind == EntityKind::Alias ||
                       entity->kind == EntityKind::BuiltinType)) {
            owner = type_with_args(*entity, front.back().symbol, nullptr, front.back().span);
        }
        if (text(path[0].symbol) == "Self" && self_type_.is_valid()) owner = self_type_;
        if (owner.is_valid() && is_error(owner)) return {};
    } else {
        TypeId value = infer_.shallow(type);
        if (is_error(value)) return {};
        if (types_.kind(value) == TypeKind::Enum) {
            owner = value;
        } else if (auto entity = program_.find_entity(body_.module, name.symbol);
                   entity && entity->kind == EntityKind::Constructor) {
            owner = enum_of_constructor(*entity, span);
            if (is_error(owner)) return {};
        } else if (entity && entity->kind == EntityKind::Unavailable) {
            ++error_count_;
            return {};
        }
    }
    if (owner.is_valid() && types_.kind(owner) == TypeKind::Enum) {
        const std::vector<Variant>& variants = types_.nominal(owner).variants;
        std::vector<std::string_view> candidates;
        for (std::uint32_t v = 0; v < variants.size(); ++v) {
            if (variants[v].name == spelled) return VariantRef{owner, v};
            candidates.push_back(variants[v].name);
        }
        std::string best = program_.suggest(spelled, candidates);
        diag::DiagnosticBuilder builder = report(Diag::UnknownVariant, name.span, print(owner), spelled);
        if (!best.empty()) builder.hint("did you mean `" + best + "`?");
        return {};
    }
    report(Diag::NotAConstructor, span, program_.input.sources.text(span))
        .hint("a name that is to be bound starts with a small letter");
    return {};
}

void BodyChecker::visit_pattern(PatternId id, const syntax::ConstructorPattern& node, TypeId type,
                                Bindings& bindings) {
    std::span<const PatternId> elements = view(node.elements);
    std::span<const syntax::Name> path = view(node.path);
    auto bind_anyway = [&] {
        info(id).type = error();
        for (PatternId element : elements) bind_pattern(element, error(), bindings);
    };
    if (path.empty() || !path.back().is_valid()) return bind_anyway();
    Span span = join(path.front().span, path.back().span);
    std::optional<VariantRef> variant = find_variant(path, type, span);
    if (!variant || !pattern_fits(id, variant->type, type)) return bind_anyway();
    Variant declared = types_.nominal(variant->type).variants[variant->number];
    info(id).form = PatternForm::Construct;
    info(id).detail = variant->number;
    if (!declared.positional) {
        report(Diag::NotAllowedHere, span, "a pattern of positions")
            .hint("its fields have names: `" + declared.name + " { … }`");
        return bind_anyway();
    }
    if (declared.fields.size() != elements.size()) {
        report(Diag::ArgumentCount, tree().patterns[id].span, declared.name,
               counted(declared.fields.size(), "argument"), elements.size());
    }
    TypeId owner = infer_.shallow(type);
    if (types_.kind(owner) != TypeKind::Enum) owner = variant->type;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        bool has_field = i < declared.fields.size();
        bind_pattern(elements[i], has_field ? types_.field_type(owner, declared.fields[i]) : error(),
                     bindings);
    }
}

void BodyChecker::visit_pattern(PatternId id, const syntax::RecordPattern& node, TypeId type,
                                Bindings& bindings) {
    std::span<const syntax::Name> path = view(node.path);
    auto bind_anyway = [&] {
        info(id).type = error();
        for (const syntax::FieldPattern& field : view(node.fields))
            bind_pattern(field.pattern, error(), bindings);
    };
    TypeId owner = infer_.shallow(type);
    bool names_type = path.empty();
    if (!path.empty() && path.back().is_valid()) {
        // A record's name, perhaps of another module, or a constructor with named fields.
        SymbolId name = path.back().symbol;
        std::optional<Entity> entity = program_.find_path_quietly(body_.module, path);
        bool is_self = path.size() == 1 && text(name) == "Self" && self_type_.is_valid();
        if (entity && entity->kind == EntityKind::Unavailable) {
            ++error_count_;
            return bind_anyway();
        }
        bool is_type = entity && (entity->kind == EntityKind::Nominal || entity->kind == EntityKind::Alias ||
                                  entity->kind == EntityKind::BuiltinType);
        if (is_self || is_type) {
            TypeId named = is_self ? self_type_ : type_with_args(*entity, name, nullptr, path.back().span);
            if (is_error(named) || !pattern_fits(id, named, type)) return bind_anyway();
            owner = named;
            names_type = true;
        }
    }
    if (is_error(owner)) return bind_anyway();
    if (types_.kind(owner) == TypeKind::Record && (names_type || path.size() == 1)) {
        info(id).form = PatternForm::Record;
        std::vector<Field> fields = types_.nominal(owner).fields;
        return bind_fields(id, node, owner, fields, bindings);
    }
    if (path.empty()) {
        report(Diag::PatternMismatch, tree().patterns[id].span, "a record", print(owner));
        return bind_anyway();
    }
    if (!path.back().is_valid()) return bind_anyway();
    std::optional<VariantRef> variant = find_variant(path, type, join(path.front().span, path.back().span));
    if (!variant || !pattern_fits(id, variant->type, type)) return bind_anyway();
    info(id).form = PatternForm::Construct;
    info(id).detail = variant->number;
    std::vector<Field> fields = types_.nominal(variant->type).variants[variant->number].fields;
    bind_fields(id, node, variant->type, fields, bindings);
}

void BodyChecker::bind_fields(PatternId id, const syntax::RecordPattern& node, TypeId owner,
                              const std::vector<Field>& fields, Bindings& bindings) {
    std::unordered_map<std::string_view, std::uint32_t> numbers;
    for (std::uint32_t i = 0; i < fields.size(); ++i) numbers.emplace(fields[i].name, i);
    std::vector<Span> given(fields.size());
    std::span<const syntax::FieldPattern> written = view(node.fields);
    auto first = static_cast<std::uint32_t>(module_.pattern_fields.size());
    module_.pattern_fields.resize(first + written.size());
    info(id).fields = first;
    for (std::size_t i = 0; i < written.size(); ++i) {
        const syntax::Name& name = written[i].name;
        auto it = name.is_valid() ? numbers.find(text(name.symbol)) : numbers.end();
        if (it == numbers.end()) {
            if (name.is_valid()) unknown_field(owner, name);
            bind_pattern(written[i].pattern, error(), bindings);
            continue;
        }
        std::uint32_t number = it->second;
        module_.pattern_fields[first + i] = number;
        if (given[number].file.is_valid()) {
            report(Diag::DuplicateField, name.span, it->first).label(given[number], "first given here");
        }
        given[number] = name.span;
        bind_pattern(written[i].pattern, types_.field_type(owner, fields[number]), bindings);
        const PatternInfo& part = info(written[i].pattern);
        if (written[i].is_short && part.form == PatternForm::Bind)
            local_uses_[LocalId(part.detail)].is_field = true;
    }
    if (node.has_rest) return;
    std::string missing;
    for (std::uint32_t i = 0; i < fields.size(); ++i) {
        if (given[i].file.is_valid()) continue;
        missing += (missing.empty() ? "`" : ", `") + fields[i].name + "`";
    }
    if (!missing.empty()) {
        report(Diag::MissingField, tree().patterns[id].span, missing, print(owner))
            .hint("add `..` to leave the other fields out");
    }
}

void BodyChecker::visit_pattern(PatternId id, const syntax::OrPattern& node, TypeId type,
                                Bindings& bindings) {
    info(id).form = PatternForm::Or;
    std::span<const PatternId> alternatives = view(node.alternatives);
    std::vector<std::pair<SymbolId, LocalId>> first_names;
    for (std::size_t i = 0; i < alternatives.size(); ++i) {
        Bindings inner;
        inner.known = bindings.known;
        for (const auto& [name, local] : first_names) inner.known.emplace(name, local);
        bind_pattern(alternatives[i], type, inner);
        if (i == 0) {
            first_names = inner.names;
            continue;
        }
        std::unordered_map<SymbolId, bool> bound;
        for (const auto& [name, local] : inner.names) bound.emplace(name, true);
        for (const auto& [name, local] : first_names) {
            if (bound.contains(name)) continue;
            report(Diag::PatternBindings, tree().patterns[alternatives[i]].span, text(name))
                .label(body_.locals[local].span, "bound here");
        }
        for (const auto& [name, local] : inner.names) {
            bool in_first = false;
            for (const auto& known : first_names) in_first |= known.first == name;
            if (in_first || inner.known.contains(name)) continue;
            report(Diag::PatternBindings, tree().patterns[alternatives[0]].span, text(name))
                .label(body_.locals[local].span, "bound here");
        }
    }
    for (const auto& [name, local] : first_names) {
        for (const auto& [other, first] : bindings.names) {
            if (other != name) continue;
            report(Diag::DuplicateName, tree().patterns[id].span, text(name))
                .label(body_.locals[first].span, "first bound here");
            break;
        }
        bindings.names.emplace_back(name, local);
    }
}

} // namespace tn::check
