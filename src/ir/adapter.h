// Functions made around others, for hosts: they are added to a copy of a module, and optimized and compiled
// with it.
#pragma once

#include "ir/module.h"

namespace tn::ir {

// fn(rows: i64, done: Ptr, then for each leaf that `callee` takes and for its one result: its column as Ptr
// and stride in bytes): calls `callee`, which has only scalars, for each row, and keeps in `*done` how many
// rows are finished.
FuncId add_batch_loop(Module& module, FuncId callee);

// fn(closure, arguments) -> results: calls a function value.
FuncId add_closure_call(Module& module, const Signature& signature);

} // namespace tn::ir
