// Turns a branch around a few cheap operations into selections, where which way it goes may be hard to
// foretell: `if a < b { m = a }`, and `if c { n += x }`, whose sum becomes that of x or 0. Nothing that
// traps, reads or is expected one way is computed in vain, and no branch that the next block would only ask
// for again goes.
#include "ir/builder.h"
#include "ir/uses.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

constexpr unsigned max_cost = 4;    // operations of both sides
constexpr unsigned max_selects = 2; // parameters that differ

// One way from the branch to where both meet: straight, or through a block of its own.
struct Side {
    BlockId block; // invalid: none
    Target on;     // to the meeting point
    std::vector<InstId>
        sums; // a checked sum with what the other way leaves as it is; one at most, for the order of traps
};

// What an operation costs that may run in vain; 0: nothing, too_much: it must not.
constexpr unsigned too_much = max_cost + 1;
unsigned cost_of(const Function& fn, const Inst& inst) {
    if (inst.result_count != 1 || (effects_of(inst) & (Reads | Writes | Traps | Ends | Owned)))
        return too_much;
    switch (inst.op) {
    case Op::ConstInt:
    case Op::ConstFloat: return 0;
    case Op::FNeg:
    case Op::FAbs: return 1;
    case Op::FAdd:
    case Op::FSub:
    case Op::FMul:
    case Op::Select: return 2;
    default: break;
    }
    if (!is_integer(inst.type)) return too_much;
    switch (inst.op) {
    case Op::Add:
    case Op::Sub:
    case Op::Neg:
    case Op::Shl:
    case Op::Shr:
    case Op::WrapAdd:
    case Op::WrapSub:
    case Op::And:
    case Op::Or:
    case Op::Xor:
    case Op::Not: return 1;
    case Op::ICmp:
    case Op::FCmp:
    case Op::Mul:
    case Op::WrapMul: return 2;
    case Op::Convert:
    case Op::Bitcast: return is_integer(fn.values[fn.operands_of(inst)[0]].type) ? 1 : too_much;
    default: return too_much;
    }
}

class Selects {
public:
    explicit Selects(Function& fn) : fn_(fn), predecessors_(fn.blocks.size(), 0) {
        for (const Block& block : fn.blocks) {
            if (block.removed || block.insts.empty()) continue;
            for (const Target& target : fn.targets_of(fn.insts[block.insts.back()]))
                ++predecessors_[target.block.index()];
        }
    }

    bool run() {
        bool changed = false;
        // Blocks made later stand behind their predecessors: from the end, inner branches go first.
        for (std::uint32_t b = static_cast<std::uint32_t>(fn_.blocks.size()); b-- > 0;) {
            const Block& block = fn_.blocks[BlockId(b)];
            if (!block.removed && !block.insts.empty() && !block.cold) changed |= visit(BlockId(b));
        }
        return changed;
    }

private:
    bool visit(BlockId block) {
        const Inst& last = fn_.terminator(block);
        if (last.op != Op::Branch || (last.flags & (Likely | Unlikely))) return false;
        Side sides[2];
        if (!find_sides(block, last, sides)) return false;
        const auto yes = fn_.args_of(sides[0].on), no = fn_.args_of(sides[1].on);
        std::vector<std::uint32_t> differing;
        for (std::uint32_t i = 0; i < yes.size(); ++i)
            if (yes[i] != no[i]) differing.push_back(i);
        if (differing.empty() || differing.size() > max_selects) return false;
        const BlockId meeting = sides[0].on.block;
        for (std::uint32_t i : differing) {
            const ValueId param = fn_.blocks[meeting].params[i];
            const Scalar type = fn_.values[param].type;
            // A float is chosen without a jump by comparing floats alone.
            const Inst* asked = is_float(type) ? find_def(fn_, fn_.operands_of(last)[0]) : nullptr;
            if (is_float(type) ? !asked || asked->op != Op::FCmp : !is_integer(type) || type == Scalar::Bool) return false;
            if (decides(meeting, param, yes[i]) || decides(meeting, param, no[i])) return false;
        }
        // What decides, last: it can then take the place of what it is better than.
        const Inst* asked = find_def(fn_, fn_.operands_of(last)[0]);
        std::ranges::stable_partition(differing, [&](std::uint32_t i) {
            if (is_float(fn_.values[fn_.blocks[meeting].params[i]].type)) return false;
            if (!asked || asked->op != Op::ICmp) return true;
            const auto compared = fn_.operands_of(*asked);
            return std::ranges::find(compared, yes[i]) == compared.end() && std::ranges::find(compared, no[i]) == compared.end();
        });
        if (is_record(asked, yes, no, differing)) return false;
        unsigned cost = 0;
        for (unsigned s = 0; s < 2; ++s) cost += cost_of_side(sides[s], sides[1 - s], differing);
        if (cost > max_cost) return false;
        change(block, sides, differing);
        return true;
    }

    // `if end > furthest { furthest = end; start = i }`, where one of the two says what the next round reads: a record is
    // seldom broken and easy to foretell, but a selection would let the next round's loads wait for this round's.
    bool is_record(const Inst* asked, std::span<const ValueId> yes, std::span<const ValueId> no,
                   const std::vector<std::uint32_t>& differing) {
        if (differing.size() != 2 || !asked || asked->op != Op::ICmp) return false;
        const auto cond = static_cast<Cond>(asked->aux);
        if (cond == Cond::Eq || cond == Cond::Ne) return false;
        const auto compared = fn_.operands_of(*asked);
        const auto extreme = std::ranges::find_if(differing, [&](std::uint32_t i) {
            return (compared[0] == yes[i] && compared[1] == no[i]) || (compared[0] == no[i] && compared[1] == yes[i]);
        });
        if (extreme == differing.end()) return false;
        // What stays is what the round began with.
        const auto is_param = [&](ValueId value) { return !fn_.values[value].inst.is_valid(); };
        const auto& stays = is_param(no[*extreme]) ? no : yes;
        if (!std::ranges::all_of(differing, [&](std::uint32_t i) { return is_param(stays[i]); })) return false;
        if (!uses_) uses_.emplace(fn_);
        return std::ranges::any_of(differing, [&](std::uint32_t i) { return is_read_at(stays[i], 3); });
    }
    bool is_read_at(ValueId value, unsigned depth) const {
        return std::ranges::any_of(uses_->of(value), [&](const Use& use) {
            const Inst& inst = fn_.insts[use.inst];
            if (inst.op == Op::Load) return !use.is_block_arg;
            const bool computes = inst.op == Op::ElemAddr || (inst.result_count == 1 && is_integer(inst.type) && inst.op != Op::ICmp);
            return computes && depth > 0 && !(effects_of(inst) & (Reads | Writes)) && is_read_at(inst.first_result, depth - 1);
        });
    }

    bool find_sides(BlockId block, const Inst& last, Side (&sides)[2]) const {
        const auto targets = fn_.targets_of(last);
        const bool through[] = {is_side(targets[0].block), is_side(targets[1].block)};
        auto enter = [&](unsigned s) {
            sides[s].block = targets[s].block;
            sides[s].on = fn_.targets_of(fn_.terminator(targets[s].block))[0];
        };
        auto meets = [&](unsigned s) { return fn_.targets_of(fn_.terminator(targets[s].block))[0].block; };
        sides[0].on = targets[0];
        sides[1].on = targets[1];
        if (through[0] && meets(0) == targets[1].block)
            enter(0);
        else if (through[1] && meets(1) == targets[0].block)
            enter(1);
        else if (through[0] && through[1] && meets(0) == meets(1))
            enter(0), enter(1);
        const BlockId meeting = sides[0].on.block;
        return sides[1].on.block == meeting && meeting != block && meeting != sides[0].block &&
               meeting != sides[1].block && !fn_.blocks[meeting].cold;
    }
    bool is_side(BlockId block) const {
        const Block& b = fn_.blocks[block];
        return block != fn_.entry() && predecessors_[block.index()] == 1 && b.params.empty() && !b.cold &&
               fn_.terminator(block).op == Op::Jump;
    }
    // The block's own branch asks for the parameter, and whoever brings this argument knows the answer.
    bool decides(BlockId block, ValueId param, ValueId argument) const {
        const Inst& last = fn_.terminator(block);
        if (last.op != Op::Branch && last.op != Op::Switch) return false;
        const ValueId asked = fn_.operands_of(last)[0];
        if (asked == param) return true;
        const Inst* compare = find_def(fn_, asked);
        if (!compare) return false;
        const auto operands = fn_.operands_of(*compare);
        if (std::ranges::find(operands, param) == operands.end()) return false;
        return std::ranges::all_of(operands, [&](ValueId operand) {
            return operand == param || operand == argument || (is_constant(operand) && is_constant(argument));
        });
    }
    bool is_constant(ValueId value) const {
        const Inst* def = find_def(fn_, value);
        return def && def->op == Op::ConstInt;
    }

    unsigned cost_of_side(Side& side, const Side& other, const std::vector<std::uint32_t>& differing) const {
        if (!side.block.is_valid()) return 0;
        unsigned cost = 0;
        const auto& insts = fn_.blocks[side.block].insts;
        for (std::size_t i = 0; i + 1 < insts.size() && cost <= max_cost; ++i) {
            if (is_unused(side, fn_.insts[insts[i]])) continue;
            const unsigned one = cost_of(fn_, fn_.insts[insts[i]]);
            if (one == too_much && side.sums.empty() && is_sum(insts[i], side, other, differing))
                side.sums.push_back(insts[i]), ++cost;
            else
                cost += one;
        }
        return cost;
    }
    // A comparison that an inner selection has made again.
    bool is_unused(const Side& side, const Inst& inst) const {
        if ((inst.op != Op::ICmp && inst.op != Op::FCmp) || !inst.first_result.is_valid()) return false;
        const ValueId result = inst.first_result;
        const auto args = fn_.args_of(side.on);
        return std::ranges::find(args, result) == args.end() &&
               std::ranges::none_of(fn_.blocks[side.block].insts, [&](InstId user) {
                   const auto operands = fn_.operands_of(fn_.insts[user]);
                   return std::ranges::find(operands, result) != operands.end();
               });
    }
    // A checked sum that only the meeting point gets, where the other way brings its first operand.
    bool is_sum(InstId id, const Side& side, const Side& other,
                const std::vector<std::uint32_t>& differing) const {
        const Inst& inst = fn_.insts[id];
        if (inst.op != Op::Add && inst.op != Op::Sub) return false;
        for (InstId user : fn_.blocks[side.block].insts)
            if (std::ranges::find(fn_.operands_of(fn_.insts[user]), inst.first_result) !=
                fn_.operands_of(fn_.insts[user]).end())
                return false;
        const auto mine = fn_.args_of(side.on), others = fn_.args_of(other.on);
        if (std::ranges::count(mine, inst.first_result) != 1) return false;
        return std::ranges::any_of(differing, [&](std::uint32_t i) {
            return mine[i] == inst.first_result && kept_operand(inst, others[i]) >= 0;
        });
    }
    // Which operand of a sum the other way brings unchanged.
    int kept_operand(const Inst& sum, ValueId other) const {
        if (fn_.operands_of(sum)[0] == other) return 0;
        return sum.op == Op::Add && fn_.operands_of(sum)[1] == other ? 1 : -1;
    }

    void change(BlockId block, const Side (&sides)[2], const std::vector<std::uint32_t>& differing) {
        Rewriter rewriter(fn_);
        const InstId last = fn_.blocks[block].insts.back();
        const ValueId condition = fn_.operands_of(fn_.insts[last])[0];
        const LocId loc = fn_.insts[last].loc;
        std::vector<InstId> out;
        auto append = [&](Inst inst, std::span<const ValueId> operands) {
            inst.block = block;
            inst.loc = loc;
            out.push_back(rewriter.make(inst, operands));
            return fn_.result(out.back());
        };
        for (const Side& side : sides) {
            if (!side.block.is_valid()) continue;
            auto& insts = fn_.blocks[side.block].insts;
            for (std::size_t i = 0; i + 1 < insts.size(); ++i) {
                if (std::ranges::find(side.sums, insts[i]) != side.sums.end()) continue;
                fn_.insts[insts[i]].block = block;
                out.push_back(insts[i]);
            }
        }
        // A comparison of its own for each selection, which becomes flags right there.
        auto select = [&](Scalar type, ValueId yes, ValueId no) {
            ValueId asked = condition;
            if (const Inst* def = find_def(fn_, condition);
                def && (def->op == Op::ICmp || def->op == Op::FCmp)) {
                const Inst compare = *def;
                const std::vector<ValueId> both(fn_.operands_of(compare).begin(),
                                                fn_.operands_of(compare).end());
                asked = append(compare, both);
            }
            Inst inst;
            inst.op = Op::Select;
            inst.type = type;
            const ValueId operands[] = {asked, yes, no};
            return append(inst, operands);
        };
        std::vector<ValueId> args(fn_.args_of(sides[0].on).begin(), fn_.args_of(sides[0].on).end());
        const std::vector<ValueId> others(fn_.args_of(sides[1].on).begin(), fn_.args_of(sides[1].on).end());
        for (std::uint32_t i : differing) {
            const Scalar type = fn_.values[args[i]].type;
            ValueId merged;
            for (unsigned s = 0; s < 2; ++s) {
                const ValueId mine = s == 0 ? args[i] : others[i], other = s == 0 ? others[i] : args[i];
                for (InstId id : sides[s].sums) {
                    if (fn_.insts[id].first_result != mine) continue;
                    const auto kept = static_cast<unsigned>(kept_operand(fn_.insts[id], other));
                    Inst zero;
                    zero.op = Op::ConstInt;
                    zero.type = type;
                    const ValueId nothing = append(zero, {});
                    const ValueId addend = fn_.operands_of(fn_.insts[id])[1 - kept];
                    const ValueId added =
                        s == 0 ? select(type, addend, nothing) : select(type, nothing, addend);
                    fn_.operands_of(fn_.insts[id])[1 - kept] = added;
                    fn_.insts[id].block = block;
                    out.push_back(id);
                    merged = mine;
                }
            }
            args[i] = merged.is_valid() ? merged : select(type, args[i], others[i]);
        }
        for (const Side& side : sides)
            if (side.block.is_valid()) fn_.blocks[side.block].insts = {fn_.blocks[side.block].insts.back()};
        const BlockId meeting = sides[0].on.block;
        const auto first = static_cast<std::uint32_t>(fn_.operands.size());
        fn_.operands.insert(fn_.operands.end(), args.begin(), args.end());
        --predecessors_[meeting.index()];
        Inst& jump = fn_.insts[last];
        jump.op = Op::Jump;
        jump.operands.count = 0;
        jump.flags = 0;
        jump.target_count = 1;
        fn_.targets_of(jump)[0] = {meeting, {first, static_cast<std::uint32_t>(args.size())}};
        auto& insts = fn_.blocks[block].insts;
        insts.insert(insts.end() - 1, out.begin(), out.end());
        for (const Side& side : sides) {
            if (!side.block.is_valid()) continue;
            fn_.insts[fn_.blocks[side.block].insts.back()].block = BlockId();
            fn_.blocks[side.block].insts.clear();
            fn_.blocks[side.block].removed = true;
        }
    }

    Function& fn_;
    std::vector<std::uint32_t> predecessors_;
    std::optional<Uses> uses_; // made when asked for
};

// A comparison with a constant, of another block, that only a branch asks for: made where it becomes flags.
bool sink_comparisons(Function& fn) {
    std::vector<InstId> branches;
    for (const Block& block : fn.blocks) {
        if (block.removed || block.insts.empty() || block.cold) continue;
        const Inst& last = fn.insts[block.insts.back()];
        const Inst* compare = last.op == Op::Branch ? find_def(fn, fn.operands_of(last)[0]) : nullptr;
        if (compare && compare->op == Op::ICmp && compare->block != last.block && find_def(fn, fn.operands_of(*compare)[1]) &&
            find_def(fn, fn.operands_of(*compare)[1])->op == Op::ConstInt)
            branches.push_back(block.insts.back());
    }
    if (branches.empty()) return false;
    const Uses uses(fn);
    bool changed = false;
    for (InstId branch : branches) {
        const ValueId asked = fn.operands_of(fn.insts[branch])[0];
        if (uses.of(asked).size() != 1) continue;
        const InstId compare = fn.values[asked].inst;
        std::erase(fn.blocks[fn.insts[compare].block].insts, compare);
        // The constant again, which may stand anywhere.
        Rewriter rewriter(fn);
        Inst constant = fn.insts[fn.values[fn.operands_of(fn.insts[compare])[1]].inst];
        constant.block = fn.insts[branch].block;
        const InstId number = rewriter.make(constant, {});
        fn.operands_of(fn.insts[compare])[1] = fn.result(number);
        fn.insts[compare].block = constant.block;
        auto& insts = fn.blocks[constant.block].insts;
        insts.insert(insts.end() - 1, {number, compare});
        changed = true;
    }
    return changed;
}

} // namespace

bool selects(Module&, Function& fn) {
    bool changed = false;
    while (Selects(fn).run()) { // an outer branch, once the inner one is gone
        clean_blocks(fn);
        changed = true;
    }
    return sink_comparisons(fn) || changed;
}

} // namespace tn::opt
