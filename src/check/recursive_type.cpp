// Declared types that have no end: records that contain themselves, and types that would need ever larger
// instances of themselves.
#include "check/program.h"

#include <algorithm>
#include <unordered_set>

namespace tn::check {

namespace {

std::vector<TypeId> field_types(const Nominal& nominal) {
    std::vector<TypeId> found;
    for (const Field& field : nominal.fields) found.push_back(field.type);
    for (const Variant& variant : nominal.variants) {
        for (const Field& field : variant.fields) found.push_back(field.type);
    }
    return found;
}

bool mentions(const TypeTable& types, TypeId type, TypeId param) {
    std::unordered_set<std::uint32_t> seen;
    std::vector<TypeId> work = {type};
    while (!work.empty()) {
        TypeId part = work.back();
        work.pop_back();
        if (part == param) return true;
        if (!types.has_param(part) || !seen.insert(part.value).second) continue;
        for (TypeId arg : types.args(part)) work.push_back(arg);
    }
    return false;
}

// Strongly connected components of a graph, by node: Kosaraju's two passes, without recursion.
std::vector<std::size_t> components(const std::vector<std::vector<std::size_t>>& edges) {
    std::size_t count = edges.size();
    std::vector<std::vector<std::size_t>> back(count);
    for (std::size_t node = 0; node < count; ++node) {
        for (std::size_t next : edges[node]) back[next].push_back(node);
    }
    std::vector<std::size_t> finished;
    std::vector<bool> seen(count);
    for (std::size_t root = 0; root < count; ++root) {
        if (seen[root]) continue;
        seen[root] = true;
        std::vector<std::pair<std::size_t, std::size_t>> stack = {{root, 0}};
        while (!stack.empty()) {
            auto& [node, next] = stack.back();
            if (next == edges[node].size()) {
                finished.push_back(node);
                stack.pop_back();
                continue;
            }
            std::size_t target = edges[node][next++];
            if (seen[target]) continue;
            seen[target] = true;
            stack.emplace_back(target, 0);
        }
    }
    std::vector<std::size_t> component(count, count);
    for (std::size_t i = count; i-- > 0;) {
        std::vector<std::size_t> work = {finished[i]};
        while (!work.empty()) {
            std::size_t node = work.back();
            work.pop_back();
            if (component[node] != count) continue;
            component[node] = finished[i];
            for (std::size_t target : back[node]) work.push_back(target);
        }
    }
    return component;
}

} // namespace

// Depth first over the records that records hold by value. An enum or a collection between them ends the
// search: what lies behind it is a reference.
void Program::find_recursive_records() {
    // The parameters of which a record holds a value itself: `x: T`, not `xs: List[T]`.
    std::unordered_set<std::uint32_t> held;
    auto parts_by_value = [&](NominalId id, auto&& found) {
        std::vector<TypeId> work;
        for (const Field& field : types.nominal(id).fields) work.push_back(field.type);
        std::unordered_set<std::uint32_t> seen;
        while (!work.empty()) {
            TypeId type = work.back();
            work.pop_back();
            if (!seen.insert(type.value).second) continue;
            found(type);
            TypeKind kind = types.kind(type);
            for (unsigned i = 0; i < types.args(type).size(); ++i) {
                bool by_value = kind == TypeKind::Tuple;
                if (kind == TypeKind::Record) by_value = held.contains(types.nominal(type).params[i].value);
                if (by_value) work.push_back(types.arg(type, i));
            }
        }
    };
    std::unordered_map<std::uint32_t, std::vector<NominalId>> users; // of a generic record, by its id
    std::vector<NominalId> work;
    for (NominalId id : declared_nominals_) {
        if (types.nominal(id).kind != TypeKind::Record || types.nominal(id).params.empty()) continue;
        work.push_back(id);
        std::vector<TypeId> parts = field_types(types.nominal(id));
        std::unordered_set<std::uint32_t> seen;
        while (!parts.empty()) {
            TypeId part = parts.back();
            parts.pop_back();
            if (!types.has_param(part) || !seen.insert(part.value).second) continue;
            if (types.kind(part) == TypeKind::Record) users[types.nominal_id(part).value].push_back(id);
            for (TypeId arg : types.args(part)) parts.push_back(arg);
        }
    }
    while (!work.empty()) {
        NominalId id = work.back();
        work.pop_back();
        bool changed = false;
        parts_by_value(id, [&](TypeId part) {
            if (types.kind(part) == TypeKind::Param) changed |= held.insert(part.value).second;
        });
        if (!changed) continue;
        for (NominalId user : users[id.value]) work.push_back(user);
    }

    enum class Color : std::uint8_t { White, Gray, Black };
    std::unordered_map<std::uint32_t, Color> colors;
    struct Frame {
        NominalId id;
        std::vector<NominalId> inner;
        std::size_t next = 0;
    };
    auto inner_of = [&](NominalId id) {
        std::vector<NominalId> inner;
        parts_by_value(id, [&](TypeId part) {
            if (types.kind(part) == TypeKind::Record) inner.push_back(types.nominal_id(part));
        });
        return inner;
    };
    for (NominalId root : declared_nominals_) {
        if (types.nominal(root).kind != TypeKind::Record || colors[root.value] != Color::White) continue;
        std::vector<Frame> stack;
        stack.push_back({root, inner_of(root)});
        colors[root.value] = Color::Gray;
        while (!stack.empty()) {
            Frame& frame = stack.back();
            if (frame.next == frame.inner.size()) {
                colors[frame.id.value] = Color::Black;
                stack.pop_back();
                continue;
            }
            NominalId next = frame.inner[frame.next++];
            if (colors[next.value] == Color::Gray) {
                has_broken_types_ = true;
                sink.report(Diag::RecursiveRecord, nominal_span(next), types.nominal(next).name)
                    .hint("put the inner value in an option or a list, such as `" + types.nominal(next).name +
                          "?`");
            } else if (colors[next.value] == Color::White) {
                colors[next.value] = Color::Gray;
                stack.push_back({next, inner_of(next)});
            }
        }
    }
}

// `enum E[T] { A(E[(T, T)]), B }` has no finite set of instances. Where a type parameter flows into another, as
// `T` of E flows into `T` of E here, is an edge; it expands when more than the parameter itself is passed. A
// circle with an expanding edge is such a type.
void Program::find_expanding_types() {
    std::vector<TypeId> params;
    std::vector<NominalId> owners;
    std::unordered_map<std::uint32_t, std::size_t> numbers;
    for (NominalId id : declared_nominals_) {
        for (TypeId param : types.nominal(id).params) {
            numbers.emplace(param.value, params.size());
            params.push_back(param);
            owners.push_back(id);
        }
    }
    if (params.empty()) return;
    std::vector<std::vector<std::size_t>> edges(params.size());
    std::vector<std::pair<std::size_t, std::size_t>> expanding;
    for (NominalId id : declared_nominals_) {
        std::vector<TypeId> own = types.nominal(id).params;
        if (own.empty()) continue;
        std::vector<TypeId> work = field_types(types.nominal(id));
        std::unordered_set<std::uint32_t> seen;
        while (!work.empty()) {
            TypeId type = work.back();
            work.pop_back();
            if (!types.has_param(type) || !seen.insert(type.value).second) continue;
            for (unsigned i = 0; i < types.args(type).size(); ++i) {
                TypeId arg = types.arg(type, i);
                work.push_back(arg);
                if (!types.is_nominal(type)) continue;
                auto target = numbers.find(types.nominal(type).params[i].value);
                if (target == numbers.end()) continue; // a type of the language: nothing flows on
                for (TypeId param : own) {
                    if (!mentions(types, arg, param)) continue;
                    std::size_t from = numbers.at(param.value);
                    edges[from].push_back(target->second);
                    if (arg != param) expanding.emplace_back(from, target->second);
                }
            }
        }
    }
    if (expanding.empty()) return;
    std::vector<std::size_t> component = components(edges);
    std::unordered_set<std::uint32_t> reported;
    for (auto [from, to] : expanding) {
        if (component[from] != component[to] || !reported.insert(owners[from].value).second) continue;
        has_broken_types_ = true;
        sink.report(Diag::TypeTooLarge, nominal_span(owners[from]), types.nominal(owners[from]).name)
            .note("it contains ever larger instances of itself: `" + types.param_name(params[from]) +
                  "` grows on the way");
    }
}

} // namespace tn::check
