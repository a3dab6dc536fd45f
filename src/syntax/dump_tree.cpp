// `tenon dump --after=tree`: a node per line, children indented, roles before what is not a plain list.
#include "syntax/dump.h"
#include "syntax/quote.h"

#include <fmt/format.h>

namespace tn::syntax {

namespace {

class TreeDumper {
public:
    TreeDumper(const Ast& ast, const Interner& interner) : ast_(ast), interner_(interner) {}

    void dump_root() {
        for (ItemId id : ast_.view(ast_.root)) dump(id);
        if (ast_.root_type.is_valid()) {
            generics(ast_.root_generics);
            dump(ast_.root_type);
        }
        if (ast_.root_expr.is_valid()) dump(ast_.root_expr);
    }
    void dump(ItemId id) {
        const Item& item = ast_.items[id];
        line(fmt::format("{}{}{}", name_of(item.kind()), item.name.is_valid() ? " " + text(item.name) : "",
                         item.is_pub ? " pub" : ""));
        indent_++;
        if (item.doc.is_valid()) line("doc " + quote_text(text(item.doc)));
        std::visit([this](const auto& node) { children(node); }, item.node);
        indent_--;
    }
    std::string take() { return std::move(out_); }

private:
    // ---- Output
    void line(std::string_view content) {
        out_.append(indent_ * 2, ' ');
        if (!role_.empty()) out_ += fmt::format("{}: ", role_);
        role_ = {};
        out_ += content;
        out_ += '\n';
    }
    template <typename Id> void role(std::string_view name, Id id) {
        if (!id.is_valid()) return;
        role_ = name;
        dump(id);
    }
    template <typename Id> void list(ListOf<Id> ids) {
        for (Id id : ast_.view(ids)) dump(id);
    }
    std::string text(SymbolId symbol) const {
        return symbol.is_valid() ? std::string(interner_.text(symbol)) : "<missing>";
    }
    std::string text(const Name& name) const { return text(name.symbol); }
    std::string path(ListOf<Name> names) const {
        std::string joined;
        for (const Name& name : ast_.view(names)) joined += (joined.empty() ? "" : ".") + text(name);
        return joined;
    }
    std::string label(const Label& name) const { return name.is_valid() ? " '" + text(name) : ""; }

    // ---- Nodes: `head` is what stands on the node's own line behind its kind.
    template <typename Node> void dump_node(std::string_view kind, const Node& node) {
        std::visit(
            [&](const auto& payload) {
                std::string own = head(payload);
                line(own.empty() ? std::string(kind) : fmt::format("{} {}", kind, own));
                indent_++;
                children(payload);
                indent_--;
            },
            node);
    }
    void dump(ExprId id) { dump_node(name_of(ast_.exprs[id].kind()), ast_.exprs[id].node); }
    void dump(StmtId id) { dump_node(name_of(ast_.stmts[id].kind()), ast_.stmts[id].node); }
    void dump(PatternId id) { dump_node(name_of(ast_.patterns[id].kind()), ast_.patterns[id].node); }
    void dump(TypeExprId id) { dump_node(name_of(ast_.types[id].kind()), ast_.types[id].node); }

    // ---- Heads
    template <typename Payload> std::string head(const Payload&) const { return {}; }
    std::string with_suffix(std::string number, SymbolId suffix) const {
        return suffix.is_valid() ? number + text(suffix) : number;
    }
    std::string head(const IntExpr& e) const {
        return with_suffix(e.overflow ? "too large " : std::to_string(e.magnitude), e.suffix);
    }
    std::string head(const FloatExpr& e) const { return with_suffix(text(e.digits), e.suffix); }
    std::string head(const BoolExpr& e) const { return e.value ? "true" : "false"; }
    std::string head(const CharExpr& e) const { return quote_char(e.value); }
    std::string head(const StringExpr& e) const { return quote_text(text(e.text)); }
    std::string head(const BytesExpr& e) const { return quote_bytes(text(e.bytes)); }
    std::string head(const NameExpr& e) const { return text(e.name); }
    std::string head(const FieldExpr& e) const { return text(e.name); }
    std::string head(const TupleFieldExpr& e) const { return std::to_string(e.index); }
    std::string head(const UnaryExpr& e) const { return std::string(text_of(e.op)); }
    std::string head(const BinaryExpr& e) const { return std::string(text_of(e.op)); }
    std::string head(const RangeExpr& e) const { return e.inclusive ? "..=" : ".."; }
    std::string head(const AssignExpr& e) const { return e.op ? std::string(text_of(*e.op)) + "=" : "="; }
    std::string head(const WhileExpr& e) const { return tail_of(label(e.label)); }
    std::string head(const LoopExpr& e) const { return tail_of(label(e.label)); }
    std::string head(const ForExpr& e) const { return tail_of(label(e.label)); }
    std::string head(const BreakExpr& e) const { return tail_of(label(e.label)); }
    std::string head(const ContinueExpr& e) const { return tail_of(label(e.label)); }
    std::string head(const ExprStmt& s) const { return s.has_semicolon ? ";" : ""; }
    std::string head(const BindingPattern& p) const { return text(p.name); }
    std::string head(const RangePattern& p) const { return p.inclusive ? "..=" : ".."; }
    std::string head(const ConstructorPattern& p) const { return path(p.path) + (p.has_parens ? "()" : ""); }
    std::string head(const RecordPattern& p) const {
        std::string name = path(p.path);
        if (!p.has_rest) return name;
        return name.empty() ? ".." : name + " ..";
    }
    std::string head(const NamedTypeExpr& t) const { return path(t.path); }
    static std::string tail_of(std::string text) { return text.empty() ? text : text.substr(1); }

    // ---- Children of expressions
    void children(const ErrorExpr&) {}
    void children(const IntExpr&) {}
    void children(const FloatExpr&) {}
    void children(const BoolExpr&) {}
    void children(const CharExpr&) {}
    void children(const StringExpr&) {}
    void children(const BytesExpr&) {}
    void children(const FStringExpr& e) {
        for (const FStringPiece& piece : ast_.view(e.pieces)) {
            if (piece.text.is_valid()) {
                line("text " + quote_text(text(piece.text)));
                continue;
            }
            line(piece.spec ? "value " + spec_text(*piece.spec) : "value");
            indent_++;
            dump(piece.expr);
            indent_--;
        }
    }
    void children(const NameExpr&) {}
    void children(const ParenExpr& e) { dump(e.inner); }
    void children(const TupleExpr& e) { list(e.elements); }
    void children(const ListExpr& e) { list(e.elements); }
    void children(const MapExpr& e) {
        for (const MapEntry& entry : ast_.view(e.entries)) {
            role("key", entry.key);
            role("value", entry.value);
        }
    }
    void children(const SetExpr& e) { list(e.elements); }
    void children(const RecordExpr& e) {
        role("path", e.path);
        for (const FieldInit& field : ast_.view(e.fields)) {
            std::string name = text(field.name);
            role(name, field.value);
        }
        role("base", e.base);
    }
    void children(const FieldExpr& e) { dump(e.base); }
    void children(const TupleFieldExpr& e) { dump(e.base); }
    void children(const IndexExpr& e) {
        role("base", e.base);
        for (const BracketArg& arg : ast_.view(e.args)) {
            role("value", arg.expr);
            role("type", arg.type);
        }
    }
    void children(const CallExpr& e) {
        role("callee", e.callee);
        for (const Arg& arg : ast_.view(e.args)) role(arg.is_mut ? "mut arg" : "arg", arg.expr);
    }
    void children(const TryExpr& e) { dump(e.operand); }
    void children(const UnaryExpr& e) { dump(e.operand); }
    void children(const BinaryExpr& e) {
        dump(e.lhs);
        dump(e.rhs);
    }
    void children(const CastExpr& e) {
        dump(e.operand);
        role("type", e.type);
    }
    void children(const RangeExpr& e) {
        role("start", e.start);
        role("end", e.end);
    }
    void children(const PipeExpr& e) {
        dump(e.value);
        dump(e.target);
    }
    void children(const AssignExpr& e) {
        role("place", e.place);
        role("value", e.value);
    }
    void children(const BlockExpr& e) {
        list(e.stmts);
        role("tail", e.tail);
    }
    void children(const IfExpr& e) {
        role("pattern", e.pattern);
        role("condition", e.condition);
        role("then", e.then_block);
        role("else", e.else_expr);
    }
    void children(const MatchExpr& e) {
        role("scrutinee", e.scrutinee);
        for (const MatchArm& arm : ast_.view(e.arms)) {
            line("arm");
            indent_++;
            role("pattern", arm.pattern);
            role("guard", arm.guard);
            role("body", arm.body);
            indent_--;
        }
    }
    void children(const WhileExpr& e) {
        role("pattern", e.pattern);
        role("condition", e.condition);
        role("body", e.body);
    }
    void children(const LoopExpr& e) { role("body", e.body); }
    void children(const ForExpr& e) {
        role("pattern", e.pattern);
        role("iterable", e.iterable);
        role("body", e.body);
    }
    void children(const BreakExpr& e) { role("value", e.value); }
    void children(const ContinueExpr&) {}
    void children(const ReturnExpr& e) { role("value", e.value); }
    void children(const AcceptExpr& e) { role("value", e.value); }
    void children(const RejectExpr& e) { role("value", e.value); }
    void children(const AssertExpr& e) {
        role("condition", e.condition);
        role("message", e.message);
    }
    void children(const ClosureExpr& e) {
        params(e.params);
        role("result", e.ret);
        role("body", e.body);
    }

    // ---- Children of statements, patterns and types
    void children(const LetStmt& s) {
        role("pattern", s.pattern);
        role("type", s.type);
        role("init", s.init);
    }
    void children(const ExprStmt& s) { dump(s.expr); }

    void children(const ErrorPattern&) {}
    void children(const WildcardPattern&) {}
    void children(const BindingPattern& p) { role("at", p.inner); }
    void children(const LiteralPattern& p) { dump(p.literal); }
    void children(const RangePattern& p) {
        role("start", p.start);
        role("end", p.end);
    }
    void children(const TuplePattern& p) { list(p.elements); }
    void children(const ConstructorPattern& p) { list(p.elements); }
    void children(const RecordPattern& p) {
        for (const FieldPattern& field : ast_.view(p.fields)) {
            std::string name = text(field.name);
            role(name, field.pattern);
        }
    }
    void children(const OrPattern& p) { list(p.alternatives); }

    void children(const ErrorTypeExpr&) {}
    void children(const NamedTypeExpr& t) { list(t.args); }
    void children(const OptionalTypeExpr& t) { dump(t.inner); }
    void children(const TupleTypeExpr& t) { list(t.elements); }
    void children(const FnTypeExpr& t) {
        for (const FnTypeParam& param : ast_.view(t.params))
            role(param.is_mut ? "mut param" : "param", param.type);
        role("result", t.ret);
    }
    void children(const NeverTypeExpr&) {}
    void children(const MutTypeExpr& t) { dump(t.inner); }
    void children(const InferTypeExpr&) {}

    // ---- Children of items
    void children(const ErrorItem&) {}
    void children(const ImportItem& i) {
        line("path " + path(i.path));
        for (const Name& name : ast_.view(i.names)) line("name " + text(name));
    }
    void children(const ConstItem& i) {
        role("type", i.type);
        role("init", i.init);
    }
    void children(const VarItem& i) {
        role("type", i.type);
        role("init", i.init);
    }
    void children(const AliasItem& i) {
        generics(i.generics);
        role("type", i.type);
    }
    void children(const RecordItem& i) {
        generics(i.generics);
        fields(i.fields);
    }
    void children(const EnumItem& i) {
        generics(i.generics);
        for (const VariantDecl& variant : ast_.view(i.variants)) {
            line("variant " + text(variant.name));
            indent_++;
            if (variant.doc.is_valid()) line("doc " + quote_text(text(variant.doc)));
            list(variant.types);
            fields(variant.fields);
            indent_--;
        }
    }
    void children(const ImplItem& i) {
        generics(i.generics);
        role("trait", i.trait);
        role("type", i.type);
        list(i.members);
    }
    void children(const TraitItem& i) {
        generics(i.generics);
        for (TypeExprId supertrait : ast_.view(i.supertraits)) role("supertrait", supertrait);
        list(i.members);
    }
    void children(const FnItem& i) {
        if (i.native_name.is_valid()) line("native " + quote_text(text(i.native_name)));
        generics(i.generics);
        params(i.params);
        if (i.is_variadic) line("variadic");
        role("result", i.ret);
        role("body", i.body);
    }
    void children(const TestItem& i) {
        line("title " + quote_text(text(i.title)));
        role("body", i.body);
    }
    void children(const NativeTypeItem&) {}
    void children(const ExternItem& i) {
        line("library " + quote_text(text(i.library)));
        list(i.members);
    }

    // ---- Parts
    void generics(ListOf<GenericParam> list_of) {
        for (const GenericParam& param : ast_.view(list_of)) {
            line("generic " + text(param.name));
            indent_++;
            for (TypeExprId bound : ast_.view(param.bounds)) role("bound", bound);
            indent_--;
        }
    }
    void params(ListOf<Param> list_of) {
        for (const Param& param : ast_.view(list_of)) {
            line(fmt::format("param{}{}", param.is_mut ? " mut" : "",
                             param.name.is_valid() ? " " + text(param.name) : ""));
            indent_++;
            if (!param.name.is_valid()) role("pattern", param.pattern);
            role("type", param.type);
            indent_--;
        }
    }
    void fields(ListOf<FieldDecl> list_of) {
        for (const FieldDecl& field : ast_.view(list_of)) {
            line("field " + text(field.name));
            indent_++;
            if (field.doc.is_valid()) line("doc " + quote_text(text(field.doc)));
            role("type", field.type);
            indent_--;
        }
    }
    std::string spec_text(const FormatSpec& spec) const {
        static constexpr std::string_view aligns[] = {"", "<", ">", "^", "="};
        static constexpr std::string_view signs[] = {"", "+", "-", " "};
        std::string out;
        auto add = [&](const std::string& part) { out += (out.empty() ? "" : " ") + part; };
        std::string_view align = aligns[static_cast<std::size_t>(spec.align)];
        std::string_view sign = signs[static_cast<std::size_t>(spec.sign)];
        if (spec.fill != U' ') add("fill=" + quote_char(spec.fill));
        if (!align.empty()) add(fmt::format("align={}", align));
        if (!sign.empty()) add(fmt::format("sign='{}'", sign));
        if (spec.alternate) add("alternate");
        if (spec.zero) add("zero");
        if (spec.width) add(fmt::format("width={}", *spec.width));
        if (spec.precision) add(fmt::format("precision={}", *spec.precision));
        if (spec.type) add(fmt::format("type={}", spec.type));
        return "[" + out + "]";
    }

    const Ast& ast_;
    const Interner& interner_;
    std::string out_;
    std::string_view role_; // of the next line
    std::size_t indent_ = 0;
};

} // namespace

std::string dump_tree(const Ast& ast, const Interner& interner) {
    TreeDumper dumper(ast, interner);
    dumper.dump_root();
    return dumper.take();
}

std::string dump_tree_of(const Ast& ast, const Interner& interner, std::string_view function) {
    TreeDumper dumper(ast, interner);
    auto is_named = [&](const Item& item, std::string_view name) {
        return item.kind() == ItemKind::Fn && item.name.is_valid() && interner.text(item.name.symbol) == name;
    };
    std::size_t dot = function.rfind('.');
    std::string_view owner = dot == std::string_view::npos ? "" : function.substr(0, dot);
    std::string_view method = dot == std::string_view::npos ? "" : function.substr(dot + 1);
    for (ItemId id : ast.view(ast.root)) {
        const Item& item = ast.items[id];
        if (is_named(item, function)) dumper.dump(id);
        const auto* impl = item.as<ImplItem>();
        if (!impl || owner.empty()) continue;
        const auto* type = ast.types[impl->type].as<NamedTypeExpr>();
        if (!type || type->path.empty()) continue;
        const Name& last = ast.view(type->path).back();
        if (!last.is_valid() || interner.text(last.symbol) != owner) continue;
        for (ItemId member : ast.view(impl->members))
            if (is_named(ast.items[member], method)) dumper.dump(member);
    }
    return dumper.take();
}

} // namespace tn::syntax
