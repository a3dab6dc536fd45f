// The order of a check: names, types of items, bodies, the order of initialization. See check.h.
#include "check/check.h"

#include "check/body.h"
#include "check/program.h"
#include "support/ice.h"

#include <algorithm>

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
        module.is_glue = in.is_glue;
        ModuleId id = out.modules.push_back(std::move(module));
        if (id.index() != 0 && !in.is_glue) (in.is_host ? host_sources_ : modules_).emplace(in.path, id);
    }
    add_prelude_modules();
    names_.resize(out.modules.size());
    add_host_names();
    for (std::size_t m = 0; m < input.modules.size(); ++m) {
        declare_names(ModuleId(m));
        if (input.modules[m].is_glue) add_glue_names(ModuleId(m));
    }
    resolve_imports();
    order_modules();
    for (std::uint32_t alias = 0; alias < aliases_.size(); ++alias)
        alias_type(alias, aliases_[alias].generics.params, Span{});
    resolve_nominals();
    for (std::size_t i = 0; i < out.traits.size(); ++i) {
        if (!is_prelude(trait_decl(TraitId(i)).module)) resolve_trait_item(TraitId(i));
    }
    resolve_nominal_bounds();
    // Imported ones first: of two that overlap, the one that could know of the other is wrong.
    std::ranges::stable_sort(impls_, {}, [this](const auto& impl) { return module_order_[impl.first]; });
    for (const auto& [module, item] : impls_) {
        bool is_of_trait = ast(module).items[item].as<syntax::ImplItem>()->trait.is_valid();
        is_of_trait ? declare_trait_impl(module, item) : declare_impl(module, item);
    }
    for (std::size_t i = 0; i < out.fns.size(); ++i) resolve_signature(FnId(i));
    check_extern_fns();
    check_native_signatures();
    resolve_globals();
    for (ImplId id : open_impls_) finish_out(id);
    for (ImplId id : open_impls_) finish_impl(id);
    check_bounded_types();
    if (input.is_program) check_main();
    check_bodies();
    order_globals();
    warn_unused_imports();
    if (sink.has_errors()) return {};
    return std::move(out);
}

void Program::check_main() {
    for (const Fn& fn : out.fns) {
        if (fn.name == "main" && !fn.type_params.empty() && fn.body.module.index() == 0) {
            sink.report(Diag::BadMain, fn.span, "has no type parameters");
            return;
        }
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
        reads_prelude_ = is_glue(out.globals[GlobalId(i)].init.module);
        BodyChecker checker(*this, std::move(out.globals[GlobalId(i)].init));
        checker.check_global(GlobalId(i));
        out.globals[GlobalId(i)].init = checker.take_body();
    }
    for (std::size_t i = 0; i < out.fns.size(); ++i) {
        reads_prelude_ = is_glue(fn_decl(FnId(i)).module);
        if (!is_prelude(fn_decl(FnId(i)).module)) check_fn_body(FnId(i));
    }
    reads_prelude_ = false;
    uses_ = &other_uses_;
    for (std::size_t i = 0; i < out.tests.size(); ++i) {
        BodyChecker checker(*this, std::move(out.tests[TestId(i)].body));
        checker.check_test();
        out.tests[TestId(i)].body = checker.take_body();
    }
    if (input.whole_prelude) use_whole_prelude();
    reads_prelude_ = true;
    auto check_queue = [&] {
        while (!queue_.empty()) {
            FnId id = queue_.back();
            queue_.pop_back();
            check_fn_body(id);
        }
    };
    check_queue();
    use_collection_impls();
    check_queue();
    reads_prelude_ = false;
    // What was only looked at has a tree, but no types in it.
    for (std::size_t i = 0; i < out.fns.size(); ++i) {
        const FnDecl& decl = fn_decl(FnId(i));
        if (is_prelude(decl.module) && !decl.is_queued) out.fns[FnId(i)].body.root = ExprId();
    }
    fn_uses_.resize(out.fns.size());
}

void Program::check_fn_body(FnId id) {
    if (is_prelude(fn_decl(id).module)) give_body(id);
    if (fn_uses_.size() <= id.index()) fn_uses_.resize(out.fns.size());
    uses_ = &fn_uses_[id.index()];
    BodyChecker checker(*this, std::move(out.fns[id].body));
    checker.check_fn(id);
    out.fns[id].body = checker.take_body();
}

} // namespace tn::check
