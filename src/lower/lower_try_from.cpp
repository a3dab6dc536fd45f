// `T.try_from(x)`: the converted value and whether it is the same number.
//
// In: a number. Out: an option. A conversion with the meaning of `as` is made and undone: what comes back is
// x if it fitted, and, where both ways go wrong alike, the sign or the limit tells.
#include "lower/function_lowering.h"

#include <cmath>

namespace tn::lower {

using ir::Cond;
using ir::Op;
using ir::ValueId;

// Some(value) if `fits`, else None: the tag alone differs.
Row FunctionLowering::some_if(ValueId fits, ValueId value, TypeId type) {
    Row inner{types().arg(type, 0), {}};
    inner.add(value);
    Row option = make_variant(type, 1, {&inner, 1});
    option.leaves[0] = RowLeaf{convert(Scalar::U8, fits)};
    return option;
}

Row FunctionLowering::int_try_from(const Row& value, TypeId type) {
    Scalar from = scalar(value.type), to = scalar(types().arg(type, 0));
    ValueId x = value.id();
    if (from == to) return some_if(b_.const_int(Scalar::Bool, 1), x, type);
    ValueId y = convert(to, x);
    auto both = [&](ValueId a, ValueId b) { return b_.binary(Op::And, Scalar::Bool, a, b); };
    if (is_float(from)) {
        // Converting saturates, and the largest value comes back as the limit, which a float can be.
        double limit = std::ldexp(1.0, static_cast<int>(scalar_size(to)) * 8 - (is_signed(to) ? 1 : 0));
        ValueId below = b_.compare(Op::FCmp, Cond::Lt, x, b_.const_float(from, limit));
        return some_if(both(b_.compare(Op::FCmp, Cond::Eq, convert(from, y), x), below), y, type);
    }
    ValueId same = b_.compare(Op::ICmp, Cond::Eq, convert(from, y), x);
    if (is_signed(from) == is_signed(to)) return some_if(same, y, type);
    // The bits are the same, but a negative number on one side is a large one on the other.
    Scalar with_sign = is_signed(from) ? from : to;
    ValueId not_negative =
        b_.compare(Op::ICmp, Cond::Ge, is_signed(from) ? x : y, b_.const_int(with_sign, 0));
    return some_if(both(same, not_negative), y, type);
}

Row FunctionLowering::char_try_from(const Row& value, TypeId type) {
    constexpr std::int64_t first_surrogate = 0xd800, surrogates = 0x800, last_char = 0x10ffff;
    ValueId x = value.id();
    auto code = [&](std::int64_t bits) { return b_.const_int(Scalar::U32, bits); };
    ValueId past = b_.binary(Op::WrapSub, Scalar::U32, x, code(first_surrogate));
    ValueId is_surrogate = b_.compare(Op::ICmp, Cond::Lt, past, code(surrogates));
    ValueId in_range = b_.compare(Op::ICmp, Cond::Le, x, code(last_char));
    ValueId fits = b_.binary(Op::And, Scalar::Bool, in_range,
                             b_.compare(Op::ICmp, Cond::Eq, is_surrogate, b_.const_int(Scalar::Bool, 0)));
    return some_if(fits, x, type);
}

} // namespace tn::lower
