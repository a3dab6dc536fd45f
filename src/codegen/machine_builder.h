// IR function in, MachineFunction out: allocation order, edges, loops, dead code left out, and every
// instruction's operands as the target describes them.
#pragma once

#include "codegen/target.h"

namespace tn::codegen {

// With `limit_registers` fewer are going to be allocated, see GenerateOptions.
void build_machine_function(MachineFunction& mf, Target& target, const ir::Module& module, ir::FuncId id,
                            unsigned limit_registers = 0);

} // namespace tn::codegen
