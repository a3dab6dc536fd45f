// The types that a host registered with one runtime.
//
// In: a path, a URI, the functions of the type. Out: numbers; a type is its number, whatever it is called, and two
// registrations share one exactly when they give the same URI. It refuses to know what runs with the values.
#pragma once

#include "host/signature.h"
#include "host/user_data.h"
#include "runtime/host_type.h"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tn::host {

struct TypeRegistration {
    rt::HostType type; // its user data is `user_data`'s
    std::vector<std::string> paths;
    std::string uri; // "": nobody shares it
    UserData user_data;
};

class HostTypes {
public:
    // The type of a path. Nullopt: none.
    std::optional<std::uint32_t> find(std::string_view path) const;
    std::optional<std::uint32_t> find_uri(std::string_view uri) const;
    std::uint32_t add(TypeRegistration entry);
    void add_path(std::uint32_t number, std::string path) { entries_[number].paths.push_back(std::move(path)); }
    const TypeRegistration& operator[](std::uint32_t number) const { return entries_[number]; }
    std::uint32_t count() const { return static_cast<std::uint32_t>(entries_.size()); }

    // The type that `name` means within `path`: "DateTime" within "time.DateTime.now" is "time.DateTime".
    std::optional<std::uint32_t> find_within(std::string_view path, std::string_view name) const;
    // Writes every type's name in full.
    void spell_out(std::string_view path, TypeText& type) const;

private:
    std::deque<TypeRegistration> entries_; // addresses never move
};

} // namespace tn::host
