#include "host/shared_library.h"

#include <dlfcn.h>

namespace tn::host {

SharedLibrary::~SharedLibrary() {
    if (handle_) dlclose(handle_);
}

bool SharedLibrary::open(const std::string& path, std::string& why) {
    handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_) return true;
    const char* message = dlerror();
    why = message ? message : "it cannot be opened";
    return false;
}

void* SharedLibrary::find(const char* symbol) const { return dlsym(handle_, symbol); }

} // namespace tn::host
