#include "codegen/call_plan.h"

#include <algorithm>

namespace tn::codegen {

namespace {
std::uint32_t place(std::span<const Scalar> types, const std::vector<std::uint8_t>& ints,
                    const std::vector<std::uint8_t>& floats, Location::Kind stack,
                    std::vector<Location>& out) {
    std::size_t next_int = 0, next_float = 0;
    std::uint32_t on_stack = 0;
    out.clear();
    for (Scalar type : types) {
        bool floating = class_of(type) == RegClass::Float;
        const auto& registers = floating ? floats : ints;
        std::size_t& next = floating ? next_float : next_int;
        out.push_back(next < registers.size() ? Location::reg(registers[next++])
                                              : Location{stack, on_stack++});
    }
    return on_stack;
}
} // namespace

void CallPlan::make(const CallConvention& convention, std::span<const Scalar> arg_types,
                    std::span<const Scalar> result_types, bool as_callee) {
    Location::Kind stack = as_callee ? Location::Incoming : Location::Outgoing;
    std::uint32_t for_args = place(arg_types, convention.int_args, convention.float_args, stack, args);
    std::uint32_t for_results =
        place(result_types, convention.int_results, convention.float_results, stack, results);
    stack_count = std::max(for_args, for_results);
}

} // namespace tn::codegen
