// Where native extensions lie: NAME/NAME.so and NAME/NAME.tn below one of several folders.
//
// In: folders and a name. Out: the files of the extension. It refuses to know what is in them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tn::driver {

struct ExtensionFiles {
    std::string name;
    std::string library;     // without links
    std::string source_file; // the wrapper module, as diagnostics name it
    std::string source;
};

// `host_path` (folders with `:` between them), the environment's TENON_EXTENSION_PATH, and the user's own.
std::vector<std::string> extension_folders(std::string_view host_path);
// The first folder NAME in there; empty: none.
std::string find_extension_folder(const std::vector<std::string>& folders, std::string_view name);
// False, and why, when a file is missing or cannot be read.
bool read_extension_files(std::string folder, std::uint64_t max_source_bytes, ExtensionFiles& files,
                          std::string& why);

} // namespace tn::driver
