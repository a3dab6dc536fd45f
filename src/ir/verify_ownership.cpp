// Ownership as a forward walk: which Owned values the frame holds at each point. A value that is held on
// one way into a block and not on another is a mistake in itself, so one visit per block is enough.
#include "ir/builder.h"
#include "ir/cfg.h"
#include "ir/verify_impl.h"

#include <algorithm>
#include <optional>

namespace tn::ir {

namespace {

class OwnershipWalk {
public:
    OwnershipWalk(const Module& module, const Function& fn, const Cfg& cfg, const Report& report)
        : module_(module),
          fn_(fn),
          cfg_(cfg),
          report_(report),
          entry_held_(fn.blocks.size()),
          is_held_(fn.values.size(), false) {}

    void run() {
        entry_held_[fn_.entry()] = std::vector<ValueId>();
        for (BlockId block : cfg_.order()) visit(block);
    }

private:
    // Only these must be consumed exactly once; Null stands for any number of references.
    bool is_counted(ValueId id) const {
        const Value& value = fn_.values[id];
        if (value.ownership != Ownership::Owned) return false;
        return !value.inst.is_valid() || fn_.insts[value.inst].op != Op::Null;
    }
    bool is_null(ValueId id) const {
        const Value& value = fn_.values[id];
        return value.inst.is_valid() && fn_.insts[value.inst].op == Op::Null;
    }

    void hold(ValueId id) {
        if (!is_counted(id)) return;
        held_.push_back(id);
        is_held_[id.index()] = true;
    }
    void use(BlockId block, InstId inst, ValueId id) {
        if (is_counted(id) && !is_held_[id.index()])
            report_(block, inst, name(id) + " is used after it was consumed");
    }
    void consume(BlockId block, InstId inst, ValueId id) {
        if (is_null(id)) return;
        if (!is_counted(id)) {
            report_(block, inst, name(id) + " is borrowed but consumed");
            return;
        }
        if (!is_held_[id.index()]) {
            report_(block, inst, name(id) + " is consumed twice");
            return;
        }
        is_held_[id.index()] = false;
        std::erase(held_, id);
    }

    void visit(BlockId block) {
        if (!entry_held_[block]) return; // only in a broken graph
        set_held(*entry_held_[block]);
        for (ValueId param : fn_.blocks[block].params) hold(param);
        for (InstId id : fn_.blocks[block].insts) {
            const Inst& inst = fn_.insts[id];
            auto operands = fn_.operands_of(inst);
            for (unsigned i = 0; i < operands.size(); ++i) use(block, id, operands[i]);
            for (unsigned i = 0; i < operands.size(); ++i) {
                if (!consumes_operand(module_, fn_, inst, i)) continue;
                consume(block, id, operands[i]);
                // A borrowed operand beside it would be alive only if somebody else held it too.
                for (unsigned j = 0; j < operands.size(); ++j) {
                    if (j != i && operands[j] == operands[i] && !consumes_operand(module_, fn_, inst, j) &&
                        is_counted(operands[i])) {
                        report_(block, id,
                                name(operands[i]) + " is borrowed by the instruction that consumes it");
                    }
                }
            }
            for (unsigned r = 0; r < inst.result_count; ++r) hold(fn_.result(id, r));
        }
        InstId last = fn_.blocks[block].insts.back();
        const Inst& terminator = fn_.insts[last];
        if (terminator.op == Op::Return) {
            for (ValueId id : held_)
                report_(block, last, name(id) + " is owned but not consumed on this path");
        }
        std::vector<ValueId> at_end = held_;
        for (const Target& target : fn_.targets_of(terminator)) {
            set_held(at_end);
            take_edge(block, last, target);
        }
        set_held({});
    }

    void take_edge(BlockId block, InstId last, const Target& target) {
        auto args = fn_.args_of(target);
        const auto& params = fn_.blocks[target.block].params;
        for (ValueId arg : args) use(block, last, arg);
        for (std::size_t i = 0; i < args.size(); ++i) {
            if (fn_.values[params[i]].ownership == Ownership::Owned) consume(block, last, args[i]);
        }
        std::vector<ValueId> held = held_;
        std::sort(held.begin(), held.end());
        auto& expected = entry_held_[target.block];
        if (!expected) {
            expected = std::move(held);
            return;
        }
        std::vector<ValueId> different;
        std::set_symmetric_difference(held.begin(), held.end(), expected->begin(), expected->end(),
                                      std::back_inserter(different));
        for (ValueId id : different) {
            bool here = std::binary_search(held.begin(), held.end(), id);
            report_(block, last,
                    name(id) + " is " + (here ? "still owned" : "no longer owned") + " on this way into b" +
                        std::to_string(target.block.index()) + ", unlike on another");
        }
    }

    void set_held(const std::vector<ValueId>& values) {
        for (ValueId id : held_) is_held_[id.index()] = false;
        held_ = values;
        for (ValueId id : held_) is_held_[id.index()] = true;
    }
    static std::string name(ValueId id) { return "v" + std::to_string(id.index()); }

    const Module& module_;
    const Function& fn_;
    const Cfg& cfg_;
    const Report& report_;
    IdVec<BlockId, std::optional<std::vector<ValueId>>> entry_held_; // sorted
    std::vector<ValueId> held_;
    std::vector<bool> is_held_; // the same by value
};

} // namespace

void verify_ownership(const Module& module, const Function& fn, const Cfg& cfg, const Report& report) {
    OwnershipWalk(module, fn, cfg, report).run();
}

} // namespace tn::ir
