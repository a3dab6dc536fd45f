#include "opt/ssa_repair.h"

#include "ir/cfg.h"
#include "opt/rewrite.h"

#include <unordered_map>

namespace tn::opt {

using namespace ir;

namespace {

struct UsePlace {
    std::uint32_t slot; // in Function::operands
    BlockId block;
};
using Names = std::unordered_map<std::uint32_t, ValueId>; // by block

class Repair {
public:
    Repair(Function& fn, const std::vector<Redefined>& values, const std::function<bool(BlockId)>& stays)
        : fn_(fn), ways_(named_edges_into(fn)) {
        row_of_.resize(fn.values.size(), none);
        uses_.resize(values.size());
        for (std::uint32_t i = 0; i < values.size(); ++i) row_of_[values[i].value.index()] = i;
        for (std::uint32_t b = 0; b < fn_.blocks.size(); ++b) {
            const Block& block = fn_.blocks[BlockId(b)];
            if (block.removed) continue;
            if (stays(BlockId(b))) continue;
            for (InstId id : block.insts) {
                const Inst& inst = fn_.insts[id];
                note(inst.operands, BlockId(b));
                for (const Target& target : fn_.targets_of(inst)) note(target.args, BlockId(b));
            }
        }
    }

    void run(const std::vector<Redefined>& values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const Redefined& r = values[i];
            const auto& uses = uses_[i];
            if (uses.empty()) continue;
            const Inst* def = find_def(fn_, r.value);
            if (def && def->operands.count == 0 && (op_info(def->op).effects & ~Owned) == Pure)
                repeat_constant(r.value, uses);
            else
                rename(r, uses);
        }
        // Last, since it moves the places of the uses.
        for (const auto& [way, arg] : args_) add_arg(way, arg);
    }

private:
    void note(Range32 range, BlockId block) {
        for (std::uint32_t i = range.first; i < range.first + range.count; ++i)
            if (const std::uint32_t row = row_of_[fn_.operands[i].index()]; row != none) uses_[row].push_back({i, block});
    }

    // Each block that uses the constant gets its own. Null needs no one to consume it, so a parameter, which
    // does, would not do in its place.
    void repeat_constant(ValueId v, const std::vector<UsePlace>& uses) {
        Names made;
        for (const UsePlace& use : uses) {
            auto [name, fresh] = made.try_emplace(use.block.value);
            if (fresh) {
                Inst inst = fn_.insts[fn_.values[v].inst];
                Value value = fn_.values[v];
                inst.block = use.block;
                value.inst = InstId(fn_.insts.size());
                inst.first_result = name->second = fn_.values.push_back(value);
                auto& insts = fn_.blocks[use.block].insts;
                insts.insert(insts.begin(), fn_.insts.push_back(inst));
            }
            fn_.operands[use.slot] = name->second;
        }
    }

    void rename(const Redefined& r, const std::vector<UsePlace>& uses) {
        value_ = r.value;
        at_start_.clear();
        at_end_.clear();
        for (const auto& [block, name] : r.at_end) at_end_[block.value] = name;
        for (const UsePlace& use : uses) fn_.operands[use.slot] = find_at_start(use.block);
        while (!open_.empty()) {
            const BlockId block = open_.back();
            open_.pop_back();
            for (const Edge& way : ways_.of(block)) {
                const BlockId from = fn_.insts[way.inst].block;
                const auto known = at_end_.find(from.value);
                args_.emplace_back(way, known != at_end_.end() ? known->second : find_at_start(from));
            }
        }
    }

    // The value's name where the block begins: its name at the end of the only block before, or a new
    // parameter.
    ValueId find_at_start(BlockId block) {
        std::vector<BlockId> passed;
        ValueId name;
        while (!name.is_valid()) {
            if (const auto known = at_start_.find(block.value); known != at_start_.end()) {
                name = known->second;
            } else if (ways_.of(block).size() == 1) {
                passed.push_back(block);
                block = fn_.insts[ways_.of(block)[0].inst].block;
                if (const auto end = at_end_.find(block.value); end != at_end_.end()) name = end->second;
            } else {
                Value value = fn_.values[value_];
                value.inst = InstId();
                value.block = block;
                value.index = static_cast<std::uint32_t>(fn_.blocks[block].params.size());
                name = fn_.values.push_back(value);
                fn_.blocks[block].params.push_back(name);
                at_start_[block.value] = name;
                open_.push_back(block);
            }
        }
        for (BlockId b : passed) at_start_[b.value] = name;
        return name;
    }

    void add_arg(const Edge& way, ValueId arg) {
        Target& target = fn_.targets_of(fn_.insts[way.inst])[way.target];
        const auto first = static_cast<std::uint32_t>(fn_.operands.size());
        for (std::uint32_t i = 0; i < target.args.count; ++i) {
            const ValueId old = fn_.operands[target.args.first + i];
            fn_.operands.push_back(old);
        }
        fn_.operands.push_back(arg);
        target.args = {first, target.args.count + 1};
    }

    static constexpr std::uint32_t none = 0xffffffffu;

    Function& fn_;
    std::vector<std::uint32_t> row_of_;        // by value: its number among those that are renamed, or none
    std::vector<std::vector<UsePlace>> uses_;  // by that number
    FlatLists<BlockId, Edge> ways_;            // into each block
    std::vector<std::pair<Edge, ValueId>> args_; // of the new parameters, in their order
    ValueId value_;                            // the one that is being renamed
    Names at_start_, at_end_;
    std::vector<BlockId> open_; // new parameters whose arguments are still to be found
};

} // namespace

void repair_uses(Function& fn, const std::vector<Redefined>& values,
                 const std::function<bool(BlockId)>& stays) {
    Repair(fn, values, stays).run(values);
}

} // namespace tn::opt
