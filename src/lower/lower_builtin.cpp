// Calls of the language's own functions: runtime functions and single ops by their rows, and the special
// ones.
#include "lower/function_lowering.h"
#include "lower/special_builtin.h"

#include "support/ice.h"
#include "support/overloaded.h"

#include <algorithm>
#include <limits>

namespace tn::lower {

using ir::BlockId;
using ir::Cond;
using ir::ValueId;
using syntax::ExprId;

namespace {

constexpr std::string_view op_names[] = {
#define OP(name, text, operands, results, effects, consumes) #name,
#include "ir/op.def"
};

} // namespace

Row FunctionLowering::builtin(const check::Call& c, ExprId id) {
    auto what = static_cast<BuiltinId>(c.target);
    if (changes_receiver(what)) return builtin_change(what, c, id);
    TypeId type = type_of(id);
    std::vector<Row> args;
    bool reached = true;
    for (const check::CallArg& arg : c.args) {
        args.push_back(operand(arg.expr, span(id)));
        reached = reached && !is_never(args.back().type);
    }
    if (!reached) return nothing(type);
    at_call(id);
    return builtin_with(what, args, type);
}

Row FunctionLowering::builtin_with(BuiltinId what, std::span<const Row> args, TypeId type) {
    const BuiltinInfo& row = builtin_info(what);
    if (row.how == BuiltinHow::Rt) {
        RuntimeFn fn;
        TN_CHECK(find_runtime_fn(row.target, fn), "a builtin names no runtime function");
        return builtin_rt(fn, args, type);
    }
    if (row.how == BuiltinHow::Op) return builtin_op(row.target, args[0], type);

    auto length = [&] { return one(type, b_.seq_len(args[0].id())); };
    auto is_empty = [&] {
        return one(type, b_.compare(ir::Op::ICmp, Cond::Eq, b_.seq_len(args[0].id()), int64(0)));
    };
    using B = BuiltinId;
    Overloaded handlers{
        [&](Tag<B::Print>) {
            Row text = show_text(args[0]);
            ValueId ref = text.id();
            b_.call_runtime(RuntimeFn::Print, {&ref, 1});
            return unit();
        },
        [&](Tag<B::Panic>) { return stop(TrapCode::Panic, &args[0], type); },
        [&](Tag<B::Invalid>) { return stop(TrapCode::InvalidArgument, &args[0], type); },
        [&](Tag<B::HostUnset>) { return stop(TrapCode::HostError, &args[0], type); },
        [&](Tag<B::InvalidSlice>) { return stop(TrapCode::InvalidSlice, nullptr, type); },
        [&](Tag<B::Overflow>) { return stop(TrapCode::IntegerOverflow, nullptr, type); },
        [&](Tag<B::UnwrapFailed>) { return stop_with_shown(TrapCode::UnwrapErr, args[0], type); },
        [&](Tag<B::KeyNotFound>) { return stop_with_shown(TrapCode::KeyNotFound, args[0], type); },
        [&](Tag<B::IsLess>) { return one(type, ordered(Cond::Lt, args[0], args[1])); },
        [&](Tag<B::KeyHash>) { return one(type, key_hash(args[0])); },
        [&](Tag<B::Debug>) { return debug(args[0]); },
        [&](Tag<B::ShowFn>) { return show_text(args[0]); },
        [&](Tag<B::ToString>) { return show_text(args[0]); },
        [&](Tag<B::StringLen>) { return length(); },
        [&](Tag<B::StringIsEmpty>) { return is_empty(); },
        [&](Tag<B::StringSplit>) {
            return owned(
                type, rt(RuntimeFn::StringSplit, {args[0].id(), args[1].id(), int64(m_.desc(type).value)}));
        },
        [&](Tag<B::StringChars>) { return text_parts(RuntimeFn::StringChars, args[0], type); },
        [&](Tag<B::StringBytes>) { return text_parts(RuntimeFn::StringBytes, args[0], type); },
        [&](Tag<B::StringLines>) { return text_parts(RuntimeFn::StringLines, args[0], type); },
        [&](Tag<B::StringWords>) { return text_parts(RuntimeFn::StringWords, args[0], type); },
        [&](Tag<B::StringByte>) { return list_peek(args[0], args[1].id(), type); },
        [&](Tag<B::CharToString>) { return show_text(args[0]); },
        [&](Tag<B::BytesLen>) { return length(); },
        [&](Tag<B::BytesIsEmpty>) { return is_empty(); },
        [&](Tag<B::BytesGet>) { return list_get(args[0], args[1], type); },
        [&](Tag<B::BytesSlice>) { return list_slice(args, type); },
        [&](Tag<B::ListLen>) { return length(); },
        [&](Tag<B::ListIsEmpty>) { return is_empty(); },
        [&](Tag<B::ListGet>) { return list_get(args[0], args[1], type); },
        [&](Tag<B::ListSlice>) { return list_slice(args, type); },
        [&](Tag<B::ListPeek>) { return list_peek(args[0], args[1].id(), type); },
        [&](Tag<B::ListSwapRaw>) {
            swap_elements(args[0].id(), args[1].id(), args[2].id(), types().arg(args[0].type, 0));
            return unit();
        },
        [&](Tag<B::ListPutRaw>) { return list_put_raw(args, ValueId()); },
        [&](Tag<B::ListPutManyRaw>) { return list_put_raw(args, args[4].id()); },
        [&](Tag<B::SliceLen>) { return one(type, args[0].id(1)); },
        [&](Tag<B::SliceIsEmpty>) {
            return one(type, b_.compare(ir::Op::ICmp, Cond::Eq, args[0].id(1), int64(0)));
        },
        [&](Tag<B::SliceGet>) { return list_get(args[0], args[1], type); },
        [&](Tag<B::RangeStart>) { return one(type, args[0].id(0)); },
        [&](Tag<B::RangeEnd>) { return one(type, args[0].id(1)); },
        [&](Tag<B::RangeIsClosed>) { return one(type, args[0].id(2)); },
        [&](Tag<B::ListFilled>) { return list_filled(args[0], args[1], type); },
        [&](Tag<B::ListWithCapacity>) {
            demand_not_negative(args[0].id(), "a negative capacity");
            return owned(type, b_.list_new(args[0].id(), m_.desc(type)));
        },
        [&](Tag<B::OptionIsSome>) { return one(type, is_variant(args[0], 1)); },
        [&](Tag<B::OptionIsNone>) { return one(type, is_variant(args[0], 0)); },
        [&](Tag<B::OptionUnwrap>) {
            b_.trap_if(is_variant(args[0], 0), static_cast<std::uint32_t>(TrapCode::UnwrapNone));
            return payload(args[0], 1, 0);
        },
        [&](Tag<B::OptionInside>) { return payload(args[0], 1, 0); },
        [&](Tag<B::OptionUnwrapOr>) { return unwrap_or(args[0], args[1], type); },
        [&](Tag<B::NumberAbs>) { return absolute(args[0], type); },
        [&](Tag<B::NumberMin>) { return extreme(Cond::Lt, args[0], args[1], type); },
        [&](Tag<B::NumberMax>) { return extreme(Cond::Gt, args[0], args[1], type); },
        [&](Tag<B::IntCountOnes>) { return bit_count(ir::Op::PopCount, args[0], type); },
        [&](Tag<B::IntLeadingZeros>) { return bit_count(ir::Op::LeadingZeros, args[0], type); },
        [&](Tag<B::IntTrailingZeros>) { return bit_count(ir::Op::TrailingZeros, args[0], type); },
        [&](Tag<B::IntRotateLeft>) { return rotate(ir::Op::RotateLeft, args[0], args[1], type); },
        [&](Tag<B::IntRotateRight>) { return rotate(ir::Op::RotateRight, args[0], args[1], type); },
        [&](Tag<B::IntTryFrom>) { return int_try_from(args[0], type); },
        [&](Tag<B::CharTryFrom>) { return char_try_from(args[0], type); },
        [&](Tag<B::FloatIsNan>) {
            return one(type, b_.compare(ir::Op::FCmp, Cond::Ne, args[0].id(), args[0].id()));
        },
        [&](Tag<B::FloatIsFinite>) { return is_finite(args[0], type); },
        [&](Tag<B::FloatMulAdd>) {
            RuntimeFn fn = scalar(type) == Scalar::F32 ? RuntimeFn::MulAddF32 : RuntimeFn::MulAddF64;
            return builtin_rt(fn, args, type);
        },
    };
    return run_special<false>(what, handlers);
}

// The arguments' leaves are the runtime function's parameters; its results are the leaves of the type.
Row FunctionLowering::builtin_rt(RuntimeFn fn, std::span<const Row> args, TypeId type) {
    const RuntimeFnInfo& row = runtime_fn_info(fn);
    std::vector<ValueId> values;
    for (const Row& arg : args) {
        const Layout& l = layout(arg.type);
        for (std::size_t i = 0; i < arg.leaves.size(); ++i) {
            RuntimeParam param = row.param(static_cast<unsigned>(values.size()));
            if (param.scalar == Scalar::Ref) {
                values.push_back(param.owned ? own_.to_owned(arg.leaves[i], l.leaves[i].nullable)
                                             : arg.id(i));
            } else {
                values.push_back(convert(param.scalar, arg.id(i)));
            }
        }
    }
    ir::InstId call_inst = b_.call_runtime(fn, values);
    const Layout& l = layout(type);
    TN_CHECK(row.result_count() == l.leaves.size(),
             "a builtin answers something else than its runtime function");
    Row result{type, {}};
    for (unsigned i = 0; i < l.leaves.size(); ++i)
        result.add(convert(l.leaves[i].scalar, b_.result(call_inst, i)));
    return own_.own(std::move(result), l);
}

Row FunctionLowering::builtin_op(std::string_view name, const Row& arg, TypeId type) {
    auto found = std::ranges::find(op_names, name);
    TN_CHECK(found != std::end(op_names), "a builtin names no operation");
    return one(type, b_.unary(static_cast<ir::Op>(found - std::begin(op_names)), scalar(type), arg.id()));
}

Row FunctionLowering::stop(TrapCode code, const Row* message, TypeId type) {
    Ownership::State before = own_.save();
    trap(code, message ? own_.to_owned(message->leaves[0], false) : ValueId());
    own_.restore(before);
    return Row{type, {}};
}

Row FunctionLowering::stop_with_shown(TrapCode code, const Row& value, TypeId type) {
    Row text = owned(simple(TypeKind::String), show_into(empty_text(), value, true));
    return stop(code, &text, type);
}

Row FunctionLowering::debug(const Row& value) {
    ValueId text = show_into(append(empty_text(), m_.place_text(b_.loc())), value, false);
    text = owned(simple(TypeKind::String), text).id();
    b_.call_runtime(RuntimeFn::Print, {&text, 1});
    return value;
}

Row FunctionLowering::text_parts(RuntimeFn fn, const Row& text, TypeId type) {
    return owned(type, rt(fn, {text.id(), int64(m_.desc(type).value)}));
}

void FunctionLowering::demand_not_negative(ValueId count, std::string_view message) {
    BlockId bad = ssa_.make_block(true), good = ssa_.make_block();
    ssa_.branch(b_.compare(ir::Op::ICmp, Cond::Lt, count, int64(0)), bad, good, ir::Unlikely);
    ssa_.seal(bad);
    ssa_.seal(good);
    ssa_.start(bad);
    trap(TrapCode::InvalidArgument, own_.retain(literal(message)));
    ssa_.start(good);
}

Row FunctionLowering::unwrap_or(const Row& option, const Row& other, TypeId type) {
    ValueId is_some = is_variant(option, 1);
    if (!layout(type).has_refs) {
        Row inner = payload(option, 1, 0), result{type, {}};
        for (std::size_t i = 0; i < inner.leaves.size(); ++i)
            result.add(b_.select(is_some, inner.id(i), other.id(i)));
        return result;
    }
    Row held = to_owned(option), otherwise = to_owned(other);
    auto release = [&](const Row& row) {
        const Layout& l = layout(row.type);
        for (std::size_t i = 0; i < row.leaves.size(); ++i) {
            if (l.leaves[i].scalar == Scalar::Ref) own_.release(row.id(i), l.leaves[i].nullable);
        }
    };
    BlockId some = ssa_.make_block(), none = ssa_.make_block(), join = ssa_.make_block();
    std::vector<RowLeaf> result = add_params(join, type);
    ssa_.branch(is_some, some, none);
    ssa_.seal(some);
    ssa_.seal(none);
    ssa_.start(some);
    release(otherwise);
    Row inner = to_owned(payload(held, 1, 0));
    if (is_boxed(option.type, 1, 0)) release(held);
    jump_with(join, inner);
    ssa_.start(none);
    release(held);
    jump_with(join, otherwise);
    ssa_.seal(join);
    ssa_.start(join);
    return own_.own(Row{type, std::move(result)}, layout(type));
}

// ---- Numbers ----

Row FunctionLowering::absolute(const Row& value, TypeId type) {
    Scalar s = scalar(type);
    if (is_float(s)) return one(type, b_.unary(ir::Op::FAbs, s, value.id()));
    if (!is_signed(s)) return value;
    ValueId zero = b_.const_int(s, 0);
    ValueId smallest = b_.const_int(s, std::numeric_limits<std::int64_t>::min() >> (64 - 8 * scalar_size(s)));
    b_.trap_if(b_.compare(ir::Op::ICmp, Cond::Eq, value.id(), smallest),
               static_cast<std::uint32_t>(TrapCode::IntegerOverflow));
    ValueId negated = b_.binary(ir::Op::WrapSub, s, zero, value.id());
    return one(type, b_.select(b_.compare(ir::Op::ICmp, Cond::Lt, value.id(), zero), negated, value.id()));
}

Row FunctionLowering::extreme(Cond better, const Row& a, const Row& b, TypeId type) {
    if (!is_float(scalar(type))) {
        return one(type, b_.select(b_.compare(ir::Op::ICmp, better, a.id(), b.id()), a.id(), b.id()));
    }
    // A comparison with NaN is false: then the answer is b, unless b is the NaN.
    ValueId known = b_.select(b_.compare(ir::Op::FCmp, better, a.id(), b.id()), a.id(), b.id());
    return one(type, b_.select(b_.compare(ir::Op::FCmp, Cond::Ne, b.id(), b.id()), a.id(), known));
}

Row FunctionLowering::bit_count(ir::Op op, const Row& value, TypeId type) {
    return one(type, convert(scalar(type), b_.unary(op, scalar(value.type), value.id())));
}

Row FunctionLowering::rotate(ir::Op op, const Row& value, const Row& amount, TypeId type) {
    return one(type, b_.binary(op, scalar(type), value.id(), amount.id()));
}

Row FunctionLowering::is_finite(const Row& value, TypeId type) {
    Scalar s = scalar(value.type);
    ValueId infinity = b_.const_float(s, std::numeric_limits<double>::infinity());
    return one(type, b_.compare(ir::Op::FCmp, Cond::Lt, b_.unary(ir::Op::FAbs, s, value.id()), infinity));
}

} // namespace tn::lower
