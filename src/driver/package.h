// Where the modules of one package come from: a folder on disk, named texts in memory, or one text alone.
//
// In: the path of a module, `a.b`, made of identifiers. Out: its source, or why there is none. It refuses to know
// what a source says and who imports it.
#pragma once

#include "driver/options.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tn::driver {

// `name` is what diagnostics and traces show.
struct SourceFile {
    std::string name, text;
};

// What there is under a module's path.
struct FoundModule {
    enum class What : std::uint8_t {
        Absent,
        Found,
        Root,       // the package's root file has this name, too
        Ambiguous,  // `a.tn` and `a/main.tn`; `reason` names both, from the root
        Unreadable, // `reason` names the file, from the root, and says why
    } what = What::Absent;
    SourceFile file;
    std::string reason;
};

class Package {
public:
    virtual ~Package() = default;

    // How the root module is called, in messages and by imports: "main", or the name of the only file.
    virtual std::string root_name() const = 0;
    virtual FoundModule find(std::string_view module_path) = 0;
    // The places where find() looks, for messages: "`a/b.tn` and `a/b/main.tn`"; empty when it looks nowhere.
    virtual std::string places(std::string_view module_path) const = 0;
    // Whether a folder of that path holds modules, so that it may be the front of a path.
    virtual bool is_folder(std::string_view module_path) const = 0;
    // The names of modules and folders right inside a folder ("": the root), sorted: for suggestions.
    virtual std::vector<std::string> names_in(std::string_view module_path) const = 0;
    // A package around this one, when the root is but a file inside of it; empty: none, or not known.
    virtual std::string enclosing() const { return {}; }
    // The paths of all modules below the root, sorted.
    virtual std::vector<std::string> all_modules() const = 0;
};

// A file, or a folder with main.tn, and the modules beside it. On failure the package is null and `error` says
// which path and why.
struct OpenedPackage {
    std::unique_ptr<Package> package;
    SourceFile root;
    bool is_folder = false; // the path was a folder's
    std::string error;
};
OpenedPackage open_path(const std::string& path, const Options& options);

// Named texts: "main.tn", "geometry/area.tn". `prefix` stands before the names in messages.
std::unique_ptr<Package> package_of_texts(std::string_view prefix, std::map<std::string, std::string> texts);
// One text without modules beside it. The root's name is the file name's without folder and `.tn`.
std::unique_ptr<Package> package_of_one(std::string_view file_name);

// Why a name cannot be one of a file of a package; empty when it can: relative, `.tn`, identifiers.
std::string bad_file_name(std::string_view name);
bool is_identifier(std::string_view text);

} // namespace tn::driver
