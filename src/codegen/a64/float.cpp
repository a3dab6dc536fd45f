// Floating-point arithmetic: exact IEEE, one rounding per operation, never contracted.
#include "codegen/a64/a64.h"

namespace tn::codegen::a64 {

using Inst = jit::Inst;

void Describe::op(OpTag<Op::FAdd>, const ir::Inst& inst) { registers(inst); }
void Describe::op(OpTag<Op::FSub>, const ir::Inst& inst) { registers(inst); }
void Describe::op(OpTag<Op::FMul>, const ir::Inst& inst) { registers(inst); }
void Describe::op(OpTag<Op::FDiv>, const ir::Inst& inst) { registers(inst); }
void Describe::op(OpTag<Op::FNeg>, const ir::Inst& inst) { registers(inst); }
void Describe::op(OpTag<Op::FAbs>, const ir::Inst& inst) { registers(inst); }
void Describe::op(OpTag<Op::Floor>, const ir::Inst& inst) { registers(inst); }
void Describe::op(OpTag<Op::Ceil>, const ir::Inst& inst) { registers(inst); }
void Describe::op(OpTag<Op::Trunc>, const ir::Inst& inst) { registers(inst); }
void Describe::op(OpTag<Op::Sqrt>, const ir::Inst& inst) { registers(inst); }

// All operands and the result in registers of the result's type.
void FunctionEmitter::float_op(asmjit::InstId id, const ir::Inst& inst) {
    const jit::Vec first = fp_of(reg(), inst.type);
    if (inst.operands.count == 1) {
        a_.emit(id, fp_of(reg(), inst.type), first);
        return;
    }
    const jit::Vec second = fp_of(reg(), inst.type);
    a_.emit(id, fp_of(reg(), inst.type), first, second);
}
void FunctionEmitter::op(OpTag<Op::FAdd>, const ir::Inst& inst) { float_op(Inst::kIdFadd_v, inst); }
void FunctionEmitter::op(OpTag<Op::FSub>, const ir::Inst& inst) { float_op(Inst::kIdFsub_v, inst); }
void FunctionEmitter::op(OpTag<Op::FMul>, const ir::Inst& inst) { float_op(Inst::kIdFmul_v, inst); }
void FunctionEmitter::op(OpTag<Op::FDiv>, const ir::Inst& inst) { float_op(Inst::kIdFdiv_v, inst); }
void FunctionEmitter::op(OpTag<Op::FNeg>, const ir::Inst& inst) { float_op(Inst::kIdFneg_v, inst); }
void FunctionEmitter::op(OpTag<Op::FAbs>, const ir::Inst& inst) { float_op(Inst::kIdFabs_v, inst); }
void FunctionEmitter::op(OpTag<Op::Sqrt>, const ir::Inst& inst) { float_op(Inst::kIdFsqrt_v, inst); }
void FunctionEmitter::op(OpTag<Op::Floor>, const ir::Inst& inst) { float_op(Inst::kIdFrintm_v, inst); }
void FunctionEmitter::op(OpTag<Op::Ceil>, const ir::Inst& inst) { float_op(Inst::kIdFrintp_v, inst); }
void FunctionEmitter::op(OpTag<Op::Trunc>, const ir::Inst& inst) { float_op(Inst::kIdFrintz_v, inst); }

} // namespace tn::codegen::a64
