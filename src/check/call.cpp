// Calls: who is called, and whether the arguments fit.
#include "check/body.h"

#include "check/signature_text.h"
#include "check/suggest.h"
#include "check/wording.h"

namespace tn::check {

// ---- What can be called ------------------------------------------------------------------------------

// With type arguments that are still to be found. `owner` is the type before the dot, if there is one.
BodyChecker::Target BodyChecker::fn_target(FnId id, Span use, TypeId owner) {
    const Fn& fn = program_.out.fns[id];
    const FnDecl& decl = program_.fn_decl(id);
    const syntax::Ast& home = program_.ast(decl.module);
    std::span<const syntax::Param> nodes = home.view(decl.node->params);
    bool is_ours = program_.is_prelude(decl.module); // its text is not shown
    Target target{Callee::Fn, id.value, fn.name, {}, {}, fn.result, is_ours ? Span{} : fn.span};
    for (TypeId param : fn.type_params)
        target.type_args.push_back(fresh(use, "`" + types_.param_name(param) + "` of `" + fn.name + "`"));
    auto put_in = [&](TypeId type) { return types_.substitute(type, fn.type_params, target.type_args); };
    for (std::size_t i = 0; i < fn.params.size(); ++i) {
        Span declared = nodes[i].type.is_valid() && !is_ours ? home.types[nodes[i].type].span : Span{};
        target.params.push_back({put_in(fn.params[i].type), fn.params[i].is_mut, declared});
    }
    target.result = put_in(fn.result);
    if (decl.trait.is_valid()) target.callee = Callee::Trait;
    if (fn.foreign) {
        target.callee = Callee::Extern;
        target.is_variadic = fn.foreign->is_variadic;
    }
    if (owner.is_valid() && decl.self_type.is_valid() && !infer_.unify(put_in(decl.self_type), owner)) {
        report(Diag::TypeMismatch, use, print(put_in(decl.self_type)), print(owner))
            .note("`" + fn.name + "` is a function of that type only");
    }
    // Copies: what follows may declare more functions.
    const std::vector<TypeId> params = fn.type_params;
    for (const Bound& bound : decl.generics.bounds)
        require(program_.substitute(bound, params, target.type_args), use);
    for (const auto& [param, number_class] : decl.generics.classes)
        classes_.push_back({types_.substitute(param, params, target.type_args), number_class, use});
    program_.note_use_of_fn(id);
    return target;
}

BodyChecker::Target BodyChecker::host_target(std::uint32_t index) {
    const HostFn& fn = program_.input.host.fns[index];
    Target target{Callee::HostFn, index, fn.path, {}, {}, fn.result, Span{}};
    for (const HostParam& param : fn.params) target.params.push_back({param.type, param.is_mut, Span{}});
    return target;
}

// `self` is the type of the receiver, or the type before the dot of a static call; invalid for neither.
BodyChecker::Target BodyChecker::builtin_target(BuiltinId id, Span span, TypeId self) {
    const BuiltinInfo& row = builtin_info(id);
    const BuiltinSignature& sig = program_.builtins.get(id);
    Target target{Callee::Builtin, static_cast<std::uint32_t>(id), std::string(row.name), {}, {}, TypeId(),
                  Span{}};
    for (std::size_t i = 0; i < sig.type_params.size(); ++i) {
        if (i == 0 && sig.has_self) {
            target.type_args.push_back(self);
            continue;
        }
        std::string what =
            "`" + types_.param_name(sig.type_params[i]) + "` of `" + std::string(row.name) + "`";
        target.type_args.push_back(fresh(span, std::move(what)));
    }
    for (const BuiltinParam& param : sig.params) {
        target.params.push_back(
            {types_.substitute(param.type, sig.type_params, target.type_args), param.is_mut, Span{}});
    }
    target.result = types_.substitute(sig.result, sig.type_params, target.type_args);
    for (std::size_t i = 0; i < sig.type_params.size(); ++i) {
        for (const std::string& bound : sig.bounds[i]) {
            if (auto core = find_core_trait(bound)) require(*core, target.type_args[i], span);
        }
    }
    if (id == BuiltinId::IntTryFrom) try_froms_.push_back({target.params[0].type, self, span});
    return target;
}

BodyChecker::Target BodyChecker::constructor_target(TypeId enum_type, std::uint32_t variant) {
    Variant declared = types_.nominal(enum_type).variants[variant];
    Target target{Callee::Construct, variant, declared.name, {}, {}, enum_type, Span{}};
    for (const Field& field : declared.fields)
        target.params.push_back({types_.field_type(enum_type, field), false, Span{}});
    return target;
}

// The function of a type that a path names: `Point.origin`, or `Point.length`, whose first parameter is the
// receiver.
std::optional<BodyChecker::Target> BodyChecker::member_target(TypeId owner, const syntax::Name& name) {
    std::string_view spelled = text(name.symbol);
    if (auto fn = program_.find_member(infer_.zonk(owner), name.symbol)) return fn_target(*fn, name.span, owner);
    if (auto host = program_.find_host_method(owner, name.symbol)) return host_target(*host);
    if (auto builtin = program_.find_builtin(owner, spelled, BuiltinRole::Static)) {
        Target target = builtin_target(*builtin, name.span, owner);
        // `List[i64].filled(...)`: the owner's arguments are the first of the function's.
        std::size_t count = std::min(types_.args(owner).size(), target.type_args.size());
        for (unsigned i = 0; i < count; ++i) infer_.unify(target.type_args[i], types_.arg(owner, i));
        return target;
    }
    if (auto builtin = program_.find_builtin(owner, spelled, BuiltinRole::Method)) {
        Target target = builtin_target(*builtin, name.span, owner);
        infer_.unify(target.params[0].type, as_read_only(owner));
        return target;
    }
    if (auto fn = find_trait_method(owner, name, true)) return fn_target(*fn, name.span, owner);
    return {};
}

BodyChecker::Target BodyChecker::fn_entity_target(const Entity& entity, Span span) {
    if (entity.kind == EntityKind::Fn) return fn_target(FnId(entity.index), span, TypeId());
    if (entity.kind == EntityKind::HostFn) return host_target(entity.index);
    return builtin_target(static_cast<BuiltinId>(entity.index), span, TypeId());
}

TypeId BodyChecker::enum_of_constructor(const Entity& entity, Span span) {
    NominalId id(entity.index);
    Nominal nominal = types_.nominal(id);
    std::vector<TypeId> args;
    std::string what = "this `" + nominal.variants[entity.variant].name + "`";
    for (std::size_t i = 0; i < nominal.params.size(); ++i) args.push_back(fresh(span, what));
    return types_.make(TypeKind::Enum, args, id.value);
}

// ---- Finding the callee ------------------------------------------------------------------------------

TypeId BodyChecker::visit(ExprId id, const syntax::CallExpr& node, const Expect&) {
    std::vector<WrittenArg> args;
    for (const syntax::Arg& arg : view(node.args)) args.push_back({arg.expr, arg.is_mut, arg.span});
    return call_callee(id, node.callee, args);
}

TypeId BodyChecker::visit(ExprId id, const syntax::PipeExpr& node, const Expect&) {
    std::vector<WrittenArg> args = {{node.value, false, span_of(node.value)}};
    ExprId callee = node.target;
    if (const auto* target = expr(callee).as<syntax::CallExpr>()) {
        for (const syntax::Arg& arg : view(target->args)) args.push_back({arg.expr, arg.is_mut, arg.span});
        callee = target->callee;
    }
    return call_callee(id, callee, args);
}

void BodyChecker::check_anyway(std::span<const WrittenArg> args) {
    for (const WrittenArg& arg : args) check(arg.expr, Expect{error(), Span{}});
}

TypeId BodyChecker::call_callee(ExprId id, ExprId callee, std::span<const WrittenArg> args) {
    const syntax::IndexExpr* type_args = expr(callee).as<syntax::IndexExpr>();
    ExprId head = type_args ? type_args->base : callee;
    if (const auto* name = expr(head).as<syntax::NameExpr>(); name && !find_local(name->name)) {
        std::optional<Entity> entity = program_.find_entity(body_.module, name->name);
        if (entity && !is_value(*entity)) {
            return call_entity(id, callee, *entity, name->name, args, type_args);
        }
    }
    if (const auto* field = expr(head).as<syntax::FieldExpr>(); field && field->name.is_valid()) {
        Path path = path_of(field->base);
        if (path.what == Path::Kind::Type) return call_static(id, path.type, field->name, args, type_args);
        if (path.what == Path::Kind::Entity) {
            if (is_module(path.entity)) {
                SymbolId member = field->name.symbol;
                std::optional<Entity> entity = program_.find_in_module(body_.module, path.entity, member);
                if (entity && is_value(*entity))
                    return call_value(id, callee, check(callee), args);
                if (entity) return call_entity(id, callee, *entity, member, args, type_args);
                program_.no_member(body_.module, path.entity, field->name);
            }
            if (path.entity.kind == EntityKind::Trait)
                return call_of_trait(id, TraitId(path.entity.index), field->name, args, type_args);
            if (is_module(path.entity) || path.entity.kind == EntityKind::Unavailable) {
                ++error_count_;
                check_anyway(args);
                return error();
            }
        }
        return call_method(id, callee, *field, args, type_args);
    }
    return call_value(id, callee, check(callee), args);
}

TypeId BodyChecker::call_entity(ExprId id, ExprId callee, const Entity& entity, SymbolId name,
                                std::span<const WrittenArg> args, const syntax::IndexExpr* type_args) {
    Span span = span_of(callee);
    switch (entity.kind) {
    case EntityKind::Fn:
    case EntityKind::HostFn:
    case EntityKind::BuiltinFn: {
        Target target = fn_entity_target(entity, span);
        give_type_args(target, type_args);
        return call(id, std::move(target), args, false);
    }
    case EntityKind::Constructor: {
        TypeId type = enum_of_constructor(entity, span);
        if (is_error(type)) {
            check_anyway(args);
            return type;
        }
        return call(id, constructor_target(type, entity.variant), args, false);
    }
    case EntityKind::Nominal:
    case EntityKind::Alias:
    case EntityKind::BuiltinType: {
        check_anyway(args);
        std::string spelled(text(name));
        diag::DiagnosticBuilder builder = report(Diag::NotCallable, span, spelled);
        builder.primary("this is a type");
        const bool is_host = entity.kind == EntityKind::Nominal &&
                             types_.nominal(NominalId(entity.index)).kind == TypeKind::Host;
        if (is_host) builder.hint("the host makes its values: call one of its functions");
        else if (entity.kind == EntityKind::Nominal) builder.hint("a record is made with `" + spelled + " { … }`");
        if (entity.kind == EntityKind::BuiltinType && args.size() == 1) {
            TypeKind kind = find_builtin_type(types_, spelled)->kind;
            if (type_class(kind) == TypeClass::Scalar)
                builder.hint("a number is converted with `x as " + spelled + "`");
            if (kind == TypeKind::String) builder.hint("any value is shown with `show(x)` or `f\"{x}\"`");
        }
        return error();
    }
    case EntityKind::Trait:
        check_anyway(args);
        report(Diag::NotCallable, span, text(name)).primary("this is a trait");
        return error();
    case EntityKind::HostModule:
    case EntityKind::Module:
        check_anyway(args);
        report(Diag::NotCallable, span, text(name)).primary("this is a module");
        return error();
    case EntityKind::Global: // a value: not reached
    case EntityKind::HostVariable:
    case EntityKind::Unavailable:
        ++error_count_;
        check_anyway(args);
        return error();
    }
    return error();
}

void BodyChecker::give_type_args(Target& target, const syntax::IndexExpr* written) {
    if (!written) return;
    std::span<const syntax::BracketArg> args = view(written->args);
    std::size_t first = 0;
    if (target.callee == Callee::Builtin) {
        first = program_.builtins.get(static_cast<BuiltinId>(target.target)).has_self ? 1 : 0;
    } else if (target.callee == Callee::Fn || target.callee == Callee::Trait) {
        first = program_.fn_decl(FnId(target.target)).generics.outer;
    }
    if (args.size() != target.type_args.size() - first) {
        Span span = span_of(written->base);
        report(Diag::TypeArgumentCount, span, target.name,
               counted(target.type_args.size() - first, "type argument"), args.size());
        return;
    }
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (!args[i].type.is_valid()) continue;
        infer_.unify(target.type_args[first + i], resolve_type(args[i].type));
    }
}

TypeId BodyChecker::call_static(ExprId id, TypeId owner, const syntax::Name& name,
                                std::span<const WrittenArg> args, const syntax::IndexExpr* type_args) {
    if (is_error(owner)) {
        check_anyway(args);
        return error();
    }
    std::string_view spelled = text(name.symbol);
    if (types_.kind(owner) == TypeKind::Enum) {
        const std::vector<Variant>& variants = types_.nominal(owner).variants;
        for (std::uint32_t v = 0; v < variants.size(); ++v) {
            if (variants[v].name != spelled) continue;
            if (variants[v].positional) return call(id, constructor_target(owner, v), args, false);
            check_anyway(args);
            report(Diag::NotCallable, name.span, spelled)
                .hint("its fields have names: `" + print(owner) + "." + std::string(spelled) + " { … }`");
            return error();
        }
    }
    auto target = lazy_target(id, owner, name);
    if (!target) target = member_target(owner, name);
    if (target) {
        give_type_args(*target, type_args);
        return call(id, std::move(*target), args, false);
    }
    check_anyway(args);
    unknown_static(owner, name);
    return error();
}

TypeId BodyChecker::call_method(ExprId id, ExprId callee_id, const syntax::FieldExpr& callee,
                                std::span<const WrittenArg> args, const syntax::IndexExpr* type_args) {
    std::string_view name = text(callee.name.symbol);
    if (may_draw(callee, args)) {
        lazy_calls_.insert(id);
        mark_lazy_calls(callee.base);
    }
    TypeId type = infer_.shallow(check(callee.base));
    std::vector<WrittenArg> all = {{callee.base, false, span_of(callee.base)}};
    all.insert(all.end(), args.begin(), args.end());
    bool is_int = infer_.is_var(type, VarKind::Int);
    if (is_int || infer_.is_var(type, VarKind::Float)) {
        if (auto builtin = find_literal_method(!is_int, name)) {
            Target target = builtin_target(*builtin, callee.name.span, type);
            give_type_args(target, type_args);
            return call(id, std::move(target), all, true);
        }
        if (auto fn = program_.find_literal_member(!is_int, callee.name.symbol)) {
            Target target = fn_target(*fn, callee.name.span, type);
            give_type_args(target, type_args);
            return call(id, std::move(target), all, true);
        }
        default_literal(type);
        type = infer_.shallow(type);
    }
    type = settle(type, span_of(callee.base), "this value");
    if (is_error(type) || is_never(type)) {
        check_anyway(args);
        return type;
    }
    if (auto lazy = lazy_target(id, type, callee.name)) {
        give_type_args(*lazy, type_args);
        return call(id, std::move(*lazy), all, true);
    }
    type = infer_.zonk(type);
    if (auto fn = program_.find_member(type, callee.name.symbol)) {
        if (!program_.out.fns[*fn].is_method) {
            check_anyway(args);
            report(Diag::UnknownMethod, callee.name.span, print(type), name)
                .hint("it has no `self`; call it as `" + program_.out.fns[*fn].name + "(…)`");
            return error();
        }
        Target target = fn_target(*fn, callee.name.span, type);
        give_type_args(target, type_args);
        return call(id, std::move(target), all, true);
    }
    if (auto host = program_.find_host_method(type, callee.name.symbol)) {
        Target target = host_target(*host);
        if (program_.is_host_method(type, *host)) return call(id, std::move(target), all, true);
        check_anyway(args);
        report(Diag::UnknownMethod, callee.name.span, print(type), name)
            .hint("its first parameter is no `" + print(type) + "`; call it as `" + target.name + "(…)`");
        return error();
    }
    if (auto builtin = program_.find_builtin(type, name, BuiltinRole::Method)) {
        Target target = builtin_target(*builtin, callee.name.span, type);
        infer_.unify(target.params[0].type, as_read_only(type));
        give_type_args(target, type_args);
        return call(id, std::move(target), all, true);
    }
    if (auto fn = find_trait_method(type, callee.name, false)) {
        Target target = fn_target(*fn, callee.name.span, type);
        give_type_args(target, type_args);
        return call(id, std::move(target), all, true);
    }
    if (type_args && types_.kind(type) == TypeKind::Record && find_field(type, name)) {
        // `p.handlers[i](x)`: the function is an element of a field.
        ExprId field = type_args->base;
        info(field).type = use_field(field, type, *find_field(type, name));
        exprs_.push_back(field);
        info(callee_id).type = index(callee_id, *type_args, info(field).type);
        exprs_.push_back(callee_id);
        return call_value(id, callee_id, info(callee_id).type, args);
    }
    check_anyway(args);
    if (!report_missing_core_trait(type, callee.name)) unknown_method(type, callee.name);
    return error();
}

void BodyChecker::unknown_method(TypeId type, const syntax::Name& name) {
    std::string_view spelled = text(name.symbol);
    std::vector<std::string_view> candidates = program_.member_names(type, false);
    std::string best;
    std::string_view foreign = foreign_method(spelled);
    for (std::string_view candidate : candidates) {
        if (candidate == foreign) best = candidate;
    }
    if (best.empty()) best = program_.suggest(spelled, candidates);
    diag::DiagnosticBuilder builder = report(Diag::UnknownMethod, name.span, print(type), spelled);
    if (auto field = types_.kind(type) == TypeKind::Record ? find_field(type, spelled) : std::nullopt) {
        bool is_fn =
            kind(types_.field_type(type, Field(types_.nominal(type).fields[*field]))) == TypeKind::Fn;
        builder.hint(is_fn ? "it is a field that holds a function; call it as `(x." + std::string(spelled) +
                                 ")(…)`"
                           : "it is a field; read it without `()`");
    } else if (!best.empty()) {
        builder.hint("did you mean `" + best + "`?");
    } else {
        suggest_trait(type, name, builder);
    }
}

// ---- Arguments ---------------------------------------------------------------------------------------

TypeId BodyChecker::call(ExprId id, Target target, std::span<const WrittenArg> args, bool has_receiver) {
    std::size_t hidden = has_receiver ? 1 : 0;
    if (target.is_variadic) {
        for (std::size_t i = target.params.size(); i < args.size(); ++i) {
            TypeId type = fresh(args[i].span, "this argument of `" + target.name + "`");
            target.params.push_back({type, false, Span{}});
            variadics_.push_back({type, args[i].expr});
        }
    }
    if (args.size() != target.params.size()) {
        std::string wanted = counted(target.params.size() - hidden, "argument");
        diag::DiagnosticBuilder builder =
            report(Diag::ArgumentCount, span_of(id), target.name,
                   target.is_variadic ? "at least " + wanted : wanted, args.size() - hidden);
        if (target.declared.file.is_valid()) builder.label(target.declared, "declared here");
        for (std::size_t i = hidden; i < args.size(); ++i) {
            bool has_param = i < target.params.size();
            check(args[i].expr,
                  has_param ? Expect{target.params[i].type, target.params[i].declared} : Expect::any());
        }
        // What the missing ones would have told is nobody's second mistake.
        for (TypeId arg : target.type_args) {
            if (infer_.is_var(infer_.shallow(arg), VarKind::General))
                infer_.bind(infer_.shallow(arg), error());
        }
        return target.result;
    }
    // What is wanted of the result says what the type arguments are, before the arguments are looked at.
    TypeId wanted = expected_here_->is_any() ? TypeId() : infer_.shallow(expected_here_->type);
    if (wanted.is_valid() && types_.kind(wanted) == kind(target.result)) infer_.unify(wanted, target.result);
    Call call;
    call.callee = target.callee;
    call.target = target.target;
    call.type_args = target.type_args;
    std::vector<CallArg> checked;
    checked.resize(args.size());
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (i < hidden)
            checked[i] = check_receiver(target, args[i]);
        else if (!expr(args[i].expr).as<syntax::ClosureExpr>())
            checked[i] = check_arg(target, i, args[i]);
    }
    // Closures come last: the other arguments may say what their parameters are.
    constexpr std::size_t max_retried = 64;
    if (!obligations_.empty() && obligations_.size() <= max_retried) retry_obligations(false);
    for (std::size_t i = hidden; i < args.size(); ++i) {
        if (expr(args[i].expr).as<syntax::ClosureExpr>()) checked[i] = check_arg(target, i, args[i]);
    }
    call.args = std::move(checked);
    check_overlap(call);
    set(id, Form::Call, add_call(std::move(call)).value);
    return target.result;
}

CallArg BodyChecker::check_receiver(const Target& target, const WrittenArg& receiver) {
    if (!target.params[0].is_mut) return {receiver.expr, ArgMode::Value};
    std::string why_not;
    if (is_place(receiver.expr, why_not)) {
        mark_assigned(receiver.expr);
        if (kind(target.result) == TypeKind::Unit) note_write(receiver.expr);
        return {receiver.expr, ArgMode::MutPlace};
    }
    if (!why_not.empty()) {
        report(Diag::NotAssignable, receiver.span)
            .primary(why_not)
            .note("`" + target.name + "` changes its receiver");
    }
    return {receiver.expr, ArgMode::MutTemporary};
}

CallArg BodyChecker::check_arg(const Target& target, std::size_t number, const WrittenArg& arg) {
    const ParamType& param = target.params[number];
    Expect expect{param.type, param.declared};
    if (kind(param.type) == TypeKind::Slice &&
        (target.callee == Callee::Extern || target.callee == Callee::HostFn))
        return check_foreign_slice(target, param, arg);
    if (kind(param.type) == TypeKind::Slice) {
        TypeId type = check(arg.expr);
        if (!infer_.unify(param.type, type) && !infer_.unify(param.type, as_read_only(type)))
            mismatch(arg.expr, type, expect);
    } else {
        check(arg.expr, expect);
    }
    if (!param.is_mut) {
        if (arg.is_mut) {
            report(Diag::UnexpectedMut, arg.span, "`" + target.name + "` does not change this argument")
                .hint("remove the `mut`");
        }
        return {arg.expr, ArgMode::Value};
    }
    std::string why_not;
    bool place = is_place(arg.expr, why_not);
    if (!arg.is_mut) {
        diag::DiagnosticBuilder builder = report(Diag::MissingMut, arg.span, target.name);
        if (place) builder.hint("write `mut " + spell_place(arg.expr) + "`");
    } else if (!place && !is_error(info(arg.expr).type)) {
        report(Diag::NotAssignable, span_of(arg.expr))
            .primary(why_not.empty() ? "a `mut` argument is a variable, a field or an element" : why_not);
    }
    if (place) mark_assigned(arg.expr);
    return {arg.expr, ArgMode::MutPlace};
}

} // namespace tn::check
