// Functions that search: they only read what they are given, in loops that count no fuel, as the prelude's maps do.
//
// Two searches for one key with nothing written between them find the same: `m[k] = m.get_or(k, 0) + 1`. To see that, they
// have to be calls still when gvn compares them. So the other functions are inlined with their searches left as calls, and
// the pass `searches` inlines those that remain.
#pragma once

#include "ir/module.h"

namespace tn::opt {

// The function that a call names, if that searches.
inline const ir::Function* find_search(const ir::Module& module, const ir::Inst& inst) {
    if (inst.op != ir::Op::Call) return nullptr;
    const ir::Function& callee = module.functions[ir::FuncId(static_cast<std::size_t>(inst.imm))];
    return callee.is_search ? &callee : nullptr;
}
bool calls_search(const ir::Module& module, const ir::Function& fn); // where code is not cold
// What one call of it costs beside the call's own unit of fuel.
unsigned inner_fuel(const ir::Function& search);
// The body of a callee as its callers should see it.
inline const ir::Function& inlinable(const ir::Function& fn) { return fn.with_calls ? *fn.with_calls : fn; }

} // namespace tn::opt
