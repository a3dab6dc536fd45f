// A sum of several small numbers is computed with room to spare, and tested once.
//
//     x = add.u8 a, b; y = add.u8 x, c; z = add.u8 y, d
// becomes
//     x, y, z: wrap_add.u32; trap_if z > 255
//
// None of the numbers is negative: if one of the sums is too large, so is the last one. Only what is computed in one
// expression, with nothing between that can be seen: then it is no difference to a script which of them traps.
#include "ir/builder.h"
#include "ir/cfg.h"
#include "ir/uses.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::size_t least_sums = 3, most_sums = 64; // that are worth it; whose sum has room

class Sums {
public:
    Sums(Module& module, Function& fn) : module_(module), fn_(fn), rewriter_(fn) {}

    bool run() {
        for (std::uint32_t b = 0; b < fn_.blocks.size(); ++b)
            if (const Block& block = fn_.blocks[BlockId(b)];
                !block.removed && !block.cold && count_sums(block) >= least_sums && !runs_in_lanes(BlockId(b)))
                visit(BlockId(b));
        return rewriter_.finish();
    }

private:
    static bool is_sum(const Inst& inst) {
        return inst.op == Op::Add && !(inst.flags & NoTrap) && (inst.type == Scalar::U8 || inst.type == Scalar::U16);
    }
    std::size_t count_sums(const Block& block) const {
        return static_cast<std::size_t>(std::ranges::count_if(block.insts, [&](InstId id) { return is_sum(fn_.insts[id]); }));
    }

    // `lanes` in front of the loop reads it as it is, and can test more at once.
    bool runs_in_lanes(BlockId block) const {
        const auto targets = successors(fn_, block);
        if (std::ranges::none_of(targets, [&](const Target& target) { return target.block == block; })) return false;
        return std::ranges::any_of(fn_.insts, [&](const Inst& inst) {
            return inst.op == Op::Lanes && inst.block.is_valid() &&
                   std::ranges::any_of(successors(fn_, inst.block), [&](const Target& target) { return target.block == block; });
        });
    }
    // From the last sum of each expression backwards.
    void visit(BlockId block) {
        const std::vector<InstId> insts = fn_.blocks[block].insts;
        for (std::size_t last = insts.size(); last-- > 0;) {
            if (!is_sum(fn_.insts[insts[last]]) || rewriter_.is_removed(insts[last])) continue;
            std::vector<InstId> sums{insts[last]};
            std::size_t at = last;
            while (at-- > 0) {
                const Inst& inst = fn_.insts[insts[at]];
                if (is_sum(inst) && belongs(inst, insts[at], sums)) sums.push_back(insts[at]);
                else if (effects_of(inst) & (Writes | Traps | Ends)) break;
            }
            if (sums.size() < least_sums || sums.size() > most_sums) continue;
            widen(block, sums);
            return visit(block);
        }
    }
    // A part of one of the sums, and of nothing else.
    bool belongs(const Inst& inst, InstId id, const std::vector<InstId>& sums) {
        if (!uses_) uses_.emplace(fn_);
        const auto& uses = uses_->of(fn_.result(id));
        const Inst& last = fn_.insts[sums[0]];
        return inst.type == last.type && inst.loc == last.loc && uses.size() == 1 && !uses[0].is_block_arg &&
               std::ranges::find(sums, uses[0].inst) != sums.end();
    }

    void widen(BlockId block, const std::vector<InstId>& sums) {
        const std::vector<InstId> insts = std::exchange(fn_.blocks[block].insts, {});
        const Scalar type = fn_.insts[sums[0]].type;
        std::unordered_map<ValueId, ValueId> wide;
        Builder b(module_, fn_);
        b.set_block(block);
        for (InstId id : insts) {
            if (std::ranges::find(sums, id) == sums.end()) {
                fn_.blocks[block].insts.push_back(id);
                continue;
            }
            b.set_loc(fn_.insts[id].loc);
            ValueId parts[2];
            for (unsigned i = 0; i < 2; ++i) {
                const ValueId part = fn_.operands_of(fn_.insts[id])[i];
                const auto known = wide.find(part);
                parts[i] = known != wide.end() ? known->second : b.convert(Scalar::U32, part);
            }
            wide[fn_.result(id)] = b.binary(Op::WrapAdd, Scalar::U32, parts[0], parts[1]);
            if (id == sums[0]) {
                const ValueId sum = wide[fn_.result(id)];
                const ValueId most = b.const_int(Scalar::U32, static_cast<std::int64_t>(max_of(type)));
                b.trap_if_overflow(b.compare(Op::ICmp, Cond::Gt, sum, most));
                rewriter_.replace(fn_.result(id), b.convert(type, sum));
            }
            rewriter_.remove(id);
        }
    }

    Module& module_;
    Function& fn_;
    Rewriter rewriter_;
    std::optional<Uses> uses_;
};

} // namespace

bool sums(Module& module, Function& fn) { return Sums(module, fn).run(); }

} // namespace tn::opt
