// The C libraries that `extern` blocks name: opened on first use, kept until their runtime is gone.
//
// In: a library as a script writes it, a symbol. Out: its address, or what is wrong. It refuses to know what
// the symbol is.
#pragma once

#include <map>
#include <mutex>
#include <string>

namespace tn::host {

class Libraries {
public:
    struct Found {
        const void* address = nullptr; // null: one of the texts below says why
        std::string library_problem;   // in the words of the system's loader
        std::string searched_in;       // the library is there, the symbol is not: the library's file
    };

    Libraries() = default;
    ~Libraries();
    Libraries(const Libraries&) = delete;
    Libraries& operator=(const Libraries&) = delete;

    // A name without `/` is looked for where the system's loader looks, a path is taken as it is. Any thread.
    Found find(const std::string& library, const std::string& symbol);

private:
    std::mutex mutex_;
    std::map<std::string, void*> open_;
};

} // namespace tn::host
