// A place in memory that every round of a loop changes is kept in a register meanwhile.
//
//     loop(i):     x = load p; y = x + ...; store p, y; branch c, loop(j), done
// becomes
//     first = load p
//     loop(i, x):  y = x + ...; branch c, loop(j, y), out
//     out:         store p, y; jump done
//
// Only in loops of one block that nothing else can end: no trap and no call may find the memory behind.
// Whatever else the loop reads or writes of that kind must be apart from the place.
#include "ir/builder.h"
#include "ir/uses.h"
#include "opt/loops.h"
#include "opt/memory.h"
#include "opt/passes.h"
#include "opt/ranges.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

constexpr unsigned max_accesses = 64; // loads and stores of one loop: each is compared with each

class Accumulators {
public:
    Accumulators(Module& module, Function& fn) : module_(module), fn_(fn), cfg_(fn), rewriter_(fn) {}

    bool run() {
        std::vector<Plan> plans;
        for (const Loop& loop : cfg_.loops()) find(loop, plans);
        for (const Plan& plan : plans) change(plan);
        return rewriter_.finish();
    }

private:
    struct Access {
        InstId id;
        std::uint32_t position = 0; // in the block
        bool stores = false;
        Scalar type = Scalar::Void;
        ValueId base, index; // the index invalid if there is none
    };
    struct Plan {
        BlockId block, preheader;
        std::vector<Access> accesses; // of one place, in order
    };

    Access access_of(InstId id, std::uint32_t position) const {
        const Inst& inst = fn_.insts[id];
        const auto operands = fn_.operands_of(inst);
        const bool stores = inst.op == Op::Store;
        const std::size_t plain = stores ? 2 : 1;
        return {id,          position,
                stores,      stores ? fn_.values[operands[1]].type : inst.type,
                operands[0], operands.size() > plain ? operands[plain] : ValueId()};
    }
    // False if anything but the loop's own branch may end it, or may look at memory.
    bool find_accesses(BlockId block, std::vector<Access>& accesses) const {
        std::uint32_t position = 0;
        for (InstId id : fn_.blocks[block].insts) {
            const Inst& inst = fn_.insts[id];
            if (inst.op == Op::Load || inst.op == Op::Store) {
                if (accesses.size() == max_accesses) return false;
                accesses.push_back(access_of(id, position));
            } else if ((effects_of(inst) & (Reads | Writes | Traps)) || is_call(inst.op)) {
                return false;
            }
            ++position;
        }
        return true;
    }
    bool is_outside(BlockId block, ValueId value) const {
        const Value& v = fn_.values[value];
        return (v.inst.is_valid() ? fn_.insts[v.inst].block : v.block) != block;
    }

    void find(const Loop& loop, std::vector<Plan>& plans) {
        const BlockId block = loop.header;
        if (loop.blocks.size() != 1 || !loop.preheader.is_valid() || block == fn_.entry() ||
            fn_.blocks[block].cold)
            return;
        const Inst& last = fn_.terminator(block);
        if (last.op != Op::Branch || fn_.targets_of(last)[0].block == fn_.targets_of(last)[1].block) return;
        std::vector<Access> accesses;
        if (!find_accesses(block, accesses)) return;
        std::vector<bool> is_taken(accesses.size(), false);
        for (std::size_t first = 0; first < accesses.size(); ++first) {
            const Access& access = accesses[first];
            if (is_taken[first] || access.type == Scalar::Ref || !is_outside(block, access.base) ||
                (access.index.is_valid() && !is_outside(block, access.index)))
                continue;
            Plan plan{block, loop.preheader, {}};
            bool stores = false, is_apart = true;
            for (std::size_t i = first; i < accesses.size(); ++i) {
                if (!is_same_place(access, accesses[i])) continue;
                plan.accesses.push_back(accesses[i]);
                is_taken[i] = true;
                stores |= accesses[i].stores;
            }
            if (!stores) continue;
            for (const Access& other : accesses)
                is_apart &= is_same_place(access, other) || are_apart(access, other, block);
            if (is_apart) plans.push_back(plan);
        }
    }
    bool is_same_place(const Access& a, const Access& b) const {
        const Inst& x = fn_.insts[a.id];
        const Inst& y = fn_.insts[b.id];
        return x.aux == y.aux && a.type == b.type && x.imm == y.imm && a.base == b.base &&
               a.index == b.index && (!a.index.is_valid() || x.scale == y.scale);
    }
    bool are_apart(const Access& place, const Access& other, BlockId block) {
        const Inst& x = fn_.insts[place.id];
        const Inst& y = fn_.insts[other.id];
        if (x.aux != y.aux || place.type != other.type) return true;
        const auto size = static_cast<std::int64_t>(scalar_size(place.type));
        const bool fields_apart = x.imm + size <= y.imm || y.imm + size <= x.imm;
        if (place.base == other.base && place.index == other.index) return fields_apart;
        if (are_fields_apart(fn_, x, y)) return true;
        // Elements of one list at different indexes.
        std::int64_t stride = 0;
        ValueId base, i, other_base, j;
        if (!find_element(place, stride, base, i)) return false;
        const std::int64_t expected = stride;
        if (!find_element(other, stride, other_base, j) || stride != expected || base != other_base ||
            x.imm < 0 || y.imm < 0 || x.imm + size > stride || y.imm + size > stride)
            return false;
        if (!ranges_) ranges_.emplace(fn_);
        const Ranges::Point at{block, other.position, -1};
        return ranges_->proves_le(i, j, -1, at) || ranges_->proves_le(j, i, -1, at);
    }
    // What it is an element of, and which one.
    bool find_element(const Access& access, std::int64_t& stride, ValueId& base, ValueId& index) const {
        if (access.index.is_valid()) {
            stride = fn_.insts[access.id].scale;
            base = access.base;
            index = access.index;
            return true;
        }
        const Inst* address = find_def(fn_, access.base);
        if (!address || address->op != Op::ElemAddr) return false;
        stride = address->imm;
        base = fn_.operands_of(*address)[0];
        index = fn_.operands_of(*address)[1];
        return true;
    }

    // ---- the change ----

    void change(const Plan& plan) {
        const Access& first = plan.accesses.front();
        ValueId param, now;
        if (!first.stores) {
            Builder b(module_, fn_);
            std::vector<ValueId> operands{first.base};
            if (first.index.is_valid()) operands.push_back(first.index);
            const ValueId before = place(plan.preheader, fn_.insts[first.id], operands);
            param = now = b.add_param(plan.block, first.type, Ownership::Borrowed);
            b.add_argument(plan.preheader, plan.block, before);
        }
        InstId store;
        for (const Access& access : plan.accesses) {
            if (access.stores) {
                store = access.id;
                now = fn_.operands_of(fn_.insts[access.id])[1];
            } else {
                rewriter_.replace(fn_.result(access.id), now);
            }
            rewriter_.remove(access.id);
        }
        now = rewriter_.resolve(now);
        if (param.is_valid()) {
            Builder b(module_, fn_);
            b.add_argument(plan.block, plan.block, now);
        }
        const InstId last = fn_.blocks[plan.block].insts.back();
        const BlockId out =
            split_edge(fn_, last, fn_.targets_of(fn_.insts[last])[0].block == plan.block ? 1 : 0);
        std::vector<ValueId> operands{first.base, now};
        if (first.index.is_valid()) operands.push_back(first.index);
        place(out, fn_.insts[store], operands);
    }
    // Before the end of a block.
    ValueId place(BlockId block, Inst inst, std::span<const ValueId> operands) {
        inst.block = block;
        const InstId id = rewriter_.make(inst, operands);
        auto& insts = fn_.blocks[block].insts;
        insts.insert(insts.end() - 1, id);
        return fn_.insts[id].result_count ? fn_.result(id) : ValueId();
    }
    Module& module_;
    Function& fn_;
    Cfg cfg_;
    Rewriter rewriter_;
    std::optional<Ranges> ranges_;
};

} // namespace

bool accumulators(Module& module, Function& fn) {
    if (Cfg(fn).loops().empty()) return false;
    bool changed = make_preheaders(fn);
    if (Accumulators(module, fn).run()) {
        clean_blocks(fn);
        changed = true;
    }
    return changed;
}

} // namespace tn::opt
