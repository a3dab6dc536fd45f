// A load that every way into its block has made already, or whose value it has stored, is handed over along the ways.
//
//     from b1: x = load a[i]; branch c, b3(i), b4      from b2: y = load a[j]; branch d, b3(j), b4
//     b3(k):  z = load a[k]
// becomes
//     b3(k, z)    from b1: b3(i, x)    from b2: b3(j, y)
//
// Loops that test what they look at are made so: `while i < n && a[i] != x { use a[i] }` has its test in
// front of the loop and at its end, and loads in its body what both have looked at. A way that has not loaded it does so
// itself, if that is all it goes on to: `if a[i] < a[best] { best = i; }` loads the best one in front of the loop.
#include "ir/builder.h"
#include "ir/cfg.h"
#include "ir/uses.h"
#include "opt/memory.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_ways = 4;     // into a block
constexpr unsigned max_joins = 1;       // of other ways, on one of them
constexpr unsigned max_blocks_back = 8; // on one of them
constexpr std::size_t max_insts = 64;   // looked at on one of them

bool writes(const Inst& inst) {
    return (effects_of(inst) & Writes) && inst.op != Op::Release && inst.op != Op::SeqSetLen;
}

class Loads {
public:
    Loads(Module& module, Function& fn) : module_(module), fn_(fn), cfg_(fn), rewriter_(fn) {}

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
        bool is_certain = true; // whoever comes into the block comes to the load
        for (InstId id : insts) {
            const Inst inst = fn_.insts[id]; // a copy: hand_over makes instructions
            if (writes(inst)) return;
            if (inst.op == Op::Load && inst.type != Scalar::Ref && !(inst.flags & Takes))
                hand_over(block, id, is_certain);
            is_certain &= inst.op == Op::Poll || !(effects_of(inst) & Traps);
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
            names.push_back(find_before(ways[w].from, id, wanted, joins));
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
        for (std::size_t w = 0; w < ways.size(); ++w) {
            const Target target = fn_.targets_of(fn_.terminator(ways[w].from))[ways[w].target];
            std::vector<ValueId> args(fn_.args_of(target).begin(), fn_.args_of(target).end());
            args.push_back(names[w]);
            const Target longer = b.make_target(block, args);
            fn_.targets_of(fn_.insts[fn_.blocks[ways[w].from].insts.back()])[ways[w].target] = longer;
        }
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

    // What a load of `wanted` would find at the end of the block; invalid: nobody has loaded it.
    ValueId find_before(BlockId at, InstId id, const std::vector<ValueId>& wanted, unsigned joins) {
        const Inst load = fn_.insts[id];
        const BlockId block = load.block;
        std::size_t looked_at = 0;
        for (unsigned back = 0; back < max_blocks_back; ++back) {
            const auto& insts = fn_.blocks[at].insts;
            for (std::size_t i = insts.size(); i-- > 0;) {
                const Inst& inst = fn_.insts[insts[i]];
                if (++looked_at > max_insts) return ValueId();
                if (writes(inst)) {
                    if (inst.op != Op::Store) return ValueId();
                    if (const ValueId stored = stored_there(inst, load, wanted); stored.is_valid()) return stored;
                    if (may_write(fn_, inst, load.aux, load.type) && !are_fields_apart(fn_, inst, load)) return ValueId();
                }
                // The load itself is what its parameter was a round before.
                // Not one of an inner loop, which can have it for its own test straight from memory.
                if (inst.op == Op::Load && !rewriter_.is_removed(insts[i]) && is_same(inst, load, fn_.operands_of(inst), wanted))
                    return is_added(at) || cfg_.loop_depth(at) <= cfg_.loop_depth(block) ? fn_.result(insts[i]) : ValueId();
            }
            if (at == block) return ValueId();
            if (is_added(at)) {
                at = added_[at.index() - known_blocks_];
                continue;
            }
            if (cfg_.predecessors(at).size() != 1) {
                for (std::uint32_t m = last_merged_[at.index()]; m != none; m = merged_[m].before)
                    if (is_same(fn_.insts[merged_[m].load], load, merged_[m].operands, wanted)) return merged_[m].param;
                return joins == 0 ? ValueId() : merge(at, id, wanted, false, joins - 1);
            }
            at = cfg_.predecessors(at)[0];
        }
        return ValueId();
    }
    // Whether both load the same, the one at `operands`, the other at `wanted`.
    bool is_same(const Inst& inst, const Inst& load, std::span<const ValueId> operands, std::span<const ValueId> wanted) {
        if (inst.type != load.type || inst.aux != load.aux || inst.imm != load.imm ||
            inst.scale != load.scale || inst.flags & Takes)
            return false;
        return std::ranges::equal(operands, wanted, [&](ValueId a, ValueId b) { return rewriter_.resolve(a) == b; });
    }

    // What the store puts where the load at `wanted` would find it; invalid: it stores elsewhere, or perhaps does.
    ValueId stored_there(const Inst& store, const Inst& load, std::span<const ValueId> wanted) {
        const auto operands = fn_.operands_of(store);
        if (fn_.values[operands[1]].type != load.type || store.aux != load.aux || store.imm != load.imm || store.scale != load.scale ||
            operands.size() != wanted.size() + 1 || rewriter_.resolve(operands[0]) != wanted[0] ||
            (wanted.size() == 2 && rewriter_.resolve(operands[2]) != wanted[1]))
            return ValueId();
        return rewriter_.resolve(operands[1]);
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
    Cfg cfg_;
    Rewriter rewriter_;
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
    return Loads(module, fn).run();
}

} // namespace tn::opt
