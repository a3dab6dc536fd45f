// Boxes and closures: making them, reaching into them, calling through them.
#include "codegen/x64/x64.h"

#include "support/ice.h"

namespace tn::codegen::x64 {

void Describe::op(OpTag<Op::HashSeed>, const ir::Inst&) { TN_ICE("hash_seed is not there yet"); }
void Describe::op(OpTag<Op::BoxNew>, const ir::Inst&) { TN_ICE("box_new is not there yet"); }
void Describe::op(OpTag<Op::BoxData>, const ir::Inst&) { TN_ICE("box_data is not there yet"); }
void Describe::op(OpTag<Op::CallClosure>, const ir::Inst&) { TN_ICE("call_closure is not there yet"); }
void FunctionEmitter::op(OpTag<Op::HashSeed>, const ir::Inst&) { TN_ICE("hash_seed is not there yet"); }
void FunctionEmitter::op(OpTag<Op::BoxNew>, const ir::Inst&) { TN_ICE("box_new is not there yet"); }
void FunctionEmitter::op(OpTag<Op::BoxData>, const ir::Inst&) { TN_ICE("box_data is not there yet"); }
void FunctionEmitter::op(OpTag<Op::CallClosure>, const ir::Inst&) { TN_ICE("call_closure is not there yet"); }

} // namespace tn::codegen::x64
