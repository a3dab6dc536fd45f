// Evaluation of operations on constants.
#pragma once

#include "ir/module.h"

namespace tn::opt {

// The result of an integer op on constants, extended to 64 bits in `out`; false if it would trap.
bool fold_integer(ir::Op op, Scalar type, std::int64_t a, std::int64_t b, std::int64_t& out);
// `a cond b` for integers of a type.
bool fold_compare(ir::Cond cond, Scalar type, std::int64_t a, std::int64_t b);
bool fold_compare(ir::Cond cond, double a, double b);
// `as` between integers, Bool included.
std::int64_t fold_convert(Scalar to, std::int64_t value);

} // namespace tn::opt
