#include "host/host_types.h"

#include <algorithm>

namespace tn::host {

std::optional<std::uint32_t> HostTypes::find(std::string_view path) const {
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        if (std::ranges::find(entries_[i].paths, path) != entries_[i].paths.end()) return i;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> HostTypes::find_uri(std::string_view uri) const {
    if (uri.empty()) return std::nullopt;
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        if (entries_[i].uri == uri) return i;
    }
    return std::nullopt;
}

std::uint32_t HostTypes::add(TypeRegistration entry) {
    entries_.push_back(std::move(entry));
    return count() - 1;
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

void HostTypes::spell_out(std::string_view path, TypeText& type) const {
    for (TypeText& part : type.parts) spell_out(path, part);
    if (type.kind != TypeText::Kind::Name || !type.parts.empty()) return;
    if (auto number = find_within(path, type.name)) type.name = entries_[*number].paths.front();
}

} // namespace tn::host
