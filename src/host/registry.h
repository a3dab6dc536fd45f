// What a host registered with one runtime, until the first compilation seals it: functions, types, constants
// and context variables, modules, a loader of sources. Extensions register at any time, each all or nothing.
//
// In: paths, signatures and types as text, addresses, user data with its finalizer. Out: entries whose
// addresses never move, for the driver (declarations) and for the dispatcher of generic calls. It refuses to
// know how values cross the border, what a source means and where extensions come from.
#pragma once

#include "host/host_types.h"
#include "host/operators.h"
#include "host/shared_library.h"
#include "host/signature.h"
#include "host/user_data.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tn::host {

struct Registration {
    std::string path;
    std::string
        extension; // whose it is; then its path begins with that name, and only a wrapper module names it
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
    TypeText type;     // every name in full
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

// A module in Tenon.
struct ModuleSource {
    std::string text;
    std::string file;          // what diagnostics name
    bool is_extension = false; // the wrapper module of one
};

// An extension that is there.
struct ExtensionInfo {
    std::string name, version;
    std::string file; // of the shared library, without links
    std::shared_ptr<SharedLibrary> library;
};

enum class RegisterResult : std::uint8_t {
    Registered,
    Sealed,
    Duplicate,
    BadPath,
    BadSignature,
    BadType,
    Misplaced, // what it needs is not there
    Busy,      // from inside of an extension's entry
};

class Registry {
public:
    // Checks everything and takes the entry over. On failure `entry` keeps its user data (so that the
    // caller ends it outside every lock) and `message` says what is wrong.
    RegisterResult add(Registration& entry, std::string_view signature, std::string& message);
    // Takes the entry over when it makes a new type; `number` is the type, also when it was there. `path` is
    // checked. With `extension` it is that one's.
    RegisterResult add_type(TypeRegistration& entry, std::string_view path, std::string_view extension,
                            std::uint32_t& number, std::string& message);
    // `type` as text; `variable.type` is filled in.
    RegisterResult add_variable(Variable variable, std::string_view type, std::string& message);
    RegisterResult add_module(std::string_view path, ModuleSource source, std::string& message);
    // On failure `loader` keeps its user data.
    RegisterResult set_loader(SourceLoader& loader, std::string& message);
    // From now on nothing is added. Any thread, any number of times.
    void seal();
    bool is_sealed() const;

    // Waits while another thread loads an extension. What the functions below give may be read while it is
    // held, and addresses of entries and types for ever.
    using Lock = std::unique_lock<std::mutex>;
    Lock lock() const;
    // Changes when something is registered or taken back.
    std::uint64_t generation() const { return generation_; }
    const std::deque<Registration>& entries() const { return entries_; }
    const HostTypes& types() const { return types_; }
    const std::vector<Variable>& variables() const { return variables_; }
    const std::map<std::string, ModuleSource, std::less<>>& modules() const { return modules_; }
    const SourceLoader& loader() const { return loader_; }
    const std::vector<ExtensionInfo>& extensions() const { return extensions_; }

    // Between begin and its end nobody but this thread registers, so that what came since can be taken back.
    // They nest: an extension may import another, which goes with it.
    struct Mark {
        std::size_t fns = 0, extensions = 0, pending = 0;
        std::uint32_t types = 0;
    };
    Mark begin_extension(std::string name);
    void add_extension(ExtensionInfo extension);
    void set_version(std::string_view extension, std::string version);
    void commit_extension();
    // What was registered since, for the caller to end where no lock is held: functions first, libraries
    // last.
    struct Undone {
        std::vector<std::shared_ptr<SharedLibrary>> libraries;
        std::vector<UserData> data;
    };
    Undone roll_back(const Mark& mark);
    // While an extension's own code registers, nothing else of the runtime may be used on its thread.
    void set_in_entry(bool is_in);
    bool is_in_entry_here() const;
    // Keeps the code of all extensions where it is; null: there are none.
    using Libraries = std::vector<std::shared_ptr<SharedLibrary>>;
    std::shared_ptr<const Libraries> libraries() const;

private:
    // Under the lock. Registered: go on.
    RegisterResult check_time(bool is_extension, std::string& message) const;
    bool is_taken(std::string_view path, std::string& message) const;
    RegisterResult check_types(const Registration& entry, std::string& message) const;
    RegisterResult check_operator(Registration& entry, std::string& message) const;
    // For resolve_builtin(): puts the host's types into a table when they are named.
    TypeNames names_into(TypeTable& types) const;

    mutable std::mutex mutex_;
    mutable std::condition_variable loaded_;
    bool sealed_ = false, in_entry_ = false;
    std::uint64_t generation_ = 0;
    unsigned loads_ = 0;                    // that have begun, one inside of another
    std::thread::id loading_thread_;        // while there are any
    std::vector<std::string> pending_;      // the extensions of these loads
    std::vector<ExtensionInfo> extensions_; // before the entries: their finalizers are in there
    std::shared_ptr<const Libraries> libraries_;
    std::deque<Registration> entries_;
    HostTypes types_;
    std::vector<Variable> variables_;
    std::map<std::string, ModuleSource, std::less<>> modules_; // by path
    SourceLoader loader_;
};

// "name" or "module.name": identifiers of the language with dots between them.
bool is_valid_path(std::string_view path);

} // namespace tn::host
