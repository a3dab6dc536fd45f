// Operators that are calls of a trait's method: what the method's answer means, compound assignment, and the
// core traits' methods on types that have them without an impl.
#include "lower/function_lowering.h"

#include "support/ice.h"

namespace tn::lower {

using ir::Cond;
using ir::Op;
using ir::ValueId;
using syntax::BinaryOp;
using syntax::ExprId;

namespace {

// The condition under which `cmp` fulfils an operator; Eq for all others.
Cond order_of(BinaryOp op) {
    switch (op) {
    case BinaryOp::Lt: return Cond::Lt;
    case BinaryOp::Le: return Cond::Le;
    case BinaryOp::Gt: return Cond::Gt;
    case BinaryOp::Ge: return Cond::Ge;
    case BinaryOp::Eq:
    case BinaryOp::Ne:
    case BinaryOp::Mul:
    case BinaryOp::Div:
    case BinaryOp::Rem:
    case BinaryOp::MulWrap:
    case BinaryOp::Add:
    case BinaryOp::Sub:
    case BinaryOp::AddWrap:
    case BinaryOp::SubWrap:
    case BinaryOp::Shl:
    case BinaryOp::Shr:
    case BinaryOp::BitAnd:
    case BinaryOp::BitXor:
    case BinaryOp::BitOr:
    case BinaryOp::And:
    case BinaryOp::Or: break;
    }
    return Cond::Eq;
}

} // namespace

Row FunctionLowering::operator_call(ExprId id) {
    const syntax::Expr& e = node(id);
    if (const auto* assign = e.as<syntax::AssignExpr>()) return assign_by_call(*assign, id);
    const check::Call& c = module_->call(info(id));
    Callable callee = callable(c, TypeId());
    std::vector<Row> args;
    for (std::size_t i = 0; i < c.args.size(); ++i) {
        args.push_back(operand(c.args[i].expr, span(id)));
        if (is_never(args.back().type)) return nothing(type_of(id));
        args.back() = fit(std::move(args.back()), callee.shape.params[i].type);
    }
    at(id);
    const auto* binary = e.as<syntax::BinaryExpr>();
    if (binary) return operate(callee, binary->op, args, type_of(id));
    return invoke(callee, args).result;
}

Row FunctionLowering::operate(const Callable& callee, BinaryOp op, std::span<const Row> args, TypeId type) {
    Cond order = order_of(op);
    bool is_built_in = callee.callee == check::Callee::Trait;
    TypeId boolean = simple(TypeKind::Bool);
    if (op == BinaryOp::Eq || op == BinaryOp::Ne) {
        ValueId same = is_built_in ? equal(args[0], args[1], true) : invoke(callee, args).result.id();
        return one(boolean, op == BinaryOp::Eq ? same : b_.unary(Op::Not, Scalar::Bool, same));
    }
    if (order != Cond::Eq) {
        if (is_built_in) return one(boolean, ordered(order, args[0], args[1]));
        return one(boolean, b_.compare(Op::ICmp, order, invoke(callee, args).result.id(), int64(0)));
    }
    return is_built_in ? arithmetic(op, args[0], args[1], type) : invoke(callee, args).result;
}

// `a += b` is `a = a + b`, with the way to `a` taken once.
Row FunctionLowering::assign_by_call(const syntax::AssignExpr& n, ExprId id) {
    const check::Call& c = module_->call(info(id));
    Callable callee = callable(c, TypeId());
    if (callee.callee == check::Callee::Trait) return assign_operator(n, id);
    Place p = place(n.place, true);
    if (is_never(p.type())) {
        effect(n.value);
        return unit();
    }
    Row b = operand(n.value, Span{span(id).file, span(id).begin, span(id).end + 1}); // until it is assigned
    if (is_never(b.type)) return unit();
    at(id);
    Row args[] = {to_pending(read(p)), fit(std::move(b), callee.shape.params[1].type)};
    Row result = invoke(callee, args).result;
    assign(p, to_owned(fit(std::move(result), p.type())));
    return unit();
}

// `x[i] = v` and `x[i] += v` by methods: x, i and v are evaluated once, in this order.
Row FunctionLowering::index_set(ExprId id) {
    const auto& n = *node(id).as<syntax::AssignExpr>();
    const check::IndexSet& how = module_->index_sets[info(id).detail];
    const check::Call& set = module_->calls[how.set];
    Callable setter = callable(set, TypeId());
    Span until{span(id).file, span(id).begin, span(id).end + 1};
    Place p = place(set.args[0].expr, true);
    Row index = operand(set.args[1].expr, until);
    Row value = operand(n.value, until);
    if (is_never(p.type()) || is_never(index.type) || is_never(value.type)) return unit();
    at(id);
    bool is_list = setter.callee == check::Callee::Trait; // a bound that a list fulfils
    if (is_list) p.add_index(index.id(), b_.loc(), setter.shape.params[2].type);
    if (n.op) {
        Row old;
        if (is_list) {
            old = read(p);
        } else {
            Row args[] = {to_pending(read(p)), index};
            old = invoke(callable(module_->calls[how.get], TypeId()), args).result;
        }
        Row both[] = {std::move(old), std::move(value)};
        TypeId type = both[0].type;
        if (how.op.is_valid()) {
            value = operate(callable(module_->calls[how.op], TypeId()), *n.op, both, type);
        } else {
            value = arithmetic(*n.op, both[0], both[1], type);
        }
    }
    if (is_list) {
        assign(p, to_owned(fit(std::move(value), p.type())));
        return unit();
    }
    Row args[] = {take_out_of(p), std::move(index), fit(std::move(value), setter.shape.params[2].type)};
    Outcome called = invoke(setter, args);
    put_back(p, called.outs[0]);
    return unit();
}

Row FunctionLowering::core_method(CoreTrait trait, std::span<const Row> args, TypeId type) {
    switch (trait) {
    case CoreTrait::Add: return arithmetic(BinaryOp::Add, args[0], args[1], type);
    case CoreTrait::Sub: return arithmetic(BinaryOp::Sub, args[0], args[1], type);
    case CoreTrait::Mul: return arithmetic(BinaryOp::Mul, args[0], args[1], type);
    case CoreTrait::Div: return arithmetic(BinaryOp::Div, args[0], args[1], type);
    case CoreTrait::Rem: return arithmetic(BinaryOp::Rem, args[0], args[1], type);
    case CoreTrait::BitAnd: return arithmetic(BinaryOp::BitAnd, args[0], args[1], type);
    case CoreTrait::BitOr: return arithmetic(BinaryOp::BitOr, args[0], args[1], type);
    case CoreTrait::BitXor: return arithmetic(BinaryOp::BitXor, args[0], args[1], type);
    case CoreTrait::Shl: return arithmetic(BinaryOp::Shl, args[0], args[1], type);
    case CoreTrait::Shr: return arithmetic(BinaryOp::Shr, args[0], args[1], type);
    case CoreTrait::Neg: return unary(syntax::UnaryOp::Neg, args[0], type);
    case CoreTrait::Eq: return one(type, equal(args[0], args[1], true));
    case CoreTrait::Ord: return one(type, compare(args[0], args[1]));
    case CoreTrait::Show: return show_text(args[0]);
    case CoreTrait::Index: return read_element(args[0], args[1], type);
    case CoreTrait::Hash: return one(type, hash(args[0]));
    case CoreTrait::Iterate: break;
    }
    TN_ICE("a trait without a built-in meaning for " + types().print(args[0].type));
}

} // namespace tn::lower
