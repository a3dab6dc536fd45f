// Looking names up, and proposing others when there is none.
#include "check/program.h"

#include "check/signature_text.h"
#include "check/suggest.h"

#include <charconv>

namespace tn::check {

namespace {

// The bare constructors of the prelude.
constexpr std::string_view prelude_constructors[] = {"None", "Some", "Ok", "Err", "Accept", "Reject"};

} // namespace

std::string_view describe(EntityKind kind) {
    switch (kind) {
    case EntityKind::Fn:
    case EntityKind::HostFn:
    case EntityKind::BuiltinFn: return "a function";
    case EntityKind::HostVariable:
    case EntityKind::Global: return "a variable";
    case EntityKind::Nominal:
    case EntityKind::Alias:
    case EntityKind::BuiltinType: return "a type";
    case EntityKind::Trait: return "a trait";
    case EntityKind::HostModule:
    case EntityKind::Module: return "a module";
    case EntityKind::Constructor: return "a constructor";
    case EntityKind::Unavailable: return "not supported";
    }
    return "";
}

std::optional<Entity> Program::find_entity(ModuleId module, SymbolId name) {
    const auto& scope = names_[scope_of(module)];
    if (auto it = scope.find(name); it != scope.end()) {
        it->second.is_used = true;
        return it->second.entity;
    }
    if (!is_prelude(module)) {
        if (auto entity = find_host_path(name)) return entity;
    }
    std::string_view spelled = text(name);
    if (is_glue(module)) {
        auto number_behind = [&](std::string_view front) -> std::optional<std::uint32_t> {
            std::uint32_t number = 0;
            const char* end = spelled.data() + spelled.size();
            if (!spelled.starts_with(front) || std::from_chars(spelled.data() + front.size(), end, number).ptr != end)
                return {};
            return number;
        };
        if (auto fn = number_behind("__host_")) return Entity{EntityKind::HostFn, *fn};
        if (auto type = number_behind("__type_")) {
            for (const HostType& known : input.host.types) {
                const NominalId id = types.nominal_id(known.type);
                if (types.nominal(id).host_type == *type) return Entity{EntityKind::Nominal, id.value};
            }
        }
    }
    if (auto builtin = find_builtin_fn(spelled); builtin && (reads_prelude_ || !is_hidden_name(spelled))) {
        return Entity{EntityKind::BuiltinFn, static_cast<std::uint32_t>(*builtin)};
    }
    if (find_builtin_type(types, spelled)) return Entity{EntityKind::BuiltinType, 0};
    for (NominalId id : {types.option_id, types.result_id, types.verdict_id}) {
        const std::vector<Variant>& variants = types.nominal(id).variants;
        for (std::uint32_t v = 0; v < variants.size(); ++v) {
            if (variants[v].name == spelled) return Entity{EntityKind::Constructor, id.value, v};
        }
    }
    return find_prelude_entity(name);
}

std::optional<Entity> Program::find_host_member(SymbolId module_path, SymbolId name) {
    std::string path = std::string(text(module_path)) + "." + std::string(text(name));
    return find_host_path(interner.intern(path));
}

std::optional<Entity> Program::find_host_path(SymbolId path) const {
    if (auto it = host_fns_.find(path); it != host_fns_.end()) return Entity{EntityKind::HostFn, it->second};
    if (auto it = host_things_.find(path); it != host_things_.end()) return it->second;
    if (host_modules_.contains(path)) return Entity{EntityKind::HostModule, path.value};
    return {};
}

std::optional<std::uint32_t> Program::find_host_method(TypeId owner, SymbolId name) const {
    if (types.kind(owner) != TypeKind::Host) return {};
    auto it = host_methods_.find(member_key(types.nominal_id(owner), name));
    if (it == host_methods_.end()) return {};
    return it->second;
}

std::optional<FnId> Program::find_member(TypeId owner, SymbolId name) {
    if (types.is_nominal(owner)) {
        auto it = members_.find(member_key(types.nominal_id(owner), name));
        if (it != members_.end()) {
            for (FnId fn : it->second) {
                if (could_be_one(fn_decl(fn).self_type, owner)) return fn;
            }
        }
    }
    if (!input.prelude || (!reads_prelude_ && is_hidden_name(text(name)))) return {};
    return find_prelude_member(owner, name);
}

std::optional<FnId> Program::find_member_of_other_instance(TypeId owner, SymbolId name) const {
    if (!types.is_nominal(owner)) return {};
    auto it = members_.find(member_key(types.nominal_id(owner), name));
    if (it == members_.end() || it->second.empty()) return {};
    return it->second[0];
}

std::optional<BuiltinId> Program::find_builtin(TypeId owner, std::string_view name, BuiltinRole role) const {
    if (!reads_prelude_ && is_hidden_name(name)) return {};
    return find_builtin_member(types, owner, name, role, facts.class_of(owner));
}

std::vector<std::string_view> Program::member_names(TypeId owner, bool is_static) const {
    std::vector<std::string_view> names =
        builtin_member_names(types, owner, is_static ? BuiltinRole::Static : BuiltinRole::Method);
    for (SymbolId by_name : prelude_owners(owner)) {
        for (const PreludeMember& member : input.prelude->members_of(by_name)) {
            const syntax::Item& item = input.prelude->ast(member.module).items[member.fn];
            if (item.as<syntax::FnItem>()->has_self == !is_static) names.push_back(text(item.name.symbol));
        }
    }
    if (!types.is_nominal(owner)) return names;
    if (auto host = host_members_of_.find(types.nominal_id(owner).value); host != host_members_of_.end()) {
        for (auto [name, is_method] : host->second) {
            if (is_method == !is_static) names.push_back(text(name));
        }
    }
    auto it = members_of_.find(types.nominal_id(owner).value);
    if (it == members_of_.end()) return names;
    for (FnId id : it->second) {
        if (out.fns[id].is_method == !is_static)
            names.push_back(text(ast(fn_decl(id).module).items[out.fns[id].item].name.symbol));
    }
    return names;
}

std::string Program::suggest(std::string_view wanted, std::span<const std::string_view> candidates) {
    if (!may_suggest()) return {};
    ++suggestions_;
    Suggestion suggestion(wanted);
    for (std::string_view candidate : candidates) suggestion.offer(candidate);
    return std::string(suggestion.best());
}

// A constructor is in reach through its type only; the first enum by name that has one called so.
std::string Program::constructor_hint(ModuleId module, std::string_view name) const {
    std::string_view owner;
    for (const auto& [symbol, named] : names_[module]) {
        if (named.entity.kind != EntityKind::Nominal) continue;
        for (const Variant& variant : types.nominal(NominalId(named.entity.index)).variants) {
            if (variant.name == name && (owner.empty() || text(symbol) < owner)) owner = text(symbol);
        }
    }
    return owner.empty() ? "" : "write `" + std::string(owner) + "." + std::string(name) + "`";
}

void Program::unknown_name(ModuleId module, SymbolId name, Span span,
                           std::span<const std::string_view> locals) {
    std::string_view spelled = text(name);
    std::string best(foreign_value(spelled));
    std::string hint(foreign_habit(spelled));
    if (best.empty() && hint.empty()) hint = constructor_hint(module, spelled);
    if (best.empty() && hint.empty()) hint = import_hint(module, name);
    if (best.empty() && hint.empty() && may_suggest()) {
        std::vector<std::string_view> candidates(locals.begin(), locals.end());
        for (const auto& [symbol, named] : names_[module]) candidates.push_back(text(symbol));
        for (const auto& [symbol, fn] : host_fns_) candidates.push_back(text(symbol));
        for (const auto& [symbol, thing] : host_things_) candidates.push_back(text(symbol));
        for (std::string_view builtin : builtin_fn_names()) candidates.push_back(builtin);
        if (input.prelude) {
            for (SymbolId item : input.prelude->item_names()) candidates.push_back(text(item));
        }
        for (std::string_view constructor : prelude_constructors) candidates.push_back(constructor);
        best = suggest(spelled, candidates);
    }
    diag::DiagnosticBuilder report = sink.report(Diag::UnknownName, span, spelled);
    report.primary("not found");
    if (spelled == "_")
        report.hint("drop a value with `let _ = …;`, or with nothing before it");
    else if (!hint.empty())
        report.hint(hint);
    else if (!best.empty())
        report.hint("did you mean `" + best + "`?");
}

} // namespace tn::check
