// Patterns without their syntax, for the exhaustiveness check, and its reports.
#include "check/body.h"

namespace tn::check {

const MatchPattern* BodyChecker::plain_pattern(PatternId id, std::deque<MatchPattern>& made) {
    const PatternInfo& what = info(id);
    if (!what.type.is_valid() || program_.facts.has_error(what.type)) return nullptr;
    const syntax::Pattern& node = tree().patterns[id];
    MatchPattern plain;
    auto add_parts = [&](std::span<const PatternId> parts) {
        for (PatternId part : parts) {
            plain.parts.push_back(plain_pattern(part, made));
            if (!plain.parts.back()) return false;
        }
        return true;
    };
    auto add_fields = [&](const syntax::RecordPattern& record, std::size_t count) {
        static const MatchPattern any;
        plain.parts.assign(count, &any);
        std::span<const syntax::FieldPattern> fields = view(record.fields);
        for (std::size_t i = 0; i < fields.size(); ++i) {
            const MatchPattern* part = plain_pattern(fields[i].pattern, made);
            if (!part) return false;
            plain.parts[module_.pattern_fields[what.fields + i]] = part;
        }
        return true;
    };
    bool good = true;
    switch (what.form) {
    case PatternForm::Wildcard: break;
    case PatternForm::Bind: {
        const auto* binding = node.as<syntax::BindingPattern>();
        if (binding && binding->inner.is_valid()) return plain_pattern(binding->inner, made);
        break;
    }
    case PatternForm::Constant:
        plain.kind = MatchPattern::Kind::Range;
        plain.first = plain.last = order_key(types_, what.type, module_.constant(what).bits);
        break;
    case PatternForm::Range: {
        const PatternRange& range = module_.pattern_ranges[what.detail];
        plain.kind = MatchPattern::Kind::Range;
        plain.first = order_key(types_, what.type, range.first);
        plain.last = order_key(types_, what.type, range.last);
        break;
    }
    case PatternForm::String:
        plain.kind = MatchPattern::Kind::Text;
        plain.text = text(expr(node.as<syntax::LiteralPattern>()->literal).as<syntax::StringExpr>()->text);
        break;
    case PatternForm::Bytes:
        plain.kind = MatchPattern::Kind::Text;
        plain.text = text(expr(node.as<syntax::LiteralPattern>()->literal).as<syntax::BytesExpr>()->bytes);
        break;
    case PatternForm::Tuple:
        // `()` matches all there is.
        if (types_.kind(what.type) != TypeKind::Tuple) break;
        plain.kind = MatchPattern::Kind::Product;
        good = add_parts(view(node.as<syntax::TuplePattern>()->elements));
        break;
    case PatternForm::Record:
        plain.kind = MatchPattern::Kind::Product;
        good = add_fields(*node.as<syntax::RecordPattern>(), types_.nominal(what.type).fields.size());
        break;
    case PatternForm::Construct:
        plain.kind = MatchPattern::Kind::Variant;
        plain.variant = what.detail;
        if (const auto* constructor = node.as<syntax::ConstructorPattern>()) {
            good = add_parts(view(constructor->elements));
        } else if (const auto* record = node.as<syntax::RecordPattern>()) {
            good = add_fields(*record, types_.nominal(what.type).variants[what.detail].fields.size());
        }
        break;
    case PatternForm::Or:
        plain.kind = MatchPattern::Kind::Or;
        good = add_parts(view(node.as<syntax::OrPattern>()->alternatives));
        break;
    }
    if (!good) return nullptr;
    made.push_back(std::move(plain));
    return &made.back();
}

void BodyChecker::finish_match(const MatchUse& use) {
    TypeId type = infer_.zonk(use.type);
    if (program_.facts.has_error(type) || is_never(type)) return;
    std::deque<MatchPattern> made;
    std::vector<MatchArmPattern> arms;
    std::span<const syntax::MatchArm> nodes;
    if (use.id.is_valid()) {
        nodes = view(expr(use.id).as<syntax::MatchExpr>()->arms);
        for (const syntax::MatchArm& arm : nodes) {
            const MatchPattern* plain = plain_pattern(arm.pattern, made);
            if (!plain) return; // something in it was reported
            arms.push_back({plain, arm.guard.is_valid()});
        }
    } else {
        const MatchPattern* plain = plain_pattern(use.pattern, made);
        if (!plain || plain->kind == MatchPattern::Kind::Any) return;
        arms.push_back({plain, false});
    }
    MatchAnswer answer = analyze_match(types_, type, arms);
    if (answer.too_complex) {
        report(Diag::NotSupported, use.span, "a `match` this intricate")
            .hint("add an arm `_ =>`, or split it");
        return;
    }
    if (!use.id.is_valid()) {
        if (!answer.missing.empty()) {
            report(Diag::RefutablePattern, use.span, "`" + answer.missing + "`")
                .hint("use `if let` or `match` for a pattern that can fail");
        }
        return;
    }
    if (!answer.missing.empty()) {
        diag::DiagnosticBuilder builder =
            report(Diag::NonExhaustiveMatch, use.span, "`" + answer.missing + "`");
        builder.primary("of type `" + print(type) + "`")
            .hint("add an arm `" + answer.missing + " => …` or `_ => …`");
    }
    for (std::uint32_t arm : answer.unreachable) {
        program_.sink.report(Diag::UnreachableArm, tree().patterns[nodes[arm].pattern].span);
    }
}

} // namespace tn::check
