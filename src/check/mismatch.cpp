// What to say when a type is not the one that is needed.
#include "check/body.h"

namespace tn::check {

namespace {

bool is_vowel(char c) {
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'I' || c == 'O';
}

// "this is a `String`", "this is an `i64`".
std::string this_is(const std::string& type) {
    if (type == "()") return "this has no value";
    bool an = !type.empty() && is_vowel(type[0]) && type[0] != 'u';
    if (type.starts_with("u8")) an = false;
    return std::string(an ? "this is an `" : "this is a `") + type + "`";
}

constexpr std::size_t max_quoted = 30;

} // namespace

void BodyChecker::mismatch(ExprId id, TypeId found, const Expect& expect) {
    Span span = span_of(id);
    // Of a block, the value at its end is what is wrong.
    while (const auto* block = expr(id).as<syntax::BlockExpr>()) {
        if (!block->tail.is_valid()) break;
        id = block->tail;
        span = span_of(id);
    }
    std::string found_text = print(found), wanted_text = print(expect.type);
    diag::DiagnosticBuilder builder = report(Diag::TypeMismatch, span, wanted_text, found_text);
    builder.primary(this_is(found_text));
    if (found_text == wanted_text) builder.note(two_of_a_name(expect.type, found));
    if (expect.reason.file.is_valid()) builder.label(expect.reason, expect.text);
    std::string hint = conversion_hint(id, found, expect.type);
    if (!hint.empty()) builder.hint(hint);
}

// Types that look the same have two types of one name in the same place.
std::string BodyChecker::two_of_a_name(TypeId a, TypeId b) {
    std::vector<std::pair<TypeId, TypeId>> work = {{a, b}};
    while (!work.empty()) {
        auto [left, right] = work.back();
        work.pop_back();
        left = infer_.shallow(left);
        right = infer_.shallow(right);
        if (types_.is_nominal(left) && types_.is_nominal(right) && types_.nominal_id(left) != types_.nominal_id(right)) {
            return "these are two types: `" + program_.qualified_name(types_.nominal_id(left)) + "` and `" +
                   program_.qualified_name(types_.nominal_id(right)) + "`";
        }
        std::size_t count = std::min(types_.args(left).size(), types_.args(right).size());
        for (unsigned i = 0; i < count; ++i) work.emplace_back(types_.arg(left, i), types_.arg(right, i));
    }
    return "these are two types of the same name";
}

std::string BodyChecker::conversion_hint(ExprId id, TypeId found, TypeId expected) {
    found = infer_.shallow(found);
    expected = infer_.shallow(expected);
    std::string source(program_.input.sources.text(span_of(id)));
    const syntax::Expr& node = expr(id);
    bool is_simple = node.as<syntax::NameExpr>() || node.as<syntax::FieldExpr>() ||
                     node.as<syntax::CallExpr>() || node.as<syntax::IntExpr>() ||
                     node.as<syntax::ParenExpr>() || node.as<syntax::IndexExpr>();
    if (source.size() > max_quoted || source.find('\n') != source.npos) source = "…";
    std::string operand = is_simple || source == "…" ? source : "(" + source + ")";
    TypeKind from = types_.kind(found);
    TypeKind to = types_.kind(expected);
    bool from_int = types_.is_integer(found) || infer_.is_var(found, VarKind::Int);
    bool to_float = types_.is_float(expected) || infer_.is_var(expected, VarKind::Float);
    bool from_number = from_int || types_.is_float(found) || infer_.is_var(found, VarKind::Float);
    if (from_int && to_float) {
        if (node.as<syntax::IntExpr>() && infer_.is_var(found)) return "write a float: `" + source + ".0`";
        return "convert it: `" + operand + " as " + print(expected) + "`";
    }
    if (from_number && (types_.is_numeric(expected) || infer_.is_var(expected, VarKind::Int))) {
        return "convert it: `" + operand + " as " + print(expected) + "`";
    }
    if (types_.is_option(expected) && !types_.is_option(found)) {
        TypeId inner = infer_.shallow(types_.arg(expected, 0));
        if (inner == found || (from_number && types_.is_numeric(inner)))
            return "wrap it: `Some(" + source + ")`";
    }
    if (types_.is_option(found) && infer_.shallow(types_.arg(found, 0)) == expected) {
        return "take the value out with `match`, `if let Some(x) = …`, `.unwrap_or(…)` or `.unwrap()`";
    }
    if (to == TypeKind::String && type_class(from) == TypeClass::Scalar)
        return "show it: `f\"{" + source + "}\"`";
    if (to == TypeKind::Bool && from_number) return "compare it: `" + operand + " != 0`";
    // A statement's value, not the operand of `return`.
    if (to == TypeKind::Unit && id != returned_) return "end it with `;` to drop the value";
    if (from == TypeKind::Unit) {
        if (const auto* block = node.as<syntax::BlockExpr>(); block && !block->tail.is_valid()) {
            std::span<const StmtId> stmts = view(block->stmts);
            const auto* last = stmts.empty() ? nullptr : tree().stmts[stmts.back()].as<syntax::ExprStmt>();
            if (last && last->has_semicolon) return "remove the `;` at the block's end to give its value";
        }
    }
    return {};
}

} // namespace tn::check
