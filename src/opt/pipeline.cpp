#include "opt/pipeline.h"

#include "ir/cfg.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "opt/passes.h"
#include "opt/specialize.h"
#include "support/ice.h"

#include <algorithm>
#include <array>
#include <span>

namespace tn::opt {

using namespace ir;

namespace {

// A row of pass.def.
enum class Pass : std::uint8_t {
#define PASS(name, claim) name,
#include "opt/pass.def"
};
struct PassRow {
    PassInfo info;
    bool (*run)(Module&, Function&);
};
constexpr PassRow rows[] = {
#define PASS(name, claim) {{#name, claim}, opt::name},
#include "opt/pass.def"
};
constexpr std::size_t pass_count = std::size(rows);

const PassRow& row_of(Pass pass) { return rows[static_cast<std::size_t>(pass)]; }

// What each function goes through. Inlining first, since all else gains by it; a closure that comes into view
// by it is called directly, and inlined in turn. The uniqueness of lists before loads and lengths are moved,
// since it is what makes their names stand still. A pass that stands here again runs again only when another one has
// changed the function since it found nothing to do.
constexpr unsigned max_call_rounds = 6; // of inline_calls and closures: closures that make closures
constexpr Pass sequence[] = {
    Pass::simplify,   Pass::retains,  Pass::gvn,     Pass::dce,
    Pass::uniqueness, Pass::simplify, Pass::retains, Pass::gvn,
    Pass::licm,       Pass::ranges,   Pass::simplify, Pass::gvn,
    Pass::licm,       Pass::ranges,   Pass::simplify, Pass::dce,
};
// What comes last, for functions that were not inlined everywhere: it hides what conditions tell, and what makes
// functions small.
constexpr Pass last[] = {
    Pass::range_tests, Pass::selects, Pass::strips, Pass::simplify, Pass::dce, Pass::lanes,
};
// Passes that do nothing to a function without loops.
constexpr bool is_of_loops(Pass pass) { return pass == Pass::licm || pass == Pass::strips || pass == Pass::lanes; }

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
    static const std::vector<PassInfo> table = [] {
        std::vector<PassInfo> infos;
        for (const PassRow& row : rows) infos.push_back(row.info);
        return infos;
    }();
    return table;
}

namespace {

// What is known of a function between passes.
struct FunctionState {
    std::uint32_t version = 1;                      // goes up with each change
    std::array<std::uint32_t, pass_count> idle{};   // by pass: the version at which it had nothing to do
    std::uint32_t loops_version = 0;                // the version for which `has_loops` is known
    bool has_loops = false;
};

std::uint64_t count_insts(const Function& fn) {
    std::uint64_t count = 0;
    for (const Block& block : fn.blocks) count += block.insts.size();
    return count;
}

// One function's way through the passes.
class FunctionRun {
public:
    FunctionRun(Module& module, FuncId id, const Options& options, FunctionState& state)
        : module_(module), id_(id), options_(options), state_(state) {
        if (options.statistics) statistics_ = &options.statistics->function(id.index(), module.functions[id].name);
    }

    void run() {
        step(Pass::constants);
        for (unsigned round = 0; round < max_call_rounds && !is_stopped_; ++round) {
            step(Pass::inline_calls);
            if (!step(Pass::closures)) break;
        }
        step(Pass::recursion);
        for (Pass pass : sequence) step(pass);
    }
    void finish() {
        for (Pass pass : last) step(pass);
    }

private:
    bool step(Pass pass) {
        if (is_stopped_) return false;
        const PassRow& row = row_of(pass);
        is_stopped_ = row.info.name == options_.stop_after;
        std::uint32_t& idle = state_.idle[static_cast<std::size_t>(pass)];
        if (idle == state_.version) return false;
        Function& fn = module_.functions[id_];
        if (is_of_loops(pass) && !has_loops(fn)) {
            idle = state_.version;
            return false;
        }
        const std::string before = options_.verify ? print(module_, fn) : std::string();
        const bool changed = statistics_ ? measured(row, fn) : row.run(module_, fn);
        if (changed) ++state_.version;
        else idle = state_.version;
        if (options_.verify) {
            const auto messages = verify(module_, fn);
            if (!messages.empty()) TN_ICE("after " + std::string(row.info.name) + ": " + messages.front());
            if (!changed && before != print(module_, fn))
                TN_ICE(std::string(row.info.name) + " has changed " + fn.name + " and does not say so");
        }
        return changed;
    }
    bool measured(const PassRow& row, Function& fn) {
        const std::uint64_t before = count_insts(fn);
        bool changed = false;
        {
            const StepTimer timer(statistics_, row.info.name);
            changed = row.run(module_, fn);
        }
        StepStatistics& step = statistics_->step(row.info.name);
        if (step.runs == 1) step.before = before;
        step.after = count_insts(fn);
        step.changed += changed;
        return changed;
    }
    bool has_loops(const Function& fn) {
        if (state_.loops_version != state_.version) {
            state_.has_loops = ir::has_loops(fn);
            state_.loops_version = state_.version;
        }
        return state_.has_loops;
    }

    Module& module_;
    FuncId id_;
    const Options& options_;
    FunctionState& state_;
    FunctionStatistics* statistics_ = nullptr;
    bool is_stopped_ = false;
};

bool is_of(std::span<const Pass> passes, std::string_view name) {
    return std::ranges::any_of(passes, [&](Pass pass) { return row_of(pass).info.name == name; });
}

using States = std::vector<FunctionState>; // by function

void run_passes(Module& module, const Options& options, States& states) {
    find_constants(module);
    Specializer specializer(module);
    for (FuncId root : bottom_up(module)) {
        std::vector<FuncId> work{root}; // the function, then copies made for its calls
        while (!work.empty()) {
            const FuncId id = work.back();
            work.pop_back();
            states.resize(module.functions.size());
            FunctionRun(module, id, options, states[id.index()]).run();
            if (!options.stop_after.empty() && !is_of(last, options.stop_after)) continue;
            specializer.note(id);
            for (FuncId copy : specializer.run(id)) work.push_back(copy);
        }
    }
    states.resize(module.functions.size());
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
    States states;
    run_passes(module, options, states);
    // A pass that stands in both parts is asked for where it runs first.
    if (!options.stop_after.empty() && (!is_of(last, options.stop_after) || is_of(sequence, options.stop_after))) return;
    if (options.stop_after.empty()) drop_unreachable(module);
    for (std::uint32_t f = 0; f < module.functions.size(); ++f)
        if (!module.functions[FuncId(f)].removed) FunctionRun(module, FuncId(f), options, states[f]).finish();
}

void optimize_one(Module& module, FuncId func, const Options& options) {
    if (options.level != 0) {
        FunctionState state;
        FunctionRun run(module, func, options, state);
        run.run();
        run.finish();
    }
    drop_unreachable(module);
}

} // namespace tn::opt
