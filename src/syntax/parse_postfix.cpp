// What follows an operand: members, calls, brackets, `?`, and the braces of a record literal.
#include "syntax/parser_state.h"
#include "syntax/unicode.h"

#include <fmt/format.h>

namespace tn::syntax {

ExprId Parser::parse_postfix(ExprId base) {
    for (;;) {
        std::uint32_t start = ast_.exprs[base].span.begin;
        if (at(TokenKind::Dot)) {
            base = parse_dot(base);
        } else if (at(TokenKind::LeftParen)) {
            base = parse_call(base);
        } else if (at(TokenKind::LeftBracket)) {
            base = parse_index(base);
        } else if (at(TokenKind::Question)) {
            advance();
            base = add_expr(span_from(start), TryExpr{base}, height_of(base));
        } else if (at(TokenKind::LeftBrace) && starts_record(base)) {
            base = parse_record_literal(base);
        } else if (!skip_foreign_postfix(base)) {
            return base;
        } else if (at(TokenKind::Identifier) && tokens_[pos_ - 1].kind == TokenKind::ColonColon) {
            Name name = take_name();
            base = add_expr(span_from(start), FieldExpr{base, name}, height_of(base));
        }
    }
}

// `name!(...)`, `A::b`, `x++`: reported, skipped, and gone on with.
bool Parser::skip_foreign_postfix(ExprId base) {
    bool is_name = ast_.exprs[base].kind() == ExprKind::Name;
    if (is_name && at(TokenKind::Bang) && !current().spaced && kind_after(1) == TokenKind::LeftParen &&
        !token_after(1).spaced) {
        report(Diag::ForeignSyntax, current_span(), "`!` behind a name")
            .hint("there are no macros: write `name(...)`");
        advance();
        return true;
    }
    if (at(TokenKind::ColonColon)) {
        report(Diag::ForeignSyntax, current_span(), "`::`").hint("parts of a path are joined by `.`");
        advance();
        if (!at(TokenKind::Identifier)) fail_expected("a name");
        return true;
    }
    bool is_doubled =
        (at(TokenKind::Plus) || at(TokenKind::Minus)) && kind_after(1) == kind() && !token_after(1).spaced;
    TokenKind next = kind_after(2);
    bool ends_there = next == TokenKind::Semicolon || next == TokenKind::RightParen ||
                      next == TokenKind::RightBrace || next == TokenKind::Comma;
    if (is_doubled && ends_there) {
        char sign = text_of(current())[0];
        report(Diag::ForeignSyntax, join(current_span(), span_of(token_after(1))),
               fmt::format("`{0}{0}`", sign))
            .hint(fmt::format("write `x {}= 1`", sign));
        advance();
        advance();
        return true;
    }
    return false;
}

ExprId Parser::parse_dot(ExprId base) {
    std::uint32_t start = ast_.exprs[base].span.begin;
    advance();
    if (at(TokenKind::Identifier)) {
        Name name = take_name();
        return add_expr(span_from(start), FieldExpr{base, name}, height_of(base));
    }
    if (at(TokenKind::Integer)) {
        std::uint64_t magnitude = ast_.tokens.integers[current().value].magnitude;
        Span index_span = current_span();
        advance();
        auto index = static_cast<std::uint32_t>(std::min<std::uint64_t>(magnitude, UINT32_MAX));
        return add_expr(span_from(start), TupleFieldExpr{base, index, index_span}, height_of(base));
    }
    Name missing = expect_name("the name of a field or method");
    return add_expr(span_from(start), FieldExpr{base, missing}, height_of(base));
}

Arg Parser::parse_arg() {
    std::uint32_t start = begin();
    Arg arg;
    arg.is_mut = accept(TokenKind::Mut);
    if (at(TokenKind::Identifier) && kind_after(1) == TokenKind::Colon) {
        report(Diag::ForeignSyntax, current_span(), "an argument's name")
            .hint("arguments are given by their position");
        advance();
        advance();
    }
    arg.expr = parse_expr();
    arg.span = span_from(start);
    return arg;
}

ExprId Parser::parse_call(ExprId callee) {
    ScopedFlag records_allowed(no_record_, false);
    std::uint32_t start = ast_.exprs[callee].span.begin;
    Span open = current_span();
    advance();
    std::vector<Arg> args;
    std::uint32_t height = height_of(callee);
    parse_list(open, TokenKind::RightParen, "`,` or `)`", [&] {
        args.push_back(parse_arg());
        height = std::max(height, height_of(args.back().expr));
    });
    return add_expr(span_from(start), CallExpr{callee, add_list(args)}, height);
}

ExprId Parser::parse_index(ExprId base) {
    ScopedFlag records_allowed(no_record_, false);
    std::uint32_t start = ast_.exprs[base].span.begin;
    Span open = current_span();
    advance();
    std::vector<BracketArg> args;
    std::uint32_t height = height_of(base);
    if (at(TokenKind::RightBracket)) {
        report(Diag::ExpectedExpr, current_span(), "`]`");
        args.push_back({error_expr(), TypeExprId()});
    }
    parse_list(open, TokenKind::RightBracket, "`,` or `]`", [&] {
        args.push_back(parse_bracket_arg());
        height = std::max(height, height_of(args.back().expr));
    });
    return add_expr(span_from(start), IndexExpr{base, add_list(args)}, height);
}

namespace {

// In a type, and there never in front of `(`, which would make a call.
bool ends_part_of_type(TokenKind token) {
    return token == TokenKind::Identifier || token == TokenKind::SelfType ||
           token == TokenKind::RightBracket || token == TokenKind::RightParen || token == TokenKind::Question;
}

bool stands_in_type(TokenKind token) {
    switch (token) {
    case TokenKind::LeftParen:
    case TokenKind::LeftBracket:
    case TokenKind::Comma:
    case TokenKind::Dot:
    case TokenKind::Arrow:
    case TokenKind::Fn:
    case TokenKind::Mut:
    case TokenKind::Bang: return true;
    default: return ends_part_of_type(token);
    }
}

} // namespace

// What only a type can begin with. A tuple that mentions `fn`, and nothing that no type has, is one too.
bool Parser::starts_bracket_type() const {
    if (at(TokenKind::Fn)) return true;
    TokenKind next = kind_after(1);
    if (at(TokenKind::Bang)) return next == TokenKind::RightBracket || next == TokenKind::Comma;
    constexpr std::uint32_t farthest = 64;
    if (!at(TokenKind::LeftParen)) return false;
    std::uint32_t open = 0;
    bool mentions_fn = false;
    TokenKind before = TokenKind::LeftBracket;
    for (std::uint32_t ahead = 0; ahead < farthest; ahead++) {
        TokenKind token = kind_after(ahead);
        if (!stands_in_type(token)) return false;
        if (token == TokenKind::LeftParen) {
            if (ends_part_of_type(before)) return false;
            open++;
        }
        if (token == TokenKind::RightParen && --open == 0) return mentions_fn;
        mentions_fn |= token == TokenKind::Fn;
        before = token;
    }
    return false;
}

BracketArg Parser::parse_bracket_arg() {
    BracketArg arg;
    if (starts_bracket_type()) {
        arg.type = parse_type();
        return arg;
    }
    arg.expr = parse_expr();
    if (!failing_) arg.type = find_type_of(arg.expr, 0);
    return arg;
}

// `a.b.c` as a path, when it is nothing else.
std::optional<ListOf<Name>> Parser::find_path_of(ExprId id) {
    std::vector<Name> path;
    while (const auto* field = ast_.exprs[id].as<FieldExpr>()) {
        path.push_back(field->name);
        id = field->base;
    }
    const auto* name = ast_.exprs[id].as<NameExpr>();
    if (!name) return std::nullopt;
    path.push_back({name->name, ast_.exprs[id].span});
    std::reverse(path.begin(), path.end());
    return add_list(path);
}

// The expression read as a type, or an invalid id. Arguments of inner brackets were read already, so that
// every node is looked at once.
TypeExprId Parser::find_type_of(ExprId id, std::uint32_t depth) {
    if (depth > max_nesting) return TypeExprId();
    const Expr& expr = ast_.exprs[id];
    Span span = expr.span;
    if (const auto* paren = expr.as<ParenExpr>()) return find_type_of(paren->inner, depth + 1);
    if (const auto* option = expr.as<TryExpr>()) {
        TypeExprId inner = find_type_of(option->operand, depth + 1);
        if (!inner.is_valid()) return inner;
        return add_type(span, OptionalTypeExpr{inner}, height_of_type(inner));
    }
    if (const auto* tuple = expr.as<TupleExpr>()) {
        std::vector<ExprId> elements(ast_.view(tuple->elements).begin(), ast_.view(tuple->elements).end());
        std::vector<TypeExprId> types;
        std::uint32_t height = 0;
        for (ExprId element : elements) {
            types.push_back(find_type_of(element, depth + 1));
            if (!types.back().is_valid()) return TypeExprId();
            height = std::max(height, height_of_type(types.back()));
        }
        return add_type(span, TupleTypeExpr{add_list(types)}, height);
    }
    ExprId head = id;
    std::vector<TypeExprId> args;
    std::uint32_t height = 0;
    if (const auto* index = expr.as<IndexExpr>()) {
        head = index->base;
        for (const BracketArg& arg : ast_.view(index->args)) {
            if (!arg.type.is_valid()) return TypeExprId();
            args.push_back(arg.type);
            height = std::max(height, height_of_type(arg.type));
        }
    }
    if (const auto* name = ast_.exprs[head].as<NameExpr>()) {
        if (interner_.text(name->name) == "_") return add_type(span, InferTypeExpr{});
    } else if (ast_.exprs[head].kind() != ExprKind::Field) {
        return TypeExprId();
    }
    std::optional<ListOf<Name>> path = find_path_of(head);
    if (!path) return TypeExprId();
    return add_type(span, NamedTypeExpr{*path, add_list(args)}, height);
}

// Whether the brace at the cursor belongs to the path before it.
bool Parser::starts_record(ExprId path) {
    const Expr* expr = &ast_.exprs[path];
    if (const auto* index = expr->as<IndexExpr>()) expr = &ast_.exprs[index->base];
    SymbolId last;
    if (const auto* name = expr->as<NameExpr>()) last = name->name;
    if (const auto* field = expr->as<FieldExpr>()) last = field->name.symbol;
    if (!last.is_valid()) return false;
    std::string_view name = interner_.text(last);
    // Hidden types of the prelude are `__Name`.
    bool is_type = syntax::is_capitalized(name.starts_with("__") ? name.substr(2) : name);
    bool is_collection = ast_.exprs[path].kind() == ExprKind::Name &&
                         (interner_.text(last) == "Map" || interner_.text(last) == "Set");
    TokenKind first = kind_after(1), second = kind_after(2);
    bool has_field = first == TokenKind::Identifier && second == TokenKind::Colon;
    if (no_record_) {
        // `if p == Point { x: 1 } {`: no block begins like that.
        if (!is_collection && !(is_type && has_field)) return false;
        report(Diag::RecordInCondition, ast_.exprs[path].span).hint("put parentheses round the literal");
        return true;
    }
    if (is_type) return true;
    bool is_short =
        first == TokenKind::Identifier && (second == TokenKind::Comma || second == TokenKind::RightBrace);
    return !current().line_start && (has_field || is_short || first == TokenKind::DotDot);
}

ExprId Parser::parse_record_literal(ExprId path) {
    ScopedFlag records_allowed(no_record_, false);
    std::uint32_t start = ast_.exprs[path].span.begin;
    if (const auto* name = ast_.exprs[path].as<NameExpr>()) {
        if (interner_.text(name->name) == "Map") return parse_map_literal(start);
        if (interner_.text(name->name) == "Set") return parse_set_literal(start);
    }
    Span open = current_span();
    advance();
    std::vector<FieldInit> fields;
    ExprId base;
    std::uint32_t height = height_of(path);
    parse_list(open, TokenKind::RightBrace, "`,` or `}`", [&] {
        if (base.is_valid()) report(Diag::NotAllowedHere, current_span(), "a field behind `..`");
        if (accept(TokenKind::DotDot)) {
            base = parse_expr();
            height = std::max(height, height_of(base));
            return;
        }
        FieldInit field;
        field.name = expect_name("a field's name");
        if (at(TokenKind::Equal)) {
            report(Diag::ExpectedToken, current_span(), "`:`", "`=`")
                .hint("a field is given as `name: value`");
            advance();
            field.value = parse_expr();
        } else if (accept(TokenKind::Colon)) {
            field.value = parse_expr();
        } else {
            field.is_short = true;
            field.value =
                field.name.is_valid() ? add_expr(field.name.span, NameExpr{field.name.symbol}) : error_expr();
        }
        height = std::max(height, height_of(field.value));
        if (field.name.is_valid()) fields.push_back(field);
    });
    return add_expr(span_from(start), RecordExpr{path, add_list(fields), base}, height);
}

ExprId Parser::parse_map_literal(std::uint32_t start) {
    Span open = current_span();
    advance();
    std::vector<MapEntry> entries;
    std::uint32_t height = 0;
    parse_list(open, TokenKind::RightBrace, "`,` or `}`", [&] {
        MapEntry entry;
        entry.key = parse_expr();
        expect(TokenKind::Colon);
        entry.value = parse_expr();
        height = std::max({height, height_of(entry.key), height_of(entry.value)});
        entries.push_back(entry);
    });
    return add_expr(span_from(start), MapExpr{add_list(entries)}, height);
}

ExprId Parser::parse_set_literal(std::uint32_t start) {
    Span open = current_span();
    advance();
    std::vector<ExprId> elements;
    std::uint32_t height = 0;
    parse_list(open, TokenKind::RightBrace, "`,` or `}`", [&] {
        elements.push_back(parse_expr());
        height = std::max(height, height_of(elements.back()));
    });
    return add_expr(span_from(start), SetExpr{add_list(elements)}, height);
}

} // namespace tn::syntax
