// Which writes a load can see.
#pragma once

#include "ir/module.h"

namespace tn::opt {

// Whether what the instruction writes may be memory of a load's class and type. Other writers than those
// found here make new objects, or change counts and lengths, which are not loaded.
bool may_write(const ir::Function& fn, const ir::Inst& inst, std::uint32_t memory_class, Scalar type);

// Two loads or stores, of one record in a list or of two, in one list or in two, at addresses that elem_addr
// has made: of different leaves.
bool are_fields_apart(const ir::Function& fn, const ir::Inst& a, const ir::Inst& b);

} // namespace tn::opt
