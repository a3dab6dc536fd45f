#include "codegen/regalloc_verify.h"

#include "support/ice.h"

#include <string>

namespace tn::codegen {

namespace {

constexpr std::uint32_t unknown = 0xffffffffu;

class Verifier {
public:
    Verifier(const MachineFunction& mf, const CallPlan& params, const RegisterFile& registers)
        : mf_(mf),
          params_(params),
          registers_(registers),
          incoming_(register_count + mf.slot_count),
          size_(incoming_ + params.stack_count + 1) {}

    void run() {
        std::vector<std::vector<std::uint32_t>> entry(mf_.blocks.size());
        State state(size_, unknown);
        std::vector<std::uint32_t> work;
        const MachineInst& start = mf_.insts[0];
        for (std::uint32_t i = 0; i < start.operand_count; ++i) {
            const Operand& o = mf_.operands[start.first_operand + i];
            // A stack argument stays in its place besides.
            if (params_.args[i].kind == Location::Incoming) state[index(params_.args[i])] = o.value.index();
            if (o.location.kind != Location::None) state[index(o.location)] = o.value.index();
        }
        entry[0] = state;
        work.push_back(0);
        std::vector<bool> queued(mf_.blocks.size(), false);
        while (!work.empty()) {
            const std::uint32_t b = work.back();
            work.pop_back();
            queued[b] = false;
            state = entry[b];
            walk(mf_.blocks[b], state);
            for (std::uint32_t s = 0; s < mf_.blocks[b].succ_count; ++s) {
                const Edge& edge = mf_.edges[mf_.blocks[b].first_succ + s];
                State next = state;
                for (std::uint32_t k = 0; k < mf_.blocks[b].succ_count; ++k) { // moves made before the branch
                    const Edge& other = mf_.edges[mf_.blocks[b].first_succ + k];
                    if (k != s && other.place == EdgePlace::PredEnd) overwrite(other, next);
                }
                if (edge.place == EdgePlace::PredEnd) overwrite_operands(edge, mf_.blocks[b]);
                follow(edge, next);
                if (merge(entry[edge.to], next) && !queued[edge.to]) {
                    queued[edge.to] = true;
                    work.push_back(edge.to);
                }
            }
        }
    }

private:
    using State = std::vector<std::uint32_t>;

    std::size_t index(Location l) const {
        switch (l.kind) {
        case Location::Register: return l.index;
        case Location::Slot: return register_count + l.index;
        case Location::Incoming: return incoming_ + l.index;
        case Location::None:
        case Location::Outgoing:
        case Location::Constant: break;
        }
        TN_ICE("location in an allocation, in " + mf_.fn->name);
    }

    [[noreturn]] void wrong(const char* what, std::uint32_t inst, std::uint32_t value) const {
        TN_ICE(std::string("allocation of ") + mf_.fn->name + ": " + what + ", instruction " +
               std::to_string(inst) + ", v" + std::to_string(value));
    }

    static bool merge(State& into, const State& from) {
        if (into.empty()) {
            into = from;
            return true;
        }
        bool changed = false;
        for (std::size_t i = 0; i < into.size(); ++i) {
            if (into[i] == from[i] || into[i] == unknown) continue;
            into[i] = unknown;
            changed = true;
        }
        return changed;
    }

    void apply(const Move* moves, std::uint32_t count, State& state) const {
        scratch_.clear();
        for (std::uint32_t i = 0; i < count; ++i) {
            scratch_.push_back(moves[i].from.kind == Location::Constant ? moves[i].from.index
                                                                        : state[index(moves[i].from)]);
        }
        for (std::uint32_t i = 0; i < count; ++i) state[index(moves[i].to)] = scratch_[i];
    }

    void walk(const MachineBlock& block, State& state) const {
        std::size_t next_moves = 0;
        while (next_moves < mf_.moves_before.size() && mf_.moves_before[next_moves].inst < block.first_inst)
            ++next_moves;
        for (std::uint32_t i = block.first_inst; i < block.end_inst; ++i) {
            if (next_moves < mf_.moves_before.size() && mf_.moves_before[next_moves].inst == i) {
                const MovesBefore& m = mf_.moves_before[next_moves++];
                apply(mf_.inst_moves.data() + m.first_move, m.move_count, state);
            }
            if (i != block.first_inst) step(i, state);
        }
    }

    void step(std::uint32_t i, State& state) const {
        const MachineInst& inst = mf_.insts[i];
        RegMask late = inst.clobbers, defined = 0;
        for (std::uint32_t o = inst.first_operand; o < inst.first_operand + inst.operand_count; ++o) {
            const Operand& operand = mf_.operands[o];
            const Location l = operand.location;
            if (l.kind == Location::None) wrong("operand without location", i, operand.value.value);
            if (operand.in_register && !l.is_register())
                wrong("operand is not in a register", i, operand.value.value);
            if (l.is_register() && !(registers_.allocatable & mask_of(l.index)))
                wrong("reserved register", i, operand.value.value);
            if (operand.kind == OperandKind::Use || operand.kind == OperandKind::LateUse) {
                if (state[index(l)] != operand.value.index())
                    wrong("operand is not where it should be", i, operand.value.value);
            }
            if (l.is_register() && operand.kind != OperandKind::Use) {
                if (operand.kind != OperandKind::Def && (late & mask_of(l.index))) {
                    // The same late value twice is no conflict.
                    if (!(operand.kind == OperandKind::LateUse && !(inst.clobbers & mask_of(l.index)) &&
                          same_late(inst, o))) {
                        wrong("register is taken within the instruction", i, operand.value.value);
                    }
                }
                if (operand.kind == OperandKind::Def) {
                    if (((late & ~inst.clobbers) | defined) & mask_of(l.index))
                        wrong("result over another operand", i, operand.value.value);
                    defined |= mask_of(l.index);
                } else {
                    late |= mask_of(l.index);
                }
            }
        }
        for_each_register(inst.clobbers, [&](unsigned reg) { state[reg] = unknown; });
        for (std::uint32_t o = inst.first_operand; o < inst.first_operand + inst.operand_count; ++o) {
            const Operand& operand = mf_.operands[o];
            if (operand.kind == OperandKind::Temp) state[index(operand.location)] = unknown;
        }
        for (std::uint32_t o = inst.first_operand; o < inst.first_operand + inst.operand_count; ++o) {
            const Operand& operand = mf_.operands[o];
            if (operand.kind != OperandKind::Def) continue;
            for (std::uint32_t& holds : state) { // the value of the last time round
                if (holds == operand.value.index()) holds = unknown;
            }
            state[index(operand.location)] = operand.value.index();
        }
    }

    bool same_late(const MachineInst& inst, std::uint32_t operand) const {
        for (std::uint32_t o = inst.first_operand; o < operand; ++o) {
            if (mf_.operands[o].location == mf_.operands[operand].location &&
                (mf_.operands[o].kind == OperandKind::LateUse || mf_.operands[o].kind == OperandKind::Temp)) {
                return mf_.operands[o].value == mf_.operands[operand].value &&
                       mf_.operands[o].kind == OperandKind::LateUse;
            }
        }
        return false;
    }

    void overwrite(const Edge& edge, State& state) const {
        for (std::uint32_t m = edge.first_move; m < edge.first_move + edge.move_count; ++m) {
            state[index(mf_.edge_moves[m].to)] = unknown;
        }
    }

    // The branch reads its operands behind the moves.
    void overwrite_operands(const Edge& edge, const MachineBlock& block) const {
        const MachineInst& inst = mf_.insts[block.end_inst - 1];
        for (std::uint32_t m = edge.first_move; m < edge.first_move + edge.move_count; ++m) {
            for (std::uint32_t o = inst.first_operand; o < inst.first_operand + inst.operand_count; ++o) {
                if (mf_.operands[o].location == mf_.edge_moves[m].to)
                    wrong("move over an operand of the branch", block.end_inst - 1, 0);
            }
        }
    }

    void follow(const Edge& edge, State& state) const {
        apply(mf_.edge_moves.data() + edge.first_move, edge.move_count, state);
        // The arguments have become the parameters.
        const ir::Target& t = mf_.fn->targets[edge.target];
        const auto& params = mf_.fn->blocks[t.block].params;
        auto args = mf_.fn->args_of(t);
        const MachineInst& start = mf_.insts[mf_.blocks[edge.to].first_inst];
        // Whatever else held a parameter's value held that of the last time round.
        for (std::uint32_t i = 0; i < start.operand_count; ++i) {
            const Location l = mf_.operands[start.first_operand + i].location;
            if (l.kind == Location::None) continue;
            if (state[index(l)] != args[i].index())
                wrong("argument is not where its parameter is", edge.from, args[i].index());
        }
        for (std::uint32_t& holds : state) {
            for (ir::ValueId p : params) {
                if (holds == p.index()) holds = unknown;
            }
        }
        for (std::uint32_t i = 0; i < start.operand_count; ++i) {
            const Location l = mf_.operands[start.first_operand + i].location;
            if (l.kind != Location::None) state[index(l)] = params[i].index();
        }
    }

    const MachineFunction& mf_;
    const CallPlan& params_;
    const RegisterFile& registers_;
    std::size_t incoming_, size_;
    mutable std::vector<std::uint32_t> scratch_;
};

} // namespace

void verify_allocation(const MachineFunction& mf, const CallPlan& params, const RegisterFile& registers) {
    Verifier(mf, params, registers).run();
}

} // namespace tn::codegen
