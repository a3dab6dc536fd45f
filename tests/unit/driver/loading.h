// Packages for tests, and a loader that has followed all imports.
#pragma once

#include "driver/module_loader.h"
#include "driver/pipeline.h"

#include <map>
#include <memory>
#include <string>

namespace tn::driver {

struct Loading {
    Engine engine;
    Options options;
    std::unique_ptr<Package> package;
    std::unique_ptr<ModuleLoader> loader;

    explicit Loading(std::map<std::string, std::string> texts) {
        root_ = texts.at("main.tn");
        package = package_of_texts("", std::move(texts));
    }

    Loading& load() {
        loader = std::make_unique<ModuleLoader>(engine, *package, options);
        loader->add_root({"main.tn", root_});
        with_loaded(*loader, [] {});
        return *this;
    }
    // "a a.b @http": the host's with an @; the root is "".
    std::string order() const {
        std::string text;
        for (const LoadedModule& module : loader->modules()) {
            if (module.path.empty()) continue;
            if (!text.empty()) text += ' ';
            text += (module.is_host ? "@" : "") + module.path;
        }
        return text;
    }

private:
    std::string root_;
};

} // namespace tn::driver
