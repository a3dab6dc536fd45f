// The order in which constants are evaluated, and what an initializer must not read.
#include "check/program.h"

#include <algorithm>

namespace tn::check {

// Tarjan's components over functions and globals, without recursion. A constant in a component that loops
// depends on itself. What an initializer reaches is known when its component is complete: the last variable
// among all it may read.
void Program::order_globals() {
    std::size_t fn_count = out.fns.size();
    std::size_t count = fn_count + out.globals.size();
    auto uses_of = [&](std::size_t node) -> const Uses& {
        return node < fn_count ? fn_uses_[node] : global_uses_[node - fn_count];
    };
    auto edge_count = [&](std::size_t node) {
        return uses_of(node).fns.size() + uses_of(node).globals.size();
    };
    auto edge = [&](std::size_t node, std::size_t i) -> std::size_t {
        const Uses& uses = uses_of(node);
        if (i < uses.fns.size()) return uses.fns[i].index();
        return fn_count + uses.globals[i - uses.fns.size()].first.index();
    };

    // Variables are initialized module by module, imported ones first, each in source order: `rank` is the place in
    // that order.
    std::vector<GlobalId> vars;
    for (std::size_t i = 0; i < out.globals.size(); ++i) {
        if (!out.globals[GlobalId(i)].is_const) vars.push_back(GlobalId(i));
    }
    std::ranges::stable_sort(vars, {}, [&](GlobalId id) { return module_order_[out.globals[id].init.module]; });
    std::vector<std::int64_t> ranks(out.globals.size(), -1);
    for (std::size_t i = 0; i < vars.size(); ++i) ranks[vars[i].index()] = static_cast<std::int64_t>(i);

    constexpr std::uint32_t none = 0xffffffffu;
    struct Node {
        std::uint32_t number = none;
        std::uint32_t low = none;
        bool on_stack = false;
        std::int64_t last_var = -1; // rank of the last variable that it may read
    };
    std::vector<Node> nodes(count);
    std::vector<std::size_t> component;
    std::uint32_t next_number = 0;
    struct Frame {
        std::size_t node;
        std::size_t next = 0;
    };
    std::vector<GlobalId> consts;

    auto close_component = [&](std::size_t root) {
        std::vector<std::size_t> members;
        std::int64_t last_var = -1;
        for (;;) {
            std::size_t member = component.back();
            component.pop_back();
            nodes[member].on_stack = false;
            members.push_back(member);
            last_var = std::max(last_var, nodes[member].last_var);
            if (member == root) break;
        }
        std::ranges::sort(members);
        bool loops = members.size() > 1;
        for (std::size_t i = 0; i < edge_count(root); ++i) loops |= edge(root, i) == root;
        std::optional<diag::DiagnosticBuilder> cycle;
        for (std::size_t member : members) {
            nodes[member].last_var = last_var;
            if (member < fn_count) continue;
            GlobalId id(member - fn_count);
            const Global& global = out.globals[id];
            if (global.is_const && loops) {
                // One report for the whole circle.
                if (!cycle) {
                    cycle = sink.report(Diag::ConstCycle, global.span, global.name);
                } else {
                    cycle->label(global.span, "and this, too");
                }
            } else if (global.is_const && last_var >= 0) {
                const std::string& var = out.globals[vars[static_cast<std::size_t>(last_var)]].name;
                sink.report(Diag::NotConstant, global.span, "it reads the variable `" + var + "`");
            } else if (!global.is_const && last_var >= ranks[id.index()]) {
                const std::string& var = out.globals[vars[static_cast<std::size_t>(last_var)]].name;
                sink.report(Diag::ConstCycle, global.span, global.name)
                    .note("its initializer may read `" + var +
                          "` before that has a value: variables are initialized in order");
            }
            if (global.is_const) consts.push_back(id);
        }
    };

    for (std::size_t root = 0; root < count; ++root) {
        if (nodes[root].number != none) continue;
        std::vector<Frame> stack = {{root}};
        while (!stack.empty()) {
            std::size_t node = stack.back().node;
            Node& state = nodes[node];
            if (stack.back().next == 0 && state.number == none) {
                state.number = state.low = next_number++;
                state.on_stack = true;
                component.push_back(node);
            }
            if (stack.back().next < edge_count(node)) {
                std::size_t target = edge(node, stack.back().next++);
                if (target >= fn_count && !out.globals[GlobalId(target - fn_count)].is_const) {
                    // A variable is read here; what its own initializer reads was read before.
                    state.last_var = std::max(state.last_var, ranks[target - fn_count]);
                } else if (nodes[target].number == none) {
                    stack.push_back({target});
                } else if (nodes[target].on_stack) {
                    state.low = std::min(state.low, nodes[target].number);
                } else {
                    state.last_var = std::max(state.last_var, nodes[target].last_var);
                }
                continue;
            }
            stack.pop_back();
            std::uint32_t low = state.low;
            if (low == state.number) close_component(node);
            if (!stack.empty()) {
                Node& parent = nodes[stack.back().node];
                parent.low = std::min(parent.low, low);
                parent.last_var = std::max(parent.last_var, nodes[node].last_var);
            }
        }
    }
    out.init_order = std::move(consts);
    out.init_order.insert(out.init_order.end(), vars.begin(), vars.end());
}

} // namespace tn::check
