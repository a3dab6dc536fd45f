#include "program_types.h"

#include <algorithm>

namespace tn::fuzz {

Types::Types() {
    unit = make(Kind::Unit);
    boolean = make(Kind::Bool);
    i64 = make(Kind::I64);
    i32 = make(Kind::I32);
    u8 = make(Kind::U8);
    u64 = make(Kind::U64);
    f64 = make(Kind::F64);
    character = make(Kind::Char);
    string = make(Kind::String);
}

std::string Types::spell(const Type& type) const {
    auto list = [&](std::size_t from, std::size_t to) {
        std::string text;
        for (std::size_t i = from; i < to; ++i) text += (i > from ? ", " : "") + name(type.args[i]);
        return text;
    };
    auto applied = [&](const char* owner) { return std::string(owner) + "[" + list(0, type.args.size()) + "]"; };
    switch (type.kind) {
    case Kind::Unit: return "()";
    case Kind::Bool: return "bool";
    case Kind::I64: return "i64";
    case Kind::I32: return "i32";
    case Kind::U8: return "u8";
    case Kind::U64: return "u64";
    case Kind::F64: return "f64";
    case Kind::Char: return "char";
    case Kind::String: return "String";
    case Kind::Param: return type.name;
    case Kind::Tuple: return "(" + list(0, type.args.size()) + ")";
    case Kind::List: return applied("List");
    case Kind::Map: return applied("Map");
    case Kind::Set: return applied("Set");
    case Kind::Option: return kind(type.args[0]) == Kind::Fn ? applied("Option") : name(type.args[0]) + "?";
    case Kind::Result: return applied("Result");
    case Kind::Verdict: return applied("Verdict");
    case Kind::Fn: return "fn(" + list(0, type.args.size() - 1) + ") -> " + name(type.args.back());
    case Kind::Record:
    case Kind::Enum: {
        const std::string& owner = decls[static_cast<std::size_t>(type.decl)].name;
        return type.args.empty() ? owner : applied(owner.c_str());
    }
    }
    return "";
}

Ty Types::make(Kind kind, std::vector<Ty> args, int decl) {
    const auto key = std::make_tuple(kind, args, decl);
    if (auto found = interned_.find(key); found != interned_.end()) return found->second;
    Type type;
    type.kind = kind;
    type.args = std::move(args);
    type.decl = decl;
    type.name = spell(type);
    types_.push_back(std::move(type));
    return interned_[key] = static_cast<Ty>(types_.size()) - 1;
}

Ty Types::make_param(const std::string& name, unsigned bounds) {
    Type type;
    type.kind = Kind::Param;
    type.name = name;
    type.bounds = bounds;
    types_.push_back(std::move(type));
    return static_cast<Ty>(types_.size()) - 1;
}

int Types::declare(const Decl& decl) {
    decls.push_back(decl);
    return static_cast<int>(decls.size()) - 1;
}

bool Types::can(Ty t, unsigned bounds) const {
    for (Bound bound : {Shows, Orders, Hashes, Adds, Weighs, Equals}) {
        if ((bounds & bound) != 0 && !can_one(t, bound)) return false;
    }
    return true;
}

bool Types::can_one(Ty t, Bound bound) const {
    const Type& type = (*this)[t];
    const auto all_args = [&] { return std::all_of(type.args.begin(), type.args.end(), [&](Ty a) { return can_one(a, bound); }); };
    switch (type.kind) {
    case Kind::Unit: return bound != Adds && bound != Weighs;
    case Kind::Bool: return bound != Adds;
    case Kind::Char: return bound != Adds && bound != Weighs;
    case Kind::I64: case Kind::String: return true;
    case Kind::I32: case Kind::U8: case Kind::U64: return bound != Weighs;
    case Kind::F64: return bound != Hashes && bound != Weighs;
    case Kind::Param: {
        const unsigned bounds = type.bounds;
        if (bound == Equals) return (bounds & (Orders | Hashes | Equals)) != 0;
        return (bounds & bound) != 0;
    }
    case Kind::Tuple: case Kind::Option: case Kind::Result: case Kind::Verdict:
        return bound != Adds && bound != Weighs && all_args();
    case Kind::List: return bound == Adds || all_args();
    case Kind::Map: return (bound == Shows || bound == Equals) && all_args();
    case Kind::Set: return bound == Shows || bound == Equals;
    case Kind::Fn: return false;
    case Kind::Record: case Kind::Enum: break;
    }
    const Decl& decl = decls[static_cast<std::size_t>(type.decl)];
    if (bound == Adds) return (decl.has & Adds) != 0;
    if (bound == Weighs) return (decl.has & Weighs) != 0 && all_args();
    if (std::find(open_.begin(), open_.end(), t) != open_.end()) return true;
    open_.push_back(t);
    std::map<Ty, Ty> bindings;
    for (std::size_t i = 0; i < decl.params.size(); ++i) bindings[decl.params[i]] = type.args[i];
    bool all = true;
    for (const Variant& variant : decl.variants) {
        for (Ty field : variant.fields) all = all && can_one(const_cast<Types*>(this)->substitute(field, bindings), bound);
    }
    open_.pop_back();
    return all;
}

bool Types::has_params(Ty t) const {
    const Type& type = (*this)[t];
    return type.kind == Kind::Param || std::any_of(type.args.begin(), type.args.end(), [&](Ty a) { return has_params(a); });
}

int Types::depth(Ty t) const {
    int most = 0;
    for (Ty a : (*this)[t].args) most = std::max(most, 1 + depth(a));
    return most;
}

Ty Types::substitute(Ty t, const std::map<Ty, Ty>& bindings) {
    if (auto found = bindings.find(t); found != bindings.end()) return found->second;
    const Type type = (*this)[t];
    if (type.args.empty()) return t;
    std::vector<Ty> args;
    for (Ty a : type.args) args.push_back(substitute(a, bindings));
    return make(type.kind, std::move(args), type.decl);
}

bool Types::matches(Ty pattern, Ty target, const std::vector<Ty>& params, std::map<Ty, Ty>& bindings) const {
    if (std::find(params.begin(), params.end(), pattern) != params.end()) {
        auto [at, is_new] = bindings.emplace(pattern, target);
        return is_new || at->second == target;
    }
    if (pattern == target) return true;
    const Type& p = (*this)[pattern];
    const Type& t = (*this)[target];
    if (p.kind != t.kind || p.decl != t.decl || p.args.size() != t.args.size() || p.args.empty()) return false;
    for (std::size_t i = 0; i < p.args.size(); ++i) {
        if (!matches(p.args[i], t.args[i], params, bindings)) return false;
    }
    return true;
}

Ty Types::field(Ty t, std::size_t variant, std::size_t field) {
    const Type type = (*this)[t];
    const Decl decl = decls[static_cast<std::size_t>(type.decl)];
    std::map<Ty, Ty> bindings;
    for (std::size_t i = 0; i < decl.params.size(); ++i) bindings[decl.params[i]] = type.args[i];
    return substitute(decl.variants[variant].fields[field], bindings);
}

} // namespace tn::fuzz
