// Items of a module, of an impl, of a trait and of an extern block.
#include "syntax/foreign_word.h"
#include "syntax/parser_state.h"

#include <fmt/format.h>

namespace tn::syntax {

ListOf<ItemId> Parser::parse_items(ItemPlace place, Span open) {
    bool is_module = place == ItemPlace::TopLevel;
    std::vector<ItemId> items;
    while (!at_end() && (is_module || !at(TokenKind::RightBrace))) {
        // An item at the left margin inside braces: those were not closed.
        if (!is_module && current().line_start && at_column_zero() && starts_item()) break;
        Boundary start = boundary();
        ItemId item = parse_item(place);
        if (item.is_valid()) items.push_back(item);
        recover_item(start, place);
        if (pos_ == start.begin) advance();
    }
    if (!is_module && !accept(TokenKind::RightBrace)) {
        report_unclosed(open);
        if (!failing_) brace_depth_--;
    }
    return add_list(items);
}

// The keyword that the item begins with; a word of another language counts as ours, and is reported.
TokenKind Parser::item_keyword() {
    if (!at(TokenKind::Identifier)) return kind();
    std::optional<TokenKind> meant = find_foreign_item(text_of(current()));
    bool begins_item = kind_after(1) == TokenKind::Identifier || kind_after(1) == TokenKind::String;
    if (!meant || !begins_item || token_after(1).line_start) return kind();
    std::string_view word;
#define TOKEN(name, shown)
#define KEYWORD(name, text)                                                                                  \
    if (*meant == TokenKind::name) word = text;
#include "syntax/token.def"
    report(Diag::ForeignSyntax, current_span(), fmt::format("`{}`", text_of(current())))
        .hint(fmt::format("write `{}`", word));
    return *meant;
}

ItemId Parser::parse_item(ItemPlace place) {
    std::uint32_t start = begin();
    Item item;
    item.doc = doc_before(pos_);
    if (at(TokenKind::Semicolon)) {
        report(Diag::ExpectedItem, current_span(), "`;`").hint("an item that ends in `}` has no `;`");
        advance();
        return ItemId();
    }
    item.is_pub = accept(TokenKind::Pub);
    if (item.is_pub && at(TokenKind::LeftParen)) {
        fail_expected("an item").hint("`pub` is all there is: visible to every module");
        return ItemId();
    }
    std::uint32_t column = 0;
    for (std::uint32_t offset = start; offset > 0 && column < 1000 && text_[offset - 1] != '\n'; offset--)
        column++;
    std::uint32_t outer_column = std::exchange(item_column_, column);
    item.node = parse_item_node(place, item);
    item_column_ = outer_column;
    if (item.kind() == ItemKind::Error) return ItemId();
    item_refused_ = false;
    item.span = span_from(start);
    return ast_.items.push_back(std::move(item));
}

ItemNode Parser::parse_item_node(ItemPlace place, Item& item) {
    TokenKind keyword = item_keyword();
    bool holds_functions_only = place != ItemPlace::TopLevel;
    if (keyword == TokenKind::Fn) {
        advance();
        return parse_fn(place, item, SymbolId());
    }
    if (holds_functions_only) return refuse_item(place);
    if (keyword == TokenKind::Test && kind_after(1) == TokenKind::String) return parse_test();
    if (keyword == TokenKind::Import) return parse_import();
    if (keyword == TokenKind::Const || keyword == TokenKind::Var) return parse_const(item);
    if (keyword == TokenKind::Type) return parse_alias(item);
    if (keyword == TokenKind::Record) return parse_record(item);
    if (keyword == TokenKind::Enum) return parse_enum(item);
    if (keyword == TokenKind::Impl) return parse_impl();
    if (keyword == TokenKind::Trait) return parse_trait(item);
    if (keyword == TokenKind::Native) return parse_native(item);
    if (keyword == TokenKind::Extern) return parse_extern();
    return refuse_item(place);
}

ItemNode Parser::refuse_item(ItemPlace place) {
    // Several statements at the top level are one mistake.
    bool is_repeated = std::exchange(item_refused_, true) && !starts_item();
    if (at(TokenKind::RightBrace)) {
        if (!is_repeated) report(Diag::UnmatchedDelimiter, current_span(), "}");
        advance();
        brace_depth_ = 0;
        return ErrorItem{};
    }
    if (!is_repeated) {
        Builder builder = report(Diag::ExpectedItem, current_span(), describe(current()));
        if (place == ItemPlace::Extern) {
            builder.hint("an extern block holds `fn name(x: T) -> R;`");
        } else if (place != ItemPlace::TopLevel) {
            builder.hint("only functions stand here");
        } else if (at(TokenKind::Let)) {
            builder.hint("write `const NAME: T = ...;`, or `var` for the state of an instance");
        } else if (at_word("mod") || at_word("module") || at_word("package") || at_word("namespace")) {
            builder.hint("a module is a file; `import name;` brings it in");
        } else if (at_word("async")) {
            builder.hint("every function can be suspended by its host; leave `async` out");
        } else {
            builder.hint("statements stand inside a function, such as `fn main() { ... }`");
        }
    }
    fail();
    return ErrorItem{};
}

ItemNode Parser::parse_import() {
    advance();
    std::vector<Name> path, names;
    bool has_braces = false;
    if (at(TokenKind::String)) {
        fail_expected("a module's name").hint("a path is written `import a.b.name;`");
        return ErrorItem{};
    }
    path.push_back(expect_name("a module's name"));
    while (at(TokenKind::Dot) || at(TokenKind::ColonColon)) {
        if (at(TokenKind::ColonColon))
            report(Diag::ForeignSyntax, current_span(), "`::`").hint("parts of a path are joined by `.`");
        advance();
        if (at(TokenKind::LeftBrace)) {
            Span open = current_span();
            advance();
            has_braces = true;
            parse_list(open, TokenKind::RightBrace, "`,` or `}`",
                       [&] { names.push_back(expect_name("a name")); });
            break;
        }
        if (at(TokenKind::Star)) {
            fail_expected("a name").hint("every name is imported by itself: `import a.{x, y};`");
            break;
        }
        path.push_back(expect_name("a name"));
    }
    if (at(TokenKind::As)) {
        fail_expected("`;`").hint("an import keeps its name");
        return ErrorItem{};
    }
    expect_semicolon();
    return ImportItem{add_list(path), add_list(names), has_braces};
}

// `: T` behind what needs it; without it, an error and an Error type, and the parser goes on.
TypeExprId Parser::expect_type_annotation(std::string_view what) {
    if (accept(TokenKind::Colon)) return parse_type();
    report(Diag::MissingType, previous_end(), what).hint("write `: T` behind its name");
    return error_type();
}

ItemNode Parser::parse_const(Item& item) {
    bool is_const = at(TokenKind::Const);
    advance();
    if (at(TokenKind::Mut)) {
        report(Diag::NotAllowedHere, current_span(), "`mut`").hint("state that can change is a `var`");
        advance();
    }
    item.name = expect_name("a name");
    TypeExprId type = expect_type_annotation(is_const ? "a constant" : "a `var`");
    ExprId init;
    if (accept(TokenKind::Equal)) {
        init = parse_expr();
    } else {
        fail_expected("`=`").hint("it needs a value");
        init = error_expr();
    }
    expect_semicolon();
    if (is_const) return ConstItem{type, init};
    return VarItem{type, init};
}

ItemNode Parser::parse_alias(Item& item) {
    advance();
    item.name = expect_name("a name");
    AliasItem alias;
    alias.generics = parse_generics();
    expect(TokenKind::Equal);
    alias.type = parse_type();
    expect_semicolon();
    return alias;
}

ItemNode Parser::parse_record(Item& item) {
    advance();
    item.name = expect_name("a name");
    RecordItem record;
    record.generics = parse_generics();
    Span open = current_span();
    if (at(TokenKind::LeftBrace)) {
        advance();
        record.fields = parse_field_decls(open);
    } else {
        Builder builder = fail_expected("`{`");
        if (tokens_[saved_pos_].kind == TokenKind::LeftParen) builder.hint("fields have names: `{ x: f64 }`");
        if (tokens_[saved_pos_].kind == TokenKind::Semicolon) builder.hint("without fields: `{}`");
    }
    return record;
}

ItemNode Parser::parse_enum(Item& item) {
    advance();
    item.name = expect_name("a name");
    EnumItem enumeration;
    enumeration.generics = parse_generics();
    Span open = current_span();
    std::vector<VariantDecl> variants;
    if (expect(TokenKind::LeftBrace)) {
        while (!at(TokenKind::RightBrace) && !at_end()) {
            if (current().line_start && at_column_zero() && starts_item()) break;
            Boundary start = boundary();
            VariantDecl variant = parse_variant();
            if (variant.name.is_valid()) variants.push_back(variant);
            expect_separator(TokenKind::RightBrace);
            recover_element(start);
            accept(TokenKind::Comma);
            if (pos_ == start.begin) advance();
        }
        if (!accept(TokenKind::RightBrace)) {
            report_unclosed(open);
            fail();
        }
    }
    enumeration.variants = add_list(variants);
    return enumeration;
}

ItemNode Parser::parse_impl() {
    advance();
    ImplItem impl;
    impl.generics = parse_generics();
    impl.type = parse_type();
    if (accept(TokenKind::For)) {
        impl.trait = impl.type;
        impl.type = parse_type();
    }
    Span open = current_span();
    if (expect(TokenKind::LeftBrace)) impl.members = parse_items(ItemPlace::Impl, open);
    return impl;
}

ItemNode Parser::parse_trait(Item& item) {
    advance();
    item.name = expect_name("a name");
    TraitItem trait;
    trait.generics = parse_generics();
    if (accept(TokenKind::Colon)) trait.supertraits = parse_bounds();
    Span open = current_span();
    if (expect(TokenKind::LeftBrace)) trait.members = parse_items(ItemPlace::Trait, open);
    return trait;
}

ItemNode Parser::parse_native(Item& item) {
    advance();
    if (accept(TokenKind::Type)) {
        item.name = expect_name("a name");
        expect_semicolon();
        return NativeTypeItem{};
    }
    Span open = current_span();
    SymbolId native_name;
    if (expect(TokenKind::LeftParen)) {
        if (at(TokenKind::String)) native_name = symbol_of(current());
        expect(TokenKind::String);
        expect_close(TokenKind::RightParen, open, "`)`");
        item.is_pub |= accept(TokenKind::Pub);
        expect(TokenKind::Fn);
    }
    return parse_fn(ItemPlace::TopLevel, item, native_name);
}

ItemNode Parser::parse_extern() {
    advance();
    ExternItem block;
    block.library_span = current_span();
    if (at(TokenKind::String)) block.library = symbol_of(current());
    expect(TokenKind::String);
    Span open = current_span();
    if (expect(TokenKind::LeftBrace)) block.members = parse_items(ItemPlace::Extern, open);
    return block;
}

ItemNode Parser::parse_test() {
    advance();
    TestItem test;
    test.title = symbol_of(current());
    test.title_span = current_span();
    advance();
    test.body = parse_body_block();
    return test;
}

} // namespace tn::syntax
