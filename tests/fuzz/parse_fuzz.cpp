// Fuzz target: any bytes through lexer, parser, checker and lowering end as a module or as diagnostics that render.
#include "diag/render.h"
#include "driver/engine.h"
#include "runtime/runtime_shared.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const tn::driver::Engine engine = [] {
        tn::driver::Engine made;
        made.shared = std::make_shared<tn::rt::RuntimeShared>();
        return made;
    }();
    tn::driver::Options options;
    options.verify_each_pass = true;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    tn::driver::CompileResult result = tn::driver::compile_text(engine, "fuzz.tn", text, options);
    if (!result.module && result.diagnostics.empty()) std::abort();
    if (result.sources) {
        if (tn::diag::render_text(*result.sources, result.diagnostics).empty() && !result.diagnostics.empty()) std::abort();
        (void)tn::diag::render_json(*result.sources, result.diagnostics);
    }
    return 0;
}
