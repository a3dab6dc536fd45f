// Patterns.
#include "syntax/parser_state.h"
#include "syntax/unicode.h"

namespace tn::syntax {

PatternId Parser::parse_pattern() {
    std::uint32_t start = begin();
    accept(TokenKind::Pipe);
    PatternId first = parse_single_pattern();
    if (!at(TokenKind::Pipe)) return first;
    std::vector<PatternId> alternatives{first};
    while (accept(TokenKind::Pipe)) alternatives.push_back(parse_single_pattern());
    return add_pattern(span_from(start), OrPattern{add_list(alternatives)});
}

PatternId Parser::parse_single_pattern() {
    Nesting nesting(*this);
    if (!nesting) return error_pattern();
    std::uint32_t start = begin();
    Span open = current_span();
    if (at(TokenKind::Mut)) {
        report(Diag::UnexpectedMut, current_span(), "every binding can be changed").hint("remove `mut`");
        advance();
    }
    if (at(TokenKind::Amp)) {
        report(Diag::ForeignSyntax, current_span(), "`&`").hint("there are no references; remove it");
        advance();
    }
    if (at(TokenKind::Identifier) && text_of(current()) == "_") {
        advance();
        return add_pattern(span_from(start), WildcardPattern{});
    }
    if (at(TokenKind::Identifier) || at(TokenKind::SelfType)) return parse_path_pattern();
    if (accept(TokenKind::LeftParen)) {
        std::vector<PatternId> elements;
        bool has_comma = false;
        while (!at(TokenKind::RightParen) && !at_end()) {
            elements.push_back(parse_pattern());
            if (!accept(TokenKind::Comma)) break;
            has_comma = true;
        }
        expect_close(TokenKind::RightParen, open, "`,` or `)`");
        if (elements.size() == 1 && !has_comma) return elements[0];
        return add_pattern(span_from(start), TuplePattern{add_list(elements)});
    }
    if (at(TokenKind::LeftBrace)) return parse_record_pattern(start, {});
    if (at_any({TokenKind::Integer, TokenKind::Float, TokenKind::Char, TokenKind::String, TokenKind::Bytes,
                TokenKind::True, TokenKind::False, TokenKind::Minus}))
        return parse_literal_pattern();
    PatternId pattern = error_pattern();
    Builder builder = report(Diag::ExpectedPattern, current_span(), describe(current()));
    if (at(TokenKind::LeftBracket)) builder.hint("lists are taken apart with `get`, `first` and `slice`");
    if (at(TokenKind::FStringStart)) builder.hint("a pattern is a plain literal");
    if (at(TokenKind::PipePipe)) builder.hint("alternatives are separated by one `|`");
    if (at(TokenKind::Else)) builder.hint("the last arm is written `_ => ...`");
    fail();
    return pattern;
}

PatternId Parser::parse_path_pattern() {
    std::uint32_t start = begin();
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
        path.push_back(expect_name("a constructor's name"));
    }
    Span open = current_span();
    if (accept(TokenKind::LeftParen)) {
        std::vector<PatternId> elements;
        parse_list(open, TokenKind::RightParen, "`,` or `)`", [&] { elements.push_back(parse_pattern()); });
        return add_pattern(span_from(start), ConstructorPattern{add_list(path), add_list(elements), true});
    }
    Name last = path.back();
    bool is_capitalized =
        path.size() > 1 || (last.is_valid() && syntax::is_capitalized(interner_.text(last.symbol)));
    if (at(TokenKind::LeftBrace) && is_capitalized) return parse_record_pattern(start, add_list(path));
    if (is_capitalized) return add_pattern(span_from(start), ConstructorPattern{add_list(path), {}, false});
    BindingPattern binding{last, PatternId()};
    if (accept(TokenKind::At)) binding.inner = parse_single_pattern();
    return add_pattern(span_from(start), binding);
}

PatternId Parser::parse_record_pattern(std::uint32_t start, ListOf<Name> path) {
    Span open = current_span();
    advance();
    std::vector<FieldPattern> fields;
    bool has_rest = false;
    parse_list(open, TokenKind::RightBrace, "`,` or `}`", [&] {
        if (accept(TokenKind::DotDot)) {
            has_rest = true;
            if (at(TokenKind::Comma) && kind_after(1) != TokenKind::RightBrace)
                report(Diag::NotAllowedHere, current_span(), "a field behind `..`");
            return;
        }
        FieldPattern field;
        if (accept(TokenKind::Mut))
            report(Diag::UnexpectedMut, previous_end(), "every binding can be changed").hint("remove `mut`");
        field.name = expect_name("a field's name");
        if (accept(TokenKind::Colon)) {
            field.pattern = parse_pattern();
        } else {
            field.is_short = true;
            bool is_wildcard = field.name.is_valid() && interner_.text(field.name.symbol) == "_";
            field.pattern = is_wildcard
                                ? add_pattern(field.name.span, WildcardPattern{})
                                : add_pattern(field.name.span, BindingPattern{field.name, PatternId()});
        }
        fields.push_back(field);
    });
    return add_pattern(span_from(start), RecordPattern{path, add_list(fields), has_rest});
}

PatternId Parser::parse_literal_pattern() {
    std::uint32_t start = begin();
    ExprId literal = parse_pattern_literal();
    if (!at(TokenKind::DotDot) && !at(TokenKind::DotDotEqual))
        return add_pattern(span_from(start), LiteralPattern{literal});
    bool inclusive = at(TokenKind::DotDotEqual);
    advance();
    ExprId end = parse_pattern_literal();
    return add_pattern(span_from(start), RangePattern{literal, end, inclusive});
}

// A literal, perhaps behind a minus.
ExprId Parser::parse_pattern_literal() {
    std::uint32_t start = begin();
    Span minus = current_span();
    bool is_negative = accept(TokenKind::Minus);
    if (at(TokenKind::Float)) {
        report(Diag::FloatPattern, current_span()).hint("compare in a guard: `x if x == 1.5 => ...`");
        advance();
        return error_expr();
    }
    bool is_literal = at(TokenKind::Integer) ||
                      (!is_negative && at_any({TokenKind::Char, TokenKind::String, TokenKind::Bytes,
                                               TokenKind::True, TokenKind::False}));
    if (!is_literal) {
        fail_expected("a literal");
        return error_expr();
    }
    ExprId literal = parse_literal();
    if (!is_negative) return literal;
    return add_expr(span_from(start), UnaryExpr{UnaryOp::Neg, literal, minus}, height_of(literal));
}

} // namespace tn::syntax
