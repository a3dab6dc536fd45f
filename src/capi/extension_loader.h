// From the folder of a native extension to its registrations in a runtime: all of them, or none.
//
// In: a folder, or the name that an import wants. Out: an extension that is there, or why not. It refuses to
// know what the library's code does.
#pragma once

#include "capi/core.h"

#include <string>

namespace tn::capi {

struct LoadedExtension {
    std::string name, version;
};

// Waits while another thread loads one. Throws.
tn_status load_extension(RuntimeCore& core, const std::string& folder, LoadedExtension& out, tn_error** err);
// The folder of an extension by its name, where this runtime looks; empty: none, and `places` says where it
// looked.
std::string find_extension_folder(const RuntimeCore& core, const std::string& name, std::string& places);
// For an import; see Engine::load_extension.
driver::ExtensionAnswer find_extension(RuntimeCore& core, const std::string& name);

} // namespace tn::capi
