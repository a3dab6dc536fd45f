// The parts of items: functions, parameters, type parameters, fields, variants.
#include "syntax/parser_state.h"

#include <fmt/format.h>

namespace tn::syntax {

// Between fields, variants and match arms. Where only the comma is missing, that is reported, and no more.
bool Parser::expect_separator(TokenKind close) {
    if (accept(TokenKind::Comma)) return true;
    if (at(close) || at_end()) return false;
    if (at(TokenKind::Semicolon)) {
        report(Diag::ExpectedToken, current_span(), "`,`", "`;`");
        advance();
        return true;
    }
    bool is_next = at(TokenKind::Identifier) &&
                   (kind_after(1) == TokenKind::Colon || kind_after(1) == TokenKind::FatArrow);
    if (current().line_start || is_next) {
        report(Diag::MissingToken, previous_end(), "`,`");
        return true;
    }
    fail_expected(close == TokenKind::RightBrace ? "`,` or `}`" : "`,`");
    return false;
}

ItemNode Parser::parse_fn(ItemPlace place, Item& item, SymbolId native_name) {
    FnItem fn;
    fn.native_name = native_name;
    item.name = expect_name("a function's name");
    fn.generics = parse_generics();
    parse_params(place, fn);
    if (accept(TokenKind::Arrow)) {
        fn.ret = parse_type();
    } else if (at(TokenKind::Colon) || at(TokenKind::FatArrow)) {
        report(Diag::ExpectedToken, current_span(), "`->`", describe(current()))
            .hint("a result type is written `-> T`");
        advance();
        if (!at(TokenKind::LeftBrace)) fn.ret = parse_type();
    }
    parse_fn_body(place, fn, item.name.span);
    return fn;
}

void Parser::parse_fn_body(ItemPlace place, FnItem& fn, Span name) {
    bool is_declared_only = place == ItemPlace::Extern || fn.native_name.is_valid();
    if (is_declared_only) {
        if (at(TokenKind::LeftBrace)) {
            report(Diag::NotAllowedHere, current_span(), "a body")
                .hint("it is written in another language; end in `;`");
            parse_block();
            return;
        }
        expect_semicolon();
        return;
    }
    if (place == ItemPlace::Trait && accept(TokenKind::Semicolon)) return;
    if (at(TokenKind::LeftBrace)) {
        fn.body = is_outline_ ? skip_body() : parse_block();
        return;
    }
    fn.body = error_expr();
    if (at(TokenKind::Semicolon)) {
        report(Diag::ExpectedToken, current_span(), "`{`", "`;`").label(name, "this function needs a body");
        advance();
        return;
    }
    Builder builder = fail_expected("`{`");
    if (tokens_[saved_pos_].kind == TokenKind::Equal || tokens_[saved_pos_].kind == TokenKind::FatArrow)
        builder.hint("a body stands in braces: `{ x + 1 }`");
}

// The braces of f-strings are other tokens.
ExprId Parser::skip_body() {
    std::uint32_t start = begin();
    std::int32_t outer_depth = brace_depth_;
    do advance();
    while (brace_depth_ > outer_depth && !at_end());
    return add_expr(span_from(start), ErrorExpr{});
}

void Parser::parse_params(ItemPlace place, FnItem& fn) {
    std::vector<Param> params;
    Span open = current_span();
    if (expect(TokenKind::LeftParen)) {
        parse_list(open, TokenKind::RightParen, "`,` or `)`", [&] {
            if (at(TokenKind::Ellipsis)) {
                if (place != ItemPlace::Extern) report(Diag::NotAllowedHere, current_span(), "`...`");
                advance();
                fn.is_variadic = true;
                return;
            }
            if (fn.is_variadic) report(Diag::NotAllowedHere, current_span(), "a parameter behind `...`");
            params.push_back(parse_param(place, params.empty()));
        });
    }
    fn.has_self = !params.empty() && params[0].is_self;
    fn.params = add_list(params);
}

Param Parser::parse_param(ItemPlace place, bool is_first) {
    std::uint32_t start = begin();
    Param param;
    if (at(TokenKind::Amp)) {
        report(Diag::ForeignSyntax, current_span(), "`&`")
            .hint("every value is passed as a copy that costs nothing; to change the caller's, write `mut`");
        advance();
    }
    param.is_mut = accept(TokenKind::Mut);
    if (at(TokenKind::SelfValue)) {
        if (!is_first || (place != ItemPlace::Impl && place != ItemPlace::Trait)) {
            report(Diag::NotAllowedHere, current_span(), "`self`")
                .hint("it is the first parameter of a method in an `impl` or `trait`");
        }
        param.is_self = true;
        param.name = Name{interner_.intern("self"), current_span()};
        param.pattern = add_pattern(current_span(), BindingPattern{param.name, PatternId()});
        advance();
        if (at(TokenKind::Colon)) {
            report(Diag::NotAllowedHere, current_span(), "a type of `self`").hint("it is always `Self`");
            advance();
            parse_type();
        }
        param.span = span_from(start);
        return param;
    }
    TokenKind next = kind_after(1);
    bool is_path = at(TokenKind::Identifier) && (next == TokenKind::LeftBrace || next == TokenKind::LeftParen ||
                                                 next == TokenKind::Dot);
    if (is_path || at(TokenKind::LeftParen) || at(TokenKind::LeftBrace)) {
        param.pattern = parse_single_pattern();
    } else if (at(TokenKind::Identifier)) {
        param.name = take_name();
        bool is_wildcard = interner_.text(param.name.symbol) == "_";
        param.pattern = is_wildcard ? add_pattern(param.name.span, WildcardPattern{})
                                    : add_pattern(param.name.span, BindingPattern{param.name, PatternId()});
    } else {
        fail_expected("a parameter's name");
        param.pattern = error_pattern();
    }
    if (at(TokenKind::Identifier) && !current().line_start) {
        // `int x`: the type came first.
        fail_expected("`:`").hint("the name comes first: `x: i64`");
    }
    param.type = expect_type_annotation("a parameter");
    if (at(TokenKind::Equal)) fail_expected("`,` or `)`").hint("parameters have no default values");
    param.span = span_from(start);
    return param;
}

ListOf<GenericParam> Parser::parse_generics() {
    std::vector<GenericParam> params;
    if (at(TokenKind::Less)) {
        fail_expected("`[`").hint("type parameters stand in brackets: `[T]`");
        return {};
    }
    if (!at(TokenKind::LeftBracket)) return {};
    Span open = current_span();
    advance();
    parse_list(open, TokenKind::RightBracket, "`,` or `]`", [&] {
        GenericParam param;
        param.name = expect_name("a type parameter");
        if (accept(TokenKind::Colon)) param.bounds = parse_bounds();
        params.push_back(param);
    });
    return add_list(params);
}

ListOf<TypeExprId> Parser::parse_bounds() {
    std::vector<TypeExprId> bounds;
    do bounds.push_back(parse_type_without_option());
    while (accept(TokenKind::Plus));
    return add_list(bounds);
}

// Fields up to the closing brace; the opening one was taken.
ListOf<FieldDecl> Parser::parse_field_decls(Span open) {
    std::vector<FieldDecl> fields;
    while (!at(TokenKind::RightBrace) && !at_end()) {
        if (current().line_start && at_column_zero() && starts_item()) break;
        Boundary start = boundary();
        FieldDecl field;
        field.doc = doc_before(pos_);
        if (at(TokenKind::Pub) || at(TokenKind::Let) || at(TokenKind::Var)) {
            report(Diag::NotAllowedHere, current_span(), describe(current()))
                .hint("the fields of a public record are public, and all can be changed");
            advance();
        }
        if (at(TokenKind::Fn)) { fail_expected("a field's name").hint("methods stand in an `impl` block"); }
        field.name = expect_name("a field's name");
        if (at(TokenKind::Identifier) && !current().line_start && field.name.is_valid())
            fail_expected("`:`").hint("the name comes first: `x: f64`");
        field.type = expect_type_annotation("a field");
        if (at(TokenKind::Equal)) fail_expected("`,` or `}`").hint("fields have no default values");
        if (field.name.is_valid()) fields.push_back(field);
        expect_separator(TokenKind::RightBrace);
        recover_element(start);
        accept(TokenKind::Comma);
        if (pos_ == start.begin) advance();
    }
    if (!accept(TokenKind::RightBrace)) {
        report_unclosed(open);
        fail();
    }
    return add_list(fields);
}

VariantDecl Parser::parse_variant() {
    VariantDecl variant;
    variant.doc = doc_before(pos_);
    variant.name = expect_name("a constructor's name");
    Span open = current_span();
    if (accept(TokenKind::LeftParen)) {
        variant.form = VariantForm::Tuple;
        std::vector<TypeExprId> types;
        parse_list(open, TokenKind::RightParen, "`,` or `)`", [&] { types.push_back(parse_type()); });
        variant.types = add_list(types);
    } else if (accept(TokenKind::LeftBrace)) {
        variant.form = VariantForm::Record;
        variant.fields = parse_field_decls(open);
    } else if (at(TokenKind::Equal)) {
        fail_expected("`,` or `}`").hint("constructors have no numbers; match on them");
    }
    return variant;
}

} // namespace tn::syntax
