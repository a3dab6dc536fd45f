// `tenon new NAME`: a package, or a native extension with its build, that tests green as it is.
#include "cli/commands.h"
#include "cli/templates.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace tn::cli {

namespace {

namespace fs = std::filesystem;

// As an import would write it, in letters that every file system and compiler takes.
bool is_name(std::string_view name) {
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
    for (char c : name) {
        const bool is_word =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!is_word) return false;
    }
    return true;
}

std::string with_name(std::string_view text, std::string_view name) {
    constexpr std::string_view mark = "@NAME@";
    std::string result;
    for (;;) {
        const std::size_t at = text.find(mark);
        result += text.substr(0, at);
        if (at == text.npos) return result;
        result += name;
        text.remove_prefix(at + mark.size());
    }
}

bool write_file(const fs::path& path, const std::string& text) {
    std::error_code problem;
    fs::create_directories(path.parent_path(), problem);
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (file) return true;
    show_message(tn::cli::quoted(path.string()) + " cannot be written");
    return false;
}

} // namespace

int make_new(const NewOptions& options) {
    fs::path folder(options.path);
    if (!folder.has_filename()) folder = folder.parent_path(); // "name/"
    const std::string name = folder.filename().string();
    if (!is_name(name)) {
        show_message(tn::cli::quoted(name) + " is no name: letters, digits and `_`, as scripts import it");
        return misuse;
    }
    std::error_code problem;
    if (fs::exists(folder, problem)) {
        show_message(tn::cli::quoted(folder.string()) + " exists already");
        return misuse;
    }
    const std::string_view kind = options.extension ? "extension/" : "package/";
    for (const Template& file : templates()) {
        if (!file.path.starts_with(kind)) continue;
        std::string path(file.path.substr(kind.size()));
        if (path == "wrapper.tn") path = name + ".tn";
        if (!write_file(folder / path, with_name(file.text, name))) return failure;
    }
    const std::string shown = folder.string();
    if (options.extension) {
        std::printf("made the extension %s; build and test it:\n    cd %s\n    cmake -B build && cmake "
                    "--build build && ctest --test-dir build\n",
                    name.c_str(), shown.c_str());
    } else {
        std::printf("made the package %s; run and test it:\n    tenon run %s\n    tenon test %s\n",
                    name.c_str(), shown.c_str(), shown.c_str());
    }
    return success;
}

} // namespace tn::cli
