// Operators: which types they take, and what waits until the types are known.
#include "check/body.h"

namespace tn::check {

namespace {

using syntax::BinaryOp;
using syntax::UnaryOp;

enum class OpClass : std::uint8_t { Arithmetic, Wrapping, Bits, Shift, Equality, Order, Logic };

OpClass class_of(BinaryOp op) {
    switch (op) {
    case BinaryOp::Mul:
    case BinaryOp::Div:
    case BinaryOp::Rem:
    case BinaryOp::Add:
    case BinaryOp::Sub: return OpClass::Arithmetic;
    case BinaryOp::MulWrap:
    case BinaryOp::AddWrap:
    case BinaryOp::SubWrap: return OpClass::Wrapping;
    case BinaryOp::Shl:
    case BinaryOp::Shr: return OpClass::Shift;
    case BinaryOp::BitAnd:
    case BinaryOp::BitXor:
    case BinaryOp::BitOr: return OpClass::Bits;
    case BinaryOp::Eq:
    case BinaryOp::Ne: return OpClass::Equality;
    case BinaryOp::Lt:
    case BinaryOp::Le:
    case BinaryOp::Gt:
    case BinaryOp::Ge: return OpClass::Order;
    case BinaryOp::And:
    case BinaryOp::Or: return OpClass::Logic;
    }
    return OpClass::Arithmetic;
}

} // namespace

TypeId BodyChecker::visit(ExprId id, const syntax::UnaryExpr& node, const Expect&) {
    if (node.op == UnaryOp::Neg) {
        // A `-` before a number belongs to the number.
        if (const auto* number = expr(node.operand).as<syntax::IntExpr>()) {
            TypeId type = visit(node.operand, *number, Expect::any());
            ints_.back().id = id;
            ints_.back().negative = true;
            return type;
        }
        if (const auto* number = expr(node.operand).as<syntax::FloatExpr>()) {
            TypeId type = visit(node.operand, *number, Expect::any());
            floats_.back().id = id;
            floats_.back().negative = true;
            return type;
        }
    }
    Pending op;
    op.id = id;
    op.is_unary = true;
    op.unary_op = node.op;
    op.op_span = node.op_span;
    op.lhs = check(node.operand);
    op.lhs_expr = node.operand;
    return apply(op);
}

TypeId BodyChecker::visit(ExprId id, const syntax::BinaryExpr& node, const Expect&) {
    switch (class_of(node.op)) {
    case OpClass::Logic: {
        Expect boolean{simple(TypeKind::Bool), Span{}};
        TypeId lhs = check(node.lhs, boolean);
        check(node.rhs, boolean);
        set(id, Form::Operator, 0);
        return is_never(lhs) ? lhs : simple(TypeKind::Bool);
    }
    case OpClass::Equality:
    case OpClass::Order: return compare(id, node);
    case OpClass::Arithmetic:
    case OpClass::Wrapping:
    case OpClass::Bits:
    case OpClass::Shift: break;
    }
    Pending op;
    op.id = id;
    op.binary_op = node.op;
    op.op_span = node.op_span;
    op.lhs = check(node.lhs);
    op.rhs = check(node.rhs);
    op.lhs_expr = node.lhs;
    op.rhs_expr = node.rhs;
    return apply(op);
}

TypeId BodyChecker::compare(ExprId id, const syntax::BinaryExpr& node) {
    TypeId lhs = check(node.lhs);
    TypeId rhs = check(node.rhs);
    set(id, Form::Operator, 0);
    if (is_never(lhs)) return lhs;
    if (is_never(rhs)) return simple(TypeKind::Bool);
    // `a < b < c` was reported by the parser.
    const auto* chained = expr(node.lhs).as<syntax::BinaryExpr>();
    if (chained && (class_of(chained->op) == OpClass::Equality || class_of(chained->op) == OpClass::Order)) {
        return error();
    }
    if (!infer_.unify(lhs, rhs)) {
        Pending op;
        op.binary_op = node.op;
        op.op_span = node.op_span;
        op.lhs = lhs;
        op.rhs = rhs;
        op.lhs_expr = node.lhs;
        op.rhs_expr = node.rhs;
        bad_operands(op);
        return simple(TypeKind::Bool);
    }
    compares_.push_back({id, node.lhs, node.rhs, lhs, class_of(node.op) == OpClass::Order, text_of(node.op), node.op_span});
    return simple(TypeKind::Bool);
}

// The type of the operator's value, which is a variable as long as the operands' types are not known.
TypeId BodyChecker::apply(Pending op) {
    if (op.index_set == no_index_set) set(op.id, Form::Operator, 0);
    TypeId result;
    switch (op.is_unary ? try_unary(op, false, result) : try_apply(op, false, result)) {
    case Outcome::Done: return result;
    case Outcome::Failed: bad_operands(op); return error();
    case Outcome::Waits: break;
    }
    op.result = fresh(op.op_span, "the value of this operator");
    pending_.push_back(op);
    return op.result;
}

BodyChecker::Outcome BodyChecker::try_unary(const Pending& op, bool is_last, TypeId& result) {
    TypeId type = infer_.shallow(op.lhs);
    result = type;
    if (is_error(type) || is_never(type)) return Outcome::Done;
    if (infer_.is_var(type, VarKind::General)) return is_last ? Outcome::Failed : Outcome::Waits;
    if (infer_.is_var(type)) {
        if (op.unary_op == UnaryOp::Not)
            return infer_.is_var(type, VarKind::Int) ? Outcome::Done : Outcome::Failed;
        negations_.push_back(op); // it may turn out unsigned
        return Outcome::Done;
    }
    if (op.unary_op == UnaryOp::Not) {
        bool fits = program_.facts.is_integer(type) || types_.kind(type) == TypeKind::Bool;
        return fits ? Outcome::Done : Outcome::Failed;
    }
    bool fits = program_.facts.is_float(type) ||
                (types_.is_integer(type) && is_signed(type_kind_scalar(types_.kind(type))));
    return fits ? Outcome::Done : try_trait(op, is_last, result);
}

BodyChecker::Outcome BodyChecker::try_apply(const Pending& op, bool is_last, TypeId& result) {
    TypeId lhs = infer_.shallow(op.lhs);
    TypeId rhs = infer_.shallow(op.rhs);
    result = error();
    if (is_error(lhs) || is_error(rhs)) return Outcome::Done;
    if (is_never(lhs) || is_never(rhs)) {
        result = simple(TypeKind::Never);
        return Outcome::Done;
    }
    OpClass op_class = class_of(op.binary_op);
    const TypeFacts& facts = program_.facts;
    auto is_int = [&](TypeId type) { return facts.is_integer(type) || infer_.is_var(type, VarKind::Int); };
    auto is_number = [&](TypeId type) {
        return is_int(type) || facts.is_numeric(type) || infer_.is_var(type, VarKind::Float);
    };
    if (infer_.is_var(lhs, VarKind::General) || infer_.is_var(rhs, VarKind::General)) {
        // A user's type may say what its other operand is.
        TypeKind known = types_.kind(lhs);
        bool has_impls = known == TypeKind::Record || known == TypeKind::Enum || known == TypeKind::Host ||
                         known == TypeKind::Param;
        if (has_impls && !is_number(lhs)) {
            if (Outcome outcome = try_trait(op, false, result); outcome != Outcome::Waits) return outcome;
        }
        if (!is_last) return Outcome::Waits;
        // Nothing else decides: both are the same type, and so is the value.
        if (!infer_.unify(lhs, rhs)) return Outcome::Failed;
        if (op.result.is_valid()) infer_.unify(lhs, op.result);
        lhs = infer_.shallow(lhs);
        rhs = infer_.shallow(rhs);
        if (infer_.is_var(lhs, VarKind::General)) return Outcome::Failed;
    }
    result = lhs;
    TypeKind kind = types_.kind(lhs);
    switch (op_class) {
    case OpClass::Shift:
        return is_int(lhs) && is_int(rhs) ? Outcome::Done : try_trait(op, is_last, result);
    case OpClass::Bits: {
        bool has_it = is_int(lhs) ? is_int(rhs) : kind == TypeKind::Bool && types_.kind(rhs) == kind;
        if (!has_it) return try_trait(op, is_last, result);
        return infer_.unify(lhs, rhs) ? Outcome::Done : Outcome::Failed;
    }
    case OpClass::Wrapping:
        if (!is_int(lhs)) return Outcome::Failed;
        return infer_.unify(lhs, rhs) ? Outcome::Done : Outcome::Failed;
    case OpClass::Arithmetic:
        if (is_number(lhs) && is_number(rhs)) return infer_.unify(lhs, rhs) ? Outcome::Done : Outcome::Failed;
        if (op.binary_op == BinaryOp::Add && kind == TypeKind::String &&
            (types_.kind(rhs) == TypeKind::String || types_.kind(rhs) == TypeKind::Char)) {
            return Outcome::Done;
        }
        if (op.binary_op == BinaryOp::Add && kind == TypeKind::List && types_.kind(rhs) == TypeKind::List) {
            return infer_.unify(lhs, rhs) ? Outcome::Done : Outcome::Failed;
        }
        return try_trait(op, is_last, result);
    case OpClass::Equality:
    case OpClass::Order:
    case OpClass::Logic: break; // not asked
    }
    return Outcome::Failed;
}

void BodyChecker::bad_operands(const Pending& op) {
    TypeId lhs = infer_.shallow(op.lhs);
    if (op.is_unary) {
        if (infer_.is_var(lhs, VarKind::General)) {
            cannot_infer(lhs, span_of(op.lhs_expr), "this operand");
            return;
        }
        diag::DiagnosticBuilder builder =
            report(Diag::BadOperand, op.op_span, text_of(op.unary_op), print(lhs));
        if (op.unary_op == UnaryOp::Neg && types_.is_integer(lhs))
            builder.hint("an unsigned integer has no negative");
        if (op.unary_op == UnaryOp::Not) builder.hint("`!` takes a `bool` or an integer");
        suggest_operator(op, lhs, builder);
        return;
    }
    TypeId rhs = infer_.shallow(op.rhs);
    if (infer_.is_var(lhs, VarKind::General) && infer_.is_var(rhs, VarKind::General)) {
        cannot_infer(lhs, span_of(op.lhs_expr), "this operand");
        infer_.unify(rhs, error());
        return;
    }
    std::string left = print(lhs);
    std::string right = print(rhs);
    diag::DiagnosticBuilder builder =
        report(Diag::BadOperands, op.op_span, text_of(op.binary_op), left, right);
    builder.label(span_of(op.lhs_expr), "`" + left + "`").label(span_of(op.rhs_expr), "`" + right + "`");
    auto is_number = [&](TypeId type) {
        return types_.is_numeric(type) || infer_.is_var(type, VarKind::Int) ||
               infer_.is_var(type, VarKind::Float);
    };
    if (is_number(lhs) && is_number(rhs) && left != right) {
        // The integer of a mixed pair is the one to convert.
        bool convert_left = types_.is_float(rhs) || infer_.is_var(rhs, VarKind::Float);
        std::string hint =
            convert_left ? conversion_hint(op.lhs_expr, lhs, rhs) : conversion_hint(op.rhs_expr, rhs, lhs);
        if (!hint.empty()) builder.hint(hint);
    } else if (op.binary_op == BinaryOp::Add &&
               (types_.kind(lhs) == TypeKind::String || types_.kind(rhs) == TypeKind::String)) {
        builder.hint("put values into text with an f-string: `f\"… {x} …\"`");
    } else if (types_.is_option(lhs) || types_.is_option(rhs)) {
        builder.hint(
            "take the value out of the option first: `match`, `if let Some(x) = …` or `.unwrap_or(…)`");
    } else {
        suggest_operator(op, lhs, builder);
    }
}

// Tries waiting operators again, as long as that decides something. True if anything was decided.
bool BodyChecker::retry_pending(bool is_last) {
    bool any = false;
    for (bool progress = true; progress;) {
        progress = false;
        std::vector<Pending> waiting;
        waiting.swap(pending_);
        for (const Pending& op : waiting) {
            TypeId result;
            switch (op.is_unary ? try_unary(op, is_last, result) : try_apply(op, is_last, result)) {
            case Outcome::Waits: pending_.push_back(op); continue;
            case Outcome::Failed:
                bad_operands(op);
                result = error();
                break;
            case Outcome::Done: break;
            }
            progress = any = true;
            if (is_never(result)) result = error(); // unreachable code
            if (!infer_.unify(op.result, result)) {
                report(Diag::TypeMismatch, span_of(op.id), print(op.result), print(result));
            }
        }
        if (is_last) break;
        // Each round decides at least one; a chain of them in order takes one round.
    }
    return any;
}

} // namespace tn::check
