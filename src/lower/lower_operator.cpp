// Operators that are built in for their operands' types, and conditions as control flow.
#include "lower/function_lowering.h"

#include "support/ice.h"

#include <algorithm>

namespace tn::lower {

using check::Form;
using ir::BlockId;
using ir::Cond;
using ir::Op;
using ir::ValueId;
using syntax::BinaryOp;
using syntax::ExprId;
using syntax::UnaryOp;

namespace {

struct Comparison {
    bool is_comparison = false;
    Cond cond = Cond::Eq;
};
Comparison comparison(BinaryOp op) {
    switch (op) {
    case BinaryOp::Eq: return {true, Cond::Eq};
    case BinaryOp::Ne: return {true, Cond::Ne};
    case BinaryOp::Lt: return {true, Cond::Lt};
    case BinaryOp::Le: return {true, Cond::Le};
    case BinaryOp::Gt: return {true, Cond::Gt};
    case BinaryOp::Ge: return {true, Cond::Ge};
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
    return {};
}

// The IR op for integers and floats; Return where there is none.
struct ArithmeticOps {
    Op integer, floating;
};
ArithmeticOps arithmetic_ops(BinaryOp op) {
    constexpr Op none = Op::Return;
    switch (op) {
    case BinaryOp::Mul: return {Op::Mul, Op::FMul};
    case BinaryOp::Div: return {Op::Div, Op::FDiv};
    case BinaryOp::Rem: return {Op::Rem, none};
    case BinaryOp::MulWrap: return {Op::WrapMul, none};
    case BinaryOp::Add: return {Op::Add, Op::FAdd};
    case BinaryOp::Sub: return {Op::Sub, Op::FSub};
    case BinaryOp::AddWrap: return {Op::WrapAdd, none};
    case BinaryOp::SubWrap: return {Op::WrapSub, none};
    case BinaryOp::Shl: return {Op::Shl, none};
    case BinaryOp::Shr: return {Op::Shr, none};
    case BinaryOp::BitAnd: return {Op::And, none};
    case BinaryOp::BitXor: return {Op::Xor, none};
    case BinaryOp::BitOr: return {Op::Or, none};
    case BinaryOp::Eq:
    case BinaryOp::Ne:
    case BinaryOp::Lt:
    case BinaryOp::Le:
    case BinaryOp::Gt:
    case BinaryOp::Ge:
    case BinaryOp::And:
    case BinaryOp::Or: break;
    }
    return {none, none};
}

} // namespace

void FunctionLowering::condition(ExprId id, BlockId if_true, BlockId if_false, std::uint8_t hint_flags) {
    id = strip(id);
    const syntax::Expr& e = node(id);
    if (info(id).form == Form::Constant) {
        ssa_.jump(module_->constant(info(id)).bits != 0 ? if_true : if_false);
        return;
    }
    if (info(id).form == Form::Operator) {
        if (const auto* n = e.as<syntax::UnaryExpr>(); n && n->op == UnaryOp::Not) {
            std::uint8_t swapped = hint_flags & ir::Likely     ? ir::Unlikely
                                   : hint_flags & ir::Unlikely ? ir::Likely
                                                               : 0;
            return condition(n->operand, if_false, if_true, swapped);
        }
        const auto* n = e.as<syntax::BinaryExpr>();
        if (n && (n->op == BinaryOp::And || n->op == BinaryOp::Or)) {
            BlockId second = ssa_.make_block();
            if (n->op == BinaryOp::And) {
                condition(n->lhs, second, if_false, hint_flags & ir::Likely);
            } else {
                condition(n->lhs, if_true, second, hint_flags & ir::Unlikely);
            }
            ssa_.seal(second);
            ssa_.start(second);
            Region region(*this);
            return condition(n->rhs, if_true, if_false, hint_flags);
        }
    }
    Mark mark = own_.mark();
    Row row = value(id, simple(TypeKind::Bool));
    own_.leave(mark);
    ssa_.branch(row.id(), if_true, if_false, hint_flags);
}

ValueId FunctionLowering::compare_values(BinaryOp op, const Row& a, const Row& b) {
    Cond cond = comparison(op).cond;
    Scalar s = scalar(a.type);
    if (is_float(s)) return b_.compare(Op::FCmp, cond, a.id(), b.id());
    if (is_integer(s)) return b_.compare(Op::ICmp, cond, a.id(), b.id());
    if (cond == Cond::Eq) return equal(a, b, true);
    if (cond == Cond::Ne) return b_.unary(Op::Not, Scalar::Bool, equal(a, b, true));
    return b_.compare(Op::ICmp, cond, compare(a, b), int64(0));
}

Row FunctionLowering::arithmetic(BinaryOp op, Row a, const Row& b, TypeId type) {
    Scalar s = scalar(type);
    ArithmeticOps ops = arithmetic_ops(op);
    if (is_integer(s)) return one(type, b_.binary(ops.integer, s, a.id(), b.id()));
    if (is_float(s)) {
        if (op != BinaryOp::Rem) return one(type, b_.binary(ops.floating, s, a.id(), b.id()));
        ValueId rest = rt(RuntimeFn::FRem, {convert(Scalar::F64, a.id()), convert(Scalar::F64, b.id())});
        return one(type, convert(s, rest));
    }
    TN_CHECK(op == BinaryOp::Add, "arithmetic on a type that has none");
    if (types().kind(type) == TypeKind::List) {
        return owned(type, rt(RuntimeFn::ListConcat, {a.id(), b.id(), int64(m_.desc(type).value)}));
    }
    TN_CHECK(types().kind(type) == TypeKind::String, "arithmetic on a type that has none");
    if (types().kind(b.type) == TypeKind::Char) {
        ValueId text = own_.to_owned(a.leaves[0], false);
        return owned(type, append_char(text, b.id()));
    }
    if (a.leaves[0].cleanup.is_valid() || a.leaves[0].claimed) {
        ValueId text = own_.to_owned(a.leaves[0], false);
        return owned(type, rt(RuntimeFn::StringAppend, {text, b.id()}));
    }
    return owned(type, rt(RuntimeFn::StringConcat, {a.id(), b.id()}));
}

Row FunctionLowering::unary(UnaryOp op, const Row& a, TypeId type) {
    Scalar s = scalar(type);
    switch (op) {
    case UnaryOp::Neg: return one(type, b_.unary(is_float(s) ? Op::FNeg : Op::Neg, s, a.id()));
    case UnaryOp::Not: return one(type, b_.unary(Op::Not, s, a.id()));
    }
    TN_ICE("an unknown operator");
}

Row FunctionLowering::operator_expr(ExprId id) {
    const syntax::Expr& e = node(id);
    TypeId type = type_of(id);
    if (const auto* assign = e.as<syntax::AssignExpr>()) return assign_operator(*assign, id);
    if (const auto* n = e.as<syntax::UnaryExpr>()) {
        Row a = expr(n->operand);
        if (is_never(a.type) || is_never(type)) return fit(std::move(a), type);
        at(id);
        return unary(n->op, a, type);
    }
    const auto* n = e.as<syntax::BinaryExpr>();
    TN_CHECK(n, "an operator without operands");
    if (n->op == BinaryOp::And || n->op == BinaryOp::Or) {
        BlockId yes = ssa_.make_block(), no = ssa_.make_block(), join = ssa_.make_block();
        ValueId answer = ssa_.add_param(join, Scalar::Bool);
        condition(id, yes, no);
        for (BlockId block : {yes, no}) {
            ssa_.seal(block);
            ssa_.start(block);
            ValueId known = b_.const_bool(block == yes);
            ssa_.jump(join, {&known, 1});
        }
        ssa_.seal(join);
        ssa_.start(join);
        return one(simple(TypeKind::Bool), answer);
    }
    Row a = operand(n->lhs, span(n->rhs));
    Row b = expr(n->rhs);
    if (is_never(a.type) || is_never(b.type)) return nothing(type);
    at(id);
    if (comparison(n->op).is_comparison) return one(type, compare_values(n->op, a, b));
    return arithmetic(n->op, std::move(a), b, type);
}

Row FunctionLowering::lower(const syntax::AssignExpr& n, ExprId id) {
    Place p = place(n.place, true);
    TypeId type = p.type();
    // `s = s + t` is `s += t`: the text grows where it stands.
    auto is_place = [&](const TextPart& part) {
        return part.expr.is_valid() && !part.format.has_spec && info(strip(part.expr)).form == Form::Local &&
               info(strip(part.expr)).detail == info(strip(n.place)).detail;
    };
    if (std::vector<TextPart> parts; types().kind(type) == TypeKind::String && info(strip(n.place)).form == Form::Local &&
                                     find_parts(n.value, parts) && parts.size() > 1 && is_place(parts[0])) {
        std::span<const TextPart> added = std::span(parts).subspan(1);
        if (std::ranges::all_of(added, [&](const TextPart& part) { return !part.expr.is_valid() || is_simple(part.expr); })) {
            append_parts(p, added, id);
            return unit();
        }
    }
    Row row = to_owned(fit(expr(n.value), type));
    at(id);
    assign(p, row);
    return unit();
}

Row FunctionLowering::assign_operator(const syntax::AssignExpr& n, ExprId id) {
    BinaryOp op = *n.op;
    Place p = place(n.place, true);
    TypeId type = p.type();
    if (std::vector<TextPart> parts; op == BinaryOp::Add && types().kind(type) == TypeKind::String &&
                                     find_parts(n.value, parts) && parts.size() > 1) {
        append_parts(p, parts, id);
        return unit();
    }
    Row b = operand(n.value, Span{span(id).file, span(id).begin, span(id).end + 1}); // until it is assigned
    if (is_never(b.type) || is_never(type)) return unit();
    at(id);
    if (layout(type).has_refs) {
        // The old value is taken out of its place, so that text grows where it stands.
        Row a = take_out_of(p);
        if (types().kind(type) == TypeKind::String) {
            a = to_owned(arithmetic(op, std::move(a), b, type));
            put_back(p, a);
        } else {
            a = to_pending(std::move(a));
            Row sum = to_owned(arithmetic(op, a, b, type));
            put_back(p, sum);
        }
        return unit();
    }
    Resolved place = resolve_for_write(p);
    Row a = place.in_memory ? load(place.location, type) : read_local(place.local, place.first, type);
    Row result = arithmetic(op, std::move(a), b, type);
    if (place.in_memory) {
        store(place.location, result);
    } else {
        write_local(place.local, place.first, result);
    }
    return unit();
}

} // namespace tn::lower
