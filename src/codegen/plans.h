// The call plans of the operations that call, by a target's two conventions.
#pragma once

#include "codegen/call_plan.h"
#include "codegen/machine.h"

#include "builtins/runtime_fn.h"

namespace tn::codegen {

void plan_script(const CallConvention& script, const ir::Signature& sig, CallPlan& plan);
// The function behind a closure takes the closure first.
void plan_closure(const CallConvention& script, const MachineFunction& mf, const ir::Inst& call, CallPlan& plan);
// A call of a C function: Context first, then the row's parameters.
void plan_runtime(const CallConvention& c, const RuntimeFnInfo& info, CallPlan& plan);
// A plain C function's signature is C's, but for the memory that one with a status stores its result in.
void plan_plain(const CallConvention& c, const ir::HostFn& host, CallPlan& plan);

inline std::uint8_t hint_of(Location l) {
    return l.is_register() ? static_cast<std::uint8_t>(l.index) : no_register;
}

} // namespace tn::codegen
