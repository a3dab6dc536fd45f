// Checks of registrations: path, grammar of the signature, types that can cross.
#include "host/registry.h"

namespace tn::host {

namespace {

constexpr const char* too_late = "registrations must come before the runtime's first compilation";

bool is_scalar(const TypeTable& types, TypeId type) { return type_class(types.kind(type)) == TypeClass::Scalar; }

// A row of scalars that C takes one by one, or as a struct.
bool is_plain_record(const TypeTable& types, TypeId type) {
    if (types.kind(type) != TypeKind::Tuple) return false;
    for (TypeId element : types.args(type)) {
        if (!is_scalar(types, element)) return false;
    }
    return types.args(type).size() <= max_plain_fields;
}

// Parameters and results of plain C functions.
bool fits_native(const TypeTable& types, TypeId type, bool is_result, bool has_status) {
    const TypeKind kind = types.kind(type);
    if (is_scalar(types, type) || kind == TypeKind::Host) return true;
    if (is_plain_record(types, type)) return !is_result || has_status;
    if (kind == TypeKind::Unit) return is_result;
    return !is_result && (kind == TypeKind::String || kind == TypeKind::Bytes || kind == TypeKind::Slice);
}

std::string_view front_of(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == path.npos ? std::string_view() : path.substr(0, dot);
}
std::string_view last_of(std::string_view path) { return path.substr(path.rfind('.') + 1); }

std::string bad_text(std::string_view what, std::string_view text, const TextError& error) {
    return "bad " + std::string(what) + " `" + std::string(text.substr(0, 200)) + "`: " + error.message +
           " at column " + std::to_string(error.offset + 1);
}

} // namespace

TypeNames Registry::names_into(TypeTable& types) const {
    return [&types, this, known = std::map<std::uint32_t, TypeId>()](std::string_view name) mutable {
        const auto number = types_.find(name);
        if (!number) return TypeId();
        auto [it, is_new] = known.try_emplace(*number);
        if (is_new) it->second = types.add_host_type(types_[*number].paths.front(), *number);
        return it->second;
    };
}

RegisterResult Registry::check_types(const Registration& entry, std::string& message) const {
    TypeTable types;
    const TypeNames names = names_into(types);
    for (std::size_t i = 0; i < entry.type.parts.size(); ++i) {
        const TypeText& part = entry.type.parts[i];
        const bool is_result = i + 1 == entry.type.parts.size();
        std::string unknown;
        const std::optional<TypeId> type = resolve_builtin(part, types, unknown, names);
        if (!type) {
            message = "`" + unknown + "` is not a type that a host function can use";
            return RegisterResult::BadType;
        }
        if (!is_result && entry.type.is_mut[i] && types.kind(*type) != TypeKind::Host) {
            message = "a `mut` parameter of a host function has a type that the host registered, not `" +
                      types.print(*type) + "`";
            return RegisterResult::BadType;
        }
        if (!is_result && types.kind(*type) == TypeKind::Unit) {
            message = "a parameter cannot be `()`";
            return RegisterResult::BadType;
        }
        if (!entry.is_generic && !fits_native(types, *type, is_result, entry.has_status)) {
            message = "`" + types.print(*type) + "` cannot be " + (is_result ? "the result" : "a parameter") +
                      " of a plain C function";
            return RegisterResult::BadType;
        }
    }
    return RegisterResult::Registered;
}

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
        message = bad_text("signature", signature, *error);
        return RegisterResult::BadSignature;
    }
    std::lock_guard lock(mutex_);
    if (sealed_) {
        message = too_late;
        return RegisterResult::Sealed;
    }
    types_.spell_out(entry.path, entry.type);
    entry.signature = canonical(entry.type);
    if (RegisterResult result = check_types(entry, message); result != RegisterResult::Registered) return result;
    entry.owner = types_.find(front_of(entry.path));
    if (entry.owner) entry.op = find_operator(last_of(entry.path));
    if (entry.op) {
        if (RegisterResult result = check_operator(entry, message); result != RegisterResult::Registered) return result;
    } else if (is_taken(entry.path, message)) {
        return RegisterResult::Duplicate;
    }
    entry.index = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back(std::move(entry));
    return RegisterResult::Registered;
}

// What the language calls has the signature that it wants, and stands there once for the types it is found by.
RegisterResult Registry::check_operator(Registration& entry, std::string& message) const {
    const TypeRegistration& owner = types_[*entry.owner];
    const Operator& op = *entry.op;
    const std::string name(last_of(entry.path));
    if (std::string shape = wrong_signature(op, owner.paths.front(), entry.type); !shape.empty()) {
        message = "`" + entry.path + "` is what the language calls for `" + std::string(core_trait_info(op.trait).name) +
                  "`: its signature is `" + shape + "`, not `" + entry.signature + "`";
        return RegisterResult::BadSignature;
    }
    auto find = [&](CoreTrait trait, bool is_set_index, const std::string& operands) -> const Registration* {
        for (const Registration& other : entries_) {
            if (!other.op || other.op->trait != trait || other.op->is_set_index != is_set_index) continue;
            if (!may_overload(op) ? other.owner == entry.owner : operands_of(*other.op, other.type) == operands)
                return &other;
        }
        return nullptr;
    };
    const std::string operands = operands_of(op, entry.type);
    bool is_known = find(op.trait, op.is_set_index, operands) != nullptr;
    is_known |= op.trait == CoreTrait::Eq && owner.type.equal;
    is_known |= op.trait == CoreTrait::Hash && owner.type.hash;
    is_known |= op.trait == CoreTrait::Show && owner.type.show;
    if (is_known) {
        message = "`" + entry.path + "` is registered already" + (may_overload(op) ? " for these operands" : "");
        return RegisterResult::Duplicate;
    }
    if (op.trait == CoreTrait::Hash && !owner.type.equal && !find(CoreTrait::Eq, false, operands) &&
        !find(CoreTrait::Ord, false, operands)) {
        message = "`" + entry.path + "` needs `eq`: equal values have equal hashes";
        return RegisterResult::Misplaced;
    }
    if (op.is_set_index) {
        const Registration* getter = find(CoreTrait::Index, false, operands.substr(4));
        if (!getter || canonical(getter->type.parts.back()) != canonical(entry.type.parts[2])) {
            message = "`" + entry.path + "` needs an `index` with the same types";
            return RegisterResult::Misplaced;
        }
    }
    return RegisterResult::Registered;
}

bool Registry::is_taken(std::string_view path, std::string& message) const {
    const char* what = nullptr;
    for (const Registration& other : entries_) {
        if (other.path == path) what = "a host function";
    }
    for (const Variable& other : variables_) {
        if (other.path == path) what = other.is_const ? "a constant" : "a variable";
    }
    if (types_.find(path)) what = "a type";
    if (modules_.contains(path)) what = "a module";
    if (what) message = std::string(what) + " `" + std::string(path) + "` is registered already";
    return what != nullptr;
}

RegisterResult Registry::add_type(TypeRegistration& entry, std::string_view path, std::uint32_t& number,
                                  std::string& message) {
    if (!is_valid_path(path)) {
        message = "`" + std::string(path) + "` is not a name or a path of names";
        return RegisterResult::BadPath;
    }
    std::lock_guard lock(mutex_);
    if (sealed_) {
        message = too_late;
        return RegisterResult::Sealed;
    }
    const auto shared = types_.find_uri(entry.uri);
    const auto known = types_.find(path);
    if (shared && known == shared) {
        number = *shared;
        return RegisterResult::Registered;
    }
    if (known) {
        const std::string& uri = types_[*known].uri;
        message = "a type `" + std::string(path) + "` is registered already, " +
                  (uri.empty() ? "without a URI" : "as `" + uri + "`");
        return RegisterResult::Duplicate;
    }
    if (is_taken(path, message)) return RegisterResult::Duplicate;
    if (shared) {
        number = *shared;
        types_.add_path(number, std::string(path));
        return RegisterResult::Registered;
    }
    entry.paths = {std::string(path)};
    entry.type.path = path;
    entry.type.name = last_of(path);
    number = types_.add(std::move(entry));
    return RegisterResult::Registered;
}

RegisterResult Registry::add_variable(Variable variable, std::string_view type, std::string& message) {
    if (!is_valid_path(variable.path)) {
        message = "`" + variable.path + "` is not a name or a path of names";
        return RegisterResult::BadPath;
    }
    TypeText parsed;
    if (auto error = parse_type(type, parsed)) {
        message = bad_text("type", type, *error);
        return RegisterResult::BadSignature;
    }
    std::lock_guard lock(mutex_);
    if (sealed_) {
        message = too_late;
        return RegisterResult::Sealed;
    }
    types_.spell_out(variable.path, parsed);
    TypeTable table;
    std::string unknown;
    const auto resolved = resolve_builtin(parsed, table, unknown, names_into(table));
    if (!resolved || table.kind(*resolved) == TypeKind::Unit) {
        message = "`" + (resolved ? std::string("()") : unknown) + "` is not a type that a host's " +
                  (variable.is_const ? "constant" : "variable") + " can have";
        return RegisterResult::BadType;
    }
    variable.type = canonical(parsed);
    if (is_taken(variable.path, message)) return RegisterResult::Duplicate;
    variables_.push_back(std::move(variable));
    return RegisterResult::Registered;
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
