// A branch between two fields of one record reads both of them and selects: which way a search goes down a tree is hard to
// foretell, and the fields lie side by side.
//
//     branch c, b1, b2                                t = icmp.lt i, n        (as unsigned numbers)
//     b1: bounds i, n; p = elem_addr d, i * 32;       branch t, b4, b5 likely
//         x = load p + 8; jump b3(x)           =>     b4: p = elem_addr d, i * 32; x = load p + 8; y = load p + 16
//     b2: bounds i, n; q = elem_addr d, i * 32;           z = select c, x, y; jump b3(z)
//         y = load q + 16; jump b3(y)                 b5: branch c, b1, b2
//
// The ways that trap stay what they were, each with its own position. Where no test is left, both loads move in front of
// the branch, which `selects` then takes away.
#include "ir/builder.h"
#include "ir/uses.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

// One way: an element's field, and nothing else.
struct Way {
    BlockId block;
    InstId bounds, address, load; // the first two may stand elsewhere
    Target on;
    std::size_t position = 0; // of the field among the arguments
};

class Fields {
public:
    Fields(Module& module, Function& fn) : b_(module, fn), fn_(fn), predecessors_(fn.blocks.size(), 0) {
        for (const Block& block : fn.blocks) {
            if (block.removed || block.insts.empty()) continue;
            for (const Target& target : fn.targets_of(fn.insts[block.insts.back()])) ++predecessors_[target.block.index()];
        }
    }

    bool run() {
        bool changed = false;
        const auto count = static_cast<std::uint32_t>(fn_.blocks.size());
        for (std::uint32_t b = 0; b < count; ++b) {
            const Block& block = fn_.blocks[BlockId(b)];
            if (!block.removed && !block.cold && !block.insts.empty()) changed |= visit(BlockId(b));
        }
        return changed;
    }

private:
    bool visit(BlockId block) {
        const Inst& last = fn_.terminator(block);
        if (last.op != Op::Branch || (last.flags & (Likely | Unlikely))) return false;
        Way ways[2];
        for (unsigned w = 0; w < 2; ++w)
            if (!find_way(fn_.targets_of(last)[w], ways[w])) return false;
        if (ways[0].on.block != ways[1].on.block || !are_alike(ways[0], ways[1])) return false;
        if (ways[0].bounds.is_valid()) {
            test_first(block, ways);
        } else {
            for (const Way& way : ways) {
                if (way.address.is_valid()) move(way.address, block);
                move(way.load, block);
            }
        }
        return true;
    }

    bool find_way(const Target& target, Way& way) const {
        const Block& block = fn_.blocks[target.block];
        if (predecessors_[target.block.index()] != 1 || !block.params.empty() || block.cold || fn_.terminator(target.block).op != Op::Jump)
            return false;
        way.block = target.block;
        way.on = fn_.targets_of(fn_.terminator(target.block))[0];
        for (std::size_t i = 0; i + 1 < block.insts.size(); ++i) {
            const InstId id = block.insts[i];
            const Inst& inst = fn_.insts[id];
            if (inst.op == Op::ConstInt) continue;
            if (inst.op == Op::Bounds && !way.bounds.is_valid() && !way.address.is_valid()) way.bounds = id;
            else if (inst.op == Op::ElemAddr && !way.address.is_valid() && !way.load.is_valid()) way.address = id;
            else if (inst.op == Op::Load && !way.load.is_valid()) way.load = id;
            else return false;
        }
        if (!way.load.is_valid()) return false;
        const Inst& load = fn_.insts[way.load];
        const auto args = fn_.args_of(way.on);
        if (load.operands.count != 1 || !is_integer(load.type) || load.type == Scalar::Bool ||
            std::ranges::count(args, load.first_result) != 1)
            return false;
        way.position = static_cast<std::size_t>(std::ranges::find(args, load.first_result) - args.begin());
        return true;
    }
    // The same test, of the same element, of which each way reads a field of its own.
    bool are_alike(const Way& a, const Way& b) const {
        const Inst &x = fn_.insts[a.load], &y = fn_.insts[b.load];
        if (a.position != b.position || x.type != y.type || x.aux != y.aux || a.bounds.is_valid() != b.bounds.is_valid() ||
            (a.bounds.is_valid() && !is_same(a.bounds, b.bounds)))
            return false;
        const auto args = fn_.args_of(a.on), others = fn_.args_of(b.on);
        for (std::size_t i = 0; i < args.size(); ++i)
            if (i != a.position && args[i] != others[i]) return false;
        const Inst* p = find_def(fn_, fn_.operands_of(x)[0]);
        const Inst* q = find_def(fn_, fn_.operands_of(y)[0]);
        const auto is_field = [&](const Inst& load) {
            return load.imm >= 0 && load.imm + static_cast<std::int64_t>(scalar_size(load.type)) <= p->imm;
        };
        return p && q && p->op == Op::ElemAddr && q->op == Op::ElemAddr && a.address.is_valid() == b.address.is_valid() &&
               is_same(fn_.values[p->first_result].inst, fn_.values[q->first_result].inst) &&
               (!a.bounds.is_valid() || fn_.operands_of(*p)[1] == fn_.operands_of(fn_.insts[a.bounds])[0]) && is_field(x) && is_field(y);
    }
    bool is_same(InstId a, InstId b) const {
        return fn_.insts[a].imm == fn_.insts[b].imm && std::ranges::equal(fn_.operands_of(fn_.insts[a]), fn_.operands_of(fn_.insts[b]));
    }

    void move(InstId id, BlockId block) {
        std::erase(fn_.blocks[fn_.insts[id].block].insts, id);
        fn_.insts[id].block = block;
        auto& insts = fn_.blocks[block].insts;
        insts.insert(insts.end() - 1, id);
    }

    void test_first(BlockId block, const Way (&ways)[2]) {
        const Inst branch = fn_.terminator(block);
        const ValueId index = fn_.operands_of(fn_.insts[ways[0].bounds])[0], length = fn_.operands_of(fn_.insts[ways[0].bounds])[1];
        const BlockId fast = b_.make_block(), slow = b_.make_block(true);
        remove_inst(fn_, fn_.blocks[block].insts.back());
        b_.set_block(block);
        b_.set_loc(branch.loc);
        const ValueId inside = b_.compare(Op::ICmp, Cond::Lt, b_.bitcast(Scalar::U64, index), b_.bitcast(Scalar::U64, length));
        b_.branch(inside, fast, {}, slow, {}, Likely);
        b_.set_block(slow);
        b_.branch(condition(branch), ways[0].block, {}, ways[1].block, {});
        b_.set_block(fast);
        const Inst address = fn_.insts[ways[0].address.is_valid() ? ways[0].address : fn_.values[fn_.operands_of(fn_.insts[ways[0].load])[0]].inst];
        const ValueId data = fn_.operands_of(address)[0];
        const ValueId element = ways[0].address.is_valid() ? b_.elem_addr(data, index, address.imm) : address.first_result;
        ValueId fields[2];
        for (unsigned w = 0; w < 2; ++w) {
            const Inst& load = fn_.insts[ways[w].load];
            fields[w] = b_.load(load.type, static_cast<MemoryClass>(load.aux), element, load.imm);
        }
        std::vector<ValueId> args(fn_.args_of(ways[0].on).begin(), fn_.args_of(ways[0].on).end());
        args[ways[0].position] = b_.select(condition(branch), fields[0], fields[1]);
        b_.jump(ways[0].on.block, args);
        for (const Way& way : ways) fn_.blocks[way.block].cold = true;
    }
    // A comparison of its own becomes flags right there.
    ValueId condition(const Inst& branch) {
        const ValueId asked = fn_.operands_of(branch)[0];
        const Inst* compare = find_def(fn_, asked);
        if (!compare || compare->op != Op::ICmp) return asked;
        const ValueId left = fn_.operands_of(*compare)[0], right = fn_.operands_of(*compare)[1];
        return b_.compare(Op::ICmp, static_cast<Cond>(compare->aux), left, right);
    }

    Builder b_;
    Function& fn_;
    std::vector<std::uint32_t> predecessors_;
};

} // namespace

bool fields(Module& module, Function& fn) {
    return Fields(module, fn).run();
}

} // namespace tn::opt
