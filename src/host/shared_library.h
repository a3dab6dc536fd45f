// A shared library in the process, from opening to closing.
//
// In: the file's path. Out: addresses of its symbols. It refuses to know what they are.
#pragma once

#include <string>

namespace tn::host {

class SharedLibrary {
public:
    SharedLibrary() = default;
    SharedLibrary(const SharedLibrary&) = delete;
    SharedLibrary& operator=(const SharedLibrary&) = delete;
    ~SharedLibrary();

    // With all its symbols bound and none shown to others. False, and why, when it cannot be.
    bool open(const std::string& path, std::string& why);
    // Null: there is none.
    void* find(const char* symbol) const;

private:
    void* handle_ = nullptr;
};

} // namespace tn::host
