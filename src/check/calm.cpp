#include "check/calm.h"

#include "builtins/core_trait.h"

#include <algorithm>
#include <array>

namespace tn::check {

namespace {

// Methods of the prelude that call nothing they are given, as long as nobody else has one of that name.
constexpr std::array<std::string_view, 73> calm_methods = {
    "abs", "acos", "asin", "atan", "atan2", "cbrt", "ceil", "char_count", "checked_add", "checked_div",
    "checked_mul", "checked_sub", "clamp", "cmp", "contains", "cos", "count_ones", "ends_with", "exp", "first",
    "floor", "fract", "get", "get_or", "hypot", "index_of", "is_alphabetic", "is_alphanumeric", "is_digit",
    "is_empty", "is_finite", "is_lower", "is_nan", "is_none", "is_some", "is_upper", "is_whitespace", "last",
    "leading_zeros", "len", "ln", "log10", "log2", "max", "min", "parse_float", "parse_int", "pow", "repeat",
    "replace", "round", "saturating_add", "saturating_sub", "signum", "sin", "slice", "sqrt", "starts_with", "tan",
    "to_digit", "to_lower", "to_string", "to_upper", "trailing_zeros", "trim", "trim_end", "trim_start", "trunc",
    "unwrap", "unwrap_or", "wrapping_add", "wrapping_mul", "wrapping_sub",
};

class Calm {
public:
    Calm(Program& program, const syntax::Ast& ast) : program_(program), ast_(ast) {}

    bool is(ExprId id) {
        return std::visit([&](const auto& node) { return visit(node); }, ast_.exprs[id].node);
    }

private:
    bool is_if_any(ExprId id) { return !id.is_valid() || is(id); }
    template <typename T, typename Of> bool all(syntax::ListOf<T> list, Of of) {
        return std::ranges::all_of(ast_.view(list), of);
    }
    bool all_of(syntax::ListOf<ExprId> list) {
        return all(list, [&](ExprId id) { return is(id); });
    }
    bool calls_prelude(SymbolId name) { return !program_.defined_functions().contains(name); }
    // An operator may be a method of the script's own types.
    bool has_plain_operators() {
        if (has_plain_operators_) return *has_plain_operators_;
        has_plain_operators_ = true;
        for (unsigned t = 0; t < core_trait_count; ++t)
            if (!calls_prelude(program_.interner.intern(core_trait_info(static_cast<CoreTrait>(t)).method))) has_plain_operators_ = false;
        return *has_plain_operators_;
    }

    bool visit(const syntax::IntExpr&) { return true; }
    bool visit(const syntax::FloatExpr&) { return true; }
    bool visit(const syntax::BoolExpr&) { return true; }
    bool visit(const syntax::CharExpr&) { return true; }
    bool visit(const syntax::StringExpr&) { return true; }
    bool visit(const syntax::BytesExpr&) { return true; }
    bool visit(const syntax::NameExpr&) { return true; }
    bool visit(const syntax::FStringExpr& node) {
        return has_plain_operators() && all(node.pieces, [&](const syntax::FStringPiece& piece) { return is_if_any(piece.expr); });
    }
    bool visit(const syntax::ParenExpr& node) { return is(node.inner); }
    bool visit(const syntax::TupleExpr& node) { return all_of(node.elements); }
    bool visit(const syntax::ListExpr& node) { return all_of(node.elements); }
    bool visit(const syntax::RecordExpr& node) {
        return is_if_any(node.base) && all(node.fields, [&](const syntax::FieldInit& field) { return is(field.value); });
    }
    bool visit(const syntax::FieldExpr& node) { return is(node.base); }
    bool visit(const syntax::TupleFieldExpr& node) { return is(node.base); }
    bool visit(const syntax::IndexExpr& node) {
        return has_plain_operators() && is(node.base) && all(node.args, [&](const syntax::BracketArg& arg) { return is_if_any(arg.expr); });
    }
    bool visit(const syntax::CallExpr& node) {
        const auto* method = ast_.exprs[node.callee].as<syntax::FieldExpr>();
        if (!method || !method->name.is_valid() || !calls_prelude(method->name.symbol) ||
            std::ranges::find(calm_methods, program_.text(method->name.symbol)) == calm_methods.end())
            return false;
        return is(method->base) && has_plain_operators() && all(node.args, [&](const syntax::Arg& arg) { return !arg.is_mut && is(arg.expr); });
    }
    bool visit(const syntax::UnaryExpr& node) { return has_plain_operators() && is(node.operand); }
    bool visit(const syntax::BinaryExpr& node) { return has_plain_operators() && is(node.lhs) && is(node.rhs); }
    bool visit(const syntax::CastExpr& node) { return is(node.operand); }
    bool visit(const syntax::RangeExpr& node) { return is_if_any(node.start) && is_if_any(node.end); }
    bool visit(const syntax::BlockExpr& node) {
        return is_if_any(node.tail) && all(node.stmts, [&](StmtId id) {
                   const auto* let = ast_.stmts[id].as<syntax::LetStmt>();
                   return let && is_if_any(let->init);
               });
    }
    bool visit(const syntax::IfExpr& node) { return is(node.condition) && is(node.then_block) && is_if_any(node.else_expr); }
    bool visit(const syntax::MatchExpr& node) {
        return has_plain_operators() && is(node.scrutinee) &&
               all(node.arms, [&](const syntax::MatchArm& arm) { return is_if_any(arm.guard) && is(arm.body); });
    }
    bool visit(const syntax::ClosureExpr& node) { return is(node.body); }
    template <typename Other> bool visit(const Other&) { return false; }

    Program& program_;
    const syntax::Ast& ast_;
    std::optional<bool> has_plain_operators_; // once somebody asks
};

} // namespace

bool is_calm(Program& program, const syntax::Ast& ast, ExprId id) {
    return Calm(program, ast).is(id);
}

// Of the script and the host, by their last names.
const std::unordered_set<SymbolId>& Program::defined_functions() {
    if (defined_functions_) return *defined_functions_;
    std::unordered_set<SymbolId>& names = defined_functions_.emplace();
    for (const ModuleInput& module : input.modules)
        for (const syntax::Item& item : module.ast->items)
            if (item.as<syntax::FnItem>()) names.insert(item.name.symbol);
    for (const HostFn& fn : input.host.fns) names.insert(interner.intern(std::string_view(fn.path).substr(fn.path.rfind('.') + 1)));
    return names;
}

} // namespace tn::check
