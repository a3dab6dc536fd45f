// The pipeline, stage by stage, for those who want to look between the stages. Everybody else compiles
// through engine.h.
#pragma once

#include "driver/engine.h"
#include "syntax/ast.h"

#include <optional>
#include <string>

namespace tn::driver {

// The front half: source text to unoptimized IR. `ir` is empty when there are errors.
struct Lowered {
    std::shared_ptr<diag::SourceMap> sources;
    std::vector<diag::Diagnostic> diagnostics;
    std::optional<ir::Module> ir;
};
Lowered lower_source(const Engine& engine, std::string name, std::string text, const Options& options);

// One source file, parsed: for dumps of tokens and trees.
struct Parsed {
    std::shared_ptr<diag::SourceMap> sources;
    std::vector<diag::Diagnostic> diagnostics;
    Interner interner;
    syntax::Ast ast;
};
std::unique_ptr<Parsed> parse_source(std::string name, std::string text);

// The back half.
void optimize(ir::Module& module, const Options& options, const std::string& stop_after = {});
std::shared_ptr<rt::CodeBlob> generate(const Engine& engine, const ir::Module& module, const rt::ImageLayout& image,
                                       rt::CodeMode mode, const Options& options, std::string* listing = nullptr,
                                       const std::string& listing_function = {});

// A source file, or main.tn of a folder; on failure `error` says which and why.
struct LoadedFile {
    std::string name, text, error;
};
LoadedFile load_path(const std::string& path, const Options& options);

// Runs `work` on a thread with a stack large enough for any source within the limits, so that the
// caller's may be small; passes its exception on.
void on_large_stack(void (*work)(void*), void* argument);
template <typename Work> void on_large_stack(Work&& work) {
    on_large_stack([](void* w) { (*static_cast<std::remove_reference_t<Work>*>(w))(); }, &work);
}

} // namespace tn::driver
