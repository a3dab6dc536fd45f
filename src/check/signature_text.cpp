// See signature_text.h.
#include "check/signature_text.h"

#include "check/check.h"
#include "syntax/parser.h"

#include <unordered_map>

namespace tn::check {

namespace {

struct NamedKind {
    std::string_view name;
    TypeKind kind;
    unsigned arg_count;
};
constexpr NamedKind named_kinds[] = {
    {"bool", TypeKind::Bool, 0},     {"i8", TypeKind::I8, 0},       {"i16", TypeKind::I16, 0},
    {"i32", TypeKind::I32, 0},       {"i64", TypeKind::I64, 0},     {"u8", TypeKind::U8, 0},
    {"u16", TypeKind::U16, 0},       {"u32", TypeKind::U32, 0},     {"u64", TypeKind::U64, 0},
    {"f32", TypeKind::F32, 0},       {"f64", TypeKind::F64, 0},     {"char", TypeKind::Char, 0},
    {"String", TypeKind::String, 0}, {"Bytes", TypeKind::Bytes, 0}, {"List", TypeKind::List, 1},
    {"Map", TypeKind::Map, 2},       {"Set", TypeKind::Set, 1},     {"Range", TypeKind::Range, 1},
    {"Slice", TypeKind::Slice, 1},   {"Option", TypeKind::Enum, 1}, {"Result", TypeKind::Enum, 2},
    {"Verdict", TypeKind::Enum, 2},
};

// Resolves the types of one signature.
class Resolver {
public:
    Resolver(const syntax::Ast& ast, TypeTable& types, const Interner& interner, std::string& reason)
        : ast_(ast), types_(types), interner_(interner), reason_(reason) {}

    std::optional<BuiltinSignature> resolve(bool has_self) {
        BuiltinSignature sig;
        sig.has_self = has_self;
        if (has_self) add_param(sig, "Self");
        for (const syntax::GenericParam& generic : ast_.view(ast_.root_generics)) {
            add_param(sig, interner_.text(generic.name.symbol));
            for (syntax::TypeExprId bound : ast_.view(generic.bounds)) {
                const auto* named = ast_.types[bound].as<syntax::NamedTypeExpr>();
                if (!named) return refuse("a bound is a trait's name");
                sig.bounds.back().emplace_back(interner_.text(ast_.view(named->path).back().symbol));
            }
        }
        const auto* fn =
            ast_.root_type.is_valid() ? ast_.types[ast_.root_type].as<syntax::FnTypeExpr>() : nullptr;
        if (!fn) return refuse("a signature is written `fn(...) -> ...`");
        for (const syntax::FnTypeParam& param : ast_.view(fn->params)) {
            TypeId type = type_of(param.type, false);
            if (!type.is_valid()) return {};
            sig.params.push_back({type, param.is_mut});
        }
        sig.result = fn->ret.is_valid() ? type_of(fn->ret, true) : types_.simple(TypeKind::Unit);
        if (!sig.result.is_valid()) return {};
        return sig;
    }

private:
    std::optional<BuiltinSignature> refuse(std::string reason) {
        if (reason_.empty()) reason_ = std::move(reason);
        return {};
    }
    TypeId fail(std::string reason) {
        refuse(std::move(reason));
        return TypeId();
    }

    void add_param(BuiltinSignature& sig, std::string_view name) {
        TypeId type = types_.param(std::string(name));
        sig.type_params.push_back(type);
        sig.bounds.emplace_back();
        names_.emplace(name, type);
    }

    TypeId type_of(syntax::TypeExprId id, bool is_result) {
        return std::visit([&](const auto& node) { return resolve_node(node, is_result); },
                          ast_.types[id].node);
    }

    TypeId resolve_node(const syntax::ErrorTypeExpr&, bool) { return fail("not a type"); }
    TypeId resolve_node(const syntax::InferTypeExpr&, bool) { return fail("`_` is no type of a signature"); }
    TypeId resolve_node(const syntax::MutTypeExpr&, bool) { return fail("`mut` stands before a parameter"); }
    TypeId resolve_node(const syntax::NeverTypeExpr&, bool is_result) {
        return is_result ? types_.simple(TypeKind::Never) : fail("`!` is only a result");
    }
    TypeId resolve_node(const syntax::OptionalTypeExpr& node, bool) {
        TypeId inner = type_of(node.inner, false);
        return inner.is_valid() ? types_.option(inner) : inner;
    }
    TypeId resolve_node(const syntax::TupleTypeExpr& node, bool) {
        std::vector<TypeId> elements;
        for (syntax::TypeExprId element : ast_.view(node.elements)) {
            elements.push_back(type_of(element, false));
            if (!elements.back().is_valid()) return TypeId();
        }
        if (elements.size() == 1) return fail("a tuple of one element");
        return types_.tuple(elements);
    }
    TypeId resolve_node(const syntax::FnTypeExpr& node, bool) {
        std::vector<TypeId> params;
        for (const syntax::FnTypeParam& param : ast_.view(node.params)) {
            params.push_back(type_of(param.type, false));
            if (!params.back().is_valid()) return TypeId();
        }
        TypeId result = node.ret.is_valid() ? type_of(node.ret, true) : types_.simple(TypeKind::Unit);
        return result.is_valid() ? types_.fn(params, result) : result;
    }
    TypeId resolve_node(const syntax::NamedTypeExpr& node, bool) {
        std::span<const syntax::Name> path = ast_.view(node.path);
        if (path.size() != 1) return fail("unknown type");
        std::string_view name = interner_.text(path[0].symbol);
        std::span<const syntax::TypeExprId> written = ast_.view(node.args);
        if (auto it = names_.find(std::string(name)); it != names_.end() && written.empty())
            return it->second;
        std::optional<BuiltinType> known = find_builtin_type(types_, name);
        if (!known) return fail("unknown type `" + std::string(name) + "`");
        if (known->arg_count != written.size()) {
            return fail("`" + std::string(name) + "` takes " + std::to_string(known->arg_count) +
                        " type arguments");
        }
        std::vector<TypeId> args;
        for (syntax::TypeExprId arg : written) {
            args.push_back(type_of(arg, false));
            if (!args.back().is_valid()) return TypeId();
        }
        return make_builtin_type(types_, *known, args);
    }

    const syntax::Ast& ast_;
    TypeTable& types_;
    const Interner& interner_;
    std::string& reason_;
    std::unordered_map<std::string, TypeId> names_;
};

} // namespace

std::optional<BuiltinType> find_builtin_type(const TypeTable& types, std::string_view name) {
    for (const NamedKind& row : named_kinds) {
        if (row.name != name) continue;
        BuiltinType type{row.name, row.kind, row.arg_count, NominalId()};
        if (name == "Option") type.nominal = types.option_id;
        if (name == "Result") type.nominal = types.result_id;
        if (name == "Verdict") type.nominal = types.verdict_id;
        if (name == "Map") type.nominal = types.map_id;
        if (name == "Set") type.nominal = types.set_id;
        return type;
    }
    return {};
}

std::vector<std::string_view> builtin_type_names() {
    std::vector<std::string_view> names;
    for (const NamedKind& row : named_kinds) names.push_back(row.name);
    return names;
}

TypeId make_builtin_type(TypeTable& types, const BuiltinType& type, std::span<const TypeId> args) {
    if (type.nominal.is_valid()) return types.make(type.kind, args, type.nominal.value);
    return args.empty() ? types.simple(type.kind) : types.make(type.kind, args);
}

std::optional<BuiltinSignature> parse_signature(std::string_view text, bool has_self, TypeTable& types,
                                                std::string& reason) {
    diag::SourceMap sources;
    diag::DiagnosticSink sink;
    Interner interner;
    FileId file = sources.add("signature", std::string(text));
    syntax::Ast ast = syntax::parse_signature_text(sources, file, interner, sink);
    if (sink.has_errors()) {
        reason = sink.recorded().front().message;
        return {};
    }
    reason.clear();
    return Resolver(ast, types, interner, reason).resolve(has_self);
}

std::optional<HostSignature> parse_host_signature(std::string_view text, TypeTable& types,
                                                  std::string& reason) {
    std::optional<BuiltinSignature> sig = parse_signature(text, false, types, reason);
    if (!sig) return {};
    if (!sig->type_params.empty()) {
        reason = "a host function has no type parameters";
        return {};
    }
    HostSignature host;
    host.result = sig->result;
    for (const BuiltinParam& param : sig->params) host.params.push_back({param.type, param.is_mut});
    return host;
}

} // namespace tn::check
