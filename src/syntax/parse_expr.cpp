// Expressions by operators: assignment, pipes, ranges, binary and unary operators, casts.
#include "syntax/parser_state.h"

#include <array>

namespace tn::syntax {

const Parser::OpRow& Parser::row_of(BinaryOp op) {
    static constexpr OpRow rows[] = {
#define BINARY_OP(name, text, token, precedence, assign_token)                                               \
    {BinaryOp::name, TokenKind::token, precedence, TokenKind::assign_token},
#include "syntax/ast.def"
    };
    return rows[static_cast<std::size_t>(op)];
}

namespace {

constexpr std::size_t token_kind_count =
#define TOKEN(name, shown) +1
#include "syntax/token.def"
    ;

constexpr std::int8_t no_op = -1;

// The operator of each token, and of each assignment token.
constexpr auto op_tables = [] {
    std::array<std::array<std::int8_t, token_kind_count>, 2> tables{};
    for (auto& table : tables) table.fill(no_op);
#define BINARY_OP(name, text, token, precedence, assign_token)                                               \
    tables[0][static_cast<std::size_t>(TokenKind::token)] = static_cast<std::int8_t>(BinaryOp::name);        \
    if (TokenKind::assign_token != TokenKind::EndOfFile)                                                     \
        tables[1][static_cast<std::size_t>(TokenKind::assign_token)] =                                       \
            static_cast<std::int8_t>(BinaryOp::name);
#include "syntax/ast.def"
    return tables;
}();

bool is_comparison(BinaryOp op) {
    return op == BinaryOp::Eq || op == BinaryOp::Ne || op == BinaryOp::Lt || op == BinaryOp::Le ||
           op == BinaryOp::Gt || op == BinaryOp::Ge;
}

} // namespace

ExprId Parser::parse_expr() {
    Nesting nesting(*this);
    if (!nesting) return error_expr();
    std::uint32_t start = pending_.is_valid() ? ast_.exprs[pending_].span.begin : begin();
    ExprId place = parse_pipe();
    std::int8_t op = op_tables[1][static_cast<std::size_t>(kind())];
    if (op == no_op && !at(TokenKind::Equal)) return place;
    std::optional<BinaryOp> compound;
    if (op != no_op) compound = static_cast<BinaryOp>(op);
    Span op_span = current_span();
    advance();
    ExprId value = parse_expr();
    return add_expr(span_from(start), AssignExpr{compound, place, value, op_span}, height_of({place, value}));
}

// A condition or a scrutinee, where `{` begins what follows.
ExprId Parser::parse_condition_expr() {
    ScopedFlag no_records(no_record_, true);
    ExprId condition = parse_expr();
    const auto* assign = ast_.exprs[condition].as<AssignExpr>();
    if (assign && !assign->op)
        report(Diag::AssignInCondition, assign->op_span).hint("equality is written `==`");
    return condition;
}

ExprId Parser::parse_pipe() {
    std::uint32_t start = pending_.is_valid() ? ast_.exprs[pending_].span.begin : begin();
    ExprId value = parse_range();
    while (at(TokenKind::PipeGreater)) {
        Span op_span = current_span();
        advance();
        ExprId target = parse_range();
        value = add_expr(span_from(start), PipeExpr{value, target, op_span}, height_of({value, target}));
    }
    return value;
}

ExprId Parser::parse_range() {
    std::uint32_t start = pending_.is_valid() ? ast_.exprs[pending_].span.begin : begin();
    ExprId first;
    if (pending_.is_valid() || !at_any({TokenKind::DotDot, TokenKind::DotDotEqual})) first = parse_binary();
    if (!at(TokenKind::DotDot) && !at(TokenKind::DotDotEqual)) return first;
    bool inclusive = at(TokenKind::DotDotEqual);
    advance();
    ExprId last;
    if (starts_expr()) {
        last = parse_binary();
    } else if (inclusive) {
        report(Diag::ExpectedExpr, current_span(), describe(current())).hint("`..=` needs its end");
        fail();
    }
    return add_expr(span_from(start), RangeExpr{first, last, inclusive}, height_of({first, last}));
}

// The operator at the cursor. One of another language is reported and taken as the one that was meant.
const Parser::OpRow* Parser::find_binary_op() {
    if (std::int8_t op = op_tables[0][static_cast<std::size_t>(kind())]; op != no_op)
        return &row_of(static_cast<BinaryOp>(op));
    auto foreign = [&](std::string_view shown, std::string_view hint, BinaryOp meant) {
        report(Diag::ForeignSyntax, current_span(), shown).hint(hint);
        return &row_of(meant);
    };
    if (at(TokenKind::Identifier) && !current().line_start) {
        TokenKind next = kind_after(1);
        bool has_operand = !token_after(1).line_start && next != TokenKind::Semicolon &&
                           next != TokenKind::EndOfFile && next != TokenKind::RightBrace;
        if (has_operand && at_word("and")) return foreign("`and`", "write `&&`", BinaryOp::And);
        if (has_operand && at_word("or")) return foreign("`or`", "write `||`", BinaryOp::Or);
        return nullptr;
    }
    if (at(TokenKind::EqualEqualEqual)) return foreign("`===`", "write `==`", BinaryOp::Eq);
    if (at(TokenKind::BangEqualEqual)) return foreign("`!==`", "write `!=`", BinaryOp::Ne);
    if (at(TokenKind::StarStar)) return foreign("`**`", "write `x.pow(n)`", BinaryOp::Mul);
    if (at(TokenKind::In)) return foreign("`in` as an operator", "write `xs.contains(x)`", BinaryOp::Eq);
    return nullptr;
}

ExprId Parser::add_binary(BinaryOp op, Span op_span, ExprId lhs, ExprId rhs) {
    Span span = join(ast_.exprs[lhs].span, ast_.exprs[rhs].span);
    return add_expr(span, BinaryExpr{op, lhs, rhs, op_span}, height_of({lhs, rhs}));
}

// Operator precedence with a stack of its own: what waits on it binds ever tighter, so it stays small.
ExprId Parser::parse_binary() {
    struct Waiting {
        const OpRow* row;
        Span op_span;
        ExprId lhs;
    };
    std::array<Waiting, 12> stack;
    std::size_t depth = 0;
    ExprId operand = parse_cast();
    for (;;) {
        const OpRow* row = failing_ ? nullptr : find_binary_op();
        while (depth > 0 && (!row || stack[depth - 1].row->precedence >= row->precedence)) {
            Waiting& top = stack[--depth];
            operand = add_binary(top.row->op, top.op_span, top.lhs, operand);
        }
        if (!row || failing_) return operand;
        if (is_comparison(row->op)) {
            const auto* left = ast_.exprs[operand].as<BinaryExpr>();
            if (left && is_comparison(left->op))
                report(Diag::ChainedComparison, current_span())
                    .label(left->op_span, "the first comparison")
                    .hint("write `a < b && b < c`");
        }
        stack[depth++] = {row, current_span(), operand};
        advance();
        operand = parse_cast();
    }
}

ExprId Parser::parse_cast() {
    std::uint32_t start = pending_.is_valid() ? ast_.exprs[pending_].span.begin : begin();
    ExprId operand = parse_unary();
    while (accept(TokenKind::As)) {
        TypeExprId type = parse_type_without_option();
        operand = add_expr(span_from(start), CastExpr{operand, type}, height_of(operand));
    }
    return operand;
}

bool Parser::skip_foreign_prefix() {
    if (at(TokenKind::Amp) || at(TokenKind::AmpAmp)) {
        report(Diag::ForeignSyntax, current_span(), "`&`")
            .hint("there are no references: pass the value itself, or `mut place` to let the call change it");
        advance();
        accept(TokenKind::Mut);
        return true;
    }
    if (at(TokenKind::Star)) {
        report(Diag::ForeignSyntax, current_span(), "`*` before a value")
            .hint("there are no pointers; remove it");
        advance();
        return true;
    }
    if (at(TokenKind::Plus)) {
        report(Diag::ForeignSyntax, current_span(), "`+` before a value").hint("remove it");
        advance();
        return true;
    }
    return false;
}

ExprId Parser::parse_unary() {
    if (pending_.is_valid()) return parse_postfix(std::exchange(pending_, ExprId()));
    std::vector<std::pair<UnaryOp, Span>> prefix;
    for (;;) {
        if (at(TokenKind::Minus) || at(TokenKind::Bang)) {
            prefix.emplace_back(at(TokenKind::Minus) ? UnaryOp::Neg : UnaryOp::Not, current_span());
            advance();
        } else if (at_word("not") && !token_after(1).line_start &&
                   (kind_after(1) == TokenKind::Identifier || kind_after(1) == TokenKind::SelfValue ||
                    kind_after(1) == TokenKind::True || kind_after(1) == TokenKind::False)) {
            report(Diag::ForeignSyntax, current_span(), "`not`").hint("write `!`");
            prefix.emplace_back(UnaryOp::Not, current_span());
            advance();
        } else if (!skip_foreign_prefix()) {
            break;
        }
        if (prefix.size() > max_tree_height) {
            bail(current_span(), max_tree_height);
            return error_expr();
        }
    }
    ExprId operand = parse_postfix(parse_primary());
    for (std::size_t i = prefix.size(); i-- > 0;) {
        auto [op, op_span] = prefix[i];
        operand = add_expr(span_from(op_span.begin), UnaryExpr{op, operand, op_span}, height_of(operand));
    }
    return operand;
}

} // namespace tn::syntax
