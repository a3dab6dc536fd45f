// Functions that end soon whatever they are given: a host need not give up a lock while one runs.
#pragma once

#include "ir/module.h"

namespace tn::ir {

// No loops, and nothing that takes long by what it is given: a few hundred instructions at most, with the
// functions that it calls, of which none copies, frees or allocates, is the host's, or reads text.
bool is_short(const Module& module, FuncId func);

} // namespace tn::ir
