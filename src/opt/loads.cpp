// A load that every way into its block has made already is handed over along the ways.
//
//     from b1: x = load a[i]; branch c, b3(i), b4      from b2: y = load a[j]; branch d, b3(j), b4
//     b3(k):  z = load a[k]
// becomes
//     b3(k, z)    from b1: b3(i, x)    from b2: b3(j, y)
//
// Loops that test what they look at are made so: `while i < n && a[i] != x { use a[i] }` has its test in
// front of the loop and at its end, and loads in its body what both have looked at.
#include "ir/builder.h"
#include "ir/cfg.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_ways = 4;     // into a block
constexpr unsigned max_blocks_back = 8; // on one of them
constexpr std::size_t max_insts = 64;   // looked at on one of them

bool may_write(const Inst& inst) {
    return (effects_of(inst) & Writes) && inst.op != Op::Release && inst.op != Op::SeqSetLen;
}

class Loads {
public:
    Loads(Module& module, Function& fn) : module_(module), fn_(fn), cfg_(fn), rewriter_(fn) {}

    bool run() {
        for (BlockId block : cfg_.order())
            if (const auto& ways = cfg_.predecessors(block);
                ways.size() > 1 && ways.size() <= max_ways && block != fn_.entry())
                visit(block);
        return rewriter_.finish();
    }

private:
    void visit(BlockId block) {
        for (BlockId way : cfg_.predecessors(block)) // two edges of one branch would both need a name
            if (std::ranges::count(cfg_.predecessors(block), way) > 1) return;
        const std::vector<InstId> insts = fn_.blocks[block].insts;
        for (InstId id : insts) {
            const Inst& inst = fn_.insts[id];
            if (may_write(inst)) return;
            if (inst.op == Op::Load && inst.type != Scalar::Ref && !(inst.flags & Takes))
                hand_over(block, id);
        }
    }

    void hand_over(BlockId block, InstId id) {
        std::vector<ValueId> names;
        for (BlockId way : cfg_.predecessors(block)) {
            const ValueId name = find_on(way, block, id);
            if (!name.is_valid()) return;
            names.push_back(name);
        }
        Builder b(module_, fn_);
        const ValueId param = b.add_param(block, fn_.insts[id].type, Ownership::Borrowed);
        for (std::size_t w = 0; w < names.size(); ++w) {
            const BlockId way = cfg_.predecessors(block)[w];
            const std::uint32_t t = target_of(way, block);
            const Target target = fn_.targets_of(fn_.terminator(way))[t];
            std::vector<ValueId> args(fn_.args_of(target).begin(), fn_.args_of(target).end());
            args.push_back(names[w]);
            const Target longer = b.make_target(block, args);
            fn_.targets_of(fn_.insts[fn_.blocks[way].insts.back()])[t] = longer;
        }
        rewriter_.replace(fn_.result(id), param);
        rewriter_.remove(id);
    }

    std::uint32_t target_of(BlockId way, BlockId block) const {
        const auto targets = fn_.targets_of(fn_.terminator(way));
        std::uint32_t t = 0;
        while (targets[t].block != block) ++t;
        return t;
    }

    // What the load in `block` has found on the way that ends in `way`; invalid: nothing that still holds.
    ValueId find_on(BlockId way, BlockId block, InstId id) {
        const Inst& load = fn_.insts[id];
        const Target target = fn_.targets_of(fn_.terminator(way))[target_of(way, block)];
        std::vector<ValueId> wanted;
        for (std::uint32_t i = 0; i < load.operands.count; ++i) {
            ValueId v = rewriter_.operand(load, i);
            const Value& value = fn_.values[v];
            if (!value.inst.is_valid() && value.block == block)
                v = rewriter_.resolve(fn_.args_of(target)[value.index]);
            else if (value.inst.is_valid() && fn_.insts[value.inst].block == block)
                return ValueId();
            wanted.push_back(v);
        }
        std::size_t looked_at = 0;
        BlockId at = way;
        for (unsigned back = 0; back < max_blocks_back; ++back) {
            const auto& insts = fn_.blocks[at].insts;
            for (std::size_t i = insts.size(); i-- > 0;) {
                const Inst& inst = fn_.insts[insts[i]];
                if (insts[i] == id || may_write(inst) || ++looked_at > max_insts) return ValueId();
                if (inst.op == Op::Load && !rewriter_.is_removed(insts[i]) && is_same(inst, load, wanted))
                    return fn_.result(insts[i]);
            }
            if (at == block || cfg_.predecessors(at).size() != 1) return ValueId();
            at = cfg_.predecessors(at)[0];
        }
        return ValueId();
    }
    bool is_same(const Inst& inst, const Inst& load, const std::vector<ValueId>& wanted) {
        if (inst.type != load.type || inst.aux != load.aux || inst.imm != load.imm ||
            inst.scale != load.scale || inst.flags & Takes || inst.operands.count != wanted.size())
            return false;
        for (std::uint32_t i = 0; i < wanted.size(); ++i)
            if (rewriter_.operand(inst, i) != wanted[i]) return false;
        return true;
    }

    Module& module_;
    Function& fn_;
    Cfg cfg_;
    Rewriter rewriter_;
};

} // namespace

bool loads(Module& module, Function& fn) {
    if (std::ranges::none_of(fn.insts,
                             [](const Inst& inst) { return inst.op == Op::Load && inst.block.is_valid(); }))
        return false;
    return Loads(module, fn).run();
}

} // namespace tn::opt
