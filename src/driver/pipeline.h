// The pipeline, stage by stage, for those who want to look between the stages. Everybody else compiles
// through engine.h.
#pragma once

#include "driver/engine.h"
#include "driver/module_loader.h"

#include <optional>
#include <string>

namespace tn::driver {

// The front half: parsed modules to unoptimized IR. `ir` is empty when there are errors.
struct Lowered {
    std::shared_ptr<diag::SourceMap> sources;
    std::vector<diag::Diagnostic> diagnostics;
    std::optional<ir::Module> ir;
};
Lowered lower_loaded(const Engine& engine, ModuleLoader& loader, const Options& options);

// The back half.
void optimize(ir::Module& module, const Options& options, const std::string& stop_after = {});
// Instead, for a module that is optimized part by part (ir::take_part): first the whole, then each part.
void prepare_parts(ir::Module& module, const Options& options);
void optimize_part(ir::Module& part, const Options& options);
class ForeignTable;
std::shared_ptr<rt::CodeBlob> generate(const Engine& engine, const ir::Module& module,
                                       const ForeignTable& foreign, const rt::ImageLayout& image,
                                       rt::CodeMode mode, const Options& options,
                                       std::string* listing = nullptr,
                                       const std::string& listing_function = {});

// Runs `work` on a thread with a stack large enough for any source within the limits, so that the
// caller's may be small; passes its exception on.
void on_large_stack(void (*work)(void*), void* argument);
template <typename Work> void on_large_stack(Work&& work) {
    on_large_stack([](void* w) { (*static_cast<std::remove_reference_t<Work>*>(w))(); }, &work);
}

// Loads a package and then does `work`, both on a large stack; the host is asked for sources on this thread.
template <typename Work> void with_loaded(ModuleLoader& loader, Work&& work) {
    for (bool is_done = false; !is_done;) {
        on_large_stack([&] {
            is_done = loader.parse();
            if (is_done) work();
        });
        if (!is_done) loader.load();
    }
}

} // namespace tn::driver
