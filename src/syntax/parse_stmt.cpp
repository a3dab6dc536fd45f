// Blocks and statements.
#include "syntax/parser_state.h"

#include <fmt/format.h>

namespace tn::syntax {

bool Parser::is_block_like(ExprKind kind) {
    return kind == ExprKind::Block || kind == ExprKind::If || kind == ExprKind::Match ||
           kind == ExprKind::While || kind == ExprKind::Loop || kind == ExprKind::For;
}

ExprId Parser::parse_block() {
    Nesting nesting(*this);
    if (!nesting) return error_expr();
    std::uint32_t start = begin();
    Span open = current_span();
    if (!expect(TokenKind::LeftBrace)) return error_expr();
    return parse_block_rest(start, open, true);
}

ExprId Parser::parse_block_rest(std::uint32_t start, Span open, bool is_braced) {
    ScopedFlag records_allowed(no_record_, false);
    std::vector<StmtId> stmts;
    ExprId tail;
    std::uint32_t height = 0;
    while (!at_end() && !(is_braced && at(TokenKind::RightBrace))) {
        // An item no further right than the one around this block: a closing brace is missing.
        if (is_braced && current().line_start && starts_item() && at_column_zero()) break;
        Boundary begun = boundary();
        parse_statement(stmts, tail, height);
        recover_statement(begun);
        if (pos_ == begun.begin) advance();
    }
    if (is_braced && !accept(TokenKind::RightBrace)) {
        report_unclosed(open);
        if (!failing_) brace_depth_--;
    }
    return add_expr(span_from(start), BlockExpr{add_list(stmts), tail}, height);
}

// Appends a statement, or sets the block's value.
void Parser::parse_statement(std::vector<StmtId>& stmts, ExprId& tail, std::uint32_t& height) {
    std::uint32_t start = begin();
    if (accept(TokenKind::Semicolon)) return;
    if (refuse_item_in_block()) return;
    if (tail.is_valid()) {
        // Only after an error: what was taken for the block's value was a statement.
        stmts.push_back(add_stmt(ast_.exprs[tail].span, ExprStmt{tail, true}));
        tail = ExprId();
    }
    if (at_any({TokenKind::Let, TokenKind::Const, TokenKind::Var})) {
        StmtId let = parse_let();
        height = std::max(height, height_of(let));
        stmts.push_back(let);
        return;
    }
    if (at(TokenKind::RightBrace) || at(TokenKind::RightParen) || at(TokenKind::RightBracket)) {
        report(Diag::UnmatchedDelimiter, current_span(), text_of(current()));
        advance();
        return;
    }
    ExprId expr = at(TokenKind::Assert) ? parse_assert(true) : parse_statement_expr();
    height = std::max(height, height_of(expr));
    bool is_last = !failing_ && (at(TokenKind::RightBrace) || at_end());
    if (is_last) {
        tail = expr;
        return;
    }
    bool has_semicolon = at(TokenKind::Semicolon);
    bool stands_alone = is_block_like(ast_.exprs[expr].kind());
    if (has_semicolon || !stands_alone) expect_semicolon();
    stmts.push_back(add_stmt(span_from(start), ExprStmt{expr, has_semicolon || !stands_alone}));
}

// An `if match while for loop {}` ends where its brace ends, unless a method is called on it.
ExprId Parser::parse_statement_expr() {
    bool is_block_form = at_any({TokenKind::LeftBrace, TokenKind::If, TokenKind::Match, TokenKind::While,
                                 TokenKind::Loop, TokenKind::For, TokenKind::Label});
    if (!is_block_form) return parse_expr();
    ExprId expr = parse_primary();
    if (!at(TokenKind::Dot) && !at(TokenKind::Question)) return expr;
    pending_ = expr;
    return parse_expr();
}

// Items inside a function are parsed for their own errors, and dropped.
bool Parser::refuse_item_in_block() {
    if (!starts_item() || at(TokenKind::Const) || at(TokenKind::Var)) return false;
    report(Diag::ItemInBlock, current_span(), at(TokenKind::Pub) ? "an item" : describe(current()))
        .hint("move it out of the function; a small function can be a closure: `let f = |x| x + 1;`");
    Boundary start = boundary();
    parse_item(ItemPlace::TopLevel);
    recover_statement(start);
    return true;
}

StmtId Parser::parse_let() {
    std::uint32_t start = begin();
    if (!at(TokenKind::Let))
        report(Diag::ItemInBlock, current_span(), describe(current()))
            .hint("a local variable is written `let`");
    advance();
    PatternId pattern = parse_pattern();
    TypeExprId type;
    if (accept(TokenKind::Colon)) type = parse_type();
    ExprId init;
    if (at(TokenKind::ColonEqual)) {
        report(Diag::ForeignSyntax, current_span(), "`:=`").hint("write `=`");
        advance();
        init = parse_expr();
    } else if (accept(TokenKind::Equal)) {
        init = parse_expr();
    } else {
        bool has_no_value = at(TokenKind::Semicolon);
        Builder builder = report(Diag::ExpectedToken, current_span(), "`=`", describe(current()));
        if (has_no_value) builder.hint("every variable begins with a value");
        if (!has_no_value) fail();
        init = error_expr();
    }
    if (at(TokenKind::Else)) {
        report(Diag::ForeignSyntax, current_span(), "`let ... else`")
            .hint("write `let x = match e { Some(x) => x, None => return };`");
        fail();
    }
    if (!at_end() || failing_) expect_semicolon();
    return add_stmt(span_from(start), LetStmt{pattern, type, init});
}

} // namespace tn::syntax
