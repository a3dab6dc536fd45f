// What a host registered with one runtime, functions and modules, until the first compilation seals it.
//
// In: a path, a signature as text, an address, user data with its finalizer; a path and a source; a loader of
// sources. Out: entries whose addresses never move, for the driver (declarations) and for the dispatcher of
// generic calls. It refuses to know how values cross the border and what a source means.
#pragma once

#include "host/signature.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace tn::host {

// A pointer of the host's with the function that ends it: runs once, whoever holds it last.
class UserData {
public:
    using Finalizer = void (*)(void*);

    UserData() = default;
    UserData(void* data, Finalizer finalizer) : data_(data), finalizer_(finalizer) {}
    UserData(UserData&& other) noexcept : data_(other.data_), finalizer_(other.finalizer_) { other.forget(); }
    UserData& operator=(UserData&& other) noexcept {
        if (this != &other) {
            reset();
            data_ = other.data_;
            finalizer_ = other.finalizer_;
            other.forget();
        }
        return *this;
    }
    ~UserData() { reset(); }

    void* get() const { return data_; }
    void reset() {
        Finalizer finalizer = finalizer_;
        void* data = data_;
        forget();
        if (finalizer) finalizer(data);
    }
    // Somebody else ends it.
    void forget() {
        data_ = nullptr;
        finalizer_ = nullptr;
    }

private:
    void* data_ = nullptr;
    Finalizer finalizer_ = nullptr;
};

struct Registration {
    std::string path;
    std::string signature; // canonical: "fn(String) -> bool"
    TypeText type;         // the signature
    bool is_generic = true;
    bool is_pure = false;
    void (*address)() = nullptr; // a tn_host_fn, or the plain C function
    UserData user_data;
    std::uint32_t index = 0;
};

// Gives the sources of modules; the signature is the C API's.
struct SourceLoader {
    using Load = std::int32_t (*)(void* user_data, const char* path, std::size_t length, const char** source,
                                  std::size_t* source_length);
    Load load = nullptr; // null: none
    UserData user_data;
};

enum class RegisterResult : std::uint8_t { Registered, Sealed, Duplicate, BadPath, BadSignature, BadType };

class Registry {
public:
    // Checks everything and takes the entry over. On failure `entry` keeps its user data (so that the
    // caller ends it outside every lock) and `message` says what is wrong.
    RegisterResult add(Registration& entry, std::string_view signature, std::string& message);
    RegisterResult add_module(std::string_view path, std::string source, std::string& message);
    // On failure `loader` keeps its user data.
    RegisterResult set_loader(SourceLoader& loader, std::string& message);
    // From now on nothing is added. Any thread, any number of times.
    void seal();
    bool is_sealed() const;
    // Only after seal(): immutable, so without a lock.
    const std::deque<Registration>& entries() const { return entries_; }
    const std::map<std::string, std::string, std::less<>>& modules() const { return modules_; }
    const SourceLoader& loader() const { return loader_; }

private:
    bool is_taken(std::string_view path, std::string& message) const; // under the lock

    mutable std::mutex mutex_;
    bool sealed_ = false;
    std::deque<Registration> entries_;
    std::map<std::string, std::string, std::less<>> modules_; // path to source
    SourceLoader loader_;
};

// "name" or "module.name": identifiers of the language with dots between them.
bool is_valid_path(std::string_view path);

} // namespace tn::host
