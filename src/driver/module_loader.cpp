#include "driver/module_loader.h"

#include "check/suggest.h"
#include "prelude/prelude.h"
#include "syntax/parser.h"

#include <algorithm>

namespace tn::driver {

namespace {

// Longer paths name no module: each part is a folder.
constexpr std::size_t max_path_parts = 32;
// Beyond this nobody reads them, and looking for them costs.
constexpr unsigned max_suggestions = 60;

std::size_t part_count(std::string_view path) {
    return static_cast<std::size_t>(std::ranges::count(path, '.')) + 1;
}

// "a.b" of "a.b.c"; "" of "a".
std::string_view front_of(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == path.npos ? std::string_view() : path.substr(0, dot);
}
std::string_view last_of(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == path.npos ? path : path.substr(dot + 1);
}
std::string joined(std::string_view front, std::string_view name) {
    return front.empty() ? std::string(name) : std::string(front) + "." + std::string(name);
}

// The part of `path` right behind `front`; empty when it does not lie in there.
std::string_view part_behind(std::string_view path, std::string_view front) {
    if (!front.empty()) {
        if (!path.starts_with(front) || path.size() <= front.size() || path[front.size()] != '.') return {};
        path.remove_prefix(front.size() + 1);
    }
    return path.substr(0, path.find('.'));
}

bool equal_but_for_case(std::string_view a, std::string_view b) {
    auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

} // namespace

ModuleLoader::ModuleLoader(const Engine& engine, Package& package, const Options& options)
    : sources(std::make_shared<diag::SourceMap>(&prelude::library().sources())), interner(&prelude::library().names()),
      engine_(&engine),
      package_(package),
      options_(options),
      is_complete_(!options.whole_package) {}

void ModuleLoader::add_root(SourceFile root) {
    Known known;
    take(known, "", false, std::move(root));
}

bool ModuleLoader::parse() {
    const StepTimer timer(options_.statistics ? &options_.statistics->whole : nullptr, "parse");
    for (;;) {
        for (; parsed_ < modules_.size(); ++parsed_) {
            LoadedModule& module = modules_[parsed_];
            module.ast = syntax::parse(*sources, module.file, interner, sink);
            note_imports(module);
        }
        if (wanted_.empty() && !is_complete_) {
            is_complete_ = true;
            for (std::string& path : package_.all_modules()) wanted_.push_back({std::move(path), false, true});
        }
        if (wanted_.empty()) return true;
        if (asks_host()) return false;
        load();
    }
}

void ModuleLoader::load() {
    for (; !wanted_.empty(); wanted_.pop_front()) {
        const Wanted& wanted = wanted_.front();
        if (part_count(wanted.path) > max_path_parts) continue;
        // The module is the whole path, or the longest front of it that is one: the rest names something inside.
        for (std::string_view path = wanted.path; !path.empty(); path = front_of(path)) {
            const Known& known = look_up(std::string(path), wanted.by_host);
            if (wanted.is_exact && known.what != Known::What::Module && unreadable_.empty())
                unreadable_ = "module `" + wanted.path + "`: " + known.reason;
            if (known.what != Known::What::Absent || wanted.is_exact) break;
        }
    }
}

const ModuleLoader::Known& ModuleLoader::look_up(const std::string& path, bool by_host) {
    auto& cache = by_host ? known_to_host_ : known_;
    if (auto it = cache.find(path); it != cache.end()) return it->second;
    Known known;
    if (!by_host) known = find_in_package(path);
    const bool is_package = known.what != Known::What::Absent;
    const HostModule* of_host = find_host_module(path, known);
    if (of_host && (!is_package || !of_host->is_extension)) {
        // A name of both is for the checker to refuse, so both are there. An extension stands behind the package.
        if (!loaded_of_host_.insert(path).second) {
            if (!is_package) known.what = Known::What::Module;
        } else {
            Known taken;
            take(taken, path, true, {of_host->file, of_host->text});
            if (taken.what == Known::What::Module) modules_.back().is_extension = of_host->is_extension;
            if (!is_package) known = taken;
        }
    } else if (!by_host && known.what == Known::What::Absent && engine_->load_source) {
        const SourceAnswer answer = engine_->load_source(path);
        if (!answer.problem.empty()) {
            known.what = Known::What::Unreadable;
            known.reason = answer.problem;
        } else if (answer.text) {
            take(known, path, false, {path, *answer.text});
        }
    }
    return cache.emplace(path, std::move(known)).first->second;
}

// The registered one, or that of an extension, which is loaded now if need be: when nothing else has the name.
const HostModule* ModuleLoader::find_host_module(const std::string& path, Known& known) {
    if (auto it = engine_->modules.find(path); it != engine_->modules.end()) return &it->second;
    if (known.what != Known::What::Absent || !engine_->load_extension || path.find('.') != path.npos) return nullptr;
    ExtensionAnswer answer = engine_->load_extension(path);
    if (!answer.problem.empty()) {
        known.what = Known::What::Unreadable;
        known.reason = std::move(answer.problem);
    }
    if (!answer.engine) {
        known.places = std::move(answer.places);
        return nullptr;
    }
    loaded_engine_ = std::move(answer.engine);
    engine_ = loaded_engine_.get();
    return &engine_->modules.at(path);
}

ModuleLoader::Known ModuleLoader::find_in_package(const std::string& path) {
    Known known;
    if (path.ends_with(".main")) return known; // `a/main.tn` is module `a`
    FoundModule found = package_.find(path);
    switch (found.what) {
    case FoundModule::What::Absent: break;
    case FoundModule::What::Found: take(known, path, false, std::move(found.file)); break;
    case FoundModule::What::Root: known.what = Known::What::Module; break;
    case FoundModule::What::Ambiguous:
        known.what = Known::What::Ambiguous;
        known.reason = std::move(found.reason);
        break;
    case FoundModule::What::Unreadable:
        known.what = Known::What::Unreadable;
        known.reason = std::move(found.reason);
        break;
    }
    return known;
}

// Adds a module, if there is room for it.
void ModuleLoader::take(Known& known, std::string path, bool is_host, SourceFile file) {
    known.what = Known::What::Unreadable;
    if (modules_.size() >= options_.max_modules) {
        known.reason = "a program has at most " + std::to_string(options_.max_modules) + " modules";
        return;
    }
    if (file.text.size() > options_.max_source_bytes) {
        known.reason = "it has " + std::to_string(file.text.size()) + " bytes, the limit is " +
                       std::to_string(options_.max_source_bytes);
        return;
    }
    if (bytes_ + file.text.size() > options_.max_package_bytes) {
        known.reason =
            "the sources have more than " + std::to_string(options_.max_package_bytes) + " bytes together";
        return;
    }
    bytes_ += file.text.size();
    known.what = Known::What::Module;
    LoadedModule module;
    module.path = std::move(path);
    module.is_host = is_host;
    module.file = sources->add(std::move(file.name), std::move(file.text));
    modules_.push_back(std::move(module));
}

void ModuleLoader::note_imports(const LoadedModule& module) {
    for (syntax::ItemId id : module.ast.view(module.ast.root)) {
        const auto* node = module.ast.items[id].as<syntax::ImportItem>();
        if (!node) continue;
        std::string path;
        bool is_whole = true;
        for (const syntax::Name& part : module.ast.view(node->path)) {
            is_whole &= part.is_valid();
            if (!part.is_valid()) break;
            if (!path.empty()) path += '.';
            path += interner.text(part.symbol);
        }
        if (!is_whole || path.empty()) continue; // reported by the parser
        if (!node->has_braces) wanted_.push_back({path, module.is_host, false});
        for (const syntax::Name& name : module.ast.view(node->names)) {
            if (name.is_valid())
                wanted_.push_back({path + "." + std::string(interner.text(name.symbol)), module.is_host, false});
        }
    }
}

check::MissingModule ModuleLoader::explain(std::string_view path, bool by_host) {
    check::MissingModule missing;
    missing.path = path;
    if (part_count(path) > max_path_parts) {
        missing.reason = "a path has at most " + std::to_string(max_path_parts) + " parts";
        return missing;
    }
    // How far the path leads.
    const auto& cache = by_host ? known_to_host_ : known_;
    std::string_view front = path, unknown = path;
    for (; !front.empty(); front = front_of(front)) {
        auto it = cache.find(std::string(front));
        if (it != cache.end() && it->second.what == Known::What::Module) break;
        if (it != cache.end() && it->second.what != Known::What::Absent) {
            missing.why = it->second.what == Known::What::Ambiguous ? check::MissingModule::Why::Ambiguous
                                                                    : check::MissingModule::Why::Unreadable;
            missing.path = front;
            missing.reason = it->second.reason;
            return missing;
        }
        if (!by_host && package_.is_folder(front)) break;
        unknown = front;
    }
    if (front == path) { // a folder
        missing.reason = "it is a folder without `main.tn`";
        const std::vector<std::string> names = package_.names_in(path);
        if (!names.empty()) missing.hint = "import a module of it: `import " + joined(path, names[0]) + ";`";
        return missing;
    }
    missing.path = unknown;
    if (by_host) {
        missing.reason = "a module that the host registered imports only what the host registered";
    } else if (last_of(unknown) == "main" && !front.empty()) {
        missing.reason = "a folder's `main.tn` is the module that is called like the folder";
        missing.hint = "import from `" + std::string(front) + "`";
        return missing;
    } else if (std::string places = package_.places(unknown); !places.empty()) {
        missing.reason = "looked for " + places;
        if (auto it = cache.find(std::string(unknown)); it != cache.end() && !it->second.places.empty())
            missing.reason += ", and for an extension in " + it->second.places;
    } else {
        missing.reason = "this source was compiled by itself: it imports only what the host registered";
    }
    missing.hint = did_you_mean(front, last_of(unknown), by_host);
    if (const std::string around = by_host ? "" : package_.enclosing(); missing.hint.empty() && !around.empty())
        missing.hint = "this file alone is no package; `" + around + "` is one";
    return missing;
}

std::string ModuleLoader::did_you_mean(std::string_view front, std::string_view name, bool by_host) {
    if (suggestions_++ >= max_suggestions) return {};
    std::vector<std::string> candidates;
    if (!by_host) candidates = package_.names_in(front);
    for (const auto& [path, source] : engine_->modules) candidates.emplace_back(part_behind(path, front));
    for (const HostFunction& fn : engine_->host_functions) {
        if (!fn.is_native) candidates.emplace_back(part_behind(fn.path, front));
    }
    check::Suggestion suggestion(name);
    for (const std::string& candidate : candidates) {
        if (candidate.empty()) continue;
        if (candidate != name && equal_but_for_case(candidate, name))
            return "did you mean `" + joined(front, candidate) + "`? Names differ by case";
        suggestion.offer(candidate);
    }
    if (suggestion.best().empty()) return {};
    return "did you mean `" + joined(front, suggestion.best()) + "`?";
}

} // namespace tn::driver
