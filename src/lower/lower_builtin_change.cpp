// Calls of builtin methods that change their receiver. The receiver is taken out of its place, so that nobody else
// holds it because of the place, changed, and put back.
#include "lower/function_lowering.h"
#include "lower/special_builtin.h"

#include "support/overloaded.h"

namespace tn::lower {

using ir::BlockId;
using ir::Cond;
using ir::Op;
using ir::ValueId;
using syntax::ExprId;

// What is at a place of the list for args[1], which goes there.
template <typename PlaceIn>
Row FunctionLowering::list_exchange(MutArg& target, TypeId list_type, std::span<const Row> args, PlaceIn place_in,
                                    TypeId type) {
    Row value = to_owned(fit(args[1], type));
    ValueId list = b_.unique(take(target).id(), m_.desc(list_type));
    Location place = place_in(list);
    Row before = move_out(place, type);
    store(place, value);
    before = own_.own(std::move(before), layout(type));
    put_back(target, one(list_type, list));
    return before;
}

Row FunctionLowering::builtin_change(BuiltinId what, const check::Call& c, ExprId id) {
    TypeId type = type_of(id);
    MutArg target = mut_arg(c.args[0]);
    TypeId list_type = target.is_place ? target.place.type() : target.value.type;
    bool reached = !is_never(list_type);
    std::vector<Row> args; // behind the receiver
    for (std::size_t i = 1; i < c.args.size(); ++i) {
        Row arg = operand(c.args[i].expr, span(id));
        reached = reached && !is_never(arg.type);
        // `xs.extend(xs)`: what is taken out of the place must not be all there is of the other one.
        if (reached && target.is_place && arg.type == list_type) arg = to_pending(std::move(arg));
        args.push_back(std::move(arg));
    }
    if (!reached) return nothing(type);
    at_call(id);

    auto desc = [&] { return int64(m_.desc(list_type).value); };
    // The receiver as a runtime function makes it anew.
    auto replace = [&](auto remake) {
        ValueId taken = take(target).id();
        put_back(target, one(list_type, remake(taken)));
        return unit();
    };
    using B = BuiltinId;
    Overloaded handlers{
        [&](Tag<B::ListPush>) {
            list_push(target, list_type, args[0]);
            return unit();
        },
        [&](Tag<B::ListPop>) { return list_pop(target, list_type, type); },
        [&](Tag<B::ListInsert>) {
            list_insert(target, list_type, args[0].id(), args[1]);
            return unit();
        },
        [&](Tag<B::ListRemove>) { return list_remove(target, list_type, args[0].id()); },
        [&](Tag<B::ListClear>) {
            return replace([&](ValueId list) { return rt(RuntimeFn::ListTruncate, {list, int64(0), desc()}); });
        },
        [&](Tag<B::ListTruncate>) {
            return replace(
                [&](ValueId list) { return rt(RuntimeFn::ListTruncate, {list, args[0].id(), desc()}); });
        },
        [&](Tag<B::ListExtend>) {
            return replace([&](ValueId list) { return rt(RuntimeFn::ListExtend, {list, args[0].id()}); });
        },
        [&](Tag<B::ListReserve>) {
            return replace([&](ValueId list) { return rt(RuntimeFn::ListReserve, {list, args[0].id()}); });
        },
        [&](Tag<B::ListSwap>) {
            return replace([&](ValueId list) {
                ValueId own = b_.unique(list, m_.desc(list_type)), length = b_.seq_len(own);
                b_.bounds(args[0].id(), length);
                b_.bounds(args[1].id(), length);
                BlockId swap = ssa_.make_block(), done = ssa_.make_block();
                ssa_.branch(b_.compare(Op::ICmp, Cond::Ne, args[0].id(), args[1].id()), swap, done);
                ssa_.seal(swap);
                ssa_.start(swap);
                swap_elements(own, args[0].id(), args[1].id(), types().arg(list_type, 0));
                ssa_.jump(done);
                ssa_.seal(done);
                ssa_.start(done);
                return own;
            });
        },
        [&](Tag<B::ListOwn>) {
            return replace([&](ValueId list) { return b_.unique(list, m_.desc(list_type)); });
        },
        [&](Tag<B::ListExchange>) {
            auto place = [&](ValueId list) { return element(b_.seq_data(list), args[0].id(), type); };
            return list_exchange(target, list_type, args, place, type);
        },
        [&](Tag<B::ListSwapValue>) {
            TypeId entry = types().arg(list_type, 0);
            auto place = [&](ValueId list) { return entry_value(b_.seq_data(list), args[0].id(), entry); };
            return list_exchange(target, list_type, args, place, type);
        },
        [&](Tag<B::ListCopyRaw>) {
            return replace([&](ValueId list) {
                return rt(RuntimeFn::ListCopyRaw,
                          {list, args[0].id(), args[1].id(), args[2].id(), args[3].id()});
            });
        },
        [&](Tag<B::PushShown>) {
            return replace([&](ValueId text) { return show_into(text, args[0], false); });
        },
        [&](Tag<B::PushNested>) {
            return replace([&](ValueId text) { return show_into(text, args[0], true); });
        },
    };
    return run_special<true>(what, handlers);
}

void FunctionLowering::list_push(MutArg& target, TypeId list_type, const Row& added) {
    TypeId element_type = types().arg(list_type, 0);
    Row value = to_owned(fit(added, element_type));
    ValueId list = b_.list_grow(take(target).id(), m_.desc(list_type));
    ValueId length = b_.seq_len(list);
    store(element(b_.seq_data(list), length, element_type), value);
    ValueId longer = b_.binary(Op::WrapAdd, Scalar::I64, length, int64(1));
    put_back(target, one(list_type, b_.seq_set_len(list, longer)));
}

Row FunctionLowering::list_pop(MutArg& target, TypeId list_type, TypeId type) {
    TypeId element_type = types().arg(list_type, 0);
    ValueId list = take(target).id();
    ValueId length = b_.seq_len(list);
    BlockId some = ssa_.make_block(), none = ssa_.make_block(), join = ssa_.make_block();
    std::vector<RowLeaf> result = add_params(join, type);
    VarId left = ssa_.make_var(Scalar::Ref); // the list, afterwards
    ssa_.branch(b_.compare(Op::ICmp, Cond::Gt, length, int64(0)), some, none);
    ssa_.seal(some);
    ssa_.seal(none);

    ssa_.start(some);
    ValueId own = b_.unique(list, m_.desc(list_type));
    ValueId shorter = b_.binary(Op::WrapSub, Scalar::I64, length, int64(1));
    Location last = element(b_.seq_data(own), shorter, element_type);
    Row popped = move_out(last, element_type); // beyond the new length nobody counts it
    ssa_.write(left, b_.seq_set_len(own, shorter));
    jump_with(join, to_owned(make_variant(type, 1, {&popped, 1})));

    ssa_.start(none);
    ssa_.write(left, list);
    jump_with(join, make_variant(type, 0, {}));

    ssa_.seal(join);
    ssa_.start(join);
    Row rest = one(list_type, ssa_.read(left));
    rest.leaves[0].claimed = true;
    Row answer = own_.own(Row{type, std::move(result)}, layout(type));
    put_back(target, std::move(rest));
    return answer;
}

void FunctionLowering::list_insert(MutArg& target, TypeId list_type, ValueId index, const Row& added) {
    TypeId element_type = types().arg(list_type, 0);
    Row value = to_owned(fit(added, element_type));
    ValueId list = b_.list_grow(take(target).id(), m_.desc(list_type));
    ValueId length = b_.seq_len(list);
    ValueId outside = b_.compare(Op::ICmp, Cond::Gt, b_.bitcast(Scalar::U64, index), b_.bitcast(Scalar::U64, length));
    ValueId payload[] = {index, length};
    b_.trap_if(outside, static_cast<std::uint32_t>(TrapCode::IndexOutOfBounds), payload);
    store(element(b_.seq_data(list), length, element_type), value);
    list = b_.seq_set_len(list, b_.binary(Op::WrapAdd, Scalar::I64, length, int64(1)));
    put_back(target, one(list_type, rt(RuntimeFn::ListMoveFromEnd, {list, index})));
}

Row FunctionLowering::list_remove(MutArg& target, TypeId list_type, ValueId index) {
    TypeId element_type = types().arg(list_type, 0);
    ValueId list = b_.unique(take(target).id(), m_.desc(list_type));
    ValueId length = b_.seq_len(list);
    b_.bounds(index, length);
    list = rt(RuntimeFn::ListMoveToEnd, {list, index});
    ValueId shorter = b_.binary(Op::WrapSub, Scalar::I64, length, int64(1));
    Row removed = move_out(element(b_.seq_data(list), shorter, element_type), element_type);
    list = b_.seq_set_len(list, shorter);
    removed = own_.own(std::move(removed), layout(element_type));
    put_back(target, one(list_type, list));
    return removed;
}

} // namespace tn::lower
