// The stages in order. Each one's output is the only way to the next.
#include "driver/pipeline.h"

#include "check/check.h"
#include "codegen/codegen.h"
#include "lower/lower.h"
#include "opt/pipeline.h"
#include "support/ice.h"
#include "syntax/parser.h"

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

} // namespace

std::unique_ptr<Parsed> parse_source(std::string name, std::string text) {
    auto parsed = std::make_unique<Parsed>();
    parsed->sources = std::make_shared<diag::SourceMap>();
    const FileId file = parsed->sources->add(std::move(name), std::move(text));
    diag::DiagnosticSink sink;
    parsed->ast = syntax::parse(*parsed->sources, file, parsed->interner, sink);
    parsed->diagnostics = sink.sorted();
    return parsed;
}

Lowered lower_source(const Engine& engine, std::string name, std::string text, const Options& options) {
    Lowered result;
    result.sources = std::make_shared<diag::SourceMap>();
    const FileId file = result.sources->add(std::move(name), std::move(text));

    Interner interner;
    diag::DiagnosticSink sink;
    const syntax::Ast ast = syntax::parse(*result.sources, file, interner, sink);

    auto types = std::make_shared<TypeTable>();
    const check::HostDecls host = host_declarations(engine, *types);
    const check::ModuleInput root{"", &ast};
    const auto checked = check::check({*result.sources, {&root, 1}, host}, *types, interner, sink);
    result.diagnostics = sink.sorted();
    if (!checked) return result;

    auto layouts = std::make_shared<LayoutTable>(*types);
    result.ir = lower::lower({*checked, host, *result.sources, interner, types, layouts, sink});
    if (!result.ir) result.diagnostics = sink.sorted();
    (void)options;
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
    o.listing = listing;
    o.listing_function = listing_function;
    return codegen::generate(module, image, o);
}

} // namespace tn::driver
