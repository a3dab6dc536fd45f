// A load that every way into its block has made already is handed over along the ways.
//
//     from b1: x = load a[i]; branch c, b3(i), b4      from b2: y = load a[j]; branch d, b3(j), b4
//     b3(k):  z = load a[k]
// becomes
//     b3(k, z)    from b1: b3(i, x)    from b2: b3(j, y)
//
// Loops that test what they look at are made so: `while i < n && a[i] != x { use a[i] }` has its test in
// front of the loop and at its end, and loads in its body what both have looked at. A way that has not loaded it does so
// itself, if that is all it goes on to: `if a[i] < a[best] { best = i; }` loads the best one in front of the loop.
// What a way has stored there is as good: `a[j] = x; i = j;` in one round, and `a[i]` in the next.
//
// The pass `repeats` does so for what a loop computes from what it carries: `while sum + a[i] < most { sum += a[i]; ... }`
// has the next sum from its test. It comes later, since it hides what the values are from proofs.
#include "ir/builder.h"
#include "ir/cfg.h"
#include "ir/uses.h"
#include "opt/fold.h"
#include "opt/memory.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_ways = 4;     // into a block
constexpr unsigned max_joins = 1;       // of other ways, on one of them
constexpr unsigned max_blocks_back = 8; // on one of them
constexpr std::size_t max_insts = 64;   // looked at on one of them
constexpr std::size_t max_arm = 8;      // instructions, of a short branch

bool writes(const Inst& inst) {
    return (effects_of(inst) & Writes) && inst.op != Op::Release && inst.op != Op::SeqSetLen;
}

class Loads {
public:
    Loads(Module& module, Function& fn, bool of_values) : module_(module), fn_(fn), of_values_(of_values), cfg_(fn), rewriter_(fn) {}

    bool run() {
        for (BlockId block : cfg_.order())
            if (block != fn_.entry()) visit(block);
        return rewriter_.finish() || is_changed_;
    }

private:
    struct Way {
        BlockId from;
        std::uint32_t target; // of its terminator
    };
    std::vector<Way> ways_into(BlockId block) const {
        std::vector<Way> ways;
        BlockId last;
        std::uint32_t t = 0;
        for (BlockId from : cfg_.predecessors(block)) {
            // A branch with both targets equal stands twice.
            t = from == last ? t + 1 : 0;
            last = from;
            const auto targets = fn_.targets_of(fn_.terminator(from));
            while (targets[t].block != block && !is_added_before(targets[t].block, block)) ++t;
            if (targets[t].block == block) ways.push_back({from, t});
            else ways.push_back({targets[t].block, 0});
        }
        return ways;
    }
    bool is_added(BlockId block) const { return block.index() >= known_blocks_; }
    bool is_added_before(BlockId added, BlockId block) const {
        return is_added(added) && fn_.targets_of(fn_.terminator(added))[0].block == block;
    }

    void visit(BlockId block) {
        const std::vector<InstId> insts = fn_.blocks[block].insts;
        if (of_values_) {
            const LoopId loop = cfg_.loop_of(block);
            if (!loop.is_valid() || cfg_.loops()[loop].header != block) return;
            for (InstId id : insts)
                if (is_worth_it(block, id)) hand_over(block, id, false);
            return;
        }
        bool is_certain = true; // whoever comes into the block comes to the load
        for (InstId id : insts) {
            const Inst inst = fn_.insts[id]; // a copy: hand_over makes instructions
            if (writes(inst)) return;
            if (inst.op == Op::Load && inst.type != Scalar::Ref && !(inst.flags & Takes))
                hand_over(block, id, is_certain);
            is_certain &= inst.op == Op::Poll || !(effects_of(inst) & Traps);
        }
    }

    // Whether it costs more to compute a value than to keep it for the next round.
    bool is_worth_it(BlockId block, InstId id) {
        const Inst& inst = fn_.insts[id];
        const auto operands = fn_.operands_of(inst);
        const auto is_carried = [&](ValueId v) { return !fn_.values[v].inst.is_valid() && fn_.values[v].block == block; };
        if (std::ranges::none_of(operands, [&](ValueId v) { return is_carried(rewriter_.resolve(v)); })) return false;
        std::int64_t c = 0;
        switch (inst.op) {
        case Op::Convert: // in place of what is converted
            if (!uses_) uses_.emplace(fn_);
            return inst.type != Scalar::Bool && uses_->count(operands[0]) == 1;
        case Op::Mul: case Op::WrapMul: case Op::Div: case Op::Rem:
        case Op::FAdd: case Op::FSub: case Op::FMul: case Op::FDiv: return true;
        case Op::Add: case Op::Sub: case Op::WrapAdd: case Op::WrapSub:
        case Op::And: case Op::Or: case Op::Xor: case Op::Shl: case Op::Shr:
            return !find_const(fn_, rewriter_.resolve(operands[0]), c) && !find_const(fn_, rewriter_.resolve(operands[1]), c);
        default: return false;
        }
    }

    void hand_over(BlockId block, InstId id, bool is_certain) {
        std::vector<ValueId> operands;
        for (std::uint32_t i = 0; i < fn_.insts[id].operands.count; ++i) operands.push_back(rewriter_.operand(fn_.insts[id], i));
        // Behind a meeting point: what differs by the way there may be all that the ways differ in.
        const auto differs = [&](ValueId v) {
            const Value& value = fn_.values[v];
            return !value.inst.is_valid() && value.block != block && value.block != fn_.entry();
        };
        const auto ways = cfg_.predecessors(block);
        ValueId name;
        if (ways.size() > 1) name = merge(block, id, operands, is_certain, max_joins);
        else if (std::ranges::any_of(operands, differs)) name = find_before(ways[0], id, operands, max_joins);
        if (!name.is_valid()) return;
        rewriter_.replace(fn_.result(id), name);
        rewriter_.remove(id);
    }

    // A parameter of the block for what the load finds at these operands when the block begins; invalid: not every way has
    // loaded it. One of them may do so, where the block is certain to and the ways differ in what they load.
    ValueId merge(BlockId block, InstId id, std::span<const ValueId> operands, bool may_add, unsigned joins) {
        std::vector<Way> ways = ways_into(block);
        if (ways.size() < 2 || ways.size() > max_ways || block == fn_.entry()) return ValueId();
        std::vector<ValueId> names;
        std::size_t missing = ways.size();
        std::vector<ValueId> address;
        for (std::size_t w = 0; w < ways.size(); ++w) {
            std::vector<ValueId> wanted;
            if (!translate(block, ways[w], operands, wanted)) return ValueId();
            names.push_back(find_folded(ways[w], id, wanted));
            if (names.back().is_valid()) continue;
            names.back() = find_before(ways[w].from, id, wanted, joins);
            if (names.back().is_valid()) continue;
            if (!may_add || missing != ways.size() || wanted == std::vector<ValueId>(operands.begin(), operands.end()) ||
                (!is_added(ways[w].from) && cfg_.dominates(block, ways[w].from)))
                return ValueId();
            missing = w;
            address = wanted;
        }
        if (missing != ways.size()) {
            Way& way = ways[missing];
            if (fn_.terminator(way.from).op != Op::Jump) {
                const InstId last = fn_.blocks[way.from].insts.back();
                added_.push_back(way.from);
                way = {split_edge(fn_, last, way.target), 0};
            }
            const BlockId from = way.from;
            Inst load = fn_.insts[id];
            load.block = from;
            const InstId made = rewriter_.make(load, address);
            auto& insts = fn_.blocks[from].insts;
            insts.insert(insts.end() - 1, made);
            names[missing] = fn_.result(made);
        }
        is_changed_ = true;
        Builder b(module_, fn_);
        const ValueId param = b.add_param(block, fn_.insts[id].type, Ownership::Borrowed);
        for (std::size_t w = 0; w < ways.size(); ++w)
            b.add_argument(fn_.blocks[ways[w].from].insts.back(), ways[w].target, names[w]);
        std::uint32_t& last = last_merged_[block.index()];
        merged_.push_back({last, id, {operands.begin(), operands.end()}, param});
        last = static_cast<std::uint32_t>(merged_.size() - 1);
        return param;
    }

    // What the operands of a load in `block` are on the way there.
    bool translate(BlockId block, Way way, std::span<const ValueId> operands, std::vector<ValueId>& wanted) {
        const Target target = fn_.targets_of(fn_.terminator(way.from))[way.target];
        for (ValueId v : operands) {
            const Value& value = fn_.values[v];
            if (!value.inst.is_valid() && value.block == block)
                v = rewriter_.resolve(fn_.args_of(target)[value.index]);
            else if (value.inst.is_valid() && fn_.insts[value.inst].block == block)
                return false;
            wanted.push_back(v);
        }
        return true;
    }

    // What the operation gives that needs no instruction; invalid: none such.
    ValueId find_folded(const Way& way, InstId id, const std::vector<ValueId>& wanted) {
        const Inst inst = fn_.insts[id];
        std::int64_t left = 0, right = 0;
        if (inst.op == Op::Load || !is_integer(inst.type) || wanted.size() != 2) return ValueId();
        const bool is_left = find_const(fn_, wanted[0], left), is_right = find_const(fn_, wanted[1], right);
        const bool adds = inst.op == Op::Add || inst.op == Op::WrapAdd || inst.op == Op::Or || inst.op == Op::Xor;
        if (adds && is_left && left == 0) return wanted[1];
        if ((adds || inst.op == Op::Sub || inst.op == Op::WrapSub) && is_right && right == 0) return wanted[0];
        Inst number;
        if (!is_left || !is_right || !fold_integer(inst.op, inst.type, left, right, number.imm)) return ValueId();
        number.op = Op::ConstInt;
        number.type = inst.type;
        number.loc = inst.loc;
        number.block = way.from;
        const InstId made = rewriter_.make(number, {});
        auto& insts = fn_.blocks[way.from].insts;
        insts.insert(insts.end() - 1, made);
        is_changed_ = true;
        return fn_.result(made);
    }

    // What a load of `wanted` would find at the end of the block; invalid: nobody has loaded it, or stored it.
    // Likewise what another operation would give.
    ValueId find_before(BlockId at, InstId id, const std::vector<ValueId>& wanted, unsigned joins) {
        std::size_t looked_at = 0;
        return find_before(at, id, wanted, joins, looked_at);
    }
    ValueId find_before(BlockId at, InstId id, const std::vector<ValueId>& wanted, unsigned joins, std::size_t& looked_at) {
        const Inst load = fn_.insts[id];
        const bool is_load = load.op == Op::Load;
        const BlockId block = load.block;
        for (unsigned back = 0; back < max_blocks_back; ++back) {
            const auto& insts = fn_.blocks[at].insts;
            for (std::size_t i = insts.size(); i-- > 0;) {
                const Inst& inst = fn_.insts[insts[i]];
                if (++looked_at > max_insts) return ValueId();
                // The load itself is what its parameter was a round before.
                // Not one of an inner loop, which can have it for its own test straight from memory.
                const bool fits = is_added(at) || cfg_.loop_depth(at) <= cfg_.loop_depth(block);
                if (inst.op == load.op && !rewriter_.is_removed(insts[i]) && is_same(inst, load, fn_.operands_of(inst), wanted))
                    return fits ? fn_.result(insts[i]) : ValueId();
                if (is_load && writes(inst)) {
                    if (inst.op == Op::Store && fits)
                        if (const ValueId stored = stored_at(inst, load, wanted); stored.is_valid()) return stored;
                    if (disturbs(inst, load)) return ValueId();
                }
                // Nobody computes with a value before it is there.
                if (inst.result_count == 1 && std::ranges::find(wanted, fn_.result(insts[i])) != wanted.end()) return ValueId();
            }
            if (at == block) return ValueId();
            if (is_added(at)) {
                at = added_[at.index() - known_blocks_];
                continue;
            }
            if (cfg_.predecessors(at).size() != 1) {
                for (std::uint32_t m = last_merged_[at.index()]; m != none; m = merged_[m].before)
                    if (is_same(fn_.insts[merged_[m].load], load, merged_[m].operands, wanted)) return merged_[m].param;
                if (const BlockId before = find_behind(at, load, wanted); before.is_valid())
                    if (const ValueId found = find_before(before, id, wanted, joins, looked_at); found.is_valid()) return found;
                return joins == 0 ? ValueId() : merge(at, id, wanted, false, joins - 1);
            }
            at = cfg_.predecessors(at)[0];
        }
        return ValueId();
    }
    // The block in front of a short branch whose ways meet again in `at`, if they leave alone what the load looks at.
    BlockId find_behind(BlockId at, const Inst& load, std::span<const ValueId> wanted) {
        const BlockId dominator = cfg_.immediate_dominator(at);
        for (ValueId v : wanted)
            if (!fn_.values[v].inst.is_valid() && fn_.values[v].block == at) return BlockId();
        for (BlockId from : cfg_.predecessors(at)) {
            if (from == dominator) continue;
            if (cfg_.predecessors(from).size() != 1 || cfg_.predecessors(from)[0] != dominator || fn_.blocks[from].insts.size() > max_arm) return BlockId();
            for (InstId id : fn_.blocks[from].insts) {
                const Inst& inst = fn_.insts[id];
                if (writes(inst) && disturbs(inst, load)) return BlockId();
            }
        }
        return dominator;
    }
    // Whether both load or compute the same, the one at `operands`, the other at `wanted`.
    bool is_same(const Inst& inst, const Inst& load, std::span<const ValueId> operands, std::span<const ValueId> wanted) {
        if (inst.op != load.op || inst.type != load.type || inst.aux != load.aux || inst.imm != load.imm ||
            inst.scale != load.scale || (inst.op == Op::Load && inst.flags & Takes))
            return false;
        if (std::ranges::equal(operands, wanted, [&](ValueId a, ValueId b) { return rewriter_.resolve(a) == b; })) return true;
        return (op_info(inst.op).effects & Commutes) && rewriter_.resolve(operands[0]) == wanted[1] && rewriter_.resolve(operands[1]) == wanted[0];
    }
    // The value that has been stored where the load looks; invalid: another place. Only where the place changes from round to round:
    // one that stays the same is for a register (accumulators).
    ValueId stored_at(const Inst& store, const Inst& load, std::span<const ValueId> wanted) {
        const auto operands = fn_.operands_of(store);
        const ValueId value = rewriter_.resolve(operands[1]);
        if (store.aux != load.aux || store.imm != load.imm || store.scale != load.scale || fn_.values[value].type != load.type ||
            operands.size() != wanted.size() + 1 || rewriter_.resolve(operands[0]) != wanted[0] ||
            (wanted.size() == 2 && rewriter_.resolve(operands[2]) != wanted[1]))
            return ValueId();
        const Inst* def = find_def(fn_, wanted.back()); // the index, or the address of a record
        if (!def || !def->block.is_valid() || (wanted.size() == 1 && def->op != Op::ElemAddr)) return ValueId();
        return cfg_.loop_depth(def->block) == cfg_.loop_depth(load.block) ? value : ValueId();
    }
    // Whether what writes may change what the load finds.
    bool disturbs(const Inst& inst, const Inst& load) const {
        return inst.op != Op::Store || (may_write(fn_, inst, load.aux, load.type) && !are_fields_apart(fn_, inst, load));
    }

    static constexpr std::uint32_t none = 0xffffffffu;
    struct Merged {
        std::uint32_t before; // the one before it in its block
        InstId load;
        std::vector<ValueId> operands;
        ValueId param;
    };

    Module& module_;
    Function& fn_;
    const bool of_values_; // not of loads
    Cfg cfg_;
    Rewriter rewriter_;
    std::optional<Uses> uses_;
    bool is_changed_ = false;
    std::vector<Merged> merged_;
    std::vector<std::uint32_t> last_merged_ = std::vector<std::uint32_t>(fn_.blocks.size(), none); // by block
    const std::size_t known_blocks_ = fn_.blocks.size(); // to the Cfg
    std::vector<BlockId> added_;                         // where the ways come from that got a block of their own
};

} // namespace

bool loads(Module& module, Function& fn) {
    if (std::ranges::none_of(fn.insts,
                             [](const Inst& inst) { return inst.op == Op::Load && inst.block.is_valid(); }))
        return false;
    return Loads(module, fn, false).run();
}

bool repeats(Module& module, Function& fn) {
    if (Cfg(fn).loops().empty()) return false;
    return Loads(module, fn, true).run();
}

} // namespace tn::opt
