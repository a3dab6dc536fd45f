#include "codegen/kept_constants.h"

#include <algorithm>
#include <unordered_map>

namespace tn::codegen {

namespace {

class Keeper {
public:
    explicit Keeper(MachineFunction& mf) : mf_(mf) {}

    void run(unsigned most_ints, unsigned most_floats) {
        find_nests();
        find_candidates();
        std::stable_sort(candidates_.begin(), candidates_.end(),
                         [](const Candidate& a, const Candidate& b) { return a.weight > b.weight; });
        std::unordered_map<std::uint32_t, unsigned> room[2]; // by nest
        for (const Candidate& c : candidates_) {
            const bool ints = class_of(mf_.type_of(c.value)) == RegClass::Int;
            unsigned& used = room[ints ? 0 : 1][c.nest];
            if (used == (ints ? most_ints : most_floats) || !kept_.try_emplace(c.value.index(), c.nest).second)
                continue;
            ++used;
            made_.push_back(c);
        }
        if (made_.empty()) return;
        use_registers();
        insert();
    }

private:
    struct Candidate {
        ir::ValueId value;
        std::uint32_t nest = 0; // in loops
        float weight = 0;
    };

    bool calls(const MachineBlock& block) const {
        for (std::uint32_t i = block.first_inst; i < block.end_inst; ++i) {
            if (mf_.insts[i].clobbers != 0) return true;
        }
        return false;
    }

    // The one block from which a loop is entered.
    std::uint32_t entered_from(const MachineLoop& loop) const {
        const MachineBlock& header = mf_.blocks[loop.first_block];
        std::uint32_t from = no_index;
        for (std::uint32_t p = 0; p < header.pred_count; ++p) {
            const std::uint32_t pred = mf_.edges[mf_.pred_edges[header.first_pred + p]].from;
            if (pred >= loop.first_block && pred < loop.end_block) continue;
            if (from != no_index) return no_index;
            from = pred;
        }
        return from;
    }

    // For every loop the outermost one around it that has no calls, or none.
    void find_nests() {
        nest_.assign(mf_.loops.size(), no_index);
        for (std::uint32_t n = 0; n < mf_.loops.size(); ++n) { // parents come first
            const MachineLoop& loop = mf_.loops[n];
            if (loop.parent != no_index) nest_[n] = nest_[loop.parent];
            if (nest_[n] != no_index || entered_from(loop) == no_index) continue;
            bool quiet = true;
            for (std::uint32_t b = loop.first_block; b < loop.end_block && quiet; ++b)
                quiet = mf_.blocks[b].cold || !calls(mf_.blocks[b]);
            if (quiet) nest_[n] = n;
        }
    }

    bool is_kept_kind(const Operand& operand) const {
        if (operand.kind != OperandKind::Temp || !operand.value.is_valid()) return false;
        const ir::Op op = mf_.def_inst(operand.value)->op;
        return op == ir::Op::ConstInt || op == ir::Op::ConstFloat;
    }

    template <typename F> void for_each_use(F&& f) {
        for (const MachineBlock& block : mf_.blocks) {
            if (block.loop == no_index || nest_[block.loop] == no_index) continue;
            for (std::uint32_t i = block.first_inst; i < block.end_inst; ++i) {
                const MachineInst& inst = mf_.insts[i];
                for (std::uint32_t o = inst.first_operand; o < inst.first_operand + inst.operand_count; ++o) {
                    if (is_kept_kind(mf_.operands[o])) f(mf_.operands[o], block);
                }
            }
        }
    }

    void find_candidates() {
        std::unordered_map<std::uint64_t, std::size_t> known; // by nest and value
        for_each_use([&](const Operand& operand, const MachineBlock& block) {
            if (block.cold) return;
            const std::uint32_t nest = nest_[block.loop];
            const std::uint64_t key = std::uint64_t(nest) << 32 | operand.value.index();
            auto [it, added] = known.try_emplace(key, candidates_.size());
            if (added) candidates_.push_back({operand.value, nest, 0});
            candidates_[it->second].weight += block.weight;
        });
    }

    void use_registers() {
        for_each_use([&](Operand& operand, const MachineBlock& block) {
            const auto kept = kept_.find(operand.value.index());
            if (kept != kept_.end() && kept->second == nest_[block.loop]) operand.kind = OperandKind::LateUse;
        });
    }

    // Before the last instruction of the blocks that lead into the loops.
    void insert() {
        std::vector<std::vector<ir::ValueId>> at(mf_.blocks.size());
        for (const Candidate& c : made_) at[entered_from(mf_.loops[c.nest])].push_back(c.value);
        std::vector<MachineInst> insts;
        insts.reserve(mf_.insts.size() + made_.size());
        for (std::uint32_t b = 0; b < mf_.blocks.size(); ++b) {
            MachineBlock& block = mf_.blocks[b];
            const auto first = static_cast<std::uint32_t>(insts.size());
            insts.insert(insts.end(), mf_.insts.begin() + block.first_inst, mf_.insts.begin() + (block.end_inst - 1));
            for (ir::ValueId value : at[b]) {
                const auto operand = static_cast<std::uint32_t>(mf_.operands.size());
                Operand def;
                def.value = value;
                def.kind = OperandKind::Def;
                def.reg_class = class_of(mf_.type_of(value));
                mf_.operands.push_back(def);
                insts.push_back({mf_.fn->values[value].inst, operand, 1, false, false, 0});
            }
            insts.push_back(mf_.insts[block.end_inst - 1]);
            block.first_inst = first;
            block.end_inst = static_cast<std::uint32_t>(insts.size());
        }
        mf_.insts = std::move(insts);
    }

    MachineFunction& mf_;
    std::vector<std::uint32_t> nest_; // by loop
    std::vector<Candidate> candidates_, made_;
    std::unordered_map<std::uint32_t, std::uint32_t> kept_; // nests by value
};

} // namespace

void keep_constants(MachineFunction& mf, unsigned most_ints, unsigned most_floats) {
    if (!mf.loops.empty()) Keeper(mf).run(most_ints, most_floats);
}

} // namespace tn::codegen
