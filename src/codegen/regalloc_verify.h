// Checks an allocation by following every path symbolically: which value each register and slot holds.
// A use that would read anything else is our mistake and is reported as such. Knows nothing of how the
// allocation was made.
#pragma once

#include "codegen/target.h"

namespace tn::codegen {

// Throws InternalError.
void verify_allocation(const MachineFunction& mf, const CallPlan& params, const RegisterFile& registers);

} // namespace tn::codegen
