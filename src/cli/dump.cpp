// `tenon dump`: the text of a stage of the compiler. The one command that sees behind c_api.h.
#include "driver/dump.h"

#include "capi/engine_of.h"
#include "cli/commands.h"

#include <cstdio>

namespace tn::cli {

int dump(const CommonOptions& common, const DumpOptions& options) {
    if (options.stats == !options.stage.empty()) {
        show_message("expected either --after STAGE or --stats");
        return misuse;
    }
    if (options.json && !options.stats) {
        show_message("--json goes with --stats");
        return misuse;
    }
    // As every other command compiles: with what `--allow` and `--extension-path` say.
    Session session(common);
    Error error;
    if (session.make_runtime(error) != TN_OK) {
        session.show(error.get());
        return misuse;
    }
    const std::shared_ptr<const driver::Engine> engine = capi::engine_of(session.runtime());
    driver::Options compile_options;
    compile_options.opt_level = common.opt_level;
    compile_options.baseline_cpu = common.baseline_cpu;
    driver::DumpRequest request{options.stage, options.function, options.target};
    using Statistics = driver::DumpRequest::Statistics;
    if (options.stats) request.statistics = options.json ? Statistics::Json : Statistics::Table;
    driver::DumpResult result = driver::dump(*engine, common.path, request, compile_options);

    std::fwrite(result.text.data(), 1, result.text.size(), stdout);
    std::fflush(stdout);
    if (!result.error.empty()) {
        show_message(result.error);
        return misuse;
    }
    if (!result.compile.io_error.empty()) {
        show_message(result.compile.io_error);
        return misuse;
    }
    for (const diag::Diagnostic& diagnostic : result.compile.diagnostics) {
        if (diagnostic.severity != diag::Severity::Error) continue;
        // The library shows the errors as it does for every other command.
        Module module;
        if (session.try_compile(module, error) != TN_OK) session.show(error.get());
        return misuse;
    }
    return success;
}

} // namespace tn::cli
