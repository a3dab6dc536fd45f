// The dispatch of operations, and the paths to traps at the end of a function.
#include "codegen/a64/a64.h"

#include <bit>

namespace tn::codegen::a64 {

void FunctionEmitter::start() {
    a_.far = may_be_large();
    on_host_stack_ = false;
}

void FunctionEmitter::jump(Label target) { a_.b(target); }

// Whether a conditional branch could have to reach further than it can, with some room: a branch and a
// literal reach a megabyte, and constants may wait for a quarter of one.
bool FunctionEmitter::may_be_large() const {
    constexpr std::size_t per_inst = 24, per_operand = 6, per_move = 4, limit = 120'000; // instructions
    std::size_t moves = mf_->inst_moves.size() + mf_->edge_moves.size() + mf_->edges.size();
    for (const LiveAcross& live : mf_->live_across)
        moves += static_cast<std::size_t>(2 * std::popcount(live.registers));
    return mf_->insts.size() * per_inst + mf_->operands.size() * per_operand + moves * per_move > limit;
}

void FunctionEmitter::dispatch(const ir::Inst& inst) {
    switch (inst.op) {
#define OP(name, text, operands, results, effects, consumes)                                                 \
    case Op::name:                                                                                           \
        op(OpTag<Op::name>{}, inst);                                                                         \
        break;
#include "ir/op.def"
    }
}

void FunctionEmitter::emit_trap_paths() {
    for (const TrapPath& trap : traps_) {
        a_.bind(trap.label);
        auto store = [&](const Payload& p, std::size_t offset) {
            unsigned reg = scratch_register;
            switch (p.kind) {
            case Payload::None: return;
            case Payload::Reg: reg = p.reg; break;
            case Payload::Imm:
                if (p.imm == 0) {
                    a_.store_zero(Scalar::I64, context_place(offset));
                    return;
                }
                a_.load_imm(reg, p.imm, true);
                break;
            case Payload::Memory: a_.load64(reg, place(p.memory)); break;
            }
            a_.store64(reg, context_place(offset));
        };
        store(trap.a, offsetof(rt::Context, trap_a));
        store(trap.b, offsetof(rt::Context, trap_b));
        a_.bl(module_.trap_stub(trap.code));
        site(trap.inst, trap.loc);
    }
    traps_.clear();
    for (const auto& [index, label] : tables_) embed_table(index, label);
    tables_.clear();
}

} // namespace tn::codegen::a64
