// A counter goes on where its old value is needed no longer:
//
//     n = add i, 1; x = load a[i]; ...; branch n < end, again(n), out
// becomes
//     x = load a[i]; ...; n = add i, 1; branch n < end, again(n), out
//
// Iterators step before the body runs. Behind it the next value takes the register of the one before.
#include "ir/cfg.h"
#include "ir/uses.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <optional>

namespace tn::opt {

using namespace ir;

namespace {

class Steps {
public:
    explicit Steps(Function& fn) : fn_(fn), cfg_(fn) {}

    bool run() {
        bool changed = false;
        for (std::uint32_t l = 0; l < cfg_.loops().size(); ++l) {
            const Loop& loop = cfg_.loops()[LoopId(l)];
            if (loop.latches.size() != 1 || fn_.blocks[loop.header].cold || cfg_.loop_of(loop.latches[0]) != LoopId(l)) continue;
            for (const Target& back : successors(fn_, loop.latches[0])) {
                if (back.block != loop.header) continue;
                for (std::size_t p = 0; p < fn_.blocks[loop.header].params.size(); ++p)
                    changed |= move(LoopId(l), loop.latches[0], fn_.blocks[loop.header].params[p], fn_.args_of(back)[p]);
            }
        }
        return changed;
    }

private:
    bool is_step(const Inst& inst, ValueId counter) const {
        const bool exact = inst.op == Op::WrapAdd || inst.op == Op::WrapSub ||
                           ((inst.op == Op::Add || inst.op == Op::Sub) && (inst.flags & NoTrap));
        std::int64_t unused = 0;
        return exact && fn_.operands_of(inst)[0] == counter && find_const(fn_, fn_.operands_of(inst)[1], unused);
    }
    std::size_t place(InstId id) const {
        const auto& insts = fn_.blocks[fn_.insts[id].block].insts;
        return static_cast<std::size_t>(std::ranges::find(insts, id) - insts.begin());
    }

    bool move(LoopId loop, BlockId latch, ValueId counter, ValueId next) {
        const Inst* def = find_def(fn_, next);
        if (!def || !is_step(*def, counter) || cfg_.loop_of(def->block) != loop) return false;
        if (!uses_) uses_.emplace(fn_);
        const InstId step = fn_.values[next].inst, last = fn_.blocks[latch].insts.back();
        InstId compare;
        for (const Use& use : uses_->of(next)) {
            const Inst& user = fn_.insts[use.inst];
            if (use.inst == last) continue;
            if (user.block != latch || user.op != Op::ICmp || compare.is_valid() || uses_->count(user.first_result) != 1 ||
                uses_->of(user.first_result)[0].inst != last)
                return false;
            compare = use.inst;
        }
        bool gains = false;
        for (const Use& use : uses_->of(counter)) {
            const Inst& user = fn_.insts[use.inst];
            if (use.inst == last || !cfg_.is_reachable(user.block) || (!cfg_.contains(loop, user.block) && cfg_.dominates(latch, user.block)))
                return false; // both live on
            gains |= use.inst != step && use.inst != compare && cfg_.contains(loop, user.block) &&
                     (user.block != def->block ? !cfg_.dominates(user.block, def->block) : place(use.inst) > place(step));
        }
        if (!gains) return false;
        for (InstId id : {step, compare}) {
            if (!id.is_valid()) continue;
            std::erase(fn_.blocks[fn_.insts[id].block].insts, id);
            fn_.insts[id].block = latch;
            auto& insts = fn_.blocks[latch].insts;
            insts.insert(insts.end() - 1, id);
        }
        return true;
    }

    Function& fn_;
    const Cfg cfg_;
    std::optional<Uses> uses_; // made for the first that needs it; who uses what does not change
};

} // namespace

bool steps(Module& module, Function& fn) {
    (void)module;
    return Steps(fn).run();
}

} // namespace tn::opt
