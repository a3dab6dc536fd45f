// The call plans of the operations that call, by a target's two conventions.
#pragma once

#include "codegen/call_plan.h"
#include "codegen/codegen.h"
#include "codegen/machine.h"

#include "builtins/runtime_fn.h"

namespace tn::codegen {

void plan_script(const CallConvention& script, const ir::Signature& sig, CallPlan& plan);
// The function behind a closure takes the closure first.
void plan_closure(const CallConvention& script, const MachineFunction& mf, const ir::Inst& call,
                  CallPlan& plan);
// A call of a C function: Context first, then the row's parameters.
void plan_runtime(const CallConvention& c, const RuntimeFnInfo& info, CallPlan& plan);
// A plain C function's signature is C's, but for the memory that one with a status stores its result in.
void plan_plain(const CallConvention& c, const ir::HostFn& host, CallPlan& plan);

// Of values that a host has as they are (GenerateOptions::value_tags): their tags.
struct ValueTags {
    std::vector<std::uint8_t> params;
    std::uint8_t result = 0;
};
// False when some value of the signature has none, or when there are more than these.
inline constexpr std::size_t max_values = 16;
bool find_tags(const ir::Module& module, const GenerateOptions& options, const ir::Signature& sig,
               std::span<const TypeId> params, TypeId result, ValueTags& tags);

// A call of a generic host function: with a row of slots, in which results replace arguments, or with values,
// of which the first is the result.
struct GenericPlan {
    const void* callee = nullptr;
    bool is_by_value = false;
    ValueTags tags;
    std::uint32_t places = 0; // on the stack, of 8 bytes

    Location arg(std::size_t i) const {
        return Location::outgoing(static_cast<std::uint32_t>(is_by_value ? 2 * i + 3 : i));
    }
    Location tag(std::size_t i) const { return Location::outgoing(static_cast<std::uint32_t>(2 * i + 2)); }
    Location result(std::size_t i) const {
        return Location::outgoing(static_cast<std::uint32_t>(is_by_value ? 1 : i));
    }
};
GenericPlan plan_generic(const ir::Module& module, ir::HostFnId fn, const HostTarget& target,
                         const GenerateOptions& options);

inline std::uint8_t hint_of(Location l) {
    return l.is_register() ? static_cast<std::uint8_t>(l.index) : no_register;
}

} // namespace tn::codegen
