// Ranges, casts and indexing, and the checks of operands that wait until all types are known.
#include "check/body.h"

#include <cstdint>

namespace tn::check {

void BodyChecker::check_negations() {
    for (const Pending& op : negations_) {
        TypeId result;
        if (try_unary(op, true, result) == Outcome::Failed) bad_operands(op);
    }
}

void BodyChecker::check_ranges() {
    for (const NumberUse& use : integers_) {
        TypeId type = infer_.shallow(use.type);
        if (is_error(type) || program_.facts.is_integer(type)) continue;
        if (infer_.is_var(type)) {
            cannot_infer(type, span_of(use.id), "this range");
        } else {
            report(Diag::TypeMismatch, span_of(use.id), "an integer", print(type))
                .note("a range has integers at its ends");
        }
    }
}

TypeId BodyChecker::visit(ExprId, const syntax::RangeExpr& node, const Expect& expect) {
    if (!node.start.is_valid() || !node.end.is_valid()) {
        ExprId present = node.start.is_valid() ? node.start : node.end;
        if (present.is_valid()) check(present);
        Span span = present.is_valid() ? span_of(present) : Span{tree().file, 0, 0};
        report(Diag::NotAllowedHere, span, "a range without both ends")
            .note("it may slice: `xs[a..]`, `xs[..b]`");
        return error();
    }
    TypeId wanted = expect.is_any() ? TypeId() : infer_.shallow(expect.type);
    Expect first = Expect::any();
    if (wanted.is_valid() && types_.kind(wanted) == TypeKind::Range)
        first = Expect{types_.arg(wanted, 0), expect.reason};
    TypeId type = check(node.start, first);
    if (is_never(type)) return type;
    TypeId end = check(node.end, Expect{type, span_of(node.start), "because of this start"});
    if (is_never(end)) return end;
    integers_.push_back({type, node.start});
    return types_.make(TypeKind::Range, {&type, 1});
}

TypeId BodyChecker::visit(ExprId id, const syntax::CastExpr& node, const Expect&) {
    TypeId from = check(node.operand);
    TypeId to = resolve_type(node.type);
    if (is_never(from)) return from;
    // A literal too large for i64 can only mean the type it is cast to.
    if (const auto* number = expr(without_parens(node.operand)).as<syntax::IntExpr>()) {
        if (number->magnitude > static_cast<std::uint64_t>(INT64_MAX) && types_.is_integer(to) &&
            infer_.is_var(infer_.shallow(from))) {
            infer_.unify(from, to);
        }
    }
    casts_.push_back({id, node.operand, from, to});
    return to;
}

void BodyChecker::check_casts() {
    for (const CastUse& use : casts_) {
        TypeId from = infer_.shallow(use.from);
        TypeId to = infer_.shallow(use.to);
        if (is_error(from) || is_error(to)) continue;
        if (infer_.is_var(from, VarKind::General)) {
            cannot_infer(from, span_of(use.operand), "this operand");
            continue;
        }
        if (infer_.is_var(to)) continue; // reported with its `_`
        TypeKind source = types_.kind(from);
        TypeKind target = types_.kind(to);
        const TypeFacts& facts = program_.facts;
        bool fits = facts.is_numeric(from) && facts.is_numeric(to);
        fits |= source == TypeKind::U8 && target == TypeKind::Char;
        fits |= (source == TypeKind::Char || source == TypeKind::Bool) && facts.is_integer(to);
        fits |= from == to;
        if (fits) continue;
        diag::DiagnosticBuilder builder = report(Diag::BadCast, span_of(use.id), print(from), print(to));
        std::string operand = spell_place(use.operand);
        if (operand.size() > 30) operand = "…";
        if (target == TypeKind::String) builder.hint("show it: `f\"{" + operand + "}\"`");
        if (target == TypeKind::Bool) builder.hint("compare it: `" + operand + " != 0`");
        if (target == TypeKind::Char && types_.is_integer(from))
            builder.hint("only a `u8` is always a character: `(" + operand + " as u8) as char`");
        if (source == TypeKind::String && types_.is_integer(to))
            builder.hint("read it: `" + operand + ".parse_int()`");
        if (source == TypeKind::String && types_.is_float(to))
            builder.hint("read it: `" + operand + ".parse_float()`");
    }
}

void BodyChecker::check_try_froms() {
    for (const TryFromUse& use : try_froms_) {
        TypeId from = infer_.shallow(use.from);
        if (is_error(from) || infer_.is_var(from) || types_.is_numeric(from)) continue;
        diag::DiagnosticBuilder builder = report(Diag::BadCast, use.span, print(from), print(use.to));
        if (types_.kind(from) == TypeKind::Char || types_.kind(from) == TypeKind::Bool)
            builder.hint("write `x as " + print(use.to) + "`");
        else if (types_.kind(from) == TypeKind::String)
            builder.hint("read it with `.parse_int()`, then convert the number");
        else
            builder.note("`try_from` converts numbers");
    }
}

TypeId BodyChecker::visit(ExprId id, const syntax::IndexExpr& node, const Expect&) {
    if (Path path = path_of(id); path.what == Path::Kind::Type) {
        report(Diag::NotAValue, span_of(id), program_.input.sources.text(span_of(id)), "a type");
        return error();
    }
    // `largest[i64]`, `Stack.new[i64]`: a function with its type arguments.
    if (Path base = path_of(node.base); base.what == Path::Kind::Entity) {
        if (base.entity.kind == EntityKind::Fn || base.entity.kind == EntityKind::BuiltinFn ||
            base.entity.kind == EntityKind::HostFn) {
            return use_entity(id, base.entity, SymbolId(), &node);
        }
    } else if (const auto* field = expr(node.base).as<syntax::FieldExpr>(); field && field->name.is_valid()) {
        Path owner = path_of(field->base);
        if (owner.what == Path::Kind::Type) return type_member(id, owner.type, field->name, &node);
    }
    return index(id, node, check(node.base));
}

TypeId BodyChecker::index(ExprId id, const syntax::IndexExpr& node, TypeId base) {
    std::span<const syntax::BracketArg> args = view(node.args);
    if (args.size() != 1 || !args[0].expr.is_valid()) {
        for (const syntax::BracketArg& arg : args) {
            if (arg.expr.is_valid()) check(arg.expr);
        }
        if (!is_error(base)) {
            if (args.size() == 1 && args[0].type.is_valid()) {
                report(Diag::NotAValue, tree().types[args[0].type].span, "this", "a type");
            } else {
                report(Diag::ArgumentCount, span_of(id), "[]", "1 argument", args.size());
            }
        }
        return error();
    }
    base = settle(base, span_of(node.base), "this value");
    ExprId arg = args[0].expr;
    if (TypeId element = index_by_trait(id, node, base, arg); element.is_valid()) return element;
    Expect position{simple(TypeKind::I64), Span{}};
    TypeKind base_kind = types_.kind(base);
    bool has_elements =
        base_kind == TypeKind::List || base_kind == TypeKind::String || base_kind == TypeKind::Bytes;
    if (const auto* range = expr(arg).as<syntax::RangeExpr>()) {
        bool diverges = is_never(base);
        if (range->start.is_valid()) diverges |= is_never(check(range->start, position));
        if (range->end.is_valid()) diverges |= is_never(check(range->end, position));
        set(id, Form::Slice, 0);
        if (diverges) return simple(TypeKind::Never);
        if (has_elements) return base;
    } else if (base_kind == TypeKind::Map) {
        bool diverges = is_never(check(arg, Expect{types_.arg(base, 0), span_of(node.base), "because of this map"}));
        TypeId value = map_element(id, base);
        return diverges ? simple(TypeKind::Never) : value;
    } else {
        bool diverges = is_never(check(arg, position)) || is_never(base);
        set(id, Form::Element, 0);
        if (diverges) return simple(TypeKind::Never);
        if (base_kind == TypeKind::List || base_kind == TypeKind::Slice) return types_.arg(base, 0);
        if (has_elements) return simple(TypeKind::U8);
    }
    if (base_kind == TypeKind::Error) return base;
    diag::DiagnosticBuilder builder = report(Diag::NotIndexable, span_of(node.base), print(base));
    const auto* number = expr(arg).as<syntax::IntExpr>();
    if (base_kind == TypeKind::Tuple && number)
        builder.hint("an element of a tuple is `t." + std::to_string(number->magnitude) + "`");
    return error();
}

} // namespace tn::check
