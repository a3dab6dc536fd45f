#include "opt/pipeline.h"

#include "ir/verify.h"
#include "opt/passes.h"
#include "support/ice.h"

namespace tn::opt {

using namespace ir;

namespace {

struct Pass {
    std::string_view name;
    bool (*run)(Module&, Function&);
};

// What each function goes through. Inlining first, since all else gains by it; the uniqueness of lists
// before loads and lengths are moved, since it is what makes their names stand still.
constexpr Pass sequence[] = {
    {"constants", constants},       {"inline_calls", inline_calls},
    {"simplify", simplify},         {"gvn", gvn},           {"dce", dce},
    {"uniqueness", uniqueness},     {"simplify", simplify}, {"gvn", gvn},   {"licm", licm},
    {"ranges", ranges},             {"simplify", simplify}, {"gvn", gvn},   {"licm", licm},
    {"ranges", ranges},             {"simplify", simplify}, {"dce", dce},
};

// Callees before callers, so that what is inlined is already optimized. Iterative: call chains are as
// long as a script makes them.
std::vector<FuncId> bottom_up(const Module& module) {
    std::vector<FuncId> order;
    std::vector<bool> seen(module.functions.size(), false);
    std::vector<std::pair<FuncId, std::size_t>> stack;
    std::vector<std::vector<FuncId>> callees(module.functions.size());
    for (std::uint32_t f = 0; f < module.functions.size(); ++f) {
        const Function& fn = module.functions[FuncId(f)];
        for (const Block& block : fn.blocks) {
            if (block.removed) continue;
            for (InstId id : block.insts)
                if (fn.insts[id].op == Op::Call) callees[f].push_back(FuncId(static_cast<std::size_t>(fn.insts[id].imm)));
        }
    }
    for (std::uint32_t f = 0; f < module.functions.size(); ++f) {
        if (seen[f]) continue;
        seen[f] = true;
        stack.emplace_back(FuncId(f), 0);
        while (!stack.empty()) {
            auto& [id, next] = stack.back();
            if (next < callees[id.index()].size()) {
                const FuncId callee = callees[id.index()][next++];
                if (!seen[callee.index()]) {
                    seen[callee.index()] = true;
                    stack.emplace_back(callee, 0);
                }
            } else {
                order.push_back(id);
                stack.pop_back();
            }
        }
    }
    return order;
}

} // namespace

const std::vector<PassInfo>& passes() {
    static const std::vector<PassInfo> table = {
#define PASS(name, claim) {#name, claim},
#include "opt/pass.def"
    };
    return table;
}

namespace {

void run_passes(Module& module, const Options& options) {
    find_constants(module);
    for (FuncId id : bottom_up(module)) {
        for (const Pass& pass : sequence) {
            Function& fn = module.functions[id];
            pass.run(module, fn);
            if (options.verify) {
                const auto messages = verify(module, fn);
                if (!messages.empty()) TN_ICE("after " + std::string(pass.name) + ": " + messages.front());
            }
            if (pass.name == options.stop_after) break;
        }
    }
}

} // namespace

void optimize(Module& module, const Options& options) {
    if (options.level > 0) run_passes(module, options);
    if (!options.stop_after.empty()) return;
    for (Function& fn : module.functions) {
        if (fn.blocks.empty()) continue;
        keep_owned(module, fn);
    }
    if (options.verify) verify_or_ice(module, "keep_owned");
}

} // namespace tn::opt
