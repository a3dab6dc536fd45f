// The stages in order. Each one's output is the only way to the next.
#include "driver/pipeline.h"

#include "check/check.h"
#include "codegen/codegen.h"
#include "lower/lower.h"
#include "opt/pipeline.h"
#include "prelude/prelude.h"
#include "support/ice.h"

#include <algorithm>

namespace tn::driver {

namespace {

check::HostDecls host_declarations(const Engine& engine, TypeTable& types) {
    check::HostDecls decls;
    for (const HostFunction& fn : engine.host_functions) {
        std::string reason;
        auto signature = check::parse_host_signature(fn.signature, types, reason);
        // Registration has parsed it before.
        TN_CHECK(signature.has_value(), "host function " + fn.path + ": " + reason);
        decls.fns.push_back({fn.path, std::move(signature->params), signature->result, {}});
    }
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
    for (const LoadedModule& module : loader.modules()) modules.push_back({module.path, &module.ast, module.is_host});
    check::Input input{*loader.sources, modules, host};
    input.root_name = loader.root_name();
    input.is_program = options.is_program;
    input.prelude = &prelude::library().index();
    input.explain_missing = [&](std::string_view path, bool by_host) { return loader.explain(path, by_host); };
    const auto checked = check::check(input, *types, loader.interner, loader.sink);
    result.diagnostics = diagnostics_of(loader);
    if (!checked) return result;

    auto layouts = std::make_shared<LayoutTable>(*types);
    result.ir = lower::lower({*checked, host, *loader.sources, loader.interner, types, layouts, loader.sink});
    if (!result.ir) result.diagnostics = diagnostics_of(loader);
    return result;
}

void optimize(ir::Module& module, const Options& options, const std::string& stop_after) {
    opt::Options o;
    o.level = options.opt_level;
    o.verify = options.verify_each_pass;
#ifdef TN_DEBUG
    o.verify = true;
#endif
    o.stop_after = stop_after;
    opt::optimize(module, o);
}

std::shared_ptr<rt::CodeBlob> generate(const Engine& engine, const ir::Module& module, const rt::ImageLayout& image,
                                       rt::CodeMode mode, const Options& options, std::string* listing,
                                       const std::string& listing_function) {
    codegen::GenerateOptions o;
    o.mode = mode;
    for (const ir::HostFn& fn : module.host_fns) {
        const HostFunction& target = engine.host_functions[fn.registration];
        o.host_targets.push_back({target.address, target.user_data, target.is_generic, target.is_pure});
    }
    o.generic_call = engine.generic_call;
    o.instance_context_offset = engine.instance_context_offset;
    o.limit_registers = options.limit_registers;
    o.baseline_cpu = options.pin_cpu == "baseline";
    if (!options.machine.empty())
        o.machine = options.machine == "a64" ? codegen::Machine::A64 : codegen::Machine::X64;
    o.listing = listing;
    o.listing_function = listing_function;
    return codegen::generate(module, image, o);
}

} // namespace tn::driver
