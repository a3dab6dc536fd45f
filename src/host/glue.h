// What the host registered for the language to use, as a module in Tenon that stands behind every compilation:
// an `impl` for each operator of a host type, the constants, and the variables with their getters.
//
// In: a sealed registry. Out: text whose own names begin with `__`. `__host_N` in it is the host function number N.
// It refuses to know how the text is compiled.
#pragma once

#include "host/registry.h"

#include <string>

namespace tn::host {

// Of `variables()[i]`: a constant is `__const_i`, a variable `__var_i` with the getter `__get_i`.
std::string write_glue(const Registry& registry);

} // namespace tn::host
