// The dispatch of operations, and the paths to traps at the end of a function.
#include "codegen/x64/x64.h"

namespace tn::codegen::x64 {

void FunctionEmitter::start() {
    a_ = &module_.assembler();
    cpu_ = module_.cpu();
}

void FunctionEmitter::jump(Label target) { a_->jmp(target); }

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
        a_->bind(trap.label);
        auto store = [&](const Payload& p, std::size_t offset) {
            switch (p.kind) {
            case Payload::None: return;
            case Payload::Reg:
                a_->mov(context_mem(static_cast<std::int64_t>(offset), 8), gp64(p.reg));
                return;
            case Payload::Imm:
                if (fits_int32(p.imm)) {
                    a_->mov(context_mem(static_cast<std::int64_t>(offset), 8), asmjit::imm(p.imm));
                    return;
                }
                load_imm(scratch_register, p.imm, true);
                break;
            case Payload::Memory: a_->mov(gp64(scratch_register), p.mem); break;
            }
            a_->mov(context_mem(static_cast<std::int64_t>(offset), 8), gp64(scratch_register));
        };
        store(trap.a, offsetof(rt::Context, trap_a));
        store(trap.b, offsetof(rt::Context, trap_b));
        a_->call(module_.trap_stub(trap.code));
        site(trap.inst, trap.loc);
    }
    traps_.clear();
}

} // namespace tn::codegen::x64
