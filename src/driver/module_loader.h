// From a package's root to the trees of all modules that it needs: parse, follow the imports, load, and again.
//
// In: a Package, what the host registered, options. Out: the parsed modules, root first and the others in the
// order in which imports first name them, so that equal sources give an equal order; and, for a path that names
// no module, the reason. It refuses to know what names inside of modules mean.
#pragma once

#include "check/check.h"
#include "driver/engine.h"
#include "driver/package.h"
#include "syntax/ast.h"

#include <deque>
#include <unordered_map>
#include <unordered_set>

namespace tn::driver {

struct LoadedModule {
    std::string path;     // "" for the root
    bool is_host = false;      // registered by the host
    bool is_extension = false; // of these, the wrapper module of an extension
    FileId file;
    syntax::Ast ast; // empty until it was parsed
};

class ModuleLoader {
public:
    // The engine and the package outlive it.
    ModuleLoader(const Engine& engine, Package& package, const Options& options);

    void add_root(SourceFile root);
    // Parses what was loaded and loads what that imports, until there is nothing left: true. False when the host
    // has to be asked for sources, which is done by load() on the host's own thread; then call it again. Wants a
    // large stack.
    bool parse();
    void load();

    // Modules of the package that could not be read although everything was wanted; empty: none.
    const std::string& unreadable() const { return unreadable_; }
    const std::deque<LoadedModule>& modules() const { return modules_; }
    // Why an import's path leads nowhere.
    check::MissingModule explain(std::string_view path, bool by_host);
    std::string root_name() const { return package_.root_name(); }
    // With the extensions that were loaded on the way; null when there were none.
    const Engine& engine() const { return *engine_; }
    const std::shared_ptr<const Engine>& loaded_engine() const { return loaded_engine_; }

    std::shared_ptr<diag::SourceMap> sources;
    Interner interner;
    diag::DiagnosticSink sink;

private:
    struct Wanted {
        std::string path;
        bool by_host = false;  // a module of the host's wants it
        bool is_exact = false; // the path is a module's; else the module may be at its front
    };
    // What is known of a path, in the eyes of the package or of the host's modules.
    struct Known {
        enum class What : std::uint8_t { Absent, Module, Ambiguous, Unreadable } what = What::Absent;
        std::string reason;
        std::string places; // of an Absent one: where extensions are, if they were asked
    };

    bool asks_host() const { return engine_->load_source || engine_->load_extension; }
    const Known& look_up(const std::string& path, bool by_host);
    const HostModule* find_host_module(const std::string& path, Known& known);
    void take(Known& known, std::string path, bool is_host, SourceFile file);
    Known find_in_package(const std::string& path);
    void note_imports(const LoadedModule& module);
    std::string did_you_mean(std::string_view front, std::string_view name, bool by_host);

    const Engine* engine_;
    std::shared_ptr<const Engine> loaded_engine_;
    Package& package_;
    Options options_;
    std::deque<LoadedModule> modules_;
    std::size_t parsed_ = 0; // modules before it are
    std::deque<Wanted> wanted_;
    bool is_complete_ = false; // all modules of the package were put among the wanted
    std::unordered_map<std::string, Known> known_, known_to_host_;
    std::unordered_set<std::string> loaded_of_host_;
    std::uint64_t bytes_ = 0; // of all sources
    std::string unreadable_;
    unsigned suggestions_ = 0;
};

} // namespace tn::driver
