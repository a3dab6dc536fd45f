// A list of constants that is only read is not made: the code keeps its bytes.
//
//     xs = list_new 3; ...stores...; ys = seq_set_len xs, 3; load elem (seq_data ys) + i * 8; release ys
// becomes
//     load elem (table "...") + i * 8
//
// Scripts write tables where they use them: `[31, 28, 31, ...][month]`. In a function that is called often, or in a loop,
// making and freeing the list would take many times as long as the look-up. What reads at known places has been
// answered before (gvn), so that nothing is left of lists that loops unrolled have gone through (dce).
#include "ir/uses.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <cstring>

namespace tn::opt {

using namespace ir;

namespace {

constexpr std::int64_t max_bytes = 4096;

// One list, if it is such.
class ConstantList {
public:
    ConstantList(const Module& module, Function& fn, const Uses& uses, const std::vector<std::uint32_t>& places, InstId maker)
        : module_(module), fn_(fn), uses_(uses), places_(places), maker_(maker) {}

    bool find() {
        const Inst& made = fn_.insts[maker_];
        block_ = made.block;
        for (const Use& use : uses_.of(made.first_result)) {
            if (use.is_block_arg) return false;
            const Op op = fn_.insts[use.inst].op;
            if (op == Op::SeqData) addresses_.push_back(use.inst);
            else if (op == Op::SeqSetLen && !set_len_.is_valid()) set_len_ = use.inst;
            else return false;
        }
        if (!set_len_.is_valid() || fn_.insts[set_len_].block != block_ || !find_const(fn_, fn_.operands_of(fn_.insts[set_len_])[1], length_)) return false;
        const std::int64_t stride = module_.descs[DescId(static_cast<std::size_t>(made.imm))].stride;
        if (length_ <= 0 || stride <= 0 || length_ > max_bytes / stride) return false;
        bytes_.resize(static_cast<std::size_t>(length_ * stride));
        for (const Use& use : uses_.of(fn_.insts[set_len_].first_result)) {
            if (use.is_block_arg) return false;
            const Op op = fn_.insts[use.inst].op;
            if (op == Op::SeqData) addresses_.push_back(use.inst);
            else if (op == Op::SeqLen) lengths_.push_back(use.inst);
            else if (op == Op::Release) needless_.push_back(use.inst);
            else return false;
        }
        for (InstId address : addresses_)
            if (!follow(fn_.insts[address].first_result)) return false;
        return true;
    }

    void replace(std::vector<bool>& dead) {
        for (InstId id : lengths_) become(fn_.insts[id], Op::ConstInt, length_);
        for (InstId id : addresses_) become(fn_.insts[id], Op::Table, static_cast<std::int64_t>(fn_.tables.size()));
        fn_.tables.push_back(std::move(bytes_));
        for (InstId id : needless_) dead[id.index()] = true;
        dead[maker_.index()] = dead[set_len_.index()] = true;
    }

private:
    // Constants are stored before the list is whole, and nothing is read before.
    bool follow(ValueId address) {
        for (const Use& use : uses_.of(address)) {
            if (use.is_block_arg || use.index != 0) return false;
            const Inst& inst = fn_.insts[use.inst];
            if (inst.op == Op::Store) {
                if (!note_store(use.inst)) return false;
            } else if (inst.op == Op::ElemAddr || (inst.op == Op::Load && !(inst.flags & Takes))) {
                if (inst.op == Op::ElemAddr && !follow(inst.first_result)) return false;
                if (inst.op == Op::Load && inst.block == block_ && is_before(use.inst, set_len_)) return false;
            } else {
                return false;
            }
        }
        return true;
    }
    bool note_store(InstId id) {
        const Inst& store = fn_.insts[id];
        const Inst* value = find_def(fn_, fn_.operands_of(store)[1]);
        if (store.operands.count != 2 || store.block != block_ || is_before(set_len_, id) || !value ||
            (value->op != Op::ConstInt && value->op != Op::ConstFloat))
            return false;
        const std::size_t size = scalar_size(value->type);
        if (store.imm < 0 || static_cast<std::size_t>(store.imm) + size > bytes_.size()) return false;
        std::memcpy(bytes_.data() + store.imm, &value->imm, size);
        needless_.push_back(id);
        return true;
    }
    bool is_before(InstId a, InstId b) const { return places_[a.index()] < places_[b.index()]; } // of one block
    static void become(Inst& inst, Op op, std::int64_t imm) {
        inst.op = op;
        inst.imm = imm;
        inst.operands.count = 0;
        inst.flags = 0;
    }

    const Module& module_;
    Function& fn_;
    const Uses& uses_;
    const std::vector<std::uint32_t>& places_;
    InstId maker_, set_len_;
    BlockId block_;
    std::int64_t length_ = 0;
    std::string bytes_;
    std::vector<InstId> addresses_, lengths_, needless_;
};

} // namespace

bool tables(Module& module, Function& fn) {
    std::vector<InstId> makers;
    std::vector<std::uint32_t> places(fn.insts.size()); // in their blocks
    for (const Block& block : fn.blocks) {
        if (block.removed) continue;
        std::uint32_t place = 0;
        for (InstId id : block.insts) {
            places[id.index()] = place++;
            if (std::int64_t room = 0; fn.insts[id].op == Op::ListNew && find_const(fn, fn.operands_of(fn.insts[id])[0], room)) makers.push_back(id);
        }
    }
    if (makers.empty()) return false;
    const Uses uses(fn);
    std::vector<bool> dead(fn.insts.size(), false);
    bool changed = false;
    for (InstId maker : makers) {
        ConstantList list(module, fn, uses, places, maker);
        if (!list.find()) continue;
        list.replace(dead);
        changed = true;
    }
    if (changed) remove_insts(fn, dead);
    return changed;
}

} // namespace tn::opt
