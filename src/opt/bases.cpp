// What stays the same of an index in an inner loop is added to the address of the elements, in front of the loop.
//
//     loop(x):  i = row + x; j = i + 1; u = load d[j]
// becomes
//     e = elem_addr d, row;    loop(x):  u = load e[x + 1]
//
// Each row of a window costs an addition less for each of its elements. Behind all passes that ask which index it is:
// only sums that cannot overflow any more, and are for nothing else, are taken apart.
#include "ir/builder.h"
#include "ir/uses.h"
#include "opt/loops.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t max_bases = 8; // of one loop
constexpr unsigned max_depth = 4;    // of a sum
constexpr std::int64_t max_offset = 1 << 20;

class Bases {
public:
    Bases(Module& module, Function& fn) : module_(module), fn_(fn), cfg_(fn) {}

    bool run() {
        std::vector<bool> has_inner(cfg_.loops().size(), false);
        for (const Loop& loop : cfg_.loops())
            if (loop.parent.is_valid()) has_inner[loop.parent.index()] = true;
        for (std::uint32_t l = 0; l < cfg_.loops().size(); ++l) {
            const Loop& loop = cfg_.loops()[LoopId(l)];
            if (has_inner[l] || !loop.preheader.is_valid() || runs_in_lanes(loop)) continue;
            bases_.clear();
            for (BlockId block : loop.blocks) {
                if (fn_.blocks[block].cold) continue;
                for (InstId id : fn_.blocks[block].insts)
                    if (index_of(fn_.insts[id]) != 0) visit(LoopId(l), id);
            }
        }
        return changed_;
    }

private:
    struct Sum {
        ValueId fixed, counts; // what stays the same; what does not
        std::int64_t offset = 0;
    };
    struct Base {
        ValueId elements, fixed;
        std::uint8_t scale;
        ValueId address;
    };

    // `lanes` reads the loop as it is.
    bool runs_in_lanes(const Loop& loop) const {
        return std::ranges::any_of(fn_.blocks[loop.preheader].insts, [&](InstId id) { return fn_.insts[id].op == Op::Lanes; });
    }
    // Which operand is the index; 0: there is none.
    static unsigned index_of(const Inst& inst) {
        if (inst.op == Op::Load && inst.operands.count == 2) return 1;
        return inst.op == Op::Store && inst.operands.count == 3 ? 2 : 0;
    }
    bool is_outside(LoopId loop, ValueId value) const {
        const Value& v = fn_.values[value];
        return !cfg_.contains(loop, v.inst.is_valid() ? fn_.insts[v.inst].block : v.block);
    }
    // Used only to find elements.
    bool is_only_index(LoopId loop, ValueId value) {
        if (!uses_) uses_.emplace(fn_);
        return std::ranges::all_of(uses_->of(value), [&](const Use& use) {
            const Inst& inst = fn_.insts[use.inst];
            return !use.is_block_arg && use.index != 0 && use.index == index_of(inst) && is_outside(loop, fn_.operands_of(inst)[0]);
        });
    }

    // value = fixed + counts + offset, with one of the first and one of the second at most.
    bool split(LoopId loop, ValueId value, Sum& sum, unsigned depth = 0) const {
        if (is_outside(loop, value)) {
            if (sum.fixed.is_valid()) return false;
            sum.fixed = value;
            return true;
        }
        const Inst* def = find_def(fn_, value);
        std::int64_t c = 0;
        const bool adds = def && (def->op == Op::WrapAdd || (def->op == Op::Add && def->flags & NoTrap)),
                   subs = def && (def->op == Op::WrapSub || (def->op == Op::Sub && def->flags & NoTrap));
        if ((adds || subs) && depth < max_depth) {
            const ValueId left = fn_.operands_of(*def)[0], right = fn_.operands_of(*def)[1];
            if (find_const(fn_, right, c) && c > -max_offset && c < max_offset) {
                sum.offset += adds ? c : -c;
                return split(loop, left, sum, depth + 1);
            }
            Sum parts = sum;
            if (adds && split(loop, left, parts, depth + 1) && split(loop, right, parts, depth + 1)) {
                sum = parts;
                return true;
            }
        }
        if (sum.counts.is_valid()) return false;
        sum.counts = value;
        return true;
    }

    void visit(LoopId loop, InstId id) {
        const Inst& inst = fn_.insts[id];
        const unsigned index = index_of(inst);
        const ValueId elements = fn_.operands_of(inst)[0], at = fn_.operands_of(inst)[index];
        Sum sum;
        if (!is_outside(loop, elements) || fn_.values[at].type != Scalar::I64 || is_outside(loop, at) || !split(loop, at, sum) ||
            !sum.counts.is_valid() || sum.counts == at || !is_only_index(loop, at))
            return;
        const std::int64_t offset = inst.imm + sum.offset * inst.scale;
        if (offset <= -max_offset || offset >= max_offset) return;
        ValueId address = elements;
        if (sum.fixed.is_valid()) address = base(loop, elements, sum.fixed, inst.scale, inst.loc);
        if (!address.is_valid()) return;
        fn_.insts[id].imm = offset;
        fn_.operands_of(fn_.insts[id])[0] = address;
        fn_.operands_of(fn_.insts[id])[index] = sum.counts;
        changed_ = true;
    }

    ValueId base(LoopId loop, ValueId elements, ValueId fixed, std::uint8_t scale, LocId loc) {
        for (const Base& known : bases_)
            if (known.elements == elements && known.fixed == fixed && known.scale == scale) return known.address;
        if (bases_.size() == max_bases) return {};
        const BlockId before = cfg_.loops()[loop].preheader;
        auto& insts = fn_.blocks[before].insts;
        const InstId last = insts.back();
        insts.pop_back();
        Builder b(module_, fn_);
        b.set_block(before);
        b.set_loc(loc);
        const ValueId address = b.elem_addr(elements, fixed, scale);
        fn_.blocks[before].insts.push_back(last);
        bases_.push_back({elements, fixed, scale, address});
        return address;
    }

    Module& module_;
    Function& fn_;
    const Cfg cfg_;
    std::optional<Uses> uses_; // made for the first that needs it, before anything is changed
    std::vector<Base> bases_; // of the loop that is looked at
    bool changed_ = false;
};

} // namespace

bool bases(Module& module, Function& fn) {
    bool changed = make_preheaders(fn);
    changed |= Bases(module, fn).run();
    return changed;
}

} // namespace tn::opt
