#include "driver/dump.h"

#include "driver/foreign.h"
#include "driver/pipeline.h"
#include "ir/print.h"
#include "opt/pipeline.h"
#include "syntax/dump.h"

#include <algorithm>

namespace tn::driver {

std::vector<std::string> dump_stages() {
    std::vector<std::string> stages = {"tokens", "tree", "ir"};
    for (const opt::PassInfo& pass : opt::passes()) stages.emplace_back(pass.name);
    stages.emplace_back("opt");
    stages.emplace_back("asm");
    return stages;
}

namespace {

std::string list_of(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

std::string print_ir(const ir::Module& module, const std::string& function) {
    if (function.empty()) return ir::print(module);
    std::string text;
    for (const ir::Function& fn : module.functions)
        if (fn.name == function) text += ir::print(module, fn);
    return text;
}

bool has_error(const std::vector<diag::Diagnostic>& diagnostics) {
    return std::ranges::any_of(diagnostics,
                               [](const auto& d) { return d.severity == diag::Severity::Error; });
}

// Tokens or trees: of the root as they are, of the modules after it with their files' names.
std::string dump_modules(const ModuleLoader& loader, const DumpRequest& request) {
    std::string text;
    for (const LoadedModule& module : loader.modules()) {
        if (loader.modules().size() > 1 && request.function.empty())
            text += "// " + std::string(loader.sources->name(module.file)) + "\n";
        if (request.stage == "tokens")
            text += syntax::dump_tokens(*loader.sources, module.ast, loader.interner);
        else if (request.function.empty())
            text += syntax::dump_tree(module.ast, loader.interner);
        else
            text += syntax::dump_tree_of(module.ast, loader.interner, request.function);
    }
    return text;
}

DumpResult dump_loaded(const Engine& engine, ModuleLoader& loader, const DumpRequest& request,
                       const Options& options) {
    DumpResult result;
    if (request.stage == "tokens" || request.stage == "tree") {
        result.compile.sources = loader.sources;
        result.compile.diagnostics = loader.sink.sorted();
        result.text = dump_modules(loader, request);
        if (has_error(result.compile.diagnostics)) return result;
    } else {
        Lowered lowered = lower_loaded(engine, loader, options);
        result.compile.sources = lowered.sources;
        result.compile.diagnostics = std::move(lowered.diagnostics);
        if (!lowered.ir) return result;
        ir::Module& module = *lowered.ir;
        const bool generates = request.stage == "asm" || options.statistics;
        if (request.stage != "ir")
            optimize(module, options, request.stage == "opt" || generates ? "" : request.stage);
        if (generates) {
            const rt::ImageLayout image(module.literals.size(), module.descs.size(),
                                        module.instance_data_size);
            generate(engine, module, ForeignTable(engine, module, nullptr), image, rt::CodeMode::Polled,
                     options, options.statistics ? nullptr : &result.text, request.function);
        } else {
            result.text = print_ir(module, request.function);
        }
    }
    if (result.text.empty() && !request.function.empty() && !options.statistics)
        result.error = "no function `" + request.function + "` in the program";
    return result;
}

} // namespace

DumpResult dump(const Engine& engine, const std::string& path, const DumpRequest& request,
                const Options& options) {
    DumpResult result;
    const auto stages = dump_stages();
    const bool counts = request.statistics != DumpRequest::Statistics::None;
    if (!counts && std::ranges::find(stages, request.stage) == stages.end()) {
        result.error = "unknown stage `" + request.stage + "`: expected one of " + list_of(stages);
        return result;
    }
    if (!request.target.empty() && request.target != "x64" && request.target != "a64") {
        result.error = "unknown target `" + request.target + "`: expected x64 or a64";
        return result;
    }
    Options for_target = options;
    for_target.machine = request.target;
    CompileStatistics statistics;
    if (counts) for_target.statistics = &statistics;
    OpenedPackage opened = open_path(path, options);
    if (!opened.package) {
        result.error = std::move(opened.error);
        return result;
    }
    ModuleLoader loader(engine, *opened.package, for_target);
    loader.add_root(std::move(opened.root));
    // An import may have loaded an extension, and with it grown the engine.
    with_loaded(loader, [&] { result = dump_loaded(loader.engine(), loader, request, for_target); });
    if (counts && !has_error(result.compile.diagnostics))
        result.text = show_statistics(statistics, request.function,
                                      request.statistics == DumpRequest::Statistics::Json);
    if (counts && result.text.empty() && !request.function.empty())
        result.error = "no function `" + request.function + "` in the program";
    return result;
}

} // namespace tn::driver
