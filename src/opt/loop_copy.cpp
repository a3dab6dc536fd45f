#include "opt/loop_copy.h"

#include "ir/builder.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tn::opt {

using namespace ir;

namespace {

class LoopCopy {
public:
    LoopCopy(Function& fn, const Cfg& cfg, LoopId loop)
        : fn_(fn), cfg_(cfg), header_(cfg.loops()[loop].header) {
        for (BlockId block : cfg.loops()[loop].blocks) add(block);
        // What leads to a trap is copied, too: it needs no way back together.
        for (std::size_t i = 0; i < region_.size(); ++i)
            for (const Target& target : successors(fn_, region_[i]))
                if ((fn_.blocks[target.block].cold || fn_.terminator(target.block).op == Op::Trap) && !in_region(target.block) &&
                    is_entered_from_here(target.block))
                    add(target.block);
    }

    BlockId run() {
        find_exits();
        find_live_outs();
        if (!live_outs_.empty() && exits_.size() != 1) return {};
        for (BlockId exit : exits_) make_exit(exit);
        copy();
        return blocks_.at(header_);
    }

private:
    void add(BlockId block) {
        region_.push_back(block);
        members_.insert(block);
    }
    bool in_region(BlockId block) const { return members_.contains(block); }
    bool is_entered_from_here(BlockId block) const {
        return std::ranges::all_of(cfg_.predecessors(block), [&](BlockId p) { return in_region(p); });
    }

    void find_exits() {
        for (BlockId block : region_)
            for (const Target& target : successors(fn_, block))
                if (!in_region(target.block) && std::ranges::find(exits_, target.block) == exits_.end())
                    exits_.push_back(target.block);
    }
    void find_live_outs() {
        std::vector<bool> seen(fn_.values.size(), false);
        for (std::uint32_t b = 0; b < fn_.blocks.size();
             ++b) { // copies of other loops, too, which the Cfg does not know
            const BlockId block(b);
            if (in_region(block) || fn_.blocks[block].removed) continue;
            for (InstId id : fn_.blocks[block].insts) {
                const Inst& inst = fn_.insts[id];
                for (ValueId v : fn_.operands_of(inst)) note_live_out(v, seen);
                for (const Target& target : fn_.targets_of(inst))
                    for (ValueId v : fn_.args_of(target)) note_live_out(v, seen);
            }
        }
    }
    void note_live_out(ValueId v, std::vector<bool>& seen) {
        const Value& value = fn_.values[v];
        if (seen[v.index()] || !in_region(value.inst.is_valid() ? fn_.insts[value.inst].block : value.block))
            return;
        seen[v.index()] = true;
        live_outs_.push_back(v);
    }

    Range32 add_operands(const std::vector<ValueId>& values) {
        const Range32 range{static_cast<std::uint32_t>(fn_.operands.size()),
                            static_cast<std::uint32_t>(values.size())};
        fn_.operands.insert(fn_.operands.end(), values.begin(), values.end());
        return range;
    }
    ValueId add_param(BlockId block, Value like) {
        like.inst = InstId();
        like.block = block;
        like.index = static_cast<std::uint32_t>(fn_.blocks[block].params.size());
        const ValueId id = fn_.values.push_back(like);
        fn_.blocks[block].params.push_back(id);
        return id;
    }

    // A block between the loop and `exit` that takes the exit's arguments and the values that are used behind
    // it.
    void make_exit(BlockId exit) {
        Block block;
        block.cold = fn_.blocks[exit].cold;
        const BlockId between = fn_.blocks.push_back(std::move(block));
        std::vector<ValueId> args;
        for (std::size_t i = 0; i < fn_.blocks[exit].params.size(); ++i)
            args.push_back(add_param(between, fn_.values[fn_.blocks[exit].params[i]]));
        std::unordered_map<ValueId, ValueId> renamed;
        for (ValueId v : live_outs_) renamed[v] = add_param(between, fn_.values[v]);
        for (std::uint32_t b = 0; b < fn_.blocks.size() && !renamed.empty(); ++b) {
            const BlockId outside(b);
            if (in_region(outside) || fn_.blocks[outside].removed) continue;
            for (InstId id : fn_.blocks[outside].insts) {
                Inst& inst = fn_.insts[id];
                rename(fn_.operands_of(inst), renamed);
                for (const Target& target : fn_.targets_of(inst)) rename(fn_.args_of(target), renamed);
            }
        }
        for (BlockId from : region_) {
            for (Target& target : fn_.targets_of(fn_.insts[fn_.blocks[from].insts.back()])) {
                if (target.block != exit) continue;
                std::vector<ValueId> all(fn_.args_of(target).begin(), fn_.args_of(target).end());
                all.insert(all.end(), live_outs_.begin(), live_outs_.end());
                target = {between, add_operands(all)};
            }
        }
        Inst jump;
        jump.op = Op::Jump;
        jump.loc = fn_.terminator(header_).loc;
        jump.block = between;
        jump.first_target = static_cast<std::uint32_t>(fn_.targets.size());
        jump.target_count = 1;
        fn_.targets.push_back({exit, add_operands(args)});
        fn_.blocks[between].insts.push_back(fn_.insts.push_back(jump));
    }
    static void rename(std::span<ValueId> values, const std::unordered_map<ValueId, ValueId>& renamed) {
        for (ValueId& v : values)
            if (const auto it = renamed.find(v); it != renamed.end()) v = it->second;
    }

    ValueId copy_of(ValueId v) const {
        const auto it = values_.find(v);
        return it == values_.end() ? v : it->second;
    }
    Range32 copies_of(Range32 range) {
        std::vector<ValueId> values;
        for (std::uint32_t i = 0; i < range.count; ++i)
            values.push_back(copy_of(fn_.operands[range.first + i]));
        return add_operands(values);
    }

    void copy() {
        for (BlockId block : region_) {
            Block made;
            made.cold = fn_.blocks[block].cold;
            const BlockId twin = fn_.blocks.push_back(std::move(made));
            blocks_[block] = twin;
            for (std::size_t p = 0; p < fn_.blocks[block].params.size(); ++p) {
                const ValueId param = fn_.blocks[block].params[p];
                values_[param] = add_param(twin, fn_.values[param]);
            }
        }
        // All results exist before any operand is copied.
        std::vector<std::pair<InstId, InstId>> made;
        for (BlockId block : region_) {
            const BlockId twin = blocks_.at(block);
            for (InstId id : fn_.blocks[block].insts) {
                Inst inst = fn_.insts[id];
                const InstId twin_id(fn_.insts.size());
                inst.block = twin;
                for (unsigned r = 0; r < inst.result_count; ++r) {
                    Value value = fn_.values[fn_.result(id, r)];
                    value.inst = twin_id;
                    const ValueId result = fn_.values.push_back(value);
                    values_[fn_.result(id, r)] = result;
                    if (r == 0) inst.first_result = result;
                }
                fn_.insts.push_back(inst);
                fn_.blocks[twin].insts.push_back(twin_id);
                made.emplace_back(id, twin_id);
            }
        }
        for (auto [id, twin] : made) {
            const Range32 operands = copies_of(fn_.insts[id].operands);
            const std::uint32_t first = static_cast<std::uint32_t>(fn_.targets.size());
            for (std::uint32_t t = 0; t < fn_.insts[id].target_count; ++t) {
                const Target target = fn_.targets[fn_.insts[id].first_target + t];
                const auto block = blocks_.find(target.block);
                fn_.targets.push_back(
                    {block == blocks_.end() ? target.block : block->second, copies_of(target.args)});
            }
            fn_.insts[twin].operands = operands;
            fn_.insts[twin].first_target = first;
        }
    }

    Function& fn_;
    const Cfg& cfg_;
    BlockId header_;
    std::vector<BlockId> region_;
    std::unordered_set<BlockId> members_;
    std::vector<BlockId> exits_;
    std::vector<ValueId> live_outs_;
    std::unordered_map<BlockId, BlockId> blocks_;
    std::unordered_map<ValueId, ValueId> values_;
};

} // namespace

BlockId copy_loop(Function& fn, const Cfg& cfg, LoopId loop) { return LoopCopy(fn, cfg, loop).run(); }

BlockId latch_of_copy(const Function& fn, BlockId header) {
    for (std::uint32_t b = header.index();; ++b)
        for (const Target& target : successors(fn, BlockId(b)))
            if (target.block == header) return BlockId(b);
}

} // namespace tn::opt
