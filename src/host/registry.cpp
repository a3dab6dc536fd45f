// Checks of registrations: path, grammar of the signature, types that can cross.
#include "host/registry.h"

namespace tn::host {

namespace {

// Parameters and results of plain C functions: scalars; String and Bytes only as parameters.
bool fits_native(const TypeTable& types, TypeId type, bool is_result) {
    switch (type_class(types.kind(type))) {
    case TypeClass::Scalar: return true;
    case TypeClass::Simple:
        if (types.kind(type) == TypeKind::Unit) return is_result;
        return !is_result && (types.kind(type) == TypeKind::String || types.kind(type) == TypeKind::Bytes);
    case TypeClass::Compound:
    case TypeClass::Nominal:
    case TypeClass::Special: return false;
    }
    return false;
}

constexpr const char* too_late = "registrations must come before the runtime's first compilation";

RegisterResult check_types(const Registration& entry, std::string& message) {
    TypeTable types;
    for (std::size_t i = 0; i < entry.type.parts.size(); ++i) {
        const TypeText& part = entry.type.parts[i];
        const bool is_result = i + 1 == entry.type.parts.size();
        if (!is_result && entry.type.is_mut[i]) {
            message = "a host function cannot have `mut` parameters";
            return RegisterResult::BadType;
        }
        std::string unknown;
        const std::optional<TypeId> type = resolve_builtin(part, types, unknown);
        if (!type) {
            message = "`" + unknown + "` is not a type that a host function can use";
            return RegisterResult::BadType;
        }
        if (!is_result && types.kind(*type) == TypeKind::Unit) {
            message = "a parameter cannot be `()`";
            return RegisterResult::BadType;
        }
        if (!entry.is_generic && !fits_native(types, *type, is_result)) {
            message = "`" + types.print(*type) + "` cannot be " + (is_result ? "the result" : "a parameter") +
                      " of a plain C function";
            return RegisterResult::BadType;
        }
    }
    return RegisterResult::Registered;
}

} // namespace

bool is_valid_path(std::string_view path) {
    bool at_start = true;
    for (char c : path) {
        if (c == '.') {
            if (at_start) return false;
            at_start = true;
            continue;
        }
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                            static_cast<unsigned char>(c) >= 0x80;
        if (!letter && (at_start || c < '0' || c > '9')) return false;
        at_start = false;
    }
    return !at_start;
}

RegisterResult Registry::add(Registration& entry, std::string_view signature, std::string& message) {
    if (!is_valid_path(entry.path)) {
        message = "`" + entry.path + "` is not a name or a path of names";
        return RegisterResult::BadPath;
    }
    if (auto error = parse_signature(signature, entry.type)) {
        message = "bad signature `" + std::string(signature.substr(0, 200)) + "`: " + error->message +
                  " at byte " + std::to_string(error->offset);
        return RegisterResult::BadSignature;
    }
    entry.signature = canonical(entry.type);
    if (RegisterResult result = check_types(entry, message); result != RegisterResult::Registered)
        return result;

    std::lock_guard lock(mutex_);
    if (sealed_) {
        message = too_late;
        return RegisterResult::Sealed;
    }
    if (is_taken(entry.path, message)) return RegisterResult::Duplicate;
    entry.index = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back(std::move(entry));
    return RegisterResult::Registered;
}

bool Registry::is_taken(std::string_view path, std::string& message) const {
    for (const Registration& other : entries_) {
        if (other.path != path) continue;
        message = "a host function `" + other.path + "` is registered already";
        return true;
    }
    if (modules_.contains(path)) message = "a module `" + std::string(path) + "` is registered already";
    return modules_.contains(path);
}

RegisterResult Registry::add_module(std::string_view path, std::string source, std::string& message) {
    if (!is_valid_path(path)) {
        message = "`" + std::string(path) + "` is not a name or a path of names";
        return RegisterResult::BadPath;
    }
    std::lock_guard lock(mutex_);
    if (sealed_) {
        message = too_late;
        return RegisterResult::Sealed;
    }
    if (is_taken(path, message)) return RegisterResult::Duplicate;
    modules_.emplace(path, std::move(source));
    return RegisterResult::Registered;
}

RegisterResult Registry::set_loader(SourceLoader& loader, std::string& message) {
    std::lock_guard lock(mutex_);
    if (sealed_) {
        message = too_late;
        return RegisterResult::Sealed;
    }
    if (loader_.load) {
        message = "a loader is registered already";
        return RegisterResult::Duplicate;
    }
    loader_ = std::move(loader);
    return RegisterResult::Registered;
}

void Registry::seal() {
    std::lock_guard lock(mutex_);
    sealed_ = true;
}

bool Registry::is_sealed() const {
    std::lock_guard lock(mutex_);
    return sealed_;
}

} // namespace tn::host
