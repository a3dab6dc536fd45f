#include "host/libraries.h"

#include <dlfcn.h>
#include <link.h>

namespace tn::host {

namespace {

std::string file_of(void* handle, const std::string& library) {
    link_map* map = nullptr;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || !map || !map->l_name || !*map->l_name) return library;
    return map->l_name;
}

std::string last_problem() {
    const char* text = dlerror();
    return text ? text : "the system does not say why";
}

} // namespace

Libraries::~Libraries() {
    for (const auto& [name, handle] : open_) dlclose(handle);
}

Libraries::Found Libraries::find(const std::string& library, const std::string& symbol) {
    Found found;
    if (library.empty() || library.find('\0') != library.npos) {
        found.library_problem = "this is not the name of a file";
        return found;
    }
    std::lock_guard lock(mutex_);
    void*& handle = open_[library];
    if (!handle) {
        handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!handle) {
            found.library_problem = last_problem();
            open_.erase(library);
            return found;
        }
    }
    found.address = dlsym(handle, symbol.c_str());
    if (!found.address) found.searched_in = file_of(handle, library);
    return found;
}

} // namespace tn::host
