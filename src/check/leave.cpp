// The ways out of a function or closure: `return`, `?`, `accept` and `reject`.
#include "check/body.h"

namespace tn::check {

TypeId BodyChecker::visit(ExprId id, const syntax::ReturnExpr& node, const Expect&) {
    if (!result_.is_valid()) {
        report(Diag::ReturnOutsideFunction, span_of(id), "return");
        if (node.value.is_valid()) check(node.value);
        return simple(TypeKind::Never);
    }
    if (node.value.is_valid()) {
        returned_ = node.value;
        check(node.value, Expect{result_, result_span_});
    } else {
        fit(id, simple(TypeKind::Unit), Expect{result_, result_span_});
    }
    return simple(TypeKind::Never);
}

TypeId BodyChecker::visit(ExprId id, const syntax::TryExpr& node, const Expect&) {
    TypeId operand = settle(check(node.operand), span_of(node.operand), "this value");
    if (is_error(operand) || is_never(operand)) return operand;
    bool is_result = is_enum(operand, types_.result_id);
    if (!is_result && !types_.is_option(operand)) {
        report(Diag::BadTry, span_of(id), print(operand), result_.is_valid() ? print(result_) : "()")
            .hint("`?` takes an `Option` or a `Result`");
        return error();
    }
    TypeId value = types_.arg(operand, 0);
    if (!result_.is_valid()) {
        report(Diag::ReturnOutsideFunction, span_of(id), "?");
        return value;
    }
    TypeId result = infer_.shallow(result_);
    if (is_error(result)) return value;
    if (infer_.is_var(result, VarKind::General)) { // of a closure
        TypeId success = fresh(span_of(id), "the value of this closure");
        TypeId parts[] = {success, is_result ? types_.arg(operand, 1) : TypeId()};
        TypeId wanted =
            is_result ? types_.make(TypeKind::Enum, parts, types_.result_id.value) : types_.option(success);
        infer_.unify(result, wanted);
        return value;
    }
    bool fits = is_result ? is_enum(result, types_.result_id) &&
                                infer_.unify(types_.arg(operand, 1), types_.arg(result, 1))
                          : types_.is_option(result);
    if (!fits) bad_try(id, operand, result);
    return value;
}

void BodyChecker::bad_try(ExprId id, TypeId operand, TypeId result) {
    diag::DiagnosticBuilder builder = report(Diag::BadTry, span_of(id), print(operand), print(result));
    if (result_span_.file.is_valid()) builder.label(result_span_, "because of this type");
    bool from_result = is_enum(operand, types_.result_id);
    bool to_result = is_enum(result, types_.result_id);
    if (from_result && to_result) {
        builder
            .note("the error is a `" + print(types_.arg(operand, 1)) + "`, the function's is a `" +
                  print(types_.arg(result, 1)) + "`")
            .hint("convert it: `.map_err(|e| …)?`");
    } else if (from_result && types_.is_option(result)) {
        builder.hint("drop the error: `.ok()?`");
    } else if (to_result) {
        builder.hint("say what the error is: `.ok_or(…)?`");
    } else if (from_result) {
        builder.hint("the function would have to return a `Result[…, " + print(types_.arg(operand, 1)) +
                     "]`; or handle the error with `match` or `.unwrap_or(…)`");
    } else {
        builder.hint("the function would have to return an `Option`; or handle `None` with `match`, "
                     "`if let` or `.unwrap_or(…)`");
    }
}

TypeId BodyChecker::visit(ExprId id, const syntax::AcceptExpr& node, const Expect&) {
    return leave_with_verdict(id, node.value, 0);
}

TypeId BodyChecker::visit(ExprId id, const syntax::RejectExpr& node, const Expect&) {
    return leave_with_verdict(id, node.value, 1);
}

TypeId BodyChecker::leave_with_verdict(ExprId id, ExprId value, std::uint32_t variant) {
    std::string_view word = variant == 0 ? "accept" : "reject";
    TypeId result = result_.is_valid() ? infer_.shallow(result_) : TypeId();
    if (result.is_valid() && infer_.is_var(result, VarKind::General)) { // of a closure
        std::string what = "the value of this closure";
        TypeId parts[] = {fresh(span_of(id), what), fresh(span_of(id), what)};
        infer_.unify(result, types_.make(TypeKind::Enum, parts, types_.verdict_id.value));
        result = infer_.shallow(result);
    }
    if (!result.is_valid() || !is_enum(result, types_.verdict_id)) {
        if (value.is_valid()) check(value);
        if (result.is_valid() && is_error(result)) return simple(TypeKind::Never);
        diag::DiagnosticBuilder builder = report(Diag::VerdictOutsideFilter, span_of(id), word);
        if (result_span_.file.is_valid()) builder.label(result_span_, "this is what it returns");
        return simple(TypeKind::Never);
    }
    Expect expect{types_.arg(result, variant), result_span_};
    if (value.is_valid()) {
        check(value, expect);
    } else {
        fit(id, simple(TypeKind::Unit), expect);
    }
    return simple(TypeKind::Never);
}

} // namespace tn::check
