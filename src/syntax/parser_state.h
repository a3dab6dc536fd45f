// The parser: one class over several files, recursive descent over the token buffer.
//
// In: tokens. Out: nodes appended to an Ast, diagnostics. It refuses to know what names mean.
//
// Errors. The first mistake of a statement is reported and sets the parser *failing*: the cursor jumps to
// the end of the file, so that every rule ends at once and no rule needs an error path, and reports are
// mute. The nearest boundary (statement, item, match arm, field, `{}` of an f-string) puts the cursor back
// and skips to where it can go on. Too deep nesting *bails*: only the outermost item is a boundary then.
//
// Depth. `Nesting` bounds the parser's own recursion by max_nesting. Chains are parsed by loops; the height
// of every expression is kept, and a tree higher than max_tree_height bails as well.
#pragma once

#include "diag/diagnostic.h"
#include "diag/source_map.h"
#include "syntax/ast.h"
#include "syntax/lexer.h"
#include "syntax/parser.h"

#include <algorithm>
#include <initializer_list>
#include <string>

namespace tn::syntax {

class Parser {
public:
    Parser(const diag::SourceMap& sources, FileId file, Interner& interner, diag::DiagnosticSink& sink);

    // Over a part of the tokens of a file that was lexed before.
    Parser(const diag::SourceMap& sources, const Ast& outline, Span part, Interner& interner,
           diag::DiagnosticSink& sink);

    Ast parse_file();
    Ast parse_file_outline();
    Ast parse_only_fn();
    Ast parse_only_type();
    Ast parse_only_signature();
    Ast parse_only_block();

private:
    friend class Nesting;
    using Diag = diag::Diag;
    using Builder = diag::DiagnosticBuilder;

    enum class ItemPlace { TopLevel, Impl, Trait, Extern };
    // Where a failing parse may go on: the depth of braces around it.
    struct Boundary {
        std::uint32_t begin;
        std::int32_t brace_depth;
    };

    // ---- parser.cpp: cursor, reports, recovery
    const Token& current() const { return tokens_[pos_]; }
    TokenKind kind() const { return tokens_[pos_].kind; }
    TokenKind kind_after(std::uint32_t count) const { return token_after(count).kind; }
    const Token& token_after(std::uint32_t count) const { return tokens_[std::min(pos_ + count, end_)]; }
    bool at(TokenKind wanted) const { return kind() == wanted; }
    bool at_any(std::initializer_list<TokenKind> wanted) const {
        return std::find(wanted.begin(), wanted.end(), kind()) != wanted.end();
    }
    bool at_end() const { return pos_ == end_; }
    bool at_word(std::string_view word) const;
    bool at_column_zero() const;
    const Token& advance();
    bool accept(TokenKind wanted);
    // Reports and fails unless the token is there.
    bool expect(TokenKind wanted);
    bool expect_close(TokenKind wanted, Span open, std::string_view wanted_text);
    // Points behind the previous token; goes on when a new line or a closing brace follows.
    void expect_semicolon();
    std::string_view text_of(const Token& token) const {
        return text_.substr(token.begin, token.end - token.begin);
    }
    std::string describe(const Token& token) const;
    Span span_of(const Token& token) const { return {file_, token.begin, token.end}; }
    Span current_span() const { return span_of(current()); }
    Span previous_end() const { return {file_, previous_end_, previous_end_}; }
    Span span_from(std::uint32_t begin) const { return {file_, begin, std::max(begin, previous_end_)}; }
    std::uint32_t begin() const { return current().begin; }

    template <typename... Args> Builder report(Diag diag, Span span, const Args&... args) {
        return may_report() ? sink_.report(diag, span, args...) : sink_.dropped();
    }
    bool may_report();
    void fail();
    void bail(Span span, std::uint32_t limit);
    Builder fail_expected(std::string_view wanted);
    Boundary boundary() const { return {pos_, brace_depth_}; }
    // If failing, ends that and gives true: the caller then skips.
    bool resume();
    void recover_statement(Boundary start);
    void recover_item(Boundary start, ItemPlace place);
    void recover_element(Boundary start);
    void recover_interpolation(Boundary start);
    bool starts_item() const;
    bool starts_statement() const;
    bool starts_expr() const;

    // Elements up to `close`, separated by commas, a last comma allowed; the opening token was taken.
    template <typename Element>
    void parse_list(Span open, TokenKind close, std::string_view wanted, Element&& element) {
        while (!at(close) && !at_end()) {
            element();
            if (!accept(TokenKind::Comma)) break;
        }
        expect_close(close, open, wanted);
    }
    template <typename T> ListOf<T> add_list(const std::vector<T>& elements) {
        return ast_.add_list<T>(std::span<const T>(elements));
    }

    // ---- names
    Name take_name();                        // the current token, which is one
    Name expect_name(std::string_view what); // reports and fails; the result may be invalid
    SymbolId symbol_of(const Token& token) const { return SymbolId(token.value); }
    SymbolId doc_before(std::uint32_t token) const;

    // ---- nodes
    // `height` is that of the highest child.
    ExprId add_expr(Span span, ExprNode node, std::uint32_t height = 0);
    std::uint32_t height_of(ExprId id) const { return id.is_valid() ? expr_heights_[id.index()] : 0; }
    std::uint32_t height_of(StmtId id) const;
    std::uint32_t height_of(std::initializer_list<ExprId> ids) const;
    ExprId error_expr();
    PatternId add_pattern(Span span, PatternNode node) {
        return ast_.patterns.push_back({span, std::move(node)});
    }
    PatternId error_pattern() { return add_pattern(current_span(), ErrorPattern{}); }
    TypeExprId add_type(Span span, TypeExprNode node, std::uint32_t height = 0);
    std::uint32_t height_of_type(TypeExprId id) const {
        return id.is_valid() ? type_heights_[id.index()] : 0;
    }
    TypeExprId error_type() { return add_type(current_span(), ErrorTypeExpr{}); }
    StmtId add_stmt(Span span, StmtNode node) { return ast_.stmts.push_back({span, std::move(node)}); }

    // ---- parse_item.cpp, parse_member.cpp
    ListOf<ItemId> parse_items(ItemPlace place, Span open);
    ItemId parse_item(ItemPlace place);
    ItemNode parse_item_node(ItemPlace place, Item& item);
    TokenKind item_keyword();
    ItemNode parse_import();
    ItemNode parse_const(Item& item);
    ItemNode parse_alias(Item& item);
    ItemNode parse_record(Item& item);
    ItemNode parse_enum(Item& item);
    ItemNode parse_impl();
    ItemNode parse_trait(Item& item);
    ItemNode parse_fn(ItemPlace place, Item& item, SymbolId native_name);
    ItemNode parse_native(Item& item);
    ItemNode parse_extern();
    ItemNode parse_test();
    ItemNode refuse_item(ItemPlace place);
    void parse_fn_body(ItemPlace place, FnItem& fn, Span name);
    ExprId skip_body();
    void parse_params(ItemPlace place, FnItem& fn);
    Param parse_param(ItemPlace place, bool is_first);
    ListOf<GenericParam> parse_generics();
    ListOf<TypeExprId> parse_bounds();
    ListOf<FieldDecl> parse_field_decls(Span open);
    VariantDecl parse_variant();
    TypeExprId expect_type_annotation(std::string_view what);
    bool expect_separator(TokenKind close); // `,` between fields, variants, arms

    // ---- parse_stmt.cpp
    ExprId parse_block();
    ExprId parse_block_rest(std::uint32_t begin, Span open, bool is_braced);
    void report_unclosed(Span open);
    void parse_statement(std::vector<StmtId>& stmts, ExprId& tail, std::uint32_t& height);
    StmtId parse_let();
    ExprId parse_statement_expr();
    bool refuse_item_in_block();
    static bool is_block_like(ExprKind kind);

    // ---- parse_expr.cpp
    ExprId parse_expr();
    ExprId parse_condition_expr(); // records only in parentheses
    ExprId parse_pipe();
    ExprId parse_range();
    ExprId parse_binary();
    ExprId parse_cast();
    ExprId parse_unary();
    ExprId parse_postfix(ExprId base);
    ExprId parse_dot(ExprId base);
    ExprId parse_call(ExprId callee);
    ExprId parse_index(ExprId base);
    Arg parse_arg();
    BracketArg parse_bracket_arg();
    bool starts_bracket_type() const;
    TypeExprId find_type_of(ExprId id, std::uint32_t depth);
    struct OpRow {
        BinaryOp op;
        TokenKind token;
        int precedence;
        TokenKind assign_token;
    };
    const OpRow* find_binary_op(); // at the cursor; reports operators of other languages
    static const OpRow& row_of(BinaryOp op);
    bool skip_foreign_prefix();
    bool skip_foreign_postfix(ExprId base);
    ExprId add_binary(BinaryOp op, Span op_span, ExprId lhs, ExprId rhs);
    std::optional<ListOf<Name>> find_path_of(ExprId id);

    // ---- parse_primary.cpp, parse_control.cpp
    ExprId parse_primary();
    ExprId parse_literal();
    ExprId parse_fstring();
    FStringPiece parse_interpolation();
    ExprId parse_label();
    ExprId parse_paren();
    ExprId parse_list_literal();
    ExprId parse_map_literal(std::uint32_t begin);
    ExprId parse_set_literal(std::uint32_t begin);
    bool starts_record(ExprId path);
    ExprId parse_record_literal(ExprId path);
    ExprId parse_closure();
    ExprId refuse_primary();
    ExprId parse_if();
    ExprId parse_match();
    MatchArm parse_arm();
    ExprId parse_loop(std::uint32_t begin, Label label);
    ExprId refuse_counting_loop(std::uint32_t begin, Label label, PatternId pattern);
    ExprId parse_jump();
    ExprId parse_assert(bool may_have_message);
    PatternId parse_let_condition(); // `let P =`, when there
    ExprId parse_body_block();       // a `{}` that must follow a condition

    // ---- parse_pattern.cpp
    PatternId parse_pattern();
    PatternId parse_single_pattern(); // without top-level `|`
    PatternId parse_path_pattern();
    PatternId parse_literal_pattern();
    ExprId parse_pattern_literal();
    PatternId parse_record_pattern(std::uint32_t begin, ListOf<Name> path);

    // ---- parse_type.cpp
    TypeExprId parse_type();
    TypeExprId parse_type_without_option(); // after `as`, where `?` belongs to the expression
    TypeExprId parse_fn_type();
    TypeExprId refuse_type();

    // ---- format_spec.cpp
    FormatSpec parse_format_spec(const Token& token);

    std::string_view text_;
    FileId file_;
    Interner& interner_;
    diag::DiagnosticSink& sink_;
    Ast ast_;
    std::vector<Token> tokens_;
    std::uint32_t pos_ = 0;
    std::uint32_t end_ = 0;          // index of EndOfFile
    std::uint32_t previous_end_ = 0; // byte behind the last token taken
    std::int32_t brace_depth_ = 0;
    std::uint32_t depth_ = 0;
    std::uint32_t item_column_ = 0; // of the item around the current block
    bool no_record_ = false;        // in a condition or a scrutinee
    ExprId pending_;                // an operand already parsed, for parse_unary

    bool is_outline_ = false; // bodies and docs are left out

    bool failing_ = false;
    bool bailing_ = false;
    std::uint32_t saved_pos_ = 0;
    std::int32_t saved_brace_depth_ = 0;
    bool end_reported_ = false;
    bool item_refused_ = false;               // the previous item could not even be begun
    std::uint32_t unclosed_pos_ = UINT32_MAX; // where an unclosed brace was last noticed

    std::vector<std::uint16_t> expr_heights_;
    std::vector<std::uint16_t> type_heights_;
};

// One level of recursion; false when it is one too many (reported, and the parser bails).
class Nesting {
public:
    explicit Nesting(Parser& parser) : parser_(parser) {
        if (++parser_.depth_ > max_nesting) {
            parser_.bail(parser_.current_span(), max_nesting);
            is_allowed_ = false;
        }
    }
    ~Nesting() { parser_.depth_--; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    explicit operator bool() const { return is_allowed_; }

private:
    Parser& parser_;
    bool is_allowed_ = true;
};

// Sets a flag for the rest of a scope.
class ScopedFlag {
public:
    ScopedFlag(bool& flag, bool value) : flag_(flag), before_(flag) { flag = value; }
    ~ScopedFlag() { flag_ = before_; }
    ScopedFlag(const ScopedFlag&) = delete;
    ScopedFlag& operator=(const ScopedFlag&) = delete;

private:
    bool& flag_;
    bool before_;
};

} // namespace tn::syntax
