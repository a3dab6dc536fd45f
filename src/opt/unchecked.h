#pragma once

#include "ir/module.h"

namespace tn::opt {

// Takes the tests for overflow, bounds, shifts and interrupts out of a function. Only for measurements.
void drop_checks(ir::Function& fn);

} // namespace tn::opt
