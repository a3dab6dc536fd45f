// Expressions with bodies, and those that leave them: if, match, loops, jumps, assert.
#include "syntax/parser_state.h"

#include <fmt/format.h>

namespace tn::syntax {

PatternId Parser::parse_let_condition() {
    if (!accept(TokenKind::Let)) return PatternId();
    PatternId pattern = parse_pattern();
    if (at(TokenKind::EqualEqual)) {
        report(Diag::ExpectedToken, current_span(), "`=`", "`==`");
        advance();
    } else {
        expect(TokenKind::Equal);
    }
    return pattern;
}

ExprId Parser::parse_body_block() {
    if (at(TokenKind::LeftBrace)) return parse_block();
    ExprId body = error_expr();
    bool is_colon = at(TokenKind::Colon);
    Builder builder = fail_expected("`{`");
    builder.hint(is_colon ? "a body stands in braces, without `:`" : "a body stands in braces");
    return body;
}

// A chain of `else if` is a list here, so that its length costs no recursion.
ExprId Parser::parse_if() {
    struct Branch {
        std::uint32_t begin;
        PatternId pattern;
        ExprId condition;
        ExprId block;
    };
    std::vector<Branch> branches;
    ExprId else_expr;
    for (;;) {
        Branch branch;
        branch.begin = begin();
        advance(); // `if`, or a word that means `else if`
        branch.pattern = parse_let_condition();
        branch.condition = parse_condition_expr();
        branch.block = parse_body_block();
        branches.push_back(branch);
        if (branches.size() > max_tree_height) {
            bail(current_span(), max_tree_height);
            break;
        }
        if ((at_word("elif") || at_word("elseif") || at_word("elsif")) && kind_after(1) != TokenKind::Dot) {
            report(Diag::ForeignSyntax, current_span(), fmt::format("`{}`", text_of(current())))
                .hint("write `else if`");
            continue;
        }
        if (!accept(TokenKind::Else)) break;
        if (at(TokenKind::If)) continue;
        else_expr = parse_body_block();
        break;
    }
    for (std::size_t i = branches.size(); i-- > 0;) {
        const Branch& branch = branches[i];
        std::uint32_t height = height_of({branch.condition, branch.block, else_expr});
        else_expr = add_expr(span_from(branch.begin),
                             IfExpr{branch.pattern, branch.condition, branch.block, else_expr}, height);
    }
    return else_expr;
}

ExprId Parser::parse_match() {
    std::uint32_t start = begin();
    advance();
    ExprId scrutinee = parse_condition_expr();
    Span open = current_span();
    std::vector<MatchArm> arms;
    std::uint32_t height = height_of(scrutinee);
    if (!at(TokenKind::LeftBrace)) {
        fail_expected("`{`");
        return error_expr();
    }
    Nesting nesting(*this);
    if (!nesting) return error_expr();
    advance();
    ScopedFlag records_allowed(no_record_, false);
    while (!at(TokenKind::RightBrace) && !at_end()) {
        if (current().line_start && at_column_zero() && starts_item()) break;
        Boundary begun = boundary();
        MatchArm arm = parse_arm();
        height = std::max({height, height_of(arm.guard), height_of(arm.body)});
        arms.push_back(arm);
        bool needs_comma = failing_ || !is_block_like(ast_.exprs[arm.body].kind());
        if (needs_comma) {
            expect_separator(TokenKind::RightBrace);
        } else {
            accept(TokenKind::Comma);
        }
        bool is_broken = failing_;
        recover_element(begun);
        if (is_broken) accept(TokenKind::Comma);
        if (pos_ == begun.begin) advance();
    }
    if (!accept(TokenKind::RightBrace)) {
        report_unclosed(open);
        fail();
    }
    return add_expr(span_from(start), MatchExpr{scrutinee, add_list(arms)}, height);
}

MatchArm Parser::parse_arm() {
    std::uint32_t start = begin();
    MatchArm arm;
    arm.pattern = parse_pattern();
    if (accept(TokenKind::If)) arm.guard = parse_expr();
    if (at(TokenKind::Arrow) || at(TokenKind::Colon) || at(TokenKind::Equal)) {
        report(Diag::ExpectedToken, current_span(), "`=>`", describe(current()));
        advance();
    } else {
        expect(TokenKind::FatArrow);
    }
    arm.body = parse_statement_expr();
    arm.span = span_from(start);
    return arm;
}

ExprId Parser::parse_label() {
    std::uint32_t start = begin();
    Label label = take_name();
    expect(TokenKind::Colon);
    if (at_any({TokenKind::While, TokenKind::Loop, TokenKind::For})) return parse_loop(start, label);
    fail_expected("`while`, `loop` or `for`").label(label.span, "this names a loop");
    return error_expr();
}

ExprId Parser::parse_loop(std::uint32_t start, Label label) {
    if (accept(TokenKind::Loop)) {
        ExprId body = parse_body_block();
        return add_expr(span_from(start), LoopExpr{label, body}, height_of(body));
    }
    if (accept(TokenKind::While)) {
        PatternId pattern = parse_let_condition();
        ExprId condition = parse_condition_expr();
        ExprId body = parse_body_block();
        return add_expr(span_from(start), WhileExpr{label, pattern, condition, body},
                        height_of({condition, body}));
    }
    advance(); // `for`
    PatternId pattern = parse_pattern();
    if (at(TokenKind::Equal)) return refuse_counting_loop(start, label, pattern);
    if (at(TokenKind::Colon) || at_word("of")) {
        report(Diag::ExpectedToken, current_span(), "`in`", describe(current()))
            .hint("write `for x in xs { ... }` or `for i in 0..n { ... }`");
        advance();
    } else {
        expect(TokenKind::In);
    }
    ExprId iterable = parse_condition_expr();
    ExprId body = parse_body_block();
    return add_expr(span_from(start), ForExpr{label, pattern, iterable, body}, height_of({iterable, body}));
}

// `for i = 0; i < n; i++ {`: its header is one mistake, its body is parsed.
ExprId Parser::refuse_counting_loop(std::uint32_t start, Label label, PatternId pattern) {
    report(Diag::ExpectedToken, current_span(), "`in`", "`=`").hint("write `for i in 0..n { ... }`");
    ExprId iterable = error_expr();
    while (!at_end() && !at(TokenKind::LeftBrace) && !at(TokenKind::RightBrace) && !current().line_start)
        advance();
    ExprId body = parse_body_block();
    return add_expr(span_from(start), ForExpr{label, pattern, iterable, body}, height_of(body));
}

ExprId Parser::parse_jump() {
    std::uint32_t start = begin();
    TokenKind keyword = kind();
    advance();
    Label label;
    bool leaves_loop = keyword == TokenKind::Break || keyword == TokenKind::Continue;
    if (leaves_loop && at(TokenKind::Label) && kind_after(1) != TokenKind::Colon) label = take_name();
    if (keyword == TokenKind::Continue) return add_expr(span_from(start), ContinueExpr{label});
    ExprId value;
    if (starts_expr()) value = parse_expr();
    std::uint32_t height = height_of(value);
    if (keyword == TokenKind::Break) return add_expr(span_from(start), BreakExpr{label, value}, height);
    if (keyword == TokenKind::Return) return add_expr(span_from(start), ReturnExpr{value}, height);
    if (keyword == TokenKind::Accept) return add_expr(span_from(start), AcceptExpr{value}, height);
    return add_expr(span_from(start), RejectExpr{value}, height);
}

// The message needs a statement: elsewhere the comma belongs to what is around the assertion.
ExprId Parser::parse_assert(bool may_have_message) {
    std::uint32_t start = begin();
    advance();
    if (at(TokenKind::Bang) && !current().spaced && kind_after(1) == TokenKind::LeftParen &&
        !token_after(1).spaced) {
        report(Diag::ForeignSyntax, current_span(), "`assert!`").hint("write `assert cond, \"message\";`");
        advance();
    }
    AssertExpr assertion;
    assertion.condition = parse_expr();
    const auto* assign = ast_.exprs[assertion.condition].as<AssignExpr>();
    if (assign && !assign->op)
        report(Diag::AssignInCondition, assign->op_span).hint("equality is written `==`");
    if (may_have_message && accept(TokenKind::Comma) && !at(TokenKind::Semicolon))
        assertion.message = parse_expr();
    return add_expr(span_from(start), assertion, height_of({assertion.condition, assertion.message}));
}

} // namespace tn::syntax
