// The order of a check: names, types of items, bodies, the order of initialization. See check.h.
#include "check/check.h"

#include "check/body.h"
#include "check/program.h"
#include "support/ice.h"

namespace tn::check {

std::optional<Checked> check(const Input& input, TypeTable& types, Interner& interner,
                             diag::DiagnosticSink& sink) {
    Program program(input, types, interner, sink);
    return program.run();
}

std::optional<Checked> Program::run() {
    for (const ModuleInput& in : input.modules) {
        Module module;
        module.path = in.path;
        module.ast = in.ast;
        module.exprs.resize(in.ast->exprs.size());
        module.patterns.resize(in.ast->patterns.size());
        out.modules.push_back(std::move(module));
    }
    names_.resize(out.modules.size());
    add_host_names();
    for (std::size_t m = 0; m < out.modules.size(); ++m) declare_names(ModuleId(m));
    for (std::uint32_t alias = 0; alias < aliases_.size(); ++alias)
        alias_type(alias, aliases_[alias].generics.params, Span{});
    resolve_nominals();
    for (const auto& [module, item] : impls_) {
        declare_impl(module, ast(module).items[item], *ast(module).items[item].as<syntax::ImplItem>());
    }
    for (std::size_t i = 0; i < out.fns.size(); ++i) resolve_signature(FnId(i));
    resolve_globals();
    if (input.is_program) check_main();
    check_bodies();
    order_globals();
    if (sink.has_errors()) return {};
    return std::move(out);
}

void Program::check_main() {
    for (const Fn& fn : out.fns) {
        if (fn.name != "main" || !fn.is_exported) continue;
        TypeId args = types.list(simple(TypeKind::String));
        bool takes_args = fn.params.size() == 1 && fn.params[0].type == args && !fn.params[0].is_mut;
        bool has_error = types.kind(fn.result) == TypeKind::Error;
        for (const Param& param : fn.params) has_error |= types.kind(param.type) == TypeKind::Error;
        if (has_error) return;
        if (!fn.params.empty() && !takes_args) {
            sink.report(Diag::BadMain, fn.span, "takes no parameters, or `args: List[String]`");
        }
        TypeKind result = types.kind(fn.result);
        bool is_result = result == TypeKind::Enum && types.nominal_id(fn.result) == types.result_id &&
                         types.kind(types.arg(fn.result, 0)) == TypeKind::Unit;
        if (result != TypeKind::Unit && result != TypeKind::I64 && result != TypeKind::Never && !is_result) {
            sink.report(Diag::BadMain, fn.span,
                        "returns `()`, `i64` or `Result[(), E]`, not `" + types.print(fn.result) + "`");
        }
    }
}

void Program::check_bodies() {
    fn_uses_.resize(out.fns.size());
    global_uses_.resize(out.globals.size());
    for (std::size_t i = 0; i < out.globals.size(); ++i) {
        uses_ = &global_uses_[i];
        BodyChecker checker(*this, std::move(out.globals[GlobalId(i)].init));
        checker.check_global(GlobalId(i));
        out.globals[GlobalId(i)].init = checker.take_body();
    }
    for (std::size_t i = 0; i < out.fns.size(); ++i) {
        uses_ = &fn_uses_[i];
        BodyChecker checker(*this, std::move(out.fns[FnId(i)].body));
        checker.check_fn(FnId(i));
        out.fns[FnId(i)].body = checker.take_body();
    }
    uses_ = &other_uses_;
    for (std::size_t i = 0; i < out.tests.size(); ++i) {
        BodyChecker checker(*this, std::move(out.tests[TestId(i)].body));
        checker.check_test();
        out.tests[TestId(i)].body = checker.take_body();
    }
}

} // namespace tn::check
