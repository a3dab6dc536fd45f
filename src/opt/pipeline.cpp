#include "opt/pipeline.h"

#include "ir/verify.h"
#include "opt/passes.h"
#include "opt/specialize.h"
#include "support/ice.h"
#ifdef TN_UNCHECKED
#include "opt/unchecked.h"
#endif

#include <algorithm>
#include <span>

namespace tn::opt {

using namespace ir;

namespace {

struct Pass {
    std::string_view name;
    bool (*run)(Module&, Function&);
};

// What each function goes through. Inlining first, since all else gains by it; a closure that comes into view
// by it is called directly, and inlined in turn. The uniqueness of lists before loads and lengths are moved,
// since it is what makes their names stand still.
constexpr Pass calls[] = {{"inline_calls", inline_calls}, {"closures", closures}};
constexpr unsigned max_call_rounds = 6; // closures that make closures
constexpr Pass sequence[] = {
    {"simplify", simplify}, {"dce", dce},         {"retains", retains}, {"gvn", gvn},
    {"dce", dce},           {"threading", threading},
    {"uniqueness", uniqueness}, {"simplify", simplify}, {"retains", retains}, {"gvn", gvn},
    {"licm", licm},         {"ranges", ranges},   {"threading", threading},
    {"simplify", simplify}, {"gvn", gvn},
    {"licm", licm},         {"ranges", ranges},   {"simplify", simplify}, {"dce", dce},
};
// What comes last, for functions that were not inlined everywhere: it hides what conditions tell, and what makes
// functions small.
constexpr Pass version[] = {{"versions", versions}, {"simplify", simplify}, {"gvn", gvn}, {"licm", licm}};
constexpr Pass finish[] = {
    {"lengths", lengths}, {"range_tests", range_tests}, {"selects", selects}, {"carried", carried},
    {"strips", strips},   {"simplify", simplify},       {"dce", dce},         {"lanes", lanes},
};

// The function that an instruction calls, or makes a closure of.
FuncId callee_of(const Module& module, const Inst& inst) {
    if (inst.op == Op::Call) return FuncId(static_cast<std::size_t>(inst.imm));
    if (inst.op == Op::BoxNew || inst.op == Op::Empty)
        return module.descs[DescId(static_cast<std::size_t>(inst.imm))].func;
    return FuncId();
}

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
                if (const FuncId callee = callee_of(module, fn.insts[id]); callee.is_valid())
                    callees[f].push_back(callee);
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

// One function's way through the passes.
class FunctionRun {
public:
    FunctionRun(Module& module, FuncId id, const Options& options)
        : module_(module), id_(id), options_(options) {}

    void run() {
        step({"constants", constants});
        for (unsigned round = 0; round < max_call_rounds && !is_stopped_; ++round) {
            step(calls[0]);
            if (!step(calls[1])) break;
        }
        step({"recursion", recursion});
        for (const Pass& pass : sequence) step(pass);
    }
    void finish() {
        if (step(version[0]))
            for (const Pass& pass : std::span(version).subspan(1)) step(pass);
        for (const Pass& pass : opt::finish) step(pass);
    }

private:
    bool step(const Pass& pass) {
        if (is_stopped_) return false;
        Function& fn = module_.functions[id_];
        const bool changed = pass.run(module_, fn);
        if (options_.verify) {
            const auto messages = verify(module_, fn);
            if (!messages.empty()) TN_ICE("after " + std::string(pass.name) + ": " + messages.front());
        }
        is_stopped_ = pass.name == options_.stop_after;
        return changed;
    }

    Module& module_;
    FuncId id_;
    const Options& options_;
    bool is_stopped_ = false;
};

bool is_of(std::span<const Pass> passes, std::string_view name) {
    return std::ranges::any_of(passes, [&](const Pass& pass) { return pass.name == name; });
}

void run_passes(Module& module, const Options& options) {
#ifdef TN_UNCHECKED
    for (Function& fn : module.functions)
        if (!fn.removed) drop_checks(fn);
#endif
    find_constants(module);
    Specializer specializer(module);
    for (FuncId root : bottom_up(module)) {
        std::vector<FuncId> work{root}; // the function, then copies made for its calls
        while (!work.empty()) {
            const FuncId id = work.back();
            work.pop_back();
            FunctionRun(module, id, options).run();
            if (!options.stop_after.empty() && !is_of(finish, options.stop_after) && options.stop_after != version[0].name) continue;
            specializer.note(id);
            for (FuncId copy : specializer.run(id)) work.push_back(copy);
        }
    }
}

// Functions that nothing reaches any more, since every call of them was inlined, keep their ids and lose
// their code. A module without a way in is a test's: it stays whole.
void drop_unreachable(Module& module) {
    std::vector<bool> reached(module.functions.size(), false);
    std::vector<FuncId> work;
    auto reach = [&](FuncId id) {
        if (!id.is_valid() || reached[id.index()]) return;
        reached[id.index()] = true;
        work.push_back(id);
    };
    for (const Export& e : module.exports) reach(e.func);
    for (const TestCase& test : module.tests) reach(test.func);
    for (const KeyImpl& key : module.key_impls) {
        reach(key.hash);
        reach(key.equal);
    }
    reach(module.init);
    if (work.empty()) return;
    for (const HostFn& host : module.host_fns)
        for (FuncId callback : host.callbacks) reach(callback);
    for (const InstanceRef& ref : module.instance_refs)
        if (ref.desc.is_valid()) reach(module.descs[ref.desc].func);
    while (!work.empty()) {
        const Function& fn = module.functions[work.back()];
        work.pop_back();
        for (const Block& block : fn.blocks) {
            if (block.removed) continue;
            for (InstId id : block.insts) reach(callee_of(module, fn.insts[id]));
        }
    }
    for (std::uint32_t f = 0; f < module.functions.size(); ++f) {
        if (reached[f]) continue;
        Function& fn = module.functions[FuncId(f)];
        Function empty;
        empty.name = std::move(fn.name);
        empty.sig = std::move(fn.sig);
        empty.removed = true;
        fn = std::move(empty);
    }
}

} // namespace

void optimize(Module& module, const Options& options) {
    if (options.level == 0) return;
    run_passes(module, options);
    // A pass that stands in both parts is asked for where it runs first.
    const bool is_late = is_of(finish, options.stop_after) || options.stop_after == version[0].name;
    if (!options.stop_after.empty() && (!is_late || is_of(sequence, options.stop_after))) return;
    if (options.stop_after.empty()) drop_unreachable(module);
    for (std::uint32_t f = 0; f < module.functions.size(); ++f)
        if (!module.functions[FuncId(f)].removed) FunctionRun(module, FuncId(f), options).finish();
}

void optimize_one(Module& module, FuncId func, const Options& options) {
    if (options.level != 0) {
        FunctionRun run(module, func, options);
        run.run();
        run.finish();
    }
    drop_unreachable(module);
}

} // namespace tn::opt
