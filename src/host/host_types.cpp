#include "host/host_types.h"

#include <algorithm>

namespace tn::host {

std::optional<std::uint32_t> HostTypes::find(std::string_view path) const {
    std::lock_guard lock(mutex_);
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        if (std::ranges::find(entries_[i].paths, path, &TypePath::text) != entries_[i].paths.end()) return i;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> HostTypes::find_uri(std::string_view uri) const {
    if (uri.empty()) return std::nullopt;
    std::lock_guard lock(mutex_);
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        if (entries_[i].type.uri == uri) return i;
    }
    return std::nullopt;
}

std::uint32_t HostTypes::add(TypeRegistration entry, TypePath path) {
    std::lock_guard lock(mutex_);
    entries_.push_back({std::move(entry), {std::move(path)}});
    return static_cast<std::uint32_t>(entries_.size() - 1);
}

void HostTypes::add_path(std::uint32_t number, TypePath path) {
    std::lock_guard lock(mutex_);
    entries_[number].paths.push_back(std::move(path));
}

const TypeRegistration& HostTypes::operator[](std::uint32_t number) const {
    std::lock_guard lock(mutex_);
    return entries_[number].type;
}

std::vector<TypePath> HostTypes::paths(std::uint32_t number) const {
    std::lock_guard lock(mutex_);
    return entries_[number].paths;
}

std::uint32_t HostTypes::count() const {
    std::lock_guard lock(mutex_);
    return static_cast<std::uint32_t>(entries_.size());
}

std::optional<std::uint32_t> HostTypes::find_within(std::string_view path, std::string_view name) const {
    for (std::string_view front = path;; front = front.substr(0, front.rfind('.'))) {
        const std::size_t dot = front.rfind('.');
        if (dot == front.npos) return find(name);
        std::string whole(front.substr(0, dot + 1));
        whole += name;
        if (auto found = find(whole)) return found;
    }
}

bool HostTypes::spell_out(std::string_view path, std::string_view extension, TypeText& type,
                          std::string& unknown) const {
    for (TypeText& part : type.parts) {
        if (!spell_out(path, extension, part, unknown)) return false;
    }
    if (type.kind != TypeText::Kind::Name || !type.parts.empty()) return true;
    if (extension.empty()) {
        if (auto number = find_within(path, type.name)) type.name = (*this)[*number].type.path;
        return true;
    }
    if (auto number = find(std::string(extension) + "." + type.name)) {
        type.name = (*this)[*number].type.path;
    } else if (find(type.name)) { // of the host, or of another extension
        unknown = type.name;
        return false;
    }
    return true;
}

void HostTypes::withdraw(std::uint32_t first, std::span<const std::string> extensions,
                         std::vector<UserData>& ended) {
    std::lock_guard lock(mutex_);
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        Entry& entry = entries_[i];
        std::erase_if(entry.paths, [&](const TypePath& path) {
            return std::ranges::find(extensions, path.extension) != extensions.end();
        });
        if (i < first) continue;
        ended.push_back(std::move(entry.type.user_data));
        entry.type.uri.clear();
        rt::HostType nothing;
        nothing.path = entry.type.type.path;
        nothing.name = entry.type.type.name;
        entry.type.type = std::move(nothing);
    }
}

} // namespace tn::host
