#include "wrapper.h"

#include "driver/engine.h"
#include "runtime/host_type.h"
#include "support/ice.h"

#include <algorithm>
#include <regex>

namespace tn::golden {

namespace {

const std::regex native_pattern(R"(// native: (\w+)(?: (fn\(.*))?$)");

} // namespace

bool is_wrapper(std::string_view text) { return text.find("// native: ") != text.npos; }

Outcome compile_wrapper(const std::string& path, const std::string& text) {
    static const rt::HostType type;
    Outcome outcome;
    driver::Engine engine;
    engine.shared = std::make_shared<rt::RuntimeShared>();
    for (const std::string& line : split_lines(text)) {
        std::smatch match;
        if (!std::regex_search(line, match, native_pattern)) continue;
        const std::string name = "wrapper." + match[1].str();
        if (match[2].matched) {
            driver::HostFunction fn;
            fn.path = name;
            fn.signature = match[2].str();
            fn.is_native = true;
            engine.host_functions.push_back(std::move(fn));
        } else {
            engine.host_types.push_back({name, {{name, true}}, &type});
        }
    }
    engine.modules.emplace("wrapper", driver::HostModule{text, path, true});
    try {
        driver::Options options;
        options.verify_each_pass = true;
        const driver::CompileResult result =
            driver::compile_text(engine, "main.tn", "import wrapper;\n", options);
        for (const diag::Diagnostic& diagnostic : result.diagnostics) {
            if (diagnostic.severity != diag::Severity::Error) continue;
            Finding finding;
            finding.name = diag::name_of(diagnostic.diag);
            finding.message = diagnostic.message;
            finding.line = result.sources->position(diagnostic.span).line;
            finding.file = result.sources->name(diagnostic.span.file);
            outcome.findings.push_back(std::move(finding));
        }
    } catch (const InternalError& error) { outcome.problem = error.what(); }
    std::ranges::stable_sort(outcome.findings, {}, &Finding::line);
    return outcome;
}

} // namespace tn::golden
