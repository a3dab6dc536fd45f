// Functions as values, and calls of values.
#include "check/body.h"

namespace tn::check {

// The expression `id` is the function that `target` describes, not called.
TypeId BodyChecker::fn_value(ExprId id, const Target& target) {
    if (target.is_variadic) {
        report(Diag::NotAValue, span_of(id), target.name, "a function with any number of arguments");
        return error();
    }
    std::vector<TypeId> params;
    for (const ParamType& param : target.params) {
        if (param.is_mut) {
            diag::DiagnosticBuilder builder =
                report(Diag::NotAValue, span_of(id), target.name, "a function with a `mut` parameter");
            if (target.declared.file.is_valid()) builder.label(target.declared, "declared here");
            builder.note("a function value does not change the variables of its caller");
            return error();
        }
        params.push_back(param.type);
    }
    Call value;
    value.callee = target.callee;
    value.target = target.target;
    value.type_args = target.type_args;
    CallId call_id = module_.calls.push_back(std::move(value));
    calls_.push_back(call_id);
    set(id, Form::FnValue, call_id.value);
    return types_.fn(params, target.result);
}

TypeId BodyChecker::constructor_value(ExprId id, TypeId type, std::uint32_t variant) {
    const Variant& declared = types_.nominal(type).variants[variant];
    if (declared.positional) return fn_value(id, constructor_target(type, variant));
    report(Diag::NotAValue, span_of(id), declared.name, "a constructor with named fields")
        .hint("give its fields: `" + print(type) + "." + declared.name + " { … }`");
    return error();
}

// Calls the value of `callee`, which has been checked and is of type `type`.
TypeId BodyChecker::call_value(ExprId id, ExprId callee, TypeId type, std::span<const WrittenArg> args) {
    constexpr std::size_t max_spelled = 30;
    type = settle(type, span_of(callee), "this value");
    if (types_.kind(type) != TypeKind::Fn) {
        check_anyway(args);
        if (is_error(type) || is_never(type)) return type;
        diag::DiagnosticBuilder builder = report(Diag::NotCallable, span_of(callee), print(type));
        if (types_.is_option(type)) builder.hint("take the value out of the option first");
        return error();
    }
    std::string spelled = spell_place(callee);
    if (spelled.size() > max_spelled || spelled.find('\n') != spelled.npos) spelled = print(type);
    Target target{Callee::Value, 0, std::move(spelled), {{type, false, Span{}}}, {}, TypeId(), Span{}};
    std::vector<TypeId> parts(types_.args(type).begin(), types_.args(type).end());
    target.result = infer_.shallow(parts.back());
    parts.pop_back();
    for (TypeId part : parts) target.params.push_back({part, false, Span{}});
    std::vector<WrittenArg> all = {{callee, false, span_of(callee)}};
    all.insert(all.end(), args.begin(), args.end());
    return call(id, std::move(target), all, true);
}

} // namespace tn::check
