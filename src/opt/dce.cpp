// Removes what nobody uses: instructions without effect, objects that are made, filled and freed but never read, and
// block parameters with the arguments that feed them. Marks from the instructions that must stay, so cycles through
// loops die too.
#include "ir/builder.h"
#include "ir/cfg.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace tn::opt {

using namespace ir;

namespace {

bool must_stay(const Inst& inst) {
    const std::uint16_t effects = effects_of(inst);
    return (effects & (Writes | Traps | Ends)) || inst.op == Op::Retain;
}

constexpr std::int64_t max_unread = 256; // elements of a list: one that takes much memory may trap, and does

// Objects of the function's own that only instructions here know: whatever makes, fills and frees one is needed
// only if somebody else sees one of its names.
class Unread {
public:
    explicit Unread(const Function& fn) : fn_(fn) {}

    // The object that the instruction is about; none if it is needed for something else.
    ValueId object_of(const Inst& inst) {
        switch (inst.op) {
        case Op::ListNew:
        case Op::BoxNew: return maker(inst);
        case Op::SeqSetLen:
        case Op::Release: return find(fn_.operands_of(inst)[0]);
        case Op::Store: return fn_.values[fn_.operands_of(inst)[1]].type == Scalar::Ref ? ValueId() : find(fn_.operands_of(inst)[0]);
        default: return {};
        }
    }
    // Likewise of a name of it, or the address of what is in it.
    ValueId find(ValueId value) {
        // A list that grows by one element after the other has as many names: each is looked at once.
        const auto known = objects_.find(value);
        if (known != objects_.end()) return known->second;
        std::vector<ValueId> names;
        ValueId object;
        for (;; value = fn_.operands_of(*find_def(fn_, value))[0]) {
            if (const auto seen = objects_.find(value); seen != objects_.end()) {
                object = seen->second;
                break;
            }
            const Inst* def = find_def(fn_, value);
            if (def && (def->op == Op::ListNew || def->op == Op::BoxNew)) object = maker(*def);
            const bool is_name = def && (def->op == Op::SeqSetLen || def->op == Op::SeqData || def->op == Op::BoxData);
            if (!is_name) break;
            names.push_back(value);
        }
        for (ValueId name : names) objects_.emplace(name, object);
        return object;
    }

private:
    ValueId maker(const Inst& inst) const {
        std::int64_t length = 0;
        const auto operands = fn_.operands_of(inst);
        const bool is_small = inst.op == Op::ListNew
                                  ? find_const(fn_, operands[0], length) && length >= 0 && length <= max_unread
                                  : std::ranges::none_of(operands, [&](ValueId v) { return fn_.values[v].type == Scalar::Ref; });
        return is_small ? inst.first_result : ValueId();
    }
    const Function& fn_;
    std::unordered_map<ValueId, ValueId> objects_; // by name
};

} // namespace

bool dce(Module& module, Function& fn) {
    (void)module;
    const auto edges = edges_into(fn); // for the arguments of parameters
    std::vector<std::uint8_t> live(fn.values.size(), false), needed(fn.insts.size(), false);
    std::vector<ValueId> work;
    Unread unread(fn);
    std::vector<std::pair<ValueId, InstId>> waiting; // for their objects to be seen
    auto mark = [&](ValueId value) {
        if (!live[value.index()]) {
            live[value.index()] = true;
            work.push_back(value);
        }
    };
    auto need = [&](InstId id) {
        if (needed[id.index()]) return;
        needed[id.index()] = true;
        for (ValueId v : fn.operands_of(fn.insts[id])) mark(v);
    };
    for (const Block& block : fn.blocks) {
        if (block.removed) continue;
        for (InstId id : block.insts) {
            if (!must_stay(fn.insts[id])) continue;
            if (const ValueId object = unread.object_of(fn.insts[id]); object.is_valid()) waiting.emplace_back(object, id);
            else need(id);
        }
    }
    for (ValueId param : fn.blocks[fn.entry()].params) mark(param);
    // Ways that never end give nothing back, but what is owned where ways meet is the same on all of them.
    for (const Block& block : fn.blocks)
        for (ValueId param : block.params)
            if (!block.removed && fn.values[param].ownership == Ownership::Owned) mark(param);
    std::ranges::sort(waiting);
    while (!work.empty()) {
        const ValueId seen = work.back();
        const Value value = fn.values[seen];
        work.pop_back();
        if (!value.inst.is_valid()) {
            for (const Target* edge : edges.of(value.block)) mark(fn.args_of(*edge)[value.index]);
            continue;
        }
        // Whoever needs a name needs the names before it, and so comes to who made the object.
        need(value.inst);
        for (const auto& [object, id] : std::ranges::equal_range(waiting, seen, {}, &std::pair<ValueId, InstId>::first)) need(id);
    }

    bool changed = false;
    for (std::uint32_t b = 0; b < fn.blocks.size(); ++b) {
        Block& block = fn.blocks[BlockId(b)];
        if (block.removed) continue;
        const std::size_t removed = std::erase_if(block.insts, [&](InstId id) {
            if (needed[id.index()]) return false;
            fn.insts[id].block = BlockId();
            return true;
        });
        changed |= removed != 0;
        if (b == 0) continue;
        for (std::uint32_t i = static_cast<std::uint32_t>(block.params.size()); i-- > 0;) {
            if (live[block.params[i].index()]) continue;
            for (Target* edge : edges.of(BlockId(b))) {
                auto args = fn.args_of(*edge);
                std::move(args.begin() + i + 1, args.end(), args.begin() + i);
                --edge->args.count;
            }
            block.params.erase(block.params.begin() + i);
            changed = true;
        }
        for (std::uint32_t k = 0; k < block.params.size(); ++k) fn.values[block.params[k]].index = k;
    }
    return changed;
}

} // namespace tn::opt
