// Checks of registrations: path, grammar of the signature, types that can cross.
#include "host/registry.h"

namespace tn::host {

namespace {

constexpr const char* too_late = "registrations must come before the runtime's first compilation";

bool is_scalar(const TypeTable& types, TypeId type) {
    return type_class(types.kind(type)) == TypeClass::Scalar;
}

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
    auto find = [&types, this, known = std::map<std::uint32_t, TypeId>()](std::string_view name) mutable {
        const auto number = types_.find(name);
        if (!number) return TypeId();
        auto [it, is_new] = known.try_emplace(*number);
        if (is_new) it->second = types.add_host_type(types_[*number].type.path, *number);
        return it->second;
    };
    return {std::move(find), [this](std::uint32_t number) { return types_[number].type.hash != nullptr; }};
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
    const Lock held = lock();
    if (RegisterResult result = check_time(!entry.extension.empty(), message);
        result != RegisterResult::Registered)
        return result;
    std::string unknown;
    if (!types_.spell_out(entry.path, entry.extension, entry.type, unknown)) {
        message = "`" + unknown + "` is not a type of `" + entry.extension +
                  "`; extensions share a type by its URI";
        return RegisterResult::BadType;
    }
    entry.signature = canonical(entry.type);
    if (RegisterResult result = check_types(entry, message); result != RegisterResult::Registered)
        return result;
    entry.owner = types_.find(front_of(entry.path));
    if (entry.owner) entry.op = find_operator(last_of(entry.path));
    if (entry.op) {
        if (RegisterResult result = check_operator(entry, message); result != RegisterResult::Registered)
            return result;
    } else if (is_taken(entry.path, message)) {
        return RegisterResult::Duplicate;
    }
    entry.index = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back(std::move(entry));
    ++generation_;
    return RegisterResult::Registered;
}

// What the language calls has the signature that it wants, and stands there once for the types it is found
// by.
RegisterResult Registry::check_operator(Registration& entry, std::string& message) const {
    const TypeRegistration& owner = types_[*entry.owner];
    const Operator& op = *entry.op;
    const std::string name(last_of(entry.path));
    if (std::string shape = wrong_signature(op, owner.type.path, entry.type); !shape.empty()) {
        message = "`" + entry.path + "` is what the language calls for `" +
                  std::string(core_trait_info(op.trait).name) + "`: its signature is `" + shape + "`, not `" +
                  entry.signature + "`";
        return RegisterResult::BadSignature;
    }
    auto find = [&](CoreTrait trait, bool is_set_index, const std::string& operands) -> const Registration* {
        for (const Registration& other : entries_) {
            if (!other.op || other.op->trait != trait || other.op->is_set_index != is_set_index) continue;
            if (!may_overload(op) ? other.owner == entry.owner
                                  : operands_of(*other.op, other.type) == operands)
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
        message =
            "`" + entry.path + "` is registered already" + (may_overload(op) ? " for these operands" : "");
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

RegisterResult Registry::add_type(TypeRegistration& entry, std::string_view path, std::string_view extension,
                                  std::uint32_t& number, std::string& message) {
    if (!is_valid_path(path)) {
        message = "`" + std::string(path) + "` is not a name or a path of names";
        return RegisterResult::BadPath;
    }
    const Lock held = lock();
    if (RegisterResult result = check_time(!extension.empty(), message); result != RegisterResult::Registered)
        return result;
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
        types_.add_path(number, {std::string(path), std::string(extension)});
        ++generation_;
        return RegisterResult::Registered;
    }
    entry.type.path = path;
    entry.type.name = last_of(path);
    number = types_.add(std::move(entry), {std::string(path), std::string(extension)});
    ++generation_;
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
    const Lock held = lock();
    if (RegisterResult result = check_time(false, message); result != RegisterResult::Registered)
        return result;
    std::string unknown;
    types_.spell_out(variable.path, "", parsed, unknown);
    TypeTable table;
    const auto resolved = resolve_builtin(parsed, table, unknown, names_into(table));
    if (!resolved || table.kind(*resolved) == TypeKind::Unit) {
        message = "`" + (resolved ? std::string("()") : unknown) + "` is not a type that a host's " +
                  (variable.is_const ? "constant" : "variable") + " can have";
        return RegisterResult::BadType;
    }
    variable.type = std::move(parsed);
    if (is_taken(variable.path, message)) return RegisterResult::Duplicate;
    variables_.push_back(std::move(variable));
    ++generation_;
    return RegisterResult::Registered;
}

RegisterResult Registry::add_module(std::string_view path, ModuleSource source, std::string& message) {
    if (!is_valid_path(path)) {
        message = "`" + std::string(path) + "` is not a name or a path of names";
        return RegisterResult::BadPath;
    }
    const Lock held = lock();
    if (RegisterResult result = check_time(source.is_extension, message);
        result != RegisterResult::Registered)
        return result;
    if (is_taken(path, message)) return RegisterResult::Duplicate;
    modules_.emplace(path, std::move(source));
    ++generation_;
    return RegisterResult::Registered;
}

RegisterResult Registry::set_loader(SourceLoader& loader, std::string& message) {
    const Lock held = lock();
    if (RegisterResult result = check_time(false, message); result != RegisterResult::Registered)
        return result;
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

Registry::Lock Registry::lock() const {
    Lock lock(mutex_);
    loaded_.wait(lock, [this] { return loads_ == 0 || loading_thread_ == std::this_thread::get_id(); });
    return lock;
}

RegisterResult Registry::check_time(bool is_extension, std::string& message) const {
    if (is_extension) return RegisterResult::Registered;
    if (in_entry_) {
        message = "an extension registers through its own registrar";
        return RegisterResult::Busy;
    }
    if (!sealed_) return RegisterResult::Registered;
    message = too_late;
    return RegisterResult::Sealed;
}

// ---- Extensions ----

Registry::Mark Registry::begin_extension(std::string name) {
    const Lock held = lock();
    ++loads_;
    loading_thread_ = std::this_thread::get_id();
    Mark mark{entries_.size(), extensions_.size(), pending_.size(), types_.count()};
    pending_.push_back(std::move(name));
    return mark;
}

void Registry::add_extension(ExtensionInfo extension) {
    const Lock held = lock();
    auto all = std::make_shared<Libraries>();
    if (libraries_) *all = *libraries_;
    all->push_back(extension.library);
    libraries_ = std::move(all);
    extensions_.push_back(std::move(extension));
    ++generation_;
}

void Registry::set_version(std::string_view extension, std::string version) {
    const Lock held = lock();
    for (ExtensionInfo& known : extensions_) {
        if (known.name == extension) known.version = std::move(version);
    }
}

void Registry::commit_extension() {
    const Lock held = lock();
    if (--loads_ != 0) return; // the outer one may still take it back
    pending_.clear();
    loaded_.notify_all();
}

Registry::Undone Registry::roll_back(const Mark& mark) {
    const Lock held = lock();
    Undone undone;
    const std::span<const std::string> names = std::span(pending_).subspan(mark.pending);
    for (; entries_.size() > mark.fns; entries_.pop_back())
        undone.data.push_back(std::move(entries_.back().user_data));
    types_.withdraw(mark.types, names, undone.data);
    for (const std::string& name : names) {
        const auto it = modules_.find(name);
        if (it != modules_.end() && it->second.is_extension) modules_.erase(it);
    }
    for (; extensions_.size() > mark.extensions; extensions_.pop_back())
        undone.libraries.push_back(std::move(extensions_.back().library));
    auto rest = std::make_shared<Libraries>();
    for (const ExtensionInfo& extension : extensions_) rest->push_back(extension.library);
    libraries_ = extensions_.empty() ? nullptr : std::move(rest);
    pending_.resize(mark.pending);
    ++generation_;
    if (--loads_ == 0) loaded_.notify_all();
    return undone;
}

void Registry::set_in_entry(bool is_in) {
    const Lock held = lock();
    in_entry_ = is_in;
}

bool Registry::is_in_entry_here() const {
    std::lock_guard held(mutex_);
    return in_entry_ && loading_thread_ == std::this_thread::get_id();
}

std::shared_ptr<const Registry::Libraries> Registry::libraries() const {
    std::lock_guard held(mutex_);
    return libraries_;
}

} // namespace tn::host
