// Blocks, statements, branches, loops and the ways out of them.
#include "check/body.h"

namespace tn::check {

TypeId BodyChecker::visit(ExprId, const syntax::BlockExpr& node, const Expect& expect) {
    std::size_t mark = open_scope();
    bool diverges = false;
    bool warned = false;
    auto warn = [&](Span span) {
        if (diverges && !warned) program_.sink.report(Diag::UnreachableCode, span);
        warned |= diverges;
    };
    for (StmtId stmt : view(node.stmts)) {
        warn(tree().stmts[stmt].span);
        diverges |= check_stmt(stmt);
    }
    TypeId type = simple(TypeKind::Unit);
    if (node.tail.is_valid()) {
        warn(span_of(node.tail));
        type = check(node.tail, expect);
    }
    close_scope(mark);
    return diverges ? simple(TypeKind::Never) : type;
}

bool BodyChecker::check_stmt(StmtId id) {
    const syntax::Stmt& stmt = tree().stmts[id];
    if (const auto* let = stmt.as<syntax::LetStmt>()) {
        check_let(*let);
        return let->init.is_valid() && is_never(info(let->init).type);
    }
    const auto* plain = stmt.as<syntax::ExprStmt>();
    return is_never(check(plain->expr));
}

void BodyChecker::check_let(const syntax::LetStmt& node) {
    Expect expect;
    if (node.type.is_valid()) {
        Span span = tree().types[node.type].span;
        expect = Expect{resolve_type(node.type), span};
    }
    TypeId type = node.init.is_valid() ? check(node.init, expect) : error();
    if (!expect.is_any()) type = expect.type;
    check_pattern(node.pattern, type);
    matches_.push_back({ExprId(), node.pattern, type, tree().patterns[node.pattern].span});
}

// ---- Branches ----------------------------------------------------------------------------------------

BodyChecker::Arms BodyChecker::open_arms(const Expect& expect, Span origin) {
    Arms arms;
    arms.type = expect.is_any() ? fresh(origin, "the value of these arms") : expect.type;
    arms.expect = expect.is_any() ? Expect{arms.type, Span{}, "because of this arm"} : expect;
    return arms;
}

void BodyChecker::check_arm(Arms& arms, ExprId arm) {
    TypeId type = check(arm, arms.expect);
    if (is_never(type)) return;
    arms.all_never = false;
    if (!arms.expect.reason.file.is_valid() && arms.expect.text == "because of this arm") {
        ExprId value = arm;
        while (const auto* block = expr(value).as<syntax::BlockExpr>()) {
            if (!block->tail.is_valid()) break;
            value = block->tail;
        }
        arms.expect.reason = span_of(value);
    }
}

// The pattern's names are in scope afterwards.
void BodyChecker::check_condition(PatternId pattern, ExprId condition, std::string_view word) {
    if (pattern.is_valid()) {
        TypeId type = check(condition);
        check_pattern(pattern, type);
        return;
    }
    // `if a = b` was reported by the parser.
    bool assigns = expr(without_parens(condition)).as<syntax::AssignExpr>() != nullptr;
    check(condition, assigns ? Expect::any() : Expect{simple(TypeKind::Bool), Span{}, word});
}

TypeId BodyChecker::visit(ExprId id, const syntax::IfExpr& node, const Expect& expect) {
    std::size_t mark = open_scope();
    check_condition(node.pattern, node.condition, "if");
    bool diverges = is_never(info(node.condition).type);
    TypeId type;
    if (!node.else_expr.is_valid()) {
        check(node.then_block, Expect{simple(TypeKind::Unit), Span{}});
        close_scope(mark);
        type = simple(TypeKind::Unit);
    } else {
        Arms arms = open_arms(expect, span_of(id));
        check_arm(arms, node.then_block);
        close_scope(mark);
        check_arm(arms, node.else_expr);
        type = close_arms(arms);
    }
    return diverges ? simple(TypeKind::Never) : type;
}

TypeId BodyChecker::visit(ExprId id, const syntax::MatchExpr& node, const Expect& expect) {
    TypeId scrutinee = check(node.scrutinee);
    Arms arms = open_arms(expect, span_of(id));
    for (const syntax::MatchArm& arm : view(node.arms)) {
        std::size_t mark = open_scope();
        check_pattern(arm.pattern, scrutinee);
        if (arm.guard.is_valid()) check(arm.guard, Expect{simple(TypeKind::Bool), Span{}});
        check_arm(arms, arm.body);
        close_scope(mark);
    }
    matches_.push_back({id, PatternId(), scrutinee, span_of(node.scrutinee)});
    return is_never(scrutinee) ? scrutinee : close_arms(arms);
}

// ---- Loops -------------------------------------------------------------------------------------------

TypeId BodyChecker::visit(ExprId id, const syntax::WhileExpr& node, const Expect&) {
    std::size_t mark = open_scope();
    check_condition(node.pattern, node.condition, "while");
    loops_.push_back({id, node.label.symbol, false, false, Expect::any(), TypeId()});
    check(node.body, Expect{simple(TypeKind::Unit), Span{}});
    loops_.pop_back();
    close_scope(mark);
    return is_never(info(node.condition).type) ? simple(TypeKind::Never) : simple(TypeKind::Unit);
}

TypeId BodyChecker::visit(ExprId id, const syntax::LoopExpr& node, const Expect& expect) {
    TypeId type = expect.is_any() ? fresh(span_of(id), "the value of this `loop`") : expect.type;
    Expect value = expect.is_any() ? Expect{type, Span{}, "because of this `break`"} : expect;
    loops_.push_back({id, node.label.symbol, true, false, value, type});
    check(node.body, Expect{simple(TypeKind::Unit), Span{}});
    bool has_break = loops_.back().has_break;
    loops_.pop_back();
    return has_break ? type : simple(TypeKind::Never);
}

std::optional<std::size_t> BodyChecker::find_loop(const syntax::Label& label, std::string_view word,
                                                  Span span) {
    if (loops_.empty() && !label.is_valid()) {
        report(Diag::BreakOutsideLoop, span, word);
        return {};
    }
    if (!label.is_valid()) return loops_.size() - 1;
    for (std::size_t i = loops_.size(); i-- > 0;) {
        if (loops_[i].label == label.symbol) return i;
    }
    report(Diag::UnknownLabel, label.span, text(label.symbol));
    return {};
}

TypeId BodyChecker::visit(ExprId id, const syntax::BreakExpr& node, const Expect&) {
    std::optional<std::size_t> found = find_loop(node.label, "break", span_of(id));
    if (!found) {
        if (node.value.is_valid()) check(node.value);
        return simple(TypeKind::Never);
    }
    info(id).detail = loops_[*found].id.value;
    if (!loops_[*found].takes_value) {
        if (node.value.is_valid()) {
            check(node.value);
            report(Diag::BreakWithValue, span_of(node.value));
        }
        loops_[*found].has_break = true;
        return simple(TypeKind::Never);
    }
    if (!node.value.is_valid()) {
        loops_[*found].has_break = true;
        if (!fit(id, simple(TypeKind::Unit), loops_[*found].expect)) return simple(TypeKind::Never);
    } else {
        Expect expect = loops_[*found].expect;
        TypeId type = check(node.value, expect);
        if (is_never(type)) return type;
        loops_[*found].has_break = true;
    }
    Loop& loop = loops_[*found];
    if (!loop.expect.reason.file.is_valid() && loop.expect.text == "because of this `break`") {
        loop.expect.reason = span_of(id);
    }
    return simple(TypeKind::Never);
}

TypeId BodyChecker::visit(ExprId id, const syntax::ContinueExpr& node, const Expect&) {
    if (auto found = find_loop(node.label, "continue", span_of(id)))
        info(id).detail = loops_[*found].id.value;
    return simple(TypeKind::Never);
}

TypeId BodyChecker::visit(ExprId, const syntax::AssertExpr& node, const Expect&) {
    TypeId condition = check(node.condition, Expect{simple(TypeKind::Bool), Span{}});
    if (node.message.is_valid()) check(node.message, Expect{simple(TypeKind::String), Span{}});
    // A failing comparison shows its operands; what cannot be shown fails the comparison already.
    return is_never(condition) ? condition : simple(TypeKind::Unit);
}

} // namespace tn::check
