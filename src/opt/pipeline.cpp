#include "opt/pipeline.h"

#include "ir/cfg.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "opt/inliner.h"
#include "opt/passes.h"
#include "opt/searches.h"
#include "opt/specialize.h"
#include "support/ice.h"
#ifdef TN_UNCHECKED
#include "opt/unchecked.h"
#endif

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
// changed the function since it found nothing to do, or since it ran, if it is one that leaves nothing.
constexpr unsigned max_call_rounds = 6; // of inline_calls and closures: closures that make closures
constexpr Pass sequence[] = {
    Pass::simplify, Pass::dce,       Pass::retains,  Pass::gvn,
    Pass::searches, Pass::dce,      Pass::threading, Pass::rotate,   Pass::unroll,  Pass::peel,
    Pass::uniqueness, Pass::simplify, Pass::views, Pass::retains, Pass::sizes,   Pass::gvn,
    Pass::loads,    Pass::licm,     Pass::ranges,    Pass::threading, Pass::tables,
    Pass::simplify, Pass::gvn,
    Pass::licm,     Pass::ranges,    Pass::simplify, Pass::dce,
};
// What comes last, for functions that were not inlined everywhere: it hides what conditions tell, and what makes
// functions small.
constexpr Pass last[] = {
    Pass::views, Pass::versions, Pass::loads, Pass::repeats, Pass::pushes,      Pass::rooms,   Pass::lengths, Pass::range_tests, Pass::remainders, Pass::divisions,
    Pass::masks,    Pass::fields,   Pass::stores,   Pass::selects,  Pass::carried, Pass::reassociate, Pass::strips,  Pass::limits, Pass::simplify, Pass::dce,
    Pass::accumulators, Pass::lanes, Pass::sums, Pass::reciprocals, Pass::pointers,    Pass::bases,   Pass::dce,     Pass::strides,  Pass::steps,
    Pass::states, Pass::dce,
};
// When a loop has been unrolled: the one around it is smaller once constants and what rounds have in common are known.
constexpr Pass after_unroll[] = {Pass::simplify, Pass::gvn, Pass::unroll};
// Where searches have been asked twice: whether the first one has found something may decide what is written before a third.
constexpr Pass before_searches[] = {Pass::dce, Pass::threading, Pass::simplify, Pass::gvn, Pass::dce, Pass::gvn};
// When it has copied loops; what two ways of a round had of their own may be one in front of the loop.
constexpr Pass after_versions[] = {Pass::simplify, Pass::gvn, Pass::licm, Pass::gvn};
// Passes that do nothing to a function without loops.
constexpr bool is_of_loops(Pass pass) {
    return pass == Pass::rotate || pass == Pass::unroll || pass == Pass::peel || pass == Pass::sizes || pass == Pass::repeats || pass == Pass::licm || pass == Pass::versions || pass == Pass::rooms || pass == Pass::lengths ||
           pass == Pass::carried || pass == Pass::strips || pass == Pass::limits || pass == Pass::accumulators || pass == Pass::lanes || pass == Pass::reciprocals ||
           pass == Pass::pointers || pass == Pass::bases || pass == Pass::strides || pass == Pass::steps ||
           pass == Pass::states;
}

// Passes that find next to nothing in what they have just changed themselves.
constexpr bool leaves_nothing(Pass pass) { return pass == Pass::gvn || pass == Pass::ranges || pass == Pass::dce || pass == Pass::simplify; }

// Functions that call each other in a circle, or one alone; what they call is optimized before.
using Group = std::vector<FuncId>;

// Groups that may be optimized at the same time: whatever a function of one reaches is in its own group or in an earlier
// wave. Iterative (Tarjan's algorithm): call chains are as long as a script makes them.
class Waves {
public:
    explicit Waves(Module& module)
        : callees_(module.functions.size()),
          number_(module.functions.size(), 0),
          low_(module.functions.size(), 0),
          level_(module.functions.size(), none) {
        for (std::uint32_t f = 0; f < module.functions.size(); ++f) {
            const Function& fn = module.functions[FuncId(f)];
            for (const Block& block : fn.blocks) {
                if (block.removed) continue;
                for (InstId id : block.insts)
                    if (const FuncId callee = callee_of(module, fn.insts[id]); callee.is_valid())
                        callees_[f].push_back(callee.index());
            }
        }
        std::vector<std::uint32_t> calls(module.functions.size(), 0);
        for (const auto& callees : callees_)
            for (std::uint32_t callee : callees) ++calls[callee];
        for (std::uint32_t f = 0; f < module.functions.size(); ++f) {
            module.functions[FuncId(f)].is_called_once = calls[f] == 1;
            if (number_[f] == 0 && !module.functions[FuncId(f)].removed) visit(f);
        }
    }

    std::vector<std::vector<Group>> waves; // callees before callers, within a group too as far as that goes

private:
    static constexpr std::uint32_t none = 0xffffffffu; // not in a group yet

    void enter(std::uint32_t f) {
        number_[f] = low_[f] = ++count_;
        open_.push_back(f);
        path_.emplace_back(f, 0);
    }
    void visit(std::uint32_t root) {
        enter(root);
        while (!path_.empty()) {
            const std::uint32_t f = path_.back().first;
            if (path_.back().second < callees_[f].size()) {
                const std::uint32_t callee = callees_[f][path_.back().second++];
                if (number_[callee] == 0) enter(callee);
                else if (level_[callee] == none) low_[f] = std::min(low_[f], number_[callee]);
                continue;
            }
            path_.pop_back();
            left_.push_back(f);
            if (!path_.empty()) low_[path_.back().first] = std::min(low_[path_.back().first], low_[f]);
            if (low_[f] == number_[f]) close(f);
        }
    }
    // `f` and what stands above it on the stack are a group.
    void close(std::uint32_t f) {
        const auto first = std::ranges::find(open_.rbegin(), open_.rend(), f).base() - 1;
        const auto size = static_cast<std::size_t>(open_.end() - first);
        std::uint32_t level = 0;
        for (auto member = first; member != open_.end(); ++member)
            for (std::uint32_t callee : callees_[*member])
                if (level_[callee] != none) level = std::max(level, level_[callee] + 1);
        for (auto member = first; member != open_.end(); ++member) level_[*member] = level;
        open_.erase(first, open_.end());
        if (waves.size() <= level) waves.resize(level + 1);
        // In the order in which they were left: callees first.
        Group& group = waves[level].emplace_back();
        for (auto member = left_.end() - static_cast<std::ptrdiff_t>(size); member != left_.end(); ++member)
            group.push_back(FuncId(*member));
        left_.erase(left_.end() - static_cast<std::ptrdiff_t>(size), left_.end());
    }

    std::vector<std::vector<std::uint32_t>> callees_;
    std::vector<std::uint32_t> number_, low_, level_; // by function
    std::vector<std::uint32_t> open_;                 // entered, in no group yet
    std::vector<std::uint32_t> left_;                 // left, in no group yet
    std::vector<std::pair<std::uint32_t, std::size_t>> path_;
    std::uint32_t count_ = 0;
};

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
        const Cfg::Memory memory;
        step(Pass::constants);
        for (unsigned round = 0; round < max_call_rounds && !is_stopped_; ++round) {
            step(Pass::inline_calls);
            if (!step(Pass::closures)) break;
        }
        step(Pass::tail_calls);
        step(Pass::recursion);
        for (Pass pass : sequence) {
            if (pass == Pass::searches && calls_search(module_, module_.functions[id_]))
                for (Pass before : before_searches) step(before);
            const bool changed = step(pass);
            if (pass == Pass::unroll && changed)
                for (Pass again : after_unroll) step(again);
            if (pass == Pass::peel && changed) step(Pass::simplify), step(Pass::gvn);
        }
    }
    void finish() {
        const Cfg::Memory memory;
        for (Pass pass : last) {
            const bool changed = step(pass);
            if (pass == Pass::versions && changed)
                for (Pass again : after_versions) step(again);
        }
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
        if (!changed || leaves_nothing(pass)) idle = state_.version;
        if (options_.verify) {
            const auto messages = verify(module_, fn, NewLocs::current ? NewLocs::current->size() : 0);
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

// Makes room for what is noted of functions, so that several may be worked on at once.
void prepare(const Module& module, const Options& options, States& states) {
    if (options.statistics)
        for (std::size_t f = states.size(); f < module.functions.size(); ++f)
            options.statistics->function(f, module.functions[FuncId(f)].name);
    states.resize(module.functions.size());
}

// Closures that calls give away: calls of copies that know them, and these copies through the passes.
void specialize(Module& module, const Options& options, Specializer& specializer, FuncId root, States& states) {
    std::vector<FuncId> work{root};
    while (!work.empty()) {
        const FuncId id = work.back();
        work.pop_back();
        if (id != root) {
            prepare(module, options, states);
            FunctionRun(module, id, options, states[id.index()]).run();
        }
        if (!options.stop_after.empty() && !is_of(last, options.stop_after)) continue;
        specializer.note(id);
        for (FuncId copy : specializer.run(id)) work.push_back(copy);
    }
}

void run_passes(Module& module, const Options& options, States& states) {
#ifdef TN_UNCHECKED
    for (Function& fn : module.functions)
        if (!fn.removed) drop_checks(fn);
#endif
    if (!options.is_part) find_constants(module);
    Specializer specializer(module);
    for (const std::vector<Group>& wave : Waves(module).waves) {
        prepare(module, options, states);
        const auto run = [&](const Group& group) {
            for (FuncId id : group) FunctionRun(module, id, options, states[id.index()]).run();
        };
        if (options.workers && wave.size() > 1) {
            std::vector<NewLocs> locs(wave.size(), NewLocs(module));
            options.workers->run(wave.size(), [&](std::size_t i, unsigned) {
                const NewLocs::Use use(locs[i]);
                run(wave[i]);
            });
            for (std::size_t i = 0; i < wave.size(); ++i) locs[i].add_to(module, wave[i]);
        } else {
            for (const Group& group : wave) run(group);
        }
        for (const Group& group : wave)
            for (FuncId id : group) specialize(module, options, specializer, id, states);
    }
    prepare(module, options, states);
    for (Function& fn : module.functions) fn.with_calls.reset();
}

// Functions that nothing reaches any more, since every call of them was inlined, keep their ids and lose
// their code.
void drop_unreachable(Module& module) {
    const std::vector<bool> reached = reached_functions(module);
    for (std::uint32_t f = 0; f < module.functions.size(); ++f) {
        if (!reached[f]) module.functions[FuncId(f)] = without_code(module.functions[FuncId(f)]);
    }
}

} // namespace

void optimize(Module& module, const Options& options) {
    if (options.is_part) drop_unreachable(module);
    if (options.level == 0) return;
    States states;
    run_passes(module, options, states);
    // A pass that stands in both parts is asked for where it runs first.
    if (!options.stop_after.empty() && (!is_of(last, options.stop_after) || is_of(sequence, options.stop_after))) return;
    if (options.stop_after.empty()) drop_unreachable(module);
    for_each_round(options.workers, module.functions.size(), [&](std::size_t f, unsigned) {
        if (!module.functions[FuncId(f)].removed) FunctionRun(module, FuncId(f), options, states[f]).finish();
    });
}

void prepare_parts(Module& module, const Options& options) {
    if (options.level != 0) find_constants(module);
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
