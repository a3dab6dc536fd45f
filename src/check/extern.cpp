// C functions: the declarations of `extern` blocks, which types have a C type, and what calls may pass.
//
// In: trees, and the host's answer whether a library has a function. Out: check::Fn without a body. It
// refuses to know how a C function is called.
#include "check/body.h"

#include "check/wording.h"

namespace tn::check {

namespace {

std::string_view describe_place(Program::CPlace place) {
    switch (place) {
    case Program::CPlace::Param: return "a parameter";
    case Program::CPlace::Result: return "the result";
    case Program::CPlace::Variadic: return "a variadic argument";
    case Program::CPlace::Field: return "a field";
    case Program::CPlace::CallbackParam: return "a parameter of a callback";
    case Program::CPlace::CallbackResult: return "the result of a callback";
    }
    return "";
}

} // namespace

void Program::declare_extern(ModuleId module, const syntax::ExternItem& block) {
    const syntax::Ast& tree = ast(module);
    ExternBlock declared{module, block.library_span, {}};
    for (ItemId member : tree.view(block.members)) {
        const syntax::Item& item = tree.items[member];
        const auto* node = item.as<syntax::FnItem>();
        if (!node || !item.name.is_valid() || !block.library.is_valid()) {
            if (item.name.is_valid()) add_name(module, item.name, Entity{});
            continue;
        }
        FnId id = declare_fn(module, member, TypeId(), Generics{}, std::string(text(item.name.symbol)));
        out.fns[id].foreign = Foreign{std::string(text(block.library)), node->is_variadic};
        add_name(module, item.name, Entity{EntityKind::Fn, id.value});
        declared.fns.push_back(id);
    }
    extern_blocks_.push_back(std::move(declared));
}

void Program::check_extern_fns() {
    for (const ExternBlock& block : extern_blocks_) {
        if (!input.find_foreign) {
            sink.report(Diag::ExternNotAllowed, block.library)
                .note("native code can do anything that the host's process can")
                .hint("the host allows it with TN_CONFIG_ALLOW_EXTERN, the `tenon` command with `--allow "
                      "native`");
            continue;
        }
        bool is_missing = false; // once a block
        for (FnId id : block.fns) {
            check_extern_fn(id);
            if (is_missing) continue;
            const Fn& fn = out.fns[id];
            ForeignProblem problem = input.find_foreign(fn.foreign->library, fn.name);
            if (!problem.library.empty()) {
                is_missing = true;
                sink.report(Diag::MissingLibrary, block.library, fn.foreign->library, problem.library)
                    .note("a name is looked for where the system's loader looks, a path with `/` is taken as "
                          "it is");
            } else if (!problem.symbol.empty()) {
                sink.report(Diag::MissingSymbol, fn.span, fn.foreign->library, fn.name)
                    .note("looked for in " + problem.symbol);
            }
        }
    }
}

void Program::check_extern_fn(FnId id) {
    const FnDecl& decl = fn_decl(id);
    const syntax::Ast& tree = ast(decl.module);
    const Fn& fn = out.fns[id];
    if (!fn.type_params.empty())
        sink.report(Diag::NotAllowedHere, fn.span, "a type parameter of a C function");
    std::span<const syntax::Param> nodes = tree.view(decl.node->params);
    for (std::size_t i = 0; i < fn.params.size(); ++i) {
        const Param& param = fn.params[i];
        if (!nodes[i].type.is_valid()) continue;
        if (param.is_mut) {
            sink.report(Diag::UnexpectedMut, nodes[i].span,
                        "C changes memory, which is written `" + param.name + ": mut Slice[…]`");
        }
        if (std::string why = why_not_c(param.type, CPlace::Param); !why.empty())
            refuse_c_type(param.type, CPlace::Param, tree.types[nodes[i].type].span, std::move(why));
    }
    if (!decl.node->ret.is_valid()) return;
    if (std::string why = why_not_c(fn.result, CPlace::Result); !why.empty())
        refuse_c_type(fn.result, CPlace::Result, tree.types[decl.node->ret].span, std::move(why));
}

void Program::refuse_c_type(TypeId type, CPlace place, Span span, std::string why) {
    sink.report(Diag::NoCType, span, types.print(type), describe_place(place)).note(std::move(why));
}

std::string Program::why_not_c(TypeId type, CPlace place) {
    if (facts.has_error(type)) return {};
    const bool is_result = place == CPlace::Result || place == CPlace::CallbackResult;
    // C could make one that is none.
    const bool comes_from_c = place == CPlace::Result || place == CPlace::CallbackParam;
    switch (types.kind(type)) {
    case TypeKind::Bool:
    case TypeKind::I8:
    case TypeKind::I16:
    case TypeKind::I32:
    case TypeKind::I64:
    case TypeKind::U8:
    case TypeKind::U16:
    case TypeKind::U32:
    case TypeKind::U64:
    case TypeKind::F32:
    case TypeKind::F64: return {};
    case TypeKind::Char:
        return comes_from_c ? "not every number is a character: take a `u32`" : std::string();
    case TypeKind::Unit: return is_result ? std::string() : "there is nothing to pass";
    case TypeKind::String:
        if (is_result) return "nobody would know who frees it: return a number, or fill a `mut Slice[u8]`";
        return {};
    case TypeKind::Slice:
        if (const TypeKind element = types.kind(types.arg(type, 0));
            (element == TypeKind::Bool || element == TypeKind::Char) &&
            (place == CPlace::CallbackParam || types[type].payload != 0)) {
            return "C could write an element that is none: take numbers";
        }
        if (place == CPlace::Param || place == CPlace::Variadic) return {};
        if (place == CPlace::CallbackParam)
            return types[type].payload == 0 ? std::string()
                                            : "a callback reads what C shows it, and changes nothing";
        return "it is memory of somebody else, for the time of a call";
    case TypeKind::Record: {
        if (place == CPlace::Variadic) return "C passes no structs there";
        const Nominal& nominal = types.nominal(type);
        if (nominal.fields.empty()) return "a struct of C has a field at least";
        for (std::size_t i = 0; i < nominal.fields.size(); ++i) {
            TypeId field = types.field_type(type, Field(types.nominal(type).fields[i]));
            bool is_text = types.kind(field) == TypeKind::String;
            bool is_record = types.kind(field) == TypeKind::Record;
            std::string why = why_not_c(field, is_record ? place : CPlace::Field);
            if (why.empty() && types.kind(field) == TypeKind::Char && comes_from_c)
                why = why_not_c(field, CPlace::Result);
            if (why.empty() && is_text && place != CPlace::Param)
                why = "a String goes into C with the parameters of a function only";
            if (!why.empty()) {
                return "its field `" + types.nominal(type).fields[i].name + "` is a `" + types.print(field) +
                       "`: " + why;
            }
        }
        return {};
    }
    case TypeKind::Fn: {
        if (place != CPlace::Param) return "a function goes into C as a parameter only";
        std::vector<TypeId> parts(types.args(type).begin(), types.args(type).end());
        for (std::size_t i = 0; i < parts.size(); ++i) {
            CPlace part = i + 1 == parts.size() ? CPlace::CallbackResult : CPlace::CallbackParam;
            if (std::string why = why_not_c(parts[i], part); !why.empty())
                return "`" + types.print(parts[i]) + "` cannot be " + std::string(describe_place(part)) +
                       ": " + why;
        }
        return {};
    }
    default:
        return "C functions take numbers, `bool`, `char`, `String`, `Slice`, records of these, and functions "
               "of these";
    }
}

CallArg BodyChecker::check_foreign_slice(const Target& target, const ParamType& param,
                                         const WrittenArg& arg) {
    Expect expect{param.type, param.declared};
    TypeId wanted = infer_.shallow(param.type);
    const bool changes = types_[wanted].payload != 0;
    TypeId list = types_.list(types_.arg(wanted, 0));
    const bool is_literal = expr(without_parens(arg.expr)).as<syntax::ListExpr>() != nullptr;
    TypeId type = is_literal && !changes ? check(arg.expr, Expect{list, param.declared}) : check(arg.expr);
    if (is_error(type)) return {arg.expr, ArgMode::Value};
    if (kind(type) != TypeKind::List) {
        if (!infer_.unify(wanted, type) && !infer_.unify(wanted, as_read_only(type)))
            mismatch(arg.expr, type, expect);
        if (arg.is_mut)
            report(Diag::UnexpectedMut, arg.span, "a slice changes in place").hint("remove the `mut`");
        return {arg.expr, ArgMode::Value};
    }
    if (!infer_.unify(list, type)) mismatch(arg.expr, type, Expect{list, param.declared});
    if (!changes) {
        if (arg.is_mut) {
            report(Diag::UnexpectedMut, arg.span, "`" + target.name + "` does not change this argument")
                .hint("remove the `mut`");
        }
        return {arg.expr, ArgMode::Value};
    }
    std::string why_not;
    const bool place = is_place(arg.expr, why_not);
    if (!arg.is_mut) {
        diag::DiagnosticBuilder builder = report(Diag::MissingMut, arg.span, target.name);
        if (place) builder.hint("write `mut " + spell_place(arg.expr) + "`");
    } else if (!place) {
        report(Diag::NotAssignable, span_of(arg.expr))
            .primary(why_not.empty() ? "a `mut` argument is a variable, a field or an element" : why_not);
    }
    if (place) mark_assigned(arg.expr);
    return {arg.expr, ArgMode::MutPlace};
}

void BodyChecker::check_variadics() {
    for (const VariadicUse& use : variadics_) {
        TypeId type = infer_.zonk(use.type);
        if (program_.facts.has_error(type) || program_.facts.has_infer(type)) continue; // reported
        std::string why = program_.why_not_c(type, Program::CPlace::Variadic);
        if (kind(type) == TypeKind::Fn) why = "C would not know how to call it";
        if (why.empty()) continue;
        ++error_count_;
        program_.refuse_c_type(type, Program::CPlace::Variadic, span_of(use.id), std::move(why));
    }
}

} // namespace tn::check
