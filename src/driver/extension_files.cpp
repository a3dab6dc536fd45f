#include "driver/extension_files.h"

#include "driver/package.h"
#include "driver/read_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sys/stat.h>

namespace tn::driver {

namespace {

void split(std::string_view path, std::vector<std::string>& folders) {
    while (!path.empty()) {
        const std::string_view folder = path.substr(0, path.find(':'));
        if (!folder.empty()) folders.emplace_back(folder);
        path.remove_prefix(std::min(path.size(), folder.size() + 1));
    }
}

bool is_folder(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

} // namespace

std::vector<std::string> extension_folders(std::string_view host_path) {
    std::vector<std::string> folders;
    split(host_path, folders);
    // Of a program with more rights than its user has, the user does not choose the code.
    if (const char* path = ::secure_getenv("TENON_EXTENSION_PATH")) split(path, folders);
    if (const char* home = ::secure_getenv("HOME"); home && *home)
        folders.push_back(std::string(home) + "/.tenon/extensions");
    return folders;
}

std::string find_extension_folder(const std::vector<std::string>& folders, std::string_view name) {
    if (!is_identifier(name)) return {};
    for (const std::string& folder : folders) {
        std::string candidate = folder + "/" + std::string(name);
        if (is_folder(candidate)) return candidate;
    }
    return {};
}

bool read_extension_files(std::string folder, std::uint64_t max_source_bytes, ExtensionFiles& files,
                          std::string& why) {
    while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
    files.name = folder.substr(folder.rfind('/') + 1);
    if (!is_identifier(files.name)) {
        why = "`" + folder + "`: the folder of an extension is called as scripts import it, `" + files.name +
              "` is no name";
        return false;
    }
    if (!is_folder(folder)) {
        why = "`" + folder + "`: it is no folder";
        return false;
    }
    const std::string library = folder + "/" + files.name + ".so";
    char* resolved = ::realpath(library.c_str(), nullptr);
    if (!resolved) {
        why = "`" + library + "`: " + std::strerror(errno);
        return false;
    }
    files.library = resolved;
    std::free(resolved);
    files.source_file = folder + "/" + files.name + ".tn";
    std::string reason;
    if (read_file(files.source_file, max_source_bytes, files.source, reason)) return true;
    why = "`" + files.source_file + "`: " + reason;
    return false;
}

} // namespace tn::driver
