// Branches and exits: if, return, break, continue, `?`, accept and reject.
#include "lower/arms.h"

#include "support/ice.h"

namespace tn::lower {

using ir::BlockId;
using ir::ValueId;
using syntax::ExprId;

std::vector<RowLeaf> FunctionLowering::add_params(BlockId block, TypeId type) {
    std::vector<RowLeaf> leaves;
    for (const Leaf& leaf : layout(type).leaves)
        leaves.push_back(RowLeaf{ssa_.add_param(block, leaf.scalar)});
    return leaves;
}

void FunctionLowering::jump_with(BlockId target, const Row& row) {
    std::vector<ValueId> args;
    for (const RowLeaf& leaf : row.leaves) args.push_back(leaf.id);
    ssa_.jump(target, args);
}

bool FunctionLowering::panics(ExprId id) const {
    id = strip(id);
    if (const auto* b = node(id).as<syntax::BlockExpr>()) {
        auto stmts = ast_->view(b->stmts);
        if (b->tail.is_valid()) return stmts.empty() && panics(b->tail);
        if (stmts.size() != 1) return false;
        const auto* stmt = ast_->stmts[stmts[0]].as<syntax::ExprStmt>();
        return stmt && panics(stmt->expr);
    }
    if (info(id).form != check::Form::Call) return false;
    const check::Call& c = module_->call(info(id));
    return c.callee == check::Callee::Builtin && BuiltinId(c.target) == BuiltinId::Panic;
}

Row FunctionLowering::lower(const syntax::IfExpr& n, ExprId id) {
    TypeId type = type_of(id);
    bool cold_then = panics(n.then_block), cold_else = n.else_expr.is_valid() && panics(n.else_expr);
    BlockId no = ssa_.make_block(cold_else);
    Mark mark = own_.mark();
    Arms arms(*this, type, span(id), mark);
    if (n.pattern.is_valid()) {
        Row matched = scrutinee(n.condition, span(id));
        bool stable = !has_pending(matched);
        Mark after = own_.mark();
        arms.split();
        std::vector<Binding> bindings;
        match(n.pattern, matched, no, bindings);
        arms.enter_bound(bindings, stable, after, n.then_block);
    } else {
        BlockId yes = ssa_.make_block(cold_then);
        std::uint8_t hint = cold_then && !cold_else ? ir::Unlikely : cold_else && !cold_then ? ir::Likely : 0;
        condition(n.condition, yes, no, hint);
        ssa_.seal(yes);
        ssa_.start(yes);
        arms.split();
        arms.add(n.then_block);
    }
    ssa_.seal(no);
    ssa_.start(no);
    own_.leave(mark);
    if (n.else_expr.is_valid()) {
        arms.add(n.else_expr);
    } else {
        arms.add_value(fit(unit(), type));
    }
    return arms.meet();
}

// ---- Exits ----

Row FunctionLowering::lower(const syntax::ReturnExpr& n, ExprId id) {
    Ownership::State before = own_.save();
    Mark mark = own_.mark();
    Row row = n.value.is_valid() ? last_use(n.value, 0) : unit();
    leave_function(to_owned(fit(std::move(row), result_type_)));
    own_.forget(mark);
    own_.restore(before);
    return Row{type_of(id), {}};
}

Row FunctionLowering::lower(const syntax::AcceptExpr& n, ExprId id) {
    Ownership::State before = own_.save();
    Mark mark = own_.mark();
    Row inner = n.value.is_valid() ? value(n.value, payload_type(result_type_, 0, 0)) : unit();
    leave_function(to_owned(make_variant(result_type_, 0, {&inner, 1})));
    own_.forget(mark);
    own_.restore(before);
    return Row{type_of(id), {}};
}

Row FunctionLowering::lower(const syntax::RejectExpr& n, ExprId id) {
    Ownership::State before = own_.save();
    Mark mark = own_.mark();
    Row inner = n.value.is_valid() ? value(n.value, payload_type(result_type_, 1, 0)) : unit();
    leave_function(to_owned(make_variant(result_type_, 1, {&inner, 1})));
    own_.forget(mark);
    own_.restore(before);
    return Row{type_of(id), {}};
}

Row FunctionLowering::lower(const syntax::TryExpr& n, ExprId id) {
    Row row = expr(n.operand);
    TypeId type = type_of(id);
    if (is_never(row.type)) return fit(std::move(row), type);
    bool is_option = types().is_option(row.type);
    unsigned good = is_option ? 1 : 0;
    BlockId ok = ssa_.make_block(), bad = ssa_.make_block();
    ssa_.branch(is_variant(row, good), ok, bad);
    ssa_.seal(ok);
    ssa_.seal(bad);
    ssa_.start(bad);
    Ownership::State before = own_.save();
    Row failure = is_option ? Row{} : payload(row, 1, 0);
    leave_function(to_owned(make_variant(result_type_, is_option ? 0 : 1, {&failure, is_option ? 0u : 1u})));
    own_.restore(before);
    ssa_.start(ok);
    return payload(row, good, 0);
}

Row FunctionLowering::lower(const syntax::BreakExpr& n, ExprId id) {
    for (const LoopFrame& frame : loops_) {
        if (frame.id != ExprId(info(id).detail)) continue;
        Ownership::State before = own_.save();
        Mark mark = own_.mark();
        Row row = n.value.is_valid() ? last_use(n.value, frame.mark) : unit();
        row = to_owned(fit(std::move(row), frame.type));
        std::vector<ValueId> values;
        for (const RowLeaf& leaf : row.leaves) values.push_back(leaf.id);
        leave_by(Exit{Exit::Kind::Jump, TrapCode::None, frame.done}, frame.mark, values);
        own_.forget(mark);
        own_.restore(before);
        return Row{type_of(id), {}};
    }
    TN_ICE("break outside its loop");
}

Row FunctionLowering::lower(const syntax::ContinueExpr&, ExprId id) {
    for (const LoopFrame& frame : loops_) {
        if (frame.id != ExprId(info(id).detail)) continue;
        leave_by(Exit{Exit::Kind::Jump, TrapCode::None, frame.next}, frame.mark, {});
        return Row{type_of(id), {}};
    }
    TN_ICE("continue outside its loop");
}

} // namespace tn::lower
