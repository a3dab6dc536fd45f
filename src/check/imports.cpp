// Imports: what a path names, in which module, and whether it may be named from here.
//
// In: the names that every module declares. Out: the same tables with each import replaced by what it stands for,
// and the answers for `b.name`. It refuses to know what a name means beyond its kind.
#include "check/program.h"

#include <algorithm>

namespace tn::check {

namespace {

std::string_view front_of(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == path.npos ? std::string_view() : path.substr(0, dot);
}

} // namespace

std::string Program::module_name(ModuleId module) const {
    return module.index() == 0 ? input.root_name : out.modules[module].path;
}

std::string Program::qualified_name(NominalId id) const {
    const std::string& name = types.nominal(id).name;
    auto decl = nominal_decls_.find(id.value);
    if (decl == nominal_decls_.end() || decl->second.module.index() >= input.modules.size()) return name;
    return module_name(decl->second.module) + "." + name;
}

// ---- Declaring -----------------------------------------------------------------------------------------

void Program::declare_import(ModuleId module, const syntax::Item& item, const syntax::ImportItem& node) {
    std::string whole;
    for (const syntax::Name& part : ast(module).view(node.path)) {
        if (!part.is_valid()) return;
        if (!whole.empty()) whole += '.';
        whole += text(part.symbol);
    }
    auto declare = [&](const syntax::Name& name, std::string path) {
        if (!name.is_valid()) return;
        add_name(module, name, Entity{});
        Named& named = names_[module].at(name.symbol);
        if (named.span.begin != name.span.begin || named.span.file != name.span.file) return; // a duplicate
        named.import = static_cast<std::uint32_t>(imports_.size());
        named.is_pub = item.is_pub;
        imports_.push_back(Import{module, &node, name, std::move(path)});
    };
    if (whole.empty()) return;
    if (!node.has_braces) return declare(ast(module).view(node.path).back(), whole);
    for (const syntax::Name& name : ast(module).view(node.names)) {
        if (name.is_valid()) declare(name, whole + "." + std::string(text(name.symbol)));
    }
}

void Program::mark_public_names(ModuleId module) {
    auto mark = [&](const syntax::Item& item) {
        if (!item.is_pub || !item.name.is_valid()) return;
        auto it = names_[module].find(item.name.symbol);
        if (it != names_[module].end() && it->second.span.begin == item.name.span.begin) it->second.is_pub = true;
    };
    const syntax::Ast& tree = ast(module);
    for (ItemId id : tree.view(tree.root)) {
        mark(tree.items[id]);
        const auto* block = tree.items[id].as<syntax::ExternItem>();
        if (!block) continue;
        for (ItemId member : tree.view(block->members)) mark(tree.items[member]);
    }
}

// ---- Following -----------------------------------------------------------------------------------------

std::optional<ModuleId> Program::find_module(std::string_view path, bool in_host_module) const {
    if (!in_host_module) {
        if (path == input.root_name) return ModuleId(0);
        if (auto it = modules_.find(path); it != modules_.end()) return it->second;
    }
    if (auto it = host_sources_.find(path); it != host_sources_.end()) return it->second;
    return {};
}

// An import may name what another one passes on, so they are followed depth first, on a stack of our own: a chain
// of them is as long as there are modules.
void Program::resolve_imports() {
    std::vector<std::uint32_t> stack;
    for (std::uint32_t first = 0; first < imports_.size(); ++first) {
        if (imports_[first].state != Import::State::New) continue;
        stack.push_back(first);
        while (!stack.empty()) {
            Import& import = imports_[stack.back()];
            import.state = Import::State::Active;
            ImportStep step = follow_import(import);
            if (step.waits_for != no_import) {
                if (imports_[step.waits_for].state == Import::State::New) {
                    stack.push_back(step.waits_for);
                    continue;
                }
                sink.report(Diag::ImportCycle, import.name.span, text(import.name.symbol))
                    .label(imports_[step.waits_for].name.span, "by way of this import");
            }
            names_[import.module].at(import.name.symbol).entity = step.entity.value_or(Entity{});
            import.state = Import::State::Done;
            stack.pop_back();
        }
    }
    // What the root passes on, the host can call as well.
    for (const auto& [symbol, named] : names_[ModuleId(0)]) {
        if (named.import != no_import && named.is_pub && named.entity.kind == EntityKind::Fn)
            out.fns[FnId(named.entity.index)].is_exported = true;
    }
}

// The module is the whole path or the longest front of it that is one; the rest names something inside.
Program::ImportStep Program::follow_import(const Import& import) {
    const bool in_host = is_host_module(import.module);
    for (std::string_view front = import.path; !front.empty(); front = front_of(front)) {
        std::optional<ModuleId> module = find_module(front, in_host);
        if (!module) continue;
        const bool is_host = is_host_module(*module);
        SymbolId symbol = interner.intern(front);
        if (!is_host && module->index() != 0 &&
            (host_sources_.contains(front) || find_host_path(symbol))) {
            sink.report(Diag::AmbiguousModule, span_of_part(import, front), front,
                        "`" + std::string(input.sources.name(ast(*module).file)) +
                            "` and one that the host registered")
                .hint("give the package's file another name");
            return {Entity{}};
        }
        if (front.size() == import.path.size()) {
            // A module is meant; a name of its parent's that looks the same would be meant by nobody.
            return {Entity{EntityKind::Module, module->value}};
        }
        return follow_names(import, *module, std::string_view(import.path).substr(front.size() + 1));
    }
    SymbolId symbol = interner.intern(import.path);
    if (auto entity = find_host_path(symbol)) return {*entity};
    return {refuse_import(import)};
}

Program::ImportStep Program::follow_names(const Import& import, ModuleId module, std::string_view rest) {
    for (;;) {
        const std::string_view part = rest.substr(0, rest.find('.'));
        const bool is_last = part.size() == rest.size();
        const SymbolId name = interner.intern(part);
        Entity entity;
        auto it = names_[module].find(name);
        const Named* named = it == names_[module].end() ? nullptr : &it->second;
        // Beside the source of its module, the host may have registered functions: what the source does not show,
        // or imports from them itself, is one of these.
        std::optional<Entity> of_host;
        if (is_host_module(module) && (!named || !may_name(import.module, module, *named) || is_import(*named, import)))
            of_host = find_host_member(interner.intern(out.modules[module].path), name);
        if (of_host) {
            entity = *of_host;
        } else if (!named || !may_name(import.module, module, *named)) {
            if (!named && !is_last) return {refuse_import(import)};
            const std::size_t behind = rest.size() - part.size();
            const std::string_view front = std::string_view(import.path).substr(0, import.path.size() - behind);
            no_member(import.module, Entity{EntityKind::Module, module.value}, {name, span_of_part(import, front)});
            return {Entity{}};
        } else {
            if (named->import != no_import && imports_[named->import].state != Import::State::Done)
                return {{}, named->import};
            named->is_used = true;
            entity = named->entity;
        }
        if (is_last || entity.kind == EntityKind::Unavailable) return {entity};
        rest.remove_prefix(part.size() + 1);
        if (entity.kind == EntityKind::HostModule) {
            const std::string whole = std::string(text(SymbolId(entity.index))) + "." + std::string(rest);
            if (auto found = find_host_path(interner.intern(whole))) return {*found};
            return {refuse_import(import)};
        }
        if (entity.kind != EntityKind::Module) return {refuse_import(import)};
        module = ModuleId(entity.index);
    }
}

// The last name of a front of the import's path.
Span Program::span_of_part(const Import& import, std::string_view front) const {
    std::span<const syntax::Name> path = ast(import.module).view(import.node->path);
    const auto number = static_cast<std::size_t>(std::ranges::count(front, '.'));
    return number < path.size() ? path[number].span : import.name.span;
}

Entity Program::refuse_import(const Import& import) {
    MissingModule missing;
    missing.path = import.path;
    if (input.explain_missing)
        missing = input.explain_missing(import.path, is_host_module(import.module));
    const Span span = span_of_part(import, missing.path);
    diag::DiagnosticBuilder report = sink.dropped();
    switch (missing.why) {
    case MissingModule::Why::Unknown:
        report = sink.report(Diag::UnknownModule, span, missing.path);
        if (!missing.reason.empty()) report.note(missing.reason);
        break;
    case MissingModule::Why::Ambiguous:
        report = sink.report(Diag::AmbiguousModule, span, missing.path, missing.reason);
        if (missing.hint.empty()) report.hint("remove one of them");
        break;
    case MissingModule::Why::Unreadable:
        report = sink.report(Diag::UnreadableModule, span, missing.path, missing.reason);
        break;
    }
    if (!missing.hint.empty()) report.hint(missing.hint);
    return Entity{};
}

// ---- Names behind a module's --------------------------------------------------------------------------------

void Program::no_member(ModuleId from, const Entity& module, const syntax::Name& name) {
    const std::string_view spelled = text(name.symbol);
    std::vector<std::string_view> candidates;
    std::string path;
    if (module.kind == EntityKind::Module) {
        const ModuleId id(module.index);
        path = module_name(id);
        if (auto it = names_[id].find(name.symbol); it != names_[id].end()) {
            sink.report(Diag::PrivateName, name.span, spelled, path)
                .label(it->second.span, it->second.import == no_import ? "declared here" : "imported here")
                .hint(it->second.import == no_import ? "make it `pub`" : "pass it on with `pub import`");
            return;
        }
        for (const auto& [symbol, named] : names_[id]) {
            if (!may_suggest()) break;
            if (named.is_pub || id == from) candidates.push_back(text(symbol));
        }
    } else {
        path = text(SymbolId(module.index));
    }
    for (const HostFn& fn : input.host.fns) {
        std::string_view whole = fn.path;
        if (whole.size() > path.size() + 1 && whole.starts_with(path) && whole[path.size()] == '.')
            candidates.push_back(whole.substr(path.size() + 1));
    }
    for (const auto& [symbol, thing] : host_things_) {
        std::string_view whole = text(symbol);
        if (whole.size() > path.size() + 1 && whole.starts_with(path) && whole[path.size()] == '.')
            candidates.push_back(whole.substr(path.size() + 1));
    }
    std::string hint = suggest(spelled, candidates);
    if (!hint.empty()) {
        hint = "did you mean `" + hint + "`?";
    } else if (module.kind == EntityKind::Module && input.explain_missing && may_suggest()) {
        // Perhaps a module's name was meant.
        const ModuleId id(module.index);
        const std::string whole = id.index() == 0 ? std::string(spelled) : path + "." + std::string(spelled);
        hint = input.explain_missing(whole, input.modules[module.index].is_host).hint;
    }
    diag::DiagnosticBuilder report = sink.report(Diag::UnknownMember, name.span, path, spelled);
    if (!hint.empty()) report.hint(hint);
}

std::optional<Entity> Program::find_in_module(ModuleId from, const Entity& module, SymbolId name) {
    if (module.kind == EntityKind::HostModule) return find_host_member(SymbolId(module.index), name);
    const ModuleId id(module.index);
    auto it = names_[id].find(name);
    if (it != names_[id].end() && may_name(from, id, it->second)) {
        it->second.is_used = true;
        return it->second.entity;
    }
    // What the host registered beside its module's source.
    if (is_host_module(id)) return find_host_member(interner.intern(out.modules[id].path), name);
    return {};
}

std::optional<Entity> Program::find_path(ModuleId from, std::span<const syntax::Name> path) {
    std::optional<Entity> entity = find_entity(from, path[0].symbol);
    if (!entity && path.size() > 1) {
        unknown_name(from, path[0].symbol, path[0].span, {});
        return {};
    }
    for (const syntax::Name& part : path.subspan(1)) {
        if (!entity || entity->kind == EntityKind::Unavailable) return entity;
        if (!part.is_valid()) return Entity{}; // reported by the parser
        if (!is_module(*entity)) {
            Span owner{part.span.file, path[0].span.begin, part.span.begin - 1};
            sink.report(Diag::UnknownMember, part.span, input.sources.text(owner), text(part.symbol));
            return {};
        }
        std::optional<Entity> member = find_in_module(from, *entity, part.symbol);
        if (!member) no_member(from, *entity, part);
        entity = member;
    }
    return entity;
}

std::optional<Entity> Program::find_path_quietly(ModuleId from, std::span<const syntax::Name> path) {
    std::optional<Entity> entity = find_entity(from, path[0].symbol);
    for (const syntax::Name& part : path.subspan(1)) {
        if (!entity || entity->kind == EntityKind::Unavailable) return entity;
        if (!is_module(*entity) || !part.is_valid()) return {};
        entity = find_in_module(from, *entity, part.symbol);
    }
    return entity;
}

std::string Program::import_hint(ModuleId from, SymbolId name) {
    if (!may_suggest()) return {};
    ++suggestions_;
    const std::string_view spelled = text(name);
    std::string path;
    for (std::size_t m = 0; m < input.modules.size() && path.empty(); ++m) {
        const ModuleId id(m);
        if (id == from || (input.modules[m].is_host != is_host_module(from))) continue;
        const std::string own = module_name(id);
        const std::size_t dot = own.rfind('.');
        if (std::string_view(own).substr(dot == own.npos ? 0 : dot + 1) == spelled) {
            path = own;
        } else if (auto it = names_[id].find(name); it != names_[id].end() && it->second.is_pub) {
            path = own + "." + std::string(spelled);
        }
    }
    return path.empty() ? path : "write `import " + path + ";` at the top of the file";
}

// ---- Afterwards ----------------------------------------------------------------------------------------

// Depth first along the imports, beginning at the root: a module stands behind those that it imports, except
// where they import each other.
void Program::order_modules() {
    const std::size_t count = out.modules.size();
    std::vector<std::vector<std::uint32_t>> imported(count);
    for (const Import& import : imports_) {
        const Entity& entity = names_[import.module].at(import.name.symbol).entity;
        std::uint32_t target = 0xffffffffu;
        if (entity.kind == EntityKind::Module) target = entity.index;
        // What an item's module is, its path tells: a name that was passed on still initializes its own module
        // first, because the module that passes it on imports that one.
        if (target == 0xffffffffu) {
            const bool in_host = is_host_module(import.module);
            for (std::string_view front = import.path; !front.empty(); front = front_of(front)) {
                if (auto module = find_module(front, in_host)) {
                    target = module->value;
                    break;
                }
            }
        }
        if (target != 0xffffffffu) imported[import.module.index()].push_back(target);
    }
    module_order_.resize(count, 0);
    std::vector<bool> seen(count, false);
    std::uint32_t next = 0;
    struct Frame {
        std::uint32_t module;
        std::size_t next = 0;
    };
    for (std::uint32_t root = 0; root < count; ++root) {
        if (seen[root]) continue;
        seen[root] = true;
        std::vector<Frame> stack = {{root}};
        while (!stack.empty()) {
            Frame& frame = stack.back();
            if (frame.next < imported[frame.module].size()) {
                std::uint32_t target = imported[frame.module][frame.next++];
                if (seen[target]) continue;
                seen[target] = true;
                stack.push_back({target});
            } else {
                module_order_[ModuleId(frame.module)] = next++;
                stack.pop_back();
            }
        }
    }
}

void Program::warn_unused_imports() {
    if (sink.has_errors()) return; // what was not checked uses nothing
    for (std::size_t i = 0; i < imports_.size(); ++i) {
        const Import& import = imports_[i];
        const Named& named = names_[import.module].at(import.name.symbol);
        if (named.is_used || named.is_pub || is_host_module(import.module)) continue;
        sink.report(Diag::UnusedName, import.name.span, text(import.name.symbol))
            .primary("this import can be removed");
    }
}

} // namespace tn::check
