// Where the arguments and results of a call go: registers or stack places, by a convention's rows of
// registers. Knows no function and no machine.
#pragma once

#include "codegen/location.h"

#include <span>
#include <vector>

namespace tn::codegen {

struct CallConvention {
    std::vector<std::uint8_t> int_args, float_args;
    std::vector<std::uint8_t> int_results, float_results;
};

struct CallPlan {
    std::vector<Location> args;    // Register or Outgoing
    std::vector<Location> results; // Register or Outgoing
    std::uint32_t stack_count = 0; // 8-byte places that arguments or results need

    // `as_callee`: stack places are Incoming instead of Outgoing.
    void make(const CallConvention& convention, std::span<const Scalar> arg_types,
              std::span<const Scalar> result_types, bool as_callee = false);
};

} // namespace tn::codegen
