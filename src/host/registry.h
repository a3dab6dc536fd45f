// What a host registered with one runtime, until the first compilation seals it: functions, types, constants and
// context variables, modules, a loader of sources.
//
// In: paths, signatures and types as text, addresses, user data with its finalizer. Out: entries whose addresses
// never move, for the driver (declarations) and for the dispatcher of generic calls. It refuses to know how values
// cross the border and what a source means.
#pragma once

#include "host/host_types.h"
#include "host/operators.h"
#include "host/signature.h"
#include "host/user_data.h"

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

struct Registration {
    std::string path;
    std::string signature; // canonical: "fn(String) -> bool"
    TypeText type;         // the signature
    bool is_generic = true;
    bool is_pure = false;
    bool has_status = false;     // a plain C function that answers a status, its result through a pointer
    void (*address)() = nullptr; // a tn_host_fn, or the plain C function
    UserData user_data;
    std::uint32_t index = 0;
    std::optional<std::uint32_t> owner; // the type that its path stands behind
    std::optional<Operator> op;         // of a type: what the language calls it for
};

// A value that scripts read by its path: a constant, or a variable that the host sets in each instance.
struct Variable {
    std::string path;
    std::string type;  // canonical
    std::string value; // of a constant: an expression in Tenon
    bool is_const = false;
};

// Gives the sources of modules; the signature is the C API's.
struct SourceLoader {
    using Load = std::int32_t (*)(void* user_data, const char* path, std::size_t length, const char** source,
                                  std::size_t* source_length);
    Load load = nullptr; // null: none
    UserData user_data;
};

enum class RegisterResult : std::uint8_t {
    Registered,
    Sealed,
    Duplicate,
    BadPath,
    BadSignature,
    BadType,
    Misplaced, // what it needs is not there
};

class Registry {
public:
    // Checks everything and takes the entry over. On failure `entry` keeps its user data (so that the
    // caller ends it outside every lock) and `message` says what is wrong.
    RegisterResult add(Registration& entry, std::string_view signature, std::string& message);
    // Takes the entry over when it makes a new type; `number` is the type, also when it was there. `path` is checked.
    RegisterResult add_type(TypeRegistration& entry, std::string_view path, std::uint32_t& number, std::string& message);
    // `type` as text; `variable.type` is filled in.
    RegisterResult add_variable(Variable variable, std::string_view type, std::string& message);
    RegisterResult add_module(std::string_view path, std::string source, std::string& message);
    // On failure `loader` keeps its user data.
    RegisterResult set_loader(SourceLoader& loader, std::string& message);
    // From now on nothing is added. Any thread, any number of times.
    void seal();
    bool is_sealed() const;
    // Only after seal(): immutable, so without a lock.
    const std::deque<Registration>& entries() const { return entries_; }
    const HostTypes& types() const { return types_; }
    const std::vector<Variable>& variables() const { return variables_; }
    const std::map<std::string, std::string, std::less<>>& modules() const { return modules_; }
    const SourceLoader& loader() const { return loader_; }

private:
    // Under the lock.
    bool is_taken(std::string_view path, std::string& message) const;
    RegisterResult check_types(const Registration& entry, std::string& message) const;
    RegisterResult check_operator(Registration& entry, std::string& message) const;
    // For resolve_builtin(): puts the host's types into a table when they are named.
    TypeNames names_into(TypeTable& types) const;

    mutable std::mutex mutex_;
    bool sealed_ = false;
    std::deque<Registration> entries_;
    HostTypes types_;
    std::vector<Variable> variables_;
    std::map<std::string, std::string, std::less<>> modules_; // path to source
    SourceLoader loader_;
};

// "name" or "module.name": identifiers of the language with dots between them.
bool is_valid_path(std::string_view path);

} // namespace tn::host
