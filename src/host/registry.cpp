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
        message = "host functions must be registered before the runtime's first compilation";
        return RegisterResult::Sealed;
    }
    for (const Registration& other : entries_) {
        if (other.path == entry.path) {
            message = "a host function `" + entry.path + "` is registered already";
            return RegisterResult::Duplicate;
        }
    }
    entry.index = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back(std::move(entry));
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
