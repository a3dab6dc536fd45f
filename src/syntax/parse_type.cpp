// Types as they are written.
#include "syntax/parser_state.h"

namespace tn::syntax {

TypeExprId Parser::parse_type() {
    std::uint32_t start = begin();
    TypeExprId type = parse_type_without_option();
    while (at(TokenKind::Question)) {
        advance();
        type = add_type(span_from(start), OptionalTypeExpr{type}, height_of_type(type));
    }
    if (at(TokenKind::Less) && ast_.types[type].kind() == TypeExprKind::Named) {
        report(Diag::ForeignSyntax, current_span(), "`<...>`")
            .hint("type arguments stand in brackets: `List[i64]`");
        fail();
    }
    return type;
}

TypeExprId Parser::parse_type_without_option() {
    Nesting nesting(*this);
    if (!nesting) return error_type();
    std::uint32_t start = begin();
    Span open = current_span();
    if (at(TokenKind::Identifier) && text_of(current()) == "_") {
        advance();
        return add_type(span_from(start), InferTypeExpr{});
    }
    if (at(TokenKind::Identifier) || at(TokenKind::SelfType)) {
        std::vector<Name> path;
        if (at(TokenKind::SelfType)) {
            path.push_back({interner_.intern("Self"), current_span()});
            advance();
        } else {
            path.push_back(take_name());
        }
        while (at(TokenKind::Dot) || at(TokenKind::ColonColon)) {
            if (at(TokenKind::ColonColon))
                report(Diag::ForeignSyntax, current_span(), "`::`").hint("parts of a path are joined by `.`");
            advance();
            path.push_back(expect_name("a type's name"));
        }
        std::vector<TypeExprId> args;
        std::uint32_t height = 0;
        open = current_span();
        if (accept(TokenKind::LeftBracket)) {
            parse_list(open, TokenKind::RightBracket, "`,` or `]`", [&] {
                args.push_back(parse_type());
                height = std::max(height, height_of_type(args.back()));
            });
        }
        return add_type(span_from(start), NamedTypeExpr{add_list(path), add_list(args)}, height);
    }
    if (accept(TokenKind::LeftParen)) {
        std::vector<TypeExprId> elements;
        std::uint32_t height = 0;
        bool has_comma = false;
        while (!at(TokenKind::RightParen) && !at_end()) {
            elements.push_back(parse_type());
            height = std::max(height, height_of_type(elements.back()));
            if (!accept(TokenKind::Comma)) break;
            has_comma = true;
        }
        expect_close(TokenKind::RightParen, open, "`,` or `)`");
        if (elements.size() == 1 && !has_comma) return elements[0];
        return add_type(span_from(start), TupleTypeExpr{add_list(elements)}, height);
    }
    if (accept(TokenKind::Fn)) return parse_fn_type();
    if (accept(TokenKind::Bang)) return add_type(span_from(start), NeverTypeExpr{});
    if (accept(TokenKind::Mut)) {
        TypeExprId inner = parse_type();
        return add_type(span_from(start), MutTypeExpr{inner}, height_of_type(inner));
    }
    return refuse_type();
}

// Behind `fn` (and, in a signature, its type parameters).
TypeExprId Parser::parse_fn_type() {
    std::uint32_t start = pos_ > 0 ? tokens_[std::min(pos_, end_) - 1].begin : begin();
    if (failing_) start = begin();
    std::vector<FnTypeParam> params;
    std::uint32_t height = 0;
    Span open = current_span();
    if (expect(TokenKind::LeftParen)) {
        parse_list(open, TokenKind::RightParen, "`,` or `)`", [&] {
            FnTypeParam param;
            param.is_mut = accept(TokenKind::Mut);
            param.type = parse_type();
            height = std::max(height, height_of_type(param.type));
            params.push_back(param);
        });
    }
    FnTypeExpr fn;
    if (accept(TokenKind::Arrow)) {
        fn.ret = parse_type();
        height = std::max(height, height_of_type(fn.ret));
    }
    fn.params = add_list(params);
    return add_type(span_from(start), fn, height);
}

TypeExprId Parser::refuse_type() {
    TypeExprId type = error_type();
    Builder builder = report(Diag::ExpectedType, current_span(), describe(current()));
    if (at(TokenKind::Amp)) builder.hint("there are no references; write the type itself");
    if (at(TokenKind::LeftBracket)) builder.hint("a list's type is written `List[T]`");
    if (at(TokenKind::Star)) builder.hint("there are no pointers; write the type itself");
    fail();
    return type;
}

} // namespace tn::syntax
