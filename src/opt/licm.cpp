// Loop-invariant code motion: what has the same value in every iteration moves in front of the loop.
//
// Instructions without effect move from anywhere in the loop. Tests that may trap move only from the start of
// the header, or from where short ways from there meet, before anything else that can be seen: they would have been
// the first thing to happen anyway. The bounds test of an index that falls from round to round is made there for the
// first round, which is the highest: the one in the loop is then for `ranges` to remove. Loads of elements also move from behind arithmetic that may trap, which says nothing of where they may read.
// Constants stay where they are used; registers are dearer.
#include "ir/builder.h"
#include "opt/loops.h"
#include "opt/memory.h"
#include "opt/nulls.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

class Hoister {
public:
    Hoister(const Module& module, Function& fn) : fn_(fn), cfg_(fn), nulls_(module, fn), read_only_(fn) {}

    bool run() {
        for (std::uint32_t l = static_cast<std::uint32_t>(cfg_.loops().size()); l-- > 0;) {
            const Loop& loop = cfg_.loops()[LoopId(l)];
            if (loop.preheader.is_valid()) visit(LoopId(l), loop);
        }
        return changed_;
    }

private:
    bool is_constant(const Inst& inst) const { return inst.op == Op::ConstInt || inst.op == Op::ConstFloat; }
    bool is_address(const Inst& inst) const {
        return inst.op == Op::Literal || inst.op == Op::Empty || inst.op == Op::InstanceData || inst.op == Op::Table;
    }

    bool is_outside(LoopId loop, ValueId value) const {
        const Value& v = fn_.values[value];
        return !cfg_.contains(loop, v.inst.is_valid() ? fn_.insts[v.inst].block : v.block);
    }
    bool is_invariant(LoopId loop, ValueId value) const {
        if (is_outside(loop, value)) return true;
        const Value& v = fn_.values[value];
        return v.inst.is_valid() && (is_constant(fn_.insts[v.inst]) || is_address(fn_.insts[v.inst]));
    }
    bool has_invariant_operands(LoopId loop, const Inst& inst) const {
        for (ValueId v : fn_.operands_of(inst))
            if (!is_invariant(loop, v)) return false;
        return true;
    }

    // A division proven safe by a condition around it must not run where the condition does not hold.
    bool is_conditional_division(const Inst& inst) const {
        std::int64_t divisor = 0;
        return (inst.op == Op::Div || inst.op == Op::Rem) &&
               (!find_const(fn_, fn_.operands_of(inst)[1], divisor) || divisor == 0 || divisor == -1);
    }

    // A comparison only for the branch behind it is flags there; in front of the loop it would need a register.
    bool is_for_branch(const Inst& inst) {
        if (inst.op != Op::ICmp) return false;
        const Inst& last = fn_.terminator(inst.block);
        if (last.op != Op::Branch || fn_.operands_of(last)[0] != inst.first_result) return false;
        if (use_count_.empty()) {
            use_count_.resize(fn_.values.size(), 0);
            for (const Block& block : fn_.blocks)
                for (InstId id : block.insts) {
                    for (ValueId v : fn_.operands_of(fn_.insts[id])) ++use_count_[v.index()];
                    for (const Target& target : fn_.targets_of(fn_.insts[id]))
                        for (ValueId v : fn_.args_of(target)) ++use_count_[v.index()];
                }
        }
        return use_count_[inst.first_result.index()] == 1;
    }
    // Traps that prove nothing of an address that is the same in every round: what `Ranges` learns, it learns of tests.
    bool is_arithmetic(const Inst& inst) const {
        std::int64_t amount = 0;
        switch (inst.op) {
        case Op::Add:
        case Op::Sub:
        case Op::Mul:
        case Op::Neg: return true;
        case Op::Shl:
        case Op::Shr: return find_const(fn_, fn_.operands_of(inst)[1], amount);
        default: return false;
        }
    }
    bool is_element(const Inst& load) const {
        if (load.aux != static_cast<std::uint32_t>(MemoryClass::Element) || load.flags & Takes) return false;
        return find_object(fn_, fn_.operands_of(load)[0]).is_valid();
    }
    bool loop_writes(const Loop& loop, const Inst& load) const {
        if (read_only_.contains(fn_, fn_.operands_of(load)[0])) return false;
        for (BlockId block : loop.blocks) {
            for (InstId id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[id];
                if (is_call(inst.op) || inst.op == Op::Lanes) return true;
                if (may_write(fn_, inst, load.aux, load.type) && !(inst.op == Op::Store && are_fields_apart(fn_, inst, load))) return true;
            }
        }
        return false;
    }

    void hoist(LoopId loop, BlockId preheader, InstId id) {
        // Constants among the operands go first.
        for (ValueId v : fn_.operands_of(fn_.insts[id])) {
            const InstId def = fn_.values[v].inst;
            if (!is_outside(loop, v)) place(preheader, def);
        }
        place(preheader, id);
        changed_ = true;
    }
    void place(BlockId preheader, InstId id) {
        fn_.insts[id].block = preheader;
        auto& insts = fn_.blocks[preheader].insts;
        insts.insert(insts.end() - 1, id);
    }

    bool falls(const Loop& loop, std::uint32_t param) const {
        for (BlockId latch : loop.latches)
            for (const Target& target : fn_.targets_of(fn_.terminator(latch))) {
                if (target.block != loop.header) continue;
                const Inst* step = find_def(fn_, fn_.args_of(target)[param]);
                std::int64_t c = 0;
                if (!step || (step->op != Op::Sub && step->op != Op::WrapSub) || fn_.operands_of(*step)[0] != fn_.blocks[loop.header].params[param] ||
                    !find_const(fn_, fn_.operands_of(*step)[1], c) || c <= 0)
                    return false;
            }
        return true;
    }
    void test_first_round(LoopId id, const Loop& loop, InstId test_id) {
        const Inst& test = fn_.insts[test_id];
        const Value& index = fn_.values[fn_.operands_of(test)[0]];
        const ValueId length = fn_.operands_of(test)[1];
        if (index.inst.is_valid() || index.block != loop.header || !is_outside(id, length) || !falls(loop, index.index)) return;
        auto& insts = fn_.blocks[loop.preheader].insts;
        const ValueId operands[] = {fn_.args_of(fn_.targets_of(fn_.insts[insts.back()])[0])[index.index], length};
        for (InstId other : insts)
            if (fn_.insts[other].op == Op::Bounds && std::ranges::equal(fn_.operands_of(fn_.insts[other]), operands)) return;
        Inst first = test;
        first.block = loop.preheader;
        const InstId made = Rewriter(fn_).make(first, operands);
        insts.insert(insts.end() - 1, made);
        changed_ = true;
    }

    // Where both ways of the block's branch meet again, if nothing can be seen on either.
    BlockId meeting_of(BlockId block) const {
        const Inst& last = fn_.terminator(block);
        if (last.op != Op::Branch) return BlockId();
        const auto targets = fn_.targets_of(last);
        BlockId ends[2];
        for (unsigned t = 0; t < 2; ++t) {
            ends[t] = targets[t].block;
            if (ends[t] == targets[1 - t].block || cfg_.predecessors(ends[t]).size() != 1 || fn_.terminator(ends[t]).op != Op::Jump) continue;
            for (InstId id : fn_.blocks[ends[t]].insts)
                if (effects_of(fn_.insts[id]) & (Writes | Traps)) return BlockId();
            ends[t] = fn_.targets_of(fn_.terminator(ends[t]))[0].block;
        }
        if (ends[0] != ends[1] || ends[0] == block) return BlockId();
        for (BlockId from : cfg_.predecessors(ends[0]))
            if (from != block && from != targets[0].block && from != targets[1].block) return BlockId();
        return ends[0];
    }

    void visit(LoopId id, const Loop& loop) {
        // Where nothing visible, or no more than arithmetic, has happened since the loop was entered.
        BlockId start = loop.header, untested = loop.header;
        for (BlockId block : loop.blocks) {
            if (fn_.blocks[block].cold) continue;
            bool at_start = block == start, is_untested = block == untested;
            // A copy: hoisting moves instructions out of the list.
            const std::vector<InstId> insts = fn_.blocks[block].insts;
            for (InstId inst_id : insts) {
                const Inst& inst = fn_.insts[inst_id];
                if (inst.block != block) continue; // a constant that has moved already
                const std::uint16_t effects = effects_of(inst);
                const bool owns =
                    inst.result_count == 1 && fn_.values[inst.first_result].ownership == Ownership::Owned;
                if (effects & Ends) break;
                // A pure function of the host's is not called with what the script never gives it.
                const bool pure = !(effects & (Reads | Writes | Traps)) && inst.op != Op::CallHost &&
                                  !is_conditional_division(inst);
                const bool early_test = at_start && !(effects & (Reads | Writes)) && inst.op != Op::Poll &&
                                        inst.op != Op::CallRuntime;
                const bool early_load = inst.op == Op::Load && (at_start || (is_untested && is_element(inst)));
                if (!owns && !is_constant(inst) && !is_address(inst) && !is_for_branch(inst) && (pure || early_test || early_load) &&
                    has_invariant_operands(id, inst) && !(early_load && loop_writes(loop, inst)) &&
                    (at_start || nulls_.can_follow(cfg_, inst, loop.preheader))) {
                    hoist(id, loop.preheader, inst_id);
                    continue;
                }
                const bool tests_first = inst.op == Op::Bounds && at_start && block == loop.header;
                // Whether fuel or a test ends the call first makes no difference to a script.
                const bool meters = inst.op == Op::Poll && inst.aux == 1;
                if ((effects & (Writes | Traps)) && !meters) {
                    at_start = false;
                    is_untested = is_untested && is_arithmetic(inst);
                }
                if (tests_first) test_first_round(id, loop, inst_id); // makes an instruction: `inst` is gone
            }
            if (!is_untested) continue;
            const BlockId next = meeting_of(block);
            untested = next;
            if (at_start) start = next;
        }
        // Constants may have come from any block, also from one that was not looked at.
        for (BlockId block : loop.blocks)
            std::erase_if(fn_.blocks[block].insts, [&](InstId i) { return fn_.insts[i].block != block; });
    }

    Function& fn_;
    Cfg cfg_;
    Nulls nulls_; // a test of a tag in the loop may stand before what it guards
    ReadOnly read_only_;
    std::vector<std::uint32_t> use_count_; // by value, once somebody asks
    bool changed_ = false;
};

} // namespace

bool licm(Module& module, Function& fn) {
    return with_preheaders(fn, [&] { return Hoister(module, fn).run(); });
}

} // namespace tn::opt
