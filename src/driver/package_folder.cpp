// Packages on disk: names to files below one folder, which no path leaves.
#include "driver/package.h"
#include "driver/read_file.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace tn::driver {

namespace {

// Folders deeper than this are not looked into when all modules are wanted.
constexpr unsigned max_folder_depth = 32;

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == path.npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string file_name_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return std::string(slash == path.npos ? path : path.substr(slash + 1));
}

// "geometry/area" of "geometry.area".
std::string as_folder(std::string_view module_path) {
    std::string folder(module_path);
    std::ranges::replace(folder, '.', '/');
    return folder;
}

// Without symbolic links; empty, and why, when it cannot be told.
std::string real_path(const std::string& path, std::string& why) {
    char* resolved = ::realpath(path.c_str(), nullptr);
    if (!resolved) {
        why = std::strerror(errno);
        return {};
    }
    std::string result = resolved;
    std::free(resolved);
    return result;
}

class FolderPackage final : public Package {
public:
    // `real` and `real_root` without symbolic links; `shown` is how the user wrote the folder.
    FolderPackage(std::string real, std::string real_root, std::string shown, std::uint64_t max_bytes)
        : real_(std::move(real)),
          real_root_(std::move(real_root)),
          shown_(std::move(shown)),
          max_bytes_(max_bytes) {}

    std::string root_name() const override {
        std::string name = file_name_of(real_root_);
        if (name.ends_with(".tn")) name.resize(name.size() - 3);
        return name;
    }

    FoundModule find(std::string_view module_path) override {
        FoundModule result;
        const std::string stem = as_folder(module_path);
        std::string found;
        for (const std::string& candidate : {stem + ".tn", stem + "/main.tn"}) {
            struct stat info {};
            const int failed = ::stat((real_ + "/" + candidate).c_str(), &info);
            if (failed != 0 && (errno == ENOENT || errno == ENOTDIR)) {
                // A link to nowhere is there, and is no module.
                if (::lstat((real_ + "/" + candidate).c_str(), &info) != 0) continue;
                errno = ENOENT;
            }
            if (failed != 0) return unreadable(candidate, std::strerror(errno));
            if (S_ISDIR(info.st_mode)) continue;
            if (!found.empty()) {
                result.what = FoundModule::What::Ambiguous;
                result.reason = "`" + found + "` and `" + candidate + "`";
                return result;
            }
            found = candidate;
        }
        if (found.empty()) return result;
        std::string why;
        const std::string real = real_path(real_ + "/" + found, why);
        if (real.empty()) return unreadable(found, why);
        if (real == real_root_) {
            result.what = FoundModule::What::Root;
            return result;
        }
        if (!is_inside(real)) return unreadable(found, "it is a link that leads out of the package");
        result.what = FoundModule::What::Found;
        result.file.name = shown(found);
        if (!read_file(real, max_bytes_, result.file.text, why)) return unreadable(found, why);
        return result;
    }

    std::string places(std::string_view module_path) const override {
        const std::string stem = as_folder(module_path);
        return "`" + shown(stem + ".tn") + "` and `" + shown(stem + "/main.tn") + "`";
    }

    bool is_folder(std::string_view module_path) const override {
        struct stat info {};
        return ::stat((real_ + "/" + as_folder(module_path)).c_str(), &info) == 0 && S_ISDIR(info.st_mode);
    }

    std::vector<std::string> names_in(std::string_view module_path) const override {
        std::set<std::string> names;
        for (const Entry& entry : entries(as_folder(module_path))) names.insert(entry.module);
        if (module_path.empty()) names.erase(root_name());
        return {names.begin(), names.end()};
    }

    std::string enclosing() const override {
        if (root_name() == "main") return {};
        std::string folder = real_;
        for (unsigned levels = 0; folder != "/" && levels < max_folder_depth; ++levels) {
            if (::access((folder + "/main.tn").c_str(), F_OK) == 0) return folder;
            folder = folder_of(folder);
        }
        return {};
    }

    std::vector<std::string> all_modules() const override {
        std::set<std::string> modules;
        collect("", "", 0, modules);
        return {modules.begin(), modules.end()};
    }

private:
    struct Entry {
        std::string module; // its name
        bool is_folder = false;
        bool operator<(const Entry& other) const {
            return module != other.module ? module < other.module : is_folder < other.is_folder;
        }
    };

    // What may be modules in a folder, sorted. Symbolic links to folders are not followed: they may lead round.
    std::vector<Entry> entries(const std::string& folder) const {
        std::vector<Entry> result;
        const std::string path = folder.empty() ? real_ : real_ + "/" + folder;
        DIR* stream = ::opendir(path.c_str());
        if (!stream) return result;
        while (const dirent* entry = ::readdir(stream)) {
            std::string name = entry->d_name;
            struct stat info {};
            if (::lstat((path + "/" + name).c_str(), &info) != 0) continue;
            const bool is_folder = S_ISDIR(info.st_mode);
            if (!is_folder) {
                if (!name.ends_with(".tn")) continue;
                name.resize(name.size() - 3);
            }
            if (is_identifier(name)) result.push_back({name, is_folder});
        }
        ::closedir(stream);
        std::sort(result.begin(), result.end());
        return result;
    }

    void collect(const std::string& folder, const std::string& prefix, unsigned depth,
                 std::set<std::string>& modules) const {
        if (depth > max_folder_depth) return;
        for (const Entry& entry : entries(folder)) {
            const std::string path = prefix + entry.module;
            if (entry.is_folder) {
                collect(folder.empty() ? entry.module : folder + "/" + entry.module, path + ".", depth + 1, modules);
            } else if (entry.module != "main") {
                modules.insert(path);
            } else if (depth > 0) {
                modules.insert(prefix.substr(0, prefix.size() - 1));
            }
        }
    }

    std::string shown(const std::string& file) const {
        return shown_ == "." ? file : shown_.ends_with('/') ? shown_ + file : shown_ + "/" + file;
    }
    bool is_inside(const std::string& real) const {
        return real.starts_with(real_) && (real_ == "/" || real[real_.size()] == '/');
    }
    FoundModule unreadable(const std::string& file, const std::string& why) const {
        FoundModule result;
        result.what = FoundModule::What::Unreadable;
        result.reason = "`" + file + "`: " + why;
        return result;
    }

    std::string real_, real_root_, shown_;
    std::uint64_t max_bytes_;
};

std::string cannot_read(const std::string& path, const std::string& why) {
    return "cannot read `" + path + "`: " + why;
}

} // namespace

OpenedPackage open_path(const std::string& path, const Options& options) {
    OpenedPackage opened;
    struct stat info {};
    opened.root.name = path;
    if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
        opened.is_folder = true;
        opened.root.name = path + (path.ends_with('/') ? "main.tn" : "/main.tn");
        if (::stat(opened.root.name.c_str(), &info) != 0) {
            opened.error = "`" + path + "` is a folder without main.tn: expected a .tn file or a package";
            return opened;
        }
    }
    std::string why;
    if (!read_file(opened.root.name, options.max_source_bytes, opened.root.text, why)) {
        opened.error = cannot_read(opened.root.name, why);
        return opened;
    }
    const std::string real_root = real_path(opened.root.name, why);
    if (real_root.empty()) { // a pipe: it has nothing beside it
        opened.package = package_of_one(opened.root.name);
        return opened;
    }
    // A link to the root file: the package is where the file is.
    std::string shown = folder_of(opened.root.name), real = folder_of(real_root);
    if (::lstat(opened.root.name.c_str(), &info) != 0 || S_ISLNK(info.st_mode)) {
        if (real_path(shown, why) != real) shown = real;
    }
    opened.package =
        std::make_unique<FolderPackage>(std::move(real), real_root, std::move(shown), options.max_source_bytes);
    return opened;
}

} // namespace tn::driver
