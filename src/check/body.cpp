// Entry points for each kind of body, and the scopes of local variables.
#include "check/body.h"

#include "check/wording.h"

namespace tn::check {

BodyChecker::BodyChecker(Program& program, Body body)
    : program_(program),
      types_(program.types),
      body_(std::move(body)),
      module_(program.out.modules[body_.module]),
      infer_(program.types, program.facts),
      solver_(program, infer_, {}) {}

void BodyChecker::check_fn(FnId id) {
    const FnDecl& decl = program_.fn_decl(id);
    Fn fn = program_.out.fns[id];
    if (!body_.root.is_valid()) return; // reported by the parser
    const syntax::FnItem& node = program_.node_of_body(id, body_);
    self_type_ = decl.self_type;
    generics_ = &decl.generics;
    solver_.set_bounds(program_.with_supers(decl.generics.bounds));
    result_ = fn.result;
    result_span_ = node.ret.is_valid() ? tree().types[node.ret].span : fn.span;
    fn_name_ = fn.name;
    Bindings bindings;
    std::span<const syntax::Param> nodes = view(node.params);
    for (std::size_t i = 0; i < nodes.size(); ++i) bind_param(fn.params[i], nodes[i], bindings);
    program_.out.fns[id].params = fn.params;
    for (const auto& [name, local] : bindings.names) bring_into_scope(name, local);

    Expect expect{fn.result, node.ret.is_valid() ? result_span_ : Span{}};
    const auto* block = expr(body_.root).as<syntax::BlockExpr>();
    TypeKind result_kind = types_.kind(fn.result);
    // A block without a value is missing one, rather than having the wrong one.
    bool may_lack_value = block && !block->tail.is_valid() && result_kind != TypeKind::Unit;
    if (may_lack_value) {
        TypeId type = check(body_.root);
        if (!is_never(type) && result_kind != TypeKind::Error) {
            diag::DiagnosticBuilder builder = report(Diag::MissingReturn, fn.span, fn.name, print(fn.result));
            if (node.ret.is_valid()) builder.label(result_span_, "because of this type");
            std::span<const StmtId> stmts = view(block->stmts);
            const auto* last = stmts.empty() ? nullptr : tree().stmts[stmts.back()].as<syntax::ExprStmt>();
            if (last && last->has_semicolon && infer_.unify(info(last->expr).type, fn.result)) {
                builder.hint("remove the `;` at the end to return this value");
            }
        }
    } else {
        check(body_.root, expect);
    }
    finish();
}

// Makes the variables of a parameter whose type is known. They are in scope when all parameters are bound.
void BodyChecker::bind_param(Param& param, const syntax::Param& node, Bindings& bindings) {
    std::size_t first_local = body_.locals.size();
    bool is_name = node.name.is_valid() && !(node.pattern.is_valid() && is_capitalized(text(node.name.symbol)));
    if (is_name) {
        SymbolId name = node.name.symbol;
        bool is_twice = false;
        for (const auto& [known, local] : bindings.names) {
            if (known != name) continue;
            report(Diag::DuplicateName, node.name.span, text(name))
                .label(body_.locals[local].span, "first defined here");
            is_twice = true;
        }
        param.local = add_local(name, param.type, node.name.span);
        if (!is_twice) bindings.names.emplace_back(name, param.local);
        if (node.pattern.is_valid()) {
            info(node.pattern) = PatternInfo{param.type, PatternForm::Bind, param.local.value, 0};
            patterns_.push_back(node.pattern);
        }
        body_.locals[param.local].is_mut = param.is_mut;
    } else if (node.pattern.is_valid()) {
        bind_pattern(node.pattern, param.type, bindings);
        matches_.push_back({ExprId(), node.pattern, param.type, tree().patterns[node.pattern].span});
    }
    for (std::size_t l = first_local; l < body_.locals.size(); ++l) body_.locals[LocalId(l)].is_param = true;
}

void BodyChecker::check_global(GlobalId id) {
    const Global& global = program_.out.globals[id];
    if (!body_.root.is_valid()) return;
    check(body_.root, Expect{global.type, program_.global_type_span(id)});
    finish();
}

void BodyChecker::check_test() {
    if (!body_.root.is_valid()) return;
    result_ = simple(TypeKind::Unit);
    fn_name_ = "this test";
    check(body_.root, Expect{result_, Span{}});
    finish();
}

LocalId BodyChecker::add_local(SymbolId name, TypeId type, Span span) {
    Local local;
    local.name = text(name);
    local.type = type;
    local.span = span;
    local_uses_.push_back(LocalUses{static_cast<std::uint32_t>(closures_.size()), 0, 0, false});
    uses_slices_ |= types_.kind(type) == TypeKind::Slice;
    return body_.locals.push_back(std::move(local));
}

void BodyChecker::bring_into_scope(SymbolId name, LocalId local) {
    visible_[name].push_back(local);
    scope_.push_back(name);
}

std::optional<LocalId> BodyChecker::find_local(SymbolId name) const {
    auto it = visible_.find(name);
    if (it == visible_.end() || it->second.empty()) return {};
    return it->second.back();
}

void BodyChecker::close_scope(std::size_t mark) {
    while (scope_.size() > mark) {
        visible_[scope_.back()].pop_back();
        scope_.pop_back();
    }
}

std::vector<std::string_view> BodyChecker::local_names() const {
    std::vector<std::string_view> names;
    for (SymbolId name : scope_) names.push_back(text(name));
    return names;
}

TypeId BodyChecker::resolve_type(TypeExprId id, bool is_result) {
    TypeScope scope;
    scope.module = body_.module;
    scope.self = self_type_;
    scope.generics = generics_;
    std::vector<std::pair<TypeId, Span>> bounded;
    scope.bounded = &bounded;
    scope.infer = [this](Span span) { return fresh(span, "this `_`"); };
    std::size_t before = program_.sink.error_count();
    TypeId type = program_.resolve_type(scope, id, is_result);
    error_count_ += program_.sink.error_count() - before;
    for (const auto& [named, span] : bounded) require_bounds_of(named, span);
    return type;
}

ExprId BodyChecker::without_parens(ExprId id) const {
    while (const auto* paren = expr(id).as<syntax::ParenExpr>()) id = paren->inner;
    return id;
}

void BodyChecker::set_constant(ExprId id, Constant constant) {
    set(id, Form::Constant, static_cast<std::uint32_t>(module_.constants.size()));
    module_.constants.push_back(constant);
}

} // namespace tn::check
