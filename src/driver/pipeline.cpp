// The stages in order. Each one's output is the only way to the next.
#include "driver/pipeline.h"

#include "check/check.h"
#include "codegen/codegen.h"
#include "driver/foreign.h"
#include "host/libraries.h"
#include "host/signature.h"
#include "lower/lower.h"
#include "opt/pipeline.h"
#include "prelude/prelude.h"
#include "runtime/host_type.h"
#include "support/ice.h"
#include "syntax/parser.h"

#include <algorithm>
#include <map>

namespace tn::driver {

namespace {

check::HostDecls host_declarations(const Engine& engine, TypeTable& types) {
    check::HostDecls decls;
    std::map<std::string, TypeId, std::less<>> by_path;
    for (std::uint32_t i = 0; i < engine.host_types.size(); ++i) {
        const HostTypeInfo& info = engine.host_types[i];
        if (info.paths.empty()) continue;
        const TypeId type = types.add_host_type(info.name, i);
        for (const check::HostPath& path : info.paths) by_path.emplace(path.text, type);
        decls.types.push_back({info.paths, type, info.type->extra_bytes != nullptr});
    }
    const host::TypeNames names{[&](std::string_view name) {
                                    const auto found = by_path.find(name);
                                    return found == by_path.end() ? TypeId() : found->second;
                                },
                                [&](std::uint32_t number) { return engine.host_types[number].type->hash != nullptr; }};
    for (const HostFunction& fn : engine.host_functions) {
        host::TypeText signature;
        const auto error = host::parse_signature(fn.signature, signature);
        // Registration has parsed it before.
        TN_CHECK(!error, "host function " + fn.path + ": " + fn.signature);
        auto resolve = [&](std::size_t part) {
            std::string unknown;
            const auto type = host::resolve_builtin(signature.parts[part], types, unknown, names);
            TN_CHECK(type.has_value(), "host function " + fn.path + ": unknown type " + unknown);
            return *type;
        };
        check::HostFn decl;
        decl.path = fn.path;
        for (std::size_t i = 0; i + 1 < signature.parts.size(); ++i) {
            check::HostParam param{resolve(i), signature.is_mut[i]};
            if (param.is_mut && types.kind(param.type) == TypeKind::Slice)
                param = {types.make(TypeKind::Slice, types.args(param.type), 1), false};
            decl.params.push_back(param);
        }
        decl.result = resolve(signature.parts.size() - 1);
        decl.is_plain = !fn.is_generic;
        decl.has_status = fn.has_status;
        decl.is_pure = fn.is_pure;
        decl.is_operator = fn.is_operator;
        decl.is_native = fn.is_native;
        decls.fns.push_back(std::move(decl));
    }
    for (const HostVariable& variable : engine.host_variables) decls.variables.push_back({variable.path, variable.is_const});
    return decls;
}

// Without warnings of modules that the host registered: whoever compiles a script cannot heed them.
std::vector<diag::Diagnostic> diagnostics_of(const ModuleLoader& loader) {
    std::vector<diag::Diagnostic> diagnostics = loader.sink.sorted();
    for (const LoadedModule& module : loader.modules()) {
        if (!module.is_host) continue;
        std::erase_if(diagnostics, [&](const diag::Diagnostic& d) {
            return d.severity == diag::Severity::Warning && d.span.file == module.file;
        });
    }
    return diagnostics;
}

} // namespace

Lowered lower_loaded(const Engine& engine, ModuleLoader& loader, const Options& options) {
    Lowered result;
    result.sources = loader.sources;

    auto types = std::make_shared<TypeTable>();
    const check::HostDecls host = host_declarations(engine, *types);
    std::vector<check::ModuleInput> modules;
    for (const LoadedModule& module : loader.modules()) modules.push_back({module.path, &module.ast, module.is_host, module.is_extension});
    syntax::Ast glue;
    if (!engine.host_glue.empty()) {
        const FileId file = loader.sources->add("<host>", engine.host_glue);
        glue = syntax::parse(*loader.sources, file, loader.interner, loader.sink);
        modules.push_back({"<host>", &glue, true, false, true});
    }
    check::Input input{*loader.sources, modules, host};
    input.root_name = loader.root_name();
    input.is_program = options.is_program;
    input.prelude = &prelude::library().index();
    input.explain_missing = [&](std::string_view path, bool by_host) {
        return loader.explain(path, by_host);
    };
    if (engine.libraries) {
        input.find_foreign = [&](const std::string& library, const std::string& symbol) {
            host::Libraries::Found found = engine.libraries->find(library, symbol);
            return check::ForeignProblem{std::move(found.library_problem), std::move(found.searched_in)};
        };
    }
    FunctionStatistics* const statistics = options.statistics ? &options.statistics->whole : nullptr;
    const auto checked = [&] {
        const StepTimer timer(statistics, "check");
        return check::check(input, *types, loader.interner, loader.sink);
    }();
    result.diagnostics = diagnostics_of(loader);
    if (!checked) return result;

    const StepTimer timer(statistics, "lower");
    auto layouts = std::make_shared<LayoutTable>(*types);
    result.ir = lower::lower({*checked, host, *loader.sources, loader.interner, types, layouts, loader.sink});
    if (!result.ir) result.diagnostics = diagnostics_of(loader);
    return result;
}

namespace {
opt::Options opt_options(const Options& options) {
    opt::Options o;
    o.level = options.opt_level;
    o.verify = options.verify_each_pass;
#ifdef TN_DEBUG
    o.verify = true;
#endif
    o.statistics = options.statistics;
    return o;
}

// Threads for a module that is worth them; null: this one does it alone.
std::unique_ptr<Workers> workers_for(const ir::Module& module, const Options& options) {
    constexpr std::size_t least_insts = 10000;
    if (options.threads < 2) return nullptr;
    std::size_t insts = 0;
    for (const ir::Function& fn : module.functions) insts += fn.insts.size();
    return insts < least_insts ? nullptr : std::make_unique<Workers>(options.threads);
}
} // namespace

void optimize(ir::Module& module, const Options& options, const std::string& stop_after) {
    opt::Options o = opt_options(options);
    o.stop_after = stop_after;
    const auto workers = workers_for(module, options);
    o.workers = workers.get();
    opt::optimize(module, o);
}

void prepare_parts(ir::Module& module, const Options& options) { opt::prepare_parts(module, opt_options(options)); }

void optimize_part(ir::Module& part, const Options& options) {
    opt::Options o = opt_options(options);
    o.is_part = true;
    const auto workers = workers_for(part, options);
    o.workers = workers.get();
    opt::optimize(part, o);
}

std::shared_ptr<rt::CodeBlob> generate(const Engine& engine, const ir::Module& module,
                                       const ForeignTable& foreign, const rt::ImageLayout& image,
                                       rt::CodeMode mode, const Options& options, std::string* listing,
                                       const std::string& listing_function) {
    codegen::GenerateOptions o;
    o.mode = mode;
    for (std::size_t i = 0; i < module.host_fns.size(); ++i) {
        const ir::HostFn& fn = module.host_fns[ir::HostFnId(i)];
        if (fn.is_extern()) {
            o.host_targets.push_back(foreign.target(ir::HostFnId(i)));
            continue;
        }
        const HostFunction& target = engine.host_functions[fn.registration];
        o.host_targets.push_back({target.address, target.user_data, nullptr, target.is_generic});
    }
    const auto workers = workers_for(module, options);
    o.workers = workers.get();
    o.generic_call = engine.generic_call;
    o.plain_failure = engine.plain_failure;
    o.instance_context_offset = engine.instance_context_offset;
    o.value_call = engine.value_call;
    o.value_tags = engine.value_tags;
    o.limit_registers = options.limit_registers;
    o.baseline_cpu = options.baseline_cpu;
    if (!options.machine.empty())
        o.machine = options.machine == "a64" ? codegen::Machine::A64 : codegen::Machine::X64;
    o.statistics = options.statistics;
    o.listing = listing;
    o.listing_function = listing_function;
    return codegen::generate(module, image, o);
}

} // namespace tn::driver
