// The meaning of the operations on numbers, on canonical slots: integers extended to 64 bits by their
// type, F32 in the low four bytes with zeroes above. Checked operations answer false when they trap.
#pragma once

#include "ir/inst.h"
#include "runtime/context.h"

namespace tn::interp {

// An integer as the number it stands for, whatever its type.
__int128 number(Scalar type, rt::Slot slot);
rt::Slot int_slot(Scalar type, std::int64_t value); // cut to the type
rt::Slot float_slot(Scalar type, double value);     // for F32, `value` is a float already
double float_value(Scalar type, rt::Slot slot);

// False: the exact result does not fit the type.
bool fit(Scalar type, __int128 exact, rt::Slot& out);
bool compare_ints(ir::Cond cond, Scalar type, rt::Slot a, rt::Slot b);
bool compare_floats(ir::Cond cond, Scalar type, rt::Slot a, rt::Slot b);
rt::Slot rotate_left(Scalar type, rt::Slot value, rt::Slot amount);
rt::Slot convert(Scalar to, Scalar from, rt::Slot value); // the meaning of `as`
rt::Slot bitcast(Scalar to, Scalar from, rt::Slot value);
constexpr unsigned bit_width(Scalar type) { return 8 * scalar_size(type); }

} // namespace tn::interp
