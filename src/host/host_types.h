// The types that a host registered with one runtime.
//
// In: a path, a URI, the functions of the type. Out: numbers; a type is its number, whatever it is called,
// and two registrations share one exactly when they give the same URI. It refuses to know what runs with the
// values.
#pragma once

#include "host/signature.h"
#include "host/user_data.h"
#include "runtime/host_type.h"

#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tn::host {

struct TypeRegistration {
    rt::HostType type; // its user data is `user_data`'s; its path is the type's name, whatever others it has
    std::string uri;   // "": nobody shares it
    UserData user_data;
};

// Where a type stands: for scripts, or, with the name of an extension, for that one's wrapper module alone.
struct TypePath {
    std::string text; // "time.DateTime"
    std::string extension;
};

// Locks itself: types are looked up by name while an extension registers its own.
class HostTypes {
public:
    // The type of a path. Nullopt: none.
    std::optional<std::uint32_t> find(std::string_view path) const;
    std::optional<std::uint32_t> find_uri(std::string_view uri) const;
    std::uint32_t add(TypeRegistration entry, TypePath path);
    void add_path(std::uint32_t number, TypePath path);
    // Does not change and does not move, unless an extension that failed takes it back.
    const TypeRegistration& operator[](std::uint32_t number) const;
    // None: an extension failed that would have had it.
    std::vector<TypePath> paths(std::uint32_t number) const;
    std::uint32_t count() const;

    // The type that `name` means within `path`: "DateTime" within "time.DateTime.now" is "time.DateTime".
    std::optional<std::uint32_t> find_within(std::string_view path, std::string_view name) const;
    // Writes every type's name in full. For an extension that is one of its own: false, with the first that
    // is not.
    bool spell_out(std::string_view path, std::string_view extension, TypeText& type,
                   std::string& unknown) const;

    // Takes back what these extensions have registered, from the type `first` on: numbers are not used again,
    // because there may be handles with them. What ends the types goes to `ended`.
    void withdraw(std::uint32_t first, std::span<const std::string> extensions, std::vector<UserData>& ended);

private:
    struct Entry {
        TypeRegistration type;
        std::vector<TypePath> paths;
    };

    mutable std::mutex mutex_;
    std::deque<Entry> entries_; // addresses never move
};

} // namespace tn::host
