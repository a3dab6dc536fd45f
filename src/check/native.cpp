// What an extension's wrapper module declares of it: `native type T;` and `native("f") fn f(x: T) -> i64;`.
//
// In: these items, and what the extension registered. Out: names that stand for its types and functions,
// whose signatures are compared. It refuses to know how they are called.
#include "check/program.h"

#include <algorithm>

namespace tn::check {

namespace {

constexpr std::string_view where_native_stands =
    "it stands in the wrapper module of an extension; a module of the package goes before an extension of its name";

} // namespace

bool Program::is_wrapper(ModuleId module) const {
    return is_host_module(module) && input.modules[module.index()].is_extension;
}

bool Program::is_declared_by(NominalId id, ModuleId module) const {
    if (auto decl = nominal_decls_.find(id.value); decl != nominal_decls_.end())
        return is_same_package(decl->second.module, module);
    auto [first, last] = wrappers_.equal_range(id.value);
    return std::any_of(first, last, [&](const auto& wrapper) { return wrapper.second == module; });
}

// What the extension registered under a name of its own; the paths are told apart from those that scripts can
// name.
std::optional<Entity> Program::find_native(ModuleId wrapper, std::string_view name) const {
    std::string path = out.modules[wrapper].path + "." + std::string(name);
    const auto found = natives_.find(path);
    return found == natives_.end() ? std::nullopt : std::optional(found->second);
}

Entity Program::refuse_native(ModuleId module, std::string_view what, std::string_view name, Span span) {
    std::vector<std::string_view> candidates;
    const EntityKind kind = what == "type" ? EntityKind::Nominal : EntityKind::HostFn;
    const std::string front = out.modules[module].path + ".";
    for (const auto& [path, entity] : natives_) {
        if (entity.kind == kind && path.starts_with(front))
            candidates.push_back(std::string_view(path).substr(front.size()));
    }
    std::ranges::sort(candidates);
    auto builder = sink.report(Diag::UnknownNative, span, out.modules[module].path, what, name);
    if (std::string best = suggest(name, candidates); !best.empty())
        builder.hint("did you mean `" + best + "`?");
    return Entity{};
}

void Program::declare_native_type(ModuleId module, const syntax::Item& item) {
    if (!item.name.is_valid()) return;
    if (!is_wrapper(module)) {
        sink.report(Diag::NotAllowedHere, item.name.span, "`native`").note(std::string(where_native_stands));
        return add_name(module, item.name, Entity{});
    }
    const std::optional<Entity> found = find_native(module, text(item.name.symbol));
    if (!found || found->kind != EntityKind::Nominal)
        return add_name(module, item.name,
                        refuse_native(module, "type", text(item.name.symbol), item.name.span));
    wrappers_.emplace(found->index, module);
    add_name(module, item.name, *found);
}

void Program::declare_native_fn(ModuleId module, const syntax::Item& item, const syntax::FnItem& node) {
    if (!item.name.is_valid()) return;
    if (!is_wrapper(module)) {
        sink.report(Diag::NotAllowedHere, item.name.span, "`native`").note(std::string(where_native_stands));
        return add_name(module, item.name, Entity{});
    }
    const std::string_view name = text(node.native_name);
    const std::optional<Entity> found = find_native(module, name);
    if (!found || found->kind != EntityKind::HostFn)
        return add_name(module, item.name, refuse_native(module, "function", name, item.name.span));
    if (!node.generics.empty()) {
        sink.report(Diag::NotAllowedHere, item.name.span, "a type parameter")
            .note("a native function has none");
    } else {
        native_fns_.push_back({module, &item, &node, found->index});
    }
    add_name(module, item.name, *found);
}

std::string Program::print_native(std::span<const HostParam> params, TypeId result) const {
    std::string shown = "fn(";
    for (std::size_t i = 0; i < params.size(); ++i) {
        if (i) shown += ", ";
        if (params[i].is_mut) shown += "mut ";
        shown += types.print(params[i].type);
    }
    shown += ")";
    if (types.kind(result) != TypeKind::Unit) shown += " -> " + types.print(result);
    return shown;
}

void Program::check_native_signatures() {
    for (const NativeFn& native : native_fns_) {
        TypeScope scope;
        scope.module = native.module;
        const syntax::Ast& tree = ast(native.module);
        std::vector<HostParam> params;
        bool is_whole = true;
        for (const syntax::Param& node : tree.view(native.node->params)) {
            const TypeId type =
                node.type.is_valid() ? resolve_param_type(scope, node.type) : simple(TypeKind::Error);
            is_whole &= !facts.has_error(type);
            params.push_back({type, node.is_mut});
        }
        TypeId result = simple(TypeKind::Unit);
        if (native.node->ret.is_valid()) result = resolve_type(scope, native.node->ret, true);
        if (!is_whole || facts.has_error(result)) continue;
        const HostFn& registered = input.host.fns[native.fn];
        const bool is_same =
            result == registered.result &&
            std::ranges::equal(params, registered.params, [](const HostParam& a, const HostParam& b) {
                return a.type == b.type && a.is_mut == b.is_mut;
            });
        if (is_same) continue;
        sink.report(Diag::SignatureMismatch, native.item->name.span, text(native.node->native_name),
                    print_native(registered.params, registered.result))
            .primary("declared as `" + print_native(params, result) + "`");
    }
}

} // namespace tn::check
