// The parser's ground: entry points, cursor, reports and recovery.
#include "syntax/parser_state.h"

#include <fmt/format.h>

namespace tn::syntax {

Parser::Parser(const diag::SourceMap& sources, FileId file, Interner& interner, diag::DiagnosticSink& sink)
    : text_(sources.text(file)), file_(file), interner_(interner), sink_(sink) {
    ast_.file = file;
    ast_.tokens = lex(sources, file, interner, sink);
    tokens_ = std::move(ast_.tokens.tokens);
    end_ = static_cast<std::uint32_t>(tokens_.size() - 1);
    // A file refused as a whole has no tokens; that it "ends too early" is no news then.
    end_reported_ = end_ == 0 && !text_.empty() && sink.has_errors();
}

Parser::Parser(const diag::SourceMap& sources, const Ast& outline, Span part, Interner& interner,
               diag::DiagnosticSink& sink)
    : text_(sources.text(outline.file)), file_(outline.file), interner_(interner), sink_(sink) {
    const TokenBuffer& all = outline.tokens;
    ast_.file = file_;
    ast_.tokens.integers = all.integers;
    ast_.tokens.floats = all.floats;
    const auto first = std::ranges::lower_bound(all.tokens, part.begin, {}, &Token::begin);
    tokens_.assign(first, std::ranges::lower_bound(all.tokens, part.end, {}, &Token::begin));
    end_ = static_cast<std::uint32_t>(tokens_.size());
    Token& end = tokens_.emplace_back();
    end.begin = end.end = part.end;
}

Ast Parser::parse_file_outline() {
    is_outline_ = true;
    return parse_file();
}

Ast Parser::parse_only_fn() {
    ast_.root = add_list(std::vector{parse_item(ItemPlace::Trait)}); // where `self` may stand, and a body may lack
    return std::move(ast_);
}

Ast Parser::parse_file() {
    ast_.root = parse_items(ItemPlace::TopLevel, {});
    ast_.tokens.tokens = std::move(tokens_);
    return std::move(ast_);
}

Ast Parser::parse_only_type() {
    ast_.root_type = parse_type();
    if (!at_end()) fail_expected("the end of the type");
    ast_.tokens.tokens = std::move(tokens_);
    return std::move(ast_);
}

Ast Parser::parse_only_signature() {
    std::uint32_t start = begin();
    expect(TokenKind::Fn);
    ast_.root_generics = parse_generics();
    ast_.root_type = parse_fn_type();
    ast_.types[ast_.root_type].span.begin = start;
    if (!at_end()) fail_expected("the end of the signature");
    ast_.tokens.tokens = std::move(tokens_);
    return std::move(ast_);
}

Ast Parser::parse_only_block() {
    ast_.root_expr = parse_block_rest(0, {}, false);
    ast_.tokens.tokens = std::move(tokens_);
    return std::move(ast_);
}

// ---- Cursor ------------------------------------------------------------------------------------------

const Token& Parser::advance() {
    const Token& token = tokens_[pos_];
    if (pos_ == end_) return token;
    if (token.kind == TokenKind::LeftBrace) brace_depth_++;
    if (token.kind == TokenKind::RightBrace) brace_depth_--;
    previous_end_ = token.end;
    pos_++;
    return token;
}

bool Parser::accept(TokenKind wanted) {
    if (!at(wanted) || at_end()) return false;
    advance();
    return true;
}

bool Parser::at_word(std::string_view word) const {
    return kind() == TokenKind::Identifier && text_of(current()) == word;
}

bool Parser::at_column_zero() const {
    std::uint32_t offset = current().begin;
    return offset == 0 || text_[offset - 1] == '\n';
}

bool Parser::expect(TokenKind wanted) {
    if (accept(wanted)) return true;
    fail_expected(shown(wanted));
    return false;
}

bool Parser::expect_close(TokenKind wanted, Span open, std::string_view wanted_text) {
    if (accept(wanted)) return true;
    if (at_end()) {
        report(Diag::UnclosedDelimiter, open, text_.substr(open.begin, open.end - open.begin));
        fail();
        return false;
    }
    fail_expected(wanted_text).label(open, "opened here");
    return false;
}

void Parser::expect_semicolon() {
    if (accept(TokenKind::Semicolon)) return;
    if (at(TokenKind::RightParen) || at(TokenKind::RightBracket)) {
        report(Diag::UnmatchedDelimiter, current_span(), text_of(current()));
        fail();
        return;
    }
    Builder builder = report(Diag::MissingToken, previous_end(), "`;`");
    if (at_end() || at(TokenKind::RightBrace) || current().line_start) return;
    std::string_view word = at(TokenKind::Identifier) ? text_of(current()) : std::string_view();
    bool after_question = pos_ > 0 && tokens_[pos_ - 1].kind == TokenKind::Question;
    if (after_question) {
        builder.hint("a choice is written `if c { a } else { b }`");
    } else if (at(TokenKind::If) || word == "unless") {
        builder.hint("a choice is written `if c { a } else { b }`");
    } else if (word == "is") {
        builder.hint("values are compared with `==`, taken apart with `match`");
    } else if (at(TokenKind::Plus) || at(TokenKind::Minus)) {
        builder.hint("write `x += 1`");
    } else if (at(TokenKind::FatArrow)) {
        builder.hint("a closure is written `|x| x + 1`");
    }
    fail();
}

std::string Parser::describe(const Token& token) const {
    switch (token.kind) {
    case TokenKind::Identifier:
    case TokenKind::Label:
    case TokenKind::Integer:
    case TokenKind::Float:
        if (token.end - token.begin <= 40) return fmt::format("`{}`", text_of(token));
        return std::string(shown(token.kind));
#define TOKEN(name, shown)
#define PUNCTUATION(name, text) case TokenKind::name:
#define KEYWORD(name, text) case TokenKind::name:
#include "syntax/token.def"
    case TokenKind::EndOfFile:
    case TokenKind::Char:
    case TokenKind::String:
    case TokenKind::Bytes:
    case TokenKind::FStringStart:
    case TokenKind::FStringText:
    case TokenKind::FStringOpen:
    case TokenKind::FStringSpec:
    case TokenKind::FStringClose:
    case TokenKind::FStringEnd: return std::string(shown(token.kind));
    }
    return {};
}

// ---- Reports -----------------------------------------------------------------------------------------

bool Parser::may_report() {
    if (failing_ || current().is_broken || (pos_ > 0 && tokens_[pos_ - 1].is_broken)) return false;
    if (!at_end()) return true;
    // Everything that is still open ends here; the innermost says so.
    return !std::exchange(end_reported_, true);
}

void Parser::fail() {
    if (failing_) return;
    failing_ = true;
    saved_pos_ = pos_;
    saved_brace_depth_ = brace_depth_;
    pos_ = end_;
}

void Parser::bail(Span span, std::uint32_t limit) {
    if (bailing_) return;
    report(Diag::NestingTooDeep, span, limit);
    fail();
    bailing_ = true;
}

Parser::Builder Parser::fail_expected(std::string_view wanted) {
    Builder builder = report(Diag::ExpectedToken, current_span(), wanted, describe(current()));
    fail();
    return builder;
}

// ---- Recovery ----------------------------------------------------------------------------------------

void Parser::report_unclosed(Span open) {
    // The blocks around it end at the same token; one report is enough.
    if (unclosed_pos_ != pos_) report(Diag::UnclosedDelimiter, open, "{");
    if (!failing_) unclosed_pos_ = pos_;
}

bool Parser::resume() {
    if (!failing_ || bailing_) return false;
    failing_ = false;
    pos_ = saved_pos_;
    brace_depth_ = saved_brace_depth_;
    return true;
}

bool Parser::starts_item() const {
    if (at(TokenKind::Fn)) return kind_after(1) == TokenKind::Identifier;
    if (at(TokenKind::Test)) return kind_after(1) == TokenKind::String;
    return at_any({TokenKind::Native, TokenKind::Extern, TokenKind::Const, TokenKind::Var, TokenKind::Type,
                   TokenKind::Record, TokenKind::Enum, TokenKind::Trait, TokenKind::Impl, TokenKind::Import,
                   TokenKind::Pub});
}

// Whether the token can begin an expression; a brace in a condition begins the body instead.
bool Parser::starts_expr() const {
    if (at(TokenKind::LeftBrace)) return !no_record_;
    return at_any(
        {TokenKind::Identifier, TokenKind::Label,       TokenKind::Integer,  TokenKind::Float,
         TokenKind::Char,       TokenKind::String,      TokenKind::Bytes,    TokenKind::FStringStart,
         TokenKind::SelfValue,  TokenKind::SelfType,    TokenKind::True,     TokenKind::False,
         TokenKind::LeftParen,  TokenKind::LeftBracket, TokenKind::If,       TokenKind::Match,
         TokenKind::While,      TokenKind::Loop,        TokenKind::For,      TokenKind::Break,
         TokenKind::Continue,   TokenKind::Return,      TokenKind::Accept,   TokenKind::Reject,
         TokenKind::Assert,     TokenKind::Pipe,        TokenKind::PipePipe, TokenKind::Minus,
         TokenKind::Bang});
}

bool Parser::starts_statement() const {
    return starts_item() ||
           at_any({TokenKind::Let, TokenKind::If, TokenKind::Match, TokenKind::While, TokenKind::Loop,
                   TokenKind::For, TokenKind::Break, TokenKind::Continue, TokenKind::Return,
                   TokenKind::Accept, TokenKind::Reject, TokenKind::Assert});
}

void Parser::recover_statement(Boundary start) {
    if (!resume()) return;
    while (!at_end()) {
        // Nothing in a block stands at the left margin but what belongs to the next item.
        if (current().line_start && at_column_zero() && starts_item()) break;
        if (brace_depth_ <= start.brace_depth) {
            if (at(TokenKind::RightBrace)) break;
            if (accept(TokenKind::Semicolon)) break;
            if (pos_ != start.begin && current().line_start && starts_statement()) break;
        }
        advance();
    }
    brace_depth_ = std::min(brace_depth_, start.brace_depth);
}

void Parser::recover_element(Boundary start) {
    if (!resume()) return;
    while (!at_end()) {
        if (current().line_start && at_column_zero() && starts_item()) break;
        if (brace_depth_ <= start.brace_depth) {
            if (at(TokenKind::RightBrace) || at(TokenKind::Comma)) break;
        }
        advance();
    }
    brace_depth_ = std::min(brace_depth_, start.brace_depth);
}

void Parser::recover_item(Boundary start, ItemPlace place) {
    bool is_outermost = place == ItemPlace::TopLevel;
    if (is_outermost) bailing_ = false;
    if (!resume()) return;
    while (!at_end()) {
        bool is_new_item = pos_ != start.begin && current().line_start && starts_item();
        if (is_new_item && (brace_depth_ <= start.brace_depth || at_column_zero())) break;
        if (brace_depth_ <= start.brace_depth) {
            if (at(TokenKind::RightBrace) && !is_outermost) break;
            if (accept(TokenKind::Semicolon)) break;
        }
        bool is_close = at(TokenKind::RightBrace);
        advance();
        if (is_close && brace_depth_ <= start.brace_depth) break;
    }
    brace_depth_ = start.brace_depth;
}

void Parser::recover_interpolation(Boundary start) {
    if (!resume()) return;
    // The lexer balances f-strings, whatever stands in them.
    std::uint32_t open = 0;
    while (!at_end()) {
        if (at(TokenKind::FStringOpen)) open++;
        if (at(TokenKind::FStringClose) && open-- == 0) break;
        advance();
    }
    brace_depth_ = start.brace_depth;
}

// ---- Names and nodes ---------------------------------------------------------------------------------

Name Parser::take_name() {
    Name name{symbol_of(current()), current_span()};
    advance();
    return name;
}

Name Parser::expect_name(std::string_view what) {
    if (at(TokenKind::Identifier)) return take_name();
    Name missing{SymbolId(), current_span()};
    std::string_view text = at_end() ? std::string_view() : text_of(current());
    bool is_keyword = !text.empty() && text[0] >= 'a' && text[0] <= 'z' && kind() > TokenKind::FStringEnd;
    Builder builder = fail_expected(what);
    if (is_keyword) builder.note(fmt::format("`{}` is a keyword", text));
    return missing;
}

SymbolId Parser::doc_before(std::uint32_t token) const {
    if (is_outline_) return SymbolId();
    const std::vector<Comment>& comments = ast_.tokens.comments;
    auto it = std::lower_bound(
        comments.begin(), comments.end(), token,
        [](const Comment& comment, std::uint32_t next) { return comment.next_token < next; });
    std::string doc;
    bool has_doc = false;
    for (; it != comments.end() && it->next_token == token; ++it) {
        if (it->kind != CommentKind::Doc || !it->line_start) continue;
        std::string_view line = text_.substr(it->begin + 3, it->end - it->begin - 3);
        if (line.starts_with(' ')) line.remove_prefix(1);
        if (has_doc) doc += '\n';
        doc += line;
        has_doc = true;
    }
    return has_doc ? interner_.intern(doc) : SymbolId();
}

ExprId Parser::add_expr(Span span, ExprNode node, std::uint32_t height) {
    if (height + 1 > max_tree_height) {
        bail(span, max_tree_height);
        node = ErrorExpr{};
        height = 0;
    }
    expr_heights_.push_back(static_cast<std::uint16_t>(height + 1));
    return ast_.exprs.push_back({span, std::move(node)});
}

TypeExprId Parser::add_type(Span span, TypeExprNode node, std::uint32_t height) {
    if (height + 1 > max_nesting) {
        bail(span, max_nesting);
        node = ErrorTypeExpr{};
        height = 0;
    }
    type_heights_.push_back(static_cast<std::uint16_t>(height + 1));
    return ast_.types.push_back({span, std::move(node)});
}

std::uint32_t Parser::height_of(StmtId id) const {
    const Stmt& stmt = ast_.stmts[id];
    if (const auto* let = stmt.as<LetStmt>()) return height_of(let->init);
    return height_of(std::get<ExprStmt>(stmt.node).expr);
}

std::uint32_t Parser::height_of(std::initializer_list<ExprId> ids) const {
    std::uint32_t height = 0;
    for (ExprId id : ids) height = std::max(height, height_of(id));
    return height;
}

ExprId Parser::error_expr() { return add_expr(current_span(), ErrorExpr{}); }

// ---- Entry points ------------------------------------------------------------------------------------

Ast parse(const diag::SourceMap& sources, FileId file, Interner& interner, diag::DiagnosticSink& sink) {
    return Parser(sources, file, interner, sink).parse_file();
}

Ast parse_outline(const diag::SourceMap& sources, FileId file, Interner& interner, diag::DiagnosticSink& sink) {
    return Parser(sources, file, interner, sink).parse_file_outline();
}

Ast parse_outlined_fn(const diag::SourceMap& sources, const Ast& outline, ItemId fn, Interner& interner,
                      diag::DiagnosticSink& sink) {
    return Parser(sources, outline, outline.items[fn].span, interner, sink).parse_only_fn();
}

Ast parse_type_text(const diag::SourceMap& sources, FileId file, Interner& interner,
                    diag::DiagnosticSink& sink) {
    return Parser(sources, file, interner, sink).parse_only_type();
}

Ast parse_signature_text(const diag::SourceMap& sources, FileId file, Interner& interner,
                         diag::DiagnosticSink& sink) {
    return Parser(sources, file, interner, sink).parse_only_signature();
}

Ast parse_block_text(const diag::SourceMap& sources, FileId file, Interner& interner,
                     diag::DiagnosticSink& sink) {
    return Parser(sources, file, interner, sink).parse_only_block();
}

} // namespace tn::syntax
