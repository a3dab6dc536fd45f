// Constants that stay in registers throughout a loop, for machines that spend an instruction on every use of one.
#pragma once

#include "codegen/machine.h"

namespace tn::codegen {

// Of every loop nest without calls as many as `most_ints` and `most_floats`, the most used first, are made in front of
// it. To be asked when all instructions are described.
void keep_constants(MachineFunction& mf, unsigned most_ints, unsigned most_floats);

} // namespace tn::codegen
