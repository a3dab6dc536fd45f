// The parts of an address, as describing and emitting a Load or Store both see them.
#pragma once

#include "codegen/machine.h"

namespace tn::codegen::x64 {

struct AddressParts {
    ir::ValueId base;  // invalid: relative to the context register
    ir::ValueId index; // invalid: none
    unsigned scale = 1;
    std::int64_t disp = 0; // with a context base: from the start of the instance data
};

// `inst` is a Load, Store, or SeqLen or SeqData read as a load of its field.
AddressParts address_parts(const MachineFunction& mf, const ir::Inst& inst);

} // namespace tn::codegen::x64
