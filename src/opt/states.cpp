// State machines: where a round of a loop knows the state it leaves, the next round goes on at that state's code.
//
//     b1(s):  ...; switch s, b2, b3          b2: ...; jump b4(1)          b4(t): i += 1; branch i < n, b1(t), out
// From b2 the way goes through copies of b4 and b1 that are made for state 1, of which the last jumps to b3.
//
// A state is a parameter of the loop's header that comes from constants, by way of parameters of the loop's blocks.
// Blocks through which it lives are copied for each constant it may have there; the originals stay for what is not
// known (the state in which the loop is entered), and go where nothing is. Loops have several ways in then, so this pass comes
// last: others would take them for none.
#include "ir/cfg.h"
#include "ir/uses.h"
#include "opt/block_copy.h"
#include "opt/fold.h"
#include "opt/passes.h"
#include "opt/rewrite.h"
#include "opt/ssa_repair.h"

#include <algorithm>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_growth = 160;  // instructions
constexpr std::size_t max_points = 120;  // blocks, once for each state
constexpr std::size_t max_names = 60;    // parameters that hold the state
constexpr std::size_t max_outside = 500; // blocks behind the loop through which a state lives on
constexpr std::size_t max_choices = 4;   // of one jump
constexpr unsigned max_machines = 4;     // per function

using State = std::optional<std::int64_t>; // none: not known

// A block in a state.
struct Point {
    BlockId block;
    State state;
    int taken = every_target;
    BlockCopy copy = {}; // the block itself where the state is not known
};
// An edge that leads to a point. From an original block, or from a point's copy.
struct Way {
    std::size_t from; // a point, or none
    InstId inst;      // the original's terminator
    std::uint32_t target;
    std::size_t to;
    int choice; // which of the states that a jump selects from; -1: it does not
};
constexpr std::size_t none = ~std::size_t(0);

class Machine {
public:
    Machine(Function& fn, const Cfg& cfg, LoopId loop, const FlatLists<BlockId, Edge>& ways)
        : fn_(fn), cfg_(cfg), loop_(loop), ways_into_(ways) {}

    bool run(ValueId state) {
        if (!find_names(state) || !find_region() || !plan()) return false;
        build();
        return true;
    }

private:
    bool is_in_loop(BlockId block) const { return cfg_.is_reachable(block) && cfg_.contains(loop_, block); }
    bool is_param(ValueId v) const { return !fn_.values[v].inst.is_valid(); }
    // The states between which a jump chooses (a short branch became a selection): one, if it does not.
    std::vector<ValueId> choices_of(const Inst& from, ValueId arg) const {
        std::vector<ValueId> choices{arg};
        for (std::size_t c = 0; from.op == Op::Jump && c < choices.size() && choices.size() < max_choices;) {
            const Inst* def = find_def(fn_, choices[c]);
            if (!def || def->op != Op::Select) {
                ++c;
                continue;
            }
            choices[c] = fn_.operands_of(*def)[1];
            choices.insert(choices.begin() + static_cast<std::ptrdiff_t>(c) + 1, fn_.operands_of(*def)[2]);
        }
        return choices;
    }

    // The parameters through which the state is handed on.
    bool find_names(ValueId state) {
        names_.push_back(state);
        const auto add = [&](ValueId v) {
            std::int64_t number = 0;
            if (find_const(fn_, v, number)) return true;
            if (!is_param(v) || !is_in_loop(fn_.values[v].block)) return false;
            if (std::ranges::find(names_, v) == names_.end()) names_.push_back(v);
            return names_.size() <= max_names;
        };
        for (std::size_t n = 0; n < names_.size(); ++n) {
            const Value name = fn_.values[names_[n]];
            for (const Edge& edge : ways_into_.of(name.block)) {
                const Inst& from = fn_.insts[edge.inst];
                if (!is_in_loop(from.block)) continue;
                const ValueId arg = fn_.args_of(fn_.targets_of(from)[edge.target])[name.index];
                if (!std::ranges::all_of(choices_of(from, arg), add)) return false;
            }
        }
        return true;
    }

    // The name of the state in each block of the loop where it is still asked for.
    bool find_region() {
        state_of_.assign(fn_.blocks.size(), ValueId());
        std::vector<bool> is_name(fn_.values.size(), false);
        for (ValueId name : names_) is_name[name.index()] = true;
        std::vector<std::pair<BlockId, ValueId>> work;
        for (ValueId name : names_)
            if (!enter(fn_.values[name].block, name)) return false;
        for (BlockId block : cfg_.order()) {
            const auto note = [&](ValueId v) {
                if (is_name[v.index()] && fn_.values[v].block != block) work.emplace_back(block, v);
            };
            for (InstId id : fn_.blocks[block].insts) {
                for (ValueId v : fn_.operands_of(fn_.insts[id])) note(v);
                for (const Target& target : fn_.targets_of(fn_.insts[id]))
                    for (ValueId v : fn_.args_of(target)) note(v);
            }
        }
        std::vector<std::pair<BlockId, ValueId>> outside; // behind the loop several may live on
        while (!work.empty()) {
            const auto [block, name] = work.back();
            work.pop_back();
            if (is_in_loop(block)) {
                if (state_of_[block.index()] == name) continue;
                if (!enter(block, name)) return false;
            } else {
                if (std::ranges::find(outside, std::pair(block, name)) != outside.end()) continue;
                if (outside.size() == max_outside) return false;
                outside.emplace_back(block, name);
            }
            for (BlockId before : cfg_.predecessors(block))
                if (before != fn_.values[name].block) work.emplace_back(before, name);
        }
        return true;
    }
    bool enter(BlockId block, ValueId name) {
        if (state_of_[block.index()].is_valid() || cfg_.loop_of(block) != loop_) return false;
        state_of_[block.index()] = name;
        return std::ranges::none_of(fn_.blocks[block].insts, [&](InstId id) { return fn_.insts[id].op == Op::Lanes; });
    }
    bool is_in_region(BlockId block) const { return block.index() < state_of_.size() && state_of_[block.index()].is_valid(); }

    // What the block's end asks of the state: equal to a number, or which case.
    struct Test {
        bool is_switch = false;
        Cond cond = Cond::Ne;
        std::int64_t number = 0;
    };
    std::optional<Test> find_test(BlockId block) const {
        const Inst& last = fn_.terminator(block);
        if (last.op != Op::Switch && last.op != Op::Branch) return {};
        const ValueId asked = fn_.operands_of(last)[0], state = state_of_[block.index()];
        if (asked == state) return Test{last.op == Op::Switch};
        const Inst* def = find_def(fn_, asked);
        Test test;
        if (last.op != Op::Branch || !def || def->op != Op::ICmp || def->block != block || fn_.operands_of(*def)[0] != state ||
            !find_const(fn_, fn_.operands_of(*def)[1], test.number))
            return {};
        test.cond = static_cast<Cond>(def->aux);
        return test;
    }
    int decide(const Test& test, const Inst& last, ValueId state, std::int64_t number) const {
        if (test.is_switch)
            return static_cast<int>(std::min<std::uint64_t>(static_cast<std::uint64_t>(number), last.target_count - 1u));
        return !fold_compare(test.cond, fn_.values[state].type, number, test.number);
    }
    // What the way tells of a state that was not known.
    State told(const Test& test, const Inst& last, ValueId state, std::uint32_t target) const {
        if (test.is_switch) return target + 1u < last.target_count ? State(target) : State();
        if (test.cond == (target == 0 ? Cond::Eq : Cond::Ne)) return test.number;
        if (fn_.values[state].type == Scalar::Bool && test.cond == (target == 0 ? Cond::Ne : Cond::Eq)) return 1 - test.number;
        return {};
    }

    std::size_t point(BlockId block, State state) {
        for (std::size_t p = 0; p < points_.size(); ++p)
            if (points_[p].block == block && points_[p].state == state) return p;
        points_.push_back({block, state});
        return points_.size() - 1;
    }

    // The points that are reached, and by which ways.
    bool plan() {
        for (BlockId block : cfg_.order())
            if (!is_in_region(block)) follow(none, block, {});
        bool decides = false;
        std::size_t size = 0;
        for (std::size_t p = 0; p < points_.size(); ++p) {
            if (points_.size() > max_points) return false;
            const BlockId block = points_[p].block;
            const auto test = find_test(block);
            if (points_[p].state) {
                size += fn_.blocks[block].insts.size();
                if (test) points_[p].taken = decide(*test, fn_.terminator(block), state_of_[block.index()], *points_[p].state);
                decides |= test.has_value();
            }
            follow(p, block, test);
        }
        if (!decides) return false;
        for (BlockId block : cfg_.order()) {
            const auto stays = [&](const Point& p) { return p.block == block && !p.state; };
            if (is_in_region(block) && std::ranges::none_of(points_, stays)) size -= std::min(size, fn_.blocks[block].insts.size());
        }
        return size <= max_growth;
    }
    void follow(std::size_t from, BlockId block, const std::optional<Test>& test) {
        const InstId last = fn_.blocks[block].insts.back();
        const Inst& inst = fn_.insts[last];
        const ValueId here = from == none ? ValueId() : state_of_[block.index()];
        for (std::uint32_t t = 0; t < inst.target_count; ++t) {
            const Target& target = fn_.targets_of(inst)[t];
            if (!is_in_region(target.block)) continue;
            State state;
            if (from != none) {
                const Point& p = points_[from];
                if (p.taken != every_target && static_cast<std::uint32_t>(p.taken) != t) continue;
                state = p.state ? p.state : test ? told(*test, inst, here, t) : State();
            }
            const ValueId name = state_of_[target.block.index()];
            if (fn_.values[name].block != target.block) {
                ways_.push_back({from, last, t, point(target.block, state), -1});
                continue;
            }
            const ValueId arg = fn_.args_of(target)[fn_.values[name].index];
            const std::vector<ValueId> choices = is_in_loop(block) ? choices_of(inst, arg) : std::vector{arg};
            for (std::size_t c = 0; c < choices.size(); ++c) {
                State next;
                if (std::int64_t number = 0; find_const(fn_, choices[c], number)) next = number;
                else if (here.is_valid() && choices[c] == here) next = state;
                ways_.push_back({from, last, t, point(target.block, next), choices.size() > 1 ? static_cast<int>(c) : -1});
            }
        }
    }

    void build() {
        struct Original {
            BlockId block;
            std::vector<ValueId> defined;
            std::vector<BlockCopy> copies;
        };
        std::vector<Original> originals;
        for (Point& p : points_) {
            if (!p.state) {
                p.copy.block = p.block;
                continue;
            }
            p.copy = copy_block(fn_, p.block, p.taken);
            name_state(p);
            auto known = std::ranges::find(originals, p.block, &Original::block);
            if (known == originals.end()) {
                originals.push_back({p.block, defined_in(fn_, p.block), {}});
                known = originals.end() - 1;
            }
            known->copies.push_back(p.copy);
        }
        std::vector<Edge> chosen; // the edges of the jump that chooses, one for each state
        for (const Way& way : ways_) {
            const bool is_copy = way.from != none && points_[way.from].state;
            const InstId last = is_copy ? fn_.blocks[points_[way.from].copy.block].insts.back() : way.inst;
            const bool is_decided = is_copy && points_[way.from].taken != every_target;
            if (way.choice == 0) chosen = split(last, fn_.values[state_of_[points_[way.to].block.index()]].index);
            const Edge edge = way.choice >= 0 ? chosen[static_cast<std::size_t>(way.choice)] : Edge{last, is_decided ? 0 : way.target};
            fn_.targets_of(fn_.insts[edge.inst])[edge.target].block = points_[way.to].copy.block;
        }
        remove_unreachable_blocks(fn_);
        for (const Original& o : originals) repair_copied(fn_, o.block, o.defined, o.copies);
        clean_blocks(fn_);
    }
    // The copy knows its state.
    void name_state(Point& p) {
        const ValueId name = state_of_[p.block.index()];
        if (fn_.values[name].block != p.block) return;
        const ValueId param = p.copy.of(name);
        Inst number;
        number.op = Op::ConstInt;
        number.type = fn_.values[name].type;
        number.imm = *p.state;
        number.loc = fn_.terminator(p.block).loc;
        Rewriter rewriter(fn_);
        const InstId made = rewriter.make(number, {});
        fn_.insts[made].block = p.copy.block;
        auto& insts = fn_.blocks[p.copy.block].insts;
        insts.insert(insts.begin(), made);
        const ValueId known = fn_.result(made);
        const auto rename = [&](Range32 range) {
            for (std::uint32_t i = range.first; i < range.first + range.count; ++i)
                if (fn_.operands[i] == param) fn_.operands[i] = known;
        };
        for (InstId id : insts) {
            rename(fn_.insts[id].operands);
            for (const Target& target : fn_.targets_of(fn_.insts[id])) rename(target.args);
        }
        std::ranges::find(p.copy.values, name, &std::pair<ValueId, ValueId>::first)->second = known;
    }
    // jump b(select c, x, y)    becomes    branch c, b(x), b(y)    and so on, where x or y is a selection.
    std::vector<Edge> split(InstId jump, std::uint32_t index) {
        std::vector<Edge> edges{{jump, 0}};
        for (std::size_t e = 0; e < edges.size() && edges.size() < max_choices;) {
            const Target target = fn_.targets_of(fn_.insts[edges[e].inst])[edges[e].target];
            const std::vector<ValueId> args(fn_.args_of(target).begin(), fn_.args_of(target).end());
            const Inst* select = find_def(fn_, args[index]);
            if (!select || select->op != Op::Select) {
                ++e;
                continue;
            }
            const ValueId condition = fn_.operands_of(*select)[0];
            const ValueId choices[] = {fn_.operands_of(*select)[1], fn_.operands_of(*select)[2]};
            const InstId last = fn_.insts[edges[e].inst].op == Op::Jump ? edges[e].inst : jump_at(edges[e]);
            Inst& inst = fn_.insts[last];
            inst.op = Op::Branch;
            inst.operands = {static_cast<std::uint32_t>(fn_.operands.size()), 1};
            fn_.operands.push_back(condition);
            inst.first_target = static_cast<std::uint32_t>(fn_.targets.size());
            inst.target_count = 2;
            for (ValueId choice : choices) {
                const Range32 range{static_cast<std::uint32_t>(fn_.operands.size()), static_cast<std::uint32_t>(args.size())};
                for (std::uint32_t a = 0; a < args.size(); ++a) fn_.operands.push_back(a == index ? choice : args[a]);
                fn_.targets.push_back({target.block, range});
            }
            edges[e] = {last, 0};
            edges.insert(edges.begin() + static_cast<std::ptrdiff_t>(e) + 1, Edge{last, 1});
        }
        return edges;
    }
    InstId jump_at(const Edge& edge) {
        const BlockId block = split_edge(fn_, edge.inst, edge.target);
        return fn_.blocks[block].insts.back();
    }

    Function& fn_;
    const Cfg& cfg_;
    const LoopId loop_;
    const FlatLists<BlockId, Edge>& ways_into_;
    std::vector<ValueId> names_;
    std::vector<ValueId> state_of_; // by block
    std::vector<Point> points_;
    std::vector<Way> ways_;
};

bool run_one(Function& fn) {
    const Cfg cfg(fn);
    const auto ways = named_edges_into(fn);
    for (std::uint32_t l = 0; l < cfg.loops().size(); ++l) {
        const BlockId header = cfg.loops()[LoopId(l)].header;
        if (fn.blocks[header].cold) continue;
        for (ValueId param : fn.blocks[header].params) {
            const Scalar type = fn.values[param].type;
            if ((is_integer(type) || type == Scalar::Bool) && Machine(fn, cfg, LoopId(l), ways).run(param)) return true;
        }
    }
    return false;
}

} // namespace

bool states(Module& module, Function& fn) {
    (void)module;
    unsigned machines = 0;
    while (machines < max_machines && run_one(fn)) ++machines;
    return machines != 0;
}

} // namespace tn::opt
