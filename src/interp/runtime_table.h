// Every row of builtins/runtime_fn.def behind one signature, made from the C++ function's own type.
#pragma once

#include "builtins/runtime_fn.h"
#include "runtime/context.h"

namespace tn::interp {

// Takes one slot per parameter and fills one per result.
using RuntimeCall = void (*)(rt::Context*, const rt::Slot* args, rt::Slot* results);
RuntimeCall runtime_call(RuntimeFn fn);

} // namespace tn::interp
