// Operands: literals, names, parentheses, lists, closures, f-strings.
#include "syntax/parser_state.h"

namespace tn::syntax {

ExprId Parser::parse_primary() {
    std::uint32_t start = begin();
    TokenKind token = kind();
    if (token == TokenKind::Identifier) {
        if (at_word("move") && (kind_after(1) == TokenKind::Pipe || kind_after(1) == TokenKind::PipePipe)) {
            report(Diag::ForeignSyntax, current_span(), "`move`")
                .hint("a closure always keeps copies; remove it");
            advance();
            return parse_closure();
        }
        Name name = take_name();
        return add_expr(name.span, NameExpr{name.symbol});
    }
    if (token == TokenKind::SelfValue || token == TokenKind::SelfType) {
        advance();
        return add_expr(span_from(start),
                        NameExpr{interner_.intern(token == TokenKind::SelfValue ? "self" : "Self")});
    }
    if (at_any({TokenKind::Integer, TokenKind::Float, TokenKind::Char, TokenKind::String, TokenKind::Bytes,
                TokenKind::True, TokenKind::False}))
        return parse_literal();
    if (token == TokenKind::FStringStart) return parse_fstring();
    if (token == TokenKind::LeftParen) return parse_paren();
    if (token == TokenKind::LeftBracket) return parse_list_literal();
    if (token == TokenKind::LeftBrace) return parse_block();
    if (token == TokenKind::If) return parse_if();
    if (token == TokenKind::Match) return parse_match();
    if (at_any({TokenKind::While, TokenKind::Loop, TokenKind::For})) return parse_loop(start, Label{});
    if (token == TokenKind::Label) return parse_label();
    if (at_any(
            {TokenKind::Break, TokenKind::Continue, TokenKind::Return, TokenKind::Accept, TokenKind::Reject}))
        return parse_jump();
    if (token == TokenKind::Assert) return parse_assert(false);
    if (token == TokenKind::Pipe || token == TokenKind::PipePipe) return parse_closure();
    return refuse_primary();
}

ExprId Parser::refuse_primary() {
    ExprId expr = error_expr();
    std::string_view text = at_end() ? std::string_view() : text_of(current());
    bool is_keyword = !text.empty() && text[0] >= 'a' && text[0] <= 'z' && kind() > TokenKind::FStringEnd;
    Builder builder = report(Diag::ExpectedExpr, current_span(), describe(current()));
    if (at(TokenKind::Fn)) {
        builder.hint("a closure is written `|x| x + 1`");
    } else if (at(TokenKind::Let)) {
        builder.hint("`if let` and `while let` take one pattern; nest them, or match on a tuple");
    } else if (at(TokenKind::Dot) && kind_after(1) == TokenKind::Integer) {
        builder.hint("a float has a digit before its dot: `0.5`");
    } else if (at(TokenKind::Else)) {
        builder.hint("this `else` belongs to no `if`");
    } else if (is_keyword) {
        builder.note(std::string("`") + std::string(text) + "` is a keyword");
    }
    fail();
    return expr;
}

ExprId Parser::parse_literal() {
    const Token token = current();
    advance();
    Span span = span_of(token);
    if (token.kind == TokenKind::Integer) {
        const IntegerValue& value = ast_.tokens.integers[token.value];
        return add_expr(span, IntExpr{value.magnitude, value.overflow, value.suffix});
    }
    if (token.kind == TokenKind::Float) {
        const FloatValue& value = ast_.tokens.floats[token.value];
        return add_expr(span, FloatExpr{value.value, value.digits, value.suffix});
    }
    if (token.kind == TokenKind::Char) return add_expr(span, CharExpr{static_cast<char32_t>(token.value)});
    if (token.kind == TokenKind::String) return add_expr(span, StringExpr{symbol_of(token)});
    if (token.kind == TokenKind::Bytes) return add_expr(span, BytesExpr{symbol_of(token)});
    return add_expr(span, BoolExpr{token.kind == TokenKind::True});
}

ExprId Parser::parse_paren() {
    ScopedFlag records_allowed(no_record_, false);
    std::uint32_t start = begin();
    Span open = current_span();
    advance();
    std::vector<ExprId> elements;
    std::uint32_t height = 0;
    bool has_comma = false;
    while (!at(TokenKind::RightParen) && !at_end()) {
        elements.push_back(parse_expr());
        height = std::max(height, height_of(elements.back()));
        if (!accept(TokenKind::Comma)) break;
        has_comma = true;
    }
    expect_close(TokenKind::RightParen, open, "`,` or `)`");
    if (elements.size() == 1 && !has_comma) return add_expr(span_from(start), ParenExpr{elements[0]}, height);
    return add_expr(span_from(start), TupleExpr{add_list(elements)}, height);
}

ExprId Parser::parse_list_literal() {
    ScopedFlag records_allowed(no_record_, false);
    std::uint32_t start = begin();
    Span open = current_span();
    advance();
    std::vector<ExprId> elements;
    std::uint32_t height = 0;
    parse_list(open, TokenKind::RightBracket, "`,` or `]`", [&] {
        elements.push_back(parse_expr());
        height = std::max(height, height_of(elements.back()));
        if (at(TokenKind::Semicolon) && kind_after(2) == TokenKind::RightBracket) {
            report(Diag::ExpectedToken, current_span(), "`,` or `]`", "`;`")
                .hint("a list of equal elements is `List.filled(n, value)`");
            advance();
            parse_expr();
        }
        if (at(TokenKind::For)) fail_expected("`,` or `]`").hint("write `xs.map(|x| ...)`");
    });
    return add_expr(span_from(start), ListExpr{add_list(elements)}, height);
}

ExprId Parser::parse_closure() {
    std::uint32_t start = begin();
    Span open = current_span();
    std::vector<Param> params;
    if (!accept(TokenKind::PipePipe)) {
        advance();
        parse_list(open, TokenKind::Pipe, "`,` or `|`", [&] {
            Param param;
            std::uint32_t param_start = begin();
            param.is_mut = accept(TokenKind::Mut);
            param.pattern = parse_single_pattern();
            const Pattern& pattern = ast_.patterns[param.pattern];
            const auto* binding = pattern.as<BindingPattern>();
            if (binding && !binding->inner.is_valid()) param.name = binding->name;
            if (accept(TokenKind::Colon)) param.type = parse_type();
            param.span = span_from(param_start);
            params.push_back(param);
        });
    }
    ClosureExpr closure;
    if (accept(TokenKind::Arrow)) {
        closure.ret = parse_type();
        closure.body = parse_body_block();
    } else {
        closure.body = parse_expr();
    }
    closure.params = add_list(params);
    return add_expr(span_from(start), closure, height_of(closure.body));
}

ExprId Parser::parse_fstring() {
    std::uint32_t start = begin();
    advance();
    std::vector<FStringPiece> pieces;
    std::uint32_t height = 0;
    while (!at(TokenKind::FStringEnd) && !at_end()) {
        if (at(TokenKind::FStringText)) {
            FStringPiece piece;
            piece.span = current_span();
            piece.text = symbol_of(current());
            advance();
            if (!interner_.text(piece.text).empty()) pieces.push_back(piece);
            continue;
        }
        Boundary begun = boundary();
        FStringPiece piece = parse_interpolation();
        // The lexer closed every brace it opened, so the rest of the string is there.
        begun.begin++;
        if (failing_) recover_interpolation(begun);
        accept(TokenKind::FStringClose);
        piece.span.end = std::max(piece.span.begin, previous_end_);
        height = std::max(height, height_of(piece.expr));
        if (!failing_) pieces.push_back(piece);
    }
    accept(TokenKind::FStringEnd);
    return add_expr(span_from(start), FStringExpr{add_list(pieces)}, height);
}

// `{expr` or `{expr:spec`; the closing brace is left.
FStringPiece Parser::parse_interpolation() {
    ScopedFlag records_allowed(no_record_, false);
    FStringPiece piece;
    piece.span = current_span();
    if (!expect(TokenKind::FStringOpen)) {
        piece.expr = error_expr();
        return piece;
    }
    if (at(TokenKind::FStringClose) || at(TokenKind::FStringSpec)) {
        report(Diag::EmptyInterpolation, piece.span).hint("braces themselves are written `{{` and `}}`");
        piece.expr = error_expr();
    } else {
        piece.expr = parse_expr();
    }
    if (at(TokenKind::FStringSpec)) {
        piece.spec = parse_format_spec(current());
        advance();
    }
    if (!at(TokenKind::FStringClose)) {
        Builder builder = report(Diag::ExpectedToken, current_span(), "`}`", describe(current()));
        if (at(TokenKind::Bang))
            builder.hint("a value is always shown the same way; `!r` and `!s` do not exist");
        if (at(TokenKind::Equal)) builder.hint("write the name as text: f\"x={x}\"");
        fail();
    }
    return piece;
}

} // namespace tn::syntax
